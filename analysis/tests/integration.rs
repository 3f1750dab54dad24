//! Integration beside pyFAI: the same frames, the same numbers.
#![cfg(test)]
#![expect(
    clippy::print_stdout,
    reason = "how close the numbers are is worth reading"
)]

#[path = "integration/peer.rs"]
mod peer;

use hutch_analysis::integrate::{Corrections, Errors, Integrator, Rules, Split, Unit};
use hutch_model::{Cancel, Samples};
use peer::{Case, Frame, Geometry, Peer};

/// Agreement of the radial axis, over its largest value.
const AXIS: f64 = 1e-7;
/// Agreement of a bin, over its value.
const BIN: f64 = 1e-5;
/// The part of the bins that may differ by more, where rounding explains it.
const BEYOND: f64 = 1e-3;
/// Of their errors: slivers of pixels count there with their square.
const BEYOND_ERRORS: f64 = 5e-3;
/// Less of a pixel than this may be nothing with 32 bits.
const SLIVER: f64 = 1e-5;
/// How near to the edge of a bin a pixel may fall to either side, in widths of bins.
const EDGE: f64 = 1e-6;

const FLAT: Geometry = Geometry {
    name: "flat",
    shape: [2162, 2068],
    pixel_m: [75e-6, 75e-6],
    poni: [0.25, 0.0912, 0.0683, 0.0, 0.0, 0.0],
    wavelength_m: 1.0e-10,
};
const TILTED: Geometry = Geometry {
    name: "tilted",
    shape: [1043, 981],
    pixel_m: [172e-6, 172e-6],
    poni: [0.19, 0.0731, 0.0452, 0.31, -0.22, 0.4],
    wavelength_m: 1.2e-10,
};

const RULES: Rules<'_> = Rules {
    sentinels: &[u32::MAX as i128],
    errors: Errors::None,
};

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for geometry in [FLAT, TILTED] {
        for split in Split::ALL {
            cases.push(Case::new(geometry, split));
            cases.push(Case {
                unit: Unit::TwoThetaDeg,
                polarization: Some(0.95),
                has_fields: true,
                has_errors: true,
                ..Case::new(geometry, split)
            });
        }
    }
    for split in Split::ALL {
        cases.push(Case {
            unit: Unit::RMm,
            ignores_solid_angle: true,
            azimuth_range: Some([-50.0, 75.0]),
            ..Case::new(TILTED, split)
        });
        cases.push(Case {
            unit: Unit::QPerAngstrom,
            points: 400,
            azimuth_points: Some(180),
            ..Case::new(TILTED, split)
        });
        cases.push(Case {
            points: 700,
            azimuth_points: Some(360),
            radial_range: Some([1.0, 21.0]),
            has_errors: true,
            ..Case::new(FLAT, split)
        });
    }
    cases
}

#[test]
fn patterns_and_pictures_are_those_of_pyfai() {
    let Some(peer) = Peer::run(&[FLAT, TILTED], &cases()) else {
        return;
    };
    for geometry in [FLAT, TILTED] {
        let frame = peer.frame(geometry);
        for case in cases().iter().filter(|case| case.geometry == geometry) {
            compare(&peer, &frame, case);
        }
    }
}

fn compare(peer: &Peer, frame: &Frame, case: &Case) {
    let geometry = case.geometry.panels();
    let corrections = Corrections {
        ignores_solid_angle: case.ignores_solid_angle,
        polarization: case.polarization,
        flat: case.has_fields.then(|| frame.flat.clone()),
        dark: case.has_fields.then(|| frame.dark.clone()),
        factor: None,
    };
    let choice = case.choice();
    let shape = case.geometry.shape;
    let cancel = Cancel::new();
    let integrator = Integrator::new(
        &geometry,
        &shape,
        Some(&frame.mask),
        &choice,
        corrections,
        &cancel,
    )
    .unwrap();
    let rules = Rules {
        sentinels: &[u32::MAX.into()],
        errors: if case.has_errors {
            Errors::Poisson
        } else {
            Errors::None
        },
    };
    let samples = Samples::U32(frame.counts.clone());
    let sums = integrator
        .frames(&samples, &rules, &cancel)
        .unwrap()
        .remove(0);
    let name = case.name();
    let radial = peer.numbers(&name, "radial");
    close_axis(&name, &integrator.table().radius, &radial);
    let azimuth: Vec<f64> = integrator
        .table()
        .azimuth
        .iter()
        .map(|angle| angle.to_degrees())
        .collect();
    close_axis(&name, &azimuth, &peer.numbers(&name, "azimuthal"));
    let explained = rounding(&integrator, frame, case);
    // The larger of both: a bin may have pixels with one of them only.
    let counts = peer.numbers(&name, "count");
    let larger = |(one, other): (&f64, &f64)| one.max(*other);
    let counts: Vec<f64> = sums.count.iter().zip(&counts).map(larger).collect();
    close_bins(
        &name,
        (&sums.intensity(), &peer.numbers(&name, "intensity")),
        &counts,
        &explained[0],
        BEYOND,
    );
    if let Some(sigma) = sums.standard_error() {
        close_bins(
            &format!("{name} sigma"),
            (&sigma, &peer.numbers(&name, "sigma")),
            &counts,
            &explained[1],
            BEYOND_ERRORS,
        );
    }
}

fn close_axis(name: &str, found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len(), "{name}: bins of an axis");
    let largest = wanted
        .iter()
        .fold(0.0f64, |largest, value| largest.max(value.abs()));
    for (found, wanted) in found.iter().zip(wanted) {
        let difference = (found - wanted).abs() / largest;
        assert!(
            difference <= AXIS,
            "{name}: the axis has {found} where pyFAI has {wanted}"
        );
    }
}

/// Compares bins. Those that differ must be explained by what pyFAI rounds: it
/// holds corners and shares of pixels in 32 bits, so that the side of a pixel lies
/// a little beside ours, and a pixel on an edge may fall to either side of it.
/// Its own bounding boxes on a tilted detector of 1024 x 1024 pixels, 500 x 360 bins,
/// change in 74 of 103 954 bins (0.07 %) by more than `BIN` when its corners are
/// given to it in 64 bits; the corners move by up to 8.4e-5 of a bin.
fn close_bins(
    name: &str,
    (found, wanted): (&[f64], &[f64]),
    counts: &[f64],
    rounding: &[f64],
    beyond: f64,
) {
    assert_eq!(found.len(), wanted.len(), "{name}: bins");
    let (mut filled, mut other, mut largest) = (0, 0, 0.0f64);
    for (bin, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        if found.is_nan() && (wanted.is_nan() || *wanted == 0.0) {
            continue;
        }
        filled += 1;
        if found.is_nan() || wanted.is_nan() {
            other += 1;
            let count = counts[bin];
            assert!(
                count < SLIVER,
                "{name}: bin {bin} is {found} where pyFAI has {wanted} of {count} pixels"
            );
            continue;
        }
        let difference = (found - wanted).abs();
        largest = largest.max(difference / wanted.abs());
        if difference <= BIN * wanted.abs() {
            continue;
        }
        other += 1;
        assert!(
            difference <= rounding[bin],
            "{name}: bin {bin} is {found} where pyFAI has {wanted}; rounding explains {}",
            rounding[bin]
        );
    }
    println!("{name}: {filled} bins, {other} beyond {BIN:e}, the largest difference {largest:e}");
    assert!(
        f64::from(other) <= beyond * f64::from(filled),
        "{name}: {other} of {filled} bins differ by more than {BIN:e}"
    );
}

/// How much intensity and error of a bin change when the sides of its pixels
/// are moved by what pyFAI rounds.
fn rounding(integrator: &Integrator, frame: &Frame, case: &Case) -> [Vec<f64>; 2] {
    let table = integrator.table();
    let sums = integrator
        .frames(&Samples::U32(frame.counts.clone()), &RULES, &Cancel::new())
        .unwrap()
        .remove(0);
    let mean = sums.intensity();
    let step = |axis: &[f64]| match axis {
        [first, second, ..] => second - first,
        _ => f64::INFINITY,
    };
    let last = |axis: &[f64]| axis.last().copied().unwrap_or(0.0).abs();
    // In widths of bins: half a unit of the last of 24 binary digits, for each of four corners.
    let of_axis = |axis: &[f64]| 2.0 * f64::from(f32::EPSILON) * last(axis) / step(axis);
    let moved = if case.split == Split::No {
        EDGE
    } else {
        EDGE + of_axis(&table.radius) + of_axis(&table.azimuth)
    };
    // Sums over the pixels of a bin: how far they are from the mean, counts with
    // their parts and with the squares of them, and weights.
    let mut of_bins = vec![[0.0; 4]; table.bin_count()];
    for (pixel, count) in frame.counts.iter().enumerate() {
        let weight = integrator.weights()[pixel];
        let dark = if case.has_fields {
            frame.dark[pixel]
        } else {
            0.0
        };
        if *count == u32::MAX {
            continue;
        }
        let count = f64::from(*count);
        for (bin, part) in table.of_pixel(pixel) {
            // It may reach a little into the bins around.
            let row = table.radius.len();
            let around = [
                bin,
                bin + 1,
                bin + row,
                bin.wrapping_sub(1),
                bin.wrapping_sub(row),
            ];
            let bins = of_bins.len();
            for bin in around.into_iter().filter(|bin| *bin < bins) {
                of_bins[bin][0] += (count - f64::from(dark) - mean[bin] * weight).abs();
            }
            let more = [count.max(1.0) * part, count.max(1.0) * part * part, weight];
            for (sum, more) in of_bins[bin][1..].iter_mut().zip(more) {
                *sum += more;
            }
        }
    }
    // What is left of a pixel at an end of the azimuth counts as a whole one, be
    // it a sliver: there rounding decides how it is shared.
    let rows = table.azimuth.len();
    let is_cut = |bin: usize| {
        let row = bin / table.radius.len();
        case.split == Split::Full && rows > 0 && (row == 0 || row + 1 == rows)
    };
    let moved = |bin: usize| if is_cut(bin) { 1.0 } else { moved };
    let of_mean = |(bin, ([away, ..], norm)): (usize, (&[f64; 4], &f64))| moved(bin) * away / norm;
    let of_error = |(bin, (of_bin, norm)): (usize, (&[f64; 4], &f64))| {
        let [_, with_part, with_square, weight] = of_bin;
        let relative = moved(bin) * (with_part / with_square + weight / norm);
        relative * with_square.sqrt() / norm
    };
    let bins = || of_bins.iter().zip(&sums.norm).enumerate();
    [
        bins().map(of_mean).collect(),
        bins().map(of_error).collect(),
    ]
}
