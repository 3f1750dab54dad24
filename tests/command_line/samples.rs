//! Every sample file of the test data through the command line: what is listed
//! is there, what is told is true, and what cannot be read is told in words.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value as Json;

use crate::hutch::{Hutch, data, said};

/// Endings of what is no sample: scripts, descriptions, expected numbers.
const NO_SAMPLES: [&str; 7] = ["py", "md", "json", "txt", "head", "info", "log"];

/// Samples without anything to plot, or that cannot be read, and the words of why.
const WITHOUT_STATISTICS: [(&str, &str); 8] = [
    ("dense_earliest.h5", "no dataset of numbers"),
    ("dense_latest.h5", "no dataset of numbers"),
    ("filtered.h5", "no dataset of numbers"),
    ("ordered.h5", "no dataset of numbers"),
    ("npy_objects.npy", "it holds Python objects"),
    ("npy_records.npy", "cannot be shown yet"),
    ("packed_u2.cbf", "signed 32-bit samples only"),
    ("ma1234_sample.h5", "no dataset of numbers"),
];

/// All sample files, but those that are there to break readers.
fn samples() -> Vec<PathBuf> {
    let mut all = Vec::new();
    let folders = [
        "beamline",
        "hdf5",
        "images",
        "layouts",
        "stats",
        "tomography",
    ];
    let mut left: Vec<PathBuf> = folders.iter().map(|name| data(name)).collect();
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                left.push(path);
            } else if !NO_SAMPLES.contains(&extension.as_ref()) {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}

/// One JSON object on stdout.
fn json(run: &Output, of: &str) -> Json {
    serde_json::from_slice(&run.stdout).unwrap_or_else(|error| panic!("{of}: {error}"))
}

/// How many samples a shape holds.
fn count(shape: &Json) -> u64 {
    let axes = shape.as_array().unwrap().iter();
    axes.map(|axis| axis.as_u64().unwrap()).product()
}

/// Whatever happened, the words and the exit code are those of a known cause.
fn check_told(run: &Output, of: &str) {
    let code = run.status.code();
    assert!(
        matches!(code, Some(0 | 1 | 2 | 7 | 9)),
        "{of}: exit code {code:?}: {}",
        said(run)
    );
    assert!(!said(run).contains("panicked"), "{of}: {}", said(run));
    if code != Some(0) {
        assert!(said(run).starts_with("hutch: "), "{of}: {}", said(run));
    }
}

/// The datasets of a listing with their paths.
fn datasets(children: &Json, above: &str, into: &mut Vec<(String, Json)>) {
    for child in children.as_array().unwrap() {
        let path = format!("{above}/{}", child["name"].as_str().unwrap());
        if child["kind"] == "dataset" && child["state"].is_null() {
            into.push((path.clone(), child.clone()));
        }
        if child["children"].is_array() {
            datasets(&child["children"], &path, into);
        }
    }
}

/// What is listed and what is told of a dataset is the same, and its values are
/// as many as its shape says.
fn check_dataset(hutch: &Hutch, file: &str, (path, listed): &(String, Json)) {
    let address = format!("{file}::{path}");
    let run = hutch.run(&["info", &address, "--json"]);
    assert!(run.status.success(), "info {address}: {}", said(&run));
    let info = json(&run, &address);
    assert_eq!(info["shape"], listed["shape"], "{address}: its shape");
    assert_eq!(info["dtype"], listed["dtype"], "{address}: its type");
    let run = hutch.run(&["cat", &address, "--json"]);
    check_told(&run, &format!("cat {address}"));
    if !run.status.success() {
        return;
    }
    let values = json(&run, &address);
    assert_eq!(values["shape"], listed["shape"], "{address}: of its values");
    let mut found = 0;
    let mut left = vec![(&values["values"], 0)];
    let rank = listed["shape"].as_array().unwrap().len();
    while let Some((value, level)) = left.pop() {
        match value {
            Json::Array(items) if level < rank => {
                left.extend(items.iter().map(|item| (item, level + 1)));
            }
            _ => found += 1,
        }
    }
    assert_eq!(found, count(&listed["shape"]), "{address}: all its values");
}

fn check_file(hutch: &Hutch, path: &Path) {
    let file = path.to_str().unwrap();
    let run = hutch.run(&["ls", file, "--depth", "9", "--json"]);
    assert!(run.status.success(), "ls {file}: {}", said(&run));
    let mut found = Vec::new();
    datasets(&json(&run, file)["children"], "", &mut found);
    // The first of them, and one from the middle.
    let middle = found.len() / 2;
    let of_values = |at: usize| {
        found
            .get(at)
            .filter(|(_, listed)| count(&listed["shape"]) < 50_000)
    };
    let chosen: Vec<_> = [0, middle].into_iter().filter_map(of_values).collect();
    for dataset in chosen {
        check_dataset(hutch, file, dataset);
    }
    let run = hutch.run(&["info", file, "--json"]);
    assert!(run.status.success(), "info {file}: {}", said(&run));
    let shown = json(&run, file)["default_plot"].clone();
    let run = hutch.run(&["stats", file, "--json"]);
    check_told(&run, &format!("stats {file}"));
    let name = path.file_name().unwrap().to_string_lossy();
    let exception = WITHOUT_STATISTICS.iter().find(|(known, _)| *known == name);
    if !matches!(run.status.code(), Some(0 | 1)) {
        let (_, words) = exception.unwrap_or_else(|| panic!("stats {file}: {}", said(&run)));
        assert!(said(&run).contains(words), "stats {file}: {}", said(&run));
        return;
    }
    let all = json(&run, file)["all"].clone();
    let told = |name: &str| all[name].as_u64().unwrap();
    // How long its files are is known only when they are open: 4, 3 and 4 frames.
    let samples = match name.as_ref() {
        "uneven_master.h5" => 11 * 8 * 10,
        _ => count(&shown["shape"]),
    };
    assert_eq!(
        told("count") + told("masked") + told("not_a_number") + told("missing"),
        samples,
        "{file}: every sample counts, is masked, is no number or is missing: {all}"
    );
    assert_eq!(
        run.status.success(),
        told("missing") == 0,
        "{file}: what is missing is told"
    );
}

#[test]
fn every_sample_file_is_listed_described_and_reduced() {
    let hutch = Hutch::new();
    let samples = samples();
    assert!(samples.len() > 150, "{} samples", samples.len());
    let failures: Vec<String> = samples
        .iter()
        .filter_map(|path| {
            let checked = std::panic::catch_unwind(|| check_file(&hutch, path));
            let why = checked.err()?;
            let words = why.downcast_ref::<String>().cloned();
            Some(words.unwrap_or_else(|| path.display().to_string()))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn files_that_break_readers_are_told_in_words() {
    let hutch = Hutch::new();
    let folder = std::fs::read_dir(data("malformed")).unwrap();
    for entry in folder {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "h5") {
            continue;
        }
        let file = path.to_str().unwrap();
        for command in ["info", "stats"] {
            let run = hutch.run(&[command, file]);
            let code = run.status.code();
            assert!(
                matches!(code, Some(0..=2 | 5 | 7 | 9)),
                "{command} {file}: exit code {code:?}: {}",
                said(&run)
            );
        }
    }
}
