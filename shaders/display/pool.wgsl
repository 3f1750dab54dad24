// Pools the raw samples under each pixel of a picture, once for each place; display/colour.wgsl colours the result.
// Input: the pyramid of a frame as one run of texels in a texture array (row length 2048), a mask of the
// same layout. Output: `[word, facts]`; the word is the value in the bits of its type (the mean: in those of f32).
// Order of tests on each texel: mask, sentinel, NaN, then saturation.
// The file shared/samples_*.wgsl for the type of the samples is put behind this one, as are
// shared/pooled.wgsl and shared/fullscreen.wgsl. Twin on the CPU: viewers/render/src/cpu/pool.rs.

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

// Texels in a row are 2^11.
const ROW_SHIFT: u32 = 11u;
// Rounding must not add a texel to a footprint that ends at an edge.
const EDGE_SLACK: f32 = 1e-3;

@group(0) @binding(0) var<uniform> frame: PoolUniforms;
@group(0) @binding(2) var mask: texture_2d_array<u32>;

fn has(flag: u32) -> bool {
    return (frame.flags & flag) != 0u;
}

// Place of a texel of the run: x, y, layer.
fn place_of(index: u32) -> vec3u {
    let within_layer = index & ((1u << frame.level.w) - 1u);
    return vec3u(within_layer & ((1u << ROW_SHIFT) - 1u), within_layer >> ROW_SHIFT, index >> frame.level.w);
}

fn is_sentinel(sample: Sample) -> bool {
    return (frame.sentinel_count > 0u && equals_word(sample, frame.sentinels.x))
        || (frame.sentinel_count > 1u && equals_word(sample, frame.sentinels.y))
        || (frame.sentinel_count > 2u && equals_word(sample, frame.sentinels.z))
        || (frame.sentinel_count > 3u && equals_word(sample, frame.sentinels.w));
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

// What is known of the texels under a pixel.
struct Pool {
    largest: Value,
    facts: u32,
    phase: f32,         // of the largest, in radians
    sum: f32,
    weight: f32,
}

fn visit(pool: ptr<function, Pool>, texel: vec2u, weight: f32) {
    let place = place_of(frame.level.x + texel.y * frame.level.y + texel.x);
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

@fragment
fn fs_pool(@builtin(position) target_point: vec4f) -> @location(0) vec2u {
    let matrix = frame.texel_from_target;
    let centre = vec2f(dot(matrix.xy, target_point.xy), dot(matrix.zw, target_point.xy)) + frame.origin;
    let size = vec2f(frame.level.yz);
    if (any(centre < vec2f(0.0)) || any(centre >= size)) { return vec2u(0u); }

    var pool = Pool(Value(0), FACT_INSIDE, 0.0, 0.0, 0.0);
    if (all(frame.footprint <= vec2f(1.0))) {
        visit(&pool, vec2u(min(centre, size - 0.5)), 1.0);
    } else {
        let columns = texels_under(centre.x, frame.footprint.x, frame.level.y);
        let rows = texels_under(centre.y, frame.footprint.y, frame.level.z);
        for (var row = rows.x; row <= rows.y; row++) {
            let row_weight = overlap(row, centre.y, frame.footprint.y);
            for (var column = columns.x; column <= columns.y; column++) {
                let weight = row_weight * overlap(column, centre.x, frame.footprint.x);
                visit(&pool, vec2u(vec2i(column, row)), weight);
            }
        }
    }
    var word = bitcast<u32>(pool.largest);
    if (has(FLAG_MEAN) && pool.weight > 0.0) { word = bitcast<u32>(pool.sum / pool.weight); }
    return vec2u(word, pool.facts | phase_bits(pool.phase));
}
