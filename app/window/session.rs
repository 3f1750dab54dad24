//! The session: what was open, kept between runs in three generations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hutch_model::{COMPUTED, Error, ErrorKind, Result, ViewState};
use hutch_viewers::ViewId;
use serde::{Deserialize, Deserializer, Serialize};

use super::bookmarks::Bookmark;
use super::layout::{self, Layout};
use super::plain::Plain;
use super::state::{Slot, State};
use crate::settings::replace_file;

/// The version of the file.
const VERSION: u32 = 1;
/// Older files that are kept.
const GENERATIONS: u32 = 3;

/// What is written. It never holds a secret.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Session {
    version: u32,
    recent: Vec<String>,
    #[serde(default)]
    bookmarks: Vec<Bookmark>,
    views: Vec<SavedView>,
    /// How the views stand; as they come where another version wrote what this one cannot read.
    #[serde(default, deserialize_with = "if_readable")]
    layout: Option<Layout>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct SavedView {
    address: String,
    kind: String,
    values: BTreeMap<String, Plain>,
}

fn if_readable<'de, D>(source: D) -> std::result::Result<Option<Layout>, D::Error>
where
    D: Deserializer<'de>,
{
    let value = serde_json::Value::deserialize(source)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

impl SavedView {
    /// Its address and the state of its view.
    fn into_state(self) -> (String, ViewState) {
        let mut state = ViewState::new(&self.kind, 1);
        for (name, value) in self.values {
            state.set(&name, value.into());
        }
        (self.address, state)
    }
}

fn path(state: &State) -> PathBuf {
    state.folders.state.join("session.json")
}

fn older(path: &Path, generation: u32) -> PathBuf {
    path.with_extension(format!("{generation}.json"))
}

/// Time between two writings of the session.
const EVERY: Duration = Duration::from_secs(30);

fn of(state: &State) -> Session {
    Session {
        version: VERSION,
        recent: state.recent.clone(),
        bookmarks: state.bookmarks.clone(),
        views: in_files(state).map(|(_, slot)| saved_view(slot)).collect(),
        layout: layout::of(
            state,
            &in_files(state).map(|(id, _)| id).collect::<Vec<_>>(),
        ),
    }
}

/// The views of what lies in files; a difference of two is made again by a person.
fn in_files(state: &State) -> impl Iterator<Item = (ViewId, &Slot)> {
    let views = state.views.iter().filter(|(_, slot)| {
        let data = slot.view.subject().data();
        data.is_none_or(|data| data.info().layout != COMPUTED)
    });
    views.map(|(id, slot)| (*id, slot))
}

fn saved_view(slot: &Slot) -> SavedView {
    let saved = slot.state();
    SavedView {
        address: slot.view.subject().origin.to_string(),
        kind: saved.kind,
        values: saved
            .values
            .iter()
            .map(|(name, value)| (name.clone(), Plain::of(value)))
            .collect(),
    }
}

/// Writes the session; older ones are kept.
pub fn save(state: &State) {
    if let Err(error) = write(&path(state), &of(state)) {
        log::warn!("keep the session: {error}");
    }
}

/// Writes the session now and then, on a thread that may wait for the disk, so
/// that a crash costs half a minute.
/// Says after which time to ask again, also where nobody touches anything.
pub fn keep(state: &mut State) -> Duration {
    if state.is_alone {
        return EVERY;
    }
    let since = state.kept.elapsed();
    if since < EVERY {
        return EVERY.saturating_sub(since);
    }
    state.kept = Instant::now();
    let session = of(state);
    let path = path(state);
    state.pools.batch(move || {
        let is_same = read(&path).ok().flatten().as_ref() == Some(&session);
        if !is_same && let Err(error) = write(&path, &session) {
            log::warn!("keep the session: {error}");
        }
    });
    EVERY
}

/// The session is written at the end of this pass.
pub fn keep_soon(state: &mut State) {
    if let Some(long_ago) = Instant::now().checked_sub(EVERY) {
        state.kept = long_ago;
    }
}

fn write(path: &Path, session: &Session) -> Result<()> {
    let text = serde_json::to_vec_pretty(session)
        .map_err(|error| Error::new(ErrorKind::Internal, "keep the session", error.to_string()))?;
    for generation in (1..GENERATIONS).rev() {
        let from = if generation == 1 {
            path.to_owned()
        } else {
            older(path, generation - 1)
        };
        if from.exists() {
            std::fs::copy(&from, older(path, generation))?;
        }
    }
    replace_file(path, &text)
}

/// Takes the recent files of the last session, and opens its views again
/// unless a person asked for something else.
pub fn restore(state: &mut State, opens_views: bool) {
    let newest = path(state);
    let candidates = std::iter::once(newest.clone())
        .chain((1..GENERATIONS).map(|generation| older(&newest, generation)));
    for candidate in candidates {
        match read(&candidate) {
            Ok(Some(session)) => {
                state.recent = session.recent;
                state.bookmarks = session.bookmarks;
                if opens_views {
                    state.returning.layout = session.layout;
                    let views = session.views.into_iter().map(SavedView::into_state);
                    state.open_again(views.collect());
                }
                return;
            }
            Ok(None) => {}
            // A damaged file is kept for a look, and the one before it is taken.
            Err(error) => log::warn!("{error}; taking an older session"),
        }
    }
}

fn read(path: &Path) -> Result<Option<Session>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Error::new(
            ErrorKind::Unreadable,
            format!("read the session \"{}\"", path.display()),
            error.to_string(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_session_is_an_error_and_a_missing_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.json");
        assert_eq!(read(&path).unwrap(), None, "none yet");
        std::fs::write(&path, b"{\"version\": 1, \"rec").unwrap();
        assert!(read(&path).is_err(), "half a file is damaged");
    }

    #[test]
    fn a_session_with_a_layout_of_another_version_keeps_its_views() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.json");
        let text = r#"{"version": 1, "recent": ["/a.h5"],
            "views": [{"address": "/a.h5", "kind": "image", "values": {}}], "layout": {"rings": [1, 2]}}"#;
        std::fs::write(&path, text).unwrap();
        let session = read(&path).unwrap().unwrap();
        assert_eq!(session.layout, None, "they stand as they come");
        assert_eq!((session.recent.len(), session.views.len()), (1, 1));
    }

    #[test]
    fn writing_keeps_the_generations_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.json");
        for name in ["first", "second", "third"] {
            let session = Session {
                version: VERSION,
                recent: vec![name.to_owned()],
                bookmarks: Vec::new(),
                views: Vec::new(),
                layout: None,
            };
            write(&path, &session).unwrap();
        }
        let recent = |path: &Path| read(path).unwrap().unwrap().recent.remove(0);
        assert_eq!(recent(&path), "third", "the newest");
        assert_eq!(recent(&older(&path, 1)), "second", "one before");
        assert_eq!(recent(&older(&path, 2)), "first", "two before");
    }
}
