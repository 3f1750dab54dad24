//! Twin of `shaders/display/pool.wgsl`.

use super::samples::{Shaded, Value as _};
use super::under::{Under, overlap};
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

impl Pooling<'_> {
    const fn has(&self, flag: u32) -> bool {
        self.uniforms.flags & flag != 0
    }

    /// Pools the texels under one pixel.
    pub(super) fn pool<T: Shaded>(&self, texels: &[T], rows: Under, columns: Under) -> Pooled {
        let mut pooled = Pooled::default();
        if !(rows.is_inside && columns.is_inside) {
            return pooled;
        }
        pooled.facts |= FACT_INSIDE;
        let uniforms = &self.uniforms;
        let [offset, width, ..] = uniforms.level;
        let [footprint_x, footprint_y] = uniforms.footprint;
        let is_mean = self.has(FLAG_MEAN);
        let mut largest = T::Value::default();
        let (mut sum, mut weight) = (0.0, 0.0);
        for row in rows.first..=rows.last {
            for column in columns.first..=columns.last {
                let index = (offset + row * width + column) as usize;
                let Some(sample) = texels.get(index).copied() else {
                    continue;
                };
                if !self.is_counted(sample, index, &mut pooled) {
                    continue;
                }
                let value = sample.value(uniforms.component);
                if !pooled.is(FACT_VALUE) || value > largest {
                    largest = value;
                    pooled.phase = sample.phase();
                }
                pooled.facts |= FACT_VALUE;
                if is_mean {
                    let part = overlap(row, rows.centre, footprint_y)
                        * overlap(column, columns.centre, footprint_x);
                    sum += value.number() * part;
                    weight += part;
                }
            }
        }
        pooled.word = if is_mean && weight > 0.0 {
            (sum / weight).to_bits()
        } else {
            largest.word()
        };
        pooled
    }

    /// Whether a sample has a value, and notes why it has none.
    fn is_counted<T: Shaded>(&self, sample: T, index: usize, pooled: &mut Pooled) -> bool {
        let mask = self.mask.filter(|_| self.has(FLAG_MASK));
        let mark = mask.and_then(|mask| mask.get(index)).copied().unwrap_or(0);
        if mark != 0 || self.is_sentinel(sample) {
            pooled.facts |= if mark >= MARK_MISSING {
                FACT_MISSING
            } else {
                FACT_MASKED
            };
            return false;
        }
        if !sample.is_finite() {
            pooled.facts |= FACT_NAN;
            return false;
        }
        if sample.reaches_word(self.uniforms.saturation) {
            pooled.facts |= FACT_SATURATED;
        }
        true
    }

    fn is_sentinel(&self, sample: impl Shaded) -> bool {
        let count = self.uniforms.sentinel_count as usize;
        let words = self.uniforms.sentinels.iter().take(count);
        words.into_iter().any(|word| sample.equals_word(*word))
    }
}
