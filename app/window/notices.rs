//! Lines at the top of the window that say what happened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_model::Error;

use super::state::State;

/// A line that tells something and goes away.
#[derive(Debug)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// What went wrong, where something did.
    pub error: Option<Arc<Error>>,
    /// The address to try again.
    pub address: Option<String>,
    /// Whether something was done as it was asked for.
    pub is_good: bool,
    /// Whether a command had no use; of such lines the newest one stays.
    pub is_refusal: bool,
    /// When it was first seen.
    pub seen: Option<Instant>,
}

/// How long words without an error stay, once they are seen.
const NOTICE_STAYS: Duration = Duration::from_secs(10);

impl Notice {
    /// How long it stays on; errors do until they are dismissed.
    pub fn left(&mut self) -> Option<Duration> {
        if self.error.is_some() {
            return None;
        }
        let seen = *self.seen.get_or_insert_with(Instant::now);
        Some(NOTICE_STAYS.saturating_sub(seen.elapsed()))
    }
}

impl State {
    /// Says something at the top of the window, for some seconds.
    pub fn tell(&mut self, text: String) {
        self.add_notice(text, false);
    }

    /// Says that something was done, for some seconds.
    pub fn tell_done(&mut self, text: String) {
        self.add_notice(text, true);
    }

    /// Says why a command did nothing, in place of what was said of the one before.
    pub fn tell_refused(&mut self, text: String) {
        self.notices.retain(|notice| !notice.is_refusal);
        self.add_notice(text, false);
        if let Some(last) = self.notices.last_mut() {
            last.is_refusal = true;
        }
    }

    fn add_notice(&mut self, text: String, is_good: bool) {
        self.push_notice(Notice {
            text,
            error: None,
            address: None,
            is_good,
            is_refusal: false,
            seen: None,
        });
    }

    /// The same words stand there once, as the newest.
    fn push_notice(&mut self, new: Notice) {
        self.notices.retain(|notice| notice.text != new.text);
        self.notices.push(new);
        let excess = self.notices.len().saturating_sub(3);
        self.notices.drain(..excess);
    }

    /// Says what went wrong.
    pub fn tell_error(&mut self, error: Error, address: Option<String>) {
        if error.kind == hutch_model::ErrorKind::Cancelled {
            return;
        }
        log::debug!("{error:?}");
        let text = format!("{}: {error}", error.kind.title());
        self.push_notice(Notice {
            text,
            error: Some(Arc::new(error)),
            address,
            is_good: false,
            is_refusal: false,
            seen: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(error: Option<Arc<Error>>) -> Notice {
        Notice {
            text: "said".to_owned(),
            error,
            address: None,
            is_good: false,
            is_refusal: false,
            seen: Instant::now().checked_sub(NOTICE_STAYS),
        }
    }

    #[test]
    fn words_leave_after_some_seconds_and_errors_stay() {
        let mut said = notice(None);
        assert_eq!(said.left(), Some(Duration::ZERO), "it was seen long enough");
        said.seen = None;
        assert!(
            said.left() > Some(Duration::from_secs(5)),
            "nobody saw it yet"
        );
        let error = Error::new(hutch_model::ErrorKind::Usage, "open", "it is gone");
        assert_eq!(notice(Some(Arc::new(error))).left(), None);
    }
}
