//! The list of kernels. A new kernel is one file, its shaders, and one line here.

use std::sync::Arc;

use hutch_model::{Cancel, Geometry, Panel};

use crate::array::Array;
use crate::fbp::{Fbp, Region};
use crate::flat_field::{FlatField, Stage};
use crate::integrate::{Choice, Corrections, Integrate, Integrator, Split};
use crate::kernel::Kernel;
use crate::numeric::{Random, to_f32};
use crate::ramp_filter::{Filter, Padding};

/// A kernel with parameters, and inputs that it takes.
#[derive(Debug)]
pub struct Example {
    /// The kernel.
    pub kernel: Box<dyn Kernel>,
    /// Its inputs, made from the seed.
    pub inputs: Vec<Array>,
}

/// An entry: makes an example with random data from a seed.
pub type Entry = fn(seed: u64) -> Example;

/// Every kernel, once for each way it branches.
pub const KERNELS: &[Entry] = &[
    flat_field_transmission,
    flat_field_absorbance,
    fbp_one_slice,
    fbp_slab,
    integrate_pattern,
    integrate_picture,
];

fn flat_field_transmission(seed: u64) -> Example {
    flat_field(
        seed,
        FlatField {
            stage: Stage::Transmission,
            min_transmission: None,
        },
    )
}

fn flat_field_absorbance(seed: u64) -> Example {
    flat_field(
        seed,
        FlatField {
            stage: Stage::Absorbance,
            min_transmission: Some(1e-3),
        },
    )
}

fn flat_field(seed: u64, kernel: FlatField) -> Example {
    let mut random = Random(seed);
    let mut inputs = vec![
        random_array(&[5, 7, 61], (50.0, 60_000.0), &mut random),
        random_array(&[7, 61], (40_000.0, 60_000.0), &mut random),
        random_array(&[7, 61], (90.0, 110.0), &mut random),
    ];
    // A dead pixel in the flat field, and a missing count.
    inputs[1].samples_mut()[11] = 80.0;
    inputs[0].samples_mut()[3] = f32::NAN;
    Example {
        kernel: Box::new(kernel),
        inputs,
    }
}

fn fbp_one_slice(seed: u64) -> Example {
    let mut random = Random(seed);
    let angles = (0..60).map(|_| random.between(-1.0, 7.0)).collect();
    let kernel = Fbp {
        padding: Padding::Edge,
        ..Fbp::new(angles, 37.3)
    };
    let mut input = random_array(&[1, 60, 83], (0.0, 1.0), &mut random);
    input.samples_mut()[200] = f32::NAN;
    Example {
        kernel: Box::new(kernel),
        inputs: vec![input],
    }
}

fn fbp_slab(seed: u64) -> Example {
    let mut random = Random(seed);
    let angles = (0..45).map(|index| f64::from(index) * 0.07).collect();
    let kernel = Fbp {
        filter: Filter::Hann,
        region: Some(Region {
            x: 3,
            y: 11,
            width: 60,
            height: 41,
        }),
        is_circle: false,
        ..Fbp::new(angles, 40.0)
    };
    let input = random_array(&[11, 45, 70], (0.0, 1.0), &mut random);
    Example {
        kernel: Box::new(kernel),
        inputs: vec![input],
    }
}

fn integrate_pattern(seed: u64) -> Example {
    integrate(
        seed,
        &Choice {
            points: 37,
            ..Choice::default()
        },
    )
}

fn integrate_picture(seed: u64) -> Example {
    integrate(
        seed,
        &Choice {
            points: 20,
            azimuth_points: Some(12),
            split: Split::Full,
            ..Choice::default()
        },
    )
}

/// Frames of a tilted detector with a mask, a flat and a dark field, and with
/// pixels that do not count.
fn integrate(seed: u64, choice: &Choice) -> Example {
    let mut random = Random(seed);
    let [height, width] = [31, 47];
    let geometry = Geometry {
        panels: vec![Panel {
            name: String::new(),
            plane: Vec::new(),
            first: [0, 0],
            size: [height, width],
            corner_m: [4e-3, -2e-3, 0.1],
            slow_m: [0.0, 1.6e-4, 3e-5],
            fast_m: [-1.7e-4, 0.0, 2e-5],
        }],
        wavelength_m: Some(1e-10),
        source: String::new(),
    };
    let size = 31 * 47;
    let mut field = |low, high| -> Vec<f32> {
        (0..size)
            .map(|_| to_f32(random.between(low, high)))
            .collect()
    };
    let corrections = Corrections {
        polarization: Some(0.9),
        flat: Some(field(0.8, 1.2)),
        dark: Some(field(0.0, 5.0)),
        ..Corrections::default()
    };
    let mask: Vec<bool> = (0..size).map(|pixel| pixel % 29 == 3).collect();
    let cancel = Cancel::new();
    let integrator = Integrator::new(
        &geometry,
        &[height, width],
        Some(&mask),
        choice,
        corrections,
        &cancel,
    );
    let mut frames = random_array(&[3, 31, 47], (0.0, 5000.0), &mut random);
    frames.samples_mut()[700] = f32::NAN;
    frames.samples_mut()[size + 41] = f32::INFINITY;
    Example {
        kernel: Box::new(Integrate {
            integrator: Arc::new(integrator.unwrap_or_default()),
        }),
        inputs: vec![frames],
    }
}

fn random_array(shape: &[usize], (low, high): (f64, f64), random: &mut Random) -> Array {
    let mut array = Array::zeroed(shape);
    for sample in array.samples_mut() {
        *sample = to_f32(random.between(low, high));
    }
    array
}
