//! Pictures without a window: `hutch render`.

use std::process::Command;

use hutch_testservers::python_with;

use crate::hutch::{Hutch, said, sample};

#[test]
fn a_picture_of_a_frame_has_the_size_that_was_asked_for() {
    let hutch = Hutch::new();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let json = hutch.json(&[
        "render",
        &address,
        "--frame",
        "2",
        "--norm",
        "sqrt",
        "--colormap",
        "viridis",
        "--size",
        "64x48",
        "-o",
        "frame.png",
        "--json",
    ]);
    assert_eq!(json["schema"], "hutch.render/1", "the schema");
    assert_eq!(json["size"], serde_json::json!([64, 48]), "the size");
    let picture = image::open(hutch.path("frame.png")).unwrap();
    assert_eq!(
        (picture.width(), picture.height()),
        (64, 48),
        "of the file, too"
    );
    let provenance = hutch::picture::provenance_of(&hutch.path("frame.png")).unwrap();
    assert!(
        provenance.source.ends_with("::/gzip_shuffle, frame 2"),
        "{provenance:?}"
    );
    let link = hutch::window::link::Link::parse(&provenance.link).unwrap();
    assert!((link.state.number("frame", 0.0) - 2.0).abs() < 1e-9);
    assert_eq!(link.state.text("norm", ""), "sqrt");
    assert_eq!(link.state.text("colour map", ""), "viridis");
}

#[test]
fn a_picture_is_of_the_frame_that_the_file_begins_with() {
    let hutch = Hutch::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/nexus/features.h5");
    let address = format!("{file}::/entry/stack");
    let json = hutch.json(&["render", &address, "-o", "frame.png", "--json"]);
    assert_eq!(json["frame"], 2, "default_slice names \"difference\"");
}

#[test]
fn a_picture_is_of_the_axes_that_the_file_or_a_person_names() {
    let hutch = Hutch::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/nexus/slices.h5");
    for (name, axes, frame, size, order) in [
        ("middle", None, 2, [5, 3], Some("1, 0, 2")),
        ("middle/data", None, 2, [5, 3], Some("1, 0, 2")),
        ("middle", Some("0,1"), 0, [4, 3], Some("2, 0, 1")),
        ("middle", Some("0,1,2"), 0, [5, 4], None),
        ("last", None, 1, [4, 3], Some("2, 0, 1")),
    ] {
        let address = format!("{file}::/entry/{name}");
        let mut arguments = vec!["render", &address, "-o", "frame.png", "--json"];
        arguments.extend(axes.iter().flat_map(|axes| ["--axes", axes]));
        let json = hutch.json(&arguments);
        assert_eq!(json["frame"], frame, "{name} {axes:?}");
        assert_eq!(json["size"], serde_json::json!(size), "{name} {axes:?}");
        let said = hutch::picture::provenance_of(&hutch.path("frame.png")).unwrap();
        let named = said.source.split_once("axes ").map(|(_, order)| order);
        assert_eq!(
            named.map(|named| named.split(", frame").next().unwrap()),
            order,
            "{}",
            said.source
        );
        let link = hutch::window::link::Link::parse(&said.link).unwrap();
        let is_kept = link.state.values.contains_key("shown axes");
        let is_named = order.is_some() || axes.is_some();
        assert_eq!(is_kept, is_named, "{}", said.link);
    }
    let address = format!("{file}::/entry/middle");
    let wrong = hutch.run(&["render", &address, "--axes", "1,1", "-o", "wrong.png"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
}

#[test]
fn without_any_adapter_images_are_drawn_and_volumes_are_refused() {
    let hutch = Hutch::new();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let without = |arguments: &[&str]| {
        let mut command = hutch.command(arguments);
        command
            .env("WGPU_BACKEND", "vulkan")
            .env("VK_ICD_FILENAMES", "/nonexistent")
            .env("VK_DRIVER_FILES", "/nonexistent");
        command.output().unwrap()
    };
    let image = without(&["render", &address, "-o", "a.png"]);
    assert!(
        image.status.success(),
        "the processor draws: {}",
        said(&image)
    );
    assert!(
        said(&image).contains("the processor draws"),
        "{}",
        said(&image)
    );
    let volume = without(&["render", &address, "--view", "volume", "-o", "b.png"]);
    assert_eq!(volume.status.code(), Some(9), "{}", said(&volume));
    assert!(
        said(&volume).contains("adapter"),
        "what is missing: {}",
        said(&volume)
    );
    assert!(!hutch.path("b.png").exists(), "no picture is left");
}

/// Frames of four types, and the percentiles that numpy finds in them.
const PERCENTILES: &str = r#"
import json, sys
import h5py, numpy as np
random = np.random.default_rng(5)
frames = {
    "u16": random.poisson(300, (61, 47)).astype("u2"),
    "i32": random.integers(-70000, 70000, (61, 47)).astype("i4"),
    "u32": random.poisson(2, (61, 47)).astype("u4"),
    "f32": random.normal(size=(61, 47)).astype("f4"),
    "f64": random.normal(size=(61, 47)),
}
frames["f32"][3, 4] = np.nan
with h5py.File(sys.argv[1], "w") as file:
    for name, frame in frames.items():
        file[name] = frame
found = {}
for name, frame in frames.items():
    values = frame.astype("f8")
    found[name] = np.percentile(values[np.isfinite(values)], [0.3, 97.1]).tolist()
print(json.dumps(found))
"#;

#[test]
fn a_range_between_percentiles_is_that_of_numpy() {
    let Some(python) = python_with("h5py") else {
        return;
    };
    let hutch = Hutch::new();
    let file = hutch.path("frames.h5");
    let run = Command::new(python)
        .args(["-c", PERCENTILES])
        .arg(&file)
        .output()
        .unwrap();
    assert!(run.status.success(), "numpy: {}", said(&run));
    let expected: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    for (name, expected) in expected.as_object().unwrap() {
        let address = format!("{}::/{name}", file.display());
        let percentile = ["--percentile", "0.3,97.1", "-o", "a.png", "--json"];
        let json = hutch.json(&[&["render", &address][..], &percentile].concat());
        assert_eq!(&json["range"], expected, "bit for bit, of {name}");
    }
}

#[test]
fn a_picture_takes_what_the_window_takes() {
    let hutch = Hutch::new();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let draw = |options: &[&str]| {
        let start = ["render", &address, "-o", "a.png", "--json"];
        let json = hutch.json(&[&start[..], options].concat());
        let pixels = image::open(hutch.path("a.png")).unwrap().to_rgb8();
        (json, pixels)
    };
    let (plain, straight) = draw(&["--min-max", "--colormap", "gray"]);
    let (_, inverted) = draw(&["--min-max", "--colormap", "gray", "--invert"]);
    for (one, other) in straight.pixels().zip(inverted.pixels()) {
        let apart = one.0[0].abs_diff(255 - other.0[0]);
        assert!(apart <= 1, "backwards, but for rounding: {one:?} {other:?}");
    }
    let turn = ["--min-max", "--colormap", "gray", "--rotate", "90"];
    let (turned, right) = draw(&turn);
    assert_eq!(turned["orientation"], "transposed,flip-across", "as asked");
    let expected = image::imageops::rotate90(&straight);
    assert_eq!(right, expected, "a quarter clockwise");
    let (gamma, bright) = draw(&[
        "--min-max",
        "--colormap",
        "gray",
        "--norm",
        "gamma",
        "--exponent",
        "0.3",
    ]);
    assert_eq!(gamma["range"], plain["range"], "the same range");
    let sum = |picture: &image::RgbImage| -> u64 {
        picture.pixels().map(|pixel| u64::from(pixel.0[0])).sum()
    };
    assert!(sum(&bright) > sum(&straight), "a small exponent brightens");
    let (narrow, _) = draw(&["--sigma", "0.5"]);
    assert_ne!(narrow["range"], plain["range"], "half a deviation");
}

#[test]
fn a_picture_in_colours_has_the_colours_of_its_file() {
    let hutch = Hutch::new();
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/images/tiff_rgb.tif"
    );
    let json = hutch.json(&["render", file, "-o", "a.png", "--json"]);
    assert_eq!(
        json["size"],
        serde_json::json!([22, 20]),
        "three are a pixel"
    );
    let picture = image::open(hutch.path("a.png")).unwrap().to_rgb8();
    for [x, y] in [[3_u32, 2_u32], [21, 11], [7, 18]] {
        // As its script writes it: 7919 i + 13 in bytes.
        let first = (y * 22 + x) * 3;
        let stored = [0, 1, 2].map(|part| ((first + part) * 7919 + 13).to_le_bytes()[0]);
        assert_eq!(picture.get_pixel(x, y).0, stored, "at {x}, {y}");
    }
    let movie = hutch.run(&["render", file, "--frames", ":", "-o", "a.gif"]);
    assert!(said(&movie).contains("no movie yet"), "{}", said(&movie));
    let beyond = hutch.run(&["render", file, "--frame", "99", "-o", "c.png"]);
    assert!(!beyond.status.success(), "there is one picture");
    assert!(said(&beyond).contains("there are 1"), "{}", said(&beyond));
    let small = hutch.json(&["render", file, "--size", "11x10", "-o", "b.png", "--json"]);
    assert_eq!(small["size"], serde_json::json!([11, 10]));
}

#[test]
fn frames_become_a_movie_in_one_range() {
    let hutch = Hutch::new();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let all = ["render", &address, "--frames", ":", "--fps", "20"];
    let json = hutch.json(&[&all[..], &["-o", "all.gif", "--json"]].concat());
    let count = json["frames"].as_u64().unwrap();
    let first = hutch.json(&["render", &address, "-o", "a.png", "--json"]);
    assert_eq!(json["range"], first["range"], "that of the first frame");
    let bytes = std::fs::read(hutch.path("all.gif")).unwrap();
    let mut movie = gif::Decoder::new(&bytes[..]).unwrap();
    let mut found = 0;
    while let Some(frame) = movie.read_next_frame().unwrap() {
        assert_eq!(frame.delay, 5, "twenty in a second");
        found += 1;
    }
    assert_eq!(found, count);
    assert!(count > 1, "a stack");
    let two = ["render", &address, "--frames", "0:4:2", "-o", "two.gif"];
    let json = hutch.json(&[&two[..], &["--json"]].concat());
    assert_eq!(json["frames"], 2, "every other one");
    for (wrong, word) in [
        (&["--frames", ":", "-o", "a.png"][..], ".gif"),
        (&["-o", "a.gif"], "--frames"),
        (&["--frames", "3", "-o", "a.gif"], "START:END"),
        (&["--frames", "9999:", "-o", "b.gif"], "none of its frames"),
    ] {
        let run = hutch.run(&[&["render", &address][..], wrong].concat());
        assert!(!run.status.success(), "{wrong:?}");
        assert!(said(&run).contains(word), "{wrong:?}: {}", said(&run));
    }
}

const AS_ONE: &str = r#"
import sys, json, h5py, numpy as np
rng = np.random.default_rng(3)
stacks = {
    "counts": rng.poisson(3, (9, 21, 34)).astype("u2"),
    "wide": rng.integers(0, 2**16, (8, 21, 34)).astype("i4"),
    "real": rng.normal(0, 1e4, (10, 21, 34)).astype("f4"),
}
stacks["real"][3, 4, 5] = np.nan
found = {}
with h5py.File(sys.argv[1], "w") as file:
    for name, stack in stacks.items():
        file[name] = stack
        values = stack[1:8:2].astype("f8")
        found[name] = {
            "sum": np.nansum(values, 0), "mean": np.nanmean(values, 0), "max": np.nanmax(values, 0),
            "min": np.nanmin(values, 0), "sigma": np.nanstd(values, 0), "median": np.nanmedian(values, 0),
        }
print(json.dumps({name: {kind: [float(one.min()), float(one.max())] for kind, one in kinds.items()}
                  for name, kinds in found.items()}))
"#;

#[test]
fn frames_as_one_have_the_extremes_that_numpy_finds() {
    let Some(python) = python_with("h5py") else {
        return;
    };
    let hutch = Hutch::new();
    let file = hutch.path("stacks.h5");
    let run = Command::new(python)
        .args(["-c", AS_ONE])
        .arg(&file)
        .output()
        .unwrap();
    assert!(run.status.success(), "numpy: {}", said(&run));
    let expected: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    for (name, kinds) in expected.as_object().unwrap() {
        for (kind, expected) in kinds.as_object().unwrap() {
            let address = format!("{}::/{name}", file.display());
            let which = ["--as-one", kind, "--frames", "1:8:2", "--min-max"];
            let all = [
                &["render", &address][..],
                &which,
                &["-o", "a.png", "--json"],
            ]
            .concat();
            let json = hutch.json(&all);
            for end in 0..2 {
                let [found, expected] =
                    [&json["range"], expected].map(|of| of[end].as_f64().unwrap());
                let apart = (found - expected).abs() / expected.abs().max(1.0);
                assert!(apart < 1e-12, "{kind} of {name}: {found}, not {expected}");
            }
            assert_eq!(json["as_one"], **kind, "what it is");
        }
    }
    let address = format!("{}::/counts", file.display());
    let wrong = hutch.run(&["render", &address, "--as-one", "mode", "-o", "a.png"]);
    assert!(said(&wrong).contains("sigma, median"), "{}", said(&wrong));
}

const FIELDS: &str = r#"
import sys, json, h5py, numpy as np
rng = np.random.default_rng(5)
frames = rng.integers(100, 4000, (3, 16, 24)).astype("u2")
dark = rng.integers(80, 100, (5, 16, 24)).astype("u2")
flat = rng.integers(4000, 5000, (4, 16, 24)).astype("u2")
with h5py.File(sys.argv[1], "w") as file:
    file["frames"], file["dark"], file["flat"] = frames, dark, flat
d, f = dark.mean(0), flat.mean(0)
found = {"dark": frames[1] - d, "flat": frames[1] / f, "both": (frames[1] - d) / (f - d)}
print(json.dumps({name: [float(one.min()), float(one.max())] for name, one in found.items()}))
"#;

#[test]
fn frames_are_corrected_by_dark_and_flat_as_numpy_corrects_them() {
    let Some(python) = python_with("h5py") else {
        return;
    };
    let hutch = Hutch::new();
    let file = hutch.path("fields.h5");
    let run = Command::new(python)
        .args(["-c", FIELDS])
        .arg(&file)
        .output()
        .unwrap();
    assert!(run.status.success(), "numpy: {}", said(&run));
    let expected: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let at = |name: &str| format!("{}::/{name}", file.display());
    let (frames, dark, flat) = (at("frames"), at("dark"), at("flat"));
    for (name, fields) in [
        ("dark", &["--dark", &dark][..]),
        ("flat", &["--flat", &flat]),
        ("both", &["--dark", &dark, "--flat", &flat]),
    ] {
        let rest = ["--frame", "1", "--min-max", "-o", "a.png", "--json"];
        let json = hutch.json(&[&["render", &frames][..], fields, &rest].concat());
        for end in 0..2 {
            let [found, expected] =
                [&json["range"], &expected[name]].map(|of| of[end].as_f64().unwrap());
            let apart = (found - expected).abs() / expected.abs();
            assert!(apart < 1e-12, "{name}: {found}, not {expected}");
        }
    }
    let wrong = sample("chunked_latest.h5");
    let run = hutch.run(&[
        "render",
        &frames,
        "--dark",
        &format!("{wrong}::/gzip_shuffle"),
        "-o",
        "b.png",
    ]);
    assert!(said(&run).contains("16 x 24 pixels"), "{}", said(&run));
}
