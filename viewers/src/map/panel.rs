//! The inspector of a map: colours, how its points are drawn, and one of them in numbers.

use std::sync::Arc;

use hutch_model::Scaling;

use super::plan::candidates;
use super::{Ground, MapView, Style};
use crate::display::number_row;
use crate::prepared::PreparedFrame;
use crate::theme::{Tone, rich, secondary};
use crate::widgets::{
    choice_row, folding_heading, key_value, key_value_tone, section_heading, segmented,
};
use crate::{ViewContext, numbers};

impl MapView {
    /// What is known of a point, in words.
    pub(super) fn readout(
        &self,
        point: u32,
        ground: &Ground,
        values: &PreparedFrame,
    ) -> Vec<(&'static str, String)> {
        let index = point as usize;
        let mut pairs = vec![("point", numbers::count(u64::from(point)))];
        if let Some([x, y]) = ground.place(point) {
            pairs.push(("x", numbers::float(x, 7)));
            pairs.push(("y", numbers::float(y, 7)));
        }
        let scaling = self
            .signal()
            .map_or(Scaling::IDENTITY, |signal| signal.scaling);
        let stage = if scaling.is_identity() {
            "raw"
        } else {
            "scaled"
        };
        let mut text = values.samples.get_text(index);
        let unit = self.signal().map_or("", |signal| signal.unit.as_str());
        if let Some(no_value) = values.no_value(index) {
            text = format!("{text} ({})", no_value.words());
        } else if !unit.is_empty() {
            text = format!("{text} {unit}");
        }
        pairs.push((stage, text));
        pairs
    }

    pub(super) fn panel_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let values = self.shown.as_ref().map(|(_, values)| Arc::clone(values));
        let scaled = self
            .signal()
            .is_some_and(|signal| !signal.scaling.is_identity());
        let stage = if scaled { "scaled" } else { "raw" };
        self.display.frame_ui(ui, values.as_deref(), stage);
        self.points_ui(ui);
        self.picked_ui(ui, context);
        if let Some(values) = values {
            let range = self.display.shown_range();
            let outside = self.passes.outside(context.resident, &values, range);
            ui.add_space(12.0);
            self.display.legend_ui(ui, &values, outside);
        }
    }

    fn points_ui(&mut self, ui: &mut egui::Ui) {
        ui.add_space(12.0);
        let words = self
            .shown
            .as_ref()
            .map(|(ground, _)| ground.layout().words());
        section_heading(ui, "Map", &words.unwrap_or_default());
        segmented(ui, "Points are drawn as", &mut self.style, &Style::ALL);
        if self.style == Style::Points {
            number_row(ui, "point size", &mut self.diameter_px, 1.0..=64.0, " px");
        }
        ui.add_space(4.0);
        let aspects = [(true, "equal units"), (false, "fill")];
        if segmented(ui, "Aspect", &mut self.pane.is_equal, &aspects).changed() {
            self.pane.fit();
        }
        ui.add_space(4.0);
        self.axes_ui(ui);
    }

    /// Which axes and which values, where there is a choice.
    fn axes_ui(&mut self, ui: &mut egui::Ui) {
        let Some(signal) = &self.subject.signal else {
            return;
        };
        let mut wish = self.wish.clone();
        if signal.data.info().shape.len() == 1 {
            let names: Vec<(String, String)> = candidates(signal)
                .map(|axis| (axis.name.clone(), axis.words()))
                .collect();
            let labels = self
                .plan
                .as_ref()
                .map(|plan| plan.sides.labels.clone())
                .unwrap_or_default();
            for (row, chosen, label) in [
                ("x", &mut wish.x, &labels[0]),
                ("y", &mut wish.y, &labels[1]),
            ] {
                name_row(ui, row, chosen, label, &names);
            }
        }
        if !signal.auxiliary.is_empty() {
            let further = signal.auxiliary.iter();
            let mut names = vec![(String::new(), signal.label.clone())];
            names.extend(further.map(|further| (further.name.clone(), further.label.clone())));
            name_row(ui, "value", &mut wish.value, &signal.label, &names);
        }
        if wish != self.wish {
            self.wish = wish;
            self.changed();
        }
    }

    fn picked_ui(&self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        if !folding_heading(ui, "Point", "", true) {
            return;
        }
        let Some((ground, values)) = &self.shown else {
            return;
        };
        let point = self.picked.filter(|&point| (point as usize) < ground.len());
        let Some(point) = point else {
            let text = "Click a point to keep its numbers here.";
            ui.label(rich(text, secondary(), context.tokens.secondary));
            return;
        };
        for (name, value) in self.readout(point, ground, values) {
            key_value(ui, name, &value);
        }
        if values.has_no_value(point as usize) {
            key_value_tone(ui, "no value", "left out of ranges", Tone::Attention);
        }
    }
}

/// A row to choose one of some names; the first where nothing is chosen.
fn name_row(
    ui: &mut egui::Ui,
    row: &str,
    chosen: &mut String,
    label: &str,
    names: &[(String, String)],
) {
    let usual = names.iter().position(|(_, words)| words == label);
    let named = names.iter().position(|(name, _)| name == chosen);
    let mut at = named.or(usual).unwrap_or(0);
    let options: Vec<(usize, &str)> = names
        .iter()
        .enumerate()
        .map(|(index, (_, words))| (index, words.as_str()))
        .collect();
    if choice_row(ui, row, &mut at, &options)
        && let Some((name, _)) = names.get(at)
    {
        chosen.clone_from(name);
    }
}
