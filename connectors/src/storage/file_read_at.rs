//! One file on a disk, read by ranges.

mod cached;
mod handle;
mod travel;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Identity, Landing, ReadAt, Result, Samples,
};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use self::cached::Cached;
pub(crate) use self::handle::read_exact_at;
use self::handle::{Job, Opened, opened_at};
use self::travel::{Travel, will_need};
use super::file::{PLACES, SILENCE, file_url};
use crate::wait::{blocking, or_cancel};

/// A file on a disk, read by ranges.
///
/// Bytes are read into memory that was used before and goes on to the caller
/// without a copy; what the system has in its own memory is read at once, the
/// rest on a thread that may wait. The file is not mapped into memory: when a
/// writer truncates a mapped file, or a network file system goes away, the
/// program that touches it is killed, and no error can say so. No lock is ever
/// taken, since locks hang on network file systems and would disturb a writer.
/// A handle that became stale (`ESTALE`, when a server of a network file system
/// began anew) is opened again by path.
#[derive(Debug)]
pub struct FileReadAt {
    path: PathBuf,
    url: String,
    places: Arc<Semaphore>,
    opened: Mutex<Opened>,
    travel: Mutex<Travel>,
    cached: Cached,
}

impl FileReadAt {
    /// Opens a file.
    ///
    /// # Errors
    /// `NotFound`, `Disk`, and `Usage` for a folder.
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
            travel: Mutex::default(),
            cached: Cached::default(),
        })
    }

    async fn read_all(&self, ranges: &[ByteRange], cancel: &Cancel) -> Vec<Result<Bytes>> {
        if let Err(error) = cancel.check() {
            return ranges.iter().map(|_| Err(error.duplicate())).collect();
        }
        let opened = self.opened.lock().clone();
        let ahead = self.travelled(ranges);
        if let Some(parts) = self.cached.read(&opened, ranges) {
            self.go_ahead(&opened, ahead);
            return parts.into_iter().map(Ok).collect();
        }
        self.cached.note_miss();
        let wanted = ranges.to_vec();
        let work = move |job: &Job| {
            job.run(&opened, |opened| {
                let one = |range: &ByteRange| job.read_range(opened, *range);
                let parts = wanted.iter().map(one).collect();
                tell(opened, ahead);
                parts
            })
        };
        let parts = self.on_a_thread(cancel, work).await;
        parts.unwrap_or_else(|error| ranges.iter().map(|_| Err(error.duplicate())).collect())
    }

    async fn read_all_into(
        &self,
        landings: &[Landing],
        mut samples: Samples,
        cancel: &Cancel,
    ) -> Result<Samples> {
        cancel.check()?;
        let opened = self.opened.lock().clone();
        let ranges: Vec<ByteRange> = landings.iter().map(|landing| landing.range).collect();
        let ahead = self.travelled(&ranges);
        if self.cached.read_into(&opened, landings, &mut samples) {
            self.go_ahead(&opened, ahead);
            return Ok(samples);
        }
        self.cached.note_miss();
        let landings = landings.to_vec();
        let work = move |job: &Job| {
            let (mut done, again) = job.run(&opened, |opened| {
                let done = job.read_into(opened, &landings, &mut samples);
                tell(opened, ahead);
                vec![done]
            });
            let done = done.pop().unwrap_or(Ok(()));
            (done.map(|()| samples), again)
        };
        self.on_a_thread(cancel, work).await?
    }

    /// Runs a read on a thread that may wait; keeps the handle that it opened.
    async fn on_a_thread<T: Send + 'static>(
        &self,
        cancel: &Cancel,
        work: impl FnOnce(&Job) -> (T, Option<Opened>) + Send + 'static,
    ) -> Result<T> {
        let tried = format!("read \"{}\"", self.path.display());
        let job = Job {
            path: self.path.clone(),
            cancel: cancel.clone(),
            tried: tried.clone(),
        };
        let work = blocking(&self.places, SILENCE, &tried, move || Ok(work(&job)));
        let (done, again) = or_cancel(cancel, work).await?;
        if let Some(again) = again {
            *self.opened.lock() = again;
        }
        Ok(done)
    }

    /// Notes where somebody reads; says what comes next.
    fn travelled(&self, ranges: &[ByteRange]) -> Option<ByteRange> {
        match ranges {
            [range] => self.travel.lock().next(*range),
            _ => None,
        }
    }

    /// Goes on telling the system what comes next, for a file that it does not
    /// have as a whole; nobody waits for that.
    fn go_ahead(&self, opened: &Opened, ahead: Option<ByteRange>) {
        if ahead.is_some()
            && self.cached.is_cold()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let opened = opened.clone();
            drop(runtime.spawn_blocking(move || tell(&opened, ahead)));
        }
    }
}

/// Tells the system what will be wanted.
fn tell(opened: &Opened, ahead: Option<ByteRange>) {
    if let Some(ahead) = ahead {
        will_need(&opened.file, ahead);
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

    fn read_into<'a>(
        &'a self,
        landings: &'a [Landing],
        samples: Samples,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Samples>> {
        Box::pin(self.read_all_into(landings, samples, cancel))
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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;

    use hutch_model::{ElementType, ErrorKind, Retry};

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

    async fn read_into(file: &FileReadAt, landings: &[Landing]) -> Result<Samples> {
        let samples = Samples::zeroed(&ElementType::U16, 4)?;
        file.read_into(landings, samples, &Cancel::new()).await
    }

    fn landing(start: u64, end: u64, place: usize) -> Landing {
        let range = ByteRange::new(start, end);
        Landing { range, place }
    }

    #[tokio::test]
    async fn samples_are_read_straight_into_their_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.dat");
        let stored: Vec<u8> = [1_u16, 2, 3, 4]
            .iter()
            .flat_map(|n| n.to_ne_bytes())
            .collect();
        std::fs::write(&path, &stored).unwrap();
        let file = FileReadAt::open(&path).await.unwrap();
        for is_unknown in [false, true] {
            file.cached.set_unknown(is_unknown);
            let landings = [landing(6, 8, 0), landing(2, 6, 2), landing(0, 2, 6)];
            let found = read_into(&file, &landings).await.unwrap();
            assert_eq!(found, Samples::U16(vec![4, 2, 3, 1]), "each in its place");
            let error = read_into(&file, &[landing(4, 12, 0)]).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Integrity, "beyond the end: {error}");
            let error = read_into(&file, &[landing(0, 8, 2)]).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Internal, "no such place: {error}");
        }
    }
}
