//! One file on a disk, read by ranges.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, ReadAt, Result, Retry,
};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::file::{PLACES, SILENCE, disk, file_url, validator};
use super::regular::open_regular;
use crate::wait::{blocking, or_cancel};

/// Between pieces of this size a read looks whether it is still wanted.
const PIECE_BYTES: usize = 4 * 1024 * 1024;
/// Reads from this length on are frames, which are read ahead.
const AHEAD_BYTES: u64 = 256 * 1024;

/// A file on a disk, read by ranges.
///
/// Bytes are read into a buffer that goes on to the caller without a copy. The
/// file is not mapped into memory: when a writer truncates a mapped file, or a
/// network file system goes away, the program that touches it is killed, and no
/// error can say so. No lock is ever taken, since locks hang on network file
/// systems and would disturb a writer. A handle that became stale (`ESTALE`,
/// when a server of a network file system began anew) is opened again by path.
#[derive(Debug)]
pub struct FileReadAt {
    path: PathBuf,
    url: String,
    places: Arc<Semaphore>,
    opened: Mutex<Opened>,
    travel: Arc<Mutex<Travel>>,
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
            travel: Arc::default(),
        })
    }

    async fn read_all(&self, ranges: &[ByteRange], cancel: &Cancel) -> Vec<Result<Bytes>> {
        let opened = self.opened.lock().clone();
        let tried = format!("read \"{}\"", self.path.display());
        let job = Job {
            path: self.path.clone(),
            ranges: ranges.to_vec(),
            cancel: cancel.clone(),
            tried: tried.clone(),
        };
        let travel = Arc::clone(&self.travel);
        let work = blocking(&self.places, SILENCE, &tried, move || {
            let answer = job.run(&opened, read_range);
            let file = answer.1.as_ref().map_or(&opened.file, |again| &again.file);
            if let [range] = job.ranges.as_slice()
                && let Some(next) = travel.lock().next(*range)
            {
                will_need(file, next);
            }
            Ok(answer)
        });
        match or_cancel(cancel, work).await {
            Ok((parts, again)) => {
                if let Some(again) = again {
                    *self.opened.lock() = again;
                }
                parts
            }
            Err(error) => ranges.iter().map(|_| Err(error.duplicate())).collect(),
        }
    }
}

/// Ranges to read, on a thread that may wait.
struct Job {
    path: PathBuf,
    ranges: Vec<ByteRange>,
    cancel: Cancel,
    tried: String,
}

impl Job {
    /// Reads all ranges; once more through a fresh handle, which is given back,
    /// when the handle is stale and the file is still the same.
    fn run(
        &self,
        opened: &Opened,
        read: impl Fn(&Opened, ByteRange, &Cancel, &str) -> Result<Bytes>,
    ) -> (Vec<Result<Bytes>>, Option<Opened>) {
        let each = |opened: &Opened| -> Vec<Result<Bytes>> {
            let one = |range: &ByteRange| read(opened, *range, &self.cancel, &self.tried);
            self.ranges.iter().map(one).collect()
        };
        let parts = each(opened);
        if !parts.iter().any(is_stale) {
            return (parts, None);
        }
        log::debug!(
            "opened \"{}\" again: the handle was stale",
            self.path.display()
        );
        let again = match opened_at(&self.path, opened.identity.url.clone(), &self.tried) {
            Ok(again) => again,
            Err(error) => return (vec_of(&error, parts.len()), None),
        };
        if again.identity != opened.identity {
            let error = changed(&self.tried, "another file is there now");
            return (vec_of(&error, parts.len()), None);
        }
        (each(&again), Some(again))
    }
}

fn vec_of(error: &Error, count: usize) -> Vec<Result<Bytes>> {
    (0..count).map(|_| Err(error.duplicate())).collect()
}

/// Whether a handle of a network file system was forgotten by its server.
fn is_stale(part: &Result<Bytes>) -> bool {
    let Err(error) = part else { return false };
    let source = error.source.as_ref();
    let io = source.and_then(|source| source.downcast_ref::<io::Error>());
    io.is_some_and(|io| io.kind() == io::ErrorKind::StaleNetworkFileHandle)
}

/// Reads that follow each other at the same distance, forwards or backwards.
#[derive(Debug, Default)]
struct Travel {
    last: Option<ByteRange>,
    step: Option<i128>,
}

impl Travel {
    /// What will be wanted next, after two equal steps.
    fn next(&mut self, range: ByteRange) -> Option<ByteRange> {
        let last = self.last.replace(range)?;
        let step = i128::from(range.start) - i128::from(last.start);
        let before = self.step.replace(step);
        let is_large = range.len() >= AHEAD_BYTES;
        if step == 0 || before != Some(step) || !is_large {
            return None;
        }
        let start = u64::try_from(i128::from(range.start) + step).ok()?;
        Some(ByteRange::new(start, start.checked_add(range.len())?))
    }
}

/// Tells the system to read something soon; it may not care.
fn will_need(file: &File, range: ByteRange) {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    {
        use std::num::NonZeroU64;
        let advice = rustix::fs::Advice::WillNeed;
        let told = rustix::fs::fadvise(file, range.start, NonZeroU64::new(range.len()), advice);
        if let Err(error) = told {
            log::trace!("no reading ahead: {error}");
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    let _unused = (file, range);
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
        opened_at(&path, url, &words)
    })
    .await
}

fn opened_at(path: &Path, url: String, tried: &str) -> Result<Opened> {
    let (file, metadata) = open_regular(path, tried)?;
    Ok(Opened {
        file: Arc::new(file),
        identity: Identity {
            url,
            size_bytes: metadata.len(),
            validator: validator(&metadata),
        },
    })
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
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    file.read_exact_at(buffer, at)
}

#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut at: u64) -> io::Result<()> {
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
        let error = read(&file, 900, 910).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Integrity, "beyond its end: {error}");
        let error = read(&file, 0, 5).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Integrity, "{error}");
        assert_eq!(error.retry, Retry::Later, "a refresh helps");
    }

    fn stale() -> Result<Bytes> {
        Err(disk(io::ErrorKind::StaleNetworkFileHandle.into(), "read"))
    }

    #[tokio::test]
    async fn a_stale_handle_is_opened_again_by_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.dat");
        std::fs::write(&path, vec![1_u8; 1000]).unwrap();
        let opened = opened_at(&path, "file:x".into(), "open").unwrap();
        let job = Job {
            path: path.clone(),
            ranges: vec![ByteRange::new(0, 10), ByteRange::new(990, 1000)],
            cancel: Cancel::new(),
            tried: "read".into(),
        };
        let old = Arc::clone(&opened.file);
        let real = |now: &Opened, range, cancel: &Cancel, tried: &str| {
            if Arc::ptr_eq(&now.file, &old) {
                return stale();
            }
            read_range(now, range, cancel, tried)
        };
        let (parts, again) = job.run(&opened, real);
        assert!(
            parts
                .iter()
                .all(|part| part.as_ref().unwrap()[..] == [1; 10]),
            "read"
        );
        assert!(again.is_some(), "through a fresh handle");
        std::fs::write(&path, vec![2_u8; 2000]).unwrap();
        let (parts, _) = job.run(&opened, real);
        for part in parts {
            let error = part.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Integrity, "another file: {error}");
        }
        std::fs::remove_file(&path).unwrap();
        let (parts, _) = job.run(&opened, |_, _, _, _| stale());
        let error = parts.into_iter().next().unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "gone: {error}");
    }

    #[test]
    fn scrolling_is_foreseen_in_both_directions() {
        let frame = |index: u64| ByteRange::new(index << 20, (index + 1) << 20);
        let mut travel = Travel::default();
        assert_eq!(travel.next(frame(3)), None, "one read says nothing");
        assert_eq!(travel.next(frame(4)), None, "two may be chance");
        assert_eq!(travel.next(frame(5)), Some(frame(6)), "forwards");
        assert_eq!(travel.next(frame(4)), None, "turned");
        assert_eq!(travel.next(frame(3)), Some(frame(2)), "backwards");
        assert_eq!(travel.next(frame(2)), Some(frame(1)), "on");
        travel.next(frame(1));
        assert_eq!(travel.next(frame(0)), None, "nothing lies before the file");
    }
}
