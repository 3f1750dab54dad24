//! Storages: folders of files that can be read by ranges.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::{BoxFuture, Cancel, ReadAt, Result, Validator};

/// What a path of a storage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageEntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// Where the bytes of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locality {
    /// On disk.
    Disk,
    /// On tape; reading waits.
    Tape,
    /// On its way from tape.
    Restoring,
}

impl fmt::Display for Locality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disk => "disk",
            Self::Tape => "tape",
            Self::Restoring => "restoring",
        })
    }
}

/// A file or folder of a storage.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageEntry {
    /// Its name, decoded once and checked.
    pub name: String,
    /// Its path in the storage, with a leading slash.
    pub path: String,
    /// What it is.
    pub kind: StorageEntryKind,
    /// Size of a file.
    pub size_bytes: Option<u64>,
    /// Seconds since 1970 of the last change.
    pub modified_secs: Option<i64>,
    /// Its version.
    pub validator: Option<Validator>,
    /// Where its bytes are.
    pub locality: Locality,
}

/// What a storage can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent abilities of a server, read one by one"
)]
pub struct Capabilities {
    /// Answers to any closed range.
    pub ranges: bool,
    /// Can store files.
    pub put: bool,
    /// Can bring files back from tape.
    pub stage: bool,
    /// Tells about changes by itself.
    pub watch: bool,
}

/// Something that may or may not be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Read a file or list a folder.
    Read,
    /// Write or replace a file.
    Write,
}

/// Whether an operation is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It is, as far as can be known beforehand.
    Yes,
    /// It is not, and why.
    No(String),
}

/// Folders of files.
pub trait Storage: Send + Sync + fmt::Debug {
    /// The address of its root, without secrets.
    fn root(&self) -> &str;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// The entries of a folder.
    fn list<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Vec<StorageEntry>>>;

    /// One entry.
    fn stat<'a>(&'a self, path: &'a str, cancel: &'a Cancel)
    -> BoxFuture<'a, Result<StorageEntry>>;

    /// Opens a file for reading by ranges; [`crate::ErrorKind::OnTape`] before
    /// any socket blocks.
    fn open<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Arc<dyn ReadAt>>>;

    /// Stores a file under a name that appears only when all of it is there.
    fn put<'a>(
        &'a self,
        path: &'a str,
        bytes: Bytes,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<StorageEntry>>;

    /// Whether an operation is allowed.
    fn may(&self, operation: Operation, path: &str) -> Permission;
}
