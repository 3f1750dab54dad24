//! Stores past the caches, for outputs that these do not hold.
//!
//! A frame of many megabytes is stored once and read by somebody else later: to read its lines before
//! they are overwritten, as stores otherwise do, takes longer than to decode it.
#![expect(
    unsafe_code,
    reason = "intrinsics store by pointer; the safe function checks all bounds"
)]

use std::arch::x86_64::{
    _mm_sfence, _mm256_loadu_si256, _mm256_stream_si256, _mm512_loadu_si512, _mm512_stream_si512,
};

/// A line of the cache.
pub(super) const LINE: usize = 64;

/// Ends a run of copies: whoever is told that it is over sees all of them.
///
/// A fence behind each copy would wait for the memory each time.
#[derive(Debug)]
pub(super) struct Fence;

impl Drop for Fence {
    fn drop(&mut self) {
        // Miri stores in order, and does not know the instruction.
        if cfg!(miri) {
            return;
        }
        // SAFETY: every machine of this architecture has the instruction, which waits and no more.
        unsafe { _mm_sfence() };
    }
}

/// Copies `from` to `to`, which is as long, past the caches where the machine can.
///
/// The fence stays with the function that owns `to` for the time of all copies.
pub(super) fn copy(_fence: &Fence, from: &[u8], to: &mut [u8]) {
    let head = to.as_ptr().align_offset(LINE).min(to.len());
    let lines = (to.len() - head) / LINE;
    let is_wide = is_x86_feature_detected!("avx512f");
    if from.len() != to.len() || lines == 0 || !(is_wide || is_x86_feature_detected!("avx")) {
        to.copy_from_slice(from);
        return;
    }
    let (from_head, from_lines) = from.split_at(head);
    let (to_head, to_lines) = to.split_at_mut(head);
    let (from_lines, from_tail) = from_lines.split_at(lines * LINE);
    let (to_lines, to_tail) = to_lines.split_at_mut(lines * LINE);
    to_head.copy_from_slice(from_head);
    to_tail.copy_from_slice(from_tail);
    let (from, to) = (from_lines.as_ptr(), to_lines.as_mut_ptr());
    // SAFETY: the instructions are there, both slices hold `lines` lines, and those of `to` begin
    // where a line does.
    unsafe {
        if is_wide {
            lines512(from, to, lines);
        } else {
            lines256(from, to, lines);
        }
    }
}

/// # Safety
/// `from` and `to` are valid for `count` lines and apart, `to` is aligned to a line.
#[target_feature(enable = "avx512f")]
unsafe fn lines512(from: *const u8, to: *mut u8, count: usize) {
    for at in (0..count * LINE).step_by(LINE) {
        // SAFETY: the line at `at` lies inside of both.
        unsafe { _mm512_stream_si512(to.add(at).cast(), _mm512_loadu_si512(from.add(at).cast())) };
    }
}

/// # Safety
/// As for [`lines512`].
#[target_feature(enable = "avx")]
unsafe fn lines256(from: *const u8, to: *mut u8, count: usize) {
    for at in (0..count * LINE).step_by(LINE / 2) {
        // SAFETY: the half line at `at` lies inside of both.
        unsafe { _mm256_stream_si256(to.add(at).cast(), _mm256_loadu_si256(from.add(at).cast())) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_equal_at_each_alignment() {
        let from: Vec<u8> = (0..1000_u32).map(|index| (index % 251) as u8).collect();
        for start in 0..70 {
            for length in [0, 1, 63, 64, 65, 200, 900] {
                let mut to = vec![0xcc; 1000];
                copy(&Fence, &from[..length], &mut to[start..start + length]);
                assert_eq!(
                    to[start..start + length],
                    from[..length],
                    "{length} bytes from {start} on"
                );
                let is_kept = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0xcc);
                let (before, behind) = (&to[..start], &to[start + length..]);
                assert!(
                    is_kept(before) && is_kept(behind),
                    "nothing else is written"
                );
            }
        }
    }
}
