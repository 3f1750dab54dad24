//! A storage that keeps what a site profile protects.

use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, Cancel, Capabilities, Error, ErrorKind, Operation, Permission, ReadAt, Result,
    Storage, StorageEntry,
};

use super::components;

/// A storage whose protected folders are never written, whatever the server
/// would allow. Raw data is the truth of the detector.
#[derive(Debug)]
pub struct Guarded {
    inner: Arc<dyn Storage>,
    raw: Vec<String>,
}

impl Guarded {
    /// Protects folders: `/a/b` with all beneath, or `*/raw` for every folder
    /// of that name with all beneath.
    pub fn new(inner: Arc<dyn Storage>, raw: Vec<String>) -> Self {
        Self { inner, raw }
    }
}

/// Whether a path lies in one of the protected folders.
pub(crate) fn is_raw(raw: &[String], path: &str) -> bool {
    let Ok(parts) = components(path, "check a path") else {
        return true;
    };
    raw.iter().any(|pattern| {
        let pattern_parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
        match pattern_parts.split_first() {
            Some((&"*", rest)) if !rest.is_empty() => {
                parts.windows(rest.len()).any(|window| window == rest)
            }
            Some(_) => parts.starts_with(&pattern_parts),
            None => true,
        }
    })
}

impl Storage for Guarded {
    fn root(&self) -> &str {
        self.inner.root()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn list<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Vec<StorageEntry>>> {
        self.inner.list(path, cancel)
    }

    fn stat<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<StorageEntry>> {
        self.inner.stat(path, cancel)
    }

    fn open<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Arc<dyn ReadAt>>> {
        self.inner.open(path)
    }

    fn put<'a>(
        &'a self,
        path: &'a str,
        bytes: Bytes,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<StorageEntry>> {
        match self.may(Operation::Write, path) {
            Permission::Yes => self.inner.put(path, bytes, cancel),
            Permission::No(why) => Box::pin(async move {
                Err(Error::new(
                    ErrorKind::Refused,
                    format!("write \"{path}\""),
                    why,
                ))
            }),
        }
    }

    fn may(&self, operation: Operation, path: &str) -> Permission {
        if operation == Operation::Write && is_raw(&self.raw, path) {
            return Permission::No("the site keeps raw data read-only".to_owned());
        }
        self.inner.may(operation, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_folders_are_recognised_by_whole_components() {
        let raw = vec!["*/raw".to_owned(), "/keep/this".to_owned()];
        for path in [
            "/asap3/x/raw",
            "/raw/a.h5",
            "/keep/this/a",
            "/a/../raw",
            "/x//raw/y",
        ] {
            assert!(is_raw(&raw, path), "{path} is protected");
        }
        for path in ["/asap3/x/processed/a", "/rawish/a", "/keep/that", "/"] {
            assert!(!is_raw(&raw, path), "{path} may be written");
        }
    }
}
