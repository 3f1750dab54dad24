//! The values that the names of a query stand for, and WHERE clauses over them.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::query::{Condition, Operand, Path};
use super::store::{Row, walk};

/// One row and one element for each JOIN.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'a> {
    pub(crate) user: &'a str,
    pub(crate) alias: &'a str,
    pub(crate) row: Row<'a>,
    /// Alias and element; no element where a LEFT JOIN found none.
    pub(crate) joined: Vec<(&'a str, Option<Value>)>,
}

impl Scope<'_> {
    /// The value at a path; nothing where an attribute is null.
    pub(crate) fn get(&self, path: &Path) -> Option<Cow<'_, Value>> {
        if path.alias == self.alias {
            return if path.names.is_empty() {
                Some(self.row.value())
            } else {
                self.row.get(&path.names)
            };
        }
        let (_, element) = self.joined.iter().find(|(name, _)| *name == path.alias)?;
        walk(element.as_ref()?, &path.names).map(Cow::Borrowed)
    }

    /// What tells this value from others: an entity's id, or the scalar.
    pub(crate) fn key(&self, path: &Path) -> Option<String> {
        if path.alias == self.alias && path.names.is_empty() {
            return self.row.get(&["id".to_owned()]).map(|id| id.to_string());
        }
        let value = self.get(path)?;
        Some(value.get("id").unwrap_or(&value).to_string())
    }

    /// Whether a WHERE clause is true here; what compares with null is not.
    pub(crate) fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::And(a, b) => self.holds(a) && self.holds(b),
            Condition::Or(a, b) => self.holds(a) || self.holds(b),
            Condition::Not(inner) => !self.holds(inner),
            Condition::Compare(a, comparison, b) => self
                .order_of(a, b)
                .is_some_and(|order| accepts(comparison, order)),
            Condition::Like(text, pattern) => {
                let (text, pattern) = (self.operand(text), self.operand(pattern));
                match (text.as_deref(), pattern.as_deref()) {
                    (Some(Value::String(text)), Some(Value::String(pattern))) => {
                        is_like(text, pattern)
                    }
                    _ => false,
                }
            }
            Condition::In(value, items) => items
                .iter()
                .any(|item| self.order_of(value, item) == Some(Ordering::Equal)),
            Condition::Between(value, low, high) => {
                self.order_of(value, low).is_some_and(Ordering::is_ge)
                    && self.order_of(value, high).is_some_and(Ordering::is_le)
            }
            Condition::IsNull(value) => self.operand(value).is_none(),
        }
    }

    fn operand<'o>(&'o self, operand: &'o Operand) -> Option<Cow<'o, Value>> {
        let cased = |inner: &'o Operand, change: fn(&str) -> String| {
            let value = self.operand(inner)?;
            value
                .as_str()
                .map(|text| Cow::Owned(Value::from(change(text))))
        };
        match operand {
            Operand::Path(path) => self.get(path).filter(|value| !value.is_null()),
            Operand::Literal(value) => Some(Cow::Borrowed(value)),
            Operand::Timestamp(time) => Some(Cow::Owned(Value::from(time.as_str()))),
            Operand::User => Some(Cow::Owned(Value::from(self.user))),
            Operand::Lower(inner) => cased(inner, str::to_lowercase),
            Operand::Upper(inner) => cased(inner, str::to_uppercase),
        }
    }

    fn order_of(&self, a: &Operand, b: &Operand) -> Option<Ordering> {
        let (left, right) = (self.operand(a)?, self.operand(b)?);
        let is_time = matches!(a, Operand::Timestamp(_)) || matches!(b, Operand::Timestamp(_));
        if is_time {
            // `{ts}` is server time without a zone: compare the local part.
            let local = |value: &Value| Some(value.as_str()?.get(..19)?.to_owned());
            return Some(local(&left)?.cmp(&local(&right)?));
        }
        compare(&left, &right)
    }
}

/// The order of two scalars of the same kind.
pub(crate) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        _ => None,
    }
}

fn accepts(comparison: &str, order: Ordering) -> bool {
    match comparison {
        "=" => order.is_eq(),
        "<>" | "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// JPQL's LIKE: `%` is any text, `_` any character.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    if first == '%' {
        let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        return starts.any(|at| is_like(&text[at..], rest));
    }
    let mut characters = text.chars();
    match characters.next() {
        Some(c) => (first == '_' || c == first) && is_like(characters.as_str(), rest),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn percent_matches_any_text_and_underscore_one_character() {
        assert!(is_like("bone implants", "%implant%"), "in the middle");
        assert!(is_like("bone", "b_ne"), "one character");
        assert!(!is_like("bone", "b_"), "the end matters");
        assert!(is_like("", "%"), "nothing is any text");
    }
}
