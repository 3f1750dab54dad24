//! `search/documents` and `lucene/data` over the recorded rows.
//!
//! Source: `icat.server`: `ICATRest.java`, `SearchApi.java`. The attributes
//! inside `source` are not documented; a client must not depend on them.

use serde_json::{Map, Value, json};

use super::answers::{LUCENE_RESULT, Refusal, SEARCH_LAST_PAGE, SEARCH_PAGE, SEARCH_RESULT, fill};
use super::evaluate::Catalogue;
use super::store::{Bounds, Row};
use crate::form::Form;

/// One find.
struct Hit {
    score: f64,
    row: Value,
}

/// The attributes that are searched, and shown in `source`.
const TEXTS: [&str; 6] = ["title", "summary", "name", "visitId", "doi", "location"];
const SHOWN: [&str; 6] = [
    "id",
    "fileSize",
    "fileCount",
    "startDate",
    "endDate",
    "releaseDate",
];

impl Catalogue {
    /// The answer of `GET search/documents`.
    pub(crate) fn documents(&self, form: &Form, user: &str) -> Result<String, Refusal> {
        let hits = self.hits(form, user)?;
        let count = number(form, "maxCount", 100)?;
        let after = match form.get("search_after") {
            Some(text) => parse(text)?["doc"].as_u64().map_or(0, |doc| doc + 1),
            None => 0,
        };
        let start = usize::try_from(after).unwrap_or(usize::MAX).min(hits.len());
        let end = start.saturating_add(count).min(hits.len());
        let page = hits.get(start..end).unwrap_or_default();
        let results = page.iter().map(|hit| {
            let places = [
                ("id", &hit.row["id"]),
                ("score", &json!(hit.score)),
                ("source", &source(&hit.row)),
            ];
            fill(SEARCH_RESULT, &places)
        });
        let results = results.collect::<Vec<_>>().join(",");
        let template = if end < hits.len() {
            fill(
                SEARCH_PAGE,
                &[("searchAfter", &json!({"doc": end - 1, "shardIndex": -1}))],
            )
        } else {
            fill(SEARCH_LAST_PAGE, &[])
        };
        Ok(template.replace("{{results}}", &results))
    }

    /// The answer of `GET lucene/data`.
    pub(crate) fn lucene(&self, form: &Form, user: &str) -> Result<String, Refusal> {
        let count = number(form, "maxCount", 100)?;
        let hits = self.hits(form, user)?;
        let results = hits.iter().take(count).map(|hit| {
            fill(
                LUCENE_RESULT,
                &[("id", &hit.row["id"]), ("score", &json!(hit.score))],
            )
        });
        Ok(format!("[{}]", results.collect::<Vec<_>>().join(",")))
    }

    /// All finds that the user may read, best first.
    fn hits(&self, form: &Form, user: &str) -> Result<Vec<Hit>, Refusal> {
        let query = parse(form.get("query").unwrap_or_default())?;
        let target = query["target"].as_str().unwrap_or_default();
        if !matches!(target, "Investigation" | "Dataset" | "Datafile") {
            let why = format!("target must be Investigation, Dataset or Datafile, not {target}");
            return Err(Refusal::bad_parameter(why));
        }
        for unsupported in ["parameters", "samples", "userFullName"] {
            if query.get(unsupported).is_some() {
                let why = format!("\"{unsupported}\" is not recorded in this double");
                return Err(Refusal::bad_parameter(why));
            }
        }
        let text = query["text"].as_str().unwrap_or_default().to_lowercase();
        let is_restricted = form.get("restrict") == Some("true");
        let rows = self.store.rows(target, user, Bounds::default());
        let recorded = rows.filter_map(|row| match row {
            Row::Recorded(row) => Some(row),
            // Only the recorded files are indexed.
            Row::Made { .. } => None,
        });
        let mut hits: Vec<Hit> = recorded
            .filter(|row| !is_restricted || takes_part(row, user))
            .filter(|row| is_between(row, &query))
            .filter_map(|row| {
                Some(Hit {
                    score: score(row, &text)?,
                    row: row.clone(),
                })
            })
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        sort_as_asked(form, &mut hits)?;
        Ok(hits)
    }
}

fn parse(text: &str) -> Result<Value, Refusal> {
    serde_json::from_str(text)
        .map_err(|error| Refusal::bad_parameter(format!("query is not valid JSON: {error}")))
}

fn number(form: &Form, name: &str, default: usize) -> Result<usize, Refusal> {
    let Some(text) = form.get(name) else {
        return Ok(default);
    };
    text.parse()
        .map_err(|error| Refusal::bad_parameter(format!("{name} {text}: {error}")))
}

/// How many words were found, if all of them were.
fn score(row: &Value, text: &str) -> Option<f64> {
    let investigation = [&row["investigation"], &row["dataset"]["investigation"]];
    let mut words: Vec<String> = Vec::new();
    for part in [row].into_iter().chain(investigation) {
        words.extend(
            TEXTS
                .iter()
                .filter_map(|name| part[*name].as_str().map(str::to_lowercase)),
        );
        let keywords = part["keywords"].as_array().into_iter().flatten();
        words.extend(keywords.filter_map(|it| it["name"].as_str().map(str::to_lowercase)));
    }
    let mut score = 1.0;
    for wanted in text.split_whitespace() {
        let count = words
            .iter()
            .filter(|it| it.contains(wanted.trim_matches('*')))
            .count();
        if count == 0 {
            return None;
        }
        score += count as f64;
    }
    Some(score)
}

fn takes_part(row: &Value, user: &str) -> bool {
    let at = [&row["dataset"]["investigation"], &row["investigation"], row];
    let users = at
        .into_iter()
        .find_map(|it| it["investigationUsers"].as_array());
    users.is_some_and(|it| it.iter().any(|it| it["user"]["name"] == user))
}

/// `lower` and `upper` are `yyyyMMddHHmm`; compared by the day, which is what
/// the recorded dates and the server's UTC agree on.
fn is_between(row: &Value, query: &Value) -> bool {
    let date = row["startDate"]
        .as_str()
        .or(row["datafileModTime"].as_str());
    let day = date
        .unwrap_or_default()
        .get(..10)
        .unwrap_or_default()
        .replace('-', "");
    let bound = |name: &str| query[name].as_str().and_then(|it| it.get(..8));
    bound("lower").is_none_or(|lower| day.as_str() >= lower)
        && bound("upper").is_none_or(|upper| day.as_str() <= upper)
}

fn sort_as_asked(form: &Form, hits: &mut [Hit]) -> Result<(), Refusal> {
    let sort = parse(form.get("sort").filter(|it| !it.is_empty()).unwrap_or("{}"))?;
    for (name, direction) in sort.as_object().into_iter().flatten() {
        hits.sort_by(|a, b| {
            let order = super::scope::compare(&a.row[name], &b.row[name]);
            let order = order.unwrap_or(std::cmp::Ordering::Equal);
            if direction == "desc" {
                order.reverse()
            } else {
                order
            }
        });
    }
    Ok(())
}

fn source(row: &Value) -> Value {
    let names = TEXTS.iter().chain(&SHOWN);
    let shown = names.filter_map(|name| Some(((*name).to_owned(), row.get(*name)?.clone())));
    Value::Object(shown.collect::<Map<_, _>>())
}
