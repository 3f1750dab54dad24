//! What is known of a result that several pieces make.

use hutch_model::BlockState;

/// The worse of two states: torn, missing, fill, present.
pub(crate) fn worse(state: BlockState, other: &BlockState) -> BlockState {
    let rank = |state: &BlockState| match state {
        BlockState::Present => 0,
        BlockState::Fill => 1,
        BlockState::Missing(_) => 2,
        BlockState::Torn => 3,
    };
    if rank(other) > rank(&state) {
        other.clone()
    } else {
        state
    }
}
