//! Bitshuffle: bit `k` of all elements of a block together, mostly packed with LZ4.
//!
//! Source: K. Masui et al., "A compression scheme for radio data in high performance computing",
//! Astronomy and Computing 12 (2015); bitshuffle, `bshuf_h5filter.c`.

#[cfg(target_arch = "x86_64")]
mod avx2;

use crate::error::CodecError;
use crate::lz4::decode_lz4_block;
use crate::scratch::{Tools, sized};

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
    let length = packed(chunk, sound(element_size)?, out, block, decode_lz4_block)?;
    if length == out.len() {
        Ok(())
    } else {
        Err(CodecError::Size {
            found: length,
            expected: out.len(),
        })
    }
}

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
            decode_lz4_block,
        ),
        3 => packed(
            chunk,
            sound(shape.element_size)?,
            out,
            block,
            |packed, block| {
                let found = zstd.unpack(packed, block)?;
                if found == block.len() {
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
    mut unpack: impl FnMut(&[u8], &mut [u8]) -> Result<(), CodecError>,
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
    let buffer = sized(buffer, block_size.min(total))?;
    let whole = total - total % unit;
    let (places, tail) = out.split_at_mut(whole);
    for place in places.chunks_mut(block_size) {
        let (size, behind) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
        let (block, behind) = behind
            .split_at_checked(u32::from_be_bytes(*size) as usize)
            .ok_or_else(cut)?;
        let bits = buffer.get_mut(..place.len()).ok_or_else(cut)?;
        unpack(block, bits)?;
        unshuffle_bits(bits, element_size, place);
        rest = behind;
    }
    let count = tail.len();
    tail.copy_from_slice(rest.get(..count).ok_or_else(cut)?);
    Ok(total)
}

/// Undoes the bit shuffle of one block of a multiple of eight elements; `out` is as long as `bits`.
///
/// Bytes behind the last eight whole elements, which no block has, stay as they are in `out`.
pub fn unshuffle_bits(bits: &[u8], element_size: usize, out: &mut [u8]) {
    let Some(groups) = bits.len().min(out.len()).checked_div(8 * element_size) else {
        return;
    };
    let length = groups * 8 * element_size;
    #[cfg(target_arch = "x86_64")]
    if avx2::unshuffle_bits(&bits[..length], element_size, &mut out[..length]) {
        return;
    }
    unshuffle_bits_scalar(&bits[..length], element_size, &mut out[..length]);
}

/// Row `8 * byte + bit` of `bits` holds that bit of all elements, eight elements to a byte.
fn unshuffle_bits_scalar(bits: &[u8], element_size: usize, out: &mut [u8]) {
    let groups = out.len() / 8 / element_size;
    for byte in 0..element_size {
        for group in 0..groups {
            let mut square = 0_u64;
            for bit in 0..8 {
                square |= u64::from(bits[(byte * 8 + bit) * groups + group]) << (8 * bit);
            }
            let bytes = transposed(square).to_le_bytes();
            for (element, value) in bytes.into_iter().enumerate() {
                out[(group * 8 + element) * element_size + byte] = value;
            }
        }
    }
}

/// Transposes a square of 8 by 8 bits.
///
/// Source: H. Warren, "Hacker's Delight", section 7-3.
fn transposed(mut square: u64) -> u64 {
    let swap = (square ^ (square >> 7)) & 0x00aa_00aa_00aa_00aa;
    square ^= swap ^ (swap << 7);
    let swap = (square ^ (square >> 14)) & 0x0000_cccc_0000_cccc;
    square ^= swap ^ (swap << 14);
    let swap = (square ^ (square >> 28)) & 0x0000_0000_f0f0_f0f0;
    square ^ swap ^ (swap << 28)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vector_and_scalar_code_agree() {
        let mut state = 1_u64;
        let mut byte = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        for element_size in [1, 2, 3, 4, 8] {
            for groups in [1, 7, 31, 32, 64, 96, 256] {
                let length = groups * 8 * element_size;
                let bits: Vec<u8> = (0..length).map(|_| byte()).collect();
                let (mut fast, mut slow) = (vec![0; length], vec![0; length]);
                unshuffle_bits(&bits, element_size, &mut fast);
                unshuffle_bits_scalar(&bits, element_size, &mut slow);
                assert_eq!(
                    fast, slow,
                    "elements of {element_size} bytes, {groups} groups of eight"
                );
            }
        }
    }

    #[test]
    fn the_first_row_is_the_lowest_bit_of_each_element() {
        let mut bits = vec![0; 16];
        bits[0] = 0b0000_0101;
        bits[15] = 0b1000_0000;
        let mut out = vec![0; 16];
        unshuffle_bits(&bits, 2, &mut out);
        let elements: Vec<u16> = out
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        assert_eq!(
            elements,
            [1, 0, 1, 0, 0, 0, 0, 0x8000],
            "elements 0 and 2 have bit 0, element 7 bit 15"
        );
    }
}
