//! Twin of the image shaders on the processor: test oracle, and fallback without any device.
//!
//! The same steps in the same order and in f32, so that pictures differ by at most one step of a channel.

mod colour;
mod panels;
mod pool;
mod samples;
mod under;

use self::colour::Colouring;
use self::panels::Ranked;
use self::pool::Pooling;
use self::samples::Shaded;
use self::under::Under;
use crate::display::ImageDisplay;
use crate::panels::PanelPlace;
use crate::pyramid::{FramePyramid, for_each_texel_type};
use crate::readback::RgbaPicture;
use crate::uniforms::colour::ColourUniforms;
use crate::uniforms::panels::PanelsDrawn;
use crate::uniforms::pool::{FrameFacts, PoolUniforms};

/// Draws a frame into a picture of `size` pixels `[width, height]`, without a device.
pub fn shade_image(pyramid: &FramePyramid, display: &ImageDisplay, size: [u32; 2]) -> RgbaPicture {
    let facts = FrameFacts::of(pyramid, 0);
    let shade = Shade {
        pooling: Pooling {
            uniforms: PoolUniforms::new(&facts, display),
            mask: pyramid.mask.as_deref(),
        },
        colouring: Colouring {
            uniforms: ColourUniforms::new(&facts, display),
            colour_map: display.colour_map,
        },
    };
    let mut pixels = vec![0; size[0] as usize * size[1] as usize * 4];
    for_each_texel_type!(&pyramid.texels, texels => shade.fill(texels, size[0], &mut pixels));
    RgbaPicture {
        width: size[0],
        height: size[1],
        pixels,
    }
}

/// Draws the panels of a frame, each at its place, into a picture of `size` pixels `[width, height]`, without a device.
pub fn shade_panels(
    pyramid: &FramePyramid,
    display: &ImageDisplay,
    panels: &[PanelPlace],
    size: [u32; 2],
) -> RgbaPicture {
    let facts = FrameFacts::of(pyramid, 0);
    let drawn = PanelsDrawn::new(&facts, display, (panels, size));
    let pooling = Pooling {
        uniforms: drawn.uniforms,
        mask: pyramid.mask.as_deref(),
    };
    let colouring = Colouring {
        uniforms: ColourUniforms::new(&facts, display),
        colour_map: display.colour_map,
    };
    let mut ranked = Ranked::new(size);
    let places = drawn.boxes.iter().copied();
    for panel in drawn.instances.iter().zip(places) {
        for_each_texel_type!(&pyramid.texels, texels => ranked.draw(texels, &pooling, panel));
    }
    let width = size[0].max(1) as usize;
    let pixels = ranked.pooled.iter().enumerate().flat_map(|(at, pooled)| {
        colouring
            .colour(pooled, [at % width, at / width])
            .map(byte_of)
    });
    RgbaPicture {
        width: size[0],
        height: size[1],
        pixels: pixels.collect(),
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
    pooling: Pooling<'a>,
    colouring: Colouring,
}

impl Shade<'_> {
    fn fill<T: Shaded>(&self, texels: &[T], width: u32, pixels: &mut [u8]) {
        let uniforms = &self.pooling.uniforms;
        let [a, b, c, d] = uniforms.texel_from_target;
        let [x0, y0] = uniforms.origin;
        let [_, columns, rows, _] = uniforms.level;
        let [across, down] = uniforms.footprint;
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
                let pooled = self.pooling.pool(texels, row, column);
                let colour = self.colouring.colour(&pooled, [x, line_index]);
                *pixel = colour.map(byte_of);
            }
        }
    }
}
