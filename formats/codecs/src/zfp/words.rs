//! The arithmetic of elements of 32 and of 64 bits.

/// An integer as wide as the elements; all arithmetic wraps.
pub(super) trait Word: Copy + Default {
    /// Bits of the integer.
    const BITS: u32;
    /// Bits of a float's exponent, and of the number of bit planes.
    const EXPONENT_BITS: u32;
    const PLANE_BITS: u32;

    /// From base -2.
    fn from_negabinary(value: u64) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn half(self) -> Self;
    /// The bits of the integer.
    fn bits(self) -> u64;
    /// The bits of the float `self * 2^exponent`.
    fn scaled(self, exponent: i32) -> u64;
    /// The bits of a float whose order of magnitude and sign the integer keeps.
    fn reinterpreted(self) -> u64;
}

/// 32 bits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Single(i32);

/// 64 bits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Double(i64);

impl Word for Single {
    const BITS: u32 = 32;
    const EXPONENT_BITS: u32 = 8;
    const PLANE_BITS: u32 = 5;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the planes are the lower 32"
    )]
    fn from_negabinary(value: u64) -> Self {
        const MASK: u32 = 0xaaaa_aaaa;
        Self((value as u32 ^ MASK).wrapping_sub(MASK).cast_signed())
    }

    fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    fn minus(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }

    fn half(self) -> Self {
        Self(self.0 >> 1)
    }

    fn bits(self) -> u64 {
        u64::from(self.0.cast_unsigned())
    }

    #[expect(clippy::cast_possible_truncation, reason = "it rounds as zfp does")]
    fn scaled(self, exponent: i32) -> u64 {
        let scale = power_of_two(exponent) as f32;
        u64::from((scale * self.0 as f32).to_bits())
    }

    fn reinterpreted(self) -> u64 {
        let bits = self.0.cast_unsigned();
        u64::from(if self.0 < 0 { bits ^ 0x7fff_ffff } else { bits })
    }
}

impl Word for Double {
    const BITS: u32 = 64;
    const EXPONENT_BITS: u32 = 11;
    const PLANE_BITS: u32 = 6;

    fn from_negabinary(value: u64) -> Self {
        const MASK: u64 = 0xaaaa_aaaa_aaaa_aaaa;
        Self((value ^ MASK).wrapping_sub(MASK).cast_signed())
    }

    fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    fn minus(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }

    fn half(self) -> Self {
        Self(self.0 >> 1)
    }

    fn bits(self) -> u64 {
        self.0.cast_unsigned()
    }

    fn scaled(self, exponent: i32) -> u64 {
        (power_of_two(exponent) * self.0 as f64).to_bits()
    }

    fn reinterpreted(self) -> u64 {
        let bits = self.0.cast_unsigned();
        if self.0 < 0 {
            bits ^ 0x7fff_ffff_ffff_ffff
        } else {
            bits
        }
    }
}

/// Exact, also where it is subnormal; zero below.
fn power_of_two(exponent: i32) -> f64 {
    let bits = match exponent {
        -1022..=1023 => u64::from((exponent + 1023).unsigned_abs()) << 52,
        -1074..=-1023 => 1 << (exponent + 1074),
        1024.. => return f64::INFINITY,
        _ => 0,
    };
    f64::from_bits(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_exact() {
        for exponent in [-1074_i32, -1073, -1023, -1022, -149, -1, 0, 1, 62, 1023] {
            let mut expected = 1.0_f64;
            for _ in 0..exponent.unsigned_abs() {
                expected *= if exponent < 0 { 0.5 } else { 2.0 };
            }
            assert_eq!(
                power_of_two(exponent).to_bits(),
                expected.to_bits(),
                "2^{exponent}"
            );
        }
    }
}
