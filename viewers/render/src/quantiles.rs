//! Percentiles and histograms of a raw frame from the same counts, exact: every valid sample counts, and nothing is sorted.

use std::collections::HashMap;

use crate::counter::SampleCounter;
use crate::display::Range;
use crate::error::{RenderError, Result};
use crate::histogram::{BinScale, Bins, Histogram};
use crate::image::ImageFrame;
use crate::keys::KeyedSample;
use crate::samples::{RawFrame, SampleSlice, for_each_sample_type};
use crate::tally::{Digit, tally};

/// Tables of 65536 values from which a histogram is taken; where values need more, the samples are visited instead.
const MOST_TABLES: usize = 4;

/// The values at some percentiles (0..=100) of the valid samples; `None` without any.
///
/// Between two samples the value lies on the line between them, as `numpy.percentile(..., method="linear")`
/// has it for samples in binary64. The magnitude of complex samples counts.
pub fn percentiles<const N: usize>(frame: &RawFrame<'_>, percents: [f64; N]) -> Option<[f64; N]> {
    Distribution::of(frame).percentiles(percents)
}

/// The point between two values, rounded as numpy rounds it.
///
/// Source: `_lerp` in `numpy/lib/_function_base_impl.py`.
fn between(low: f64, high: f64, share: f64) -> f64 {
    let apart = high - low;
    if share >= 0.5 {
        high - apart * (1.0 - share)
    } else {
        low + apart * share
    }
}

/// How the valid samples of a frame are spread: counts of 16 bits of an ordered key at a time; what was counted once is kept.
#[derive(Debug)]
pub struct Distribution<'a> {
    frame: RawFrame<'a>,
    digit_count: u32,
    counted: HashMap<(u32, u64), Vec<u64>>,
    device: Option<(&'a SampleCounter, &'a ImageFrame)>,
    refused: Option<RenderError>,
}

impl<'a> Distribution<'a> {
    /// Of a frame; nothing is counted yet.
    pub fn of(frame: &RawFrame<'a>) -> Self {
        Self {
            frame: *frame,
            digit_count: digit_count(frame.samples()),
            counted: HashMap::new(),
            device: None,
            refused: None,
        }
    }

    /// Of a frame that is on a device as well and is counted there; what the device cannot count the CPU does.
    pub fn on_device(
        frame: &RawFrame<'a>,
        counter: &'a SampleCounter,
        on_device: &'a ImageFrame,
    ) -> Self {
        Self {
            device: Some((counter, on_device)),
            ..Self::of(frame)
        }
    }

    /// Whether a device counts, and could count all so far.
    pub const fn is_on_device(&self) -> bool {
        self.device.is_some()
    }

    /// Why a device did not count, where the processor had to.
    pub const fn refused(&self) -> Option<&RenderError> {
        self.refused.as_ref()
    }

    /// The values at some percentiles, as [`percentiles`].
    pub fn percentiles<const N: usize>(&mut self, percents: [f64; N]) -> Option<[f64; N]> {
        let total: u64 = self.counts(0, 0).iter().sum();
        let last = total.checked_sub(1)?;
        Some(percents.map(|percent| {
            let place = percent.clamp(0.0, 100.0) / 100.0 * last as f64;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and the number of samples"
            )]
            let below = (place as u64).min(last);
            let low = self.value_at(below);
            let share = place - below as f64;
            if share <= 0.0 || below == last {
                return low;
            }
            between(low, self.value_at(below + 1), share)
        }))
    }

    /// The histogram, as [`Histogram::of`].
    ///
    /// Whole numbers that are near each other are read off the counts, and no sample is visited.
    pub fn histogram(&mut self, bin_count: usize, range: Range, scale: BinScale) -> Histogram {
        if let Some(histogram) = self.histogram_on_device(bin_count, range, scale) {
            return histogram;
        }
        let Some(tables) = self.tables() else {
            return Histogram::of(&self.frame, bin_count, range, scale);
        };
        let samples = self.frame.samples();
        let last = self.digit_count - 1;
        let mut histogram = Histogram::empty(bin_count, range, scale);
        {
            let mut add = histogram.adder();
            for prefix in tables {
                for (value, count) in (0_u64..).zip(self.counts(last, prefix)) {
                    if *count > 0 {
                        add(value_of_key(samples, prefix << 16 | value), *count);
                    }
                }
            }
        }
        histogram
    }

    fn histogram_on_device(
        &mut self,
        bin_count: usize,
        range: Range,
        scale: BinScale,
    ) -> Option<Histogram> {
        let mut histogram = Histogram::empty(bin_count, range, scale);
        let (bins, frame) = (histogram.bins(), self.frame);
        let counts = for_each_sample_type!(frame.samples(), samples => {
            self.asked(|counter, on_device| bins_of(samples, counter, (&frame, on_device), &bins))
        })?;
        for (slot, count) in counts.into_iter().enumerate() {
            *histogram.slot(slot) += count;
        }
        Some(histogram)
    }

    /// The higher digits of all values, where they are few.
    fn tables(&mut self) -> Option<Vec<u64>> {
        match (self.frame.samples(), self.digit_count) {
            (_, 1) => Some(vec![0]),
            (SampleSlice::U32(_) | SampleSlice::I32(_), 2) => {
                let occupied = (0_u64..).zip(self.counts(0, 0));
                let found: Vec<u64> = occupied
                    .filter(|(_, count)| **count > 0)
                    .map(|(digit, _)| digit)
                    .take(MOST_TABLES + 1)
                    .collect();
                (found.len() <= MOST_TABLES).then_some(found)
            }
            _ => None,
        }
    }

    /// How many keys have which digit, among those whose higher digits are `prefix`.
    fn counts(&mut self, digit: u32, prefix: u64) -> &[u64] {
        let key = (digit, prefix);
        if !self.counted.contains_key(&key) {
            let shift = 16 * (self.digit_count - 1 - digit);
            let prefix = (digit > 0).then_some(prefix);
            let counts = self.count(Digit { shift, prefix });
            self.counted.insert(key, counts);
        }
        self.counted.get(&key).map_or(&[], Vec::as_slice)
    }

    fn count(&mut self, digit: Digit) -> Vec<u64> {
        let frame = self.frame;
        for_each_sample_type!(frame.samples(), samples => {
            let on_device = self.asked(|counter, on_device| digits_of(samples, counter, (&frame, on_device), digit));
            on_device.unwrap_or_else(|| tally(&frame, samples, digit))
        })
    }

    /// What the device counts; once it cannot, it is not asked again.
    fn asked(
        &mut self,
        count: impl FnOnce(&SampleCounter, &ImageFrame) -> Result<Vec<u64>>,
    ) -> Option<Vec<u64>> {
        let (counter, on_device) = self.device?;
        match count(counter, on_device) {
            Ok(counts) => Some(counts),
            Err(error) => {
                self.device = None;
                self.refused = Some(error);
                None
            }
        }
    }

    /// The sample of a rank, 0 for the smallest.
    fn value_at(&mut self, mut rank: u64) -> f64 {
        let mut prefix = 0_u64;
        for digit in 0..self.digit_count {
            let mut chosen = 0;
            for (value, count) in (0_u64..).zip(self.counts(digit, prefix)) {
                chosen = value;
                if rank < *count {
                    break;
                }
                rank -= count;
            }
            prefix = prefix << 16 | chosen;
        }
        value_of_key(self.frame.samples(), prefix)
    }
}

// The slice says which type the keys are of.
fn digits_of<T: KeyedSample>(
    _: &[T],
    counter: &SampleCounter,
    frame: (&RawFrame<'_>, &ImageFrame),
    digit: Digit,
) -> Result<Vec<u64>> {
    counter.digits::<T>(frame, digit)
}

fn bins_of<T: KeyedSample>(
    _: &[T],
    counter: &SampleCounter,
    frame: (&RawFrame<'_>, &ImageFrame),
    bins: &Bins,
) -> Result<Vec<u64>> {
    counter.bins::<T>(frame, bins)
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

fn value_of_key(samples: SampleSlice<'_>, key: u64) -> f64 {
    fn of<T: KeyedSample>(_: &[T], key: u64) -> f64 {
        T::from_key(key)
    }
    for_each_sample_type!(samples, samples => of(samples, key))
}
