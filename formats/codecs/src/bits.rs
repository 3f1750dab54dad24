//! Numbers of any count of bits, most significant bit first.

/// Reads bits from the front of bytes.
#[derive(Debug)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next bits, at the top.
    held: u64,
    held_count: u32,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            held: 0,
            held_count: 0,
        }
    }

    /// The next `count` bits, at most 32; nothing behind the end.
    #[inline]
    pub(crate) fn take(&mut self, count: u32) -> Option<u64> {
        if count == 0 {
            return Some(0);
        }
        if self.held_count < count {
            self.fill();
            if self.held_count < count {
                return None;
            }
        }
        let value = self.held >> (64 - count);
        self.held <<= count;
        self.held_count -= count;
        Some(value)
    }

    /// The next `count` bits, at most 64.
    #[inline]
    pub(crate) fn take_wide(&mut self, count: u32) -> Option<u64> {
        if count <= 32 {
            return self.take(count);
        }
        let high = self.take(count - 32)?;
        Some(high << 32 | self.take(32)?)
    }

    /// Counts the zeros before the next one, and skips that.
    #[inline]
    pub(crate) fn zeros(&mut self) -> Option<u32> {
        let mut zeros = 0_u32;
        loop {
            let here = self.held.leading_zeros().min(self.held_count);
            if here < self.held_count {
                self.held = self.held << here << 1;
                self.held_count -= here + 1;
                return zeros.checked_add(here);
            }
            zeros = zeros.checked_add(here)?;
            (self.held, self.held_count) = (0, 0);
            self.fill();
            if self.held_count == 0 {
                return None;
            }
        }
    }

    fn fill(&mut self) {
        if let Some((next, _)) = self.bytes.split_first_chunk::<8>() {
            let count = (64 - self.held_count) / 8;
            let kept = u64::MAX << (64 - 8 * count).min(63);
            let kept = if count == 0 { 0 } else { kept };
            self.held |= (u64::from_be_bytes(*next) & kept) >> self.held_count;
            self.held_count += 8 * count;
            self.bytes = &self.bytes[count as usize..];
            return;
        }
        while self.held_count <= 56
            && let Some((byte, rest)) = self.bytes.split_first()
        {
            self.held |= u64::from(*byte) << (56 - self.held_count);
            self.held_count += 8;
            self.bytes = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_most_significant_first_across_bytes() {
        let bytes: Vec<u8> = (1..=20).collect();
        let bit = |at: usize| u64::from(bytes[at / 8] >> (7 - at % 8) & 1);
        let mut bits = Bits::new(&bytes);
        let mut at = 0;
        for count in (1..=17_u32).cycle() {
            let end = at + count as usize;
            if end > 8 * bytes.len() {
                assert_eq!(bits.take(count), None, "nothing behind the end");
                break;
            }
            let expected = (at..end).fold(0, |value, at| value << 1 | bit(at));
            assert_eq!(bits.take(count), Some(expected), "{count} bits");
            at = end;
        }
    }

    #[test]
    fn zeros_are_counted_across_words() {
        let mut bytes = vec![0; 21];
        bytes[0] = 0b0100_0000;
        bytes[20] = 1;
        let mut bits = Bits::new(&bytes);
        assert_eq!(bits.zeros(), Some(1), "before the first one");
        assert_eq!(bits.zeros(), Some(6 + 19 * 8 + 7), "before the last one");
        assert_eq!(bits.zeros(), None, "there is no further one");
    }
}
