//! A scan of text columns as a NeXus entry, as silx lays out SPEC and `.fio` files.

use std::collections::HashSet;
use std::sync::Arc;

use hutch_model::{Cancel, Result, Samples};

use super::fault::Fault;
use crate::images::container::{ImageContainer, attribute};
use crate::images::file::ImageFile;
use crate::memory::MemoryDataset;
use crate::nexus::is_counter;

/// Numbers that a scan may hold.
pub(super) const NUMBER_LIMIT: usize = 1 << 26;
/// Names that one list of columns or motors may have.
pub(super) const NAME_LIMIT: usize = 1 << 16;
/// Numbers up to this may stand for words that are not there.
const FREE_NUMBERS: usize = 1 << 20;
/// Beyond them, a line with one word in so many columns means harm.
const NUMBERS_PER_WORD: usize = 16;
/// Lines between two looks at the cancel mark.
const LINES_PER_CHECK: usize = 1024;

/// What the lines of a scan say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scan {
    pub(super) title: String,
    pub(super) start_time: String,
    pub(super) labels: Vec<String>,
    pub(super) rows: Rows,
    pub(super) motors: Vec<(String, f64)>,
    /// Spectra in the order of the file.
    pub(super) spectra: Vec<Vec<f64>>,
    pub(super) comments: String,
    pub(super) problems: Vec<String>,
}

/// The lines of numbers, column by column; all columns are of one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rows {
    pub(super) columns: Vec<Vec<f64>>,
    /// Numbers of the columns and of what was counted beside them.
    pub(super) numbers: usize,
    /// Lines with more or fewer words than there are columns.
    ragged: usize,
    /// Words that are no numbers.
    words: usize,
    /// Words of all lines.
    present: usize,
    lines: usize,
}

impl Rows {
    /// Adds a line; where there are no labels the first line says how many columns.
    ///
    /// A word that is no number, and one that is not there, is NaN.
    ///
    /// # Errors
    /// [`hutch_model::ErrorKind::Limit`] beyond 2^26 numbers, and where short
    /// lines would fill far more columns; and when cancelled.
    pub(super) fn add(&mut self, line: &str, label_count: usize, cancel: &Cancel) -> Result<()> {
        self.lines += 1;
        if self.lines.is_multiple_of(LINES_PER_CHECK) {
            cancel.check()?;
        }
        let word_count = line.split_whitespace().count();
        if self.columns.is_empty() {
            let width = if label_count == 0 {
                word_count
            } else {
                label_count
            };
            self.columns.resize(width.min(NAME_LIMIT), Vec::new());
        }
        self.count(self.columns.len())?;
        self.present = self.present.saturating_add(word_count);
        if self.numbers > FREE_NUMBERS && self.numbers / NUMBERS_PER_WORD > self.present {
            let why = "its lines have far fewer words than it has columns";
            return Err(Fault::limit(why).tried("read a scan"));
        }
        self.ragged += usize::from(word_count != self.columns.len());
        let mut words = line.split_whitespace();
        for column in &mut self.columns {
            let number = words.next().map(str::parse::<f64>);
            self.words += usize::from(matches!(number, Some(Err(_))));
            column.push(number.and_then(std::result::Result::ok).unwrap_or(f64::NAN));
        }
        Ok(())
    }

    /// Counts numbers that are about to be held.
    ///
    /// # Errors
    /// [`hutch_model::ErrorKind::Limit`] beyond 2^26 of them.
    pub(super) fn count(&mut self, more: usize) -> Result<()> {
        self.numbers = self.numbers.saturating_add(more);
        if self.numbers > NUMBER_LIMIT {
            let why = format!("it has more than {NUMBER_LIMIT} numbers");
            return Err(Fault::limit(why).tried("read a scan"));
        }
        Ok(())
    }
}

impl Scan {
    /// Names columns without a label, and says what did not fit.
    pub(super) fn finish(&mut self) {
        let count = self.rows.columns.len();
        if self.rows.ragged > 0 {
            self.problems.push(format!(
                "{} lines have not {count} numbers; what is missing is NaN, what is more left out",
                self.rows.ragged
            ));
        }
        if self.rows.words > 0 {
            self.problems.push(format!(
                "{} words are no numbers and became NaN",
                self.rows.words
            ));
        }
        if self.labels.is_empty() && count > 0 {
            self.problems.push("its columns have no labels".to_owned());
        }
        for index in self.labels.len()..count {
            self.labels.push(format!("column_{}", index + 1));
        }
        self.rows.columns.resize(self.labels.len(), Vec::new());
    }

    /// Adds the scan as an entry, `12.1`.
    pub(super) fn describe(self, tree: &mut Tree<'_>, key: &str) {
        let entry = format!("/{key}");
        tree.group(&entry, "NXentry");
        let texts = [
            ("title", &self.title),
            ("start_time", &self.start_time),
            ("comments", &self.comments),
        ];
        for (name, text) in texts {
            if !text.is_empty() || name == "title" {
                tree.add(
                    &format!("{entry}/{name}"),
                    &[],
                    Samples::Text(vec![text.clone()]),
                );
            }
        }
        tree.group(&format!("{entry}/instrument"), "NXinstrument");
        tree.group(&format!("{entry}/instrument/positioners"), "NXcollection");
        let measurement = format!("{entry}/measurement");
        tree.group(&measurement, "NXcollection");
        for problem in &self.problems {
            tree.container.add_problem(&measurement, problem.as_str());
        }
        self.describe_motors(tree, &entry);
        self.describe_spectra(tree, &entry);
        self.describe_columns(tree, &entry);
    }

    fn describe_motors(&self, tree: &mut Tree<'_>, entry: &str) {
        let mut used = HashSet::new();
        for (motor, position) in &self.motors {
            let path = format!(
                "{entry}/instrument/positioners/{}",
                unused(motor, &mut used)
            );
            // A motor that was scanned has a column.
            let column = self.labels.iter().position(|label| label == motor);
            match column.and_then(|index| self.rows.columns.get(index)) {
                Some(column) if !column.is_empty() => tree.column(&path, column),
                _ => tree.add(&path, &[], Samples::F64(vec![*position])),
            }
        }
    }

    /// The column that is plotted: the last, as SPEC has it, unless it is a clock or a monitor;
    /// then the first counter that varies, the first where none does.
    fn plotted(&self) -> Option<usize> {
        let last = self.labels.len().checked_sub(1)?;
        let is_counter = |index: &usize| {
            let label = self.labels.get(*index).map_or("", String::as_str);
            let is_motor = self.motors.iter().any(|(motor, _)| motor == label);
            *index > 0 && !is_motor && is_counter(label)
        };
        if is_counter(&last) {
            return Some(last);
        }
        let varies = |index: &usize| self.rows.columns.get(*index).is_some_and(|of| varies(of));
        let mut counters = (0..last).filter(is_counter);
        let varying = counters.clone().find(varies);
        Some(varying.or_else(|| counters.next()).unwrap_or(last))
    }

    /// The columns, and one of them over the first as what is plotted.
    fn describe_columns(&self, tree: &mut Tree<'_>, entry: &str) {
        let mut used = HashSet::new();
        let names: Vec<String> = self
            .labels
            .iter()
            .map(|label| unused(label, &mut used))
            .collect();
        for (name, column) in names.iter().zip(&self.rows.columns) {
            tree.column(&format!("{entry}/measurement/{name}"), column);
        }
        let plotted = self.plotted();
        let signal = plotted.and_then(|index| names.get(index));
        let (Some(first), Some(signal)) = (names.first(), signal) else {
            return;
        };
        let plot = format!("{entry}/plotselect");
        tree.group(&plot, "NXdata");
        tree.container
            .add_attributes(&plot, [attribute("signal", signal.as_str())]);
        if first != signal {
            tree.container
                .add_attributes(&plot, [attribute("axes", first.as_str())]);
        }
        let column = plotted.and_then(|index| self.rows.columns.get(index));
        let both = [self.rows.columns.first(), column];
        for (name, column) in [first, signal].into_iter().zip(both.into_iter().flatten()) {
            tree.column(&format!("{plot}/{name}"), column);
        }
    }

    /// Spectra as `[point, channel]`, one dataset for each detector.
    fn describe_spectra(&self, tree: &mut Tree<'_>, entry: &str) {
        let points = self.rows.columns.first().map_or(0, Vec::len).max(1);
        let detectors = match self.spectra.len() {
            0 => return,
            count => (count / points).clamp(1, NAME_LIMIT),
        };
        let mut total = 0u64;
        for detector in 0..detectors {
            let spectra = self.spectra.iter().skip(detector).step_by(detectors);
            let length = spectra.clone().next().map_or(0, Vec::len);
            let shape = [spectra.len() as u64, length as u64];
            // Spectra of another length than the first are cut or filled with NaN.
            let filled = spectra.flat_map(|spectrum| {
                let values = spectrum.iter().copied().chain(std::iter::repeat(f64::NAN));
                values.take(length)
            });
            // A long first spectrum must not make many short ones long.
            let path = format!("{entry}/measurement/mca_{detector}");
            tree.group(&path, "NXcollection");
            total = total.saturating_add(shape[0].saturating_mul(shape[1]));
            if total > NUMBER_LIMIT as u64 {
                tree.container
                    .add_problem(&path, "its spectra are too uneven to fill an image");
                continue;
            }
            let data = format!("{path}/data");
            tree.add(&data, &shape, Samples::F64(filled.collect()));
            tree.container
                .add_attributes(&data, [attribute("interpretation", "spectrum")]);
        }
    }
}

/// A container that is being filled with the datasets of a file.
pub(super) struct Tree<'a> {
    pub(super) file: &'a ImageFile,
    pub(super) container: ImageContainer,
}

impl Tree<'_> {
    fn group(&mut self, path: &str, class: &str) {
        self.container
            .add_attributes(path, [attribute("NX_class", class)]);
    }

    fn column(&mut self, path: &str, column: &[f64]) {
        self.add(path, &[column.len() as u64], Samples::F64(column.to_vec()));
    }

    fn add(&mut self, path: &str, shape: &[u64], samples: Samples) {
        let dataset = MemoryDataset::of_shape(self.file.origin(path), shape, samples);
        self.container.add_dataset(path, Arc::new(dataset));
    }
}

/// Whether a column has two numbers that differ.
fn varies(column: &[f64]) -> bool {
    let mut numbers = column.iter().filter(|number| number.is_finite());
    let first = numbers.next();
    first.is_some_and(|first| numbers.any(|number| (number - first).abs() > 0.0))
}

/// A name for a path: `/` becomes `%`, as in silx; a name that is there already gets
/// a number.
fn unused(label: &str, used: &mut HashSet<String>) -> String {
    let mut base = label.replace('/', "%");
    if matches!(base.as_str(), "" | "." | "..") {
        base.push('_');
    }
    let mut name = base.clone();
    let mut number = used.len();
    while !used.insert(name.clone()) {
        number += 1;
        name = format!("{base}_{number}");
    }
    name
}
