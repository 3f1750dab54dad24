//! Twin of `shaders/display/colour.wgsl`.

use super::pool::{FACT_INSIDE, FACT_MISSING, FACT_NAN, FACT_SATURATED, FACT_VALUE, Pooled};
use crate::colormap::ColourMap;
use crate::uniforms::colour::{
    ColourUniforms, FLAG_ABOVE, FLAG_BELOW, FLAG_INVERTED, FLAG_PHASE_COLOUR, FLAG_SATURATION,
};

const RANGE_SLACK: f32 = 1e-6;
const HATCH_PERIOD: usize = 8;
const HATCH_STRIPE: usize = 3;
const KIND_UINT: u32 = 0;
const KIND_SINT: u32 = 1;

/// Colours what was found under each pixel.
pub(super) struct Colouring {
    pub(super) uniforms: ColourUniforms,
    pub(super) colour_map: ColourMap,
}

impl Colouring {
    /// The colour of the pixel at `[x, y]` of the picture, multiplied by its alpha.
    pub(super) fn colour(&self, pooled: &Pooled, [x, y]: [usize; 2]) -> [f32; 4] {
        let uniforms = &self.uniforms;
        match pooled {
            _ if !pooled.is(FACT_INSIDE) => uniforms.outside,
            _ if pooled.is(FACT_VALUE) => {
                if pooled.is(FACT_SATURATED) && uniforms.has(FLAG_SATURATION) {
                    return uniforms.saturated;
                }
                self.colour_of(pooled)
            }
            _ if pooled.is(FACT_NAN) => uniforms.not_finite,
            _ if !pooled.is(FACT_MISSING) => uniforms.masked,
            _ if (x + y) % HATCH_PERIOD < HATCH_STRIPE => uniforms.missing,
            _ => uniforms.outside,
        }
    }

    fn colour_of(&self, pooled: &Pooled) -> [f32; 4] {
        let uniforms = &self.uniforms;
        let relative = self.above_lo(pooled.word);
        let t = relative * uniforms.inverse_span;
        if t < -RANGE_SLACK && uniforms.has(FLAG_BELOW) {
            return uniforms.below;
        }
        if t > 1.0 + RANGE_SLACK && uniforms.has(FLAG_ABOVE) {
            return uniforms.above;
        }
        let place = self.norm_place(relative, t.clamp(0.0, 1.0)).clamp(0.0, 1.0);
        let place = if uniforms.has(FLAG_INVERTED) {
            1.0 - place
        } else {
            place
        };
        if uniforms.has(FLAG_PHASE_COLOUR) {
            let [red, green, blue, _] = self.colour_map.at(pooled.turns());
            return [red * place, green * place, blue * place, 1.0];
        }
        self.colour_map.at(place)
    }

    /// value - lo; integers are subtracted as integers.
    fn above_lo(&self, word: u32) -> f32 {
        let (lo, rest) = (self.uniforms.lo_word, self.uniforms.lo_rest);
        let (distance, is_above) = match self.uniforms.kind {
            KIND_UINT => (word.abs_diff(lo), word >= lo),
            KIND_SINT => {
                let (value, lo) = (word.cast_signed(), lo.cast_signed());
                (value.abs_diff(lo), value >= lo)
            }
            _ => return (f32::from_bits(word) - f32::from_bits(lo)) - rest,
        };
        let distance = distance as f32;
        if is_above {
            distance - rest
        } else {
            -distance - rest
        }
    }

    fn lo_value(&self) -> f32 {
        let (lo, rest) = (self.uniforms.lo_word, self.uniforms.lo_rest);
        match self.uniforms.kind {
            KIND_UINT => lo as f32 + rest,
            KIND_SINT => lo.cast_signed() as f32 + rest,
            _ => f32::from_bits(lo),
        }
    }

    fn norm_place(&self, relative: f32, t: f32) -> f32 {
        let uniforms = &self.uniforms;
        let value = relative + self.lo_value();
        match uniforms.norm {
            1 if value <= 0.0 => 0.0,
            1 => (value.ln() - uniforms.norm_lo) * uniforms.norm_scale,
            2 => t.sqrt(),
            3 => (t * uniforms.norm_parameter).asinh() * uniforms.norm_scale,
            4 => {
                let folded = value.signum() * (value.abs() / uniforms.norm_parameter).ln_1p();
                (folded - uniforms.norm_lo) * uniforms.norm_scale
            }
            5 => t.powf(uniforms.norm_parameter),
            _ => t,
        }
    }
}
