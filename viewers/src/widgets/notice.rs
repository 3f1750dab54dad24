//! One line that says what happened, in the place where it did.

use egui::{Align, Frame, Layout, Margin, Ui, Vec2};

use super::buttons::text_button;
use crate::icons::{Icon, icon_button};
use crate::theme::{self, Tokens, Tone, size};

/// What a person did to a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoticeResponse {
    /// The action was pressed.
    pub action: bool,
    /// The cross was pressed.
    pub dismissed: bool,
}

/// A line with an icon, a text, and at most one action; it stays until it is dismissed.
pub fn notice(ui: &mut Ui, tone: Tone, text: &str, action: &str) -> NoticeResponse {
    let tokens = Tokens::of(ui);
    let icon = match tone {
        Tone::Error => Icon::Error,
        Tone::Attention => Icon::Warning,
        Tone::Good => Icon::Check,
        _ => Icon::Info,
    };
    let mut done = NoticeResponse::default();
    Frame::new()
        .fill(tokens.raised)
        .stroke(egui::Stroke::new(1.0, tokens.line))
        .corner_radius(size::RADIUS)
        .inner_margin(Margin {
            left: 10,
            right: 4,
            top: 2,
            bottom: 2,
        })
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                let color = tokens.tone(tone);
                let (rect, _) =
                    ui.allocate_exact_size(Vec2::new(size::ICON, size::ROW), egui::Sense::hover());
                icon.paint(ui, rect, color);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    done.dismissed = icon_button(ui, Icon::X, "Dismiss").clicked();
                    if !action.is_empty() {
                        ui.add_space(4.0);
                        done.action = text_button(ui, action, Tone::Accent).clicked();
                        ui.add_space(4.0);
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let line = theme::rich(text, theme::body(), tokens.text);
                        ui.add(egui::Label::new(line).wrap());
                    });
                });
            });
        });
    done
}
