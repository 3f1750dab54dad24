//! Twin of `shaders/shared/pooling.wgsl` and `shaders/display/pool.wgsl`.

use super::samples::{Shaded, Value};
use super::under::{Under, overlap};
use crate::uniforms::panels::PanelInstance;
use crate::uniforms::pool::{FLAG_MASK, FLAG_MEAN, PoolUniforms};

// As in `shaders/shared/pooled.wgsl`.
pub(super) const FACT_INSIDE: u32 = 1;
pub(super) const FACT_VALUE: u32 = 2;
pub(super) const FACT_MASKED: u32 = 4;
pub(super) const FACT_MISSING: u32 = 8;
pub(super) const FACT_NAN: u32 = 16;
pub(super) const FACT_SATURATED: u32 = 32;

const MARK_MISSING: u8 = 2;
/// Steps of a phase in one turn.
const PHASE_STEPS: f32 = 65536.0;

/// What was found under one pixel of a picture.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pooled {
    /// The value in the bits of its type; of a mean, in those of f32.
    pub(super) word: u32,
    facts: u32,
    phase: f32,
}

impl Pooled {
    /// Whether a fact is known of the samples.
    pub(super) const fn is(&self, fact: u32) -> bool {
        self.facts & fact != 0
    }

    /// The phase in turns, 0 to 1, in the steps that the shader keeps.
    pub(super) fn turns(&self) -> f32 {
        let step = ((self.phase / std::f32::consts::TAU + 0.5) * PHASE_STEPS).floor();
        step.clamp(0.0, PHASE_STEPS - 1.0) / PHASE_STEPS
    }
}

/// Pools the texels of a frame.
pub(super) struct Pooling<'a> {
    pub(super) uniforms: PoolUniforms,
    pub(super) mask: Option<&'a [u8]>,
}

impl<'a> Pooling<'a> {
    pub(super) const fn has(&self, flag: u32) -> bool {
        self.uniforms.flags & flag != 0
    }

    /// Nothing of a frame that a pixel lies on.
    pub(super) fn empty<T: Shaded>(&'a self) -> Pool<'a, T::Value> {
        Pool {
            pooling: self,
            pooled: Pooled {
                facts: FACT_INSIDE,
                ..Pooled::default()
            },
            largest: T::Value::default(),
            sum: 0.0,
            weight: 0.0,
            is_mean: self.has(FLAG_MEAN),
        }
    }

    /// Pools the texels under one pixel.
    pub(super) fn pool<T: Shaded>(&self, texels: &[T], rows: Under, columns: Under) -> Pooled {
        if !(rows.is_inside && columns.is_inside) {
            return Pooled::default();
        }
        let [offset, width, ..] = self.uniforms.level;
        let [footprint_x, footprint_y] = self.uniforms.footprint;
        let mut pool = self.empty::<T>();
        for row in rows.first..=rows.last {
            for column in columns.first..=columns.last {
                let index = (offset + row * width + column) as usize;
                // Weights count for the mean alone.
                let weight = if pool.is_mean {
                    overlap(row, rows.centre, footprint_y)
                        * overlap(column, columns.centre, footprint_x)
                } else {
                    1.0
                };
                pool.visit(texels, index, weight);
            }
        }
        pool.finish()
    }

    fn is_sentinel(&self, sample: impl Shaded) -> bool {
        let count = self.uniforms.sentinel_count as usize;
        let words = self.uniforms.sentinels.iter().take(count);
        words.into_iter().any(|word| sample.equals_word(*word))
    }
}

/// What is known of the texels under a pixel.
pub(super) struct Pool<'a, V> {
    pooling: &'a Pooling<'a>,
    pooled: Pooled,
    largest: V,
    sum: f32,
    weight: f32,
    is_mean: bool,
}

impl<V: Value> Pool<'_, V> {
    /// Takes a texel by its place in the run.
    fn visit<T: Shaded<Value = V>>(&mut self, texels: &[T], index: usize, weight: f32) {
        let Some(sample) = texels.get(index).copied() else {
            return;
        };
        if !self.counts(sample, index) {
            return;
        }
        let value = sample.value(self.pooling.uniforms.component);
        if !self.pooled.is(FACT_VALUE) || value > self.largest {
            self.largest = value;
            self.pooled.phase = sample.phase();
        }
        self.pooled.facts |= FACT_VALUE;
        if self.is_mean {
            self.sum += value.number() * weight;
            self.weight += weight;
        }
    }

    /// Takes a texel of a panel's level; of one that other panels have a part of, only the pixels of this panel.
    pub(super) fn visit_within<T: Shaded<Value = V>>(
        &mut self,
        texels: &[T],
        panel: &PanelInstance,
        texel: [u32; 2],
        weight: f32,
    ) {
        let [offset, width, _, shift] = panel.level;
        let [whole_offset, whole_width, whole_height, _] = self.pooling.uniforms.level;
        let whole = [whole_width, whole_height];
        let [first_x, first_y, end_x, end_y] = panel.limits;
        let limits = [[first_x, end_x], [first_y, end_y]];
        let first = texel.map(|texel| texel << shift);
        let end = [0, 1].map(|axis| ((texel[axis] + 1) << shift).min(whole[axis]));
        let own_first = [0, 1].map(|axis| first[axis].max(limits[axis][0]));
        let own_end = [0, 1].map(|axis| end[axis].min(limits[axis][1]));
        if own_first == first && own_end == end {
            let index = offset + texel[1] * width + texel[0];
            return self.visit(texels, index as usize, weight);
        }
        let share = weight / (1_u32 << (2 * shift)) as f32;
        for y in own_first[1]..own_end[1] {
            for x in own_first[0]..own_end[0] {
                let index = whole_offset + y * whole_width + x;
                self.visit(texels, index as usize, share);
            }
        }
    }

    /// Whether a sample has a value, and notes why it has none.
    fn counts(&mut self, sample: impl Shaded, index: usize) -> bool {
        let mask = self.pooling.mask.filter(|_| self.pooling.has(FLAG_MASK));
        let mark = mask.and_then(|mask| mask.get(index)).copied().unwrap_or(0);
        if mark != 0 || self.pooling.is_sentinel(sample) {
            self.pooled.facts |= if mark >= MARK_MISSING {
                FACT_MISSING
            } else {
                FACT_MASKED
            };
            return false;
        }
        if !sample.is_finite() {
            self.pooled.facts |= FACT_NAN;
            return false;
        }
        if sample.reaches_word(self.pooling.uniforms.saturation) {
            self.pooled.facts |= FACT_SATURATED;
        }
        true
    }

    /// The value as a real number.
    pub(super) fn number(&self) -> f32 {
        if self.is_mean && self.weight > 0.0 {
            self.sum / self.weight
        } else {
            self.largest.number()
        }
    }

    /// What was found.
    pub(super) fn finish(&self) -> Pooled {
        Pooled {
            word: if self.is_mean && self.weight > 0.0 {
                self.number().to_bits()
            } else {
                self.largest.word()
            },
            ..self.pooled
        }
    }
}
