//! Curves: spectra, scans, any line of numbers, with error bars.

use std::any::Any;
use std::sync::Arc;

use egui_plot::{Line, Plot, PlotPoints, Points};
use hutch_model::{AxisKind, Block, Dataset, Scaling, Slab, Value, ViewState};

use crate::icons::Icon;
use crate::task::Task;
use crate::theme::Tone;
use crate::waiting::{failed_ui, waiting_ui};
use crate::widgets::{key_value, section_heading, segmented};
use crate::{
    Fit, PaneTitle, Priority, Residence, Resident, Shortcut, Subject, Timeline, TimelineAction,
    View, ViewContext, ViewKind, numbers,
};

/// The kind.
pub static KIND: CurveKind = CurveKind;

/// More points than this are thinned to the extremes of each pixel column.
const DRAWN: usize = 4096;

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

/// A line of numbers, ready to draw.
#[derive(Debug)]
struct Curve {
    points: Vec<[f64; 2]>,
    /// Lower and upper end of each error bar, where there are errors.
    bars: Vec<[f64; 3]>,
    full_count: usize,
    min: f64,
    max: f64,
    mean: f64,
    not_finite: usize,
}

/// A view of one curve of a signal.
struct CurveView {
    subject: Subject,
    line: u64,
    is_log_x: bool,
    is_log_y: bool,
    curve: Option<Arc<Curve>>,
    task: Option<Task<Curve>>,
    generation: u64,
    shown: u64,
    fit: bool,
}

/// What one curve is made of.
#[derive(Default)]
struct Parts {
    data: Option<Arc<Block>>,
    axis: Option<Arc<Block>>,
    errors: Option<Arc<Block>>,
}

impl CurveView {
    fn new(subject: Subject) -> Self {
        Self {
            subject,
            line: 0,
            is_log_x: false,
            is_log_y: false,
            curve: None,
            task: None,
            generation: 1,
            shown: 0,
            fit: true,
        }
    }

    fn line_count(&self) -> u64 {
        let shape = self.subject.shape();
        shape[..shape.len().saturating_sub(1)]
            .iter()
            .fold(1u64, |product, &size| product.saturating_mul(size))
    }

    /// The slab of one line; `line` counts over all slower axes.
    fn slab(shape: &[u64], line: u64) -> Slab {
        let mut slab = Slab::whole(shape);
        let mut rest = line;
        for axis in (0..shape.len().saturating_sub(1)).rev() {
            let size = shape[axis].max(1);
            slab.start[axis] = rest % size;
            slab.count[axis] = 1;
            rest /= size;
        }
        slab
    }

    /// Collects what the curve is made of; says what is waited for otherwise.
    fn parts(&self, resident: &mut dyn Resident) -> Result<Parts, Residence<Block>> {
        let mut parts = Parts::default();
        let Some(data) = self.subject.data() else {
            return Ok(parts);
        };
        let mut want = |dataset: &Arc<dyn Dataset>, slab: &Slab| match resident.block(
            dataset,
            slab,
            Priority::Visible,
        ) {
            Residence::Here(block) => Ok(block),
            other => Err(other),
        };
        let shape = &data.info().shape;
        parts.data = Some(want(data, &Self::slab(shape, self.line))?);
        if let Some(signal) = &self.subject.signal {
            let axis = signal.axis(shape.len().saturating_sub(1));
            if let Some(values) = axis.and_then(|axis| axis.values.as_ref())
                && values.info().shape.len() == 1
                && values.info().element.is_numeric()
            {
                parts.axis = Some(want(values, &Slab::whole(&values.info().shape))?);
            }
            if let Some(errors) = &signal.errors
                && errors.info().shape == *shape
            {
                parts.errors = Some(want(errors, &Self::slab(shape, self.line))?);
            }
        }
        Ok(parts)
    }

    fn refresh(&mut self, context: &mut ViewContext<'_>) -> Option<Residence<Block>> {
        if let Some(answer) = self.task.as_mut().and_then(Task::poll) {
            self.shown = self.task.take().map_or(0, |task| task.generation);
            match answer {
                Ok(curve) => self.curve = Some(Arc::new(curve)),
                Err(error) => return Some(Residence::Failed(Arc::new(error))),
            }
        }
        if self.shown == self.generation || self.task.is_some() {
            return None;
        }
        match self.parts(context.resident) {
            Err(waiting) => Some(waiting),
            Ok(parts) => {
                let kind = self
                    .subject
                    .signal
                    .as_ref()
                    .and_then(|signal| signal.axis(self.subject.shape().len().saturating_sub(1)))
                    .map_or(AxisKind::Points, |axis| axis.kind);
                let scaling = self
                    .subject
                    .signal
                    .as_ref()
                    .map_or(Scaling::IDENTITY, |signal| signal.scaling);
                let logs = [self.is_log_x, self.is_log_y];
                self.task = Some(Task::start(
                    context.resident,
                    Priority::Visible,
                    "draw a curve",
                    self.generation,
                    move |_| Ok(make_curve(&parts, kind, scaling, logs)),
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
        let last = self.subject.shape().len().saturating_sub(1);
        self.subject
            .signal
            .as_ref()
            .and_then(|signal| signal.axis(last))
            .map_or_else(|| "index".to_owned(), |axis| axis.label.clone())
    }

    fn plot_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>, curve: &Curve) {
        let tokens = context.tokens;
        let x_label = self.axis_label();
        let y_label = self
            .subject
            .signal
            .as_ref()
            .map_or_else(String::new, |signal| signal.label.clone());
        let (log_x, log_y) = (self.is_log_x, self.is_log_y);
        let shown = move |value: f64, is_log: bool| {
            let text = numbers::float(if is_log { 10f64.powf(value) } else { value }, 6);
            if text.contains('.') && !text.contains('e') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        };
        let mut plot = Plot::new(("curve", &self.subject.origin.path))
            .show_background(false)
            .grid_color(tokens.line)
            .x_axis_label(x_label.clone())
            .y_axis_label(y_label)
            .x_axis_formatter(move |mark, _| shown(mark.value, log_x))
            .y_axis_formatter(move |mark, _| shown(mark.value, log_y));
        if std::mem::take(&mut self.fit) {
            plot = plot.reset();
        }
        plot.show(ui, |plot| {
            for [x, low, high] in &curve.bars {
                plot.line(
                    Line::new("error", PlotPoints::from(vec![[*x, *low], [*x, *high]]))
                        .color(tokens.faint)
                        .width(1.0),
                );
            }
            plot.line(
                Line::new("data", PlotPoints::from(curve.points.clone()))
                    .color(tokens.accent)
                    .width(1.5),
            );
            if curve.points.len() <= 128 {
                plot.points(
                    Points::new("points", PlotPoints::from(curve.points.clone()))
                        .color(tokens.accent)
                        .radius(2.5),
                );
            }
        });
    }
}

/// Puts the points together, thinned to the extremes of each column when they
/// are many; runs on the pool.
fn make_curve(parts: &Parts, kind: AxisKind, scaling: Scaling, logs: [bool; 2]) -> Curve {
    let [log_x, log_y] = logs;
    let count = parts.data.as_ref().map_or(0, |block| block.samples.len());
    let value = |index: usize| {
        let stored = parts
            .data
            .as_ref()
            .map_or(f64::NAN, |block| block.samples.get_f64(index));
        (stored + scaling.offset) * scaling.factor
    };
    let place = |index: usize| match &parts.axis {
        Some(axis) if kind == AxisKind::Edges => {
            f64::midpoint(axis.samples.get_f64(index), axis.samples.get_f64(index + 1))
        }
        Some(axis) => axis.samples.get_f64(index),
        None => index as f64,
    };
    let log = |value: f64, is_log: bool| if is_log { value.log10() } else { value };
    let mut curve = Curve {
        points: Vec::new(),
        bars: Vec::new(),
        full_count: count,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        mean: 0.0,
        not_finite: 0,
    };
    let mut sum = 0.0;
    for index in 0..count {
        let y = value(index);
        if y.is_finite() {
            curve.min = curve.min.min(y);
            curve.max = curve.max.max(y);
            sum += y;
        } else {
            curve.not_finite += 1;
        }
    }
    curve.mean = sum / (count - curve.not_finite).max(1) as f64;
    for index in drawn_indices(count, &value) {
        let point = [log(place(index), log_x), log(value(index), log_y)];
        if point.iter().all(|part| part.is_finite()) {
            curve.points.push(point);
            if let Some(errors) = &parts.errors
                && count <= 512
            {
                let sigma = errors.samples.get_f64(index) * scaling.factor.abs();
                curve.bars.push([
                    point[0],
                    log(value(index) - sigma, log_y),
                    log(value(index) + sigma, log_y),
                ]);
            }
        }
    }
    curve
}

/// All indices, or the smallest and largest of each of many columns, in order.
fn drawn_indices(count: usize, value: &dyn Fn(usize) -> f64) -> Vec<usize> {
    if count <= DRAWN {
        return (0..count).collect();
    }
    let columns = DRAWN / 2;
    let mut drawn = Vec::with_capacity(DRAWN);
    for column in 0..columns {
        let range = column * count / columns..(column + 1) * count / columns;
        let finite = || range.clone().filter(|&index| value(index).is_finite());
        let low = finite().min_by(|&one, &other| value(one).total_cmp(&value(other)));
        let high = finite().max_by(|&one, &other| value(one).total_cmp(&value(other)));
        let mut both: Vec<usize> = low.into_iter().chain(high).collect();
        both.sort_unstable();
        both.dedup();
        drawn.extend(both);
    }
    drawn
}

impl View for CurveView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("curve", 1);
        state.origin = Some(self.subject.origin.clone());
        state.set("line", Value::Integer(i128::from(self.line)));
        state.set("log x", Value::Bool(self.is_log_x));
        state.set("log y", Value::Bool(self.is_log_y));
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        let line = state.values.get("line").and_then(Value::as_integer);
        if let Some(line) = line.and_then(|line| u64::try_from(line).ok()) {
            self.line = line.min(self.line_count().saturating_sub(1));
        }
        self.is_log_x = state.flag("log x", self.is_log_x);
        self.is_log_y = state.flag("log y", self.is_log_y);
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
                .map(|curve| format!("{} points", numbers::count(curve.full_count as u64)))
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
        let x = segmented(ui, "Horizontal axis", &mut self.is_log_x, &along_x).changed();
        ui.add_space(4.0);
        let along_y = [(false, "y linear"), (true, "y log")];
        let y = segmented(ui, "Vertical axis", &mut self.is_log_y, &along_y).changed();
        if x || y {
            self.changed();
            self.fit = true;
        }
        ui.add_space(12.0);
        section_heading(ui, "Curve", "as plotted");
        if let Some(curve) = &self.curve {
            key_value(ui, "points", &numbers::count(curve.full_count as u64));
            key_value(ui, "smallest", &numbers::float(curve.min, 6));
            key_value(ui, "largest", &numbers::float(curve.max, 6));
            key_value(ui, "mean", &numbers::float(curve.mean, 6));
            if curve.not_finite > 0 {
                crate::widgets::key_value_tone(
                    ui,
                    "not a number",
                    &numbers::count(curve.not_finite as u64),
                    Tone::Attention,
                );
            }
        }
        key_value(ui, "axis", &self.axis_label());
    }

    fn timeline(&self) -> Option<Timeline> {
        let count = self.line_count();
        (count > 1).then(|| Timeline {
            count,
            current: self.line,
            label: String::new(),
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
                self.is_log_y = !self.is_log_y;
                self.fit = true;
                self.changed();
            }
            Shortcut::RangeDown | Shortcut::RangeUp => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_a_single_spike() {
        let value = |index: usize| if index == 77_777 { 1e6 } else { 0.0 };
        let drawn = drawn_indices(1_000_000, &value);
        assert!(drawn.contains(&77_777), "the spike is drawn");
        assert!(drawn.len() <= DRAWN, "at most {DRAWN} points");
        assert!(drawn.is_sorted(), "in order");
    }

    #[test]
    fn a_line_of_a_cube_counts_over_the_slow_axes() {
        let slab = CurveView::slab(&[2, 3, 10], 4);
        assert_eq!(slab.start, [1, 1, 0], "line 4 is row 1 of plane 1");
        assert_eq!(slab.count, [1, 1, 10], "one whole line");
    }
}
