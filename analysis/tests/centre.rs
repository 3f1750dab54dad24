//! Rotation axes of two real scans and of a phantom.
#![cfg(test)]

use std::f64::consts::PI;

use hutch_analysis::centre::{Centre, Method, Search, find, phase_correlation};
use hutch_analysis::flat_field::{FlatField, mean_frame};
use hutch_analysis::phantom::{Detector, Phantom};
use hutch_model::{Cancel, ErrorKind, Progress};

/// The absorbance `[angle, x]` of a file of projections, flat and dark fields.
fn absorbance(name: &str, [angles, flats, width]: [usize; 3]) -> Vec<f32> {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let counts: Vec<f32> = std::fs::read(path)
        .unwrap()
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    let (projections, rest) = counts.split_at(angles * width);
    let (flat, dark) = rest.split_at(flats * width);
    let correction = FlatField::default()
        .prepare(
            &mean_frame(flat, width).unwrap(),
            &mean_frame(dark, width).unwrap(),
        )
        .unwrap();
    let mut output = vec![0.0; projections.len()];
    correction
        .apply(projections, &mut output, &Cancel::new())
        .unwrap();
    output
}

fn tooth() -> (Vec<f32>, Vec<f64>) {
    let angles = (0..181)
        .map(|index| f64::from(index) * PI / 181.0)
        .collect();
    (absorbance("tooth_counts.f32", [181, 10, 640]), angles)
}

fn pin() -> (Vec<f32>, Vec<f64>) {
    let angles = (0..91)
        .map(|index| f64::from(2 * index - 88).to_radians())
        .collect();
    (absorbance("pin_counts.f32", [91, 1, 160]), angles)
}

fn found(sinogram: &[f32], angles: &[f64], method: Method) -> Centre {
    let search = Search {
        method,
        ..Search::default()
    };
    find(sinogram, angles, &search, &Progress::new(), &Cancel::new()).unwrap()
}

fn assert_centre(centre: &Centre, wanted: f64, within: f64) {
    assert!(
        (centre.centre_px - wanted).abs() <= within,
        "{:?}: axis at {:.2} px, {wanted} expected ({})",
        centre.method,
        centre.centre_px,
        centre.remarks.join("; ")
    );
    assert!(
        centre.curve.windows(2).all(|pair| pair[0].0 < pair[1].0),
        "{:?}: the curve runs from left to right",
        centre.method
    );
}

#[test]
fn the_axis_of_the_tooth_is_found() {
    let (sinogram, angles) = tooth();
    assert_centre(&found(&sinogram, &angles, Method::Auto), 295.4, 0.5);
    assert_centre(&found(&sinogram, &angles, Method::Vo), 295.4, 1.0);
    assert_centre(&found(&sinogram, &angles, Method::NegativeSum), 295.4, 1.0);
    assert_centre(&found(&sinogram, &angles, Method::Entropy), 295.4, 1.0);
    assert_centre(
        &found(&sinogram, &angles, Method::PhaseCorrelation),
        295.4,
        1.5,
    );
}

#[test]
fn the_axis_of_the_pin_is_found() {
    let (sinogram, angles) = pin();
    assert_centre(&found(&sinogram, &angles, Method::Auto), 86.0, 0.75);
}

#[test]
fn every_method_finds_the_axis_of_a_phantom() {
    let width = 256;
    let angles: Vec<f64> = (0..=200)
        .map(|index| f64::from(index) * PI / 200.0)
        .collect();
    for axis in [127.5, 139.0, 118.25] {
        let sinogram = Phantom::shepp_logan(200).sinogram(width, &angles, axis, Detector::Area);
        for method in Method::ALL {
            let within = if method == Method::Entropy { 0.6 } else { 0.35 };
            assert_centre(&found(&sinogram, &angles, method), axis, within);
        }
    }
}

#[test]
fn two_opposite_projections_give_the_axis() {
    let width = 300;
    let sinogram =
        Phantom::shepp_logan(200).sinogram(width, &[0.4, 0.4 + PI], 143.5, Detector::Area);
    let (first, opposite) = sinogram.split_at(width);
    let centre = phase_correlation(first, opposite, width).unwrap();
    assert_centre(&centre, 143.5, 0.2);
}

#[test]
fn a_scan_without_opposite_projections_is_said_to_have_none() {
    let angles: Vec<f64> = (0..60).map(|index| f64::from(index).to_radians()).collect();
    let sinogram = Phantom::shepp_logan(64).sinogram(64, &angles, 31.5, Detector::Area);
    let search = Search {
        method: Method::PhaseCorrelation,
        ..Search::default()
    };
    let error = find(
        &sinogram,
        &angles,
        &search,
        &Progress::new(),
        &Cancel::new(),
    )
    .unwrap_err();
    assert_eq!(
        error.kind,
        ErrorKind::Unsupported,
        "no opposite projections"
    );
}
