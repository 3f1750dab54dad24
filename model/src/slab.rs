//! Selections of a dataset.

use crate::{Error, ErrorKind, Result};

/// One axis of a selection as a person writes it: `5`, `10:20`, `::2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisSlice {
    /// One index; the axis disappears from the result.
    Index(i64),
    /// A range with a step, as Python reads it.
    Range {
        /// First index; negative counts from the end.
        start: Option<i64>,
        /// One past the last index; negative counts from the end.
        end: Option<i64>,
        /// Distance between indices; at least 1.
        step: u64,
    },
}

/// A selection as a person writes it: `[0, 10:20, ::2]`. Missing axes are whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice(pub Vec<AxisSlice>);

/// A selection of a dataset, resolved: one start, count and step for each axis,
/// slowest axis first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slab {
    /// First index on each axis.
    pub start: Vec<u64>,
    /// Number of indices on each axis.
    pub count: Vec<u64>,
    /// Distance between indices on each axis; at least 1.
    pub step: Vec<u64>,
}

impl Slab {
    /// The whole of a dataset.
    pub fn whole(shape: &[u64]) -> Self {
        Self {
            start: vec![0; shape.len()],
            count: shape.to_vec(),
            step: vec![1; shape.len()],
        }
    }

    /// One image `[y, x]` of a dataset whose two fastest axes are the image.
    /// `frame` counts over all slower axes, the slowest first.
    pub fn frame(shape: &[u64], frame: u64) -> Self {
        Self::part(shape, 2, frame)
    }

    /// All of the `rank` fastest axes, at one place of the others, counted with the slowest axis outermost.
    pub fn part(shape: &[u64], rank: usize, index: u64) -> Self {
        let mut slab = Self::whole(shape);
        let mut rest = index;
        for axis in (0..shape.len().saturating_sub(rank)).rev() {
            let size = shape.get(axis).copied().unwrap_or(1).max(1);
            slab.start[axis] = rest % size;
            slab.count[axis] = 1;
            rest /= size;
        }
        slab
    }

    /// The shape of the result, one entry for each axis of the dataset.
    pub fn shape(&self) -> &[u64] {
        &self.count
    }

    /// How many elements it selects.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when they cannot be counted in 64 bits.
    pub fn element_count(&self) -> Result<u64> {
        self.count
            .iter()
            .try_fold(1u64, |product, &count| product.checked_mul(count))
            .ok_or_else(|| Error::new(ErrorKind::Limit, "select elements", "too many elements"))
    }

    /// Whether it lies inside a dataset of this shape.
    pub fn fits(&self, shape: &[u64]) -> bool {
        self.start.len() == shape.len()
            && self.count.len() == shape.len()
            && self.step.len() == shape.len()
            && (0..shape.len()).all(|axis| {
                let (start, count, step) = (self.start[axis], self.count[axis], self.step[axis]);
                step > 0
                    && (count == 0
                        || (count - 1)
                            .checked_mul(step)
                            .and_then(|last| last.checked_add(start))
                            .is_some_and(|last| last < shape[axis]))
            })
    }
}

impl Slice {
    /// Reads `[0, 10:20, ::2]`; the brackets may be missing.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when an axis is not a number or a range.
    pub fn parse(text: &str) -> Result<Self> {
        let inner = text.trim();
        let inner = inner.strip_prefix('[').unwrap_or(inner);
        let inner = inner.strip_suffix(']').unwrap_or(inner).trim();
        if inner.is_empty() {
            return Ok(Self::default());
        }
        inner
            .split(',')
            .map(|axis| parse_axis(axis.trim()))
            .collect::<Result<Vec<_>>>()
            .map(Self)
    }

    /// Resolves it for a shape; also says which axes were single indices.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when there are more axes than the dataset has, or
    /// an index lies outside.
    pub fn resolve(&self, shape: &[u64]) -> Result<(Slab, Vec<bool>)> {
        if self.0.len() > shape.len() {
            return Err(Error::new(
                ErrorKind::Usage,
                "select a part",
                format!(
                    "the selection has {} axes, the dataset has {}",
                    self.0.len(),
                    shape.len()
                ),
            ));
        }
        let mut slab = Slab::whole(shape);
        let mut dropped = vec![false; shape.len()];
        for (axis, slice) in self.0.iter().enumerate() {
            let (start, count, step) = resolve_axis(*slice, shape[axis], axis)?;
            slab.start[axis] = start;
            slab.count[axis] = count;
            slab.step[axis] = step;
            dropped[axis] = matches!(slice, AxisSlice::Index(_));
        }
        Ok((slab, dropped))
    }
}

fn parse_axis(text: &str) -> Result<AxisSlice> {
    let bad = || {
        Error::new(
            ErrorKind::Usage,
            "read a selection",
            format!("expected a number or start:end:step, got \"{text}\""),
        )
    };
    let number = |part: &str| -> Result<Option<i64>> {
        let part = part.trim();
        if part.is_empty() {
            Ok(None)
        } else {
            part.parse()
                .map(Some)
                .map_err(|error| bad().with_source(error))
        }
    };
    if !text.contains(':') {
        return number(text)?.map(AxisSlice::Index).ok_or_else(bad);
    }
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return Err(bad());
    }
    let step = number(parts.get(2).copied().unwrap_or(""))?.unwrap_or(1);
    Ok(AxisSlice::Range {
        start: number(parts[0])?,
        end: number(parts[1])?,
        step: u64::try_from(step)
            .ok()
            .filter(|&step| step > 0)
            .ok_or_else(bad)?,
    })
}

fn resolve_axis(slice: AxisSlice, size: u64, axis: usize) -> Result<(u64, u64, u64)> {
    let from_end = |index: i64| -> Option<u64> {
        if index < 0 {
            size.checked_sub(index.unsigned_abs())
        } else {
            Some(index.unsigned_abs())
        }
    };
    match slice {
        AxisSlice::Index(index) => from_end(index)
            .filter(|&index| index < size)
            .map(|index| (index, 1, 1))
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Usage,
                    "select a part",
                    format!("index {index} lies outside axis {axis} of size {size}"),
                )
            }),
        AxisSlice::Range { start, end, step } => {
            let start = start
                .map_or(0, |start| from_end(start).unwrap_or(0))
                .min(size);
            let end = end.map_or(size, |end| from_end(end).unwrap_or(0)).min(size);
            Ok((start, end.saturating_sub(start).div_ceil(step), step))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_reads_as_python_reads_it() {
        let (slab, dropped) = Slice::parse("[0, 10:20, ::2]")
            .unwrap()
            .resolve(&[5, 30, 7])
            .unwrap();
        assert_eq!(slab.start, [0, 10, 0], "starts");
        assert_eq!(slab.count, [1, 10, 4], "counts");
        assert_eq!(slab.step, [1, 1, 2], "steps");
        assert_eq!(
            dropped,
            [true, false, false],
            "only the index drops its axis"
        );
    }

    #[test]
    fn negative_indices_count_from_the_end() {
        let (slab, _) = Slice::parse("-1, -3:").unwrap().resolve(&[5, 10]).unwrap();
        assert_eq!((slab.start[0], slab.start[1]), (4, 7), "from the end");
        assert_eq!(slab.count[1], 3, "three are left");
    }

    #[test]
    fn an_index_outside_is_refused_in_words() {
        let error = Slice::parse("7").unwrap().resolve(&[5]).unwrap_err();
        assert!(error.why.contains("outside axis 0"), "got {error}");
    }

    #[test]
    fn a_frame_of_a_four_dimensional_stack_counts_over_the_slow_axes() {
        let slab = Slab::frame(&[3, 4, 5, 6], 7);
        assert_eq!(slab.start, [1, 3, 0, 0], "7 is row 1, column 3 of 3 x 4");
        assert_eq!(slab.count, [1, 1, 5, 6], "one whole image");
    }

    #[test]
    fn a_slab_that_overflows_does_not_fit() {
        let slab = Slab {
            start: vec![1],
            count: vec![u64::MAX],
            step: vec![2],
        };
        assert!(!slab.fits(&[10]), "an overflowing end lies outside");
    }
}
