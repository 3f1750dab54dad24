//! Medians of many frames, exact and in memory that does not grow with their number: between the smallest and
//! the largest sample of a pixel, each pass over the frames counts samples in eight bins and goes on in the bin of
//! the median, until a bin holds one number.

use hutch_model::{Error, ErrorKind, Result};
use rayon::prelude::*;

use super::Frame;
use super::keys::{KeyKind, Sample, Visit, key_bits, visit};

/// Bins of one pass, as a power of two.
const BIN_BITS: u32 = 3;
const BINS: usize = 1 << BIN_BITS;
/// Pixels that one core works on at once: their bins stay in its cache from frame to frame.
const RUN: usize = 4096;
/// Pixels whose medians are looked for at once; those behind them wait for passes of their own. 512 MiB.
const AT_ONCE: usize = 1 << 23;

/// What is known of the median of one pixel: one line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Pixel {
    /// It lies from here.
    low: u64,
    /// To here.
    high: u64,
    /// The smallest sample above that.
    next: u64,
    /// Samples below `low`.
    below: u32,
    /// All samples.
    count: u32,
    bins: [u32; BINS],
}

impl Default for Pixel {
    fn default() -> Self {
        Self {
            low: u64::MAX,
            high: 0,
            next: u64::MAX,
            below: 0,
            count: 0,
            bins: [0; BINS],
        }
    }
}

impl Pixel {
    const fn is_open(&self) -> bool {
        self.low < self.high
    }

    /// By how many bits keys are shifted so that they fall into the bins.
    const fn shift(&self) -> u32 {
        let bits = u64::BITS - (self.high - self.low).leading_zeros();
        bits.saturating_sub(BIN_BITS)
    }

    fn add(&mut self, key: u64) {
        if key > self.high {
            self.next = self.next.min(key);
        } else if let Some(above) = key.checked_sub(self.low) {
            let bin = above >> self.shift();
            // Below eight: the shift leaves three bits of what is at most the width.
            self.bins[(bin & 7) as usize] += 1;
        }
    }

    /// Goes on in the bin of the lower median; returns the two in the middle where they are found.
    fn narrow(&mut self) -> Option<[u64; 2]> {
        if self.count == 0 || !self.is_open() {
            return Some([self.low, self.low]);
        }
        let shift = self.shift();
        let [lower, upper] = [(self.count - 1) / 2, self.count / 2];
        let mut behind = self.below;
        for ((index, bin), count) in (0_usize..).zip(0_u64..).zip(self.bins) {
            if behind + count <= lower {
                behind += count;
                continue;
            }
            let low = self.low + (bin << shift);
            let high = self.high.min(low.saturating_add((1_u64 << shift) - 1));
            let bins_behind = self.bins.iter().skip(index + 1);
            let next_bin = bins_behind.zip(1_u64..).find(|(count, _)| **count > 0);
            let found = (low == high).then(|| {
                let next = next_bin.map_or(self.next, |(_, bins)| low + (bins << shift));
                let is_here = upper < behind + count;
                [low, if is_here { low } else { next }]
            });
            *self = Self {
                low,
                high,
                below: behind,
                count: self.count,
                ..Self::default()
            };
            return found;
        }
        // Not reached while the frames are the same in each pass; a file that changed must not hang.
        Some([self.low, self.low])
    }
}

/// The medians of all pixels.
#[derive(Debug, Default)]
pub(super) struct Medians {
    kind: KeyKind,
    /// Bits of a sample.
    bits: u32,
    len: usize,
    /// The pixels that are looked at, from which one on.
    first: usize,
    pixels: Vec<Pixel>,
    /// What was found of those before them and of them.
    values: Vec<f64>,
    is_ranged: bool,
    passes: u32,
    /// Passes that are left for the pixels that are looked at.
    left: u32,
}

impl Medians {
    pub(super) fn len(&self) -> Option<usize> {
        (self.len > 0).then_some(self.len)
    }

    pub(super) fn add(&mut self, len: usize, frames: &[Frame<'_>]) -> Result<()> {
        if self.len == 0 {
            self.len = len;
            self.kind = frames
                .first()
                .map(|frame| KeyKind::of(frame.samples))
                .unwrap_or_default();
            self.bits = frames
                .first()
                .map_or(u64::BITS, |frame| key_bits(frame.samples));
            self.pixels = reserved(len.min(AT_ONCE))?;
            self.values = reserved(len)?;
            self.values.fill(f64::NAN);
        }
        if frames
            .iter()
            .any(|frame| KeyKind::of(frame.samples) != self.kind)
        {
            let why = "frames of whole numbers and of real ones have no common median";
            let tried = "make one frame of many";
            return Err(Error::new(ErrorKind::Unsupported, tried, why));
        }
        let (first, is_ranged) = (self.first, self.is_ranged);
        let runs = self.pixels.par_chunks_mut(RUN).enumerate();
        runs.for_each(|(number, pixels)| {
            let start = first + number * RUN;
            let run = start..start + pixels.len();
            for frame in frames {
                if is_ranged {
                    visit(frame, run.clone(), &mut Counting(pixels));
                } else {
                    visit(frame, run.clone(), &mut Ranging(pixels));
                }
            }
        });
        Ok(())
    }

    pub(super) fn end_pass(&mut self) -> bool {
        self.passes += 1;
        let (kind, was_ranged) = (self.kind, self.is_ranged);
        let end = self.first + self.pixels.len();
        let values = self.values.get_mut(self.first..end).unwrap_or_default();
        self.left = self
            .pixels
            .par_iter_mut()
            .zip(values)
            .map(|(pixel, value)| settle(pixel, value, kind, was_ranged))
            .max()
            .unwrap_or(0);
        self.is_ranged = true;
        if self.left > 0 {
            return true;
        }
        self.first = end;
        self.is_ranged = false;
        self.pixels.truncate(self.len - self.first);
        self.pixels.fill(Pixel::default());
        self.first < self.len
    }

    pub(super) fn passes(&self) -> [u32; 2] {
        // What is not known yet takes as many as the whole range of the type.
        let bits = if self.len == 0 { u64::BITS } else { self.bits };
        let usual = 1 + bits.div_ceil(BIN_BITS);
        let waiting = self.len.saturating_sub(self.first + self.pixels.len());
        let later = usize_to_u32(waiting.div_ceil(AT_ONCE)) * usual;
        let now = match (self.len > 0 && self.first == self.len, self.is_ranged) {
            (true, _) => 0,
            (_, true) => self.left,
            (_, false) => usual,
        };
        [self.passes, self.passes + now + later]
    }

    pub(super) fn values(&self) -> Vec<f64> {
        self.values.clone()
    }
}

/// Takes what a pass found of a pixel; returns how many are needed at most.
fn settle(pixel: &mut Pixel, value: &mut f64, kind: KeyKind, was_ranged: bool) -> u32 {
    if pixel.count == 0 {
        return 0;
    }
    if was_ranged && pixel.is_open() {
        if let Some([lower, upper]) = pixel.narrow() {
            *value = middle(kind.real(lower), kind.real(upper));
            pixel.high = pixel.low;
            return 0;
        }
        *value = middle(kind.real(pixel.low), kind.real(pixel.high));
    } else if !was_ranged {
        *value = middle(kind.real(pixel.low), kind.real(pixel.high));
    }
    let bits = u64::BITS - (pixel.high - pixel.low).leading_zeros();
    // A bin of one number still has to be looked behind for the upper of the two.
    bits.div_ceil(BIN_BITS)
}

fn middle(lower: f64, upper: f64) -> f64 {
    // As numpy does, and without an overflow of the largest numbers.
    f64::midpoint(lower, upper)
}

struct Ranging<'a>(&'a mut [Pixel]);

impl Visit for Ranging<'_> {
    fn sample<S: Sample>(&mut self, at: usize, sample: S) {
        let (pixel, key) = (&mut self.0[at], sample.key());
        pixel.low = pixel.low.min(key);
        pixel.high = pixel.high.max(key);
        pixel.count = pixel.count.saturating_add(1);
    }
}

struct Counting<'a>(&'a mut [Pixel]);

impl Visit for Counting<'_> {
    fn sample<S: Sample>(&mut self, at: usize, sample: S) {
        let pixel = &mut self.0[at];
        if pixel.is_open() {
            pixel.add(sample.key());
        }
    }
}

/// So many of the usual value.
///
/// # Errors
/// [`ErrorKind::Limit`] where the memory cannot be had.
pub(super) fn reserved<T: Clone + Default>(count: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|error| {
        let tried = format!("make one frame of {count} pixels");
        Error::new(ErrorKind::Limit, tried, error.to_string())
    })?;
    values.resize(count, T::default());
    Ok(values)
}

fn usize_to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
