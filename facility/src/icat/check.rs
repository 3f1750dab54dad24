//! Whether the names in a query exist, and what can be known before any row is read.

use std::collections::HashMap;

use super::answers::Refusal;
use super::evaluate::Catalogue;
use super::query::{Condition, Operand, Path, Query, Select};
use super::schema::Step;
use super::store::Bounds;

impl Catalogue {
    /// The entity of each alias; refuses names that do not exist.
    pub(super) fn check<'q>(&self, query: &'q Query) -> Result<HashMap<&'q str, String>, Refusal> {
        if !self.schema.knows(&query.entity) {
            let why = format!("The abstract schema type '{}' is unknown.", query.entity);
            return Err(Refusal::bad_parameter(why));
        }
        let mut kinds = HashMap::from([(query.alias.as_str(), query.entity.clone())]);
        for join in &query.joins {
            match self.step(&kinds, &join.path)? {
                Step::One(kind) | Step::Many(kind) => kinds.insert(join.alias.as_str(), kind),
                Step::Scalar => return Err(Refusal::bad_parameter("JOIN needs a relation")),
            };
        }
        let mut paths: Vec<&Path> = query.order.iter().map(|(path, _)| path).collect();
        match &query.select {
            Select::Rows(selected) => paths.extend(selected),
            Select::Count(path) | Select::Min(path) | Select::Max(path) => paths.push(path),
        }
        if let Some(condition) = &query.condition {
            paths_of(condition, &mut paths);
        }
        for path in paths {
            self.step(&kinds, path)?;
        }
        Ok(kinds)
    }

    pub(super) fn step(&self, kinds: &HashMap<&str, String>, path: &Path) -> Result<Step, Refusal> {
        let Some(kind) = kinds.get(path.alias.as_str()) else {
            let why = format!(
                "The identification variable '{}' is not defined.",
                path.alias
            );
            return Err(Refusal::bad_parameter(why));
        };
        self.schema.walk(kind, &path.names)
    }
}

/// What every match must satisfy, from the ANDs of the WHERE clause.
pub(super) fn bounds(query: &Query) -> Bounds {
    let mut bounds = Bounds::default();
    let mut pending: Vec<&Condition> = query.condition.iter().collect();
    while let Some(condition) = pending.pop() {
        match condition {
            Condition::And(a, b) => pending.extend([a.as_ref(), b.as_ref()]),
            Condition::Compare(Operand::Path(path), comparison, Operand::Literal(value))
                if path.alias == query.alias =>
            {
                let names: Vec<&str> = path.names.iter().map(String::as_str).collect();
                match (names.as_slice(), *comparison, value.as_u64()) {
                    (["id"], ">", Some(id)) => bounds.id_above = bounds.id_above.max(id),
                    (["dataset", "id"], "=", id @ Some(_)) => bounds.dataset = id,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    bounds
}

fn paths_of<'q>(condition: &'q Condition, paths: &mut Vec<&'q Path>) {
    match condition {
        Condition::And(a, b) | Condition::Or(a, b) => {
            paths_of(a, paths);
            paths_of(b, paths);
        }
        Condition::Not(inner) => paths_of(inner, paths),
        Condition::Compare(a, _, b) | Condition::Like(a, b) => {
            paths.extend([a, b].into_iter().filter_map(path_of));
        }
        Condition::In(value, items) => {
            paths.extend(path_of(value));
            paths.extend(items.iter().filter_map(path_of));
        }
        Condition::Between(a, b, c) => paths.extend([a, b, c].into_iter().filter_map(path_of)),
        Condition::IsNull(value) => paths.extend(path_of(value)),
    }
}

fn path_of(operand: &Operand) -> Option<&Path> {
    match operand {
        Operand::Path(path) => Some(path),
        Operand::Lower(inner) | Operand::Upper(inner) => path_of(inner),
        _ => None,
    }
}
