//! Headers as attributes of a container.

use hutch_model::Value;

use super::fields::Fields;
use super::pairs::Pairs;
use crate::images::container::{ImageContainer, attribute};

/// The group that holds the header as it is written.
const HEADER: &str = "/header";
/// Bytes of a header's text that are shown.
const SHOWN_BYTES: usize = 64 << 10;
/// Pairs of a header that are shown.
const SHOWN_PAIRS: usize = 10_000;

/// Writes what a header says of the experiment to a dataset, each number with its
/// unit beside it: `distance` and `distance_units`.
pub(super) fn describe_fields(container: &mut ImageContainer, path: &str, fields: &Fields) {
    for field in &fields.0 {
        let units = format!("{}_units", field.name);
        container.add_attributes(
            path,
            [
                attribute(field.name, field.value),
                attribute(&units, field.units),
            ],
        );
    }
}

/// Shows a header as it is written, one attribute for each pair.
pub(super) fn describe_header(container: &mut ImageContainer, pairs: &Pairs) {
    container.add_group(HEADER);
    let shown = pairs
        .iter()
        .take(SHOWN_PAIRS)
        .map(|(name, value)| attribute(name, Value::Text(value.to_owned())));
    container.add_attributes(HEADER, shown);
    if pairs.len() > SHOWN_PAIRS {
        let why = format!("{SHOWN_PAIRS} of {} names are shown", pairs.len());
        container.add_problem(HEADER, why);
    }
}

/// Shows a header as text, with everything that is in no pair.
pub(super) fn describe_text(container: &mut ImageContainer, text: &str) {
    let mut end = text.len().min(SHOWN_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let shown = text.get(..end).unwrap_or_default();
    container.add_attributes(HEADER, [attribute("header_text", shown)]);
    if end < text.len() {
        let why = format!("the first {SHOWN_BYTES} bytes of its text are shown");
        container.add_problem(HEADER, why);
    }
}
