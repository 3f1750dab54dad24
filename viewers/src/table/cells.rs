//! Cells as text, exact in every format.

use hutch_model::{Samples, Value};

/// How numbers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// Every digit of a whole number, the shortest text that reads back otherwise.
    #[default]
    Plain,
    /// The same with a power of ten.
    Scientific,
    /// The bits of a whole number; real ones as they are.
    Hex,
}

impl Format {
    pub(super) const ALL: [(Self, &'static str); 3] = [
        (Self::Plain, "plain"),
        (Self::Scientific, "1e3"),
        (Self::Hex, "0x"),
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Scientific => "scientific",
            Self::Hex => "hex",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        let all = Self::ALL.iter().map(|(format, _)| *format);
        all.into_iter().find(|format| format.name() == name)
    }
}

/// A cell of a table: an element, or a member of a record.
pub(super) fn text(
    samples: &Samples,
    index: usize,
    member: Option<usize>,
    format: Format,
) -> String {
    /// One arm for each type that both formats know.
    macro_rules! formatted {
        (whole $($whole:ident),*; real $($real:ident),*) => {
            match (samples, format) {
                $((Samples::$whole(values), Format::Hex) => {
                    values.get(index).map(|value| format!("{value:#x}"))
                })*
                $((Samples::$whole(values), Format::Scientific) => {
                    values.get(index).map(|value| format!("{value:e}"))
                })*
                $((Samples::$real(values), Format::Scientific) => {
                    values.get(index).map(|value| format!("{value:e}"))
                })*
                _ => None,
            }
        };
    }
    if let Samples::Values(values) = samples {
        let value = values.get(index);
        return match (value, member) {
            (Some(Value::Record(members)), Some(member)) => members
                .get(member)
                .map_or_else(String::new, |(_, value)| of_value(value, format)),
            (Some(value), _) => of_value(value, format),
            (None, _) => String::new(),
        };
    }
    let found = formatted!(whole U8, U16, U32, U64, I8, I16, I32, I64; real F32, F64);
    found.unwrap_or_else(|| samples.get_text(index))
}

fn of_value(value: &Value, format: Format) -> String {
    match (value, format) {
        (Value::Integer(number), Format::Hex) if *number >= 0 => format!("{number:#x}"),
        (Value::Integer(number), Format::Scientific) => format!("{number:e}"),
        (Value::Float(number), Format::Scientific) => format!("{number:e}"),
        _ => value.to_string(),
    }
}

/// The names of the members of records.
pub(super) fn members(samples: &Samples) -> Vec<String> {
    match samples {
        Samples::Values(values) => match values.first() {
            Some(Value::Record(members)) => {
                members.iter().map(|(name, _)| name.to_string()).collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A cell that can stand between tabs: without tabs and ends of lines of its own.
pub(super) fn for_clipboard(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn every_format_keeps_every_digit() {
        let whole = Samples::U64(vec![u64::MAX]);
        let found = Format::ALL.map(|(format, _)| text(&whole, 0, None, format));
        assert_eq!(
            found,
            [
                "18446744073709551615",
                "1.8446744073709551615e19",
                "0xffffffffffffffff"
            ]
        );
        let real = Samples::F32(vec![0.1]);
        let found = Format::ALL.map(|(format, _)| text(&real, 0, None, format));
        assert_eq!(
            found,
            ["0.1", "1e-1", "0.1"],
            "as few digits as read back the same"
        );
        let signed = Samples::I16(vec![-2]);
        assert_eq!(text(&signed, 0, None, Format::Hex), "0xfffe", "its bits");
        assert_eq!(text(&signed, 1, None, Format::Hex), "", "beyond the end");
    }

    #[test]
    fn a_record_has_a_column_for_each_member() {
        let record = Value::Record(vec![
            (Arc::from("id"), Value::Integer(i128::from(i64::MIN))),
            (Arc::from("name"), Value::Text("a\tb".to_owned())),
        ]);
        let samples = Samples::Values(vec![record]);
        assert_eq!(members(&samples), ["id", "name"]);
        assert_eq!(
            text(&samples, 0, Some(0), Format::Plain),
            "-9223372036854775808"
        );
        let name = text(&samples, 0, Some(1), Format::Hex);
        assert_eq!(for_clipboard(&name), "a b", "one cell stays one cell");
        assert_eq!(
            text(&samples, 0, Some(7), Format::Plain),
            "",
            "no such member"
        );
    }
}
