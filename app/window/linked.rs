//! Views that move together: what a person changes in one, all others of its kind take.

use hutch_model::ViewState;
use hutch_viewers::ViewId;
use hutch_viewers::display::RANGE_VALUES;

use super::compare::Compare;
use super::state::State;

/// Whether views of the same kind move together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// Each by itself.
    #[default]
    Apart,
    /// What changes in one changes in all.
    Together,
}

impl Links {
    /// The other way.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Apart => Self::Together,
            Self::Together => Self::Apart,
        }
    }
}

/// The values that changed from one state to the next; none where they are not of one kind.
fn changes(before: &ViewState, after: &ViewState) -> Option<ViewState> {
    if before.kind != after.kind || before.version != after.version {
        return None;
    }
    let mut changed = ViewState::new(&after.kind, after.version);
    changed.values = after
        .values
        .iter()
        .filter(|(name, _)| !CONTENT.contains(&name.as_str()))
        .filter(|(name, value)| before.values.get(*name) != Some(*value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!changed.values.is_empty()).then_some(changed)
}

/// What views call the frame or the line that they show.
const PARTS: [&str; 2] = ["frame", "line"];

/// Which frame or line a view shows.
pub(super) fn part_of(state: &ViewState) -> Option<u64> {
    let part = PARTS.iter().find_map(|name| state.values.get(*name));
    u64::try_from(part?.as_integer()?).ok()
}

/// What a view of curves draws: no two that move together need to draw the same ones.
const CONTENT: [&str; 2] = ["curves", "selected"];

/// The values of a state without those that say what is drawn.
pub(super) fn without_content(state: &ViewState) -> ViewState {
    let mut rest = state.clone();
    rest.values
        .retain(|name, _| !CONTENT.contains(&name.as_str()));
    rest
}

/// The values of a state without its frame or line.
pub(super) fn without_part(state: &ViewState) -> ViewState {
    let mut rest = state.clone();
    rest.values
        .retain(|name, _| !PARTS.contains(&name.as_str()));
    rest
}

/// How a plot shows its values: a difference of curves may be negative.
const HEIGHT: [&str; 2] = ["y limits", "log y"];

/// The values of a state without those of its range: a difference has numbers of its own.
pub(super) fn without_range(state: &ViewState) -> ViewState {
    let mut rest = state.clone();
    rest.values.retain(|name, _| {
        let name = &name.as_str();
        !RANGE_VALUES.contains(name) && !HEIGHT.contains(name)
    });
    rest
}

impl State {
    /// Shows what lies under the pointer in all views that move with the one below it; whether that is another one now.
    pub fn share_pointer(&mut self) -> bool {
        let is_together = self.links == Links::Together;
        let pointing = self
            .views
            .iter()
            .filter(|_| is_together)
            .find_map(|(id, slot)| {
                let pointed = slot.view.pointed()?;
                Some((*id, slot.last_state.kind.clone(), pointed))
            });
        for (id, slot) in &mut self.views {
            let pointed = pointing
                .as_ref()
                .filter(|(from, kind, _)| from != id && *kind == slot.last_state.kind)
                .map(|(_, _, pointed)| *pointed);
            slot.view.show_pointed(pointed);
        }
        let pointed = pointing.map(|(_, _, pointed)| pointed);
        std::mem::replace(&mut self.pointed, pointed) != pointed
    }

    /// Gives the change of one view to the others of its kind, while views are linked.
    ///
    /// Only what changed goes over: two frames with ranges of their own keep them until one is set.
    pub fn carry_over(&mut self, from: ViewId, before: &ViewState, after: &ViewState) {
        if self.links == Links::Apart {
            return;
        }
        let Some(changed) = changes(before, after) else {
            return;
        };
        for (id, slot) in &mut self.views {
            if *id == from || slot.last_state.kind != changed.kind {
                continue;
            }
            let is_computed = self.comparisons.iter().any(|compare| {
                let computed = compare.computed.map(|(_, view)| view);
                computed.is_some_and(|view| view == *id || view == from)
            });
            let mut changed = if is_computed {
                without_range(&changed)
            } else {
                changed.clone()
            };
            let apart = |compare: &Compare| compare.keeps_parts_apart(from, *id);
            if self.comparisons.iter().any(apart) {
                changed = without_part(&changed);
            }
            // A value that a state leaves out is the usual one to a view, so it gets all of them.
            let mut whole = slot.state();
            whole.values.extend(changed.values);
            slot.view.set_state(&whole);
            slot.last_state = slot.state();
        }
    }
}

#[cfg(test)]
mod tests {
    use hutch_model::Value;

    use super::*;

    #[test]
    fn only_what_changed_goes_over() {
        let mut before = ViewState::new("image", 1);
        before.set("frame", Value::Integer(1));
        before.set("norm", "log".into());
        let mut after = before.clone();
        after.set("frame", Value::Integer(2));
        let changed = changes(&before, &after).expect("the frame changed");
        assert_eq!(changed.values.len(), 1);
        assert_eq!(changed.values["frame"], Value::Integer(2));
        assert_eq!(changes(&after, &after), None, "nothing changed");
        assert_eq!(changes(&ViewState::new("curve", 1), &after), None);
        after.set("curves", Value::List(Vec::new()));
        assert!(
            !changes(&before, &after)
                .unwrap()
                .values
                .contains_key("curves"),
            "each draws its own"
        );
    }
}
