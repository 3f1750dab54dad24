//! The recorded rows, their references, and who may read them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;

use serde_json::Value;

use super::answers::{MANY, ROWS};

/// All rows of the catalogue.
#[derive(Debug)]
pub(crate) struct Store {
    tables: HashMap<&'static str, Vec<Value>>,
    many: Many,
}

/// The files of the synthetic ICAT dataset, made from one recorded row.
#[derive(Debug)]
struct Many {
    template: Value,
    count: u32,
}

/// The id of the first synthetic datafile.
const MANY_FIRST_ID: u64 = 1_000_001;

/// One row: recorded, or made when it is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Row<'a> {
    Recorded(&'a Value),
    Made { template: &'a Value, index: u32 },
}

/// What narrows a scan of the datafiles before any row is made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bounds {
    /// Ids are above this.
    pub(crate) id_above: u64,
    /// They belong to this ICAT dataset.
    pub(crate) dataset: Option<u64>,
}

impl Store {
    /// Reads the recorded rows and resolves their `{"$ref": "Entity/id"}`.
    pub(crate) fn read(many_count: u32) -> io::Result<Self> {
        let mut tables: HashMap<&'static str, Vec<Value>> = HashMap::new();
        for (entity, text) in ROWS {
            let rows: Vec<Value> = serde_json::from_str(text)?;
            let rows = rows.into_iter().map(|row| resolve(row, &tables)).collect();
            // References point to tables that were read before.
            tables.insert(entity, rows);
        }
        let template = resolve(serde_json::from_str(MANY)?, &tables);
        let many = Many {
            template,
            count: many_count,
        };
        Ok(Self { tables, many })
    }

    /// The rows of an entity that `user` may read, by id.
    pub(crate) fn rows<'a>(
        &'a self,
        entity: &str,
        user: &'a str,
        bounds: Bounds,
    ) -> impl Iterator<Item = Row<'a>> + use<'a> {
        let recorded = self.tables.get(entity).map_or(&[][..], Vec::as_slice);
        let recorded = recorded
            .iter()
            .filter(move |row| may_read(user, row))
            .map(Row::Recorded);
        let template = &self.many.template;
        let skip = (bounds.id_above + 1).saturating_sub(MANY_FIRST_ID);
        let skip = u32::try_from(skip).unwrap_or(u32::MAX);
        let is_wanted = entity == "Datafile"
            && may_read(user, template)
            && bounds
                .dataset
                .is_none_or(|id| template["dataset"]["id"] == id);
        let count = if is_wanted { self.many.count } else { 0 };
        let made = (skip.min(count)..count).map(move |index| Row::Made { template, index });
        recorded.chain(made)
    }

    /// Whether rows of this entity are kept in a table of their own.
    pub(crate) fn has_table(&self, entity: &str) -> bool {
        self.tables.contains_key(entity)
    }
}

impl<'a> Row<'a> {
    /// The value at the end of a path, through entities but not through lists.
    pub(crate) fn get(self, names: &[String]) -> Option<Cow<'a, Value>> {
        match self {
            Row::Recorded(row) => walk(row, names).map(Cow::Borrowed),
            Row::Made { template, index } => match names {
                [name] => made_attribute(template, name, index).map(Cow::Owned),
                _ => walk(template, names).map(Cow::Borrowed),
            },
        }
    }

    /// The whole row.
    pub(crate) fn value(self) -> Cow<'a, Value> {
        match self {
            Row::Recorded(row) => Cow::Borrowed(row),
            Row::Made { template, index } => {
                let mut row = template.clone();
                if let Some(attributes) = row.as_object_mut() {
                    for (name, value) in attributes {
                        if let Some(made) = made_attribute(template, name, index) {
                            *value = made;
                        }
                    }
                }
                Cow::Owned(row)
            }
        }
    }
}

/// Follows `names` through objects.
pub(crate) fn walk<'a>(value: &'a Value, names: &[String]) -> Option<&'a Value> {
    names.iter().try_fold(value, |at, name| at.get(name))
}

fn made_attribute(template: &Value, name: &str, index: u32) -> Option<Value> {
    if name == "id" {
        return Some(Value::from(MANY_FIRST_ID + u64::from(index)));
    }
    let recorded = template.get(name)?;
    Some(match recorded.as_str() {
        Some(text) => Value::from(text.replace("{{index}}", &format!("{index:05}"))),
        None => recorded.clone(),
    })
}

fn resolve(value: Value, tables: &HashMap<&'static str, Vec<Value>>) -> Value {
    match value {
        Value::Object(object) => {
            if let Some(target) = object.get("$ref").and_then(Value::as_str) {
                return find(target, tables).unwrap_or_default();
            }
            let resolved = object.into_iter().map(|(k, v)| (k, resolve(v, tables)));
            Value::Object(resolved.collect())
        }
        Value::Array(items) => items.into_iter().map(|it| resolve(it, tables)).collect(),
        scalar => scalar,
    }
}

fn find(target: &str, tables: &HashMap<&'static str, Vec<Value>>) -> Option<Value> {
    let (entity, id) = target.split_once('/')?;
    let id: u64 = id.parse().ok()?;
    let row = tables.get(entity)?.iter().find(|row| row["id"] == id)?;
    Some(row.clone())
}

/// ICAT's rules deny by default: here the participants of an investigation
/// read what belongs to it, and everybody reads what has been released.
fn may_read(user: &str, row: &Value) -> bool {
    let at = [&row["dataset"]["investigation"], &row["investigation"], row];
    let investigation = at.into_iter().find(|it| it.get("visitId").is_some());
    let Some(investigation) = investigation else {
        return true;
    };
    let participants = investigation["investigationUsers"].as_array();
    investigation["$public"] == true
        || participants.is_some_and(|it| it.iter().any(|it| it["user"]["name"] == user))
}
