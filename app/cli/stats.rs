//! `hutch stats`: numbers over every frame.

use std::collections::VecDeque;

use hutch_analysis::reduce::{Options as Reduction, Percentiles, Statistics, frame_statistics};
use hutch_model::{Block, BlockState, Dataset, Error, ErrorKind, Result, Samples, Slab, read_slab};
use hutch_viewers::prepared::{saturation, sentinels};
use rayon::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::context::Context;
use super::out::Out;
use super::pieces::pieces;
use super::values;

/// Samples that are held at once, in bytes.
const BATCH_BYTES: u64 = 64 << 20;
/// So often a frame with missing samples is cut to find those that are there.
const REPAIRS: u64 = 64;
/// Percentiles that are told.
const PERCENTS: [f64; 7] = [0.1, 1.0, 5.0, 50.0, 95.0, 99.0, 99.9];

/// What `hutch stats` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A dataset or a part of it: URL::PATH or URL::PATH[SLICE].
    pub(super) url: String,
}

/// Runs the command.
///
/// # Errors
/// Those of reading; [`ErrorKind::Unsupported`] for text; [`ErrorKind::Partial`]
/// after the numbers where samples are missing at their source.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let open = context.open(&options.url)?;
    let dataset = context.dataset(&open)?;
    let info = dataset.info();
    if !info.element.is_numeric() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("reduce \"{}\"", dataset.origin()),
            format!("its elements are {}, not numbers", info.element),
        ));
    }
    let (slab, dropped) = open.address.slice.resolve(&info.shape)?;
    let mut all = Reduced::default();
    let mut frames = Vec::new();
    let mut out = Out::new();
    if !context.wants_json {
        out.line("frame\tcount\tmin\tmax\tmean\tsigma\tsum\tmasked\tsaturated")?;
    }
    let mut index = 0;
    for batch in batches(
        &slab,
        &dropped,
        BATCH_BYTES / info.element.size_bytes().map_or(1, |size| size as u64),
    ) {
        let reduced = reduce_batch(context, dataset.as_ref(), &batch)?;
        for frame in &reduced.frames {
            if context.wants_json {
                let mut line = statistics(frame);
                line.insert("index".to_owned(), json!(index));
                frames.push(Json::Object(line));
            } else {
                out.line(row(&index.to_string(), frame))?;
            }
            index += 1;
        }
        all.take(&reduced);
    }
    if context.wants_json {
        let mut line = statistics(&all.total);
        line.insert("percentiles".to_owned(), percentiles(&all.percentiles));
        line.insert(
            "percentiles_are_exact".to_owned(),
            json!(all.percentiles.is_exact()),
        );
        line.insert("missing".to_owned(), json!(all.missing_count));
        out.json(&json!({
            "schema": "hutch.stats/1",
            "path": dataset.origin().to_string(),
            "frames": frames,
            "all": line,
            "missing": all.missing,
        }))?;
    } else {
        out.line(row("all", &all.total))?;
        for percent in PERCENTS {
            let value = all.percentiles.value(percent).unwrap_or(f64::NAN);
            out.line(format!("percentile {percent}\t{value}"))?;
        }
    }
    out.finish()?;
    match &all.missing {
        None => Ok(()),
        Some(why) => Err(Error::new(
            ErrorKind::Partial,
            format!("reduce \"{}\"", dataset.origin()),
            format!(
                "{} samples are missing at their source and do not count: {why}",
                all.missing_count
            ),
        )),
    }
}

/// Frames that are read together; the first is a part of a frame where one
/// frame alone is too large.
struct Batch {
    slabs: Vec<Slab>,
    frame_count: u64,
}

/// Statistics of some frames, and of all of them.
#[derive(Default)]
struct Reduced {
    frames: Vec<Statistics>,
    total: Statistics,
    percentiles: Percentiles,
    missing: Option<String>,
    missing_count: u64,
}

impl Reduced {
    fn take(&mut self, other: &Self) {
        self.total = self.total.merge(&other.total);
        self.percentiles.merge(&other.percentiles);
        self.missing = self.missing.take().or_else(|| other.missing.clone());
        self.missing_count += other.missing_count;
    }
}

/// Runs of whole frames of a part of a dataset. Axes that an index dropped are
/// no axes of its frames.
fn batches(part: &Slab, dropped: &[bool], limit: u64) -> Vec<Batch> {
    let is_kept = |axis: &usize| !dropped.get(*axis).copied().unwrap_or(false);
    let axes: Vec<usize> = (0..part.count.len()).filter(is_kept).collect();
    let shape: Vec<u64> = axes.iter().map(|&axis| part.count[axis]).collect();
    let mut all = batches_of(&shape, limit);
    for slab in all.iter_mut().flat_map(|batch| &mut batch.slabs) {
        let mut whole = part.clone();
        for (inner, &axis) in axes.iter().enumerate() {
            whole.start[axis] += slab.start[inner] * part.step[axis];
            whole.count[axis] = slab.count[inner];
        }
        *slab = whole;
    }
    all
}

/// Runs of whole frames along the axis before the image, or the pieces of one.
fn batches_of(shape: &[u64], limit: u64) -> Vec<Batch> {
    let frame_samples: u64 = shape.iter().rev().take(2).product();
    let rank = shape.len();
    if rank < 3 {
        return vec![Batch {
            slabs: pieces(&Slab::whole(shape), limit),
            frame_count: 1,
        }];
    }
    let height = (limit / frame_samples.max(1)).max(1);
    let run = shape[rank - 3];
    let outer: u64 = shape[..rank - 3].iter().product();
    let mut all = Vec::new();
    for position in 0..outer {
        let mut first = 0;
        while first < run {
            let count = height.min(run - first);
            let mut slab = Slab::frame(shape, position * run + first);
            slab.count[rank - 3] = count;
            let slabs = if count == 1 {
                pieces(&slab, limit)
            } else {
                vec![slab]
            };
            all.push(Batch {
                slabs,
                frame_count: count,
            });
            first += count;
        }
    }
    all
}

/// A piece of a batch that is read at once: whole frames, or a part of one.
struct Piece {
    slab: Slab,
    first_frame: usize,
    frame_count: usize,
}

impl Piece {
    /// The halves of the piece along its slowest axis; of several frames that is
    /// the axis of the frames.
    fn halves(self) -> Option<[Self; 2]> {
        let axis = self.slab.count.iter().position(|&count| count > 1)?;
        let height = self.slab.count[axis] / 2;
        let (mut low, mut high) = (self.slab.clone(), self.slab);
        low.count[axis] = height;
        high.count[axis] -= height;
        high.start[axis] += height * high.step[axis];
        let whole = |slab: &Slab| {
            let frames = usize::try_from(slab.count[axis]).unwrap_or(1);
            if self.frame_count > 1 { frames } else { 1 }
        };
        let (low_frames, high_frames) = (whole(&low), whole(&high));
        let skipped = if self.frame_count > 1 { low_frames } else { 0 };
        Some([
            Self {
                slab: low,
                first_frame: self.first_frame,
                frame_count: low_frames,
            },
            Self {
                slab: high,
                first_frame: self.first_frame + skipped,
                frame_count: high_frames,
            },
        ])
    }
}

/// Where samples are missing the piece is read again by halves, so that what is
/// there counts and what is not does not.
fn reduce_batch(context: &Context, dataset: &dyn Dataset, batch: &Batch) -> Result<Reduced> {
    let mut reduced = Reduced::default();
    let count = usize::try_from(batch.frame_count).unwrap_or(1).max(1);
    let mut repairs = vec![REPAIRS; count];
    reduced.frames.resize_with(count, Statistics::default);
    let mut pieces: VecDeque<Piece> = batch
        .slabs
        .iter()
        .map(|slab| Piece {
            slab: slab.clone(),
            first_frame: 0,
            frame_count: count,
        })
        .collect();
    while let Some(piece) = pieces.pop_front() {
        context.cancel.check()?;
        let block = context
            .pools
            .wait(read_slab(dataset, &piece.slab, &context.cancel))?;
        match &block.state {
            BlockState::Present | BlockState::Fill => {}
            BlockState::Torn => {
                return Err(Error::new(
                    ErrorKind::Integrity,
                    format!("reduce \"{}\"", dataset.origin()),
                    "the file changed while it was read",
                ));
            }
            BlockState::Missing(why) => {
                reduced.missing.get_or_insert_with(|| why.clone());
                let left = &mut repairs[piece.first_frame];
                let may_halve = piece.frame_count > 1 || *left > 0;
                *left = left.saturating_sub(u64::from(piece.frame_count == 1));
                let size = piece.slab.element_count()?;
                match piece.halves().filter(|_| may_halve) {
                    Some(halves) => pieces.extend(halves),
                    None => reduced.missing_count += size,
                }
                continue;
            }
        }
        let frames = context
            .pools
            .install_batch(|| reduce_block(&block, piece.frame_count))?;
        for ((statistics, percentiles), frame) in frames
            .iter()
            .zip(reduced.frames.iter_mut().skip(piece.first_frame))
        {
            reduced.percentiles.merge(percentiles);
            *frame = frame.merge(statistics);
        }
    }
    for frame in &reduced.frames {
        reduced.total = reduced.total.merge(frame);
    }
    Ok(reduced)
}

fn reduce_block(block: &Block, count: usize) -> Result<Vec<(Statistics, Percentiles)>> {
    let options = Reduction {
        mask: None,
        sentinels: sentinels(&block.samples),
        saturation: saturation(&block.samples),
    };
    let one = |samples: &Samples| -> Result<(Statistics, Percentiles)> {
        let mut percentiles = Percentiles::new();
        percentiles.add(samples, &options)?;
        Ok((frame_statistics(samples, &options)?, percentiles))
    };
    if count == 1 {
        return Ok(vec![one(&block.samples)?]);
    }
    let size = block.samples.len() / count;
    (0..count)
        .into_par_iter()
        .map(|frame| one(&part(&block.samples, frame * size, size)?))
        .collect()
}

/// A copy of a run of samples.
fn part(samples: &Samples, start: usize, count: usize) -> Result<Samples> {
    let mut part = Samples::zeroed(&samples.element(), count)?;
    let size = samples.element().size_bytes().unwrap_or(0);
    if let Some(bytes) = samples.bytes().get(start * size..(start + count) * size) {
        part.bytes_mut().copy_from_slice(bytes);
    }
    Ok(part)
}

fn statistics(of: &Statistics) -> Map<String, Json> {
    let mut line = Map::new();
    line.insert("count".to_owned(), json!(of.count));
    line.insert("min".to_owned(), values::number(of.min));
    line.insert("max".to_owned(), values::number(of.max));
    line.insert("mean".to_owned(), values::real(of.mean));
    line.insert("sigma".to_owned(), values::real(of.sigma));
    line.insert("sum".to_owned(), values::number(of.sum));
    line.insert("masked".to_owned(), json!(of.masked));
    line.insert("saturated".to_owned(), json!(of.saturated));
    line
}

fn percentiles(of: &Percentiles) -> Json {
    PERCENTS
        .iter()
        .map(|&percent| {
            let value = of.value(percent).unwrap_or(f64::NAN);
            (percent.to_string(), values::real(value))
        })
        .collect::<Map<String, Json>>()
        .into()
}

fn row(name: &str, of: &Statistics) -> String {
    format!(
        "{name}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
        of.count, of.min, of.max, of.mean, of.sigma, of.sum, of.masked, of.saturated
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_every_frame_once() {
        let frames: Vec<u64> = batches_of(&[2, 5, 4, 4], 32)
            .iter()
            .map(|batch| batch.frame_count)
            .collect();
        assert_eq!(frames, [2, 2, 1, 2, 2, 1], "two frames of 16 fit at once");
    }

    #[test]
    fn a_frame_that_is_too_large_is_read_in_pieces() {
        let batches = batches_of(&[2, 6, 10], 20);
        assert_eq!(batches.len(), 2, "one batch for each frame");
        assert_eq!(batches[0].slabs.len(), 3, "two rows at a time");
    }

    #[test]
    fn a_part_is_cut_into_its_own_frames() {
        let slice = hutch_model::Slice::parse("[:, 3, ::2]").unwrap();
        let (slab, dropped) = slice.resolve(&[4, 6, 10]).unwrap();
        let batches = batches(&slab, &dropped, 10);
        assert_eq!(batches.len(), 1, "one sinogram is one frame");
        let first = &batches[0].slabs[0];
        assert_eq!(first.start, [0, 3, 0], "the row");
        assert_eq!(first.count, [2, 1, 5], "two lines of it at once");
        assert_eq!(first.step, [1, 1, 2], "every second sample");
        assert_eq!(batches[0].slabs[1].start, [2, 3, 0], "the next two");
    }

    #[test]
    fn halves_of_frames_are_frames_and_of_a_frame_its_lines() {
        let frames = Piece {
            slab: Slab::whole(&[5, 4, 4]),
            first_frame: 0,
            frame_count: 5,
        };
        let [low, high] = frames.halves().unwrap();
        assert_eq!((low.first_frame, low.frame_count), (0, 2), "two frames");
        assert_eq!((high.first_frame, high.frame_count), (2, 3), "and three");
        let one = Piece {
            slab: Slab::frame(&[5, 4, 4], 3),
            first_frame: 3,
            frame_count: 1,
        };
        let [low, high] = one.halves().unwrap();
        assert_eq!(low.slab.count, [1, 2, 4], "upper lines");
        assert_eq!(high.slab.start, [3, 2, 0], "lower lines");
        assert_eq!((high.first_frame, high.frame_count), (3, 1), "one frame");
    }
}
