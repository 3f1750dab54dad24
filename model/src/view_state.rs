//! What a view shows, as plain values.

use std::collections::BTreeMap;

use crate::{Origin, Value};

/// The versioned, plain state of a view.
///
/// The session, undo, deep links, the command line and shared control all
/// carry it, so it holds nothing that cannot be written down.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewState {
    /// Which kind of view, by the name in the registry of views.
    pub kind: String,
    /// The version of that kind's values.
    pub version: u32,
    /// What it shows.
    pub origin: Option<Origin>,
    /// Everything else, by name.
    pub values: BTreeMap<String, Value>,
}

impl ViewState {
    /// An empty state of a kind.
    pub fn new(kind: &str, version: u32) -> Self {
        Self {
            kind: kind.to_owned(),
            version,
            origin: None,
            values: BTreeMap::new(),
        }
    }

    /// A number, or the given one where the state has none.
    pub fn number(&self, name: &str, otherwise: f64) -> f64 {
        self.values
            .get(name)
            .and_then(Value::as_f64)
            .unwrap_or(otherwise)
    }

    /// A text, or the given one where the state has none.
    pub fn text<'a>(&'a self, name: &str, otherwise: &'a str) -> &'a str {
        self.values
            .get(name)
            .and_then(Value::as_text)
            .unwrap_or(otherwise)
    }

    /// Yes or no, or the given one where the state has none.
    pub fn flag(&self, name: &str, otherwise: bool) -> bool {
        match self.values.get(name) {
            Some(Value::Bool(value)) => *value,
            _ => otherwise,
        }
    }

    /// Sets a value.
    pub fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }
}
