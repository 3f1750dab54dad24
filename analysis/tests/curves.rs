//! Operations on curves and fits of peaks beside numpy and scipy: the same points, the same numbers.
#![cfg(test)]

use std::collections::BTreeMap;
use std::process::Command;

use hutch_analysis::curve::{Curve, Fit, Measured, Model, Operation, fit_peaks};

/// Agreement of operations, over the largest value.
const VALUES: f64 = 1e-12;
/// Agreement of fitted values, in their standard deviations and of themselves.
const FITTED: f64 = 1e-6;
/// Agreement of standard deviations.
const SIGMAS: f64 = 1e-3;

/// What the peer wrote, by name.
fn peer() -> Option<BTreeMap<String, Vec<f64>>> {
    let Some(python) = hutch_testservers::python_with("scipy") else {
        hutch_testservers::skip("curves beside scipy", "no Python with scipy");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/curves/peer.py");
    let output = Command::new(python).arg(script).output().expect("it runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("numbers");
    let line = |line: &str| {
        let (name, numbers) = line.split_once(' ').expect("a name and numbers");
        let numbers = numbers.split(' ').map(|word| word.parse().expect(word));
        (name.to_owned(), numbers.collect())
    };
    Some(text.lines().map(line).collect())
}

fn alike(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected
        .iter()
        .filter(|value| value.is_finite())
        .fold(0.0f64, |largest, value| largest.max(value.abs()));
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let is_alike = if expected.is_nan() {
            found.is_nan()
        } else {
            (found - expected).abs() <= VALUES * largest
        };
        assert!(is_alike, "{what}, point {at}: {found} for {expected}");
    }
}

#[test]
fn operations_are_those_of_numpy() {
    let Some(peer) = peer() else { return };
    let curve = Curve {
        x: peer["x"].clone(),
        y: peer["y"].clone(),
        sigma: Some(peer["sigma"].clone()),
    };
    let other = Curve {
        x: peer["other_x"].clone(),
        y: peer["other_y"].clone(),
        sigma: None,
    };
    for (name, text) in [
        ("minus", "minus other"),
        ("over", "over other"),
        ("monitor", "monitor other"),
        ("derivative", "derivative"),
        ("sum", "sum"),
        ("maximum", "maximum"),
        ("area", "area"),
        ("point", "point 0.25"),
    ] {
        let operation: Operation = text.parse().expect(text);
        let made = operation.apply(&curve, Some(&other)).expect(text);
        alike(name, &made.y, &peer[name]);
        if let Some(sigma) = peer.get(&format!("{name}_sigma")) {
            alike(name, &made.sigma.expect("it has errors"), sigma);
        }
    }
    let even = Curve {
        x: peer["even"].clone(),
        y: peer["noisy"].clone(),
        sigma: None,
    };
    for (name, text) in [("smooth_7_2", "smooth 7 2"), ("smooth_21_5", "smooth 21 5")] {
        let operation: Operation = text.parse().expect(text);
        alike(
            name,
            &operation.apply(&even, None).expect(text).y,
            &peer[name],
        );
    }
}

/// The parameters in the order of the peer: constant, slope, then those of each peak.
fn parameters(fit: &Fit) -> Vec<Measured> {
    let mut all = vec![fit.constant, fit.slope];
    for peak in &fit.peaks {
        all.extend([peak.height, peak.centre, peak.fwhm]);
        if fit.model == Model::PseudoVoigt {
            all.push(peak.eta);
        }
    }
    all
}

#[test]
fn fits_are_those_of_scipy_with_their_uncertainties() {
    let Some(peer) = peer() else { return };
    let names = peer.keys().filter_map(|name| name.strip_suffix(".best"));
    let mut count = 0;
    for name in names {
        count += 1;
        let line = |what: &str| peer.get(&format!("{name}.{what}")).cloned();
        let curve = Curve {
            x: line("x").expect("x"),
            y: line("y").expect("y"),
            sigma: line("sigma"),
        };
        let model = Model::of(name.split('_').next().unwrap_or_default()).expect(name);
        let peaks = if name.ends_with("_two") { 2 } else { 1 };
        let fit = fit_peaks(&curve, model, peaks).expect(name);
        let (best, errors) = (line("best").expect("best"), line("errors").expect("errors"));
        let found = parameters(&fit);
        assert_eq!(found.len(), best.len(), "{name}");
        for (at, found) in found.iter().enumerate() {
            let far = (found.value - best[at]).abs();
            assert!(
                far <= FITTED * best[at].abs() && far <= 1e-3 * errors[at],
                "{name}, parameter {at}: {} for {}, {far:e} apart",
                found.value,
                best[at]
            );
            assert!(
                (found.sigma - errors[at]).abs() <= SIGMAS * errors[at],
                "{name}, parameter {at}: sigma {} for {}",
                found.sigma,
                errors[at]
            );
        }
        let area = line("area").expect("area");
        let own = fit.peaks[0].area;
        assert!(
            (own.value - area[0]).abs() <= FITTED * area[0].abs(),
            "{name}: {own:?}"
        );
        assert!(
            (own.sigma - area[1]).abs() <= SIGMAS * area[1],
            "{name}: {own:?}"
        );
    }
    assert_eq!(count, 7, "all fits of the peer");
}
