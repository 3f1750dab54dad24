//! Cutting a part of a dataset into pieces of whole frames, or of rows of one.

use hutch_model::Slab;

/// A part of a dataset as frames `[.., y, x]`, and how they are read.
///
/// Axes that an index dropped are no axes of its frames. Of one axis every
/// element is a row, and a scalar is one row.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    part: Slab,
    /// The axes of the dataset that are axes of the part.
    kept: Vec<usize>,
    /// Frames that are read at once, along the axis before the image.
    depth: u64,
    /// Rows that are read at once; all of a frame where `depth` is more than 1.
    rows: u64,
}

/// What is read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its place in the dataset.
    pub(super) slab: Slab,
    /// Its first frame, counted over the slow axes of the part.
    pub(super) first_frame: u64,
    /// How many frames.
    pub(super) frame_count: u64,
    /// The first row of them that it holds.
    pub(super) first_row: u64,
    /// How many rows.
    pub(super) rows: u64,
}

impl Cut {
    /// A part, cut so that a piece has about `limit` elements, more only where
    /// rows come in bands of `band_rows`. Frames that share chunks are read
    /// together.
    pub(super) fn new(part: &Slab, dropped: &[bool], chunk: Option<&[u64]>, limit: u64) -> Self {
        let is_kept = |axis: &usize| !dropped.get(*axis).copied().unwrap_or(false);
        let mut cut = Self {
            part: part.clone(),
            kept: (0..part.count.len()).filter(is_kept).collect(),
            depth: 1,
            rows: 1,
        };
        cut.rows = cut.height();
        let frame = cut.height().saturating_mul(cut.width()).max(1);
        if frame > limit {
            cut.rows = (limit / cut.width().max(1)).max(1);
            return cut;
        }
        let run_axis = cut.run_axis();
        let shared = run_axis.map_or(1, |axis| {
            let deep = chunk
                .and_then(|chunk| chunk.get(axis))
                .copied()
                .unwrap_or(1);
            (deep / part.step.get(axis).copied().unwrap_or(1).max(1)).max(1)
        });
        let most = (limit / frame).max(1);
        cut.depth = if shared <= most {
            most / shared * shared
        } else {
            most
        };
        cut.depth = cut.depth.min(cut.run().max(1));
        cut
    }

    /// The same, with rows in multiples of `band_rows`.
    pub(super) fn in_bands(mut self, band_rows: u64) -> Self {
        if self.rows < self.height() {
            self.rows = self
                .rows
                .next_multiple_of(band_rows.max(1))
                .min(self.height());
        }
        self
    }

    /// The same, with whole frames only.
    pub(super) fn in_frames(mut self) -> Self {
        self.rows = self.height();
        self
    }

    /// The same, with all frames along the axis before the image in each piece, as the modules of a detector.
    pub(super) fn in_runs(mut self) -> Self {
        self.rows = self.height();
        self.depth = self.run().max(1);
        self
    }

    /// Size of each axis of the part.
    pub(super) fn shape(&self) -> Vec<u64> {
        self.kept
            .iter()
            .map(|&axis| self.part.count[axis])
            .collect()
    }

    /// Rows of a frame.
    pub(super) fn height(&self) -> u64 {
        match self.shape().as_slice() {
            [] => 1,
            [only] => *only,
            [.., height, _] => *height,
        }
    }

    /// Samples of a row.
    pub(super) fn width(&self) -> u64 {
        match self.shape().as_slice() {
            [] | [_] => 1,
            [.., width] => *width,
        }
    }

    /// Frames over all slow axes.
    pub(super) fn frame_count(&self) -> u64 {
        let shape = self.shape();
        shape.iter().take(shape.len().saturating_sub(2)).product()
    }

    fn run_axis(&self) -> Option<usize> {
        self.kept
            .len()
            .checked_sub(3)
            .and_then(|at| self.kept.get(at))
            .copied()
    }

    /// Frames along the axis before the image.
    fn run(&self) -> u64 {
        self.run_axis().map_or(1, |axis| self.part.count[axis])
    }

    /// How many pieces there are.
    pub(super) fn piece_count(&self) -> u64 {
        if self.part.count.contains(&0) {
            return 0;
        }
        let outer = self.frame_count() / self.run().max(1);
        outer
            .saturating_mul(self.run().div_ceil(self.depth))
            .saturating_mul(self.height().div_ceil(self.rows.max(1)))
    }

    /// Elements of the largest piece.
    pub(super) fn piece_elements(&self) -> u64 {
        self.depth
            .saturating_mul(self.rows)
            .saturating_mul(self.width())
    }

    /// A piece; one after the other they are the part in row-major order.
    pub(super) fn piece(&self, number: u64) -> Piece {
        let bands = self.height().div_ceil(self.rows.max(1)).max(1);
        let (group, band) = (number / bands, number % bands);
        let groups = self.run().div_ceil(self.depth).max(1);
        let in_run = group % groups * self.depth;
        let first_frame = group / groups * self.run() + in_run;
        let frame_count = self.depth.min(self.run() - in_run);
        let first_row = band * self.rows;
        let rows = self.rows.min(self.height() - first_row);
        let mut slab = self.part.clone();
        let slow = self.kept.len().saturating_sub(2);
        let mut rest = first_frame;
        for &axis in self.kept[..slow].iter().rev() {
            let size = self.part.count[axis].max(1);
            slab.start[axis] += rest % size * self.part.step[axis];
            slab.count[axis] = 1;
            rest /= size;
        }
        if let Some(axis) = self.run_axis() {
            slab.count[axis] = frame_count;
        }
        if let Some(&axis) = self.kept.get(slow) {
            slab.start[axis] += first_row * self.part.step[axis];
            slab.count[axis] = rows;
        }
        Piece {
            slab,
            first_frame,
            frame_count,
            first_row,
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutch_model::Slice;

    fn pieces(cut: &Cut) -> Vec<Piece> {
        (0..cut.piece_count())
            .map(|number| cut.piece(number))
            .collect()
    }

    #[test]
    fn pieces_hold_every_frame_once() {
        let cut = Cut::new(&Slab::whole(&[2, 5, 4, 4]), &[false; 4], None, 32);
        let counts: Vec<u64> = pieces(&cut).iter().map(|piece| piece.frame_count).collect();
        assert_eq!(counts, [2, 2, 1, 2, 2, 1], "two frames of 16 fit at once");
        let firsts: Vec<u64> = pieces(&cut).iter().map(|piece| piece.first_frame).collect();
        assert_eq!(firsts, [0, 2, 4, 5, 7, 9], "one after the other");
        assert_eq!(
            cut.piece(4).slab.start,
            [1, 2, 0, 0],
            "the third of the second run"
        );
    }

    #[test]
    fn frames_that_share_chunks_are_read_together() {
        let cut = Cut::new(
            &Slab::whole(&[20, 4, 4]),
            &[false; 3],
            Some(&[3, 4, 4]),
            16 * 7,
        );
        assert_eq!(cut.piece(0).frame_count, 6, "two chunks of three frames");
    }

    #[test]
    fn a_frame_that_is_too_large_is_read_in_bands() {
        let cut = Cut::new(&Slab::whole(&[2, 6, 10]), &[false; 3], None, 20);
        let rows: Vec<_> = pieces(&cut)
            .iter()
            .map(|piece| (piece.first_frame, piece.first_row, piece.rows))
            .collect();
        assert_eq!(
            rows,
            [
                (0, 0, 2),
                (0, 2, 2),
                (0, 4, 2),
                (1, 0, 2),
                (1, 2, 2),
                (1, 4, 2)
            ],
            "two rows at a time"
        );
        assert_eq!(
            cut.clone().in_bands(4).piece(1).rows,
            2,
            "four rows, then the last two"
        );
        assert_eq!(cut.in_frames().piece_count(), 2, "whole frames");
    }

    #[test]
    fn a_part_is_cut_into_its_own_frames() {
        let slice = Slice::parse("[:, 3, ::2]").unwrap();
        let (slab, dropped) = slice.resolve(&[4, 6, 10]).unwrap();
        let cut = Cut::new(&slab, &dropped, None, 10);
        let first = cut.piece(0).slab;
        assert_eq!(first.start, [0, 3, 0], "the row");
        assert_eq!(first.count, [2, 1, 5], "two lines of it at once");
        assert_eq!(first.step, [1, 1, 2], "every second sample");
        assert_eq!(cut.piece(1).slab.start, [2, 3, 0], "the next two");
        assert_eq!(cut.piece_count(), 2, "no more");
    }

    #[test]
    fn one_axis_is_cut_as_well_and_nothing_needs_no_piece() {
        let cut = Cut::new(&Slab::whole(&[10]), &[false], None, 4);
        let rows: Vec<u64> = pieces(&cut).iter().map(|piece| piece.rows).collect();
        assert_eq!(rows, [4, 4, 2], "four elements at a time");
        let cut = Cut::new(&Slab::whole(&[0, 4, 4]), &[false; 3], None, 4);
        assert_eq!(cut.piece_count(), 0, "nothing to read");
        assert_eq!(
            Cut::new(&Slab::whole(&[]), &[], None, 4).piece_count(),
            1,
            "a scalar"
        );
    }
}
