//! What curves are made of, and asking for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use hutch_model::{Axis, AxisKind, Block, Dataset, Scaling, ScanColumn, Signal, Slab};

use super::entry::{Entry, Source};
use crate::slow_axes::{indices, line_slab};
use crate::{Priority, Residence, Resident, Subject};

/// Words along an axis are read up to so many.
const WORDS_MAX: u64 = 4096;

/// What another address turned out to be.
#[derive(Debug)]
pub(super) enum Other {
    Here(Box<Subject>),
    /// Why it cannot be had.
    Failed(String),
}

/// What lies at other addresses, by address.
pub(super) type Others = BTreeMap<String, Other>;

/// One line of numbers as it is stored.
#[derive(Debug)]
pub(super) struct StoredLine {
    /// Which of the curves of the view it is.
    pub(super) entry: usize,
    pub(super) name: String,
    pub(super) data: Arc<Block>,
    pub(super) errors: Option<Arc<Block>>,
    pub(super) scaling: Scaling,
    pub(super) places: Option<Places>,
    pub(super) mask: Option<Arc<Block>>,
    /// What the line is divided by.
    pub(super) weights: Option<Arc<Block>>,
    pub(super) good: Option<[u64; 2]>,
}

/// The places of the points along the axis.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) values: Arc<Block>,
    pub(super) errors: Option<Arc<Block>>,
    pub(super) scaling: Scaling,
    pub(super) kind: AxisKind,
}

/// What one view of curves is made of.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) lines: Vec<StoredLine>,
    /// Names of the points of the first line, instead of places.
    pub(super) words: Option<Arc<Block>>,
    /// Which curves are not there, and why.
    pub(super) problems: Vec<(usize, String)>,
}

/// What a person chose to see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    /// Which line, counted over all slower axes.
    pub(super) line: u64,
    /// The name of the axis; the first one where it is empty.
    pub(super) axis: &'a str,
    pub(super) entries: &'a [Entry],
    pub(super) others: &'a Others,
}

/// The axis that the points lie along.
pub(super) fn chosen_axis<'a>(signal: &'a Signal, rank: usize, name: &str) -> Option<&'a Axis> {
    let last = rank.checked_sub(1)?;
    signal
        .choices(last)
        .find(|axis| axis.name == name)
        .or_else(|| signal.axis(last))
}

/// The names of the curves of a view, each of them once.
pub(super) fn names(subject: &Subject, entries: &[Entry], others: &Others) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(entries.len());
    for entry in entries {
        let own = if entry.name.is_empty() {
            own_name(subject, entry, others)
        } else {
            entry.name.clone()
        };
        let mut name = own.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{own} ({number})");
            number += 1;
        }
        names.push(name);
    }
    names
}

fn own_name(subject: &Subject, entry: &Entry, others: &Others) -> String {
    let label = |subject: &Subject| {
        let signal = subject.signal.as_ref();
        signal.map_or_else(
            || {
                subject
                    .node
                    .path
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            },
            |signal| signal.label.clone(),
        )
    };
    match &entry.source {
        Source::Signal => label(subject),
        Source::Line(line) => format!("{} [{line}]", label(subject)),
        Source::Column(name) => name.clone(),
        Source::Further(index) => {
            let signal = subject.signal.as_ref();
            let further = signal.and_then(|signal| signal.auxiliary.get(*index));
            further.map_or_else(String::new, |further| further.label.clone())
        }
        Source::At(address) => match others.get(address) {
            Some(Other::Here(other)) => {
                let file = other.origin.file_name();
                let own = if file == subject.origin.file_name() {
                    let path = other.origin.path.trim_start_matches('/');
                    path.split('/').next().unwrap_or_default()
                } else {
                    file
                };
                let label = match same_column(subject, other) {
                    Some(column) => column.name.clone(),
                    None => label(other),
                };
                format!("{label}, {own}")
            }
            _ => address.rsplit('/').next().unwrap_or_default().to_owned(),
        },
    }
}

/// Collects the parts; what is missing of one curve does not keep back the others.
///
/// # Errors
/// What is waited for, or what failed of the first curve.
pub(super) fn collect(
    subject: &Subject,
    wish: Wish<'_>,
    resident: &mut dyn Resident,
) -> Result<Parts, Residence<Block>> {
    let mut parts = Parts::default();
    let mut waiting = None;
    let names = names(subject, wish.entries, wish.others);
    for (at, (entry, name)) in wish.entries.iter().zip(names).enumerate() {
        let Some(of) = of_entry(subject, entry, wish, at, &mut parts) else {
            continue;
        };
        match of.stored(resident, &mut parts.words) {
            Ok(Some(line)) => parts.lines.push(StoredLine {
                entry: at,
                name,
                ..line
            }),
            Ok(None) => parts.problems.push((at, "there are no numbers".to_owned())),
            Err(Residence::Failed(error)) if at > 0 => {
                parts.problems.push((at, error.to_string()));
            }
            Err(other) => waiting = waiting.or(Some(other)),
        }
    }
    waiting.map_or(Ok(parts), Err)
}

/// Where the numbers of a curve are; none while they are not known.
fn of_entry<'a>(
    subject: &'a Subject,
    entry: &Entry,
    wish: Wish<'a>,
    at: usize,
    parts: &mut Parts,
) -> Option<Of<'a>> {
    let own = Of {
        subject,
        line: wish.line,
        axis: wish.axis,
        further: None,
        column: None,
        has_words: at == 0,
    };
    match &entry.source {
        Source::Signal => Some(own),
        Source::Line(line) => Some(Of { line: *line, ..own }),
        Source::Further(index) => Some(Of {
            further: Some(*index),
            ..own
        }),
        Source::Column(name) => {
            let scan = subject
                .signal
                .as_ref()
                .and_then(|signal| signal.scan.as_ref());
            let column = scan.and_then(|scan| scan.column(name));
            if column.is_none() {
                let why = "this scan has no such counter".to_owned();
                parts.problems.push((at, why));
            }
            Some(Of {
                column: Some(column?),
                ..own
            })
        }
        Source::At(address) => match wish.others.get(address) {
            Some(Other::Here(other)) => Some(Of {
                column: same_column(subject, other),
                subject: other,
                line: other
                    .signal
                    .as_ref()
                    .map_or(0, |signal| signal.first_frame(1)),
                ..own
            }),
            Some(Other::Failed(why)) => {
                parts.problems.push((at, why.clone()));
                None
            }
            None => None,
        },
    }
}

/// The counter of another scan that this one shows.
///
/// A scan that is added as a whole is added to be compared.
fn same_column<'a>(subject: &Subject, other: &'a Subject) -> Option<&'a ScanColumn> {
    let own = subject.signal.as_ref()?;
    own.scan.as_ref()?;
    let scan = other.signal.as_ref()?.scan.as_ref()?;
    scan.column(&own.label).filter(|_| !other.is_dataset())
}

/// One line of a subject.
struct Of<'a> {
    subject: &'a Subject,
    line: u64,
    axis: &'a str,
    /// Which further signal it is, where it is none of the signal itself.
    further: Option<usize>,
    /// Which column of its scan it is, where it is one.
    column: Option<&'a ScanColumn>,
    /// Whether names along its axis are those of the view.
    has_words: bool,
}

impl Of<'_> {
    fn stored(
        &self,
        resident: &mut dyn Resident,
        words: &mut Option<Arc<Block>>,
    ) -> Result<Option<StoredLine>, Residence<Block>> {
        let own = self.column.map(|column| &column.data);
        let Some(data) = own.or_else(|| self.subject.data()) else {
            return Ok(None);
        };
        let shape = data.info().shape.clone();
        let at = indices(&shape[..shape.len().saturating_sub(1)], self.line);
        let all: Vec<usize> = (0..shape.len()).collect();
        let mut asking = Asking { resident, at: &at };
        let signal = self.subject.signal.as_ref();
        let of_shape = |dataset: &Option<Arc<dyn Dataset>>| {
            let dataset = dataset.clone();
            dataset.filter(|dataset| dataset.info().shape == shape)
        };
        let further = self
            .further
            .and_then(|index| signal.and_then(|signal| signal.auxiliary.get(index)));
        let signal_of = signal.filter(|_| self.column.is_none());
        let (data, scaling, errors) = match (further, signal_of) {
            (Some(further), _) => (&further.data, further.scaling, &further.errors),
            (None, _) if self.further.is_some() => return Ok(None),
            (None, Some(signal)) => (data, signal.scaling, &signal.errors),
            (None, None) => (data, Scaling::IDENTITY, &None),
        };
        let Some(block) = asking.block(data, &all)? else {
            return Ok(None);
        };
        let mut line = StoredLine {
            entry: 0,
            name: String::new(),
            data: block,
            errors: asking.optional(of_shape(errors), &all)?,
            scaling,
            places: None,
            mask: None,
            weights: None,
            good: None,
        };
        let Some(signal) = signal else {
            return Ok(Some(line));
        };
        // Mask and weights are those of the signal alone.
        if further.is_none() && self.column.is_none() {
            line.weights = asking.optional(of_shape(&signal.weights), &all)?;
            if let Some(mask) = &signal.mask {
                let rank = mask.info().shape.len();
                let own = all.get(shape.len().saturating_sub(rank)..).unwrap_or(&all);
                if shape.ends_with(&mask.info().shape) && rank > 0 {
                    line.mask = asking.block(mask, own)?;
                }
            }
        }
        if let Some(axis) = chosen_axis(signal, shape.len(), self.axis) {
            line.good = axis.good;
            let found = asking.axis(axis, &mut line)?;
            if self.has_words {
                *words = found;
            }
        }
        Ok(Some(line))
    }
}

/// Asks for what lies along one line.
struct Asking<'a> {
    resident: &'a mut dyn Resident,
    /// Where the line is along the slow axes.
    at: &'a [u64],
}

impl Asking<'_> {
    fn optional(
        &mut self,
        dataset: Option<Arc<dyn Dataset>>,
        all: &[usize],
    ) -> Result<Option<Arc<Block>>, Residence<Block>> {
        match dataset {
            Some(dataset) => self.block(&dataset, all),
            None => Ok(None),
        }
    }

    /// The part of a dataset along the line; none where it has no such part.
    fn block(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        spans: &[usize],
    ) -> Result<Option<Arc<Block>>, Residence<Block>> {
        match line_slab(&dataset.info().shape, spans, self.at) {
            Some(slab) => self.want(dataset, &slab).map(Some),
            None => Ok(None),
        }
    }

    fn want(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        slab: &Slab,
    ) -> Result<Arc<Block>, Residence<Block>> {
        match self.resident.block(dataset, slab, Priority::Visible) {
            Residence::Here(block) => Ok(block),
            other => Err(other),
        }
    }

    /// Reads the places of a line; names along the axis are the answer.
    fn axis(
        &mut self,
        axis: &Axis,
        line: &mut StoredLine,
    ) -> Result<Option<Arc<Block>>, Residence<Block>> {
        let Some(values) = &axis.values else {
            return Ok(None);
        };
        let shape = &values.info().shape;
        // A scalar is the one place of a curve of one point.
        let Some(mut slab) = line_slab(
            shape,
            &axis.spans[..axis.spans.len().min(shape.len())],
            self.at,
        ) else {
            return Ok(None);
        };
        if let ([start], [count]) = (slab.start.as_mut_slice(), slab.count.as_mut_slice()) {
            *start = axis.skipped;
            *count = count.saturating_sub(axis.skipped);
        }
        if axis.is_categorical() {
            if shape.len() == 1 && shape[0] <= WORDS_MAX {
                return self.want(values, &slab).map(Some);
            }
            return Ok(None);
        }
        if !values.info().element.is_numeric() {
            return Ok(None);
        }
        let errors = match &axis.errors {
            Some(errors) if errors.info().shape == *shape => Some(self.want(errors, &slab)?),
            _ => None,
        };
        line.places = Some(Places {
            values: self.want(values, &slab)?,
            errors,
            scaling: axis.scaling,
            kind: axis.kind,
        });
        Ok(None)
    }
}
