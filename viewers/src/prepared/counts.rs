//! How many pixels of a frame have no value that can be used.

use hutch_model::Samples;

use super::sentinels;
use crate::pixels::NoValue;

/// How many pixels have no value that can be used, by the first reason that holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PixelCounts {
    /// Masked by the detector, or holding a number that means "no value".
    pub masked: u64,
    /// Missing at their source.
    pub missing: u64,
    /// NaN or infinite.
    pub not_finite: u64,
    /// At or above what the detector can count.
    pub saturated: u64,
}

impl PixelCounts {
    /// Counts those of a frame; `marks` are [`NoValue`] row by row.
    pub(super) fn of(samples: &Samples, marks: Option<&[u8]>, saturated: u64) -> Self {
        let marked = |mark: NoValue| {
            let marks = marks.unwrap_or_default().iter();
            marks.map(|&found| u64::from(found == mark as u8)).sum()
        };
        let valid = |index: usize| marks.is_none_or(|marks| marks.get(index) == Some(&0));
        Self {
            masked: marked(NoValue::Masked) + sentinel_count(samples, valid),
            missing: marked(NoValue::Missing),
            not_finite: not_finite_count(samples, valid),
            saturated,
        }
    }
}

fn count<T: Copy>(values: &[T], valid: impl Fn(usize) -> bool, is_one: impl Fn(T) -> bool) -> u64 {
    let found = values.iter().enumerate();
    found
        .filter(|(index, value)| is_one(**value) && valid(*index))
        .count() as u64
}

fn sentinel_count(samples: &Samples, valid: impl Fn(usize) -> bool) -> u64 {
    let sentinels = sentinels(samples);
    match samples {
        Samples::U32(values) => count(values, valid, |value| {
            sentinels.contains(&i128::from(value))
        }),
        Samples::I32(values) => count(values, valid, |value| {
            sentinels.contains(&i128::from(value))
        }),
        _ => 0,
    }
}

fn not_finite_count(samples: &Samples, valid: impl Fn(usize) -> bool) -> u64 {
    match samples {
        Samples::F16(values) => count(values, valid, |value| !value.is_finite()),
        Samples::F32(values) => count(values, valid, |value| !value.is_finite()),
        Samples::F64(values) => count(values, valid, |value| !value.is_finite()),
        Samples::Complex64(values) => count(values, valid, |[real, imaginary]| {
            !(real.is_finite() && imaginary.is_finite())
        }),
        _ => 0,
    }
}
