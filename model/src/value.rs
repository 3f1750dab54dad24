//! Plain values: attributes and the states of views.

use std::fmt;
use std::sync::Arc;

/// Bytes of an opaque value that are shown in full.
const SHOWN_BYTES: usize = 64;

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
    /// Real and imaginary part.
    Complex(f64, f64),
    /// Bytes without a meaning that Hutch knows.
    Bytes(Vec<u8>),
    /// Several values.
    List(Vec<Self>),
    /// Named values, as of one row of a table.
    Record(Vec<(Arc<str>, Self)>),
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

    /// Bytes that it takes in memory, about.
    pub fn size_bytes(&self) -> usize {
        let inside = match self {
            Self::Text(text) | Self::Described(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(values) => values.iter().map(Self::size_bytes).sum(),
            Self::Record(members) => members.iter().map(|(_, value)| value.size_bytes()).sum(),
            Self::Bool(_) | Self::Integer(_) | Self::Float(_) | Self::Complex(..) => 0,
        };
        size_of::<Self>() + inside
    }

    /// The values one by one; a single value is a list of itself.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            single => std::slice::from_ref(single),
        }
    }
}

impl Default for Value {
    /// Nothing: a list of no values.
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Text(value) | Self::Described(value) => f.write_str(value),
            Self::Complex(real, imaginary) => write!(f, "{real}{imaginary:+}j"),
            Self::Bytes(bytes) => {
                for byte in bytes.iter().take(SHOWN_BYTES) {
                    write!(f, "{byte:02x}")?;
                }
                if bytes.len() > SHOWN_BYTES {
                    write!(f, "... ({} bytes)", bytes.len())?;
                }
                Ok(())
            }
            Self::Record(members) => {
                f.write_str("(")?;
                for (position, (name, value)) in members.iter().enumerate() {
                    if position > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{name}: {value}")?;
                }
                f.write_str(")")
            }
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
