//! "Copy as Python": what it copies runs, and gives the numbers that Hutch shows.

use std::process::Command;

use hutch::open::open_file;
use hutch::python::snippet;
use hutch_model::Slab;

use super::*;

/// The numbers that the lines print: valid, masked, smallest, largest, mean.
fn by_python(python: &Path, text: &str) -> [f64; 5] {
    let run = Command::new(python).args(["-c", text]).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(
        run.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let words: Vec<&str> = said.split_whitespace().collect();
    ["valid:", "masked:", "min", "max", "mean"].map(|name| {
        let at = words.iter().position(|word| *word == name).expect(name);
        words[at + 1].parse().expect("a number")
    })
}

/// The same of the frame by `hutch stats`.
fn by_hutch(address: &str, frame: u64) -> [f64; 5] {
    let run = Command::new(env!("CARGO_BIN_EXE_hutch"))
        .args(["stats", address, "--json"])
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let frames = json["frames"].as_array().expect("frames");
    let found = &frames[usize::try_from(frame).unwrap()];
    ["count", "masked", "min", "max", "mean"].map(|name| found[name].as_f64().expect(name))
}

fn opened(pools: &Pools, sites: &Sites, address: &str) -> Subject {
    let cancel = Cancel::new();
    let (file, path) = address.split_once("::").expect("a path");
    let place = hutch::address::Place::Local(file.into());
    pools.wait(async {
        let source = sites.source(&place).await.unwrap();
        let file = open_file(source, &cancel).await.unwrap();
        subject(&file, Some(path), &cancel).await.unwrap()
    })
}

#[test]
fn the_lines_give_the_numbers_that_hutch_gives() {
    let Some(python) = hutch_testservers::python_with("hdf5plugin") else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let pools = Pools::start().unwrap();
    let sites = pools
        .wait(Sites::load(&Folders::below(home.path())))
        .unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (file, path, frame) in [
        ("tooth.h5", "/exchange/data", 2),
        ("stats/stats.h5", "/uint32/instrument/detector/data", 1),
        ("layouts/eiger/series_master.h5", "/entry/data/data", 5),
    ] {
        let address = format!("{}::{path}", data.join(file).display());
        let subject = opened(&pools, &sites, &address);
        let shown = Slab::frame(subject.shape(), frame);
        let text = snippet(&subject, &shown, &[]).expect("Python reads HDF5");
        let (theirs, ours) = (by_python(&python, &text), by_hutch(&address, frame));
        for (theirs, ours) in theirs.into_iter().zip(ours) {
            let difference = (theirs - ours).abs();
            assert!(
                difference <= 1e-12 * ours.abs(),
                "{address}: {theirs} and {ours}\n{text}"
            );
        }
    }
}

#[test]
fn the_lines_of_pyfai_give_the_pattern_that_hutch_shows() {
    let Some(python) = hutch_testservers::python_with("pyFAI") else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let pools = Pools::start().unwrap();
    let sites = pools
        .wait(Sites::load(&Folders::below(home.path())))
        .unwrap();
    // Its file says where the pixels are, with rows that go down, as those of NeXus do.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calibrants/lab6.h5");
    let address = format!("{}::/entry/data/data", file.display());
    let subject = opened(&pools, &sites, &address);
    let mut state = ViewState::new("image", 1);
    state.set("integrate", "pattern".into());
    state.set("integrate points", Value::Integer(25));
    state.set("integrate split", "full".into());
    state.set("integrate polarization", Value::Float(0.9));
    let shown = Slab::frame(subject.shape(), 2);
    let lines = hutch::python::snippet_of(&subject, &shown, (&[], &state)).expect("h5py reads it");
    let print = "\nimport json\nprint('JSON', json.dumps([pattern.radial.tolist(), pattern.intensity.tolist(), pattern.sem.tolist()]))\n";
    let run = Command::new(&python)
        .args(["-c", &format!("{lines}{print}")])
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{lines}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let said = String::from_utf8(run.stdout).unwrap();
    let (_, json) = said.split_once("JSON ").expect("what was printed");
    let theirs: [Vec<f64>; 3] = serde_json::from_str(json.trim()).unwrap();
    let frame = format!("{address}[2]");
    let arguments = ["integrate", &frame, "--points", "25", "--split", "full"];
    let run = Command::new(env!("CARGO_BIN_EXE_hutch"))
        .args(arguments)
        .args(["--polarization", "0.9", "--errors", "--json"])
        .output()
        .unwrap();
    let ours: serde_json::Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let lists = [
        &ours["radius"],
        &ours["frames"][0]["intensity"],
        &ours["frames"][0]["sigma"],
    ];
    for (theirs, ours) in theirs.iter().zip(lists) {
        for (theirs, ours) in theirs.iter().zip(ours.as_array().unwrap()) {
            // A bin without pixels is 0 there and no number here.
            let ours = ours.as_f64().unwrap_or(0.0);
            assert!(
                (theirs - ours).abs() <= 1e-5 * ours.abs(),
                "{theirs} and {ours}\n{lines}"
            );
        }
    }
}

/// Two datasets whose slices fix the middle and the last axis, and one with a mask of the frames as they are stored.
#[test]
fn the_lines_turn_the_axes_as_the_view_does() {
    let Some(python) = hutch_testservers::python_with("hdf5plugin") else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let pools = Pools::start().unwrap();
    let sites = pools
        .wait(Sites::load(&Folders::below(home.path())))
        .unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nexus/slices.h5");
    for (name, frame) in [("middle", 2), ("last", 1), ("column", 0)] {
        let address = format!("{}::/entry/{name}", file.display());
        let subject = opened(&pools, &sites, &address);
        let data = subject.data().unwrap();
        let shown = Slab::frame(subject.shape(), frame);
        let text = snippet(&subject, &shown, &[]).expect("Python reads HDF5");
        let text = format!("{text}print(\"all:\", *data.ravel(), *valid.ravel())\n");
        let run = Command::new(&python).args(["-c", &text]).output().unwrap();
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        let (_, theirs) = said.split_once("all: ").unwrap_or_else(|| {
            panic!("{text}\n{}", String::from_utf8_lossy(&run.stderr));
        });
        let cancel = Cancel::new();
        let read = |of: &Arc<dyn Dataset>| {
            let block = hutch_model::read_slab(of.as_ref(), &shown, &cancel);
            pools.wait(block).unwrap().samples.to_f64()
        };
        let values = read(data);
        let mask = subject
            .signal
            .as_ref()
            .and_then(|signal| signal.mask.as_ref());
        let mask = mask.map_or_else(|| vec![0.0; values.len()], read);
        let valid = mask
            .iter()
            .map(|bits| if *bits > 0.0 { "False" } else { "True" });
        let theirs: Vec<&str> = theirs.split_whitespace().collect();
        assert_eq!(theirs[values.len()..], valid.collect::<Vec<_>>(), "{text}");
        for (theirs, ours) in theirs.iter().zip(values) {
            let theirs: f64 = theirs.parse().expect("a number");
            assert!((theirs - ours).abs() < 1e-9, "{theirs} and {ours}\n{text}");
        }
    }
}
