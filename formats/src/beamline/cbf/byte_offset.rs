//! Differences in one byte each, the compression of Pilatus detectors.
//!
//! Each element is the one before it plus a signed difference. A difference is one
//! byte; 0x80 says that 16 bits follow, 0x8000 there that 32 follow, and 0x80000000
//! that 64 follow. All are little-endian, and sums wrap.
//! Source: the manual of `CBFlib`, section 3.3.3, `x-CBF_BYTE_OFFSET`.

use crate::beamline::fault::{Fault, Parsed};

/// The byte that says that a wider difference follows.
const ESCAPE: u8 = 0x80;
/// Elements that are decoded at once where none of their differences is wide.
const RUN: usize = 16;

/// Decodes differences into samples of 32 bits, all of `out`.
///
/// Bytes behind the last element are ignored: writers pad.
///
/// # Errors
/// When the bytes end before `out` is full.
pub(crate) fn decode(encoded: &[u8], out: &mut [i32]) -> Parsed<()> {
    let count = out.len();
    let mut rest = encoded;
    let mut value = 0i32;
    let mut filled = 0;
    let (runs, tail) = out.as_chunks_mut::<RUN>();
    for run in runs {
        if let Some((differences, behind)) = rest.split_first_chunk::<RUN>()
            && are_plain(*differences)
        {
            value = add_up(value, differences, run);
            rest = behind;
        } else {
            (value, rest) =
                add_wide(value, rest, run).map_err(|done| too_short(filled + done, count))?;
        }
        filled += RUN;
    }
    add_wide(value, rest, tail).map_err(|done| too_short(filled + done, count))?;
    Ok(())
}

/// Whether every difference is one byte wide.
#[inline]
fn are_plain(differences: [u8; RUN]) -> bool {
    const LOW: u128 = 0x7f7f_7f7f_7f7f_7f7f_7f7f_7f7f_7f7f_7f7f;
    // A byte is the escape where its low bits are zero and its high bit is not.
    let word = u128::from_le_bytes(differences);
    !((word & LOW).wrapping_add(LOW)) & word & !LOW == 0
}

/// Adds up differences of one byte each; returns the last sum.
#[inline]
fn add_up(start: i32, differences: &[u8; RUN], out: &mut [i32; RUN]) -> i32 {
    // A plain chain of additions: measured 6 times as fast as prefix sums that
    // compilers turn into vectors.
    let mut value = start;
    for (place, difference) in out.iter_mut().zip(differences) {
        value = value.wrapping_add(i32::from(difference.cast_signed()));
        *place = value;
    }
    value
}

/// Adds up differences of any width; returns the last sum and the bytes behind, or
/// how many elements there were before the bytes ended.
#[inline]
fn add_wide<'a>(start: i32, bytes: &'a [u8], out: &mut [i32]) -> Result<(i32, &'a [u8]), usize> {
    let mut value = start;
    let mut rest = bytes;
    for (done, place) in out.iter_mut().enumerate() {
        let (difference, behind) = one(rest).ok_or(done)?;
        value = value.wrapping_add(difference);
        *place = value;
        rest = behind;
    }
    Ok((value, rest))
}

/// One difference of any width, and the bytes behind it; the low 32 bits of it,
/// which are all that a sum of 32 bits needs.
fn one(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first != ESCAPE {
        return Some((i32::from(first.cast_signed()), rest));
    }
    let (word, rest) = rest.split_first_chunk::<2>()?;
    let narrow = i16::from_le_bytes(*word);
    if narrow != i16::MIN {
        return Some((i32::from(narrow), rest));
    }
    let (word, rest) = rest.split_first_chunk::<4>()?;
    let wide = i32::from_le_bytes(*word);
    if wide != i32::MIN {
        return Some((wide, rest));
    }
    let (word, rest) = rest.split_first_chunk::<8>()?;
    let [a, b, c, d, ..] = *word;
    Some((i32::from_le_bytes([a, b, c, d]), rest))
}

/// The same differences into samples of 64 bits.
///
/// # Errors
/// When the bytes end before `out` is full.
pub(crate) fn decode_i64(encoded: &[u8], out: &mut [i64]) -> Parsed<()> {
    let mut rest = encoded;
    let mut value = 0i64;
    let count = out.len();
    for (filled, place) in out.iter_mut().enumerate() {
        let (difference, behind) = one_i64(rest).ok_or_else(|| too_short(filled, count))?;
        value = value.wrapping_add(difference);
        *place = value;
        rest = behind;
    }
    Ok(())
}

fn one_i64(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first != ESCAPE {
        return Some((i64::from(first.cast_signed()), rest));
    }
    let (word, rest) = rest.split_first_chunk::<2>()?;
    let narrow = i16::from_le_bytes(*word);
    if narrow != i16::MIN {
        return Some((i64::from(narrow), rest));
    }
    let (word, rest) = rest.split_first_chunk::<4>()?;
    let wide = i32::from_le_bytes(*word);
    if wide != i32::MIN {
        return Some((i64::from(wide), rest));
    }
    let (word, rest) = rest.split_first_chunk::<8>()?;
    Some((i64::from_le_bytes(*word), rest))
}

fn too_short(filled: usize, count: usize) -> Fault {
    Fault::unreadable(format!(
        "the compressed data end after {filled} of {count} elements"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes differences as the manual says, for values that the reader must give back.
    fn encode(values: &[i64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut before = 0i64;
        for &value in values {
            let difference = value.wrapping_sub(before);
            before = value;
            if let Some(byte) = i8::try_from(difference).ok().filter(|&d| d != i8::MIN) {
                bytes.push(byte.cast_unsigned());
                continue;
            }
            bytes.push(0x80);
            if let Some(word) = i16::try_from(difference).ok().filter(|&d| d != i16::MIN) {
                bytes.extend(word.to_le_bytes());
                continue;
            }
            bytes.extend(i16::MIN.to_le_bytes());
            if let Some(word) = i32::try_from(difference).ok().filter(|&d| d != i32::MIN) {
                bytes.extend(word.to_le_bytes());
                continue;
            }
            bytes.extend(i32::MIN.to_le_bytes());
            bytes.extend(difference.to_le_bytes());
        }
        bytes
    }

    fn low_word(value: i64) -> i32 {
        let [a, b, c, d, ..] = value.to_le_bytes();
        i32::from_le_bytes([a, b, c, d])
    }

    /// A small generator with a fixed start, so that a failure can be repeated.
    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn the_bytes_of_the_manual_are_the_values_that_it_says() {
        // +1, -1, escape to +300, escape to -40000, escape to the 64-bit 2^31.
        let bytes = [
            &[1u8, 0xff, 0x80, 0x2c, 0x01, 0x80, 0x00, 0x80][..],
            &(-40000i32).to_le_bytes(),
            &[0x80, 0x00, 0x80, 0x00, 0x00, 0x00, 0x80],
            &(1i64 << 31).to_le_bytes(),
        ]
        .concat();
        let mut out = [0; 5];
        decode(&bytes, &mut out).unwrap();
        let last = i32::MIN.wrapping_sub(39700);
        assert_eq!(out, [1, 0, 300, -39700, last], "hand-computed sums");
    }

    #[test]
    fn values_of_every_size_at_every_place_come_back() {
        let mut state = 0x1234_5678_9abc_def1;
        for length in (0..70).chain([1000, 4099]) {
            for wide_share in [0, 1, 8, 64, 200] {
                let values: Vec<i64> = (0..length)
                    .map(|_| {
                        let raw = random(&mut state);
                        let shift = if raw % 256 < wide_share { 32 } else { 58 };
                        (random(&mut state).cast_signed()) >> shift
                    })
                    .collect();
                let bytes = encode(&values);
                let expected: Vec<i32> = values.iter().map(|&value| low_word(value)).collect();
                let mut out = vec![0; values.len()];
                decode(&bytes, &mut out).unwrap();
                assert_eq!(out, expected, "{length} values in 32 bits");
                let mut out = vec![0; values.len()];
                decode_i64(&bytes, &mut out).unwrap();
                assert_eq!(out, values, "{length} values in 64 bits");
            }
        }
    }

    #[test]
    fn a_stream_that_ends_early_is_named_and_never_read_behind() {
        let bytes = encode(&[5, 70_000, -70_000, 1 << 40, 3]);
        for length in 0..bytes.len() {
            let said = decode(&bytes[..length], &mut [0; 5]).unwrap_err();
            assert!(said.why.contains("of 5 elements"), "got: {}", said.why);
            assert!(
                decode_i64(&bytes[..length], &mut [0; 5]).is_err(),
                "cut at {length}"
            );
        }
    }
}
