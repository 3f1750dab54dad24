//! Values as JSON: NaN and infinities are strings, 64-bit integers are exact,
//! complex numbers are `[re, im]`.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use hutch_analysis::reduce::Number;
use hutch_model::{Samples, Value};
use serde_json::{Number as JsonNumber, Value as Json};

/// A real number.
pub(super) fn real(value: f64) -> Json {
    JsonNumber::from_f64(value).map_or_else(|| Json::from(special(value)), Json::Number)
}

/// A whole number; beyond 64 bits its digits as a string.
pub(super) fn whole(value: i128) -> Json {
    u64::try_from(value)
        .map(Json::from)
        .or_else(|_| i64::try_from(value).map(Json::from))
        .unwrap_or_else(|_| Json::from(value.to_string()))
}

/// A number of a reduction.
pub(super) fn number(value: Number) -> Json {
    match value {
        Number::Int(value) => whole(value),
        Number::Real(value) => real(value),
    }
}

/// An attribute.
pub(super) fn value(value_of_file: &Value) -> Json {
    match value_of_file {
        Value::Bool(value) => Json::from(*value),
        Value::Integer(value) => whole(*value),
        Value::Float(value) => real(*value),
        Value::Text(text) | Value::Described(text) => Json::from(text.as_str()),
        Value::Complex(re, im) => Json::from(vec![real(*re), real(*im)]),
        Value::Bytes(bytes) => Json::from(base64::prelude::BASE64_STANDARD.encode(bytes)),
        Value::List(values) => values.iter().map(value).collect(),
        Value::Record(members) => Json::Object(
            members
                .iter()
                .map(|(name, member)| (name.to_string(), value(member)))
                .collect(),
        ),
    }
}

/// Adds the JSON text of a sample. Numbers are written as their shortest text
/// in their own type, which a general JSON value would widen.
pub(super) fn push_sample(samples: &Samples, index: usize, into: &mut String) {
    match samples {
        Samples::F16(values) => push_real(values.get(index).map(|value| value.to_f32()), into),
        Samples::F32(values) => push_real(values.get(index).copied(), into),
        Samples::F64(values) => push_real(values.get(index).copied(), into),
        Samples::Complex64(values) => push_complex(values.get(index), into),
        Samples::Complex128(values) => push_complex(values.get(index), into),
        Samples::Text(values) => {
            let text = values.get(index).map(String::as_str).unwrap_or_default();
            into.push_str(&Json::from(text).to_string());
        }
        Samples::Values(values) => {
            let json = values.get(index).map(value).unwrap_or_default();
            into.push_str(&json.to_string());
        }
        whole => into.push_str(&whole.get_text(index)),
    }
}

/// Adds the text of a sample for a table: numbers bare, complex ones as numpy
/// reads them, text in quotes where it needs them.
pub(super) fn push_cell(samples: &Samples, index: usize, into: &mut String) {
    match samples {
        Samples::Complex64(values) => push_complex_cell(values.get(index), into),
        Samples::Complex128(values) => push_complex_cell(values.get(index), into),
        Samples::Text(values) => {
            push_quoted(
                values.get(index).map(String::as_str).unwrap_or_default(),
                into,
            );
        }
        Samples::Values(values) => {
            if let Some(value) = values.get(index) {
                push_value_cell(value, into);
            }
        }
        numbers => {
            let mut json = String::new();
            push_sample(numbers, index, &mut json);
            into.push_str(json.trim_matches('"'));
        }
    }
}

/// Adds a value of a record as a cell: lists and records as JSON.
pub(super) fn push_value_cell(value_of_file: &Value, into: &mut String) {
    match value_of_file {
        Value::Text(text) | Value::Described(text) => push_quoted(text, into),
        Value::Complex(re, im) => push_complex_cell(Some(&[*re, *im]), into),
        Value::Float(_) => {
            let mut json = String::new();
            push_real(value_of_file.as_f64(), &mut json);
            into.push_str(json.trim_matches('"'));
        }
        other => {
            let json = match value(other) {
                Json::String(text) => text,
                json => json.to_string(),
            };
            push_quoted(&json, into);
        }
    }
}

/// Source: RFC 4180, section 2.
pub(super) fn push_quoted(text: &str, into: &mut String) {
    if text.contains([',', '"', '\n', '\r']) {
        into.push('"');
        into.push_str(&text.replace('"', "\"\""));
        into.push('"');
    } else {
        into.push_str(text);
    }
}

/// What binary32 and binary64 have in common.
trait Real: Copy + fmt::Debug + Into<f64> {}
impl Real for f32 {}
impl Real for f64 {}

fn push_real(value: Option<impl Real>, into: &mut String) {
    let Some(value) = value else {
        into.push_str("\"NaN\"");
        return;
    };
    let wide: f64 = value.into();
    if wide.is_finite() {
        push_text(into, format_args!("{value:?}"));
    } else {
        into.push('"');
        into.push_str(special(wide));
        into.push('"');
    }
}

fn push_complex<T: Real>(value: Option<&[T; 2]>, into: &mut String) {
    into.push('[');
    push_real(value.map(|pair| pair[0]), into);
    into.push(',');
    push_real(value.map(|pair| pair[1]), into);
    into.push(']');
}

fn push_complex_cell<T: Real>(value: Option<&[T; 2]>, into: &mut String) {
    if let Some([real, imaginary]) = value {
        push_text(into, format_args!("{real:?}{imaginary:+?}j"));
    }
}

fn push_text(into: &mut String, text: fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    if into.write_fmt(text).is_err() {
        log::error!("no text for a number");
    }
}

const fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(samples: &Samples) -> String {
        let mut text = String::new();
        push_sample(samples, 0, &mut text);
        text
    }

    #[test]
    fn numbers_keep_their_own_shortest_text() {
        assert_eq!(sample(&Samples::F32(vec![0.1])), "0.1", "not widened");
        assert_eq!(
            sample(&Samples::U64(vec![u64::MAX])),
            "18446744073709551615",
            "exact"
        );
        assert_eq!(
            sample(&Samples::F64(vec![f64::NEG_INFINITY])),
            "\"-Infinity\"",
            "a string"
        );
        assert_eq!(
            sample(&Samples::Complex64(vec![[1.0, -2.5]])),
            "[1.0,-2.5]",
            "a pair"
        );
    }

    #[test]
    fn a_sum_beyond_64_bits_keeps_its_digits() {
        assert_eq!(whole(i128::from(u64::MAX)), Json::from(u64::MAX), "fits");
        assert_eq!(
            whole(1 << 70),
            Json::from("1180591620717411303424"),
            "digits"
        );
        assert_eq!(whole(-5), Json::from(-5), "negative");
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let mut text = String::new();
        push_cell(&Samples::Text(vec!["a,\"b\"".to_owned()]), 0, &mut text);
        assert_eq!(text, "\"a,\"\"b\"\"\"", "quotes doubled");
        let mut text = String::new();
        push_cell(&Samples::Complex128(vec![[1.0, -2.0]]), 0, &mut text);
        assert_eq!(text, "1.0-2.0j", "as numpy reads it");
    }
}
