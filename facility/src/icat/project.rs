//! Entities as JSON: what INCLUDE asked for, and nothing more.
//!
//! Source: `icat.server`: `ICATRest.jsonise`, `EntityBaseBean.pruned`. Null
//! attributes are left out, relations to one that were not included are
//! absent, relations to many that were not included are `[]`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::answers::Refusal;
use super::evaluate::Catalogue;
use super::query::Include;
use super::schema::Step;
use super::store::{Bounds, Row};

/// Included relations, by name.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<String, Self>);

impl Tree {
    /// The relations of a query on `entity`, all of which must exist.
    pub(crate) fn new(
        catalogue: &Catalogue,
        entity: &str,
        include: &Include,
    ) -> Result<Self, Refusal> {
        let mut tree = Self::default();
        if include.all_ones {
            for (name, step) in catalogue.schema.steps(entity) {
                if matches!(step, Step::One(_)) {
                    tree.0.insert(name.clone(), Self::default());
                }
            }
        }
        for path in &include.paths {
            if catalogue.schema.walk(entity, path)? == Step::Scalar {
                let why = format!("{} is not a relation", path.join("."));
                return Err(Refusal::bad_parameter(why));
            }
            let mut at = &mut tree;
            for name in path {
                at = at.0.entry(name.clone()).or_default();
            }
        }
        Ok(tree)
    }
}

/// Writes entities for one answer and counts them.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) user: &'a str,
    /// Entities written so far; more than `maxEntities` are refused.
    pub(crate) count: usize,
}

impl Writer<'_> {
    /// One entity and what `tree` includes of it, without its type around it.
    pub(crate) fn entity(
        &mut self,
        entity: &str,
        row: &Value,
        tree: &Tree,
    ) -> Result<Value, Refusal> {
        self.count += 1;
        if self.count > self.catalogue.max_entities {
            return Err(self.catalogue.too_many());
        }
        let catalogue = self.catalogue;
        let mut object = Map::new();
        for (name, step) in catalogue.schema.steps(entity) {
            let included = tree.0.get(name);
            match (step, included) {
                (Step::Scalar, _) => {
                    if let Some(value) = row.get(name).filter(|value| !value.is_null()) {
                        object.insert(name.clone(), value.clone());
                    }
                }
                (Step::One(target), Some(below)) => {
                    if let Some(value) = row.get(name).filter(|value| value.is_object()) {
                        object.insert(name.clone(), self.entity(target, value, below)?);
                    }
                }
                (Step::One(_), None) => {}
                (Step::Many(target), Some(below)) => {
                    // Counted first: writing what is then refused takes seconds.
                    let rows = catalogue.child_rows(entity, row, name, self.user);
                    if self.count + rows.count() > catalogue.max_entities {
                        return Err(catalogue.too_many());
                    }
                    let children = catalogue.children(entity, row, name, self.user);
                    let written = children.map(|child| self.entity(target, &child, below));
                    let list = written.collect::<Result<Vec<_>, _>>()?;
                    object.insert(name.clone(), Value::Array(list));
                }
                (Step::Many(_), None) => {
                    object.insert(name.clone(), Value::Array(Vec::new()));
                }
            }
        }
        Ok(Value::Object(object))
    }
}

impl Catalogue {
    /// The entities that a row's relation to many leads to.
    pub(crate) fn children<'a>(
        &'a self,
        entity: &str,
        row: &Value,
        name: &str,
        user: &'a str,
    ) -> Box<dyn Iterator<Item = Value> + 'a> {
        let recorded = row.get(name).and_then(Value::as_array);
        match recorded.filter(|list| !list.is_empty()) {
            Some(list) => Box::new(list.clone().into_iter()),
            None => Box::new(
                self.child_rows(entity, row, name, user)
                    .map(|child| child.value().into_owned()),
            ),
        }
    }

    /// The rows of another table that point back at this one.
    fn child_rows<'a>(
        &'a self,
        entity: &str,
        row: &Value,
        name: &str,
        user: &'a str,
    ) -> Box<dyn Iterator<Item = Row<'a>> + 'a> {
        let step = self.schema.walk(entity, &[name.to_owned()]);
        let Ok(Step::Many(target)) = step else {
            return Box::new(std::iter::empty());
        };
        let owner = self.schema.owner(&target, entity);
        let (Some(owner), true) = (owner, self.store.has_table(&target)) else {
            return Box::new(std::iter::empty());
        };
        let path = [owner.to_owned(), "id".to_owned()];
        let id = row["id"].clone();
        let is_files = target == "Datafile" && entity == "Dataset";
        let bounds = Bounds {
            id_above: 0,
            dataset: id.as_u64().filter(|_| is_files),
        };
        let rows = self.store.rows(&target, user, bounds);
        Box::new(rows.filter(move |child| child.get(&path).as_deref() == Some(&id)))
    }
}
