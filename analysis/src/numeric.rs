//! The few conversions between number types that numeric code needs, each with
//! what it does at the edges.

/// The nearest binary32; beyond its range an infinity.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding is what is asked for"
)]
pub const fn to_f32(value: f64) -> f32 {
    value as f32
}

/// Every value as the nearest binary32.
pub fn to_f32_vec(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| to_f32(value)).collect()
}

/// The largest integer that is not above `value`; 0 for NaN, the ends of `i64` beyond them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "Rust saturates, and NaN becomes 0"
)]
pub fn floor_to_i64(value: f64) -> i64 {
    value.floor() as i64
}

/// An index from a real number, rounded down; 0 for NaN and below 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Rust saturates, and NaN becomes 0"
)]
pub fn floor_to_index(value: f64) -> usize {
    value.floor() as usize
}

/// An integer for a shader, saturated at the ends of `u32`.
pub fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A small signed offset to or from an index; saturated.
pub fn to_i64(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// An index from a signed position; `None` below 0.
pub fn to_index(value: i64) -> Option<usize> {
    usize::try_from(value).ok()
}

/// The same random numbers on every machine, for examples and tests.
///
/// Source: Steele, Lea and Flood, OOPSLA 2014 (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }
}
