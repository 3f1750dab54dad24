//! Histograms and automatic ranges of a raw frame, exact: every valid sample counts.

use crate::display::Range;
use crate::keys::KeyedSample;
use crate::samples::{RawFrame, SampleSlice, for_each_sample_type};
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
        let range = if scale == BinScale::Logarithmic {
            range.for_log()
        } else {
            range
        };
        let bin_count = bin_count.max(1);
        let place = |value: f64| match scale {
            BinScale::Linear => value,
            BinScale::Logarithmic => value.max(f64::MIN_POSITIVE).ln(),
        };
        let first = place(range.lo);
        let bins_per_unit = bin_count as f64 / (place(range.hi) - first).max(f64::MIN_POSITIVE);
        let mut histogram = Self {
            range,
            scale,
            counts: vec![0; bin_count],
            below_count: 0,
            above_count: 0,
        };
        for_each_valid(frame, |value| {
            if value < range.lo {
                histogram.below_count += 1;
            } else if value > range.hi {
                histogram.above_count += 1;
            } else {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "not negative, clamped to the bins"
                )]
                let bin = ((place(value) - first) * bins_per_unit) as usize;
                histogram.counts[bin.min(bin_count - 1)] += 1;
            }
        });
        histogram
    }
}

/// Rule by which a range follows the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AutoRange {
    /// From one percentile of the valid samples to another, 0..=100, nearest rank.
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
            Self::Sigma(count) => {
                let moments = Moments::of(frame)?;
                let reach = count * moments.sigma();
                Range::new(
                    (moments.mean - reach).max(moments.min),
                    (moments.mean + reach).min(moments.max),
                )
            }
        };
        Some(range)
    }
}

struct Moments {
    min: f64,
    max: f64,
    mean: f64,
    count: f64,
    sum_of_squares: f64,
}

impl Moments {
    /// Source: Welford 1962, Technometrics 4, 419.
    fn of(frame: &RawFrame<'_>) -> Option<Self> {
        let mut moments = Self {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            mean: 0.0,
            count: 0.0,
            sum_of_squares: 0.0,
        };
        for_each_valid(frame, |value| {
            moments.min = moments.min.min(value);
            moments.max = moments.max.max(value);
            moments.count += 1.0;
            let step = value - moments.mean;
            moments.mean += step / moments.count;
            moments.sum_of_squares += step * (value - moments.mean);
        });
        (moments.count > 0.0).then_some(moments)
    }

    fn sigma(&self) -> f64 {
        (self.sum_of_squares / self.count).sqrt()
    }
}

/// The values at two percentiles, exact, by selecting 16 bits of an ordered key at a time.
fn percentiles(frame: &RawFrame<'_>, percents: [f64; 2]) -> Option<[f64; 2]> {
    let first_counts = count_digits(frame, None);
    let total: u64 = first_counts.iter().sum();
    if total == 0 {
        return None;
    }
    let digit_count = digit_count(frame.samples());
    let select = |percent: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the number of samples"
        )]
        let mut rank = (percent.clamp(0.0, 100.0) / 100.0 * (total - 1) as f64).round() as u64;
        let mut prefix = 0_u64;
        for digit in 0..digit_count {
            let counts = if digit == 0 {
                None
            } else {
                Some(count_digits(frame, Some((prefix, digit))))
            };
            let counts = counts.as_ref().unwrap_or(&first_counts);
            let mut chosen = 0;
            for (value, count) in (0_u64..).zip(counts) {
                chosen = value;
                if rank < *count {
                    break;
                }
                rank -= count;
            }
            prefix = prefix << 16 | chosen;
        }
        value_of_key(frame.samples(), prefix)
    };
    Some(percents.map(select))
}

/// Digits of 16 bits in the ordered key of a type.
fn digit_count(samples: SampleSlice<'_>) -> u32 {
    match samples {
        SampleSlice::U8(_)
        | SampleSlice::I8(_)
        | SampleSlice::U16(_)
        | SampleSlice::I16(_)
        | SampleSlice::F16(_) => 1,
        SampleSlice::U32(_)
        | SampleSlice::I32(_)
        | SampleSlice::F32(_)
        | SampleSlice::Complex64(_) => 2,
        SampleSlice::U64(_) | SampleSlice::I64(_) | SampleSlice::F64(_) => 4,
    }
}

/// How many keys have which digit, among those whose higher digits are `prefix`.
fn count_digits(frame: &RawFrame<'_>, prefix: Option<(u64, u32)>) -> Vec<u64> {
    let mut counts = vec![0_u64; 1 << 16];
    let digit_count = digit_count(frame.samples());
    let digit = prefix.map_or(0, |(_, digit)| digit);
    let shift = 16 * (digit_count - 1 - digit);
    let mut count = |key: u64| {
        let is_in = prefix.is_none_or(|(prefix, _)| key >> (shift + 16) == prefix);
        counts[(key >> shift & 0xffff) as usize] += u64::from(is_in);
    };
    for_each_sample_type!(frame.samples(), samples => for_each_valid_sample(frame, samples, |sample| count(sample.key())));
    counts
}

fn value_of_key(samples: SampleSlice<'_>, key: u64) -> f64 {
    fn of<T: KeyedSample>(_: &[T], key: u64) -> f64 {
        T::from_key(key)
    }
    for_each_sample_type!(samples, samples => of(samples, key))
}

fn for_each_valid(frame: &RawFrame<'_>, mut visit: impl FnMut(f64)) {
    for_each_sample_type!(frame.samples(), samples => for_each_valid_sample(frame, samples, |sample| visit(sample.to_f64())));
}

fn for_each_valid_sample<T: KeyedSample>(
    frame: &RawFrame<'_>,
    samples: &[T],
    mut visit: impl FnMut(T),
) {
    let sentinels: Vec<u64> = frame.sentinels().filter_map(T::sentinel_key).collect();
    let is_valid = |sample: T| {
        sample.is_valid() && (sentinels.is_empty() || !sentinels.contains(&sample.key()))
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
