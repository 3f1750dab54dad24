//! Each filter decodes what libhdf5 and its plugins wrote, bit for bit.
#![allow(clippy::allow_attributes, clippy::unwrap_used, reason = "test code")]

mod common;

use common::samples;
use hutch_codecs::{Scratch, decode_into, id, known_filters};

#[test]
fn every_chunk_decodes_to_the_bytes_of_libhdf5() {
    let mut scratch = Scratch::default();
    let mut wrong = Vec::new();
    let samples = samples();
    for sample in &samples {
        let mut out = vec![0xcc; sample.size];
        let done = decode_into(
            &sample.filters,
            sample.mask,
            &sample.stored,
            sample.element_size,
            &mut out,
            &mut scratch,
        );
        match done {
            Err(error) => wrong.push(format!("{}: {error}", sample.name)),
            Ok(()) if libdeflater::crc32(&out) != sample.crc => {
                wrong.push(format!("{}: other bytes", sample.name));
            }
            Ok(()) => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} chunks differ:\n{}",
        wrong.len(),
        samples.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_known_filter_but_jpeg_has_samples() {
    let samples = samples();
    for known in known_filters() {
        let is_sampled = samples
            .iter()
            .any(|sample| sample.filters.iter().any(|filter| filter.id == *known));
        assert!(is_sampled || *known == id::JPEG, "filter {known}");
    }
}

#[test]
fn a_chunk_of_another_size_is_refused() {
    let mut scratch = Scratch::default();
    for sample in samples() {
        for size in [sample.size - 1, sample.size + 1] {
            let mut out = vec![0; size];
            let done = decode_into(
                &sample.filters,
                sample.mask,
                &sample.stored,
                sample.element_size,
                &mut out,
                &mut scratch,
            );
            assert!(done.is_err(), "{} as {size} bytes", sample.name);
        }
    }
}
