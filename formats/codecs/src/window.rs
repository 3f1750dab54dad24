//! Copies out of what was decoded already, which LZ4, LZF and `BloscLZ` share.

/// Repeats `length` bytes from `distance` bytes before `to`; the two places may overlap.
///
/// Short matches are copied as 16 bytes at once, what repeats a short pattern is filled.
/// The caller has checked that `distance` is in `1..=to` and that the match fits into `out`.
#[inline]
pub(crate) fn copy_match(out: &mut [u8], to: usize, distance: usize, length: usize) -> Option<()> {
    let from = to - distance;
    if distance >= 16 && length <= 16 && to + 16 <= out.len() {
        let pattern: [u8; 16] = out[from..from + 16].try_into().ok()?;
        out[to..to + 16].copy_from_slice(&pattern);
    } else if distance == 1 {
        let byte = out[from];
        out[to..to + length].fill(byte);
    } else if distance >= length {
        out.copy_within(from..from + length, to);
    } else if matches!(distance, 2 | 4 | 8) {
        let mut pattern = [0; 16];
        for (index, byte) in pattern.iter_mut().enumerate() {
            *byte = out[from + index % distance];
        }
        for place in out[to..to + length].chunks_mut(16) {
            place.copy_from_slice(&pattern[..place.len()]);
        }
    } else {
        let (mut known, mut done) = (distance, 0);
        while done < length {
            let count = known.min(length - done);
            out.copy_within(from..from + count, to + done);
            done += count;
            known += count;
        }
    }
    Some(())
}
