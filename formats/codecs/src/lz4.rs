//! LZ4 blocks, in safe Rust, and the LZ4 filter of HDF5.

use crate::error::CodecError;
use crate::window::{copy_match, copy_short};

const NAME: &str = "lz4";

/// Bytes behind the end of an output that the quick steps of [`decode_with_slack`] may write to.
pub(crate) const SLACK: usize = 64;

/// Decodes one LZ4 block that must fill `out` exactly.
///
/// Source: LZ4 Block Format Description (2022).
///
/// # Errors
/// [`CodecError::Damaged`] when the block does not decode to as many bytes.
pub fn decode_lz4_block(block: &[u8], out: &mut [u8]) -> Result<(), CodecError> {
    let length = out.len();
    decode_with_slack(block, out, length)
}

/// Decodes one LZ4 block into the first `length` bytes of `out`.
///
/// Bytes of `out` behind those may be overwritten, and it is quicker to the end when there are
/// [`SLACK`] of them: most steps then copy more than they must, without a loop.
///
/// # Errors
/// [`CodecError::Damaged`] when the block does not decode to as many bytes.
pub(crate) fn decode_with_slack(
    block: &[u8],
    out: &mut [u8],
    length: usize,
) -> Result<(), CodecError> {
    let done = (length <= out.len()).then(|| decode_block(block, out, length));
    done.flatten()
        .ok_or_else(|| CodecError::damaged(NAME, "a block is not valid"))
}

fn decode_block(block: &[u8], out: &mut [u8], length: usize) -> Option<()> {
    let (mut at, mut to) = (0_usize, 0_usize);
    loop {
        quick(block, out, &mut at, &mut to)?;
        let token = usize::from(*block.get(at)?);
        at += 1;
        let count = run_length(block, &mut at, token >> 4)?;
        let literals = block.get(at..at.checked_add(count)?)?;
        out.get_mut(to..to.checked_add(count)?)?
            .copy_from_slice(literals);
        at += count;
        to += count;
        if at == block.len() {
            return (to == length).then_some(());
        }
        let distance = block.get(at..).and_then(<[u8]>::first_chunk::<2>)?;
        let distance = usize::from(u16::from_le_bytes(*distance));
        at += 2;
        let count = run_length(block, &mut at, token & 15)?.checked_add(4)?;
        if distance == 0 || distance > to || count > length.checked_sub(to)? {
            return None;
        }
        copy_match(out, to, distance, count)?;
        to += count;
    }
}

/// Decodes while neither the literals of a step are very long nor either end is near.
#[inline]
fn quick(block: &[u8], out: &mut [u8], at: &mut usize, to: &mut usize) -> Option<()> {
    // A token, at most 14 literals and a distance lie in these.
    while let Some(ahead) = block.get(*at..).and_then(<[u8]>::first_chunk::<19>)
        && let Some(place) = out
            .get_mut(*to..)
            .and_then(<[u8]>::first_chunk_mut::<SLACK>)
    {
        let mut count = usize::from(ahead[0] >> 4);
        let distance;
        if count < 15 {
            place[..16].copy_from_slice(&ahead[1..17]);
            distance = [ahead[count + 1], ahead[count + 2]];
            *at += count + 3;
        } else {
            let mut from = *at + 1;
            count = run_length(block, &mut from, 15)?;
            let literals = block.get(from..).and_then(<[u8]>::first_chunk::<SLACK>);
            let fits = count + 2 <= SLACK && *to + count + SLACK <= out.len();
            let Some(literals) = literals.filter(|_| fits) else {
                break;
            };
            out[*to..*to + SLACK].copy_from_slice(literals);
            distance = [literals[count], literals[count + 1]];
            *at = from + count + 2;
        }
        *to += count;
        let distance = usize::from(u16::from_le_bytes(distance));
        if distance == 0 || distance > *to {
            return None;
        }
        let length = usize::from(ahead[0] & 15);
        if length < 15 {
            copy_short(out, *to, distance, length + 4);
            *to += length + 4;
        } else {
            let length = run_length(block, at, 15)?.checked_add(4)?;
            if length > out.len() - *to {
                return None;
            }
            copy_match(out, *to, distance, length)?;
            *to += length;
        }
    }
    Some(())
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
