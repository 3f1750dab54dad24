//! The recorded texts of `answers/`, and filling their `{{places}}`.

use http::{Response, StatusCode};
use serde_json::Value;

use crate::body::PlainBody;
use crate::route::text;

pub(crate) const VERSION: &str = include_str!("../../answers/version.json");
pub(crate) const PROPERTIES: &str = include_str!("../../answers/properties.json");
pub(crate) const SESSION_CREATED: &str = include_str!("../../answers/session_created.json");
pub(crate) const SESSION: &str = include_str!("../../answers/session.json");
pub(crate) const USER: &str = include_str!("../../answers/user.json");
pub(crate) const SEARCH_PAGE: &str = include_str!("../../answers/search_page.json");
pub(crate) const SEARCH_LAST_PAGE: &str = include_str!("../../answers/search_last_page.json");
pub(crate) const SEARCH_RESULT: &str = include_str!("../../answers/search_result.json");
pub(crate) const LUCENE_RESULT: &str = include_str!("../../answers/lucene_result.json");
pub(crate) const SCHEMA: &str = include_str!("../../answers/schema.json");
pub(crate) const MANY: &str = include_str!("../../answers/rows/datafile_many.json");
const ERRORS: &str = include_str!("../../answers/errors.json");

/// Recorded rows: the entity and its list.
pub(crate) const ROWS: [(&str, &str); 10] = [
    ("Facility", include_str!("../../answers/rows/facility.json")),
    (
        "Instrument",
        include_str!("../../answers/rows/instrument.json"),
    ),
    ("User", include_str!("../../answers/rows/user.json")),
    (
        "InvestigationType",
        include_str!("../../answers/rows/investigationtype.json"),
    ),
    (
        "DatasetType",
        include_str!("../../answers/rows/datasettype.json"),
    ),
    (
        "ParameterType",
        include_str!("../../answers/rows/parametertype.json"),
    ),
    (
        "Investigation",
        include_str!("../../answers/rows/investigation.json"),
    ),
    ("Sample", include_str!("../../answers/rows/sample.json")),
    ("Dataset", include_str!("../../answers/rows/dataset.json")),
    ("Datafile", include_str!("../../answers/rows/datafile.json")),
];

/// An error that the catalogue answers: its name in `errors.json`, and the text for it.
#[derive(Debug)]
pub(crate) struct Refusal {
    name: &'static str,
    text: String,
}

impl Refusal {
    pub(crate) fn new(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            name,
            text: text.into(),
        }
    }

    pub(crate) fn bad_parameter(why: impl Into<String>) -> Self {
        Self::new("bad parameter", why)
    }

    /// The recorded answer.
    pub(crate) fn response(&self) -> Response<PlainBody> {
        let recorded: Value = serde_json::from_str(ERRORS).unwrap_or_default();
        let found = recorded
            .as_array()
            .and_then(|errors| errors.iter().find(|error| error["name"] == self.name));
        let status = found
            .and_then(|error| error["status"].as_u64())
            .and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = found.map(|error| error["body"].to_string());
        let inner = escape(&self.text);
        let body = body.unwrap_or_default().replace("{{text}}", &inner);
        text(status, "application/json", &body)
    }
}

/// Replaces `{{name}}` by JSON text.
pub(crate) fn fill(template: &str, places: &[(&str, &Value)]) -> String {
    let mut filled = template.trim_end().to_owned();
    for (name, value) in places {
        filled = filled.replace(&format!("{{{{{name}}}}}"), &value.to_string());
    }
    filled
}

/// A 200 with JSON.
pub(crate) fn json(body: &str) -> Response<PlainBody> {
    text(StatusCode::OK, "application/json", body)
}

/// `text` as it stands inside JSON quotes.
fn escape(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted
        .strip_prefix('"')
        .and_then(|it| it.strip_suffix('"'))
        .unwrap_or_default()
        .to_owned()
}
