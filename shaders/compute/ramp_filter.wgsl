// Convolves rows of a sinogram with the kernel of the ramp filter.
//
// rows:     [slice * angle, x], line integrals, finite
// taps:     [kernel by distance, weight of the first sample, weight of the last], each `width` long
// weights:  [angle], the angle that each projection stands for, in radians
// filtered: [slice * angle, x], in 1/px
// Source: Kak and Slaney (1988), section 3.3; the same sum as RampFilter::reference.

struct Uniforms {
    width: u32,
    angle_count: u32,
    row_first: u32,
    row_end: u32,
}

@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read_write> rows: array<f32>;
@group(0) @binding(2) var<storage, read_write> taps: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> filtered: array<f32>;

const TILE: u32 = 256u;
var<workgroup> samples: array<f32, 256>;
var<workgroup> kernel: array<f32, 512>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let row = uniforms.row_first + group.y;
    if row >= uniforms.row_end {
        return;
    }
    let width = uniforms.width;
    let x = group.x * TILE + local.x;
    let start = row * width;
    var sum = 0.0;
    for (var tile = 0u; tile < width; tile += TILE) {
        let source = tile + local.x;
        samples[local.x] = select(0.0, rows[start + min(source, width - 1u)], source < width);
        // kernel[k] is the tap at distance |group.x * TILE - tile + k - 255|.
        for (var k = local.x; k < 511u; k += TILE) {
            let distance = u32(abs(i32(group.x * TILE) - i32(tile) + i32(k) - 255));
            kernel[k] = select(0.0, taps[min(distance, width - 1u)], distance < width);
        }
        workgroupBarrier();
        var part = 0.0;
        for (var j = 0u; j < TILE; j += 1u) {
            part += samples[j] * kernel[local.x + 255u - j];
        }
        sum += part;
        workgroupBarrier();
    }
    if x < width {
        sum += rows[start] * taps[width + x] + rows[start + width - 1u] * taps[2u * width + x];
        filtered[start + x] = sum * weights[row % uniforms.angle_count];
    }
}
