//! Laws of filtered back-projection, against phantoms that are known exactly.
#![cfg(test)]

use std::f64::consts::PI;
use std::time::{Duration, Instant};

use hutch_analysis::array::Array;
use hutch_analysis::fbp::{Fbp, Region};
use hutch_analysis::phantom::{Detector, Ellipse, Phantom};
use hutch_analysis::preview::Preview;
use hutch_analysis::ramp_filter::Filter;
use hutch_model::{Cancel, ErrorKind, Progress};

fn half_turn(count: usize) -> Vec<f64> {
    (0..count)
        .map(|index| index as f64 * PI / count as f64)
        .collect()
}

fn reconstruct(fbp: &Fbp, sinogram: &[f32], width: usize) -> Array {
    fbp.slice(sinogram, width, &Cancel::new()).unwrap()
}

/// The gain by plateaus, and the mean and percentiles of the error of pixels
/// farther than 3 px from every edge.
struct Accuracy {
    gain: f64,
    rms: f64,
    p99: f64,
    max: f64,
}

fn accuracy(slice: &[f32], phantom: &Phantom, width: usize) -> Accuracy {
    let truth = phantom.rasterise(width, 8);
    let middle = (width as f64 - 1.0) / 2.0;
    let (mut products, mut squares, mut errors) = (0.0, 0.0, Vec::new());
    for (index, (&found, &wanted)) in slice.iter().zip(&truth).enumerate() {
        let x = (index % width) as f64 - middle;
        let y = (index / width) as f64 - middle;
        if x.hypot(y) > middle - 3.0 || phantom.edge_distance(x, y) <= 3.0 {
            continue;
        }
        products += f64::from(found) * f64::from(wanted);
        squares += f64::from(wanted).powi(2);
        errors.push((f64::from(found) - f64::from(wanted)).abs());
    }
    errors.sort_by(f64::total_cmp);
    let rms = (errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64).sqrt();
    Accuracy {
        gain: products / squares,
        rms,
        p99: errors[errors.len() * 99 / 100],
        max: errors[errors.len() - 1],
    }
}

#[test]
fn a_phantom_comes_back_with_gain_one() {
    let width = 512;
    let angles = half_turn(width * 157 / 100);
    let phantom = Phantom::shepp_logan(width);
    let axis = 255.5;
    let sinogram = phantom.sinogram(width, &angles, axis, Detector::Area);
    for filter in [Filter::RamLak, Filter::Shepp, Filter::Hann] {
        let fbp = Fbp {
            filter,
            ..Fbp::new(angles.clone(), axis)
        };
        let found = accuracy(
            reconstruct(&fbp, &sinogram, width).samples(),
            &phantom,
            width,
        );
        let words = format!(
            "{filter:?}: gain {:.5}, rms {:.5}, 99 % {:.5}, max {:.5}",
            found.gain, found.rms, found.p99, found.max
        );
        assert!((found.gain - 1.0).abs() < 0.005, "gain of one: {words}");
        if filter == Filter::Hann {
            assert!(found.p99 < 0.005, "interior within 0.005: {words}");
            assert!(found.rms < 0.0015, "interior: {words}");
        } else {
            assert!(found.rms < 0.0065, "interior: {words}");
        }
    }
}

#[test]
fn a_disc_has_its_value_wherever_the_axis_is() {
    let width = 128;
    let angles = half_turn(201);
    let disc = Phantom {
        ellipses: vec![Ellipse {
            value: 0.25,
            half_axes_px: [25.0, 25.0],
            centre_px: [10.0, -6.0],
            turn_rad: 0.0,
        }],
    };
    for axis in [63.5, 60.0, 70.25] {
        let sinogram = disc.sinogram(width, &angles, axis, Detector::Area);
        let slice = reconstruct(&Fbp::new(angles.clone(), axis), &sinogram, width);
        let (mut sum, mut count) = (0.0, 0.0);
        for y in 45..70 {
            let row = &slice.samples()[y * width + 61..y * width + 86];
            sum += row.iter().map(|&value| f64::from(value)).sum::<f64>();
            count += row.len() as f64;
        }
        let mean = sum / count;
        assert!(
            (mean / 0.25 - 1.0).abs() < 0.002,
            "mean {mean:.5} for 0.25 with the axis at {axis}"
        );
    }
}

#[test]
fn a_point_appears_at_its_pixel_wherever_the_axis_is() {
    let width = 65;
    let angles = half_turn(180);
    // The middle of the slice is pixel 32; the point is at pixel (40, 27).
    let point = Phantom {
        ellipses: vec![Ellipse {
            value: 1.0,
            half_axes_px: [0.5, 0.5],
            centre_px: [8.0, -5.0],
            turn_rad: 0.0,
        }],
    };
    for axis in [32.0, 32.5, 29.0, 34.75] {
        let sinogram = point.sinogram(width, &angles, axis, Detector::Area);
        let slice = reconstruct(&Fbp::new(angles.clone(), axis), &sinogram, width);
        let (mut mass, mut at_x, mut at_y) = (0.0, 0.0, 0.0);
        for y in 24..31 {
            for x in 37..44 {
                let value = f64::from(slice.samples()[y * width + x]);
                mass += value;
                at_x += value * x as f64;
                at_y += value * y as f64;
            }
        }
        let (at_x, at_y) = (at_x / mass, at_y / mass);
        assert!(
            (at_x - 40.0).abs() < 0.05 && (at_y - 27.0).abs() < 0.05,
            "point at ({at_x:.3}, {at_y:.3}), not (40, 27), with the axis at {axis}"
        );
    }
}

#[test]
fn angles_shifted_by_a_quarter_turn_turn_the_slice() {
    let width = 96;
    let angles = half_turn(120);
    let sinogram = Phantom::shepp_logan(80).sinogram(width, &angles, 47.5, Detector::Area);
    let straight = reconstruct(&Fbp::new(angles.clone(), 47.5), &sinogram, width);
    let shifted = angles.iter().map(|angle| angle + PI / 2.0).collect();
    let turned = reconstruct(&Fbp::new(shifted, 47.5), &sinogram, width);
    for y in 0..width {
        for x in 0..width {
            let wanted = straight.samples()[y * width + x];
            let found = turned.samples()[x * width + (width - 1 - y)];
            assert!(
                (wanted - found).abs() < 2e-5,
                "pixel ({x}, {y}) turned by 90 degrees: {found}, not {wanted}"
            );
        }
    }
}

#[test]
fn the_slice_of_a_sum_is_the_sum_of_the_slices() {
    let width = 64;
    let fbp = Fbp::new(half_turn(50), 31.0);
    let mut random = hutch_analysis::numeric::Random(3);
    let mut sinogram = || -> Vec<f32> {
        (0..width * 50)
            .map(|_| hutch_analysis::numeric::to_f32(random.uniform()))
            .collect()
    };
    let (a, b) = (sinogram(), sinogram());
    let both: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a - 2.0 * b).collect();
    let [a, b, both] = [a, b, both].map(|rows| reconstruct(&fbp, &rows, width).into_samples());
    for ((a, b), both) in a.iter().zip(&b).zip(&both) {
        assert!(
            (a - 2.0 * b - both).abs() < 1e-5,
            "{both}, not {}",
            a - 2.0 * b
        );
    }
}

#[test]
fn a_full_turn_and_uneven_steps_give_the_same_slice() {
    let width = 96;
    let phantom = Phantom::shepp_logan(80);
    let full: Vec<f64> = (0..300)
        .map(|index| f64::from(index) * 2.0 * PI / 300.0)
        .collect();
    let uneven: Vec<f64> = half_turn(150)
        .iter()
        .map(|angle| angle + 0.004 * (7.0 * angle).sin())
        .collect();
    let reference = {
        let angles = half_turn(150);
        let sinogram = phantom.sinogram(width, &angles, 47.5, Detector::Area);
        reconstruct(&Fbp::new(angles, 47.5), &sinogram, width)
    };
    for angles in [full, uneven] {
        let sinogram = phantom.sinogram(width, &angles, 47.5, Detector::Area);
        let slice = reconstruct(&Fbp::new(angles, 47.5), &sinogram, width);
        let (mut error, mut size) = (0.0, 0.0);
        for (found, wanted) in slice.samples().iter().zip(reference.samples()) {
            error += f64::from(found - wanted).powi(2);
            size += f64::from(*wanted).powi(2);
        }
        let relative = (error / size).sqrt();
        assert!(relative < 0.02, "the same slice within 2 %, not {relative}");
    }
}

#[test]
fn a_region_is_the_same_pixels_of_the_whole_slice() {
    let width = 120;
    let angles = half_turn(90);
    let sinogram = Phantom::shepp_logan(100).sinogram(width, &angles, 61.0, Detector::Area);
    let whole = reconstruct(&Fbp::new(angles.clone(), 61.0), &sinogram, width);
    let region = Region {
        x: 17,
        y: 40,
        width: 50,
        height: 33,
    };
    let part = Fbp {
        region: Some(region),
        ..Fbp::new(angles, 61.0)
    };
    let part = reconstruct(&part, &sinogram, width);
    assert_eq!(part.shape(), [33, 50], "the shape of the region");
    for y in 0..33 {
        for x in 0..50 {
            let wanted = whole.samples()[(y + 40) * width + x + 17];
            let found = part.samples()[y * 50 + x];
            assert!(
                (wanted - found).abs() < 1e-5,
                "({x}, {y}): {found}, not {wanted}"
            );
        }
    }
    let outside = Fbp {
        region: Some(Region {
            x: 100,
            y: 0,
            width: 21,
            height: 1,
        }),
        ..Fbp::new(half_turn(90), 61.0)
    };
    let error = outside.slice(&sinogram, width, &Cancel::new()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Shape, "a region outside is refused");
}

/// The centre of mass of a slice, in full pixels: x, y.
fn balance(slice: &Array, bin: usize) -> [f64; 2] {
    let side = slice.shape()[1];
    let full = |index: usize| index as f64 * bin as f64 + (bin as f64 - 1.0) / 2.0;
    let (mut mass, mut x, mut y) = (0.0, 0.0, 0.0);
    for (index, &value) in slice.samples().iter().enumerate() {
        let value = f64::from(value);
        mass += value;
        x += value * full(index % side);
        y += value * full(index / side);
    }
    [x / mass, y / mass]
}

#[test]
fn a_preview_is_the_slice_with_fewer_pixels() {
    let width = 256;
    let angles = half_turn(200);
    let axis = 131.0;
    let phantom = Phantom::shepp_logan(220);
    let sinogram = phantom.sinogram(width, &angles, axis, Detector::Area);
    let fbp = Fbp {
        filter: Filter::Hann,
        ..Fbp::new(angles, axis)
    };
    let whole = reconstruct(&fbp, &sinogram, width);
    let cancel = Cancel::new();
    for bin in [1, 2, 4] {
        let preview = Preview::new(&fbp, &sinogram, width, bin, &cancel).unwrap();
        let slice = preview.slice(axis, None, true, &cancel).unwrap();
        let side = width / bin;
        assert_eq!(slice.shape(), [side, side], "the shape with bin {bin}");
        let (mut error, mut count) = (0.0, 0);
        for y in 0..side {
            for x in 0..side {
                let mut mean = 0.0;
                for dy in 0..bin {
                    let start = (y * bin + dy) * width + x * bin;
                    mean += whole.samples()[start..start + bin].iter().sum::<f32>();
                }
                mean /= (bin * bin) as f32;
                error += f64::from((slice.samples()[y * side + x] - mean).abs());
                count += 1;
            }
        }
        let error = error / f64::from(count);
        // What a bin blurs at the edges grows with it.
        assert!(
            error < 0.007 * bin as f64,
            "bin {bin}: mean difference {error}"
        );
        let (found, wanted) = (balance(&slice, bin), balance(&whole, 1));
        for (found, wanted) in found.iter().zip(wanted) {
            assert!(
                (found - wanted).abs() < 0.1,
                "bin {bin}: balanced at {found}, not {wanted}"
            );
        }
    }
}

#[test]
fn one_missing_pixel_leaves_the_rest_of_the_slice_alone() {
    let width = 128;
    let angles = half_turn(150);
    let mut sinogram = Phantom::shepp_logan(110).sinogram(width, &angles, 63.5, Detector::Area);
    let fbp = Fbp::new(angles, 63.5);
    let whole = reconstruct(&fbp, &sinogram, width);
    sinogram[70 * width + 50] = f32::NAN;
    let holed = reconstruct(&fbp, &sinogram, width);
    for (found, wanted) in holed.samples().iter().zip(whole.samples()) {
        assert!(
            (found - wanted).abs() < 0.02,
            "NaN spreads: {found}, not {wanted}"
        );
    }
}

#[test]
fn cancelling_a_volume_stops_it_within_50_ms() {
    let width = 512;
    let angles = half_turn(400);
    let sinograms = vec![0.5; 64 * 400 * width];
    let mut output = vec![0.0; 64 * width * width];
    let cancel = Cancel::new();
    let raised = std::sync::OnceLock::new();
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(120));
            raised.set(Instant::now()).unwrap();
            cancel.cancel();
        });
        Fbp::new(angles, 255.5).slices_into(
            &sinograms,
            width,
            &mut output,
            (&Progress::new(), &cancel),
        )
    });
    let late = raised.get().unwrap().elapsed();
    assert_eq!(
        result.unwrap_err().kind,
        ErrorKind::Cancelled,
        "the work is cancelled"
    );
    assert!(
        late < Duration::from_millis(50),
        "it stopped after {late:?}"
    );
}

#[test]
fn nothing_to_reconstruct_is_no_slices() {
    let fbp = Fbp::new(half_turn(10), 3.0);
    fbp.slices_into(&[], 8, &mut [], (&Progress::new(), &Cancel::new()))
        .unwrap();
    let error = fbp.slice(&[0.0; 7], 8, &Cancel::new()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Shape, "7 samples are no sinogram");
}
