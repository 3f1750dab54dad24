//! Views to come back to, and links to them.

use serde::{Deserialize, Serialize};

use super::link::Link;
use super::state::{Slot, State};
use crate::picture::Provenance;
use crate::python::{OnIt, snippet};

/// Bookmarks that are kept.
const KEPT: usize = 200;

/// A view to come back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookmark {
    /// What it is called.
    pub name: String,
    /// What opens it; see [`Link`].
    pub link: String,
}

fn link(slot: &Slot) -> Link {
    let mut state = slot.state();
    let origin = state.origin.take();
    let origin = origin.unwrap_or_else(|| slot.view.subject().origin.clone());
    Link {
        address: origin.to_string(),
        state,
    }
}

fn name(slot: &Slot) -> String {
    let title = slot.view.title();
    let file = slot.view.subject().origin.file_name();
    let words = [file, &title.name, &title.detail];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" \u{b7} ")
}

/// What a picture of a view says of itself.
pub fn provenance(slot: &Slot) -> Provenance {
    let subject = slot.view.subject();
    let data = subject.data();
    let part = slot.view.shown().zip(data);
    let part = part.map(|(slab, data)| crate::python::part_words(data.as_ref(), &slab));
    let data = data.map(|data| data.origin().to_string());
    Provenance {
        title: name(slot),
        source: format!(
            "{}{}",
            data.unwrap_or_else(|| subject.origin.to_string()),
            part.unwrap_or_default()
        ),
        link: link(slot).to_string(),
    }
}

/// Lines of Python that give what a view shows; `None` where no library of Python reads it.
pub fn python_of(slot: &Slot) -> Option<String> {
    let (subject, fields) = slot.stored_and_fields();
    let shown = slot
        .view
        .shown()
        .unwrap_or_else(|| hutch_model::Slab::whole(subject.shape()));
    let view_state = slot.view.state();
    let on_it = OnIt {
        regions: &crate::regions::of_state(&view_state),
        state: Some(&view_state),
        bad: slot.bad_parts(),
        fields,
    };
    snippet(&subject, &shown, &on_it)
}

/// Puts lines of Python that read what is shown on the clipboard.
pub fn copy_python(ctx: &egui::Context, state: &mut State) {
    let Some(slot) = state.active.and_then(|id| state.views.get(&id)) else {
        return;
    };
    match python_of(slot) {
        Some(text) => {
            ctx.copy_text(text);
            state.tell_done("lines of Python for this view are on the clipboard".to_owned());
        }
        None => state
            .tell("no library of Python reads what this view shows; nothing was copied".to_owned()),
    }
}

/// Keeps the view that keys go to, or forgets it where it is kept as it is.
pub fn toggle(state: &mut State) {
    let Some(slot) = state.active.and_then(|id| state.views.get(&id)) else {
        state.tell("open a file first; then its view can be kept".to_owned());
        return;
    };
    let bookmark = Bookmark {
        name: name(slot),
        link: link(slot).to_string(),
    };
    let before = state.bookmarks.len();
    state.bookmarks.retain(|kept| kept.link != bookmark.link);
    if state.bookmarks.len() == before {
        state.bookmarks.insert(0, bookmark);
        state.bookmarks.truncate(KEPT);
        let is_compared = state
            .active
            .is_some_and(|id| state.comparison_of(id).is_some());
        if is_compared {
            state.tell("the bookmark keeps this view, and not what it is compared with".to_owned());
        }
    }
    super::session::keep_soon(state);
}

/// Puts a link to the view that keys go to on the clipboard.
pub fn copy_link(ctx: &egui::Context, state: &mut State) {
    let Some(slot) = state.active.and_then(|id| state.views.get(&id)) else {
        return;
    };
    let text = link(slot).to_string();
    ctx.copy_text(text);
    state.tell_done("a link to this view is on the clipboard".to_owned());
}
