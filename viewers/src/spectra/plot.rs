//! The spectrum of a region, with the ranges of the map and lines of elements.

use egui::Color32;
use egui_plot::{HoverPosition, Line, Plot, PlotPoints, PlotUi, Points, Span};
use hutch_analysis::maps::lines::{ElementLine, all, of_element};
use hutch_model::with_unit;

use super::line_names::{draw_lines, line_names};
use super::{SpectraView, ev_per_unit};
use crate::plot_limits::{self, Limits, Wheel};
use crate::plot_marks::{axis_text, spacer, wide_spacer};
use crate::theme::Tokens;
use crate::{ViewContext, numbers};

/// Lines within this share of an energy are named beside the pointer.
const NEAR: f64 = 0.01;

/// Red, green and blue of the three maps, as text and lines have them.
pub(super) const fn band_colours(tokens: &Tokens) -> [Color32; 3] {
    [
        tokens.error,
        tokens.good,
        Color32::from_rgb(0x6b, 0x9b, 0xf2),
    ]
}

impl SpectraView {
    /// Draws the spectrum; a drag sets the range of the map that is active.
    pub(super) fn plot_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        let tokens = context.tokens;
        let axis = self
            .channel_axis()
            .map_or_else(|| "channel".to_owned(), hutch_model::Axis::words);
        let ev = self.channel_axis().and_then(|axis| ev_per_unit(&axis.unit));
        let is_log = self.choice.is_log && !self.choice.is_density;
        let id = ui.scope_id().with("plot");
        let wheel = Wheel::over(ui, ui.available_rect_before_wrap());
        let logs = [false, is_log];
        let limits = self.limits.plotted(logs);
        let plot = Plot::new(id)
            .id(id)
            .show_background(false)
            .grid_color(tokens.line)
            .allow_drag(false)
            .allow_scroll(false)
            .x_axis_label(axis)
            .y_axis_label(self.value_label())
            .x_axis_formatter(|mark, range| axis_text(mark, range, false))
            .y_axis_formatter(move |mark, range| axis_text(mark, range, is_log))
            .x_grid_spacer(wide_spacer(false))
            .y_grid_spacer(spacer(is_log))
            .label_formatter(move |place| {
                let (HoverPosition::NearDataPoint { position, .. }
                | HoverPosition::Elsewhere { position }) = place;
                let value = if is_log {
                    10f64.powf(position.y)
                } else {
                    position.y
                };
                let near = ev.map_or_else(String::new, |ev| near_lines(position.x * ev));
                let (energy, value) = (numbers::float(position.x, 6), numbers::float(value, 5));
                Some(format!("{energy}\n{value}{near}"))
            });
        let spans = self.spans(&tokens);
        let lines = self.element_lines();
        let points = std::sync::Arc::clone(&self.drawn.points);
        let top = points
            .iter()
            .map(|point| point[1])
            .fold(f64::NEG_INFINITY, f64::max);
        let names = line_names(ui, lines);
        let answer = plot.show(ui, |plot| {
            plot_limits::set(plot, limits, wheel);
            for (ends, colour) in &spans {
                let span = Span::new("", ends[0]..=ends[1]);
                let fill = colour.gamma_multiply(0.16);
                plot.span(span.fill(fill).border_color(*colour).border_width(1.0));
            }
            draw_lines(plot, names, top, &tokens);
            for part in points.split(|point| point[1].is_nan()) {
                part_ui(plot, part, tokens.accent);
            }
            plot.pointer_coordinate().map(|point| point.x)
        });
        if let Some(limits) = plot_limits::moved(ui, id, &answer, limits) {
            self.limits = Limits::of(limits, logs);
        }
        self.drag_band(&answer.response, answer.inner);
    }

    /// A drag along the axis is the range of the map.
    fn drag_band(&mut self, response: &egui::Response, pointer: Option<f64>) {
        let primary = egui::PointerButton::Primary;
        if response.drag_started_by(primary) {
            self.band_start = pointer;
        }
        if let (Some(start), Some(pointer)) = (self.band_start, pointer)
            && response.dragged_by(primary)
        {
            let [one, other] = [start, pointer].map(|energy| self.channel_at(energy));
            self.choice.bands[self.choice.active] = [one.min(other), one.max(other)];
        }
        if response.clicked()
            && self.channels_first
            && let Some(pointer) = pointer
        {
            let channel = self.channel_at(pointer);
            self.choice.bands[self.choice.active] = [channel; 2];
        }
        if response.drag_stopped() {
            self.band_start = None;
        }
    }

    /// The ranges of the maps, from half a channel before to half a channel behind.
    fn spans(&self, tokens: &Tokens) -> Vec<([f64; 2], Color32)> {
        let last = self.channel_count().saturating_sub(1);
        let step = (self.energy(last) - self.energy(0)) / last.max(1) as f64;
        let shown = if self.choice.is_rgb { 3 } else { 1 };
        let colours = if self.choice.is_rgb {
            band_colours(tokens)
        } else {
            [tokens.accent; 3]
        };
        let bands = self.choice.bands.iter().take(shown).zip(colours);
        bands
            .map(|([first, last], colour)| {
                let ends = [
                    self.energy(*first) - 0.5 * step,
                    self.energy(*last) + 0.5 * step,
                ];
                ([ends[0].min(ends[1]), ends[0].max(ends[1])], colour)
            })
            .collect()
    }

    /// Lines of the elements that a person named, at their places along the axis.
    pub(super) fn element_lines(&self) -> Vec<(ElementLine, f64)> {
        let Some(ev) = self.channel_axis().and_then(|axis| ev_per_unit(&axis.unit)) else {
            return Vec::new();
        };
        let channels = self.channels();
        let symbols = self
            .choice
            .elements
            .split([' ', ','])
            .filter(|symbol| !symbol.is_empty());
        symbols
            .flat_map(of_element)
            // Fluorescence shows lines, absorption shows edges.
            .filter(|line| line.is_edge == self.channels_first)
            .map(|line| (line, line.energy_ev / ev))
            .filter(|(_, place)| channels.contains(*place))
            .collect()
    }

    fn value_label(&self) -> String {
        if self.choice.is_density {
            return "optical density".to_owned();
        }
        let (label, unit) = self.signal().map_or(("", ""), |signal| {
            (signal.label.as_str(), signal.unit.as_str())
        });
        let what = if self.choice.is_mean { "mean" } else { "sum" };
        format!("{what} of {}", with_unit(label, unit))
    }
}

/// Draws a part of a spectrum; a channel by itself is no line.
fn part_ui(plot: &mut PlotUi<'_>, part: &[[f64; 2]], colour: Color32) {
    let points = || PlotPoints::from(part.to_vec());
    match part.len() {
        0 => {}
        1 => plot.points(Points::new("spectrum", points()).color(colour).radius(1.5)),
        _ => {
            let line = Line::new("spectrum", points()).allow_band(false);
            plot.line(line.color(colour).width(1.5));
        }
    }
}

/// Lines near an energy, in words.
fn near_lines(energy_ev: f64) -> String {
    let mut near: Vec<ElementLine> = all()
        .filter(|line| !line.is_edge && (line.energy_ev - energy_ev).abs() < NEAR * energy_ev)
        .collect();
    near.sort_by(|one, other| {
        let apart = |line: &ElementLine| (line.energy_ev - energy_ev).abs();
        apart(one).total_cmp(&apart(other))
    });
    let lines = near.iter().take(4).map(|line| {
        let energy = numbers::float(line.energy_ev, 5);
        format!("{} {}  {energy} eV", line.element, line.name)
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        String::new()
    } else {
        format!("\n{}", lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_line_is_named_first() {
        let text = near_lines(6404.5);
        assert!(text.trim_start().starts_with("Fe Kα"), "{text}");
        assert_eq!(near_lines(1e9), "", "none there");
    }
}
