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
use std::sync::Arc;

use common::{Folder, Served};
use compare::Outcome;
use hutch_formats::hdf5::open_hdf5;
use hutch_model::{Cancel, Container, CostHint};
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

/// The file itself, without what the layouts of facilities add.
fn open(path: &Path) -> Arc<dyn Container> {
    let source = Served::file(path, CostHint::LOCAL);
    let folder = Folder::new(path.parent().unwrap());
    pollster::block_on(open_hdf5(source, folder, &Cancel::new())).unwrap()
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
        let file = rows["path"].as_str().map(PathBuf::from);
        let file = file.unwrap_or_else(|| folder.join(name));
        let container = open(&file);
        let name = file.file_name().unwrap().to_string_lossy();
        compare::file(&name, &*container, &rows["rows"], outcome);
    }
    outcomes
}

fn assert_equal(outcomes: &BTreeMap<(String, String), Outcome>) {
    let differs: Vec<&String> = outcomes
        .values()
        .flat_map(|outcome| &outcome.differs)
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

/// The HDF5 files below a folder that h5py opens, by the ends of their names.
fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let extension = path.extension().and_then(|end| end.to_str());
        if path.is_dir() {
            // Damaged files have tests of their own.
            if !path.ends_with("malformed") {
                files_below(&path, found);
            }
        } else if extension.is_some_and(|end| ["h5", "hdf5", "nx", "nxs", "cxi"].contains(&end)) {
            found.push(path);
        }
    }
}

/// Compares the files below folders; the number of things compared.
fn compare_below(folders: &[PathBuf]) -> Option<usize> {
    let mut files = Vec::new();
    for folder in folders {
        files_below(folder, &mut files);
    }
    files.sort();
    let files: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let arguments: Vec<&str> = ["--read"].into_iter().chain(files).collect();
    let rows = generate(&arguments)?;
    let outcomes = compare_folder(rows.path());
    assert_equal(&outcomes);
    let unread: Vec<&String> = outcomes
        .values()
        .flat_map(|outcome| &outcome.unread)
        .collect();
    assert!(unread.is_empty(), "nothing is refused: {unread:?}");
    Some(outcomes.values().map(|outcome| outcome.equal).sum())
}

#[test]
fn the_test_data_are_read_as_h5py_reads_them() {
    if let Some(compared) = compare_below(&[common::shared("")]) {
        assert!(compared > 3000, "much is compared: {compared}");
    }
}

#[test]
fn real_files_of_facilities_are_read_as_h5py_reads_them() {
    let Some(root) = std::env::var_os("HUTCH_TEST_DATA").map(PathBuf::from) else {
        return hutch_testservers::skip("data", "HUTCH_TEST_DATA names no folder of real files");
    };
    let folders = ["nexus", "tomography", "no-licence"].map(|name| root.join(name));
    if let Some(compared) = compare_below(&folders) {
        assert!(compared > 5000, "much is compared: {compared}");
    }
}
