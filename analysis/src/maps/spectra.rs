//! Stacks of spectra: a spectrum at each place of a map, read piece by piece.
//!
//! The channels are the last axis (`[y, x, channel]`, `[point, channel]`, as
//! fluorescence detectors write them) or stand before the image (`[channel, y, x]`,
//! as microscopes that go through energies). Sums are in binary64: those of counts
//! are exact below 2^53.

use std::ops::Range;

use hutch_model::{Samples, Slab};

/// Which axes of a dataset are channels and places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    shape: Vec<u64>,
    /// The index along each axis that is neither.
    fixed: Vec<u64>,
    channel: usize,
    row: Option<usize>,
    column: usize,
}

/// A part of a stack, in indices along its axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Channels.
    pub channels: Range<u64>,
    /// Rows; `0..1` where places lie in a line.
    pub rows: Range<u64>,
    /// Places along a row.
    pub columns: Range<u64>,
}

impl Stack {
    /// The stack of a dataset; `fixed` has the index along each axis that is
    /// neither channel nor place, and anything else for those that are. `None`
    /// for a dataset without channels or places.
    pub fn new(shape: &[u64], channels_first: bool, fixed: &[u64]) -> Option<Self> {
        let rank = shape.len();
        let (channel, row, column) = if channels_first {
            (rank.checked_sub(3)?, Some(rank - 2), rank - 1)
        } else {
            (
                rank.checked_sub(1)?,
                rank.checked_sub(3),
                rank.checked_sub(2)?,
            )
        };
        let is_whole = fixed.len() == rank && !shape.contains(&0);
        is_whole.then(|| Self {
            shape: shape.to_vec(),
            fixed: fixed.to_vec(),
            channel,
            row,
            column,
        })
    }

    /// The axis of the channels.
    pub const fn channel_axis(&self) -> usize {
        self.channel
    }

    /// The axis of the rows, where places do not lie in a line.
    pub const fn row_axis(&self) -> Option<usize> {
        self.row
    }

    /// The axis of the places of a row.
    pub const fn column_axis(&self) -> usize {
        self.column
    }

    /// All of it.
    pub fn whole(&self) -> Part {
        Part {
            channels: 0..self.shape[self.channel],
            rows: 0..self.row.map_or(1, |row| self.shape[row]),
            columns: 0..self.shape[self.column],
        }
    }

    /// How many places there are.
    pub fn place_count(&self) -> u64 {
        let whole = self.whole();
        whole.rows.end.saturating_mul(whole.columns.end)
    }

    /// A part as a selection of the dataset.
    pub fn slab(&self, part: &Part) -> Slab {
        let mut slab = Slab {
            start: self.fixed.clone(),
            count: vec![1; self.shape.len()],
            step: vec![1; self.shape.len()],
        };
        let mut set = |axis: usize, range: &Range<u64>| {
            slab.start[axis] = range.start;
            slab.count[axis] = range.end.saturating_sub(range.start);
        };
        set(self.channel, &part.channels);
        set(self.column, &part.columns);
        if let Some(row) = self.row {
            set(row, &part.rows);
        }
        slab
    }

    /// A part in pieces of at most `budget_bytes` where that can be, whole chunks at
    /// a time, along the axis along which samples of a dataset lie far apart.
    pub fn pieces(
        &self,
        part: &Part,
        sample_bytes: u64,
        chunk_shape: Option<&[u64]>,
        budget_bytes: u64,
    ) -> Vec<Part> {
        let is_first = self.channel < self.column;
        let (axis, range) = match self.row {
            _ if is_first => (self.channel, part.channels.clone()),
            Some(row) => (row, part.rows.clone()),
            None => (self.column, part.columns.clone()),
        };
        let slab = self.slab(part);
        let one = slab.count.iter().enumerate().filter(|(of, _)| *of != axis);
        let one_bytes = one.fold(sample_bytes.max(1), |bytes, (_, &count)| {
            bytes.saturating_mul(count)
        });
        let chunk = chunk_shape
            .and_then(|shape| shape.get(axis))
            .copied()
            .unwrap_or(1)
            .max(1);
        let at_once = (budget_bytes / one_bytes.max(1)).max(1);
        // Pieces end where chunks do, so that none is decoded twice.
        let step = (at_once / chunk).max(1) * chunk;
        let mut pieces = Vec::new();
        let mut start = range.start;
        while start < range.end {
            let end = (start / step)
                .saturating_add(1)
                .saturating_mul(step)
                .min(range.end);
            let mut piece = part.clone();
            let place = match self.row {
                _ if is_first => &mut piece.channels,
                Some(_) => &mut piece.rows,
                None => &mut piece.columns,
            };
            *place = start..end;
            pieces.push(piece);
            start = end;
        }
        pieces
    }

    /// Calls `visit` with the channel, the place and the value of each sample of a part.
    fn for_each(&self, part: &Part, samples: &Samples, mut visit: impl FnMut(usize, usize, f64)) {
        let size = |range: &Range<u64>| as_index(range.end.saturating_sub(range.start));
        let [channels, rows, columns] = [&part.channels, &part.rows, &part.columns].map(size);
        if channels
            .checked_mul(rows)
            .and_then(|count| count.checked_mul(columns))
            != Some(samples.len())
        {
            return;
        }
        // `[channel, y, x]` or `[y, x, channel]` in the block.
        let [by_channel, by_row, by_column] = if self.channel < self.column {
            [rows * columns, columns, 1]
        } else {
            [1, columns * channels, channels]
        };
        let width = as_index(self.shape[self.column]);
        let first = [&part.channels, &part.rows, &part.columns].map(|range| as_index(range.start));
        for row in 0..rows {
            for column in 0..columns {
                let place = (first[1] + row) * width + first[2] + column;
                let at = row * by_row + column * by_column;
                for channel in 0..channels {
                    visit(
                        first[0] + channel,
                        place,
                        samples.get_f64(at + channel * by_channel),
                    );
                }
            }
        }
    }

    /// Adds the samples of a part to a map: each value times the weight of its
    /// channel, to the sum of its place.
    pub fn add_map(&self, part: &Part, samples: &Samples, weights: &[f64], sums: &mut [f64]) {
        self.for_each(part, samples, |channel, place, value| {
            let weight = weights.get(channel).copied().unwrap_or(0.0);
            // What is not asked for must not bring its NaN along.
            if weight != 0.0
                && let Some(sum) = sums.get_mut(place)
            {
                *sum += weight * value;
            }
        });
    }

    /// Adds the samples of a part to a spectrum, from places that are chosen; values
    /// that are no numbers are left out.
    pub fn add_spectrum(
        &self,
        part: &Part,
        samples: &Samples,
        chosen: Option<&[bool]>,
        sums: &mut [f64],
    ) {
        self.for_each(part, samples, |channel, place, value| {
            let is_chosen = chosen.is_none_or(|chosen| chosen.get(place) == Some(&true));
            if is_chosen
                && value.is_finite()
                && let Some(sum) = sums.get_mut(channel)
            {
                *sum += value;
            }
        });
    }
}

/// The weights of channels that sum `first..=last`; with `is_net`, less a background
/// that is a line from the first to the last of them.
///
/// The net sum is that of `PyMca`: the sum less the mean of both ends for each channel.
/// Source: `PyMca5.PyMcaGui.pymca.ScanWindow`, regions of interest, net counts.
pub fn channel_weights(count: usize, [first, last]: [usize; 2], is_net: bool) -> Vec<f64> {
    let mut weights = vec![0.0; count];
    let Some(inside) = weights.get_mut(first..=last.min(count.saturating_sub(1))) else {
        return weights;
    };
    inside.fill(1.0);
    if is_net {
        let half = 0.5 * inside.len() as f64;
        if let Some(first) = inside.first_mut() {
            *first -= half;
        }
        if let Some(last) = inside.last_mut() {
            *last -= half;
        }
    }
    weights
}

fn as_index(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a sample tells its channel, row and column.
    fn value(channel: u64, row: u64, column: u64) -> f64 {
        (100 * channel + 10 * row + column) as f64
    }

    fn samples(stack: &Stack, part: &Part) -> Samples {
        let mut found = Vec::new();
        let (channels, rows, columns) = (
            part.channels.clone(),
            part.rows.clone(),
            part.columns.clone(),
        );
        if stack.channel_axis() == 0 {
            for channel in channels {
                for row in rows.clone() {
                    found.extend(columns.clone().map(|column| value(channel, row, column)));
                }
            }
        } else {
            for row in rows {
                for column in columns.clone() {
                    found.extend(channels.clone().map(|channel| value(channel, row, column)));
                }
            }
        }
        Samples::F64(found)
    }

    fn both() -> [Stack; 2] {
        [
            Stack::new(&[3, 4, 6], false, &[0; 3]).unwrap(),
            Stack::new(&[6, 3, 4], true, &[0; 3]).unwrap(),
        ]
    }

    #[test]
    fn maps_and_spectra_are_the_same_piece_by_piece_and_in_both_orders() {
        for stack in both() {
            let weights = channel_weights(6, [1, 3], false);
            let (mut map, mut spectrum) = (vec![0.0; 12], vec![0.0; 6]);
            let pieces = stack.pieces(&stack.whole(), 8, None, 200);
            assert!(pieces.len() > 1, "in pieces");
            for piece in pieces {
                stack.add_map(&piece, &samples(&stack, &piece), &weights, &mut map);
                stack.add_spectrum(&piece, &samples(&stack, &piece), None, &mut spectrum);
            }
            for place in 0..12u64 {
                let (row, column) = (place / 4, place % 4);
                let expected: f64 = (1..=3).map(|channel| value(channel, row, column)).sum();
                assert_eq!(
                    map[usize::try_from(place).unwrap()].to_bits(),
                    expected.to_bits(),
                    "{place}"
                );
            }
            // The mean place is row 1 and column 1.5.
            let expected: Vec<f64> = (0..6)
                .map(|channel| 12.0 * (100.0 * f64::from(channel) + 11.5))
                .collect();
            assert_eq!(spectrum, expected);
        }
    }

    #[test]
    fn a_chosen_place_alone_makes_its_spectrum_and_nan_stays_in_its_place() {
        let [stack, _] = both();
        let mut chosen = [false; 12];
        chosen[6] = true;
        let part = Part {
            rows: 1..2,
            ..stack.whole()
        };
        let mut spectrum = vec![0.0; 6];
        stack.add_spectrum(&part, &samples(&stack, &part), Some(&chosen), &mut spectrum);
        let expected: Vec<f64> = (0..6).map(|channel| value(channel, 1, 2)).collect();
        assert_eq!(spectrum, expected, "row 1, column 2");
        let Samples::F64(mut values) = samples(&stack, &stack.whole()) else {
            panic!("reals");
        };
        values[0] = f64::NAN;
        values[7] = f64::NAN;
        let mut map = vec![0.0; 12];
        stack.add_map(
            &stack.whole(),
            &Samples::F64(values),
            &channel_weights(6, [1, 3], false),
            &mut map,
        );
        assert!(
            !map[0].is_nan() && map[1].is_nan(),
            "channel 0 is not asked for"
        );
    }

    #[test]
    fn a_line_below_a_peak_is_taken_away_and_nothing_is_left_of_it() {
        let line: Vec<f64> = (0..8)
            .map(|channel| 5.0 + 2.0 * f64::from(channel))
            .collect();
        let weights = channel_weights(8, [2, 6], true);
        let net: f64 = weights
            .iter()
            .zip(&line)
            .map(|(weight, value)| weight * value)
            .sum();
        assert!(net.abs() < 1e-12, "{net}");
        assert_eq!(
            channel_weights(4, [3, 9], false),
            [0.0, 0.0, 0.0, 1.0],
            "beyond the end"
        );
        assert_eq!(channel_weights(4, [9, 3], true), [0.0; 4], "nothing");
    }

    #[test]
    fn pieces_end_where_chunks_do() {
        let stack = Stack::new(&[100, 10, 16], false, &[0; 3]).unwrap();
        let pieces = stack.pieces(&stack.whole(), 4, Some(&[8, 10, 16]), 20 * 640);
        let ends: Vec<u64> = pieces.iter().map(|piece| piece.rows.end).collect();
        assert_eq!(ends, [16, 32, 48, 64, 80, 96, 100]);
        assert!(
            Stack::new(&[0, 4], false, &[0, 0]).is_none(),
            "nothing in it"
        );
        assert!(Stack::new(&[4], false, &[0]).is_none(), "no places");
    }
}
