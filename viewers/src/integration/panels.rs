//! The panels of cakes and stacks below a frame, and the ring that the pointer marks on the frame.

use egui::{Shape, Stroke};

use super::ring::{radius_at, ring_of};
use super::shown::{numbers_of, rows_of};
use super::{Integration, Kind, Seen};
use crate::diffraction::Laid;
use crate::icons::{Icon, icon_button};
use crate::theme::{Tokens, rich, secondary, size};
use crate::{Action, ViewContext, numbers};

/// How high a panel is at first.
const HEIGHT: f32 = 230.0;

/// What is asked of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Copy,
    Save,
    Close,
}

impl Integration {
    /// The panels of the cake and of the stack, below the frame.
    pub(super) fn pictures_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut ViewContext<'_>,
        seen: &Seen<'_>,
    ) -> Option<u64> {
        #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
        let point = seen.pixel.map(|pixel| pixel.map(|part| part as f64));
        let radius = self.wish(seen).and_then(|wish| {
            let at = point?;
            radius_at(&wish.geometry, &wish.plane, wish.chosen.unit, at)
        });
        let unit = self.chosen.unit;
        let can_copy = self.can_copy();
        let cake = self
            .done
            .as_ref()
            .filter(|_| self.chosen.kind == Kind::Cake);
        if let Some((_, _, done)) = cake {
            self.cake.put(numbers_of(done, unit));
            self.cake.step(ui.ctx(), context.resident, seen.colours);
            let title = "Cake: azimuth against radius";
            let (pointed, asked) = panel_ui(ui, context, (title, ""), can_copy, |ui| {
                self.cake.ui(ui, title, radius)
            });
            if let Some(([x, _], _)) = pointed {
                self.pointed = Some(x);
            }
            match asked {
                Some(Asked::Copy) => {
                    self.copy();
                }
                Some(Asked::Save) => context.actions.push(Action::SaveCake),
                Some(Asked::Close) => self.chosen.kind = Kind::Off,
                None => {}
            }
        }
        let stack = self.stack.as_ref()?;
        let (done, all) = stack.progress();
        if let (Some(shown), Some(matrix)) = (&stack.shown, stack.matrix()) {
            self.stack_picture.put(rows_of(shown, matrix, unit));
        }
        let (map, is_log) = seen.colours;
        self.stack_picture
            .step(ui.ctx(), context.resident, (map, is_log));
        let note = if stack.is_done() {
            format!("{} frames", numbers::count(done))
        } else {
            format!("{} of {}", numbers::count(done), numbers::count(all))
        };
        let title = "Patterns of all frames";
        let (pointed, asked) = panel_ui(ui, context, (title, &note), None, |ui| {
            self.stack_picture.ui(ui, title, radius)
        });
        if asked == Some(Asked::Close) {
            self.chosen.all_frames = false;
        }
        let ([x, y], is_clicked) = pointed?;
        self.pointed = Some(x);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a row of the picture"
        )]
        let frame = ((y.round() - 1.0).max(0.0) as u64).min(all.saturating_sub(1));
        is_clicked.then_some(frame)
    }

    /// Draws the ring of the radius that the pointer marks on a plot.
    pub(crate) fn overlay_ui(&mut self, ui: &egui::Ui, laid: Laid<'_>, seen: &Seen<'_>) {
        let (Some(radius), Some(wish)) = (self.pointed, self.wish(seen)) else {
            return;
        };
        let is_kept = self.ring.as_ref().is_some_and(|(of, with, _)| {
            (of - radius).abs() < f64::EPSILON * radius.abs() && *with == wish
        });
        if !is_kept {
            let lines = ring_of(&wish.geometry, &wish.plane, wish.chosen.unit, radius);
            self.ring = Some((radius, wish, lines));
        }
        let painter = ui.painter().with_clip_rect(laid.map.rect());
        let tokens = Tokens::over_image(ui);
        let lines = self.ring.iter().flat_map(|(_, _, lines)| lines);
        for line in lines {
            let points = laid.line(line);
            let edge = Stroke::new(3.5, tokens.behind.gamma_multiply(0.6));
            painter.add(Shape::line(points.clone(), edge));
            painter.add(Shape::line(points, Stroke::new(1.5, tokens.attention)));
        }
    }
}

/// A panel below the frame with a title, and buttons for its values where it has any that can be saved, and perhaps be
/// copied; what its body says, and what was asked.
fn panel_ui<T>(
    ui: &mut egui::Ui,
    context: &ViewContext<'_>,
    (title, note): (&str, &str),
    can_copy: Option<bool>,
    body: impl FnOnce(&mut egui::Ui) -> Option<T>,
) -> (Option<T>, Option<Asked>) {
    let most = (ui.available_height() * 0.6).max(120.0);
    let frame = egui::Frame::new()
        .fill(context.tokens.panel)
        .inner_margin(egui::Margin::symmetric(8, 4));
    egui::Panel::bottom(ui.scope_id().with(title))
        .resizable(true)
        .default_size(HEIGHT.min(most))
        .size_range(110.0..=most)
        .frame(frame)
        .show(ui, |ui| {
            let mut asked = None;
            ui.horizontal(|ui| {
                ui.set_height(size::ROW);
                let tokens = Tokens::of(ui);
                ui.label(rich(title, secondary(), tokens.text));
                ui.label(rich(note, secondary(), tokens.secondary));
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = 4.0;
                    asked = buttons_ui(ui, can_copy);
                });
            });
            (body(ui), asked)
        })
        .inner
}

/// The buttons at the right of a title, from right to left.
fn buttons_ui(ui: &mut egui::Ui, can_copy: Option<bool>) -> Option<Asked> {
    let mut asked = None;
    if icon_button(ui, Icon::X, "Close this picture").clicked() {
        asked = Some(Asked::Close);
    }
    let Some(can_copy) = can_copy else {
        return asked;
    };
    if icon_button(ui, Icon::Download, "Save the values of the cake").clicked() {
        asked = Some(Asked::Save);
    }
    let copy = "Copy the intensities for a spreadsheet";
    let copy = ui.add_enabled_ui(can_copy, |ui| icon_button(ui, Icon::Copy, copy));
    if copy.inner.clicked() {
        asked = Some(Asked::Copy);
    }
    asked
}
