//! What an image view does with its regions at each pass.

use std::sync::Arc;

use hutch_model::Dataset;

use super::ground::{Found, Place};
use super::pointer::Scene;
use super::profiles::{self, What};
use super::stack::{self, Stack};
use super::{Regions, Units};
use crate::canvas::CanvasAnswer;
use crate::plot_strip::{PlotStrip, StripDone, StripEvent};
use crate::{Action, ViewContext};

/// The frame that regions are measured in.
#[expect(missing_debug_implementations, reason = "datasets have none")]
pub struct Measure<'a> {
    /// The stack.
    pub data: &'a Arc<dyn Dataset>,
    /// The pixels of the frame that is shown.
    pub place: Place<'a>,
    /// Its number.
    pub number: u64,
    /// What it says of its pixels.
    pub units: &'a Units,
    /// Which frame that is: its file, its path and its number.
    pub source: &'a str,
}

impl Regions {
    /// Draws the regions over a canvas and takes what the mouse did there.
    pub fn ui(&mut self, ui: &egui::Ui, answer: &CanvasAnswer, scene: &Scene) {
        self.pointer_ui(ui, answer, scene);
        self.draw_ui(ui, &answer.map, scene);
    }

    /// Draws them alone: the mouse is somebody else's.
    pub fn show(&self, ui: &egui::Ui, answer: &CanvasAnswer, scene: &Scene) {
        self.draw_ui(ui, &answer.map, scene);
    }

    /// Puts the tool down.
    pub fn put_down(&mut self) {
        self.choose(None);
        self.is_over = false;
    }

    /// Takes and asks for numbers, profiles and curves.
    pub fn measure(
        &mut self,
        context: &mut ViewContext<'_>,
        strip: &mut PlotStrip,
        measure: &Measure<'_>,
    ) {
        if self.selected.is_some() {
            self.profiles.of = self.selected;
        }
        let last = self.list.len().checked_sub(1);
        let of = self.profiles.of.filter(|of| Some(*of) <= last).or(last);
        let selected = of.and_then(|index| Some((index, self.list.get(index)?)));
        let mut grounds = Vec::with_capacity(self.list.len());
        self.problems.clear();
        for region in &self.list {
            let (ground, problem) = match measure
                .place
                .ground(context.resident, std::iter::once(&region.shape))
            {
                Found::Here(ground) => (Some(ground), None),
                Found::Waiting => (None, None),
                Found::Never(why) => (None, Some(why)),
            };
            grounds.push(ground);
            self.problems.push(problem);
        }
        let seen = selected.and_then(|(index, region)| {
            let ground = grounds.get(index)?.as_ref()?;
            Some((index, region, ground))
        });
        self.profiles.step(
            context.resident,
            strip,
            seen,
            (measure.units, measure.source),
        );
        self.step_stack(context, strip, measure);
        if !self.list.is_empty() {
            self.measured.ask(context.resident, &self.list, grounds);
        }
        if self.wants_copy
            && let Some(table) = self.table()
        {
            context.actions.push(Action::CopyText(table));
            self.wants_copy = false;
        }
    }

    /// Goes on with the curves over the stack; of an image that is never read whole they are of the pixels around all
    /// regions.
    fn step_stack(
        &mut self,
        context: &mut ViewContext<'_>,
        strip: &mut PlotStrip,
        measure: &Measure<'_>,
    ) {
        self.stack.problem = None;
        if !self.stack.is_wanted(&self.list, measure.data.as_ref()) {
            return self.stack.end(strip);
        }
        let shapes = self.list.iter().map(|region| &region.shape);
        match measure.place.ground(context.resident, shapes) {
            Found::Here(ground) => {
                let stack = Stack {
                    data: measure.data,
                    like: &ground,
                    frame: measure.number,
                    values: &measure.units.values,
                };
                let is_held = self.grab.is_some();
                self.stack
                    .step(context.resident, strip, &self.list, &stack, is_held);
            }
            Found::Waiting => {}
            Found::Never(why) => {
                self.stack.end(strip);
                self.stack.problem = Some(why);
            }
        }
    }

    /// Takes what a person did in the plots; gives the frame that was chosen there.
    pub fn on_strip(&mut self, events: &[StripEvent]) -> Option<u64> {
        let mut frame = None;
        for event in events {
            match (event.plot.as_str(), event.what) {
                (stack::PLOT, StripDone::Clicked(x)) => frame = Some(frame_at(x)),
                (stack::PLOT, StripDone::Stopped) => self.stack.stop(),
                (stack::PLOT, StripDone::Closed) => self.stack.is_on = false,
                (profiles::PLOT, StripDone::Closed) => self.profiles.what = What::Nothing,
                _ => {}
            }
        }
        frame
    }

    /// The part of the inspector; says whether a tool was taken up there.
    pub fn inspector_ui(
        &mut self,
        ui: &mut egui::Ui,
        stage: &str,
        units: &Units,
        frame_count: u64,
    ) -> bool {
        let before = self.tool;
        self.list_ui(ui, stage, units, frame_count);
        self.tool != before && self.tool.is_some()
    }
}

/// The frame, from 0, of a place on an axis that counts from 1.
fn frame_at(x: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at least 1; what is too large saturates"
    )]
    let number = x.round().max(1.0) as u64;
    number - 1
}
