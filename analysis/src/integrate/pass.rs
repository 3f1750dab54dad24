//! One pass over the samples of a frame, as fast as they come.

use std::ops::Range;

use hutch_model::{Cancel, Result};

use super::table::Table;
use crate::numeric::{to_f32, to_u32};

/// Samples between two looks at the flag that cancels, a millisecond or less.
const TILE: usize = 1 << 16;
/// Samples that a task takes.
const PORTION: usize = 1 << 20;
/// So many copies of a bin take turns, so that an addition need not wait for the one before.
const COPIES: usize = 4;
/// With more bins copies would not stay in the caches, and neighbours are seldom the same.
const BINS_MAX: usize = 1 << 13;

/// A type that detectors store.
pub(super) trait Stored: Copy + PartialEq + Send + Sync {
    /// As a number; exact up to 2^53.
    fn real(self) -> f64;

    /// Whether it is a number at all.
    fn is_number(self) -> bool;

    /// Two values that mean "no data", the same twice where there is one.
    fn sentinels(of: &[i128]) -> Option<[Self; 2]>;
}

macro_rules! stored_integers {
    ($($kind:ty),*) => {$(
        impl Stored for $kind {
            #[expect(clippy::allow_attributes, reason = "one body for types that need it and that do not")]
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, reason = "as the trait says")]
            fn real(self) -> f64 {
                self as f64
            }

            fn is_number(self) -> bool {
                true
            }

            fn sentinels(of: &[i128]) -> Option<[Self; 2]> {
                let mut known = of.iter().filter_map(|value| Self::try_from(*value).ok());
                let first = known.next()?;
                Some([first, known.next().unwrap_or(first)])
            }
        }
    )*};
}

stored_integers!(u8, u16, u32, u64, i8, i16, i32, i64);

impl Stored for f32 {
    fn real(self) -> f64 {
        f64::from(self)
    }

    fn is_number(self) -> bool {
        self.is_finite()
    }

    fn sentinels(_: &[i128]) -> Option<[Self; 2]> {
        None
    }
}

impl Stored for f64 {
    fn real(self) -> f64 {
        self
    }

    fn is_number(self) -> bool {
        self.is_finite()
    }

    fn sentinels(_: &[i128]) -> Option<[Self; 2]> {
        None
    }
}

/// The table again, for speed: most pixels lie in one bin or in two neighbours.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    /// The first bin of each pixel; one more than there are for pixels without bins.
    bins: Vec<u32>,
    /// Its part in that bin; the rest of it is in the next one.
    lefts: Vec<f32>,
    /// Pixels that are in other bins, in their order: pixel, bin, part.
    rest: Vec<(u32, u32, f64)>,
    bin_count: usize,
    copies: usize,
}

/// Sums of a portion of a frame.
#[derive(Clone, Debug)]
pub(super) struct Accumulated {
    pub(super) signal: Vec<f64>,
    pub(super) variance: Vec<f64>,
    /// Pixels of bins that do not count in this frame, in their order.
    pub(super) bad: Vec<usize>,
}

/// What a pixel adds to its bin, and to the next.
type Slot = [f64; 2];

impl Pass {
    pub(super) fn new(table: &Table) -> Self {
        let bin_count = table.bin_count();
        let none = to_u32(bin_count);
        let mut pass = Self {
            bins: vec![none; table.pixel_count()],
            lefts: vec![1.0; table.pixel_count()],
            rest: Vec::new(),
            bin_count,
            copies: if bin_count > BINS_MAX { 1 } else { COPIES },
        };
        for pixel in 0..table.pixel_count() {
            let range = table.range(pixel);
            let (bins, parts) = (&table.bins[range.clone()], &table.parts[range]);
            match (bins, parts) {
                ([], _) => {}
                ([bin], [1.0]) => pass.bins[pixel] = *bin,
                ([bin, next], [left, right])
                    if *next == bin + 1 && (left + right - 1.0).abs() < 1e-9 =>
                {
                    pass.bins[pixel] = *bin;
                    pass.lefts[pixel] = to_f32(*left);
                }
                _ => {
                    let of_pixel = table.of_pixel(pixel);
                    let entries = of_pixel.map(|(bin, part)| (to_u32(pixel), to_u32(bin), part));
                    pass.rest.extend(entries);
                }
            }
        }
        pass
    }

    /// The bins of a pixel and its parts as they are added: rounded, so that
    /// weights must be summed with the same.
    pub(super) fn of_pixel(&self, table: &Table, pixel: usize, mut put: impl FnMut(usize, f64)) {
        let bin = self.bins[pixel] as usize;
        if bin == self.bin_count {
            for (bin, part) in table.of_pixel(pixel) {
                put(bin, part);
            }
            return;
        }
        let left = f64::from(self.lefts[pixel]);
        put(bin, left);
        if left < 1.0 {
            put(bin + 1, 1.0 - left);
        }
    }

    pub(super) const fn memory_bytes(&self) -> u64 {
        (self.bins.len() * 8 + self.rest.len() * 16) as u64
    }

    /// Portions of a frame; one where the sums of each would be as large as the frame.
    pub(super) const fn portions(&self) -> usize {
        if self.copies == 1 {
            1
        } else {
            self.bins.len().div_ceil(PORTION)
        }
    }

    pub(super) fn pixels(&self, portion: usize) -> Range<usize> {
        if self.portions() == 1 {
            return 0..self.bins.len();
        }
        portion * PORTION..((portion + 1) * PORTION).min(self.bins.len())
    }

    /// Adds the samples of a portion to their bins.
    pub(super) fn portion<T: Stored>(
        &self,
        portion: usize,
        frame: &[T],
        sentinels: Option<[T; 2]>,
        cancel: &Cancel,
    ) -> Result<Accumulated> {
        // One more bin, for pixels that have none.
        let mut slots: Vec<Slot> = vec![[0.0; 2]; (self.bin_count + 1) * self.copies];
        let mut bad = Vec::new();
        let pixels = self.pixels(portion);
        let mut first = pixels.start;
        while first < pixels.end {
            cancel.check()?;
            let tile = first..(first + TILE).min(pixels.end);
            let lanes = Lanes {
                frame: &frame[tile.clone()],
                bins: &self.bins[tile.clone()],
                lefts: &self.lefts[tile.clone()],
            };
            let (slots, bad) = (&mut slots, &mut bad);
            match (self.copies, sentinels) {
                (COPIES, None) => lanes.add::<COPIES>(first, T::is_number, slots, bad),
                (COPIES, Some([one, other])) => {
                    lanes.add::<COPIES>(first, |value| value != one && value != other, slots, bad);
                }
                (_, None) => lanes.add::<1>(first, T::is_number, slots, bad),
                (_, Some([one, other])) => {
                    lanes.add::<1>(first, |value| value != one && value != other, slots, bad);
                }
            }
            first = tile.end;
        }
        let mut signal = self.folded(&slots);
        self.add_rest(&pixels, frame, sentinels, &mut signal, &mut bad);
        Ok(Accumulated {
            signal,
            variance: Vec::new(),
            bad,
        })
    }

    /// The bins that the slots belong to.
    fn folded(&self, slots: &[Slot]) -> Vec<f64> {
        let mut signal = vec![0.0; self.bin_count];
        for (bin, copies) in slots
            .chunks_exact(self.copies)
            .take(self.bin_count)
            .enumerate()
        {
            for [own, next] in copies {
                signal[bin] += own;
                if *next != 0.0
                    && let Some(sum) = signal.get_mut(bin + 1)
                {
                    *sum += next;
                }
            }
        }
        signal
    }

    fn add_rest<T: Stored>(
        &self,
        pixels: &Range<usize>,
        frame: &[T],
        sentinels: Option<[T; 2]>,
        signal: &mut [f64],
        bad: &mut Vec<usize>,
    ) {
        let start = self
            .rest
            .partition_point(|(pixel, ..)| (*pixel as usize) < pixels.start);
        let mut last_bad = None;
        let known_bad = bad.len();
        for (pixel, bin, part) in &self.rest[start..] {
            let pixel = *pixel as usize;
            if pixel >= pixels.end {
                break;
            }
            let value = frame[pixel];
            let is_sentinel = sentinels.is_some_and(|known| known.contains(&value));
            if is_sentinel || !value.is_number() {
                if last_bad != Some(pixel) {
                    bad.push(pixel);
                    last_bad = Some(pixel);
                }
                continue;
            }
            signal[*bin as usize] += part * value.real();
        }
        if bad.len() > known_bad {
            bad.sort_unstable();
        }
    }
}

/// Pixels of a tile, side by side.
#[derive(Clone, Copy)]
struct Lanes<'a, T> {
    frame: &'a [T],
    bins: &'a [u32],
    lefts: &'a [f32],
}

impl<T: Stored> Lanes<'_, T> {
    /// Adds samples that are `good` to the slots of their bins, and notes the others.
    #[inline]
    fn add<const N: usize>(
        self,
        first: usize,
        good: impl Fn(T) -> bool,
        slots: &mut [Slot],
        bad: &mut Vec<usize>,
    ) {
        let none = slots.len() / N - 1;
        let samples = self
            .frame
            .chunks(N)
            .zip(self.bins.chunks(N))
            .zip(self.lefts.chunks(N));
        for (turn, ((values, bins), lefts)) in samples.enumerate() {
            let four = values.iter().zip(bins).zip(lefts).enumerate();
            for (copy, ((value, bin), left)) in four {
                if !good(*value) {
                    if (*bin as usize) < none {
                        bad.push(first + turn * N + copy);
                    }
                    continue;
                }
                let value = value.real();
                let own = value * f64::from(*left);
                if let Some(slot) = slots.get_mut(*bin as usize * N + copy) {
                    slot[0] += own;
                    slot[1] += value - own;
                }
            }
        }
    }
}
