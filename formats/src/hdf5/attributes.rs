//! Attributes of HDF5 objects as plain values.

use hutch_hdf5::{Attribute as Stored, Dataspace, Value as StoredValue};
use hutch_model::{Attribute, Value};

use super::references::Names;
use super::rows;

/// Longer lists are described, not copied.
const LIST_LIMIT: usize = 1 << 16;

/// The attributes of an object by creation where that was kept, else by name,
/// as h5py lists them.
pub(super) fn in_order(stored: &[Stored], names: &Names) -> Vec<Attribute> {
    let mut stored: Vec<&Stored> = stored.iter().collect();
    if stored.iter().all(|stored| stored.creation_order.is_some()) {
        stored.sort_by_key(|stored| stored.creation_order);
    } else {
        stored.sort_by(|one, other| one.name.cmp(&other.name));
    }
    stored
        .into_iter()
        .map(|stored| attribute(stored, names))
        .collect()
}

/// An attribute in the words of the seams.
fn attribute(stored: &Stored, names: &Names) -> Attribute {
    let mut name_of_type = match &stored.datatype {
        Some(datatype) => datatype.name(),
        None => "unreadable".to_owned(),
    };
    if let Dataspace::Simple { shape, .. } = &stored.dataspace {
        name_of_type = format!("{name_of_type}{shape:?}");
    }
    Attribute {
        name: stored.name.clone(),
        value: value(stored, names),
        stored: name_of_type,
    }
}

fn value(stored: &Stored, names: &Names) -> Value {
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
        StoredValue::Array { values, .. } if is_single => all(values, names),
        other if is_single => rows::row(other, 0, names),
        other => all(other, names),
    }
}

/// The elements of all rows.
fn all(values: &StoredValue, names: &Names) -> Value {
    match rows::count(values) {
        many if many > LIST_LIMIT => Value::Described(format!("{many} values")),
        count => Value::List(
            (0..count)
                .map(|row| rows::row(values, row, names))
                .collect(),
        ),
    }
}

fn list<T>(values: &[T], is_single: bool, make: impl Fn(&T) -> Value) -> Value {
    match values {
        [one] if is_single => make(one),
        many if many.len() > LIST_LIMIT => Value::Described(format!("{} values", many.len())),
        many => Value::List(many.iter().map(make).collect()),
    }
}
