//! `hutch integrate`, `hutch roi` and `hutch profile` on stacks.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value as Json;

use crate::hutch::Hutch;

const PONI: &str = "poni_version: 2\nDetector: Detector\n\
    Detector_config: {\"pixel1\": 0.0002, \"pixel2\": 0.0002, \"max_shape\": [60, 50]}\n\
    Distance: 0.1\nPoni1: 0.004\nPoni2: 0.006\nRot1: 0.1\nRot2: -0.05\nRot3: 0.2\nWavelength: 1e-10\n";

/// Three frames of 60 x 50 counts, an npy of 16 bits, and a geometry.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    let header = "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 60, 50), }";
    npy.extend(118u16.to_le_bytes());
    npy.extend(format!("{header:<117}\n").bytes());
    for index in 0..9000u16 {
        npy.extend((index.wrapping_mul(7919) % 1000).to_le_bytes());
    }
    std::fs::write(folder.path().join("stack.npy"), npy).unwrap();
    std::fs::write(folder.path().join("tilted.poni"), PONI).unwrap();
    folder
}

fn hutch(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Hutch::new().command(arguments);
    command.current_dir(folder).output().unwrap()
}

fn text(folder: &Path, arguments: &[&str]) -> String {
    let run = hutch(folder, arguments);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{arguments:?}: {said}");
    String::from_utf8(run.stdout).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Json {
    serde_json::from_str(&text(folder, arguments)).expect("one JSON object on stdout")
}

#[test]
fn a_stack_becomes_patterns_with_the_geometry_of_a_file() {
    let folder = folder();
    let folder = folder.path();
    let common = [
        "integrate",
        "stack.npy",
        "--poni",
        "tilted.poni",
        "--points",
        "20",
    ];
    let found = json(folder, &[&common[..], &["--errors", "--json"]].concat());
    assert_eq!(found["schema"], "hutch.integrate/1");
    assert_eq!(found["unit"], "q_nm^-1");
    let frames = found["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 3, "three patterns");
    let numbers = |list: &Json| -> Vec<f64> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|number| number.as_f64().unwrap_or(f64::NAN))
            .collect()
    };
    let count: f64 = numbers(&frames[0]["count"]).iter().sum();
    assert!(
        (count - 3000.0).abs() < 1e-3,
        "every pixel counts once, not {count} times"
    );
    let csv = text(folder, &common);
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("frame,q_nm^-1,intensity"), "the head");
    let second: Vec<f64> = csv
        .lines()
        .nth(1 + 20)
        .unwrap()
        .split(',')
        .map(|cell| cell.parse().unwrap())
        .collect();
    assert_eq!(second[0].to_bits(), 1f64.to_bits(), "the second frame");
    let wanted = [
        found["radius"][0].as_f64().unwrap(),
        numbers(&frames[1]["intensity"])[0],
    ];
    assert_eq!(
        second[1..]
            .iter()
            .map(|cell| cell.to_bits())
            .collect::<Vec<_>>(),
        wanted.map(f64::to_bits),
        "the same numbers"
    );
}

#[test]
fn patterns_and_pictures_are_written_as_files() {
    let folder = folder();
    let folder = folder.path();
    let common = [
        "integrate",
        "stack.npy",
        "--poni",
        "tilted.poni",
        "--points",
        "12",
        "--azimuth-points",
        "8",
    ];
    for (name, more, shape) in [
        ("patterns.npy", &[][..], "3 x 12"),
        ("patterns.h5", &[], "3 x 12"),
        ("pictures.nxs", &["--two-d"], "3 x 8 x 12"),
    ] {
        text(folder, &[&common[..], more, &["-o", name]].concat());
        let whole = json(folder, &[&common[..], more, &["--json"]].concat());
        let address = if name.ends_with("npy") {
            name.to_owned()
        } else {
            format!("{name}::/entry/data/data")
        };
        let stored = json(folder, &["cat", &address, "--json"]);
        let shape: Vec<u64> = shape
            .split(" x ")
            .map(|axis| axis.parse().unwrap())
            .collect();
        assert_eq!(
            stored["shape"],
            serde_json::json!(shape),
            "{name}: its shape"
        );
        let mut first = &stored["values"];
        while first[0].is_array() {
            first = &first[0];
        }
        assert_eq!(
            first[3], whole["frames"][0]["intensity"][3],
            "{name}: the same number"
        );
    }
    let shown = json(folder, &["info", "pictures.nxs", "--json"]).to_string();
    assert!(
        shown.contains("/entry/data"),
        "it has a default plot: {shown}"
    );
}

#[test]
fn the_command_line_gives_the_numbers_of_pyfai() {
    let Some(python) = hutch_testservers::python_with("pyFAI") else {
        return;
    };
    let folder = folder();
    let folder = folder.path();
    let script = "import numpy, pyFAI, sys\n\
        ai = pyFAI.load('tilted.poni')\n\
        frame = numpy.load('stack.npy')[2]\n\
        result = ai.integrate1d_ng(frame, 20, unit='2th_deg', method=('full', 'csr', 'cython'), polarization_factor=0.9)\n\
        print(*[repr(float(value)) for value in [*result.radial, *result.intensity]])\n";
    let run = Command::new(python)
        .args(["-c", script])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let wanted = String::from_utf8(run.stdout).unwrap();
    let arguments = [
        "integrate",
        "stack.npy::[2]",
        "--poni",
        "tilted.poni",
        "--points",
        "20",
        "--unit",
        "2th_deg",
        "--split",
        "full",
        "--polarization",
        "0.9",
        "--json",
    ];
    let found = json(folder, &arguments);
    let numbers = found["radius"]
        .as_array()
        .unwrap()
        .iter()
        .chain(found["frames"][0]["intensity"].as_array().unwrap());
    let wanted = wanted
        .split_whitespace()
        .map(|word| word.parse::<f64>().unwrap());
    for (found, wanted) in numbers.zip(wanted) {
        let found = found.as_f64().unwrap();
        assert!(
            (found - wanted).abs() <= 1e-5 * wanted.abs(),
            "{found}, not {wanted}"
        );
    }
}

#[test]
fn frames_without_a_geometry_ask_for_one() {
    let folder = folder();
    let run = hutch(folder.path(), &["integrate", "stack.npy"]);
    assert_eq!(run.status.code(), Some(2), "a wrong request");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("--poni"), "it says how: {said}");
    let part = [
        "integrate",
        "stack.npy::[:, 0:10, :]",
        "--poni",
        "tilted.poni",
    ];
    assert_eq!(
        hutch(folder.path(), &part).status.code(),
        Some(2),
        "a part of a frame"
    );
}

#[test]
fn regions_are_reduced_in_every_frame() {
    let folder = folder();
    let arguments = [
        "roi",
        "stack.npy",
        "--shape",
        "rectangle 3 5 4 6",
        "--shape",
        "point 0 0",
        "--json",
    ];
    let found = json(folder.path(), &arguments);
    assert_eq!(
        found["shapes"][0], "rectangle 3 5 4 6",
        "the shapes as they are read again"
    );
    let frames = found["frames"].as_array().unwrap();
    for (frame, told) in (0..3u64).zip(frames) {
        let value = |y: u64, x: u64| ((frame * 3000 + y * 50 + x) * 7919 % 65536) % 1000;
        let four = [value(5, 3), value(5, 4), value(6, 3), value(6, 4)];
        let region = &told["regions"][0];
        assert_eq!(
            region["sum"],
            four.iter().sum::<u64>(),
            "frame {frame}: the sum"
        );
        assert_eq!(
            region["max"],
            *four.iter().max().unwrap(),
            "frame {frame}: the largest"
        );
        let centre = (5 * (four[0] + four[1]) + 6 * (four[2] + four[3])) as f64
            / four.iter().sum::<u64>() as f64;
        assert!(
            (region["y"].as_f64().unwrap() - centre).abs() < 1e-12,
            "frame {frame}: the centre"
        );
        let point = &told["regions"][1];
        assert_eq!(
            (&point["count"], &point["sum"]),
            (&Json::from(1), &Json::from(value(0, 0))),
            "the pixel"
        );
    }
    std::fs::write(folder.path().join("shapes.json"), found.to_string()).unwrap();
    let again = json(
        folder.path(),
        &["roi", "stack.npy", "--shapes-from", "shapes.json", "--json"],
    );
    assert_eq!(
        again["frames"], found["frames"],
        "shapes are read from what was written"
    );
}

#[test]
fn a_profile_without_end_is_refused() {
    let folder = folder();
    for place in [["--line", "0 0 1e300 5"], ["--around", "5 5 1e12"]] {
        let run = Command::new(env!("CARGO_BIN_EXE_hutch"))
            .current_dir(folder.path())
            .args(["profile", "stack.npy", "--csv"])
            .args(place)
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(2), "{place:?}");
    }
}

#[test]
fn a_profile_along_a_row_is_the_row() {
    let folder = folder();
    let arguments = [
        "profile",
        "stack.npy::[1]",
        "--line",
        "10 20 14 20",
        "--csv",
    ];
    let found = text(folder.path(), &arguments);
    let wanted: Vec<String> = (10..15u64)
        .map(|x| {
            format!(
                "0,{},{},1",
                x - 10,
                ((3000 + 20 * 50 + x) * 7919 % 65536) % 1000
            )
        })
        .collect();
    assert_eq!(
        found.lines().skip(1).collect::<Vec<_>>(),
        wanted,
        "the pixels of the row"
    );
}

/// Two panels, of one image of 60 rows or of two modules of 30.
fn two_panels(modules: bool) -> String {
    let head = "photon_energy = 12398.419843320026\nclen = 0.1\nres = 5000\nfs = x\nss = -y\n\
        min_fs = 0\nmax_fs = 49\ncorner_x = -25\n";
    let first = if modules { 0 } else { 30 };
    let dims = |module: u32| {
        if modules {
            format!("dim0 = %\ndim1 = {module}\ndim2 = ss\ndim3 = fs\n")
        } else {
            "dim0 = %\ndim1 = ss\ndim2 = fs\n".to_owned()
        }
    };
    format!(
        "{head}{}a/min_ss = 0\na/max_ss = 29\na/corner_y = 30\n{}b/min_ss = {first}\nb/max_ss = {}\nb/corner_y = 0\n\
         bad_rows/panel = b\nbad_rows/min_ss = {}\nbad_rows/max_ss = {}\n",
        dims(0),
        dims(1),
        first + 29,
        first + 10,
        first + 11,
    )
}

fn npy(path: &Path, shape: &str, values: impl Iterator<Item = u16>) {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let header = format!("{{'descr': '<u2', 'fortran_order': False, 'shape': {shape}, }}");
    bytes.extend(118u16.to_le_bytes());
    bytes.extend(format!("{header:<117}\n").bytes());
    values.for_each(|value| bytes.extend(value.to_le_bytes()));
    std::fs::write(path, bytes).unwrap();
}

fn pixels_of(found: &Json, frame: usize) -> f64 {
    let counts = found["frames"][frame]["count"].as_array().unwrap();
    counts.iter().map(|count| count.as_f64().unwrap()).sum()
}

#[test]
fn modules_of_a_stack_are_one_frame_and_bad_regions_of_a_geom_do_not_count() {
    let folder = folder();
    let folder = folder.path();
    let values = |index: u16| index.wrapping_mul(7919) % 1000;
    npy(
        &folder.join("modules.npy"),
        "(3, 2, 30, 50)",
        (0..9000).map(values),
    );
    std::fs::write(folder.join("one.geom"), two_panels(false)).unwrap();
    std::fs::write(folder.join("two.geom"), two_panels(true)).unwrap();
    let integrate = |data: &str, geom: &str| {
        let arguments = [
            "integrate",
            data,
            "--geom",
            geom,
            "--points",
            "15",
            "--json",
        ];
        json(folder, &arguments)
    };
    let one = integrate("stack.npy", "one.geom");
    let two = integrate("modules.npy", "two.geom");
    assert_eq!(two["frames"], one["frames"], "modules are parts of a frame");
    assert_eq!(two["frames"].as_array().unwrap().len(), 3, "three frames");
    assert!(
        (pixels_of(&one, 0) - 2900.0).abs() < 1e-3,
        "two rows are bad"
    );
    let alone = integrate("modules.npy::[:, 1]", "two.geom");
    assert!(
        (pixels_of(&alone, 2) - 1400.0).abs() < 1e-3,
        "one module alone"
    );
    let part = hutch(
        folder,
        &["integrate", "modules.npy::[:, 0:1]", "--geom", "two.geom"],
    );
    assert_eq!(
        part.status.code(),
        Some(2),
        "some of the modules are no frame"
    );
}

#[test]
fn masks_of_a_geom_are_read_from_the_file_that_it_names() {
    let folder = folder();
    let folder = folder.path();
    // The first row has a bad bit, the second one that says nothing.
    let row = |index: u16| [1, 2, 0][usize::from(index / 50).min(2)];
    npy(&folder.join("mask.npy"), "(60, 50)", (0..3000).map(row));
    text(folder, &["convert", "mask.npy", "-o", "mask.h5"]);
    let mask = "mask0_file = mask.h5\nmask0_data = /entry/data/data\nmask0_badbits = 0x1\n";
    std::fs::write(
        folder.join("a.geom"),
        format!("{mask}{}", two_panels(false)),
    )
    .unwrap();
    let common = [
        "integrate",
        "stack.npy::[0]",
        "--geom",
        "a.geom",
        "--points",
        "9",
        "--json",
    ];
    let found = json(folder, &common);
    assert!(
        (pixels_of(&found, 0) - 2850.0).abs() < 1e-3,
        "three rows do not count"
    );
    std::fs::remove_file(folder.join("mask.h5")).unwrap();
    let run = hutch(folder, &common);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(
        said.contains("mask.h5"),
        "it says which mask is not applied: {said}"
    );
}

#[test]
fn errors_are_written_beside_patterns_and_shown_with_them() {
    let folder = folder();
    let folder = folder.path();
    let common = [
        "integrate",
        "stack.npy",
        "--poni",
        "tilted.poni",
        "--points",
        "11",
        "--errors",
    ];
    text(folder, &[&common[..], &["-o", "patterns.nxs"]].concat());
    let wanted = json(folder, &[&common[..], &["--json"]].concat());
    let errors = json(
        folder,
        &["cat", "patterns.nxs::/entry/data/data_errors", "--json"],
    );
    for frame in 0..3 {
        let sigma = &wanted["frames"][frame]["sigma"];
        assert_eq!(
            &errors["values"][frame], sigma,
            "frame {frame}: the same numbers"
        );
    }
    let shown = json(folder, &["info", "patterns.nxs", "--json"]).to_string();
    assert!(shown.contains("data_errors"), "the plot has them: {shown}");
    assert!(
        shown.to_lowercase().contains("spectrum"),
        "patterns are curves: {shown}"
    );
}

#[test]
fn a_mask_of_limits_shapes_and_a_file_leaves_out_just_these_pixels() {
    let folder = folder();
    let folder = folder.path();
    let value = |index: u64| (index * 7919 % 65536) % 1000;
    let is_beyond = |index: u64| value(index) > 990 || value(index) < 5;
    let beyond = (0..3000).filter(|index| is_beyond(*index)).count();
    let first = [
        "mask",
        "stack.npy",
        "--above",
        "990",
        "--below",
        "5",
        "-o",
        "a.npy",
        "--json",
    ];
    assert_eq!(json(folder, &first)["masked"], beyond, "by the first frame");
    let steps = [
        "--step",
        "add rectangle 0 4 49 4",
        "--step",
        "take point 5 4",
    ];
    let second = [
        "mask",
        "stack.npy",
        "--mask",
        "a.npy",
        "-o",
        "b.edf",
        "--json",
    ];
    let in_row = |index: u64| index / 50 == 4;
    let both = (0..3000)
        .filter(|index| *index != 205 && (is_beyond(*index) || in_row(*index)))
        .count();
    let found = json(folder, &[&second[..], &steps].concat());
    assert_eq!(found["masked"], both, "a row but for one pixel as well");
    let whole = "rectangle 0 0 49 59";
    let counted = json(
        folder,
        &[
            "roi",
            "stack.npy",
            "--shape",
            whole,
            "--mask",
            "b.edf",
            "--json",
        ],
    );
    let region = &counted["frames"][0]["regions"][0];
    assert_eq!(region["count"], 3000 - both, "what is left of a frame");
    for (wrong, word) in [
        (
            &["mask", "stack.npy", "--step", "paint it", "-o", "c.npy"][..],
            "add and take",
        ),
        (&["mask", "stack.npy", "-o", "c.txt"], ".edf"),
    ] {
        let run = hutch(folder, wrong);
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(!run.status.success() && said.contains(word), "{said}");
    }
}
