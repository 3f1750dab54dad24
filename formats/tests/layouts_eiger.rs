//! Eiger masters: all data files as one dataset.

#![allow(
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;
mod layouts_support;

use hutch_formats::nexus;
use hutch_model::{BlockState, Cancel, Container, ErrorKind, NodeKind, Refreshed, Retry, Slab};
use layouts_support::{Shelf, crc_of, dataset, expected, names, numbers, read};
use pollster::block_on;

const DATA: &str = "/entry/data/data";
const THIRD: &str = "series_data_000003.h5";

fn refresh(container: &dyn Container) -> Refreshed {
    block_on(container.refresh(&Cancel::new())).unwrap()
}

#[test]
fn the_data_files_are_one_dataset() {
    for master in ["series_master.h5", "old_master.h5"] {
        let container = Shelf::new("eiger").open(master);
        let data = dataset(&*container, DATA);
        let expected = expected("/eiger/series");
        let shape = numbers(&expected["shape"]);
        assert_eq!(data.info().shape, shape, "all frames of {master}");
        assert_eq!(
            crc_of(&*data, &Slab::whole(&shape)),
            expected["crc"].as_u64().unwrap(),
            "as h5py reads the files of {master}"
        );
        for (frame, crc) in (0..).zip(numbers(&expected["frames"])) {
            let slab = Slab::frame(&shape, frame);
            assert_eq!(crc_of(&*data, &slab), crc, "frame {frame} of {master}");
        }
    }
}

#[test]
fn the_first_frame_opens_one_data_file_and_lists_nothing() {
    let shelf = Shelf::new("eiger");
    let container = shelf.open("series_master.h5");
    let plot = block_on(nexus::default_plot(&*container, &Cancel::new())).unwrap();
    let signal = plot.signal.unwrap_or_else(|| panic!("{}", plot.why));
    assert_eq!(signal.data.origin().path, DATA, "the joined dataset");
    let slab = Slab::frame(&signal.data.info().shape, 0);
    let (_, state) = read(&*signal.data, &slab);
    assert_eq!(state, BlockState::Present, "the first frame");
    assert_eq!(shelf.opened(), ["series_data_000001.h5"], "one file");
    assert_eq!(*shelf.listed.lock().unwrap(), 0, "no folder was listed");
}

#[test]
fn the_links_of_the_file_stay_as_they_are() {
    let container = Shelf::new("eiger").open("series_master.h5");
    let names = names(&*container, "/entry/data");
    assert_eq!(
        names,
        ["data_000001", "data_000002", "data_000003", "data"],
        "the links, then what is added"
    );
    let one = dataset(&*container, "/entry/data/data_000002");
    assert_eq!(one.info().shape, [4, 8, 10], "each file on its own");
    assert!(container.format().ends_with("Eiger master"), "it is told");
}

#[test]
fn the_mask_and_the_saturation_are_those_of_the_detector() {
    let container = Shelf::new("eiger").open("series_master.h5");
    let signal = block_on(nexus::signal_at(&*container, DATA, &Cancel::new())).unwrap();
    let mask = signal.mask.unwrap();
    assert_eq!(
        crc_of(&*mask, &Slab::whole(&[8, 10])),
        expected("/eiger/series/mask").as_u64().unwrap(),
        "the bits that make a pixel bad; that of a virtual pixel does not"
    );
    assert_eq!(signal.saturation, Some(12440.0), "the cutoff");
}

#[test]
fn frames_of_files_that_are_not_there_yet_are_missing_in_words() {
    let shelf = Shelf::without("eiger", &[THIRD]);
    let container = shelf.open("series_master.h5");
    let data = dataset(&*container, DATA);
    assert_eq!(data.info().shape[0], 10, "as many as were promised");
    let (_, state) = read(&*data, &Slab::frame(&data.info().shape, 9));
    let BlockState::Missing(why) = state else {
        panic!("the last file is not there: {state:?}");
    };
    assert_eq!(
        why, "\"series_data_000003.h5\" is not there: 1 of 3 files missing",
        "which, and how many"
    );
    let nodes = block_on(container.nodes(&[DATA.to_owned()], &Cancel::new()));
    let node = nodes[0].as_ref().unwrap();
    assert_eq!(node.problems, ["1 of 3 files missing"], "the tree says so");
}

#[test]
fn a_file_that_arrives_is_found_by_refreshing() {
    let shelf = Shelf::without("eiger", &[THIRD]);
    let container = shelf.open("series_master.h5");
    let data = dataset(&*container, DATA);
    assert_eq!(refresh(&*container), Refreshed::Same, "nothing was missed");
    read(&*data, &Slab::frame(&data.info().shape, 9));
    assert_eq!(refresh(&*container), Refreshed::Same, "still not there");
    shelf.arrive(THIRD);
    assert_eq!(refresh(&*container), Refreshed::Changed, "it is there");
    assert_eq!(refresh(&*container), Refreshed::Same, "said once");
}

#[test]
fn a_master_without_any_data_file_says_how_large_frames_will_be() {
    let away = ["series_data_000001.h5", "series_data_000002.h5", THIRD];
    let container = Shelf::without("eiger", &away).open("series_master.h5");
    let nodes = block_on(container.nodes(&[DATA.to_owned()], &Cancel::new()));
    let node = nodes[0].as_ref().unwrap();
    let NodeKind::Dataset(info) = &node.kind else {
        panic!("a dataset expected");
    };
    assert_eq!(info.shape, [10, 8, 10], "what was promised");
    assert_eq!(node.problems, ["3 of 3 files missing"], "and is not there");
    let data = dataset(&*container, DATA);
    let (_, state) = read(&*data, &Slab::frame(&[10, 8, 10], 0));
    assert!(matches!(state, BlockState::Missing(_)), "never zeros alone");
}

#[test]
fn a_file_of_another_length_is_an_error_until_the_dataset_is_opened_again() {
    let container = Shelf::new("eiger").open("uneven_master.h5");
    let data = dataset(&*container, DATA);
    assert_eq!(data.info().shape[0], 12, "4 in each file but the last");
    let slab = Slab::frame(&data.info().shape, 5);
    let error = block_on(hutch_model::read_slab(&*data, &slab, &Cancel::new())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Integrity, "frames lie elsewhere");
    assert_eq!(error.retry, Retry::Later, "it can be put right");
    assert_eq!(refresh(&*container), Refreshed::Changed, "asked again");
    let data = dataset(&*container, DATA);
    let expected = expected("/eiger/uneven");
    let shape = numbers(&expected["shape"]);
    assert_eq!(data.info().shape, shape, "3 frames in the second file");
    assert_eq!(
        crc_of(&*data, &Slab::whole(&shape)),
        expected["crc"].as_u64().unwrap(),
        "as h5py reads them"
    );
}

#[test]
fn datasets_in_the_master_itself_are_joined_as_fabio_joins_them() {
    let container = Shelf::new("eiger").open("fabio.h5");
    let data = dataset(&*container, DATA);
    let expected = expected("/eiger/fabio");
    let shape = numbers(&expected["shape"]);
    assert_eq!(data.info().shape, shape, "both lists of images");
    assert_eq!(
        crc_of(&*data, &Slab::whole(&shape)),
        expected["crc"].as_u64().unwrap(),
        "as fabio reads them"
    );
}
