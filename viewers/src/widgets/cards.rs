//! What stands where the data should have been: an error with what to do, or an invitation.

use egui::{Align, Color32, Frame, Layout, Margin, Stroke, Ui, Vec2};

use super::buttons::{button, text_button};
use super::buttons::{key_hint_width, paint_key_hint};
use crate::icons::Icon;
use crate::theme::{self, Tokens, Tone, size};

/// The widest that a card becomes.
const CARD_WIDTH: f32 = 440.0;

/// What a person chose on an error card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardAction {
    /// Try again.
    Retry,
    /// Sign in.
    SignIn,
}

/// An error in the place of what failed: what happened, what Hutch does next, what you can do.
#[derive(Clone, Copy, Debug, Default)]
pub struct ErrorCard<'a> {
    /// What failed, in a few words: "Could not read frame 920".
    pub title: &'a str,
    /// What happened, in a sentence.
    pub happened: &'a str,
    /// What Hutch does next; may be empty.
    pub next: &'a str,
    /// What the person can do; may be empty.
    pub advice: &'a str,
    /// What "Copy details" copies; no button when empty.
    pub details: &'a str,
    /// Offer to try again.
    pub retry: bool,
    /// Offer to sign in.
    pub sign_in: bool,
}

impl ErrorCard<'_> {
    /// Draws the card.
    pub fn show(self, ui: &mut Ui) -> Option<CardAction> {
        let tokens = Tokens::of(ui);
        let width = ui.available_width().min(CARD_WIDTH);
        let mut action = None;
        Frame::new()
            .fill(tokens.raised)
            .stroke(Stroke::new(1.0, tokens.control_line))
            .corner_radius(size::RADIUS)
            .inner_margin(Margin::same(16))
            .show(ui, |ui| {
                ui.set_width((width - 34.0).max(80.0));
                ui.spacing_mut().item_spacing = Vec2::new(8.0, 4.0);
                ui.horizontal(|ui| {
                    let wanted = Vec2::new(size::ICON, size::ICON);
                    let (place, _) = ui.allocate_exact_size(wanted, egui::Sense::hover());
                    Icon::Error.paint(ui, place, tokens.error);
                    let title = theme::rich(self.title, theme::title(), tokens.text);
                    ui.add(egui::Label::new(title).wrap());
                });
                ui.add_space(4.0);
                let lines = [
                    (self.happened, tokens.text),
                    (self.next, tokens.secondary),
                    (self.advice, tokens.secondary),
                ];
                for (text, color) in lines.into_iter().filter(|(text, _)| !text.is_empty()) {
                    paragraph(ui, text, color);
                }
                action = self.buttons(ui);
            });
        action
    }

    fn buttons(self, ui: &mut Ui) -> Option<CardAction> {
        if !self.retry && !self.sign_in && self.details.is_empty() {
            return None;
        }
        let mut action = None;
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if self.retry && button(ui, "Retry").clicked() {
                action = Some(CardAction::Retry);
            }
            if self.sign_in && button(ui, "Sign in").clicked() {
                action = Some(CardAction::SignIn);
            }
            if !self.details.is_empty() {
                ui.add_space(8.0);
                if text_button(ui, "Copy details", Tone::Secondary).clicked() {
                    ui.ctx().copy_text(self.details.to_owned());
                }
            }
        });
        action
    }
}

/// Where nothing is yet: an icon, a sentence, and what to do; the chosen action.
///
/// Actions are texts with their shortcuts (which may be empty); the first is the main one.
pub fn empty_state(
    ui: &mut Ui,
    icon: Icon,
    sentence: &str,
    actions: &[(&str, &str)],
) -> Option<usize> {
    let tokens = Tokens::of(ui);
    let mut chosen = None;
    let wanted = 72.0 + 36.0 * actions.len() as f32;
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        ui.add_space(((ui.available_height() - wanted) / 2.0).clamp(16.0, 400.0));
        ui.add(icon.image(ui, 32.0, tokens.faint));
        ui.add_space(4.0);
        paragraph(ui, sentence, tokens.secondary);
        ui.add_space(4.0);
        for (index, (text, shortcut)) in actions.iter().enumerate() {
            if action_button(ui, text, shortcut) {
                chosen = Some(index);
            }
        }
    });
    chosen
}

/// A button with its shortcut at the right, 240 points wide.
fn action_button(ui: &mut Ui, text: &str, shortcut: &str) -> bool {
    let width = ui.available_width().min(240.0);
    ui.allocate_ui_with_layout(
        Vec2::new(width, size::BUTTON),
        Layout::top_down(Align::Min),
        |ui| {
            let pressed = super::quiet_button(ui, text, "");
            if !shortcut.is_empty() {
                let hint = Vec2::new(key_hint_width(ui, shortcut), 16.0);
                let centre = pressed.rect.right_center() - Vec2::new(8.0 + hint.x / 2.0, 0.0);
                paint_key_hint(ui, egui::Rect::from_center_size(centre, hint), shortcut);
            }
            pressed.clicked()
        },
    )
    .inner
}

fn paragraph(ui: &mut Ui, text: &str, color: Color32) {
    ui.add(egui::Label::new(theme::rich(text, theme::body(), color)).wrap());
}
