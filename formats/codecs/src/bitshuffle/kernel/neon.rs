//! The bit shuffle with NEON: 128 elements at once.
#![expect(
    unsafe_code,
    reason = "NEON intrinsics load and store by pointer; the one safe function checks all bounds"
)]

use std::arch::aarch64::{
    uint8x16_t, uint32x4x4_t, uint64x2x4_t, vbslq_u8, vdupq_n_u8, vld1q_u8, vmaxvq_u8, vorrq_u8,
    vreinterpretq_u16_u8, vreinterpretq_u32_u16, vreinterpretq_u64_u32, vshlq_n_u8, vshrq_n_u8,
    vsliq_n_u8, vsriq_n_u8, vst4q_u32, vst4q_u64, vzip1q_u8, vzip1q_u16, vzip1q_u32, vzip2q_u8,
    vzip2q_u16, vzip2q_u32,
};
use std::arch::is_aarch64_feature_detected;

use crate::neon::store_interleaved;

/// Groups of eight elements in one step: as many as a vector has bytes.
const STEP: usize = 16;

/// Undoes the bit shuffle, when this machine and these sizes allow; answers whether it did.
pub(super) fn unshuffle_bits(bits: &[u8], element_size: usize, out: &mut [u8]) -> bool {
    let groups = bits.len() / 8 / element_size.max(1);
    let fits = matches!(element_size, 1 | 2 | 4)
        && groups.is_multiple_of(STEP)
        && bits.len() == groups * 8 * element_size
        && out.len() == bits.len();
    if !fits || !is_aarch64_feature_detected!("neon") {
        return false;
    }
    // SAFETY: NEON is there, and both slices hold `groups * 8 * element_size` bytes with `groups` a
    // multiple of 16, which is what the function reads and writes.
    unsafe { unshuffle(bits.as_ptr(), groups, element_size, out.as_mut_ptr()) };
    true
}

/// # Safety
/// `bits` and `out` are valid for `groups * 8 * element_size` bytes and apart from each other,
/// `groups` is a multiple of 16, `element_size` is 1, 2 or 4.
#[target_feature(enable = "neon")]
unsafe fn unshuffle(bits: *const u8, groups: usize, element_size: usize, out: *mut u8) {
    for at in (0..groups).step_by(STEP) {
        // SAFETY: rows of plane `byte < element_size` and columns `at..at + 16` lie inside of `bits`;
        // the 128 elements from `at * 8` lie inside of `out`.
        unsafe {
            let low = plane(bits, groups, 0, at);
            let place = out.add(at * 8 * element_size);
            match element_size {
                1 => store_interleaved(place, low),
                2 => store2(place, low, plane(bits, groups, 1, at)),
                _ => {
                    let planes = [
                        low,
                        plane(bits, groups, 1, at),
                        plane(bits, groups, 2, at),
                        plane(bits, groups, 3, at),
                    ];
                    store4(place, &planes);
                }
            }
        }
    }
}

/// Byte `byte` of 128 elements: vector `k` holds that of element `k` of each of 16 groups.
///
/// # Safety
/// Rows `8 * byte..8 * byte + 8` of `groups` bytes are readable, and `at + 16 <= groups`.
#[target_feature(enable = "neon")]
unsafe fn plane(bits: *const u8, groups: usize, byte: usize, at: usize) -> [uint8x16_t; 8] {
    let mut rows = [vdupq_n_u8(0); 8];
    let mut any = rows[0];
    for (bit, row) in rows.iter_mut().enumerate() {
        // SAFETY: as the caller promises.
        *row = unsafe { vld1q_u8(bits.add((byte * 8 + bit) * groups + at)) };
        any = vorrq_u8(any, *row);
    }
    // Counts are small: the upper bytes of most detector frames are zero.
    if vmaxvq_u8(any) == 0 {
        return [vdupq_n_u8(0); 8];
    }
    transposed(rows)
}

/// Transposes squares of 8 by 8 bits, one in each byte of the eight rows: halves of bytes change
/// places between rows four apart, then quarters between rows two apart, then bits.
#[target_feature(enable = "neon")]
fn transposed([r0, r1, r2, r3, r4, r5, r6, r7]: [uint8x16_t; 8]) -> [uint8x16_t; 8] {
    let halves = |a, b| (vsliq_n_u8::<4>(a, b), vsriq_n_u8::<4>(b, a));
    let (r0, r4) = halves(r0, r4);
    let (r1, r5) = halves(r1, r5);
    let (r2, r6) = halves(r2, r6);
    let (r3, r7) = halves(r3, r7);
    let mask = vdupq_n_u8(0x33);
    let quarters = |a, b| {
        let (up, down) = (vshlq_n_u8::<2>(b), vshrq_n_u8::<2>(a));
        (vbslq_u8(mask, a, up), vbslq_u8(mask, down, b))
    };
    let (r0, r2) = quarters(r0, r2);
    let (r1, r3) = quarters(r1, r3);
    let (r4, r6) = quarters(r4, r6);
    let (r5, r7) = quarters(r5, r7);
    let mask = vdupq_n_u8(0x55);
    let single = |a, b| {
        let (up, down) = (vshlq_n_u8::<1>(b), vshrq_n_u8::<1>(a));
        (vbslq_u8(mask, a, up), vbslq_u8(mask, down, b))
    };
    let (r0, r1) = single(r0, r1);
    let (r2, r3) = single(r2, r3);
    let (r4, r5) = single(r4, r5);
    let (r6, r7) = single(r6, r7);
    [r0, r1, r2, r3, r4, r5, r6, r7]
}

/// # Safety
/// 256 bytes at `out` are writable.
#[target_feature(enable = "neon")]
unsafe fn store2(out: *mut u8, low: [uint8x16_t; 8], high: [uint8x16_t; 8]) {
    let zipped = |index: usize, half: usize| {
        let (low, high) = (low[index], high[index]);
        vreinterpretq_u16_u8(if half == 0 {
            vzip1q_u8(low, high)
        } else {
            vzip2q_u8(low, high)
        })
    };
    for half in 0..2 {
        // Elements 0 and 1 of four groups, then of the next four; so 2 and 3, 4 and 5, 6 and 7.
        let near = [0, 2, 4, 6].map(|index| {
            vreinterpretq_u32_u16(vzip1q_u16(zipped(index, half), zipped(index + 1, half)))
        });
        let far = [0, 2, 4, 6].map(|index| {
            vreinterpretq_u32_u16(vzip2q_u16(zipped(index, half), zipped(index + 1, half)))
        });
        for (quarter, [a, b, c, d]) in [near, far].into_iter().enumerate() {
            // SAFETY: `half` and `quarter` are below 2, so the 64 bytes lie in the 256 of the caller.
            unsafe {
                let place = out.add(128 * half + 64 * quarter);
                vst4q_u32(place.cast(), uint32x4x4_t(a, b, c, d));
            }
        }
    }
}

/// # Safety
/// 512 bytes at `out` are writable.
#[target_feature(enable = "neon")]
unsafe fn store4(out: *mut u8, planes: &[[uint8x16_t; 8]; 4]) {
    for quarter in 0..4 {
        // The elements of four groups, whole.
        let elements: [_; 8] = std::array::from_fn(|index| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|byte: usize| planes[byte][index]);
            let (low, high) = if quarter < 2 {
                (vzip1q_u8(a, b), vzip1q_u8(c, d))
            } else {
                (vzip2q_u8(a, b), vzip2q_u8(c, d))
            };
            let (low, high) = (vreinterpretq_u16_u8(low), vreinterpretq_u16_u8(high));
            vreinterpretq_u32_u16(if quarter % 2 == 0 {
                vzip1q_u16(low, high)
            } else {
                vzip2q_u16(low, high)
            })
        });
        let near = [0, 2, 4, 6]
            .map(|at| vreinterpretq_u64_u32(vzip1q_u32(elements[at], elements[at + 1])));
        let far = [0, 2, 4, 6]
            .map(|at| vreinterpretq_u64_u32(vzip2q_u32(elements[at], elements[at + 1])));
        for (pair, [a, b, c, d]) in [near, far].into_iter().enumerate() {
            // SAFETY: `quarter < 4` and `pair < 2`, so the 64 bytes lie in the 512 of the caller.
            unsafe {
                let place = out.add(128 * quarter + 64 * pair);
                vst4q_u64(place.cast(), uint64x2x4_t(a, b, c, d));
            }
        }
    }
}
