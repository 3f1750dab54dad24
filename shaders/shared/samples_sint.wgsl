// How display/image.wgsl reads signed integers (R8Sint, R16Sint, R32Sint).
// Words of the uniform (sentinels, saturation, lo) are of the sample's type; NaN is found by its bits,
// since a compiler may assume that it does not exist.

@group(0) @binding(1) var samples: texture_2d_array<i32>;

alias Sample = i32;

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

// sample - lo, subtracted as integers; the difference of two i32 always fits in an u32.
fn above_lo(sample: Sample) -> f32 {
    if (sample >= bitcast<i32>(display.lo_word)) {
        return f32(bitcast<u32>(sample) - display.lo_word) - display.lo_rest;
    }
    return -f32(display.lo_word - bitcast<u32>(sample)) - display.lo_rest;
}

fn lo_value() -> f32 {
    return f32(bitcast<i32>(display.lo_word)) + display.lo_rest;
}

// A real number has no phase.
fn phase_of(sample: Sample) -> f32 {
    return 0.0;
}
