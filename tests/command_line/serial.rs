//! Geometries and streams of serial crystallography.

use std::fs;

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
