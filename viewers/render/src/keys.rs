//! Samples as integers in the same order, for selection without sorting.

use crate::samples::{MAX_SENTINEL_COUNT, RawFrame};
use crate::values::RealSample;
use half::f16;

/// A sample with a key of 16, 32 or 64 bits that is ordered like the sample.
pub(crate) trait KeyedSample: RealSample {
    /// The key; only valid samples have a meaningful one.
    fn key(self) -> u64;
    /// The value (for complex numbers the magnitude) of a key.
    fn from_key(key: u64) -> f64;
    /// The key of a sentinel, where the type can hold it.
    fn sentinel_key(sentinel: i128) -> Option<u64>;
    /// False for NaN and infinities.
    fn is_valid(self) -> bool;
    /// The smallest and the largest key of a finite sample.
    fn finite_keys() -> [u64; 2];
    /// The key of zero.
    fn zero_key() -> u64;
}

macro_rules! unsigned_key {
    ($($type:ty),*) => {
        $(impl KeyedSample for $type {
            fn key(self) -> u64 {
                u64::from(self)
            }
            fn from_key(key: u64) -> f64 {
                key as f64
            }
            fn sentinel_key(sentinel: i128) -> Option<u64> {
                Self::try_from(sentinel).ok().map(Self::key)
            }
            fn is_valid(self) -> bool {
                true
            }
            fn finite_keys() -> [u64; 2] {
                [Self::MIN.key(), Self::MAX.key()]
            }
            fn zero_key() -> u64 {
                Self::default().key()
            }
        })*
    };
}

unsigned_key!(u8, u16, u32, u64);

macro_rules! signed_key {
    ($($type:ty),*) => {
        $(impl KeyedSample for $type {
            // Counted from the smallest value, in the unsigned type of the same width.
            fn key(self) -> u64 {
                u64::from(self.abs_diff(Self::MIN))
            }
            fn from_key(key: u64) -> f64 {
                (i128::from(key) + i128::from(Self::MIN)) as f64
            }
            fn sentinel_key(sentinel: i128) -> Option<u64> {
                Self::try_from(sentinel).ok().map(Self::key)
            }
            fn is_valid(self) -> bool {
                true
            }
            fn finite_keys() -> [u64; 2] {
                [Self::MIN.key(), Self::MAX.key()]
            }
            fn zero_key() -> u64 {
                Self::default().key()
            }
        })*
    };
}

signed_key!(i8, i16, i32, i64);

macro_rules! float_key {
    ($type:ty, $bits:ty, $from_sentinel:expr) => {
        impl KeyedSample for $type {
            // Negative numbers count down from the middle, the others up. Minus zero is zero.
            fn key(self) -> u64 {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let bits = self.to_bits();
                let ordered = if bits == SIGN {
                    SIGN
                } else if bits & SIGN != 0 {
                    !bits
                } else {
                    bits | SIGN
                };
                u64::from(ordered)
            }
            fn from_key(key: u64) -> f64 {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                // Keys have the width of the type.
                let ordered = <$bits>::try_from(key).unwrap_or(SIGN);
                let bits = if ordered & SIGN == 0 {
                    !ordered
                } else {
                    ordered & !SIGN
                };
                f64::from(<$type>::from_bits(bits))
            }
            fn sentinel_key(sentinel: i128) -> Option<u64> {
                let value: $type = $from_sentinel(sentinel as f64);
                value.is_valid().then(|| value.key())
            }
            fn is_valid(self) -> bool {
                self.is_finite()
            }
            fn finite_keys() -> [u64; 2] {
                [Self::MIN.key(), Self::MAX.key()]
            }
            fn zero_key() -> u64 {
                Self::default().key()
            }
        }
    };
}

/// Keys of samples that count, as devices of 32 bits compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ValidKeys {
    /// The smallest and the largest; none counts where the first is larger.
    pub range: [u32; 2],
    /// Those of the sentinels.
    pub sentinels: [u32; MAX_SENTINEL_COUNT],
    /// How many sentinels there are.
    pub sentinel_count: u32,
}

impl ValidKeys {
    /// Of a frame, whose keys have 32 bits at most.
    pub(crate) fn of<T: KeyedSample>(frame: &RawFrame<'_>) -> Self {
        let narrow = |key: u64| u32::try_from(key).unwrap_or(u32::MAX);
        let [lowest, highest] = T::finite_keys();
        let limit = frame.saturation().unwrap_or(f64::INFINITY);
        let end = first_key([lowest, highest], |key| T::from_key(key) >= limit);
        let range = match end {
            None => [narrow(lowest), narrow(highest)],
            Some(end) if end > lowest => [narrow(lowest), narrow(end - 1)],
            Some(_) => [1, 0],
        };
        let mut keys = Self {
            range,
            sentinels: [0; MAX_SENTINEL_COUNT],
            sentinel_count: 0,
        };
        for (slot, key) in keys
            .sentinels
            .iter_mut()
            .zip(frame.sentinels().filter_map(T::sentinel_key))
        {
            *slot = narrow(key);
            keys.sentinel_count += 1;
        }
        keys
    }
}

/// The first key from one to another with a property that all larger ones have too.
pub(crate) fn first_key([mut low, last]: [u64; 2], holds: impl Fn(u64) -> bool) -> Option<u64> {
    if !holds(last) {
        return None;
    }
    let mut high = last;
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a sentinel is rounded as the samples were"
)]
fn single(value: f64) -> f32 {
    value as f32
}

float_key!(f16, u16, f16::from_f64);
float_key!(f32, u32, single);
float_key!(f64, u64, std::convert::identity);

impl KeyedSample for [f32; 2] {
    fn key(self) -> u64 {
        self.to_f32().key()
    }
    fn from_key(key: u64) -> f64 {
        f32::from_key(key)
    }
    fn sentinel_key(_sentinel: i128) -> Option<u64> {
        None
    }
    fn is_valid(self) -> bool {
        self[0].is_finite() && self[1].is_finite()
    }
    fn finite_keys() -> [u64; 2] {
        [0.0_f32.key(), f32::MAX.key()]
    }
    fn zero_key() -> u64 {
        0.0_f32.key()
    }
}
