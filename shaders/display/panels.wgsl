// Pools the raw samples of a frame under each pixel of a picture in which its panels lie where the detector has them.
// Each panel is one instance: a box of the picture that it lies in, its own map to the texels of its own level, and
// its limits in the frame, beyond which nothing is visited. What no panel covers stays as it was cleared.
// Where several panels lie under a pixel the largest value wins, by its rank in the depth buffer: no hot pixel is lost
// between two panels. Where pixels are not smaller than those of the picture, the first panel wins, as it does for the
// pointer. Input and output: those of shared/pooling.wgsl, which is put behind this one, as are the file
// shared/samples_*.wgsl for the type of the samples, shared/pooled.wgsl and shared/fold.wgsl.
// Twin on the CPU: viewers/render/src/cpu/panels.rs.

struct PanelInstance {
    @location(0) texel_from_target: vec4f,  // [xx, xy, yx, yy], in texels of the level
    @location(1) place: vec4f,              // origin; footprint along x, y
    @location(2) level: vec4u,              // offset, width, height, log2 of its pixels along a texel
    @location(3) limits: vec4u,             // first x, y and end x, y in pixels of the frame
    @location(4) bounds: vec4f,             // left, top, right, bottom in clip space
}

struct PanelVertex {
    @builtin(position) target_point: vec4f,
    @location(0) @interpolate(flat) texel_from_target: vec4f,
    @location(1) @interpolate(flat) place: vec4f,
    @location(2) @interpolate(flat) level: vec4u,
    @location(3) @interpolate(flat) limits: vec4u,
}

struct PanelPixel {
    @location(0) found: vec2u,
    @builtin(frag_depth) rank: f32,
}

// Ranks are multiples of this: a depth buffer of 24 bits tells them apart.
const RANK_STEP: f32 = 1.0 / 16777216.0;
const RANK_MASKED: f32 = 1.0;
const RANK_MISSING: f32 = 2.0;
const RANK_NAN: f32 = 3.0;

@vertex
fn vs_panels(@builtin(vertex_index) index: u32, panel: PanelInstance) -> PanelVertex {
    // Two triangles over the box, of the corners 0 1 2 and 1 2 3.
    let corner = select(index, index - 2u, index > 2u);
    let is_corner = vec2<bool>((corner & 1u) != 0u, (corner & 2u) != 0u);
    let place = select(panel.bounds.xy, panel.bounds.zw, is_corner);
    return PanelVertex(vec4f(place, 0.0, 1.0), panel.texel_from_target, panel.place, panel.level, panel.limits);
}

// Larger for what is shown rather; the bits of a finite number in the order of numbers.
fn rank_of(pool: Pool) -> f32 {
    if (has(FLAG_NEAREST)) { return 0.5; }
    if ((pool.facts & FACT_VALUE) == 0u) {
        let without_nan = select(RANK_MASKED, RANK_MISSING, (pool.facts & FACT_MISSING) != 0u);
        return RANK_STEP * select(without_nan, RANK_NAN, (pool.facts & FACT_NAN) != 0u);
    }
    var value = f32(pool.largest);
    if (has(FLAG_MEAN) && pool.weight > 0.0) { value = pool.sum / pool.weight; }
    let bits = bitcast<u32>(value);
    let ordered = select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
    return RANK_STEP * f32(ordered >> 8u);
}

// Takes a texel of the panel's level; of one that other panels have a part of, only the pixels of this panel.
fn visit_within(pool: ptr<function, Pool>, panel: PanelVertex, texel: vec2u, weight: f32) {
    let shift = vec2u(panel.level.w);
    let first = texel << shift;
    let end = min((texel + 1u) << shift, frame.level.yz);
    let own_first = max(first, panel.limits.xy);
    let own_end = min(end, panel.limits.zw);
    if (all(own_first == first) && all(own_end == end)) {
        visit(pool, panel.level.xy, texel, weight);
        return;
    }
    let share = weight / f32(1u << (2u * panel.level.w));
    for (var y = own_first.y; y < own_end.y; y++) {
        for (var x = own_first.x; x < own_end.x; x++) {
            visit(pool, frame.level.xy, vec2u(x, y), share);
        }
    }
}

@fragment
fn fs_panels(panel: PanelVertex) -> PanelPixel {
    let matrix = panel.texel_from_target;
    let target_point = panel.target_point.xy;
    let centre = vec2f(dot(matrix.xy, target_point), dot(matrix.zw, target_point)) + panel.place.xy;
    let footprint = panel.place.zw;
    let pixels_in_texel = f32(1u << panel.level.w);
    let first = vec2f(panel.limits.xy) / pixels_in_texel;
    let end = vec2f(panel.limits.zw) / pixels_in_texel;
    // A pixel of the picture whose middle lies beside the panel may be the only one over a pixel at its edge. No more
    // than that is drawn, so that gaps stay as wide as they can.
    let reach = max(0.5 * footprint - 1.0 / pixels_in_texel + 2.0 * EDGE_SLACK, vec2f(0.0));
    let margin = select(reach, vec2f(0.0), has(FLAG_NEAREST));
    if (any(centre < first - margin) || any(centre >= end + margin)) { discard; }

    var pool = empty_pool();
    let lowest = panel.limits.xy >> vec2u(panel.level.w);
    let highest = (panel.limits.zw - 1u) >> vec2u(panel.level.w);
    let columns = texels_under(centre.x, footprint.x, lowest.x, highest.x);
    let rows = texels_under(centre.y, footprint.y, lowest.y, highest.y);
    for (var row = rows.x; row <= rows.y; row++) {
        let row_weight = overlap(row, centre.y, footprint.y);
        for (var column = columns.x; column <= columns.y; column++) {
            let weight = row_weight * overlap(column, centre.x, footprint.x);
            visit_within(&pool, panel, vec2u(vec2i(column, row)), weight);
        }
    }
    return PanelPixel(words_of(pool), rank_of(pool));
}
