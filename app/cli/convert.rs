//! `hutch convert`: a part of a dataset as a file of another format.

pub(super) mod describe;
mod target;

use std::path::PathBuf;
use std::sync::Arc;

use hutch_formats::write::{Band, Compression, Pyramid, Sink, Stack, can_cast, cast};
use hutch_model::{
    BlockState, Dataset, ElementType, Error, ErrorKind, Progress, Result, Samples, Slab,
};
use hutch_viewers::numbers;
use serde_json::json;

use super::axis_order::AxisOrder;
use super::context::Context;
use super::cut::{Cut, Piece};
use super::existing::tell_ending;
use super::fields::{self, Named};
use super::opened::{Opened, check_sources};
use super::out::Out;
use super::reconstruct::ProgressLine;
use super::stream::{Decoded, Stream};
use target::{Form, Target};

/// Samples of a piece, in bytes; more where a chunk of the source is larger.
const PIECE_BYTES: u64 = 32 << 20;
/// A chunk of the source that is larger is decoded more than once.
const CHUNK_BYTES: u64 = 512 << 20;

/// What `hutch convert` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// What to convert: URL, URL::PATH or URL::PATH[SLICE]; the default plot of a file.
    pub(super) url: String,
    /// The new file; NAME_%05d.tif makes a file for each frame.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Its format; told from its name by default.
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// Another type of numbers, as uint16 or float32; a sample that it does not hold ends the work.
    #[arg(long, value_name = "TYPE", value_parser = element)]
    dtype: Option<ElementType>,
    /// none, deflate, or deflate:LEVEL; by default deflate:4 for hdf5 and zarr.
    #[arg(long, value_name = "HOW", value_parser = compression)]
    compress: Option<Compression>,
    /// What the smaller copies of zarr are made of.
    #[arg(long, value_enum, default_value_t = Smaller::Mean)]
    pyramid: Smaller,
    /// Take the axes in another order, as numpy.transpose: 2,0,1; a slice is of the axes in that order.
    #[arg(long, value_name = "AXES")]
    axes: Option<AxisOrder>,
    /// Correct the frames by a dark field, a dataset as URL::PATH; of a stack the mean of its frames is taken.
    #[arg(long, value_name = "URL::PATH")]
    dark: Option<String>,
    /// The same by a flat field: what the detector sees without a sample.
    #[arg(long, value_name = "URL::PATH")]
    flat: Option<String>,
    /// Replace a file that exists.
    #[arg(long)]
    overwrite: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Smaller {
    None,
    Mean,
    Max,
}

impl From<Smaller> for Pyramid {
    fn from(smaller: Smaller) -> Self {
        match smaller {
            Smaller::None => Self::None,
            Smaller::Mean => Self::Mean,
            Smaller::Max => Self::Max,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// Those of reading and writing; [`ErrorKind::Usage`] for what the format does
/// not hold, and for a file that exists; [`ErrorKind::Partial`] where samples
/// are missing at their source, so that they never pass for zeros;
/// [`ErrorKind::Cancelled`] after Ctrl-C. Nothing half written stays.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let saved = convert(context, options, &Progress::new())?;
    let mut out = Out::new();
    if context.wants_json {
        out.json(&json!({
            "schema": "hutch.convert/1",
            "source": saved.source,
            "path": options.output,
            "format": saved.form.name(),
            "shape": saved.shape,
            "dtype": saved.element.to_string(),
            "bytes": saved.size_bytes,
        }))?;
    } else {
        let axes: Vec<String> = saved.shape.iter().map(u64::to_string).collect();
        let size = if axes.is_empty() {
            "one value".to_owned()
        } else {
            axes.join(" x ")
        };
        let output = options.output.display();
        out.line(format!("{output}: {size} of {}", saved.element))?;
    }
    out.finish()
}

/// What was written.
#[derive(Debug)]
struct Saved {
    source: String,
    form: Form,
    shape: Vec<u64>,
    element: ElementType,
    size_bytes: u64,
}

impl Options {
    /// A part of a dataset into a file whose name tells the format, with the usual choices.
    pub(super) fn usual(
        url: &str,
        order: Option<&[usize]>,
        [dark, flat]: Named<'_>,
        output: &std::path::Path,
    ) -> Self {
        Self {
            url: url.to_owned(),
            output: output.to_owned(),
            format: None,
            dtype: None,
            compress: None,
            pyramid: Smaller::Mean,
            axes: order.map(|order| AxisOrder(order.to_vec())),
            dark: dark.map(str::to_owned),
            flat: flat.map(str::to_owned),
            overwrite: false,
        }
    }
}

/// Writes without telling, as the window does.
///
/// # Errors
/// Those of [`run`].
pub(super) fn write(context: &Context, options: &Options, progress: &Progress) -> Result<()> {
    convert(context, options, progress).map(drop)
}

fn convert(context: &Context, options: &Options, progress: &Progress) -> Result<Saved> {
    let form = target::form(&options.output, options.format)?;
    let open = context.open(&options.url)?;
    let (stored, (part, dropped)) = describe::part_in_order(context, &open, options.axes.as_ref())?;
    let named = [options.dark.as_deref(), options.flat.as_deref()];
    let mut signal = stored.clone();
    fields::correct(context, named, &mut signal, Some(&options.output))?;
    let dataset = Arc::clone(&signal.data);
    let info = dataset.info();
    let element = options
        .dtype
        .clone()
        .unwrap_or_else(|| info.element.clone());
    check_types(dataset.as_ref(), &element)?;
    let cut = cut_of(dataset.as_ref(), &part, &dropped);
    // Axes and pixel sizes lie beside the stored data.
    let stack = describe::stack(context, &open, &stored, (&part, &dropped), &element)?;
    let stack = if named == [None; 2] {
        stack
    } else {
        Stack {
            unit: signal.unit.clone(),
            source: dataset.origin().to_string(),
            sentinels: Vec::new(),
            ..stack
        }
    };
    let compression = options.compress.unwrap_or(match form {
        Form::Hdf5 | Form::Zarr => Compression::Deflate(4),
        Form::Npy | Form::Tiff => Compression::None,
    });
    let size_bytes = stack.size_bytes()?;
    let target = Target {
        form,
        compression,
        pyramid: options.pyramid.into(),
        may_replace: options.overwrite,
    };
    target.check(context, &open.address.place, &options.output, &stack)?;
    let outputs = target.outputs(&options.output, &stack);
    check_sources(context, &open.opened, (dataset.as_ref(), &part), &outputs)?;
    tell_ending(&options.output, form.content());
    let line = ProgressLine::new();
    line.while_shown(progress, || {
        line.tell(&format!("converting {}", numbers::bytes(size_bytes)));
        let work = Work {
            context,
            opened: &open.opened,
            dataset: &dataset,
            cut: &cut,
            progress,
        };
        target.write(&options.output, &stack, &work)
    })?;
    Ok(Saved {
        source: dataset.origin().to_string(),
        form,
        shape: stack.shape,
        element,
        size_bytes,
    })
}

/// What a target reads from.
#[derive(Clone, Copy)]
struct Work<'a> {
    context: &'a Context,
    opened: &'a Opened,
    dataset: &'a Arc<dyn Dataset>,
    cut: &'a Cut,
    progress: &'a Progress,
}

impl Work<'_> {
    /// Brings all samples to a sink.
    fn fill(&self, sink: &dyn Sink, stack: &Stack) -> Result<()> {
        let cut = if sink.band_rows() >= stack.height() {
            self.cut.clone().in_frames()
        } else {
            self.cut.clone().in_bands(sink.band_rows())
        };
        self.each_band(&cut, &stack.element, |band, bytes| sink.write(band, bytes))
    }

    /// Whether files may still be replaced, now that everything was read.
    fn check(&self, outputs: &[PathBuf]) -> Result<()> {
        let check = |path: &PathBuf| self.opened.check(self.dataset.as_ref(), path);
        let mut existing = outputs.iter().filter(|path| path.exists());
        existing.try_for_each(check)
    }

    /// Brings every frame, or rows of one, with its bytes.
    fn each_band(
        &self,
        cut: &Cut,
        element: &ElementType,
        write: impl Fn(Band, &[u8]) -> Result<()> + Sync,
    ) -> Result<()> {
        let stream = Stream {
            context: self.context,
            dataset: self.dataset,
            cut,
            progress: self.progress,
        };
        let work = |piece: &Piece, decoded: Decoded<'_>| {
            let samples = decoded.samples;
            check_state(self.dataset.as_ref(), &decoded.state)?;
            let is_other = samples.element() != *element;
            let other = if is_other {
                let stored = std::mem::replace(samples, Samples::U8(Vec::new()));
                Some(cast(stored, element)?)
            } else {
                None
            };
            let bytes = little_endian(other.as_ref().unwrap_or(samples));
            let count = usize::try_from(piece.frame_count)
                .unwrap_or(usize::MAX)
                .max(1);
            for (frame, bytes) in
                (piece.first_frame..).zip(bytes.chunks((bytes.len() / count).max(1)))
            {
                self.context.cancel.check()?;
                let band = Band {
                    frame,
                    first_row: piece.first_row,
                    rows: piece.rows,
                };
                write(band, bytes)?;
            }
            Ok(())
        };
        stream.run(work, |_, ()| Ok(()))
    }
}

/// The bytes of samples in little-endian order.
#[cfg(target_endian = "little")]
fn little_endian(samples: &Samples) -> &[u8] {
    samples.bytes()
}

fn check_state(dataset: &dyn Dataset, state: &BlockState) -> Result<()> {
    let BlockState::Missing(why) = state else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::Partial,
        format!("convert \"{}\"", dataset.origin()),
        format!("some samples are missing at their source: {why}"),
    ))
}

fn check_types(dataset: &dyn Dataset, to: &ElementType) -> Result<()> {
    let from = &dataset.info().element;
    let tried = || format!("convert \"{}\"", dataset.origin());
    if !from.is_numeric() {
        let why =
            format!("its elements are {from}, not numbers; `hutch cat` writes --csv and --json");
        return Err(Error::new(ErrorKind::Usage, tried(), why));
    }
    if from != to && !can_cast(from, to) {
        let why = format!("{from} does not become {to}");
        return Err(Error::new(ErrorKind::Usage, tried(), why));
    }
    Ok(())
}

fn cut_of(dataset: &dyn Dataset, part: &Slab, dropped: &[bool]) -> Cut {
    let info = dataset.info();
    let size = info.element.size_bytes().unwrap_or(1) as u64;
    let chunk = info.chunk_shape.as_deref();
    let chunk_bytes = chunk.map_or(0, |chunk| {
        chunk
            .iter()
            .fold(size, |bytes, axis| bytes.saturating_mul(*axis))
    });
    let limit = chunk_bytes.clamp(PIECE_BYTES, CHUNK_BYTES) / size;
    Cut::new(part, dropped, chunk, limit)
}

fn element(name: &str) -> Result<ElementType, String> {
    use ElementType as E;
    let known = [
        E::U8,
        E::U16,
        E::U32,
        E::U64,
        E::I8,
        E::I16,
        E::I32,
        E::I64,
        E::F16,
        E::F32,
        E::F64,
        E::Complex64,
        E::Complex128,
    ];
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    let at = names.iter().position(|known| known == name);
    at.and_then(|at| known.get(at).cloned())
        .ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

fn compression(text: &str) -> Result<Compression, String> {
    let level = match text.split_once(':') {
        None if text == "none" => return Ok(Compression::None),
        None if text == "deflate" => Some(4),
        Some(("deflate", level)) => level.parse().ok().filter(|level| (1..=9).contains(level)),
        _ => None,
    };
    level
        .map(Compression::Deflate)
        .ok_or_else(|| "expected none, deflate, or deflate:1 to deflate:9".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_compressions_are_named_as_numpy_and_zlib_do() {
        assert_eq!(element("uint16"), Ok(ElementType::U16), "numpy's name");
        assert!(element("text").is_err(), "no number");
        assert_eq!(
            compression("deflate:9"),
            Ok(Compression::Deflate(9)),
            "a level"
        );
        assert_eq!(compression("none"), Ok(Compression::None), "none");
        assert!(compression("deflate:0").is_err(), "no such level");
        assert!(compression("lz4").is_err(), "not known");
    }
}
