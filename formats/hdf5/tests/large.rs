//! Files of `make_large.py`, which are too large to keep; the figures are for docs/formats/hdf5.md:
//! `HUTCH_HDF5_FILES=dir cargo test --release -p hutch-hdf5 --test large -- --nocapture --ignored`.
#![expect(clippy::print_stdout, reason = "figures for a person")]
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

use std::time::Instant;

use common::Served;
use hutch_hdf5::Slab;

fn files() -> Vec<std::path::PathBuf> {
    let folder = std::env::var("HUTCH_HDF5_FILES").expect("a folder that make_large.py filled");
    let found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    assert!(!found.is_empty(), "files of make_large.py");
    found
}

/// The most memory that the process took so far, where the system tells.
fn height() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(String::new, |text| text.trim().to_owned())
}

#[test]
#[ignore = "needs HUTCH_HDF5_FILES"]
fn chunk_tables_are_read_whole_and_in_part() {
    for path in files() {
        let mut served = Served::open(&path);
        let Ok(file) = served.file() else { continue };
        let Ok(hutch_hdf5::Resolved::Object(address)) =
            served.run(|blocks| file.resolve(blocks, file.root(), "data"))
        else {
            continue;
        };
        let object = served.run(|blocks| file.object(blocks, address)).unwrap();
        let Some((info, layout)) = object
            .dataset()
            .and_then(|info| Some((info, info.chunks()?)))
        else {
            continue;
        };
        let (trips, bytes) = (served.round_trips, served.blocks.size_bytes());
        let slab = Slab {
            start: info.shape().iter().map(|size| size / 2).collect(),
            count: vec![1; info.shape().len()],
            step: vec![1; info.shape().len()],
        };
        let started = Instant::now();
        served
            .run(|blocks| file.chunks_for(blocks, info, &slab))
            .unwrap();
        println!(
            "{}: one chunk in {:?}, {} round trips, {} bytes",
            path.display(),
            started.elapsed(),
            served.round_trips - trips,
            served.blocks.size_bytes() - bytes
        );
        let trips = served.round_trips;
        let started = Instant::now();
        let table = served.run(|blocks| file.chunk_table(blocks, info)).unwrap();
        let chunks = info.shape()[0] / layout.chunk_shape[0];
        assert_eq!(table.chunk_count(), chunks, "every chunk");
        println!(
            "   all {} in {:?}, {} round trips, {} bytes of memory, at most {} of the process",
            table.chunk_count(),
            started.elapsed(),
            served.round_trips - trips,
            table.size_bytes(),
            height()
        );
        let started = Instant::now();
        let table = served.run(|blocks| file.chunk_table(blocks, info)).unwrap();
        println!("   again, with all bytes there, in {:?}", started.elapsed());
        let started = Instant::now();
        let bytes = table.to_bytes().unwrap();
        let stored = started.elapsed();
        let again = hutch_hdf5::ChunkTable::from_bytes(&bytes, &hutch_hdf5::Limits::default());
        assert!(again.unwrap() == table, "the stored table is the same");
        println!(
            "   stored in {stored:?}, stored and read in {:?}",
            started.elapsed()
        );
    }
}

#[test]
#[ignore = "needs HUTCH_HDF5_FILES"]
fn million_names_are_listed() {
    for path in files() {
        let mut served = Served::open(&path);
        served.page = 1 << 20;
        let Ok(file) = served.file() else { continue };
        let Ok(hutch_hdf5::Resolved::Object(group)) =
            served.run(|blocks| file.resolve(blocks, file.root(), "g"))
        else {
            continue;
        };
        let started = Instant::now();
        let links = served.run(|blocks| file.children(blocks, group)).unwrap();
        let last = format!("name_{:07}", links.len() - 1);
        assert!(links.iter().any(|link| *link.name == *last), "{last}");
        println!(
            "{}: {} links in {:?}, {} round trips, at most {} in memory",
            path.display(),
            links.len(),
            started.elapsed(),
            served.round_trips,
            height()
        );
        let started = Instant::now();
        served
            .run(|blocks| file.resolve(blocks, group, &last))
            .unwrap();
        println!("   looked one up in {:?}", started.elapsed());
    }
}
