// Adds some angles of a filtered sinogram to the pixels of slices.
//
// filtered:   [slice, angle, x], in 1/px, weighted by the angle
// directions: [angle, 2], cosine and sine
// slices:     [slice, y, x], in 1/px
// Rows are 0 beyond their ends and linear between their samples. One
// invocation takes one pixel of up to four slices, which share index and weight.
// Source: Kak and Slaney (1988), section 3.3; the same sum as Fbp::reference.

struct Uniforms {
    width: u32,
    angle_count: u32,
    angle_first: u32,
    angle_end: u32,
    out_width: u32,
    out_height: u32,
    slice_count: u32,
    centre: f32,
    first_x: f32,
    first_y: f32,
    step: f32,
    radius2: f32,
}

@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read_write> filtered: array<f32>;
@group(0) @binding(2) var<storage, read_write> directions: array<f32>;
@group(0) @binding(3) var<storage, read_write> slices: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= uniforms.out_width || id.y >= uniforms.out_height {
        return;
    }
    let x = uniforms.first_x + f32(id.x) * uniforms.step;
    let y = uniforms.first_y + f32(id.y) * uniforms.step;
    if x * x + y * y > uniforms.radius2 {
        return;
    }
    let width = i32(uniforms.width);
    let slice_first = id.z * 4u;
    let slice_end = min(slice_first + 4u, uniforms.slice_count);
    var sums = vec4<f32>(0.0);
    for (var angle = uniforms.angle_first; angle < uniforms.angle_end; angle += 1u) {
        let position = uniforms.centre + x * directions[2u * angle] + y * directions[2u * angle + 1u];
        let below = floor(position);
        if below < -1.0 || below >= f32(width) {
            continue;
        }
        let weight = position - below;
        let left = i32(below);
        let right = left + 1;
        for (var slice = slice_first; slice < slice_end; slice += 1u) {
            let row = i32((slice * uniforms.angle_count + angle) * uniforms.width);
            let a = select(0.0, filtered[row + max(left, 0)], left >= 0);
            let b = select(0.0, filtered[row + min(right, width - 1)], right < width);
            sums[slice - slice_first] += a + weight * (b - a);
        }
    }
    for (var slice = slice_first; slice < slice_end; slice += 1u) {
        let pixel = (slice * uniforms.out_height + id.y) * uniforms.out_width + id.x;
        slices[pixel] += sums[slice - slice_first];
    }
}
