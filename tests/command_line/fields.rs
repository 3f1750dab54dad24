//! Values of frames that a dark and a flat field correct, as numpy computes them.

use std::path::Path;
use std::process::Command;

use hutch_testservers::python_with;

use crate::hutch::{Hutch, said};

/// Frames with a sentinel, a stack of dark frames with another, one flat frame.
const MAKE: &str = r#"
import sys, h5py, numpy as np
rng = np.random.default_rng(7)
frames = rng.integers(100, 4000, (4, 16, 24)).astype("i4")
frames[2, 3, 5] = -1
dark = rng.integers(80, 100, (70, 16, 24)).astype("u4")
dark[:, 1, 1] = 2**32 - 1
dark[0, 2, 2] = 2**32 - 2
flat = rng.integers(90, 5000, (16, 24)).astype("f8")
flat[0, 0] = 10
with h5py.File(sys.argv[1], "w") as file:
    file["frames"], file["dark"], file["flat"] = frames, dark, flat
"#;

/// Compares what was written with what numpy computes; prints who is named as the source.
const CHECK: &str = r#"
import sys, h5py, numpy as np, fabio
with h5py.File(sys.argv[1]) as file:
    frames, dark, flat = file["frames"][()].astype("f8"), file["dark"][()].astype("f8"), file["flat"][()]
frames[frames < 0] = np.nan
dark[dark > 2**31] = np.nan
few = dark[[index * 70 // 64 for index in range(64)]]
d = np.full((16, 24), np.nan)
good = ~np.isnan(few).all(0)
d[good] = np.nanmean(few[:, good], axis=0)
with np.errstate(invalid="ignore", divide="ignore"):
    expected = np.where(flat - d > 0, (frames - d) / (flat - d), np.nan)[2]
assert np.isnan(expected[[0, 1, 3], [0, 1, 5]]).all() and np.isfinite(expected).sum() > 370
folder = sys.argv[2]
csv = np.genfromtxt(folder + "/c.csv", delimiter=",")
with h5py.File(folder + "/c.h5") as file:
    data = file[file.attrs["default"]]
    data = data[data.attrs["default"]] if "default" in data.attrs else data
    nexus = data[data.attrs["signal"]][()]
    texts = []
    def look(name, node):
        texts.extend(str(value) for value in node.attrs.values())
        if isinstance(node, h5py.Dataset) and node.dtype.kind in "OS":
            texts.append(str(node[()]))
    file.visititems(look)
for name, found in [("npy", np.load(folder + "/c.npy")), ("tif", fabio.open(folder + "/c.tif").data), ("csv", csv), ("h5", nexus)]:
    assert found.shape == expected.shape, (name, found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-13, equal_nan=True, err_msg=name)
print("\n".join(texts))
"#;

#[test]
fn corrected_values_are_written_as_numpy_computes_them() {
    let Some(python) = python_with("fabio") else {
        return;
    };
    let hutch = Hutch::new();
    let file = hutch.path("fields.h5");
    let run = Command::new(&python)
        .args(["-c", MAKE])
        .arg(&file)
        .output()
        .unwrap();
    assert!(run.status.success(), "numpy: {}", said(&run));
    let at = |name: &str| format!("{}::/{name}", file.display());
    let (frame, dark, flat) = (at("frames[2]"), at("dark"), at("flat"));
    let fields = ["--dark", &dark, "--flat", &flat];
    for name in ["c.npy", "c.tif", "c.h5"] {
        let run = hutch.run(&[&["convert", &frame, "-o", name][..], &fields].concat());
        assert!(run.status.success(), "{name}: {}", said(&run));
    }
    let run = hutch.run(&[&["cat", &frame, "--csv", "-o", "c.csv"][..], &fields].concat());
    assert!(run.status.success(), "csv: {}", said(&run));
    let run = Command::new(&python)
        .args(["-c", CHECK])
        .arg(&file)
        .arg(hutch.path(""))
        .output()
        .unwrap();
    assert!(run.status.success(), "numpy: {}", said(&run));
    let texts = String::from_utf8_lossy(&run.stdout);
    for name in [
        "/frames corrected by dark ",
        "fields.h5::/dark",
        "fields.h5::/flat",
    ] {
        assert!(texts.contains(name), "{name}: {texts}");
    }
}

#[test]
fn the_file_of_a_field_is_never_replaced_by_what_it_corrects() {
    let Some(python) = python_with("h5py") else {
        return;
    };
    let hutch = Hutch::new();
    let (file, other) = (hutch.path("fields.h5"), hutch.path("other.h5"));
    for file in [&file, &other] {
        let run = Command::new(&python)
            .args(["-c", MAKE])
            .arg(file)
            .output()
            .unwrap();
        assert!(run.status.success(), "numpy: {}", said(&run));
    }
    let before = std::fs::read(&other).unwrap();
    let frames = format!("{}::/frames", file.display());
    let dark = format!("{}::/dark", other.display());
    let run = hutch.run(&[
        "convert",
        &frames,
        "--dark",
        &dark,
        "--overwrite",
        "-o",
        "other.h5",
    ]);
    assert!(!run.status.success(), "it is refused");
    assert_eq!(std::fs::read(&other).unwrap(), before, "as it was");
}

#[test]
fn what_is_of_frames_as_they_are_stored_is_refused_for_others() {
    let hutch = Hutch::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nexus/slices.h5");
    let middle = format!("{}::/entry/middle/data", file.display());
    let part = format!("{middle}[1]");
    let exchanged = ["--axes", "0,2,1"];
    for (arguments, why) in [
        (
            [&["cat", &part, "--dark", &middle][..], &exchanged].concat(),
            "a field is of the frames that the file has",
        ),
        (
            vec!["cat", &part, "--dark", &part],
            "of a stack of fields the mean is taken",
        ),
        (
            [
                &["render", &middle, "--rings", "resolution", "-o", "x.png"][..],
                &exchanged,
            ]
            .concat(),
            "a geometry is of frames as they are stored",
        ),
    ] {
        let run = hutch.run(&arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}: {}", said(&run));
        assert!(said(&run).contains(why), "{arguments:?}: {}", said(&run));
    }
}
