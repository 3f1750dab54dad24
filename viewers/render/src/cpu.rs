//! Twin of `shaders/display/image.wgsl` on the processor: test oracle, and fallback without any device.
//!
//! The same steps in the same order and in f32, so that pictures differ by at most one step of a channel.

use crate::colormap::ColourMap;
use crate::cpu_samples::Shaded;
use crate::display::ImageDisplay;
use crate::pyramid::{FramePyramid, for_each_texel_type};
use crate::readback::RgbaPicture;
use crate::uniforms::{
    FLAG_ABOVE, FLAG_BELOW, FLAG_INVERTED, FLAG_MASK, FLAG_MEAN, FLAG_SATURATION, FrameFacts,
    ImageUniforms,
};

const EDGE_SLACK: f32 = 1e-3;
const RANGE_SLACK: f32 = 1e-6;
const MARK_MASKED: u8 = 1;
const MARK_MISSING: u8 = 2;
const HATCH_PERIOD: usize = 8;
const HATCH_STRIPE: usize = 3;
const COMPONENT_PHASE_COLOUR: u32 = 4;

/// Draws a frame into a picture of `size` pixels `[width, height]`, without a device.
pub fn shade_image(pyramid: &FramePyramid, display: &ImageDisplay, size: [u32; 2]) -> RgbaPicture {
    let facts = FrameFacts::of(pyramid, 0);
    let shade = Shade {
        uniforms: ImageUniforms::new(&facts, display),
        mask: pyramid.mask.as_deref(),
        colour_map: display.colour_map,
    };
    let mut pixels = vec![0; size[0] as usize * size[1] as usize * 4];
    for_each_texel_type!(&pyramid.texels, texels => shade.fill(texels, size[0], &mut pixels));
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
    // Half is rounded up, as `round` does without its call.
    (channel.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
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

    fn fill<T: Shaded>(&self, texels: &[T], width: u32, pixels: &mut [u8]) {
        let [a, b, c, d] = self.uniforms.texel_from_target;
        let [x0, y0] = self.uniforms.origin;
        let [_, columns, rows, _] = self.uniforms.level;
        let [across, down] = self.uniforms.footprint;
        let (pixels, _) = pixels.as_chunks_mut::<4>();
        // Where the frame is not turned, all pixels of a column lie over the same texels.
        let is_straight = b == 0.0 && c == 0.0;
        let over: Vec<Under> = (0..if is_straight { width } else { 0 })
            .map(|x| Under::of(a * (x as f32 + 0.5) + x0, across, columns))
            .collect();
        let lines = pixels.chunks_exact_mut(width.max(1) as usize);
        for (line_index, line) in lines.enumerate() {
            let y = line_index as f32 + 0.5;
            let row = Under::of(d * y + y0, down, rows);
            for (x, pixel) in line.iter_mut().enumerate() {
                let (row, column) = over.get(x).map_or_else(
                    || {
                        let x = x as f32 + 0.5;
                        let column = Under::of(a * x + b * y + x0, across, columns);
                        (Under::of(c * x + d * y + y0, down, rows), column)
                    },
                    |column| (row, *column),
                );
                let colour = if row.is_inside && column.is_inside {
                    let is_stripe = (x + line_index) % HATCH_PERIOD < HATCH_STRIPE;
                    self.colour_at(texels, (row, column), is_stripe)
                } else {
                    self.uniforms.outside
                };
                *pixel = colour.map(byte_of);
            }
        }
    }

    fn colour_at<T: Shaded>(
        &self,
        texels: &[T],
        (rows, columns): (Under, Under),
        is_stripe: bool,
    ) -> [f32; 4] {
        let uniforms = &self.uniforms;
        let pool = self.pool(texels, rows, columns);
        if pool.weight <= 0.0 {
            return match pool.mark {
                _ if pool.has_nan => uniforms.not_finite,
                MARK_MISSING.. if is_stripe => uniforms.missing,
                MARK_MISSING.. => uniforms.outside,
                _ => uniforms.masked,
            };
        }
        if pool.has_saturated && self.has(FLAG_SATURATION) {
            return uniforms.saturated;
        }
        let relative = if self.has(FLAG_MEAN) {
            pool.sum / pool.weight
        } else {
            pool.largest
        };
        self.colour_of(relative, T::lo_value(uniforms), pool.phase)
    }

    fn pool<T: Shaded>(&self, texels: &[T], rows: Under, columns: Under) -> Pool {
        let uniforms = &self.uniforms;
        let [offset, width, ..] = uniforms.level;
        let [footprint_x, footprint_y] = uniforms.footprint;
        let has_weights = self.has(FLAG_MEAN);
        let has_phase = uniforms.component == COMPONENT_PHASE_COLOUR;
        let mask = self.mask.filter(|_| self.has(FLAG_MASK));
        let mut pool = Pool::default();
        for row in rows.first..=rows.last {
            for column in columns.first..=columns.last {
                let index = (offset + row * width + column) as usize;
                let Some(sample) = texels.get(index) else {
                    continue;
                };
                let mark = mask.and_then(|mask| mask.get(index)).copied().unwrap_or(0);
                if mark != 0 || self.is_sentinel(*sample) {
                    pool.mark = pool.mark.max(mark).max(MARK_MASKED);
                    continue;
                }
                if !sample.is_finite() {
                    pool.has_nan = true;
                    continue;
                }
                pool.has_saturated |= sample.reaches_word(uniforms.saturation);
                let relative = sample.above_lo(uniforms);
                let texel_weight = if has_weights {
                    overlap(row, rows.centre, footprint_y)
                        * overlap(column, columns.centre, footprint_x)
                } else {
                    1.0
                };
                if relative > pool.largest {
                    pool.largest = relative;
                    if has_phase {
                        pool.phase = sample.phase();
                    }
                }
                pool.sum += relative * texel_weight;
                pool.weight += texel_weight;
            }
        }
        pool
    }

    fn is_sentinel(&self, sample: impl Shaded) -> bool {
        let count = self.uniforms.sentinel_count as usize;
        self.uniforms
            .sentinels
            .iter()
            .take(count)
            .any(|word| sample.equals_word(*word))
    }

    fn colour_of(&self, relative: f32, lo: f32, phase: f32) -> [f32; 4] {
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
        let place = if self.has(FLAG_INVERTED) {
            1.0 - place
        } else {
            place
        };
        if self.uniforms.component == COMPONENT_PHASE_COLOUR {
            let [red, green, blue, _] = self.colour_map.at(phase / std::f32::consts::TAU + 0.5);
            return [red * place, green * place, blue * place, 1.0];
        }
        self.colour_map.at(place)
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

/// What is known of the texels under a pixel.
#[derive(Clone, Copy, Debug)]
struct Pool {
    largest: f32,
    phase: f32,
    mark: u8,
    sum: f32,
    weight: f32,
    has_nan: bool,
    has_saturated: bool,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            largest: -3.4e38,
            phase: 0.0,
            mark: 0,
            sum: 0.0,
            weight: 0.0,
            has_nan: false,
            has_saturated: false,
        }
    }
}

/// The texels of one axis that lie under a pixel.
#[derive(Clone, Copy, Debug)]
struct Under {
    first: u32,
    last: u32,
    /// Where the middle of the pixel lies, in texels.
    centre: f32,
    is_inside: bool,
}

impl Under {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the level"
    )]
    fn of(centre: f32, footprint: f32, edge: u32) -> Self {
        // Behind `max(0.0)` a cast is `floor`, without its call.
        let (first, last) = if footprint > 1.0 {
            let half = 0.5 * footprint;
            let end = (centre + half - EDGE_SLACK).max(0.0);
            let whole = end as u32;
            let is_whole = whole as f32 >= end;
            (
                (centre - half + EDGE_SLACK).max(0.0) as u32,
                whole.saturating_sub(u32::from(is_whole)),
            )
        } else {
            let place = centre.max(0.0) as u32;
            (place, place)
        };
        let end = edge.saturating_sub(1);
        Self {
            first: first.min(end),
            last: last.min(end),
            centre,
            is_inside: (0.0..edge as f32).contains(&centre),
        }
    }
}

fn overlap(texel: u32, centre: f32, footprint: f32) -> f32 {
    if footprint <= 1.0 {
        return 1.0;
    }
    let first = (texel as f32).max(centre - 0.5 * footprint);
    let last = (texel as f32 + 1.0).min(centre + 0.5 * footprint);
    (last - first).max(EDGE_SLACK)
}
