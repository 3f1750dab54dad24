//! The section of the inspector that chooses an integration.

use hutch_analysis::integrate::{Split, Unit};

use super::Integration;
use super::choice::{Kind, POINTS_MAX};
use super::shown::{axis_words, ends};
use crate::display::number_row;
use crate::theme::{Tokens, Tone, rich, secondary};
use crate::widgets::{
    choice_row, folding_heading, key_value, progress_bar, segmented, text_button,
};
use crate::{Action, numbers};

const SPLITS: [(Split, &str); 3] = [
    (Split::No, "none"),
    (Split::BBox, "box"),
    (Split::Full, "full"),
];

impl Integration {
    /// Draws the section; `frames` is how many there are.
    pub(crate) fn inspector_ui(
        &mut self,
        ui: &mut egui::Ui,
        frames: u64,
        actions: &mut Vec<Action>,
    ) {
        let kind = self.chosen.kind;
        let now = Kind::ALL.into_iter().find(|(of, _)| *of == kind);
        let now = now.filter(|(kind, _)| *kind != Kind::Off);
        if !folding_heading(ui, "Integrate", now.map_or("", |(_, name)| name), true) {
            return;
        }
        segmented(ui, "Integrate into", &mut self.chosen.kind, &Kind::ALL);
        if self.chosen.kind == Kind::Off {
            return;
        }
        self.bins_ui(ui);
        self.range_ui(ui);
        self.corrections_ui(ui);
        if frames > 1 {
            self.stack_ui(ui);
        }
        let save = text_button(ui, "Save for all frames", Tone::Secondary);
        let hint = "Write the patterns or cakes of all frames into a file, as hutch integrate does";
        if save.on_hover_text(hint).clicked() {
            actions.push(Action::SavePatterns(self.chosen.clone()));
        }
        if let Some(error) = &self.failed {
            let tokens = Tokens::of(ui);
            ui.label(rich(error.why.clone(), secondary(), tokens.error));
        }
    }

    fn bins_ui(&mut self, ui: &mut egui::Ui) {
        let before = self.chosen.unit;
        let units = Unit::ALL.map(|unit| (unit, axis_words(unit)));
        choice_row(ui, "radius", &mut self.chosen.unit, &units);
        if self.chosen.unit != before {
            // A range is one of its unit.
            self.chosen.range = None;
        }
        let most = POINTS_MAX as f64;
        let mut points = self.chosen.points as f64;
        if number_row(ui, "bins of the radius", &mut points, 2.0..=most, "") {
            self.chosen.points = count_of(points);
        }
        if self.chosen.kind == Kind::Cake {
            let mut points = self.chosen.azimuth_points as f64;
            if number_row(ui, "bins of the azimuth", &mut points, 2.0..=3600.0, "") {
                self.chosen.azimuth_points = count_of(points);
            }
        }
        segmented(ui, "Split pixels", &mut self.chosen.split, &SPLITS);
    }

    fn range_ui(&mut self, ui: &mut egui::Ui) {
        let mut has_range = self.chosen.range.is_some();
        ui.checkbox(&mut has_range, "range of the radius");
        if !has_range {
            self.chosen.range = None;
            return;
        }
        let whole = self.done.as_ref().map(|(_, _, done)| ends(&done.radius));
        let [mut low, mut high] = self.chosen.range.or(whole).unwrap_or([0.0, 100.0]);
        number_row(ui, "from", &mut low, 0.0..=1e6, "");
        number_row(ui, "to", &mut high, 0.0..=1e6, "");
        self.chosen.range = Some([low, high]);
    }

    fn corrections_ui(&mut self, ui: &mut egui::Ui) {
        ui.checkbox(
            &mut self.chosen.corrects_solid_angle,
            "solid angle of pixels",
        );
        let mut has_factor = self.chosen.polarization.is_some();
        ui.checkbox(&mut has_factor, "polarisation of the beam");
        if has_factor {
            let mut factor = self.chosen.polarization.unwrap_or(0.99);
            number_row(ui, "horizontal minus vertical", &mut factor, -1.0..=1.0, "");
            self.chosen.polarization = Some(factor);
        } else {
            self.chosen.polarization = None;
        }
    }

    fn stack_ui(&mut self, ui: &mut egui::Ui) {
        ui.checkbox(&mut self.chosen.all_frames, "patterns of all frames");
        let Some(stack) = &mut self.stack else {
            if self.chosen.all_frames {
                let tokens = Tokens::of(ui);
                let why = "too many frames for the memory, or modules; save them into a file";
                ui.label(rich(why, secondary(), tokens.attention));
            }
            return;
        };
        if stack.left_out > 0 {
            let text = format!("{} frames", numbers::count(stack.left_out));
            key_value(ui, "missing, left out", &text);
        }
        if let Some(error) = &stack.failed {
            let tokens = Tokens::of(ui);
            ui.label(rich(error.to_string(), secondary(), tokens.error));
            return;
        }
        if stack.is_done() {
            return;
        }
        let (done, all) = stack.progress();
        let left = stack
            .secs_left()
            .map(numbers::time_left)
            .unwrap_or_default();
        let text = format!("{} of {}", numbers::count(done), numbers::count(all));
        key_value(ui, &text, &left);
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 64.0).max(40.0);
            #[expect(clippy::cast_possible_truncation, reason = "a share on the screen")]
            let share = (done as f64 / all.max(1) as f64) as f32;
            progress_bar(ui, "Patterns of all frames", Some(share), width);
            if text_button(ui, "Cancel", Tone::Secondary).clicked() {
                stack.stop();
            }
        });
    }
}

fn count_of(number: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped by the field"
    )]
    let count = number.round().max(1.0) as usize;
    count
}
