// How display/pool.wgsl reads signed integers (R8Sint, R16Sint, R32Sint).
// Words of the uniform (sentinels, saturation) are of the sample's type.

@group(0) @binding(1) var samples: texture_2d_array<i32>;

alias Sample = i32;
alias Value = i32;

fn read_sample(place: vec3u) -> Sample {
    return textureLoad(samples, vec2i(place.xy), i32(place.z), 0).r;
}

fn is_finite(sample: Sample) -> bool {
    return true;
}

fn equals_word(sample: Sample, word: u32) -> bool {
    return sample == bitcast<i32>(word);
}

fn reaches_word(sample: Sample, word: u32) -> bool {
    return sample >= bitcast<i32>(word);
}

fn value_of(sample: Sample) -> Value {
    return sample;
}

// A real number has no phase.
fn phase_of(sample: Sample) -> f32 {
    return 0.0;
}

// Counted from the smallest number of so many bits.
fn key_of(sample: Sample, bits: u32) -> u32 {
    return bitcast<u32>(sample) + (1u << (bits - 1u));
}
