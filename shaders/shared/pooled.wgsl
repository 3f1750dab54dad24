// What is known of the samples under a pixel of a picture, beside their value: the second word of display/pool.wgsl.
// Bits 0 to 5 are facts, bits 16 to 31 the phase of a complex value, one turn in 2^16 steps.

const FACT_INSIDE: u32 = 1u;        // the pixel lies on the frame
const FACT_VALUE: u32 = 2u;         // a sample has a value
const FACT_MASKED: u32 = 4u;        // a sample is masked, or a sentinel
const FACT_MISSING: u32 = 8u;       // a sample is missing at its source
const FACT_NAN: u32 = 16u;          // a sample is NaN or infinite
const FACT_SATURATED: u32 = 32u;    // a sample reaches the saturation

const TURN: f32 = 6.2831855;
const PHASE_STEPS: f32 = 65536.0;
const PHASE_SHIFT: u32 = 16u;

// A phase of -pi to pi as bits; minus pi and pi are the same colour.
fn phase_bits(phase: f32) -> u32 {
    let step = u32(clamp((phase / TURN + 0.5) * PHASE_STEPS, 0.0, PHASE_STEPS - 1.0));
    return step << PHASE_SHIFT;
}

// The phase in turns, 0 to 1.
fn turns_of(facts: u32) -> f32 {
    return f32(facts >> PHASE_SHIFT) / PHASE_STEPS;
}
