//! Which files a command reads, so that none of them is written over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutch_model::{BoxFuture, Dataset, Error, ErrorKind, Neighbour, Neighbours, Result, Slab};
use parking_lot::Mutex;

use super::context::Context;
use crate::reconstruct::output::is_same_file;

/// Opens what a file points to, and remembers what was opened.
#[derive(Debug)]
pub(super) struct Opened {
    inner: Arc<dyn Neighbours>,
    urls: Mutex<BTreeSet<String>>,
}

impl Opened {
    /// Nothing is open yet.
    pub(super) fn new(inner: Arc<dyn Neighbours>) -> Self {
        Self {
            inner,
            urls: Mutex::default(),
        }
    }

    /// Counts a file as one of them.
    pub(super) fn add(&self, url: &str) {
        self.urls.lock().insert(url.to_owned());
    }

    /// Whether a file may be written, or a folder: it is none of the files, and
    /// none of them is in it, by links and under other names as well.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where it is one of them.
    pub(super) fn check(&self, dataset: &dyn Dataset, output: &Path) -> Result<()> {
        self.add(&dataset.origin().url);
        let folder = output.canonicalize().ok().filter(|path| path.is_dir());
        let is_inside = |path: &Path| {
            let path = path.canonicalize().ok();
            let both = folder.as_ref().zip(path);
            both.is_some_and(|(folder, path)| path.starts_with(folder))
        };
        let urls = self.urls.lock();
        let mut local = urls.iter().filter_map(|url| local_path(url));
        if local.any(|path| is_same_file(&path, output) || is_inside(&path)) {
            let why = format!("\"{}\" is read from it; name another one", dataset.origin());
            let tried = format!("write \"{}\"", output.display());
            return Err(Error::new(ErrorKind::Usage, tried, why));
        }
        Ok(())
    }
}

impl Neighbours for Opened {
    fn open<'a>(&'a self, target: &'a str, from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        Box::pin(async move {
            let found = self.inner.open(target, from).await?;
            if let Neighbour::Open(file) = &found {
                let url = file.identity().await?.url;
                self.urls.lock().insert(url);
            }
            Ok(found)
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        self.inner.list(prefix, from)
    }
}

/// Whether files that exist may be replaced: none of the samples that are read
/// lie in them, be it as the file of a link, a source of a virtual dataset, a raw
/// file or one of a stack. What is opened later is found by [`Opened::check`].
///
/// # Errors
/// [`ErrorKind::Usage`] where some do.
pub(super) fn check_sources(
    context: &Context,
    opened: &Opened,
    (dataset, part): (&dyn Dataset, &Slab),
    outputs: &[PathBuf],
) -> Result<()> {
    let mut existing = outputs.iter().filter(|path| path.exists()).peekable();
    if existing.peek().is_none() {
        return Ok(());
    }
    // What a part will cost cannot be told without opening its sources.
    let cost = context.pools.wait(dataset.cost(part, &context.cancel));
    if let Err(error) = cost {
        context.cancel.check()?;
        log::debug!("{error}");
    }
    existing.try_for_each(|path| opened.check(dataset, path))
}

/// The path of a file of this computer.
fn local_path(url: &str) -> Option<PathBuf> {
    let url = url::Url::parse(url).ok()?;
    (url.scheme() == "file").then(|| url.to_file_path().ok())?
}
