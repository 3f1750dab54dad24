//! Percentiles of any number of samples.

use std::ops::Range;

use hutch_model::{Error, ErrorKind, Result, Samples};

use super::Options;
use super::counts::Counts;

/// Samples whose keys are made at once.
const BLOCK: usize = 4096;
/// The sign bit of 64 bits, and of 32.
const SIGN: u64 = 1 << 63;
const SIGN_32: u32 = 1 << 31;
/// What whole numbers with a sign are counted from in a table: 16 bits about 0.
const SIGNED_BASE: u64 = SIGN - (1 << 15);

/// What a key stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Unsigned,
    Signed,
    Real32,
    Real64,
}

/// Percentiles of any number of samples, frame after frame.
///
/// Values are counted, not kept: exact as long as there are at most
/// [`Percentiles::DISTINCT_LIMIT`] different ones beyond 16 bits, which holds
/// for all 8-bit and 16-bit types and for nearly every counting detector. Beyond
/// that the lowest bits are dropped ([`Percentiles::is_exact`] says so), and a
/// percentile is the lower end of a range of values that count as one.
#[derive(Clone, Debug, Default)]
pub struct Percentiles {
    counts: Option<Counts>,
    kind: Kind,
}

impl Percentiles {
    /// How many different values are kept apart.
    pub const DISTINCT_LIMIT: usize = Counts::LIMIT;

    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds samples; all that are added must be of one type.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for text.
    pub fn add(&mut self, samples: &Samples, options: &Options<'_>) -> Result<()> {
        self.add_part(samples, 0..samples.len(), options)
    }

    /// Adds a run of samples; the mask begins with the run.
    ///
    /// # Errors
    /// As [`Self::add`]; [`ErrorKind::Shape`] for a run that ends behind the samples.
    pub fn add_part(
        &mut self,
        samples: &Samples,
        run: Range<usize>,
        options: &Options<'_>,
    ) -> Result<()> {
        macro_rules! whole {
            ($values:expr, $kind:ty, $wide:ty, $base:expr, $class:expr, $key:expr) => {{
                let part = $values.get(run).ok_or_else(outside)?;
                let known = |value: &i128| <$kind>::try_from(*value).ok();
                let sentinels: Vec<$kind> = options.sentinels.iter().filter_map(known).collect();
                self.kind = $class;
                let counts = self.counts.get_or_insert_with(|| Counts::from($base));
                for (number, block) in part.chunks(BLOCK).enumerate() {
                    let mask = options.mask_of(number * BLOCK);
                    let counting = block.iter().enumerate().filter(|&(index, value)| {
                        !sentinels.contains(value) && (mask.is_empty() || !mask.holds(index))
                    });
                    counts.add_all(counting.map(|(_, &value)| $key(<$wide>::from(value))));
                }
            }};
        }
        let signed = |value: i64| value.cast_unsigned() ^ SIGN;
        match samples {
            Samples::U8(values) => whole!(values, u8, u64, 0, Kind::Unsigned, |key| key),
            Samples::U16(values) => whole!(values, u16, u64, 0, Kind::Unsigned, |key| key),
            Samples::U32(values) => whole!(values, u32, u64, 0, Kind::Unsigned, |key| key),
            Samples::U64(values) => whole!(values, u64, u64, 0, Kind::Unsigned, |key| key),
            Samples::I8(values) => whole!(values, i8, i64, SIGNED_BASE, Kind::Signed, signed),
            Samples::I16(values) => whole!(values, i16, i64, SIGNED_BASE, Kind::Signed, signed),
            Samples::I32(values) => whole!(values, i32, i64, SIGNED_BASE, Kind::Signed, signed),
            Samples::I64(values) => whole!(values, i64, i64, SIGNED_BASE, Kind::Signed, signed),
            Samples::F32(values) => {
                let part = values.get(run).ok_or_else(outside)?;
                self.add_real(
                    Kind::Real32,
                    part.iter().copied(),
                    options,
                    f32::is_nan,
                    key_of_32,
                );
            }
            Samples::F64(values) => {
                let part = values.get(run).ok_or_else(outside)?;
                self.add_real(
                    Kind::Real64,
                    part.iter().copied(),
                    options,
                    f64::is_nan,
                    key_of_64,
                );
            }
            other if other.element().is_numeric() => {
                if run.end > other.len() {
                    return Err(outside());
                }
                let values = run.map(|index| other.get_f64(index));
                self.add_real(Kind::Real64, values, options, f64::is_nan, key_of_64);
            }
            other => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "reduce samples",
                    format!("samples are {}", other.element()),
                ));
            }
        }
        Ok(())
    }

    fn add_real<T: Copy>(
        &mut self,
        kind: Kind,
        values: impl Iterator<Item = T>,
        options: &Options<'_>,
        is_nan: impl Fn(T) -> bool,
        key_of: impl Fn(T) -> u64,
    ) {
        self.kind = kind;
        let mask = options.mask_of(0);
        let counting = values
            .enumerate()
            .filter(|&(index, value)| !is_nan(value) && !mask.holds(index));
        let counts = self.counts.get_or_insert_with(|| Counts::from(0));
        counts.add_sparse(counting.map(|(_, value)| key_of(value)));
    }

    /// Adds what another one has seen.
    pub fn merge(&mut self, other: &Self) {
        match (&mut self.counts, &other.counts) {
            (_, None) => {}
            (None, Some(_)) => self.clone_from(other),
            (Some(counts), Some(more)) => counts.merge(more),
        }
    }

    /// Whether no bit was dropped.
    pub fn is_exact(&self) -> bool {
        self.counts.as_ref().is_none_or(Counts::is_exact)
    }

    /// The value below which `percent` of the samples lie, on a straight line
    /// between neighbours as numpy's default; `None` without samples or for a
    /// percentage outside 0 to 100.
    pub fn value(&self, percent: f64) -> Option<f64> {
        self.values(&[percent]).pop().flatten()
    }

    /// The same for many percentages at once.
    pub fn values(&self, percents: &[f64]) -> Vec<Option<f64>> {
        let sorted = self.counts.as_ref().map(Counts::sorted).unwrap_or_default();
        let mut seen = 0u64;
        // How many samples there are up to each key.
        let upto: Vec<u64> = sorted
            .iter()
            .map(|&(_, count)| {
                seen += count;
                seen
            })
            .collect();
        let at_rank = |rank: f64| {
            let index = upto.partition_point(|&seen| seen as f64 <= rank);
            sorted.get(index).map(|&(key, _)| self.value_of(key))
        };
        let value = |&percent: &f64| {
            let is_percent = (0.0..=100.0).contains(&percent);
            let rank = percent / 100.0 * seen.checked_sub(1).filter(|_| is_percent)? as f64;
            let (below, weight) = (rank.floor(), rank - rank.floor());
            let lower = at_rank(below)?;
            if weight == 0.0 {
                return Some(lower);
            }
            let upper = at_rank(below + 1.0)?;
            // From the nearer end, as numpy does.
            Some(if weight < 0.5 {
                lower + weight * (upper - lower)
            } else {
                upper - (1.0 - weight) * (upper - lower)
            })
        };
        percents.iter().map(value).collect()
    }

    #[expect(clippy::cast_possible_truncation, reason = "these keys have 32 bits")]
    fn value_of(&self, key: u64) -> f64 {
        match self.kind {
            Kind::Unsigned => key as f64,
            Kind::Signed => (key ^ SIGN).cast_signed() as f64,
            Kind::Real32 => {
                let bits = key as u32;
                let bits = if bits & SIGN_32 == 0 {
                    !bits
                } else {
                    bits ^ SIGN_32
                };
                f32::from_bits(bits).into()
            }
            Kind::Real64 => f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN }),
        }
    }
}

/// A key that sorts as its value.
fn key_of_32(value: f32) -> u64 {
    // Both zeros are one value.
    let bits = (value + 0.0).to_bits();
    (if bits & SIGN_32 == 0 {
        bits | SIGN_32
    } else {
        !bits
    })
    .into()
}

fn key_of_64(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn outside() -> Error {
    Error::new(
        ErrorKind::Shape,
        "reduce samples",
        "the run ends behind the samples",
    )
}
