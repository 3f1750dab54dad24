//! Written files: read back here, and by h5py where it is installed.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_assert_message,
    clippy::cast_possible_truncation,
    clippy::let_underscore_must_use,
    reason = "test code"
)]

mod common;

use common::Served;
use hutch_hdf5::write::{AttributeValue, DatasetSpec, Plan, Storage, WriteError, Writer};
use hutch_hdf5::{Resolved, ScalarKind, Slab, Value};

const KINDS: [(ScalarKind, &str); 13] = [
    (ScalarKind::U8, "<u1"),
    (ScalarKind::U16, "<u2"),
    (ScalarKind::U32, "<u4"),
    (ScalarKind::U64, "<u8"),
    (ScalarKind::I8, "<i1"),
    (ScalarKind::I16, "<i2"),
    (ScalarKind::I32, "<i4"),
    (ScalarKind::I64, "<i8"),
    (ScalarKind::F16, "<f2"),
    (ScalarKind::F32, "<f4"),
    (ScalarKind::F64, "<f8"),
    (ScalarKind::Complex32, "<c8"),
    (ScalarKind::Complex64, "<c16"),
];

/// Elements `0, 1, 2, ...` as bytes that repeat, so that any type can be compared.
fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| u8::try_from(index % 60).unwrap())
        .collect()
}

#[expect(clippy::too_many_lines, reason = "a list of what a file may hold")]
fn sample() -> Plan {
    let mut writer = Writer::new();
    writer.group("/entry/data").unwrap();
    writer
        .attribute("/", "default", AttributeValue::Text("entry".to_owned()))
        .unwrap();
    writer
        .attribute(
            "/entry",
            "NX_class",
            AttributeValue::Text("NXentry".to_owned()),
        )
        .unwrap();
    writer
        .attribute("/entry", "empty", AttributeValue::Text(String::new()))
        .unwrap();
    writer
        .attribute(
            "/entry",
            "axes",
            AttributeValue::Texts(vec!["y".to_owned(), "größe".to_owned()]),
        )
        .unwrap();
    writer
        .attribute("/entry", "count", AttributeValue::Int(-3))
        .unwrap();
    writer
        .attribute(
            "/entry",
            "counts",
            AttributeValue::Ints(vec![1, 2, i64::MAX]),
        )
        .unwrap();
    writer
        .attribute("/entry", "distance", AttributeValue::Float(0.1))
        .unwrap();
    writer
        .attribute("/entry", "offsets", AttributeValue::Floats(vec![1.5, -2.5]))
        .unwrap();
    for (kind, name) in KINDS {
        let data = pattern(12 * kind.size());
        let spec = DatasetSpec {
            shape: vec![3, 4],
            kind,
            storage: Storage::Data(data),
        };
        writer
            .dataset(&format!("/entry/data/{}", &name[1..]), spec)
            .unwrap();
    }
    let volume = |storage| DatasetSpec {
        shape: vec![5, 7, 9],
        kind: ScalarKind::F32,
        storage,
    };
    writer
        .dataset("/volume", volume(Storage::Contiguous))
        .unwrap();
    writer
        .dataset("/frames", volume(Storage::Chunked(vec![1, 7, 9])))
        .unwrap();
    writer
        .dataset("/tiles", volume(Storage::Chunked(vec![2, 4, 4])))
        .unwrap();
    let (chunk_shape, data) = (vec![2, 4, 4], pattern(5 * 7 * 9 * 4));
    writer
        .dataset(
            "/packed",
            volume(Storage::Deflated {
                chunk_shape,
                level: 4,
                data,
            }),
        )
        .unwrap();
    let many = Storage::Deflated {
        chunk_shape: vec![1],
        level: 1,
        data: pattern(3000),
    };
    writer
        .dataset(
            "/many",
            DatasetSpec {
                shape: vec![3000],
                kind: ScalarKind::U8,
                storage: many,
            },
        )
        .unwrap();
    let scalar = DatasetSpec {
        shape: vec![],
        kind: ScalarKind::F64,
        storage: Storage::Data(2.5_f64.to_le_bytes().to_vec()),
    };
    writer.dataset("/scalar", scalar).unwrap();
    writer
        .dataset(
            "/none",
            DatasetSpec {
                shape: vec![0, 3],
                kind: ScalarKind::I16,
                storage: Storage::Contiguous,
            },
        )
        .unwrap();
    writer.soft_link("/entry/data/soft", "/volume").unwrap();
    writer.hard_link("/entry/data/hard", "/packed").unwrap();
    writer
        .external_link("/raw", "raw.h5", "/entry/data")
        .unwrap();
    writer.plan().unwrap()
}

/// The sample with its datasets written: the first with one pattern, chunks each with their number.
fn written() -> Vec<u8> {
    let plan = sample();
    let mut bytes = plan.to_bytes().unwrap();
    for dataset in &plan.datasets {
        let from = usize::try_from(dataset.offset).unwrap();
        let length = usize::try_from(dataset.size).unwrap();
        let chunk = dataset
            .chunk_bytes
            .map_or(length.max(1), |bytes| usize::try_from(bytes).unwrap());
        for (index, chunk) in bytes[from..from + length].chunks_mut(chunk).enumerate() {
            for element in chunk.chunks_exact_mut(4) {
                let value = f32::from(u16::try_from(index + 1).unwrap());
                element.copy_from_slice(&value.to_le_bytes());
            }
        }
    }
    bytes
}

fn elements(served: &mut Served, path: &str) -> Vec<u8> {
    let file = served.file().unwrap();
    let found = served
        .run(|blocks| file.resolve(blocks, file.root(), path))
        .unwrap();
    let Resolved::Object(address) = found else {
        panic!("{path} is in this file")
    };
    let object = served.run(|blocks| file.object(blocks, address)).unwrap();
    let info = object
        .dataset()
        .unwrap_or_else(|| panic!("{path} is {:?}", object.kind));
    served.slab(&file, info, &Slab::all(info.shape())).unwrap()
}

#[test]
fn written_data_are_read_back() {
    let mut served = Served::new(written());
    for (kind, name) in KINDS {
        let found = elements(&mut served, &format!("/entry/data/{}", &name[1..]));
        assert_eq!(found, pattern(12 * kind.size()), "{name}");
    }
    assert_eq!(
        elements(&mut served, "/entry/data/hard"),
        pattern(5 * 7 * 9 * 4),
        "compressed chunks"
    );
    assert_eq!(
        elements(&mut served, "/many"),
        pattern(3000),
        "an index of many chunks"
    );
    assert_eq!(
        elements(&mut served, "/entry/data/soft"),
        1_f32.to_le_bytes().repeat(5 * 7 * 9),
        "one piece"
    );
    let frames = elements(&mut served, "/frames");
    assert_eq!(
        frames[4 * 7 * 9 * 4..][..4],
        5_f32.to_le_bytes(),
        "the fifth frame"
    );
}

#[test]
fn written_attributes_are_read_back() {
    let mut served = Served::new(sample().to_bytes().unwrap());
    let file = served.file().unwrap();
    let found = served
        .run(|blocks| file.resolve(blocks, file.root(), "entry"))
        .unwrap();
    let Resolved::Object(address) = found else {
        panic!("the group is in this file")
    };
    let object = served.run(|blocks| file.object(blocks, address)).unwrap();
    let text = |name: &str| {
        object
            .attribute(name)
            .and_then(|attribute| attribute.as_str().map(str::to_owned))
    };
    assert_eq!(text("NX_class").as_deref(), Some("NXentry"), "a string");
    assert_eq!(text("empty").as_deref(), Some(""), "an empty string");
    let value = |name: &str| {
        object
            .attribute(name)
            .map(|attribute| attribute.value.clone())
    };
    assert_eq!(
        value("axes"),
        Some(Value::Text(vec!["y".to_owned(), "größe".to_owned()])),
        "strings"
    );
    assert_eq!(
        value("counts"),
        Some(Value::Signed(vec![1, 2, i64::MAX])),
        "integers"
    );
    assert_eq!(
        value("offsets"),
        Some(Value::Float(vec![1.5, -2.5])),
        "numbers"
    );
}

#[test]
fn a_file_without_its_data_is_valid_and_zero() {
    let mut served = Served::new(sample().to_bytes().unwrap());
    assert_eq!(
        elements(&mut served, "/volume"),
        vec![0; 5 * 7 * 9 * 4],
        "nothing was written"
    );
    assert_eq!(
        elements(&mut served, "/tiles"),
        vec![0; 5 * 7 * 9 * 4],
        "nothing was written"
    );
}

#[test]
fn a_path_is_made_once() {
    let mut writer = Writer::new();
    let spec = DatasetSpec {
        shape: vec![2],
        kind: ScalarKind::U8,
        storage: Storage::Contiguous,
    };
    writer.dataset("/a/b", spec.clone()).unwrap();
    assert_eq!(
        writer.dataset("/a/b", spec.clone()),
        Err(WriteError::Path("/a/b".to_owned())),
        "it exists"
    );
    assert_eq!(
        writer.dataset("/a/b/c", spec),
        Err(WriteError::Path("/a/b/c".to_owned())),
        "b is no group"
    );
    assert_eq!(
        writer.attribute("/x", "n", AttributeValue::Int(1)),
        Err(WriteError::NotFound("/x".to_owned())),
        "absent"
    );
}

#[test]
#[expect(clippy::print_stderr, reason = "says why it did not run")]
fn h5py_reads_what_was_written() {
    let python = std::env::var("HUTCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_h5py = std::process::Command::new(&python)
        .args(["-c", "import h5py"])
        .output();
    if !has_h5py.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {python} has no h5py; set HUTCH_PYTHON to one that has");
        return;
    }
    let path = std::env::temp_dir().join(format!("hutch-hdf5-written-{}.h5", std::process::id()));
    std::fs::write(&path, written()).unwrap();
    let output = std::process::Command::new(&python)
        .arg("-c")
        .arg(SCRIPT)
        .arg(&path)
        .output()
        .unwrap();
    let _ = std::fs::remove_file(&path);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

const SCRIPT: &str = r#"
import sys, h5py, numpy as np
f = h5py.File(sys.argv[1], "r")
e = f["entry"]
assert f.attrs["default"] == "entry"
assert e.attrs["NX_class"] == "NXentry", e.attrs["NX_class"]
assert e.attrs["empty"] == ""
assert list(e.attrs["axes"]) == ["y", "größe"]
assert e.attrs["count"] == -3 and list(e.attrs["counts"]) == [1, 2, 2**63 - 1]
assert e.attrs["distance"] == 0.1 and list(e.attrs["offsets"]) == [1.5, -2.5]
for name in "u1 u2 u4 u8 i1 i2 i4 i8 f2 f4 f8 c8 c16".split():
    d = e["data"][name]
    assert d.dtype == np.dtype("<" + name), d.dtype
    assert d[()].tobytes() == bytes(i % 60 for i in range(d.nbytes)), name
assert (f["volume"][()] == 1).all()
assert (f["frames"][()] == np.arange(1, 6)[:, None, None]).all()
t = f["tiles"][()]
assert t[0, 0, 0] == 1 and t[0, 0, 4] == 2 and t[0, 0, 8] == 3 and t[4, 6, 8] == 18, t[4, 6, 8]
assert f["packed"][()].tobytes() == bytes(i % 60 for i in range(5 * 7 * 9 * 4))
assert f["packed"].compression == "gzip" and f["packed"].shuffle
assert (f["many"][()] == np.arange(3000) % 60).all()
assert f["scalar"][()] == 2.5 and f["none"].shape == (0, 3)
assert e["data/soft"] == f["volume"] and e["data/hard"] == f["packed"]
assert f.get("raw", getlink=True).filename == "raw.h5"
f.visititems(lambda name, obj: None)
"#;
