//! The packing of CCP4 in CBF: errors of a prediction, in blocks of few bits.
//!
//! A block begins with a code of 6 bits (7 in version 2): the low three say how many
//! errors follow, as a power of two, the others how many bits each takes. All bits
//! are little-endian. An element is predicted by its neighbours: the one before it
//! in the first row; later the mean of left, upper left, upper and upper right,
//! rounded to the nearest, halves up; of upper and upper right in the first column,
//! of left and upper in the last. The widest errors take 32 bits, and sums wrap.
//!
//! Source: the manual of `CBFlib`, section 3.3.2, and files that its version 0.9.6 wrote.

use crate::beamline::fault::{Fault, Parsed};

/// Bytes before the first block: counts and limits that are not needed.
const HEADER_BYTES: usize = 32;

/// Which table of bits a code refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

impl Version {
    const fn code_bits(self) -> u32 {
        match self {
            Self::One => 6,
            Self::Two => 7,
        }
    }

    /// Bits of each error, by the upper bits of a code.
    const fn table(self) -> &'static [u32] {
        match self {
            Self::One => &[0, 4, 5, 6, 7, 8, 16, 32],
            Self::Two => &[0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 32],
        }
    }
}

/// Decodes rows of `columns` signed elements of 32 bits; other types are packed in
/// ways that the manual does not say.
///
/// # Errors
/// When the bytes end before `out` is full, and for rows of less than 3 elements.
pub(super) fn decode(
    version: Version,
    stored: &[u8],
    columns: usize,
    out: &mut [i32],
) -> Parsed<()> {
    if columns < 3 {
        let why = format!("packed images of {columns} columns are not decoded");
        return Err(Fault::unsupported(why));
    }
    let bytes = stored.get(HEADER_BYTES..).unwrap_or_default();
    read_errors(version, &mut Bits { bytes, at: 0 }, out)?;
    add_predictions(out, columns);
    Ok(())
}

/// Reads the low 32 bits of each error, which are all that an element needs.
fn read_errors(version: Version, bits: &mut Bits<'_>, out: &mut [i32]) -> Parsed<()> {
    let count = out.len();
    let mut filled = 0;
    while filled < count {
        let short = || {
            let why = format!("the packed data end after {filled} of {count} elements");
            Fault::unreadable(why)
        };
        let code = bits.take(version.code_bits()).ok_or_else(short)?;
        let length = 1usize << (code & 7);
        let width = usize::try_from(code >> 3)
            .ok()
            .and_then(|index| version.table().get(index))
            .copied()
            .ok_or_else(short)?;
        let end = count.min(filled + length);
        let places = out.get_mut(filled..end).unwrap_or_default();
        match width {
            0 => places.fill(0),
            width => {
                for place in places {
                    let raw = bits.take(width).ok_or_else(short)?;
                    // The sign is the highest of its bits.
                    let shift = 64 - width;
                    let error = (raw << shift).cast_signed() >> shift;
                    *place = low_word(error.cast_unsigned());
                }
            }
        }
        filled = end;
    }
    Ok(())
}

/// Turns errors into elements, row by row.
fn add_predictions(out: &mut [i32], columns: usize) {
    let value = i64::from;
    let mut above: Option<&[i32]> = None;
    for row in out.chunks_mut(columns) {
        let mut left = None;
        let last = columns - 1;
        for (x, place) in row.iter_mut().enumerate() {
            let predicted = match (above, left) {
                (None, left) => left.unwrap_or(0),
                (Some(above), None) => mean(at(above, x), at(above, x + 1)),
                (Some(above), Some(left)) if x == last => (left + value(at(above, x)) + 1) >> 1,
                (Some(above), Some(left)) => {
                    let upper =
                        value(at(above, x - 1)) + value(at(above, x)) + value(at(above, x + 1));
                    (left + upper + 2) >> 2
                }
            };
            *place = place.wrapping_add(low_word(predicted.cast_unsigned()));
            left = Some(value(*place));
        }
        above = Some(row);
    }
}

/// The mean of two, rounded half up.
fn mean(one: i32, other: i32) -> i64 {
    (i64::from(one) + i64::from(other) + 1) >> 1
}

fn at(row: &[i32], x: usize) -> i32 {
    row.get(x).copied().unwrap_or(0)
}

/// The low 32 bits.
fn low_word(bits: u64) -> i32 {
    let [a, b, c, d, ..] = bits.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

/// Bits of a stream, the lowest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: usize,
}

impl Bits<'_> {
    /// The next `count` bits, 56 at most; `None` behind the end.
    #[inline]
    fn take(&mut self, count: u32) -> Option<u64> {
        let end = self.at.checked_add(count as usize)?;
        let rest = self.bytes.get(self.at / 8..)?;
        let word = if let Some(word) = rest.first_chunk::<8>() {
            u64::from_le_bytes(*word)
        } else {
            if end > self.bytes.len().checked_mul(8)? {
                return None;
            }
            let mut word = [0; 8];
            word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            u64::from_le_bytes(word)
        };
        let bits = word >> (self.at % 8);
        self.at = end;
        Some(bits & ((1 << count) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes bits, the lowest first.
    struct Writer(Vec<bool>);

    impl Writer {
        fn put(&mut self, value: i64, count: u32) {
            for bit in 0..count {
                self.0.push(value >> bit.min(63) & 1 == 1);
            }
        }

        fn bytes(&self) -> Vec<u8> {
            let mut bytes = vec![0; HEADER_BYTES];
            for byte in self.0.chunks(8) {
                let bits = byte.iter().enumerate();
                bytes.push(bits.map(|(index, &bit)| u8::from(bit) << index).sum());
            }
            bytes
        }
    }

    #[test]
    fn a_block_of_each_width_is_read() {
        // 2 rows of 3: 5, then +2 and +0; errors 1, 0 and -100000.
        let mut writer = Writer(Vec::new());
        writer.put(0b001_001, 6);
        writer.put(5, 4);
        writer.put(2, 4);
        writer.put(0b000_000, 6);
        writer.put(0b010_000, 6);
        writer.put(1, 5);
        writer.put(0b000_000, 6);
        writer.put(0b111_000, 6);
        writer.put(-100_000, 32);
        let bytes = writer.bytes();
        let mut out = [0; 6];
        decode(Version::One, &bytes, 3, &mut out).unwrap();
        // (5 + 7 + 1) / 2 + 1 = 7, (7 + 5 + 7 + 7 + 2) / 4 = 7, (7 + 7 + 1) / 2 = 7.
        assert_eq!(out, [5, 7, 7, 7, 7, 7 - 100_000], "computed by hand");
        for length in 0..bytes.len() {
            let cut = decode(Version::One, &bytes[..length], 3, &mut out);
            assert!(cut.is_err(), "cut at {length}");
        }
    }

    #[test]
    fn any_bits_give_an_answer() {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        for round in 0..300 {
            let bytes: Vec<u8> = (0..200)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(round);
                    state.to_le_bytes()[7]
                })
                .collect();
            let mut out = vec![0; 500];
            for columns in [0, 1, 7, 500, usize::MAX] {
                let answer = decode(Version::Two, &bytes, columns, &mut out);
                assert!(answer.is_ok() || answer.is_err(), "no panic");
            }
        }
    }
}
