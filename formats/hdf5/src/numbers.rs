//! Numbers as stored, turned into numbers of this machine.

use crate::datatype::{Order, Scalar, ScalarKind};
use crate::values::widened;

/// Swaps the bytes of stored numbers in place, where their order is not that of this machine.
///
/// Bytes behind the last whole number stay as they are.
pub fn to_native(scalar: Scalar, bytes: &mut [u8]) {
    let native = if cfg!(target_endian = "big") {
        Order::Big
    } else {
        Order::Little
    };
    if scalar.order == native {
        return;
    }
    match scalar.kind.word_size() {
        2 => bytes
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .for_each(|word| word.reverse()),
        4 => bytes
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .for_each(|word| word.reverse()),
        8 => bytes
            .as_chunks_mut::<8>()
            .0
            .iter_mut()
            .for_each(|word| word.reverse()),
        _ => {}
    }
}

/// Stored numbers as `f64`, rounded where they are 64-bit integers; the real part of complex ones.
pub fn to_f64(scalar: Scalar, bytes: &[u8]) -> Vec<f64> {
    bytes
        .chunks_exact(scalar.kind.size())
        .map(|element| element_to_f64(scalar, element))
        .collect()
}

fn element_to_f64(scalar: Scalar, element: &[u8]) -> f64 {
    let bits = bits(scalar, element);
    match scalar.kind {
        ScalarKind::U8 | ScalarKind::U16 | ScalarKind::U32 | ScalarKind::U64 => bits as f64,
        ScalarKind::I8 | ScalarKind::I16 | ScalarKind::I32 | ScalarKind::I64 => {
            signed(scalar, bits) as f64
        }
        ScalarKind::F16 => half_to_f64((bits & 0xffff) as u16),
        ScalarKind::F32 | ScalarKind::Complex32 => widened((bits & 0xffff_ffff) as u32),
        ScalarKind::F64 | ScalarKind::Complex64 => f64::from_bits(bits),
    }
}

/// The bits of the first word of an element.
pub(crate) fn bits(scalar: Scalar, element: &[u8]) -> u64 {
    let word = &element[..scalar.kind.word_size().min(element.len())];
    let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    match scalar.order {
        Order::Little => word.iter().rev().fold(0, fold),
        Order::Big | Order::Vax => word.iter().fold(0, fold),
    }
}

/// The value of a signed integer whose stored bits are `bits`.
pub(crate) fn signed(scalar: Scalar, bits: u64) -> i64 {
    let unused = 64 - 8 * scalar.kind.word_size().min(8);
    (bits << unused).cast_signed() >> unused
}

/// IEEE 754 half precision to double, exact.
fn half_to_f64(half: u16) -> f64 {
    let sign = if half >> 15 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(half >> 10 & 0x1f);
    let mantissa = f64::from(half & 0x3ff);
    match exponent {
        0 => sign * mantissa * 2_f64.powi(-24),
        31 if mantissa == 0.0 => sign * f64::INFINITY,
        31 => f64::from_bits(
            u64::from(half >> 15) << 63 | 0x7ff << 52 | u64::from(half & 0x3ff) << 42,
        ),
        _ => sign * (1.0 + mantissa / 1024.0) * 2_f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_numbers_are_exact() {
        let scalar = Scalar {
            kind: ScalarKind::F16,
            order: Order::Little,
        };
        let stored = [0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00];
        let values = to_f64(scalar, &stored);
        assert_eq!(
            values,
            [1.0, -2.0, 65504.0, 2_f64.powi(-24)],
            "one, minus two, the largest, the smallest"
        );
    }

    #[test]
    fn big_endian_numbers_are_swapped_once() {
        let scalar = Scalar {
            kind: ScalarKind::I16,
            order: Order::Big,
        };
        assert_eq!(
            to_f64(scalar, &[0xff, 0xfe]),
            [-2.0],
            "two's complement, most significant byte first"
        );
        let mut bytes = [1, 2, 3, 4];
        to_native(scalar, &mut bytes);
        assert_eq!(bytes, [2, 1, 4, 3], "each pair of bytes changes places");
    }
}
