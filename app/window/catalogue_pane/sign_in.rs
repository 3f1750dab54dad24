//! The form of a sign-in, made of what the server asks for.

use std::sync::Arc;

use hutch_model::{Error, LoginMethod, Secret, WhoAmI};
use hutch_viewers::theme::{Tokens, body, rich, size};
use hutch_viewers::widgets::{primary_button, secret_field, segmented, text_field};

use super::{CataloguePane, error_card};
use crate::ask::{Ask, Asked, Wake};
use crate::pools::Pools;

/// The form of a sign-in; it holds what a person types, so it shows nothing.
#[derive(Default)]
pub(super) struct SignIn {
    pub(super) method: usize,
    pub(super) texts: Vec<String>,
    pub(super) under_way: Option<Ask<WhoAmI>>,
    pub(super) problem: Option<Arc<Error>>,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn([redacted])")
    }
}

impl CataloguePane {
    pub(super) fn sign_in_ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) {
        let tokens = Tokens::of(ui);
        let width = 320.0_f32.min(ui.available_width() - 2.0 * size::PADDING);
        ui.add_space((ui.available_height() * 0.12).max(size::PADDING));
        ui.vertical_centered(|ui| {
            ui.set_max_width(width);
            ui.label(rich(
                format!("Sign in to {}", self.label),
                egui::FontId::proportional(18.0),
                tokens.text,
            ));
            ui.add_space(size::PADDING);
            ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
                ui.set_max_width(width);
                match &self.methods {
                    Some(Asked::Here(methods)) if methods.is_empty() => {
                        ui.label("This server offers no way to sign in.");
                    }
                    Some(Asked::Here(methods)) => {
                        let methods = methods.clone();
                        self.form_ui(ui, &methods, pools, wake);
                    }
                    Some(Asked::Failed(error)) => {
                        let error = Arc::clone(error);
                        if error_card(ui, &error, "Hutch keeps what is already open.").is_some() {
                            self.methods = None;
                        }
                    }
                    _ => {
                        ui.horizontal(|ui| {
                            ui.spinner();
                            ui.label("Asking how to sign in …");
                        });
                    }
                }
            });
        });
    }

    fn form_ui(&mut self, ui: &mut egui::Ui, methods: &[LoginMethod], pools: &Pools, wake: &Wake) {
        let tokens = Tokens::of(ui);
        if methods.len() > 1 {
            let options: Vec<(usize, &str)> = methods
                .iter()
                .enumerate()
                .map(|(index, method)| (index, method.label.as_str()))
                .collect();
            if segmented(ui, "How to sign in", &mut self.sign_in.method, &options).changed() {
                self.sign_in.texts.clear();
            }
            ui.add_space(size::GRID * 2.0);
        }
        let Some(method) = methods.get(self.sign_in.method).or_else(|| methods.first()) else {
            return;
        };
        self.sign_in
            .texts
            .resize(method.fields.len(), String::new());
        let mut is_entered = false;
        for (field, text) in method.fields.iter().zip(&mut self.sign_in.texts) {
            let response = if field.hidden {
                secret_field(ui, &capital(&field.name), "", text)
            } else {
                text_field(ui, &capital(&field.name), "", text)
            };
            is_entered |=
                response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            ui.add_space(size::GRID);
        }
        if method.fields.is_empty() {
            ui.label(rich(
                "This way needs no name and no password.",
                body(),
                tokens.secondary,
            ));
        }
        ui.add_space(size::GRID * 2.0);
        if let Some(error) = &self.sign_in.problem {
            ui.label(rich(
                format!("{}: {}", error.kind.title(), error.why),
                body(),
                tokens.error,
            ));
            ui.add_space(size::GRID * 2.0);
        }
        let is_busy = self.sign_in.under_way.is_some();
        let text = if is_busy { "Signing in …" } else { "Sign in" };
        let is_clicked = ui
            .add_enabled_ui(!is_busy, |ui| primary_button(ui, text, "").clicked())
            .inner;
        if (is_clicked || is_entered) && !is_busy {
            self.start_sign_in(method, pools, wake);
        }
        ui.add_space(size::GRID);
        ui.label(rich(
            "The password is sent once; only the session is kept, in the keyring or in memory.",
            hutch_viewers::theme::secondary(),
            tokens.secondary,
        ));
    }

    fn start_sign_in(&mut self, method: &LoginMethod, pools: &Pools, wake: &Wake) {
        let fields: Vec<(String, Secret)> = method
            .fields
            .iter()
            .zip(&self.sign_in.texts)
            .map(|(field, text)| (field.name.clone(), Secret::new(text.clone())))
            .collect();
        let name = method.name.clone();
        let catalogue = Arc::clone(&self.catalogue);
        self.sign_in.problem = None;
        self.sign_in.under_way = Some(Ask::start(pools, wake, move |_| async move {
            catalogue.sign_in(&name, &fields).await
        }));
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
