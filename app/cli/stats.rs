//! `hutch stats`: numbers over every frame.

use hutch_analysis::reduce::{Options as Reduction, Percentiles, Statistics, frame_statistics};
use hutch_model::{Block, BlockState, Dataset, Error, ErrorKind, Result, Samples, Slab, read_slab};
use hutch_viewers::prepared::{saturation, sentinels};
use rayon::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::context::Context;
use super::out::{Out, note};
use super::pieces::pieces;
use super::values;

/// Samples that are held at once, in bytes.
const BATCH_BYTES: u64 = 64 << 20;
/// Percentiles that are told.
const PERCENTS: [f64; 7] = [0.1, 1.0, 5.0, 50.0, 95.0, 99.0, 99.9];

/// What `hutch stats` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A dataset: URL::PATH.
    pub(super) url: String,
}

/// Runs the command.
///
/// # Errors
/// Those of reading; [`ErrorKind::Unsupported`] for text.
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
    let mut all = Reduced::default();
    let mut out = Out::new();
    if context.wants_json {
        let head = json!({"schema": "hutch.stats/1", "path": dataset.origin().to_string()});
        let head = head.to_string();
        out.line(format!("{},\"frames\":[", head.trim_end_matches('}')))?;
    } else {
        out.line("frame\tcount\tmin\tmax\tmean\tsigma\tsum\tmasked\tsaturated")?;
    }
    let mut index = 0;
    for batch in batches(
        &info.shape,
        BATCH_BYTES / info.element.size_bytes().map_or(1, |size| size as u64),
    ) {
        let reduced = reduce_batch(context, dataset.as_ref(), &batch)?;
        for frame in &reduced.frames {
            if context.wants_json {
                let mut line = statistics(frame);
                line.insert("index".to_owned(), json!(index));
                let comma = if index > 0 { "," } else { "" };
                out.line(format!("{comma}{}", Json::Object(line)))?;
            } else {
                out.line(row(&index.to_string(), frame))?;
            }
            index += 1;
        }
        all.take(&reduced);
    }
    finish(out, &all, context.wants_json)
}

fn finish(mut out: Out, all: &Reduced, wants_json: bool) -> Result<()> {
    if wants_json {
        let mut line = statistics(&all.total);
        line.insert("percentiles".to_owned(), percentiles(&all.percentiles));
        line.insert(
            "percentiles_are_exact".to_owned(),
            json!(all.percentiles.is_exact()),
        );
        out.line(format!("],\"all\":{}}}", Json::Object(line)))?;
    } else {
        out.line(row("all", &all.total))?;
        for percent in PERCENTS {
            let value = all.percentiles.value(percent).unwrap_or(f64::NAN);
            out.line(format!("percentile {percent}\t{value}"))?;
        }
    }
    if let Some(why) = &all.missing {
        note(format!(
            "some samples are missing at their source and do not count: {why}"
        ));
    }
    out.finish()
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
}

impl Reduced {
    fn take(&mut self, other: &Self) {
        self.total = self.total.merge(&other.total);
        self.percentiles.merge(&other.percentiles);
        self.missing = self.missing.take().or_else(|| other.missing.clone());
    }
}

/// Runs of whole frames along the axis before the image, or the pieces of one.
fn batches(shape: &[u64], limit: u64) -> Vec<Batch> {
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

fn reduce_batch(context: &Context, dataset: &dyn Dataset, batch: &Batch) -> Result<Reduced> {
    let mut reduced = Reduced::default();
    let mut of_one = Statistics::default();
    for slab in &batch.slabs {
        context.cancel.check()?;
        let block = context
            .pools
            .wait(read_slab(dataset, slab, &context.cancel))?;
        if block.state == BlockState::Torn {
            return Err(Error::new(
                ErrorKind::Integrity,
                format!("reduce \"{}\"", dataset.origin()),
                "the file changed while it was read",
            ));
        }
        if let BlockState::Missing(why) = &block.state {
            reduced.missing = Some(why.clone());
        }
        let frames = context
            .pools
            .install_batch(|| reduce_block(&block, batch.frame_count))?;
        for (statistics, percentiles) in frames {
            reduced.percentiles.merge(&percentiles);
            if batch.frame_count == 1 {
                of_one = of_one.merge(&statistics);
            } else {
                reduced.frames.push(statistics);
            }
        }
    }
    if batch.frame_count == 1 {
        reduced.frames.push(of_one);
    }
    for frame in &reduced.frames {
        reduced.total = reduced.total.merge(frame);
    }
    Ok(reduced)
}

fn reduce_block(block: &Block, frame_count: u64) -> Result<Vec<(Statistics, Percentiles)>> {
    let count = usize::try_from(frame_count).unwrap_or(1).max(1);
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
        let frames: Vec<u64> = batches(&[2, 5, 4, 4], 32)
            .iter()
            .map(|batch| batch.frame_count)
            .collect();
        assert_eq!(frames, [2, 2, 1, 2, 2, 1], "two frames of 16 fit at once");
    }

    #[test]
    fn a_frame_that_is_too_large_is_read_in_pieces() {
        let batches = batches(&[2, 6, 10], 20);
        assert_eq!(batches.len(), 2, "one batch for each frame");
        assert_eq!(batches[0].slabs.len(), 3, "two rows at a time");
    }
}
