//! Entities, their attributes and relations: `answers/schema.json`.

use std::collections::HashMap;
use std::io;

use serde_json::Value;

use super::answers::{Refusal, SCHEMA};

/// What a step along an attribute leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A number, a text, a date or a truth value.
    Scalar,
    /// One other entity.
    One(String),
    /// A list of other entities.
    Many(String),
}

/// The steps of all entities.
#[derive(Debug)]
pub(crate) struct Schema(HashMap<String, Vec<(String, Step)>>);

impl Schema {
    /// Reads the recorded schema.
    pub(crate) fn read() -> io::Result<Self> {
        let recorded: HashMap<String, Value> = serde_json::from_str(SCHEMA)?;
        let entities = recorded.into_iter().map(|(name, entity)| {
            let scalars = entity["attributes"].as_array().into_iter().flatten();
            let mut steps: Vec<(String, Step)> = scalars
                .filter_map(Value::as_str)
                .map(|attribute| (attribute.to_owned(), Step::Scalar))
                .collect();
            steps.extend(relations(&entity["one"], Step::One));
            steps.extend(relations(&entity["many"], Step::Many));
            (name, steps)
        });
        Ok(Self(entities.collect()))
    }

    /// The entity's name as the catalogue spells it, if it has one.
    pub(crate) fn knows(&self, entity: &str) -> bool {
        self.0.contains_key(entity)
    }

    /// The steps of an entity; none for an unknown one.
    pub(crate) fn steps(&self, entity: &str) -> &[(String, Step)] {
        self.0.get(entity).map_or(&[], Vec::as_slice)
    }

    /// Where `names` leads, starting at `entity`.
    pub(crate) fn walk(&self, entity: &str, names: &[String]) -> Result<Step, Refusal> {
        let mut at = Step::One(entity.to_owned());
        for name in names {
            let (Step::One(current) | Step::Many(current)) = &at else {
                return Err(Refusal::bad_parameter(format!(
                    "\"{name}\" is no attribute of a scalar"
                )));
            };
            let steps = self.steps(current);
            let Some((_, step)) = steps.iter().find(|(known, _)| known == name) else {
                return Err(Refusal::bad_parameter(format!(
                    "The state field path '{name}' cannot be resolved for {current}"
                )));
            };
            at = step.clone();
        }
        Ok(at)
    }

    /// The attribute of `child` that points at `parent`.
    pub(crate) fn owner(&self, child: &str, parent: &str) -> Option<&str> {
        let points = |step: &Step| matches!(step, Step::One(target) if target == parent);
        let (name, _) = self.steps(child).iter().find(|(_, step)| points(step))?;
        Some(name)
    }
}

fn relations(
    recorded: &Value,
    step: impl Fn(String) -> Step,
) -> impl Iterator<Item = (String, Step)> {
    let pairs = recorded.as_object().into_iter().flatten();
    pairs.filter_map(move |(name, target)| Some((name.clone(), step(target.as_str()?.to_owned()))))
}
