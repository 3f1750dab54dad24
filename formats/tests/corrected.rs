//! Frames corrected for dark and flat field.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its ground is missing"
)]

use std::sync::Arc;

use hutch_formats::corrected::{Corrected, FIELD_FRAMES, Field};
use hutch_formats::memory::MemoryContainer;
use hutch_model::{Cancel, Container, Dataset, ErrorKind, Samples, Slab, read_slab};

/// What is in memory is there at the first look.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => unreachable!("memory never waits"),
    }
}

fn dataset(shape: &[u64], samples: Samples) -> Arc<dyn Dataset> {
    let container = MemoryContainer::new("frames.h5")
        .dataset("/data", shape, samples, &[])
        .unwrap();
    wait(Container::dataset(&container, "/data", &Cancel::new())).unwrap()
}

fn field(shape: &[u64], samples: Samples) -> Field {
    let data = dataset(shape, samples);
    wait(Field::read(data.as_ref(), &[2, 2, 3], &Cancel::new())).unwrap()
}

fn frames() -> Arc<dyn Dataset> {
    let counts = (0..12_u16).map(|count| 10 + count).collect();
    dataset(&[2, 2, 3], Samples::U16(counts))
}

fn values(dataset: &Corrected, slab: &Slab) -> Vec<f64> {
    let block = wait(read_slab(dataset, slab, &Cancel::new())).unwrap();
    block.samples.to_f64()
}

fn assert_near(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let is_same = (found - expected).abs() < 1e-12 || (found.is_nan() && expected.is_nan());
        assert!(is_same, "{what}: {found}, not {expected}");
    }
}

#[test]
fn a_count_becomes_the_share_of_the_beam_that_passes() {
    let nan = f64::NAN;
    let dark = || {
        field(
            &[2, 3],
            Samples::F32(vec![1.0, 2.0, 3.0, 4.0, 5.0, f32::NAN]),
        )
    };
    let flat = || field(&[2, 3], Samples::U8(vec![21, 22, 3, 2, 25, 9]));
    let second = Slab::frame(&[2, 2, 3], 1);
    let both = Corrected::new(frames(), Some(dark()), Some(flat())).unwrap();
    let expected = [15.0 / 20.0, 15.0 / 20.0, nan, nan, 15.0 / 20.0, nan];
    assert_near(&values(&both, &second), &expected, "(I - D) / (F - D)");
    let only = Corrected::new(frames(), Some(dark()), None).unwrap();
    let expected = [15.0, 15.0, 15.0, 15.0, 15.0, nan];
    assert_near(&values(&only, &second), &expected, "I - D");
    let only = Corrected::new(frames(), None, Some(flat())).unwrap();
    let expected = [16.0 / 21.0, 17.0 / 22.0, 6.0, 9.5, 20.0 / 25.0, 21.0 / 9.0];
    assert_near(&values(&only, &second), &expected, "I / F");
}

#[test]
fn a_part_is_corrected_by_the_same_part_of_the_fields() {
    let flat = field(&[2, 3], Samples::U8(vec![1, 2, 4, 8, 16, 32]));
    let corrected = Corrected::new(frames(), None, Some(flat)).unwrap();
    let whole = values(&corrected, &Slab::whole(&[2, 2, 3]));
    let part = Slab {
        start: vec![0, 1, 0],
        count: vec![2, 1, 2],
        step: vec![1, 1, 2],
    };
    let expected = [whole[3], whole[5], whole[9], whole[11]];
    assert_near(&values(&corrected, &part), &expected, "every other column");
}

#[test]
fn a_stack_of_fields_counts_as_its_mean_without_what_has_no_value() {
    let stack = Samples::U32(vec![
        1,
        2,
        3,
        4,
        5,
        u32::MAX,
        3,
        2,
        1,
        0,
        u32::MAX,
        u32::MAX,
    ]);
    let mean = field(&[2, 2, 3], stack);
    assert_eq!(mean.frames, 2);
    let corrected = Corrected::new(frames(), Some(mean), None).unwrap();
    let found = values(&corrected, &Slab::frame(&[2, 2, 3], 0));
    let expected = [8.0, 9.0, 10.0, 11.0, 9.0, f64::NAN];
    assert_near(&found, &expected, "means of 2, 2, 2, 2, 5 and of nothing");
    let many = usize::try_from(FIELD_FRAMES).unwrap() * 3;
    let long = field(&[many as u64, 2, 3], Samples::U8(vec![7; many * 6]));
    assert_eq!(long.frames, FIELD_FRAMES, "not all of a long stack");
}

#[test]
fn fields_of_other_frames_are_refused() {
    let other = dataset(&[3, 2], Samples::U8(vec![0; 6]));
    let found = wait(Field::read(other.as_ref(), &[2, 2, 3], &Cancel::new()));
    assert_eq!(found.unwrap_err().kind, ErrorKind::Shape, "another size");
    let text = dataset(&[2, 3], Samples::Text(vec![String::new(); 6]));
    let found = wait(Field::read(text.as_ref(), &[2, 2, 3], &Cancel::new()));
    assert_eq!(found.unwrap_err().kind, ErrorKind::Unsupported, "words");
    let wide = dataset(&[4, 4], Samples::U8(vec![0; 16]));
    let fits = field(&[2, 3], Samples::U8(vec![0; 6]));
    let found = Corrected::new(wide, Some(fits), None);
    assert_eq!(found.unwrap_err().kind, ErrorKind::Shape, "other frames");
}

#[test]
fn fields_of_modules_are_never_made_one() {
    let four = dataset(&[4, 2, 3], Samples::U8(vec![1; 24]));
    let read = |frames: &[u64]| wait(Field::read(four.as_ref(), frames, &Cancel::new()));
    let found = read(&[9, 4, 2, 3]);
    assert_eq!(
        found.unwrap_err().kind,
        ErrorKind::Shape,
        "one field for each module"
    );
    assert_eq!(
        read(&[9, 2, 3]).unwrap().frames,
        4,
        "four frames of one image"
    );
    let deep = dataset(&[5, 4, 2, 3], Samples::U8(vec![1; 120]));
    let found = wait(Field::read(deep.as_ref(), &[9, 4, 2, 3], &Cancel::new()));
    assert_eq!(
        found.unwrap_err().kind,
        ErrorKind::Shape,
        "frames of modules"
    );
}
