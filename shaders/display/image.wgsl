// Draws one frame of raw samples.
// Input: the pyramid of a frame as one run of texels in a texture array (row length 2048), a mask of the
// same layout, the colour maps. Output: sRGB colour with premultiplied alpha.
// Order of tests: outside, then mask, sentinel, NaN on each texel under the pixel, then saturation, range.
// Where all texels under a pixel are missing at their source it is hatched.
// The file shared/samples_*.wgsl for the type of the samples is put behind this one, as are
// shared/fullscreen.wgsl and shared/colour_map.wgsl. Twin on the CPU: viewers/render/src/cpu.rs.

struct ImageUniforms {
    texel_from_target: vec4f,   // [xx, xy, yx, yy], in texels of the level
    origin: vec2f,              // texel edge coordinates of the target's corner
    footprint: vec2f,           // texels under one target pixel along x, y
    level: vec4u,               // offset, width, height, log2 of texels in a layer
    flags: u32,
    norm: u32,
    component: u32,
    colour_map: u32,
    sentinels: vec4u,
    sentinel_count: u32,
    saturation: u32,
    lo_word: u32,               // lo = lo_word + lo_rest
    lo_rest: f32,
    inverse_span: f32,          // 1 / (hi - lo)
    norm_lo: f32,
    norm_scale: f32,
    norm_parameter: f32,
    masked: vec4f,
    missing: vec4f,
    not_finite: vec4f,
    below: vec4f,
    above: vec4f,
    saturated: vec4f,
    outside: vec4f,
}

const FLAG_INVERTED: u32 = 1u;
const FLAG_MASK: u32 = 2u;
const FLAG_SATURATION: u32 = 4u;
const FLAG_BELOW: u32 = 8u;
const FLAG_ABOVE: u32 = 16u;
const FLAG_MEAN: u32 = 32u;

// Marks in the mask: masked by the detector, missing at its source.
const MARK_MASKED: u32 = 1u;
const MARK_MISSING: u32 = 2u;
// Width of a period of the hatching, and of its stripe, in pixels of the target.
const HATCH_PERIOD: u32 = 8u;
const HATCH_STRIPE: u32 = 3u;
// The component that shows the amplitude as brightness and the phase as colour.
const COMPONENT_PHASE_COLOUR: u32 = 4u;
const TURN: f32 = 6.2831855;

// Texels in a row are 2^11.
const ROW_SHIFT: u32 = 11u;
// Rounding must not add a texel to a footprint that ends at an edge, nor colour hi as above.
const EDGE_SLACK: f32 = 1e-3;
const RANGE_SLACK: f32 = 1e-6;

@group(0) @binding(0) var<uniform> display: ImageUniforms;
@group(0) @binding(2) var mask: texture_2d_array<u32>;
@group(0) @binding(3) var colour_maps: texture_2d<f32>;

fn has(flag: u32) -> bool {
    return (display.flags & flag) != 0u;
}

// Place of a texel of the run: x, y, layer.
fn place_of(index: u32) -> vec3u {
    let within_layer = index & ((1u << display.level.w) - 1u);
    return vec3u(within_layer & ((1u << ROW_SHIFT) - 1u), within_layer >> ROW_SHIFT, index >> display.level.w);
}

fn is_sentinel(sample: Sample) -> bool {
    return (display.sentinel_count > 0u && equals_word(sample, display.sentinels.x))
        || (display.sentinel_count > 1u && equals_word(sample, display.sentinels.y))
        || (display.sentinel_count > 2u && equals_word(sample, display.sentinels.z))
        || (display.sentinel_count > 3u && equals_word(sample, display.sentinels.w));
}

// First and last texel under a footprint along one axis.
fn texels_under(centre: f32, footprint: f32, edge: u32) -> vec2i {
    var first = i32(floor(centre));
    var last = first;
    if (footprint > 1.0) {
        first = i32(floor(centre - 0.5 * footprint + EDGE_SLACK));
        last = i32(ceil(centre + 0.5 * footprint - EDGE_SLACK)) - 1;
    }
    return clamp(vec2i(first, last), vec2i(0), vec2i(i32(edge) - 1));
}

// Length of a texel that lies under the footprint; 1 when zoomed in.
fn overlap(texel: i32, centre: f32, footprint: f32) -> f32 {
    if (footprint <= 1.0) { return 1.0; }
    let first = max(f32(texel), centre - 0.5 * footprint);
    let last = min(f32(texel) + 1.0, centre + 0.5 * footprint);
    return max(last - first, EDGE_SLACK);
}

fn inverse_hyperbolic_sine(value: f32) -> f32 {
    return log(value + sqrt(value * value + 1.0));
}

// Place in the colour map, from sample - lo and t = (sample - lo) / (hi - lo) clamped to 0..1.
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

fn colour_of(relative: f32, phase: f32) -> vec4f {
    let t = relative * display.inverse_span;
    if (t < -RANGE_SLACK && has(FLAG_BELOW)) { return display.below; }
    if (t > 1.0 + RANGE_SLACK && has(FLAG_ABOVE)) { return display.above; }
    var place = clamp(norm_place(relative, clamp(t, 0.0, 1.0)), 0.0, 1.0);
    if (has(FLAG_INVERTED)) { place = 1.0 - place; }
    if (display.component == COMPONENT_PHASE_COLOUR) {
        return vec4f(colour_at(display.colour_map, phase / TURN + 0.5).rgb * place, 1.0);
    }
    return colour_at(display.colour_map, place);
}

// What is known of the texels under a pixel.
struct Pool {
    largest: f32,       // sample - lo
    phase: f32,         // of the largest, in radians
    mark: u32,          // why a texel has no value
    sum: f32,
    weight: f32,
    has_nan: bool,
    has_saturated: bool,
}

fn visit(pool: ptr<function, Pool>, texel: vec2u, weight: f32) {
    let place = place_of(display.level.x + texel.y * display.level.y + texel.x);
    if (has(FLAG_MASK)) {
        let mark = textureLoad(mask, vec2i(place.xy), i32(place.z), 0).r;
        if (mark != 0u) {
            (*pool).mark = max((*pool).mark, mark);
            return;
        }
    }
    let sample = read_sample(place);
    if (is_sentinel(sample)) {
        (*pool).mark = max((*pool).mark, MARK_MASKED);
        return;
    }
    if (!is_finite(sample)) {
        (*pool).has_nan = true;
        return;
    }
    let relative = above_lo(sample);
    (*pool).has_saturated = (*pool).has_saturated || reaches_word(sample, display.saturation);
    if (relative > (*pool).largest) {
        (*pool).largest = relative;
        (*pool).phase = phase_of(sample);
    }
    (*pool).sum += relative * weight;
    (*pool).weight += weight;
}

// The colour of a pixel under which no texel has a value.
fn colour_of_nothing(pool: ptr<function, Pool>, target_pixel: vec2u) -> vec4f {
    if ((*pool).has_nan) { return display.not_finite; }
    if ((*pool).mark < MARK_MISSING) { return display.masked; }
    let is_stripe = (target_pixel.x + target_pixel.y) % HATCH_PERIOD < HATCH_STRIPE;
    return select(display.outside, display.missing, is_stripe);
}

@fragment
fn fs_image(@builtin(position) target_point: vec4f) -> @location(0) vec4f {
    let matrix = display.texel_from_target;
    let centre = vec2f(dot(matrix.xy, target_point.xy), dot(matrix.zw, target_point.xy)) + display.origin;
    let size = vec2f(display.level.yz);
    if (any(centre < vec2f(0.0)) || any(centre >= size)) { return display.outside; }

    var pool = Pool(-3.4e38, 0.0, 0u, 0.0, 0.0, false, false);
    if (all(display.footprint <= vec2f(1.0))) {
        visit(&pool, vec2u(min(centre, size - 0.5)), 1.0);
    } else {
        let columns = texels_under(centre.x, display.footprint.x, display.level.y);
        let rows = texels_under(centre.y, display.footprint.y, display.level.z);
        for (var row = rows.x; row <= rows.y; row++) {
            let row_weight = overlap(row, centre.y, display.footprint.y);
            for (var column = columns.x; column <= columns.y; column++) {
                let weight = row_weight * overlap(column, centre.x, display.footprint.x);
                visit(&pool, vec2u(vec2i(column, row)), weight);
            }
        }
    }
    if (pool.weight == 0.0) { return colour_of_nothing(&pool, vec2u(target_point.xy)); }
    if (pool.has_saturated && has(FLAG_SATURATION)) { return display.saturated; }
    return colour_of(select(pool.largest, pool.sum / pool.weight, has(FLAG_MEAN)), pool.phase);
}
