// Colour maps as rows of one texture, 256 sRGB colours each, with seven more between each two of them.
// Needs: `colour_maps: texture_2d<f32>`.
// Input: row, place in 0..1 (clamped). Output: opaque sRGB colour, a quarter of a step from the exact one at most.

const LAST_COLOUR: f32 = 2040.0;    // 255 * 8

fn colour_at(row: u32, place: f32) -> vec4f {
    return textureLoad(colour_maps, vec2i(i32(clamp(place, 0.0, 1.0) * LAST_COLOUR + 0.5), i32(row)), 0);
}
