//! Files on a disk of this computer, or on a mount that may hang.

use std::fs::{File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, Capabilities, CostHint, Error, ErrorKind, Identity, Locality,
    Operation, Permission, ReadAt, Result, Retry, Storage, StorageEntry, StorageEntryKind,
    Validator,
};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::components;
use crate::wait::{blocking, or_cancel, random};

/// How many threads one mount can hold when it hangs.
const PLACES: usize = 8;
/// The longest that a mount may be silent.
const SILENCE: Duration = Duration::from_secs(30);
/// Between pieces of this size a read looks whether it is still wanted.
const PIECE_BYTES: usize = 4 * 1024 * 1024;

/// A folder of this computer.
#[derive(Debug)]
pub struct FileStorage {
    folder: PathBuf,
    root: String,
    places: Arc<Semaphore>,
}

impl FileStorage {
    /// The storage whose `/` is a folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            root: file_url(&folder),
            folder,
            places: Arc::new(Semaphore::new(PLACES)),
        }
    }

    /// The path on this computer.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it climbs above the folder.
    pub fn local_path(&self, path: &str) -> Result<PathBuf> {
        let mut local = self.folder.clone();
        local.extend(components(path, &format!("use \"{path}\""))?);
        Ok(local)
    }

    async fn run<T: Send + 'static>(
        &self,
        tried: String,
        cancel: &Cancel,
        work: impl FnOnce(&str) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let words = tried.clone();
        or_cancel(
            cancel,
            blocking(&self.places, SILENCE, &tried, move || work(&words)),
        )
        .await
    }
}

impl Storage for FileStorage {
    fn root(&self) -> &str {
        &self.root
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            ranges: true,
            put: true,
            stage: false,
            watch: false,
        }
    }

    fn list<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Vec<StorageEntry>>> {
        Box::pin(async move {
            let local = self.local_path(path)?;
            let parent = normal(path);
            self.run(format!("list \"{path}\""), cancel, move |tried| {
                let mut entries = Vec::new();
                for found in std::fs::read_dir(&local).map_err(|error| disk(error, tried))? {
                    let found = found.map_err(|error| disk(error, tried))?;
                    // A file may be gone again by now.
                    let Ok(metadata) = std::fs::metadata(found.path()) else {
                        continue;
                    };
                    if let Some(name) = found.file_name().to_str() {
                        entries.push(entry(&parent, name, &metadata));
                    }
                }
                entries.sort_by(|a, b| a.name.cmp(&b.name));
                Ok(entries)
            })
            .await
        })
    }

    fn stat<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<StorageEntry>> {
        Box::pin(async move {
            let local = self.local_path(path)?;
            let whole = normal(path);
            self.run(format!("look at \"{path}\""), cancel, move |tried| {
                let metadata = std::fs::metadata(&local).map_err(|error| disk(error, tried))?;
                let (parent, name) = whole.rsplit_once('/').unwrap_or(("", &whole));
                Ok(entry(parent, name, &metadata))
            })
            .await
        })
    }

    fn open<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Arc<dyn ReadAt>>> {
        Box::pin(async move {
            let file =
                FileReadAt::open_with(self.local_path(path)?, Arc::clone(&self.places)).await?;
            Ok(Arc::new(file) as Arc<dyn ReadAt>)
        })
    }

    fn put<'a>(
        &'a self,
        path: &'a str,
        bytes: Bytes,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<StorageEntry>> {
        Box::pin(async move {
            let local = self.local_path(path)?;
            self.run(format!("write \"{path}\""), cancel, move |tried| {
                write_whole(&local, &bytes).map_err(|error| disk(error, tried))
            })
            .await?;
            self.stat(path, cancel).await
        })
    }

    fn may(&self, _operation: Operation, path: &str) -> Permission {
        // Asking the disk could hang; whether it allows a write is seen then.
        match self.local_path(path) {
            Ok(_) => Permission::Yes,
            Err(error) => Permission::No(error.why),
        }
    }
}

/// A file on a disk, read by ranges.
#[derive(Debug)]
pub struct FileReadAt {
    path: PathBuf,
    url: String,
    places: Arc<Semaphore>,
    opened: Mutex<Opened>,
}

#[derive(Clone, Debug)]
struct Opened {
    file: Arc<File>,
    identity: Identity,
}

impl FileReadAt {
    /// Opens a file.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Disk`], [`ErrorKind::Usage`] for
    /// a folder.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        Self::open_with(path.into(), Arc::new(Semaphore::new(PLACES))).await
    }

    async fn open_with(path: PathBuf, places: Arc<Semaphore>) -> Result<Self> {
        let url = file_url(&path);
        let opened = open_now(path.clone(), url.clone(), &places).await?;
        Ok(Self {
            path,
            url,
            places,
            opened: Mutex::new(opened),
        })
    }

    async fn read_all(&self, ranges: &[ByteRange], cancel: &Cancel) -> Vec<Result<Bytes>> {
        let opened = self.opened.lock().clone();
        let tried = format!("read \"{}\"", self.path.display());
        let wanted = ranges.to_vec();
        let flag = cancel.clone();
        let words = tried.clone();
        let work = blocking(&self.places, SILENCE, &tried, move || {
            let mut parts = Vec::with_capacity(wanted.len());
            for range in wanted {
                parts.push(read_range(&opened, range, &flag, &words));
            }
            Ok(parts)
        });
        match or_cancel(cancel, work).await {
            Ok(parts) => parts,
            Err(error) => ranges.iter().map(|_| Err(error.duplicate())).collect(),
        }
    }
}

impl ReadAt for FileReadAt {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async { Ok(self.opened.lock().identity.clone()) })
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(self.read_all(ranges, cancel))
    }

    fn cost_hint(&self) -> CostHint {
        CostHint::LOCAL
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async {
            let opened = open_now(self.path.clone(), self.url.clone(), &self.places).await?;
            let identity = opened.identity.clone();
            *self.opened.lock() = opened;
            Ok(identity)
        })
    }
}

async fn open_now(path: PathBuf, url: String, places: &Arc<Semaphore>) -> Result<Opened> {
    let tried = format!("open \"{}\"", path.display());
    let words = tried.clone();
    blocking(places, SILENCE, &tried, move || {
        let file = File::open(&path).map_err(|error| disk(error, &words))?;
        let metadata = file.metadata().map_err(|error| disk(error, &words))?;
        if metadata.is_dir() {
            return Err(Error::new(ErrorKind::Usage, words, "it is a folder"));
        }
        Ok(Opened {
            file: Arc::new(file),
            identity: Identity {
                url,
                size_bytes: metadata.len(),
                validator: validator(&metadata),
            },
        })
    })
    .await
}

/// Reads one range, cut at the size that the file had when it was opened.
///
/// A file that only grew is still the same file to its readers: writers of
/// HDF5 append. One that shrank, or changed without growing, is another.
fn read_range(opened: &Opened, range: ByteRange, cancel: &Cancel, tried: &str) -> Result<Bytes> {
    let size = opened.identity.size_bytes;
    let range = ByteRange::new(range.start.min(size), range.end.min(size));
    let length = usize::try_from(range.len()).map_err(|error| {
        Error::new(ErrorKind::Limit, tried, "the range is longer than memory").with_source(error)
    })?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|error| {
        Error::new(ErrorKind::Limit, tried, "the range is longer than memory").with_source(error)
    })?;
    bytes.resize(length, 0);
    let mut done = 0;
    while done < length {
        cancel.check()?;
        let end = (done + PIECE_BYTES).min(length);
        read_exact_at(
            &opened.file,
            &mut bytes[done..end],
            range.start + done as u64,
        )
        .map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                changed(tried, "the file became shorter while it was read")
            } else {
                disk(error, tried)
            }
        })?;
        done = end;
    }
    let metadata = opened.file.metadata().map_err(|error| disk(error, tried))?;
    if metadata.len() < size {
        return Err(changed(tried, "the file became shorter while it was read"));
    }
    if metadata.len() == size && validator(&metadata) != opened.identity.validator {
        return Err(changed(tried, "the file changed while it was read"));
    }
    Ok(bytes.into())
}

fn changed(tried: &str, why: &str) -> Error {
    Error::new(ErrorKind::Integrity, tried, why).with_retry(Retry::Later)
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    file.read_exact_at(buffer, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    while !buffer.is_empty() {
        match file.seek_read(buffer, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                buffer = &mut buffer[count..];
                at += count as u64;
            }
        }
    }
    Ok(())
}

/// Writes a file beside its place and renames it there once it is safe.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_beside(path, bytes, File::options().write(true).create_new(true))
}

/// The same for a file that only its owner may read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    write_beside(path, bytes, options.write(true).create_new(true))
}

fn write_beside(path: &Path, bytes: &[u8], options: &std::fs::OpenOptions) -> io::Result<()> {
    let part = part_of(path);
    let written = (|| {
        let mut file = options.open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&part, path)
    })();
    if written.is_err() {
        // The first error is the one to tell; the rest may be gone already.
        let _removed = std::fs::remove_file(&part);
    }
    written
}

/// A hidden name beside a file, under which it is written first.
pub(crate) fn part_of(path: &Path) -> PathBuf {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    folder.join(format!(".{name}.{:016x}.part", random()))
}

fn entry(parent: &str, name: &str, metadata: &Metadata) -> StorageEntry {
    let is_folder = metadata.is_dir();
    StorageEntry {
        name: name.to_owned(),
        path: format!("{}/{name}", parent.trim_end_matches('/')),
        kind: if is_folder {
            StorageEntryKind::Folder
        } else {
            StorageEntryKind::File
        },
        size_bytes: (!is_folder).then_some(metadata.len()),
        modified_secs: modified_ns(metadata).and_then(|ns| i64::try_from(ns / 1_000_000_000).ok()),
        validator: Some(validator(metadata)),
        locality: Locality::Disk,
    }
}

fn validator(metadata: &Metadata) -> Validator {
    Validator::SizeAndTime {
        size_bytes: metadata.len(),
        modified_ns: modified_ns(metadata),
    }
}

fn modified_ns(metadata: &Metadata) -> Option<i128> {
    let modified = metadata.modified().ok()?;
    match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).ok(),
        Err(before) => i128::try_from(before.duration().as_nanos())
            .ok()
            .map(|ns| -ns),
    }
}

fn normal(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("/{}", parts.join("/"))
}

pub(crate) fn file_url(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    url::Url::from_file_path(&whole)
        .map_or_else(|()| whole.display().to_string(), |url| url.to_string())
}

pub(crate) fn disk(error: io::Error, tried: &str) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Disk,
    };
    Error::new(kind, tried, error.to_string()).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(file: &FileReadAt, start: u64, end: u64) -> Result<Bytes> {
        let ranges = [ByteRange::new(start, end)];
        file.read(&ranges, &Cancel::new()).await.remove(0)
    }

    #[tokio::test]
    async fn put_list_stat_and_read_agree() {
        let folder = tempfile::tempdir().unwrap();
        let storage = FileStorage::new(folder.path());
        let cancel = Cancel::new();
        let bytes = Bytes::from_static(b"0123456789");
        let put = storage.put("/a b.dat", bytes, &cancel).await.unwrap();
        let listed = storage.list("/", &cancel).await.unwrap();
        assert_eq!(
            listed,
            std::slice::from_ref(&put),
            "one file and no rest of its writing"
        );
        assert_eq!(
            (put.path.as_str(), put.size_bytes),
            ("/a b.dat", Some(10)),
            "as put"
        );
        let file = storage.open("/a b.dat").await.unwrap();
        let parts = file.read(&[ByteRange::new(3, 99)], &cancel).await;
        assert_eq!(
            parts[0].as_ref().unwrap().as_ref(),
            b"3456789",
            "cut at the end"
        );
        assert_eq!(file.identity().await.unwrap().size_bytes, 10, "its size");
    }

    #[tokio::test]
    async fn a_path_cannot_climb_out() {
        let storage = FileStorage::new("/tmp");
        for path in ["../etc/passwd", "/a/../../etc", "/.."] {
            let error = storage.stat(path, &Cancel::new()).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Usage, "{path}");
        }
    }

    #[tokio::test]
    async fn a_truncated_file_is_told_and_a_grown_one_reads_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.dat");
        std::fs::write(&path, vec![1_u8; 1000]).unwrap();
        let file = FileReadAt::open(&path).await.unwrap();
        let mut more = File::options().append(true).open(&path).unwrap();
        more.write_all(&[2; 500]).unwrap();
        assert_eq!(
            read(&file, 900, 2000).await.unwrap().len(),
            100,
            "the old size"
        );
        assert_eq!(
            file.refresh().await.unwrap().size_bytes,
            1500,
            "the new size"
        );
        assert_eq!(
            read(&file, 900, 2000).await.unwrap().len(),
            600,
            "all of it"
        );
        std::fs::write(&path, vec![3_u8; 10]).unwrap();
        let error = read(&file, 0, 5).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Integrity, "{error}");
        assert_eq!(error.retry, Retry::Later, "a refresh helps");
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_found() {
        let storage = FileStorage::new("/nonexistent-folder");
        let error = storage.open("/x").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    }
}
