//! Geometries and streams of serial crystallography.

use std::fs;

use ::hutch::picture::provenance_of;
use hutch_viewers::theme::{ThemeKind, Tokens};
use serde_json::json;

use crate::hutch::{self, Hutch, said, sample};

fn data(name: &str) -> String {
    hutch::data("serial").join(name).display().to_string()
}

#[test]
fn a_stream_tells_its_frames_and_crystals() {
    let hutch = Hutch::new();
    let json = hutch.json(&["peaks", &data("quad.stream"), "--json"]);
    assert_eq!(json["schema"], "hutch.peaks/1", "the schema");
    // As tests/data/serial/make.py writes them: 0, 1, 0, 2, 0, 1 crystals, twice.
    assert_eq!(json["frame_count"], 12, "frames");
    assert_eq!(json["indexed_count"], 6, "frames with crystals");
    assert_eq!(json["crystal_count"], 8, "crystals");
    let fourth = &json["frames"][3];
    assert_eq!(fourth["event"], "//3", "the event");
    assert_eq!(fourth["peak_count"], 7, "4 and the number of the frame");
    assert_eq!(fourth["crystals"].as_array().map(Vec::len), Some(2), "two");
    assert_eq!(
        fourth["crystals"][1]["lattice"], "tetragonal P",
        "the lattice"
    );
    let hits = hutch.json(&["peaks", &data("quad.stream"), "--hits", "--json"]);
    assert_eq!(hits["frames"].as_array().map(Vec::len), Some(6), "hits");
    let one = hutch.json(&["peaks", &data("quad.stream"), "--frame", "3", "--json"]);
    assert_eq!(one["peaks"].as_array().map(Vec::len), Some(7), "peaks");
    let reflections = &one["crystals"][0]["reflections"];
    assert_eq!(reflections.as_array().map(Vec::len), Some(5), "reflections");
    let beyond = hutch.run(&["peaks", &data("quad.stream"), "--frame", "12"]);
    assert_eq!(beyond.status.code(), Some(2), "there is none");
}

#[test]
fn a_stream_that_is_cut_off_says_so_and_shows_the_rest() {
    let hutch = Hutch::new();
    let text = fs::read_to_string(data("quad.stream")).unwrap();
    let at = text.rfind("End of peak list").unwrap();
    fs::write(hutch.path("cut.stream"), &text[..at]).unwrap();
    let run = hutch.run(&["peaks", "cut.stream"]);
    assert!(run.status.success(), "{}", said(&run));
    assert!(said(&run).contains("ends inside"), "{}", said(&run));
    let json = hutch.json(&["peaks", "cut.stream", "--json"]);
    assert_eq!(json["frame_count"], 11, "the whole ones");
}

#[test]
fn rings_are_drawn_where_a_poni_puts_them() {
    let hutch = Hutch::new();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let draw = |more: &[&str], output: &str| {
        let arguments = ["render", &address, "--size", "200x200", "-o", output];
        hutch.run(&[&arguments[..], more].concat())
    };
    let poni = "Detector_config: {\"pixel1\": 1e-4, \"pixel2\": 1e-4}\nDetector: Detector\nDistance: 0.001\n\
        Poni1: 0.0003\nPoni2: 0.0004\nRot1: 0.1\nWavelength: 2e-10\n";
    fs::write(hutch.path("a.poni"), poni).unwrap();
    let plain = draw(&[], "plain.png");
    assert!(plain.status.success(), "{}", said(&plain));
    let rings = draw(&["--poni", "a.poni", "--rings", "resolution"], "rings.png");
    assert!(rings.status.success(), "{}", said(&rings));
    let [plain, rings] = ["plain.png", "rings.png"].map(|name| {
        let picture = image::open(hutch.path(name)).unwrap();
        picture.to_rgba8().into_raw()
    });
    assert_ne!(plain, rings, "something is drawn");
    let none = draw(&["--rings", "LaB6"], "none.png");
    assert_eq!(
        none.status.code(),
        Some(7),
        "nothing says where the pixels are"
    );
    assert!(said(&none).contains("--poni"), "{}", said(&none));
    let unknown = draw(&["--rings", "cheese"], "none.png");
    assert_eq!(unknown.status.code(), Some(2), "no calibrant");
}

#[test]
fn a_geom_with_faults_says_them_with_their_lines() {
    let hutch = Hutch::new();
    let text = fs::read_to_string(data("quad.geom")).unwrap();
    let text = text.replace("p3/corner_x", "p3/corner_u");
    fs::write(hutch.path("a.geom"), text).unwrap();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let arguments = ["render", &address, "--geom", "a.geom", "-o", "a.png"];
    let run = hutch.run(&arguments);
    assert!(run.status.success(), "{}", said(&run));
    let words = said(&run);
    assert!(
        words.contains("corner_u") && words.contains("line "),
        "{words}"
    );
    assert!(words.contains("\"p3\" has no corner"), "{words}");
    let json = hutch.json(&[
        "info",
        &format!("{}::/crystals", data("quad.stream")),
        "--json",
    ]);
    assert_eq!(json["kind"], json!("group"), "columns");
}

/// A picture with a lookup of its pixels, `None` outside.
fn pixels(hutch: &Hutch, name: &str) -> impl Fn(f64, f64) -> Option<[u8; 3]> + use<> {
    let picture = image::open(hutch.path(name)).unwrap().to_rgba8();
    move |x, y| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "places in and around a picture"
        )]
        let at = |place: f64| u32::try_from(place.floor() as i64).ok();
        let pixel = picture.get_pixel_checked(at(x)?, at(y)?)?;
        Some([pixel[0], pixel[1], pixel[2]])
    }
}

fn colour(of: egui::Color32) -> [u8; 3] {
    [of.r(), of.g(), of.b()]
}

/// Pixels of the picture for a pixel of the frames, which have 48 x 128.
const ZOOM: f64 = 12.0;

#[test]
fn a_frame_of_a_stream_is_drawn_with_its_peaks_and_reflections_where_they_are() {
    let hutch = Hutch::new();
    let stream = data("quad.stream");
    let draw = |more: &[&str], output: &str| {
        let arguments = ["render", &stream, "--size", "576x1536", "-o", output];
        hutch.run(&[&arguments[..], more].concat())
    };
    for (name, more) in [
        ("plain.png", &["--frame", "3"][..]),
        ("hkl.png", &["--frame", "3", "--hkl"]),
        ("across.png", &["--frame", "3", "--flip", "across"]),
        // The first hit has one crystal; the fourth frame is no other's.
        ("first.png", &[]),
    ] {
        let run = draw(more, name);
        assert!(run.status.success(), "{name}: {}", said(&run));
    }
    let found = hutch.json(&["peaks", &stream, "--frame", "3", "--json"]);
    let [plain, hkl, across] = ["plain.png", "hkl.png", "across.png"].map(|of| pixels(&hutch, of));
    let tokens = Tokens::new(ThemeKind::Dark);
    let place = |of: &serde_json::Value| ["fs", "ss"].map(|axis| of[axis].as_f64().unwrap() * ZOOM);
    let peaks = found["peaks"].as_array().unwrap();
    assert_eq!(peaks.len(), 7, "4 and the number of the frame");
    for peak in peaks {
        let [x, y] = place(peak);
        // A box is 6 pixels of the frame wide; an edge may lie outside.
        let edges = [plain(x - 36.0, y), plain(x + 36.0, y), plain(x, y + 36.0)];
        let is_edge = |of: &&Option<[u8; 3]>| **of == Some(colour(tokens.attention));
        assert!(
            edges.iter().filter(is_edge).count() >= 2,
            "{peak}: {edges:?}"
        );
        let mirrored = [across(576.0 - x - 36.0, y), across(576.0 - x + 36.0, y)];
        assert!(
            mirrored.iter().any(|of| is_edge(&of)),
            "{peak}: {mirrored:?}"
        );
    }
    let colours = [tokens.accent, tokens.error].map(colour);
    let crystals = found["crystals"].as_array().unwrap();
    assert_eq!(crystals.len(), 2, "crystals");
    for (crystal, colour) in crystals.iter().zip(colours) {
        for reflection in crystal["reflections"].as_array().unwrap() {
            let [x, y] = place(reflection);
            let edges = [plain(x + 30.0, y), plain(x, y - 30.0), plain(x, y + 30.0)];
            let on_circle = edges.iter().filter(|of| **of == Some(colour)).count();
            assert!(on_circle >= 1, "{reflection}: {edges:?}");
            // The ground of its name, at the right of the circle.
            let named =
                hkl(x + 33.0, y - 30.0).is_none_or(|of| of != plain(x + 33.0, y - 30.0).unwrap());
            assert!(named, "{reflection} has its name");
        }
    }
    let beyond = draw(&["--frame", "12"], "none.png");
    assert_eq!(beyond.status.code(), Some(2), "there is none");
    assert!(
        said(&beyond).contains("the stream has 12"),
        "{}",
        said(&beyond)
    );
    let movie = hutch.run(&["render", &stream, "--frames", ":", "-o", "a.gif"]);
    assert!(said(&movie).contains("frame by frame"), "{}", said(&movie));
    let said_of = provenance_of(&hutch.path("plain.png")).unwrap().source;
    assert!(
        said_of.contains("run00.cxi") && said_of.contains("quad.stream"),
        "{said_of}"
    );
}

/// Gives a file of frames peaks as CXI keeps them: two in the second frame.
const PEAKS: &str = "
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'r+') as file:
    group = file.create_group('entry_1/result_1')
    group['nPeaks'] = np.array([0, 2, 0, 0, 0, 0])
    x, y = np.zeros((6, 8), 'f4'), np.zeros((6, 8), 'f4')
    x[1, :3], y[1, :3] = [10.25, 30, 20], [20.5, 90, 60]
    group['peakXPosRaw'], group['peakYPosRaw'] = x, y
";

#[test]
fn peaks_beside_frames_are_drawn_where_their_file_has_them() {
    let Some(python) = hutch_testservers::python_with("h5py") else {
        return;
    };
    let hutch = Hutch::new();
    let file = hutch.path("run.cxi");
    fs::copy(data("run00.cxi"), &file).unwrap();
    let frames = format!("{}::/entry_1/data_1/data", file.display());
    let draw = |more: &[&str]| {
        let arguments = ["render", &frames, "--size", "576x1536", "--frame", "1"];
        hutch.run(&[&arguments[..], more].concat())
    };
    let none = draw(&["--peaks", "-o", "none.png"]);
    assert_eq!(none.status.code(), Some(2), "there are none yet");
    let run = std::process::Command::new(python)
        .args(["-c", PEAKS])
        .arg(&file)
        .output()
        .unwrap();
    assert!(run.status.success(), "h5py: {}", said(&run));
    for more in [&["-o", "plain.png"][..], &["--peaks", "-o", "peaks.png"]] {
        let run = draw(more);
        assert!(run.status.success(), "{}", said(&run));
    }
    let [plain, marked] = ["plain.png", "peaks.png"].map(|of| pixels(&hutch, of));
    let attention = Some(colour(Tokens::new(ThemeKind::Dark).attention));
    // Pixel i has its centre at i; the third is one more than the file counts.
    for (x, y, is_there) in [(10.25, 20.5, true), (30.0, 90.0, true), (20.0, 60.0, false)] {
        let [x, y] = [(x + 0.5) * ZOOM, (y + 0.5) * ZOOM];
        for [x, y] in [[x - 36.0, y], [x + 36.0, y], [x, y - 36.0], [x, y + 36.0]] {
            assert_eq!(marked(x, y) == attention, is_there, "{x} {y}");
            assert_ne!(plain(x, y), attention, "only where they are asked for");
        }
    }
    let named = draw(&["--hkl", "-o", "none.png"]);
    assert!(said(&named).contains("FILE.stream"), "{}", said(&named));
}
