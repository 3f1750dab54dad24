//! Virtual datasets that h5py wrote, put together from their sources, against what h5py reads
//! (`tests/data/hdf5/make_virtual.py`).

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

use std::path::PathBuf;
use std::sync::Arc;

use common::{Served, crc32, data};
use hutch_hdf5::{
    DatasetInfo, Extent, File, KnownShapes, Layout, Resolved, Slab, Source, VirtualLayout,
    fill_slab, place_slab,
};
use serde_json::Value as Json;

fn folder() -> PathBuf {
    data("hdf5/virtual")
}

fn expected() -> Json {
    let text = std::fs::read_to_string(folder().join("expected.json")).expect("the values exist");
    serde_json::from_str(&text).expect("they are JSON")
}

/// A dataset of one of the files, if both exist.
fn open(file: &str, path: &str) -> Option<(Served, File, DatasetInfo)> {
    let mut served = Served::new(std::fs::read(folder().join(file)).ok()?);
    let file = served.file().ok()?;
    let root = file.root();
    let Ok(Resolved::Object(address)) = served.run(|blocks| file.resolve(blocks, root, path))
    else {
        return None;
    };
    let object = served.run(|blocks| file.object(blocks, address)).unwrap();
    let info = object.dataset()?.clone();
    Some((served, file, info))
}

fn layout_of(info: &DatasetInfo) -> Arc<VirtualLayout> {
    match &info.layout {
        Layout::Virtual(layout) => Arc::clone(layout),
        other => panic!("the layout is {other:?}"),
    }
}

fn open_source(master: &str, source: &Source) -> Option<(Served, File, DatasetInfo)> {
    let file = if &*source.file == "." {
        master
    } else {
        &*source.file
    };
    open(file, &source.dataset)
}

fn extent(master: &str, info: &DatasetInfo) -> Vec<u64> {
    let layout = layout_of(info);
    let mut known = KnownShapes::new();
    for _ in 0..20 {
        match layout.extent(&info.dataspace, &known).unwrap() {
            Extent::Known(shape) => return shape,
            Extent::Need(sources) => {
                for source in sources {
                    let shape =
                        open_source(master, &source).map(|(.., info)| info.shape().to_vec());
                    assert!(
                        known.insert(source.key(), shape).is_none(),
                        "{source:?} is asked for once"
                    );
                }
            }
        }
    }
    panic!("the shape is never known");
}

fn read(master: &str, info: &DatasetInfo, shape: &[u64], slab: &Slab) -> Vec<u8> {
    let layout = layout_of(info);
    let mut out = vec![0; slab.check(shape, 4).unwrap()];
    fill_slab(&info.fill_value, &mut out);
    for source in layout.sources_of(shape, slab).unwrap() {
        let Some((mut served, file, origin)) = open_source(master, &source) else {
            continue;
        };
        for part in layout.parts(&source, shape, slab, origin.shape()).unwrap() {
            let bytes = served.slab(&file, &origin, &part.source).unwrap();
            place_slab(&bytes, &part.target, &slab.count, 4, &mut out).unwrap();
        }
    }
    out
}

fn strided(shape: &[u64], from: u64, step: u64) -> Slab {
    let start: Vec<u64> = shape.iter().map(|size| size / from).collect();
    let count = shape
        .iter()
        .zip(&start)
        .map(|(size, start)| (size - start).div_ceil(step));
    Slab {
        count: count.collect(),
        step: vec![step; shape.len()],
        start,
    }
}

#[test]
fn every_virtual_dataset_has_the_elements_that_h5py_reads() {
    let mut count = 0;
    for (master, rows) in expected().as_object().unwrap() {
        for (path, row) in rows.as_object().unwrap() {
            let place = format!("{master} {path}");
            let (_, _, info) = open(master, path).unwrap_or_else(|| panic!("{place} is not there"));
            let shape = extent(master, &info);
            assert_eq!(
                Json::from(shape.as_slice()),
                row["shape"],
                "the shape of {place}"
            );
            for (key, slab) in [
                ("crc", Slab::all(&shape)),
                ("crc_slab", strided(&shape, 3, 2)),
                ("crc_third", strided(&shape, 4, 3)),
            ] {
                let elements = read(master, &info, &shape, &slab);
                assert_eq!(Json::from(crc32(&elements)), row[key], "{key} of {place}");
            }
            count += 1;
        }
    }
    assert!(count >= 60, "only {count} virtual datasets were compared");
}

#[test]
fn a_frame_needs_only_its_own_source() {
    let (_, _, info) = open("master_latest.h5", "stack").unwrap();
    let layout = layout_of(&info);
    let slab = Slab {
        start: vec![2, 0, 0, 0],
        count: vec![1, 3, 4, 5],
        step: vec![1; 4],
    };
    let sources = layout.sources_of(info.shape(), &slab).unwrap();
    let files: Vec<&str> = sources.iter().map(|source| &*source.file).collect();
    assert_eq!(files, ["part_2.h5"], "of five");
    let parts = layout
        .parts(&sources[0], info.shape(), &slab, &[3, 4, 5])
        .unwrap();
    assert_eq!(parts.len(), 1, "in one piece");
    assert_eq!(parts[0].source, Slab::all(&[3, 4, 5]), "all of it");
}

#[test]
fn numbered_sources_are_named_by_the_blocks_of_a_slab() {
    let (_, _, info) = open("master_v110.h5", "numbered").unwrap();
    let layout = layout_of(&info);
    let slab = Slab {
        start: vec![300, 0, 0],
        count: vec![2, 1, 1],
        step: vec![4, 1, 1],
    };
    let sources = layout.sources_of(&[1000, 4, 5], &slab).unwrap();
    let files: Vec<&str> = sources.iter().map(|source| &*source.file).collect();
    assert_eq!(
        files,
        ["part_100.h5", "part_101.h5"],
        "frames 300 and 304 in blocks of three"
    );
}

#[test]
fn a_source_that_is_shorter_than_its_mapping_gives_what_it_has() {
    let (_, _, info) = open("master_latest.h5", "stack").unwrap();
    let layout = layout_of(&info);
    let slab = Slab::all(&[5, 3, 4, 5]);
    let source = &layout.sources_of(info.shape(), &slab).unwrap()[1];
    let parts = layout
        .parts(source, info.shape(), &slab, &[2, 4, 5])
        .unwrap();
    let count: u64 = parts
        .iter()
        .filter_map(|part| part.source.element_count())
        .sum();
    assert_eq!(count, 40, "two of three planes");
    assert!(
        layout
            .parts(source, info.shape(), &slab, &[])
            .unwrap()
            .len()
            <= 1,
        "a scalar has at most one element"
    );
}
