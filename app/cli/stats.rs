//! `hutch stats`: numbers over every frame.

pub(super) mod mask;
mod reduced;
mod table;

use std::sync::Arc;

use hutch_analysis::reduce::{Percentiles, Statistics};
use hutch_model::{Dataset, Error, ErrorKind, Progress, Result, Signal, Slab};
use parking_lot::Mutex;

use super::context::Context;
use super::convert::describe;
use super::cut::Cut;
use super::reconstruct::ProgressLine;
use super::stream::Stream;
use mask::Mask;
use reduced::{Reduced, Reducer, Rules};
use table::Table;

/// Samples of a piece, in bytes; more where a chunk is larger.
const PIECE_BYTES: u64 = 16 << 20;
/// A chunk that is larger is decoded more than once.
const CHUNK_BYTES: u64 = 512 << 20;
/// Percentiles that are told of all samples.
const PERCENTS: [f64; 7] = [0.1, 1.0, 5.0, 50.0, 95.0, 99.0, 99.9];

/// What `hutch stats` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A dataset or a part of it: URL, URL::PATH or URL::PATH[SLICE].
    pub(super) url: String,
    /// Percentiles, of each frame as well, as 1,50,99.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = percent)]
    percentiles: Vec<f64>,
    /// Count every sample: also those that the file masks, and values that mean no data.
    #[arg(long)]
    unmasked: bool,
}

/// Runs the command.
///
/// # Errors
/// Those of reading; [`ErrorKind::Unsupported`] for text; [`ErrorKind::Partial`]
/// after the numbers where samples are missing at their source.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let open = context.open(&options.url)?;
    let (signal, part) = describe::part(context, &open)?;
    let dataset = Arc::clone(&signal.data);
    if !dataset.info().element.is_numeric() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("reduce \"{}\"", dataset.origin()),
            format!("its elements are {}, not numbers", dataset.info().element),
        ));
    }
    let cut = cut_of(dataset.as_ref(), part);
    let reducer = reducer(context, &signal, options);
    let mut table = Table::begin(
        &dataset.origin().to_string(),
        options,
        reducer.mask.path(),
        context.wants_json,
    )?;
    let all = reduce(&reducer, &dataset, &cut, &mut table)?;
    table.finish(&all, &reducer.percentiles())?;
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

fn cut_of(dataset: &dyn Dataset, (slab, dropped): (Slab, Vec<bool>)) -> Cut {
    let info = dataset.info();
    let size = info.element.size_bytes().unwrap_or(1) as u64;
    let chunk = info.chunk_shape.as_deref();
    let chunk_bytes = chunk.map_or(0, |chunk| {
        chunk
            .iter()
            .fold(size, |bytes, axis| bytes.saturating_mul(*axis))
    });
    let limit = chunk_bytes.clamp(PIECE_BYTES, CHUNK_BYTES) / size;
    Cut::new(&slab, &dropped, chunk, limit)
}

fn reducer<'a>(context: &'a Context, signal: &'a Signal, options: &Options) -> Reducer<'a> {
    Reducer {
        context,
        dataset: signal.data.as_ref(),
        mask: if options.unmasked {
            Mask::default()
        } else {
            Mask::of(signal)
        },
        rules: Rules {
            counts_sentinels: options.unmasked,
            saturation: signal.saturation,
            of_each_frame: !options.percentiles.is_empty(),
        },
        percentiles: Mutex::new(Vec::new()),
    }
}

/// Reads everything, tells every frame, and gives what is known of all.
fn reduce(
    reducer: &Reducer<'_>,
    dataset: &Arc<dyn Dataset>,
    cut: &Cut,
    table: &mut Table,
) -> Result<Reduced> {
    let progress = Progress::new();
    let stream = Stream {
        context: reducer.context,
        dataset,
        cut,
        progress: &progress,
    };
    let mut all = Reduced::default();
    let line = ProgressLine::new();
    line.while_shown(&progress, || {
        line.tell("reducing");
        let mut frame = Statistics::default();
        let mut counts = Percentiles::new();
        stream.run(
            |piece, decoded| reducer.reduce(piece, &decoded),
            |piece, mut reduced| {
                all.add(&reduced);
                reduced
                    .counts
                    .resize_with(reduced.frames.len(), Percentiles::new);
                for (part, some) in reduced.frames.iter().zip(&reduced.counts) {
                    frame = frame.merge(part);
                    counts.merge(some);
                    // A frame that is read in bands is told after its last.
                    if piece.first_row + piece.rows == cut.height() {
                        table.frame(&std::mem::take(&mut frame), &std::mem::take(&mut counts))?;
                    }
                }
                Ok(())
            },
        )
    })?;
    Ok(all)
}

fn percent(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.trim().parse().ok();
    number
        .filter(|number| (0.0..=100.0).contains(number))
        .ok_or_else(|| "expected numbers from 0 to 100 with commas between them".to_owned())
}
