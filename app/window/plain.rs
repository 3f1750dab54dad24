//! Values of a view's state as they are written in files and links.

use hutch_model::Value;
use serde::{Deserialize, Serialize};

/// A value as sessions and links write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Plain {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Self>),
}

impl Plain {
    /// The plain form of a value.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Integer(value) => {
                i64::try_from(*value).map_or_else(|_| Self::Text(value.to_string()), Self::Integer)
            }
            Value::Float(value) => Self::Float(*value),
            Value::Text(text) | Value::Described(text) => Self::Text(text.clone()),
            Value::List(values) => Self::List(values.iter().map(Self::of).collect()),
            // States of views hold none of these.
            Value::Complex(..) | Value::Bytes(_) | Value::Record(_) => {
                Self::Text(value.to_string())
            }
        }
    }
}

impl From<Plain> for Value {
    fn from(plain: Plain) -> Self {
        match plain {
            Plain::Bool(value) => Self::Bool(value),
            Plain::Integer(value) => Self::Integer(i128::from(value)),
            Plain::Float(value) => Self::Float(value),
            Plain::Text(text) => Self::Text(text),
            Plain::List(values) => Self::List(values.into_iter().map(Self::from).collect()),
        }
    }
}
