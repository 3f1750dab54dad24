//! Putting the elements of a part into the slab that was asked for.

use crate::error::Error;
use crate::slab::Slab;

/// Copies `part`, elements one after another, to the places `target` of `out`, an array of `shape`.
///
/// # Errors
/// [`Error::Selection`] when `target` does not lie inside of `shape`, or a buffer is too small.
pub fn place_slab(
    part: &[u8],
    target: &Slab,
    shape: &[u64],
    element_size: usize,
    out: &mut [u8],
) -> Result<(), Error> {
    let too_small = || Error::Selection("a buffer is smaller than the selection".to_owned());
    let size = target.check(shape, element_size)?;
    let whole = Slab::all(shape).check(shape, element_size)?;
    let part = part.get(..size).ok_or_else(too_small)?;
    let out = out.get_mut(..whole).ok_or_else(too_small)?;
    if size == 0 {
        return Ok(());
    }
    let mut place = Place {
        part,
        out,
        target,
        shape,
        element_size,
    };
    place.axis(0, 0);
    Ok(())
}

/// The buffers have been checked against the selection.
struct Place<'a> {
    part: &'a [u8],
    out: &'a mut [u8],
    target: &'a Slab,
    shape: &'a [u64],
    element_size: usize,
}

impl Place<'_> {
    /// Goes along `axis`, where `to` counts elements before it.
    fn axis(&mut self, axis: usize, to: u64) {
        let Some(size) = self.shape.get(axis) else {
            self.take(to, 1);
            return;
        };
        let (start, count, step) = (
            self.target.start[axis],
            self.target.count[axis],
            self.target.step[axis],
        );
        let to = to * size + start;
        let is_whole = |axis: usize| {
            self.target.step[axis] == 1 && self.target.count[axis] == self.shape[axis]
        };
        if step == 1 && (axis + 1..self.shape.len()).all(is_whole) {
            let inner: u64 = self.shape[axis + 1..].iter().product();
            self.take(to * inner, count * inner);
            return;
        }
        for index in 0..count {
            self.axis(axis + 1, to + index * step);
        }
    }

    /// Copies the next `count` elements of the part to element `to`.
    fn take(&mut self, to: u64, count: u64) {
        let bytes = |count: u64| usize::try_from(count).unwrap_or(0) * self.element_size;
        let (run, rest) = self.part.split_at(bytes(count));
        let to = bytes(to);
        self.out[to..to + run.len()].copy_from_slice(run);
        self.part = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strided_part_goes_to_its_places() {
        let target = Slab {
            start: vec![1, 0],
            count: vec![2, 2],
            step: vec![1, 2],
        };
        let mut out = [0; 12];
        place_slab(&[1, 2, 3, 4], &target, &[3, 4], 1, &mut out).expect("it fits");
        assert_eq!(
            out,
            [0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0],
            "rows 1 and 2, columns 0 and 2"
        );
    }

    #[test]
    fn a_part_that_does_not_fit_is_refused() {
        let target = Slab::all(&[4]);
        assert!(
            place_slab(&[1, 2], &target, &[4], 1, &mut [0; 4]).is_err(),
            "two of four bytes"
        );
        assert!(
            place_slab(&[1; 4], &target, &[4], 1, &mut [0; 3]).is_err(),
            "three of four bytes"
        );
        assert!(
            place_slab(&[1; 4], &target, &[3], 1, &mut [0; 4]).is_err(),
            "beyond the shape"
        );
    }
}
