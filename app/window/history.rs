//! Steps that can be taken back: states of views, before and after.

use std::time::{Duration, Instant};

use hutch_model::ViewState;
use hutch_viewers::ViewId;

use super::state::State;

/// Changes that follow each other within this are one step: a drag.
const SAME_DRAG: Duration = Duration::from_millis(700);
/// Steps that are kept.
const STEPS: usize = 200;

/// A step that can be taken back.
#[derive(Clone, Debug)]
struct Step {
    view: ViewId,
    before: ViewState,
    after: ViewState,
}

/// Steps that can be taken back, and those that were.
#[derive(Debug, Default)]
pub struct History {
    undo: Vec<Step>,
    redo: Vec<Step>,
}

impl History {
    /// Forgets the steps of a view that is gone.
    pub fn forget(&mut self, view: ViewId) {
        self.undo.retain(|step| step.view != view);
        self.redo.retain(|step| step.view != view);
    }

    fn add(&mut self, step: Step, is_same_drag: bool) {
        match self.undo.last_mut() {
            Some(last) if is_same_drag && last.view == step.view => last.after = step.after,
            _ => self.undo.push(step),
        }
        self.redo.clear();
        let excess = self.undo.len().saturating_sub(STEPS);
        self.undo.drain(..excess);
    }
}

impl State {
    /// Notices what a person changed in the views, so that it can be taken
    /// back. Frames that pass while playing or following are no steps.
    pub fn note_changes(&mut self) {
        let moves_by_itself = self.playback.playing || self.live.is_some();
        let mut changed = Vec::new();
        for (id, slot) in &mut self.views {
            let state = slot.state();
            if state == slot.last_state {
                continue;
            }
            let before = std::mem::replace(&mut slot.last_state, state.clone());
            changed.push((*id, before.clone(), state.clone()));
            if moves_by_itself && is_same_but_for_the_frame(&before, &state) {
                continue;
            }
            let is_same_drag = slot.changed.is_some_and(|when| when.elapsed() < SAME_DRAG);
            slot.changed = Some(Instant::now());
            let step = Step {
                view: *id,
                before,
                after: state,
            };
            self.history.add(step, is_same_drag);
        }
        for (id, before, after) in changed {
            self.carry_over(id, &before, &after);
        }
    }

    /// Takes the last step back.
    pub fn undo(&mut self) {
        if let Some(step) = self.history.undo.pop() {
            self.set_quietly(step.view, &step.before);
            self.history.redo.push(step);
        }
    }

    /// Takes the last step again.
    pub fn redo(&mut self) {
        if let Some(step) = self.history.redo.pop() {
            self.set_quietly(step.view, &step.after);
            self.history.undo.push(step);
        }
    }

    fn set_quietly(&mut self, view: ViewId, state: &ViewState) {
        if self.rebuilds(view, state) {
            return;
        }
        self.follow_axes(view, state);
        self.follow_geometry(view, state);
        self.follow_fields(view, state);
        let Some(slot) = self.views.get_mut(&view) else {
            return;
        };
        slot.view.set_state(state);
        let after = slot.state();
        let before = std::mem::replace(&mut slot.last_state, after.clone());
        slot.changed = None;
        self.carry_over(view, &before, &after);
    }
}

fn is_same_but_for_the_frame(one: &ViewState, other: &ViewState) -> bool {
    let still = |state: &ViewState| {
        let mut still = state.clone();
        for name in ["frame", "angle", "line"] {
            still.values.remove(name);
        }
        still.origin = None;
        still
    };
    still(one) == still(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(view: u64, name: &str) -> Step {
        Step {
            view: ViewId(view),
            before: ViewState::new(name, 1),
            after: ViewState::new(name, 1),
        }
    }

    #[test]
    fn a_drag_is_one_step() {
        let mut history = History::default();
        history.add(step(1, "a"), false);
        history.add(step(1, "b"), true);
        assert_eq!(history.undo.len(), 1, "both are one drag");
        assert_eq!(history.undo[0].before.kind, "a", "from where it began");
        assert_eq!(history.undo[0].after.kind, "b", "to where it ended");
    }

    #[test]
    fn steps_of_a_closed_view_are_gone() {
        let mut history = History::default();
        history.add(step(1, "a"), false);
        history.add(step(2, "b"), false);
        history.forget(ViewId(1));
        assert_eq!(history.undo.len(), 1, "the other view keeps its step");
    }

    #[test]
    fn a_frame_that_passes_is_no_step() {
        let mut one = ViewState::new("image", 1);
        one.set("frame", hutch_model::Value::Integer(1));
        let mut other = one.clone();
        other.set("frame", hutch_model::Value::Integer(2));
        assert!(
            is_same_but_for_the_frame(&one, &other),
            "only the frame differs"
        );
        other.set("norm", "log".into());
        assert!(!is_same_but_for_the_frame(&one, &other), "the norm differs");
    }
}
