//! Curves: spectra, scans, any lines of numbers, with error bars; what is computed of them, and
//! peaks in them.

mod colours;
mod copying;
mod drawn;
mod entry;
mod export;
mod fitted;
mod fitting;
mod legend;
mod line;
mod list;
mod names;
mod parts;
mod plot;
mod side;

use std::any::Any;
use std::sync::Arc;

use hutch_analysis::curve::Operation;
use hutch_model::{Block, Result, ScaleKind, Signal, Value, ViewState};

use self::drawn::{Drawn, How, plotted};
use self::entry::{Chosen, Source};
use self::parts::{Other, Others, Wish, chosen_axis};
use self::plot::{Done, Pass, Words};
use crate::icons::Icon;
use crate::plot_limits::Limits;
use crate::task::Task;
use crate::waiting::{failed_ui, waiting_ui};
use crate::{
    Action, Fit, PaneTitle, Pointed, Priority, Residence, Shortcut, Subject, Timeline,
    TimelineAction, View, ViewCommand, ViewContext, ViewKind, numbers, slow_axes,
};

pub use export::{PlottedCurve, PlottedCurves, PlottedNumbers, csv};

/// The kind.
pub static KIND: CurveKind = CurveKind;

/// Curves: the last axis of a signal, and other lines beside it.
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

/// A view of a curve of a signal, and of others beside it.
struct CurveView {
    subject: Subject,
    line: u64,
    /// The name of the axis that the points lie along; empty for the usual one.
    axis: String,
    /// Whether the horizontal and the vertical axis are logarithmic.
    is_log: [bool; 2],
    chosen: Chosen,
    others: Others,
    curve: Option<Arc<Drawn>>,
    task: Option<Task<Drawn>>,
    generation: u64,
    shown: u64,
    /// How far the axes reach, where a person chose it.
    limits: Limits,
    /// Which part of the horizontal axis points were chosen for.
    sight: Option<[f64; 2]>,
    /// What they reach at least in the next pass, in the space of the plot.
    reach: Option<[[f64; 2]; 2]>,
    /// Where the pointer is along x, here and in a view that moves with this one.
    pointed: Option<f64>,
    pointed_at: Option<f64>,
    /// Where the line stands along the slow axes.
    place: String,
    /// The range of a fit while it is dragged, in the space of the plot.
    dragged: Option<[f64; 2]>,
    /// Values on their way to the clipboard.
    copying: Option<Task<String>>,
    /// Whether they are to be written in the next pass.
    copies: bool,
    /// What is looked for among the columns of a scan.
    search: String,
    /// Whether points are shown as a scan grows.
    follows: bool,
}

impl CurveView {
    fn new(subject: Subject) -> Self {
        let signal = subject.signal.as_ref();
        let rank = subject.shape().len();
        let axis = signal.and_then(|signal| chosen_axis(signal, rank, ""));
        let is_log_x = axis.is_some_and(|axis| axis.scale == Some(ScaleKind::Log));
        let is_log_y = signal.is_some_and(|signal| signal.scale == Some(ScaleKind::Log));
        let line = signal.map_or(0, |signal| signal.first_frame(1));
        let further = signal.map_or(0, |signal| signal.auxiliary.len());
        Self {
            line,
            axis: String::new(),
            is_log: [is_log_x, is_log_y],
            chosen: Chosen::of(further),
            others: Others::new(),
            curve: None,
            task: None,
            generation: 1,
            shown: 0,
            limits: Limits::default(),
            sight: None,
            reach: None,
            pointed: None,
            pointed_at: None,
            place: String::new(),
            dragged: None,
            copying: None,
            copies: false,
            search: String::new(),
            follows: false,
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
        self.look_closer();
        if self.shown == self.generation || self.task.is_some() {
            return None;
        }
        let wish = Wish {
            line: self.line,
            axis: &self.axis,
            entries: &self.chosen.entries,
            others: &self.others,
        };
        match parts::collect(&self.subject, wish, context.resident) {
            Err(waiting) => Some(waiting),
            Ok(parts) => {
                let how = How {
                    logs: self.is_log,
                    chosen: self.chosen.clone(),
                    sight: self.sight,
                };
                self.task = Some(Task::start(
                    context.resident,
                    Priority::Visible,
                    "draw curves",
                    self.generation,
                    move |_| Ok(drawn::make(&parts, &how)),
                ));
                None
            }
        }
    }

    /// Of lines with more points than are drawn, those of the part that is seen are chosen anew.
    fn look_closer(&mut self) {
        let lines = self.curve.iter().flat_map(|curve| &curve.lines);
        let is_thinned = lines.into_iter().any(|line| line.full_count > drawn::DRAWN);
        let [sight, _] = self.limits.0;
        if is_thinned && sight != self.sight {
            self.sight = sight;
            // What is under way is finished first, so that a drag shows something.
            self.generation += 1;
        }
    }

    fn changed(&mut self) {
        self.generation += 1;
        self.task = None;
    }

    fn plot_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>, curve: &Drawn) {
        let names = self.names();
        let words = Words {
            x: self.axis_label(),
            y: self.value_label(curve),
            right: Self::right_label(curve),
            names: &names,
        };
        let pass = Pass {
            tokens: &context.tokens,
            chosen: &self.chosen,
            logs: self.is_log,
            limits: self.limits.plotted(self.is_log),
            reach: self.reach.take(),
            pointed: self.pointed_at.map(|x| plotted(x, self.is_log[0])),
            dragged: self.dragged,
        };
        let done = plot::ui(ui, curve, &words, pass);
        let is_log = self.is_log;
        if let Some(limits) = done.moved {
            self.limits = Limits::of(limits, is_log);
        }
        self.pointed = done.pointed.map(|[x, _]| real(x, is_log[0]));
        let point = done.clicked.and_then(|at| self.point_at(curve, at[0]));
        context.actions.extend(point);
        self.take(&done);
    }

    /// Asks to go to the point of the scan that lies nearest to a place.
    fn point_at(&self, curve: &Drawn, x: f64) -> Option<Action> {
        let scan = self.signal()?.scan.as_ref()?;
        let selected = self.chosen.selected;
        let line = curve.lines.iter().find(|line| line.entry == selected)?;
        let far = |at: &usize| (line.points[*at][0] - x).abs();
        let nearest = (0..line.points.len()).min_by(|one, other| far(one).total_cmp(&far(other)));
        let point = line.indices.get(nearest?)?;
        Some(Action::ShowPoint {
            scan: self.subject.origin.at(&scan.entry),
            point: *point as u64,
        })
    }

    fn take(&mut self, done: &Done) {
        if let Some(entry) = done.toggled.and_then(|at| self.chosen.entries.get_mut(at)) {
            entry.is_visible = !entry.is_visible;
            self.changed();
        }
        self.dragged = done.dragged.or(self.dragged);
        if done.is_dropped
            && let Some(ends) = self.dragged.take()
            && let Some(fit) = &mut self.chosen.fit
        {
            let [one, other] = ends.map(|end| real(end, self.is_log[0]));
            fit.range =
                (one.to_bits() != other.to_bits()).then(|| [one.min(other), one.max(other)]);
            self.changed();
        }
    }
}

/// The number at a place of a plot.
fn real(place: f64, is_log: bool) -> f64 {
    if is_log { 10f64.powf(place) } else { place }
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
        state.set("log x", Value::Bool(self.is_log[0]));
        state.set("log y", Value::Bool(self.is_log[1]));
        if self.follows {
            state.set("follow", Value::Bool(true));
        }
        self.limits.write(&mut state);
        self.chosen.write(&mut state);
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        // Where one looks at the curves changes nothing of them.
        self.limits = Limits::read(state);
        let before = (
            self.line,
            self.axis.clone(),
            self.is_log,
            self.chosen.clone(),
        );
        let line = state.values.get("line").and_then(Value::as_integer);
        if let Some(line) = line.and_then(|line| u64::try_from(line).ok()) {
            self.line = line.min(self.line_count().saturating_sub(1));
        }
        state
            .text("axis", &self.axis)
            .to_owned()
            .clone_into(&mut self.axis);
        self.follows = state.flag("follow", false);
        self.is_log[0] = state.flag("log x", self.is_log[0]);
        self.is_log[1] = state.flag("log y", self.is_log[1]);
        let further = self.signal().map_or(0, |signal| signal.auxiliary.len());
        self.chosen.read(state, further);
        if before
            != (
                self.line,
                self.axis.clone(),
                self.is_log,
                self.chosen.clone(),
            )
        {
            self.changed();
        }
    }

    fn title(&self) -> PaneTitle {
        let name = self
            .subject
            .signal
            .as_ref()
            .map_or_else(|| "Curve".to_owned(), |signal| signal.title.clone());
        let selected = self.chosen.selected;
        let lines = self.curve.iter().flat_map(|curve| &curve.lines);
        let line = lines.into_iter().find(|line| line.entry == selected);
        PaneTitle {
            name,
            detail: line.map_or_else(String::new, |line| {
                let points = numbers::counted(line.full_count as u64, "point");
                let entry = self.chosen.entries.get(selected);
                let is_changed = entry.is_some_and(|entry| !entry.steps.is_empty());
                if is_changed {
                    format!("{}, {points}", self.with_steps(selected, &line.name))
                } else {
                    points
                }
            }),
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
        self.step_copying(context);
        if let Some(curve) = self.curve.clone() {
            egui::Frame::new()
                // The last number of the axis stands around its end.
                .inner_margin(egui::Margin {
                    right: 24,
                    ..egui::Margin::same(8)
                })
                .show(ui, |ui| self.plot_ui(ui, context, &curve));
        }
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.side_ui(ui, context);
    }

    fn extent(&self) -> Option<[[f64; 2]; 2]> {
        self.curve.as_ref()?.extent(&self.chosen)
    }

    fn reach(&mut self, extent: [[f64; 2]; 2]) {
        self.reach = Some(extent);
    }

    fn pointed(&self) -> Option<Pointed> {
        self.pointed.map(Pointed::Along)
    }

    fn show_pointed(&mut self, pointed: Option<Pointed>) {
        self.pointed_at = match pointed {
            Some(Pointed::Along(x)) => Some(x),
            _ => None,
        };
    }

    fn timeline(&self) -> Option<Timeline> {
        let count = self.line_count();
        let is_scan = self.signal().is_some_and(|signal| signal.scan.is_some());
        let label = if count > 1 {
            self.place.clone()
        } else {
            let points = self.subject.shape().last().copied().unwrap_or(0);
            numbers::counted(points, "point")
        };
        (count > 1 || is_scan).then(|| Timeline {
            count,
            current: self.line,
            label,
            trace: Vec::new(),
            // A scan grows by points of this very line.
            following: is_scan.then_some(self.follows),
        })
    }

    fn on_timeline(&mut self, action: TimelineAction) {
        match action {
            TimelineAction::Show(line) => {
                self.line = line.min(self.line_count().saturating_sub(1));
                self.changed();
            }
            TimelineAction::Follow(follows) => self.follows = follows,
            TimelineAction::Newest(_) => {}
        }
    }

    fn on_shortcut(&mut self, shortcut: Shortcut) {
        match shortcut {
            Shortcut::Fit => self.limits = Limits::default(),
            Shortcut::ToggleLog => {
                self.is_log[1] = !self.is_log[1];
                self.changed();
            }
            _ => {}
        }
    }

    fn on_command(&mut self, command: ViewCommand) -> bool {
        match command {
            ViewCommand::Copy => self.copies = true,
            ViewCommand::LogAcross => {
                self.is_log[0] = !self.is_log[0];
                self.changed();
            }
            ViewCommand::Derivative => {
                let Some(entry) = self.chosen.entries.get_mut(self.chosen.selected) else {
                    return false;
                };
                if entry.steps.last() == Some(&Operation::Derivative) {
                    entry.steps.pop();
                } else {
                    entry.steps.push(Operation::Derivative);
                }
                self.limits.0[1] = None;
                self.changed();
            }
            ViewCommand::FitPeaks => {
                fitting::toggle(&mut self.chosen);
                self.changed();
            }
            _ => return false,
        }
        true
    }

    fn curves(&self) -> Option<PlottedCurves> {
        self.plotted()
    }

    fn problems(&self) -> Vec<String> {
        let names = self.names();
        let problems = self.curve.iter().flat_map(|curve| &curve.problems);
        let words = |(entry, problem): &(usize, String)| match names.get(*entry) {
            Some(name) => format!("{name}: {problem}"),
            None => problem.clone(),
        };
        problems.map(words).collect()
    }

    fn replace_subject(&mut self, subject: Subject) {
        // Another scan has places of its own; one that grows, and the newest of a series, are looked at on.
        let (old, new) = (&self.subject.origin, &subject.origin);
        let is_scan = self.signal().is_some_and(|signal| signal.scan.is_some());
        if old.path != new.path || (is_scan && old.url != new.url) {
            self.limits = Limits::default();
        }
        self.subject = subject;
        self.line = self.line.min(self.line_count().saturating_sub(1));
        self.changed();
    }

    fn can_add(&self) -> bool {
        true
    }

    fn add(&mut self, address: &str) -> bool {
        let is_added = self.chosen.add(Source::At(address.to_owned()));
        if is_added {
            self.chosen.selected = self.chosen.entries.len() - 1;
            self.limits = Limits::default();
            self.changed();
        }
        is_added
    }

    fn wanted(&self) -> Vec<String> {
        let is_new = |address: &&str| !self.others.contains_key(*address);
        self.chosen
            .addresses()
            .filter(is_new)
            .map(str::to_owned)
            .collect()
    }

    fn take_other(&mut self, address: &str, found: Result<Subject>) {
        let other = match found {
            Ok(subject) => Other::Here(Box::new(subject)),
            Err(error) => Other::Failed(error.to_string()),
        };
        self.others.insert(address.to_owned(), other);
        self.changed();
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
