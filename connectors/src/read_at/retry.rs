//! Trying again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, Landing, ReadAt, Result,
    Retry as When, Samples, Seen,
};

use crate::wait::{jitter, sleep};

/// The longest that a server is waited for when it says how long.
const LONGEST_ASKED: Duration = Duration::from_mins(10);

/// How long a server asks to wait (`Retry-After`); the source of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub Duration);

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server asks to wait {} s", self.0.as_secs())
    }
}

impl std::error::Error for RetryAfter {}

/// How often and how soon something is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many tries in all; at least one is made.
    pub tries: u32,
    /// The longest wait before the second try; it doubles from then on.
    pub first: Duration,
    /// The longest wait at all.
    pub longest: Duration,
}

impl Default for RetryPolicy {
    /// Five tries, half a second at first, a minute at most.
    fn default() -> Self {
        Self {
            tries: 5,
            first: Duration::from_millis(500),
            longest: Duration::from_mins(1),
        }
    }
}

impl RetryPolicy {
    /// The wait after a try (counted from 0) failed: full jitter, but never
    /// earlier than the server asked. `None` when trying again is no use.
    pub(crate) fn wait_after(&self, error: &Error, tried: u32) -> Option<Duration> {
        if tried + 1 >= self.tries.max(1) || !is_worth_it(error) {
            return None;
        }
        let asked = error
            .source
            .as_ref()
            .and_then(|source| source.downcast_ref::<RetryAfter>());
        let most = self
            .first
            .saturating_mul(2_u32.saturating_pow(tried))
            .min(self.longest);
        Some(match asked {
            Some(RetryAfter(asked)) => (*asked).min(LONGEST_ASKED) + jitter(self.first),
            None => jitter(most),
        })
    }
}

/// A changed version asks for `refresh` first: reading on would splice two
/// versions, so only errors of the network are tried again.
fn is_worth_it(error: &Error) -> bool {
    error.retry == When::Later && error.kind == ErrorKind::Network
}

/// Tries again what a network broke, with growing waits; ranges that arrived
/// are kept.
#[derive(Debug)]
pub struct Retry {
    inner: Arc<dyn ReadAt>,
    policy: RetryPolicy,
}

/// What a source is asked about its version.
#[derive(Clone, Copy)]
enum Question<'a> {
    Identity,
    Confirm(&'a Seen<'a>),
    Refresh,
}

impl Retry {
    /// Wraps a source.
    pub fn new(inner: Arc<dyn ReadAt>, policy: RetryPolicy) -> Self {
        Self { inner, policy }
    }

    async fn ask_identity(&self, question: Question<'_>) -> Result<Identity> {
        let cancel = Cancel::new();
        let mut tried = 0;
        loop {
            let answer = match question {
                Question::Identity => self.inner.identity().await,
                Question::Confirm(seen) => self.inner.confirm(seen).await,
                Question::Refresh => self.inner.refresh().await,
            };
            let Err(error) = answer else { return answer };
            let Some(wait) = self.policy.wait_after(&error, tried) else {
                return Err(error);
            };
            log::debug!("trying again in {} ms: {error}", wait.as_millis());
            sleep(wait, &cancel).await?;
            tried += 1;
        }
    }

    async fn read_all_into(
        &self,
        landings: &[Landing],
        mut samples: Samples,
        cancel: &Cancel,
    ) -> Result<Samples> {
        let (element, count) = (samples.element(), samples.len());
        let mut tried = 0;
        loop {
            let error = match self.inner.read_into(landings, samples, cancel).await {
                Ok(samples) => return Ok(samples),
                Err(error) => error,
            };
            let Some(wait) = self.policy.wait_after(&error, tried) else {
                return Err(error);
            };
            log::debug!("trying again in {} ms: {error}", wait.as_millis());
            sleep(wait, cancel).await?;
            tried += 1;
            samples = Samples::unspecified(&element, count)?;
        }
    }

    async fn read_all(&self, ranges: &[ByteRange], cancel: &Cancel) -> Vec<Result<Bytes>> {
        let mut parts = self.inner.read(ranges, cancel).await;
        let mut tried = 0;
        loop {
            let mut wait = None;
            let mut again = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                if let Err(error) = part
                    && let Some(needed) = self.policy.wait_after(error, tried)
                {
                    wait = wait.max(Some(needed));
                    again.push(index);
                }
            }
            let Some(wait) = wait else { return parts };
            log::debug!(
                "trying {} ranges again in {} ms",
                again.len(),
                wait.as_millis()
            );
            if let Err(error) = sleep(wait, cancel).await {
                for index in again {
                    parts[index] = Err(error.duplicate());
                }
                return parts;
            }
            let missing: Vec<ByteRange> = again.iter().map(|&index| ranges[index]).collect();
            let arrived = self.inner.read(&missing, cancel).await;
            // Progress begins the waits afresh: a slow train link finishes.
            let progressed = arrived.iter().any(Result::is_ok);
            for (index, part) in again.into_iter().zip(arrived) {
                parts[index] = part;
            }
            tried = if progressed { 0 } else { tried + 1 };
        }
    }
}

impl ReadAt for Retry {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(self.ask_identity(Question::Identity))
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(self.read_all(ranges, cancel))
    }

    fn read_into<'a>(
        &'a self,
        landings: &'a [Landing],
        samples: Samples,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Samples>> {
        Box::pin(self.read_all_into(landings, samples, cancel))
    }

    fn confirm<'a>(&'a self, seen: &'a Seen<'a>) -> BoxFuture<'a, Result<Identity>> {
        Box::pin(self.ask_identity(Question::Confirm(seen)))
    }

    fn cost_hint(&self) -> CostHint {
        self.inner.cost_hint()
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(self.ask_identity(Question::Refresh))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use hutch_model::Validator;

    use super::*;

    /// Fails the first reads in a given way.
    #[derive(Debug)]
    struct Flaky {
        failures: u32,
        kind: ErrorKind,
        asks_to_wait: Option<Duration>,
        reads: AtomicU32,
    }

    impl ReadAt for Flaky {
        fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
            Box::pin(async {
                Ok(Identity {
                    url: "memory:flaky".into(),
                    size_bytes: 10,
                    validator: Validator::Fixed,
                })
            })
        }

        fn read<'a>(
            &'a self,
            ranges: &'a [ByteRange],
            _cancel: &'a Cancel,
        ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
            Box::pin(async move {
                let turn = self.reads.fetch_add(1, Ordering::Relaxed);
                ranges
                    .iter()
                    .map(|_| {
                        if turn >= self.failures {
                            return Ok(Bytes::from_static(b"x"));
                        }
                        let error = Error::new(self.kind, "read", "broken on purpose");
                        Err(match self.asks_to_wait {
                            Some(wait) => error.with_source(RetryAfter(wait)),
                            None => error,
                        })
                    })
                    .collect()
            })
        }

        fn cost_hint(&self) -> CostHint {
            CostHint::REMOTE
        }

        fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
            self.identity()
        }
    }

    fn flaky(failures: u32, kind: ErrorKind, asks_to_wait: Option<Duration>) -> Arc<Flaky> {
        Arc::new(Flaky {
            failures,
            kind,
            asks_to_wait,
            reads: AtomicU32::new(0),
        })
    }

    const QUICK: RetryPolicy = RetryPolicy {
        tries: 4,
        first: Duration::from_millis(1),
        longest: Duration::from_millis(4),
    };

    #[tokio::test]
    async fn a_broken_network_is_tried_again_until_it_works() {
        let source = flaky(3, ErrorKind::Network, None);
        let retry = Retry::new(Arc::clone(&source) as Arc<dyn ReadAt>, QUICK);
        let parts = retry.read(&[ByteRange::new(0, 1)], &Cancel::new()).await;
        assert!(parts[0].is_ok(), "the fourth try works");
        assert_eq!(source.reads.load(Ordering::Relaxed), 4, "four tries");
    }

    #[tokio::test]
    async fn what_cannot_get_better_is_tried_once() {
        for kind in [
            ErrorKind::NotFound,
            ErrorKind::Refused,
            ErrorKind::SignIn,
            ErrorKind::Integrity,
        ] {
            let source = flaky(9, kind, None);
            let retry = Retry::new(Arc::clone(&source) as Arc<dyn ReadAt>, QUICK);
            let parts = retry.read(&[ByteRange::new(0, 1)], &Cancel::new()).await;
            assert!(parts[0].is_err(), "it stays broken");
            assert_eq!(
                source.reads.load(Ordering::Relaxed),
                1,
                "one try of {kind:?}"
            );
        }
    }

    #[tokio::test]
    async fn nothing_is_tried_earlier_than_the_server_asked() {
        let asked = Duration::from_millis(80);
        let source = flaky(1, ErrorKind::Network, Some(asked));
        let retry = Retry::new(source, QUICK);
        let begun = Instant::now();
        let parts = retry.read(&[ByteRange::new(0, 1)], &Cancel::new()).await;
        assert!(parts[0].is_ok(), "the second try works");
        assert!(begun.elapsed() >= asked, "it waited as asked");
    }

    #[tokio::test]
    async fn cancelling_ends_the_wait() {
        let source = flaky(9, ErrorKind::Network, Some(Duration::from_secs(30)));
        let retry = Retry::new(source, QUICK);
        let cancel = Cancel::new();
        let raised = cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            raised.cancel();
        });
        let begun = Instant::now();
        let parts = retry.read(&[ByteRange::new(0, 1)], &cancel).await;
        assert_eq!(
            parts[0].as_ref().unwrap_err().kind,
            ErrorKind::Cancelled,
            "nobody wants it"
        );
        assert!(begun.elapsed() < Duration::from_secs(2), "it did not wait");
    }
}
