//! Statistics of frames and stacks, exact where the samples are whole numbers.

use std::collections::BTreeMap;
use std::fmt;

use hutch_model::{Cancel, Error, ErrorKind, Result, Samples};
use rayon::prelude::*;

use crate::array::require_shape;
use crate::fbp::Region;

/// What counts as a sample.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// True where a pixel is masked, for one frame; frames of a stack share it.
    pub mask: Option<&'a [bool]>,
    /// Stored values that mean "no data", as 2^32 - 1 on many detectors.
    pub sentinels: &'a [i128],
    /// Samples from this value on are counted as saturated; they count as
    /// samples as well.
    pub saturation: Option<i128>,
}

/// A number in the kind that the samples have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// From whole numbers: exact, 64-bit types and their sums included.
    Int(i128),
    /// From real numbers.
    Real(f64),
}

impl Number {
    /// As binary64.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Real(value) => value,
        }
    }

    fn least(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Self::Int(a.min(b)),
            (a, b) => Self::Real(a.to_f64().min(b.to_f64())),
        }
    }

    fn greatest(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Self::Int(a.max(b)),
            (a, b) => Self::Real(a.to_f64().max(b.to_f64())),
        }
    }

    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Self::Int(a.saturating_add(b)),
            (a, b) => Self::Real(a.to_f64() + b.to_f64()),
        }
    }
}

impl fmt::Display for Number {
    /// Every digit of a whole number; the shortest text of a real one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Real(value) => value.fmt(f),
        }
    }
}

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
        let (some, rest) = if self.count == 0 {
            (other, self)
        } else {
            (self, other)
        };
        if rest.count == 0 {
            return Self { masked, ..*some };
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
            saturated: self.saturated + other.saturated,
        }
    }
}

/// Calls `$visit` for each sample: its place, and its value as a [`Number`].
macro_rules! for_each_number {
    ($samples:expr, $visit:expr) => {
        match $samples {
            Samples::U8(values) => visit_ints(values, $visit),
            Samples::U16(values) => visit_ints(values, $visit),
            Samples::U32(values) => visit_ints(values, $visit),
            Samples::U64(values) => visit_ints(values, $visit),
            Samples::I8(values) => visit_ints(values, $visit),
            Samples::I16(values) => visit_ints(values, $visit),
            Samples::I32(values) => visit_ints(values, $visit),
            Samples::I64(values) => visit_ints(values, $visit),
            other if other.element().is_numeric() => {
                for index in 0..other.len() {
                    $visit(index, Number::Real(other.get_f64(index)));
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
    };
}

fn visit_ints<T: Copy + Into<i128>>(values: &[T], mut visit: impl FnMut(usize, Number)) {
    for (index, &value) in values.iter().enumerate() {
        visit(index, Number::Int(value.into()));
    }
}

impl Options<'_> {
    /// Whether a sample counts.
    fn counts(&self, index: usize, value: Number) -> bool {
        if let Some(mask) = self.mask
            && !mask.is_empty()
            && mask[index % mask.len()]
        {
            return false;
        }
        match value {
            Number::Int(value) => !self.sentinels.contains(&value),
            Number::Real(value) => !value.is_nan(),
        }
    }

    fn saturates(&self, value: Number) -> bool {
        self.saturation.is_some_and(|limit| match value {
            Number::Int(value) => value >= limit,
            Number::Real(value) => value >= limit as f64,
        })
    }
}

/// The statistics of one frame, or of a stack whose frames share a mask.
///
/// Whole numbers are summed exactly; real ones with compensation (Neumaier,
/// Z. Angew. Math. Mech. 54 (1974) 39). The variance is taken about the first
/// sample, so that large offsets do not cancel it. Complex samples count by
/// their magnitude. Infinities count, and make sums infinite or NaN.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for text.
pub fn frame_statistics(samples: &Samples, options: &Options<'_>) -> Result<Statistics> {
    let mut sums = Sums::default();
    let mut visit = |index: usize, value: Number| {
        if options.counts(index, value) {
            sums.add(value, options.saturates(value));
        } else {
            sums.masked += 1;
        }
    };
    for_each_number!(samples, &mut visit);
    Ok(sums.finish())
}

#[derive(Default)]
struct Sums {
    count: u64,
    masked: u64,
    saturated: u64,
    extremes: Option<(Number, Number)>,
    int_sum: i128,
    real_sum: f64,
    compensation: f64,
    origin: f64,
    shifted: f64,
    shifted_squares: f64,
}

impl Sums {
    fn add(&mut self, value: Number, is_saturated: bool) {
        let real = value.to_f64();
        if self.count == 0 {
            self.origin = if real.is_finite() { real } else { 0.0 };
        }
        self.count += 1;
        self.saturated += u64::from(is_saturated);
        self.extremes = Some(match self.extremes {
            None => (value, value),
            Some((min, max)) => (min.least(value), max.greatest(value)),
        });
        match value {
            Number::Int(value) => self.int_sum = self.int_sum.saturating_add(value),
            Number::Real(value) => {
                let sum = self.real_sum + value;
                self.compensation += if self.real_sum.abs() >= value.abs() {
                    (self.real_sum - sum) + value
                } else {
                    (value - sum) + self.real_sum
                };
                self.real_sum = sum;
            }
        }
        let shifted = real - self.origin;
        self.shifted += shifted;
        self.shifted_squares += shifted * shifted;
    }

    fn finish(&self) -> Statistics {
        let Some((min, max)) = self.extremes else {
            return Statistics {
                masked: self.masked,
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

/// The sum over a region of each frame of a stack `[frame, y, x]`: one value
/// per frame. Masked samples, sentinels and NaN add nothing.
///
/// # Errors
/// [`ErrorKind::Shape`] when the samples or the region do not fit,
/// [`ErrorKind::Unsupported`] for text, [`ErrorKind::Cancelled`].
pub fn roi_sums(
    samples: &Samples,
    [frames, height, width]: [usize; 3],
    region: Region,
    options: &Options<'_>,
    cancel: &Cancel,
) -> Result<Vec<f64>> {
    let fits = samples.len() == frames * height * width
        && region
            .x
            .checked_add(region.width)
            .is_some_and(|end| end <= width)
        && region
            .y
            .checked_add(region.height)
            .is_some_and(|end| end <= height);
    require_shape(fits, "sum a region", || {
        format!(
            "{region:?} of {} samples as {frames} x {height} x {width}",
            samples.len()
        )
    })?;
    if !samples.element().is_numeric() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "sum a region",
            format!("samples are {}", samples.element()),
        ));
    }
    (0..frames)
        .into_par_iter()
        .map(|frame| {
            cancel.check()?;
            let (mut sum, mut compensation) = (0.0f64, 0.0f64);
            for y in region.y..region.y + region.height {
                for x in region.x..region.x + region.width {
                    let pixel = y * width + x;
                    let value = number_at(samples, frame * height * width + pixel);
                    if !options.counts(pixel, value) {
                        continue;
                    }
                    let term = value.to_f64() - compensation;
                    let next = sum + term;
                    compensation = (next - sum) - term;
                    sum = next;
                }
            }
            Ok(sum)
        })
        .collect()
}

fn number_at(samples: &Samples, index: usize) -> Number {
    match samples {
        Samples::U8(values) => Number::Int(values[index].into()),
        Samples::U16(values) => Number::Int(values[index].into()),
        Samples::U32(values) => Number::Int(values[index].into()),
        Samples::U64(values) => Number::Int(values[index].into()),
        Samples::I8(values) => Number::Int(values[index].into()),
        Samples::I16(values) => Number::Int(values[index].into()),
        Samples::I32(values) => Number::Int(values[index].into()),
        Samples::I64(values) => Number::Int(values[index].into()),
        other => Number::Real(other.get_f64(index)),
    }
}

/// Percentiles of any number of samples, frame after frame.
///
/// Values are counted, not kept: exact as long as there are at most
/// [`Percentiles::DISTINCT_LIMIT`] different ones, which holds for all 8-bit
/// and 16-bit types and for nearly every counting detector. Beyond that the
/// lowest bits are dropped, as few as needed ([`Percentiles::is_exact`] says so).
#[derive(Clone, Debug, Default)]
pub struct Percentiles {
    /// How often each key was seen; keys sort as their values do.
    counts: BTreeMap<u128, u64>,
    dropped_bits: u32,
    total: u64,
    is_real: bool,
}

impl Percentiles {
    /// How many different values are kept apart.
    pub const DISTINCT_LIMIT: usize = 1 << 20;

    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds samples; all that are added must be of one type.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for text.
    pub fn add(&mut self, samples: &Samples, options: &Options<'_>) -> Result<()> {
        if let Samples::U16(values) = samples {
            self.add_u16(values, options);
            return Ok(());
        }
        let mut visit = |index: usize, value: Number| {
            if options.counts(index, value) {
                self.insert(key_of(value), 1);
                self.is_real |= matches!(value, Number::Real(_));
            }
        };
        for_each_number!(samples, &mut visit);
        Ok(())
    }

    /// The most frequent detector type, through a table.
    fn add_u16(&mut self, values: &[u16], options: &Options<'_>) {
        let mut table = vec![0u64; 1 << 16];
        for (index, &value) in values.iter().enumerate() {
            if options.counts(index, Number::Int(value.into())) {
                table[usize::from(value)] += 1;
            }
        }
        for (value, &count) in (0i128..).zip(&table) {
            if count > 0 {
                self.insert(key_of(Number::Int(value)), count);
            }
        }
    }

    /// Adds what another one has seen.
    pub fn merge(&mut self, other: &Self) {
        self.is_real |= other.is_real;
        self.drop_bits(other.dropped_bits);
        for (&key, &count) in &other.counts {
            self.insert(key, count);
        }
    }

    /// Whether no bit was dropped.
    pub const fn is_exact(&self) -> bool {
        self.dropped_bits == 0
    }

    /// The value below which `percent` of the samples lie, on a straight line
    /// between neighbours as numpy's default; `None` without samples or for a
    /// percentage outside 0 to 100.
    pub fn value(&self, percent: f64) -> Option<f64> {
        if self.total == 0 || !(0.0..=100.0).contains(&percent) {
            return None;
        }
        let rank = percent / 100.0 * (self.total - 1) as f64;
        let below = rank.floor();
        let lower = self.at_rank(below)?;
        let weight = rank - below;
        if weight == 0.0 {
            return Some(lower);
        }
        let upper = self.at_rank(below + 1.0)?;
        Some(lower + weight * (upper - lower))
    }

    fn at_rank(&self, rank: f64) -> Option<f64> {
        let mut seen = 0u64;
        self.counts
            .iter()
            .find(|&(_, &count)| {
                seen += count;
                seen as f64 > rank
            })
            .map(|(&key, _)| value_of(key, self.is_real))
    }

    fn insert(&mut self, key: u128, count: u64) {
        let key = key >> self.dropped_bits << self.dropped_bits;
        *self.counts.entry(key).or_insert(0) += count;
        self.total += count;
        while self.counts.len() > Self::DISTINCT_LIMIT {
            self.drop_bits(self.dropped_bits + 1);
        }
    }

    fn drop_bits(&mut self, bits: u32) {
        if bits <= self.dropped_bits {
            return;
        }
        self.dropped_bits = bits;
        let mut coarser = BTreeMap::new();
        for (key, count) in std::mem::take(&mut self.counts) {
            *coarser.entry(key >> bits << bits).or_insert(0) += count;
        }
        self.counts = coarser;
    }
}

/// The sign bit of a binary64, and that of an `i128`.
const REAL_SIGN: u64 = 1 << 63;
const INT_SIGN: u128 = 1 << 127;

/// A key that sorts as its value.
fn key_of(value: Number) -> u128 {
    match value {
        Number::Int(value) => value.cast_unsigned() ^ INT_SIGN,
        Number::Real(value) => {
            let bits = value.to_bits();
            u128::from(if bits & REAL_SIGN == 0 {
                bits | REAL_SIGN
            } else {
                !bits
            })
        }
    }
}

fn value_of(key: u128, is_real: bool) -> f64 {
    if !is_real {
        return (key ^ INT_SIGN).cast_signed() as f64;
    }
    let bits = u64::try_from(key).unwrap_or(u64::MAX);
    f64::from_bits(if bits & REAL_SIGN == 0 {
        !bits
    } else {
        bits ^ REAL_SIGN
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_64_bit_integers_are_exact() {
        let samples = Samples::U64(vec![u64::MAX, u64::MAX, 1]);
        let found = frame_statistics(&samples, &Options::default()).unwrap();
        assert_eq!(
            found.sum.to_string(),
            "36893488147419103231",
            "2 (2^64 - 1) + 1, every digit"
        );
        assert_eq!(found.max, Number::Int(u64::MAX.into()), "the largest");
    }

    #[test]
    fn what_does_not_count_is_masked() {
        let mask = [false, true, false, false];
        let options = Options {
            mask: Some(&mask),
            sentinels: &[u32::MAX.into()],
            saturation: Some(1000),
        };
        let samples = Samples::U32(vec![10, 99, u32::MAX, 1000]);
        let found = frame_statistics(&samples, &options).unwrap();
        assert_eq!(
            (found.count, found.masked, found.saturated),
            (2, 2, 1),
            "counts"
        );
        assert_eq!(found.sum, Number::Int(1010), "the sum of what counts");
        let samples = Samples::F32(vec![1.0, f32::NAN, 3.0]);
        let found = frame_statistics(&samples, &Options::default()).unwrap();
        assert!(
            (found.sigma - 1.0).abs() < 1e-12 && found.masked == 1,
            "{found:?}"
        );
    }

    #[test]
    fn statistics_of_two_halves_merge_to_those_of_the_whole() {
        let options = Options::default();
        let values: Vec<f64> = (0..1000)
            .map(|index| 1e9 + f64::from(index * index % 97))
            .collect();
        let whole = frame_statistics(&Samples::F64(values.clone()), &options).unwrap();
        let (a, b) = values.split_at(300);
        let merged = frame_statistics(&Samples::F64(a.to_vec()), &options)
            .unwrap()
            .merge(&frame_statistics(&Samples::F64(b.to_vec()), &options).unwrap());
        assert_eq!(merged.count, whole.count, "the count");
        assert!(
            (merged.sigma - whole.sigma).abs() < 1e-6,
            "{merged:?}, not {whole:?}"
        );
        assert!(
            (merged.mean - whole.mean).abs() < 1e-6,
            "{merged:?}, not {whole:?}"
        );
        assert_eq!(
            Statistics::default().merge(&whole),
            whole,
            "nothing changes nothing"
        );
    }

    #[test]
    fn percentiles_are_those_of_numpy() {
        let mut percentiles = Percentiles::new();
        let options = Options::default();
        percentiles
            .add(&Samples::U16(vec![1, 2, 3, 4]), &options)
            .unwrap();
        assert_eq!(
            percentiles.value(50.0),
            Some(2.5),
            "the median lies between"
        );
        assert_eq!(percentiles.value(0.0), Some(1.0), "the smallest");
        assert_eq!(percentiles.value(100.0), Some(4.0), "the largest");
        let mut negative = Percentiles::new();
        negative
            .add(&Samples::F32(vec![-2.0, 5.0, -1.0]), &options)
            .unwrap();
        assert_eq!(
            negative.value(50.0),
            Some(-1.0),
            "order of negative numbers"
        );
        assert!(negative.is_exact(), "few values are kept exactly");
        assert_eq!(
            Percentiles::new().value(50.0),
            None,
            "nothing has no median"
        );
    }

    #[test]
    fn a_region_has_one_sum_for_each_frame() {
        let samples = Samples::U16((0..24).collect());
        let region = Region {
            x: 1,
            y: 0,
            width: 2,
            height: 2,
        };
        let found = roi_sums(
            &samples,
            [2, 3, 4],
            region,
            &Options::default(),
            &Cancel::new(),
        );
        assert_eq!(
            found.unwrap(),
            [14.0, 62.0],
            "1 + 2 + 5 + 6, and 12 more each"
        );
    }
}
