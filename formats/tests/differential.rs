//! Every kind of HDF5 file that h5py writes, read as h5py reads it: names,
//! shapes, attributes and elements, bit for bit.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "differential/canonical.rs"]
mod canonical;
mod common;
#[path = "differential/compare.rs"]
mod compare;
#[path = "differential/table.rs"]
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use compare::Outcome;
use serde_json::Value as Json;

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/generate.py")
}

/// Runs the script of h5py; `None` after a skip.
fn generate(arguments: &[&str]) -> Option<tempfile::TempDir> {
    let python = hutch_testservers::python_with("hdf5plugin")?;
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .arg(script())
        .arg(folder.path())
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the script of h5py ends: {errors}");
    Some(folder)
}

/// Compares each file of a folder with the rows beside it, by feature and version.
fn compare_folder(folder: &Path) -> BTreeMap<(String, String), Outcome> {
    let mut outcomes: BTreeMap<(String, String), Outcome> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let rows_path = entry.unwrap().path();
        let name = rows_path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let Some(name) = name.strip_suffix(".json") else {
            continue;
        };
        let text = std::fs::read_to_string(&rows_path).unwrap();
        let rows: Json = serde_json::from_str(&text).unwrap();
        let feature = rows["feature"].as_str().unwrap().to_owned();
        let version = if name.contains("earliest") {
            "earliest"
        } else {
            "latest"
        };
        let outcome = outcomes.entry((feature, version.to_owned())).or_default();
        let container = common::open(&folder.join(name));
        compare::file(name, &*container, &rows["rows"], outcome);
    }
    outcomes
}

/// Known differences, by a part of their words; each must still be seen.
const KNOWN: &[&str] = &[
    // References name the address of their object, h5py its path.
    "/@object",
    ".h5/null: (no reference",
    ".h5/objects: (reference",
    ".h5/regions: (reference",
];

fn assert_known_are_seen(outcomes: &BTreeMap<(String, String), Outcome>) {
    for known in KNOWN {
        let mut differs = outcomes.values().flat_map(|outcome| &outcome.differs);
        assert!(
            differs.any(|text| text.contains(known)),
            "{known} is equal now: take it from the list"
        );
    }
}

fn assert_equal(outcomes: &BTreeMap<(String, String), Outcome>) {
    let differs: Vec<&String> = outcomes
        .values()
        .flat_map(|outcome| &outcome.differs)
        .filter(|text| !KNOWN.iter().any(|known| text.contains(known)))
        .collect();
    let shown: Vec<&str> = differs.iter().take(40).map(|text| text.as_str()).collect();
    assert!(
        differs.is_empty(),
        "{} things differ from h5py:\n{}",
        differs.len(),
        shown.join("\n")
    );
}

#[test]
fn files_of_every_feature_are_read_as_h5py_reads_them() {
    let Some(folder) = generate(&[]) else { return };
    let outcomes = compare_folder(folder.path());
    assert!(outcomes.len() > 40, "the script writes all features");
    assert_known_are_seen(&outcomes);
    assert_equal(&outcomes);
    table::check(&outcomes);
}

#[test]
fn random_trees_are_read_as_h5py_reads_them() {
    let seed = std::env::var("HUTCH_SEED").unwrap_or_else(|_| "1".to_owned());
    let count = std::env::var("HUTCH_RANDOM_FILES").unwrap_or_else(|_| "60".to_owned());
    let Some(folder) = generate(&["--random", &seed, &count]) else {
        return;
    };
    let outcomes = compare_folder(folder.path());
    let compared: usize = outcomes.values().map(|outcome| outcome.equal).sum();
    assert!(compared > 500, "much is compared: {compared}");
    assert_equal(&outcomes);
    let unread = outcomes.values().flat_map(|outcome| &outcome.unread);
    let unread: Vec<&String> = unread.collect();
    assert!(unread.is_empty(), "nothing is refused: {unread:?}");
}
