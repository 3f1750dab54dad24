// Pools the raw samples under each pixel of a picture, once for each place; display/colour.wgsl colours the result.
// Input and output: those of shared/pooling.wgsl, which is put behind this one, as are the file shared/samples_*.wgsl for
// the type of the samples, shared/pooled.wgsl, shared/fold.wgsl and shared/fullscreen.wgsl.
// Twin on the CPU: viewers/render/src/cpu/pool.rs.

@fragment
fn fs_pool(@builtin(position) target_point: vec4f) -> @location(0) vec2u {
    let matrix = frame.texel_from_target;
    let centre = vec2f(dot(matrix.xy, target_point.xy), dot(matrix.zw, target_point.xy)) + frame.origin;
    let size = vec2f(frame.level.yz);
    if (any(centre < vec2f(0.0)) || any(centre >= size)) { return vec2u(0u); }

    var pool = empty_pool();
    if (all(frame.footprint <= vec2f(1.0))) {
        visit(&pool, frame.level.xy, vec2u(min(centre, size - 0.5)), 1.0);
    } else {
        let columns = texels_under(centre.x, frame.footprint.x, 0u, frame.level.y - 1u);
        let rows = texels_under(centre.y, frame.footprint.y, 0u, frame.level.z - 1u);
        for (var row = rows.x; row <= rows.y; row++) {
            let row_weight = overlap(row, centre.y, frame.footprint.y);
            for (var column = columns.x; column <= columns.y; column++) {
                let weight = row_weight * overlap(column, centre.x, frame.footprint.x);
                visit(&pool, frame.level.xy, vec2u(vec2i(column, row)), weight);
            }
        }
    }
    return words_of(pool);
}
