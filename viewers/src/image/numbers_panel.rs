//! The numbers of the frame that is shown, in the inspector.

use hutch_analysis::reduce::Number;

use super::ImageView;
use crate::numbers;
use crate::widgets::{folding_heading, key_value};

impl ImageView {
    pub(super) fn numbers_ui(&mut self, ui: &mut egui::Ui, stage: &str) {
        if !folding_heading(ui, "Frame", stage, true) {
            return;
        }
        self.jump_ui(ui);
        let Some(frame) = &self.seen_frame() else {
            return;
        };
        let [width, height] = self.image_size(frame);
        key_value(
            ui,
            "size",
            &format!(
                "{} × {} px",
                numbers::count(u64::from(width)),
                numbers::count(u64::from(height))
            ),
        );
        if self.large.is_some() {
            let [columns, rows] = frame.size.map(|edge| numbers::count(u64::from(edge)));
            key_value(ui, "numbers are of", &format!("{columns} × {rows} samples"));
            self.bright_ui(ui);
        }
        if let Some(statistics) = &frame.statistics {
            if statistics.count == 0 {
                key_value(ui, "samples", "none");
                return;
            }
            key_value(
                ui,
                "mean ± σ",
                &numbers::spread(statistics.mean, statistics.sigma),
            );
            key_value(ui, "smallest", &shown(statistics.min));
            key_value(ui, "largest", &shown(statistics.max));
            key_value(ui, "sum", &shown(statistics.sum));
        }
    }
}

/// A number of a frame, with its thousands apart.
fn shown(number: Number) -> String {
    match number {
        Number::Int(whole) => {
            i64::try_from(whole).map_or_else(|_| whole.to_string(), numbers::integer)
        }
        Number::Real(real) => numbers::float(real, 6),
    }
}
