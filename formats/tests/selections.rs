//! Parts of datasets: the same samples as h5py reads, for the bytes that were said before.

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;

use std::sync::Arc;

use common::{Served, crc32, open_served, own};
use hutch_model::{
    Cancel, Container, CostHint, Dataset, ElementType, ErrorKind, ReadCost, Samples, Slab,
    read_slab,
};
use pollster::block_on;
use serde_json::Value as Json;

fn dataset(container: &dyn Container, path: &str) -> Arc<dyn Dataset> {
    block_on(container.dataset(path, &Cancel::new())).unwrap()
}

fn rows() -> Vec<(String, Slab, u32)> {
    let text = std::fs::read_to_string(own("selections.json")).unwrap();
    let rows: Json = serde_json::from_str(&text).unwrap();
    let list = |row: &Json| -> Vec<u64> {
        let values = row.as_array().unwrap();
        values.iter().map(|value| value.as_u64().unwrap()).collect()
    };
    let row = |row: &Json| {
        let slab = Slab {
            start: list(&row["start"]),
            count: list(&row["count"]),
            step: list(&row["step"]),
        };
        let crc = u32::try_from(row["crc"].as_u64().unwrap()).unwrap();
        (row["dataset"].as_str().unwrap().to_owned(), slab, crc)
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

fn check_all(threads: usize) {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let container = common::open(&own("selections.h5"));
    let mut samples = Samples::zeroed(&ElementType::U8, 0).unwrap();
    for (name, slab, crc) in rows() {
        let dataset = dataset(&*container, &name);
        let encoded = block_on(dataset.fetch(&slab, &Cancel::new())).unwrap();
        pool.install(|| dataset.decode_into(&encoded, &mut samples))
            .unwrap();
        let found = crc32(samples.bytes());
        assert_eq!(found, crc, "{slab:?} of {name} on {threads} threads");
    }
}

#[test]
fn every_part_equals_what_h5py_reads_on_one_thread() {
    check_all(1);
}

#[test]
fn every_part_equals_what_h5py_reads_on_many_threads() {
    check_all(2);
    check_all(7);
    check_all(32);
}

/// What a source is asked for while one slab is fetched: bytes and places that
/// lie apart, and what the slab says.
fn read_of(served: &Served, dataset: &dyn Dataset, slab: &Slab) -> (u64, u64, u64) {
    served.forget();
    let encoded = block_on(dataset.fetch(slab, &Cancel::new())).unwrap();
    let mut ranges = served.log.lock().unwrap().clone();
    ranges.sort_unstable();
    let gap = CostHint::LOCAL.gap_bytes;
    let mut ends: Vec<u64> = Vec::new();
    for range in ranges {
        match ends.last_mut() {
            Some(end) if range.start <= *end + gap => *end = range.end,
            _ => ends.push(range.end),
        }
    }
    let (_, _, bytes) = served.counts();
    (bytes, ends.len() as u64, encoded.read_bytes)
}

#[test]
fn the_cost_of_a_part_is_what_its_source_is_asked_for() {
    let mut compared = 0;
    // Datasets below 64 kB come with what lies around them.
    for (name, slab, _) in rows().into_iter().filter(|row| row.0 != "bare") {
        // A file of its own each time, so that nothing is known of it before.
        let served = Served::file(&own("selections.h5"), CostHint::LOCAL);
        let container = open_served(&served, &own("selections.h5"));
        let dataset = dataset(&*container, &name);
        let cost = block_on(dataset.cost(&slab, &Cancel::new())).unwrap();
        let (bytes, requests, said) = read_of(&served, &*dataset, &slab);
        let size = dataset.info().element.size_bytes().unwrap() as u64;
        assert_eq!(
            cost.decoded_bytes,
            slab.element_count().unwrap() * size,
            "the bytes of the result of {slab:?} of {name}"
        );
        assert_eq!(cost.stored_bytes, said, "the bytes of {slab:?} of {name}");
        // What came with the metadata before is not asked for again.
        assert!(bytes <= said, "{slab:?} of {name}: no byte more");
        if bytes == cost.stored_bytes {
            assert_eq!(requests, cost.requests, "requests for {slab:?} of {name}");
            compared += 1;
        }
    }
    assert!(compared > 15, "{compared} parts were compared");
}

/// The head of a stack `[388, 1024, 1352]` of 16 bit in one piece.
fn stack() -> (Arc<Served>, Arc<dyn Dataset>) {
    let head = std::fs::read(own("stack.head")).unwrap();
    let size = 8192 + 388 * 1024 * 1352 * 2;
    let served = Served::sparse("memory:stack.h5", head, size, CostHint::LOCAL);
    let container = open_served(&served, &own("stack.head"));
    let dataset = dataset(&*container, "/entry/data/data");
    (served, dataset)
}

#[test]
fn an_overview_of_a_contiguous_stack_reads_only_its_rows() {
    let (served, dataset) = stack();
    let slab = Slab {
        start: vec![1, 0, 0],
        count: vec![4, 32, 1352],
        step: vec![96, 32, 1],
    };
    let cost = block_on(dataset.cost(&slab, &Cancel::new())).unwrap();
    let expected = ReadCost {
        stored_bytes: 4 * 32 * 1352 * 2,
        requests: 4 * 32,
        decoded_bytes: 4 * 32 * 1352 * 2,
        chunks: 0,
    };
    assert_eq!(cost, expected, "128 rows, each far from the next");
    let (bytes, requests, _) = read_of(&served, &*dataset, &slab);
    assert_eq!((bytes, requests), (346_112, 128), "as it was said");
}

#[test]
fn elements_that_lie_far_apart_are_read_one_by_one() {
    let (served, dataset) = stack();
    // One pixel of each frame: 2.7 MB apart.
    let slab = Slab {
        start: vec![0, 511, 700],
        count: vec![388, 1, 1],
        step: vec![1, 1, 1],
    };
    let (bytes, requests, _) = read_of(&served, &*dataset, &slab);
    assert_eq!((bytes, requests), (776, 388), "two bytes of each frame");
    let path = own("selections.h5");
    let container = common::open(&path);
    let bare = self::dataset(&*container, "/bare");
    let slab = Slab {
        start: vec![0, 3, 5],
        count: vec![2, 2, 2],
        step: vec![3, 50, 70],
    };
    let block = block_on(read_slab(&*bare, &slab, &Cancel::new())).unwrap();
    // (7 f + 3 (y / 8) + x / 4) mod 61, as the script writes it.
    let expected: Vec<f64> = [0, 3]
        .iter()
        .flat_map(|frame| [3, 53].map(|y| (*frame, y)))
        .flat_map(|(frame, y)| [5, 75].map(|x| f64::from((7 * frame + 3 * (y / 8) + x / 4) % 61)))
        .collect();
    assert_eq!(block.samples.to_f64(), expected, "the formula of the file");
}

#[test]
fn chunks_that_span_frames_are_read_and_decoded_once() {
    let served = Served::file(&own("selections.h5"), CostHint::LOCAL);
    let container = open_served(&served, &own("selections.h5"));
    let dataset = dataset(&*container, "/spanning");
    let frame = |index| {
        let slab = Slab::frame(&dataset.info().shape, index);
        let encoded = block_on(dataset.fetch(&slab, &Cancel::new())).unwrap();
        let block = dataset.decode(&encoded).unwrap();
        (encoded.read_bytes, block.samples.get_f64(0))
    };
    let (first, value) = frame(0);
    assert!(first > 0, "the first frame reads its chunks");
    assert_eq!(value, 0.0, "frame 0 begins with 0");
    for index in 1..8 {
        let expected = f64::from(7 * u32::try_from(index).unwrap() % 61);
        assert_eq!(
            frame(index),
            (0, expected),
            "frame {index} lies in the same chunks"
        );
    }
    assert!(frame(8).0 > 0, "frame 8 lies in the next ones");
    let column = Slab {
        start: vec![0, 5, 0],
        count: vec![8, 1, 128],
        step: vec![1, 1, 1],
    };
    let cost = block_on(dataset.cost(&column, &Cancel::new())).unwrap();
    assert_eq!(
        cost.stored_bytes, 0,
        "nor does a sinogram of them cost bytes"
    );
}

#[test]
fn whole_chunks_are_not_kept_a_second_time() {
    let served = Served::file(&own("selections.h5"), CostHint::LOCAL);
    let container = open_served(&served, &own("selections.h5"));
    let dataset = dataset(&*container, "/frames");
    let slab = Slab::frame(&dataset.info().shape, 3);
    let first = block_on(read_slab(&*dataset, &slab, &Cancel::new())).unwrap();
    let cost = block_on(dataset.cost(&slab, &Cancel::new())).unwrap();
    assert_eq!(cost.chunks, 1, "the frame would be decoded again");
    assert_eq!(first.samples.get_f64(0), 21.0, "frame 3 begins with 21");
}

#[test]
fn samples_are_used_again_from_frame_to_frame() {
    let container = common::open(&own("selections.h5"));
    for name in ["/frames", "/tiles", "/spanning", "/holes", "/bare"] {
        let dataset = dataset(&*container, name);
        let mut samples = Samples::zeroed(&dataset.info().element, 0).unwrap();
        let mut places = Vec::new();
        for index in [1, 3, 0, 2, 1] {
            let slab = Slab::frame(&dataset.info().shape, index % dataset.info().shape[0]);
            let encoded = block_on(dataset.fetch(&slab, &Cancel::new())).unwrap();
            let state = dataset.decode_into(&encoded, &mut samples).unwrap();
            let alone = dataset.decode(&encoded).unwrap();
            assert_eq!(samples, alone.samples, "frame {index} of {name}");
            assert_eq!(state, alone.state, "the state of frame {index} of {name}");
            places.push(samples.bytes().as_ptr());
        }
        places.dedup();
        assert_eq!(places.len(), 1, "the samples of {name} stay where they are");
    }
}

#[test]
fn a_part_that_reads_far_more_than_it_shows_is_refused() {
    let (_, dataset) = stack();
    let slab = Slab {
        start: vec![0, 0, 0],
        count: vec![388, 1024, 1352],
        step: vec![1, 1, 1],
    };
    let error = block_on(dataset.cost(&slab, &Cancel::new())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit, "1.07 GB at once: {error}");
}
