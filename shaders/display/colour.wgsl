// Colours what display/pool.wgsl found under each pixel; a change of range, norm or colour map costs no more than this.
// Input: `[word, facts]` of each pixel, the colour maps. Output: sRGB colour with premultiplied alpha.
// Order of tests: outside, nothing there (NaN, missing, masked), saturation, range. What is missing is hatched.
// shared/pooled.wgsl, shared/fullscreen.wgsl and shared/colour_map.wgsl are put behind this one.
// Twin on the CPU: viewers/render/src/cpu/colour.rs.

struct ColourUniforms {
    kind: u32,                  // of the words: unsigned, signed, real
    flags: u32,
    norm: u32,
    colour_map: u32,
    lo_word: u32,               // lo = lo_word + lo_rest
    lo_rest: f32,
    inverse_span: f32,          // 1 / (hi - lo)
    norm_lo: f32,
    norm_scale: f32,
    norm_parameter: f32,
    padding: vec2u,
    masked: vec4f,
    missing: vec4f,
    not_finite: vec4f,
    below: vec4f,
    above: vec4f,
    saturated: vec4f,
    outside: vec4f,
}

const KIND_UINT: u32 = 0u;
const KIND_SINT: u32 = 1u;

const FLAG_INVERTED: u32 = 1u;
const FLAG_SATURATION: u32 = 2u;
const FLAG_BELOW: u32 = 4u;
const FLAG_ABOVE: u32 = 8u;
const FLAG_PHASE_COLOUR: u32 = 16u;

// Width of a period of the hatching, and of its stripe, in pixels of the target.
const HATCH_PERIOD: u32 = 8u;
const HATCH_STRIPE: u32 = 3u;
// Rounding must not colour hi as above.
const RANGE_SLACK: f32 = 1e-6;

@group(0) @binding(0) var<uniform> display: ColourUniforms;
@group(0) @binding(1) var pooled: texture_2d<u32>;
@group(0) @binding(2) var colour_maps: texture_2d<f32>;

fn has(flag: u32) -> bool {
    return (display.flags & flag) != 0u;
}

// value - lo. Integers are subtracted as integers: f32 cannot tell 2^32 - 1 from 2^32 - 2.
fn above_lo(word: u32) -> f32 {
    switch display.kind {
        case KIND_UINT: {
            if (word >= display.lo_word) { return f32(word - display.lo_word) - display.lo_rest; }
            return -f32(display.lo_word - word) - display.lo_rest;
        }
        case KIND_SINT: {
            // The difference of two i32 always fits in an u32.
            if (bitcast<i32>(word) >= bitcast<i32>(display.lo_word)) {
                return f32(word - display.lo_word) - display.lo_rest;
            }
            return -f32(display.lo_word - word) - display.lo_rest;
        }
        default: { return (bitcast<f32>(word) - bitcast<f32>(display.lo_word)) - display.lo_rest; }
    }
}

fn lo_value() -> f32 {
    switch display.kind {
        case KIND_UINT: { return f32(display.lo_word) + display.lo_rest; }
        case KIND_SINT: { return f32(bitcast<i32>(display.lo_word)) + display.lo_rest; }
        default: { return bitcast<f32>(display.lo_word); }
    }
}

fn inverse_hyperbolic_sine(value: f32) -> f32 {
    return log(value + sqrt(value * value + 1.0));
}

// Place in the colour map, from value - lo and t = (value - lo) / (hi - lo) clamped to 0..1.
fn norm_place(relative: f32, t: f32) -> f32 {
    switch display.norm {
        case 1u: {
            let value = relative + lo_value();
            if (value <= 0.0) { return 0.0; }
            return (log(value) - display.norm_lo) * display.norm_scale;
        }
        case 2u: { return sqrt(t); }
        case 3u: { return inverse_hyperbolic_sine(t * display.norm_parameter) * display.norm_scale; }
        case 4u: {
            let value = relative + lo_value();
            let folded = sign(value) * log(1.0 + abs(value) / display.norm_parameter);
            return (folded - display.norm_lo) * display.norm_scale;
        }
        case 5u: { return pow(t, display.norm_parameter); }
        default: { return t; }
    }
}

fn colour_of(word: u32, facts: u32) -> vec4f {
    let relative = above_lo(word);
    let t = relative * display.inverse_span;
    if (t < -RANGE_SLACK && has(FLAG_BELOW)) { return display.below; }
    if (t > 1.0 + RANGE_SLACK && has(FLAG_ABOVE)) { return display.above; }
    var place = clamp(norm_place(relative, clamp(t, 0.0, 1.0)), 0.0, 1.0);
    if (has(FLAG_INVERTED)) { place = 1.0 - place; }
    if (has(FLAG_PHASE_COLOUR)) {
        return vec4f(colour_at(display.colour_map, turns_of(facts)).rgb * place, 1.0);
    }
    return colour_at(display.colour_map, place);
}

// The colour of a pixel under which no sample has a value.
fn colour_of_nothing(facts: u32, target_pixel: vec2u) -> vec4f {
    if ((facts & FACT_NAN) != 0u) { return display.not_finite; }
    if ((facts & FACT_MISSING) == 0u) { return display.masked; }
    let is_stripe = (target_pixel.x + target_pixel.y) % HATCH_PERIOD < HATCH_STRIPE;
    return select(display.outside, display.missing, is_stripe);
}

@fragment
fn fs_colour(@builtin(position) target_point: vec4f) -> @location(0) vec4f {
    let pixel = vec2u(target_point.xy);
    let found = textureLoad(pooled, vec2i(pixel), 0).rg;
    if ((found.g & FACT_INSIDE) == 0u) { return display.outside; }
    if ((found.g & FACT_VALUE) == 0u) { return colour_of_nothing(found.g, pixel); }
    if ((found.g & FACT_SATURATED) != 0u && has(FLAG_SATURATION)) { return display.saturated; }
    return colour_of(found.r, found.g);
}
