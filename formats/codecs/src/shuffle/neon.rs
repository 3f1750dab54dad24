//! The byte shuffle of elements of eight bytes with NEON: 16 elements at once.
//!
//! Smaller elements need no body of their own: the compiler makes vectors of the plain loop.
#![expect(
    unsafe_code,
    reason = "NEON intrinsics load and store by pointer; the one safe function checks all bounds"
)]

use std::arch::aarch64::vld1q_u8;
use std::arch::is_aarch64_feature_detected;

use crate::neon::store_interleaved;

/// Elements of one step.
const STEP: usize = 16;

/// Undoes the shuffle of the first elements, and answers of how many; `planes` and `elements` are as
/// long.
pub(super) fn unshuffle8(planes: &[u8], elements: &mut [u8]) -> usize {
    let count = planes.len() / 8;
    if planes.len() != elements.len() || !is_aarch64_feature_detected!("neon") {
        return 0;
    }
    let done = count - count % STEP;
    // SAFETY: NEON is there, both slices hold `8 * count` bytes, and `done` is no more than `count`.
    unsafe { unshuffle(planes.as_ptr(), count, done, elements.as_mut_ptr()) };
    done
}

/// # Safety
/// `planes` and `out` are valid for `8 * count` bytes and apart, `done <= count` is a multiple of 16.
#[target_feature(enable = "neon")]
unsafe fn unshuffle(planes: *const u8, count: usize, done: usize, out: *mut u8) {
    for at in (0..done).step_by(STEP) {
        // SAFETY: bytes `at..at + 16` of each of eight planes lie inside, and so do the 16 elements.
        unsafe {
            let rows =
                [0, 1, 2, 3, 4, 5, 6, 7].map(|plane| vld1q_u8(planes.add(plane * count + at)));
            store_interleaved(out.add(at * 8), rows);
        }
    }
}
