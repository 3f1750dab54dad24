//! The mask editor: a mask of a person's own on top of that of the file.
//!
//! What is painted is a list of steps (`hutch_analysis::mask`), each a line of text in the state
//! of the view: undo, sessions and links need nothing else. The pool makes the pixels of it, and
//! of each frame one in which they are masked, so that range, statistics and regions follow.

mod editor;
mod panel;

use std::collections::BTreeMap;
use std::sync::Arc;

use hutch_analysis::mask::{Ink, Side, Step, frames_of, painted};
use hutch_model::{Block, Dataset, Error, Origin, Slab, Value, ViewState};
use hutch_render::Range;

pub use self::editor::Brush;
use self::editor::Stroke;
use crate::prepared::PreparedFrame;
use crate::regions::{Drawing, FrameId, Latest, Same};
use crate::{Priority, Residence, Resident};

/// What keys and commands ask of the mask of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskCommand {
    /// Paint with this, or put it down.
    Paint(Brush),
    /// Mask the pixels of the shown frame whose values lie beyond the range of the colours.
    Beyond(Side),
    /// Mask what was not, and the other way round.
    Invert,
    /// Forget what was painted.
    Clear,
}

/// The pixels of the steps.
#[derive(Debug)]
struct Made {
    pixels: Vec<bool>,
    count: usize,
}

/// The steps, the size of an image, and what thresholds are of, where there are any.
type MadeOf = (Vec<Step>, [u32; 2], Option<Origin>);

/// The mask of an image view.
#[expect(missing_debug_implementations, reason = "tasks of the pool have none")]
pub struct Masking {
    steps: Vec<Step>,
    brush: Option<Brush>,
    adds: bool,
    radius_px: f64,
    limits: [f64; 2],
    drawing: Drawing,
    stroke: Option<Stroke>,
    made: Latest<MadeOf, Made>,
    masked: Latest<(FrameId, Same<Made>), PreparedFrame>,
}

impl Default for Masking {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            brush: None,
            adds: true,
            radius_px: 3.0,
            limits: [0.0, 0.0],
            drawing: Drawing::default(),
            stroke: None,
            made: Latest::default(),
            masked: Latest::default(),
        }
    }
}

impl Masking {
    /// Whether a press of the mouse on the canvas paints.
    pub const fn takes_pointer(&self) -> bool {
        self.brush.is_some()
    }

    /// Puts the brush down.
    pub fn put_down(&mut self) {
        self.brush = None;
        self.drawing.clear();
        self.stroke = None;
    }

    /// The frame with the painted pixels masked: itself where nothing is painted, an older one
    /// or none while the pool works. Of modules it is painted on each `image` of them, `[width, height]`.
    pub fn masked(
        &mut self,
        resident: &mut dyn Resident,
        data: &Arc<dyn Dataset>,
        (frame, image): (&Arc<PreparedFrame>, [u32; 2]),
    ) -> Option<Arc<PreparedFrame>> {
        if self.steps.is_empty() {
            return Some(Arc::clone(frame));
        }
        let made = self.make(resident, data, image)?;
        let wish = (FrameId::of(frame), Same::of(&made));
        let source = Arc::clone(frame);
        let found = self
            .masked
            .ask(resident, &wish, "mask a frame", move |_| {
                source.masked_too(&made.pixels)
            })
            .map(|(of, found)| (of.0 == wish.0, Arc::clone(found)));
        if let Some(error) = self.masked.failure(&wish) {
            // A frame of another size than the first one; it is shown as it is.
            log::warn!("{error}");
            return Some(Arc::clone(frame));
        }
        // A frame of another number is worse than none, an older mask on this one is not.
        found.and_then(|(is_of_frame, found)| is_of_frame.then_some(found))
    }

    /// The pixels of the steps; older ones while the pool works.
    fn make(
        &mut self,
        resident: &mut dyn Resident,
        data: &Arc<dyn Dataset>,
        size: [u32; 2],
    ) -> Option<Arc<Made>> {
        let mut blocks: BTreeMap<u64, Arc<Block>> = BTreeMap::new();
        let shape = &data.info().shape;
        for frame in frames_of(&self.steps) {
            if frame >= data.info().frame_count() {
                continue;
            }
            match resident.block(data, &Slab::frame(shape, frame), Priority::Visible) {
                Residence::Here(block) => {
                    blocks.insert(frame, block);
                }
                Residence::Waiting(_) => {
                    return self.made.known().map(|(_, made)| Arc::clone(made));
                }
                Residence::Failed(error) => log::warn!("frame {frame} of a mask: {error}"),
            }
        }
        // Frames that a dark field corrects have other values.
        let of = (!frames_of(&self.steps).is_empty()).then(|| data.origin().clone());
        let wish = (self.steps.clone(), size, of);
        let steps = self.steps.clone();
        let (_, made) = self
            .made
            .ask(resident, &wish, "pixels of a mask", move |cancel| {
                let samples = blocks.iter().map(|(frame, block)| (*frame, &block.samples));
                let [width, height] = size.map(|edge| edge as usize);
                let pixels = painted(&steps, [height, width], &samples.collect(), cancel)?;
                let count = pixels.iter().filter(|masked| **masked).count();
                Ok(Made { pixels, count })
            })?;
        Some(Arc::clone(made))
    }

    /// Does what a key or the palette asks, for the frame with this number in this range of colours.
    pub fn command(&mut self, command: MaskCommand, (frame, range): (u64, Range)) {
        match command {
            MaskCommand::Paint(brush) => {
                let is_on = self.brush == Some(brush);
                self.put_down();
                self.brush = (!is_on).then_some(brush);
            }
            MaskCommand::Beyond(side) => {
                let (at, limit) = match side {
                    Side::Above => (0, range.hi),
                    Side::Below => (1, range.lo),
                };
                // The inspector has the same limit, to be changed from there.
                self.limits[at] = limit;
                let ink = Ink::Threshold(side, limit, frame);
                self.steps.push(Step::Paint(ink, true));
            }
            MaskCommand::Invert => self.steps.push(Step::Invert),
            MaskCommand::Clear => self.steps.clear(),
        }
    }

    /// A plain key; says whether it was for the mask.
    pub fn on_key(&mut self, key: egui::Key) -> bool {
        match key {
            egui::Key::Escape if self.brush.is_some() => {
                if !self.drawing.clear() {
                    self.put_down();
                }
                true
            }
            egui::Key::Enter if self.brush == Some(Brush::Polygon) => {
                let drawn = self.drawing.close_polygon();
                self.paint(drawn);
                true
            }
            _ => false,
        }
    }

    /// Writes the steps into a state.
    pub fn write(&self, state: &mut ViewState) {
        if !self.steps.is_empty() {
            let texts = self.steps.iter().map(|step| Value::Text(step.to_string()));
            state.set("mask", Value::List(texts.collect()));
        }
    }

    /// Takes the steps of a state; what is no step is left out.
    pub fn read(&mut self, state: &ViewState) {
        self.steps = steps_of(state);
    }
}

/// The steps of the mask of a state, in their order; what is no step is left out.
pub fn steps_of(state: &ViewState) -> Vec<Step> {
    let parsed = |value: &Value| {
        let text = value.as_text()?;
        let step: Result<Step, Error> = text.parse();
        step.ok()
    };
    match state.values.get("mask") {
        Some(Value::List(texts)) => texts.iter().filter_map(parsed).collect(),
        Some(text) => parsed(text).into_iter().collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: (u64, Range) = (3, Range { lo: 2.0, hi: 90.0 });

    #[test]
    fn thresholds_are_the_ends_of_the_colours_of_the_frame_that_is_shown() {
        let mut masking = Masking::default();
        masking.command(MaskCommand::Beyond(Side::Above), SHOWN);
        masking.command(MaskCommand::Beyond(Side::Below), SHOWN);
        let above = Step::Paint(Ink::Threshold(Side::Above, 90.0, 3), true);
        let below = Step::Paint(Ink::Threshold(Side::Below, 2.0, 3), true);
        assert_eq!(masking.steps, [above, below]);
        let [above, below] = masking.limits.map(f64::to_bits);
        assert_eq!(above, 90.0_f64.to_bits(), "as the inspector shows it");
        assert_eq!(below, 2.0_f64.to_bits(), "as the inspector shows it");
    }

    #[test]
    fn a_mask_is_kept_with_the_view_as_text() {
        let mut masking = Masking::default();
        masking
            .steps
            .push("add circle 3 4 2".parse().expect("a step"));
        masking.command(MaskCommand::Invert, SHOWN);
        let mut state = ViewState::new("image", 1);
        masking.write(&mut state);
        let mut again = Masking::default();
        again.read(&state);
        assert_eq!(again.steps, masking.steps);
        again.read(&ViewState::new("image", 1));
        assert!(again.steps.is_empty(), "undo takes it away");
    }

    #[test]
    fn escape_puts_the_brush_down() {
        let mut masking = Masking::default();
        assert!(!masking.on_key(egui::Key::Escape), "free for others");
        masking.command(MaskCommand::Paint(Brush::Pencil), SHOWN);
        assert!(masking.takes_pointer());
        assert!(masking.on_key(egui::Key::Escape) && !masking.takes_pointer());
    }
}
