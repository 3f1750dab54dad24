//! The bodies of every kernel in the registry agree with its reference.
#![cfg(test)]

mod common;

use hutch_analysis::array::Array;
use hutch_analysis::kernel::{Body, run};
use hutch_analysis::registry::{Example, KERNELS};
use hutch_model::Cancel;

/// The largest difference over the largest reference value; the places of NaN
/// must be the same.
fn difference(example: &Example, found: &Array) -> f64 {
    let inputs: Vec<&Array> = example.inputs.iter().collect();
    let reference = example.kernel.reference(&inputs).unwrap();
    let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape()).collect();
    assert_eq!(
        found.shape(),
        example.kernel.output_shape(&shapes).unwrap(),
        "{}: the shape that was announced",
        example.kernel.name()
    );
    let largest = reference
        .iter()
        .filter(|value| value.is_finite())
        .fold(0.0f64, |largest, value| largest.max(value.abs()));
    reference
        .iter()
        .zip(found.samples())
        .filter(|(wanted, found)| {
            assert_eq!(
                wanted.is_nan(),
                found.is_nan(),
                "{}: NaN in the same places",
                example.kernel.name()
            );
            !wanted.is_nan()
        })
        .map(|(wanted, found)| (wanted - f64::from(*found)).abs() / largest)
        .fold(0.0, f64::max)
}

#[test]
fn cpu_bodies_agree_with_their_reference() {
    for seed in 1..4 {
        for entry in KERNELS {
            let example = entry(seed);
            let inputs: Vec<&Array> = example.inputs.iter().collect();
            let found = run(&*example.kernel, Body::Cpu, &inputs, &Cancel::new()).unwrap();
            let difference = difference(&example, &found);
            let allowed = example.kernel.tolerance().cpu;
            assert!(
                difference <= allowed,
                "{}: CPU differs by {difference:e}, {allowed:e} allowed",
                example.kernel.name()
            );
        }
    }
}

#[test]
fn gpu_bodies_agree_with_their_reference() {
    let Some(context) = common::gpu("gpu_bodies_agree_with_their_reference") else {
        return;
    };
    for seed in 1..4 {
        for entry in KERNELS {
            let example = entry(seed);
            let inputs: Vec<&Array> = example.inputs.iter().collect();
            let found = run(
                &*example.kernel,
                Body::Gpu(&context),
                &inputs,
                &Cancel::new(),
            )
            .unwrap();
            let difference = difference(&example, &found);
            let allowed = example.kernel.tolerance().gpu;
            assert!(
                difference <= allowed,
                "{} on {}: GPU differs by {difference:e}, {allowed:e} allowed",
                example.kernel.name(),
                context.name()
            );
        }
    }
}

#[test]
fn a_wrong_number_of_inputs_is_refused() {
    for entry in KERNELS {
        let example = entry(1);
        assert!(
            run(&*example.kernel, Body::Cpu, &[], &Cancel::new()).is_err(),
            "{} takes no empty list",
            example.kernel.name()
        );
    }
}

#[test]
fn cancelled_work_does_not_start() {
    let cancel = Cancel::new();
    cancel.cancel();
    for entry in KERNELS {
        let example = entry(1);
        let inputs: Vec<&Array> = example.inputs.iter().collect();
        let error = run(&*example.kernel, Body::Cpu, &inputs, &cancel).unwrap_err();
        assert_eq!(
            error.exit_code(),
            130,
            "{} is cancelled",
            example.kernel.name()
        );
    }
}
