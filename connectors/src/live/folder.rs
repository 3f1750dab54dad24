//! The newest file of a folder, as it appears and grows.
//!
//! The folder is looked at again and again, since events of the system do not
//! cross NFS and GPFS.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hutch_model::{BoxFuture, Cancel, Error, ErrorKind, LiveEvent, LiveSource, Result};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::storage::file_url;
use crate::wait::{blocking, or_cancel, sleep};

/// The longest that a folder may be silent before it is tried again.
const SILENCE: Duration = Duration::from_secs(10);

/// What is watched, and how often.
#[derive(Clone, Debug)]
pub struct FolderWatchSettings {
    /// Endings of files that count, as in `.h5`; none means all.
    pub suffixes: Vec<String>,
    /// How often the folder is looked at.
    pub every: Duration,
    /// Files that changed more recently are still being written, and are
    /// waited for. `None` tells about them as they grow.
    pub settled: Option<Duration>,
}

impl Default for FolderWatchSettings {
    /// Four times a second, every file, as it grows.
    fn default() -> Self {
        Self {
            suffixes: Vec::new(),
            every: Duration::from_millis(250),
            settled: None,
        }
    }
}

/// Tells about the newest file of a folder.
///
/// A folder that vanishes is waited for; an old file is told once.
#[derive(Debug)]
pub struct FolderWatch {
    folder: PathBuf,
    settings: FolderWatchSettings,
    places: Arc<Semaphore>,
    told: Mutex<Option<Seen>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    modified: SystemTime,
    size_bytes: u64,
}

impl FolderWatch {
    /// Watches a folder, which may not exist yet.
    pub fn new(folder: impl Into<PathBuf>, settings: FolderWatchSettings) -> Self {
        Self {
            folder: folder.into(),
            settings,
            places: Arc::new(Semaphore::new(2)),
            told: Mutex::new(None),
        }
    }

    async fn next_now(&self, cancel: &Cancel) -> Result<LiveEvent> {
        loop {
            let folder = self.folder.clone();
            let suffixes = self.settings.suffixes.clone();
            let settled = self.settings.settled;
            let tried = format!("watch \"{}\"", self.folder.display());
            let words = tried.clone();
            let look = blocking(&self.places, SILENCE, &tried, move || {
                newest(&folder, &suffixes, settled).map_err(|error| {
                    Error::new(ErrorKind::Disk, words, error.to_string()).with_source(error)
                })
            });
            match or_cancel(cancel, look).await {
                Ok(Some(seen)) if self.is_news(&seen) => return Ok(self.tell(seen)),
                Ok(_) => {}
                Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
                // Unmounted, renamed, or hanging: it may come back.
                Err(error) => log::debug!("{error}"),
            }
            sleep(self.settings.every, cancel).await?;
        }
    }

    fn is_news(&self, seen: &Seen) -> bool {
        self.told.lock().as_ref() != Some(seen)
    }

    fn tell(&self, seen: Seen) -> LiveEvent {
        let modified_secs = seen
            .modified
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64());
        let url = file_url(&seen.path);
        *self.told.lock() = Some(seen);
        LiveEvent::Changed { url, modified_secs }
    }
}

impl LiveSource for FolderWatch {
    fn next<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<LiveEvent>> {
        Box::pin(self.next_now(cancel))
    }
}

/// The newest file; of two that are equally new, the later name.
fn newest(
    folder: &Path,
    suffixes: &[String],
    settled: Option<Duration>,
) -> std::io::Result<Option<Seen>> {
    let now = SystemTime::now();
    let mut best: Option<Seen> = None;
    for entry in std::fs::read_dir(folder)? {
        let Ok(entry) = entry else { continue };
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let counts = !name.starts_with('.')
            && (suffixes.is_empty() || suffixes.iter().any(|suffix| name.ends_with(suffix)));
        if !counts {
            continue;
        }
        // It may be gone by now.
        let Ok(metadata) = std::fs::metadata(entry.path()) else {
            continue;
        };
        let Ok(modified) = metadata.modified() else {
            continue;
        };
        let age = now.duration_since(modified).unwrap_or_default();
        if !metadata.is_file() || settled.is_some_and(|settled| age < settled) {
            continue;
        }
        let seen = Seen {
            path: entry.path(),
            modified,
            size_bytes: metadata.len(),
        };
        let is_newer = best
            .as_ref()
            .is_none_or(|best| (seen.modified, &seen.path) > (best.modified, &best.path));
        if is_newer {
            best = Some(seen);
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick() -> FolderWatchSettings {
        FolderWatchSettings {
            suffixes: vec![".h5".into()],
            every: Duration::from_millis(10),
            settled: None,
        }
    }

    async fn next(watch: &FolderWatch) -> String {
        let cancel = Cancel::new();
        let event = tokio::time::timeout(Duration::from_secs(10), watch.next(&cancel))
            .await
            .expect("there is news")
            .unwrap();
        match event {
            LiveEvent::Changed { url, .. } => url,
            LiveEvent::Frame(_) => panic!("a folder has no frames"),
        }
    }

    #[tokio::test]
    async fn the_newest_file_is_told_once_and_again_when_it_grows() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("not-yet");
        let watch = FolderWatch::new(&folder, quick());
        let waiting = next(&watch);
        let making = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("notes.txt"), "x").unwrap();
            std::fs::write(folder.join("scan_1.h5"), "x").unwrap();
        };
        let (url, ()) = tokio::join!(waiting, making);
        assert!(url.ends_with("/scan_1.h5"), "the folder appeared: {url}");
        let cancel = Cancel::new();
        let quiet = tokio::time::timeout(Duration::from_millis(80), watch.next(&cancel)).await;
        assert!(quiet.is_err(), "nothing new");
        std::fs::write(folder.join("scan_1.h5"), "more of it").unwrap();
        assert!(next(&watch).await.ends_with("/scan_1.h5"), "it grew");
        std::fs::rename(&folder, outer.path().join("away")).unwrap();
        let again = next(&watch);
        let returning = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("scan_2.h5"), "x").unwrap();
        };
        let (url, ()) = tokio::join!(again, returning);
        assert!(url.ends_with("/scan_2.h5"), "the folder came back: {url}");
    }

    #[tokio::test]
    async fn a_file_that_is_still_written_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("scan.h5"), "x").unwrap();
        let settings = FolderWatchSettings {
            settled: Some(Duration::from_millis(300)),
            ..quick()
        };
        let watch = FolderWatch::new(folder.path(), settings);
        let begun = std::time::Instant::now();
        assert!(next(&watch).await.ends_with("/scan.h5"), "told at last");
        assert!(
            begun.elapsed() >= Duration::from_millis(200),
            "but not at once"
        );
    }

    #[tokio::test]
    async fn cancelling_ends_the_watch() {
        let folder = tempfile::tempdir().unwrap();
        let watch = FolderWatch::new(folder.path(), quick());
        let cancel = Cancel::new();
        cancel.cancel();
        let error = watch.next(&cancel).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled, "{error}");
    }
}
