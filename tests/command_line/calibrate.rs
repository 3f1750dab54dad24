//! `hutch calibrate` on frames that pyFAI makes, and what it writes read by pyFAI.

use std::process::Command;

use serde_json::Value as Json;

use crate::hutch::Hutch;

/// A frame of `LaB6` on a tilted detector, a guess that is some pixels off, and afterwards what pyFAI reads.
const MAKE: &str = "import json, numpy, sys
from pyFAI.calibrant import get_calibrant
from pyFAI.detectors import Detector
from pyFAI.integrator.azimuthal import AzimuthalIntegrator
shape = (240, 220)
detector = Detector(2e-4, 2e-4, max_shape=shape)
true = dict(dist=0.06, poni1=0.0262, poni2=0.0256, rot1=0.06, rot2=-0.04)
ai = AzimuthalIntegrator(detector=detector, wavelength=1e-10, **true)
calibrant = get_calibrant('LaB6')
calibrant.wavelength = 1e-10
mean = calibrant.fake_calibration_image(ai, shape=shape, Imax=900.0, W=3e-5) + 20.0
frame = numpy.random.default_rng(7).poisson(mean).astype(numpy.uint16)
numpy.save('lab6.npy', frame)
guess = dict(true, dist=0.0604, poni1=0.0266, poni2=0.0253)
AzimuthalIntegrator(detector=detector, wavelength=1e-10, **guess).save('guess.poni')
";

const READ: &str = "import json, pyFAI
ai = pyFAI.load('found.poni')
print(json.dumps([ai.dist, ai.poni1, ai.poni2, ai.rot1, ai.rot2, ai.wavelength, ai.pixel1, *ai.detector.shape]))
";

#[test]
fn a_tilted_detector_is_found_from_the_rings_of_lab6() {
    let Some(python) = hutch_testservers::python_with("pyFAI") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let run = |script: &str| {
        let run = Command::new(&python)
            .args(["-c", script])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        String::from_utf8(run.stdout).unwrap()
    };
    run(MAKE);
    let arguments = [
        "calibrate",
        "lab6.npy",
        "--calibrant",
        "LaB6",
        "--guess",
        "guess.poni",
        "-o",
        "found.poni",
        "--json",
    ];
    let hutch = Hutch::new();
    let mut command = hutch.command(&arguments);
    let output = command.current_dir(folder.path()).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["schema"], "hutch.calibrate/1");
    let after = told["after"]["residual_px"].as_f64().unwrap();
    let before = told["before"]["residual_px"].as_f64().unwrap();
    assert!(after < 0.3 && before > 1.0, "{before} px, then {after} px");
    let lines = run(READ);
    let read: Vec<f64> = serde_json::from_str(lines.trim()).unwrap();
    let wanted = [0.06, 0.0262, 0.0256, 0.06, -0.04, 1e-10, 2e-4, 240.0, 220.0];
    let slack = [1e-4, 2e-4, 2e-4, 4e-3, 4e-3, 1e-16, 1e-12, 0.0, 0.0];
    for ((found, wanted), slack) in read.iter().zip(wanted).zip(slack) {
        assert!(
            (found - wanted).abs() <= slack,
            "{found}, not {wanted}: {read:?}"
        );
    }
}

#[test]
fn a_calibration_without_a_guess_asks_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let frame = folder.path().join("frame.npy");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let header = "{'descr': '<u2', 'fortran_order': False, 'shape': (4, 5), }";
    bytes.extend(118u16.to_le_bytes());
    bytes.extend(format!("{header:<117}\n").bytes());
    bytes.extend([0; 40]);
    std::fs::write(&frame, bytes).unwrap();
    let frame = frame.display().to_string();
    let hutch = Hutch::new();
    let mut command = hutch.command(&["calibrate", &frame, "--calibrant", "AgBh"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "a wrong request");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("--energy"), "it says how: {said}");
}

#[test]
fn the_detector_of_the_kept_frames_is_found() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calibrants");
    let frames = format!("{}::/entry/data/data[1]", data.join("lab6.h5").display());
    let guess = data.join("guess.poni").display().to_string();
    let hutch = Hutch::new();
    let mut command = hutch.command(&[
        "calibrate",
        &frames,
        "--calibrant",
        "LaB6",
        "--guess",
        &guess,
        "--json",
    ]);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told: Json = serde_json::from_slice(&output.stdout).unwrap();
    let expected: Json =
        serde_json::from_str(&std::fs::read_to_string(data.join("expected.json")).unwrap())
            .unwrap();
    let close = |found: &Json, wanted: &str, slack: f64| {
        let (found, wanted) = (found.as_f64().unwrap(), expected[wanted].as_f64().unwrap());
        assert!((found - wanted).abs() < slack, "{found}, not {wanted}");
    };
    let after = &told["after"];
    close(&after["distance_m"], "dist", 2e-4);
    close(&after["poni_m"][0], "poni1", 6e-4);
    close(&after["poni_m"][1], "poni2", 6e-4);
    close(&after["rotation_rad"][0], "rot1", 5e-3);
    close(&after["rotation_rad"][1], "rot2", 5e-3);
    assert!(after["residual_px"].as_f64().unwrap() < 0.2, "{after}");
}
