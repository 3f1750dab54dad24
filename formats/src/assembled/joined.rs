//! Datasets one behind another along their first axis.

use std::fmt;

use hutch_model::{BoxFuture, Cancel, Error, ErrorKind, Result, Slab};

use super::{Assembly, Placement, Source};

/// Opens the sources of a [`Joined`] by their number.
pub trait Sources: Send + Sync + fmt::Debug {
    /// Opens source `index`.
    ///
    /// # Errors
    /// Those of [`Assembly::open`].
    fn open<'a>(&'a self, index: u64, cancel: &'a Cancel) -> BoxFuture<'a, Result<Source>>;
}

/// Sources one behind another along axis 0, each with its own length: the data
/// files of a detector, a folder of images, the sequences of a run.
#[derive(Debug)]
pub struct Joined<S> {
    sources: S,
    /// The first index of each source, and the end of the last one.
    bounds: Vec<u64>,
    adds_axis: bool,
}

impl<S: Sources> Joined<S> {
    /// Sources `[n, ...]` of these lengths along axis 0.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when the lengths cannot be added in 64 bits.
    pub fn along_first_axis(sources: S, lengths: &[u64]) -> Result<Self> {
        let mut bounds = Vec::with_capacity(lengths.len() + 1);
        let mut end = 0u64;
        bounds.push(end);
        for length in lengths {
            end = end.checked_add(*length).ok_or_else(|| {
                Error::new(
                    ErrorKind::Limit,
                    "join datasets",
                    "they have too many frames",
                )
            })?;
            bounds.push(end);
        }
        Ok(Self {
            sources,
            bounds,
            adds_axis: false,
        })
    }

    /// `count` sources that lack the first axis: each is one index of it.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when there are too many.
    pub fn as_first_axis(sources: S, count: u64) -> Result<Self> {
        let count = usize::try_from(count).map_err(|error| {
            Error::new(ErrorKind::Limit, "join datasets", "they are too many").with_source(error)
        })?;
        let mut joined = Self::along_first_axis(sources, &vec![1; count])?;
        joined.adds_axis = true;
        Ok(joined)
    }

    /// The length of axis 0.
    pub fn length(&self) -> u64 {
        self.bounds.last().copied().unwrap_or(0)
    }

    /// The part of a slab that lies in source `index`.
    fn placement(&self, index: usize, slab: &Slab) -> Option<Placement> {
        let (low, high) = (*self.bounds.get(index)?, *self.bounds.get(index + 1)?);
        let (start, count, step) = (slab.start[0], slab.count[0], slab.step[0]);
        // The first selected index at or behind `low`, counted in the slab.
        let first = low.saturating_sub(start).div_ceil(step);
        let end = high.saturating_sub(start).div_ceil(step).min(count);
        if high <= start || first >= end {
            return None;
        }
        let mut place = Slab::whole(&slab.count);
        place.start[0] = first;
        place.count[0] = end - first;
        let mut from = slab.clone();
        from.start[0] = start + first * step - low;
        from.count[0] = end - first;
        if self.adds_axis {
            from.start.remove(0);
            from.count.remove(0);
            from.step.remove(0);
        }
        let source = u64::try_from(index).ok()?;
        Some(Placement {
            source,
            from,
            place,
        })
    }
}

impl<S: Sources> Assembly for Joined<S> {
    fn placements(&self, slab: &Slab) -> Result<Vec<Placement>> {
        let (Some(&start), Some(&count), Some(&step)) =
            (slab.start.first(), slab.count.first(), slab.step.first())
        else {
            return Err(Error::new(
                ErrorKind::Usage,
                "read joined datasets",
                "the selection has no axis",
            ));
        };
        if count == 0 {
            return Ok(Vec::new());
        }
        let last = start.saturating_add((count - 1).saturating_mul(step));
        let first = self.bounds.partition_point(|bound| *bound <= start);
        let end = self.bounds.partition_point(|bound| *bound <= last);
        Ok((first.saturating_sub(1)..end)
            .filter_map(|index| self.placement(index, slab))
            .collect())
    }

    fn open<'a>(&'a self, source: u64, cancel: &'a Cancel) -> BoxFuture<'a, Result<Source>> {
        self.sources.open(source, cancel)
    }
}
