//! Blocks on the disk, for the next time that a file is opened.
//!
//! Each address has one file, which holds the blocks of one version
//! ([`BlockFile`]). The folder has a budget in bytes; the files that were used
//! least recently go first.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hutch_model::Identity;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::block_file::BlockFile;
use super::block_store::SourceKey;
use crate::wait::blocking;

/// Ends of names of the files that belong to the cache.
const ENDING: &str = "blocks";
/// How many files are held open.
const MOST_OPEN: usize = 64;
/// Bytes that are written before the budget is looked at again.
const LOOK_EVERY_BYTES: u64 = 8 * 1024 * 1024;
/// A disk that is silent for this long is not asked any further: what it
/// holds can be had from the source.
const SILENCE: Duration = Duration::from_secs(2);
/// Threads that a disk which hangs can hold.
const PLACES: usize = 4;

/// A folder of blocks; safe to share between processes, and to delete.
#[derive(Debug)]
pub(super) struct DiskBlocks {
    folder: PathBuf,
    budget_bytes: u64,
    open: Mutex<HashMap<String, Arc<BlockFile>>>,
    written_bytes: AtomicU64,
    places: Arc<Semaphore>,
    writing: Arc<Semaphore>,
}

impl DiskBlocks {
    /// Makes the folder, where it is not there yet, for its owner only.
    pub(super) fn open(folder: &Path, budget_bytes: u64) -> io::Result<Self> {
        make_private_folder(folder)?;
        let disk = Self {
            folder: folder.to_owned(),
            budget_bytes,
            open: Mutex::default(),
            written_bytes: AtomicU64::new(0),
            places: Arc::new(Semaphore::new(PLACES)),
            writing: Arc::new(Semaphore::new(1)),
        };
        disk.make_room();
        Ok(disk)
    }

    /// The version of an address that blocks are kept of.
    pub(super) fn version(&self, url: &str) -> Option<Identity> {
        if let Some(file) = self.open.lock().get(url) {
            return Some(file.identity().clone());
        }
        BlockFile::version(&self.path_of(url)).filter(|identity| identity.url == url)
    }

    /// The blocks among those that are kept whole.
    pub(super) async fn read(
        self: &Arc<Self>,
        source: &SourceKey,
        blocks: &[u64],
    ) -> Vec<(u64, Bytes)> {
        let (disk, source, blocks) = (Arc::clone(self), Arc::clone(source), blocks.to_vec());
        let work = move || {
            let Some(file) = disk.file(&source, false) else {
                return Ok(Vec::new());
            };
            let found = blocks
                .iter()
                .filter_map(|&block| Some((block, file.read(block)?)));
            Ok(found.collect())
        };
        blocking(&self.places, SILENCE, "read the cache", work)
            .await
            .unwrap_or_else(|error| {
                log::debug!("the cache is left alone: {error}");
                Vec::new()
            })
    }

    /// Keeps blocks; nobody waits for it, and it may fail.
    pub(super) fn keep(self: &Arc<Self>, source: &SourceKey, fresh: Vec<(u64, Bytes)>) {
        if fresh.is_empty() {
            return;
        }
        let (disk, source) = (Arc::clone(self), Arc::clone(source));
        let work = move || disk.keep_now(&source, &fresh);
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                let writing = Arc::clone(&self.writing);
                runtime.spawn(async move {
                    // One at a time: a slow disk must not take all threads.
                    let place = writing.acquire_owned().await;
                    let _done = tokio::task::spawn_blocking(work).await;
                    drop(place);
                });
            }
            Err(_) => work(),
        }
    }

    fn keep_now(&self, source: &SourceKey, fresh: &[(u64, Bytes)]) {
        let Some(file) = self.file(source, true) else {
            return;
        };
        // One file never pushes out all others.
        if file.size_bytes() > self.budget_bytes / 2 {
            return;
        }
        let written = match file.append(fresh) {
            Ok(written) => written,
            Err(error) => {
                log::debug!("blocks are not kept: {error}");
                self.open.lock().remove(&source.0);
                return;
            }
        };
        let before = self.written_bytes.fetch_add(written, Ordering::Relaxed);
        let looks = LOOK_EVERY_BYTES.min(self.budget_bytes / 8).max(1);
        if before / looks != (before + written) / looks {
            self.make_room();
        }
    }

    /// The file of a version; one of another version is replaced, if asked to.
    fn file(&self, source: &SourceKey, make: bool) -> Option<Arc<BlockFile>> {
        let identity = Identity {
            url: source.0.clone(),
            validator: source.1.clone(),
            size_bytes: source.2,
        };
        let mut open = self.open.lock();
        if let Some(file) = open.get(&identity.url)
            && *file.identity() == identity
        {
            return Some(Arc::clone(file));
        }
        let path = self.path_of(&identity.url);
        let file = match BlockFile::open(&path, &identity) {
            Some(file) => file,
            None if make => BlockFile::create(&path, &identity)
                .inspect_err(|error| log::debug!("blocks are not kept: {error}"))
                .ok()?,
            None => return None,
        };
        if open.len() >= MOST_OPEN {
            open.clear();
        }
        let file = Arc::new(file);
        open.insert(identity.url, Arc::clone(&file));
        Some(file)
    }

    fn path_of(&self, url: &str) -> PathBuf {
        self.folder
            .join(format!("{:016x}.{ENDING}", hash(url.as_bytes())))
    }

    /// Removes what was used least recently until a tenth of the budget is free.
    fn make_room(&self) {
        let mut files = files_in(&self.folder);
        let mut held: u64 = files.iter().map(|(_, size, _)| size).sum();
        if held <= self.budget_bytes {
            return;
        }
        files.sort();
        let mut gone = HashSet::new();
        for (_, size, path) in files {
            if held <= self.budget_bytes / 10 * 9 {
                break;
            }
            // Another process may have removed it already.
            let _removed = std::fs::remove_file(&path);
            held = held.saturating_sub(size);
            gone.insert(path);
        }
        let mut open = self.open.lock();
        open.retain(|url, _| !gone.contains(&self.path_of(url)));
    }

    /// Removes everything, as at sign-out.
    pub(super) fn clear(&self) {
        self.open.lock().clear();
        for (_, _, path) in files_in(&self.folder) {
            // What is gone needs no removing.
            let _removed = std::fs::remove_file(path);
        }
    }

    /// Waits until everything that is to be kept was written.
    #[cfg(test)]
    pub(super) async fn settle(&self) {
        tokio::task::yield_now().await;
        for _ in 0..3 {
            drop(self.writing.acquire().await);
            tokio::task::yield_now().await;
        }
    }
}

/// Time of the last use, size and path of each file of the cache.
fn files_in(folder: &Path) -> Vec<(SystemTime, u64, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let files = entries.flatten().filter_map(|entry| {
        let path = entry.path();
        let metadata = entry.metadata().ok()?;
        let is_ours = path
            .extension()
            .is_some_and(|ending| ending == ENDING || ending == "part");
        is_ours.then_some((metadata.modified().ok()?, metadata.len(), path))
    });
    files.collect()
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700).create(folder)?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
    }
    #[cfg(not(unix))]
    builder.create(folder)
}

/// A short name for an address; the file itself says which address it is of.
/// Source: FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use hutch_model::Validator;

    use super::*;

    fn source(url: &str, tag: &str) -> SourceKey {
        Arc::new((url.to_owned(), Validator::ETag(tag.to_owned()), 1 << 40))
    }

    fn disk(folder: &Path, budget_bytes: u64) -> Arc<DiskBlocks> {
        Arc::new(DiskBlocks::open(folder, budget_bytes).unwrap())
    }

    fn block(value: u8) -> Bytes {
        vec![value; 64 * 1024].into()
    }

    #[tokio::test]
    async fn blocks_come_back_in_another_process_and_only_for_their_version() {
        let folder = tempfile::tempdir().unwrap();
        let first = disk(folder.path(), 1 << 30);
        let old = source("http://x/a.h5", "v1");
        first.keep_now(&old, &[(3, block(3)), (7 << 20, block(7))]);
        let second = disk(folder.path(), 1 << 30);
        let got = second.read(&old, &[3, 4, 7 << 20]).await;
        assert_eq!(got, [(3, block(3)), (7 << 20, block(7))], "the two kept");
        let seen = second.version("http://x/a.h5").unwrap();
        assert_eq!(seen.validator, Validator::ETag("v1".into()), "its version");
        let new = source("http://x/a.h5", "v2");
        assert!(second.read(&new, &[3]).await.is_empty(), "another version");
        second.keep_now(&new, &[(1, block(9))]);
        let third = disk(folder.path(), 1 << 30);
        assert!(
            third.read(&old, &[3]).await.is_empty(),
            "the old one is gone"
        );
        assert_eq!(third.read(&new, &[1]).await, [(1, block(9))], "the new one");
        assert_eq!(first.read(&old, &[3]).await.len(), 1, "who reads, reads on");
    }

    #[tokio::test]
    async fn two_processes_write_one_file_and_both_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (disk(folder.path(), 1 << 30), disk(folder.path(), 1 << 30));
        let key = source("http://x/a.h5", "v1");
        one.keep_now(&key, &[(0, block(0))]);
        std::thread::scope(|scope| {
            for (disk, parity) in [(&one, 0), (&other, 1)] {
                let key = &key;
                scope.spawn(move || {
                    for index in 0..50_u8 {
                        let at = u64::from(index) * 2 + parity;
                        disk.keep_now(key, &[(at, block(index))]);
                    }
                });
            }
        });
        let all: Vec<u64> = (0..100).collect();
        let third = disk(folder.path(), 1 << 30);
        let got = third.read(&key, &all).await;
        assert_eq!(got.len(), 100, "every block of both");
        for (at, bytes) in got {
            assert_eq!(u64::from(bytes[0]), at / 2, "the right bytes of {at}");
        }
    }

    #[tokio::test]
    async fn the_budget_holds_and_what_was_used_least_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = disk(folder.path(), 1 << 20);
        for file in 0..8_u8 {
            let key = source(&format!("http://x/{file}.h5"), "v1");
            let blocks: Vec<_> = (0..4).map(|at| (at, block(file))).collect();
            cache.keep_now(&key, &blocks);
            std::thread::sleep(Duration::from_millis(10));
        }
        let held: u64 = files_in(folder.path()).iter().map(|file| file.1).sum();
        assert!(held <= 1 << 20, "{held} bytes");
        let newest = source("http://x/7.h5", "v1");
        assert_eq!(cache.read(&newest, &[0]).await.len(), 1, "the newest stays");
        let oldest = source("http://x/0.h5", "v1");
        assert!(
            cache.read(&oldest, &[0]).await.is_empty(),
            "the oldest went"
        );
    }

    #[tokio::test]
    async fn the_folder_may_be_deleted_and_only_its_owner_reads_it() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("blocks");
        let cache = disk(&folder, 1 << 30);
        let key = source("http://x/a.h5", "v1");
        cache.keep_now(&key, &[(0, block(1))]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&folder), 0o700, "the folder");
            assert_eq!(mode(&cache.path_of("http://x/a.h5")), 0o600, "the file");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        cache.keep_now(&source("http://x/b.h5", "v1"), &[(0, block(2))]);
        assert!(
            disk(&folder, 1 << 30).read(&key, &[0]).await.is_empty(),
            "gone"
        );
        cache.clear();
        assert!(cache.read(&key, &[0]).await.is_empty(), "and forgotten");
    }
}
