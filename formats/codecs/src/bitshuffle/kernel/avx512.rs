//! The bit shuffle with AVX-512 and GFNI: 512 elements at once.
//!
//! One product with the unit matrix transposes a square of 8 by 8 bits.
#![expect(
    unsafe_code,
    reason = "intrinsics load and store by pointer; the one safe function checks all bounds"
)]

use std::arch::x86_64::{
    __m512i, _mm512_castsi512_si128, _mm512_cvtepu8_epi32, _mm512_extracti32x4_epi32,
    _mm512_gf2p8affine_epi64_epi8, _mm512_loadu_si512, _mm512_or_si512, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_shuffle_i64x2, _mm512_storeu_si512, _mm512_stream_si512,
    _mm512_test_epi64_mask, _mm512_unpackhi_epi8, _mm512_unpackhi_epi16, _mm512_unpackhi_epi32,
    _mm512_unpacklo_epi8, _mm512_unpacklo_epi16, _mm512_unpacklo_epi32,
};

use super::stream::{Fence, LINE};

/// Groups of eight elements in one step, and their elements in one lane of 128 bits.
const STEP: usize = 64;
const LANE: usize = 128;

/// Undoes the bit shuffle, when this machine and these sizes allow; answers whether it did.
pub(super) fn unshuffle_bits(bits: &[u8], element_size: usize, out: &mut [u8]) -> bool {
    unshuffle::<false>(bits, element_size, out)
}

/// Undoes the bit shuffle past the caches, where the lines of `out` also begin where a line of the
/// cache does.
pub(super) fn stream_bits(
    _fence: &Fence,
    bits: &[u8],
    element_size: usize,
    out: &mut [u8],
) -> bool {
    out.as_ptr().align_offset(LINE) == 0 && unshuffle::<true>(bits, element_size, out)
}

fn unshuffle<const STREAM: bool>(bits: &[u8], element_size: usize, out: &mut [u8]) -> bool {
    let groups = bits.len() / 8 / element_size.max(1);
    let fits = matches!(element_size, 1 | 2 | 4 | 8)
        && groups.is_multiple_of(STEP)
        && bits.len() == groups * 8 * element_size
        && out.len() == bits.len();
    if !fits || !is_here() {
        return false;
    }
    let (bits, out) = (bits.as_ptr(), out.as_mut_ptr());
    // SAFETY: the instructions are there, and both slices hold `groups * 8 * element_size` bytes with
    // `groups` a multiple of `STEP`, which is what the functions read and write. To stream, `out`
    // begins where a line does, and every store lies a multiple of 64 bytes behind that.
    unsafe {
        match element_size {
            1 => unshuffle1::<STREAM>(bits, groups, out),
            2 => unshuffle2::<STREAM>(bits, groups, out),
            4 => unshuffle4::<STREAM>(bits, groups, out),
            _ => unshuffle8::<STREAM>(bits, groups, out),
        }
    }
    true
}

fn is_here() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("gfni")
}

/// One byte of 512 elements: vector `k` has in lane `l` that of the 16 elements from
/// `(8 * l + k) * 16`.
type Plane = [__m512i; 8];

/// # Safety
/// `bits` and `out` are valid for `groups * 8` bytes and apart, `groups` is a multiple of 64;
/// `out` is one too for `STREAM`.
#[target_feature(enable = "avx512f,avx512bw,gfni")]
unsafe fn unshuffle1<const STREAM: bool>(bits: *const u8, groups: usize, out: *mut u8) {
    for at in (0..groups).step_by(STEP) {
        // SAFETY: columns `at..at + 64` lie inside; so do the 512 elements from `at * 8`.
        unsafe {
            let [a, b, c, d, e, f, g, h] = plane(bits, groups, 0, at);
            let place = out.add(at * 8);
            store::<STREAM>(place, LANE, [a, b, c, d]);
            store::<STREAM>(place.add(64), LANE, [e, f, g, h]);
        }
    }
}

/// # Safety
/// `bits` and `out` are valid for `groups * 16` bytes and apart, `groups` is a multiple of 64;
/// `out` is one too for `STREAM`.
#[target_feature(enable = "avx512f,avx512bw,gfni")]
unsafe fn unshuffle2<const STREAM: bool>(bits: *const u8, groups: usize, out: *mut u8) {
    for at in (0..groups).step_by(STEP) {
        // SAFETY: columns `at..at + 64` of both planes lie inside; so do the 512 elements from `at * 8`.
        unsafe {
            let low = plane(bits, groups, 0, at);
            let high = plane(bits, groups, 1, at);
            let place = out.add(at * 16);
            for k in [0, 2, 4, 6] {
                let line = [
                    _mm512_unpacklo_epi8(low[k], high[k]),
                    _mm512_unpackhi_epi8(low[k], high[k]),
                    _mm512_unpacklo_epi8(low[k + 1], high[k + 1]),
                    _mm512_unpackhi_epi8(low[k + 1], high[k + 1]),
                ];
                store::<STREAM>(place.add(k * 32), LANE * 2, line);
            }
        }
    }
}

/// # Safety
/// `bits` and `out` are valid for `groups * 32` bytes and apart, `groups` is a multiple of 64;
/// `out` is one too for `STREAM`.
#[target_feature(enable = "avx512f,avx512bw,gfni")]
unsafe fn unshuffle4<const STREAM: bool>(bits: *const u8, groups: usize, out: *mut u8) {
    for at in (0..groups).step_by(STEP) {
        // SAFETY: columns `at..at + 64` of all planes lie inside; so do the 512 elements from `at * 8`.
        unsafe {
            let place = out.add(at * 32);
            // Counts are small: the upper bytes of most detector frames are zero.
            if (1..4).all(|byte| is_zero(bits, groups, byte, at)) {
                widen::<STREAM>(place, &plane(bits, groups, 0, at));
                continue;
            }
            let a = plane(bits, groups, 0, at);
            let b = plane(bits, groups, 1, at);
            let c = plane(bits, groups, 2, at);
            let d = plane(bits, groups, 3, at);
            for k in 0..8 {
                let line = words([a[k], b[k], c[k], d[k]]);
                store::<STREAM>(place.add(k * 64), LANE * 4, line);
            }
        }
    }
}

/// # Safety
/// `bits` and `out` are valid for `groups * 64` bytes and apart, `groups` is a multiple of 64;
/// `out` is one too for `STREAM`.
#[target_feature(enable = "avx512f,avx512bw,gfni")]
unsafe fn unshuffle8<const STREAM: bool>(bits: *const u8, groups: usize, out: *mut u8) {
    for at in (0..groups).step_by(STEP) {
        let mut planes = [[_mm512_setzero_si512(); 8]; 8];
        for (byte, place) in planes.iter_mut().enumerate() {
            // SAFETY: columns `at..at + 64` of plane `byte < 8` lie inside.
            *place = unsafe { plane(bits, groups, byte, at) };
        }
        let [a, b, c, d, e, f, g, h] = &planes;
        for k in 0..8 {
            let low = words([a[k], b[k], c[k], d[k]]);
            let high = words([e[k], f[k], g[k], h[k]]);
            let [p, q, r, s] = [0, 1, 2, 3].map(|i| {
                [
                    _mm512_unpacklo_epi32(low[i], high[i]),
                    _mm512_unpackhi_epi32(low[i], high[i]),
                ]
            });
            // SAFETY: the 512 elements from `at * 8` lie inside.
            unsafe {
                let place = out.add(at * 64 + k * 128);
                store::<STREAM>(place, LANE * 8, [p[0], p[1], q[0], q[1]]);
                store::<STREAM>(place.add(64), LANE * 8, [r[0], r[1], s[0], s[1]]);
            }
        }
    }
}

/// Puts four bytes of each element together; each vector has four elements in each lane.
#[target_feature(enable = "avx512f,avx512bw")]
fn words([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (low0, high0) = (_mm512_unpacklo_epi8(a, b), _mm512_unpackhi_epi8(a, b));
    let (low1, high1) = (_mm512_unpacklo_epi8(c, d), _mm512_unpackhi_epi8(c, d));
    [
        _mm512_unpacklo_epi16(low0, low1),
        _mm512_unpackhi_epi16(low0, low1),
        _mm512_unpacklo_epi16(high0, high1),
        _mm512_unpackhi_epi16(high0, high1),
    ]
}

/// The rows of byte `byte` in columns `at..at + 64`, the last one first.
///
/// # Safety
/// Rows `8 * byte..8 * byte + 8` of `groups` bytes are readable, and `at + 64 <= groups`.
#[target_feature(enable = "avx512f")]
unsafe fn rows(bits: *const u8, groups: usize, byte: usize, at: usize) -> Plane {
    [7, 6, 5, 4, 3, 2, 1, 0].map(|bit| {
        // SAFETY: as the caller promises.
        unsafe { _mm512_loadu_si512(bits.add((byte * 8 + bit) * groups + at).cast()) }
    })
}

/// Whether byte `byte` of the elements of groups `at..at + 64` is zero.
///
/// # Safety
/// As for [`rows`].
#[target_feature(enable = "avx512f")]
unsafe fn is_zero(bits: *const u8, groups: usize, byte: usize, at: usize) -> bool {
    // SAFETY: as the caller promises.
    let [a, b, c, d, e, f, g, h] = unsafe { rows(bits, groups, byte, at) };
    let (low, high) = (_mm512_or_si512(a, b), _mm512_or_si512(c, d));
    let (more, most) = (_mm512_or_si512(e, f), _mm512_or_si512(g, h));
    let any = _mm512_or_si512(_mm512_or_si512(low, high), _mm512_or_si512(more, most));
    _mm512_test_epi64_mask(any, any) == 0
}

/// Byte `byte` of the elements of groups `at..at + 64`.
///
/// # Safety
/// As for [`rows`].
#[target_feature(enable = "avx512f,avx512bw,gfni")]
unsafe fn plane(bits: *const u8, groups: usize, byte: usize, at: usize) -> Plane {
    // The product takes the rows of its matrix from the last one on.
    // SAFETY: as the caller promises.
    let [r0, r1, r2, r3, r4, r5, r6, r7] = unsafe { rows(bits, groups, byte, at) };
    let (a0, a1) = (_mm512_unpacklo_epi8(r0, r1), _mm512_unpackhi_epi8(r0, r1));
    let (b0, b1) = (_mm512_unpacklo_epi8(r2, r3), _mm512_unpackhi_epi8(r2, r3));
    let (c0, c1) = (_mm512_unpacklo_epi8(r4, r5), _mm512_unpackhi_epi8(r4, r5));
    let (d0, d1) = (_mm512_unpacklo_epi8(r6, r7), _mm512_unpackhi_epi8(r6, r7));
    let (e0, e1) = (_mm512_unpacklo_epi16(a0, b0), _mm512_unpackhi_epi16(a0, b0));
    let (e2, e3) = (_mm512_unpacklo_epi16(a1, b1), _mm512_unpackhi_epi16(a1, b1));
    let (f0, f1) = (_mm512_unpacklo_epi16(c0, d0), _mm512_unpackhi_epi16(c0, d0));
    let (f2, f3) = (_mm512_unpacklo_epi16(c1, d1), _mm512_unpackhi_epi16(c1, d1));
    [
        transposed(_mm512_unpacklo_epi32(e0, f0)),
        transposed(_mm512_unpackhi_epi32(e0, f0)),
        transposed(_mm512_unpacklo_epi32(e1, f1)),
        transposed(_mm512_unpackhi_epi32(e1, f1)),
        transposed(_mm512_unpacklo_epi32(e2, f2)),
        transposed(_mm512_unpackhi_epi32(e2, f2)),
        transposed(_mm512_unpacklo_epi32(e3, f3)),
        transposed(_mm512_unpackhi_epi32(e3, f3)),
    ]
}

/// Eight squares of 8 by 8 bits, each transposed.
#[target_feature(enable = "avx512f,gfni")]
fn transposed(square: __m512i) -> __m512i {
    let unit = _mm512_set1_epi64(0x8040_2010_0804_0201_u64.cast_signed());
    _mm512_gf2p8affine_epi64_epi8::<0>(unit, square)
}

/// # Safety
/// 64 bytes are writable at `out`, which is a multiple of 64 for `STREAM`.
#[target_feature(enable = "avx512f")]
unsafe fn store_line<const STREAM: bool>(out: *mut u8, line: __m512i) {
    // SAFETY: as the caller promises.
    unsafe {
        if STREAM {
            _mm512_stream_si512(out.cast(), line);
        } else {
            _mm512_storeu_si512(out.cast(), line);
        }
    }
}

/// Stores lane `l` of the four vectors behind each other at `l * stride`.
///
/// # Safety
/// 64 bytes are writable at `out`, and at 1, 2 and 3 times `stride` behind it; `out` and `stride` are
/// multiples of 64 for `STREAM`.
#[target_feature(enable = "avx512f")]
unsafe fn store<const STREAM: bool>(out: *mut u8, stride: usize, [a, b, c, d]: [__m512i; 4]) {
    let (low0, high0) = (
        _mm512_shuffle_i64x2::<0x44>(a, b),
        _mm512_shuffle_i64x2::<0xee>(a, b),
    );
    let (low1, high1) = (
        _mm512_shuffle_i64x2::<0x44>(c, d),
        _mm512_shuffle_i64x2::<0xee>(c, d),
    );
    let lines = [
        _mm512_shuffle_i64x2::<0x88>(low0, low1),
        _mm512_shuffle_i64x2::<0xdd>(low0, low1),
        _mm512_shuffle_i64x2::<0x88>(high0, high1),
        _mm512_shuffle_i64x2::<0xdd>(high0, high1),
    ];
    for (lane, line) in lines.into_iter().enumerate() {
        // SAFETY: as the caller promises.
        unsafe { store_line::<STREAM>(out.add(lane * stride), line) };
    }
}

/// Stores elements of four bytes of which only the lowest are not zero.
///
/// # Safety
/// 2048 bytes are writable at `out`, which is a multiple of 64 for `STREAM`.
#[target_feature(enable = "avx512f")]
unsafe fn widen<const STREAM: bool>(out: *mut u8, low: &Plane) {
    for (k, bytes) in low.iter().enumerate() {
        let lanes = [
            _mm512_castsi512_si128(*bytes),
            _mm512_extracti32x4_epi32::<1>(*bytes),
            _mm512_extracti32x4_epi32::<2>(*bytes),
            _mm512_extracti32x4_epi32::<3>(*bytes),
        ];
        for (lane, bytes) in lanes.into_iter().enumerate() {
            let place = k * 64 + lane * LANE * 4;
            // SAFETY: `place` is below 2048, a multiple of 64.
            unsafe { store_line::<STREAM>(out.add(place), _mm512_cvtepu8_epi32(bytes)) };
        }
    }
}
