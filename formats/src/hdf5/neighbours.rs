//! Other files that this one points to, opened as the policy allows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hutch_model::{Cancel, Error, ErrorKind, Neighbour, Neighbours, ReadAt, Result, Retry};

use super::once::Once;
use super::places::OpenFile;

/// How long the answer "it is not there" holds, so that a group of thousands
/// of links into an absent file asks once.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);

/// A raw file, opened by the first who needs it.
type RawFile = Arc<Once<Arc<dyn ReadAt>>>;

/// The files that one file led to so far.
#[derive(Debug)]
pub(super) struct OtherFiles {
    neighbours: Arc<dyn Neighbours>,
    /// Each is opened once, however many ask for it at the same time.
    opened: Mutex<HashMap<String, Arc<Once<OpenFile>>>>,
    raw: Mutex<HashMap<String, RawFile>>,
    failed: Mutex<HashMap<String, (Instant, Error)>>,
}

impl OtherFiles {
    pub(super) fn new(neighbours: Arc<dyn Neighbours>) -> Self {
        Self {
            neighbours,
            opened: Mutex::default(),
            raw: Mutex::default(),
            failed: Mutex::default(),
        }
    }

    /// The file named `target` in `from`.
    pub(super) async fn open(
        &self,
        target: &str,
        from: &OpenFile,
        cancel: &Cancel,
    ) -> Result<Arc<OpenFile>> {
        let once = {
            let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            let once = opened.entry(target.to_owned());
            Arc::clone(once.or_insert_with(|| Arc::new(Once::new())))
        };
        once.get(async {
            if let Some(error) = self.remembered(target) {
                return Err(error);
            }
            let result = self.open_anew(target, from, cancel).await;
            if let Err(error) = &result
                && error.kind != ErrorKind::Cancelled
            {
                let failure = (Instant::now(), error.duplicate());
                self.failures().insert(target.to_owned(), failure);
            }
            result
        })
        .await
    }

    fn remembered(&self, target: &str) -> Option<Error> {
        let failures = self.failures();
        let (when, error) = failures.get(target)?;
        (when.elapsed() < FAILURE_HOLDS).then(|| error.duplicate())
    }

    async fn open_anew(&self, target: &str, from: &OpenFile, cancel: &Cancel) -> Result<OpenFile> {
        let tried = || format!("open \"{target}\", which \"{}\" points to", from.url());
        let depth = from.depth() + 1;
        if depth > from.options().link_depth {
            let why = "the links lead through too many files, maybe in a circle";
            return Err(Error::new(ErrorKind::NotFound, tried(), why));
        }
        let source = self.source(target, from).await?;
        let neighbours = Arc::clone(&self.neighbours);
        OpenFile::open(source, neighbours, from.options(), depth, cancel)
            .await
            .map_err(|error| Error {
                why: format!("\"{target}\": {}", error.why),
                tried: tried(),
                ..error
            })
    }

    /// A raw file, as external storage names it.
    pub(super) async fn raw(&self, target: &str, from: &OpenFile) -> Result<Arc<dyn ReadAt>> {
        let once = {
            let mut raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
            let once = raw.entry(target.to_owned());
            Arc::clone(once.or_insert_with(|| Arc::new(Once::new())))
        };
        let source = once
            .get(async {
                if let Some(error) = self.remembered(target) {
                    return Err(error);
                }
                let result = self.source(target, from).await;
                if let Err(error) = &result {
                    let failure = (Instant::now(), error.duplicate());
                    self.failures().insert(target.to_owned(), failure);
                }
                result
            })
            .await?;
        Ok(Arc::clone(&source))
    }

    /// The bytes of another file, where the policy allows it and it is there.
    async fn source(&self, target: &str, from: &OpenFile) -> Result<Arc<dyn ReadAt>> {
        let tried = || format!("open \"{target}\", which \"{}\" points to", from.url());
        match self.neighbours.open(target, from.url()).await? {
            Neighbour::Open(source) => Ok(source),
            Neighbour::Refused(why) => {
                let why = format!("\"{target}\" may not be opened from here: {why}");
                Err(Error::new(ErrorKind::Refused, tried(), why))
            }
            Neighbour::Absent(why) => {
                let why = format!("the file \"{target}\" is absent: {why}");
                Err(Error::new(ErrorKind::NotFound, tried(), why).with_retry(Retry::Later))
            }
            Neighbour::Offline => {
                let why = format!("\"{target}\" is on tape");
                Err(Error::new(ErrorKind::OnTape, tried(), why))
            }
        }
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<String, (Instant, Error)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
