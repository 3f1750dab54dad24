//! Integers and bitfields of any width, position and order.

use bytes::Bytes;

use super::Value;
use crate::datatype::{Class, Datatype, Order};
use crate::error::Error;

/// The integers of `elements`; those of more than 64 bits stay as they are stored.
pub(super) fn values<'a>(
    datatype: &Datatype,
    elements: impl Iterator<Item = &'a [u8]>,
) -> Result<Value, Error> {
    let (is_signed, order, precision, offset) = match datatype.class {
        Class::Integer {
            is_signed,
            order,
            precision,
            bit_offset,
        } => (is_signed, order, precision, bit_offset),
        Class::Bitfield {
            order,
            precision,
            bit_offset,
        } => (false, order, precision, bit_offset),
        _ => return Err(Error::damaged("datatype: is no integer", 0)),
    };
    let (precision, offset) = (u32::from(precision), u32::from(offset));
    let bits = u64::from(datatype.size) * 8;
    if precision == 0 || u64::from(precision + offset) > bits {
        return Err(Error::damaged(
            "integer: its bits lie outside of its bytes",
            0,
        ));
    }
    if precision > 64 || bits > 128 {
        return Ok(Value::Bytes(elements.map(Bytes::copy_from_slice).collect()));
    }
    let unused = 64 - precision;
    let stored = elements.map(|element| {
        let bits = (word(element, order) >> offset) & u128::from(u64::MAX);
        u64::try_from(bits).unwrap_or(0) << unused
    });
    Ok(if is_signed {
        Value::Signed(stored.map(|bits| bits.cast_signed() >> unused).collect())
    } else {
        Value::Unsigned(stored.map(|bits| bits >> unused).collect())
    })
}

/// The number that up to 16 bytes make.
pub(super) fn word(element: &[u8], order: Order) -> u128 {
    let fold = |value: u128, byte: &u8| value << 8 | u128::from(*byte);
    match order {
        Order::Little => element.iter().rev().fold(0, fold),
        Order::Big => element.iter().fold(0, fold),
        // Pairs of bytes from the most significant on, each pair with its lower byte first.
        Order::Vax => element
            .chunks(2)
            .flat_map(|pair| pair.iter().rev())
            .fold(0, fold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(is_signed: bool, size: u32, precision: u16, bit_offset: u16) -> Datatype {
        let class = Class::Integer {
            is_signed,
            order: Order::Little,
            precision,
            bit_offset,
        };
        Datatype { size, class }
    }

    #[test]
    fn only_the_bits_that_are_used_count() {
        let read = |datatype: &Datatype, bytes: &[u8]| {
            values(datatype, bytes.chunks(datatype.size as usize)).expect("it is possible")
        };
        let stored = [0xf5, 0xff];
        assert_eq!(
            read(&integer(false, 2, 5, 2), &stored),
            Value::Unsigned(vec![0x1d]),
            "bits 2 to 6"
        );
        assert_eq!(
            read(&integer(true, 2, 5, 2), &stored),
            Value::Signed(vec![-3]),
            "with a sign"
        );
        let wide = integer(false, 16, 100, 0);
        assert_eq!(
            read(&wide, &[7; 16]),
            Value::Bytes(vec![vec![7; 16].into()]),
            "as stored"
        );
        assert!(
            values(&integer(false, 2, 17, 0), std::iter::empty()).is_err(),
            "17 of 16 bits"
        );
    }
}
