//! Copies out of what was decoded already, which LZ4, LZF and `BloscLZ` share.

/// What is copied before a loop begins, since most matches are not longer.
const AT_ONCE: usize = 64;
/// Up to this a loop is quicker than to ask what the match is like.
const SHORT: usize = 512;

/// Repeats `length` bytes from `distance` bytes before `to`; the two places may overlap.
///
/// Where `out` goes on, up to 64 bytes behind the match may be overwritten.
/// The caller has checked that `distance` is in `1..=to` and that the match fits into `out`.
pub(crate) fn copy_match(out: &mut [u8], to: usize, distance: usize, length: usize) -> Option<()> {
    if to + length + AT_ONCE > out.len() {
        return copy_exactly(out, to, distance, length);
    }
    if distance < 16 {
        repeat(out, to, distance, length);
        return Some(());
    }
    if length > SHORT {
        copy_on(out, to, distance, length);
        return Some(());
    }
    let from = to - distance;
    for start in (0..length).step_by(AT_ONCE) {
        for done in (start..start + AT_ONCE).step_by(16) {
            copy16(out, from + done, to + done);
        }
    }
    Some(())
}

/// A long match from 16 or more bytes back.
fn copy_on(out: &mut [u8], to: usize, distance: usize, length: usize) {
    let from = to - distance;
    if distance >= length {
        out.copy_within(from..from + length, to);
    } else if out[from..to].iter().all(|byte| *byte == 0) {
        // Bits that no count of a block has: most of a detector frame.
        out[to..to + length].fill(0);
    } else {
        double(out, to, distance, length);
    }
}

/// Copies what is known, which grows.
fn double(out: &mut [u8], to: usize, distance: usize, length: usize) {
    let from = to - distance;
    let (mut known, mut done) = (distance, 0);
    while done < length {
        let count = known.min(length - done);
        out.copy_within(from..from + count, to + done);
        done += count;
        known += count;
    }
}

#[inline]
fn copy16(out: &mut [u8], from: usize, to: usize) {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&out[from..from + 16]);
    out[to..to + 16].copy_from_slice(&bytes);
}

/// How bytes from each distance below 16 repeat: which bits of 16 bytes are those before the match,
/// the sum of powers of 2^(8 * distance) whose product with them repeats them, and how many of 16
/// bytes are whole patterns. From 16 on nothing repeats.
const REPEATS: [(u128, u128, usize); 17] = {
    let mut repeats = [(u128::MAX, 1, 16); 17];
    let mut distance = 1;
    while distance < 16 {
        let (mut sum, mut shift) = (0, 0);
        while shift < 128 {
            sum |= 1 << shift;
            shift += 8 * distance;
        }
        repeats[distance] = ((1 << (8 * distance)) - 1, sum, 16 / distance * distance);
        distance += 1;
    }
    repeats
};

/// The next 16 bytes of a match, as far as those before it say.
#[inline]
fn next16(out: &[u8], to: usize, distance: usize) -> ([u8; 16], usize) {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&out[to - distance..][..16]);
    let (mask, sum, step) = REPEATS[distance.min(16)];
    let pattern = u128::from_le_bytes(bytes) & mask;
    (pattern.wrapping_mul(sum).to_le_bytes(), step)
}

/// A match of at most 18 bytes; there are 32 behind `to`. Most take no branch.
#[inline]
pub(crate) fn copy_short(out: &mut [u8], to: usize, distance: usize, length: usize) {
    let (bytes, step) = next16(out, to, distance);
    out[to..to + 16].copy_from_slice(&bytes);
    if length > 16 {
        if distance < 16 {
            out[to + step..to + step + 16].copy_from_slice(&bytes);
        } else {
            copy16(out, to - distance + 16, to + 16);
        }
    }
}

/// Repeats the `distance` bytes before `to`, which are fewer than 16.
fn repeat(out: &mut [u8], to: usize, distance: usize, length: usize) {
    let (bytes, step) = next16(out, to, distance);
    for part in 0..4 {
        out[to + part * step..to + part * step + 16].copy_from_slice(&bytes);
    }
    if length <= 4 * step {
        return;
    }
    if bytes == [0; 16] {
        out[to..to + length].fill(0);
        return;
    }
    for done in (4 * step..length).step_by(step) {
        out[to + done..to + done + 16].copy_from_slice(&bytes);
    }
}

/// Near the end of `out`: nothing behind the match is written.
#[cold]
fn copy_exactly(out: &mut [u8], to: usize, distance: usize, length: usize) -> Option<()> {
    let from = to - distance;
    if distance == 1 {
        let byte = *out.get(from)?;
        out.get_mut(to..to + length)?.fill(byte);
        return Some(());
    }
    double(out, to, distance, length);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_repeats_each_byte_from_its_distance() {
        for distance in 1..70_u8 {
            for length in 1..200 {
                for room in [0, 1, 31, 32, 100] {
                    let mut expected: Vec<u8> = (1..=distance).collect();
                    let distance = usize::from(distance);
                    let mut out = expected.clone();
                    out.resize(distance + length + room, 0xee);
                    for index in 0..length {
                        expected.push(expected[index]);
                    }
                    copy_match(&mut out, distance, distance, length).unwrap();
                    assert_eq!(
                        out[..distance + length],
                        expected,
                        "{length} bytes from {distance} back, {room} behind"
                    );
                }
            }
        }
    }
}
