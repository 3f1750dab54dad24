//! The part of the inspector that a curve view draws.

use super::CurveView;
use super::entry::{self, Chosen, Source};
use super::parts::chosen_axis;
use super::{fitting, list};
use crate::plot_limits::Limits;
use crate::scans::{self, ColumnAction};
use crate::theme::{Tone, size};
use crate::widgets::{choice_row, key_value, section_heading, segmented, text_button};
use crate::{Action, ViewContext};

impl CurveView {
    /// Draws it, and takes what a person changed.
    pub(super) fn side_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        section_heading(ui, "Display", "");
        let along_x = [(false, "x linear"), (true, "x log")];
        let x = segmented(ui, "Horizontal axis", &mut self.is_log[0], &along_x).changed();
        ui.add_space(size::GRID);
        let along_y = [(false, "y linear"), (true, "y log")];
        let y = segmented(ui, "Vertical axis", &mut self.is_log[1], &along_y).changed();
        let style = list::style_ui(ui, &mut self.chosen);
        let is_scan = self.signal().is_some_and(|signal| signal.scan.is_some());
        let axis = !is_scan && self.choices_ui(ui);
        key_value(ui, "axis", &self.axis_label());
        let columns = self.columns_ui(ui);
        let names = self.names();
        let curve = self.curve.clone();
        let asked = list::ui(ui, &mut self.chosen, &names, curve.as_deref());
        self.copies |= asked.copies;
        let mut is_kept = false;
        if self.line_count() > 1
            && text_button(ui, "Keep this line beside others", Tone::Accent).clicked()
        {
            is_kept = self.chosen.add(Source::Line(self.line));
        }
        let found = curve.as_ref().and_then(|curve| curve.fit.as_ref());
        let fit = fitting::ui(ui, &mut self.chosen, found);
        context.actions.extend(fit.copied.map(Action::CopyText));
        if axis {
            self.limits.0[0] = None;
        }
        if x || y || style || axis || columns || is_kept || asked.is_changed || fit.is_changed {
            self.changed();
        }
    }

    fn choices_ui(&mut self, ui: &mut egui::Ui) -> bool {
        let rank = self.subject.shape().len();
        let Some(signal) = &self.subject.signal else {
            return false;
        };
        let names: Vec<(String, String)> = rank
            .checked_sub(1)
            .into_iter()
            .flat_map(|last| signal.choices(last))
            .map(|axis| (axis.name.clone(), axis.words()))
            .collect();
        if names.len() < 2 {
            return false;
        }
        let mut chosen = names
            .iter()
            .position(|(name, _)| *name == self.axis)
            .unwrap_or(0);
        let options: Vec<(usize, &str)> = names
            .iter()
            .enumerate()
            .map(|(index, (_, words))| (index, words.as_str()))
            .collect();
        let is_changed = choice_row(ui, "axis", &mut chosen, &options);
        if is_changed {
            self.axis.clone_from(&names[chosen].0);
        }
        is_changed
    }

    /// Draws what else was counted in the scan; says whether it changed what is drawn.
    fn columns_ui(&mut self, ui: &mut egui::Ui) -> bool {
        let Some(signal) = self.subject.signal.as_ref() else {
            return false;
        };
        let Some(table) = signal.scan.clone() else {
            return false;
        };
        let rank = self.subject.shape().len();
        let along = chosen_axis(signal, rank, &self.axis);
        let along = along.map_or_else(String::new, |axis| axis.name.clone());
        let own = table
            .columns
            .iter()
            .find(|column| column.data.origin() == signal.data.origin());
        let own = own.map_or_else(|| signal.label.clone(), |column| column.name.clone());
        let entry_of = |chosen: &Chosen, name: &str| {
            let is_own = |entry: &entry::Entry| entry.source == Source::Signal && name == own;
            let column = Source::Column(name.to_owned());
            let is_it = |entry: &entry::Entry| entry.source == column || is_own(entry);
            chosen.entries.iter().position(is_it)
        };
        let chosen = &self.chosen;
        let is_drawn = |name: &str| {
            let at = entry_of(chosen, name);
            at.is_some_and(|at| chosen.entries[at].is_visible)
        };
        match scans::columns_ui(ui, &table, &mut self.search, &is_drawn, &along) {
            None => return false,
            Some(ColumnAction::Along(name)) => self.axis = name,
            Some(ColumnAction::Toggle(name)) => match entry_of(&self.chosen, &name) {
                Some(at) if self.chosen.entries[at].source.is_added() => self.chosen.remove(at),
                Some(at) => {
                    let is_visible = &mut self.chosen.entries[at].is_visible;
                    *is_visible = !*is_visible;
                }
                None => {
                    self.chosen.add(Source::Column(name));
                }
            },
        }
        self.limits = Limits::default();
        true
    }
}
