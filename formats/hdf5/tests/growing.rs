//! Files whose chunks come one by one: valid whenever the writer is killed.

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
use hutch_hdf5::write::{
    AttributeValue, DatasetSpec, Growing, Storage, TextStorage, WriteError, Writer,
};
use hutch_hdf5::{Resolved, ScalarKind, Slab};

const FRAMES: u64 = 5;
const FRAME: usize = 6 * 7;

fn frame(index: u64) -> Vec<u8> {
    (0..FRAME)
        .flat_map(|pixel| {
            (u32::try_from(index).unwrap() * 1000 + u32::try_from(pixel).unwrap()).to_le_bytes()
        })
        .collect()
}

fn begun() -> Growing {
    let mut writer = Writer::new();
    let text = |text: &str| AttributeValue::Text(text.to_owned());
    let stack = |storage| DatasetSpec {
        shape: vec![FRAMES, 6, 7],
        kind: ScalarKind::U32,
        storage,
    };
    let compressed = Storage::Compressed {
        chunk_shape: vec![1, 6, 7],
        level: 4,
    };
    writer.dataset("/entry/data", stack(compressed)).unwrap();
    writer
        .dataset("/entry/plain", stack(Storage::Contiguous))
        .unwrap();
    let names = ["alpha", "", "größe"].map(str::to_owned);
    writer
        .texts("/names", &[3], &names, TextStorage::Variable)
        .unwrap();
    writer
        .texts("/fixed", &[3, 1], &names, TextStorage::Fixed)
        .unwrap();
    writer
        .attribute("/entry", "NX_class", text("NXentry"))
        .unwrap();
    writer
        .attribute("/entry/data", "units", text("counts"))
        .unwrap();
    writer.grow().unwrap()
}

/// All writes of a whole file, in their order; chunks in another one than that of the frames.
fn writes() -> (u64, Vec<(u64, Vec<u8>)>) {
    let growing = begun();
    let mut writes = growing.plan().parts.clone();
    for index in [3, 0, 4, 1, 2] {
        let bytes = growing.encode("/entry/data", &frame(index)).unwrap();
        let at = growing
            .place("/entry/data", index, bytes.len() as u64)
            .unwrap();
        writes.push((at, bytes));
    }
    let size = growing.plan().file_size;
    writes.extend(growing.finish().unwrap());
    (size, writes)
}

fn put(file: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    let from = usize::try_from(offset).unwrap();
    file.resize(file.len().max(from + bytes.len()), 0);
    file[from..from + bytes.len()].copy_from_slice(bytes);
}

fn whole() -> Vec<u8> {
    let (size, writes) = writes();
    let mut file = vec![0; usize::try_from(size).unwrap()];
    for (offset, bytes) in &writes {
        put(&mut file, *offset, bytes);
    }
    file
}

fn elements(bytes: Vec<u8>, path: &str) -> Vec<u8> {
    let mut served = Served::new(bytes);
    let file = served.file().unwrap();
    let found = served
        .run(|blocks| file.resolve(blocks, file.root(), path))
        .unwrap();
    let Resolved::Object(address) = found else {
        panic!("{path} is in this file")
    };
    let object = served.run(|blocks| file.object(blocks, address)).unwrap();
    let info = object.dataset().unwrap();
    served.slab(&file, info, &Slab::all(info.shape())).unwrap()
}

#[test]
fn chunks_that_came_in_any_order_are_read_in_theirs() {
    let expected: Vec<u8> = (0..FRAMES).flat_map(frame).collect();
    assert_eq!(elements(whole(), "/entry/data"), expected, "every frame");
}

#[test]
fn a_file_whose_writer_was_killed_is_valid_at_every_write() {
    let (size, writes) = writes();
    let first = begun().plan().parts.len();
    let expected: Vec<u8> = (0..FRAMES).flat_map(frame).collect();
    let mut file = vec![0; usize::try_from(size).unwrap()];
    for (number, (offset, bytes)) in writes.iter().enumerate() {
        let is_superblock = number + 1 == writes.len();
        // Killed within the write: any part of it is there. A superblock is written whole.
        let cuts = if number < first || is_superblock {
            vec![]
        } else {
            vec![1, bytes.len() / 2, bytes.len() - 1]
        };
        for cut in cuts {
            let mut killed = file.clone();
            put(&mut killed, *offset, &bytes[..cut]);
            assert_eq!(
                elements(killed, "/entry/data"),
                vec![0; expected.len()],
                "zeros after {cut} bytes of write {number}"
            );
        }
        put(&mut file, *offset, bytes);
        if number + 1 >= first {
            let found = elements(file.clone(), "/entry/data");
            let is_right = if is_superblock {
                found == expected
            } else {
                found == vec![0; expected.len()]
            };
            assert!(is_right, "all or nothing after write {number}");
        }
    }
}

#[test]
fn a_chunk_has_one_place_and_its_own_size() {
    let growing = begun();
    growing.place("/entry/data", 0, 10).unwrap();
    assert!(
        matches!(
            growing.place("/entry/data", 0, 10),
            Err(WriteError::Chunk { .. })
        ),
        "placed before"
    );
    assert!(
        matches!(
            growing.place("/entry/data", FRAMES, 10),
            Err(WriteError::Chunk { .. })
        ),
        "behind the last"
    );
    assert!(
        matches!(
            growing.encode("/entry/data", &[0; 7]),
            Err(WriteError::Shape { .. })
        ),
        "no whole chunk"
    );
    assert!(
        matches!(
            growing.encode("/entry/plain", &[]),
            Err(WriteError::NotFound(_))
        ),
        "not compressed"
    );
}

#[test]
fn many_tasks_place_chunks_without_a_lock() {
    let growing = begun();
    let mut places: Vec<(u64, u64)> = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..FRAMES)
            .map(|index| {
                let growing = &growing;
                scope.spawn(move || {
                    let size = 100 + index;
                    (growing.place("/entry/data", index, size).unwrap(), size)
                })
            })
            .collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    places.sort_unstable();
    for pair in places.windows(2) {
        assert_eq!(pair[0].0 + pair[0].1, pair[1].0, "one behind the other");
    }
}

#[test]
fn a_file_with_some_chunks_has_zeros_for_the_others() {
    let growing = begun();
    let mut file = growing.plan().to_bytes().unwrap();
    let bytes = growing.encode("/entry/data", &frame(2)).unwrap();
    let at = growing.place("/entry/data", 2, bytes.len() as u64).unwrap();
    put(&mut file, at, &bytes);
    for (offset, bytes) in growing.finish().unwrap() {
        put(&mut file, offset, &bytes);
    }
    let found = elements(file, "/entry/data");
    let size = FRAME * 4;
    assert_eq!(found[2 * size..3 * size], frame(2), "the one that came");
    assert!(
        found[..2 * size].iter().all(|byte| *byte == 0),
        "the others are zero"
    );
}

#[test]
#[expect(clippy::print_stderr, reason = "says why it did not run")]
fn h5py_reads_chunks_and_strings_before_and_after_the_end() {
    let python = std::env::var("HUTCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_h5py = std::process::Command::new(&python)
        .args(["-c", "import h5py"])
        .output();
    if !has_h5py.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {python} has no h5py; set HUTCH_PYTHON to one that has");
        return;
    }
    let name = |end: &str| {
        std::env::temp_dir().join(format!("hutch-growing-{}-{end}.h5", std::process::id()))
    };
    let (before, after) = (name("before"), name("after"));
    std::fs::write(&before, begun().plan().to_bytes().unwrap()).unwrap();
    std::fs::write(&after, whole()).unwrap();
    let output = std::process::Command::new(&python)
        .args(["-c", SCRIPT])
        .args([&before, &after])
        .output()
        .unwrap();
    let _ = std::fs::remove_file(&before);
    let _ = std::fs::remove_file(&after);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[expect(clippy::print_stderr, reason = "says why it did not run")]
fn h5dump_reads_every_object() {
    if std::process::Command::new("h5dump")
        .arg("-V")
        .output()
        .is_err()
    {
        eprintln!("skipped: no h5dump; install hdf5-tools");
        return;
    }
    let path = std::env::temp_dir().join(format!("hutch-h5dump-{}.h5", std::process::id()));
    std::fs::write(&path, whole()).unwrap();
    let output = std::process::Command::new("h5dump")
        .arg(&path)
        .output()
        .unwrap();
    let _ = std::fs::remove_file(&path);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for expected in [
        "4041",
        "\"alpha\"",
        "STRPAD H5T_STR_NULLPAD",
        "H5T_VARIABLE",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

const SCRIPT: &str = r#"
import sys, h5py, numpy as np
for path, factor in zip(sys.argv[1:], (0, 1)):
    f = h5py.File(path, "r")
    expected = np.arange(5)[:, None, None] * 1000 + np.arange(42).reshape(6, 7)
    d = f["entry/data"]
    assert (d[()] == expected * factor).all()
    assert d.chunks == (1, 6, 7) and d.compression == "gzip" and d.shuffle
    assert d.attrs["units"] == "counts" and f["entry"].attrs["NX_class"] == "NXentry"
    assert (f["entry/plain"][()] == 0).all()
    assert list(f["names"].asstr()[()]) == ["alpha", "", "größe"]
    assert list(f["fixed"].asstr()[:, 0]) == ["alpha", "", "größe"]
    assert f["fixed"].dtype == np.dtype("S7")
    assert h5py.check_string_dtype(f["names"].dtype).length is None
"#;
