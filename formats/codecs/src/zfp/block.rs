//! One block of four elements along each axis.

use super::header::Mode;
use super::order::ORDER;
use super::stream::Stream;
use super::words::Word;

/// The buffers of a block; only the first `4^rank` elements are used.
#[derive(Debug)]
pub(super) struct Block<W> {
    rank: u8,
    /// The coefficients in base -2, in order of frequency.
    planes: [u64; 256],
    integers: [W; 256],
    /// The bits of the elements, fastest axis first.
    values: [u64; 256],
}

impl<W: Word> Block<W> {
    pub(super) fn new(rank: u8) -> Self {
        Self {
            rank: rank.clamp(1, 4),
            planes: [0; 256],
            integers: [W::default(); 256],
            values: [0; 256],
        }
    }

    /// The bits of the elements; a row of four begins every four.
    pub(super) fn values(&self) -> &[u64; 256] {
        &self.values
    }

    fn count(&self) -> usize {
        1 << (2 * self.rank)
    }

    pub(super) fn decode_integers(&mut self, stream: &mut Stream<'_>, mode: &Mode) {
        if mode.is_reversible {
            self.reversible(stream, mode, 0);
        } else {
            self.lossy(stream, mode, 0, mode.precision_max);
        }
        let count = self.count();
        for (value, integer) in self.values.iter_mut().zip(&self.integers[..count]) {
            *value = integer.bits();
        }
    }

    pub(super) fn decode_floats(&mut self, stream: &mut Stream<'_>, mode: &Mode) {
        let count = self.count();
        if !stream.bit() {
            self.values[..count].fill(0);
            stream.skip(mode.bits_min.saturating_sub(1));
            return;
        }
        if mode.is_reversible && stream.bit() {
            self.reversible(stream, mode, 2);
            for (value, integer) in self.values.iter_mut().zip(&self.integers[..count]) {
                *value = integer.reinterpreted();
            }
            return;
        }
        let bias = (1 << (W::EXPONENT_BITS - 1)) - 1;
        let biased = i32::try_from(stream.bits(W::EXPONENT_BITS)).unwrap_or(0);
        let exponent = biased - bias;
        if mode.is_reversible {
            self.reversible(stream, mode, 2 + W::EXPONENT_BITS);
        } else {
            let planes = exponent - mode.exponent_min + 2 * i32::from(self.rank) + 2;
            let planes = planes.max(0).unsigned_abs().min(mode.precision_max);
            self.lossy(stream, mode, 1 + W::EXPONENT_BITS, planes);
        }
        if mode.is_reversible && biased == 0 {
            self.values[..count].fill(0);
            return;
        }
        let scale = exponent - (W::BITS.cast_signed() - 2);
        for (value, integer) in self.values.iter_mut().zip(&self.integers[..count]) {
            *value = integer.scaled(scale);
        }
    }

    /// Integers behind `used` bits of the block, through the transform that loses lower bits.
    fn lossy(&mut self, stream: &mut Stream<'_>, mode: &Mode, used: u32, precision: u32) {
        self.coefficients(stream, mode, used, precision);
        self.transform(|[x, y, z, w]| {
            let y = y.plus(w.half());
            let w = w.minus(y.half());
            let y = y.plus(w);
            let w = w.minus(y.minus(w));
            let z = z.plus(x);
            let x = x.minus(z.minus(x));
            let y = y.plus(z);
            let z = z.minus(y.minus(z));
            let w = w.plus(x);
            let x = x.minus(w.minus(x));
            [x, y, z, w]
        });
    }

    /// Integers behind `used` bits of the block, through the transform that loses nothing.
    fn reversible(&mut self, stream: &mut Stream<'_>, mode: &Mode, used: u32) {
        let planes = u32::try_from(stream.bits(W::PLANE_BITS)).unwrap_or(0) + 1;
        self.coefficients(stream, mode, used + W::PLANE_BITS, planes);
        self.transform(|[x, y, z, w]| {
            let w = w.plus(z);
            let z = z.plus(y);
            let w = w.plus(z);
            let y = y.plus(x);
            let z = z.plus(y);
            let w = w.plus(z);
            [x, y, z, w]
        });
    }

    /// Reads the planes, skips to the least size of the block, and brings them into order.
    fn coefficients(&mut self, stream: &mut Stream<'_>, mode: &Mode, used: u32, precision: u32) {
        let budget = mode.bits_max.saturating_sub(used);
        let read = self.read_planes(stream, budget, precision);
        stream.skip(mode.bits_min.saturating_sub(used).saturating_sub(read));
        let order = ORDER[usize::from(self.rank - 1)];
        for (place, value) in order.iter().zip(&self.planes) {
            self.integers[usize::from(*place)] = W::from_negabinary(*value);
        }
    }

    /// Reads bit planes from the highest on, at most `precision` of them and `budget` bits; returns
    /// the bits read. Of each plane the first bits are those of coefficients that were found to
    /// be other than zero; then tests say whether a further one follows, and how many zeros before it.
    fn read_planes(&mut self, stream: &mut Stream<'_>, budget: u32, precision: u32) -> u32 {
        let count = self.count();
        let planes = &mut self.planes[..count];
        planes.fill(0);
        let mut bits = budget;
        let mut known = 0_usize;
        for plane in (W::BITS.saturating_sub(precision)..W::BITS).rev() {
            if bits == 0 {
                break;
            }
            let first = known.min(bits as usize);
            bits -= u32::try_from(first).unwrap_or(0);
            for part in planes[..first].chunks_mut(32) {
                let mut word = stream.bits(u32::try_from(part.len()).unwrap_or(0));
                for value in part {
                    *value |= (word & 1) << plane;
                    word >>= 1;
                }
            }
            while bits > 0 && known < count {
                bits -= 1;
                if !stream.bit() {
                    break;
                }
                while bits > 0 && known < count - 1 {
                    bits -= 1;
                    if stream.bit() {
                        break;
                    }
                    known += 1;
                }
                planes[known] |= 1 << plane;
                known += 1;
            }
        }
        budget - bits
    }

    /// Applies `lift` along each axis, slowest first.
    fn transform(&mut self, lift: impl Fn([W; 4]) -> [W; 4]) {
        let count = self.count();
        for axis in (0..self.rank).rev() {
            let step = 1 << (2 * axis);
            for start in (0..count).filter(|index| index / step % 4 == 0) {
                let line = [0, 1, 2, 3].map(|index| self.integers[start + index * step]);
                for (index, value) in lift(line).into_iter().enumerate() {
                    self.integers[start + index * step] = value;
                }
            }
        }
    }
}
