//! `hutch fit` on scans.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value as Json;

use crate::hutch::Hutch;

/// Two SPEC scans of one motor; the second counts a Gauss at 2.5 of width 0.8 on a slope.
fn scans(folder: &Path) {
    let mut text = String::from(
        "#F scans.spec\n#O0 th  chi\n\n#S 1  loopscan 2\n#N 2\n#L Time  det\n0 1\n1 2\n\n",
    );
    text.push_str("#S 2  ascan  th 0 5 100 1\n#P0 0 45.5\n#N 3\n#L th  mon  det\n");
    for point in 0..=100 {
        let th = f64::from(point) * 0.05;
        let square = 4.0 * ((th - 2.5) / 0.8).powi(2);
        let det = 7.0 + 2.0 * th + 300.0 * (-std::f64::consts::LN_2 * square).exp();
        let written = writeln!(text, "{th} 1000 {det}");
        written.expect("a text takes everything");
    }
    std::fs::write(folder.join("scans.spec"), text).unwrap();
}

fn fit(folder: &Path, arguments: &[&str]) -> Json {
    let mut command = Hutch::new().command(&[&["fit"], arguments, &["--json"]].concat());
    let run = command.current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&run.stdout).expect("one JSON object on stdout")
}

fn near(json: &Json, expected: f64) {
    let found = json.as_f64().expect("a number");
    assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
}

#[test]
fn a_counter_of_a_scan_is_fitted_along_the_motor_that_moved() {
    let folder = tempfile::tempdir().unwrap();
    scans(folder.path());
    let found = fit(folder.path(), &["scans.spec::/2.1/measurement/det"]);
    assert_eq!(found["schema"], "hutch.fit/1");
    let peak = &found["peaks"][0];
    near(&peak["centre"]["value"], 2.5);
    near(&peak["fwhm"]["value"], 0.8);
    near(&peak["height"]["value"], 300.0);
    near(&found["background"]["slope"]["value"], 2.0);
    near(&found["curve"]["max"][1], 2.5);
    let by_default = fit(folder.path(), &["scans.spec", "--range", "1:4"]);
    near(&by_default["peaks"][0]["centre"]["value"], 2.5);
    assert_eq!(by_default["points"], 61, "of the range");
}

#[test]
fn a_fit_that_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    scans(folder.path());
    for arguments in [
        &["scans.spec", "--range", "4:1"][..],
        &["scans.spec", "--range", "1:1.1"],
        &["scans.spec", "--model", "voigt"],
        &["scans.spec", "--peaks", "0"],
    ] {
        let mut command = Hutch::new().command(&[&["fit"], arguments].concat());
        let run = command.current_dir(folder.path()).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_line_without_a_peak_is_said_to_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut text =
        String::from("#F flat.spec\n#O0 th\n\n#S 1  ascan  th 0 5 40 1\n#N 2\n#L th  mon\n");
    for point in 0..=40 {
        writeln!(text, "{point} 1000").expect("a text takes everything");
    }
    std::fs::write(folder.path().join("flat.spec"), text).unwrap();
    let mut command = Hutch::new().command(&["fit", "flat.spec::/1.1/measurement/mon"]);
    let run = command.current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("does not stand out"), "{said}");
}
