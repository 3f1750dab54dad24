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
        let offset_of = |sum: u64, at: u64, stride: u64| sum.checked_add(at.checked_mul(stride)?);
        let (mut start, mut last) = (0_u64, 0_u64);
        for (axis, stride) in strides.iter().enumerate() {
            let (from, count, step) = (slab.start[axis], slab.count[axis], slab.step[axis]);
            start = offset_of(start, from, *stride)?;
            last = offset_of(last, from + (count - 1) * step, *stride)?;
        }
        // Where the last element has an offset, all others have.
        last.checked_mul(element)?;
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
            let mut further = room(
                offsets
                    .len()
                    .checked_mul(slab.count[axis].try_into().ok()?)?,
            )?;
            for from in offsets {
                further.extend((0..slab.count[axis]).map(|index| from + index * along));
            }
            offsets = further;
        }
        let mut pieces = room(offsets.len())?;
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

/// An empty list with room for `count` entries, if there is the memory.
fn room<T>(count: usize) -> Option<Vec<T>> {
    let mut list = Vec::new();
    list.try_reserve_exact(count).ok()?;
    Some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_of_more_than_64_bits_are_an_error() {
        // The first axis alone has few enough elements; its last row is beyond all offsets.
        let shape = [16, 1 << 62];
        let slab = Slab {
            start: vec![0, 0],
            count: vec![16, 1],
            step: vec![1, 1],
        };
        let pieces = contiguous_pieces(0, &shape, &slab, 1);
        assert!(
            matches!(pieces, Err(Error::Selection(_))),
            "no file has that row: {pieces:?}"
        );
    }
}
