//! Replays inputs that fuzzing found: a part of its corpus, and all that once made a parser fail.

#![allow(
    clippy::allow_attributes,
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test fails by panicking, and the targets are shared with the fuzzer"
)]

use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use targets::{files, filters, hdf5, serial};

/// Longer than this for one input is a hang; inputs take a few milliseconds.
const INPUT_TIME_MAX: Duration = Duration::from_secs(1);

/// Gives each kept input of `target` to `run`.
fn replay(target: &str, run: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/replay");
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder.join(target)).unwrap() {
        let path = entry.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        let timed = || {
            let start = Instant::now();
            run(&input);
            start.elapsed()
        };
        // A busy machine may stop for a second, but hardly twice at the same input.
        let mut took = timed();
        if took >= INPUT_TIME_MAX {
            took = timed();
        }
        assert!(took < INPUT_TIME_MAX, "{} took {took:?}", path.display());
        inputs += 1;
    }
    assert!(inputs > 0, "there are inputs of {target}");
}

#[test]
fn hdf5_inputs_end_in_an_error_or_in_data() {
    replay("hdf5", hdf5::walk);
}

#[test]
fn filter_inputs_end_in_an_error_or_in_a_chunk() {
    replay("filters", |input| filters::decode(input, None));
}

#[test]
fn image_inputs_end_in_an_error_or_in_data() {
    replay("images", |input| files::open(input, files::IMAGES));
}

#[test]
fn beamline_inputs_end_in_an_error_or_in_data() {
    replay("beamline", |input| files::open(input, files::BEAMLINE));
}

#[test]
fn table_inputs_end_in_an_error_or_in_data() {
    replay("tables", |input| files::open(input, files::TABLES));
}

#[test]
fn layout_inputs_end_in_an_error_or_in_data() {
    replay("layouts", files::open_layout);
}

#[test]
fn serial_inputs_end_in_an_error_or_in_panels_and_rows() {
    replay("serial", serial::read);
}

#[test]
fn serial_inputs_that_are_cut_or_changed_anywhere_end_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/serial");
    for (which, name) in ["tilted.poni", "quad.geom", "quad.stream"]
        .iter()
        .enumerate()
    {
        let file = std::fs::read(folder.join(name)).unwrap();
        let whole = [&[which as u8], &file[..]].concat();
        for at in (1..whole.len()).step_by(61) {
            serial::read(&whole[..at]);
            let mut changed = whole.clone();
            changed[at] = changed[at].wrapping_mul(31).wrapping_add(at as u8);
            serial::read(&changed);
        }
    }
}
