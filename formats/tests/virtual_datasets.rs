//! Datasets whose samples lie in other datasets and files, as h5py reads them
//! (`tests/data/hdf5/make_virtual.py`, `data/make_sources.py`).

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;

use std::sync::Arc;

use common::{Folder, Served, crc32, open, own, read_all, shared};
use hutch_model::{
    BlockState, Cancel, Container, CostHint, Dataset, Neighbours, NodeKind, ReadAt, Slab, read_slab,
};
use pollster::block_on;
use serde_json::Value as Json;

fn dataset(container: &dyn Container, path: &str) -> Arc<dyn Dataset> {
    block_on(container.dataset(path, &Cancel::new()))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// From a part of each axis on, every `step`-th element.
fn strided(shape: &[u64], part: u64, step: u64) -> Slab {
    let start: Vec<u64> = shape.iter().map(|size| size / part).collect();
    let count = shape.iter().zip(&start);
    let count = count.map(|(size, start)| (size - start).div_ceil(step));
    Slab {
        count: count.collect(),
        step: vec![step; shape.len()],
        start,
    }
}

#[test]
fn every_virtual_dataset_has_the_samples_that_h5py_reads() {
    let text = std::fs::read_to_string(shared("hdf5/virtual/expected.json")).unwrap();
    let expected: Json = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for (master, rows) in expected.as_object().unwrap() {
        let container = open(&shared("hdf5/virtual").join(master));
        for (name, row) in rows.as_object().unwrap() {
            let path = format!("/{name}");
            let dataset = dataset(&*container, &path);
            let shape = dataset.info().shape.clone();
            assert_eq!(Json::from(shape.as_slice()), row["shape"], "{master}{path}");
            let node = block_on(container.nodes(std::slice::from_ref(&path), &Cancel::new()));
            let NodeKind::Dataset(info) = &node[0].as_ref().unwrap().kind else {
                panic!("{path} is a dataset")
            };
            assert_eq!(info.shape, shape, "the tree says the same of {path}");
            for (key, slab) in [
                ("crc", Slab::whole(&shape)),
                ("crc_slab", strided(&shape, 3, 2)),
                ("crc_third", strided(&shape, 4, 3)),
            ] {
                let block = block_on(read_slab(&*dataset, &slab, &Cancel::new())).unwrap();
                let crc = crc32(block.samples.bytes());
                assert_eq!(Json::from(crc), row[key], "{key} of {master}{path}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 180, "only {compared} parts were compared");
}

#[test]
fn virtual_datasets_over_virtual_ones_are_followed_up_to_a_depth() {
    let container = open(&own("nested.h5"));
    let expected = [-3.0, 7.0, 70_000.0, 2_147_483_647.0];
    for path in ["/level1", "/level2", "/level3", "/level4"] {
        let block = read_all(&*container, path);
        assert_eq!(block.samples.to_f64(), expected, "{path} shows /base");
        assert_eq!(block.state, BlockState::Present, "all of {path} is there");
    }
    for (path, why) in [
        ("/level5", "too many times"),
        ("/self", "a source of itself"),
        ("/ping", "a source of itself"),
    ] {
        let state = read_all(&*container, path).state;
        let BlockState::Missing(said) = state else {
            panic!("{path} has no end, got {state:?}")
        };
        assert!(said.contains(why), "{path}: {said}");
    }
}

#[test]
fn sources_of_another_type_are_converted_as_libhdf5_does() {
    let container = open(&own("nested.h5"));
    for name in ["as_u2", "as_f8", "reals_as_f4"] {
        let converted = read_all(&*container, &format!("/{name}"));
        let expected = read_all(&*container, &format!("/expected_{name}"));
        let (found, expected) = (converted.samples.bytes(), expected.samples.bytes());
        assert_eq!(found, expected, "{name}, bit for bit");
    }
}

#[test]
fn absent_sources_are_counted_and_named_and_never_zeros_in_silence() {
    let container = open(&own("nested.h5"));
    let dataset = dataset(&*container, "/gaps");
    let cancel = Cancel::new();
    let block = read_all(&*container, "/gaps");
    let BlockState::Missing(why) = &block.state else {
        panic!("three files are absent, got {:?}", block.state)
    };
    assert!(why.starts_with("3 of 20"), "how many: {why}");
    assert!(why.contains("absent_4.h5"), "which: {why}");
    assert_eq!(block.samples.get_f64(4 * 3), 9.0, "the fill value instead");
    assert_eq!(block.samples.get_f64(5 * 3), 1.0, "its neighbour is there");
    let row = Slab {
        start: vec![5, 0],
        count: vec![1, 3],
        step: vec![1, 1],
    };
    let block = block_on(read_slab(&*dataset, &row, &cancel)).unwrap();
    assert_eq!(block.state, BlockState::Present, "row 5 is whole");
    let sources = block_on(dataset.sources(&cancel)).unwrap();
    let missing: Vec<&str> = sources
        .iter()
        .filter(|source| source.missing.is_some())
        .map(|source| source.file.as_str())
        .collect();
    let expected = ["absent_4.h5", "absent_11.h5", "absent_17.h5"];
    assert_eq!(missing, expected, "the files that are not there");
}

#[test]
fn a_frame_opens_only_the_file_that_it_lies_in() {
    let folder = Folder::new(&shared("hdf5/virtual"));
    let path = shared("hdf5/virtual/master_latest.h5");
    let source = Served::file(&path, CostHint::LOCAL) as Arc<dyn ReadAt>;
    let neighbours = Arc::clone(&folder) as Arc<dyn Neighbours>;
    let container = block_on(hutch_formats::open(source, neighbours, &Cancel::new())).unwrap();
    let stack = dataset(&*container, "/stack");
    assert_eq!(folder.asked.lock().unwrap().len(), 0, "its shape is stored");
    let slab = Slab {
        start: vec![2, 0, 0, 0],
        count: vec![1, 3, 4, 5],
        step: vec![1; 4],
    };
    let block = block_on(read_slab(&*stack, &slab, &Cancel::new())).unwrap();
    assert_eq!(block.samples.get_f64(0), 2000.0, "part 2 begins with 2000");
    assert_eq!(
        *folder.asked.lock().unwrap(),
        ["part_2.h5"],
        "of five files"
    );
    let whole = Slab::whole(&stack.info().shape);
    block_on(read_slab(&*stack, &whole, &Cancel::new())).unwrap();
    let mut asked = folder.asked.lock().unwrap().clone();
    asked.sort();
    let all: Vec<String> = (0..5).map(|part| format!("part_{part}.h5")).collect();
    assert_eq!(asked, all, "each file once");
}

#[test]
fn raw_files_are_read_beside_the_file() {
    let container = open(&own("raw.h5"));
    for name in ["two", "short"] {
        let found = read_all(&*container, &format!("/{name}"));
        let expected = read_all(&*container, &format!("/expected_{name}"));
        assert_eq!(found.samples, expected.samples, "{name} as h5py reads it");
        assert_eq!(found.state, BlockState::Present, "{name} is there");
    }
    let two = dataset(&*container, "/two");
    let slab = Slab {
        start: vec![2, 1],
        count: vec![2, 2],
        step: vec![1, 2],
    };
    let block = block_on(read_slab(&*two, &slab, &Cancel::new())).unwrap();
    assert_eq!(
        block.samples.to_f64(),
        [109.0, 111.0, 114.0, 116.0],
        "across the border of two files"
    );
    let block = read_all(&*container, "/absent");
    assert!(
        matches!(&block.state, BlockState::Missing(why) if why.contains("no.bin")),
        "the absent file is named: {:?}",
        block.state
    );
    assert_eq!(
        block.samples.get_f64(1),
        101.0,
        "`e` of the file that is there"
    );
}
