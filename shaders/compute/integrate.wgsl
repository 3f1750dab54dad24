// Integrates frames over the azimuth: the mean intensity of the pixels of each bin.
//
// frames:    [frame, pixel], counts; what is not finite does not count
// starts:    [bin + 1], where the pixels of each bin begin in the next two
// pixels:    the pixels of each bin
// parts:     the part of each pixel in the bin
// weights:   [pixel], what a pixel is divided by
// dark:      [pixel], what is taken from its count
// intensity: [frame, bin], NaN where no pixel is
// Source: the same sums as Integrate::reference. A thread adds every 64th pixel
// of a bin with the compensation of Kahan (1965), and a tree adds the threads.

struct Uniforms {
    bin_first: u32,
    bin_end: u32,
    bin_count: u32,
    pixel_count: u32,
    frame: u32,
    nan: f32,
    zero: f32,
    unused: u32,
}

@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read_write> frames: array<f32>;
@group(0) @binding(2) var<storage, read_write> starts: array<u32>;
@group(0) @binding(3) var<storage, read_write> pixels: array<u32>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;
@group(0) @binding(5) var<storage, read_write> weights: array<f32>;
@group(0) @binding(6) var<storage, read_write> dark: array<f32>;
@group(0) @binding(7) var<storage, read_write> intensity: array<f32>;

const THREADS: u32 = 64u;
var<workgroup> signals: array<f32, 64>;
var<workgroup> norms: array<f32, 64>;

// Shaders may assume that there is no NaN, so the bits are asked.
fn is_finite(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

// A compiler that takes sums apart would find that the compensation is zero; it
// cannot know what the uniform holds.
fn exact(value: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(value) ^ bitcast<u32>(uniforms.zero));
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let bin = uniforms.bin_first + group.x;
    if bin >= uniforms.bin_end {
        return;
    }
    let base = uniforms.frame * uniforms.pixel_count;
    var signal = 0.0;
    var norm = 0.0;
    var lost_signal = 0.0;
    var lost_norm = 0.0;
    for (var at = starts[bin] + local.x; at < starts[bin + 1u]; at += THREADS) {
        let pixel = pixels[at];
        let count = frames[base + pixel];
        if is_finite(count) {
            let more = parts[at] * (count - dark[pixel]) - lost_signal;
            let next = exact(signal + more);
            lost_signal = exact(next - signal) - more;
            signal = next;
            let weight = parts[at] * weights[pixel] - lost_norm;
            let heavier = exact(norm + weight);
            lost_norm = exact(heavier - norm) - weight;
            norm = heavier;
        }
    }
    signals[local.x] = signal;
    norms[local.x] = norm;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if local.x < half {
            signals[local.x] += signals[local.x + half];
            norms[local.x] += norms[local.x + half];
        }
        workgroupBarrier();
    }
    if local.x == 0u {
        let mean = signals[0] / norms[0];
        intensity[uniforms.frame * uniforms.bin_count + bin] = select(mean, uniforms.nan, norms[0] == 0.0);
    }
}
