//! Sources of bytes that count what is asked of them.

#![allow(dead_code, unreachable_pub, reason = "each test uses its own part")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::unnecessary_debug_formatting,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its files fit in memory"
)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, Container, CostHint, Identity, Neighbour, Neighbours, ReadAt,
    Result, Slab, Validator,
};
use pollster::block_on;

/// A file in memory that counts its requests; bytes beyond those given are zeros.
#[derive(Debug)]
pub struct Served {
    url: String,
    bytes: Bytes,
    size: u64,
    hint: CostHint,
    pub requests: AtomicU64,
    pub ranges: AtomicU64,
    pub served_bytes: AtomicU64,
    pub log: Mutex<Vec<ByteRange>>,
}

impl Served {
    pub fn new(url: &str, bytes: impl Into<Bytes>, hint: CostHint) -> Arc<Self> {
        let bytes = bytes.into();
        Arc::new(Self {
            url: url.to_owned(),
            size: bytes.len() as u64,
            bytes,
            hint,
            requests: AtomicU64::new(0),
            ranges: AtomicU64::new(0),
            served_bytes: AtomicU64::new(0),
            log: Mutex::new(Vec::new()),
        })
    }

    /// A file whose head is given and whose rest is zeros.
    pub fn sparse(url: &str, head: impl Into<Bytes>, size: u64, hint: CostHint) -> Arc<Self> {
        let mut served = Arc::try_unwrap(Self::new(url, head, hint)).unwrap();
        served.size = size;
        Arc::new(served)
    }

    pub fn file(path: &Path, hint: CostHint) -> Arc<Self> {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        Self::new(&path.to_string_lossy(), bytes, hint)
    }

    /// Rounds of requests, ranges in them, bytes in those.
    pub fn counts(&self) -> (u64, u64, u64) {
        (
            self.requests.load(Ordering::Relaxed),
            self.ranges.load(Ordering::Relaxed),
            self.served_bytes.load(Ordering::Relaxed),
        )
    }

    pub fn forget(&self) {
        self.requests.store(0, Ordering::Relaxed);
        self.ranges.store(0, Ordering::Relaxed);
        self.served_bytes.store(0, Ordering::Relaxed);
        self.log.lock().unwrap().clear();
    }
}

impl ReadAt for Served {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async move {
            Ok(Identity {
                url: self.url.clone(),
                size_bytes: self.size,
                validator: Validator::Fixed,
            })
        })
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(async move {
            self.requests.fetch_add(1, Ordering::Relaxed);
            self.ranges
                .fetch_add(ranges.len() as u64, Ordering::Relaxed);
            ranges
                .iter()
                .map(|range| {
                    self.log.lock().unwrap().push(*range);
                    let end = range.end.min(self.size);
                    let start = range.start.min(end);
                    self.served_bytes.fetch_add(end - start, Ordering::Relaxed);
                    let have = self.bytes.len() as u64;
                    let known = self
                        .bytes
                        .slice(start.min(have) as usize..end.min(have) as usize);
                    if known.len() as u64 == end - start {
                        return Ok(known);
                    }
                    let mut whole = known.to_vec();
                    whole.resize((end - start) as usize, 0);
                    Ok(Bytes::from(whole))
                })
                .collect()
        })
    }

    fn cost_hint(&self) -> CostHint {
        self.hint
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        self.identity()
    }
}

/// The files of one folder; nothing outside of it is opened.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    pub asked: Mutex<Vec<String>>,
}

impl Folder {
    pub fn new(root: &Path) -> Arc<Self> {
        Arc::new(Self {
            root: root.to_owned(),
            asked: Mutex::new(Vec::new()),
        })
    }
}

impl Neighbours for Folder {
    fn open<'a>(&'a self, target: &'a str, from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(target.to_owned());
            if target.starts_with('/') || target.contains("..") {
                return Ok(Neighbour::Refused(
                    "it lies outside of the folder".to_owned(),
                ));
            }
            let beside = Path::new(from).parent().unwrap_or(&self.root).join(target);
            Ok(match std::fs::read(&beside) {
                Ok(bytes) => Neighbour::Open(Served::new(
                    &beside.to_string_lossy(),
                    bytes,
                    CostHint::LOCAL,
                )),
                Err(_) => Neighbour::Absent("there is no such file".to_owned()),
            })
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(format!("list {prefix}"));
            let folder = Path::new(from).parent().unwrap_or(&self.root);
            let entries = std::fs::read_dir(folder).into_iter().flatten();
            Ok(entries
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .filter(|name| name.starts_with(prefix))
                .collect())
        })
    }
}

/// A file of the repository's test data.
pub fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/data")
        .join(name)
}

/// A file of this package's test data.
pub fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// Opens a file with the files beside it as neighbours.
pub fn open(path: &Path) -> Arc<dyn Container> {
    open_served(&Served::file(path, CostHint::LOCAL), path)
}

/// Opens a source with the files beside `path` as neighbours.
pub fn open_served(source: &Arc<Served>, path: &Path) -> Arc<dyn Container> {
    let folder = Folder::new(path.parent().unwrap());
    let source: Arc<dyn ReadAt> = Arc::clone(source) as Arc<dyn ReadAt>;
    block_on(hutch_formats::open(source, folder, &Cancel::new()))
        .unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

/// All samples of a dataset.
pub fn read_all(container: &dyn Container, path: &str) -> hutch_model::Block {
    block_on(async {
        let cancel = Cancel::new();
        let dataset = container.dataset(path, &cancel).await.unwrap();
        let slab = Slab::whole(&dataset.info().shape);
        hutch_model::read_slab(&*dataset, &slab, &cancel)
            .await
            .unwrap()
    })
}

/// CRC-32 as zlib has it.
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}
