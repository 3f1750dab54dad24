//! Data on stdout, messages on stderr.

use std::io::{self, BufWriter, StdoutLock, Write};

use hutch_model::{Error, ErrorKind, Result};
use serde_json::{Value as Json, json};

/// What the error of a closed pipe says; nobody is told of it.
const CLOSED: &str = "the reader of the output went away";

/// Buffered stdout.
pub(super) struct Out(BufWriter<StdoutLock<'static>>);

impl Out {
    /// Takes stdout for this command.
    pub(super) fn new() -> Self {
        Self(BufWriter::with_capacity(1 << 16, io::stdout().lock()))
    }

    /// Writes a line.
    pub(super) fn line(&mut self, line: impl AsRef<str>) -> Result<()> {
        writeln!(self.0, "{}", line.as_ref()).map_err(|error| written(&error))
    }

    /// Writes a piece of a line.
    pub(super) fn text(&mut self, text: &str) -> Result<()> {
        self.0
            .write_all(text.as_bytes())
            .map_err(|error| written(&error))
    }

    /// Writes one JSON object on one line.
    pub(super) fn json(&mut self, value: &Json) -> Result<()> {
        self.line(value.to_string())
    }

    /// Sends what is left; a command that ends well must call it.
    pub(super) fn finish(mut self) -> Result<()> {
        self.0.flush().map_err(|error| written(&error))
    }
}

impl Write for Out {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What a failed write of output means. A closed pipe is how `head` says that
/// it has enough, and no error.
pub(super) fn written(error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Error::new(ErrorKind::Cancelled, "write the output", CLOSED);
    }
    Error::new(ErrorKind::Disk, "write the output", error.to_string())
}

/// Whether an error only says that nobody reads any more.
pub(super) fn is_closed_pipe(error: &Error) -> bool {
    error.kind == ErrorKind::Cancelled && error.why == CLOSED
}

/// Says something to a person. A closed stderr is no reason to stop.
pub(super) fn note(text: impl AsRef<str>) {
    let mut stderr = io::stderr().lock();
    if writeln!(stderr, "hutch: {}", text.as_ref()).is_err() {
        log::trace!("stderr is closed");
    }
}

/// Writes to stderr as it is, for progress and prompts.
pub(super) fn to_stderr(text: &str) {
    let mut stderr = io::stderr().lock();
    if write!(stderr, "{text}")
        .and_then(|()| stderr.flush())
        .is_err()
    {
        log::trace!("stderr is closed");
    }
}

/// Tells what went wrong: one line, then what helps; with `--json` also an
/// object.
pub(super) fn tell(error: &Error, wants_json: bool) {
    if error.kind == ErrorKind::Cancelled {
        // Whoever ended it knows what and why.
        note("cancelled");
    } else {
        to_stderr(&format!("hutch: {error}\n{}\n", advice(error.kind)));
    }
    if wants_json {
        to_stderr(&format!("{}\n", error_json(error)));
    }
}

/// What a person can do about it at a terminal, where there is no list to refresh and a
/// file is named by hand.
const fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "Check the name; `hutch ls` lists what is there.",
        ErrorKind::Unreadable => {
            "Check that it is the file that is meant; it may also be cut short or still being written."
        }
        other => other.advice(),
    }
}

fn error_json(error: &Error) -> Json {
    json!({
        "schema": "hutch.error/1",
        "kind": format!("{:?}", error.kind),
        "tried": error.tried,
        "why": error.why,
        "exit_code": error.exit_code(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_told_from_other_failures() {
        let closed = written(&io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(is_closed_pipe(&closed), "a closed pipe");
        let full = written(&io::Error::other("no space left"));
        assert!(!is_closed_pipe(&full), "a full disk");
        assert_eq!(full.exit_code(), 6, "the disk refuses");
    }

    #[test]
    fn an_error_as_json_has_its_exit_code() {
        let json = error_json(&Error::new(ErrorKind::NotFound, "open \"x\"", "absent"));
        assert_eq!(json["schema"], "hutch.error/1", "the schema");
        assert_eq!(json["kind"], "NotFound", "the kind");
        assert_eq!(json["exit_code"], 7, "its exit code");
    }
}
