//! The table of docs/formats/hdf5.md, made from the comparison with h5py.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::Outcome;

const BEGIN: &str = "<!-- made by formats/tests/differential.rs -->";
const END: &str = "<!-- end -->";

/// Holds the table of the guide against the outcomes; `HUTCH_UPDATE=1` writes it.
pub(crate) fn check(outcomes: &BTreeMap<(String, String), Outcome>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/formats/hdf5.md");
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let (head, rest) = page
        .split_once(BEGIN)
        .expect("the page has a place for the table");
    let (table, tail) = rest.split_once(END).expect("the table has an end");
    let made = make(outcomes);
    if std::env::var_os("HUTCH_UPDATE").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}\n{made}{END}{tail}"))
            .expect("the page is written");
        return;
    }
    assert_eq!(
        table.trim(),
        made.trim(),
        "docs/formats/hdf5.md is up to date (HUTCH_UPDATE=1 writes it)"
    );
}

fn make(outcomes: &BTreeMap<(String, String), Outcome>) -> String {
    let mut table = String::from(
        "| what h5py writes | `libver=\"earliest\"` | `libver=\"latest\"` | refused, and why |\n|---|---|---|---|\n",
    );
    let features: BTreeSet<&String> = outcomes.keys().map(|(feature, _)| feature).collect();
    for feature in features {
        let cell = |version: &str| {
            let found = outcomes.get(&(feature.clone(), version.to_owned()));
            found.map_or_else(String::new, |outcome| format!("{} equal", outcome.equal))
        };
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for version in ["earliest", "latest"] {
            if let Some(outcome) = outcomes.get(&(feature.clone(), version.to_owned())) {
                for text in &outcome.unread {
                    let (_, why) = text.split_once(": ").unwrap_or(("", text));
                    *reasons.entry(why).or_default() += 1;
                }
            }
        }
        let reasons: Vec<String> = reasons
            .into_iter()
            .map(|(why, count)| format!("{count} x {why}"))
            .collect();
        writeln!(
            table,
            "| {feature} | {} | {} | {} |",
            cell("earliest"),
            cell("latest"),
            reasons.join("; ")
        )
        .expect("text grows");
    }
    table
}
