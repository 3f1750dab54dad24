//! Chunk indexes of every kind against what h5py reads (`tests/data/hdf5/make_index.py`): whole,
//! in parts, and from a table that was stored.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_assert_message,
    clippy::cast_possible_truncation,
    clippy::let_underscore_must_use,
    reason = "test code"
)]

mod common;

use common::{Served, crc32, data};
use hutch_hdf5::{ChunkTable, DatasetInfo, Error, File, Limits, Resolved, Slab};
use serde_json::Value as Json;

/// Visits every dataset of the samples.
fn for_each(mut visit: impl FnMut(&mut Served, &File, &DatasetInfo, &Json, &str)) {
    let path = data("hdf5/index/expected.json");
    let rows: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (name, rows) in rows.as_object().unwrap() {
        for (path, row) in rows.as_object().unwrap() {
            let mut served = Served::open(&data("hdf5/index").join(name));
            let file = served.file().unwrap();
            let root = file.root();
            let found = served
                .run(|blocks| file.resolve(blocks, root, path))
                .unwrap();
            let Resolved::Object(address) = found else {
                panic!("{path} is elsewhere")
            };
            let object = served.run(|blocks| file.object(blocks, address)).unwrap();
            let info = object.dataset().unwrap().clone();
            visit(&mut served, &file, &info, row, &format!("{name} {path}"));
        }
    }
}

#[test]
fn every_dataset_has_the_elements_that_h5py_reads() {
    let mut count = 0;
    for_each(|served, file, info, row, place| {
        assert_eq!(
            Json::from(info.shape()),
            row["shape"],
            "the shape of {place}"
        );
        let elements = served.slab(file, info, &Slab::all(info.shape())).unwrap();
        assert_eq!(
            Json::from(crc32(&elements)),
            row["crc"],
            "the elements of {place}"
        );
        let table = served.run(|blocks| file.chunk_table(blocks, info)).unwrap();
        assert_eq!(
            Json::from(table.chunk_count()),
            row["chunks"],
            "the chunks of {place}"
        );
        count += 1;
    });
    assert!(count >= 42, "only {count} datasets were compared");
}

/// A frame, a column, a few far apart, one element.
fn slabs(shape: &[u64]) -> Vec<Slab> {
    let middle: Vec<u64> = shape.iter().map(|size| size / 2).collect();
    let mut frame = Slab::all(shape);
    frame.start[0] = middle[0];
    frame.count[0] = 1;
    let mut column = Slab::all(shape);
    let last = shape.len() - 1;
    column.start[last] = middle[last];
    column.count[last] = 1;
    let far = Slab {
        start: vec![0; shape.len()],
        count: shape.iter().map(|size| size.div_ceil(7)).collect(),
        step: vec![7; shape.len()],
    };
    let one = Slab {
        count: vec![1; shape.len()],
        step: vec![1; shape.len()],
        start: shape.iter().map(|size| size - 1).collect(),
    };
    vec![frame, column, far, one]
}

#[test]
fn a_part_of_an_index_has_the_chunks_of_the_whole() {
    for_each(|served, file, info, _, place| {
        let whole = served.run(|blocks| file.chunk_table(blocks, info)).unwrap();
        for slab in slabs(info.shape()) {
            let mut fresh = Served::new(served.bytes.clone());
            let part = fresh
                .run(|blocks| file.chunks_for(blocks, info, &slab))
                .unwrap();
            let wanted = whole.grid().chunks_in(&slab);
            for index in &wanted {
                assert_eq!(
                    part.chunk_at(*index),
                    whole.chunk_at(*index),
                    "{place} chunk {index}"
                );
            }
            assert!(
                part.iter().all(|(index, _)| wanted.contains(&index)),
                "{place} has chunks that were not wanted"
            );
        }
    });
}

#[test]
fn one_element_needs_a_small_part_of_a_large_index() {
    for_each(|served, file, info, row, place| {
        if row["chunks"].as_u64() < Some(500) {
            return;
        }
        let read = |whole: bool| {
            let mut fresh = Served::new(served.bytes.clone());
            let slab = &slabs(info.shape())[3];
            let _ = fresh
                .run(|blocks| {
                    if whole {
                        file.chunk_table(blocks, info)
                    } else {
                        file.chunks_for(blocks, info, slab)
                    }
                })
                .unwrap();
            fresh.blocks.size_bytes()
        };
        let (part, whole) = (read(false), read(true));
        assert!(
            part * 2 <= whole.max(20_000),
            "{place}: {part} of {whole} bytes were read"
        );
    });
}

#[test]
fn a_stored_table_is_the_same_table() {
    for_each(|served, file, info, _, place| {
        let table = served.run(|blocks| file.chunk_table(blocks, info)).unwrap();
        let bytes = table.to_bytes().unwrap();
        let again = ChunkTable::from_bytes(&bytes, &Limits::default()).unwrap();
        assert_eq!(again, table, "{place}");
    });
}

#[test]
fn a_damaged_stored_table_is_refused() {
    let mut count = 0;
    for_each(|served, file, info, _, _| {
        let table = served.run(|blocks| file.chunk_table(blocks, info)).unwrap();
        let bytes = table.to_bytes().unwrap();
        for at in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x41;
            assert!(
                ChunkTable::from_bytes(&damaged, &Limits::default()).is_err(),
                "byte {at}"
            );
            assert!(
                ChunkTable::from_bytes(&bytes[..at], &Limits::default()).is_err(),
                "cut at {at}"
            );
            count += 1;
        }
        let limits = Limits {
            chunk_count: 1,
            ..Limits::default()
        };
        if table.iter().count() > 1 {
            let refused = ChunkTable::from_bytes(&bytes, &limits);
            assert!(
                matches!(refused, Err(Error::Limit { .. })),
                "more chunks than allowed"
            );
        }
    });
    assert!(count > 1000, "only {count} copies were tried");
}
