//! Differences and ratios of two datasets.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its ground is missing"
)]

use std::sync::Arc;

use hutch_formats::arithmetic::{Arithmetic, Measured, Operation, Part, errors_of};
use hutch_formats::memory::MemoryContainer;
use hutch_model::{Cancel, Container, Dataset, ErrorKind, Samples, Slab, read_slab};

fn datasets() -> Vec<Arc<dyn Dataset>> {
    let stack = Samples::U32(vec![5, 6, 7, u32::MAX, 50, 60, 70, 80]);
    let frame = Samples::F32(vec![1.0, 0.0, 2.0, 4.0]);
    let container = MemoryContainer::new("two.h5")
        .dataset("/stack", &[2, 2, 2], stack, &[])
        .unwrap()
        .dataset("/frame", &[2, 2], frame, &[])
        .unwrap()
        .dataset("/line", &[3], Samples::U8(vec![1, 2, 3]), &[])
        .unwrap()
        .dataset("/word", &[2, 2], Samples::Text(vec![String::new(); 4]), &[])
        .unwrap();
    ["/stack", "/frame", "/line", "/word"]
        .into_iter()
        .map(|path| wait(Container::dataset(&container, path, &Cancel::new())).unwrap())
        .collect()
}

/// What is in memory is there at the first look.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => unreachable!("memory never waits"),
    }
}

fn values(dataset: &Arithmetic, slab: &Slab) -> Vec<f64> {
    let block = wait(read_slab(dataset, slab, &Cancel::new())).unwrap();
    block.samples.to_f64()
}

#[test]
fn one_frame_goes_with_every_frame_of_a_stack() {
    let all = datasets();
    let (stack, frame) = (Arc::clone(&all[0]), Arc::clone(&all[1]));
    let difference = Arithmetic::new(
        Arc::clone(&stack),
        Arc::clone(&frame),
        Operation::Difference,
    )
    .unwrap();
    assert_eq!(difference.info().shape, [2, 2, 2]);
    let second = Slab::frame(&[2, 2, 2], 1);
    assert_eq!(values(&difference, &second), [49.0, 60.0, 68.0, 76.0]);
    let whole = values(&difference, &Slab::whole(&[2, 2, 2]));
    assert_eq!(whole[..3], [4.0, 6.0, 5.0]);
    assert!(whole[3].is_nan(), "a sentinel has no difference");
    assert_eq!(whole[4..], [49.0, 60.0, 68.0, 76.0]);
    let ratio = Arithmetic::new(stack, frame, Operation::Ratio).unwrap();
    let found = values(&ratio, &second);
    assert_eq!(found[2..], [35.0, 20.0]);
    assert!(found[1].is_nan(), "nothing goes through zero");
}

#[test]
fn a_frame_of_a_stack_goes_with_every_frame_of_it() {
    let stack = Arc::clone(&datasets()[0]);
    let with = |frame: u64| {
        let part = Part {
            rank: 2,
            index: frame,
        };
        let both = (Arc::clone(&stack), part);
        Arithmetic::with_part(Arc::clone(&stack), both, Operation::Difference).unwrap()
    };
    let stored = |frame: u64| {
        let slab = Slab::frame(&[2, 2, 2], frame);
        let block = wait(read_slab(stack.as_ref(), &slab, &Cancel::new())).unwrap();
        block.samples.to_f64()
    };
    let (first, second) = (stored(0), stored(1));
    let found = values(&with(1), &Slab::frame(&[2, 2, 2], 0));
    for at in 0..3 {
        assert!((found[at] - (first[at] - second[at])).abs() < 1e-12);
    }
    assert!(found[3].is_nan(), "a sentinel has no difference");
    let own = values(&with(1), &Slab::frame(&[2, 2, 2], 1));
    assert!(
        own.iter().all(|of| *of == 0.0),
        "nothing but itself: {own:?}"
    );
    let part = Slab {
        start: vec![0, 1, 0],
        count: vec![2, 1, 2],
        step: vec![1; 3],
    };
    let rows = values(&with(1), &part);
    assert_eq!(rows[2..], [0.0, 0.0], "the same rows of the frame");
    assert_ne!(
        with(0).origin(),
        with(1).origin(),
        "each is known by its frame"
    );
}

#[test]
fn a_line_of_a_stack_goes_with_every_line_of_it() {
    let stack = Arc::clone(&datasets()[0]);
    let last = Part { rank: 1, index: 3 };
    let both = (Arc::clone(&stack), last);
    let made = Arithmetic::with_part(Arc::clone(&stack), both, Operation::Difference).unwrap();
    let stored = |line: u64| {
        let slab = Slab::part(&[2, 2, 2], 1, line);
        let block = wait(read_slab(stack.as_ref(), &slab, &Cancel::new())).unwrap();
        block.samples.to_f64()
    };
    let own = values(&made, &Slab::part(&[2, 2, 2], 1, 3));
    assert!(
        own.iter().all(|of| *of == 0.0),
        "nothing but itself: {own:?}"
    );
    let first = values(&made, &Slab::part(&[2, 2, 2], 1, 0));
    for ((found, one), other) in first.iter().zip(stored(0)).zip(stored(3)) {
        assert!((found - (one - other)).abs() < 1e-12);
    }
    assert!(made.origin().path.ends_with(" line 3"), "{}", made.origin());
}

#[test]
fn a_part_of_a_frame_takes_the_same_part_of_the_other() {
    let all = datasets();
    let one = Arithmetic::new(
        Arc::clone(&all[0]),
        Arc::clone(&all[1]),
        Operation::Difference,
    )
    .unwrap();
    let column = Slab {
        start: vec![1, 0, 1],
        count: vec![1, 2, 1],
        step: vec![1; 3],
    };
    assert_eq!(values(&one, &column), [60.0, 76.0]);
}

#[test]
fn what_does_not_go_together_is_refused_in_words() {
    let all = datasets();
    for (first, second, kind) in [
        (0, 2, ErrorKind::Shape),
        (1, 0, ErrorKind::Shape),
        (1, 3, ErrorKind::Unsupported),
    ] {
        let (one, other) = (Arc::clone(&all[first]), Arc::clone(&all[second]));
        let error = Arithmetic::new(one, other, Operation::Ratio).unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.to_string().contains("two.h5"), "{error}");
    }
}

#[test]
fn errors_add_up_as_those_of_independent_values_do() {
    let values = |numbers: &[f64]| -> Arc<dyn Dataset> {
        let samples = Samples::F64(numbers.to_vec());
        let container = MemoryContainer::new("errors.h5")
            .dataset("/of", &[2, 2], samples, &[])
            .unwrap();
        wait(Container::dataset(&container, "/of", &Cancel::new())).unwrap()
    };
    let one = Measured {
        values: values(&[10.0, 20.0, 30.0, 40.0]),
        errors: Some(values(&[3.0, 1.0, 2.0, 4.0])),
    };
    let other = Measured {
        values: values(&[2.0, 5.0, 4.0, 8.0]),
        errors: Some(values(&[4.0, 0.5, 1.0, 2.0])),
    };
    let found = |part, operation| {
        let errors = errors_of(&one, (&other, part), operation).unwrap().unwrap();
        let slab = Slab::whole(&[2, 2]);
        wait(read_slab(errors.as_ref(), &slab, &Cancel::new()))
            .unwrap()
            .samples
            .to_f64()
    };
    let (a, sa) = ([10.0_f64, 20.0, 30.0, 40.0], [3.0_f64, 1.0, 2.0, 4.0]);
    let (b, sb) = ([2.0_f64, 5.0, 4.0, 8.0], [4.0_f64, 0.5, 1.0, 2.0]);
    let last = Part { rank: 1, index: 1 };
    for (part, of) in [(None, [0, 1, 2, 3]), (Some(last), [2, 3, 2, 3])] {
        let differences = found(part, Operation::Difference);
        let ratios = found(part, Operation::Ratio);
        for at in 0..4 {
            let (b, sb) = (b[of[at]], sb[of[at]]);
            assert!(
                (differences[at] - sa[at].hypot(sb)).abs() < 1e-12,
                "{part:?} {at}"
            );
            let expected = a[at] / b * (sa[at] / a[at]).hypot(sb / b);
            assert!((ratios[at] - expected).abs() < 1e-12, "{part:?} {at}");
        }
    }
    let exact = Measured {
        errors: None,
        ..other.clone()
    };
    let none = Measured {
        errors: None,
        ..one.clone()
    };
    let made = errors_of(&none, (&exact, None), Operation::Ratio).unwrap();
    assert!(made.is_none(), "neither has any");
    let alone = errors_of(&one, (&exact, None), Operation::Difference).unwrap();
    assert_eq!(alone.unwrap().origin().path, "/of", "those of the first");
}
