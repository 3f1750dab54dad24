//! Entities of ICAT as rows of a list.
//!
//! Attributes that are null are left out by the server, and a list that was
//! not asked for is written as an empty one; so nothing here is ever needed.

use hutch_model::{Entry, EntryId, EntryKind};
use serde_json::{Map, Value};

type Entity = Map<String, Value>;

/// The entity in `{"Investigation": {...}}`; its type's name may be missing.
pub(super) fn unwrap<'a>(value: &'a Value, kind: &str) -> Option<&'a Entity> {
    let outer = value.as_object()?;
    match outer.get(kind).and_then(Value::as_object) {
        Some(inner) => Some(inner),
        None => outer.contains_key("id").then_some(outer),
    }
}

pub(super) fn investigation(entity: &Entity) -> Option<Entry> {
    let mut entry = blank(EntryKind::Investigation, id_of(entity)?);
    entry.name = text(entity, "name");
    entry.title = text(entity, "title");
    entry.visit = text(entity, "visitId");
    entry.start = text(entity, "startDate");
    entry.end = text(entity, "endDate");
    entry.size_bytes = counted(entity, "fileSize");
    entry.file_count = counted(entity, "fileCount");
    // People at a facility say "P05"; its long name is for the tooltip.
    let instruments: Vec<&Entity> = list(entity, "investigationInstruments")
        .filter_map(|link| child(link, "instrument"))
        .collect();
    entry.instrument = joined(&instruments, "name");
    detail(&mut entry, "instrument", joined(&instruments, "fullName"));
    if let Some(kind) = child(entity, "type") {
        detail(&mut entry, "type", text(kind, "name"));
    }
    for (name, key) in [
        ("DOI", "doi"),
        ("released", "releaseDate"),
        ("summary", "summary"),
    ] {
        detail(&mut entry, name, text(entity, key));
    }
    Some(entry)
}

/// The texts of one attribute, those that there are.
fn joined(entities: &[&Entity], key: &str) -> String {
    let texts: Vec<String> = entities
        .iter()
        .map(|entity| text(entity, key))
        .filter(|text| !text.is_empty())
        .collect();
    texts.join(", ")
}

pub(super) fn dataset(entity: &Entity) -> Option<Entry> {
    let mut entry = blank(EntryKind::Dataset, id_of(entity)?);
    entry.name = text(entity, "name");
    entry.title = text(entity, "description");
    entry.start = text(entity, "startDate");
    entry.end = text(entity, "endDate");
    entry.size_bytes = counted(entity, "fileSize");
    entry.file_count = counted(entity, "fileCount");
    entry.location = some(text(entity, "location"));
    if let Some(kind) = child(entity, "type") {
        detail(&mut entry, "type", text(kind, "name"));
    }
    if let Some(sample) = child(entity, "sample") {
        detail(&mut entry, "sample", text(sample, "name"));
    }
    detail(&mut entry, "DOI", text(entity, "doi"));
    for parameter in list(entity, "parameters") {
        let Some(kind) = child(parameter, "type") else {
            continue;
        };
        let value = ["numericValue", "stringValue", "dateTimeValue"]
            .iter()
            .map(|key| text(parameter, key))
            .find(|value| !value.is_empty())
            .unwrap_or_default();
        let unit = text(kind, "units");
        let shown = format!("{value} {unit}").trim().to_owned();
        detail(&mut entry, &text(kind, "name"), shown);
    }
    Some(entry)
}

/// A row `[id, name, location, fileSize, datafileModTime]`.
pub(super) fn datafile(row: &Value) -> Option<Entry> {
    let row = row.as_array()?;
    let id = row.first()?.as_u64()?;
    let cell = |index: usize| row.get(index).map(plain).unwrap_or_default();
    let mut entry = blank(EntryKind::Datafile, id);
    entry.name = cell(1);
    entry.location = some(cell(2));
    entry.size_bytes = row.get(3).and_then(Value::as_u64);
    entry.end = cell(4);
    Some(entry)
}

fn blank(kind: EntryKind, id: u64) -> Entry {
    Entry {
        id: EntryId {
            kind,
            id: id.to_string(),
        },
        name: String::new(),
        title: String::new(),
        visit: String::new(),
        instrument: String::new(),
        start: String::new(),
        end: String::new(),
        size_bytes: None,
        file_count: None,
        locality: None,
        location: None,
        details: Vec::new(),
    }
}

fn id_of(entity: &Entity) -> Option<u64> {
    entity.get("id")?.as_u64()
}

fn text(entity: &Entity, key: &str) -> String {
    entity.get(key).map(plain).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

/// A size or a count; servers that never counted say 0.
fn counted(entity: &Entity, key: &str) -> Option<u64> {
    entity.get(key)?.as_u64().filter(|count| *count > 0)
}

fn child<'a>(entity: &'a Entity, key: &str) -> Option<&'a Entity> {
    entity.get(key)?.as_object()
}

fn list<'a>(entity: &'a Entity, key: &str) -> impl Iterator<Item = &'a Entity> {
    entity
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn detail(entry: &mut Entry, name: &str, value: String) {
    if !name.is_empty() && !value.is_empty() {
        entry.details.push((name.to_owned(), value));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_investigation_reads_with_whatever_is_there() {
        let full = json!({"Investigation": {
            "id": 42, "name": "p1", "visitId": "v1", "title": "Lysozyme",
            "startDate": "2026-05-16T16:58:26.127+02:00", "fileSize": 0,
            "type": {"id": 1, "name": "user"},
            "investigationInstruments": [{"id": 2, "instrument": {"id": 3, "name": "P05"}}],
            "datasets": [], "keywords": null, "unknown": {"a": [1]}
        }});
        let entry = investigation(unwrap(&full, "Investigation").unwrap()).unwrap();
        assert_eq!(entry.instrument, "P05", "its beamline");
        assert_eq!(entry.size_bytes, None, "0 means never counted");
        assert_eq!(
            entry.details,
            [("type".to_owned(), "user".to_owned())],
            "its type"
        );
        let bare = json!({"Investigation": {"id": 7}});
        let entry = investigation(unwrap(&bare, "Investigation").unwrap()).unwrap();
        assert_eq!(entry.id.id, "7", "an identifier is enough");
        assert!(
            unwrap(&json!([1, 2]), "Investigation").is_none(),
            "no entity"
        );
    }

    #[test]
    fn a_dataset_shows_its_parameters_with_units() {
        let value = json!({"Dataset": {"id": 1, "name": "scan",
            "parameters": [
                {"numericValue": 12.4, "type": {"name": "energy", "units": "keV"}},
                {"stringValue": "fly", "type": {"name": "mode"}},
                {"numericValue": 1.0}]}});
        let entry = dataset(unwrap(&value, "Dataset").unwrap()).unwrap();
        assert_eq!(
            entry.details,
            [
                ("energy".into(), "12.4 keV".into()),
                ("mode".into(), "fly".into())
            ],
            "name, value, unit"
        );
    }

    #[test]
    fn a_file_row_may_hold_nulls() {
        let entry = datafile(&json!([5, "a.h5", null, 12, null])).unwrap();
        assert_eq!(
            (entry.name.as_str(), entry.size_bytes),
            ("a.h5", Some(12)),
            "read"
        );
        assert_eq!(entry.location, None, "unknown");
        assert!(datafile(&json!({"id": 5})).is_none(), "no row");
    }
}
