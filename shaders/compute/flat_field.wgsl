// Turns detector counts into transmission or absorbance.
//
// projections: [angle, y, x], counts
// flat, dark:  [y, x], counts
// corrected:   [angle, y, x], dimensionless; NaN where the flat does not exceed the dark
// Source: NeXus NXtomo, Beer-Lambert law; the same formula as FlatField::reference.

struct Uniforms {
    first: u32,
    end: u32,
    frame_size: u32,
    is_absorbance: u32,
    min_transmission: f32,
    nan: f32,
    unused_a: u32,
    unused_b: u32,
}

@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read_write> projections: array<f32>;
@group(0) @binding(2) var<storage, read_write> flat_field: array<f32>;
@group(0) @binding(3) var<storage, read_write> dark_field: array<f32>;
@group(0) @binding(4) var<storage, read_write> corrected: array<f32>;

// Shaders may assume that there is no NaN, so the bits are asked.
fn is_nan(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = uniforms.first + id.x;
    if index >= uniforms.end {
        return;
    }
    let pixel = index % uniforms.frame_size;
    let count = projections[index];
    let bright = flat_field[pixel];
    let dark = dark_field[pixel];
    let range = bright - dark;
    if is_nan(count) || is_nan(range) || range <= 0.0 {
        corrected[index] = uniforms.nan;
        return;
    }
    let transmission = max((count - dark) / range, uniforms.min_transmission);
    if uniforms.is_absorbance == 0u {
        corrected[index] = transmission;
    } else if transmission > 0.0 {
        corrected[index] = -log(transmission);
    } else {
        corrected[index] = uniforms.nan;
    }
}
