//! Other files that this one points to, opened as the policy allows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hutch_model::{Cancel, Error, ErrorKind, Neighbour, Neighbours, Result, Retry};

use super::places::OpenFile;

/// How long the answer "it is not there" holds, so that a group of thousands
/// of links into an absent file asks once.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);

/// The files that one file led to so far.
#[derive(Debug)]
pub(super) struct OtherFiles {
    neighbours: Arc<dyn Neighbours>,
    opened: Mutex<HashMap<String, Other>>,
}

#[derive(Debug)]
enum Other {
    Open(Arc<OpenFile>),
    Failed(Instant, Error),
}

impl OtherFiles {
    pub(super) fn new(neighbours: Arc<dyn Neighbours>) -> Self {
        Self {
            neighbours,
            opened: Mutex::new(HashMap::new()),
        }
    }

    /// The file named `target` in `from`.
    pub(super) async fn open(
        &self,
        target: &str,
        from: &OpenFile,
        cancel: &Cancel,
    ) -> Result<Arc<OpenFile>> {
        if let Some(answer) = self.remembered(target) {
            return answer;
        }
        let result = self.open_anew(target, from, cancel).await;
        let remembered = match &result {
            Ok(file) => Some(Other::Open(Arc::clone(file))),
            Err(error) if error.kind == ErrorKind::Cancelled => None,
            Err(error) => Some(Other::Failed(Instant::now(), error.duplicate())),
        };
        if let Some(other) = remembered {
            self.lock().insert(target.to_owned(), other);
        }
        result
    }

    fn remembered(&self, target: &str) -> Option<Result<Arc<OpenFile>>> {
        match self.lock().get(target)? {
            Other::Open(file) => Some(Ok(Arc::clone(file))),
            Other::Failed(when, error) => {
                (when.elapsed() < FAILURE_HOLDS).then(|| Err(error.duplicate()))
            }
        }
    }

    async fn open_anew(
        &self,
        target: &str,
        from: &OpenFile,
        cancel: &Cancel,
    ) -> Result<Arc<OpenFile>> {
        let tried = || format!("open \"{target}\", which \"{}\" points to", from.url());
        let depth = from.depth() + 1;
        if depth > from.options().link_depth {
            let why = "the links lead through too many files, maybe in a circle";
            return Err(Error::new(ErrorKind::NotFound, tried(), why));
        }
        let source = match self.neighbours.open(target, from.url()).await? {
            Neighbour::Open(source) => source,
            Neighbour::Refused(why) => {
                let why = format!("\"{target}\" may not be opened from here: {why}");
                return Err(Error::new(ErrorKind::Refused, tried(), why));
            }
            Neighbour::Absent(why) => {
                let why = format!("the file \"{target}\" is absent: {why}");
                return Err(Error::new(ErrorKind::NotFound, tried(), why).with_retry(Retry::Later));
            }
            Neighbour::Offline => {
                let why = format!("\"{target}\" is on tape");
                return Err(Error::new(ErrorKind::OnTape, tried(), why));
            }
        };
        let neighbours = Arc::clone(&self.neighbours);
        OpenFile::open(source, neighbours, from.options(), depth, cancel)
            .await
            .map(Arc::new)
            .map_err(|error| Error {
                why: format!("\"{target}\": {}", error.why),
                tried: tried(),
                ..error
            })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Other>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
