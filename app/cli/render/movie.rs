//! Frames of a stack as a movie, all in the range of the first one.

use std::path::Path;
use std::sync::Arc;

use hutch_model::{Cancel, Dataset, Error, ErrorKind, Progress, Result, Slab, Slice};
use hutch_render::Range;
use hutch_viewers::Pixels;
use hutch_viewers::display::RangeMode;
use serde_json::json;

use super::super::context::Context;
use super::super::out::{Out, note};
use super::super::reconstruct::ProgressLine;
use super::super::values;
use super::fields::Drawn;
use super::geometry::Place;
use super::marks::Marks;
use super::{
    Look, Options, adapter, image_picture_on, natural_size, provenance, read_frame, regions,
};
use crate::movie::Movie;
use crate::picture::Provenance;
use crate::pools::Pools;

/// Pictures in a second where nothing is said.
pub(crate) const USUAL_PER_SECOND: f64 = 12.0;
/// Pictures of a movie are as large as their frames, up to this edge.
const LONGEST_EDGE: f64 = 1024.0;

/// Draws frames one after the other, as a person asked for on the command line.
///
/// # Errors
/// Those of [`write`], and of what is said of it.
pub(super) fn run(
    context: &Context,
    options: &Options,
    (drawn, pixels): (&Drawn, &Pixels),
    (look, place): (&Look, &Place),
) -> Result<()> {
    let dataset = &drawn.dataset;
    let said = provenance(drawn, options, (look, place), 0)?;
    let progress = Progress::default();
    let marks = Marks {
        rings: place.rings(options),
        regions: regions::of_options(options)?,
    };
    let work = Work {
        pools: &context.pools,
        dataset,
        pixels,
        frames: options.frames.as_ref(),
        look,
        marks: &marks,
        per_second: options.fps.map_or(USUAL_PER_SECOND, f64::from),
        said: &said,
        output: &options.output,
        cancel: &context.cancel,
        progress: &progress,
    };
    let line = ProgressLine::new();
    let (count, range) = line.while_shown(&progress, || {
        line.tell("drawing frames");
        write(&work)
    })?;
    let mut out = Out::new();
    if context.wants_json {
        out.json(&json!({
            "schema": "hutch.render/1",
            "file": options.output,
            "path": dataset.origin().to_string(),
            "view": "movie",
            "frames": count,
            "range": [values::real(range.lo), values::real(range.hi)],
        }))?;
    } else {
        note(format!(
            "drew {count} frames into \"{}\"",
            options.output.display()
        ));
    }
    out.finish()
}

/// A movie to be written.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    pub(crate) pools: &'a Pools,
    pub(crate) dataset: &'a Arc<dyn Dataset>,
    pub(crate) pixels: &'a Pixels,
    /// Which frames, of all of the dataset; all where nothing is said.
    pub(crate) frames: Option<&'a Slice>,
    pub(crate) look: &'a Look,
    /// What lies over every frame.
    pub(crate) marks: &'a Marks,
    /// Pictures in a second.
    pub(crate) per_second: f64,
    pub(crate) said: &'a Provenance,
    pub(crate) output: &'a Path,
    pub(crate) cancel: &'a Cancel,
    pub(crate) progress: &'a Progress,
}

/// Writes the movie; returns how many frames it has and in which range they are drawn.
///
/// # Errors
/// [`ErrorKind::Usage`] where there is no such frame; those of reading, drawing and writing.
pub(crate) fn write(work: &Work<'_>) -> Result<(u64, Range)> {
    let frames = frames_of(work.dataset.as_ref(), work.frames)?;
    let (first, step) = (frames.start[0], frames.step[0]);
    let total = frames.count[0];
    work.progress.set_total(total);
    let mut look = *work.look;
    let gpu = adapter();
    let mut movie = None;
    for index in 0..total {
        work.cancel.check()?;
        let frame = first + index * step;
        let prepared = read_frame(work.pools, work.dataset, work.pixels, frame, work.cancel)?;
        let seen = look.orientation.across_and_down(prepared.size);
        look.size
            .get_or_insert_with(|| natural_size(seen, LONGEST_EDGE));
        let mut picture = image_picture_on(gpu.as_ref(), (&prepared, None), &look)?;
        // A range that follows each frame would flicker.
        look.display.mode = RangeMode::Locked;
        look.display.range = picture.range;
        let of = (work.dataset.as_ref(), frame);
        work.marks.draw(&mut picture.rgba, of, look.orientation);
        let size = [picture.rgba.width, picture.rgba.height];
        let movie = match &mut movie {
            Some(movie) => movie,
            none => none.insert(Movie::create(
                work.output,
                size,
                work.per_second,
                work.said,
            )?),
        };
        movie.add(&mut picture.rgba.pixels)?;
        work.progress.add(1);
    }
    if let Some(movie) = movie {
        movie.finish()?;
    }
    Ok((total, look.display.range))
}

/// The frames of a dataset that a person names; all where nobody does.
///
/// # Errors
/// [`ErrorKind::Usage`] where there are none.
pub(super) fn frames_of(dataset: &dyn Dataset, frames: Option<&Slice>) -> Result<Slab> {
    let (count, all) = (dataset.info().frame_count(), Slice::default());
    let (frames, _) = frames.unwrap_or(&all).resolve(&[count])?;
    if frames.count[0] == 0 {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("draw \"{}\"", dataset.origin()),
            format!("these are none of its frames; there are {count}, from 0"),
        ));
    }
    Ok(frames)
}
