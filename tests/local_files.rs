//! What a file of this disk may open, over real folders, links, pipes and
//! devices; every byte that is read of any file is counted.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its ground is missing"
)]

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hutch::neighbours::{LocalNeighbours, StorageNeighbours};
use hutch::pools::Pools;
use hutch_connectors::site::Site;
use hutch_connectors::storage::{FileReadAt, FileStorage};
use hutch_model::{
    Block, BlockState, BoxFuture, ByteRange, Cancel, Container, CostHint, Error, ErrorKind,
    Identity, Neighbour, Neighbours, ReadAt, Result, Slab, Storage, read_slab,
};

/// Bytes read of each file, by its name without the folder of the test.
type Log = Arc<Mutex<BTreeMap<String, u64>>>;

/// A file whose reads are written down.
#[derive(Debug)]
struct Logged {
    file: Arc<dyn ReadAt>,
    log: Log,
}

impl ReadAt for Logged {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        self.file.identity()
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(async move {
            let parts = self.file.read(ranges, cancel).await;
            let count: usize = parts.iter().flatten().map(Bytes::len).sum();
            let url = self.file.identity().await.unwrap().url;
            *self.log.lock().unwrap().entry(url).or_default() += count as u64;
            parts
        })
    }

    fn cost_hint(&self) -> CostHint {
        self.file.cost_hint()
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        self.file.refresh()
    }
}

/// The policy of local files, with every file that it opens written down.
#[derive(Debug)]
struct Watched {
    policy: LocalNeighbours,
    log: Log,
}

impl Neighbours for Watched {
    fn open<'a>(&'a self, target: &'a str, from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        Box::pin(async move {
            let found = self.policy.open(target, from).await?;
            let Neighbour::Open(file) = found else {
                return Ok(found);
            };
            let url = file.identity().await?.url;
            self.log.lock().unwrap().entry(url).or_default();
            let log = Arc::clone(&self.log);
            Ok(Neighbour::Open(Arc::new(Logged { file, log })))
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        self.policy.list(prefix, from)
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry
            .map(|entry| (entry.path(), entry.file_name()))
            .unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// The folder of `make_hostile.py`, and the raw data in it.
fn proposal() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/tests/data/proposal");
    copy(&data, folder.path());
    let raw = folder.path().join("visit/raw");
    (folder, raw)
}

fn open(pools: &Pools, path: &Path) -> (Arc<dyn Container>, Log) {
    let log = Log::default();
    let neighbours = Arc::new(Watched {
        policy: LocalNeighbours::of_file(path),
        log: Arc::clone(&log),
    });
    let opened = pools.wait(async {
        let file = Arc::new(FileReadAt::open(path).await?);
        hutch_formats::open(file, neighbours, &Cancel::new()).await
    });
    (opened.unwrap(), log)
}

fn read(pools: &Pools, container: &dyn Container, path: &str) -> Result<Block> {
    pools.wait(async {
        let cancel = Cancel::new();
        let dataset = container.dataset(path, &cancel).await?;
        let slab = Slab::whole(&dataset.info().shape);
        read_slab(&*dataset, &slab, &cancel).await
    })
}

/// Whether an error or a missing part says why nothing came.
fn is_told(result: &Result<Block>) -> bool {
    match result {
        Err(Error { why, .. }) => !why.is_empty(),
        Ok(block) => match &block.state {
            BlockState::Missing(why) => {
                !why.is_empty() && block.samples.bytes().iter().all(|&byte| byte == 0)
            }
            _ => false,
        },
    }
}

#[test]
fn nothing_outside_of_the_folders_of_a_file_is_read() {
    let (folder, raw) = proposal();
    std::fs::create_dir(raw.join(".secret")).unwrap();
    std::fs::copy(
        folder.path().join("victim.h5"),
        raw.join(".secret/victim.h5"),
    )
    .unwrap();
    symlink(folder.path(), raw.join("out")).unwrap();
    symlink(folder.path().join("victim.h5"), raw.join("out.h5")).unwrap();
    symlink("out.h5", raw.join("out_again.h5")).unwrap();
    symlink("/dev/zero", raw.join("zero")).unwrap();
    let made = Command::new("mkfifo").arg(raw.join("pipe")).status();
    assert!(made.unwrap().success(), "a pipe is made");
    let pools = Pools::start().unwrap();
    let (container, log) = open(&pools, &raw.join("evil.h5"));
    let start = Instant::now();
    let mut count = 0;
    for kind in ["link", "through", "raw", "virtual"] {
        let targets = pools.wait(container.children(&format!("/{kind}"), &Cancel::new()));
        for target in targets.unwrap().iter().map(|child| &child.name) {
            let path = match kind {
                "through" => format!("/through/{target}/data"),
                _ => format!("/{kind}/{target}"),
            };
            let result = read(&pools, &*container, &path);
            assert!(
                is_told(&result),
                "{path} gives nothing and says why: {result:?}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 4 * 17, "every way to every target was tried");
    assert!(start.elapsed() < Duration::from_secs(10), "and none hangs");
    let log = log.lock().unwrap();
    assert!(log.is_empty(), "no other file was opened: {log:?}");
}

#[test]
fn what_is_refused_is_told_from_what_is_absent() {
    let (folder, raw) = proposal();
    symlink(folder.path().join("victim.h5"), raw.join("out.h5")).unwrap();
    let pools = Pools::start().unwrap();
    let (container, _) = open(&pools, &raw.join("evil.h5"));
    for (target, kind, word) in [
        ("above", ErrorKind::Refused, "outside"),
        ("link", ErrorKind::Refused, "outside"),
        ("absolute", ErrorKind::Refused, "outside"),
        ("long", ErrorKind::Refused, "5000 bytes"),
        ("folder", ErrorKind::Refused, "folder"),
        ("hidden", ErrorKind::Refused, "hidden"),
        ("pipe", ErrorKind::NotFound, "absent"),
        ("share", ErrorKind::NotFound, "absent"),
    ] {
        let error = read(&pools, &*container, &format!("/link/{target}")).unwrap_err();
        assert_eq!(error.kind, kind, "{target}: {error}");
        assert!(error.why.contains(word), "{target} says why: {error}");
    }
}

#[test]
fn the_files_of_a_proposal_are_found_from_the_file_that_names_them() {
    let (folder, raw) = proposal();
    let pools = Pools::start().unwrap();
    let (container, log) = open(&pools, &raw.join("collection.h5"));
    let frames: Vec<f64> = (0..24).map(f64::from).collect();
    for path in ["/1.1/linked", "/1.1/virtual"] {
        let block = read(&pools, &*container, path).unwrap();
        assert_eq!(block.state, BlockState::Present, "{path} is all there");
        assert_eq!(block.samples.to_f64(), frames, "{path}");
    }
    let raw_bytes = read(&pools, &*container, "/1.1/raw").unwrap();
    assert_eq!(raw_bytes.samples.to_f64(), frames[..12], "the raw file");
    let beside = read(&pools, &*container, "/beside").unwrap();
    assert_eq!(beside.samples.len(), 5, "one folder up is open");
    let error = read(&pools, &*container, "/1.1/escape").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "the limit stays: {error}");
    let log = log.lock().unwrap();
    let names: Vec<&str> = log
        .keys()
        .filter_map(|url| url.rsplit('/').next())
        .collect();
    assert_eq!(
        names,
        ["other.h5", "camera.h5", "dark.bin", "scan.h5"],
        "the files of {}",
        folder.path().display()
    );
    assert!(
        log.values().all(|&count| count > 0),
        "each was read: {log:?}"
    );
}

#[test]
fn the_files_of_a_storage_are_found_from_the_file_that_names_them() {
    let (folder, _) = proposal();
    let pools = Pools::start().unwrap();
    let storage = Arc::new(FileStorage::new(folder.path())) as Arc<dyn Storage>;
    let path = "/visit/raw/collection.h5";
    let neighbours = StorageNeighbours::new(Arc::clone(&storage), path, Site::default());
    let container = pools.wait(async {
        let file = storage.open(path).await?;
        hutch_formats::open(file, Arc::new(neighbours), &Cancel::new()).await
    });
    let container = container.unwrap();
    for path in ["/1.1/linked", "/1.1/virtual", "/1.1/raw", "/beside"] {
        let block = read(&pools, &*container, path).unwrap();
        assert_eq!(block.state, BlockState::Present, "{path} is all there");
    }
    let error = read(&pools, &*container, "/1.1/escape").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "the limit stays: {error}");
}
