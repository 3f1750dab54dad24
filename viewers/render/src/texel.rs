//! The types that samples have on the GPU, and how several of them become one.

use bytemuck::Pod;
use half::f16;

/// Which shader reads a texture, and so how a sample is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SampleClass {
    /// Unsigned integers, exact.
    Uint,
    /// Signed integers, exact.
    Sint,
    /// Real numbers.
    Float,
    /// Complex numbers.
    Complex,
}

/// A sample type that a texture can hold without loss.
pub(crate) trait Texel: Pod + PartialEq + Send + Sync {
    /// Its texture format.
    const FORMAT: wgpu::TextureFormat;
    /// Which shader reads it.
    const CLASS: SampleClass;
    /// What no finite value is larger than, of types that are ordered.
    const LOWEST: Self;

    /// False for NaN and infinities.
    fn is_finite(self) -> bool;
    /// The value as an integer of this type, or nothing where it does not fit.
    fn from_sentinel(sentinel: i128) -> Option<Self>;
    /// The larger one; of complex numbers that with the larger magnitude.
    fn larger(self, other: Self) -> Self;
    /// The mean; rounded for integers.
    fn mean(values: &[Self]) -> Self;
}

macro_rules! integer_texel {
    ($type:ty, $format:ident, $class:ident) => {
        impl Texel for $type {
            const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::$format;
            const CLASS: SampleClass = SampleClass::$class;
            const LOWEST: Self = Self::MIN;

            fn is_finite(self) -> bool {
                true
            }
            fn from_sentinel(sentinel: i128) -> Option<Self> {
                Self::try_from(sentinel).ok()
            }
            fn larger(self, other: Self) -> Self {
                self.max(other)
            }
            fn mean(values: &[Self]) -> Self {
                let count = i64::try_from(values.len()).unwrap_or(1).max(1);
                let sum: i64 = values.iter().map(|value| i64::from(*value)).sum();
                // Half a count is rounded up.
                Self::try_from((2 * sum + count).div_euclid(2 * count)).unwrap_or_default()
            }
        }
    };
}

integer_texel!(u8, R8Uint, Uint);
integer_texel!(u16, R16Uint, Uint);
integer_texel!(u32, R32Uint, Uint);
integer_texel!(i8, R8Sint, Sint);
integer_texel!(i16, R16Sint, Sint);
integer_texel!(i32, R32Sint, Sint);

impl Texel for f32 {
    const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::R32Float;
    const CLASS: SampleClass = SampleClass::Float;
    const LOWEST: Self = Self::NEG_INFINITY;

    fn is_finite(self) -> bool {
        self.is_finite()
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a sentinel that f32 cannot hold is rounded as the samples were"
    )]
    fn from_sentinel(sentinel: i128) -> Option<Self> {
        Some(sentinel as f64 as Self)
    }
    fn larger(self, other: Self) -> Self {
        self.max(other)
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a mean is no further off than what it is of"
    )]
    fn mean(values: &[Self]) -> Self {
        // Their sum may be more than f32 holds.
        let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
        (sum / values.len().max(1) as f64) as Self
    }
}

impl Texel for f16 {
    const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::R16Float;
    const CLASS: SampleClass = SampleClass::Float;
    const LOWEST: Self = Self::NEG_INFINITY;

    fn is_finite(self) -> bool {
        self.is_finite()
    }
    fn from_sentinel(sentinel: i128) -> Option<Self> {
        let value = Self::from_f64(sentinel as f64);
        value.is_finite().then_some(value)
    }
    fn larger(self, other: Self) -> Self {
        self.max(other)
    }
    fn mean(values: &[Self]) -> Self {
        let sum: f32 = values.iter().map(|value| value.to_f32()).sum();
        Self::from_f32(sum / values.len().max(1) as f32)
    }
}

impl Texel for [f32; 2] {
    const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rg32Float;
    const CLASS: SampleClass = SampleClass::Complex;
    const LOWEST: Self = [0.0; 2];

    fn is_finite(self) -> bool {
        self[0].is_finite() && self[1].is_finite()
    }
    fn from_sentinel(_sentinel: i128) -> Option<Self> {
        None
    }
    fn larger(self, other: Self) -> Self {
        if other[0].hypot(other[1]) > self[0].hypot(self[1]) {
            other
        } else {
            self
        }
    }
    fn mean(values: &[Self]) -> Self {
        let count = values.len().max(1) as f32;
        let sum = values.iter().fold([0.0, 0.0], |sum, value| {
            [sum[0] + value[0], sum[1] + value[1]]
        });
        [sum[0] / count, sum[1] / count]
    }
}
