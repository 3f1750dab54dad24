//! The places of a selection along one axis, as a list that is never written out.

use crate::error::Error;
use crate::selection::AxisSelection;

/// Most steps that one axis of one part of a selection may take.
const STEP_MAX: usize = 1 << 22;

/// Places along an axis: element `i` is at `start + (i / block) * stride + i % block`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct List {
    start: u64,
    stride: u64,
    /// Neighbours in one block; the largest number where all are neighbours.
    block: u64,
    /// Elements; the largest number where there is no end.
    pub(super) length: u64,
}

/// Some places of a list that lie in a slab, evenly apart on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progression {
    /// The first index in the slab, and the distance of the next.
    pub(super) target: u64,
    pub(super) target_step: u64,
    /// The first place in the source, and the distance of the next.
    pub(super) source: u64,
    pub(super) source_step: u64,
    pub(super) count: u64,
}

/// What a slab takes along one axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) start: u64,
    pub(super) count: u64,
    pub(super) step: u64,
}

impl Wanted {
    /// The last element, if any.
    pub(super) fn last(self) -> Option<u64> {
        let span = self.count.checked_sub(1)?.checked_mul(self.step)?;
        self.start.checked_add(span)
    }
}

impl List {
    /// Neighbours from `start` on.
    pub(super) fn run(start: u64, length: u64) -> Self {
        Self {
            start,
            stride: 1,
            block: u64::MAX,
            length,
        }
    }

    pub(super) fn of(axis: &AxisSelection) -> Self {
        let Some(block) = axis.block else {
            return Self::run(axis.start, u64::MAX);
        };
        let length = axis
            .count
            .map_or(u64::MAX, |count| count.saturating_mul(block));
        if axis.count == Some(1) || axis.stride == block {
            return Self::run(axis.start, length);
        }
        Self {
            start: axis.start,
            stride: axis.stride,
            block,
            length,
        }
    }

    /// The place of element `index`.
    pub(super) fn at(&self, index: u64) -> Option<u64> {
        let blocks = (index / self.block).checked_mul(self.stride)?;
        self.start
            .checked_add(blocks)?
            .checked_add(index % self.block)
    }

    /// The index of the first element at `place` or behind it.
    pub(super) fn index_at(&self, place: u64) -> u64 {
        let Some(distance) = place.checked_sub(self.start) else {
            return 0;
        };
        if self.block == u64::MAX {
            return distance.min(self.length);
        }
        let in_block = (distance % self.stride).min(self.block);
        (distance / self.stride)
            .saturating_mul(self.block)
            .saturating_add(in_block)
            .min(self.length)
    }

    /// Cut off at the places that an axis of `size` has.
    pub(super) fn clipped(self, size: u64) -> Self {
        Self {
            length: self.index_at(size),
            ..self
        }
    }

    /// The place behind the last of `length` elements, which are not fewer than one.
    pub(super) fn end_of(&self, length: u64) -> Option<u64> {
        self.at(length.checked_sub(1)?)?.checked_add(1)
    }

    /// The index behind the last one that is as far from its neighbour as `index` from its own.
    pub(super) fn run_end(&self, index: u64) -> u64 {
        if self.block == 1 || self.block >= self.length {
            self.length
        } else {
            (index / self.block + 1)
                .saturating_mul(self.block)
                .min(self.length)
        }
    }

    /// The distance of neighbours in a run.
    pub(super) fn step(&self) -> u64 {
        if self.block == 1 { self.stride } else { 1 }
    }

    /// Whether a place of the list may be wanted; exact for lists of one run.
    pub(super) fn touches(&self, wanted: Wanted) -> bool {
        let Some(last) = wanted.last() else {
            return false;
        };
        let (from, to) = (
            self.index_at(wanted.start),
            self.index_at(last.saturating_add(1)),
        );
        if from >= to || self.run_end(from) < to {
            return from < to;
        }
        let run = Run {
            start: self.at(from).unwrap_or(u64::MAX),
            step: self.step(),
            count: to - from,
        };
        common(run, wanted).is_some()
    }
}

/// The places of `target` that are wanted, beside the places of `source` with the same indices.
pub(super) fn pair(
    target: &List,
    source: &List,
    wanted: Wanted,
) -> Result<Vec<Progression>, Error> {
    let mut found = Vec::new();
    let Some(last) = wanted.last() else {
        return Ok(found);
    };
    let end = target.index_at(last.saturating_add(1)).min(source.length);
    let mut index = target.index_at(wanted.start);
    let mut steps = 0;
    while index < end {
        steps += 1;
        if steps > STEP_MAX {
            return Err(Error::limit(
                "a part of a virtual dataset",
                STEP_MAX as u64,
                0,
            ));
        }
        let stop = target.run_end(index).min(source.run_end(index)).min(end);
        let (Some(from), Some(origin)) = (target.at(index), source.at(index)) else {
            break;
        };
        let run = Run {
            start: from,
            step: target.step(),
            count: stop - index,
        };
        if let Some(shared) = common(run, wanted) {
            found.extend(shared.beside(origin, source.step()));
        }
        index = stop;
    }
    Ok(found)
}

/// Places that are evenly apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) start: u64,
    pub(super) step: u64,
    pub(super) count: u64,
}

/// What a run and a slab have in common: indices in the run and in the slab.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common {
    in_run: u64,
    run_step: u64,
    target: u64,
    target_step: u64,
    count: u64,
}

impl Common {
    /// The same elements, with the places of a source whose first is `origin`.
    pub(super) fn beside(self, origin: u64, source_step: u64) -> Option<Progression> {
        let source = self.in_run.checked_mul(source_step)?.checked_add(origin)?;
        let is_one = self.count == 1;
        Some(Progression {
            target: self.target,
            target_step: if is_one { 1 } else { self.target_step },
            source,
            source_step: if is_one {
                1
            } else {
                self.run_step.checked_mul(source_step)?
            },
            count: self.count,
        })
    }
}

/// Solves `run.start + i * run.step = wanted.start + k * wanted.step` for all `i` and `k`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "indices of a run and of a slab, which have 64 bits"
)]
pub(super) fn common(run: Run, wanted: Wanted) -> Option<Common> {
    let (step, pace) = (u128::from(run.step.max(1)), u128::from(wanted.step.max(1)));
    let divisor = gcd(step, pace);
    let period = pace / divisor;
    let (start, from) = (u128::from(run.start), u128::from(wanted.start));
    // Indices that are in step: those that are `first` modulo `period`.
    let distance = if from >= start {
        (from - start) % pace
    } else {
        (pace - (start - from) % pace) % pace
    };
    if !distance.is_multiple_of(divisor) {
        return None;
    }
    let first = (distance / divisor % period) * inverse(step / divisor % period, period) % period;
    let lowest = from.saturating_sub(start).div_ceil(step);
    let last_wanted = u128::from(wanted.last()?).checked_sub(start)?;
    let highest = (last_wanted / step).min(u128::from(run.count.checked_sub(1)?));
    let index = lowest + (first + period - lowest % period) % period;
    if index > highest {
        return None;
    }
    Some(Common {
        in_run: index as u64,
        run_step: period as u64,
        target: ((start + index * step - from) / pace) as u64,
        target_step: (step / divisor) as u64,
        count: ((highest - index) / period + 1) as u64,
    })
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The number whose product with `value` is one modulo `modulus`; they share no divisor.
fn inverse(value: u128, modulus: u128) -> u128 {
    if modulus == 1 {
        return 0;
    }
    // Extended Euclid, with coefficients kept modulo `modulus`, which has 64 bits.
    let (mut left, mut right) = (value, modulus);
    let (mut x, mut y) = (1_u128, 0_u128);
    while right != 0 {
        let quotient = left / right;
        (left, right) = (right, left % right);
        let product = quotient % modulus * y % modulus;
        (x, y) = (y, (x + modulus - product) % modulus);
    }
    x % modulus
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_common_are_those_that_counting_finds() {
        for (start, step) in [(0, 1), (5, 1), (3, 4), (7, 6), (20, 3), (2, 9)] {
            for (from, pace) in [(0, 1), (4, 1), (5, 2), (1, 6), (9, 4), (30, 5)] {
                let run = Run {
                    start,
                    step,
                    count: 11,
                };
                let wanted = Wanted {
                    start: from,
                    count: 13,
                    step: pace,
                };
                let counted: Vec<(u64, u64)> = (0..11)
                    .flat_map(|index| (0..13).map(move |at| (index, at)))
                    .filter(|(index, at)| start + index * step == from + at * pace)
                    .collect();
                let solved: Vec<(u64, u64)> = common(run, wanted).map_or_else(Vec::new, |common| {
                    (0..common.count)
                        .map(|n| {
                            (
                                common.in_run + n * common.run_step,
                                common.target + n * common.target_step,
                            )
                        })
                        .collect()
                });
                assert_eq!(solved, counted, "{run:?} and {wanted:?}");
            }
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let run = Run {
            start: u64::MAX - 7,
            step: u64::MAX / 2,
            count: u64::MAX,
        };
        let wanted = Wanted {
            start: 3,
            count: 2,
            step: u64::MAX - 10,
        };
        assert_eq!(
            common(run, wanted).map(|common| common.count),
            Some(1),
            "their one common place"
        );
    }
}
