//! The geometry of `.poni` files, pixel by pixel as pyFAI computes it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use hutch_formats::geometry::GeometryFile;
use hutch_model::{azimuth, two_theta};
use serde_json::Value as Json;

#[test]
fn every_pixel_lies_where_pyfai_puts_it() {
    let Some(python) = hutch_testservers::python_with("pyFAI") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/geometry/generate.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output();
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the script of pyFAI ends: {errors}"
    );
    let mut count = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "poni") {
            compare(&path);
            count += 1;
        }
    }
    assert_eq!(count, 9, "files of pyFAI");
    known_detectors(&folder.path().join("detectors.json"));
}

/// Compares the place, the scattering angle and the azimuth of each pixel.
fn compare(poni: &Path) {
    let name = poni.file_name().unwrap().to_string_lossy().into_owned();
    let file = GeometryFile::read(&name, &std::fs::read(poni).unwrap()).unwrap();
    assert_eq!(file.problems(), [], "{name}");
    let facts = std::fs::read_to_string(poni.with_extension("json")).unwrap();
    let facts: Json = serde_json::from_str(&facts).unwrap();
    let [height, width] = [0, 1].map(|axis| facts["shape"][axis].as_u64().unwrap());
    let geometry = file
        .geometry(&name, [height, width], &BTreeMap::new())
        .unwrap();
    assert_eq!(
        geometry.wavelength_m,
        facts["wavelength"].as_f64(),
        "{name}"
    );
    let bytes = std::fs::read(poni.with_extension("f64")).unwrap();
    let numbers: Vec<f64> = bytes
        .chunks_exact(8)
        .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    let count = usize::try_from(height * width).unwrap();
    assert_eq!(numbers.len(), 5 * count, "{name}");
    let mut pixel = 0;
    for slow in 0..height {
        for fast in 0..width {
            let centre = [slow as f64 + 0.5, fast as f64 + 0.5];
            let point = geometry.point(&[], centre).expect("on the detector");
            let expected: [f64; 5] = std::array::from_fn(|part| numbers[part * count + pixel]);
            let found = [
                point[2],
                point[1],
                -point[0],
                two_theta(point),
                azimuth(point),
            ];
            for (found, expected) in found.iter().zip(expected) {
                let difference = (found - expected).abs();
                assert!(
                    difference < 1e-13,
                    "{name} [{slow}, {fast}]: {difference:e}"
                );
            }
            pixel += 1;
        }
    }
}

/// Every detector that pyFAI knows is known with its pixels, or said to need tables.
fn known_detectors(rows: &Path) {
    let rows: Json = serde_json::from_str(&std::fs::read_to_string(rows).unwrap()).unwrap();
    let rows = rows.as_object().unwrap();
    assert!(rows.len() > 250, "detectors of pyFAI");
    for (name, row) in rows {
        let text = format!("Detector: {name}\nDetector_config: {{}}\nDistance: 0.1\n");
        let file = GeometryFile::read("a.poni", text.as_bytes()).unwrap();
        let shape = [0, 1].map(|axis| row[0][axis].as_u64().unwrap());
        let geometry = file.geometry("a.poni", shape, &BTreeMap::new());
        if row[2].as_bool().unwrap() {
            let geometry = geometry.unwrap();
            let panel = &geometry.panels[0];
            let steps = [panel.slow_m[1], -panel.fast_m[0]];
            for (axis, step) in steps.into_iter().enumerate() {
                let expected = row[1][axis].as_f64().unwrap();
                assert!((step - expected).abs() < 1e-18, "{name}: {step}");
            }
        } else {
            assert!(geometry.unwrap_err().why.contains("pyFAI"), "{name}");
        }
    }
}
