//! Where a dataset came from.

use std::fmt;

/// What tells one version of a file from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Validator {
    /// The strong ETag of a server.
    ETag(String),
    /// Size and time of the last change, for servers and disks without ETags.
    SizeAndTime {
        /// Size in bytes.
        size_bytes: u64,
        /// Nanoseconds since 1970, as far as the source is that exact.
        modified_ns: Option<i128>,
    },
    /// Bytes that never change.
    Fixed,
}

/// Where a dataset came from: the file, its version, and the path in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The file, without user, password or query.
    pub url: String,
    /// Its version.
    pub validator: Validator,
    /// The path inside the file; empty for the file itself.
    pub path: String,
}

impl Origin {
    /// The same file at another path.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..self.clone()
        }
    }

    /// The last part of the file's address.
    pub fn file_name(&self) -> &str {
        let trimmed = self.url.trim_end_matches('/');
        trimmed.rsplit('/').next().unwrap_or(trimmed)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.url)
        } else {
            write!(f, "{}::{}", self.url, self.path)
        }
    }
}
