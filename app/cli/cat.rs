//! `hutch cat`: exact values.

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use hutch_model::{
    Block, BlockState, Dataset, ElementType, Error, ErrorKind, Result, Samples, Slab, read_slab,
};
use serde_json::json;

use super::context::Context;
use super::out::{self, Out, written};
use super::pieces::pieces;
use super::values;
use crate::reconstruct::output::{PartFile, check_output};

/// Samples that are held at once, in bytes.
const PIECE_BYTES: u64 = 64 << 20;

/// What `hutch cat` takes. With `--json` it writes JSON.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A dataset and a part of it: URL::PATH or URL::PATH[0, 10:20, ::2].
    pub(super) url: String,
    /// Write a .npy file: exact, for numpy.
    #[arg(long, conflicts_with = "csv")]
    npy: bool,
    /// Write lines of values with commas between them; the default.
    #[arg(long)]
    csv: bool,
    /// Write into a file, which appears when all of it is there.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Npy,
    Csv,
    Json,
}

/// What is read: a part of a dataset, and the shape without dropped axes.
struct Part<'a> {
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
    let dataset = context.dataset(&open)?;
    let (slab, dropped) = open.address.slice.resolve(&dataset.info().shape)?;
    let shape = slab
        .count
        .iter()
        .zip(&dropped)
        .filter_map(|(&count, &is_dropped)| (!is_dropped).then_some(count))
        .collect();
    if let Some(path) = &options.output {
        check_output(&context.sites, Some(&open.address.place), path)?;
    }
    let part = Part {
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
    file.finish()?;
    out::note(format!("wrote \"{}\"", path.display()));
    Ok(())
}

fn write_part(context: &Context, part: &Part<'_>, form: Form, out: &mut dyn Write) -> Result<()> {
    let element = &part.dataset.info().element;
    let mut nesting = Nesting::new(&part.shape);
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
            Form::Csv => push(rows(&block.samples, &mut nesting).as_bytes())?,
            Form::Json => push(nested(&block.samples, &mut nesting).as_bytes())?,
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
fn nested(samples: &Samples, nesting: &mut Nesting) -> String {
    let mut text = String::new();
    for index in 0..samples.len() {
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

/// The nested lists of a shape without samples.
fn empty(shape: &[u64]) -> String {
    match shape {
        [] | [0, ..] => "[]".to_owned(),
        [count, rest @ ..] => {
            let inner = empty(rest);
            let count = usize::try_from(*count).unwrap_or(0);
            format!("[{}]", vec![inner; count].join(","))
        }
    }
}

/// Samples as lines: the fastest axis is a line, of one axis each value is.
fn rows(samples: &Samples, nesting: &mut Nesting) -> String {
    let width = match nesting.shape.as_slice() {
        [] | [_] => 1,
        [.., width] => *width,
    };
    let mut text = String::new();
    for index in 0..samples.len() {
        values::push_cell(samples, index, &mut text);
        nesting.position += 1;
        text.push(if nesting.position.is_multiple_of(width.max(1)) {
            '\n'
        } else {
            ','
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_continue_over_pieces() {
        let mut nesting = Nesting::new(&[2, 2, 3]);
        let text: String = [0..5u8, 5..6, 6..12]
            .into_iter()
            .map(|run| nested(&Samples::U8(run.collect()), &mut nesting))
            .collect();
        assert_eq!(
            text, "[[[0,1,2],[3,4,5]],[[6,7,8],[9,10,11]]]",
            "one list of lists"
        );
    }

    #[test]
    fn a_scalar_is_no_list_and_an_empty_one_is_kept() {
        let mut nesting = Nesting::new(&[]);
        assert_eq!(nested(&Samples::U8(vec![7]), &mut nesting), "7", "a scalar");
        assert_eq!(empty(&[0, 3]), "[]", "no rows");
        assert_eq!(empty(&[2, 0]), "[[],[]]", "rows without values");
    }

    #[test]
    fn the_fastest_axis_is_a_line() {
        let mut nesting = Nesting::new(&[2, 2]);
        let text = rows(&Samples::I16(vec![1, -2, 3, 4]), &mut nesting);
        assert_eq!(text, "1,-2\n3,4\n", "two lines");
        let mut nesting = Nesting::new(&[3]);
        assert_eq!(
            rows(&Samples::U8(vec![1, 2, 3]), &mut nesting),
            "1\n2\n3\n",
            "one a line"
        );
    }
}
