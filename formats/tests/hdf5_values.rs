//! Samples as h5py reads them (`tests/data/hdf5/make.py` of the repository).

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;

use common::{crc32, open, own, read_all, shared};
use hutch_model::{BlockState, Cancel, Container, NodeKind, Result, Samples, Slab, read_slab};
use pollster::block_on;
use serde_json::Value as Json;

fn expected() -> Json {
    let text = std::fs::read_to_string(shared("hdf5/expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers(row: &Json) -> Option<Vec<u64>> {
    row.as_array()?.iter().map(Json::as_u64).collect()
}

fn read(container: &dyn Container, path: &str, slab: &Slab) -> Result<Samples> {
    block_on(async {
        let cancel = Cancel::new();
        let dataset = container.dataset(path, &cancel).await?;
        Ok(read_slab(&*dataset, slab, &cancel).await?.samples)
    })
}

fn crc_of(samples: &Samples) -> u32 {
    match samples {
        Samples::Text(texts) => crc32(texts.join("\0").as_bytes()),
        numbers => crc32(numbers.bytes()),
    }
}

#[test]
fn every_sample_equals_what_h5py_reads() {
    let mut compared = 0;
    for (name, rows) in expected().as_object().unwrap() {
        let container = open(&shared("hdf5").join(name));
        for (path, row) in rows.as_object().unwrap() {
            let Some(shape) = numbers(&row["shape"]) else {
                continue;
            };
            for (key, slab) in [
                ("crc", Slab::whole(&shape)),
                ("crc_text", Slab::whole(&shape)),
                ("crc_slab", every_other(&shape)),
            ] {
                let Some(crc) = row[key].as_u64() else {
                    continue;
                };
                let samples = read(&*container, path, &slab)
                    .unwrap_or_else(|error| panic!("{name}{path}: {error}"));
                assert_eq!(u64::from(crc_of(&samples)), crc, "{key} of {name}{path}");
                compared += 1;
            }
        }
    }
    assert!(
        compared > 150,
        "the samples were compared, {compared} of them"
    );
}

/// From a third of each axis on, every second one.
fn every_other(shape: &[u64]) -> Slab {
    let start: Vec<u64> = shape.iter().map(|size| size / 3).collect();
    Slab {
        count: shape
            .iter()
            .map(|size| (size - size / 3).div_ceil(2))
            .collect(),
        step: vec![2; shape.len()],
        start,
    }
}

#[test]
fn every_node_of_every_sample_is_described() {
    for (name, rows) in expected().as_object().unwrap() {
        let container = open(&shared("hdf5").join(name));
        let paths: Vec<String> = rows.as_object().unwrap().keys().cloned().collect();
        let nodes = block_on(container.nodes(&paths, &Cancel::new()));
        for (path, node) in paths.iter().zip(nodes) {
            let row = &rows[path];
            match row["kind"].as_str().unwrap() {
                "group" => assert!(
                    matches!(node.unwrap().kind, NodeKind::Group),
                    "{name}{path} is a group"
                ),
                "dataset" => {
                    let node = node.unwrap();
                    let NodeKind::Dataset(info) = node.kind else {
                        panic!("{name}{path} is a dataset")
                    };
                    if let Some(shape) = numbers(&row["shape"]) {
                        assert_eq!(info.shape, shape, "the shape of {name}{path}");
                    }
                    assert_eq!(
                        info.chunk_shape,
                        numbers(&row["chunks"]),
                        "the chunks of {name}{path}"
                    );
                    let count = row["attributes"].as_object().unwrap().len();
                    assert_eq!(node.attributes.len(), count, "attributes of {name}{path}");
                }
                "soft" => {
                    let target = row["target"].as_str().unwrap();
                    let target = if target.starts_with('/') {
                        target.to_owned()
                    } else {
                        format!("{}/{target}", path.rsplit_once('/').unwrap().0)
                    };
                    let there = rows.get(&target).is_some_and(|row| row["kind"] != "soft");
                    assert_eq!(there, node.is_ok(), "{name}{path} leads to {target}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn absent_sources_are_named_and_spare_their_siblings() {
    let container = open(&shared("hdf5/virtual_latest.h5"));
    let cancel = Cancel::new();
    for (path, named) in [("/vds", "source_0.h5"), ("/raw", "raw.bin")] {
        let dataset = block_on(container.dataset(path, &cancel)).unwrap();
        let info = dataset.info();
        assert!(info.layout.contains(named), "{path}: {}", info.layout);
        let slab = Slab::whole(&info.shape);
        let block = block_on(read_slab(&*dataset, &slab, &cancel)).unwrap();
        let BlockState::Missing(why) = block.state else {
            panic!("{path} has no samples, got {:?}", block.state)
        };
        assert!(why.contains(named), "reading says which: {why}");
        let sources = block_on(dataset.sources(&cancel)).unwrap();
        assert_eq!(sources[0].file, named, "the first source of {path}");
        assert!(sources[0].missing.is_some(), "{named} is absent");
    }
}

#[test]
fn chunks_that_were_never_written_are_fill_not_data() {
    let container = open(&own("growing.h5"));
    let cancel = Cancel::new();
    let dataset = block_on(container.dataset("/frames", &cancel)).unwrap();
    let frame = |frame| {
        let slab = Slab::frame(&dataset.info().shape, frame);
        block_on(read_slab(&*dataset, &slab, &cancel)).unwrap()
    };
    assert_eq!(frame(1).state, BlockState::Present, "frame 1 was written");
    assert_eq!(frame(1).samples.get_f64(5), 10.0, "its samples are 10");
    assert_eq!(frame(2).state, BlockState::Fill, "frame 2 was not");
    assert_eq!(frame(2).samples.get_f64(5), 7.0, "the fill value is 7");
}

#[test]
fn a_cut_file_shows_what_is_there_and_says_what_is_not() {
    let whole = std::fs::read(own("growing.h5")).unwrap();
    let cut = whole[..whole.len() - 8000].to_vec();
    let size = cut.len();
    let served = common::Served::new("memory:cut.h5", cut, hutch_model::CostHint::LOCAL);
    let container = common::open_served(&served, &own("growing.h5"));
    let cancel = Cancel::new();
    let dataset = block_on(container.dataset("/last", &cancel)).unwrap();
    let first = Slab {
        start: vec![0, 0],
        count: vec![1, 100],
        step: vec![1, 1],
    };
    let block = block_on(read_slab(&*dataset, &first, &cancel)).unwrap();
    assert_eq!(block.samples.get_f64(99), 99.0, "the first row is there");
    let block = block_on(read_slab(
        &*dataset,
        &Slab {
            start: vec![20, 0],
            count: vec![10, 50],
            step: vec![1, 1],
        },
        &cancel,
    ))
    .unwrap();
    let BlockState::Missing(why) = block.state else {
        panic!("the last rows are missing")
    };
    assert!(why.contains(&size.to_string()), "where it ends: {why}");
}

#[test]
fn texts_and_booleans_come_in_plain_types() {
    let container = open(&own("growing.h5"));
    assert_eq!(
        read_all(&*container, "/texts").samples,
        Samples::Text(
            ["first", "zweite mit \u{e4}", ""]
                .map(str::to_owned)
                .to_vec()
        ),
        "texts of variable length"
    );
    assert_eq!(
        read_all(&*container, "/flags").samples,
        Samples::U8(vec![1, 0]),
        "booleans as 0 and 1"
    );
}

#[test]
fn a_slab_beyond_the_budget_is_refused() {
    let head = std::fs::read(own("stack.head")).unwrap();
    let size = 8192 + 388 * 1024 * 1352 * 2;
    let served =
        common::Served::sparse("memory:stack.h5", head, size, hutch_model::CostHint::LOCAL);
    let container = common::open_served(&served, &own("stack.head"));
    let cancel = Cancel::new();
    let dataset = block_on(container.dataset("/entry/data/data", &cancel)).unwrap();
    let slab = Slab::whole(&dataset.info().shape);
    let error = block_on(read_slab(&*dataset, &slab, &cancel)).unwrap_err();
    assert_eq!(
        error.kind,
        hutch_model::ErrorKind::Limit,
        "1.07 GB: {error}"
    );
}
