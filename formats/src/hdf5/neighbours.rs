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

/// Absent files that are asked for again when a file is refreshed.
const LACKING_LIMIT: usize = 64;

/// Another file, opened by the first who needs it.
pub(super) type Opening = Arc<Once<OpenFile>>;

/// A raw file, opened by the first who needs it.
type RawFile = Arc<Once<Arc<dyn ReadAt>>>;

/// The files that one file led to so far.
#[derive(Debug)]
pub(super) struct OtherFiles {
    neighbours: Arc<dyn Neighbours>,
    /// Each is opened once, however many ask for it at the same time.
    opened: Mutex<HashMap<String, Opening>>,
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

    /// As these, with those of their files that are the same as before.
    pub(super) fn keeping(&self, kept: HashMap<String, Opening>) -> Self {
        Self {
            opened: Mutex::new(kept),
            ..Self::new(Arc::clone(&self.neighbours))
        }
    }

    /// The files that were opened, by name.
    pub(super) fn opened(&self) -> Vec<(String, Opening)> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened
            .iter()
            .filter(|(_, opening)| opening.made().is_some())
            .map(|(name, opening)| (name.clone(), Arc::clone(opening)))
            .collect()
    }

    /// The names of files that could not be opened a while ago.
    pub(super) fn lacking(&self) -> Vec<String> {
        let failures = self.failures();
        let old = failures
            .iter()
            .filter(|(_, (when, _))| when.elapsed() >= FAILURE_HOLDS);
        old.map(|(name, _)| name.clone())
            .take(LACKING_LIMIT)
            .collect()
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
            match &result {
                Ok(_) => {
                    self.failures().remove(target);
                }
                Err(error) if error.kind == ErrorKind::Cancelled => {}
                Err(error) => {
                    let failure = (Instant::now(), error.duplicate());
                    self.failures().insert(target.to_owned(), failure);
                }
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
