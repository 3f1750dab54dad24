//! Runs of the European XFEL: many files as one.

#![allow(
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;
mod layouts_support;

use common::crc32;
use hutch_formats::nexus;
use hutch_model::{BlockState, Cancel, Dataset, Refreshed, Samples, Slab};
use layouts_support::{Shelf, crc_of, dataset, expected, names, numbers, read};
use pollster::block_on;

const FIRST: &str = "RAW-R0007-AGIPD00-S00000.h5";
const DATA: &str = "/INSTRUMENT/SPB_DET_AGIPD1M-1/image/data";

/// One module of one pulse.
fn tile(shape: &[u64], pulse: u64, module: u64) -> Slab {
    let mut slab = Slab::whole(shape);
    (slab.start[0], slab.count[0]) = (pulse, 1);
    (slab.start[1], slab.count[1]) = (module, 1);
    slab
}

fn crc(samples: &Samples) -> u64 {
    u64::from(crc32(samples.bytes()))
}

fn whole(data: &dyn Dataset) -> (Samples, BlockState) {
    read(data, &Slab::whole(&data.info().shape))
}

#[test]
fn sixteen_modules_are_one_dataset_by_train_and_pulse() {
    // A module, another one whose own file has fewer trains, and no module.
    let files = [
        FIRST,
        "RAW-R0007-AGIPD03-S00000.h5",
        "RAW-R0007-DA01-S00001.h5",
    ];
    for file in files {
        let container = Shelf::new("exdf/run").open(file);
        let data = dataset(&*container, DATA);
        let expected = expected("/exdf/run");
        let shape = numbers(&expected["shape"]);
        assert_eq!(data.info().shape, shape, "pulses and modules from {file}");
        let (samples, state) = whole(&*data);
        let all = expected["crc"].as_u64().unwrap();
        assert_eq!(crc(&samples), all, "as EXtra-data aligns them");
        assert!(matches!(state, BlockState::Missing(_)), "two have gaps");
        for (name, list) in [("trainId", "trains"), ("pulseId", "pulses")] {
            let path = format!("/INSTRUMENT/SPB_DET_AGIPD1M-1/image/{name}");
            let (ids, _) = whole(&*dataset(&*container, &path));
            assert_eq!(ids, Samples::U64(numbers(&expected[list])), "{name}");
        }
    }
}

#[test]
fn every_module_of_every_pulse_is_read_on_its_own() {
    let container = Shelf::new("exdf/run").open(FIRST);
    let data = dataset(&*container, DATA);
    let shape = data.info().shape.clone();
    let frames = expected("/exdf/run/frames");
    for pulse in 0..shape[0] {
        for module in 0..16 {
            let (samples, state) = read(&*data, &tile(&shape, pulse, module));
            let (row, column) = (
                usize::try_from(pulse).unwrap(),
                usize::try_from(module).unwrap(),
            );
            let expected = frames[row][column].as_u64().unwrap();
            assert_eq!(crc(&samples), expected, "module {module}, pulse {pulse}");
            // Train 10001 of module 3, and the second file of module 5.
            let is_gap = (module == 3 && (3..6).contains(&pulse)) || (module == 5 && pulse >= 9);
            let is_missing = matches!(state, BlockState::Missing(_));
            assert_eq!(is_missing, is_gap, "module {module}, pulse {pulse}");
        }
    }
}

#[test]
fn steps_over_pulses_and_modules_select_as_numpy_does() {
    let container = Shelf::new("exdf/run").open(FIRST);
    let data = dataset(&*container, DATA);
    let slab = Slab {
        start: vec![1, 2, 0, 1, 0],
        count: vec![6, 5, 1, 2, 3],
        step: vec![3, 3, 1, 2, 1],
    };
    let (all, _) = whole(&*data);
    let (Samples::U16(all), (Samples::U16(part), _)) = (all, read(&*data, &slab)) else {
        panic!("uint16 expected");
    };
    let mut expected = Vec::new();
    for pulse in (1..18).step_by(3) {
        for module in (2..16).step_by(3) {
            for row in [1, 3] {
                let at = ((pulse * 16 + module) * 2 * 4 + row) * 3;
                expected.extend_from_slice(&all[at..at + 3]);
            }
        }
    }
    assert_eq!(part, expected, "every third pulse and module, rows 1 and 3");
}

#[test]
fn why_a_module_is_missing_is_said() {
    let container = Shelf::new("exdf/run").open(FIRST);
    let data = dataset(&*container, DATA);
    let (_, state) = read(&*data, &tile(&data.info().shape, 4, 3));
    let BlockState::Missing(why) = state else {
        panic!("train 10001 of module 3 is missing");
    };
    assert_eq!(why, "module 3 recorded nothing of these pulses", "in words");
}

#[test]
fn a_run_without_some_of_its_modules_keeps_their_places() {
    let away = ["RAW-R0007-AGIPD07-S00000.h5", "RAW-R0007-AGIPD07-S00001.h5"];
    let container = Shelf::without("exdf/run", &away).open(FIRST);
    let data = dataset(&*container, DATA);
    assert_eq!(data.info().shape[1], 16, "sixteen places");
    let (_, state) = read(&*data, &tile(&data.info().shape, 0, 7));
    let BlockState::Missing(why) = state else {
        panic!("module 7 is missing");
    };
    assert_eq!(why, "module 7 has no file that can be read", "in words");
}

#[test]
fn opening_a_file_of_a_run_opens_no_other_file() {
    let shelf = Shelf::new("exdf/run");
    let container = shelf.open(FIRST);
    assert_eq!(names(&*container, "/").last().unwrap(), "run", "the run");
    names(&*container, "/INSTRUMENT/SPB_DET_AGIPD1M-1");
    assert!(shelf.opened().is_empty(), "opened: {:?}", shelf.opened());
    let data = dataset(&*container, DATA);
    assert_eq!(shelf.opened().len(), 30, "the other files of the detector");
    read(&*data, &tile(&data.info().shape, 0, 0));
    assert_eq!(shelf.opened().len(), 30, "each once");
}

#[test]
fn the_default_plot_of_a_run_is_its_detector() {
    let container = Shelf::new("exdf/run").open(FIRST);
    let plot = block_on(nexus::default_plot(&*container, &Cancel::new())).unwrap();
    let signal = plot.signal.unwrap_or_else(|| panic!("{}", plot.why));
    assert_eq!(signal.data.origin().path, DATA, "{}", signal.rule);
}

#[test]
fn slow_and_fast_data_are_joined_over_the_sequences() {
    let container = Shelf::new("exdf/run").open("RAW-R0007-DA01-S00000.h5");
    let device = "SPB_XTD9_XGM/DOOCS/MAIN";
    let keys = [
        (
            format!("CONTROL/{device}/pulseEnergy/photonFlux/value"),
            "flux",
        ),
        (
            format!("INSTRUMENT/{device}:output/data/intensityTD"),
            "intensity",
        ),
    ];
    for (key, name) in keys {
        let data = dataset(&*container, &format!("/run/DA01/{key}"));
        let expected = expected(&format!("/exdf/run/{name}"));
        let shape = numbers(&expected["shape"]);
        assert_eq!(data.info().shape, shape, "rows of both files: {key}");
        let all = crc_of(&*data, &Slab::whole(&shape));
        assert_eq!(all, expected["crc"].as_u64().unwrap(), "as EXtra-data");
        let own = dataset(&*container, &format!("/{key}"));
        assert_ne!(own.info().shape, shape, "the file's own rows stay");
    }
}

#[test]
fn all_aggregators_are_listed_and_looked_into_when_asked() {
    let shelf = Shelf::new("exdf/run");
    let container = shelf.open(FIRST);
    let aggregators = names(&*container, "/run");
    assert_eq!(aggregators.len(), 17, "16 modules and slow data");
    assert!(shelf.opened().is_empty(), "by their names alone");
    assert_eq!(
        names(&*container, "/run/DA01/CONTROL"),
        ["SPB_XTD9_XGM"],
        "inside"
    );
    assert_eq!(shelf.opened(), ["RAW-R0007-DA01-S00000.h5"], "one file");
    let nodes = block_on(container.nodes(
        &["/run".to_owned(), "/run/DA01/INDEX/trainId".to_owned()],
        &Cancel::new(),
    ));
    assert_eq!(nodes[0].as_ref().unwrap().path, "/run", "a group");
    assert_eq!(
        nodes[1].as_ref().unwrap().path,
        "/run/DA01/INDEX/trainId",
        "a dataset"
    );
}

#[test]
fn a_file_that_arrives_extends_the_run() {
    let late: Vec<String> = (0..16)
        .map(|module| format!("RAW-R0007-AGIPD{module:02}-S00001.h5"))
        .collect();
    let away: Vec<&str> = late.iter().map(String::as_str).collect();
    let shelf = Shelf::without("exdf/run", &away);
    let container = shelf.open(FIRST);
    assert_eq!(
        dataset(&*container, DATA).info().shape[0],
        9,
        "three trains"
    );
    let refresh = || block_on(container.refresh(&Cancel::new())).unwrap();
    assert_eq!(refresh(), Refreshed::Same, "nothing new");
    for name in &late {
        shelf.arrive(name);
    }
    assert_eq!(refresh(), Refreshed::Changed, "the second sequence");
    assert_eq!(dataset(&*container, DATA).info().shape[0], 18, "six trains");
}

#[test]
fn older_formats_and_corrected_data_are_understood() {
    for (folder, file) in [
        ("v0_1", "RAW-R0008-AGIPD09-S00000.h5"),
        ("v0_5", "CORR-R0008-AGIPD00-S00000.h5"),
        ("v1_0", "RAW-R0008-AGIPD00-S00000.h5"),
    ] {
        let container = Shelf::new(&format!("exdf/{folder}")).open(file);
        let data = dataset(&*container, DATA);
        let expected = expected(&format!("/exdf/{folder}"));
        assert_eq!(data.info().shape, numbers(&expected["shape"]), "{folder}");
        let all = expected["crc"].as_u64().unwrap();
        assert_eq!(
            crc(&whole(&*data).0),
            all,
            "{folder} as EXtra-data reads it"
        );
    }
}
