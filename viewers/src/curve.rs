//! Curves: spectra, scans, any line of numbers, with error bars.

mod drawn;
mod parts;

use std::any::Any;
use std::sync::Arc;

use egui_plot::{HoverPosition, Legend, Line, Plot, PlotPoints, Points};
use hutch_model::{Block, ScaleKind, Signal, Value, ViewState, with_unit};

use self::drawn::{Drawn, DrawnLine};
use self::parts::{Wish, chosen_axis};
use crate::icons::Icon;
use crate::task::Task;
use crate::theme::Tone;
use crate::tomography::choice_row;
use crate::waiting::{failed_ui, waiting_ui};
use crate::widgets::{key_value, key_value_tone, section_heading, segmented};
use crate::{
    Fit, PaneTitle, Priority, Residence, Shortcut, Subject, Timeline, TimelineAction, View,
    ViewContext, ViewKind, numbers, slow_axes,
};

/// The kind.
pub static KIND: CurveKind = CurveKind;

/// Curves: the last axis of a signal, one at a time.
#[derive(Debug)]
pub struct CurveKind;

impl ViewKind for CurveKind {
    fn name(&self) -> &'static str {
        "curve"
    }

    fn label(&self) -> &'static str {
        "Curve"
    }

    fn icon(&self) -> Icon {
        Icon::ChartLine
    }

    fn fits(&self, subject: &Subject) -> Fit {
        let Some(data) = subject.data() else {
            return Fit::No;
        };
        let info = data.info();
        let is_spectrum = subject
            .signal
            .as_ref()
            .and_then(|signal| signal.interpretation)
            == Some(hutch_model::Interpretation::Spectrum);
        match info.shape.last() {
            Some(&size) if info.element.is_numeric() && size > 0 && size <= 1 << 24 => {
                if (info.shape.len() == 1 && size > 1) || is_spectrum {
                    Fit::Primary
                } else {
                    Fit::Possible
                }
            }
            _ => Fit::No,
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(CurveView::new(subject))
    }
}

/// A view of one curve of a signal, with its further signals.
struct CurveView {
    subject: Subject,
    line: u64,
    /// The name of the axis that the points lie along; empty for the usual one.
    axis: String,
    shows_auxiliary: bool,
    /// Whether the horizontal and the vertical axis are logarithmic.
    is_log: [bool; 2],
    curve: Option<Arc<Drawn>>,
    task: Option<Task<Drawn>>,
    generation: u64,
    shown: u64,
    fit: bool,
    /// Where the line stands along the slow axes.
    place: String,
}

impl CurveView {
    fn new(subject: Subject) -> Self {
        let signal = subject.signal.as_ref();
        let rank = subject.shape().len();
        let axis = signal.and_then(|signal| chosen_axis(signal, rank, ""));
        let is_log_x = axis.is_some_and(|axis| axis.scale == Some(ScaleKind::Log));
        let is_log_y = signal.is_some_and(|signal| signal.scale == Some(ScaleKind::Log));
        let line = signal.map_or(0, |signal| signal.first_frame(1));
        Self {
            line,
            axis: String::new(),
            shows_auxiliary: true,
            is_log: [is_log_x, is_log_y],
            curve: None,
            task: None,
            generation: 1,
            shown: 0,
            fit: true,
            place: String::new(),
            subject,
        }
    }

    fn signal(&self) -> Option<&Signal> {
        self.subject.signal.as_ref()
    }

    fn line_count(&self) -> u64 {
        let shape = self.subject.shape();
        shape[..shape.len().saturating_sub(1)]
            .iter()
            .fold(1u64, |product, &size| product.saturating_mul(size))
    }

    fn refresh(&mut self, context: &mut ViewContext<'_>) -> Option<Residence<Block>> {
        if let Some(answer) = self.task.as_mut().and_then(Task::poll) {
            self.shown = self.task.take().map_or(0, |task| task.generation);
            match answer {
                Ok(curve) => self.curve = Some(Arc::new(curve)),
                Err(error) => return Some(Residence::Failed(Arc::new(error))),
            }
        }
        if let Some(signal) = &self.subject.signal {
            self.place = slow_axes::words(signal, 1, self.line, context.resident);
        }
        if self.shown == self.generation || self.task.is_some() {
            return None;
        }
        let wish = Wish {
            line: self.line,
            axis: &self.axis,
            shows_auxiliary: self.shows_auxiliary,
        };
        match parts::collect(&self.subject, wish, context.resident) {
            Err(waiting) => Some(waiting),
            Ok(parts) => {
                let logs = self.is_log;
                self.task = Some(Task::start(
                    context.resident,
                    Priority::Visible,
                    "draw a curve",
                    self.generation,
                    move |_| Ok(drawn::make(&parts, logs)),
                ));
                None
            }
        }
    }

    fn changed(&mut self) {
        self.generation += 1;
        self.task = None;
    }

    fn axis_label(&self) -> String {
        let rank = self.subject.shape().len();
        self.signal()
            .and_then(|signal| chosen_axis(signal, rank, &self.axis))
            .map_or_else(|| "index".to_owned(), hutch_model::Axis::words)
    }

    fn plot_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>, curve: &Drawn) {
        let tokens = context.tokens;
        let y_label = self
            .signal()
            .map_or_else(String::new, |signal| with_unit(&signal.label, &signal.unit));
        let [log_x, log_y] = self.is_log;
        let words = &curve.words;
        let mut plot = Plot::new(("curve", &self.subject.origin.path))
            .show_background(false)
            .grid_color(tokens.line)
            .x_axis_label(self.axis_label())
            .y_axis_label(y_label)
            .x_axis_formatter(move |mark, _| match word_at(words, mark.value) {
                Some(word) => word.to_owned(),
                None => mark_text(mark.value, log_x),
            })
            .y_axis_formatter(move |mark, _| mark_text(mark.value, log_y))
            .label_formatter(|place| match place {
                HoverPosition::NearDataPoint {
                    plot_name, index, ..
                } => readout(curve, plot_name, *index),
                HoverPosition::Elsewhere { .. } => None,
            });
        if curve.lines.len() > 1 {
            plot = plot.legend(Legend::default());
        }
        if std::mem::take(&mut self.fit) {
            plot = plot.reset();
        }
        let colours = [tokens.accent, tokens.good, tokens.attention, tokens.error];
        plot.show(ui, |plot| {
            for (line, colour) in curve.lines.iter().zip(colours.iter().cycle()) {
                line_ui(plot, line, *colour, tokens.faint);
            }
        });
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
        let mut is_changed = false;
        if names.len() > 1 {
            let mut chosen = names
                .iter()
                .position(|(name, _)| *name == self.axis)
                .unwrap_or(0);
            let options: Vec<(usize, &str)> = names
                .iter()
                .enumerate()
                .map(|(index, (_, words))| (index, words.as_str()))
                .collect();
            if choice_row(ui, "axis", &mut chosen, &options) {
                self.axis.clone_from(&names[chosen].0);
                is_changed = true;
            }
        }
        if !signal.auxiliary.is_empty() {
            let text = "further signals";
            is_changed |= ui.checkbox(&mut self.shows_auxiliary, text).changed();
        }
        is_changed
    }
}

/// The name of a mark at a whole number, where the axis has names.
fn word_at(words: &[String], value: f64) -> Option<&str> {
    if words.is_empty() {
        return None;
    }
    // Between the names there is nothing to write.
    if (value - value.round()).abs() > 1e-6 || value < -0.5 {
        return Some("");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is whole and not negative; what is too large saturates"
    )]
    let index = value.round() as usize;
    Some(words.get(index).map_or("", String::as_str))
}

/// The number at a mark of an axis.
fn mark_text(value: f64, is_log: bool) -> String {
    let text = numbers::float(if is_log { 10f64.powf(value) } else { value }, 6);
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// What stands beside the point under the pointer.
fn readout(curve: &Drawn, name: &str, index: usize) -> Option<String> {
    let line = curve.lines.iter().find(|line| line.name == name)?;
    let text = line.readouts.get(index)?;
    Some(format!("{name}\n{text}"))
}

fn line_ui(
    plot: &mut egui_plot::PlotUi<'_>,
    line: &DrawnLine,
    colour: egui::Color32,
    faint: egui::Color32,
) {
    for ends in &line.bars {
        // Without a name a bar is neither in the legend nor under the pointer.
        let bar = Line::new("", PlotPoints::from(ends.to_vec()));
        plot.line(bar.color(faint).width(1.0).allow_hover(false));
    }
    let points = || PlotPoints::from(line.points.clone());
    plot.line(Line::new(&line.name, points()).color(colour).width(1.5));
    if line.points.len() <= 128 {
        plot.points(Points::new(&line.name, points()).color(colour).radius(2.5));
    }
}

impl View for CurveView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("curve", 1);
        state.origin = Some(self.subject.origin.clone());
        state.set("line", Value::Integer(i128::from(self.line)));
        state.set("axis", Value::Text(self.axis.clone()));
        state.set("further signals", Value::Bool(self.shows_auxiliary));
        state.set("log x", Value::Bool(self.is_log[0]));
        state.set("log y", Value::Bool(self.is_log[1]));
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        let line = state.values.get("line").and_then(Value::as_integer);
        if let Some(line) = line.and_then(|line| u64::try_from(line).ok()) {
            self.line = line.min(self.line_count().saturating_sub(1));
        }
        state
            .text("axis", &self.axis)
            .to_owned()
            .clone_into(&mut self.axis);
        self.shows_auxiliary = state.flag("further signals", self.shows_auxiliary);
        self.is_log[0] = state.flag("log x", self.is_log[0]);
        self.is_log[1] = state.flag("log y", self.is_log[1]);
        self.changed();
    }

    fn title(&self) -> PaneTitle {
        let name = self
            .subject
            .signal
            .as_ref()
            .map_or_else(|| "Curve".to_owned(), |signal| signal.title.clone());
        PaneTitle {
            name,
            detail: self
                .curve
                .as_ref()
                .and_then(|curve| curve.lines.first())
                .map(|line| format!("{} points", numbers::count(line.full_count as u64)))
                .unwrap_or_default(),
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        match self.refresh(context) {
            Some(Residence::Failed(error)) => {
                let subject = self.subject.clone();
                return failed_ui(ui, &error, &subject, context);
            }
            Some(Residence::Waiting(wait)) if self.curve.is_none() => {
                return waiting_ui(ui, wait);
            }
            _ => {}
        }
        if let Some(curve) = self.curve.clone() {
            egui::Frame::new()
                .inner_margin(egui::Margin::same(8))
                .show(ui, |ui| self.plot_ui(ui, context, &curve));
        }
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, _context: &mut ViewContext<'_>) {
        section_heading(ui, "Display", "");
        let along_x = [(false, "x linear"), (true, "x log")];
        let x = segmented(ui, "Horizontal axis", &mut self.is_log[0], &along_x).changed();
        ui.add_space(4.0);
        let along_y = [(false, "y linear"), (true, "y log")];
        let y = segmented(ui, "Vertical axis", &mut self.is_log[1], &along_y).changed();
        let chosen = self.choices_ui(ui);
        if x || y || chosen {
            self.changed();
            self.fit = true;
        }
        for line in self.curve.iter().flat_map(|curve| &curve.lines) {
            line_numbers_ui(ui, line);
        }
        key_value(ui, "axis", &self.axis_label());
    }

    fn timeline(&self) -> Option<Timeline> {
        let count = self.line_count();
        (count > 1).then(|| Timeline {
            count,
            current: self.line,
            label: self.place.clone(),
            trace: Vec::new(),
            following: None,
        })
    }

    fn on_timeline(&mut self, action: TimelineAction) {
        if let TimelineAction::Show(line) = action {
            self.line = line.min(self.line_count().saturating_sub(1));
            self.changed();
        }
    }

    fn on_shortcut(&mut self, shortcut: Shortcut) {
        match shortcut {
            Shortcut::Fit => self.fit = true,
            Shortcut::ToggleLog => {
                self.is_log[1] = !self.is_log[1];
                self.fit = true;
                self.changed();
            }
            _ => {}
        }
    }

    fn replace_subject(&mut self, subject: Subject) {
        self.subject = subject;
        self.changed();
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The numbers of one line.
fn line_numbers_ui(ui: &mut egui::Ui, line: &DrawnLine) {
    ui.add_space(12.0);
    section_heading(ui, &line.name, "as plotted");
    key_value(ui, "points", &numbers::count(line.full_count as u64));
    if line.min <= line.max {
        key_value(ui, "smallest", &numbers::float(line.min, 6));
        key_value(ui, "largest", &numbers::float(line.max, 6));
        key_value(ui, "mean", &numbers::float(line.mean, 6));
    }
    for (name, count) in [("not a number", line.not_finite), ("masked", line.masked)] {
        if count > 0 {
            key_value_tone(ui, name, &numbers::count(count as u64), Tone::Attention);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_at_whole_numbers_only() {
        let words = ["raw".to_owned(), "flat".to_owned()];
        assert_eq!(word_at(&words, 1.0), Some("flat"), "the second");
        assert_eq!(word_at(&words, 0.5), Some(""), "between them nothing");
        assert_eq!(word_at(&words, 7.0), Some(""), "nor beyond them");
        assert_eq!(word_at(&[], 1.0), None, "numbers are written otherwise");
    }
}
