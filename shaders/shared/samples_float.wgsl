// How display/pool.wgsl reads real numbers (R16Float, R32Float).
// Words of the uniform (sentinels, saturation) are of the sample's type; NaN is found by its bits,
// since a compiler may assume that it does not exist.

@group(0) @binding(1) var samples: texture_2d_array<f32>;

alias Sample = f32;
alias Value = f32;

fn read_sample(place: vec3u) -> Sample {
    return textureLoad(samples, vec2i(place.xy), i32(place.z), 0).r;
}

fn is_finite(sample: Sample) -> bool {
    return (bitcast<u32>(sample) & 0x7f800000u) != 0x7f800000u;
}

fn equals_word(sample: Sample, word: u32) -> bool {
    return sample == bitcast<f32>(word);
}

fn reaches_word(sample: Sample, word: u32) -> bool {
    return sample >= bitcast<f32>(word);
}

fn value_of(sample: Sample) -> Value {
    return sample;
}

// A real number has no phase.
fn phase_of(sample: Sample) -> f32 {
    return 0.0;
}

// The word of a number in binary16, of which `sample` is one.
fn half_word(sample: f32) -> u32 {
    let word = bitcast<u32>(sample);
    let size = word & 0x7fffffffu;
    let sign = (word >> 16u) & 0x8000u;
    if (size >= 0x7f800000u) { return sign | 0x7c00u; }
    // Below 2^-14 the word counts steps of 2^-24.
    if (size < 0x38800000u) { return sign | u32(abs(sample) * 16777216.0); }
    return sign | ((size - 0x38000000u) >> 13u);
}

// Negative numbers count down from the middle, the others up. Minus zero is zero.
fn key_of(sample: Sample, bits: u32) -> u32 {
    var word = bitcast<u32>(sample);
    if (bits == 16u) { word = half_word(sample); }
    let sign = 1u << (bits - 1u);
    if ((word & sign) == 0u || word == sign) { return word | sign; }
    return ~word & (sign | (sign - 1u));
}
