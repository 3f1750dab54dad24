//! The curves as they are plotted, for the clipboard and for files.

use super::CurveView;
use super::entry::Source;
use super::export::{self, PlottedCurve, PlottedCurves, PlottedNumbers};
use crate::task::Task;
use crate::{Action, Priority, ViewContext};

impl CurveView {
    /// The curves that are drawn, each with what was done with it, and the peaks that were fitted.
    pub(super) fn plotted(&self) -> Option<PlottedCurves> {
        let curve = self.curve.as_ref()?;
        let written = curve.lines.iter().filter_map(|line| {
            let entry = self.chosen.entries.get(line.entry)?;
            let from = match &entry.source {
                Source::At(address) => address.clone(),
                Source::Line(line) => format!("{} line {line}", self.subject.origin),
                Source::Column(name) => format!("{} {name}", self.subject.origin),
                _ if self.line_count() > 1 => format!("{} line {}", self.subject.origin, self.line),
                _ => self.subject.origin.to_string(),
            };
            let words = entry
                .steps
                .iter()
                .map(hutch_analysis::curve::Operation::words);
            let moved = (entry.factor.to_bits() != 1f64.to_bits() || entry.offset != 0.0)
                .then(|| format!("times {} plus {}", entry.factor, entry.offset));
            let way: Vec<String> = std::iter::once(from).chain(words).chain(moved).collect();
            Some(PlottedCurve {
                name: line.name.clone(),
                way: way.join("; "),
                numbers: PlottedNumbers::Curve(line.curve.clone().filter(|_| entry.is_visible)?),
            })
        });
        let mut curves: Vec<PlottedCurve> = written.collect();
        if let Some(Ok(fitted)) = &curve.fit {
            let of = self.names().into_iter().nth(self.chosen.selected);
            let of = of.unwrap_or_default();
            let peaks = fitted.fit.peaks.len();
            curves.push(PlottedCurve {
                name: format!("fit of {of}"),
                way: format!("{peaks} peaks and a straight background fitted to {of}"),
                numbers: PlottedNumbers::Curve(std::sync::Arc::clone(&fitted.curve)),
            });
        }
        (!curves.is_empty()).then(|| PlottedCurves {
            axis: self.axis_label(),
            curves,
            ..PlottedCurves::default()
        })
    }

    /// Puts the curves on the clipboard, written on the pool.
    pub(super) fn step_copying(&mut self, context: &mut ViewContext<'_>) {
        if std::mem::take(&mut self.copies)
            && let Some(plotted) = self.plotted()
        {
            let (place, label) = (Priority::Visible, "write curves");
            let work = move |_: &hutch_model::Cancel| Ok(export::csv(&plotted));
            self.copying = Some(Task::start(context.resident, place, label, 0, work));
        }
        if let Some(Ok(text)) = self.copying.as_mut().and_then(Task::poll) {
            self.copying = None;
            context.actions.push(Action::CopyText(text));
        }
    }
}
