// What is found of the raw samples under a pixel; display/pool.wgsl and display/panels.wgsl say which texels these are.
// Input: the pyramid of a frame as one run of texels in a texture array (row length 2048), a mask of the
// same layout. Output: `[word, facts]`; the word is the value in the bits of its type (the mean: in those of f32).
// Order of tests on each texel: mask, sentinel, NaN, then saturation.
// The file shared/samples_*.wgsl for the type of the samples is put behind this one, as are shared/pooled.wgsl and shared/fold.wgsl.

struct PoolUniforms {
    texel_from_target: vec4f,   // [xx, xy, yx, yy], in texels of the level
    origin: vec2f,              // texel edge coordinates of the target's corner
    footprint: vec2f,           // texels under one target pixel along x, y
    level: vec4u,               // offset, width, height, log2 of texels in a layer
    sentinels: vec4u,
    sentinel_count: u32,
    saturation: u32,
    flags: u32,
    component: u32,
}

const FLAG_MASK: u32 = 1u;
const FLAG_MEAN: u32 = 2u;
const FLAG_NEAREST: u32 = 4u;   // no panel is shown smaller than it is

// Rounding must not add a texel to a footprint that ends at an edge.
const EDGE_SLACK: f32 = 1e-3;

@group(0) @binding(0) var<uniform> frame: PoolUniforms;
@group(0) @binding(2) var mask: texture_2d_array<u32>;

fn has(flag: u32) -> bool {
    return (frame.flags & flag) != 0u;
}

fn is_sentinel(sample: Sample) -> bool {
    return (frame.sentinel_count > 0u && equals_word(sample, frame.sentinels.x))
        || (frame.sentinel_count > 1u && equals_word(sample, frame.sentinels.y))
        || (frame.sentinel_count > 2u && equals_word(sample, frame.sentinels.z))
        || (frame.sentinel_count > 3u && equals_word(sample, frame.sentinels.w));
}

// First and last texel under a footprint along one axis, of those from `lowest` to `highest`.
fn texels_under(centre: f32, footprint: f32, lowest: u32, highest: u32) -> vec2i {
    var first = i32(floor(centre));
    var last = first;
    if (footprint > 1.0) {
        first = i32(floor(centre - 0.5 * footprint + EDGE_SLACK));
        last = i32(ceil(centre + 0.5 * footprint - EDGE_SLACK)) - 1;
    }
    return clamp(vec2i(first, last), vec2i(i32(lowest)), vec2i(i32(highest)));
}

// Length of a texel that lies under the footprint; 1 when zoomed in.
fn overlap(texel: i32, centre: f32, footprint: f32) -> f32 {
    if (footprint <= 1.0) { return 1.0; }
    let first = max(f32(texel), centre - 0.5 * footprint);
    let last = min(f32(texel) + 1.0, centre + 0.5 * footprint);
    return max(last - first, EDGE_SLACK);
}

// What is known of the texels under a pixel.
struct Pool {
    largest: Value,
    facts: u32,
    phase: f32,         // of the largest, in radians
    sum: f32,
    weight: f32,
}

// Takes a texel of a level, which begins at `level.x` of the run and is `level.y` wide.
fn visit(pool: ptr<function, Pool>, level: vec2u, texel: vec2u, weight: f32) {
    let place = place_in_fold(level.x + texel.y * level.y + texel.x, frame.level.w);
    if (has(FLAG_MASK)) {
        let mark = textureLoad(mask, vec2i(place.xy), i32(place.z), 0).r;
        if (mark != 0u) {
            (*pool).facts |= select(FACT_MASKED, FACT_MISSING, mark > 1u);
            return;
        }
    }
    let sample = read_sample(place);
    if (is_sentinel(sample)) {
        (*pool).facts |= FACT_MASKED;
        return;
    }
    if (!is_finite(sample)) {
        (*pool).facts |= FACT_NAN;
        return;
    }
    if (reaches_word(sample, frame.saturation)) { (*pool).facts |= FACT_SATURATED; }
    let value = value_of(sample);
    if (((*pool).facts & FACT_VALUE) == 0u || value > (*pool).largest) {
        (*pool).largest = value;
        (*pool).phase = phase_of(sample);
    }
    (*pool).facts |= FACT_VALUE;
    if (has(FLAG_MEAN)) {
        (*pool).sum += f32(value) * weight;
        (*pool).weight += weight;
    }
}

// Nothing of a frame that a pixel lies on.
fn empty_pool() -> Pool {
    return Pool(Value(0), FACT_INSIDE, 0.0, 0.0, 0.0);
}

// What was found, in the two words that are coloured later.
fn words_of(pool: Pool) -> vec2u {
    var word = bitcast<u32>(pool.largest);
    if (has(FLAG_MEAN) && pool.weight > 0.0) { word = bitcast<u32>(pool.sum / pool.weight); }
    return vec2u(word, pool.facts | phase_bits(pool.phase));
}
