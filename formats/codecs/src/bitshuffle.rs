//! Bitshuffle: bit `k` of all elements of a block together, mostly packed with LZ4.
//!
//! Source: K. Masui et al., "A compression scheme for radio data in high performance computing",
//! Astronomy and Computing 12 (2015); bitshuffle, `bshuf_h5filter.c`.

mod kernel;

pub use kernel::unshuffle_bits;

use kernel::{LINES, PastCaches};

use crate::error::CodecError;
use crate::lz4::{SLACK, decode_with_slack};
use crate::scratch::{Tools, sized};
use crate::undo::part;

const NAME: &str = "bitshuffle";
/// No writer makes larger blocks; the usual size is 8 KiB.
const BLOCK_MAX: usize = 1 << 24;

/// Decodes a chunk of bitshuffle with LZ4 whose elements have `element_size` bytes; `out` has the
/// nominal size of the chunk, and `block` is a buffer to be reused.
///
/// # Errors
/// [`CodecError`] when the chunk is damaged or of another size.
pub fn decode_bitshuffle(
    chunk: &[u8],
    element_size: usize,
    out: &mut [u8],
    block: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let length = packed(chunk, sound(element_size)?, out, block, decode_with_slack)?;
    if length == out.len() {
        Ok(())
    } else {
        Err(CodecError::Size {
            found: length,
            expected: out.len(),
        })
    }
}

/// Outputs from this size on are stored past the caches.
const LARGE: usize = 4 << 20;

/// What the parameters of the filter say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) element_size: usize,
    /// Elements of a block, where they are not packed.
    pub(crate) block_elements: Option<usize>,
    /// 0 for none, 2 for LZ4, 3 for Zstandard.
    pub(crate) packing: usize,
}

/// Decodes a chunk; returns the bytes written, at most `out.len()`.
pub(crate) fn decode(
    chunk: &[u8],
    shape: Shape,
    out: &mut [u8],
    tools: &mut Tools,
) -> Result<usize, CodecError> {
    let Tools {
        blocks: [block, _],
        zstd,
        ..
    } = tools;
    match shape.packing {
        0 => unpacked(chunk, sound(shape.element_size)?, shape.block_elements, out),
        2 => packed(
            chunk,
            sound(shape.element_size)?,
            out,
            block,
            decode_with_slack,
        ),
        3 => packed(
            chunk,
            sound(shape.element_size)?,
            out,
            block,
            |packed, block, length| {
                if zstd.unpack(packed, part(block, length)?)? == length {
                    Ok(())
                } else {
                    Err(CodecError::damaged(NAME, "a block has another size"))
                }
            },
        ),
        _ => Err(CodecError::UnknownFilter {
            id: crate::id::BITSHUFFLE,
            name: "bitshuffle, unknown packing".to_owned(),
        }),
    }
}

fn sound(element_size: usize) -> Result<usize, CodecError> {
    if (1..=1 << 16).contains(&element_size) {
        Ok(element_size)
    } else {
        Err(CodecError::damaged(
            NAME,
            "elements have an impossible size",
        ))
    }
}

fn unpacked(
    chunk: &[u8],
    element_size: usize,
    block_elements: Option<usize>,
    out: &mut [u8],
) -> Result<usize, CodecError> {
    let expected = out.len();
    let Some(out) = out.get_mut(..chunk.len()) else {
        return Err(CodecError::Size {
            found: chunk.len(),
            expected,
        });
    };
    let elements = block_elements.unwrap_or_else(|| (8192 / element_size / 8 * 8).max(128));
    let step = elements.saturating_mul(element_size);
    if !elements.is_multiple_of(8) || step > BLOCK_MAX {
        return Err(CodecError::damaged(NAME, "blocks have an impossible size"));
    }
    let whole = chunk.len() - chunk.len() % (8 * element_size);
    let (blocks, tail) = chunk.split_at(whole);
    let (places, rest) = out.split_at_mut(whole);
    for (block, place) in blocks.chunks(step).zip(places.chunks_mut(step)) {
        unshuffle_bits(block, element_size, place);
    }
    rest.copy_from_slice(tail);
    Ok(chunk.len())
}

/// Big-endian size of all (`u64`) and of a block (`u32`), then blocks of a size and packed bytes; the
/// last one is cut to a multiple of eight elements, what is left is raw.
fn packed(
    chunk: &[u8],
    element_size: usize,
    out: &mut [u8],
    buffer: &mut Vec<u8>,
    mut unpack: impl FnMut(&[u8], &mut [u8], usize) -> Result<(), CodecError>,
) -> Result<usize, CodecError> {
    let cut = || CodecError::damaged(NAME, "the chunk is cut off");
    let (total, rest) = chunk.split_first_chunk::<8>().ok_or_else(cut)?;
    let (block_size, mut rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let total = usize::try_from(u64::from_be_bytes(*total)).unwrap_or(usize::MAX);
    let block_size = u32::from_be_bytes(*block_size) as usize;
    let expected = out.len();
    let out = out.get_mut(..total).ok_or(CodecError::Size {
        found: total,
        expected,
    })?;
    let unit = 8 * element_size;
    if block_size == 0 || block_size > BLOCK_MAX || !block_size.is_multiple_of(unit) {
        return Err(CodecError::damaged(NAME, "blocks have an impossible size"));
    }
    let held = block_size.min(total);
    let buffer = sized(buffer, 2 * held + LINES + SLACK)?;
    let (lines, buffer) = buffer.split_at_mut(held + LINES);
    let whole = total - total % unit;
    let (places, tail) = out.split_at_mut(whole);
    let mut next = |buffer: &mut [u8], length: usize| {
        let (size, behind) = rest.split_first_chunk::<4>()?;
        let (block, behind) = behind.split_at_checked(u32::from_be_bytes(*size) as usize)?;
        rest = behind;
        Some(unpack(block, buffer, length))
    };
    if total < LARGE {
        for place in places.chunks_mut(block_size) {
            next(buffer, place.len()).ok_or_else(cut)??;
            unshuffle_bits(
                buffer.get(..place.len()).ok_or_else(cut)?,
                element_size,
                place,
            );
        }
    } else {
        let mut past_caches = PastCaches::new(places, lines);
        for start in (0..whole).step_by(block_size) {
            let length = block_size.min(whole - start);
            next(buffer, length).ok_or_else(cut)??;
            let bits = buffer.get(..length).ok_or_else(cut)?;
            if !past_caches.unshuffle(bits, element_size) {
                return Err(cut());
            }
        }
        past_caches.finish();
    }
    let count = tail.len();
    tail.copy_from_slice(rest.get(..count).ok_or_else(cut)?);
    Ok(total)
}
