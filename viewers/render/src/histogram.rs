//! Histograms and automatic ranges of a raw frame, exact: every valid sample counts.

use crate::display::Range;
use crate::keys::KeyedSample;
use crate::quantiles::percentiles;
use crate::samples::{RawFrame, for_each_sample_type};
use crate::values::RealSample as _;

/// Spacing of the bins of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BinScale {
    /// Equal differences.
    #[default]
    Linear,
    /// Equal ratios; the range must be positive, as [`Range::for_log`] makes it.
    Logarithmic,
}

/// How often samples occur between two values.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// From the lower edge of the first bin to the upper edge of the last.
    pub range: Range,
    /// Spacing of the bins.
    pub scale: BinScale,
    /// Valid samples in each bin; the last one includes its upper edge.
    pub counts: Vec<u64>,
    /// Valid samples below the first bin.
    pub below_count: u64,
    /// Valid samples above the last bin.
    pub above_count: u64,
}

impl Histogram {
    /// Counts the valid samples of a frame (the magnitude of complex ones): not masked, no sentinel, finite.
    pub fn of(frame: &RawFrame<'_>, bin_count: usize, range: Range, scale: BinScale) -> Self {
        let mut histogram = Self::empty(bin_count, range, scale);
        {
            let mut add = histogram.adder();
            for_each_valid(frame, |value| add(value, 1));
        }
        histogram
    }

    /// Bins without counts.
    pub(crate) fn empty(bin_count: usize, range: Range, scale: BinScale) -> Self {
        Self {
            range: match scale {
                BinScale::Linear => range,
                BinScale::Logarithmic => range.for_log(),
            },
            scale,
            counts: vec![0; bin_count.max(1)],
            below_count: 0,
            above_count: 0,
        }
    }

    /// Counts a value so many times.
    pub(crate) fn adder(&mut self) -> impl FnMut(f64, u64) {
        let bins = self.bins();
        move |value, count| *self.slot(bins.slot_of(value)) += count
    }

    /// Where values fall.
    pub(crate) fn bins(&self) -> Bins {
        let Range { lo, hi, .. } = self.range;
        let first = self.scale.place(lo);
        let width = (self.scale.place(hi) - first).max(f64::MIN_POSITIVE);
        Bins {
            lo,
            hi,
            scale: self.scale,
            first,
            count: self.counts.len(),
            per_unit: self.counts.len() as f64 / width,
        }
    }

    /// The count of a slot of [`Bins::slot_of`].
    pub(crate) fn slot(&mut self, slot: usize) -> &mut u64 {
        match slot.checked_sub(1) {
            None => &mut self.below_count,
            Some(bin) => self.counts.get_mut(bin).unwrap_or(&mut self.above_count),
        }
    }
}

impl BinScale {
    fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Logarithmic => value.max(f64::MIN_POSITIVE).ln(),
        }
    }
}

/// Where values fall in a histogram.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bins {
    lo: f64,
    hi: f64,
    scale: BinScale,
    first: f64,
    /// How many there are.
    pub count: usize,
    per_unit: f64,
}

impl Bins {
    /// 0 for a value below the first bin, then the bins from 1 on, then one for all above; larger values never fall lower.
    pub(crate) fn slot_of(&self, value: f64) -> usize {
        if value < self.lo {
            return 0;
        }
        if value > self.hi {
            return self.count + 1;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, clamped to the bins"
        )]
        let bin = ((self.scale.place(value) - self.first) * self.per_unit) as usize;
        bin.min(self.count - 1) + 1
    }
}

/// Rule by which a range follows the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AutoRange {
    /// From one percentile of the valid samples to another, 0..=100, as
    /// [`percentiles`] are.
    Percentile(f64, f64),
    /// From the smallest valid sample to the largest.
    MinMax,
    /// The mean plus and minus so many standard deviations, within minimum and maximum.
    Sigma(f64),
}

impl AutoRange {
    /// The range of a frame; `None` without any valid sample. The magnitude of complex samples counts.
    pub fn of(self, frame: &RawFrame<'_>) -> Option<Range> {
        let range = match self {
            Self::Percentile(lo, hi) => {
                let [lo, hi] = percentiles(frame, [lo, hi])?;
                Range::new(lo, hi)
            }
            Self::MinMax => {
                let moments = Moments::of(frame)?;
                Range::new(moments.min, moments.max)
            }
            Self::Sigma(count) => Moments::of(frame)?.sigma_range(count),
        };
        Some(range)
    }
}

/// The smallest, the largest, the mean and the spread of the valid samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation, of all samples rather than of a draw from more.
    pub sigma: f64,
}

impl Moments {
    /// The mean plus and minus so many standard deviations, within smallest and largest.
    pub fn sigma_range(&self, count: f64) -> Range {
        let reach = count * self.sigma;
        Range::new(
            (self.mean - reach).max(self.min),
            (self.mean + reach).min(self.max),
        )
    }
}

impl Moments {
    /// The moments of a frame (of the magnitude of complex samples); `None` without any valid sample.
    ///
    /// Source: Welford 1962, Technometrics 4, 419.
    pub fn of(frame: &RawFrame<'_>) -> Option<Self> {
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut mean, mut count, mut sum_of_squares) = (0.0, 0.0, 0.0);
        for_each_valid(frame, |value| {
            min = min.min(value);
            max = max.max(value);
            count += 1.0;
            let step = value - mean;
            mean += step / count;
            sum_of_squares += step * (value - mean);
        });
        (count > 0.0).then(|| Self {
            min,
            max,
            mean,
            sigma: (sum_of_squares / count).sqrt(),
        })
    }
}

fn for_each_valid(frame: &RawFrame<'_>, mut visit: impl FnMut(f64)) {
    for_each_sample_type!(frame.samples(), samples => for_each_valid_sample(frame, samples, |sample| visit(sample.to_f64())));
}

pub(crate) fn for_each_valid_sample<T: KeyedSample>(
    frame: &RawFrame<'_>,
    samples: &[T],
    mut visit: impl FnMut(T),
) {
    let sentinels: Vec<u64> = frame.sentinels().filter_map(T::sentinel_key).collect();
    let limit = frame.saturation().unwrap_or(f64::INFINITY);
    let is_limited = limit.is_finite();
    let is_valid = |sample: T| {
        sample.is_valid()
            && (sentinels.is_empty() || !sentinels.contains(&sample.key()))
            && (!is_limited || sample.to_f64() < limit)
    };
    match frame.mask() {
        None => samples
            .iter()
            .copied()
            .filter(|sample| is_valid(*sample))
            .for_each(visit),
        Some(mask) => {
            for (sample, masked) in samples.iter().zip(mask) {
                if *masked == 0 && is_valid(*sample) {
                    visit(*sample);
                }
            }
        }
    }
}
