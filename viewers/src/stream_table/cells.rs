//! How the cells of the crystals are spread.

use hutch_model::{Cancel, FoundRow, Result};

/// Bins of a histogram.
const BINS: usize = 48;
/// Rows between two looks at whether anybody still wants the result.
const STRIDE: usize = 16 << 10;
/// The share of the cells that is left out at each end of a histogram.
const TAIL: f64 = 0.02;
/// Cells that the ends are found from.
const SAMPLED: usize = 20_000;

/// The histogram of one parameter of the cells.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CellHistogram {
    /// Its name and unit.
    pub(super) name: &'static str,
    /// The value at the begin of the first bin and at the end of the last, in the unit of the table.
    pub(super) domain: [f64; 2],
    /// Crystals in each bin; those beyond the ends are in none.
    pub(super) counts: Vec<u64>,
    /// The value in the middle.
    pub(super) median: f64,
}

/// Name, place in the cell, and what a number is multiplied with.
const PARAMETERS: [(&str, usize, f64); 6] = [
    ("a Å", 0, 10.0),
    ("b Å", 1, 10.0),
    ("c Å", 2, 10.0),
    ("α °", 3, 1.0),
    ("β °", 4, 1.0),
    ("γ °", 5, 1.0),
];

impl CellHistogram {
    /// The histograms of all six parameters of some rows; none where no row has a cell.
    ///
    /// # Errors
    /// [`hutch_model::ErrorKind::Cancelled`].
    pub(super) fn all(rows: &[FoundRow], shown: &[u32], cancel: &Cancel) -> Result<Vec<Self>> {
        let mut all = Vec::new();
        for (name, at, factor) in PARAMETERS {
            let value = |shown: &u32| {
                let row = rows.get(*shown as usize)?;
                let value = f64::from(*row.cell.get(at)?) * factor;
                value.is_finite().then_some(value)
            };
            let step = (shown.len() / SAMPLED).max(1);
            let mut sample: Vec<f64> = shown.iter().step_by(step).filter_map(value).collect();
            sample.sort_by(f64::total_cmp);
            let Some(mut histogram) = Self::empty(name, &sample) else {
                continue;
            };
            for piece in shown.chunks(STRIDE) {
                cancel.check()?;
                piece
                    .iter()
                    .filter_map(value)
                    .for_each(|value| histogram.count(value));
            }
            all.push(histogram);
        }
        Ok(all)
    }

    /// A histogram without counts, between the tails of sorted values.
    fn empty(name: &'static str, sorted: &[f64]) -> Option<Self> {
        let at = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of the length"
            )]
            let index = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
            sorted.get(index).copied()
        };
        let (low, median, high) = (at(TAIL)?, at(0.5)?, at(1.0 - TAIL)?);
        // All of one size still get a histogram with a peak in its middle.
        let margin = ((high - low) * 0.1).max(median.abs() * 1e-3).max(1e-6);
        Some(Self {
            name,
            domain: [low - margin, high + margin],
            counts: vec![0; BINS],
            median,
        })
    }

    fn count(&mut self, value: f64) {
        let [low, high] = self.domain;
        let place = (value - low) / (high - low) * BINS as f64;
        if !(0.0..BINS as f64).contains(&place) {
            return;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "inside of the bins"
        )]
        if let Some(count) = self.counts.get_mut(place as usize) {
            *count += 1;
        }
    }
}
