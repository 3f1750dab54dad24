//! Reading slabs of contiguous datasets.

use std::ops::Range;

use crate::error::Error;
use crate::slab::Slab;

/// A run of a contiguous dataset that a slab needs, and where its elements go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The bytes in the file.
    pub range: Range<u64>,
    /// The first byte in the buffer of the slab.
    pub out_offset: usize,
    /// The number of elements that are taken from the range.
    pub count: usize,
    /// The distance of elements in the range, in elements; 1 where all are taken.
    pub step: usize,
}

impl Piece {
    /// Copies the elements of this piece from `bytes`, the bytes of its range, into the slab `out`.
    ///
    /// # Errors
    /// [`Error::Selection`] when one of the buffers is too small.
    pub fn copy_into(
        &self,
        bytes: &[u8],
        element_size: usize,
        out: &mut [u8],
    ) -> Result<(), Error> {
        let too_small = || Error::Selection("a buffer is smaller than the selection".to_owned());
        let length = self.count.checked_mul(element_size).ok_or_else(too_small)?;
        let end = self.out_offset.checked_add(length).ok_or_else(too_small)?;
        let out = out.get_mut(self.out_offset..end).ok_or_else(too_small)?;
        if self.step == 1 {
            out.copy_from_slice(bytes.get(..length).ok_or_else(too_small)?);
            return Ok(());
        }
        let step = self.step.checked_mul(element_size).ok_or_else(too_small)?;
        for (index, place) in out.chunks_exact_mut(element_size.max(1)).enumerate() {
            let from = index * step;
            place.copy_from_slice(bytes.get(from..from + element_size).ok_or_else(too_small)?);
        }
        Ok(())
    }
}

/// The pieces of a contiguous dataset at `address` that make up `slab`; neighbours are one piece.
///
/// # Errors
/// [`Error::Selection`] when the slab does not lie inside of `shape`, or has more pieces than memory.
pub fn contiguous_pieces(
    address: u64,
    shape: &[u64],
    slab: &Slab,
    element_size: usize,
) -> Result<Vec<Piece>, Error> {
    slab.check(shape, element_size)?;
    if slab.element_count() == Some(0) {
        return Ok(Vec::new());
    }
    // The last axis gives runs; whole inner axes make longer ones.
    let mut run_axis = shape.len();
    let mut run = 1_u64;
    while let Some(axis) = run_axis.checked_sub(1) {
        let is_whole_behind = (run_axis..shape.len()).all(|axis| slab.count[axis] == shape[axis]);
        if slab.step[axis] != 1 || !is_whole_behind {
            break;
        }
        run *= slab.count[axis];
        run_axis = axis;
    }
    let strided = run_axis == shape.len() && run_axis > 0;
    let outer = if strided { run_axis - 1 } else { run_axis };
    let (count, step) = if strided {
        (slab.count[outer], slab.step[outer])
    } else {
        (run, 1)
    };
    let layout = Run { outer, count, step };
    layout
        .pieces(address, shape, slab, element_size)
        .ok_or_else(|| Error::Selection("the selection is too large".to_owned()))
}

/// The elements that one piece takes, and the axes before them.
struct Run {
    outer: usize,
    count: u64,
    step: u64,
}

impl Run {
    fn pieces(
        &self,
        address: u64,
        shape: &[u64],
        slab: &Slab,
        element_size: usize,
    ) -> Option<Vec<Piece>> {
        let element = element_size as u64;
        let mut strides = vec![1_u64; shape.len()];
        for axis in (0..shape.len().saturating_sub(1)).rev() {
            strides[axis] = strides[axis + 1].checked_mul(shape[axis + 1])?;
        }
        let start: u64 = slab
            .start
            .iter()
            .zip(&strides)
            .try_fold(0_u64, |sum, (at, stride)| {
                sum.checked_add(at.checked_mul(*stride)?)
            })?;
        let span = (self.count - 1)
            .checked_mul(self.step)?
            .checked_add(1)?
            .checked_mul(element)?;
        let (count, step) = (
            usize::try_from(self.count).ok()?,
            usize::try_from(self.step).ok()?,
        );
        let mut offsets = vec![start];
        for (axis, stride) in strides.iter().enumerate().take(self.outer) {
            let along = slab.step[axis].checked_mul(*stride)?;
            offsets = offsets
                .iter()
                .flat_map(|from| (0..slab.count[axis]).map(move |index| from + index * along))
                .collect();
        }
        let mut pieces = Vec::with_capacity(offsets.len());
        for (index, offset) in offsets.into_iter().enumerate() {
            let from = address.checked_add(offset.checked_mul(element)?)?;
            let out_offset = index.checked_mul(count)?.checked_mul(element_size)?;
            pieces.push(Piece {
                range: from..from.checked_add(span)?,
                out_offset,
                count,
                step,
            });
        }
        Some(pieces)
    }
}
