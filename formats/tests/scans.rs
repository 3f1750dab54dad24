//! Tomography scans: NXtomo, DXchange, and relaxed files.

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;

use std::f64::consts::PI;

use common::{open, shared};
use hutch_formats::memory::MemoryContainer;
use hutch_formats::tomo::{entries, scan};
use hutch_model::{Cancel, Container, ErrorKind, Result, Samples, Scan, Slab, Value, read_slab};
use pollster::block_on;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn scan_of(container: &dyn Container) -> Result<Option<Scan>> {
    block_on(scan(container, &Cancel::new()))
}

fn frames(count: u64) -> Samples {
    Samples::U64((0..count * 6).collect())
}

fn nxtomo(keys: &[i8], angles: &[f64], unit: &[(&str, Value)]) -> MemoryContainer {
    let count = keys.len() as u64;
    MemoryContainer::new("scan.nxs")
        .group("/entry", &[("NX_class", text("NXentry"))])
        .dataset(
            "/entry/definition",
            &[],
            Samples::Text(vec!["NXtomo".to_owned()]),
            &[],
        )
        .unwrap()
        .group("/entry/instrument", &[("NX_class", text("NXinstrument"))])
        .group(
            "/entry/instrument/detector",
            &[("NX_class", text("NXdetector"))],
        )
        .dataset(
            "/entry/instrument/detector/data",
            &[count, 2, 3],
            frames(count),
            &[],
        )
        .unwrap()
        .dataset(
            "/entry/instrument/detector/image_key_control",
            &[count],
            Samples::I8(keys.to_vec()),
            &[],
        )
        .unwrap()
        .dataset(
            "/entry/sample/rotation_angle",
            &[angles.len() as u64],
            Samples::F64(angles.to_vec()),
            unit,
        )
        .unwrap()
}

#[test]
fn frames_are_sorted_by_their_image_key() {
    let container = nxtomo(
        &[2, 1, 0, 0, 3, 0, 1, -1],
        &[0.0, 0.0, 0.0, 90.0, 95.0, 180.0, 180.0, 0.0],
        &[("units", text("degree"))],
    );
    let scan = scan_of(&container).unwrap().expect("a scan");
    assert_eq!(scan.projections.frames, [2, 3, 5], "key 0");
    assert_eq!(scan.flats.frames, [1, 6], "key 1");
    assert_eq!(scan.darks.frames, [0], "key 2");
    let expected = [0.0, PI / 2.0, PI];
    for (angle, expected) in scan.angles_rad.iter().zip(expected) {
        assert!(
            (angle - expected).abs() < 1e-12,
            "{angle} is {expected} rad"
        );
    }
    assert_eq!(scan.frame_size, (2, 3), "height and width");
    let remarks = scan.remarks.join("; ");
    assert!(
        remarks.contains("alignment") && remarks.contains("invalid"),
        "said: {remarks}"
    );
}

#[test]
fn angles_of_the_projections_alone_are_taken_as_they_are() {
    let container = nxtomo(&[1, 0, 0], &[0.0, 1.0], &[("units", text("rad"))]);
    let scan = scan_of(&container).unwrap().expect("a scan");
    assert_eq!(scan.angles_rad, [0.0, 1.0], "two projections, two angles");
}

#[test]
fn pixel_size_and_rotation_axis_are_converted() {
    let container = nxtomo(&[0, 0], &[0.0, 90.0], &[])
        .dataset(
            "/entry/instrument/detector/x_pixel_size",
            &[],
            Samples::F64(vec![6.5]),
            &[("units", text("\u{b5}m"))],
        )
        .unwrap()
        .dataset(
            "/entry/instrument/detector/x_rotation_axis_pixel_position",
            &[],
            Samples::F64(vec![-0.5]),
            &[],
        )
        .unwrap();
    let scan = scan_of(&container).unwrap().expect("a scan");
    assert!(
        (scan.pixel_size_m.unwrap() - 6.5e-6).abs() < 1e-18,
        "micrometres"
    );
    assert_eq!(
        scan.rotation_axis_px,
        Some(0.5),
        "half a pixel left of the middle of 3"
    );
}

#[test]
fn a_real_nxtomo_file_is_a_scan() {
    let container = open(&shared("tomography/diamond_pin.nxs"));
    let scan = scan_of(&*container).unwrap().expect("a scan");
    assert_eq!(scan.layout, "NXtomo", "its layout");
    assert_eq!(scan.projections.frames.len(), 91, "projections");
    assert_eq!(
        (scan.flats.frames.len(), scan.darks.frames.len()),
        (1, 1),
        "flat and dark"
    );
    assert_eq!(scan.frame_size, (135, 160), "pixels");
    let span = scan.angles_rad[90] - scan.angles_rad[0];
    assert!((span - PI).abs() < 0.01, "half a turn, got {span}");
}

#[test]
fn a_dxchange_file_is_a_scan() {
    let container = open(&shared("tooth.h5"));
    let scan = scan_of(&*container).unwrap().expect("a scan");
    assert_eq!(scan.layout, "DXchange", "its layout");
    assert_eq!(scan.projections.frames.len(), 181, "projections");
    assert_eq!(
        (scan.flats.frames.len(), scan.darks.frames.len()),
        (10, 10),
        "flats and darks"
    );
    assert!(
        (scan.angles_rad[90] - PI / 2.0).abs() < 0.01,
        "degrees become radians"
    );
    let flats = &scan.flats.dataset;
    let slab = Slab::frame(&flats.info().shape, 3);
    let block = block_on(read_slab(&**flats, &slab, &Cancel::new())).unwrap();
    assert_eq!(block.samples.len(), 2 * 640, "a flat field can be read");
}

#[test]
fn data_behind_a_link_into_another_file_are_a_scan() {
    let container = open(&shared("tomography/diad/k11-18014.nxs"));
    let scan = scan_of(&*container).unwrap().expect("a scan");
    assert_eq!(scan.projections.frames.len(), 3001, "projections");
    assert_eq!(
        (scan.flats.frames.len(), scan.darks.frames.len()),
        (100, 100),
        "flats and darks"
    );
    assert_eq!(scan.frame_size, (22, 26), "pixels");
    let span = scan.angles_rad[3000] - scan.angles_rad[0];
    assert!((span - PI).abs() < 0.1, "half a turn, got {span}");
}

#[test]
fn absent_raw_data_are_named() {
    let container = MemoryContainer::new("24888.nxs")
        .group("/entry1", &[("NX_class", text("NXentry"))])
        .group("/entry1/tomo_entry", &[("NX_class", text("NXsubentry"))])
        .dataset(
            "/entry1/tomo_entry/definition",
            &[1],
            Samples::Text(vec!["NXtomo".to_owned()]),
            &[],
        )
        .unwrap()
        .group(
            "/entry1/tomo_entry/instrument/detector",
            &[("NX_class", text("NXdetector"))],
        )
        .external_link(
            "/entry1/tomo_entry/instrument/detector/data",
            "/dls/raw/pco1-24888.hdf",
            "data",
        )
        .dataset(
            "/entry1/tomo_entry/instrument/detector/image_key",
            &[2],
            Samples::F64(vec![0.0, 0.0]),
            &[],
        )
        .unwrap();
    let error = scan_of(&container).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "absent: {error}");
    assert!(error.why.contains("pco1-24888.hdf"), "which file: {error}");
    let entries = block_on(entries(&container, &Cancel::new())).unwrap();
    assert_eq!(
        entries,
        ["/entry1", "/entry1/tomo_entry"],
        "subentries count"
    );
}

#[test]
fn a_missing_theta_is_assumed_and_said() {
    let container = MemoryContainer::new("scan.h5")
        .dataset("/exchange/data", &[5, 2, 3], frames(5), &[])
        .unwrap();
    let scan = scan_of(&container).unwrap().expect("a scan");
    assert!((scan.angles_rad[4] - PI).abs() < 1e-12, "0 to 180 degrees");
    assert!(
        scan.remarks[0].contains("assumed"),
        "said: {:?}",
        scan.remarks
    );
}

#[test]
fn data_whose_fastest_axis_is_the_angle_are_refused_in_words() {
    let container = MemoryContainer::new("scan.h5")
        .dataset(
            "/exchange/data",
            &[2, 5, 3],
            frames(5),
            &[("axes", text("y:x:theta"))],
        )
        .unwrap();
    let error = scan_of(&container).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
    assert!(
        error.why.contains("y:x:theta"),
        "the order is named: {error}"
    );
}

#[test]
fn a_file_without_tomography_is_no_scan() {
    let container = MemoryContainer::new("x.h5")
        .dataset("/entry/data/data", &[5, 2, 3], frames(5), &[])
        .unwrap();
    assert!(scan_of(&container).unwrap().is_none(), "no keys, no angles");
}
