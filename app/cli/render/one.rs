//! Many frames drawn as one: their sum, mean, largest, smallest, deviation or median.

use std::sync::Arc;

use hutch_analysis::reduce::{FrameReducer, Reduction};
use hutch_model::{Block, Dataset, Error, ErrorKind, Progress, Result, Slab, Slice};
use hutch_viewers::image::many::{add_frames, frame_of_many, is_missing};
use hutch_viewers::image::overviews;
use hutch_viewers::{Pixels, PreparedFrame};
use rayon::prelude::*;

use super::super::context::Context;
use super::super::out::note;
use super::super::reconstruct::ProgressLine;
use super::movie::frames_of;
use super::{frame_size, read_frame};

/// Frames that are read at once.
const AT_ONCE: usize = 6;

/// Reads frames of a dataset and makes one of them, as the window does.
///
/// # Errors
/// [`ErrorKind::Usage`] for frames that are not there, [`ErrorKind::Limit`] for images that are never read whole,
/// [`ErrorKind::Partial`] where every frame is missing at its source; those of reading.
pub(super) fn read(
    context: &Context,
    (dataset, pixels): (&Arc<dyn Dataset>, &Pixels),
    (kind, frames): (Reduction, Option<&Slice>),
) -> Result<PreparedFrame> {
    let info = dataset.info();
    let refuse = |kind: ErrorKind, why: &str| {
        let tried = format!("make one frame of \"{}\"", dataset.origin());
        Err(Error::new(kind, tried, why))
    };
    if !overviews(frame_size(&info.shape)).is_empty() {
        return refuse(
            ErrorKind::Limit,
            "its frames are too large to be read whole",
        );
    }
    let frames = frames_of(dataset.as_ref(), frames)?;
    let frames: Vec<u64> = (0..frames.count[0])
        .map(|index| frames.start[0] + index * frames.step[0])
        .collect();
    let first = frames.first().copied().unwrap_or(0);
    let like = read_frame(&context.pools, dataset, pixels, first, &context.cancel)?;
    let mut reducer = FrameReducer::new(kind);
    let progress = Progress::new();
    let line = ProgressLine::new();
    let missing = line.while_shown(&progress, || {
        loop {
            let [pass, passes] = reducer.passes();
            progress.set_total(u64::from(passes) * frames.len() as u64);
            line.tell(&words(kind, pass));
            let missing = add_all(context, dataset, &frames, (&mut reducer, &like, &progress))?;
            if !reducer.end_pass() {
                return Ok::<_, Error>(missing);
            }
        }
    })?;
    if missing == frames.len() {
        let why = "all of its frames are missing at their source";
        return refuse(ErrorKind::Partial, why);
    }
    if missing > 0 {
        note(format!(
            "{missing} frames are missing at their source and were left out"
        ));
    }
    context
        .pools
        .install_batch(|| frame_of_many(&reducer, &like))
}

/// The first and the last of frames, and from one to the next.
pub(super) fn ends(frames: &Slab) -> [u64; 3] {
    let (first, count, step) = (frames.start[0], frames.count[0].max(1), frames.step[0]);
    [first, first + (count - 1) * step, step]
}

fn words(kind: Reduction, pass: u32) -> String {
    match kind {
        Reduction::Median => format!("looking for the median, pass {} of", pass + 1),
        other => format!("{} of", other.name()),
    }
}

/// Adds all frames once; returns how many are missing.
fn add_all(
    context: &Context,
    dataset: &Arc<dyn Dataset>,
    frames: &[u64],
    (reducer, like, progress): (&mut FrameReducer, &PreparedFrame, &Progress),
) -> Result<usize> {
    let (pools, cancel) = (&context.pools, &context.cancel);
    let shape = &dataset.info().shape;
    let read = |frame: &u64| -> Result<Arc<Block>> {
        cancel.check()?;
        let encoded = pools.wait(dataset.fetch(&Slab::frame(shape, *frame), cancel))?;
        dataset.decode(&encoded).map(Arc::new)
    };
    let mut missing = 0;
    for some in frames.chunks(AT_ONCE) {
        let add = || {
            let blocks: Result<Vec<Arc<Block>>> = some.par_iter().map(read).collect();
            let blocks = blocks?;
            add_frames(reducer, &blocks, like)?;
            Ok::<_, Error>(blocks.iter().filter(|block| is_missing(block)).count())
        };
        missing += pools.install_batch(add)?;
        progress.add(some.len() as u64);
    }
    Ok(missing)
}
