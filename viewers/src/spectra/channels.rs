//! Where the channels of a stack lie along their axis.

use hutch_analysis::maps::lines::ElementLine;
use hutch_model::{Block, Scaling};

/// A range around a line is this share of its energy to both sides.
const AROUND: f64 = 0.015;

/// The places of channels along their axis, in its unit; the index where nothing is known of them yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channels<'a> {
    pub(super) count: usize,
    /// The axis as it is stored, and how it is scaled.
    pub(super) stored: Option<(&'a Block, Scaling)>,
}

impl Channels<'_> {
    /// The energy or number of a channel.
    pub(super) fn energy(&self, channel: usize) -> f64 {
        match self.stored {
            Some((block, scaling)) if channel < block.samples.len() => {
                scaling.apply(block.samples.get_f64(channel))
            }
            _ => channel as f64,
        }
    }

    /// The channel nearest to a place along the axis, which may rise or fall.
    pub(super) fn at(&self, energy: f64) -> usize {
        let last = self.count.saturating_sub(1);
        let rises = self.energy(last) >= self.energy(0);
        let (mut low, mut high) = (0, last);
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            if (self.energy(middle) <= energy) == rises {
                low = middle;
            } else {
                high = middle;
            }
        }
        let apart = |channel: usize| (self.energy(channel) - energy).abs();
        if apart(low) <= apart(high) { low } else { high }
    }

    /// Whether a place lies between the ends of the axis.
    pub(super) fn contains(&self, place: f64) -> bool {
        let ends = [self.energy(0), self.energy(self.count.saturating_sub(1))];
        (ends[0].min(ends[1])..=ends[0].max(ends[1])).contains(&place)
    }

    /// First and last channel around a line of fluorescence, or the channel of an edge.
    pub(super) fn around(&self, line: &ElementLine, place: f64) -> [usize; 2] {
        let around = if line.is_edge { 0.0 } else { AROUND };
        let ends = [place * (1.0 - around), place * (1.0 + around)];
        let [one, other] = ends.map(|energy| self.at(energy));
        [one.min(other), one.max(other)]
    }
}

#[cfg(test)]
mod tests {
    use hutch_analysis::maps::lines::of_element;
    use hutch_model::{BlockState, Samples};

    use super::*;

    #[test]
    fn a_line_has_the_channels_around_it_on_an_axis_that_rises_or_falls() {
        let iron = of_element("Fe").next().unwrap();
        let rising: Vec<f64> = (0..200).map(|channel| 50.0 * f64::from(channel)).collect();
        let falling = rising.iter().rev().copied().collect();
        for (energies, expected) in [(rising, [126, 130]), (falling, [69, 73])] {
            let block = Block {
                shape: vec![200],
                samples: Samples::F64(energies),
                state: BlockState::Present,
            };
            let channels = Channels {
                count: 200,
                stored: Some((&block, Scaling::IDENTITY)),
            };
            assert_eq!(channels.around(&iron, iron.energy_ev), expected);
            assert!(channels.contains(9000.0) && !channels.contains(1e4));
        }
    }
}
