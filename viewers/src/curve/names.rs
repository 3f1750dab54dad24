//! What stands beside the axes and in the title.

use hutch_model::with_unit;

use super::CurveView;
use super::drawn::Drawn;
use super::parts::{self, chosen_axis};

impl CurveView {
    pub(super) fn axis_label(&self) -> String {
        let rank = self.subject.shape().len();
        self.signal()
            .and_then(|signal| chosen_axis(signal, rank, &self.axis))
            .map_or_else(|| "index".to_owned(), hutch_model::Axis::words)
    }

    pub(super) fn names(&self) -> Vec<String> {
        parts::names(&self.subject, &self.chosen.entries, &self.others)
    }

    /// What stands beside the axis of values: the unit as long as it is that of the file.
    pub(super) fn value_label(&self, curve: &Drawn) -> String {
        let left = curve.lines.iter().filter(|line| !line.is_right);
        let visible = left.filter(|line| {
            let entry = self.chosen.entries.get(line.entry);
            entry.is_some_and(|entry| entry.is_visible)
        });
        let mut names = visible.map(|line| (line.entry, &line.name));
        match (names.next(), names.next()) {
            (Some((0, _)), None) if self.chosen.entries[0].steps.is_empty() => self
                .signal()
                .map_or_else(String::new, |signal| with_unit(&signal.label, &signal.unit)),
            (Some((entry, name)), None) => self.with_steps(entry, name),
            _ => String::new(),
        }
    }

    /// A name with what was done with the curve.
    pub(super) fn with_steps(&self, entry: usize, name: &str) -> String {
        let steps = self.chosen.entries.get(entry);
        let steps = steps
            .map(|entry| entry.steps.as_slice())
            .unwrap_or_default();
        let words = steps.iter().map(hutch_analysis::curve::Operation::words);
        let words: Vec<String> = std::iter::once(name.to_owned()).chain(words).collect();
        words.join(", ")
    }

    pub(super) fn right_label(curve: &Drawn) -> String {
        let right = curve.lines.iter().filter(|line| line.is_right);
        let mut names = right.map(|line| &line.name);
        match (names.next(), names.next()) {
            (Some(name), None) => name.clone(),
            _ => String::new(),
        }
    }
}
