// Colour maps as rows of one texture, 256 sRGB colours each.
// Needs: `colour_maps: texture_2d<f32>`.
// Input: row, place in 0..1 (clamped). Output: opaque sRGB colour, linear between two entries.

fn colour_at(row: u32, place: f32) -> vec4f {
    let position = clamp(place, 0.0, 1.0) * 255.0;
    let index = i32(position);
    let here = textureLoad(colour_maps, vec2i(index, i32(row)), 0);
    let next = textureLoad(colour_maps, vec2i(min(index + 1, 255), i32(row)), 0);
    return mix(here, next, position - f32(index));
}
