//! The bit shuffle with AVX2: 256 elements at once.
#![expect(
    clippy::cast_ptr_alignment,
    reason = "the loads and stores are those for unaligned places"
)]
#![expect(
    unsafe_code,
    reason = "AVX2 intrinsics load and store by pointer; the one safe function checks all bounds"
)]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_storeu_si128, _mm256_and_si256, _mm256_castsi256_si128,
    _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_or_si256, _mm256_set1_epi64x,
    _mm256_setzero_si256, _mm256_slli_epi64, _mm256_srli_epi64, _mm256_testz_si256,
    _mm256_unpackhi_epi8, _mm256_unpackhi_epi16, _mm256_unpackhi_epi32, _mm256_unpacklo_epi8,
    _mm256_unpacklo_epi16, _mm256_unpacklo_epi32, _mm256_xor_si256,
};

/// Undoes the bit shuffle, when this machine and these sizes allow; answers whether it did.
pub(super) fn unshuffle_bits(bits: &[u8], element_size: usize, out: &mut [u8]) -> bool {
    let groups = bits.len() / 8 / element_size.max(1);
    let fits = matches!(element_size, 1 | 2 | 4)
        && groups.is_multiple_of(32)
        && bits.len() == groups * 8 * element_size
        && out.len() == bits.len();
    if !fits || !is_x86_feature_detected!("avx2") {
        return false;
    }
    // SAFETY: AVX2 is there, and both slices hold `groups * 8 * element_size` bytes with `groups` a
    // multiple of 32, which is what the function reads and writes.
    unsafe { unshuffle(bits.as_ptr(), groups, element_size, out.as_mut_ptr()) };
    true
}

/// # Safety
/// `bits` and `out` are valid for `groups * 8 * element_size` bytes and apart from each other,
/// `groups` is a multiple of 32, `element_size` is 1, 2 or 4.
#[target_feature(enable = "avx2")]
unsafe fn unshuffle(bits: *const u8, groups: usize, element_size: usize, out: *mut u8) {
    for at in (0..groups).step_by(32) {
        // SAFETY: rows of plane `byte < element_size` and columns `at..at + 32` lie inside of `bits`;
        // the 256 elements from `at * 8` lie inside of `out`.
        unsafe {
            let low = plane(bits, groups, 0, at);
            let place = out.add(at * 8 * element_size);
            match element_size {
                1 => store1(place, low),
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

/// Byte `byte` of 256 elements: 16 bytes of the lower and 16 of the upper half in each vector.
///
/// # Safety
/// Rows `8 * byte..8 * byte + 8` of `groups` bytes are readable, and `at + 32 <= groups`.
#[target_feature(enable = "avx2")]
unsafe fn plane(bits: *const u8, groups: usize, byte: usize, at: usize) -> [__m256i; 8] {
    let mut rows = [_mm256_setzero_si256(); 8];
    let mut any = rows[0];
    for (bit, row) in rows.iter_mut().enumerate() {
        // SAFETY: as the caller promises.
        *row = unsafe {
            _mm256_loadu_si256(bits.add((byte * 8 + bit) * groups + at).cast::<__m256i>())
        };
        any = _mm256_or_si256(any, *row);
    }
    // Counts are small: the upper bytes of most detector frames are zero.
    if _mm256_testz_si256(any, any) == 1 {
        return [_mm256_setzero_si256(); 8];
    }
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
    let (a0, a1) = (_mm256_unpacklo_epi8(r0, r1), _mm256_unpackhi_epi8(r0, r1));
    let (b0, b1) = (_mm256_unpacklo_epi8(r2, r3), _mm256_unpackhi_epi8(r2, r3));
    let (c0, c1) = (_mm256_unpacklo_epi8(r4, r5), _mm256_unpackhi_epi8(r4, r5));
    let (d0, d1) = (_mm256_unpacklo_epi8(r6, r7), _mm256_unpackhi_epi8(r6, r7));
    let (e0, e1) = (_mm256_unpacklo_epi16(a0, b0), _mm256_unpackhi_epi16(a0, b0));
    let (e2, e3) = (_mm256_unpacklo_epi16(a1, b1), _mm256_unpackhi_epi16(a1, b1));
    let (f0, f1) = (_mm256_unpacklo_epi16(c0, d0), _mm256_unpackhi_epi16(c0, d0));
    let (f2, f3) = (_mm256_unpacklo_epi16(c1, d1), _mm256_unpackhi_epi16(c1, d1));
    [
        transposed(_mm256_unpacklo_epi32(e0, f0)),
        transposed(_mm256_unpackhi_epi32(e0, f0)),
        transposed(_mm256_unpacklo_epi32(e1, f1)),
        transposed(_mm256_unpackhi_epi32(e1, f1)),
        transposed(_mm256_unpacklo_epi32(e2, f2)),
        transposed(_mm256_unpackhi_epi32(e2, f2)),
        transposed(_mm256_unpacklo_epi32(e3, f3)),
        transposed(_mm256_unpackhi_epi32(e3, f3)),
    ]
}

/// Four squares of 8 by 8 bits, each transposed as in the scalar code.
#[target_feature(enable = "avx2")]
fn transposed(square: __m256i) -> __m256i {
    let mask = _mm256_set1_epi64x(0x00aa_00aa_00aa_00aa);
    let swap = _mm256_and_si256(_mm256_xor_si256(square, _mm256_srli_epi64(square, 7)), mask);
    let square = _mm256_xor_si256(square, _mm256_xor_si256(swap, _mm256_slli_epi64(swap, 7)));
    let mask = _mm256_set1_epi64x(0x0000_cccc_0000_cccc);
    let swap = _mm256_and_si256(
        _mm256_xor_si256(square, _mm256_srli_epi64(square, 14)),
        mask,
    );
    let square = _mm256_xor_si256(square, _mm256_xor_si256(swap, _mm256_slli_epi64(swap, 14)));
    let mask = _mm256_set1_epi64x(0x0000_0000_f0f0_f0f0);
    let swap = _mm256_and_si256(
        _mm256_xor_si256(square, _mm256_srli_epi64(square, 28)),
        mask,
    );
    _mm256_xor_si256(square, _mm256_xor_si256(swap, _mm256_slli_epi64(swap, 28)))
}

/// Stores the lower half at `low` and the upper half at `high`, counted in 16 bytes.
///
/// # Safety
/// Both places are writable.
#[target_feature(enable = "avx2")]
unsafe fn store(out: *mut u8, low: usize, high: usize, value: __m256i) {
    // SAFETY: as the caller promises.
    unsafe {
        _mm_storeu_si128(
            out.add(16 * low).cast::<__m128i>(),
            _mm256_castsi256_si128(value),
        );
        _mm_storeu_si128(
            out.add(16 * high).cast::<__m128i>(),
            _mm256_extracti128_si256(value, 1),
        );
    }
}

/// # Safety
/// 256 bytes at `out` are writable.
#[target_feature(enable = "avx2")]
unsafe fn store1(out: *mut u8, plane: [__m256i; 8]) {
    for (index, value) in plane.into_iter().enumerate() {
        // SAFETY: `index < 8`, so both places lie in the 16 of the caller.
        unsafe { store(out, index, index + 8, value) };
    }
}

/// # Safety
/// 512 bytes at `out` are writable.
#[target_feature(enable = "avx2")]
unsafe fn store2(out: *mut u8, low: [__m256i; 8], high: [__m256i; 8]) {
    for (index, (low, high)) in low.into_iter().zip(high).enumerate() {
        let place = 2 * index;
        // SAFETY: `place < 15`, so all places lie in the 32 of the caller.
        unsafe {
            store(out, place, place + 16, _mm256_unpacklo_epi8(low, high));
            store(out, place + 1, place + 17, _mm256_unpackhi_epi8(low, high));
        }
    }
}

/// # Safety
/// 1024 bytes at `out` are writable.
#[target_feature(enable = "avx2")]
unsafe fn store4(out: *mut u8, planes: &[[__m256i; 8]; 4]) {
    let [a, b, c, d] = planes;
    for index in 0..8 {
        let (low0, high0) = (
            _mm256_unpacklo_epi8(a[index], b[index]),
            _mm256_unpackhi_epi8(a[index], b[index]),
        );
        let (low1, high1) = (
            _mm256_unpacklo_epi8(c[index], d[index]),
            _mm256_unpackhi_epi8(c[index], d[index]),
        );
        let place = 4 * index;
        // SAFETY: `place <= 28`, so all places lie in the 64 of the caller.
        unsafe {
            store(out, place, place + 32, _mm256_unpacklo_epi16(low0, low1));
            store(
                out,
                place + 1,
                place + 33,
                _mm256_unpackhi_epi16(low0, low1),
            );
            store(
                out,
                place + 2,
                place + 34,
                _mm256_unpacklo_epi16(high0, high1),
            );
            store(
                out,
                place + 3,
                place + 35,
                _mm256_unpackhi_epi16(high0, high1),
            );
        }
    }
}
