//! The byte shuffle of elements of eight bytes with AVX2: 32 elements at once.
//!
//! Smaller elements need no body of their own: the compiler makes vectors of the plain loop.
#![expect(
    clippy::cast_ptr_alignment,
    reason = "the loads and stores are those for unaligned places"
)]
#![expect(
    unsafe_code,
    reason = "AVX2 intrinsics load and store by pointer; the one safe function checks all bounds"
)]

use std::arch::x86_64::{
    __m256i, _mm256_loadu_si256, _mm256_permute2x128_si256, _mm256_storeu_si256,
    _mm256_unpackhi_epi8, _mm256_unpackhi_epi16, _mm256_unpackhi_epi32, _mm256_unpacklo_epi8,
    _mm256_unpacklo_epi16, _mm256_unpacklo_epi32,
};

/// Elements of one step.
const STEP: usize = 32;

/// Undoes the shuffle of the first elements, and answers of how many; `planes` and `elements` are as
/// long.
pub(super) fn unshuffle8(planes: &[u8], elements: &mut [u8]) -> usize {
    let count = planes.len() / 8;
    if planes.len() != elements.len() || !is_x86_feature_detected!("avx2") {
        return 0;
    }
    let done = count - count % STEP;
    // SAFETY: AVX2 is there, both slices hold `8 * count` bytes, and `done` is no more than `count`.
    unsafe { unshuffle(planes.as_ptr(), count, done, elements.as_mut_ptr()) };
    done
}

/// # Safety
/// `planes` and `out` are valid for `8 * count` bytes and apart, `done <= count` is a multiple of 32.
#[target_feature(enable = "avx2")]
unsafe fn unshuffle(planes: *const u8, count: usize, done: usize, out: *mut u8) {
    for at in (0..done).step_by(STEP) {
        // SAFETY: bytes `at..at + 32` of each of eight planes lie inside.
        let [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map(|plane| unsafe {
            _mm256_loadu_si256(planes.add(plane * count + at).cast::<__m256i>())
        });
        let low = words([a, b, c, d]);
        let high = words([e, f, g, h]);
        for (index, (low, high)) in low.into_iter().zip(high).enumerate() {
            let first = _mm256_unpacklo_epi32(low, high);
            let second = _mm256_unpackhi_epi32(low, high);
            // SAFETY: the 32 elements from `at` lie inside, and `index < 4`.
            unsafe {
                let place = out.add(at * 8 + index * 32);
                let near = _mm256_permute2x128_si256::<0x20>(first, second);
                let far = _mm256_permute2x128_si256::<0x31>(first, second);
                _mm256_storeu_si256(place.cast::<__m256i>(), near);
                _mm256_storeu_si256(place.add(128).cast::<__m256i>(), far);
            }
        }
    }
}

/// Puts four bytes of each element together; each vector has four elements in each lane.
#[target_feature(enable = "avx2")]
fn words([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (low0, high0) = (_mm256_unpacklo_epi8(a, b), _mm256_unpackhi_epi8(a, b));
    let (low1, high1) = (_mm256_unpacklo_epi8(c, d), _mm256_unpackhi_epi8(c, d));
    [
        _mm256_unpacklo_epi16(low0, low1),
        _mm256_unpackhi_epi16(low0, low1),
        _mm256_unpacklo_epi16(high0, high1),
        _mm256_unpackhi_epi16(high0, high1),
    ]
}
