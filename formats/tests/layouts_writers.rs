//! Files by the writers of Diamond and ESRF themselves: virtual datasets and links.

#![allow(
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;
mod layouts_support;

use std::sync::Arc;

use hutch_formats::{nexus, tomo};
use hutch_model::{BlockState, Cancel, Container, Slab};
use layouts_support::{Shelf, crc_of, dataset, expected, numbers, read};
use pollster::block_on;

fn open(folder: &str, file: &str) -> (Arc<Shelf>, Arc<dyn Container>) {
    let shelf = Shelf::new(&format!("writers/{folder}"));
    let container = shelf.open(file);
    (shelf, container)
}

/// Holds a dataset against the row of h5py.
fn is_as_h5py_reads_it(container: &dyn Container, path: &str, row: &serde_json::Value) {
    let data = dataset(container, path);
    let shape = numbers(&row["shape"]);
    assert_eq!(data.info().shape, shape, "the shape of {path}");
    let crc = crc_of(&*data, &Slab::whole(&shape));
    assert_eq!(crc, row["crc"].as_u64().unwrap(), "the samples of {path}");
}

#[test]
fn frames_of_diamond_are_found_through_links_of_the_file_itself() {
    let (shelf, container) = open("diamond", "protein_1.nxs");
    let row = expected("/writers/diamond");
    is_as_h5py_reads_it(&*container, "/entry/data/data", &row);
    let opened = shelf.opened();
    assert_eq!(opened.len(), 3, "each file of frames once: {opened:?}");
    let plot = block_on(nexus::default_plot(&*container, &Cancel::new())).unwrap();
    let signal = plot.signal.unwrap_or_else(|| panic!("{}", plot.why));
    assert_eq!(signal.data.info().shape, [10, 6, 8], "{}", signal.rule);
}

#[test]
fn a_frame_of_diamond_needs_one_file_of_frames() {
    let (shelf, container) = open("diamond", "protein_1.nxs");
    let data = dataset(&*container, "/entry/data/data");
    let (_, state) = read(&*data, &Slab::frame(&[10, 6, 8], 9));
    assert_eq!(state, BlockState::Present, "the last frame");
    assert_eq!(shelf.opened(), ["protein_1_000003.h5"], "is in the third");
}

#[test]
fn a_virtual_file_of_diamond_is_followed_through_its_link() {
    let (_, container) = open("diamond", "frames.nxs");
    let row = expected("/writers/diamond");
    is_as_h5py_reads_it(&*container, "/entry/data/data", &row);
}

#[test]
fn frames_of_a_file_of_diamond_that_is_absent_are_missing_in_words() {
    let shelf = Shelf::without("writers/diamond", &["protein_1_000002.h5"]);
    let container = shelf.open("protein_1.nxs");
    let data = dataset(&*container, "/entry/data/data");
    let (_, state) = read(&*data, &Slab::frame(&[10, 6, 8], 5));
    let BlockState::Missing(why) = state else {
        panic!("frame 5 is {state:?}")
    };
    assert!(why.contains("protein_1_000002.h5"), "which file: {why}");
    let (_, state) = read(&*data, &Slab::frame(&[10, 6, 8], 8));
    assert_eq!(state, BlockState::Present, "the others are there");
}

#[test]
fn scans_of_nxtomo_are_read_over_the_files_of_the_camera() {
    for (file, parts) in [("tomo_0.nx", 1), ("tomo_1.nx", 1), ("joined.nx", 2)] {
        let (shelf, container) = open("esrf", file);
        let row = &expected("/writers/esrf")[file];
        let data = "/entry0000/instrument/detector/data";
        is_as_h5py_reads_it(&*container, data, row);
        assert_eq!(shelf.opened().len(), parts, "{file} opens what it needs");
        let scan = block_on(tomo::scan(&*container, &Cancel::new())).unwrap();
        let scan = scan.unwrap_or_else(|| panic!("{file} is a scan"));
        assert_eq!(scan.layout, "NXtomo", "{file}");
        assert_eq!(scan.frame_size, (5, 6), "{file}");
        assert_eq!(scan.darks.frames.len(), parts, "dark fields of {file}");
        assert_eq!(scan.flats.frames.len(), 2 * parts, "flats of {file}");
        let degrees: Vec<f64> = scan.angles_rad.iter().map(|it| it.to_degrees()).collect();
        let once = [0.0, 45.0, 90.0, 135.0, 180.0];
        assert_eq!(degrees.len(), once.len() * parts, "angles of {file}");
        for (found, angle) in degrees.iter().zip(once.iter().cycle()) {
            assert!((found - angle).abs() < 1e-9, "{found} is {angle} degrees");
        }
        let pixel = scan.pixel_size_m.unwrap();
        assert!((pixel - 6.5e-6).abs() < 1e-12, "pixels of {pixel} m");
    }
}
