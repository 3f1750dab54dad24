//! The controls of a display, in the inspector.

use egui::{Color32, DragValue, Sense, Ui, WidgetInfo, vec2};
use hutch_render::{Component, Norm, Range};

use super::maps::colour_map_ui;
use super::{Display, MarkKind, RangeMode};
use crate::numbers;
use crate::prepared::PreparedFrame;
use crate::theme::{Tokens, body, secondary, size};
use crate::widgets::{self, focus_ring, folding_heading, section_heading, segmented};

/// Names of the norms; the first three in the first row.
const NORMS: [&[(&str, &str)]; 2] = [
    &[("linear", "linear"), ("log", "log"), ("sqrt", "sqrt")],
    &[("asinh", "asinh"), ("symlog", "symlog"), ("gamma", "gamma")],
];

/// Modes that need no more than the frame.
const PLAIN: [(RangeMode, &str); 4] = [
    (RangeMode::MinMax, "min–max"),
    (RangeMode::Percentile, "1–99.8 %"),
    (RangeMode::Sigma, "3σ"),
    (RangeMode::Locked, "lock"),
];
const ALL: [(RangeMode, &str); 6] = [
    (RangeMode::MinMax, "all"),
    (RangeMode::Percentile, "%"),
    (RangeMode::Sigma, "σ"),
    (RangeMode::Visible, "visible"),
    (RangeMode::Symmetric, "±"),
    (RangeMode::Locked, "lock"),
];

impl Display {
    /// Draws the controls of a computed picture; the histogram is that of the frame shown.
    pub fn ui(&mut self, ui: &mut Ui, frame: Option<&PreparedFrame>, stage: &str) {
        section_heading(ui, "Display", stage);
        self.colours_and_norm_ui(ui, frame);
        segmented(ui, "Range", &mut self.mode, &PLAIN);
        if let Some(frame) = frame {
            self.follow(frame);
        }
    }

    /// Draws the controls of a frame with everything that can be chosen; a range that
    /// needs another pass over the samples is the caller's.
    pub fn frame_ui(&mut self, ui: &mut Ui, frame: Option<&PreparedFrame>, stage: &str) {
        if folding_heading(ui, "Display", stage, true) {
            self.colours_and_norm_ui(ui, frame);
            if frame.is_some_and(PreparedFrame::is_complex) {
                self.component_ui(ui);
            }
            segmented(ui, "Range", &mut self.mode, &ALL);
            self.range_numbers_ui(ui);
        }
        if let Some(frame) = frame {
            self.follow(frame);
        }
    }

    fn colours_and_norm_ui(&mut self, ui: &mut Ui, frame: Option<&PreparedFrame>) {
        let colours = self.swatch();
        if let Some(frame) = frame {
            self.histogram_ui(ui, frame, &colours);
        }
        let range = self.shown_range();
        let ends = (numbers::float(range.lo, 4), numbers::float(range.hi, 4));
        let is_inverted = self.is_inverted;
        colour_map_ui(ui, &mut self.colours, is_inverted, (&ends.0, &ends.1));
        ui.add_space(2.0);
        switch_row(ui, "invert the colours", None, &mut self.is_inverted);
        let mut norm = self.norm.name();
        for (row, norms) in NORMS.into_iter().enumerate() {
            let name = ["Norm", "More norms"][row];
            if segmented(ui, name, &mut norm, norms).changed()
                && let Some(norm) = Norm::named(norm)
            {
                self.set_norm(norm);
            }
            ui.add_space(2.0);
        }
        if let Some((name, value)) = self.norm.parameter() {
            let mut wanted = f64::from(value);
            if number_row(ui, name, &mut wanted, 1e-3..=1e9, "") {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "the shader computes in f32"
                )]
                let wanted = wanted as f32;
                self.norm = self.norm.with_parameter(wanted);
            }
        }
        ui.add_space(4.0);
    }

    fn histogram_ui(&mut self, ui: &mut Ui, frame: &PreparedFrame, colours: &[Color32]) {
        let Some(histogram) = &frame.histogram else {
            return;
        };
        let domain = (frame.min_max.lo, frame.min_max.hi);
        let mut range = (self.range.lo, self.range.hi);
        let widget = widgets::Histogram::new(&histogram.counts, domain, colours);
        if widget.show(ui, &mut range).changed() {
            self.lock(Range::new(range.0, range.1));
        }
    }

    fn component_ui(&mut self, ui: &mut Ui) {
        let parts = Component::ALL.map(|part| (part, part.name()));
        let mut part = self.component;
        if segmented(ui, "Component", &mut part, &parts).changed() {
            self.component = part;
        }
        ui.add_space(4.0);
    }

    /// The numbers of the mode that is chosen.
    fn range_numbers_ui(&mut self, ui: &mut Ui) {
        ui.add_space(2.0);
        match self.mode {
            RangeMode::MinMax => {}
            RangeMode::Percentile | RangeMode::Visible | RangeMode::Symmetric => {
                let [low, high] = self.percent;
                number_row(ui, "darkest", &mut self.percent[0], 0.0..=high - 0.01, " %");
                number_row(
                    ui,
                    "brightest",
                    &mut self.percent[1],
                    low + 0.01..=100.0,
                    " %",
                );
            }
            RangeMode::Sigma => {
                number_row(ui, "deviations", &mut self.sigmas, 0.1..=100.0, " σ");
            }
            RangeMode::Locked => {
                let (low, high) = (self.range.lo, self.range.hi);
                number_row(ui, "darkest", &mut self.range.lo, f64::MIN..=high, "");
                number_row(ui, "brightest", &mut self.range.hi, low..=f64::MAX, "");
            }
        }
    }

    /// The legend of pixels without a place in the colour map: colour, count, switch.
    ///
    /// `outside` are those below and above the range, where they are counted.
    pub fn legend_ui(&mut self, ui: &mut Ui, frame: &PreparedFrame, outside: Option<[u64; 2]>) {
        if !folding_heading(ui, "Pixels", "", true) {
            return;
        }
        let tokens = Tokens::of(ui);
        let counts = frame.counts;
        let [below, above] = outside.map_or([None, None], |counts| counts.map(Some));
        let colours = tokens.marks;
        for (kind, count, colour) in [
            (MarkKind::Masked, Some(counts.masked), colours.masked),
            (MarkKind::Missing, Some(counts.missing), colours.missing),
            (
                MarkKind::NotFinite,
                Some(counts.not_finite),
                colours.not_finite,
            ),
            (
                MarkKind::Saturated,
                Some(counts.saturated),
                colours.saturated,
            ),
            (MarkKind::Below, below, colours.below),
            (MarkKind::Above, above, colours.above),
        ] {
            let mut is_on = self.marks.has(kind);
            let count = count.map_or_else(String::new, numbers::count);
            if switch_row(ui, kind.name(), Some((colour, &count)), &mut is_on) {
                self.marks.set(kind, is_on);
            }
        }
    }
}

/// A name and a switch in one row, with a colour and a count where there are any.
fn switch_row(ui: &mut Ui, name: &str, mark: Option<(Color32, &str)>, is_on: &mut bool) -> bool {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::click());
    let was_on = *is_on;
    let text = mark.map_or("", |(_, count)| count);
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(text.to_owned()),
        ..WidgetInfo::selected(egui::Role::CheckBox, true, was_on, name)
    });
    if response.clicked() {
        *is_on = !was_on;
    }
    if ui.is_rect_visible(rect) {
        let tokens = Tokens::of(ui);
        let painter = ui.painter();
        if response.hovered() {
            painter.rect_filled(
                rect.expand2(vec2(4.0, 0.0)),
                size::RADIUS_SMALL,
                tokens.hover,
            );
        }
        let side =
            egui::Rect::from_center_size(rect.left_center() + vec2(7.0, 0.0), vec2(12.0, 12.0));
        let colour = mark.map_or(tokens.accent, |(colour, _)| colour);
        let edge = egui::Stroke::new(1.0, tokens.control_line);
        let fill = if *is_on { colour } else { Color32::TRANSPARENT };
        painter.rect(side, 3.0, fill, edge, egui::StrokeKind::Inside);
        let (ink, count_ink) = if *is_on {
            (tokens.text, tokens.text)
        } else {
            (tokens.secondary, tokens.secondary)
        };
        let left = egui::Align2::LEFT_CENTER;
        painter.text(
            rect.left_center() + vec2(22.0, 0.0),
            left,
            name,
            body(),
            ink,
        );
        let right = egui::Align2::RIGHT_CENTER;
        painter.text(rect.right_center(), right, text, body(), count_ink);
        focus_ring(ui, &response, rect);
    }
    let what = if mark.is_some() {
        "Click to show or hide the colour of these pixels"
    } else {
        "Click to switch"
    };
    response.on_hover_text(what);
    *is_on != was_on
}

/// A number with at most four decimals, and none that are zero.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A name and a number that can be dragged or typed; whether it changed.
pub(crate) fn number_row(
    ui: &mut Ui,
    name: &str,
    value: &mut f64,
    range: std::ops::RangeInclusive<f64>,
    suffix: &str,
) -> bool {
    let tokens = Tokens::of(ui);
    let speed = (value.abs() * 0.01).max(1e-3);
    let mut is_changed = false;
    ui.horizontal(|ui| {
        ui.set_height(size::ROW);
        ui.label(
            egui::RichText::new(name)
                .font(secondary())
                .color(tokens.secondary),
        );
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let drag = DragValue::new(value)
                .range(range)
                .speed(speed)
                .custom_formatter(|value, _| short(value))
                .suffix(suffix);
            let response = ui.add(drag).accessible_name(name);
            is_changed = response.changed();
            response.on_hover_text("Drag or type");
        });
    });
    is_changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_fields_have_no_zeros_behind() {
        let found = [1.0, 99.8, 120.0, 0.0].map(short);
        assert_eq!(found, ["1", "99.8", "120", "0"]);
    }
}
