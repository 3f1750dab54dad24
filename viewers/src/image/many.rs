//! Many frames as one, for the window and the command line alike.

use std::sync::Arc;

use hutch_analysis::reduce::{Frame, FrameReducer, Options, Reduction};
use hutch_model::{Block, BlockState, Result, Samples, Value, ViewState};

use crate::pixels::FramePixels;
use crate::prepared::{PreparedFrame, prepare_frame};

/// Says in the state of a view that frames from the first to the last become one, all of them or one in `step`.
pub fn write(state: &mut ViewState, kind: Reduction, [first, last, step]: [u64; 3]) {
    state.set("reduce", kind.name().into());
    state.set("reduce first", Value::Integer(first.into()));
    state.set("reduce last", Value::Integer(last.into()));
    if step > 1 {
        state.set("reduce step", Value::Integer(step.into()));
    }
}

/// Whether a frame is missing at its source, and no frame of a stack.
pub fn is_missing(block: &Block) -> bool {
    matches!(block.state, BlockState::Missing(_))
}

/// Adds decoded frames to those that become one; `like` is any of them, which knows the mask.
///
/// Frames that are missing or of another shape are left out.
///
/// # Errors
/// Those of [`FrameReducer::add`].
pub fn add_frames(
    reducer: &mut FrameReducer,
    blocks: &[Arc<Block>],
    like: &PreparedFrame,
) -> Result<()> {
    let mask = like.masked();
    let options = Options {
        mask: mask.as_deref(),
        sentinels: like.samples.sentinels(),
        saturation: None,
    };
    let is_one =
        |block: &&Arc<Block>| !is_missing(block) && block.samples.len() == like.samples.len();
    let frames: Vec<Frame<'_>> = blocks
        .iter()
        .filter(is_one)
        .map(|block| Frame::whole(&block.samples, options))
        .collect();
    reducer.add(&frames)
}

/// What frames have become so far; what has a value in none of them is masked.
///
/// # Errors
/// Those of [`prepare_frame`].
pub fn frame_of_many(reducer: &FrameReducer, like: &PreparedFrame) -> Result<PreparedFrame> {
    let values = reducer.values();
    let mask: Vec<bool> = values.iter().map(|value| value.is_nan()).collect();
    let [width, height] = like.size.map(u64::from);
    let block = Block {
        shape: vec![height, width],
        samples: Samples::F64(values),
        state: BlockState::Present,
    };
    let pixels = FramePixels {
        mask: mask.contains(&true).then(|| mask.into()),
        ..FramePixels::default()
    };
    prepare_frame(block, &pixels)
}
