//! Files on a disk of this computer, or on a mount that may hang.

use std::fs::{File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use hutch_model::{
    BoxFuture, Cancel, Capabilities, Error, ErrorKind, Locality, Operation, Permission, ReadAt,
    Result, Storage, StorageEntry, StorageEntryKind, Validator,
};
use tokio::sync::Semaphore;

use super::{FileReadAt, components};
use crate::wait::{blocking, or_cancel, random};

/// How many threads one mount can hold when it hangs.
pub(super) const PLACES: usize = 8;
/// The longest that a mount may be silent.
pub(super) const SILENCE: Duration = Duration::from_secs(30);

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

pub(super) fn validator(metadata: &Metadata) -> Validator {
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
    use hutch_model::ByteRange;

    use super::*;

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
    async fn what_is_not_there_is_not_found() {
        let storage = FileStorage::new("/nonexistent-folder");
        let error = storage.open("/x").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    }
}
