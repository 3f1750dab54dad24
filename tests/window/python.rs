//! "Copy as Python": what it copies runs, and gives the numbers that Hutch shows.

use std::process::Command;

use hutch::open::open_file;
use hutch::python::{OnIt, snippet};
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

/// A home without a facility.
pub(super) fn no_facility() -> (tempfile::TempDir, Pools, Sites) {
    let home = tempfile::tempdir().unwrap();
    let pools = Pools::start().unwrap();
    let sites = pools
        .wait(Sites::load(&Folders::below(home.path())))
        .unwrap();
    (home, pools, sites)
}

pub(super) fn opened(pools: &Pools, sites: &Sites, address: &str) -> Subject {
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
    let (_home, pools, sites) = no_facility();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (file, path, frame) in [
        ("tooth.h5", "/exchange/data", 2),
        ("stats/stats.h5", "/uint32/instrument/detector/data", 1),
        ("layouts/eiger/series_master.h5", "/entry/data/data", 5),
    ] {
        let address = format!("{}::{path}", data.join(file).display());
        let subject = opened(&pools, &sites, &address);
        let shown = Slab::frame(subject.shape(), frame);
        let text = snippet(&subject, &shown, &OnIt::default()).expect("Python reads HDF5");
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
    let (_home, pools, sites) = no_facility();
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
    let on_it = OnIt {
        state: Some(&state),
        ..OnIt::default()
    };
    let lines = snippet(&subject, &shown, &on_it).expect("h5py reads it");
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
    let (_home, pools, sites) = no_facility();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nexus/slices.h5");
    for (name, frame) in [("middle", 2), ("last", 1), ("column", 0)] {
        let address = format!("{}::/entry/{name}", file.display());
        let subject = opened(&pools, &sites, &address);
        let data = subject.data().unwrap();
        let shown = Slab::frame(subject.shape(), frame);
        let text = snippet(&subject, &shown, &OnIt::default()).expect("Python reads HDF5");
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

/// Prints every sample that the lines leave in, and its place.
const SAMPLES: &str = "\nimport json\nprint('JSON', json.dumps([np.flatnonzero(valid).tolist(), data[valid].tolist()]))\n";

/// Places and values of the samples that the lines of the active view give.
pub(super) fn samples_by_python(python: &Path, stage: &mut Stage) -> (Vec<usize>, Vec<f64>) {
    let state = stage.state();
    let id = state.active.expect("a view");
    let text = hutch::window::bookmarks::python_of(&state.views[&id]).expect("Python reads it");
    let run = Command::new(python)
        .args(["-c", &format!("{text}{SAMPLES}")])
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let said = String::from_utf8(run.stdout).unwrap();
    let (_, json) = said.split_once("JSON ").expect("what was printed");
    serde_json::from_str(json.trim()).unwrap()
}

/// The same of the frame that the active view shows.
fn samples_shown(stage: &mut Stage) -> (Vec<usize>, Vec<f64>) {
    let state = stage.state();
    let id = state.active.expect("a view");
    let frame = state.views[&id].view.frame().expect("a frame");
    let counts = |at: &usize| !frame.has_no_value(*at) && frame.samples.get_f64(*at).is_finite();
    let places: Vec<usize> = (0..frame.samples.len()).filter(counts).collect();
    let values = places.iter().map(|at| frame.samples.get_f64(*at));
    (places.clone(), values.collect())
}

pub(super) fn assert_same_samples(python: &Path, stage: &mut Stage, masked: usize) {
    let (theirs, ours) = (samples_by_python(python, stage), samples_shown(stage));
    let state = stage.state();
    let id = state.active.expect("a view");
    let all = state.views[&id]
        .view
        .frame()
        .expect("a frame")
        .samples
        .len();
    assert_eq!(all - ours.0.len(), masked, "so many pixels do not count");
    assert_eq!(theirs.0, ours.0, "the same pixels count");
    for (theirs, ours) in theirs.1.iter().zip(&ours.1) {
        assert!(
            (theirs - ours).abs() <= 1e-12 * ours.abs(),
            "{theirs} and {ours}"
        );
    }
}

fn give(stage: &mut Stage, geom: &Path) {
    stage.state().open_address(&text_of(geom), "");
    stage.until("the geometry", |stage| {
        let state = stage.state();
        let id = state.active.expect("a view");
        let signal = state.views[&id].view.subject().signal.as_ref();
        signal.is_some_and(|signal| signal.mask.is_some())
    });
    stage.settle();
}

fn stage_pixels_without_value(stage: &mut Stage) -> usize {
    let counted = samples_shown(stage).0.len();
    let state = stage.state();
    let id = state.active.expect("a view");
    let frame = state.views[&id].view.frame().expect("a frame");
    frame.samples.len() - counted
}

pub(super) fn make(python: &Path, script: &str, folder: &Path) {
    let run = Command::new(python)
        .args(["-c", script])
        .arg(folder)
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

/// A mask of bits for the detector of `quad.geom`, of which the geometry looks at the lower 16.
const MASK: &str = "
import sys, h5py, numpy as np
mask = np.zeros((2, 128, 48), 'u4')
mask[0, 5, 6] = 1
mask[0, 100:103, 40:] = 0x8001
mask[0, 20, 20] = 0x10000
mask[1] = 1
with h5py.File(sys.argv[1] + '/mask.h5', 'w') as file:
    file['mask'] = mask
own = np.zeros((128, 48), 'u4')
own[10, 10] = 4
own[11, 10] = 0x20000
with h5py.File(sys.argv[1] + '/run00.cxi', 'r+') as file:
    file['entry_1/data_1/mask'] = own
";

#[test]
fn the_lines_leave_out_what_a_geometry_calls_bad() {
    let Some(python) = hutch_testservers::python_with("hdf5plugin") else {
        return;
    };
    let mut stage = Stage::without_gpu(With::Nothing);
    let folder = stage.folder.path().to_owned();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/serial");
    std::fs::copy(data.join("run00.cxi"), folder.join("run00.cxi")).unwrap();
    make(&python, MASK, &folder);
    // A whole panel is bad as well, beside a row, a box of the laboratory, and the mask.
    let text = std::fs::read_to_string(data.join("quad.geom")).unwrap();
    let geom = folder.join("quad.geom");
    std::fs::write(&geom, format!("{text}p1/no_index = 1\n")).unwrap();
    let address = format!(
        "{}::/entry_1/data_1/data",
        text_of(&folder.join("run00.cxi"))
    );
    stage.open(&address, "image");
    give(&mut stage, &geom);
    stage.until("the frame", |stage| {
        let state = stage.state();
        let id = state.active.expect("a view");
        let view = &state.views[&id].view;
        view.frame()
            .is_some_and(|frame| frame.has_no_value(10 * 48 + 10))
    });
    let without = stage_pixels_without_value(&mut stage);
    assert!(
        without > 32 * 48 + 48 + 1 + 24 + 1,
        "{without}: a panel, a row, a box, the masks"
    );
    assert_same_samples(&python, &mut stage, without);
    // Of other axes nobody knows which pixels are bad from the parts of the geometry.
    let state = stage.state();
    let id = state.active.expect("a view");
    state.show_picture_of(id, [0, 2]);
    let text = hutch::window::bookmarks::python_of(&state.views[&id]).expect("Python reads it");
    assert!(
        !text.contains("bad.reshape") && text.contains("mask.npy"),
        "{text}"
    );
}

const FIELDS: &str = "
import sys, h5py, numpy as np
rng = np.random.default_rng(7)
frames = rng.integers(100, 4000, (4, 30, 40)).astype('i4')
frames[:, 7, 5] = -1
dark = rng.integers(80, 100, (70, 30, 40)).astype('u4')
dark[:, 1, 1] = 2**32 - 1
dark[0, 2, 2] = 2**32 - 2
flat = rng.integers(90, 5000, (30, 40)).astype('f8')
flat[0, 0] = 10
with h5py.File(sys.argv[1] + '/fields.h5', 'w') as file:
    file['dark'] = dark
np.save(sys.argv[1] + '/frames.npy', frames)
np.save(sys.argv[1] + '/flat.npy', flat)
";

#[test]
fn the_lines_correct_frames_as_the_view_does() {
    use hutch::window::fields::FieldKind;

    let Some(python) = hutch_testservers::python_with("hdf5plugin") else {
        return;
    };
    let mut stage = Stage::without_gpu(With::Nothing);
    let folder = stage.folder.path().to_owned();
    make(&python, FIELDS, &folder);
    let geom = folder.join("detector.geom");
    std::fs::write(&geom, geometry::GEOM).unwrap();
    let file = text_of(&folder.join("fields.h5"));
    stage.open(&text_of(&folder.join("frames.npy")), "image");
    let dark = format!("{file}::/dark");
    let flat = text_of(&folder.join("flat.npy"));
    let id = stage.state().active.expect("a view");
    // Pixels without a value: a sentinel; with the dark one without a dark; with both where flat is not above dark.
    for (kind, address, least) in [(FieldKind::Dark, &dark, 2), (FieldKind::Flat, &flat, 3)] {
        stage.state().use_field(id, kind, address);
        stage.until("a corrected frame", |stage| {
            let state = stage.state();
            let view = &state.views[&id].view;
            let layout = view.subject().data().map(|data| data.origin().to_string());
            let has_field = layout
                .is_some_and(|name| name.contains(kind.name().split(' ').next().unwrap_or("?")));
            has_field
                && view
                    .frame()
                    .is_some_and(|frame| frame.samples.get_f64(41).is_nan())
        });
        stage.settle();
        assert!(
            samples_shown(&mut stage).0.len() <= 1200 - least,
            "{kind:?}"
        );
        let without = 1200 - samples_shown(&mut stage).0.len();
        assert_same_samples(&python, &mut stage, without);
    }
    give(&mut stage, &geom);
    stage.until("masked rows", |stage| samples_shown(stage).0.len() <= 1117);
    let without = 1200 - samples_shown(&mut stage).0.len();
    assert_same_samples(&python, &mut stage, without);
    // What is saved is what is shown.
    let path = folder.join("saved.npy");
    stage.press(Modifiers::COMMAND, Key::S);
    stage.harness.get_by_label("values shown").click();
    stage.harness.step();
    assert!(stage.says("Corrected by the dark and flat field"));
    saving::save_as(&mut stage, &path);
    stage.until("the file is there", |_| path.exists());
    let bytes = std::fs::read(&path).unwrap();
    let frame = stage.state().views[&id].view.frame().expect("a frame");
    let shown: Vec<u8> = (0..1200)
        .flat_map(|at| frame.samples.get_f64(at).to_le_bytes())
        .collect();
    assert_eq!(bytes[bytes.len() - 9600..], shown, "every digit");
}
