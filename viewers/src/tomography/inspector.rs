//! The part of the inspector: colours, numbers, the recipe and what it costs.

use std::sync::Arc;

use egui_plot::{Line, Plot, PlotPoints, VLine};
use hutch_analysis::ramp_filter::{Filter, Padding};

use super::TomographyView;
use super::projection::ProjectionWork;
use super::reading::ROWS;
use super::rows::{number_row, number_row_with};
use super::settings::{Pane, Stage, padding_name};
use crate::prepared::PreparedFrame;
use crate::theme::{Tokens, Tone, rich, secondary};
use crate::widgets::{
    choice_row, key_value, key_value_tone, primary_button, quiet_button, section_heading, segmented,
};
use crate::{Action, Place, ViewContext, numbers};

const AXIS_TIP: &str = "Where the rotation axis falls on the detector\n\
    Type it, drag it, or press [ and ] for 0.25 px";

const fn filter_text(filter: Filter) -> &'static str {
    match filter {
        Filter::RamLak => "Ram-Lak",
        Filter::Shepp => "Shepp-Logan",
        Filter::Cosine => "cosine",
        Filter::Hann => "Hann",
        Filter::None => "none",
    }
}

impl TomographyView {
    /// Draws the inspector.
    pub(super) fn inspect(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        match self.settings.active {
            Pane::Projection => self.inspect_projection(ui),
            Pane::Slice => {
                let frame = self
                    .slice
                    .shown
                    .as_ref()
                    .map(|shown| Arc::clone(&shown.frame));
                self.panes[1]
                    .display
                    .ui(ui, frame.as_deref(), "attenuation");
                ui.add_space(12.0);
                section_heading(ui, "Slice", "1/px");
                if let Some(shown) = &self.slice.shown {
                    key_value(ui, "row", &numbers::count(shown.key.row));
                }
                numbers_ui(ui, frame.as_deref());
            }
            Pane::Sinogram => {
                let shown = self.sinogram.shown.clone();
                let frame = shown.as_ref().map(|shown| &*shown.frame);
                self.panes[2].display.ui(ui, frame, "absorbance");
                ui.add_space(12.0);
                section_heading(ui, "Sinogram", "absorbance");
                if let Some(shown) = &shown {
                    key_value(ui, "row", &numbers::count(shown.row));
                    key_value(ui, "angles", &numbers::count(shown.angles_rad.len() as u64));
                }
                numbers_ui(ui, frame);
                self.read_all_ui(ui);
            }
            Pane::Volume => {
                let data = self.volume.data().cloned();
                self.volume.look.ui(ui, data.as_deref());
            }
        }
        ui.add_space(12.0);
        self.recipe_ui(ui);
        ui.add_space(8.0);
        // The main action comes before the details of the search, so that it
        // is in sight on a laptop.
        self.run_ui(ui, context);
        ui.add_space(12.0);
        section_heading(ui, "Rotation axis", "");
        ui.add_space(4.0);
        self.find_ui(ui);
    }

    fn inspect_projection(&mut self, ui: &mut egui::Ui) {
        let stage = ProjectionWork::stage(&self.scan, self.settings.stage);
        let frame = self
            .projection
            .shown
            .as_ref()
            .map(|shown| Arc::clone(&shown.frame));
        self.panes[0]
            .display
            .ui(ui, frame.as_deref(), stage.heading());
        ui.add_space(4.0);
        if self.scan.flats.frames.is_empty() {
            let tokens = Tokens::of(ui);
            ui.label(rich(
                "No flat fields: counts as they are",
                secondary(),
                tokens.secondary,
            ));
        } else {
            segmented(ui, "Stage", &mut self.settings.stage, &Stage::ALL);
        }
        ui.add_space(12.0);
        section_heading(ui, "Frame", stage.heading());
        numbers_ui(ui, frame.as_deref());
        if let Some(shown) = &self.projection.shown
            && let Some(statistics) = &shown.raw.statistics
            && statistics.saturated > 0
        {
            let text = format!("{} px", numbers::count(statistics.saturated));
            key_value_tone(ui, "saturated", &text, Tone::Attention);
        }
        if let Some(angle) = self.angle_deg() {
            key_value(ui, "rotation angle", &format!("{angle:.3}°"));
        }
        if self.scan.layout == "NXtomo" {
            key_value(ui, "image_key", "0 projection");
        }
    }

    fn read_all_ui(&mut self, ui: &mut egui::Ui) {
        if self.sinogram.angle_step() > 1 {
            ui.add_space(8.0);
            let bytes = super::sinogram::row_bytes(&self.scan, self.settings.row, 1);
            let cost = format!("reads {}", numbers::bytes(bytes));
            if quiet_button(ui, "Read all projections", &cost).clicked() {
                self.sinogram.read_all();
            }
        }
    }

    fn recipe_ui(&mut self, ui: &mut egui::Ui) {
        let is_edited = self.settings.is_edited(&self.begun);
        section_heading(ui, "Recipe", if is_edited { "edited" } else { "" });
        let (flats, darks) = (self.scan.flats.frames.len(), self.scan.darks.frames.len());
        let fields = if flats == 0 {
            "none".to_owned()
        } else {
            format!("mean of {}, {}", flats.min(ROWS), darks.min(ROWS))
        };
        key_value(ui, "flat, dark", &fields);
        let filters = Filter::ALL.map(|filter| (filter, filter_text(filter)));
        choice_row(ui, "filter", &mut self.settings.filter, &filters);
        let paddings = [Padding::Zero, Padding::Edge].map(|known| (known, padding_name(known)));
        choice_row(ui, "padding", &mut self.settings.padding, &paddings);
        let masks = [(true, "circle"), (false, "none")];
        choice_row(ui, "mask", &mut self.settings.is_circle, &masks);
        let middle = (self.scan.frame_size.1 as f64 - 1.0) / 2.0;
        let mut axis = self.settings.axis_px.unwrap_or(middle);
        let last = (self.scan.frame_size.1 as f64 - 1.0).max(0.0);
        if number_row(
            ui,
            ("rotation axis", AXIS_TIP),
            &mut axis,
            (0.25, 0.0..=last),
            " px",
        ) {
            self.set_axis(axis);
        }
        self.slices_ui(ui);
    }

    fn slices_ui(&mut self, ui: &mut egui::Ui) {
        let height = self.scan.frame_size.0;
        let mut is_all = self.settings.slices.is_none();
        if choice_row(
            ui,
            "slices",
            &mut is_all,
            &[(true, "all"), (false, "range")],
        ) {
            self.settings.slices = (!is_all).then_some([0, height]);
        }
        let Some([first, end]) = &mut self.settings.slices else {
            return;
        };
        let (low, high) = (*first as f64, *end as f64);
        let mut pair = (low, high);
        let texts = ("from slice", "The first slice");
        number_row_with(
            ui,
            texts,
            &mut pair.0,
            (1.0, 0.0..=(high - 1.0).max(0.0)),
            ("", 0),
        );
        let texts = ("to before", "One past the last slice");
        number_row_with(
            ui,
            texts,
            &mut pair.1,
            (1.0, low + 1.0..=height as f64),
            ("", 0),
        );
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rows of a detector, at least 0"
        )]
        let rounded = [pair.0.round() as u64, pair.1.round() as u64];
        [*first, *end] = rounded;
    }

    fn find_ui(&mut self, ui: &mut egui::Ui) {
        let text = if self.axis.is_busy() {
            "Finding the axis…"
        } else {
            "Find the axis"
        };
        let can = self.sinogram.shown.is_some() && !self.axis.is_busy();
        let pressed = ui
            .add_enabled_ui(can, |ui| quiet_button(ui, text, ""))
            .inner
            .on_hover_text("Looks for the rotation axis in the sinogram of this row")
            .clicked();
        self.wants_axis |= pressed;
        if let Some(error) = &self.axis.failed {
            key_value_tone(ui, "axis", &error.why, Tone::Attention);
        }
        let Some(found) = self.axis.found.clone() else {
            return;
        };
        let tone = if found.confidence < 0.3 {
            Tone::Attention
        } else {
            Tone::Text
        };
        let text = format!("{:.2} px, {}", found.centre_px, found.method.name());
        key_value(ui, "found", &text);
        key_value_tone(ui, "confidence", &numbers::percent(found.confidence), tone);
        if found.curve.len() > 2 {
            curve_ui(ui, &found.curve, self.settings.axis_px);
        }
    }

    fn run_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let here = self.estimate(None);
        let tokens = Tokens::of(ui);
        for (index, site) in context.compute_sites.iter().enumerate() {
            let there = self.estimate(Some(site));
            let cost = about(there.run_secs);
            let text = format!("Reconstruct on {site}");
            let button = if index == 0 {
                primary_button
            } else {
                quiet_button
            };
            let response = button(ui, &text, &cost)
                .on_hover_text("Time on one node of 32 cores, without waiting in the queue");
            if response.clicked() {
                self.reconstruct(context.actions, Place::Site(site.clone()));
            }
            ui.add_space(6.0);
        }
        let is_first = context.compute_sites.is_empty();
        let button = if is_first {
            primary_button
        } else {
            quiet_button
        };
        let cost = about(here.run_secs);
        let tip = if self.slice.updates_per_sec.is_some() {
            "From the time that a slice took here"
        } else {
            "Estimated from the number of cores"
        };
        if button(ui, "Reconstruct here", &cost)
            .on_hover_text(tip)
            .clicked()
        {
            self.reconstruct(context.actions, Place::Here);
        }
        ui.add_space(4.0);
        let text = format!(
            "reads {}, writes {}",
            numbers::bytes(here.read_bytes),
            numbers::bytes(here.write_bytes)
        );
        ui.label(rich(text, secondary(), tokens.secondary));
    }

    fn reconstruct(&self, actions: &mut Vec<Action>, place: Place) {
        match self.recipe().to_toml() {
            Ok(recipe) => actions.push(Action::Reconstruct { recipe, place }),
            Err(error) => log::error!("{error}"),
        }
    }
}

/// A time that nobody should read to the millisecond.
fn about(secs: f64) -> String {
    if secs < 1.0 {
        "under 1 s".to_owned()
    } else {
        format!("≈ {}", numbers::duration(secs.round()))
    }
}

fn numbers_ui(ui: &mut egui::Ui, frame: Option<&PreparedFrame>) {
    let Some(frame) = frame else {
        return;
    };
    if let Some(statistics) = &frame.statistics {
        key_value(
            ui,
            "mean ± σ",
            &numbers::spread(statistics.mean, statistics.sigma),
        );
        key_value(ui, "smallest", &numbers::float(statistics.min.to_f64(), 5));
        key_value(ui, "largest", &numbers::float(statistics.max.to_f64(), 5));
        if statistics.masked > 0 {
            let total = (statistics.count + statistics.masked).max(1);
            let share = statistics.masked as f64 / total as f64;
            key_value(ui, "masked", &numbers::percent(share));
        }
    }
}

/// The metric of each candidate; the axis in use is marked.
fn curve_ui(ui: &mut egui::Ui, curve: &[(f64, f64)], axis: Option<f64>) {
    let tokens = Tokens::of(ui);
    let points: Vec<[f64; 2]> = curve
        .iter()
        .map(|(place, metric)| [*place, *metric])
        .collect();
    Plot::new("axis metric")
        .height(72.0)
        .show_background(false)
        .show_axes([true, false])
        .show_grid(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show(ui, |plot| {
            let line = Line::new("metric", PlotPoints::from(points)).allow_band(false);
            plot.line(line.color(tokens.secondary));
            if let Some(axis) = axis {
                plot.vline(VLine::new("rotation axis", axis).color(tokens.accent));
            }
        })
        .response
        .on_hover_text("The lower the metric, the better the axis");
}
