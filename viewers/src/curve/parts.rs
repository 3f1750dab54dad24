//! What a curve is made of, and asking for it.

use std::sync::Arc;

use hutch_model::{Axis, AxisKind, Block, Dataset, Scaling, Signal, Slab};

use crate::slow_axes::{indices, line_slab};
use crate::{Priority, Residence, Resident, Subject};

/// Words along an axis are read up to so many.
const WORDS_MAX: u64 = 4096;

/// One line of numbers as it is stored.
#[derive(Debug)]
pub(super) struct StoredLine {
    pub(super) name: String,
    pub(super) data: Arc<Block>,
    pub(super) errors: Option<Arc<Block>>,
    pub(super) scaling: Scaling,
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
    /// The signal first, then the further ones.
    pub(super) lines: Vec<StoredLine>,
    pub(super) places: Option<Places>,
    /// Names of the points, instead of places.
    pub(super) words: Option<Arc<Block>>,
    pub(super) mask: Option<Arc<Block>>,
    /// What the first line is divided by.
    pub(super) weights: Option<Arc<Block>>,
    pub(super) good: Option<[u64; 2]>,
}

/// What a person chose to see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    /// Which line, counted over all slower axes.
    pub(super) line: u64,
    /// The name of the axis; the first one where it is empty.
    pub(super) axis: &'a str,
    /// Whether further signals are drawn.
    pub(super) shows_auxiliary: bool,
}

/// The axis that the points lie along.
pub(super) fn chosen_axis<'a>(signal: &'a Signal, rank: usize, name: &str) -> Option<&'a Axis> {
    let last = rank.checked_sub(1)?;
    signal
        .choices(last)
        .find(|axis| axis.name == name)
        .or_else(|| signal.axis(last))
}

/// Collects the parts.
///
/// # Errors
/// What is waited for, or failed.
pub(super) fn collect(
    subject: &Subject,
    wish: Wish<'_>,
    resident: &mut dyn Resident,
) -> Result<Parts, Residence<Block>> {
    let mut parts = Parts::default();
    let Some(data) = subject.data() else {
        return Ok(parts);
    };
    let shape = data.info().shape.clone();
    let at = indices(&shape[..shape.len().saturating_sub(1)], wish.line);
    let all: Vec<usize> = (0..shape.len()).collect();
    let mut asking = Asking { resident, at: &at };
    let of_shape = |dataset: &Option<Arc<dyn Dataset>>| {
        dataset
            .clone()
            .filter(|dataset| dataset.info().shape == shape)
    };
    let label = subject
        .signal
        .as_ref()
        .map_or_else(String::new, |signal| signal.label.clone());
    let scaling = subject
        .signal
        .as_ref()
        .map_or(Scaling::IDENTITY, |signal| signal.scaling);
    let errors = subject
        .signal
        .as_ref()
        .and_then(|signal| of_shape(&signal.errors));
    if let Some(line) = asking.line((label, scaling), data, errors, &all)? {
        parts.lines.push(line);
    }
    let Some(signal) = &subject.signal else {
        return Ok(parts);
    };
    if wish.shows_auxiliary {
        for further in &signal.auxiliary {
            let name = (further.label.clone(), further.scaling);
            let errors = of_shape(&further.errors);
            if let Some(line) = asking.line(name, &further.data, errors, &all)? {
                parts.lines.push(line);
            }
        }
    }
    if let Some(weights) = of_shape(&signal.weights) {
        parts.weights = asking.block(&weights, &all)?;
    }
    if let Some(mask) = &signal.mask {
        let rank = mask.info().shape.len();
        let own = all.get(shape.len().saturating_sub(rank)..).unwrap_or(&all);
        if shape.ends_with(&mask.info().shape) && rank > 0 {
            parts.mask = asking.block(mask, own)?;
        }
    }
    if let Some(axis) = chosen_axis(signal, shape.len(), wish.axis) {
        parts.good = axis.good;
        asking.axis(axis, &mut parts)?;
    }
    Ok(parts)
}

/// Asks for what lies along one line.
struct Asking<'a> {
    resident: &'a mut dyn Resident,
    /// Where the line is along the slow axes.
    at: &'a [u64],
}

impl Asking<'_> {
    fn line(
        &mut self,
        (name, scaling): (String, Scaling),
        data: &Arc<dyn Dataset>,
        errors: Option<Arc<dyn Dataset>>,
        all: &[usize],
    ) -> Result<Option<StoredLine>, Residence<Block>> {
        let Some(block) = self.block(data, all)? else {
            return Ok(None);
        };
        let errors = match errors {
            Some(errors) => self.block(&errors, all)?,
            None => None,
        };
        Ok(Some(StoredLine {
            name,
            data: block,
            errors,
            scaling,
        }))
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

    fn axis(&mut self, axis: &Axis, parts: &mut Parts) -> Result<(), Residence<Block>> {
        let Some(values) = &axis.values else {
            return Ok(());
        };
        let shape = &values.info().shape;
        // A scalar is the one place of a curve of one point.
        let Some(mut slab) = line_slab(
            shape,
            &axis.spans[..axis.spans.len().min(shape.len())],
            self.at,
        ) else {
            return Ok(());
        };
        if let ([start], [count]) = (slab.start.as_mut_slice(), slab.count.as_mut_slice()) {
            *start = axis.skipped;
            *count = count.saturating_sub(axis.skipped);
        }
        if axis.is_categorical() {
            if shape.len() == 1 && shape[0] <= WORDS_MAX {
                parts.words = Some(self.want(values, &slab)?);
            }
            return Ok(());
        }
        if !values.info().element.is_numeric() {
            return Ok(());
        }
        let errors = match &axis.errors {
            Some(errors) if errors.info().shape == *shape => Some(self.want(errors, &slab)?),
            _ => None,
        };
        parts.places = Some(Places {
            values: self.want(values, &slab)?,
            errors,
            scaling: axis.scaling,
            kind: axis.kind,
        });
        Ok(())
    }
}
