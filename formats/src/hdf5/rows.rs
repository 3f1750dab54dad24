//! Stored values row by row, in the words of the seams.

use hutch_hdf5::Value as Stored;
use hutch_model::Value;

use super::references::Names;

/// The number of elements.
pub(super) fn count(values: &Stored) -> usize {
    match values {
        Stored::Signed(values) => values.len(),
        Stored::Unsigned(values) => values.len(),
        Stored::Float(values) => values.len(),
        Stored::Complex(values) => values.len(),
        Stored::Text(values) => values.len(),
        Stored::Bool(values) => values.len(),
        Stored::Bytes(values) => values.len(),
        Stored::Array { shape, values } => count(values) / length(shape).max(1),
        Stored::Record(columns) => columns
            .iter()
            .map(|(_, values)| count(values))
            .max()
            .unwrap_or(0),
        Stored::List(values) => values.len(),
        Stored::Reference(values) => values.len(),
        Stored::Unsupported(_) => 0,
    }
}

fn length(shape: &[u32]) -> usize {
    let length = shape.iter().try_fold(1_usize, |length, axis| {
        length.checked_mul(usize::try_from(*axis).ok()?)
    });
    length.unwrap_or(usize::MAX)
}

/// The element `row`; described as absent where there is none.
pub(super) fn row(values: &Stored, row: usize, names: &Names) -> Value {
    let found = match values {
        Stored::Signed(values) => values.get(row).map(|value| Value::Integer((*value).into())),
        Stored::Unsigned(values) => values.get(row).map(|value| Value::Integer((*value).into())),
        Stored::Float(values) => values.get(row).map(|value| Value::Float(*value)),
        Stored::Complex(values) => values.get(row).map(|(re, im)| Value::Complex(*re, *im)),
        Stored::Text(values) => values.get(row).map(|value| Value::Text(value.clone())),
        Stored::Bool(values) => values.get(row).map(|value| Value::Bool(*value)),
        Stored::Bytes(values) => values.get(row).map(|value| Value::Bytes(value.to_vec())),
        Stored::Array { shape, values } => {
            let length = length(shape);
            let first = row.saturating_mul(length);
            let last = first.saturating_add(length).min(count(values));
            let elements = (first..last)
                .map(|at| self::row(values, at, names))
                .collect();
            Some(nested(elements, shape))
        }
        Stored::Record(columns) => {
            let members = columns.iter();
            let members =
                members.map(|(name, values)| (name.as_str().into(), self::row(values, row, names)));
            Some(Value::Record(members.collect()))
        }
        Stored::List(values) => values.get(row).map(|list| {
            Value::List(
                (0..count(list))
                    .map(|at| self::row(list, at, names))
                    .collect(),
            )
        }),
        Stored::Reference(values) => values
            .get(row)
            .map(|value| Value::Described(names.describe(value))),
        Stored::Unsupported(why) => Some(Value::Described(why.clone())),
    };
    found.unwrap_or_else(|| Value::Described("absent".to_owned()))
}

/// The elements of an array as lists of lists, the slowest axis outside.
fn nested(elements: Vec<Value>, shape: &[u32]) -> Value {
    let inner = shape.get(1..).unwrap_or_default();
    if inner.is_empty() {
        return Value::List(elements);
    }
    let length = length(inner).max(1);
    let mut rest = elements.into_iter();
    let mut lists = Vec::new();
    while rest.len() > 0 {
        lists.push(nested(rest.by_ref().take(length).collect(), inner));
    }
    Value::List(lists)
}
