//! What the NEON bodies share: eight vectors of bytes, interleaved.
#![expect(
    unsafe_code,
    reason = "NEON intrinsics store by pointer; callers check all bounds"
)]

use std::arch::aarch64::{
    uint8x16_t, uint16x8x4_t, vreinterpretq_u16_u8, vst4q_u16, vzip1q_u8, vzip2q_u8,
};

/// Stores byte 0 of all eight vectors, then byte 1 of all, and so on.
///
/// # Safety
/// 128 bytes at `out` are writable.
#[target_feature(enable = "neon")]
pub(crate) unsafe fn store_interleaved(out: *mut u8, vectors: [uint8x16_t; 8]) {
    let [a, b, c, d, e, f, g, h] = vectors;
    let low = [
        vzip1q_u8(a, b),
        vzip1q_u8(c, d),
        vzip1q_u8(e, f),
        vzip1q_u8(g, h),
    ];
    let high = [
        vzip2q_u8(a, b),
        vzip2q_u8(c, d),
        vzip2q_u8(e, f),
        vzip2q_u8(g, h),
    ];
    for (half, pairs) in [low, high].into_iter().enumerate() {
        let [ab, cd, ef, gh] = pairs.map(|pair| vreinterpretq_u16_u8(pair));
        // SAFETY: `half < 2`, so the 64 bytes lie in the 128 of the caller; the store takes any place.
        unsafe { vst4q_u16(out.add(64 * half).cast(), uint16x8x4_t(ab, cd, ef, gh)) };
    }
}
