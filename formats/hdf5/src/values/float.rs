//! Floats of any division of bits.

use super::integer::word;
use crate::datatype::{FloatFields, Normalisation, Order};
use crate::error::Error;

impl FloatFields {
    /// The value of an element, rounded to the nearest double.
    pub(super) fn value(&self, element: &[u8], order: Order) -> Result<f64, Error> {
        let width = element.len() as u64 * 8;
        let exponent_bits = u32::from(self.exponent_bits);
        let mantissa_bits = u32::from(self.mantissa_bits);
        let end = |position: u8, bits: u32| u64::from(position) + u64::from(bits);
        let is_possible = width <= 128
            && (1..=32).contains(&exponent_bits)
            && (1..=127).contains(&mantissa_bits)
            && end(self.exponent_position, exponent_bits) <= width
            && end(self.mantissa_position, mantissa_bits) <= width
            && end(self.sign_position, 1) <= width;
        if !is_possible {
            return Err(Error::damaged(
                "float: its bits lie outside of its bytes",
                0,
            ));
        }
        let bits = word(element, order);
        let field = |position: u8, count: u32| bits >> position & ((1_u128 << count) - 1);
        Ok(self.compose(
            field(self.sign_position, 1) != 0,
            field(self.exponent_position, exponent_bits),
            field(self.mantissa_position, mantissa_bits),
        ))
    }

    fn compose(&self, is_negative: bool, exponent: u128, mantissa: u128) -> f64 {
        let bits = u32::from(self.mantissa_bits);
        let is_implied = self.normalisation == Normalisation::Implied;
        // Bits behind the point.
        let fraction_bits = if is_implied { bits } else { bits - 1 };
        let fraction = mantissa & ((1_u128 << fraction_bits) - 1);
        let sign = if is_negative { -1.0 } else { 1.0 };
        if exponent == (1 << self.exponent_bits) - 1 {
            return if fraction == 0 {
                sign * f64::INFINITY
            } else {
                nan(is_negative, fraction, fraction_bits)
            };
        }
        let (whole, exponent) = match exponent {
            0 => (mantissa, 1),
            _ if is_implied => (mantissa | 1_u128 << bits, exponent),
            _ => (mantissa, exponent),
        };
        let exponent = i64::try_from(exponent).unwrap_or(i64::MAX / 2);
        sign * rounded(
            whole,
            exponent - i64::from(self.bias) - i64::from(fraction_bits),
        )
    }
}

/// A NaN with the highest bits of the payload.
fn nan(is_negative: bool, payload: u128, bits: u32) -> f64 {
    let payload = if bits <= 52 {
        payload << (52 - bits)
    } else {
        payload >> (bits - 52)
    };
    let payload = u64::try_from(payload).unwrap_or(0).max(1);
    f64::from_bits(u64::from(is_negative) << 63 | 0x7ff << 52 | payload)
}

/// A single as a double; a NaN keeps all of its bits, also the one that says "quiet".
pub(crate) fn widened(single: u32) -> f64 {
    let value = f32::from_bits(single);
    if value.is_nan() {
        nan(single >> 31 != 0, u128::from(single & 0x007f_ffff), 23)
    } else {
        f64::from(value)
    }
}

/// `mantissa * 2^exponent`, to the nearest double, ties to even.
fn rounded(mantissa: u128, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let length = i64::from(128 - mantissa.leading_zeros());
    // The bits that the result can hold: fewer below the smallest normal number.
    let top = exponent + length - 1;
    let precision = if top >= -1022 { 53 } else { 53 + 1022 + top };
    if precision < 0 {
        return 0.0;
    }
    let excess = length - precision;
    if excess <= 0 {
        return scaled(mantissa, exponent);
    }
    if excess >= 128 {
        // All bits are below the last place: at most half of it.
        return 0.0;
    }
    let kept = mantissa >> excess;
    let rest = mantissa & ((1_u128 << excess) - 1);
    let half = 1_u128 << (excess - 1);
    let is_up = rest > half || (rest == half && kept & 1 == 1);
    scaled(kept + u128::from(is_up), exponent + excess)
}

/// The same where no bit is lost.
fn scaled(mantissa: u128, exponent: i64) -> f64 {
    let exponent = exponent.clamp(-3000, 3000);
    let power = |exponent: i64| {
        let bits = u64::try_from(1023 + exponent).unwrap_or(0);
        f64::from_bits(bits << 52)
    };
    // In thirds, so that no step but the last leaves the range.
    let third = exponent / 3;
    mantissa as f64 * power(third) * power(third) * power(exponent - 2 * third)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datatype::FloatFormat;

    #[test]
    fn doubles_come_back_bit_by_bit() {
        let fields = FloatFormat::Double.fields();
        for bits in [
            0_u64,
            1,
            0x000f_ffff_ffff_ffff,
            0x0010_0000_0000_0000,
            0x3ff0_0000_0000_0001,
            0x7fef_ffff_ffff_ffff,
            0x7ff0_0000_0000_0000,
            0x7ff0_0000_0000_0001,
            0xfff8_0000_dead_beef,
            0x8000_0000_0000_0000,
            0xc005_bf0a_8b14_5769,
        ] {
            let value = fields
                .value(&bits.to_le_bytes(), Order::Little)
                .expect("a double");
            assert_eq!(value.to_bits(), bits, "{bits:x}");
        }
    }

    #[test]
    fn singles_and_halves_are_exact() {
        let fields = FloatFormat::Single.fields();
        for value in [
            1.0_f32,
            -0.1,
            f32::MAX,
            f32::MIN_POSITIVE / 8.0,
            f32::INFINITY,
        ] {
            let read = fields
                .value(&value.to_be_bytes(), Order::Big)
                .expect("a single");
            assert_eq!(read.to_bits(), f64::from(value).to_bits(), "{value}");
        }
        assert_eq!(
            widened(0xff80_1234).to_bits(),
            0xfff0_0246_8000_0000,
            "a signalling NaN"
        );
        let half = FloatFormat::Half.fields();
        let read = half.value(&[0xff, 0x7b], Order::Little).expect("a half");
        assert_eq!(read.to_bits(), 65504_f64.to_bits(), "the largest half");
    }

    #[test]
    fn more_bits_than_a_double_has_are_rounded_to_even() {
        assert_eq!(
            rounded((1 << 54) + 1, 0).to_bits(),
            rounded(1 << 54, 0).to_bits(),
            "below half"
        );
        assert_eq!(
            rounded((1 << 54) + 2, 0).to_bits(),
            ((1_u64 << 54) as f64).to_bits(),
            "a tie"
        );
        assert_eq!(
            rounded((1 << 54) + 6, 0).to_bits(),
            (((1_u64 << 54) + 8) as f64).to_bits(),
            "up"
        );
        assert_eq!(
            rounded(3, -1076).to_bits(),
            1,
            "three quarters of the smallest"
        );
        assert_eq!(rounded(1, -1075).to_bits(), 0, "half of the smallest");
        assert_eq!(
            rounded(1, 2000).to_bits(),
            f64::INFINITY.to_bits(),
            "beyond the largest"
        );
    }
}
