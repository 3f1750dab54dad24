//! Regions beside numpy and silx: the same pixels, the same numbers.
#![cfg(test)]

use std::path::Path;
use std::process::Command;

use hutch_analysis::numeric::Random;
use hutch_analysis::reduce::Options;
use hutch_analysis::region::{Frame, Shape, region_statistics};
use hutch_model::Samples;

const SIZE: [usize; 2] = [61, 83];

const SHAPES: &[&str] = &[
    "point 30.4 20.6",
    "cross 30.4 20.6",
    "line 5 7 70.5 41 1",
    "line 70 50 12 3.25 6.5",
    "band 5 7 70.5 41 9",
    "rectangle 3 4.5 60 40",
    "rectangle 60 40 -3 4.5",
    "circle 40 30 12.5",
    "circle 0 0 500",
    "ellipse 41 29 30 8 33",
    "polygon 5 5 70 9 50 55 30 20 9 50",
    "arc 40 30 8 25 -40 130",
    "arc 40 30 8 25 130 -40",
    "horizontal 10 12.9",
    "vertical 70.5 40",
];
const LINES: &[&str] = &[
    "5 7 70.5 41 1",
    "60 50 22.5 13.25 5",
    "10 30 70 30 4",
    "33 8 33 50 3",
];

struct Peer {
    folder: tempfile::TempDir,
}

impl Peer {
    fn run() -> Option<Self> {
        // pyFAI brings silx along.
        let python = hutch_testservers::python_with("pyFAI")?;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("shapes.txt"), SHAPES.join("\n")).unwrap();
        std::fs::write(folder.path().join("lines.txt"), LINES.join("\n")).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regions/numpy_peer.py");
        let output = Command::new(python)
            .arg(script)
            .arg(folder.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "the script of numpy ends: {errors}"
        );
        Some(Self { folder })
    }

    fn rows(&self, name: &str) -> Vec<Vec<f64>> {
        let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap();
        let row = |line: &str| line.split(' ').map(|word| word.parse().unwrap()).collect();
        text.lines().map(row).collect()
    }

    fn frame(&self) -> Samples {
        let bytes = std::fs::read(self.folder.path().join("frame.u16")).unwrap();
        let words = bytes.as_chunks::<2>().0;
        Samples::U16(words.iter().map(|two| u16::from_le_bytes(*two)).collect())
    }

    fn bad(&self) -> Vec<bool> {
        let bytes = std::fs::read(self.folder.path().join("bad.u8")).unwrap();
        bytes.into_iter().map(|bad| bad != 0).collect()
    }
}

#[test]
fn shapes_have_the_statistics_that_numpy_finds() {
    let Some(peer) = Peer::run() else { return };
    let (frame, bad) = (peer.frame(), peer.bad());
    for (text, wanted) in SHAPES.iter().zip(peer.rows("statistics.txt")) {
        let shape: Shape = text.parse().unwrap();
        let rows = shape.rows(SIZE[0]);
        let runs = shape.runs(rows, SIZE[1]);
        let options = Options {
            mask: Some(&bad),
            ..Options::default()
        };
        let found = region_statistics(&frame, SIZE[1], 0, &runs, &options).unwrap();
        let values = found.values;
        let exact = [
            values.count as f64,
            values.sum.to_f64(),
            values.min.to_f64(),
            values.max.to_f64(),
        ];
        let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect();
        let (found_bits, wanted_bits): (Vec<u64>, Vec<u64>) = (bits(&exact), bits(&wanted[..4]));
        assert_eq!(found_bits, wanted_bits, "{text}: {exact:?}, not {wanted:?}");
        let others = [values.mean, values.sigma, found.centre[0], found.centre[1]];
        for (other, wanted) in others.iter().zip(&wanted[4..]) {
            let is_near = (other - wanted).abs() <= 1e-12 * wanted.abs().max(1.0);
            assert!(is_near, "{text}: {others:?}, not {wanted}");
        }
    }
}

#[test]
fn profiles_along_lines_are_those_of_silx() {
    let Some(peer) = Peer::run() else { return };
    let frame = peer.frame();
    let frame = Frame::new(&frame, 0, SIZE, Options::default()).unwrap();
    for (text, wanted) in LINES.iter().zip(peer.rows("profiles.txt")) {
        let numbers: Vec<f64> = text.split(' ').map(|word| word.parse().unwrap()).collect();
        let ends = [[numbers[0], numbers[1]], [numbers[2], numbers[3]]];
        let width: usize = text.rsplit(' ').next().unwrap().parse().unwrap();
        let found = frame.line(ends, width);
        assert_eq!(found.mean.len(), wanted.len(), "{text}: places");
        for (place, (found, wanted)) in found.mean.iter().zip(&wanted).enumerate() {
            let is_near = (found - wanted).abs() <= 1e-5 * wanted.abs().max(1.0);
            assert!(is_near, "{text}: {found}, not {wanted} at {place}");
        }
    }
}

#[test]
fn the_profile_around_a_centre_is_that_of_numpy() {
    let Some(peer) = Peer::run() else { return };
    let (frame, bad) = (peer.frame(), peer.bad());
    let options = Options {
        mask: Some(&bad),
        ..Options::default()
    };
    let found = Frame::new(&frame, 0, SIZE, options)
        .unwrap()
        .around([40.3, 31.7], 19.0);
    for (found, wanted) in found.mean.iter().zip(&peer.rows("radial.txt")[0]) {
        assert!(
            (found - wanted).abs() <= 1e-12 * wanted,
            "{found}, not {wanted}"
        );
    }
}

#[test]
fn shapes_read_what_they_write() {
    let mut random = Random(7);
    let counts = [
        ("point", 2),
        ("line", 5),
        ("rectangle", 4),
        ("circle", 3),
        ("ellipse", 5),
        ("polygon", 10),
        ("arc", 6),
        ("band", 5),
        ("cross", 2),
        ("horizontal", 2),
        ("vertical", 2),
    ];
    for _ in 0..200 {
        for (name, count) in counts {
            let numbers: Vec<f64> = (0..count).map(|_| random.between(0.0, 1e4)).collect();
            let shape = Shape::new(name, &numbers).unwrap();
            assert_eq!(shape.numbers(), numbers, "{shape}: its numbers");
            assert_eq!(
                shape.to_string().parse::<Shape>().unwrap(),
                shape,
                "{shape}: its text"
            );
        }
    }
}

#[test]
fn what_is_no_shape_is_refused() {
    for text in [
        "",
        "circle",
        "circle 1 2",
        "circle 1 2 -3",
        "circle 1 2 x",
        "circle 1 2 NaN",
        "rectangle 1 2 3 4 5",
        "polygon 1 2 3 4",
        "star 1 2",
    ] {
        assert!(text.parse::<Shape>().is_err(), "\"{text}\" is no shape");
    }
}

#[test]
fn runs_stay_inside_of_the_frame_whatever_the_shape() {
    let mut random = Random(11);
    for _ in 0..500 {
        let numbers: Vec<f64> = (0..4).map(|_| random.between(-1e3, 1e3)).collect();
        let shape = Shape::new("rectangle", &numbers).unwrap();
        for run in shape.runs(shape.rows(SIZE[0]), SIZE[1]) {
            assert!(
                run.row < SIZE[0] && run.first < run.end && run.end <= SIZE[1],
                "{shape}: {run:?}"
            );
        }
    }
    let far: Shape = "circle 1e300 1e300 1".parse().unwrap();
    assert_eq!(far.runs(far.rows(SIZE[0]), SIZE[1]), [], "far away");
}
