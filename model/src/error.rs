//! One error for all seams, and what it means to a person and to a script.

use std::fmt;

/// The result of anything that crosses a seam.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in the terms that decide what can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Some of what was asked was done, some was not.
    Partial,
    /// The request itself makes no sense.
    Usage,
    /// Nobody is signed in, or the session has ended.
    SignIn,
    /// The server could not be reached, or broke off.
    Network,
    /// Bytes are not what their checksum, length or validator says.
    Integrity,
    /// The local disk is full or refuses.
    Disk,
    /// There is nothing under that name.
    NotFound,
    /// The bytes are on tape.
    OnTape,
    /// The bytes cannot be understood.
    Unreadable,
    /// The bytes are understood, but Hutch cannot decode this feature.
    Unsupported,
    /// Arrays do not fit each other.
    Shape,
    /// A budget in bytes or entries is exhausted.
    Limit,
    /// A server or scheduler understood and said no.
    Refused,
    /// The GPU is missing, lost or out of memory.
    Gpu,
    /// Nobody wants the result any more.
    Cancelled,
    /// A fault of Hutch itself.
    Internal,
}

impl ErrorKind {
    /// The exit code of the command line for an error of this kind.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Partial => 1,
            Self::Usage | Self::Shape => 2,
            Self::SignIn => 3,
            Self::Network => 4,
            Self::Integrity => 5,
            Self::Disk => 6,
            Self::NotFound => 7,
            Self::OnTape => 8,
            Self::Unreadable | Self::Unsupported | Self::Limit | Self::Gpu | Self::Internal => 9,
            Self::Refused => 10,
            Self::Cancelled => 130,
        }
    }

    /// A few words for the head of an error card.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Partial => "Partly done",
            Self::Usage => "That request does not work",
            Self::SignIn => "Sign in to continue",
            Self::Network => "The server cannot be reached",
            Self::Integrity => "The data arrived damaged",
            Self::Disk => "The disk refuses",
            Self::NotFound => "Not found",
            Self::OnTape => "On tape",
            Self::Unreadable => "This cannot be read",
            Self::Unsupported => "Not supported yet",
            Self::Shape => "The shapes do not fit",
            Self::Limit => "Too large",
            Self::Refused => "The server said no",
            Self::Gpu => "No graphics",
            Self::Cancelled => "Cancelled",
            Self::Internal => "A fault in Hutch",
        }
    }

    /// What a person can do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Partial => "Look at what is missing and try those again.",
            Self::Usage | Self::Shape => "Check the names, the ranges and the shapes.",
            Self::SignIn => "Sign in again; what waits will go on by itself.",
            Self::Network => "Check the connection; Hutch tries again by itself.",
            Self::Integrity => "Try again; if it stays, the file is damaged at its source.",
            Self::Disk => "Free some space or choose another folder.",
            Self::NotFound => "Refresh the list; the file may have moved.",
            Self::OnTape => "Stage it; it opens when it is on disk.",
            Self::Unreadable => "The file may be truncated or still being written.",
            Self::Unsupported => "Everything else in this file stays readable.",
            Self::Limit => "Choose a smaller part, or raise the limit in the settings.",
            Self::Refused => "Read what the server said, and change the request.",
            Self::Gpu => "Install a Vulkan or OpenGL driver; software ones work too.",
            Self::Cancelled => "Start it again when you need it.",
            Self::Internal => "Please report it, with the output of `hutch doctor`.",
        }
    }
}

/// Whether and when trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Trying again gives the same answer.
    Never,
    /// Trying again later may work.
    Later,
    /// It works after signing in.
    AfterSignIn,
    /// It works once the file is back from tape.
    WhenStaged,
}

/// An error that crosses a seam: what was tried, why it failed, and what helps.
///
/// Messages are lower case without a full stop, names and paths last and in
/// quotes; they never hold a token or a password.
#[derive(Debug)]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Whether trying again helps.
    pub retry: Retry,
    /// What was tried, as in `read "entry/data"`.
    pub tried: String,
    /// Why it failed.
    pub why: String,
    /// What lies beneath.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with the retry that its kind usually has.
    pub fn new(kind: ErrorKind, tried: impl Into<String>, why: impl Into<String>) -> Self {
        let retry = match kind {
            ErrorKind::Network => Retry::Later,
            ErrorKind::SignIn => Retry::AfterSignIn,
            ErrorKind::OnTape => Retry::WhenStaged,
            _ => Retry::Never,
        };
        Self {
            kind,
            retry,
            tried: tried.into(),
            why: why.into(),
            source: None,
        }
    }

    /// The same error with another retry.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The same error with what lies beneath.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The exit code of the command line.
    pub const fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }

    /// A copy without the source, for a second place that shows it.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            kind: self.kind,
            retry: self.retry,
            tried: self.tried.clone(),
            why: self.why.clone(),
            source: None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.tried, self.why)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData => {
                ErrorKind::Unreadable
            }
            _ => ErrorKind::Disk,
        };
        Self::new(kind, "use a file", error.to_string()).with_source(error)
    }
}
