//! Records as the columns of a table.

use std::sync::Arc;

use hutch_model::Value;

use super::values;

/// Items of an array that become columns of their own; longer ones stay in one cell.
const ITEMS_MAX: usize = 4096;
/// Columns of a table; beyond that records stay in one cell.
const COLUMNS_MAX: usize = 1 << 16;

/// The columns of records: members of members as `a.b`, items of arrays as
/// `a[0]`. Sequences, whose length differs from record to record, are one column.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns(Vec<Column>);

#[derive(Clone, Debug)]
struct Column {
    name: String,
    steps: Vec<Step>,
    names: EnumNames,
}

/// The names of an enum, by their values; empty for other types.
#[derive(Clone, Debug, Default)]
pub(super) struct EnumNames(Vec<(i128, String)>);

impl EnumNames {
    /// The names in the words of a type, as `enum of int8 {RED = 0, GREEN = 1}`.
    pub(super) fn of(words: &str) -> Self {
        let inner = words
            .strip_prefix("enum of ")
            .and_then(|rest| rest.split_once(" {"))
            .and_then(|(_, names)| names.strip_suffix('}'));
        let pair = |text: &str| {
            let (name, value) = text.split_once(" = ")?;
            Some((value.parse().ok()?, name.to_owned()))
        };
        let pairs = inner.map(|names| names.split(", ").map(pair).collect::<Option<Vec<_>>>());
        Self(pairs.flatten().unwrap_or_default())
    }

    /// The name of a value; none for a value that the enum does not name.
    pub(super) fn name(&self, value: i128) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == value);
        found.map(|(_, name)| name.as_str())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The way from a value to one inside of it.
#[derive(Clone, Copy, Debug)]
enum Step {
    Member(usize),
    Item(usize),
}

impl Columns {
    /// The columns of records like this one, of a type in words; `None` for
    /// values that are no records.
    pub(super) fn of(first: &Value, words: &str) -> Option<Self> {
        if !matches!(first, Value::Record(_)) {
            return None;
        }
        let mut columns = Self::default();
        let mut steps = Vec::new();
        columns.add(first, words, "", &mut steps);
        (columns.0.len() <= COLUMNS_MAX).then_some(columns)
    }

    fn add(&mut self, value: &Value, words: &str, name: &str, steps: &mut Vec<Step>) {
        if self.0.len() > COLUMNS_MAX {
            return;
        }
        match value {
            Value::Record(members) => {
                let mut rest = words.strip_prefix('{').unwrap_or_default();
                for (position, (member, value)) in members.iter().enumerate() {
                    let (own, more) = member_type(rest, member);
                    rest = more;
                    let dot = if name.is_empty() { "" } else { "." };
                    steps.push(Step::Member(position));
                    self.add(value, own, &format!("{name}{dot}{member}"), steps);
                    steps.pop();
                }
            }
            Value::List(items) if is_array(words) && items.len() <= ITEMS_MAX => {
                for (position, item) in items.iter().enumerate() {
                    // Arrays of more axes are lists of lists.
                    let own = if matches!(item, Value::List(_)) && !of_lists(words) {
                        words
                    } else {
                        words.split_once("] of ").map_or("", |(_, base)| base)
                    };
                    steps.push(Step::Item(position));
                    self.add(item, own, &format!("{name}[{position}]"), steps);
                    steps.pop();
                }
            }
            _ => self.0.push(Column {
                name: name.to_owned(),
                steps: steps.clone(),
                names: EnumNames::of(words),
            }),
        }
    }

    /// The names, as a line.
    pub(super) fn head(&self) -> String {
        let mut line = String::new();
        for (position, column) in self.0.iter().enumerate() {
            if position > 0 {
                line.push(',');
            }
            values::push_quoted(&column.name, &mut line);
        }
        line.push('\n');
        line
    }

    /// Adds a record as a line.
    pub(super) fn push_line(&self, record: &Value, into: &mut String) {
        for (position, column) in self.0.iter().enumerate() {
            if position > 0 {
                into.push(',');
            }
            match column.of(record) {
                Some(Value::Integer(value)) if column.names.name(*value).is_some() => {
                    values::push_quoted(column.names.name(*value).unwrap_or_default(), into);
                }
                Some(value) => values::push_value_cell(value, into),
                None => {}
            }
        }
        into.push('\n');
    }
}

impl Column {
    fn of<'a>(&self, record: &'a Value) -> Option<&'a Value> {
        self.steps
            .iter()
            .try_fold(record, |value, step| match (value, step) {
                (Value::Record(members), Step::Member(at)) => {
                    let member: &(Arc<str>, Value) = members.get(*at)?;
                    Some(&member.1)
                }
                (Value::List(items), Step::Item(at)) => items.get(*at),
                _ => None,
            })
    }
}

fn is_array(words: &str) -> bool {
    words.starts_with("array [")
}

/// Whether the items of an array are sequences or arrays themselves.
fn of_lists(words: &str) -> bool {
    let axes = words
        .strip_prefix("array [")
        .and_then(|rest| rest.split_once(']'));
    axes.is_some_and(|(axes, _)| !axes.contains(','))
}

/// The type of a member in the words of a record's type, and what follows it.
fn member_type<'a>(words: &'a str, name: &str) -> (&'a str, &'a str) {
    let Some(own) = words
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix(": "))
    else {
        return ("", "");
    };
    let mut depth = 0i32;
    for (at, letter) in own.char_indices() {
        match letter {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' if depth == 0 => return (&own[..at], ""),
            '}' | ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                let rest = &own[at + 1..];
                return (&own[..at], rest.strip_prefix(' ').unwrap_or(rest));
            }
            _ => {}
        }
    }
    (own, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(members: &[(&str, Value)]) -> Value {
        let members = members.iter();
        Value::Record(
            members
                .map(|(name, value)| (Arc::from(*name), value.clone()))
                .collect(),
        )
    }

    #[test]
    fn members_items_and_sequences_become_columns() {
        let list =
            |items: &[i128]| Value::List(items.iter().copied().map(Value::Integer).collect());
        let value = record(&[
            ("id", Value::Integer(u64::MAX.into())),
            (
                "in",
                record(&[
                    ("x", Value::Float(0.1)),
                    ("m", Value::List(vec![list(&[1, 2]), list(&[3, 4])])),
                ]),
            ),
            ("s", list(&[7, 8])),
            ("a,b", Value::Text("q\"".to_owned())),
        ]);
        let words = "{id: uint64 (big-endian), in: {x: float64, m: array [2, 2] of int8}, s: sequence of int32, a,b: string}";
        let columns = Columns::of(&value, words).unwrap();
        let mut text = columns.head();
        columns.push_line(&value, &mut text);
        assert_eq!(
            text,
            "id,in.x,in.m[0][0],in.m[0][1],in.m[1][0],in.m[1][1],s,\"a,b\"\n\
             18446744073709551615,0.1,1,2,3,4,\"[7,8]\",\"q\"\"\"\n",
            "a table"
        );
        assert!(
            Columns::of(&Value::Integer(1), "int8").is_none(),
            "no record"
        );
    }

    #[test]
    fn values_of_an_enum_have_its_names() {
        let value = record(&[("c", Value::Integer(-1)), ("d", Value::Integer(7))]);
        let words = "{c: enum of int8 {RED = -1, DARK BLUE = 2}, d: enum of int8 {RED = -1}}";
        let columns = Columns::of(&value, words).unwrap();
        let mut text = columns.head();
        columns.push_line(&value, &mut text);
        assert_eq!(text, "c,d\nRED,7\n", "a name, and a value without one");
        assert!(EnumNames::of("enum of int8").is_empty(), "no names");
    }

    #[test]
    fn an_array_of_sequences_has_one_column_for_each() {
        let list = |items: Vec<Value>| Value::List(items);
        let value = record(&[("a", list(vec![list(vec![Value::Integer(1)]), list(vec![])]))]);
        let columns = Columns::of(&value, "{a: array [2] of sequence of int8}").unwrap();
        let mut text = columns.head();
        columns.push_line(&value, &mut text);
        assert_eq!(text, "a[0],a[1]\n[1],[]\n", "sequences stay whole");
    }
}
