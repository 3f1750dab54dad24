//! Folders as addresses, and files that are read from others: what opens, and
//! what is never written over.

use std::fs;
use std::path::Path;

use crate::hutch::{Hutch, data, refused, said};

/// Hutch beside a copy of a folder of the test data, `data`.
fn with(name: &str) -> Hutch {
    let hutch = Hutch::new();
    fs::create_dir(hutch.path("data")).unwrap();
    for entry in fs::read_dir(data(name)).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            let to = hutch.path("data").join(entry.file_name());
            fs::copy(entry.path(), to).unwrap();
        }
    }
    hutch
}

#[test]
fn a_folder_of_numbered_images_is_one_stack() {
    let home = with("images/series");
    // It has another shape than the others.
    fs::remove_file(home.path("data/scan_11.tif")).unwrap();
    let info = home.json(&["info", "data", "--json"]);
    assert_eq!(info["path"], "/stack", "{info}");
    assert_eq!(info["shape"], serde_json::json!([3, 6, 7]), "three images");
    let values = home.run(&["cat", "data::[:, 0, 0]"]);
    let values = String::from_utf8(values.stdout).unwrap();
    assert_eq!(values, "8\n9\n10\n", "in the order of their numbers");
    let found = home.json(&["stats", "data/", "--json"]);
    assert_eq!(found["frames"][2]["mean"], 10.0, "the third image");
    let tree = home.json(&["ls", "data::/", "--json"]);
    assert_eq!(tree["children"].as_array().unwrap().len(), 2, "{tree}");
    let answer = home.json(&["convert", "data", "-o", "all.npy", "--json"]);
    assert_eq!(answer["shape"], serde_json::json!([3, 6, 7]), "converted");
}

#[test]
fn folders_and_links_to_other_files_are_drawn() {
    let home = with("images/series");
    fs::remove_file(home.path("data/scan_11.tif")).unwrap();
    let run = home.run(&["render", "data", "--frame", "2", "-o", "a.png"]);
    assert!(run.status.success(), "a stack: {}", said(&run));
    let words = refused(&home, &["render", "data", "--frame", "3", "-o", "b.png"], 2);
    assert!(words.contains("there are 3"), "{words}");
    let home = with("tomography/diad");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tomography/diad/k11-18014");
    fs::create_dir(home.path("data/k11-18014")).unwrap();
    let name = "k11-18014/k11-18014-imaging.h5";
    fs::copy(
        from.join("k11-18014-imaging.h5"),
        home.path("data").join(name),
    )
    .unwrap();
    let run = home.run(&["render", "data/k11-18014.nxs", "-o", "a.png"]);
    assert!(
        run.status.success(),
        "frames of another file: {}",
        said(&run)
    );
    let info = home.json(&["info", "data/k11-18014.nxs", "--json"]);
    let path = info["default_plot"]["path"].as_str().unwrap();
    let shown = home.json(&["info", path, "--json"]);
    assert_eq!(shown["shape"][0], 3201, "an address that opens: {path}");
}

#[test]
fn a_picture_with_missing_samples_is_drawn_and_told() {
    let home = with("hdf5/virtual");
    let run = home.run(&[
        "render",
        "data/master_latest.h5::/interleaved",
        "--frame",
        "3",
        "-o",
        "a.png",
    ]);
    assert_eq!(run.status.code(), Some(1), "{}", said(&run));
    assert!(said(&run).contains("part_3.h5"), "{}", said(&run));
    assert!(home.path("a.png").exists(), "what is there is drawn");
}

#[test]
fn a_folder_of_several_data_sets_says_how_to_name_one() {
    let home = with("images/series");
    fs::copy(home.path("data/scan_8.tif"), home.path("data/dark.tif")).unwrap();
    let words = refused(&home, &["info", "data"], 2);
    assert!(
        words.contains("\"dark.tif\", \"scan_8.tif::/stack\" (4 files)"),
        "{words}"
    );
    assert!(
        words.contains("data/dark.tif\""),
        "how to name one: {words}"
    );
    let info = home.json(&["info", "data/scan_8.tif::/stack", "--json"]);
    assert_eq!(info["shape"][0], 4, "as it says");
    fs::create_dir(home.path("empty")).unwrap();
    let words = refused(&home, &["stats", "empty"], 2);
    assert!(words.contains("there is no file in it"), "{words}");
}

#[test]
fn a_folder_of_a_run_is_the_run_and_of_a_master_its_data() {
    let home = with("layouts/exdf/run");
    let info = home.json(&["info", "data", "--json"]);
    let format = info["format"].as_str().unwrap();
    assert!(format.ends_with("European XFEL run"), "{format}");
    let home = with("layouts/eiger");
    for other in ["old_master.h5", "uneven_master.h5", "fabio.h5"] {
        fs::remove_file(home.path("data").join(other)).unwrap();
    }
    let info = home.json(&["info", "data", "--json"]);
    assert_eq!(info["default_plot"]["path"], "/entry/data/data", "{info}");
}

#[test]
fn no_file_that_is_read_is_written_over() {
    for (folder, source, output) in [
        (
            "hdf5/virtual",
            "data/master_latest.h5::/interleaved",
            "data/part_0.h5",
        ),
        ("images/series", "data", "data/scan_9.tif"),
        (
            "images/series",
            "data/scan_8.tif::/stack",
            "data/scan_10.tif",
        ),
        (
            "layouts/eiger",
            "data/series_master.h5",
            "data/series_data_000002.h5",
        ),
        (
            "layouts/exdf/run",
            "data",
            "data/RAW-R0007-AGIPD03-S00000.h5",
        ),
    ] {
        let home = with(folder);
        let before = fs::read(home.path(output)).unwrap();
        let mut words = refused(&home, &["convert", source, "-o", output, "--overwrite"], 2);
        if source.contains("::") {
            words += &refused(&home, &["cat", source, "-o", output], 2);
        }
        for line in words.lines().filter(|line| line.starts_with("hutch:")) {
            assert!(line.contains("is read from it"), "{line}");
        }
        assert_eq!(fs::read(home.path(output)).unwrap(), before, "{output}");
    }
}

#[cfg(unix)]
#[test]
fn another_name_of_a_file_that_is_read_is_not_written_over() {
    let home = with("hdf5/virtual");
    fs::hard_link(home.path("data/part_0.h5"), home.path("other.h5")).unwrap();
    std::os::unix::fs::symlink("data/part_1.h5", home.path("link.h5")).unwrap();
    let source = "data/master_latest.h5::/interleaved";
    for output in ["other.h5", "link.h5"] {
        let words = refused(&home, &["convert", source, "-o", output, "--overwrite"], 2);
        assert!(words.contains("is read from it"), "{words}");
    }
}
