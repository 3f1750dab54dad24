//! The list of kernels. A new kernel is one file, its shaders, and one line here.

use crate::array::Array;
use crate::fbp::{Fbp, Region};
use crate::flat_field::{FlatField, Stage};
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

fn random_array(shape: &[usize], (low, high): (f64, f64), random: &mut Random) -> Array {
    let mut array = Array::zeroed(shape);
    for sample in array.samples_mut() {
        *sample = to_f32(random.between(low, high));
    }
    array
}
