//! `hutch convert`: what it writes is read by the programs that people use.

use std::fs;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hutch_hdf5::ScalarKind;
use hutch_hdf5::write::{AttributeValue, DatasetSpec, Storage, Writer};
use hutch_testservers::python_with;
use serde_json::Value as Json;

use crate::hutch::{Hutch, said};

/// A folder with a file of every type of numbers, and Hutch.
struct Home(Hutch);

const KINDS: [(&str, ScalarKind, &str); 13] = [
    ("uint8", ScalarKind::U8, "u1"),
    ("uint16", ScalarKind::U16, "u2"),
    ("uint32", ScalarKind::U32, "u4"),
    ("uint64", ScalarKind::U64, "u8"),
    ("int8", ScalarKind::I8, "i1"),
    ("int16", ScalarKind::I16, "i2"),
    ("int32", ScalarKind::I32, "i4"),
    ("int64", ScalarKind::I64, "i8"),
    ("float16", ScalarKind::F16, "f2"),
    ("float32", ScalarKind::F32, "f4"),
    ("float64", ScalarKind::F64, "f8"),
    ("complex64", ScalarKind::Complex32, "c8"),
    ("complex128", ScalarKind::Complex64, "c16"),
];
const SHAPE: [u64; 3] = [5, 40, 30];

/// Bytes that are numbers of every type, none of them NaN.
fn pattern(size: usize) -> Vec<u8> {
    (0..size)
        .map(|index| u8::try_from((index * 7 + index / 251) % 59).unwrap())
        .collect()
}

impl Deref for Home {
    type Target = Hutch;

    fn deref(&self) -> &Hutch {
        &self.0
    }
}

impl Home {
    fn new() -> Self {
        let hutch = Hutch::new();
        fs::write(hutch.path("source.h5"), source()).unwrap();
        Self(hutch)
    }

    /// Converts, which must do well.
    fn convert(&self, source: &str, output: &str, more: &[&str]) -> Json {
        let mut arguments = vec!["convert", source, "-o", output, "--json"];
        arguments.extend(more);
        let run = self.run(&arguments);
        assert!(run.status.success(), "{arguments:?}: {}", said(&run));
        serde_json::from_slice(&run.stdout).expect("one JSON object on stdout")
    }

    /// Runs a script of Python in the folder; it fails the test where it fails.
    fn check(&self, modules: &str, script: &str) {
        let mut python = PathBuf::new();
        for module in modules.split(' ') {
            match python_with(module) {
                Some(found) => python = found,
                None => return,
            }
        }
        let run = Command::new(python)
            .args([
                "-c",
                &format!("import numpy as np, h5py\nsource = h5py.File('source.h5')\n{script}"),
            ])
            .current_dir(self.folder())
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", said(&run));
    }

    /// Names in the folder that begin with a dot: what is not whole.
    fn unfinished(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with('.'))
            .collect()
    }
}

/// A file with a stack of each type under its name in an NXdata of its own, with
/// angles and micrometres along its axes; and a table of text.
fn source() -> Vec<u8> {
    let mut writer = Writer::new();
    let text = |text: &str| AttributeValue::Text(text.to_owned());
    for (name, kind, _) in KINDS {
        let group = format!("/{name}");
        writer.group(&group).unwrap();
        let names = ["angle", "y", "x"].map(str::to_owned).to_vec();
        let attributes = [
            ("NX_class", text("NXdata")),
            ("signal", text("data")),
            ("axes", AttributeValue::Texts(names.clone())),
        ];
        for (attribute, value) in attributes {
            writer.attribute(&group, attribute, value).unwrap();
        }
        let size = SHAPE.iter().product::<u64>() * kind.size() as u64;
        let spec = DatasetSpec {
            shape: SHAPE.to_vec(),
            kind,
            storage: Storage::Data(pattern(usize::try_from(size).unwrap())),
        };
        writer.dataset(&format!("{group}/data"), spec).unwrap();
        writer
            .attribute(&format!("{group}/data"), "units", text("counts"))
            .unwrap();
        for ((axis, size), (step, unit)) in
            names
                .iter()
                .zip(SHAPE)
                .zip([(0.5, "deg"), (6.5, "um"), (6.5, "um")])
        {
            let values = (0..size)
                .flat_map(|index| (index as f64 * step).to_le_bytes())
                .collect();
            let spec = DatasetSpec {
                shape: vec![size],
                kind: ScalarKind::F64,
                storage: Storage::Data(values),
            };
            let path = format!("{group}/{axis}");
            writer.dataset(&path, spec).unwrap();
            writer.attribute(&path, "units", text(unit)).unwrap();
        }
    }
    writer.attribute("/", "default", text("uint16")).unwrap();
    let names = ["a", "b"].map(str::to_owned);
    writer
        .texts(
            "/names",
            &[2],
            &names,
            hutch_hdf5::write::TextStorage::Variable,
        )
        .unwrap();
    let large = DatasetSpec {
        shape: vec![4, 1100, 700],
        kind: ScalarKind::U32,
        storage: Storage::Deflated {
            chunk_shape: vec![3, 500, 700],
            level: 1,
            data: (0..4 * 1100 * 700u32)
                .flat_map(|index| (index % 1013).to_le_bytes())
                .collect(),
        },
    };
    writer.dataset("/large", large).unwrap();
    writer.plan().unwrap().to_bytes().unwrap()
}

#[test]
fn every_type_stays_exact_in_npy_and_hdf5() {
    let home = Home::new();
    for (name, ..) in KINDS {
        let source = format!("source.h5::/{name}/data");
        let answer = home.convert(&source, &format!("{name}.npy"), &[]);
        assert_eq!(answer["dtype"], *name, "the type is kept");
        home.convert(&source, &format!("{name}.h5"), &[]);
        home.convert(
            &source,
            &format!("{name}_plain.h5"),
            &["--compress", "none"],
        );
    }
    home.check(
        "h5py",
        r#"
for name in list(source):
    if not isinstance(source[name], h5py.Group): continue
    expected = source[name]["data"][()]
    found = np.load(name + ".npy")
    assert found.dtype == expected.dtype and found.tobytes() == expected.tobytes(), name
    for end, chunks in (("", (1, 40, 30)), ("_plain", None)):
        f = h5py.File(name + end + ".h5")
        data = f[f.attrs["default"]][f["entry"].attrs["default"]]
        signal = data[data.attrs["signal"]]
        assert signal.dtype == expected.dtype and signal[()].tobytes() == expected.tobytes(), name
        assert signal.chunks == chunks and (chunks is None or signal.compression == "gzip")
        assert list(data.attrs["axes"]) == ["angle", "y", "x"]
        assert (data["angle"][()] == np.arange(5) * 0.5).all() and data["angle"].attrs["units"] == "deg"
        assert (data["x"][()] == np.arange(30) * 6.5).all() and data["x"].attrs["units"] == "um"
        assert signal.attrs["units"] == "counts"
        assert "source.h5" in f["entry/source_data"].attrs["file_name"]
"#,
    );
}

#[test]
fn tiff_pages_are_read_by_tifffile_and_by_the_rules_of_imagej() {
    let home = Home::new();
    for (name, _, code) in KINDS.iter().filter(|(_, _, code)| !code.starts_with('c')) {
        let source = format!("source.h5::/{name}/data");
        home.convert(&source, &format!("{code}.tif"), &[]);
        home.convert(
            &source,
            &format!("{code}_z.tif"),
            &["--compress", "deflate:6"],
        );
    }
    home.convert("source.h5::/large", "large.tif", &["--compress", "deflate"]);
    home.convert("source.h5::/uint16/data", "f/frame_%03d.tif", &[]);
    home.check(
        "h5py tifffile",
        r#"
import tifffile, glob
for name in list(source):
    if not isinstance(source[name], h5py.Group): continue
    expected = source[name]["data"][()]
    if expected.dtype.kind == "c": continue
    for end in ("", "_z"):
        with tifffile.TiffFile(expected.dtype.str[1:] + end + ".tif") as f:
            found = f.asarray()
            assert found.dtype == expected.dtype and (found == expected).all(), (name, end, found.shape)
            assert len(f.pages) == 5
            if name in ("uint8", "uint16", "float32"):
                assert f.is_imagej and f.imagej_metadata["images"] == 5 and f.imagej_metadata["unit"] == "um"
                a, b = f.pages[0].tags["XResolution"].value
                assert abs(b / a - 6.5) < 1e-9, (a, b)
            else:
                a, b = f.pages[0].tags["XResolution"].value
                assert f.pages[0].tags["ResolutionUnit"].value == 3 and abs(b / a - 6.5e-4) < 1e-12
assert (tifffile.imread("large.tif") == source["large"][()]).all()
frames = sorted(glob.glob("f/*"))
assert [f[-7:] for f in frames] == ["%03d.tif" % i for i in range(5)], frames
assert (np.stack([tifffile.imread(f) for f in frames]) == source["uint16/data"][()]).all()
"#,
    );
    assert_eq!(
        fs::read_dir(home.path("f")).unwrap().count(),
        5,
        "nothing but the frames"
    );
}

#[test]
fn ome_zarr_is_read_with_its_smaller_copies() {
    let home = Home::new();
    home.convert("source.h5::/large", "large.zarr", &[]);
    home.convert(
        "source.h5::/large",
        "max.zarr",
        &["--pyramid", "max", "--compress", "none"],
    );
    home.convert("source.h5::/float32/data", "small.zarr", &[]);
    home.check(
        "h5py zarr",
        r#"
import zarr, json
large = source["large"][()]
for name, how in (("large.zarr", "mean"), ("max.zarr", "max")):
    group = zarr.open_group(name, mode="r")
    scales = group.attrs["multiscales"][0]
    assert scales["version"] == "0.4" and [a["name"] for a in scales["axes"]] == ["z", "y", "x"]
    assert [d["path"] for d in scales["datasets"]] == ["0", "1", "2"]
    assert group["0"].dtype == np.uint32 and (group["0"][:] == large).all()
    level = large.astype(float)
    for path in "12":
        z, y, x = level.shape
        padded = np.pad(level, ((0, 0), (0, y % 2), (0, x % 2)), constant_values=np.nan)
        four = padded.reshape(z, (y + 1) // 2, 2, (x + 1) // 2, 2)
        if how == "max":
            level = np.nanmax(four, axis=(2, 4))
        else:
            level = np.floor(np.nanmean(four, axis=(2, 4)) + 0.5)
        assert (group[path][:] == level).all(), (name, path)
    t = scales["datasets"][1]["coordinateTransformations"]
    assert t[0]["scale"] == [1, 2, 2] and t[1]["translation"] == [0, 0.5, 0.5]
small = zarr.open_group("small.zarr", mode="r")
assert (small["0"][:] == source["float32/data"][()]).all()
scales = small.attrs["multiscales"][0]
assert [a["name"] for a in scales["axes"]] == ["angle", "y", "x"]
assert scales["axes"][2]["unit"] == "meter" and "type" not in scales["axes"][0]
t = scales["datasets"][0]["coordinateTransformations"][0]
assert np.allclose(t["scale"], [0.5, 6.5e-6, 6.5e-6])
"#,
    );
}

#[test]
fn a_part_and_another_type_are_what_numpy_makes_of_them() {
    let home = Home::new();
    home.convert(
        "source.h5::/int16/data[1:4, ::2, 5]",
        "part.npy",
        &["--dtype", "float32"],
    );
    home.convert(
        "source.h5::/uint8/data[:, 3]",
        "rows.h5",
        &["--dtype", "int64"],
    );
    home.convert("source.h5", "default.npy", &[]);
    home.check(
        "h5py",
        r#"
assert (np.load("part.npy") == source["int16/data"][1:4, ::2, 5].astype("f4")).all()
f = h5py.File("rows.h5")["entry/data"]
assert (f["data"][()] == source["uint8/data"][:, 3]).all() and f["data"].dtype == np.int64
assert list(f.attrs["axes"]) == ["angle", "x"]
assert (np.load("default.npy") == source["uint16/data"][()]).all()
"#,
    );
}

#[test]
fn what_a_format_does_not_hold_is_refused_in_words() {
    let home = Home::new();
    let cases: [(&[&str], i32, &str); 8] = [
        (
            &["source.h5::/complex64/data", "-o", "c.tif"],
            2,
            "use npy, hdf5 or zarr",
        ),
        (&["source.h5::/names", "-o", "n.npy"], 2, "not numbers"),
        (&["source.h5::/uint16/data", "-o", "x.png"], 2, "--format"),
        (
            &["source.h5::/uint16/data", "-o", "x.npy", "--dtype", "uint8"],
            2,
            "does not hold",
        ),
        (
            &[
                "source.h5::/complex64/data",
                "-o",
                "x.npy",
                "--dtype",
                "float32",
            ],
            2,
            "does not become",
        ),
        (
            &["source.h5::/uint16/data[0, 0]", "-o", "x.zarr"],
            2,
            "two to five axes",
        ),
        (
            &["source.h5::/uint16/data", "-o", "source.h5", "--overwrite"],
            2,
            "the source itself",
        ),
        (&["source.h5::/uint16/nothing", "-o", "x.npy"], 7, "nothing"),
    ];
    let before = fs::read(home.path("source.h5")).unwrap();
    for (arguments, code, words) in cases {
        let run = home.run(&[&["convert"], arguments].concat());
        assert_eq!(
            run.status.code(),
            Some(code),
            "{arguments:?}: {}",
            said(&run)
        );
        assert!(said(&run).contains(words), "{arguments:?}: {}", said(&run));
    }
    assert_eq!(
        fs::read(home.path("source.h5")).unwrap(),
        before,
        "the source is as it was"
    );
    assert_eq!(
        home.unfinished(),
        Vec::<String>::new(),
        "nothing half written stays"
    );
    assert!(
        !home.path("x.npy").exists(),
        "no file of a conversion that failed"
    );
}

#[test]
fn what_exists_is_replaced_only_when_asked() {
    let home = Home::new();
    for output in ["x.npy", "x.zarr", "x_%d.tif"] {
        home.convert("source.h5::/uint8/data", output, &[]);
        let again = ["convert", "source.h5::/uint16/data", "-o", output];
        let run = home.run(&again);
        assert_eq!(run.status.code(), Some(2), "{output}: {}", said(&run));
        assert!(
            said(&run).contains("--overwrite"),
            "{output}: {}",
            said(&run)
        );
        home.convert("source.h5::/uint16/data", output, &["--overwrite"]);
    }
    fs::create_dir(home.path("mine.zarr")).unwrap();
    fs::write(home.path("mine.zarr/thesis.tex"), "years").unwrap();
    let run = home.run(&[
        "convert",
        "source.h5::/uint8/data",
        "-o",
        "mine.zarr",
        "--overwrite",
    ]);
    assert_eq!(
        run.status.code(),
        Some(2),
        "no folder of another kind: {}",
        said(&run)
    );
    assert!(home.path("mine.zarr/thesis.tex").exists(), "it stays");
}

#[test]
#[cfg(unix)]
fn a_conversion_that_is_stopped_leaves_nothing() {
    let home = Home::new();
    // A stack of zeros that takes long enough to be stopped in the middle.
    let mut writer = Writer::new();
    let spec = DatasetSpec {
        shape: vec![4000, 1000, 1000],
        kind: ScalarKind::U16,
        storage: Storage::Contiguous,
    };
    writer.dataset("/data", spec).unwrap();
    let plan = writer.plan().unwrap();
    let file = fs::File::create(home.path("long.h5")).unwrap();
    file.set_len(plan.file_size).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &plan.parts[0].1, 0).unwrap();
    for output in ["long_out.h5", "long.zarr", "long_%04d.tif"] {
        let mut child = home
            .command(&[
                "convert",
                "long.h5::/data",
                "-o",
                output,
                "--compress",
                "deflate:9",
            ])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // It has begun when its unfinished file is there.
        let begun = std::time::Instant::now();
        while home.unfinished().is_empty() && begun.elapsed().as_secs() < 30 {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert!(!home.unfinished().is_empty(), "{output} has begun");
        let pid = child.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert_eq!(
            child.wait().unwrap().code(),
            Some(130),
            "{output} was cancelled"
        );
        assert_eq!(
            home.unfinished(),
            Vec::<String>::new(),
            "{output}: nothing half written"
        );
        assert!(!home.path(output).exists(), "{output} never appeared");
    }
    assert!(!home.path("long_0000.tif").exists(), "no frame appeared");
}

#[test]
fn axes_are_taken_in_another_order_as_numpy_transposes_them() {
    let hutch = Hutch::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/nexus/slices.h5");
    let address = format!("{file}::/entry/middle/data[1, :, 2:4]");
    let json = hutch.json(&["cat", &address, "--axes", "2,0,1", "--json"]);
    // [x, theta, y] = 100 theta + 10 y + x, at x 1.
    let expected = serde_json::json!([[21, 31], [121, 131], [221, 231]]);
    assert_eq!(json["values"], expected, "x 1, all angles, y 2 and 3");
    let whole = format!("{file}::/entry/middle/data");
    let saved = hutch.json(&[
        "convert",
        &whole,
        "--axes",
        "2,0,1",
        "-o",
        "turned.h5",
        "--json",
    ]);
    assert_eq!(saved["shape"], serde_json::json!([5, 3, 4]));
    let turned = format!("{}::[1, :, 2:4]", hutch.path("turned.h5").display());
    let read = hutch.json(&["cat", &turned, "--json"]);
    assert_eq!(read["values"], expected, "the file has them in that order");
    let wrong = hutch.run(&["cat", &whole, "--axes", "0,1,1"]);
    assert_eq!(wrong.status.code(), Some(2), "no order: {}", said(&wrong));
}
