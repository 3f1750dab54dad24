//! BLISS, CXI, ISIS and DXchange files, as their writers lay them out.

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
use hutch_model::{Cancel, Container, NodeKind, Signal, Slab};
use layouts_support::{Shelf, crc_of, dataset, expected, names, numbers};
use pollster::block_on;

fn open(file: &str) -> (Arc<Shelf>, Arc<dyn Container>) {
    let shelf = Shelf::new("nexus");
    let container = shelf.open(file);
    (shelf, container)
}

fn signal_at(container: &dyn Container, path: &str) -> Signal {
    block_on(nexus::signal_at(container, path, &Cancel::new()))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn is_as_expected(signal: &Signal, sample: &str, crc: &str) {
    let expected = expected(&format!("/nexus/{sample}"));
    let shape = numbers(&expected["shape"]);
    assert_eq!(signal.data.info().shape, shape, "{}", signal.rule);
    let all = crc_of(&*signal.data, &Slab::whole(&shape));
    assert_eq!(all, expected[crc].as_u64().unwrap(), "as h5py reads it");
}

#[test]
fn a_collection_is_listed_and_looked_at_without_opening_a_file() {
    let (shelf, container) = open("ma1234_sample.h5");
    let count = expected("/nexus/bliss/links").as_u64().unwrap();
    assert_eq!(names(&*container, "/").len() as u64, count, "all links");
    let cancel = Cancel::new();
    let plot = block_on(nexus::default_plot(&*container, &cancel)).unwrap();
    assert!(plot.signal.is_none(), "a list shows nothing by itself");
    let scan = block_on(tomo::scan(&*container, &cancel)).unwrap();
    assert!(scan.is_none(), "and is no scan");
    assert!(shelf.opened().is_empty(), "opened: {:?}", shelf.opened());
    let images = dataset(&*container, "/sample_0001_1.1/measurement/frelon");
    assert_eq!(images.info().shape, [3, 5, 6], "a link leads to its scan");
    assert_eq!(shelf.opened()[0], "sample_0001.h5", "when it is asked for");
}

#[test]
fn a_scan_of_bliss_shows_its_images_which_lie_in_a_file_of_lima() {
    let (_, container) = open("sample_0001.h5");
    let signal = signal_at(&*container, "/1.1");
    is_as_expected(&signal, "bliss", "images");
}

#[test]
fn a_scan_of_bliss_shows_what_it_selects() {
    let (_, container) = open("sample_0001.h5");
    let signal = signal_at(&*container, "/2.1");
    assert_eq!(signal.group, "/2.1/plotselect", "{}", signal.rule);
    assert_eq!(signal.title, "ascan rot 0 2 3 0.1", "the command");
    let crc = crc_of(&*signal.data, &Slab::whole(&[3]));
    let curve = expected("/nexus/bliss/curve").as_u64().unwrap();
    assert_eq!(crc, curve, "the diode");
}

#[test]
fn a_cxi_file_shows_its_data_with_the_mask_of_the_detector() {
    let (_, container) = open("hits.cxi");
    let plot = block_on(nexus::default_plot(&*container, &Cancel::new())).unwrap();
    let signal = plot.signal.unwrap_or_else(|| panic!("{}", plot.why));
    is_as_expected(&signal, "cxi", "crc");
    let mask = signal.mask.unwrap();
    let crc = crc_of(&*mask, &Slab::whole(&[4, 5]));
    let expected = expected("/nexus/cxi/mask").as_u64().unwrap();
    assert_eq!(crc, expected, "the mask of a frame");
}

#[test]
fn histograms_of_isis_are_plotted_and_events_are_listed() {
    let (_, container) = open("isis.nxs");
    let plot = block_on(nexus::default_plot(&*container, &Cancel::new())).unwrap();
    let signal = plot.signal.unwrap_or_else(|| panic!("{}", plot.why));
    is_as_expected(&signal, "isis", "crc");
    let time = signal.axis(2).unwrap();
    assert_eq!(time.name, "time_of_flight", "edges of the bins");
    let events = "/raw_data_1/detector_1_events";
    assert_eq!(names(&*container, events).len(), 4, "the lists of events");
    let paths = [format!("{events}/event_id")];
    let nodes = block_on(container.nodes(&paths, &Cancel::new()));
    let NodeKind::Dataset(info) = &nodes[0].as_ref().unwrap().kind else {
        panic!("a list expected");
    };
    assert_eq!(info.shape, [6], "one id for each event");
}

#[test]
fn sinograms_of_dxchange_are_read_as_projections() {
    let (_, container) = open("sinograms.h5");
    let scan = block_on(tomo::scan(&*container, &Cancel::new())).unwrap();
    let scan = scan.unwrap();
    let data = &scan.projections.dataset;
    let expected = expected("/nexus/sinograms");
    let shape = numbers(&expected["shape"]);
    assert_eq!(data.info().shape, shape, "[angle, y, x]");
    assert_eq!(scan.frame_size, (2, 3), "height and width");
    assert_eq!(scan.angles_rad.len(), 5, "an angle for each projection");
    let all = crc_of(&**data, &Slab::whole(&shape));
    assert_eq!(all, expected["crc"].as_u64().unwrap(), "as numpy turns it");
    for (frame, crc) in (0..).zip(numbers(&expected["frames"])) {
        let one = crc_of(&**data, &Slab::frame(&shape, frame));
        assert_eq!(one, crc, "projection {frame}");
    }
}
