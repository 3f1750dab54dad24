//! Giving a view other data in its place: what a person chose to plot, and the
//! step back from it.

use std::sync::Arc;

use hutch_model::{PlotChoice, ViewState};
use hutch_viewers::{Subject, ViewId, registry};

use super::state::{Slot, State};
use crate::ask::Ask;
use crate::open::chosen_or_subject;

/// Other data on their way to a view.
#[derive(Debug)]
pub struct Rebuild {
    view: ViewId,
    ask: Ask<Subject>,
    /// The state that the view takes then; where there is none, the best view
    /// of the data opens.
    state: Option<ViewState>,
}

impl Slot {
    /// What the view shows, with what a person chose to plot in it.
    pub fn state(&self) -> ViewState {
        let mut state = self.view.state();
        if let Some(choice) = &self.view.subject().choice {
            choice.write(&mut state);
        }
        self.write_axes(&mut state);
        self.write_given(&mut state);
        self.write_fields(&mut state);
        state
    }
}

impl State {
    /// Plots a choice in place of what a view shows.
    pub fn plot(&mut self, view: ViewId, choice: PlotChoice) {
        let Some(slot) = self.views.get(&view) else {
            return;
        };
        let path = slot.view.subject().origin.path.clone();
        self.rebuild(view, path, Some(choice), None);
    }

    /// Whether a state is of other data than its view shows; then they are on
    /// their way, and the view takes the state when they are here.
    pub(super) fn rebuilds(&mut self, view: ViewId, state: &ViewState) -> bool {
        let Some(slot) = self.views.get(&view) else {
            return false;
        };
        let subject = slot.view.subject();
        let choice = PlotChoice::read(state);
        if choice == subject.choice {
            return false;
        }
        let origin = state.origin.as_ref().unwrap_or(&subject.origin);
        let path = origin.path.clone();
        self.rebuild(view, path, choice, Some(state.clone()));
        true
    }

    fn rebuild(
        &mut self,
        view: ViewId,
        path: String,
        choice: Option<PlotChoice>,
        state: Option<ViewState>,
    ) {
        let url = self
            .views
            .get(&view)
            .map(|slot| slot.view.subject().origin.url.clone());
        let open = self
            .files
            .iter()
            .find(|open| Some(&open.file.origin().url) == url.as_ref());
        let Some(file) = open.map(|open| Arc::clone(&open.file)) else {
            return self.tell("the file of this view is closed".to_owned());
        };
        let ask = Ask::start(&self.pools, &self.wake, move |cancel| async move {
            chosen_or_subject(&file, Some(&path), choice.as_ref(), &cancel).await
        });
        self.rebuilding.retain(|rebuild| rebuild.view != view);
        self.rebuilding.push(Rebuild { view, ask, state });
    }

    /// Takes the data that came.
    pub fn poll_rebuilds(&mut self) {
        for mut rebuild in std::mem::take(&mut self.rebuilding) {
            match rebuild.ask.poll() {
                None => self.rebuilding.push(rebuild),
                Some(Ok(subject)) => self.take_rebuilt(&rebuild, subject),
                Some(Err(error)) => self.tell_error(error, None),
            }
        }
    }

    fn take_rebuilt(&mut self, rebuild: &Rebuild, mut subject: Subject) {
        let wanted = rebuild.state.as_ref().map_or("", |state| &state.kind);
        let kind = registry::best(&subject, wanted);
        let (Some(slot), Some(kind)) = (self.views.get_mut(&rebuild.view), kind) else {
            return;
        };
        slot.expect_axes(rebuild.state.as_ref());
        slot.apply_given(&mut subject);
        slot.view = kind.open(subject);
        // A step back is no step of its own; a choice is one.
        if let Some(state) = &rebuild.state {
            slot.view.set_state(state);
            slot.last_state = slot.state();
        }
    }
}
