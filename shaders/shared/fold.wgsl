// Where a texel of a run lies in the texture array that the run is folded into.
// Input: index of the texel, log2 of the texels in a layer. Output: x, y, layer.

// Texels in a row are 2^11.
const ROW_SHIFT: u32 = 11u;

fn place_in_fold(index: u32, layer_shift: u32) -> vec3u {
    let within_layer = index & ((1u << layer_shift) - 1u);
    return vec3u(within_layer & ((1u << ROW_SHIFT) - 1u), within_layer >> ROW_SHIFT, index >> layer_shift);
}
