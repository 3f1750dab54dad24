//! Image files give what the reference readers of their formats give, bit for bit.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Served, crc32, open, open_served, read_all, shared};
use hutch_model::{Cancel, Container, CostHint, ErrorKind, Slab, read_slab};
use pollster::block_on;
use serde_json::Value;

fn expected() -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(shared("images/expected.json")).unwrap();
    match serde_json::from_str(&text).unwrap() {
        Value::Object(files) => files,
        other => panic!("a map of files, got {other}"),
    }
}

#[test]
fn every_sample_of_every_file_is_as_the_reference_reads_it() {
    let files = expected();
    assert!(files.len() >= 19, "{} files", files.len());
    for (name, datasets) in &files {
        let container = open(&shared(&format!("images/{name}")));
        for (path, wanted) in datasets.as_object().unwrap() {
            check(&*container, name, path, wanted);
        }
    }
}

fn check(container: &dyn Container, name: &str, path: &str, wanted: &Value) {
    let dataset = block_on(container.dataset(path, &Cancel::new()))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let shape: Vec<u64> = serde_json::from_value(wanted["shape"].clone()).unwrap();
    assert_eq!(dataset.info().shape, shape, "the shape of {name}::{path}");
    let element = dataset.info().element.to_string();
    assert_eq!(element, wanted["dtype"], "the type of {name}::{path}");
    let block = read_all(container, path);
    let crc = u64::from(crc32(block.samples.bytes()));
    assert_eq!(crc, wanted["crc32"], "the samples of {name}::{path}");
    every_part_is_the_same(&*dataset, &block);
}

/// Parts read alone are those of the whole, with any steps.
fn every_part_is_the_same(dataset: &dyn hutch_model::Dataset, whole: &hutch_model::Block) {
    let shape = &dataset.info().shape;
    for (from, step) in [(0, 2), (1, 1), (1, 3)] {
        let start: Vec<u64> = shape.iter().map(|&size| from.min(size - 1)).collect();
        let count = shape.iter().zip(&start);
        let slab = Slab {
            count: count
                .map(|(size, from)| (size - from).div_ceil(step))
                .collect(),
            step: vec![step; shape.len()],
            start,
        };
        let part = block_on(read_slab(dataset, &slab, &Cancel::new())).unwrap();
        let size = dataset.info().element.size_bytes().unwrap();
        let mut wanted = Vec::new();
        for index in 0..slab.element_count().unwrap() {
            let at = flat(index, &slab, shape) * size;
            wanted.extend_from_slice(&whole.samples.bytes()[at..at + size]);
        }
        assert_eq!(
            part.samples.bytes(),
            wanted,
            "{slab:?} of {}",
            dataset.origin()
        );
        let cost = block_on(dataset.cost(&slab, &Cancel::new())).unwrap();
        assert_eq!(
            cost.decoded_bytes,
            wanted.len() as u64,
            "{}",
            dataset.origin()
        );
    }
}

/// The position in the whole of an element of a slab.
fn flat(index: u64, slab: &Slab, shape: &[u64]) -> usize {
    let (mut rest, mut place, mut stride) = (index, 0, 1);
    for axis in (0..shape.len()).rev() {
        let at = slab.start[axis] + rest % slab.count[axis] * slab.step[axis];
        rest /= slab.count[axis];
        place += at * stride;
        stride *= shape[axis];
    }
    usize::try_from(place).unwrap()
}

#[test]
fn an_array_of_objects_is_refused_in_words() {
    for (name, word) in [("npy_objects", "Python objects"), ("npy_records", "'x'")] {
        let container = open(&shared(&format!("images/{name}.npy")));
        let dataset = block_on(container.dataset("/data", &Cancel::new())).unwrap();
        let why = dataset.info().unreadable.clone().unwrap();
        assert!(why.contains(word), "{name}: {why}");
        let slab = Slab::whole(&dataset.info().shape);
        let error = block_on(read_slab(&*dataset, &slab, &Cancel::new())).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
    }
}

#[test]
fn a_frame_of_a_large_array_costs_its_own_bytes() {
    let mut head = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let text = "{'descr': '<u2', 'fortran_order': False, 'shape': (4000, 1024, 1024), }";
    head.extend(format!("{text:<117}\n").bytes());
    let size = 128 + 4000 * (1 << 21);
    let served = Served::sparse("memory:stack.npy", head, size, CostHint::REMOTE);
    let container = open_served(&served, &shared("images/stack.npy"));
    let dataset = block_on(container.dataset("/data", &Cancel::new())).unwrap();
    let (rounds, _, bytes) = served.counts();
    assert!(
        rounds == 1 && bytes <= 4096,
        "opened in {rounds} rounds, {bytes} bytes"
    );
    served.forget();
    let slab = Slab::frame(&dataset.info().shape, 3999);
    block_on(read_slab(&*dataset, &slab, &Cancel::new())).unwrap();
    assert_eq!(served.counts(), (1, 1, 1 << 21), "exactly the frame");
}

#[test]
fn an_array_that_was_cut_shows_what_it_has() {
    let path = shared("images/npy_lu2.npy");
    let whole = read_all(&*open(&path), "/data");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 30);
    let served = Served::new("memory:npy_lu2.npy", bytes, CostHint::LOCAL);
    let container = open_served(&served, &path);
    let node = block_on(container.nodes(&["/data".to_owned()], &Cancel::new())).remove(0);
    let problem = node.unwrap().problems.concat();
    assert!(
        problem.contains("ends at byte"),
        "the problem is told: {problem}"
    );
    let block = read_all(&*container, "/data");
    let is_missing =
        matches!(&block.state, hutch_model::BlockState::Missing(why) if why.contains("ends"));
    assert!(is_missing, "got {:?}", block.state);
    let (have, all) = (block.samples.bytes(), whole.samples.bytes());
    assert_eq!(have[..90], all[..90], "what is there");
    assert_eq!(have[90..], [0; 30], "and nothing else");
}
