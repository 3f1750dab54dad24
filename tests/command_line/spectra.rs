//! Pictures of stacks of spectra: `hutch render --view spectra`.

use std::path::PathBuf;
use std::process::Command;

use hutch_testservers::python_with;

use crate::hutch::{Hutch, said};

/// Two stacks, and what numpy finds in them: ranges of maps, and the bytes of a picture in three colours.
const STACKS: &str = r#"
import json, sys
import h5py, numpy as np
random = np.random.default_rng(8)
path, out = sys.argv[1:]
energy = np.linspace(12.0, 0.25, 48)
counts = random.poisson(40, (5, 7, 48)).astype("u2")
images = 1000 * np.exp(-random.uniform(0, 2, (9, 6, 8)))
with h5py.File(path, "w") as file:
    for name, data, axes in (
        ("xrf", counts, {"y": (0.2 * np.arange(5), "mm"), "x": (0.1 * np.arange(7), "mm"), "energy": (energy, "keV")}),
        ("stxm", images, {"energy": (280.0 + np.arange(9), "eV"), "y": (np.arange(6.0), "um"), "x": (np.arange(8.0), "um")}),
    ):
        g = file.create_group(name)
        g.attrs.update({"NX_class": "NXdata", "signal": "data", "axes": list(axes)})
        g["data"] = data
        for axis, (values, unit) in axes.items():
            g[axis] = values
            g[axis].attrs["units"] = unit
stack = counts.astype("f8")
near = lambda kev: int(np.abs(energy - kev).argmin())
ends = lambda kev: sorted([near(kev * 0.985), near(kev * 1.015)])
iron = ends(6.4039)
bands = {"red": iron, "green": [20, 20], "blue": [30, 41]}
maps = {name: stack[..., first:last + 1].sum(-1) for name, (first, last) in bands.items()}
ranges = {name: np.percentile(one, [5, 90]).tolist() for name, one in maps.items()}
def byte(name):
    low, high = ranges[name]
    return np.floor(np.clip((maps[name] - low) / (high - low), 0, 1) * 255 + 0.5).astype("u1")
colours = np.dstack([byte(name) for name in ("red", "green", "blue")])
# y goes upwards; a cell of 0.1 mm x 0.2 mm is 10 x 20 pixels.
picture = colours[::-1].repeat(20, 0).repeat(10, 1)
open(out, "wb").write(picture.tobytes())
part = stack[..., 5:12]
net = part.sum(-1) - 0.5 * (part[..., 0] + part[..., -1]) * 7
light = images[:, 1:3, 0:4].mean((1, 2))
density = -np.log(images[2] / light[2])
span = lambda values: [float(values.min()), float(values.max())]
print(json.dumps({
    "iron": iron, "ranges": ranges, "all": span(stack.sum(-1)), "net": span(net), "middle": span(images[4]),
    "density": span(density),
}))
"#;

/// A home with the two stacks, what numpy finds in them, and where its picture is; `None` after a skip.
fn stacks() -> Option<(Hutch, serde_json::Value, PathBuf)> {
    let python = python_with("h5py")?;
    let hutch = Hutch::new();
    let (file, picture) = (hutch.path("stacks.h5"), hutch.path("expected.rgb"));
    let run = Command::new(python)
        .args(["-c", STACKS])
        .args([&file, &picture])
        .output()
        .unwrap();
    assert!(run.status.success(), "numpy: {}", said(&run));
    let expected = serde_json::from_slice(&run.stdout).unwrap();
    Some((hutch, expected, picture))
}

fn at(hutch: &Hutch, name: &str) -> String {
    format!("{}::/{name}", hutch.path("stacks.h5").display())
}

#[test]
fn three_ranges_of_channels_have_the_colours_that_numpy_gives_them() {
    let Some((hutch, expected, picture)) = stacks() else {
        return;
    };
    let address = at(&hutch, "xrf");
    let json = hutch.json(&[
        "render",
        &address,
        "--view",
        "spectra",
        "--red",
        "Fe",
        "--green",
        "20",
        "--blue",
        "30-41",
        "--percentile",
        "5,90",
        "--size",
        "70x100",
        "-o",
        "a.png",
        "--json",
    ]);
    assert_eq!(
        json["channels"]["red"], expected["iron"],
        "around the line of iron"
    );
    assert_eq!(
        json["range"], expected["ranges"],
        "percentiles, bit for bit"
    );
    let found = image::open(hutch.path("a.png")).unwrap().to_rgb8();
    let wanted = std::fs::read(picture).unwrap();
    assert_eq!(found.as_raw(), &wanted, "every pixel");
    let provenance = hutch::picture::provenance_of(&hutch.path("a.png")).unwrap();
    let link = hutch::window::link::Link::parse(&provenance.link).unwrap();
    assert_eq!(link.state.kind, "spectra");
    assert!(link.state.flag("rgb", false), "{}", provenance.link);
    assert_eq!(link.state.text("blue", ""), "30-41");
}

#[test]
fn maps_of_channels_have_the_extremes_that_numpy_finds() {
    let Some((hutch, expected, _)) = stacks() else {
        return;
    };
    for (data, name, options) in [
        ("xrf", "all", &[][..]),
        ("xrf", "net", &["--channels", "5-11", "--net"]),
        ("stxm", "middle", &[]),
        (
            "stxm",
            "density",
            &["--channels", "2", "--i0", "3.2,2.1,-0.5,0.9"],
        ),
    ] {
        let address = at(&hutch, data);
        let start = [
            "render",
            &address,
            "--view",
            "spectra",
            "--min-max",
            "-o",
            "a.png",
            "--json",
        ];
        let json = hutch.json(&[&start[..], options].concat());
        for end in 0..2 {
            let [found, expected] =
                [&json["range"], &expected[name]].map(|of| of[end].as_f64().unwrap());
            let apart = (found - expected).abs() / expected.abs();
            assert!(apart < 1e-13, "{name}: {found}, not {expected}");
        }
    }
}

#[test]
fn what_is_no_stack_and_channels_that_are_not_there_are_refused() {
    let Some((hutch, _, _)) = stacks() else {
        return;
    };
    let address = at(&hutch, "xrf");
    let three = ["--red", "1", "--green", "2", "--blue", "3"];
    for (options, word) in [
        (&["--channels", "3"][..], "--view spectra"),
        (
            &["--view", "spectra", "--channels", "40-48"],
            "there are 48",
        ),
        (&["--view", "spectra", "--channels", "U"], "no line of U"),
        (
            &["--view", "spectra", "--rotate", "90"],
            "--rotate is of frames",
        ),
        (
            &["--view", "map", "--roi", "point 1 1"],
            "--roi is of frames",
        ),
        (
            &["--view", "spectra", "--channels", "9-3"],
            "the first channel before",
        ),
        (&["--view", "spectra", "--red", "3"], "--green"),
        (&["--view", "spectra", "--frame", "1"], "no such frame"),
        (&["--view", "spectra", "--i0", "90,90,91,91"], "no point"),
        (
            &[&["--view", "spectra", "--norm", "log"][..], &three].concat(),
            "--norm",
        ),
    ] {
        let run = hutch.run(&[&["render", &address, "-o", "b.png"][..], options].concat());
        assert_eq!(run.status.code(), Some(2), "{options:?}: {}", said(&run));
        assert!(said(&run).contains(word), "{options:?}: {}", said(&run));
        assert!(!hutch.path("b.png").exists(), "no picture is left");
    }
    let energies = format!("{address}/energy");
    let run = hutch.run(&["render", &energies, "--view", "spectra", "-o", "b.png"]);
    assert!(said(&run).contains("no stack of spectra"), "{}", said(&run));
}
