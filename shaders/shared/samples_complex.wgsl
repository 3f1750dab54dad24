// How display/image.wgsl reads complex numbers (Rg32Float).
// Words of the uniform (sentinels, saturation, lo) are of the sample's type; NaN is found by its bits,
// since a compiler may assume that it does not exist.

@group(0) @binding(1) var samples: texture_2d_array<f32>;

alias Sample = vec2f;

fn read_sample(place: vec3u) -> Sample {
    return textureLoad(samples, vec2i(place.xy), i32(place.z), 0).rg;
}

fn is_finite(sample: Sample) -> bool {
    return all((bitcast<vec2u>(sample) & vec2u(0x7f800000u)) != vec2u(0x7f800000u));
}

// A complex number has no sentinel and no saturation.
fn equals_word(sample: Sample, word: u32) -> bool {
    return false;
}

fn reaches_word(sample: Sample, word: u32) -> bool {
    return false;
}

// In radians; the phase of zero is zero, atan2 leaves it open.
fn phase_of(sample: Sample) -> f32 {
    return select(atan2(sample.y, sample.x), 0.0, all(sample == vec2f(0.0)));
}

fn above_lo(sample: Sample) -> f32 {
    var value = length(sample);
    switch display.component {
        case 1u: { value = phase_of(sample); }
        case 2u: { value = sample.x; }
        case 3u: { value = sample.y; }
        default: {}
    }
    return (value - bitcast<f32>(display.lo_word)) - display.lo_rest;
}

fn lo_value() -> f32 {
    return bitcast<f32>(display.lo_word);
}
