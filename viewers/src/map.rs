//! Maps: values at places of a plane, as a scan of a sample gives them.
//!
//! Scatters (values in a line with two axes), grids that a scan went through line
//! by line or back and forth, and grids whose places are bent. The points lie where
//! they were measured; a person reads the place, the index and the exact value.

mod ground;
mod pane;
mod panel;
mod plan;

use std::any::Any;
use std::sync::Arc;

use hutch_analysis::maps::Look;
use hutch_model::{Block, Error, ScaleKind, Signal, Value, ViewState};
use hutch_render::{ImageDisplay, ImageFromTarget, Norm};

pub(crate) use self::ground::Rgb;
pub use self::ground::{DrawnMap, Ground};
pub(crate) use self::pane::{Answer, MapPane, Scene};
pub use self::plan::{Plan, Wish};
use self::plan::{Shape, shape_of};
pub(crate) use self::plan::{Sides, row_frame};
use crate::display::Display;
use crate::icons::Icon;
use crate::image::asked::Passes;
use crate::prepared::PreparedFrame;
use crate::theme::Tokens;
use crate::waiting::{failed_ui, nothing_ui, waiting_ui};
use crate::widgets::{Corner, chip_readout};
use crate::{
    Fit, PaneTitle, Priority, Residence, Resident, Shortcut, Subject, Task, Timeline,
    TimelineAction, View, ViewCommand, ViewContext, ViewKind, Wait, numbers, slow_axes,
};

/// The kind.
pub static KIND: MapKind = MapKind;

/// Maps: values at places of a plane.
#[derive(Debug)]
pub struct MapKind;

impl ViewKind for MapKind {
    fn name(&self) -> &'static str {
        "map"
    }

    fn label(&self) -> &'static str {
        "Map"
    }

    fn icon(&self) -> Icon {
        Icon::Layers
    }

    fn fits(&self, subject: &Subject) -> Fit {
        let Some(signal) = &subject.signal else {
            return Fit::No;
        };
        match shape_of(signal) {
            Some(Shape::Line) if signal.scatter.is_some() => Fit::Primary,
            Some(Shape::Bent) if signal.interpretation.is_none() => Fit::Primary,
            Some(_) => Fit::Possible,
            None => Fit::No,
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(MapView::new(subject))
    }
}

/// How points are drawn, as a person chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Cells of a grid; what is nearest to a point where there is none.
    Cells,
    /// Discs.
    Points,
}

impl Style {
    const ALL: [(Self, &'static str); 2] = [(Self::Cells, "cells"), (Self::Points, "points")];

    /// How it is drawn, with discs of a diameter in pixels.
    pub fn look(self, diameter_px: f64) -> Look {
        match self {
            Self::Cells => Look::Cells,
            Self::Points => Look::Discs {
                radius_px: 0.5 * diameter_px,
            },
        }
    }

    fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(style, _)| *style == self);
        found.map_or("", |(_, name)| name)
    }

    fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == name);
        found.map(|(style, _)| *style)
    }
}

/// How a picture of a map is shown whose place is that of the picture itself.
pub fn image_display(display: &Display, tokens: &Tokens, values: &PreparedFrame) -> ImageDisplay {
    let place = ImageFromTarget {
        x: [1.0, 0.0],
        y: [0.0, 1.0],
        origin: [-0.5; 2],
    };
    pane::image_display(display, place, tokens, values)
}

type Made = (Ground, PreparedFrame);

struct MapView {
    subject: Subject,
    wish: Wish,
    style: Style,
    diameter_px: f64,
    display: Display,
    pane: MapPane,
    passes: Passes,
    plan: Option<Plan>,
    shown: Option<(Arc<Ground>, Arc<PreparedFrame>)>,
    task: Option<Task<Made>>,
    is_asked: bool,
    waits: Option<Wait>,
    failed: Option<Arc<Error>>,
    /// The point that a person clicked, and the one under the pointer.
    picked: Option<u32>,
    hovered: Option<u32>,
    place: String,
    follows: bool,
    /// Data that are taken once what is under way is shown.
    newer: Option<Box<Subject>>,
}

impl MapView {
    fn new(subject: Subject) -> Self {
        let signal = subject.signal.as_ref();
        let mut display = Display::of_frames();
        if signal.is_some_and(|signal| signal.scale == Some(ScaleKind::Log)) {
            display.norm = Norm::Log;
        }
        let frame = signal.map_or(0, |signal| signal.first_frame(2));
        let wish = Wish {
            frame: if subject.shape().len() > 1 { frame } else { 0 },
            ..Wish::default()
        };
        let plan = signal.and_then(|signal| Plan::of(signal, &wish));
        let mut pane = MapPane::default();
        pane.is_equal = plan.as_ref().is_none_or(Plan::is_equal);
        Self {
            wish,
            style: Style::Cells,
            diameter_px: 8.0,
            display,
            pane,
            passes: Passes::default(),
            plan,
            shown: None,
            task: None,
            is_asked: false,
            waits: None,
            failed: None,
            picked: None,
            hovered: None,
            place: String::new(),
            follows: false,
            newer: None,
            subject,
        }
    }

    fn signal(&self) -> Option<&Signal> {
        self.subject.signal.as_ref()
    }

    fn frame_count(&self) -> u64 {
        match self.subject.shape().len() {
            0 | 1 => 1,
            _ => self
                .subject
                .data()
                .map_or(1, |data| data.info().frame_count()),
        }
    }

    /// Whether the map of the present data is on its way.
    const fn is_working(&self) -> bool {
        self.plan.is_some() && self.failed.is_none() && (!self.is_asked || self.task.is_some())
    }

    /// Takes newer data. Where the file grows what is under way is shown first, or nothing would ever be; and a
    /// writer that made the values longer and not yet their places is waited for.
    fn take(&mut self, subject: Subject) {
        let signal = subject.signal.as_ref();
        let plan = signal.and_then(|signal| Plan::of(signal, &self.wish));
        if self.follows && plan.is_none() && self.plan.is_some() {
            return;
        }
        self.subject = subject;
        self.wish.frame = self.wish.frame.min(self.frame_count().saturating_sub(1));
        self.changed();
    }

    /// Something else is to be shown.
    fn changed(&mut self) {
        let signal = self.subject.signal.as_ref();
        self.plan = signal.and_then(|signal| Plan::of(signal, &self.wish));
        self.task = None;
        self.is_asked = false;
    }

    fn refresh(&mut self, resident: &mut dyn Resident) {
        if !self.is_working()
            && let Some(newer) = self.newer.take()
        {
            self.failed = None;
            self.take(*newer);
        }
        if let Some(answer) = self.task.as_mut().and_then(Task::poll) {
            self.task = None;
            self.waits = None;
            match answer {
                Ok((ground, values)) => {
                    self.shown = Some((Arc::new(ground), Arc::new(values)));
                    self.failed = None;
                }
                Err(error) => self.failed = Some(Arc::new(error)),
            }
        }
        if !self.is_asked {
            // What could not be read is asked for again, since somebody may retry.
            self.failed = None;
            self.ask(resident);
        }
        if let Some(signal) = &self.subject.signal {
            self.place = slow_axes::words(signal, 2, self.wish.frame, resident);
        }
        if let Some((_, values)) = &self.shown
            && !self.display.follow(values)
            && let Some(range) = self.passes.range(resident, values, &self.display, None)
        {
            self.display.take_percentiles(range);
        }
    }

    /// Asks for everything that a map is made of, and for the map once it is here.
    fn ask(&mut self, resident: &mut dyn Resident) {
        let Some(plan) = self.plan.clone() else {
            return;
        };
        let mut blocks: Vec<Arc<Block>> = Vec::new();
        let slabs = plan.slabs();
        for (dataset, slab) in &slabs {
            match resident.block(dataset, slab, Priority::Visible) {
                Residence::Here(block) => blocks.push(block),
                Residence::Waiting(wait) => self.waits = Some(wait),
                Residence::Failed(error) => {
                    self.failed = Some(error);
                    return;
                }
            }
        }
        if blocks.len() < slabs.len() {
            return;
        }
        self.is_asked = true;
        let work = move |_: &hutch_model::Cancel| plan.build(&blocks);
        self.task = Some(Task::start(
            resident,
            Priority::Visible,
            "lay out a map",
            0,
            work,
        ));
    }

    fn map_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let (Some((ground, values)), Some(plan)) = (self.shown.clone(), &self.plan) else {
            return;
        };
        let scene = Scene {
            ground: &ground,
            values: &values,
            labels: &plan.sides.labels,
            look: self.style.look(self.diameter_px),
            display: &self.display,
            rgb: None,
        };
        let answer = self.pane.ui(ui, context, scene, true);
        self.hovered = answer.point;
        if answer.response.clicked() {
            self.picked = answer.point;
        }
        let rect = answer.map.rect;
        let picked = self.picked.and_then(|point| ground.place(point));
        if let Some(place) = picked {
            let at = answer.map.ui_from_plane(place);
            let stroke = egui::Stroke::new(1.5, context.tokens.accent);
            ui.painter()
                .with_clip_rect(rect)
                .circle_stroke(at, 7.0, stroke);
        }
        if let Some(point) = self.hovered {
            let pairs = self.readout(point, &ground, &values);
            let pairs: Vec<(&str, &str)> = pairs
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            chip_readout(ui, rect, Corner::BottomLeft, &pairs);
        }
    }
}

impl View for MapView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("map", 1);
        state.origin = Some(self.subject.origin.clone());
        state.set("frame", Value::Integer(i128::from(self.wish.frame)));
        for (name, text) in [
            ("x", &self.wish.x),
            ("y", &self.wish.y),
            ("value", &self.wish.value),
        ] {
            if !text.is_empty() {
                state.set(name, text.as_str().into());
            }
        }
        state.set("style", self.style.name().into());
        state.set("point size", Value::Float(self.diameter_px));
        if let Some(point) = self.picked {
            state.set("point", Value::Integer(i128::from(point)));
        }
        self.display.write(&mut state);
        self.pane.write(&mut state);
        if self.follows {
            state.set("follow", Value::Bool(true));
        }
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        let before = self.wish.clone();
        let whole = |name: &str| state.values.get(name).and_then(Value::as_integer);
        if let Some(frame) = whole("frame").and_then(|frame| u64::try_from(frame).ok()) {
            self.wish.frame = frame.min(self.frame_count().saturating_sub(1));
        }
        state.text("x", "").clone_into(&mut self.wish.x);
        state.text("y", "").clone_into(&mut self.wish.y);
        state.text("value", "").clone_into(&mut self.wish.value);
        self.style = Style::named(state.text("style", "")).unwrap_or(self.style);
        self.diameter_px = state
            .number("point size", self.diameter_px)
            .clamp(1.0, 64.0);
        self.picked = whole("point").and_then(|point| u32::try_from(point).ok());
        self.display.read(state);
        self.pane.read(state);
        self.follows = state.flag("follow", false);
        if before != self.wish {
            self.changed();
        }
    }

    fn title(&self) -> PaneTitle {
        let name = self.signal().map_or_else(
            || "Map".to_owned(),
            |signal| {
                if signal.label.is_empty() {
                    signal.title.clone()
                } else {
                    signal.label.clone()
                }
            },
        );
        let points = self.shown.as_ref().map(|(ground, _)| {
            let count = numbers::count(ground.len() as u64);
            format!("{count} points, {}", ground.layout().words())
        });
        PaneTitle {
            name,
            detail: points.unwrap_or_default(),
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.refresh(context.resident);
        if let Some(error) = self.failed.clone() {
            let subject = self.subject.clone();
            return failed_ui(ui, &error, &subject, context);
        }
        if context.gpu.is_none() {
            let text = "No graphics device; install a Vulkan or OpenGL driver.";
            nothing_ui(ui, text, "");
            return;
        }
        if self.plan.is_none() {
            nothing_ui(ui, "These values have no places in a plane.", "");
            return;
        }
        if self.shown.is_none() {
            if let Some(wait) = self.waits {
                waiting_ui(ui, wait);
            }
            return;
        }
        self.map_ui(ui, context);
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.panel_ui(ui, context);
    }

    fn timeline(&self) -> Option<Timeline> {
        let count = self.frame_count();
        // A scan of one map grows by points of it.
        let label = match &self.shown {
            Some((ground, _)) if count < 2 => numbers::counted(ground.len() as u64, "point"),
            _ => self.place.clone(),
        };
        Some(Timeline {
            count,
            current: self.wish.frame,
            label,
            trace: Vec::new(),
            following: Some(self.follows),
        })
    }

    fn is_waiting(&self) -> bool {
        self.waits.is_some()
    }

    fn on_timeline(&mut self, action: TimelineAction) {
        let frame = match action {
            TimelineAction::Show(frame) => {
                // Stepping by hand pauses following and keeps its place.
                self.follows = false;
                frame
            }
            TimelineAction::Follow(follows) => {
                self.follows = follows;
                if follows { u64::MAX } else { self.wish.frame }
            }
            TimelineAction::Newest(frame) if self.follows => frame,
            TimelineAction::Newest(_) => self.wish.frame,
        };
        let frame = frame.min(self.frame_count().saturating_sub(1));
        if frame != self.wish.frame {
            self.wish.frame = frame;
            self.changed();
        }
    }

    fn on_shortcut(&mut self, shortcut: Shortcut) {
        if shortcut == Shortcut::Fit {
            self.pane.fit();
        } else {
            self.display.on_shortcut(shortcut);
        }
    }

    fn on_command(&mut self, command: ViewCommand) -> bool {
        if command != ViewCommand::MapStyle {
            return false;
        }
        self.style = match self.style {
            Style::Cells => Style::Points,
            Style::Points => Style::Cells,
        };
        self.changed();
        true
    }

    fn replace_subject(&mut self, subject: Subject) {
        if self.follows && self.is_working() {
            self.newer = Some(Box::new(subject));
        } else {
            self.newer = None;
            self.take(subject);
        }
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
