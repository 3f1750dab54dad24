//! The LZF filter of h5py and `PyTables`, in safe Rust.

use crate::error::CodecError;
use crate::window::copy_match;

const NAME: &str = "lzf";

/// Decodes a chunk of LZF; returns the bytes written, at most `out.len()`.
///
/// A control byte below 32 starts literals, others a match of at least three bytes.
/// Source: liblzf, `lzf_d.c`.
///
/// # Errors
/// [`CodecError::Damaged`] when the chunk is cut off, looks back too far, or is longer than `out`.
pub fn decode_lzf(chunk: &[u8], out: &mut [u8]) -> Result<usize, CodecError> {
    decode(chunk, out).ok_or_else(|| CodecError::damaged(NAME, "the data are not valid"))
}

fn decode(chunk: &[u8], out: &mut [u8]) -> Option<usize> {
    let (mut at, mut to) = (0, 0_usize);
    while at < chunk.len() {
        let control = usize::from(*chunk.get(at)?);
        at += 1;
        if control < 32 {
            let count = control + 1;
            let literals = chunk.get(at..at + count)?;
            out.get_mut(to..to + count)?.copy_from_slice(literals);
            at += count;
            to += count;
            continue;
        }
        let mut length = control >> 5;
        if length == 7 {
            length += usize::from(*chunk.get(at)?);
            at += 1;
        }
        let distance = ((control & 31) << 8 | usize::from(*chunk.get(at)?)) + 1;
        at += 1;
        length += 2;
        if distance > to || length > out.len() - to {
            return None;
        }
        copy_match(out, to, distance, length)?;
        to += length;
    }
    Some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_repeats_what_is_known() {
        // Two literals, then five bytes from two back.
        let mut out = [0; 7];
        let length = decode_lzf(&[1, b'a', b'b', 3 << 5, 1], &mut out).unwrap();
        assert_eq!(
            (length, &out),
            (7, b"abababa"),
            "two literals and five bytes of the match"
        );
    }
}
