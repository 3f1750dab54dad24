//! Reducing a piece, and what of it is there where samples are missing.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

use hutch_analysis::reduce::{Options, Percentiles, Statistics, part_statistics};
use hutch_model::{BlockState, Dataset, Error, ErrorKind, Result, Samples, Slab, read_slab};
use hutch_viewers::prepared;
use parking_lot::Mutex;

use super::mask::{Mask, Pattern};
use crate::cli::context::Context;
use crate::cli::cut::Piece;
use crate::cli::stream::Decoded;

/// So often a piece with missing samples is cut to find those that are there.
const REPAIRS: u64 = 64;

/// Statistics of frames, and of all of them.
#[derive(Default)]
pub(super) struct Reduced {
    pub(super) frames: Vec<Statistics>,
    /// What percentiles of each frame are made of, where they are wanted.
    pub(super) counts: Vec<Percentiles>,
    pub(super) total: Statistics,
    pub(super) missing: Option<String>,
    pub(super) missing_count: u64,
}

impl Reduced {
    /// Adds everything but the frames.
    pub(super) fn add(&mut self, other: &Self) {
        for frame in &other.frames {
            self.total = self.total.merge(frame);
        }
        self.missing = self.missing.take().or_else(|| other.missing.clone());
        self.missing_count += other.missing_count;
    }
}

/// What counts beside the mask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Whether stored values that mean "no data" count as well.
    pub(super) counts_sentinels: bool,
    /// The count from which on the detector does not count right, where the file says it.
    pub(super) saturation: Option<f64>,
    /// Whether each frame has percentiles of its own.
    pub(super) of_each_frame: bool,
}

impl Rules {
    fn options<'a>(&self, samples: &Samples, mask: Option<&'a [bool]>) -> Options<'a> {
        let sentinels = if self.counts_sentinels {
            &[]
        } else {
            prepared::sentinels(samples)
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "beyond its range no sample is saturated"
        )]
        let said = self.saturation.map(|limit| limit.ceil() as i128);
        Options {
            mask,
            sentinels,
            saturation: said.or_else(|| prepared::saturation(samples)),
        }
    }
}

/// The part of a pattern that belongs to a run of the samples that it is for.
fn of_run<'a>(pattern: &'a Pattern, run: &Range<usize>) -> Option<&'a [bool]> {
    let pattern = pattern.as_deref()?;
    // Both are sizes of the fastest axes, so that one is a multiple of the other.
    if pattern.len() <= run.len() {
        return Some(pattern);
    }
    let start = run.start % pattern.len();
    pattern.get(start..start + run.len())
}

/// A mask of what is gone or masked.
fn either(gone: &[bool], mask: Option<&[bool]>) -> Vec<bool> {
    let masked = mask.unwrap_or(&[false]).iter().cycle();
    gone.iter()
        .zip(masked)
        .map(|(gone, masked)| *gone || *masked)
        .collect()
}

/// Reduces pieces on any thread.
pub(super) struct Reducer<'a> {
    pub(super) context: &'a Context,
    pub(super) dataset: &'a dyn Dataset,
    pub(super) mask: Mask,
    pub(super) rules: Rules,
    /// One for each thread that is at work; put together at the end.
    pub(super) percentiles: Mutex<Vec<Percentiles>>,
}

impl Reducer<'_> {
    /// The statistics of each frame of a piece, or of its rows of one.
    ///
    /// # Errors
    /// Those of reading again what is missing in part.
    pub(super) fn reduce(&self, piece: &Piece, decoded: &Decoded<'_>) -> Result<Reduced> {
        let mut percentiles = self.percentiles.lock().pop().unwrap_or_default();
        let reduced = match &decoded.state {
            BlockState::Missing(why) => match self.dataset.missing(decoded.encoded) {
                Some(gone) => self.reduce_frames(piece, decoded.samples, &gone, &mut percentiles),
                None => self.reduce_again(piece, &mut percentiles),
            }
            .map(|reduced| Reduced {
                missing: Some(why.clone()),
                ..reduced
            }),
            _ => self.reduce_frames(piece, decoded.samples, &[], &mut percentiles),
        };
        self.percentiles.lock().push(percentiles);
        reduced
    }

    /// The percentiles of all.
    pub(super) fn percentiles(&self) -> Percentiles {
        let mut all = Percentiles::new();
        for some in self.percentiles.lock().iter() {
            all.merge(some);
        }
        all
    }

    /// Reduces what is there; `gone` is true where a sample is missing.
    fn reduce_frames(
        &self,
        piece: &Piece,
        samples: &Samples,
        gone: &[bool],
        percentiles: &mut Percentiles,
    ) -> Result<Reduced> {
        let mut reduced = Reduced::default();
        let count = usize::try_from(piece.frame_count)
            .unwrap_or(usize::MAX)
            .max(1);
        let size = samples.len() / count;
        let mask = self.mask.part(self.context, &piece.slab)?;
        for frame in 0..count {
            self.context.cancel.check()?;
            let run = frame * size..(frame + 1) * size;
            let mut mask = of_run(&mask, &run).map(Cow::Borrowed);
            let missing = gone.get(run.clone()).filter(|gone| gone.contains(&true));
            if missing.is_some_and(|gone| !gone.contains(&false)) {
                reduced.missing_count += size as u64;
                reduced.frames.push(Statistics::default());
                self.count(&mut reduced, percentiles, |_| Ok(()))?;
                continue;
            }
            if let Some(gone) = missing {
                mask = Some(Cow::Owned(either(gone, mask.as_deref())));
            }
            let options = self.rules.options(samples, mask.as_deref());
            let mut found = part_statistics(samples, run.clone(), &options)?;
            let missing = missing.map_or(0, |gone| gone.iter().filter(|gone| **gone).count());
            found.masked = found.masked.saturating_sub(missing as u64);
            reduced.missing_count += missing as u64;
            reduced.frames.push(found);
            let count = |counts: &mut Percentiles| counts.add_part(samples, run, &options);
            self.count(&mut reduced, percentiles, count)?;
        }
        Ok(reduced)
    }

    /// Reads a piece again, to find what of it is there.
    fn reduce_again(&self, piece: &Piece, percentiles: &mut Percentiles) -> Result<Reduced> {
        let mut reduced = Reduced::default();
        for slab in frames_of(piece) {
            let mut found = Statistics::default();
            let mut missing = 0;
            self.count(&mut reduced, percentiles, |counts| {
                found = self.repaired(slab, &mut missing, counts)?;
                Ok(())
            })?;
            reduced.missing_count += missing;
            reduced.frames.push(found);
        }
        Ok(reduced)
    }

    /// Counts values of a frame for all, and for itself where that is wanted.
    fn count(
        &self,
        reduced: &mut Reduced,
        all: &mut Percentiles,
        count: impl FnOnce(&mut Percentiles) -> Result<()>,
    ) -> Result<()> {
        if !self.rules.of_each_frame {
            return count(all);
        }
        let mut own = Percentiles::new();
        count(&mut own)?;
        all.merge(&own);
        reduced.counts.push(own);
        Ok(())
    }

    /// What is there of a frame, or rows of one: it is read again by halves.
    fn repaired(
        &self,
        slab: Slab,
        missing: &mut u64,
        percentiles: &mut Percentiles,
    ) -> Result<Statistics> {
        let mut found = Statistics::default();
        let mut left = REPAIRS;
        let mut slabs = VecDeque::from([slab]);
        while let Some(slab) = slabs.pop_front() {
            self.context.cancel.check()?;
            let block =
                self.context
                    .pools
                    .wait(read_slab(self.dataset, &slab, &self.context.cancel))?;
            match &block.state {
                BlockState::Present | BlockState::Fill => {
                    let mask = self.mask.part(self.context, &slab)?;
                    let options = self.rules.options(&block.samples, mask.as_deref());
                    let run = 0..block.samples.len();
                    found = found.merge(&part_statistics(&block.samples, run.clone(), &options)?);
                    percentiles.add_part(&block.samples, run, &options)?;
                }
                BlockState::Torn => {
                    return Err(Error::new(
                        ErrorKind::Integrity,
                        format!("reduce \"{}\"", self.dataset.origin()),
                        "the file changed while it was read",
                    ));
                }
                BlockState::Missing(_) => match halves(&slab).filter(|_| left > 0) {
                    Some(halves) => {
                        left -= 1;
                        slabs.extend(halves);
                    }
                    None => *missing += slab.element_count()?,
                },
            }
        }
        Ok(found)
    }
}

/// The frames of a piece, which lie along the one axis that counts them.
fn frames_of(piece: &Piece) -> Vec<Slab> {
    let axis = piece
        .slab
        .count
        .iter()
        .position(|&count| count == piece.frame_count);
    let Some(axis) = axis.filter(|_| piece.frame_count > 1) else {
        return vec![piece.slab.clone()];
    };
    (0..piece.frame_count)
        .map(|frame| {
            let mut slab = piece.slab.clone();
            slab.start[axis] += frame * slab.step[axis];
            slab.count[axis] = 1;
            slab
        })
        .collect()
}

/// The halves of a slab along its slowest axis.
fn halves(slab: &Slab) -> Option<[Slab; 2]> {
    let axis = slab.count.iter().position(|&count| count > 1)?;
    let height = slab.count[axis] / 2;
    let (mut low, mut high) = (slab.clone(), slab.clone());
    low.count[axis] = height;
    high.count[axis] -= height;
    high.start[axis] += height * high.step[axis];
    Some([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_a_frame_are_its_lines() {
        let [low, high] = halves(&Slab::frame(&[5, 4, 4], 3)).unwrap();
        assert_eq!(low.count, [1, 2, 4], "upper lines");
        assert_eq!(high.start, [3, 2, 0], "lower lines");
        assert!(
            halves(&Slab::frame(&[5, 1, 1], 3)).is_none(),
            "one sample has none"
        );
    }

    #[test]
    fn a_piece_of_frames_is_taken_apart_along_their_axis() {
        let piece = Piece {
            slab: Slab {
                start: vec![0, 4, 0, 0],
                count: vec![1, 3, 2, 2],
                step: vec![1, 2, 1, 1],
            },
            first_frame: 2,
            frame_count: 3,
            first_row: 0,
            rows: 2,
        };
        let starts: Vec<u64> = frames_of(&piece).iter().map(|slab| slab.start[1]).collect();
        assert_eq!(starts, [4, 6, 8], "every second, as it was asked");
    }
}
