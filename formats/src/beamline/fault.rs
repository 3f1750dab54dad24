//! Why a piece of a file cannot be read, before it is known which file it is.

use hutch_model::{Error, ErrorKind};

/// A reason in words, and what kind of error it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    pub(crate) why: String,
}

/// What a parser or a decoder answers.
pub(crate) type Parsed<T> = Result<T, Fault>;

impl Fault {
    /// The bytes make no sense.
    pub(crate) fn unreadable(why: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Unreadable,
            why: why.into(),
        }
    }

    /// The bytes make sense, but this is not decoded.
    pub(crate) fn unsupported(why: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Unsupported,
            why: why.into(),
        }
    }

    /// A budget is exhausted.
    pub(crate) fn limit(why: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Limit,
            why: why.into(),
        }
    }

    /// The error that crosses the seam.
    pub(crate) fn tried(self, tried: impl Into<String>) -> Error {
        Error::new(self.kind, tried, self.why)
    }
}
