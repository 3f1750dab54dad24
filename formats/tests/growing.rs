//! Files that grow while they are read.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{Folder, own};
use hutch_model::{
    BlockState, BoxFuture, ByteRange, Cancel, Container, CostHint, Dataset, ErrorKind, Identity,
    ReadAt, Refreshed, Result, Retry, Slab, Validator, read_slab,
};
use pollster::block_on;

/// A file in memory that a test writes to; readers see a version until they
/// refresh.
#[derive(Debug)]
struct Written {
    bytes: Mutex<Vec<u8>>,
    seen: Mutex<Identity>,
}

impl Written {
    fn new(bytes: Vec<u8>) -> Arc<Self> {
        let written = Self {
            seen: Mutex::new(identity(bytes.len() as u64, 1)),
            bytes: Mutex::new(bytes),
        };
        Arc::new(written)
    }

    fn change(&self, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.bytes.lock().unwrap());
    }
}

fn identity(size_bytes: u64, modified_ns: i128) -> Identity {
    Identity {
        url: "memory:growing.h5".to_owned(),
        size_bytes,
        validator: Validator::SizeAndTime {
            size_bytes,
            modified_ns: Some(modified_ns),
        },
    }
}

impl ReadAt for Written {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async { Ok(self.seen.lock().unwrap().clone()) })
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(async move {
            let bytes = self.bytes.lock().unwrap();
            let cut = |range: &ByteRange| {
                let part = &bytes[range.start as usize..range.end as usize];
                Ok(Bytes::copy_from_slice(part))
            };
            ranges.iter().map(cut).collect()
        })
    }

    fn cost_hint(&self) -> CostHint {
        CostHint::LOCAL
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async {
            let bytes = self.bytes.lock().unwrap();
            let sum: i128 = bytes.iter().map(|&byte| i128::from(byte)).sum();
            let now = identity(bytes.len() as u64, 2 + sum);
            *self.seen.lock().unwrap() = now.clone();
            Ok(now)
        })
    }
}

fn opened(source: &Arc<Written>) -> Arc<dyn Container> {
    let source = Arc::clone(source) as Arc<dyn ReadAt>;
    block_on(hutch_formats::open(
        source,
        Folder::new(&own("")),
        &Cancel::new(),
    ))
    .unwrap()
}

fn frame(dataset: &dyn Dataset, index: u64) -> Result<hutch_model::Block> {
    let slab = Slab::frame(&dataset.info().shape, index);
    block_on(read_slab(dataset, &slab, &Cancel::new()))
}

#[test]
fn a_torn_state_is_told_and_the_old_one_stays() {
    let whole = std::fs::read(own("growing.h5")).unwrap();
    let source = Written::new(whole.clone());
    let container = opened(&source);
    let cancel = Cancel::new();
    let old = block_on(container.dataset("/frames", &cancel)).unwrap();
    assert_eq!(
        block_on(container.refresh(&cancel)).unwrap(),
        Refreshed::Changed,
        "the time is another"
    );
    assert_eq!(
        block_on(container.refresh(&cancel)).unwrap(),
        Refreshed::Same,
        "nothing happened"
    );
    // A writer is in the middle of the header of the root group.
    let header = whole.windows(4).position(|four| four == b"OHDR").unwrap();
    source.change(|bytes| bytes[header + 20] ^= 0xff);
    let error = block_on(container.refresh(&cancel)).unwrap_err();
    assert_eq!(error.retry, Retry::Later, "{error}");
    assert!(error.why.contains("being written"), "{error}");
    let children = block_on(container.children("/", &cancel)).unwrap();
    assert_eq!(children.len(), 4, "the tree is that of before");
    let error = frame(&*old, 1).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Integrity, "no mix: {error}");
    assert_eq!(error.retry, Retry::Later, "another is to be asked for");
    source.change(|bytes| {
        *bytes = whole;
        bytes.extend([0; 8]);
    });
    assert_eq!(
        block_on(container.refresh(&cancel)).unwrap(),
        Refreshed::Changed,
        "the writer is through"
    );
    let new = block_on(container.dataset("/frames", &cancel)).unwrap();
    let block = frame(&*new, 1).unwrap();
    assert_eq!(block.state, BlockState::Present, "the new one reads");
}

#[test]
fn a_chunk_that_is_on_its_way_is_torn_not_shown() {
    let whole = std::fs::read(own("selections.h5")).unwrap();
    let source = Written::new(whole.clone());
    let container = opened(&source);
    let cancel = Cancel::new();
    // The first bytes of compressed chunks, as zlib begins them at level 9.
    source.change(|bytes| {
        let places: Vec<usize> = bytes
            .windows(2)
            .enumerate()
            .filter(|(_, two)| **two == [0x78, 0xda])
            .map(|(at, _)| at)
            .collect();
        for at in places {
            bytes[at + 1] = 0;
        }
    });
    assert_eq!(
        block_on(container.refresh(&cancel)).unwrap(),
        Refreshed::Changed,
        "the file changed"
    );
    for name in ["/frames", "/tiles", "/spanning", "/holes"] {
        let dataset = block_on(container.dataset(name, &cancel)).unwrap();
        let block = frame(&*dataset, 1).unwrap();
        assert_eq!(block.state, BlockState::Torn, "{name} is being written");
        let fill = if name == "/holes" { -2.5 } else { 0.0 };
        assert!(
            block.samples.to_f64().iter().all(|&value| value == fill),
            "nothing half-written of {name} is shown"
        );
    }
}

/// A file on the disk, as the program reads it.
#[derive(Debug)]
struct OnDisk {
    path: PathBuf,
    opened: Mutex<(Arc<File>, Identity)>,
}

impl OnDisk {
    fn open(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            opened: Mutex::new(Self::look(path)),
        }
    }

    fn look(path: &Path) -> (Arc<File>, Identity) {
        let file = File::open(path).unwrap();
        let metadata = file.metadata().unwrap();
        let since = metadata.modified().unwrap();
        let since = since.duration_since(std::time::UNIX_EPOCH).unwrap();
        let found = identity(metadata.len(), since.as_nanos() as i128);
        (Arc::new(file), found)
    }
}

impl ReadAt for OnDisk {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async { Ok(self.opened.lock().unwrap().1.clone()) })
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(async move {
            let file = Arc::clone(&self.opened.lock().unwrap().0);
            let read = |range: &ByteRange| {
                let mut bytes = vec![0; range.len() as usize];
                file.read_exact_at(&mut bytes, range.start).unwrap();
                Ok(Bytes::from(bytes))
            };
            ranges.iter().map(read).collect()
        })
    }

    fn cost_hint(&self) -> CostHint {
        CostHint::LOCAL
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async {
            let opened = Self::look(&self.path);
            let found = opened.1.clone();
            *self.opened.lock().unwrap() = opened;
            Ok(found)
        })
    }
}

/// Writes 200 frames, each full of its number, as a SWMR writer does; or as
/// one that knows nothing of readers and flushes the file, as BLISS does, with
/// other objects of the scan appearing between frames.
const WRITER: &str = r#"
import sys, time, h5py, numpy as np
kind = sys.argv[2]
swmr = "flush" not in kind
packed = dict(compression="gzip", compression_opts=1) if "packed" in kind else {}
with h5py.File(sys.argv[1], "w", libver="latest" if swmr or "latest" in kind else "earliest") as f:
    d = f.create_dataset("frames", (0, 64, 96), "u4", maxshape=(None, 64, 96), chunks=(1, 64, 96), **packed)
    if swmr:
        f.swmr_mode = True
    f.flush()
    print("ready", flush=True)
    for n in range(200):
        d.resize(n + 1, axis=0)
        d[n] = np.full((64, 96), n, "u4")
        if not swmr:
            group = f.create_group("scan/%d.1/instrument" % n)
            group["motor"] = np.arange(n % 7)
            group.attrs["text"] = "x" * (n * 3)
        f.flush()
        time.sleep(0.004)
"#;

fn follow_a_writer(kind: &str) {
    let Some(python) = hutch_testservers::python_with("h5py") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.h5");
    let mut writer = Command::new(python)
        .args(["-c", WRITER, path.to_str().unwrap(), kind])
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let output = writer.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "ready", "the writer has begun");
    let cancel = Cancel::new();
    let source = Arc::new(OnDisk::open(&path)) as Arc<dyn ReadAt>;
    let folder = Folder::new(folder.path());
    let container = block_on(hutch_formats::open(source, folder, &cancel)).unwrap();
    let (mut length, mut shown, mut refused) = (0, 0, 0);
    let begun = Instant::now();
    while length < 200 {
        let took = begun.elapsed();
        assert!(
            took < Duration::from_mins(1),
            "{length} frames after {took:?}"
        );
        let refreshed = block_on(container.refresh(&cancel));
        let dataset = refreshed.and_then(|_| block_on(container.dataset("/frames", &cancel)));
        let dataset = match dataset {
            Ok(dataset) => dataset,
            Err(error) => {
                assert_eq!(error.retry, Retry::Later, "{error}");
                refused += 1;
                continue;
            }
        };
        let now = dataset.info().shape[0];
        assert!(now >= length, "{now} frames after {length}");
        length = now;
        let Some(newest) = now.checked_sub(1) else {
            continue;
        };
        for index in [newest, newest / 2] {
            match frame(&*dataset, index) {
                Ok(block) if block.state == BlockState::Present => {
                    let values = block.samples.to_f64();
                    let number = index as f64;
                    assert!(
                        values.iter().all(|&value| value == number),
                        "frame {index} is full of its number"
                    );
                    shown += 1;
                }
                Ok(block) => assert_ne!(
                    block.state,
                    BlockState::Present,
                    "what is not there is said"
                ),
                Err(error) => assert_eq!(error.retry, Retry::Later, "{error}"),
            }
        }
    }
    assert!(writer.wait().unwrap().success(), "the writer ended well");
    assert!(shown > 20, "{shown} frames were shown, {refused} refused");
}

#[test]
fn a_swmr_writer_is_followed_without_a_half_written_frame() {
    follow_a_writer("plain");
}

#[test]
fn a_compressing_swmr_writer_is_followed_too() {
    follow_a_writer("packed");
}

#[test]
fn a_writer_that_only_flushes_is_followed_by_trying_again() {
    follow_a_writer("flush");
}

#[test]
fn a_compressing_writer_that_only_flushes_is_followed_too() {
    follow_a_writer("flush packed");
}

#[test]
fn a_writer_of_the_latest_format_that_only_flushes_is_followed_too() {
    follow_a_writer("flush packed latest");
}
