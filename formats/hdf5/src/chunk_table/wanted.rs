//! Which chunks are wanted, so that other parts of an index are not read.

use std::ops::Range;

use crate::slab::{ChunkGrid, Slab};

/// All chunks, or those of a slab.
#[derive(Debug)]
pub(super) enum Wanted {
    All,
    /// Flat indices in order.
    Some(Vec<u64>),
}

impl Wanted {
    pub(super) fn of(grid: &ChunkGrid, slab: &Slab) -> Self {
        Self::Some(grid.chunks_in(slab))
    }

    pub(super) fn has(&self, index: u64) -> bool {
        match self {
            Self::All => true,
            Self::Some(indices) => indices.binary_search(&index).is_ok(),
        }
    }

    /// Whether any number of `range` is wanted.
    pub(super) fn touches(&self, range: Range<u64>) -> bool {
        match self {
            Self::All => true,
            Self::Some(indices) => {
                let at = indices.partition_point(|index| *index < range.start);
                indices.get(at).is_some_and(|index| *index < range.end)
            }
        }
    }

    /// The same chunks by their places in an array.
    pub(super) fn placed(&self, place: impl Fn(u64) -> Option<u64>) -> Self {
        match self {
            Self::All => Self::All,
            Self::Some(indices) => {
                let mut places: Vec<u64> =
                    indices.iter().filter_map(|index| place(*index)).collect();
                places.sort_unstable();
                Self::Some(places)
            }
        }
    }
}

/// The number of chunks in the grid that come before `coordinates`, which may lie outside of it.
pub(super) fn chunks_before(grid: &ChunkGrid, coordinates: impl Iterator<Item = u64>) -> u64 {
    let mut before = 0_u64;
    let mut is_beyond = false;
    for (count, at) in grid.counts().iter().zip(coordinates) {
        before = before.saturating_mul(*count);
        if !is_beyond {
            is_beyond = at >= *count;
            before = before.saturating_add(at.min(*count));
        }
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_outside_of_the_grid_come_between_those_inside() {
        let grid = ChunkGrid::new(&[3, 4], &[1, 1]);
        let before = |coordinates: [u64; 2]| chunks_before(&grid, coordinates.into_iter());
        assert_eq!(before([1, 2]), 6, "a row and two");
        assert_eq!(before([1, 9]), 8, "behind the end of row 1: both rows");
        assert_eq!(before([7, 1]), 12, "behind the last row: all");
    }
}
