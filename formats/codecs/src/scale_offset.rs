//! The scale-offset filter: integers less their minimum, or floats of so many decimals, in few bits.

use crate::bits::Bits;
use crate::error::CodecError;

const NAME: &str = "scaleoffset";
/// Minimum bits, the size of the minimum, and the minimum, in a header of fixed size.
const HEADER: usize = 21;

/// What the parameters say of the elements.
#[derive(Debug, Clone, Copy)]
struct Elements {
    count: usize,
    size: usize,
    is_float: bool,
    is_big_endian: bool,
    /// The bits of the fill value, which is stored as all ones.
    fill: Option<u64>,
    /// Decimals of floats, bits of integers.
    scale: i32,
}

/// Decodes a chunk as `parameters` describe it; returns the bytes written, at most `out.len()`.
///
/// The parameters are the scale type (0 for decimals of floats, 2 for integers), the scale, the
/// number of elements, their class, size, sign and order, whether a fill value is there, and that.
/// Source: libhdf5, `H5Zscaleoffset.c`.
///
/// # Errors
/// [`CodecError`] when the parameters describe no numbers, or the chunk is too short.
pub fn decode_scale_offset(
    chunk: &[u8],
    parameters: &[u32],
    out: &mut [u8],
) -> Result<usize, CodecError> {
    let elements = elements(parameters)?;
    let width = elements.size * 8;
    let is_stored = !elements.is_float && usize::try_from(elements.scale) == Ok(width);
    let length = if is_stored {
        chunk.len()
    } else {
        elements.count.saturating_mul(elements.size)
    };
    let expected = out.len();
    let out = out.get_mut(..length).ok_or(CodecError::Size {
        found: length,
        expected,
    })?;
    if is_stored {
        out.copy_from_slice(chunk);
        return Ok(length);
    }
    let (header, packed) = chunk.split_at_checked(HEADER).ok_or_else(cut)?;
    let bits = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
    if bits as usize > width {
        return Err(CodecError::damaged(NAME, "numbers have too many bits"));
    }
    let minimum = header[5..]
        .iter()
        .take(usize::from(header[4]).min(8))
        .rev()
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    if bits as usize == width {
        out.copy_from_slice(packed.get(..length).ok_or_else(cut)?);
        if elements.is_big_endian {
            out.chunks_exact_mut(elements.size)
                .for_each(<[u8]>::reverse);
        }
    } else {
        unpack(packed, bits, minimum, elements, out)?;
    }
    Ok(length)
}

fn cut() -> CodecError {
    CodecError::damaged(NAME, "the chunk is cut off")
}

fn elements(parameters: &[u32]) -> Result<Elements, CodecError> {
    let wrong = |why| Err(CodecError::damaged(NAME, why));
    let &[
        scale_type,
        scale,
        count,
        class,
        size,
        _sign,
        order,
        has_fill,
        ref fill @ ..,
    ] = parameters
    else {
        return wrong("parameters are missing");
    };
    match (class, scale_type, size) {
        (0, 2, 1 | 2 | 4 | 8) | (1, 0, 4 | 8) => {}
        (1, 1, _) => return wrong("floats with a fixed number of bits are not defined"),
        _ => return wrong("the parameters describe no numbers"),
    }
    let fill = match (has_fill, fill) {
        (0, _) => None,
        (_, &[low, high, ..]) => Some(u64::from(high) << 32 | u64::from(low)),
        (_, &[low]) => Some(u64::from(low)),
        (_, []) => return wrong("the fill value is missing"),
    };
    Ok(Elements {
        count: count as usize,
        size: size as usize,
        is_float: class == 1,
        is_big_endian: order == 1,
        fill,
        scale: scale.cast_signed(),
    })
}

fn unpack(
    packed: &[u8],
    bits: u32,
    minimum: u64,
    elements: Elements,
    out: &mut [u8],
) -> Result<(), CodecError> {
    let ones = (1_u64 << bits) - 1;
    let value = decoder(minimum, elements);
    let mut packed = Bits::new(packed);
    for place in out.chunks_exact_mut(elements.size) {
        let stored = packed.take_wide(bits).ok_or_else(cut)?;
        let value = match elements.fill {
            Some(fill) if stored == ones => fill,
            _ => value(stored),
        };
        place.copy_from_slice(&value.to_le_bytes()[..place.len()]);
        if elements.is_big_endian {
            place.reverse();
        }
    }
    Ok(())
}

/// From the stored bits to those of the element, in arithmetic of the element's own width.
fn decoder(minimum: u64, elements: Elements) -> Box<dyn Fn(u64) -> u64> {
    if !elements.is_float {
        return Box::new(move |stored| stored.wrapping_add(minimum));
    }
    if elements.size == 8 {
        let (minimum, scale) = (f64::from_bits(minimum), 10_f64.powf(elements.scale.into()));
        return Box::new(move |stored| (stored as f64 / scale + minimum).to_bits());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number of decimals is small, the minimum is the lower half"
    )]
    let (minimum, scale) = (
        f32::from_bits(minimum as u32),
        10_f32.powf(elements.scale as f32),
    );
    Box::new(move |stored| u64::from((stored as f32 / scale + minimum).to_bits()))
}
