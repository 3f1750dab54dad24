//! Count, extremes, sum, mean and deviation of frames.

use std::ops::Range;

use hutch_model::{Cancel, Error, ErrorKind, Result, Samples};
use rayon::prelude::*;

use super::{Number, Options};

/// Samples whose sums are kept in lanes before they go to the exact ones.
const BLOCK: usize = 4096;
/// Sums that grow side by side, so that one does not wait for the other.
const LANES: usize = 8;

/// Statistics of a frame or of many.
///
/// `count` samples are behind all other numbers; masked ones, sentinels and
/// NaN are in `masked` instead. Without samples `min`, `max`, `mean` and
/// `sigma` are NaN and `sum` is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// Samples that count.
    pub count: u64,
    /// The smallest of them.
    pub min: Number,
    /// The largest of them.
    pub max: Number,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation about the mean, over `count` (not `count - 1`).
    pub sigma: f64,
    /// Their sum.
    pub sum: Number,
    /// Samples that do not count.
    pub masked: u64,
    /// Those of them that no mask covers, and that are NaN.
    pub not_a_number: u64,
    /// Samples at or above saturation.
    pub saturated: u64,
}

impl Default for Statistics {
    fn default() -> Self {
        Self {
            count: 0,
            min: Number::Real(f64::NAN),
            max: Number::Real(f64::NAN),
            mean: f64::NAN,
            sigma: f64::NAN,
            sum: Number::Int(0),
            masked: 0,
            not_a_number: 0,
            saturated: 0,
        }
    }
}

impl Statistics {
    /// The statistics of both together.
    ///
    /// Source: Chan, Golub and `LeVeque`, Am. Stat. 37 (1983) 242.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let masked = self.masked + other.masked;
        let not_a_number = self.not_a_number + other.not_a_number;
        let (some, rest) = if self.count == 0 {
            (other, self)
        } else {
            (self, other)
        };
        if rest.count == 0 {
            return Self {
                masked,
                not_a_number,
                ..*some
            };
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let total = a + b;
        let distance = other.mean - self.mean;
        let squares =
            a * self.sigma.powi(2) + b * other.sigma.powi(2) + distance * distance * a * b / total;
        Self {
            count: self.count + other.count,
            min: self.min.least(other.min),
            max: self.max.greatest(other.max),
            mean: self.mean + distance * b / total,
            sigma: (squares / total).sqrt(),
            sum: self.sum.plus(other.sum),
            masked,
            not_a_number,
            saturated: self.saturated + other.saturated,
        }
    }
}

/// The statistics of one frame, or of a stack whose frames share a mask.
///
/// Whole numbers are summed exactly; real ones in lanes over blocks of some
/// thousand, whose sums are added with compensation (Neumaier, Z. Angew. Math.
/// Mech. 54 (1974) 39). The variance is taken about the first sample, so that
/// large offsets do not cancel it. Complex samples count by their magnitude.
/// Infinities count, and make sums infinite or NaN.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for text.
pub fn frame_statistics(samples: &Samples, options: &Options<'_>) -> Result<Statistics> {
    part_statistics(samples, 0..samples.len(), options)
}

/// The statistics of a run of samples, as one frame of a stack; the mask begins
/// with the run.
///
/// # Errors
/// As [`frame_statistics`]; [`ErrorKind::Shape`] for a run that ends behind the samples.
pub fn part_statistics(
    samples: &Samples,
    run: Range<usize>,
    options: &Options<'_>,
) -> Result<Statistics> {
    let mut sums = Sums::default();
    macro_rules! whole {
        ($values:expr, $kind:ty, $sum:ty) => {{
            let part = $values.get(run).ok_or_else(outside)?;
            let known = |value: &i128| <$kind>::try_from(*value).ok();
            let sentinels: Vec<$kind> = options.sentinels.iter().filter_map(known).collect();
            let least = options
                .saturation
                .map(|limit| limit.max(<$kind>::MIN.into()));
            let saturation = least.and_then(|limit| known(&limit));
            let no_data = |value: $kind| sentinels.contains(&value);
            for (number, block) in part.chunks(BLOCK).enumerate() {
                let mask = options.mask_of(number * BLOCK);
                let mut sum: $sum = 0;
                let real = |value: $kind| value as f64;
                let found = sums.block(block, mask, no_data, real, |value| {
                    sum += <$sum>::from(value);
                    saturation.is_some_and(|limit| value >= limit)
                });
                sums.int_sum += i128::from(sum);
                sums.widen(
                    found.map(|(min, max)| (Number::Int(min.into()), Number::Int(max.into()))),
                );
            }
        }};
    }
    macro_rules! real {
        ($values:expr) => {{
            let part = $values.get(run).ok_or_else(outside)?;
            for (number, block) in part.chunks(BLOCK).enumerate() {
                sums.reals(
                    block.iter().map(|&value| f64::from(value)),
                    options,
                    number * BLOCK,
                );
            }
        }};
    }
    match samples {
        Samples::U8(values) => whole!(values, u8, i64),
        Samples::U16(values) => whole!(values, u16, i64),
        Samples::U32(values) => whole!(values, u32, i64),
        Samples::U64(values) => whole!(values, u64, i128),
        Samples::I8(values) => whole!(values, i8, i64),
        Samples::I16(values) => whole!(values, i16, i64),
        Samples::I32(values) => whole!(values, i32, i64),
        Samples::I64(values) => whole!(values, i64, i128),
        Samples::F32(values) => real!(values),
        Samples::F64(values) => real!(values),
        other if other.element().is_numeric() => {
            if run.end > other.len() {
                return Err(outside());
            }
            for (number, start) in run.clone().step_by(BLOCK).enumerate() {
                let block = start..(start + BLOCK).min(run.end);
                sums.reals(
                    block.map(|index| other.get_f64(index)),
                    options,
                    number * BLOCK,
                );
            }
        }
        other => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "reduce samples",
                format!("samples are {}", other.element()),
            ));
        }
    }
    Ok(sums.finish())
}

fn outside() -> Error {
    Error::new(
        ErrorKind::Shape,
        "reduce samples",
        "the run ends behind the samples",
    )
}

/// The part of a mask that belongs to a block; it begins again behind its end.
#[derive(Clone, Copy)]
pub(super) struct BlockMask<'a> {
    mask: &'a [bool],
    start: usize,
}

impl<'a> Options<'a> {
    pub(super) fn mask_of(&self, start: usize) -> BlockMask<'a> {
        BlockMask {
            mask: self.mask.unwrap_or_default(),
            start,
        }
    }
}

impl BlockMask<'_> {
    pub(super) const fn is_empty(self) -> bool {
        self.mask.is_empty()
    }

    /// Whether a sample of the block is masked.
    pub(super) fn holds(self, index: usize) -> bool {
        !self.mask.is_empty() && self.mask[(self.start + index) % self.mask.len()]
    }
}

#[derive(Default)]
struct Sums {
    count: u64,
    masked: u64,
    not_a_number: u64,
    saturated: u64,
    extremes: Option<(Number, Number)>,
    int_sum: i128,
    real_sum: f64,
    compensation: f64,
    origin: Option<f64>,
    shifted: f64,
    shifted_squares: f64,
}

impl Sums {
    /// Adds a block of whole numbers but for their sum; gives their extremes.
    fn block<T: Copy + Ord>(
        &mut self,
        block: &[T],
        mask: BlockMask<'_>,
        no_data: impl Fn(T) -> bool,
        real: impl Fn(T) -> f64,
        mut add: impl FnMut(T) -> bool,
    ) -> Option<(T, T)> {
        let counts =
            |index: usize, value: T| !no_data(value) && (mask.is_empty() || !mask.holds(index));
        let first = block
            .iter()
            .enumerate()
            .find(|&(index, &value)| counts(index, value));
        let Some((_, &first)) = first else {
            self.masked += block.len() as u64;
            return None;
        };
        let origin = *self.origin.get_or_insert_with(|| real(first));
        let (mut min, mut max) = (first, first);
        let (mut count, mut saturated) = (0u64, 0u64);
        let mut shifted = [0.0f64; LANES];
        let mut squares = [0.0f64; LANES];
        for (index, &value) in block.iter().enumerate() {
            if !counts(index, value) {
                continue;
            }
            count += 1;
            min = min.min(value);
            max = max.max(value);
            saturated += u64::from(add(value));
            let distance = real(value) - origin;
            shifted[index % LANES] += distance;
            squares[index % LANES] += distance * distance;
        }
        self.count += count;
        self.masked += block.len() as u64 - count;
        self.saturated += saturated;
        self.shifted += shifted.iter().sum::<f64>();
        self.shifted_squares += squares.iter().sum::<f64>();
        Some((min, max))
    }

    /// Adds a block of real numbers, of which NaN does not count.
    fn reals(
        &mut self,
        block: impl ExactSizeIterator<Item = f64>,
        options: &Options<'_>,
        start: usize,
    ) {
        let mask = options.mask_of(start);
        let limit = options
            .saturation
            .map_or(f64::INFINITY, |limit| limit as f64);
        let has_limit = options.saturation.is_some();
        let size = block.len() as u64;
        let (mut count, mut saturated, mut not_a_number) = (0u64, 0u64, 0u64);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut sums = [0.0f64; LANES];
        let mut shifted = [0.0f64; LANES];
        let mut squares = [0.0f64; LANES];
        let mut origin = self.origin;
        for (index, value) in block.enumerate() {
            if value.is_nan() || mask.holds(index) {
                not_a_number += u64::from(value.is_nan() && !mask.holds(index));
                continue;
            }
            let origin = *origin.get_or_insert(if value.is_finite() { value } else { 0.0 });
            count += 1;
            min = min.min(value);
            max = max.max(value);
            saturated += u64::from(has_limit && value >= limit);
            let distance = value - origin;
            sums[index % LANES] += value;
            shifted[index % LANES] += distance;
            squares[index % LANES] += distance * distance;
        }
        self.origin = origin;
        self.masked += size - count;
        self.not_a_number += not_a_number;
        self.saturated += saturated;
        if count == 0 {
            return;
        }
        self.count += count;
        self.add_real(sums.iter().sum());
        self.shifted += shifted.iter().sum::<f64>();
        self.shifted_squares += squares.iter().sum::<f64>();
        self.widen(Some((Number::Real(min), Number::Real(max))));
    }

    /// Adds with the compensation of Neumaier.
    fn add_real(&mut self, value: f64) {
        let sum = self.real_sum + value;
        self.compensation += if self.real_sum.abs() >= value.abs() {
            (self.real_sum - sum) + value
        } else {
            (value - sum) + self.real_sum
        };
        self.real_sum = sum;
    }

    fn widen(&mut self, found: Option<(Number, Number)>) {
        let Some((least, greatest)) = found else {
            return;
        };
        self.extremes = Some(match self.extremes {
            None => (least, greatest),
            Some((min, max)) => (min.least(least), max.greatest(greatest)),
        });
    }

    fn finish(&self) -> Statistics {
        let Some((min, max)) = self.extremes else {
            return Statistics {
                masked: self.masked,
                not_a_number: self.not_a_number,
                ..Statistics::default()
            };
        };
        let count = self.count as f64;
        let sum = match min {
            Number::Int(_) => Number::Int(self.int_sum),
            Number::Real(_) if self.real_sum.is_finite() => {
                Number::Real(self.real_sum + self.compensation)
            }
            Number::Real(_) => Number::Real(self.real_sum),
        };
        let variance = (self.shifted_squares - self.shifted * self.shifted / count) / count;
        Statistics {
            count: self.count,
            min,
            max,
            mean: sum.to_f64() / count,
            // Rounding may leave a tiny negative variance; NaN stays NaN.
            sigma: if variance < 0.0 { 0.0 } else { variance.sqrt() },
            sum,
            masked: self.masked,
            not_a_number: self.not_a_number,
            saturated: self.saturated,
        }
    }
}

/// The statistics of each frame, in parallel.
///
/// # Errors
/// As [`frame_statistics`]; [`ErrorKind::Cancelled`].
pub fn stack_statistics(
    frames: &[Samples],
    options: &Options<'_>,
    cancel: &Cancel,
) -> Result<Vec<Statistics>> {
    frames
        .par_iter()
        .map(|frame| {
            cancel.check()?;
            frame_statistics(frame, options)
        })
        .collect()
}
