//! Twin of `shaders/display/image.wgsl` on the processor: test oracle, and fallback without any device.
//!
//! The same steps in the same order and in f32, so that pictures differ by at most one step of a channel.

use crate::colormap::ColourMap;
use crate::cpu_samples::Shaded;
use crate::display::ImageDisplay;
use crate::pyramid::{FramePyramid, Texels, for_each_texel_type};
use crate::readback::RgbaPicture;
use crate::uniforms::{
    FLAG_ABOVE, FLAG_BELOW, FLAG_INVERTED, FLAG_MASK, FLAG_MEAN, FLAG_SATURATION, FrameFacts,
    ImageUniforms,
};

const EDGE_SLACK: f32 = 1e-3;
const RANGE_SLACK: f32 = 1e-6;

/// Draws a frame into a picture of `size` pixels `[width, height]`, without a device.
pub fn shade_image(pyramid: &FramePyramid, display: &ImageDisplay, size: [u32; 2]) -> RgbaPicture {
    let facts = FrameFacts::of(pyramid, 0);
    let shade = Shade {
        uniforms: ImageUniforms::new(&facts, display),
        mask: pyramid.mask.as_deref(),
        colour_map: display.colour_map,
    };
    let mut pixels = Vec::with_capacity(size[0] as usize * size[1] as usize * 4);
    for y in 0..size[1] {
        for x in 0..size[0] {
            let point = [x as f32 + 0.5, y as f32 + 0.5];
            let colour = shade.pixel(&pyramid.texels, point);
            pixels.extend(colour.map(byte_of));
        }
    }
    RgbaPicture {
        width: size[0],
        height: size[1],
        pixels,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 255"
)]
pub(crate) fn byte_of(channel: f32) -> u8 {
    (channel.clamp(0.0, 1.0) * 255.0).round() as u8
}

struct Shade<'a> {
    uniforms: ImageUniforms,
    mask: Option<&'a [u8]>,
    colour_map: ColourMap,
}

impl Shade<'_> {
    fn has(&self, flag: u32) -> bool {
        self.uniforms.flags & flag != 0
    }

    fn pixel(&self, texels: &Texels, point: [f32; 2]) -> [f32; 4] {
        let matrix = self.uniforms.texel_from_target;
        let centre = [
            matrix[0] * point[0] + matrix[1] * point[1] + self.uniforms.origin[0],
            matrix[2] * point[0] + matrix[3] * point[1] + self.uniforms.origin[1],
        ];
        let [_, width, height, _] = self.uniforms.level;
        if !(0.0..width as f32).contains(&centre[0]) || !(0.0..height as f32).contains(&centre[1]) {
            return self.uniforms.outside;
        }
        for_each_texel_type!(texels, texels => self.colour_at(texels, centre))
    }

    fn colour_at<T: Shaded>(&self, texels: &[T], centre: [f32; 2]) -> [f32; 4] {
        let uniforms = &self.uniforms;
        let [offset, width, height, _] = uniforms.level;
        let [footprint_x, footprint_y] = uniforms.footprint;
        let (mut largest, mut sum, mut weight) = (-3.4e38_f32, 0.0, 0.0);
        let (mut has_nan, mut has_saturated) = (false, false);
        for row in texels_under(centre[1], footprint_y, height) {
            let row_weight = overlap(row, centre[1], footprint_y);
            for column in texels_under(centre[0], footprint_x, width) {
                let index = (offset + row * width + column) as usize;
                let is_masked = self
                    .mask
                    .and_then(|mask| mask.get(index))
                    .is_some_and(|mask| *mask != 0);
                let Some(sample) = texels.get(index) else {
                    continue;
                };
                if (self.has(FLAG_MASK) && is_masked) || self.is_sentinel(*sample) {
                    continue;
                }
                if !sample.is_finite() {
                    has_nan = true;
                    continue;
                }
                has_saturated |= sample.reaches_word(uniforms.saturation);
                let relative = sample.above_lo(uniforms);
                let texel_weight = row_weight * overlap(column, centre[0], footprint_x);
                largest = largest.max(relative);
                sum += relative * texel_weight;
                weight += texel_weight;
            }
        }
        if weight <= 0.0 {
            return if has_nan {
                uniforms.not_finite
            } else {
                uniforms.masked
            };
        }
        if has_saturated && self.has(FLAG_SATURATION) {
            return uniforms.saturated;
        }
        let relative = if self.has(FLAG_MEAN) {
            sum / weight
        } else {
            largest
        };
        self.colour_of(relative, T::lo_value(uniforms))
    }

    fn is_sentinel(&self, sample: impl Shaded) -> bool {
        let count = self.uniforms.sentinel_count as usize;
        self.uniforms
            .sentinels
            .iter()
            .take(count)
            .any(|word| sample.equals_word(*word))
    }

    fn colour_of(&self, relative: f32, lo: f32) -> [f32; 4] {
        let t = relative * self.uniforms.inverse_span;
        if t < -RANGE_SLACK && self.has(FLAG_BELOW) {
            return self.uniforms.below;
        }
        if t > 1.0 + RANGE_SLACK && self.has(FLAG_ABOVE) {
            return self.uniforms.above;
        }
        let place = self
            .norm_place(relative, lo, t.clamp(0.0, 1.0))
            .clamp(0.0, 1.0);
        self.colour_map.at(if self.has(FLAG_INVERTED) {
            1.0 - place
        } else {
            place
        })
    }

    fn norm_place(&self, relative: f32, lo: f32, t: f32) -> f32 {
        let uniforms = &self.uniforms;
        let value = relative + lo;
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

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the level"
)]
fn texels_under(centre: f32, footprint: f32, edge: u32) -> std::ops::RangeInclusive<u32> {
    let (first, last) = if footprint > 1.0 {
        let half = 0.5 * footprint;
        (
            (centre - half + EDGE_SLACK).floor(),
            (centre + half - EDGE_SLACK).ceil() - 1.0,
        )
    } else {
        (centre.floor(), centre.floor())
    };
    let end = edge.saturating_sub(1);
    (first.max(0.0) as u32).min(end)..=(last.max(0.0) as u32).min(end)
}

fn overlap(texel: u32, centre: f32, footprint: f32) -> f32 {
    if footprint <= 1.0 {
        return 1.0;
    }
    let first = (texel as f32).max(centre - 0.5 * footprint);
    let last = (texel as f32 + 1.0).min(centre + 0.5 * footprint);
    (last - first).max(EDGE_SLACK)
}
