// How display/image.wgsl reads real numbers (R16Float, R32Float).
// Words of the uniform (sentinels, saturation, lo) are of the sample's type; NaN is found by its bits,
// since a compiler may assume that it does not exist.

@group(0) @binding(1) var samples: texture_2d_array<f32>;

alias Sample = f32;

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

fn above_lo(sample: Sample) -> f32 {
    return (sample - bitcast<f32>(display.lo_word)) - display.lo_rest;
}

fn lo_value() -> f32 {
    return bitcast<f32>(display.lo_word);
}

// A real number has no phase.
fn phase_of(sample: Sample) -> f32 {
    return 0.0;
}
