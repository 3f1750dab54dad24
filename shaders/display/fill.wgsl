// Fills the viewport of a pass with one colour.
// Output: white; the pipeline multiplies it with the blend constant of the pass, so that nothing is bound.
// Put before shared/fullscreen.wgsl.

@fragment
fn fs_fill() -> @location(0) vec4f {
    return vec4f(1.0);
}
