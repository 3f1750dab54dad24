//! Datatypes as bytes.

use super::bytes_out::Out;
use super::node::ElementKind;
use crate::datatype::ScalarKind;

/// The type of the elements of a dataset.
pub(super) fn element(kind: ElementKind) -> Out {
    match kind {
        ElementKind::Number(kind) => number(kind),
        ElementKind::FixedText(size) => fixed_text(size),
        ElementKind::Text => text(),
    }
}

/// Strings of so many bytes, UTF-8, filled up with zero bytes.
fn fixed_text(size: u32) -> Out {
    let mut out = Out::default();
    out.u8(0x13).u8(0x11).zeros(2).u32(size);
    out
}

/// A number, little-endian.
pub(super) fn number(kind: ScalarKind) -> Out {
    match kind {
        ScalarKind::U8 => integer(1, 0),
        ScalarKind::U16 => integer(2, 0),
        ScalarKind::U32 => integer(4, 0),
        ScalarKind::U64 => integer(8, 0),
        ScalarKind::I8 => integer(1, 8),
        ScalarKind::I16 => integer(2, 8),
        ScalarKind::I32 => integer(4, 8),
        ScalarKind::I64 => integer(8, 8),
        ScalarKind::F16 => float(2, [10, 5, 0, 10], 15),
        ScalarKind::F32 => float(4, [23, 8, 0, 23], 127),
        ScalarKind::F64 => float(8, [52, 11, 0, 52], 1023),
        ScalarKind::Complex32 => complex(8, float(4, [23, 8, 0, 23], 127)),
        ScalarKind::Complex64 => complex(16, float(8, [52, 11, 0, 52], 1023)),
    }
}

fn integer(size: u8, sign: u8) -> Out {
    let mut out = Out::default();
    out.u8(0x10)
        .u8(sign)
        .zeros(2)
        .u32(u32::from(size))
        .u16(0)
        .u16(u16::from(size) * 8);
    out
}

fn float(size: u8, fields: [u8; 4], bias: u32) -> Out {
    let mut out = Out::default();
    let bits = size * 8;
    out.u8(0x11)
        .u8(0x20)
        .u8(bits - 1)
        .u8(0)
        .u32(u32::from(size));
    out.u16(0).u16(u16::from(bits)).bytes(&fields).u32(bias);
    out
}

/// The compound of `r` and `i` that h5py makes of complex numbers; version 3.
fn complex(size: u8, part: Out) -> Out {
    let part = part.into_bytes();
    let mut out = Out::default();
    out.u8(0x36).u8(2).zeros(2).u32(u32::from(size));
    out.bytes(b"r\0")
        .u8(0)
        .bytes(&part)
        .bytes(b"i\0")
        .u8(size / 2)
        .bytes(&part);
    out
}

/// Strings of any length, UTF-8.
pub(super) fn text() -> Out {
    let mut out = Out::default();
    // A sequence of variable length that is a UTF-8 string, of one-byte strings.
    out.u8(0x19).u8(1).u8(1).u8(0).u32(16);
    out.u8(0x13).u8(0x10).zeros(2).u32(1);
    out
}
