//! Faults on demand: what servers and networks do on bad days.

use std::time::Duration;

use parking_lot::Mutex;

/// One fault, and the requests that it hits.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Hits requests whose path contains this; the empty string hits all.
    pub path_contains: String,
    /// What happens to them.
    pub kind: FaultKind,
    /// How many requests it hits before it is gone; `None` is until cleared.
    pub count: Option<u32>,
}

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum FaultKind {
    /// Answers with this status, with `Retry-After` in whole seconds if given.
    Status(u16, Option<Duration>),
    /// Answers 302 to this location.
    Redirect(String),
    /// Ignores `Range`: 200 and the whole file.
    IgnoreRange,
    /// Announces the whole length, sends this many bytes of the body, and closes.
    Truncate(u64),
    /// Sends this many bytes of the body, then resets the connection (RST).
    ResetAfter(u64),
    /// Sends this many bytes of the body, then nothing, with the connection open.
    StallAfter(u64),
    /// Flips the lowest bit of this byte of the body.
    FlipBit(u64),
    /// The right bytes with a `Content-Range` that is one too high.
    WrongContentRange,
    /// GET and HEAD behave as if the file had been replaced: another ETag,
    /// and the condition of an `If-Range` or `If-Match` with the old one fails.
    ChangeETag,
    /// Never answers.
    Hang,
    /// All catalogue sessions expire before the request is looked at.
    ExpireSession,
    /// 200 and the page of a login form instead of the data.
    HtmlLoginPage,
}

impl Fault {
    /// A fault that hits the next matching request only.
    pub fn once(path_contains: &str, kind: FaultKind) -> Self {
        Self {
            path_contains: path_contains.to_owned(),
            kind,
            count: Some(1),
        }
    }

    /// A fault that stays until [`Facility::clear_faults`](crate::Facility::clear_faults).
    pub fn always(path_contains: &str, kind: FaultKind) -> Self {
        Self {
            path_contains: path_contains.to_owned(),
            kind,
            count: None,
        }
    }
}

/// The faults that wait for a request; the oldest that matches is used.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.0.lock().push(fault);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// Takes the fault for a request to `path`, counting it down.
    pub(crate) fn take(&self, path: &str) -> Option<FaultKind> {
        let mut faults = self.0.lock();
        faults.retain(|fault| fault.count != Some(0));
        let fault = faults
            .iter_mut()
            .find(|fault| path.contains(&fault.path_contains))?;
        if let Some(count) = &mut fault.count {
            *count -= 1;
        }
        Some(fault.kind.clone())
    }
}
