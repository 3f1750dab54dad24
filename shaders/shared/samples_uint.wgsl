// How display/pool.wgsl reads unsigned integers (R8Uint, R16Uint, R32Uint).
// Words of the uniform (sentinels, saturation) are of the sample's type.

@group(0) @binding(1) var samples: texture_2d_array<u32>;

alias Sample = u32;
alias Value = u32;

fn read_sample(place: vec3u) -> Sample {
    return textureLoad(samples, vec2i(place.xy), i32(place.z), 0).r;
}

fn is_finite(sample: Sample) -> bool {
    return true;
}

fn equals_word(sample: Sample, word: u32) -> bool {
    return sample == word;
}

fn reaches_word(sample: Sample, word: u32) -> bool {
    return sample >= word;
}

fn value_of(sample: Sample) -> Value {
    return sample;
}

// A real number has no phase.
fn phase_of(sample: Sample) -> f32 {
    return 0.0;
}

// The key is the number itself.
fn key_of(sample: Sample, bits: u32) -> u32 {
    return sample;
}
