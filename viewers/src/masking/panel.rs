//! The mask in the inspector.

use egui::Ui;
use hutch_analysis::mask::{Ink, Side, Step};
use hutch_render::Range;

use super::{Brush, MaskCommand, Masking};
use crate::display::number_row;
use crate::numbers;
use crate::theme::Tone;
use crate::widgets::{folding_heading, key_value, segmented, text_button};

impl Masking {
    /// The part of the inspector; thresholds are of the frame with this number. Says whether
    /// a brush was taken up there.
    pub fn inspector_ui(&mut self, ui: &mut Ui, shown: (u64, Range)) -> bool {
        let before = self.brush;
        self.panel_ui(ui, shown);
        self.brush != before && self.brush.is_some()
    }

    fn panel_ui(&mut self, ui: &mut Ui, shown: (u64, Range)) {
        let is_in_use = self.brush.is_some() || !self.steps.is_empty();
        if !folding_heading(ui, "Mask", "", is_in_use) {
            return;
        }
        let mut brush = self.brush;
        if segmented(ui, "Paint the mask with", &mut brush, &Brush::ALL).changed() {
            self.put_down();
            self.brush = brush;
        }
        if self.brush.is_some() {
            ui.add_space(4.0);
            let ways = [(true, "mask"), (false, "unmask")];
            segmented(ui, "What painting does", &mut self.adds, &ways);
            if self.brush == Some(Brush::Pencil) {
                number_row(ui, "radius", &mut self.radius_px, 0.0..=500.0, " px");
            }
            self.threshold_ui(ui, shown.0);
        }
        if self.steps.is_empty() {
            return;
        }
        if let Some((_, made)) = self.made.known() {
            let share = made.count as f64 / made.pixels.len().max(1) as f64;
            let count = numbers::count(made.count as u64);
            key_value(
                ui,
                "painted",
                &format!("{count} px, {}", numbers::percent(share)),
            );
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 14.0;
            for (text, hint, command) in [
                ("invert", "Mask what was not painted", MaskCommand::Invert),
                ("clear", "Forget what was painted", MaskCommand::Clear),
            ] {
                let button = text_button(ui, text, Tone::Accent);
                if button.on_hover_text(hint).clicked() {
                    self.command(command, shown);
                }
            }
        });
    }

    /// Limits, each with a button: a pass over the values only when it is pressed.
    fn threshold_ui(&mut self, ui: &mut Ui, frame: u64) {
        for (side, name) in [(Side::Above, "above"), (Side::Below, "below")] {
            let limit = match side {
                Side::Above => &mut self.limits[0],
                Side::Below => &mut self.limits[1],
            };
            number_row(ui, name, limit, -1e30..=1e30, "");
            let limit = *limit;
            let text = format!("{name} {}", numbers::float(limit, 6));
            let verb = if self.adds { "mask" } else { "unmask" };
            let button = text_button(ui, &format!("{verb} {text}"), Tone::Accent);
            let hint = format!("The pixels whose value in this frame is {text}");
            if button.on_hover_text(hint).clicked() {
                let ink = Ink::Threshold(side, limit, frame);
                self.steps.push(Step::Paint(ink, self.adds));
            }
        }
    }
}
