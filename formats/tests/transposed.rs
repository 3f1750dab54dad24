//! Signals whose `default_slice` fixes other axes than the slowest: data, errors, weights, masks and axes in the order
//! that is shown, as numpy transposes them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::sync::Arc;

use common::{open, shared};
use hutch_formats::corrected::{Corrected, Field};
use hutch_formats::memory::MemoryContainer;
use hutch_formats::nexus::signal_at;
use hutch_formats::transposed::{Transposed, as_the_file_says, in_order};
use hutch_model::{
    BlockState, Cancel, Container, Dataset, ErrorKind, Gaps, Interpretation, Samples, Signal, Slab,
    read_slab,
};
use pollster::block_on;

fn at(name: &str) -> Signal {
    let container = open(&shared("nexus/slices.h5"));
    let found = block_on(signal_at(
        &*container,
        &format!("/entry/{name}"),
        &Cancel::new(),
    ));
    found.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn values(dataset: &Arc<dyn Dataset>, slab: &Slab) -> Vec<f64> {
    let block = block_on(read_slab(dataset.as_ref(), slab, &Cancel::new())).unwrap();
    assert_eq!(block.shape, slab.count, "the shape that was asked for");
    block.samples.to_f64()
}

fn whole(dataset: &Arc<dyn Dataset>) -> Vec<f64> {
    values(dataset, &Slab::whole(&dataset.info().shape))
}

/// What stands at `[i, j, k]` of the stored data.
fn counted([i, j, k]: [u64; 3]) -> f64 {
    (100 * i + 10 * j + k) as f64
}

/// The indices of an array of this shape, in its order.
fn indices([one, two, three]: [u64; 3]) -> impl Iterator<Item = [u64; 3]> {
    (0..one).flat_map(move |i| (0..two).flat_map(move |j| (0..three).map(move |k| [i, j, k])))
}

#[test]
fn a_slice_that_fixes_the_middle_axis_shows_the_outer_two() {
    let stored = at("middle");
    assert_eq!(stored.data.info().shape, [3, 4, 5], "as h5py reads it");
    let shown = as_the_file_says(stored);
    assert!(shown.problems.is_empty(), "{:?}", shown.problems);
    assert_eq!(shown.data.info().shape, [4, 3, 5], "y, then theta and x");
    assert_eq!(shown.default_slice, [Some(2), None, None]);
    assert_eq!(shown.first_frame(2), 2, "the frame to begin with");
    assert_eq!(shown.interpretation, Some(Interpretation::Image));
    let of = |scale: f64, shift: f64| -> Vec<f64> {
        let all = indices([4, 3, 5]);
        all.map(|[y, theta, x]| counted([theta, y, x]) * scale + shift)
            .collect()
    };
    assert_eq!(whole(&shown.data), of(1.0, 0.0), "the data");
    assert_eq!(whole(shown.errors.as_ref().unwrap()), of(0.125, 0.0));
    assert_eq!(whole(shown.weights.as_ref().unwrap()), of(1.0, 1.0));
    assert_eq!(whole(&shown.auxiliary[0].data), of(-1.0, 0.0));
    let mask: Vec<f64> = indices([4, 3, 5])
        .map(|[y, _, x]| f64::from([[2, 1], [0, 3]].contains(&[y, x])))
        .collect();
    assert_eq!(
        whole(shown.mask.as_ref().unwrap()),
        mask,
        "the mask of a stored frame goes with its pixels"
    );
}

#[test]
fn axes_go_with_the_data() {
    let shown = as_the_file_says(at("middle"));
    let said: Vec<(&str, usize)> = shown
        .axes
        .iter()
        .map(|axis| (axis.name.as_str(), axis.dimension))
        .collect();
    assert_eq!(said, [("theta", 1), ("y", 0), ("x", 2)]);
    let depth = &shown.alternatives[0];
    assert_eq!(
        (depth.name.as_str(), &depth.spans[..]),
        ("depth", &[1, 2][..])
    );
    let other = in_order(&shown, &[2, 1, 0]).unwrap();
    let depth = &other.alternatives[0];
    assert_eq!(depth.spans, [0, 2], "in the order of the data");
    let depth = depth.values.as_ref().unwrap();
    assert_eq!(depth.info().shape, [5, 3], "and its values turned to that");
    assert_eq!(whole(depth)[..2], [0.0, 1.0], "x 0, theta 0 and 1");
    let back = in_order(&other, &[0, 1, 2]).unwrap();
    assert!(back.as_stored.is_none() && back.data.transposed().is_none());
    assert_eq!(back.axes[0].dimension, 0, "as it is stored");
}

#[test]
fn a_slice_that_fixes_the_last_axis_is_read_from_chunks() {
    let shown = as_the_file_says(at("last"));
    assert_eq!(shown.order(), [2, 0, 1]);
    let info = shown.data.info();
    assert_eq!(info.shape, [5, 3, 4]);
    assert_eq!(
        info.chunk_shape.as_deref(),
        Some(&[2, 2, 3][..]),
        "as chunks lie"
    );
    let frame = Slab::frame(&info.shape, shown.first_frame(2));
    let expected: Vec<f64> = indices([1, 3, 4])
        .map(|[_, i, j]| counted([i, j, 1]) / 4.0)
        .collect();
    assert_eq!(values(&shown.data, &frame), expected, "[:, :, 1]");
    let part = Slab {
        start: vec![0, 1, 0],
        count: vec![3, 1, 2],
        step: vec![2, 1, 3],
    };
    let expected: Vec<f64> = indices([3, 1, 2])
        .map(|[k, _, j]| counted([1, 3 * j, 2 * k]) / 4.0)
        .collect();
    assert_eq!(
        values(&shown.data, &part),
        expected,
        "every second, every third"
    );
    let cost =
        |data: &Arc<dyn Dataset>, slab: &Slab| block_on(data.cost(slab, &Cancel::new())).unwrap();
    let stored = Arc::clone(&shown.stored().data);
    let same = Slab {
        start: vec![0, 0, 1],
        count: vec![3, 4, 1],
        step: vec![1, 1, 1],
    };
    let of_frame = cost(&shown.data, &frame);
    assert_eq!(
        of_frame,
        cost(&stored, &same),
        "it costs what the file asks"
    );
    assert_eq!(of_frame.decoded_bytes, 3 * 4 * 8, "one frame");
    let bytes = shown.data.stored_bytes().expect("elements of eight bytes");
    assert_eq!(bytes.info().shape, [5, 3, 4, 8], "bytes stay together");
    let one = Slab {
        start: vec![1, 2, 3, 0],
        count: vec![1, 1, 1, 8],
        step: vec![1; 4],
    };
    let read = values(&bytes, &one);
    let element: Vec<f64> = (counted([2, 3, 1]) / 4.0)
        .to_le_bytes()
        .map(f64::from)
        .to_vec();
    assert_eq!(read, element, "those of the element");
}

#[test]
fn a_slice_that_keeps_one_axis_is_a_line() {
    let shown = as_the_file_says(at("column"));
    assert_eq!(shown.data.info().shape, [5, 4]);
    assert_eq!(shown.interpretation, Some(Interpretation::Spectrum));
    assert_eq!(shown.first_frame(1), 1, "the second column");
    let line = Slab {
        start: vec![1, 0],
        count: vec![1, 4],
        step: vec![1, 1],
    };
    assert_eq!(values(&shown.data, &line), [1.0, 11.0, 21.0, 31.0]);
}

#[test]
fn an_order_that_is_none_is_refused() {
    let stored = at("middle");
    for wrong in [&[0, 1][..], &[0, 0, 1], &[0, 1, 3]] {
        let error = in_order(&stored, wrong).expect_err("no order of three axes");
        assert_eq!(error.kind, ErrorKind::Usage, "{wrong:?}");
    }
    let outside = Slab::whole(&[3, 4, 5]);
    let turned = as_the_file_says(stored);
    let read = block_on(read_slab(turned.data.as_ref(), &outside, &Cancel::new()));
    assert_eq!(
        read.expect_err("of the stored shape").kind,
        ErrorKind::Usage
    );
}

#[test]
fn samples_that_are_missing_at_their_source_stay_where_they_are() {
    let container = open(&shared("hdf5/virtual/master_latest.h5"));
    let stored = block_on(container.dataset("/stack", &Cancel::new())).unwrap();
    let shape = stored.info().shape.clone();
    let order: Vec<usize> = (0..shape.len()).rev().collect();
    let turned = Transposed::of(Arc::clone(&stored), &order).unwrap();
    let gone = |dataset: &Arc<dyn Dataset>| {
        let slab = Slab::whole(&dataset.info().shape);
        let encoded = block_on(dataset.fetch(&slab, &Cancel::new())).unwrap();
        let block = dataset.decode(&encoded).unwrap();
        assert!(matches!(block.state, BlockState::Missing(_)), "some are");
        match Gaps::of(dataset.as_ref(), &encoded, &block) {
            Gaps::These(gone) => gone,
            other => panic!("{other:?}"),
        }
    };
    let (gone_of_stored, gone_of_turned) = (gone(&stored), gone(&turned));
    assert!(gone_of_stored.contains(&false), "not all of them");
    let flags = gone_of_stored.iter().map(|&gone| u8::from(gone)).collect();
    let container = MemoryContainer::new("gone.h5")
        .dataset("/gone", &shape, Samples::U8(flags), &[])
        .unwrap();
    let flags = block_on(Container::dataset(&container, "/gone", &Cancel::new())).unwrap();
    let expected = whole(&Transposed::of(flags, &order).unwrap());
    let found: Vec<f64> = gone_of_turned.iter().map(|&gone| f64::from(gone)).collect();
    assert_eq!(found, expected, "the same samples");
}

#[test]
fn what_is_computed_of_turned_frames_has_a_name_of_its_own() {
    let shown = as_the_file_says(at("last"));
    let field = block_on(Field::read(
        shown.data.as_ref(),
        &shown.data.info().shape,
        &Cancel::new(),
    ));
    let of = |data: &Arc<dyn Dataset>, field: Option<Field>| {
        let corrected = Corrected::new(Arc::clone(data), field, None).unwrap();
        corrected.origin().path.clone()
    };
    let turned = of(&shown.data, Some(field.unwrap()));
    assert!(
        turned.starts_with("/entry/last/data (axes 2, 0, 1)"),
        "{turned}"
    );
    assert!(turned.contains("dark "), "{turned}");
    assert!(of(&shown.stored().data, None).starts_with("/entry/last/data corrected"));
}
