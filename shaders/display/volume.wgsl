// Marches one ray for each pixel through a volume: maximum intensity, or front-to-back compositing.
// Inputs: voxels in 0..1 (R8Unorm or R16Float), the largest voxel of each brick of 16^3 (grown by one voxel on
// each side, so that a skipped brick cannot reach a sample between voxels), the colour maps.
// Output: sRGB colour with premultiplied alpha.
// Spaces: `world` has the longest edge of the volume as 1 and its centre as origin; `voxel` counts voxel edges,
// so voxel i reaches from i to i + 1. Samples lie at entry + (i + 1/2) step; skipping a brick only moves i on, so
// a picture is the same bit for bit with and without it.
// Source of the compositing: Levoy 1988, IEEE CG&A 8(3), 29. Twin on the CPU: viewers/render/src/volume_cpu.rs.
// Put before shared/fullscreen.wgsl and shared/colour_map.wgsl.

struct VolumeUniforms {
    eye: vec4f,             // voxel
    right: vec4f,           // world, from the middle to the right edge of the picture at distance 1
    up: vec4f,              // world, from the middle to its top edge
    forward: vec4f,         // world, unit length
    voxel_from_world: vec4f,
    clip_lo: vec4f,         // voxel
    clip_hi: vec4f,         // voxel
    target_size: vec2f,     // pixels
    step: f32,              // world
    step_voxels: f32,       // the same, in the smallest edge of a voxel
    window_lo: f32,
    window_hi: f32,
    opacity: f32,           // of one voxel at the upper end of the window
    shading: f32,           // 0 flat to 1 lit
    mode: u32,              // 0 maximum intensity, 1 composite
    colour_map: u32,
    flags: u32,
    line_width: f32,        // pixels
    background: vec4f,
    line: vec4f,
}

const FLAG_SKIP: u32 = 1u;
const FLAG_BOX: u32 = 2u;
const FLAG_INVERTED: u32 = 4u;
const BRICK: f32 = 16.0;
// Opacity behind which nothing is seen.
const OPAQUE: f32 = 0.99;

@group(0) @binding(0) var<uniform> view: VolumeUniforms;
@group(0) @binding(1) var voxels: texture_3d<f32>;
@group(0) @binding(2) var brick_max: texture_3d<f32>;
@group(0) @binding(3) var colour_maps: texture_2d<f32>;
@group(0) @binding(4) var linear_sampler: sampler;

struct Ray {
    origin: vec3f,      // voxel
    direction: vec3f,   // voxel for each unit of world
    inverse: vec3f,
    world: vec3f,       // unit length
}

fn ray_through(pixel: vec2f) -> Ray {
    let place = pixel / view.target_size * 2.0 - 1.0;
    let world = normalize(view.forward.xyz + place.x * view.right.xyz - place.y * view.up.xyz);
    var direction = world * view.voxel_from_world.xyz;
    // A ray along a face would give 0 * infinity below.
    direction = select(direction, vec3f(1e-6), abs(direction) < vec3f(1e-6));
    return Ray(view.eye.xyz, direction, 1.0 / direction, world);
}

// Distances at which the ray enters and leaves a box.
fn span_in_box(ray: Ray, lo: vec3f, hi: vec3f) -> vec2f {
    let a = (lo - ray.origin) * ray.inverse;
    let b = (hi - ray.origin) * ray.inverse;
    let near = min(a, b);
    let far = max(a, b);
    return vec2f(max(max(near.x, max(near.y, near.z)), 0.0), min(far.x, min(far.y, far.z)));
}

// At a point of the texture, 0..1 along each axis.
fn voxel_at(place: vec3f) -> f32 {
    return textureSampleLevel(voxels, linear_sampler, place, 0.0).r;
}

fn window_place(value: f32) -> f32 {
    return clamp((value - view.window_lo) / (view.window_hi - view.window_lo), 0.0, 1.0);
}

fn map_colour(place: f32) -> vec3f {
    return colour_at(view.colour_map, select(place, 1.0 - place, (view.flags & FLAG_INVERTED) != 0u)).rgb;
}

// Opacity of one voxel: faint near the lower end of the window, so that noise stays a haze.
fn opacity_at(place: f32) -> f32 {
    return view.opacity * place * place * (3.0 - 2.0 * place);
}

// Light from above the viewer's left shoulder; where the volume is even there is no surface to light.
fn lit(colour: vec3f, place: vec3f, ray: Ray) -> vec3f {
    let one = 1.0 / vec3f(textureDimensions(voxels));
    let along_x = vec3f(one.x, 0.0, 0.0);
    let along_y = vec3f(0.0, one.y, 0.0);
    let along_z = vec3f(0.0, 0.0, one.z);
    let gradient = vec3f(
        voxel_at(place + along_x) - voxel_at(place - along_x),
        voxel_at(place + along_y) - voxel_at(place - along_y),
        voxel_at(place + along_z) - voxel_at(place - along_z),
    );
    let size = length(gradient);
    if (size < 1e-5) { return colour; }
    // Gradients are covectors: they scale with the inverse of what points scale with.
    let normal = -normalize(gradient * view.voxel_from_world.xyz);
    let light = normalize(normalize(view.up.xyz) * 0.6 - normalize(view.right.xyz) * 0.45 - ray.world);
    let diffuse = max(dot(normal, light), 0.0);
    let glint = pow(max(dot(normal, normalize(light - ray.world)), 0.0), 24.0);
    let surface = clamp(size / (view.window_hi - view.window_lo) * 4.0, 0.0, 1.0) * view.shading;
    return mix(colour, colour * (0.28 + 0.85 * diffuse) + 0.12 * glint, surface);
}

// Colour of the volume along the ray, premultiplied.
fn march(ray: Ray, span: vec2f) -> vec4f {
    let last_brick = vec3i(textureDimensions(brick_max)) - 1;
    let count = i32(ceil((span.y - span.x) / view.step - 0.5));
    let skips = (view.flags & FLAG_SKIP) != 0u;
    let edges = vec3f(textureDimensions(voxels));
    let place_origin = ray.origin / edges;
    let place_direction = ray.direction / edges;
    var largest = 0.0;
    var sum = vec4f(0.0);
    var index = 0;
    while (index < count && largest < view.window_hi && sum.a < OPAQUE) {
        let here = ray.origin + ray.direction * (span.x + (f32(index) + 0.5) * view.step);
        let brick = clamp(vec3i(here / BRICK), vec3i(0), last_brick);
        let corner = vec3f(brick) * BRICK;
        let leave = span_in_box(ray, corner, corner + BRICK).y;
        let next = clamp(i32(ceil((leave - span.x) / view.step - 0.5)), index + 1, count);
        let needed = max(largest, view.window_lo);
        if (skips && textureLoad(brick_max, brick, 0).r <= needed) {
            index = next;
            continue;
        }
        for (; index < next && sum.a < OPAQUE; index++) {
            let place = place_origin + place_direction * (span.x + (f32(index) + 0.5) * view.step);
            let value = voxel_at(place);
            if (view.mode == 0u) {
                largest = max(largest, value);
            } else if (value > view.window_lo) {
                let in_window = window_place(value);
                let alpha = 1.0 - pow(1.0 - opacity_at(in_window), view.step_voxels);
                var colour = map_colour(in_window);
                if (view.shading > 0.0 && alpha > 1e-3) { colour = lit(colour, place, ray); }
                sum += vec4f(colour * alpha, alpha) * (1.0 - sum.a);
            }
        }
    }
    if (view.mode == 0u) {
        // The lower end fades into the background, or the box of the volume would be a block.
        let in_window = window_place(largest);
        let alpha = smoothstep(0.0, 0.12, in_window);
        return vec4f(map_colour(in_window) * alpha, alpha);
    }
    if (sum.a >= OPAQUE) { return sum / sum.a; }
    return sum;
}

// How much of a point on the surface of the clip box lies on one of its edges, with the colour of that edge:
// the three edges at the origin are x red, y green, z blue.
fn edge_colour(ray: Ray, distance: f32) -> vec4f {
    let outer_point = ray.origin + ray.direction * distance;
    // The grown box is hit beside an edge of the box itself, which has no gap there.
    let point = clamp(outer_point, view.clip_lo.xyz, view.clip_hi.xyz);
    let to_lo = abs(point - view.clip_lo.xyz) / view.voxel_from_world.xyz;
    let to_hi = abs(point - view.clip_hi.xyz) / view.voxel_from_world.xyz;
    let gap = min(to_lo, to_hi);
    // An edge is where two of the three gaps vanish: the middle one decides.
    let middle = max(min(gap.x, gap.y), min(max(gap.x, gap.y), gap.z));
    let pixel = distance * 2.0 * length(view.up.xyz) / view.target_size.y;
    let cover = 1.0 - smoothstep(0.5 * view.line_width, 0.5 * view.line_width + 1.0, middle / pixel);
    var colour = view.line;
    let is_at_origin = to_lo <= vec3f(pixel * (view.line_width + 1.0));
    if (is_at_origin.y && is_at_origin.z) { colour = vec4f(0.90, 0.44, 0.48, 1.0); }
    if (is_at_origin.x && is_at_origin.z) { colour = vec4f(0.48, 0.77, 0.50, 1.0); }
    if (is_at_origin.x && is_at_origin.y) { colour = vec4f(0.42, 0.64, 0.93, 1.0); }
    return colour * cover;
}

fn over(front: vec4f, back: vec4f) -> vec4f {
    return front + back * (1.0 - front.a);
}

@fragment
fn fs_volume(@builtin(position) target_point: vec4f) -> @location(0) vec4f {
    let ray = ray_through(target_point.xy);
    var colour = view.background;
    var front_edge = vec4f(0.0);
    if ((view.flags & FLAG_BOX) != 0u) {
        // A box that is larger by half a line also has the outer half of its edges.
        let eye_distance = length((view.eye.xyz - 0.5 * (view.clip_lo.xyz + view.clip_hi.xyz)) / view.voxel_from_world.xyz);
        let grow = eye_distance * length(view.up.xyz) / view.target_size.y * (view.line_width + 1.0) * view.voxel_from_world.xyz;
        let outer = span_in_box(ray, view.clip_lo.xyz - grow, view.clip_hi.xyz + grow);
        if (outer.y > outer.x) {
            colour = over(edge_colour(ray, outer.y), colour);
            if (outer.x > 0.0) { front_edge = edge_colour(ray, outer.x); }
        }
    }
    let span = span_in_box(ray, view.clip_lo.xyz, view.clip_hi.xyz);
    if (span.y > span.x) { colour = over(march(ray, span), colour); }
    return over(front_edge, colour);
}
