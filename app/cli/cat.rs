//! `hutch cat`: exact values.

use std::io::{IsTerminal as _, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use hutch_model::{
    Block, BlockState, Dataset, ElementType, Error, ErrorKind, Result, Samples, Slab, read_slab,
};
use serde_json::json;

use super::axis_order::AxisOrder;
use super::columns::{Columns, EnumNames};
use super::context::{Context, OpenAddress};
use super::convert::describe;
use super::existing::{Content, check_existing, tell_ending};
use super::fields::{self, Named};
use super::opened::check_sources;
use super::out::{self, Out, written};
use super::pieces::pieces;
use super::values;
use crate::reconstruct::output::{PartFile, check_named};

/// Samples that are held at once, in bytes.
const PIECE_BYTES: u64 = 64 << 20;
/// Samples that become text at once.
const TEXT_SAMPLES: usize = 1 << 14;

/// What `hutch cat` takes. With `--json` it writes JSON.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A dataset and a part of it: URL, URL::PATH or URL::PATH[0, 10:20, ::2].
    pub(super) url: String,
    /// Write a .npy file: exact, for numpy.
    #[arg(long, conflicts_with = "csv")]
    npy: bool,
    /// Write lines of values with commas between them; the default.
    #[arg(long)]
    csv: bool,
    /// Take the axes in another order, as numpy.transpose: 2,0,1; a slice is of the axes in that order.
    #[arg(long, value_name = "AXES")]
    axes: Option<AxisOrder>,
    /// Correct frames by a dark field, a dataset as URL::PATH; of a stack the mean of its frames is taken.
    #[arg(long, value_name = "URL::PATH")]
    dark: Option<String>,
    /// The same by a flat field: what the detector sees without a sample.
    #[arg(long, value_name = "URL::PATH")]
    flat: Option<String>,
    /// Write into a file, which appears when all of it is there.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace a file that exists, also where it is no text of the same ending.
    #[arg(long)]
    overwrite: bool,
}

impl Options {
    /// A part of a dataset into a file of lines.
    pub(super) fn lines(
        url: &str,
        order: Option<&[usize]>,
        [dark, flat]: Named<'_>,
        output: &Path,
    ) -> Self {
        Self {
            url: url.to_owned(),
            npy: false,
            csv: true,
            axes: order.map(|order| AxisOrder(order.to_vec())),
            dark: dark.map(str::to_owned),
            flat: flat.map(str::to_owned),
            output: Some(output.to_owned()),
            overwrite: false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Npy,
    Csv,
    Json,
}

impl Form {
    const fn content(self) -> Content {
        match self {
            Self::Npy => Content::Npy,
            Self::Csv => Content::Lines,
            Self::Json => Content::Json,
        }
    }
}

/// What is read: a part of a dataset, and the shape without dropped axes.
struct Part<'a> {
    open: &'a OpenAddress,
    dataset: &'a dyn Dataset,
    slab: Slab,
    shape: Vec<u64>,
}

/// Runs the command.
///
/// # Errors
/// Those of reading and writing; [`ErrorKind::Partial`] where samples are
/// missing at their source, so that they never pass for zeros.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let form = match options {
        Options { npy: true, .. } => Form::Npy,
        Options { csv: true, .. } => Form::Csv,
        _ if context.wants_json => Form::Json,
        _ => Form::Csv,
    };
    let open = context.open(&options.url)?;
    let (mut signal, (slab, dropped)) =
        describe::part_in_order(context, &open, options.axes.as_ref())?;
    let named = [options.dark.as_deref(), options.flat.as_deref()];
    fields::correct(context, named, &mut signal, options.output.as_deref())?;
    let dataset = signal.data;
    let shape = slab
        .count
        .iter()
        .zip(&dropped)
        .filter_map(|(&count, &is_dropped)| (!is_dropped).then_some(count))
        .collect();
    if let Some(path) = &options.output {
        check_named(&context.sites, Some(&open.address.place), path)?;
        let what = (dataset.as_ref(), &slab);
        check_sources(context, &open.opened, what, std::slice::from_ref(path))?;
        check_existing(path, form.content(), options.overwrite)?;
        tell_ending(path, form.content());
    }
    let part = Part {
        open: &open,
        dataset: dataset.as_ref(),
        slab,
        shape,
    };
    match &options.output {
        Some(path) => to_file(context, &part, form, path),
        None if form == Form::Npy && std::io::stdout().is_terminal() => Err(Error::new(
            ErrorKind::Usage,
            "write a .npy file",
            "not to a terminal; name a file with -o, or redirect the output",
        )),
        None => {
            let mut out = Out::new();
            write_part(context, &part, form, &mut out)?;
            out.finish()
        }
    }
}

/// Writes beside the file, then gives it its name.
fn to_file(context: &Context, part: &Part<'_>, form: Form, path: &Path) -> Result<()> {
    let mut writer = std::io::BufWriter::with_capacity(1 << 20, PartFile::create(path)?);
    write_part(context, part, form, &mut writer)?;
    let file = writer
        .into_inner()
        .map_err(|error| written(error.error()))?;
    part.open.opened.check(part.dataset, path)?;
    file.finish()?;
    out::note(format!("wrote \"{}\"", path.display()));
    Ok(())
}

fn write_part(context: &Context, part: &Part<'_>, form: Form, out: &mut dyn Write) -> Result<()> {
    let element = &part.dataset.info().element;
    let mut nesting = Nesting::new(&part.shape);
    let mut csv = Csv::new(&part.shape, &part.dataset.info().stored);
    let mut push = |bytes: &[u8]| out.write_all(bytes).map_err(|error| written(&error));
    match form {
        Form::Npy => push(&hutch_formats::write::npy_header(element, &part.shape)?)?,
        Form::Csv => {}
        Form::Json => {
            let head = json!({
                "schema": "hutch.cat/1",
                "path": part.dataset.origin().to_string(),
                "dtype": element.to_string(),
                "shape": part.shape,
            });
            // The object stays open for the values, which may be more than memory.
            let head = head.to_string();
            push(head.trim_end_matches('}').as_bytes())?;
            push(b",\"values\":")?;
        }
    }
    for piece in pieces(&part.slab, PIECE_BYTES / sample_bytes(element)) {
        context.cancel.check()?;
        let block = context
            .pools
            .wait(read_slab(part.dataset, &piece, &context.cancel))?;
        check_state(part.dataset, &block)?;
        match form {
            Form::Npy => push(block.samples.bytes())?,
            Form::Csv | Form::Json => {
                let count = block.samples.len();
                for start in (0..count).step_by(TEXT_SAMPLES) {
                    context.cancel.check()?;
                    let run = start..count.min(start + TEXT_SAMPLES);
                    let text = match form {
                        Form::Csv => csv.lines(&block.samples, run, element),
                        _ => nested(&block.samples, run, &mut nesting),
                    };
                    push(text.as_bytes())?;
                }
            }
        }
    }
    if form == Form::Json {
        if part.shape.contains(&0) {
            push(empty(&part.shape).as_bytes())?;
        }
        push(b"}\n")?;
    }
    Ok(())
}

fn sample_bytes(element: &ElementType) -> u64 {
    element.size_bytes().map_or(64, |size| size as u64)
}

fn check_state(dataset: &dyn Dataset, block: &Block) -> Result<()> {
    let tried = format!("read \"{}\"", dataset.origin());
    match &block.state {
        BlockState::Present | BlockState::Fill => Ok(()),
        BlockState::Missing(why) => Err(Error::new(
            ErrorKind::Partial,
            tried,
            format!("some samples are missing at their source: {why}"),
        )),
        BlockState::Torn => Err(Error::new(
            ErrorKind::Integrity,
            tried,
            "the file changed while it was read",
        )),
    }
}

/// Where the next sample stands in nested lists.
struct Nesting {
    shape: Vec<u64>,
    position: u64,
}

impl Nesting {
    fn new(shape: &[u64]) -> Self {
        Self {
            shape: shape.to_vec(),
            position: 0,
        }
    }

    /// How many lists begin with the sample at a position.
    fn begins(&self, position: u64) -> usize {
        let mut count = 0;
        let mut size = 1u64;
        for &axis in self.shape.iter().rev() {
            size = size.saturating_mul(axis);
            count += usize::from(position.is_multiple_of(size));
        }
        count
    }
}

/// Samples as nested JSON lists, to be continued.
fn nested(samples: &Samples, run: Range<usize>, nesting: &mut Nesting) -> String {
    let mut text = String::new();
    for index in run {
        let begins = nesting.begins(nesting.position);
        if nesting.position > 0 {
            text.push(',');
        }
        text.extend(std::iter::repeat_n('[', begins));
        values::push_sample(samples, index, &mut text);
        nesting.position += 1;
        text.extend(std::iter::repeat_n(']', nesting.begins(nesting.position)));
    }
    text
}

/// The nested lists of a shape without samples; beyond some lists only the
/// outermost, since the shape says it all.
fn empty(shape: &[u64]) -> String {
    const LISTS_MAX: u64 = 1 << 20;
    match shape {
        [] | [0, ..] => "[]".to_owned(),
        [count, rest @ ..] => {
            let all = shape.iter().take_while(|&&size| size > 0);
            if all.fold(1, |lists: u64, size| lists.saturating_mul(*size)) > LISTS_MAX {
                return "[]".to_owned();
            }
            let inner = empty(rest);
            let count = usize::try_from(*count).unwrap_or(0);
            format!("[{}]", vec![inner; count].join(","))
        }
    }
}

/// Samples as lines: the fastest axis is a line, of one axis each value is; of
/// records each is a line of columns, below their names.
struct Csv {
    /// Values on a line.
    width: u64,
    position: u64,
    columns: Option<Columns>,
    names: EnumNames,
}

impl Csv {
    /// For a type in words as it is stored.
    fn new(shape: &[u64], stored: &str) -> Self {
        let width = match shape {
            [] | [_] => 1,
            [.., width] => (*width).max(1),
        };
        Self {
            width,
            position: 0,
            columns: None,
            names: EnumNames::of(stored),
        }
    }

    fn lines(&mut self, samples: &Samples, run: Range<usize>, element: &ElementType) -> String {
        let mut text = String::new();
        if let (0, Samples::Values(records)) = (self.position, samples) {
            let of = |first| Columns::of(first, &element.to_string());
            self.columns = records.first().and_then(of);
            text.extend(self.columns.as_ref().map(Columns::head));
        }
        if let (Some(columns), Samples::Values(records)) = (&self.columns, samples) {
            self.position += run.len() as u64;
            for record in records.get(run).unwrap_or_default() {
                columns.push_line(record, &mut text);
            }
            return text;
        }
        for index in run {
            self.push_cell(samples, index, &mut text);
            self.position += 1;
            let is_last = self.position.is_multiple_of(self.width);
            text.push(if is_last { '\n' } else { ',' });
        }
        text
    }

    fn push_cell(&self, samples: &Samples, index: usize, into: &mut String) {
        if !self.names.is_empty() && samples.element().is_integer() {
            let value = samples.get_text(index).parse();
            if let Some(name) = value.ok().and_then(|value| self.names.name(value)) {
                return values::push_quoted(name, into);
            }
        }
        values::push_cell(samples, index, into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_continue_over_pieces() {
        let mut nesting = Nesting::new(&[2, 2, 3]);
        let samples = Samples::U8((0..12).collect());
        let text: String = [0..5, 5..6, 6..12]
            .into_iter()
            .map(|run| nested(&samples, run, &mut nesting))
            .collect();
        assert_eq!(
            text, "[[[0,1,2],[3,4,5]],[[6,7,8],[9,10,11]]]",
            "one list of lists"
        );
    }

    #[test]
    fn a_scalar_is_no_list_and_an_empty_one_is_kept() {
        let mut nesting = Nesting::new(&[]);
        assert_eq!(
            nested(&Samples::U8(vec![7]), 0..1, &mut nesting),
            "7",
            "a scalar"
        );
        assert_eq!(empty(&[0, 3]), "[]", "no rows");
        assert_eq!(empty(&[2, 0]), "[[],[]]", "rows without values");
        assert_eq!(empty(&[1 << 60, 0]), "[]", "too many to tell");
    }

    #[test]
    fn the_fastest_axis_is_a_line() {
        let text = Csv::new(&[2, 2], "int16").lines(
            &Samples::I16(vec![1, -2, 3, 4]),
            0..4,
            &ElementType::I16,
        );
        assert_eq!(text, "1,-2\n3,4\n", "two lines");
        assert_eq!(
            Csv::new(&[3], "uint8").lines(&Samples::U8(vec![1, 2, 3]), 0..3, &ElementType::U8),
            "1\n2\n3\n",
            "one a line"
        );
    }
}
