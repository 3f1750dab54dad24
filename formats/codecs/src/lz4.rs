//! LZ4 blocks, in safe Rust, and the LZ4 filter of HDF5.

use crate::error::CodecError;
use crate::window::copy_match;

const NAME: &str = "lz4";

/// Decodes one LZ4 block that must fill `out` exactly.
///
/// Short literals and matches are copied as 16 bytes at once, matches that repeat a short pattern
/// by doubling it: detector frames are mostly such patterns.
/// Source: LZ4 Block Format Description (2022).
///
/// # Errors
/// [`CodecError::Damaged`] when the block does not decode to as many bytes.
pub fn decode_lz4_block(block: &[u8], out: &mut [u8]) -> Result<(), CodecError> {
    decode_block(block, out).ok_or_else(|| CodecError::damaged(NAME, "a block is not valid"))
}

fn decode_block(block: &[u8], out: &mut [u8]) -> Option<()> {
    let (mut at, mut to) = (0_usize, 0_usize);
    loop {
        let token = usize::from(*block.get(at)?);
        at += 1;
        let literals = run_length(block, &mut at, token >> 4)?;
        if literals > 0 {
            copy_literals(block, at, out, to, literals)?;
            at += literals;
            to += literals;
        }
        if at == block.len() {
            return (to == out.len()).then_some(());
        }
        let distance = usize::from(u16::from_le_bytes([*block.get(at)?, *block.get(at + 1)?]));
        at += 2;
        let length = run_length(block, &mut at, token & 15)?.checked_add(4)?;
        if distance == 0 || distance > to || length > out.len() - to {
            return None;
        }
        copy_match(out, to, distance, length)?;
        to += length;
    }
}

/// A length of 15 goes on in the next bytes.
#[inline]
fn run_length(block: &[u8], at: &mut usize, start: usize) -> Option<usize> {
    let mut length = start;
    if start == 15 {
        loop {
            let more = *block.get(*at)?;
            *at += 1;
            length = length.checked_add(usize::from(more))?;
            if more != 255 {
                break;
            }
        }
    }
    Some(length)
}

#[inline]
fn copy_literals(block: &[u8], at: usize, out: &mut [u8], to: usize, length: usize) -> Option<()> {
    if length <= 16
        && length <= block.len() - at
        && let (Some(from), Some(place)) = (block.get(at..at + 16), out.get_mut(to..to + 16))
    {
        place.copy_from_slice(from);
        return Some(());
    }
    let end = at.checked_add(length)?;
    let place = out.get_mut(to..to.checked_add(length)?)?;
    place.copy_from_slice(block.get(at..end)?);
    Some(())
}

/// Decodes a chunk of the LZ4 filter (32004); returns the bytes written, at most `out.len()`.
///
/// The chunk is the size as a big-endian `u64`, the size of a block as `u32`, then for each block
/// its encoded size as `u32` and its bytes, raw where that size is the decoded one.
/// Source: HDF5 Plugins, H5Zlz4.c.
///
/// # Errors
/// [`CodecError`] when the sizes or the blocks are not valid.
pub fn decode_lz4_filter(chunk: &[u8], out: &mut [u8]) -> Result<usize, CodecError> {
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
    if block_size == 0 {
        return Err(CodecError::damaged(NAME, "blocks have no bytes"));
    }
    for place in out.chunks_mut(block_size) {
        let (size, behind) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
        let size = u32::from_be_bytes(*size) as usize;
        let (block, behind) = behind.split_at_checked(size).ok_or_else(cut)?;
        if size == place.len() {
            place.copy_from_slice(block);
        } else {
            decode_lz4_block(block, place)?;
        }
        rest = behind;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_that_overlaps_itself_repeats_its_pattern() {
        // Three literals, then 12 bytes from 3 back, then one literal.
        let block = [0x38, b'a', b'b', b'c', 3, 0, 0x10, b'z'];
        let mut out = [0; 16];
        decode_lz4_block(&block, &mut out).unwrap();
        assert_eq!(&out, b"abcabcabcabcabcz", "the pattern goes on");
    }

    #[test]
    fn a_match_before_the_beginning_is_damage() {
        let mut out = [0; 16];
        assert!(
            decode_lz4_block(&[0x18, b'a', 2, 0, 0x10, b'z'], &mut out).is_err(),
            "only one byte is known"
        );
    }
}
