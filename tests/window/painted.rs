//! A painted mask in "Copy as Python": the lines give the very numbers of the window.

use std::process::Command;

use hutch::window::bookmarks::python_of;
use hutch_analysis::region::Region;

use super::python::{assert_same_samples, make, no_facility, opened};
use super::*;

/// The frames of a calibrant, and masks beside them: of a frame, with an axis of one frame, of bits or of real numbers,
/// and one of another size.
const MASKED: &str = "
import sys, h5py, numpy as np
mask = np.zeros((128, 120), 'u4')
mask[30:34, 10:60] = 2
mask[100, 7] = 0x8000
mask[0:20, 60] = 0x10000
with h5py.File(sys.argv[1] + '/lab6.h5', 'r+') as file:
    file['entry/instrument/detector/pixel_mask'] = mask
    file['plain'] = mask
    file['bits'] = mask[np.newaxis]
    file['real'] = 0.25 * (mask[np.newaxis] & 0xFFFF)
    file['other'] = np.ones((60, 60), 'u1')
";

/// Every kind of step; the frame that is shown has the number 2.
const STEPS: [&str; 20] = [
    "add circle 60 64 12.5",
    "take rectangle 55 60 64 70",
    "add stroke 2.5 5 5 30.3 9.7 31 60 31 60",
    "take stroke 0.5 8 5",
    "add polygon 90 10 115 30 80 50",
    "add ellipse 100 100 15 6 30",
    "take ellipse 100 100 4 2",
    "add line 5 120 60 90 3",
    "add arc 60 64 40 44 20 120",
    "add point 3 4",
    "add horizontal 125 127",
    "add vertical 117.5 118.5",
    "take cross 10 126",
    "invert",
    "add boxes 0 0 3 2 118 1 119 1",
    "invert",
    "add above 60 of 2",
    "add below 1 of 0",
    "take below 20.5 of 2",
    "add above 3 of 99",
];
const REGIONS: [&str; 2] = ["a: circle 62 66 30", "b: polygon 10 10 110 30 40 120"];

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Shows frame 2 of a file with the steps, regions and an integration, until all of it is there.
fn paint(stage: &mut Stage, address: &str, kind: &str) {
    stage.open(address, "image");
    let mut state = stage.active_state();
    for (name, value) in [
        ("frame", Value::Integer(2)),
        ("mask", Value::List(STEPS.map(text).to_vec())),
        ("regions", Value::List(REGIONS.map(text).to_vec())),
        ("integrate", text(kind)),
        ("integrate points", Value::Integer(30)),
        ("integrate split", text("no")),
    ] {
        state.set(name, value);
    }
    let shared = stage.state();
    let id = shared.active.expect("a view");
    shared
        .views
        .get_mut(&id)
        .expect("the view")
        .view
        .set_state(&state);
    // More than the masks of the files have.
    stage.until("the painted frame", |stage| without_value(stage) > 400);
    stage.settle();
}

fn without_value(stage: &mut Stage) -> usize {
    let state = stage.state();
    let id = state.active.expect("a view");
    let frame = state.views[&id].view.frame();
    frame.map_or(0, |frame| {
        (0..frame.samples.len())
            .filter(|at| frame.has_no_value(*at))
            .count()
    })
}

/// What the lines of the active view print, and what `more` prints behind them.
fn printed(python: &Path, stage: &mut Stage, more: &str) -> String {
    let state = stage.state();
    let id = state.active.expect("a view");
    let lines = python_of(&state.views[&id]).expect("h5py reads it");
    let run = Command::new(python)
        .args(["-c", &format!("{lines}{more}")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{lines}\n{said}");
    String::from_utf8(run.stdout).unwrap()
}

/// Sums of regions, as the lines print them and of the pixels of the frame that is shown.
fn assert_same_regions(python: &Path, stage: &mut Stage) {
    let said = printed(python, stage, "");
    let state = stage.state();
    let id = state.active.expect("a view");
    let frame = state.views[&id].view.frame().expect("a frame");
    let statistics = frame.statistics.as_ref().expect("statistics");
    let words = said.split_whitespace().collect::<Vec<_>>();
    let after = |name: &str| {
        let at = words.iter().position(|word| *word == name).expect(name);
        words[at + 1].parse::<f64>().expect("a number")
    };
    let mean = after("mean");
    assert!(
        (mean - statistics.mean).abs() <= 1e-12 * statistics.mean,
        "mean {mean} of the lines, {} of the window",
        statistics.mean
    );
    assert_eq!(
        after("valid:").to_bits(),
        (statistics.count as f64).to_bits(),
        "as many pixels count"
    );
    for region in REGIONS {
        let region: Region = region.parse().unwrap();
        let inside = (0..128 * 120).filter(|at| {
            let (x, y) = ((at % 120) as f64, (at / 120) as f64);
            region.shape.contains(x, y) && !frame.has_no_value(*at)
        });
        let values: Vec<f64> = inside.map(|at| frame.samples.get_f64(at)).collect();
        let sum: f64 = values.iter().sum();
        let wanted = format!("{} count {} sum {sum} ", region.name, values.len());
        assert!(said.contains(&wanted), "{wanted}: {said}");
    }
}

#[test]
fn the_lines_leave_out_what_was_painted() {
    let Some(python) = hutch_testservers::python_with("hdf5plugin") else {
        return;
    };
    let mut stage = Stage::without_gpu(With::Nothing);
    let folder = stage.folder.path().to_owned();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calibrants");
    std::fs::copy(data.join("lab6.h5"), folder.join("lab6.h5")).unwrap();
    make(&python, MASKED, &folder);
    let file = text_of(&folder.join("lab6.h5"));
    paint(&mut stage, &format!("{file}::/entry/data/data"), "off");
    let (_home, pools, sites) = no_facility();
    let mut counts = Vec::new();
    for name in ["", "/plain", "/bits", "/real", "/other"] {
        if !name.is_empty() {
            let mask = opened(&pools, &sites, &format!("{file}::{name}"));
            wear(&mut stage, &mask);
        }
        let masked = without_value(&mut stage);
        assert_same_samples(&python, &mut stage, masked);
        assert_same_regions(&python, &mut stage);
        counts.push(masked);
    }
    let [of_file, plain, bits, real, other] = counts[..] else {
        panic!("{counts:?}");
    };
    assert!(other > 400, "{other}: what was painted alone");
    assert!(bits > other, "a mask of one frame counts for all");
    assert_eq!(
        [of_file, plain, real],
        [bits; 3],
        "all of them say the same"
    );
}

/// Gives the view another mask of its file.
fn wear(stage: &mut Stage, mask: &Subject) {
    let state = stage.state();
    let id = state.active.expect("a view");
    let slot = state.views.get_mut(&id).expect("the view");
    let mut subject = slot.view.subject().clone();
    let signal = subject.signal.as_mut().expect("frames");
    signal.mask = mask.data().cloned();
    slot.replace_subject(subject);
    // The frame before stays until the new one is there.
    for _ in 0..20 {
        stage.harness.step();
        std::thread::sleep(Duration::from_millis(20));
    }
    stage.settle();
}

/// Two stacks of small frames and a dark field: thresholds of a frame that is not shown are of corrected values.
const CORRECTED: &str = "
import sys, h5py, numpy as np
rng = np.random.default_rng(7)
np.save(sys.argv[1] + '/frames.npy', rng.integers(0, 4000, (3, 128, 120)).astype('f4') / 3)
np.save(sys.argv[1] + '/dark.npy', rng.integers(0, 1000, (128, 120)).astype('f8'))
";

#[test]
fn thresholds_of_another_frame_are_those_of_its_corrected_values() {
    let Some(python) = hutch_testservers::python_with("hdf5plugin") else {
        return;
    };
    let mut stage = Stage::without_gpu(With::Nothing);
    let folder = stage.folder.path().to_owned();
    make(&python, CORRECTED, &folder);
    paint(&mut stage, &text_of(&folder.join("frames.npy")), "off");
    let masked = without_value(&mut stage);
    assert_same_samples(&python, &mut stage, masked);
    let id = stage.state().active.expect("a view");
    let kind = hutch::window::fields::FieldKind::Dark;
    let dark = text_of(&folder.join("dark.npy"));
    stage.state().use_field(id, kind, &dark);
    stage.until("other pixels", |stage| {
        let state = stage.state();
        let name = state.views[&id]
            .view
            .subject()
            .data()
            .map(|data| data.origin().to_string());
        name.is_some_and(|name| name.contains("dark")) && without_value(stage) != masked
    });
    stage.settle();
    let corrected = without_value(&mut stage);
    assert_same_samples(&python, &mut stage, corrected);
}

#[test]
fn the_lines_of_pyfai_integrate_without_what_was_painted() {
    let Some(python) = hutch_testservers::python_with("pyFAI") else {
        return;
    };
    let Some(mut stage) = Stage::with_gpu(With::Nothing) else {
        return;
    };
    let folder = stage.folder.path().to_owned();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calibrants");
    std::fs::copy(data.join("lab6.h5"), folder.join("lab6.h5")).unwrap();
    make(&python, MASKED, &folder);
    let (_home, pools, sites) = no_facility();
    for name in ["", "/bits"] {
        let file = text_of(&folder.join("lab6.h5"));
        if name.is_empty() {
            paint(&mut stage, &format!("{file}::/entry/data/data"), "pattern");
        } else {
            wear(
                &mut stage,
                &opened(&pools, &sites, &format!("{file}::{name}")),
            );
        }
        let curves = |stage: &mut Stage| {
            let state = stage.state();
            let id = state.active?;
            state.views[&id].view.curves()
        };
        let is_painted = |stage: &mut Stage| {
            let found = curves(stage);
            found.is_some_and(|found| found.curves[0].way.contains("data[2]"))
        };
        stage.until("the pattern", is_painted);
        stage.settle();
        let ours = curves(&mut stage).expect("a pattern");
        let ours = &ours.curves[0].numbers;
        let print = "\nimport json\nprint('JSON', json.dumps([pattern.radial.tolist(), pattern.intensity.tolist(), pattern.sem.tolist()]))\n";
        let said = printed(&python, &mut stage, print);
        let (_, json) = said.split_once("JSON ").expect("what was printed");
        let theirs: [Vec<f64>; 3] = serde_json::from_str(json.trim()).unwrap();
        let ours = [ours.x(), ours.y(), ours.sigma().expect("errors")];
        for (theirs, ours) in theirs.iter().zip(ours) {
            assert_eq!(theirs.len(), ours.len());
            for (theirs, ours) in theirs.iter().zip(ours) {
                // A bin without pixels is 0 there and no number here.
                let ours = if ours.is_nan() { 0.0 } else { *ours };
                assert!(
                    (theirs - ours).abs() <= 1e-5 * ours.abs(),
                    "{name}: {theirs} and {ours}"
                );
            }
        }
    }
}
