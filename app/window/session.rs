//! The session: what was open, kept between runs in three generations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hutch_model::{Error, ErrorKind, Result, Value};
use serde::{Deserialize, Serialize};

use super::state::State;
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
    views: Vec<SavedView>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct SavedView {
    address: String,
    kind: String,
    values: BTreeMap<String, Plain>,
}

/// A value as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Plain {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Self>),
}

impl Plain {
    fn of(value: &Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Integer(value) => {
                i64::try_from(*value).map_or_else(|_| Self::Text(value.to_string()), Self::Integer)
            }
            Value::Float(value) => Self::Float(*value),
            Value::Text(text) | Value::Described(text) => Self::Text(text.clone()),
            Value::List(values) => Self::List(values.iter().map(Self::of).collect()),
        }
    }
}

fn path(state: &State) -> PathBuf {
    state.folders.state.join("session.json")
}

fn older(path: &Path, generation: u32) -> PathBuf {
    path.with_extension(format!("{generation}.json"))
}

/// Writes the session; older ones are kept.
pub fn save(state: &State) {
    let session = Session {
        version: VERSION,
        recent: state.recent.clone(),
        views: state
            .views
            .values()
            .map(|slot| {
                let saved = slot.view.state();
                SavedView {
                    address: slot.view.subject().origin.to_string(),
                    kind: saved.kind,
                    values: saved
                        .values
                        .iter()
                        .map(|(name, value)| (name.clone(), Plain::of(value)))
                        .collect(),
                }
            })
            .collect(),
    };
    if let Err(error) = write(&path(state), &session) {
        log::warn!("keep the session: {error}");
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

/// Takes what was open lately into the list of recent files.
pub fn restore(state: &mut State) {
    let newest = path(state);
    let candidates = std::iter::once(newest.clone())
        .chain((1..GENERATIONS).map(|generation| older(&newest, generation)));
    for candidate in candidates {
        match read(&candidate) {
            Ok(Some(session)) => {
                state.recent = session.recent;
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
    fn writing_keeps_the_generations_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.json");
        for name in ["first", "second", "third"] {
            let session = Session {
                version: VERSION,
                recent: vec![name.to_owned()],
                views: Vec::new(),
            };
            write(&path, &session).unwrap();
        }
        let recent = |path: &Path| read(path).unwrap().unwrap().recent.remove(0);
        assert_eq!(recent(&path), "third", "the newest");
        assert_eq!(recent(&older(&path, 1)), "second", "one before");
        assert_eq!(recent(&older(&path, 2)), "first", "two before");
    }
}
