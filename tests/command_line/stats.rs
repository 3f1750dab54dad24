//! `hutch stats`: the numbers are those of numpy, whatever the format, the type
//! and the mask.

use std::path::Path;
use std::process::Output;

use hutch_hdf5::ScalarKind;
use hutch_hdf5::write::{DatasetSpec, Storage, Writer};
use serde_json::Value as Json;

use crate::hutch::{Hutch, data};

/// Hutch in a folder that is not its own.
fn hutch(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Hutch::new().command(arguments);
    command.current_dir(folder).output().unwrap()
}

fn statistics(folder: &Path, arguments: &[&str]) -> Json {
    let mut all = vec!["stats", "--json"];
    all.extend(arguments);
    let run = hutch(folder, &all);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&run.stdout).expect("one JSON object on stdout")
}

/// Whether two numbers are the same, real ones up to rounding.
fn is_near(found: &Json, expected: &Json) -> bool {
    match (found.as_f64(), expected.as_f64()) {
        (Some(a), Some(b)) if found.is_f64() || expected.is_f64() => {
            (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) || (a - b).abs() < 1e-18
        }
        // Whole numbers to the last digit, NaN and infinities by name.
        _ => found == expected,
    }
}

/// Every number of `expected` is in `found`.
fn compare(address: &str, found: &Json, expected: &Json) {
    for (name, value) in expected.as_object().unwrap() {
        if value.is_object() {
            compare(&format!("{address} {name}"), &found[name], value);
        } else {
            let is = &found[name];
            assert!(is_near(is, value), "{address} {name}: {is}, not {value}");
        }
    }
}

#[test]
fn frames_have_the_statistics_that_numpy_finds() {
    let folder = data("stats");
    let expected = std::fs::read(folder.join("expected.json")).unwrap();
    let cases: Vec<Json> = serde_json::from_slice(&expected).unwrap();
    assert!(cases.len() > 15, "{} files and types", cases.len());
    for case in cases {
        let address = case["address"].as_str().unwrap();
        let found = statistics(&folder, &[address]);
        let frames = case["frames"].as_array().unwrap();
        assert_eq!(
            found["frames"].as_array().unwrap().len(),
            frames.len(),
            "{address}: as many frames"
        );
        for (index, frame) in frames.iter().enumerate() {
            compare(
                &format!("{address} frame {index}"),
                &found["frames"][index],
                frame,
            );
        }
        compare(&format!("{address} all"), &found["all"], &case["all"]);
    }
}

#[test]
fn a_part_is_reduced_with_its_part_of_the_mask() {
    let folder = data("stats");
    let whole = statistics(&folder, &["stats.h5::/uint64"]);
    assert_eq!(
        whole["mask"], "/uint64/instrument/detector/pixel_mask",
        "which mask is told"
    );
    let masked = |slice: &str| {
        let found = statistics(&folder, &[&format!("stats.h5::/uint64/data/data{slice}")]);
        found["all"]["masked"].as_u64().unwrap()
    };
    assert_eq!(masked("[:, 2, :]"), 3, "the pixel (2, 3) of three frames");
    assert_eq!(masked("[1, :, 6]"), 1, "the pixel (5, 6) of one");
    assert_eq!(masked("[:, ::2, 1:6:2]"), 3, "every second of both axes");
    assert_eq!(masked("[0, 0, 0]"), 0, "a bit that only informs");
}

#[test]
fn every_sample_counts_where_that_is_asked_for() {
    let folder = data("stats");
    let found = statistics(&folder, &["stats.h5::/uint32", "--unmasked"]);
    assert_eq!(found["all"]["count"], 4 * 6 * 7, "all of them");
    assert_eq!(found["all"]["max"], u32::MAX, "what means no data as well");
    assert_eq!(found["mask"], Json::Null, "no mask");
}

#[test]
fn frames_have_percentiles_where_they_are_asked_for() {
    let folder = data("stats");
    let all = ["stats.h5::/int8", "--percentiles", "0,50,100"];
    let found = statistics(&folder, &all);
    for frame in found["frames"].as_array().unwrap() {
        let of = &frame["percentiles"];
        assert_eq!(of["0"].as_f64(), frame["min"].as_f64(), "the least");
        assert_eq!(of["100"].as_f64(), frame["max"].as_f64(), "the greatest");
    }
    let text = hutch(
        &folder,
        &["stats", "stats.h5::/int8", "--percentiles", "50"],
    );
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.starts_with("frame\tcount\tmin"), "{text}");
    assert_eq!(
        text.lines().next().unwrap().split('\t').next_back(),
        Some("p50"),
        "a column"
    );
    let wrong = hutch(&folder, &["stats", "stats.h5", "--percentiles", "101"]);
    assert_eq!(wrong.status.code(), Some(2), "no such percentage");
}

#[test]
fn many_frames_are_what_one_after_the_other_gives() {
    let folder = tempfile::tempdir().unwrap();
    let (frames, height, width) = (200u64, 96u64, 64u64);
    let sample = |index: u64| u16::try_from(index * 7919 % 60_000).unwrap();
    let samples: Vec<u8> = (0..frames * height * width)
        .flat_map(|index| sample(index).to_le_bytes())
        .collect();
    let mut writer = Writer::new();
    let spec = DatasetSpec {
        shape: vec![frames, height, width],
        kind: ScalarKind::U16,
        storage: Storage::Data(samples),
    };
    writer.dataset("/data", spec).unwrap();
    std::fs::write(
        folder.path().join("many.h5"),
        writer.plan().unwrap().to_bytes().unwrap(),
    )
    .unwrap();
    let found = statistics(folder.path(), &["many.h5::/data"]);
    let told = found["frames"].as_array().unwrap();
    assert_eq!(told.len() as u64, frames, "every frame");
    for (frame, told) in told.iter().enumerate() {
        let size = height * width;
        let own = (frame as u64 * size..(frame as u64 + 1) * size).map(sample);
        assert_eq!(told["index"], frame, "in their order");
        assert_eq!(
            told["sum"],
            own.clone().map(u64::from).sum::<u64>(),
            "{frame}"
        );
        assert_eq!(told["min"], own.clone().min().unwrap(), "{frame}");
        assert_eq!(told["max"], own.max().unwrap(), "{frame}");
    }
}
