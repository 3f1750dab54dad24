//! Samples for tests.

/// Numbers without a pattern, the same on each run (xorshift32).
pub(crate) fn noise(seed: u32) -> impl Iterator<Item = u32> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    })
}
