//! The uniforms of the image shaders, and how a display becomes them.

pub(crate) mod colour;
pub(crate) mod panels;
pub(crate) mod pool;

use crate::display::Rgba;

/// A theme colour as the shader writes it: channels in 0..=1, multiplied by alpha.
pub(crate) fn premultiplied(colour: Rgba) -> [f32; 4] {
    let [red, green, blue, alpha] = colour.map(|channel| f32::from(channel) / 255.0);
    [red * alpha, green * alpha, blue * alpha, alpha]
}

/// How far from 0 the ends of a range, and samples in binary64, lie at most: the distance of two such numbers, and what
/// one divided by it is, are ordinary numbers of f32.
pub(crate) const FARTHEST: f64 = 1e37;

#[expect(
    clippy::cast_possible_truncation,
    reason = "the shader computes in f32"
)]
pub(crate) fn single(value: f64) -> f32 {
    value as f32
}
