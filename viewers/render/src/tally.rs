//! Counting samples by 16 bits of their ordered keys, in one pass that tests nothing.
//!
//! Which samples are valid is a question about keys, nearly always about whole buckets of them, and is asked of the counts
//! afterwards. Only of a bucket that holds both are the samples visited again.
//!
//! Twin on the GPU: `shaders/compute/tally.wgsl`, driven by [`crate::counter`].

use crate::keys::KeyedSample;
use crate::samples::RawFrame;

/// Buckets of one digit.
pub(crate) const BUCKETS: usize = 1 << 16;
/// Neighbours often have the same value; each adds to a counter of its own, so that none waits for the one before.
const LANES: usize = 4;
/// So many samples never overflow a counter.
const BLOCK: usize = 1 << 30;

/// Which digit of the keys is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digit {
    /// Bits of the key below the digit.
    pub shift: u32,
    /// The digits above it, of all that count; none where all count.
    pub prefix: Option<u64>,
}

impl Digit {
    fn of(self, key: u64) -> u16 {
        (key >> self.shift & 0xffff) as u16
    }

    fn is_under_prefix(self, key: u64) -> bool {
        self.prefix
            .is_none_or(|prefix| key >> self.shift >> 16 == prefix)
    }

    /// The smallest and the largest key of a bucket.
    fn keys(self, bucket: usize) -> [u64; 2] {
        let low = (self.prefix.unwrap_or(0) << 16 | bucket as u64) << self.shift;
        [low, low | ((1 << self.shift) - 1)]
    }
}

/// How many valid samples have which digit, for all 65536 of them.
pub(crate) fn tally<T: KeyedSample>(frame: &RawFrame<'_>, samples: &[T], digit: Digit) -> Vec<u64> {
    let mut counts = all(samples, frame.mask(), digit);
    let rules = Rules::of::<T>(frame);
    for (bucket, count) in counts.iter_mut().enumerate() {
        if *count > 0 {
            let keys = digit.keys(bucket);
            match rules.judge::<T>(keys) {
                Some(true) => {}
                Some(false) => *count = 0,
                None => *count = rules.count(frame, samples, keys),
            }
        }
    }
    counts
}

/// All samples that are not masked.
fn all<T: KeyedSample>(samples: &[T], mask: Option<&[u8]>, digit: Digit) -> Vec<u64> {
    let mut counts = vec![0_u64; BUCKETS];
    let mut lanes = vec![[0_u32; LANES]; BUCKETS];
    let blocks = samples.chunks(BLOCK).enumerate();
    for (number, block) in blocks {
        match mask.and_then(|mask| mask.get(number * BLOCK..)) {
            None => count_block(&mut lanes, block, digit),
            Some(mask) => count_unmasked(&mut lanes, block, mask, digit),
        }
        for (count, lanes) in counts.iter_mut().zip(&mut lanes) {
            *count += lanes.iter().copied().map(u64::from).sum::<u64>();
            *lanes = [0; LANES];
        }
    }
    counts
}

fn count_block<T: KeyedSample>(lanes: &mut [[u32; LANES]], samples: &[T], digit: Digit) {
    let mut count = |lane: usize, sample: T| {
        let key = sample.key();
        if let Some(bucket) = lanes.get_mut(usize::from(digit.of(key))) {
            bucket[lane] += u32::from(digit.is_under_prefix(key));
        }
    };
    let (groups, rest) = samples.as_chunks::<LANES>();
    for group in groups {
        for (lane, sample) in group.iter().enumerate() {
            count(lane, *sample);
        }
    }
    for sample in rest {
        count(0, *sample);
    }
}

fn count_unmasked<T: KeyedSample>(
    lanes: &mut [[u32; LANES]],
    samples: &[T],
    mask: &[u8],
    digit: Digit,
) {
    for (index, (sample, masked)) in samples.iter().zip(mask).enumerate() {
        let key = sample.key();
        if let Some(bucket) = lanes.get_mut(usize::from(digit.of(key))) {
            let counts = digit.is_under_prefix(key) && *masked == 0;
            bucket[index % LANES] += u32::from(counts);
        }
    }
}

/// Which samples are valid.
struct Rules {
    /// Keys of the sentinels.
    sentinels: Vec<u64>,
    /// From here on samples are saturated.
    limit: f64,
}

impl Rules {
    fn of<T: KeyedSample>(frame: &RawFrame<'_>) -> Self {
        Self {
            sentinels: frame.sentinels().filter_map(T::sentinel_key).collect(),
            limit: frame.saturation().unwrap_or(f64::INFINITY),
        }
    }

    /// Whether all samples with keys from one to another are valid, or none is; `None` where that differs.
    fn judge<T: KeyedSample>(&self, [low, high]: [u64; 2]) -> Option<bool> {
        let has_sentinel = self.sentinels.iter().any(|key| (low..=high).contains(key));
        if has_sentinel {
            return (low == high).then_some(false);
        }
        let is_valid = [low, high].map(|key| {
            let value = T::from_key(key);
            value.is_finite() && (self.limit.is_infinite() || value < self.limit)
        });
        (is_valid[0] == is_valid[1]).then_some(is_valid[0])
    }

    /// The valid samples with keys from one to another, one by one.
    fn count<T: KeyedSample>(
        &self,
        frame: &RawFrame<'_>,
        samples: &[T],
        [low, high]: [u64; 2],
    ) -> u64 {
        let counts = |sample: T| {
            let key = sample.key();
            (low..=high).contains(&key) && self.judge::<T>([key, key]) == Some(true)
        };
        let count = match frame.mask() {
            None => samples.iter().filter(|sample| counts(**sample)).count(),
            Some(mask) => samples
                .iter()
                .zip(mask)
                .filter(|(sample, masked)| **masked == 0 && counts(**sample))
                .count(),
        };
        count as u64
    }
}
