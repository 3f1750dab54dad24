//! Plain values: attributes and the states of views.

use std::fmt;

/// A plain value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number; wide enough for every 64-bit integer of a file.
    Integer(i128),
    /// A real number.
    Float(f64),
    /// Text.
    Text(String),
    /// Several values.
    List(Vec<Self>),
    /// A value that Hutch can only describe.
    Described(String),
}

impl Value {
    /// The text, if it is text or a list of one text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(list) if list.len() == 1 => list.first().and_then(Self::as_text),
            _ => None,
        }
    }

    /// The number, if it is one or a list of one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::List(list) if list.len() == 1 => list.first().and_then(Self::as_f64),
            _ => None,
        }
    }

    /// The whole number, if it is one or a list of one.
    pub fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::List(list) if list.len() == 1 => list.first().and_then(Self::as_integer),
            _ => None,
        }
    }

    /// The values one by one; a single value is a list of itself.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            single => std::slice::from_ref(single),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Text(value) | Self::Described(value) => f.write_str(value),
            Self::List(values) => {
                f.write_str("[")?;
                for (position, value) in values.iter().enumerate() {
                    if position > 0 {
                        f.write_str(", ")?;
                    }
                    value.fmt(f)?;
                }
                f.write_str("]")
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A named value on a group or dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Its stored type, as in `uint16` or `text[20]`.
    pub stored: String,
}
