// Copies an off-screen picture into the viewport of a pass.
// Input: picture, sRGB bytes with premultiplied alpha. Output: the same, blended by the pipeline;
// `fs_blit_linear` is for targets whose hardware turns linear colours into sRGB.
// Put before shared/fullscreen.wgsl.

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var picture_sampler: sampler;

struct BlitVertex {
    @builtin(position) position: vec4f,
    @location(0) place: vec2f,
}

@vertex
fn vs_blit(@builtin(vertex_index) index: u32) -> BlitVertex {
    let position = fullscreen_corner(index);
    return BlitVertex(position, vec2f(0.5, -0.5) * position.xy + 0.5);
}

@fragment
fn fs_blit(vertex: BlitVertex) -> @location(0) vec4f {
    return textureSampleLevel(picture, picture_sampler, vertex.place, 0.0);
}

// IEC 61966-2-1.
fn linear_from_srgb(colour: vec3f) -> vec3f {
    let low = colour / 12.92;
    let high = pow((colour + 0.055) / 1.055, vec3f(2.4));
    return select(high, low, colour <= vec3f(0.04045));
}

@fragment
fn fs_blit_linear(vertex: BlitVertex) -> @location(0) vec4f {
    let colour = textureSampleLevel(picture, picture_sampler, vertex.place, 0.0);
    return vec4f(linear_from_srgb(colour.rgb), colour.a);
}
