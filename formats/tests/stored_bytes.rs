//! The bytes that are stored of elements, against those that h5py reads, and notes in files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use common::{Folder, Served};
use hutch_formats::hdf5::open_hdf5;
use hutch_formats::nexus::note_at;
use hutch_model::{Cancel, Container, CostHint, Dataset, ErrorKind, Samples, Slab, read_slab};
use pollster::block_on;

/// Datasets of every layout; beside each a file with its bytes as numpy has them.
const SCRIPT: &str = r#"
import sys, h5py, numpy as np
folder = sys.argv[1]
rng = np.random.default_rng(7)
with h5py.File(folder + "/bytes.h5", "w") as f:
    f["big"] = rng.normal(size=(3, 5)).astype(">f4")
    f["scalar"] = np.int16(-2)
    f.create_dataset("packed", data=rng.integers(0, 1 << 40, (30, 17)), chunks=(7, 5), compression="gzip", shuffle=True)
    rows = np.zeros(9, dtype=[("id", "<i4"), ("name", "S5"), ("at", "<f8", (2,))])
    rows["id"], rows["name"], rows["at"] = np.arange(9), b"r", rng.normal(size=(9, 2))
    f.create_dataset("rows", data=rows, chunks=(4,), compression="gzip", shuffle=True)
    f["opaque"] = rng.bytes(60) and np.frombuffer(rng.bytes(60), dtype="V12")
    f["text"] = np.array([b"one", b"three", b""], dtype="S6")
    f["array"] = np.zeros((), "i2")
    del f["array"]
    f.create_dataset("arrays", (4,), dtype=np.dtype(("<u2", (3, 2))))[...] = rng.integers(0, 999, (4, 3, 2))
    filled = f.create_dataset("filled", (10, 6), dtype="<u4", chunks=(4, 4), fillvalue=0x01020304)
    filled[:3] = 9
    f["empty"] = np.zeros((0, 3))
    f.create_dataset("never", (4,), dtype=">i8", fillvalue=-3)
    for name in f:
        np.ascontiguousarray(f[name][()]).tofile(f"{folder}/{name}.bin")
    def note(name, **fields):
        group = f.create_group(name)
        group.attrs["NX_class"] = "NXnote"
        for key, value in fields.items():
            group[key] = value
    note("note", type="text/plain", data="two\nlines", description="a note", file_name="a.txt", author="me", date="2026-01-02")
    note("bare")
    note("strange", type=np.arange(3.0), data=rng.bytes(5), description=np.array([b"x"]))
    f["strange"].pop("data")
    f["strange"].create_group("data")
    huge = f.create_group("huge")
    huge.attrs["NX_class"] = "NXnote"
    huge["type"] = "text/plain"
    huge["description"] = np.array(b"y", dtype="S100000")
    huge.create_dataset("data", (2 << 30,), dtype="u1", chunks=(1 << 20,))[:5] = np.frombuffer(b"hello", "u1")
"#;

fn made() -> Option<tempfile::TempDir> {
    let python = hutch_testservers::python_with("h5py")?;
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(folder.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "h5py writes the file: {errors}");
    Some(folder)
}

fn open(folder: &Path) -> Arc<dyn Container> {
    let path: PathBuf = folder.join("bytes.h5");
    let source = Served::file(&path, CostHint::LOCAL);
    block_on(open_hdf5(source, Folder::new(folder), &Cancel::new())).unwrap()
}

fn bytes_of(file: &dyn Container, path: &str) -> Arc<dyn Dataset> {
    let dataset = block_on(file.dataset(path, &Cancel::new())).unwrap();
    dataset
        .stored_bytes()
        .unwrap_or_else(|| unreachable!("{path} has bytes"))
}

fn read(dataset: &dyn Dataset, slab: &Slab) -> Vec<u8> {
    match block_on(read_slab(dataset, slab, &Cancel::new()))
        .unwrap()
        .samples
    {
        Samples::U8(bytes) => bytes,
        other => unreachable!("bytes are uint8, not {}", other.element()),
    }
}

#[test]
fn stored_bytes_are_those_that_h5py_reads() {
    let Some(folder) = made() else { return };
    let file = open(folder.path());
    let names = [
        "big", "scalar", "packed", "rows", "opaque", "text", "arrays", "filled", "empty", "never",
    ];
    for name in names {
        let expected = std::fs::read(folder.path().join(format!("{name}.bin"))).unwrap();
        let bytes = bytes_of(&*file, name);
        let shape = bytes.info().shape.clone();
        assert_eq!(
            read(&*bytes, &Slab::whole(&shape)),
            expected,
            "all of {name} {shape:?}"
        );
        // The second half along the slowest axis of elements.
        if shape.len() > 1 && shape[0] > 1 {
            let mut part = Slab::whole(&shape);
            part.start[0] = shape[0] / 2;
            part.count[0] = shape[0] - part.start[0];
            let row = expected.len() / usize::try_from(shape[0]).unwrap();
            let from = row * usize::try_from(part.start[0]).unwrap();
            assert_eq!(read(&*bytes, &part), expected[from..], "half of {name}");
        }
    }
}

#[test]
fn part_of_an_element_with_a_fill_value_of_several_bytes_is_refused() {
    let Some(folder) = made() else { return };
    let bytes = bytes_of(&*open(folder.path()), "filled");
    let mut part = Slab::whole(&bytes.info().shape);
    part.start[2] = 1;
    part.count[2] = 2;
    let error = block_on(read_slab(&*bytes, &part, &Cancel::new())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
}

#[test]
fn a_note_says_what_it_is_and_what_is_wrong_with_it() {
    let Some(folder) = made() else { return };
    let file = open(folder.path());
    let cancel = Cancel::new();
    let note = |path: &str| block_on(note_at(&*file, path, &cancel)).unwrap();
    let whole = note("/note").unwrap();
    assert!(whole.is_text() && whole.data.is_some() && whole.remarks.is_empty());
    let said = [
        &whole.media_type,
        &whole.description,
        &whole.file_name,
        &whole.author,
        &whole.date,
    ];
    assert_eq!(said, ["text/plain", "a note", "a.txt", "me", "2026-01-02"]);
    let bare = note("/bare").unwrap();
    assert!(
        bare.data.is_none() && bare.remarks.len() == 1,
        "{:?}",
        bare.remarks
    );
    let strange = note("/strange").unwrap();
    assert!(
        strange.data.is_none() && strange.media_type.is_empty(),
        "numbers are no type"
    );
    assert_eq!(strange.description, "x");
    let huge = note("/huge").unwrap();
    assert_eq!(
        huge.data.unwrap().info().shape,
        [2 << 30],
        "nothing of it was read"
    );
    assert!(
        huge.remarks[0].text.contains("too long"),
        "{:?}",
        huge.remarks
    );
    assert!(note("/big").is_none(), "a dataset is no note");
    assert!(block_on(note_at(&*file, "/absent", &cancel)).is_err());
}
