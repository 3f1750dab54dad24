//! The n-bit filter: of each number only the bits that its type uses are stored.

use crate::bits::Bits;
use crate::error::CodecError;

const NAME: &str = "nbit";
/// Types nest less deeply than this.
const DEPTH_MAX: usize = 32;

const ATOMIC: u32 = 1;
const ARRAY: u32 = 2;
const COMPOUND: u32 = 3;
const OPAQUE: u32 = 4;

/// Decodes a chunk as `parameters` describe its type; returns the bytes written, at most `out.len()`.
///
/// The parameters are their own count, whether nothing is packed, the number of elements, and the
/// type: class and size, then for a number order, precision and offset, for an array its base, for a
/// compound its members.
/// Source: libhdf5, `H5Znbit.c`.
///
/// # Errors
/// [`CodecError`] when the parameters describe no type, or the chunk is too short.
pub fn decode_nbit(chunk: &[u8], parameters: &[u32], out: &mut [u8]) -> Result<usize, CodecError> {
    let &[_, is_plain, count, class, size, ..] = parameters else {
        return Err(impossible());
    };
    let expected = out.len();
    let length = if is_plain == 0 {
        (count as usize).saturating_mul(size as usize)
    } else {
        chunk.len()
    };
    let out = out.get_mut(..length).ok_or(CodecError::Size {
        found: length,
        expected,
    })?;
    if is_plain != 0 {
        out.copy_from_slice(chunk);
        return Ok(length);
    }
    if size == 0 {
        return Err(impossible());
    }
    out.fill(0);
    let mut bits = Bits::new(chunk);
    for element in out.chunks_exact_mut(size as usize) {
        let mut rest = Parameters(&parameters[4..]);
        one(&mut bits, class, &mut rest, element, DEPTH_MAX)?;
    }
    Ok(length)
}

fn impossible() -> CodecError {
    CodecError::damaged(NAME, "the parameters describe no type")
}

/// The parameters that were not read yet.
#[derive(Debug, Clone, Copy)]
struct Parameters<'a>(&'a [u32]);

impl Parameters<'_> {
    fn next(&mut self) -> Result<u32, CodecError> {
        let (first, rest) = self.0.split_first().ok_or_else(impossible)?;
        self.0 = rest;
        Ok(*first)
    }

    fn size(&self) -> Result<usize, CodecError> {
        let size = self.0.first().ok_or_else(impossible)?;
        Ok(*size as usize)
    }
}

/// One value of `class`, whose size comes next in `parameters`; it fills the front of `place`.
fn one(
    bits: &mut Bits<'_>,
    class: u32,
    parameters: &mut Parameters<'_>,
    place: &mut [u8],
    depth: usize,
) -> Result<(), CodecError> {
    let depth = depth.checked_sub(1).ok_or_else(impossible)?;
    let size = parameters.next()? as usize;
    let place = place.get_mut(..size).ok_or_else(impossible)?;
    if place.is_empty() {
        return Err(impossible());
    }
    match class {
        ATOMIC => number(bits, parameters, place),
        ARRAY => array(bits, parameters, place, depth),
        COMPOUND => compound(bits, parameters, place, depth),
        OPAQUE => bytes(bits, place),
        _ => Err(impossible()),
    }
}

fn number(
    bits: &mut Bits<'_>,
    parameters: &mut Parameters<'_>,
    place: &mut [u8],
) -> Result<(), CodecError> {
    let is_big_endian = parameters.next()? != 0;
    let (precision, offset) = (parameters.next()?, parameters.next()?);
    let width = place.len().saturating_mul(8);
    let used = (precision as usize).saturating_add(offset as usize);
    if place.len() > 16 || used > width {
        return Err(impossible());
    }
    let cut = || CodecError::damaged(NAME, "the chunk is cut off");
    let low_count = precision.min(64);
    let high = bits.take_wide(precision - low_count).ok_or_else(cut)?;
    let low = bits.take_wide(low_count).ok_or_else(cut)?;
    let value = (u128::from(high) << low_count | u128::from(low)) << offset.min(127);
    let bytes = value.to_le_bytes();
    place.copy_from_slice(&bytes[..place.len()]);
    if is_big_endian {
        place.reverse();
    }
    Ok(())
}

fn array(
    bits: &mut Bits<'_>,
    parameters: &mut Parameters<'_>,
    place: &mut [u8],
    depth: usize,
) -> Result<(), CodecError> {
    let class = parameters.next()?;
    if class == OPAQUE {
        parameters.next()?;
        return bytes(bits, place);
    }
    let size = parameters.size()?;
    if size == 0 || size > place.len() {
        return Err(impossible());
    }
    let mut behind = *parameters;
    for place in place.chunks_exact_mut(size) {
        behind = *parameters;
        one(bits, class, &mut behind, place, depth)?;
    }
    *parameters = behind;
    Ok(())
}

fn compound(
    bits: &mut Bits<'_>,
    parameters: &mut Parameters<'_>,
    place: &mut [u8],
    depth: usize,
) -> Result<(), CodecError> {
    let mut left = place.len();
    for _ in 0..parameters.next()? {
        let (offset, class) = (parameters.next()? as usize, parameters.next()?);
        // Members that share bytes could make few parameters into much work.
        left = left
            .checked_sub(parameters.size()?)
            .ok_or_else(impossible)?;
        let place = place.get_mut(offset..).ok_or_else(impossible)?;
        one(bits, class, parameters, place, depth)?;
    }
    Ok(())
}

fn bytes(bits: &mut Bits<'_>, place: &mut [u8]) -> Result<(), CodecError> {
    for byte in place {
        let value = bits.take(8).and_then(|value| u8::try_from(value).ok());
        *byte = value.ok_or_else(|| CodecError::damaged(NAME, "the chunk is cut off"))?;
    }
    Ok(())
}
