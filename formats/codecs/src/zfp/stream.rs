//! A stream of bits, least significant bit of each byte first.

/// Reads bits; behind the end there are zeros, and the stream is overrun.
#[derive(Debug)]
pub(super) struct Stream<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: usize,
}

impl<'a> Stream<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next 56 bits and more.
    #[inline]
    fn ahead(&self) -> u64 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or(&[]);
        let word = match rest.first_chunk::<8>() {
            Some(word) => u64::from_le_bytes(*word),
            None => rest
                .iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        word >> (self.at % 8)
    }

    #[inline]
    pub(super) fn bit(&mut self) -> bool {
        let bit = self.ahead() & 1 == 1;
        self.at += 1;
        bit
    }

    /// The next `count` bits, at most 64.
    #[inline]
    pub(super) fn bits(&mut self, count: u32) -> u64 {
        if count == 0 {
            return 0;
        }
        if count > 32 {
            let low = self.bits(32);
            return self.bits(count - 32) << 32 | low;
        }
        let value = self.ahead() & (u64::MAX >> (64 - count));
        self.at += count as usize;
        value
    }

    pub(super) fn skip(&mut self, count: u32) {
        self.at += count as usize;
    }

    pub(super) fn is_overrun(&self) -> bool {
        self.at > self.bytes.len() * 8
    }
}
