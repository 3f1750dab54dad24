//! The bit shuffle undone, by the body that is fastest on this machine.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod stream;

/// Undoes the bit shuffle of one block of a multiple of eight elements; `out` is as long as `bits`.
///
/// Bytes behind the last eight whole elements, which no block has, stay as they are in `out`.
pub fn unshuffle_bits(bits: &[u8], element_size: usize, out: &mut [u8]) {
    let Some(groups) = bits.len().min(out.len()).checked_div(8 * element_size) else {
        return;
    };
    let length = groups * 8 * element_size;
    #[cfg(target_arch = "x86_64")]
    {
        let (bits, out) = (&bits[..length], &mut out[..length]);
        if avx512::unshuffle_bits(bits, element_size, out)
            || avx2::unshuffle_bits(bits, element_size, out)
        {
            return;
        }
    }
    #[cfg(target_arch = "aarch64")]
    if neon::unshuffle_bits(&bits[..length], element_size, &mut out[..length]) {
        return;
    }
    unshuffle_bits_scalar(&bits[..length], element_size, &mut out[..length]);
}

/// Stores blocks of large outputs past the caches, where this machine can.
#[derive(Debug)]
pub(super) struct PastCaches {
    #[cfg(target_arch = "x86_64")]
    fence: stream::Fence,
}

impl PastCaches {
    pub(super) fn new() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            fence: stream::Fence,
        }
    }

    /// Undoes the bit shuffle of one block into `place`, maybe by way of `elements`, which is as long.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn unshuffle(
        &mut self,
        bits: &[u8],
        element_size: usize,
        elements: &mut [u8],
        place: &mut [u8],
    ) {
        if !avx512::stream_bits(&self.fence, bits, element_size, place) {
            unshuffle_bits(bits, element_size, elements);
            stream::copy(&self.fence, elements, place);
        }
    }

    /// Undoes the bit shuffle of one block into `place`.
    #[cfg(not(target_arch = "x86_64"))]
    #[expect(clippy::unused_self, reason = "other machines need the fence in it")]
    pub(super) fn unshuffle(
        &mut self,
        bits: &[u8],
        element_size: usize,
        _elements: &mut [u8],
        place: &mut [u8],
    ) {
        unshuffle_bits(bits, element_size, place);
    }
}

/// Row `8 * byte + bit` of `bits` holds that bit of all elements, eight elements to a byte.
fn unshuffle_bits_scalar(bits: &[u8], element_size: usize, out: &mut [u8]) {
    let groups = out.len() / 8 / element_size;
    for byte in 0..element_size {
        for group in 0..groups {
            let mut square = 0_u64;
            for bit in 0..8 {
                square |= u64::from(bits[(byte * 8 + bit) * groups + group]) << (8 * bit);
            }
            let bytes = transposed(square).to_le_bytes();
            for (element, value) in bytes.into_iter().enumerate() {
                out[(group * 8 + element) * element_size + byte] = value;
            }
        }
    }
}

/// Transposes a square of 8 by 8 bits.
///
/// Source: H. Warren, "Hacker's Delight", section 7-3.
fn transposed(mut square: u64) -> u64 {
    let swap = (square ^ (square >> 7)) & 0x00aa_00aa_00aa_00aa;
    square ^= swap ^ (swap << 7);
    let swap = (square ^ (square >> 14)) & 0x0000_cccc_0000_cccc;
    square ^= swap ^ (swap << 14);
    let swap = (square ^ (square >> 28)) & 0x0000_0000_f0f0_f0f0;
    square ^ swap ^ (swap << 28)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vector_and_scalar_code_agree() {
        let mut state = 1_u64;
        let mut byte = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        for element_size in [1, 2, 3, 4, 8] {
            for groups in [1, 7, 31, 32, 64, 96, 192, 256] {
                let length = groups * 8 * element_size;
                let bits: Vec<u8> = (0..length).map(|_| byte()).collect();
                check(&bits, element_size);
                // Planes of bits that are zero take shorter ways.
                for kept in [0, 8, 16, 24] {
                    let mut few = bits.clone();
                    few[(kept * groups).min(length)..].fill(0);
                    check(&few, element_size);
                }
            }
        }
    }

    fn check(bits: &[u8], element_size: usize) {
        let mut slow = vec![0; bits.len()];
        unshuffle_bits_scalar(bits, element_size, &mut slow);
        type Body = fn(&[u8], usize, &mut [u8]) -> bool;
        let bodies: &[Body] = &[
            |bits, element_size, out| {
                unshuffle_bits(bits, element_size, out);
                true
            },
            #[cfg(target_arch = "aarch64")]
            neon::unshuffle_bits,
            #[cfg(target_arch = "x86_64")]
            avx2::unshuffle_bits,
            #[cfg(target_arch = "x86_64")]
            avx512::unshuffle_bits,
            #[cfg(target_arch = "x86_64")]
            |bits, element_size, out| avx512::stream_bits(&stream::Fence, bits, element_size, out),
        ];
        for (index, body) in bodies.iter().enumerate() {
            // Streams begin at a multiple of 64.
            let mut place = vec![0xcc; bits.len() + 64];
            let start = place.as_ptr().align_offset(64).min(64);
            let fast = &mut place[start..start + bits.len()];
            if body(bits, element_size, fast) {
                let length = bits.len();
                assert!(
                    fast == slow,
                    "body {index}, elements of {element_size} bytes, {length} bytes"
                );
            }
        }
    }

    #[test]
    fn the_first_row_is_the_lowest_bit_of_each_element() {
        let mut bits = vec![0; 16];
        bits[0] = 0b0000_0101;
        bits[15] = 0b1000_0000;
        let mut out = vec![0; 16];
        unshuffle_bits(&bits, 2, &mut out);
        let elements: Vec<u16> = out
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        assert_eq!(
            elements,
            [1, 0, 1, 0, 0, 0, 0, 0x8000],
            "elements 0 and 2 have bit 0, element 7 bit 15"
        );
    }
}
