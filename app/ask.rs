//! Questions to files and servers that the window asks without waiting.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use hutch_model::{Cancel, Error, ErrorKind, Result};
use parking_lot::Mutex;

use crate::pools::{Pools, contain_future};

/// Asks the window for another pass; replaced when the window is rebuilt.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A question under way; dropping it cancels it.
#[derive(Debug)]
pub struct Ask<T> {
    slot: Arc<Mutex<Option<Result<T>>>>,
    cancel: Cancel,
    /// When it was asked.
    pub since: Instant,
}

impl<T: Send + 'static> Ask<T> {
    /// Starts a question on the threads for sockets.
    pub fn start<F>(pools: &Pools, wake: &Wake, question: impl FnOnce(Cancel) -> F) -> Self
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let slot = Arc::new(Mutex::new(None));
        let cancel = Cancel::new();
        let answer = AnswerSlot {
            slot: Arc::clone(&slot),
            wake: Arc::clone(wake),
            is_stored: false,
        };
        let future = question(cancel.clone());
        pools.spawn(async move {
            let result = contain_future("ask a file or server", future).await;
            answer.store(result);
        });
        Self {
            slot,
            cancel,
            since: Instant::now(),
        }
    }

    /// Takes the answer when it is there.
    pub fn poll(&mut self) -> Option<Result<T>> {
        self.slot.try_lock()?.take()
    }
}

impl<T> Drop for Ask<T> {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Stores the answer; says so even when the future is dropped before its end.
struct AnswerSlot<T> {
    slot: Arc<Mutex<Option<Result<T>>>>,
    wake: Wake,
    is_stored: bool,
}

impl<T> AnswerSlot<T> {
    fn store(mut self, result: Result<T>) {
        *self.slot.lock() = Some(result);
        self.is_stored = true;
    }
}

impl<T> Drop for AnswerSlot<T> {
    fn drop(&mut self) {
        let mut slot = self.slot.lock();
        if !self.is_stored {
            *slot = Some(Err(Error::new(
                ErrorKind::Internal,
                "ask a file or server",
                "the work was broken off",
            )));
        }
        drop(slot);
        (self.wake)();
    }
}

/// Something that was asked for: on its way, here, or failed.
#[derive(Debug)]
pub enum Asked<T> {
    /// It is on its way.
    Waiting(Ask<T>),
    /// It is here.
    Here(T),
    /// It cannot be had.
    Failed(Arc<Error>),
}

impl<T: Send + 'static> Asked<T> {
    /// Takes the answer when it is there; says whether something changed.
    pub fn poll(&mut self) -> bool {
        let Self::Waiting(ask) = self else {
            return false;
        };
        match ask.poll() {
            None => false,
            Some(Ok(value)) => {
                *self = Self::Here(value);
                true
            }
            Some(Err(error)) => {
                *self = Self::Failed(Arc::new(error));
                true
            }
        }
    }

    /// The thing itself, where it is here.
    pub const fn here(&self) -> Option<&T> {
        match self {
            Self::Here(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is on its way.
    pub const fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_a_question_is_answered_in_its_words_and_wakes_the_window() {
        let pools = Pools::start().unwrap();
        let (woken, wakes) = crossbeam_channel::bounded(8);
        let wake: Wake = Arc::new(move || woken.try_send(()).unwrap_or_default());
        let mut ask: Ask<u32> = Ask::start(&pools, &wake, |_| async {
            tokio::task::yield_now().await;
            panic!("page 7 of 5")
        });
        wakes.recv().expect("the window is woken");
        let error = ask.poll().expect("an answer").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Internal, "a fault of Hutch");
        assert_eq!(error.why, "page 7 of 5", "the words of the panic");
    }
}
