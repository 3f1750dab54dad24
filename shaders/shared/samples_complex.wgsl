// How display/pool.wgsl reads complex numbers (Rg32Float).
// NaN is found by its bits, since a compiler may assume that it does not exist.

@group(0) @binding(1) var samples: texture_2d_array<f32>;

alias Sample = vec2f;
alias Value = f32;

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

// A complex number has no key that a device compares.
fn key_of(sample: Sample, bits: u32) -> u32 {
    return 0u;
}

// In radians; the phase of zero is zero, atan2 leaves it open.
fn phase_of(sample: Sample) -> f32 {
    return select(atan2(sample.y, sample.x), 0.0, all(sample == vec2f(0.0)));
}

// The component that is shown.
fn value_of(sample: Sample) -> Value {
    switch frame.component {
        case 1u: { return phase_of(sample); }
        case 2u: { return sample.x; }
        case 3u: { return sample.y; }
        default: { return length(sample); }
    }
}
