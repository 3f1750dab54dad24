//! One file on a disk, read by ranges.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, ReadAt, Result, Retry,
};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::file::{PLACES, SILENCE, disk, file_url, validator};
use crate::wait::{blocking, or_cancel};

/// Between pieces of this size a read looks whether it is still wanted.
const PIECE_BYTES: usize = 4 * 1024 * 1024;

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

    /// Opens a file of a mount, whose readers share its threads.
    pub(super) async fn open_with(path: PathBuf, places: Arc<Semaphore>) -> Result<Self> {
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    async fn read(file: &FileReadAt, start: u64, end: u64) -> Result<Bytes> {
        let ranges = [ByteRange::new(start, end)];
        file.read(&ranges, &Cancel::new()).await.remove(0)
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
}
