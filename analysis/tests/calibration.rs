//! A detector is found from frames of calibrants that pyFAI generates.
#![cfg(test)]

use std::process::Command;

use hutch_analysis::calibrants::Calibrant;
use hutch_analysis::calibration::{Parameter, RingPoint, Search, Setting, refine, ring_points};

const SHAPE: [u64; 2] = [619, 487];

/// Where the detector is.
fn truth() -> Setting {
    Setting {
        distance_m: 0.15,
        poni_m: [0.055, 0.044],
        rotation: [0.05, -0.03, 0.0],
        wavelength_m: 0.7e-10,
        pixel_m: [172e-6, 172e-6],
        shape: SHAPE,
        is_turned: [false, false],
    }
}

/// Where people think that it is.
fn guess() -> Setting {
    Setting {
        distance_m: 0.1505,
        poni_m: [0.0546, 0.0443],
        rotation: [0.048, -0.028, 0.0],
        ..truth()
    }
}

/// A frame of a calibrant by pyFAI, without noise.
fn frame(calibrant: &str) -> Option<Vec<f64>> {
    let python = hutch_testservers::python_with("pyFAI")?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frame");
    let at = truth();
    let script = format!(
        "import logging; logging.disable(logging.WARNING)\n\
         import numpy, sys\n\
         from pyFAI.calibrant import get_calibrant\n\
         from pyFAI.detectors import Detector\n\
         from pyFAI.integrator.azimuthal import AzimuthalIntegrator\n\
         detector = Detector({}, {}, max_shape={SHAPE:?})\n\
         ai = AzimuthalIntegrator({}, {}, {}, {}, {}, 0, detector=detector, wavelength={})\n\
         calibrant = get_calibrant('{calibrant}')\n\
         calibrant.wavelength = ai.wavelength\n\
         frame = calibrant.fake_calibration_image(ai, shape=tuple({SHAPE:?}), Imax=1000.0, W=1e-6)\n\
         numpy.asarray(frame, float).tofile(sys.argv[1])\n",
        at.pixel_m[0],
        at.pixel_m[1],
        at.distance_m,
        at.poni_m[0],
        at.poni_m[1],
        at.rotation[0],
        at.rotation[1],
        at.wavelength_m
    );
    let run = Command::new(python)
        .args(["-c", &script])
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let bytes = std::fs::read(path).unwrap();
    Some(
        bytes
            .as_chunks::<8>()
            .0
            .iter()
            .map(|eight| f64::from_le_bytes(*eight))
            .collect(),
    )
}

fn close(name: &str, found: f64, wanted: f64, by: f64) {
    assert!(
        (found - wanted).abs() <= by,
        "{name}: {found}, not {wanted}"
    );
}

fn is_found(found: &Setting, calibrant: &str) {
    let wanted = truth();
    close(
        &format!("{calibrant}: distance"),
        found.distance_m,
        wanted.distance_m,
        5e-5,
    );
    // A shift and a turn look much the same; where the beam meets the detector does not.
    for axis in 0..2 {
        let centre = |setting: &Setting| setting.geometry().beam_centre().unwrap()[axis];
        close(
            &format!("{calibrant}: beam centre in pixels"),
            centre(found),
            centre(&wanted),
            0.05,
        );
        close(
            &format!("{calibrant}: rotation"),
            found.rotation[axis],
            wanted.rotation[axis],
            1e-3,
        );
    }
}

#[test]
fn a_detector_is_found_from_the_rings_of_a_calibrant() {
    for calibrant in ["LaB6", "CeO2"] {
        let Some(frame) = frame(calibrant) else {
            return;
        };
        let value = |[row, column]: [u64; 2]| {
            frame
                .get(usize::try_from(row * SHAPE[1] + column).unwrap())
                .copied()
        };
        let spacings = Calibrant::named(calibrant).unwrap().spacings_m(0.9e-10, 12);
        let mut setting = guess();
        for reach_px in [10.0, 5.0, 3.0] {
            let search = Search {
                reach_px,
                ..Search::default()
            };
            let points = ring_points(&setting.geometry(), &spacings, search, value);
            assert!(points.len() > 200, "{calibrant}: {} points", points.len());
            setting = refine(&setting, &Parameter::USUAL, &points)
                .unwrap()
                .setting;
        }
        is_found(&setting, calibrant);
    }
}

#[test]
fn clicked_points_bring_back_distance_and_wavelength() {
    let truth = truth();
    let geometry = truth.geometry();
    let spacings = Calibrant::named("Si").unwrap().spacings_m(0.8e-10, 10);
    let mut points = Vec::new();
    for spacing_m in spacings {
        let angle = geometry.two_theta_of_d(spacing_m).unwrap();
        for ring in geometry.ring(angle, 60) {
            points.extend(ring.points.iter().map(|point| RingPoint {
                point_px: *point,
                spacing_m,
            }));
        }
    }
    let start = Setting {
        wavelength_m: 0.71e-10,
        ..guess()
    };
    let all = [&Parameter::USUAL[..], &[Parameter::Wavelength]].concat();
    let found = refine(&start, &all, &points).unwrap();
    assert!(found.residual < 1e-9, "{found:?}");
    close("distance", found.setting.distance_m, truth.distance_m, 1e-8);
    close(
        "wavelength",
        found.setting.wavelength_m,
        truth.wavelength_m,
        1e-17,
    );
    close(
        "rotation",
        found.setting.rotation[0],
        truth.rotation[0],
        1e-7,
    );
}

#[test]
fn too_few_points_are_refused() {
    let point = RingPoint {
        point_px: [10.0, 10.0],
        spacing_m: 3e-10,
    };
    assert!(
        refine(&truth(), &Parameter::USUAL, &[point; 4]).is_err(),
        "four points for five"
    );
    let unresolved = RingPoint {
        spacing_m: 0.1e-10,
        ..point
    };
    assert!(
        refine(&truth(), &Parameter::USUAL, &[unresolved; 9]).is_err(),
        "beyond the beam"
    );
}
