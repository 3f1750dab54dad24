// One triangle over the whole target, without a vertex buffer.
// Input: vertex index 0, 1, 2. Output: clip position.

fn fullscreen_corner(index: u32) -> vec4f {
    let corner = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(corner * 2.0 - 1.0, 0.0, 1.0);
}

@vertex
fn vs_fullscreen(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    return fullscreen_corner(index);
}
