//! Attributes of HDF5 objects as plain values.

use hutch_hdf5::{Attribute as Stored, Dataspace, Value as StoredValue};
use hutch_model::{Attribute, Value};

use super::rows;

/// Longer lists are described, not copied.
const LIST_LIMIT: usize = 1 << 16;

/// An attribute in the words of the seams.
pub(super) fn attribute(stored: &Stored) -> Attribute {
    let mut name_of_type = match &stored.datatype {
        Some(datatype) => datatype.name(),
        None => "unreadable".to_owned(),
    };
    if let Dataspace::Simple { shape, .. } = &stored.dataspace {
        name_of_type = format!("{name_of_type}{shape:?}");
    }
    Attribute {
        name: stored.name.clone(),
        value: value(stored),
        stored: name_of_type,
    }
}

fn value(stored: &Stored) -> Value {
    let is_single = matches!(stored.dataspace, Dataspace::Scalar);
    match &stored.value {
        _ if matches!(stored.dataspace, Dataspace::Null) && stored.datatype.is_some() => {
            Value::Described("empty".to_owned())
        }
        StoredValue::Signed(values) => {
            list(values, is_single, |value| Value::Integer((*value).into()))
        }
        StoredValue::Unsigned(values) => {
            list(values, is_single, |value| Value::Integer((*value).into()))
        }
        StoredValue::Float(values) => list(values, is_single, |value| Value::Float(*value)),
        StoredValue::Complex(values) => list(values, is_single, |(real, imaginary)| {
            Value::Complex(*real, *imaginary)
        }),
        StoredValue::Text(values) => list(values, is_single, |value| Value::Text(value.clone())),
        StoredValue::Bool(values) => list(values, is_single, |value| Value::Bool(*value)),
        StoredValue::Unsupported(why) => Value::Described(why.clone()),
        // An attribute of one array shows the elements of the array.
        StoredValue::Array { values, .. } if is_single => all(values),
        other if is_single => rows::row(other, 0),
        other => all(other),
    }
}

/// The elements of all rows.
fn all(values: &StoredValue) -> Value {
    match rows::count(values) {
        many if many > LIST_LIMIT => Value::Described(format!("{many} values")),
        count => Value::List((0..count).map(|row| rows::row(values, row)).collect()),
    }
}

fn list<T>(values: &[T], is_single: bool, make: impl Fn(&T) -> Value) -> Value {
    match values {
        [one] if is_single => make(one),
        many if many.len() > LIST_LIMIT => Value::Described(format!("{} values", many.len())),
        many => Value::List(many.iter().map(make).collect()),
    }
}
