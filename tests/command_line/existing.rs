//! Files that exist: data are replaced only when that is asked for, pictures and texts again and again.

use std::fs;

use crate::hutch::{Hutch, data, refused, said};

const OTHER: &[u8] = b"\x89HDF\r\n\x1a\nraw data of somebody";

#[test]
fn no_command_replaces_data_unless_it_is_told_to() {
    let hutch = Hutch::new();
    let part = format!("{}::/uint16/data[0]", data("stats/stats.h5").display());
    let [frames, geom] = ["serial/run00.cxi", "serial/quad.geom"].map(|name| {
        let path = data(name);
        path.display().to_string()
    });
    let scan = data("tomography/diamond_pin.nxs").display().to_string();
    let calibrate = ["calibrate", &frames, "--calibrant", "LaB6", "-o", "a.poni"];
    for (output, arguments) in [
        (
            "b.h5",
            &[
                "integrate",
                &frames,
                "--geom",
                &geom,
                "--points",
                "5",
                "-o",
                "b.h5",
            ][..],
        ),
        (
            "b.npy",
            &[
                "integrate",
                &frames,
                "--geom",
                &geom,
                "--points",
                "5",
                "-o",
                "b.npy",
            ],
        ),
        ("m.h5", &["mask", &part, "-o", "m.h5"]),
        ("c.edf", &["mask", &part, "-o", "c.edf"]),
        ("d.edf", &["cat", &part, "--npy", "-o", "d.edf"]),
        ("e.csv", &["cat", &part, "--npy", "-o", "e.csv"]),
        ("f.csv", &["cat", &part, "-o", "f.csv"]),
        ("g.h5", &["convert", &part, "-o", "g.h5"]),
        ("h.png", &["render", &frames, "-o", "h.png"]),
        (
            "i.gif",
            &["render", &frames, "--frames", "0:1", "-o", "i.gif"],
        ),
        ("a.poni", &calibrate),
        (
            "j.h5",
            &["reconstruct", &scan, "--center", "86", "-o", "j.h5"],
        ),
    ] {
        fs::write(hutch.path(output), [OTHER, &[0]].concat()).unwrap();
        let words = refused(&hutch, arguments, 2);
        assert!(words.contains("--overwrite"), "{arguments:?}: {words}");
        let left = fs::read(hutch.path(output)).unwrap();
        assert!(left.starts_with(OTHER), "{arguments:?} leaves it alone");
        if matches!(arguments[0], "calibrate" | "reconstruct") {
            continue;
        }
        let run = hutch.run(&[arguments, &["--overwrite"]].concat());
        assert!(run.status.success(), "{arguments:?}: {}", said(&run));
        let new = fs::read(hutch.path(output)).unwrap();
        assert!(!new.starts_with(OTHER), "{arguments:?} replaces it");
    }
}

#[test]
fn pictures_and_texts_are_made_again_and_what_is_written_is_told() {
    let hutch = Hutch::new();
    let part = format!("{}::/uint16/data[0]", data("stats/stats.h5").display());
    let [frames, geom] = ["serial/run00.cxi", "serial/quad.geom"].map(|name| {
        let path = data(name);
        path.display().to_string()
    });
    let integrate = [
        "integrate",
        &frames,
        "--geom",
        &geom,
        "--points",
        "5",
        "-o",
        "b.txt",
    ];
    for (arguments, words) in [
        (&["render", &frames, "-o", "a.png"][..], "a.png"),
        (
            &["render", &frames, "--frames", "0:1", "-o", "a.gif"],
            "a.gif",
        ),
        (&["cat", &part, "-o", "a.csv"], "wrote \"a.csv\""),
        (
            &["cat", &part, "--json", "-o", "a.json"],
            "wrote \"a.json\"",
        ),
        (&integrate, "wrote \"b.txt\": lines of values"),
    ] {
        for _ in 0..2 {
            let run = hutch.run(arguments);
            assert!(run.status.success(), "{arguments:?}: {}", said(&run));
            assert!(said(&run).contains(words), "{arguments:?}: {}", said(&run));
        }
    }
    let misnamed = hutch.run(&["cat", &part, "--npy", "-o", "new.edf"]);
    let words = said(&misnamed);
    assert!(misnamed.status.success(), "{words}");
    assert!(
        words.contains("\"new.edf\" becomes a numpy array, which its ending does not say"),
        "{words}"
    );
}

#[test]
fn a_field_or_a_mask_is_never_the_result() {
    let hutch = Hutch::new();
    let [frames, geom] = ["serial/run00.cxi", "serial/quad.geom"].map(|name| {
        let path = data(name);
        path.display().to_string()
    });
    fs::write(hutch.path("flat.npy"), OTHER).unwrap();
    for field in ["--flat", "--dark", "--mask"] {
        let words = refused(
            &hutch,
            &[
                "integrate",
                &frames,
                "--geom",
                &geom,
                field,
                "flat.npy",
                "-o",
                "flat.npy",
                "--overwrite",
            ],
            2,
        );
        assert!(words.contains("the source itself"), "{field}: {words}");
    }
}
