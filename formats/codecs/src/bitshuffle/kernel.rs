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

/// Bytes that a buffer for [`PastCaches`] has more than a block.
pub(super) const LINES: usize = 2 * 64;

/// Stores blocks of a large output past the caches, where this machine can.
///
/// Only whole lines of the cache are stored so. Where blocks begin inside of a line, the rest of each
/// block waits for the next one: a line of which a part is stored must be read from memory first, and
/// everything waits for that.
#[derive(Debug)]
pub(super) struct PastCaches<'a> {
    /// What is still to be stored, from the bytes that wait on.
    out: &'a mut [u8],
    /// The line that waits, then a block of elements.
    lines: &'a mut [u8],
    /// How many bytes at the end of its line wait.
    waiting: usize,
    #[cfg(target_arch = "x86_64")]
    fence: stream::Fence,
}

impl<'a> PastCaches<'a> {
    /// `lines` is [`LINES`] bytes longer than a block.
    pub(super) fn new(out: &'a mut [u8], lines: &'a mut [u8]) -> Self {
        let start = lines.as_ptr().align_offset(64).min(64).min(lines.len());
        Self {
            out,
            lines: &mut lines[start..],
            waiting: 0,
            #[cfg(target_arch = "x86_64")]
            fence: stream::Fence,
        }
    }

    /// Undoes the bit shuffle of the next block; answers whether there is room for it.
    pub(super) fn unshuffle(&mut self, bits: &[u8], element_size: usize) -> bool {
        if self.unshuffle_in_place(bits, element_size) {
            self.skip(bits.len());
            return true;
        }
        let Some(elements) = self.lines.get_mut(64..64 + bits.len()) else {
            return false;
        };
        unshuffle_bits(bits, element_size, elements);
        self.push(bits.len())
    }

    /// Straight into the output, where that begins at a line or this machine has no way past the
    /// caches; answers whether it did.
    fn unshuffle_in_place(&mut self, bits: &[u8], element_size: usize) -> bool {
        let Some(place) = self.out.get_mut(..bits.len()).filter(|_| self.waiting == 0) else {
            return false;
        };
        #[cfg(target_arch = "x86_64")]
        {
            avx512::stream_bits(&self.fence, bits, element_size, place)
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            unshuffle_bits(bits, element_size, place);
            true
        }
    }

    /// Stores the whole lines of what waits and of `length` bytes behind it.
    fn push(&mut self, length: usize) -> bool {
        let (start, end) = (64 - self.waiting, 64 + length);
        let head = self.out.as_ptr().align_offset(64);
        let whole = end - start - (end - start).saturating_sub(head) % 64;
        if whole > self.out.len() {
            return false;
        }
        self.store(start, whole);
        self.waiting = end - start - whole;
        self.lines
            .copy_within(start + whole..end, 64 - self.waiting);
        true
    }

    /// Stores what still waits.
    pub(super) fn finish(mut self) {
        if self.waiting <= self.out.len() {
            self.store(64 - self.waiting, self.waiting);
        }
    }

    fn store(&mut self, start: usize, length: usize) {
        let from = &self.lines[start..start + length];
        #[cfg(target_arch = "x86_64")]
        stream::copy(&self.fence, from, &mut self.out[..length]);
        #[cfg(not(target_arch = "x86_64"))]
        self.out[..length].copy_from_slice(from);
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        let out = std::mem::take(&mut self.out);
        self.out = &mut out[length..];
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
    fn blocks_that_begin_anywhere_are_stored_as_they_are() {
        // For AVX-512, for AVX2, and for neither; the last blocks are shorter.
        for (element_size, sizes) in [
            (2, [8192, 8192, 1024, 16]),
            (4, [8192, 2048, 1024, 96]),
            (3, [96, 96, 24, 24]),
        ] {
            for start in [0, 1, 16, 48, 63] {
                let total: usize = sizes.iter().sum();
                let bits: Vec<u8> = (0_u8..=250).cycle().take(total).collect();
                let mut memory = vec![0; total + 128];
                let line = memory.as_ptr().align_offset(64);
                let out = &mut memory[line + start..line + start + total];
                let mut expected = vec![0; total];
                let mut lines = vec![0; 8192 + LINES];
                let mut past_caches = PastCaches::new(out, &mut lines);
                let mut from = 0;
                for size in sizes {
                    let block = &bits[from..from + size];
                    unshuffle_bits_scalar(block, element_size, &mut expected[from..from + size]);
                    assert!(past_caches.unshuffle(block, element_size), "there is room");
                    from += size;
                }
                assert!(
                    !past_caches.unshuffle(&bits[..sizes[0]], element_size),
                    "there is no more"
                );
                past_caches.finish();
                assert!(
                    *out == expected,
                    "{element_size} bytes each, {start} behind a line"
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
