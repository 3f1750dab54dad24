//! A value that is made once, by the first who needs it.

use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use hutch_model::Result;

/// A cell that several tasks fill together: one makes the value, the others
/// wait for it. When the maker fails or is dropped, the next one begins anew.
pub(super) struct Once<T>(Mutex<State<T>>);

enum State<T> {
    Empty,
    Making(Vec<Waker>),
    Made(Arc<T>),
}

impl<T> Once<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Empty))
    }

    /// The value, made by `make` where there is none yet.
    pub(super) async fn get(&self, make: impl Future<Output = Result<T>> + Send) -> Result<Arc<T>> {
        let made = poll_fn(|context| {
            let mut state = self.lock();
            match &mut *state {
                State::Made(value) => Poll::Ready(Some(Arc::clone(value))),
                State::Making(waiting) => {
                    waiting.push(context.waker().clone());
                    Poll::Pending
                }
                State::Empty => {
                    *state = State::Making(Vec::new());
                    Poll::Ready(None)
                }
            }
        })
        .await;
        if let Some(value) = made {
            return Ok(value);
        }
        let turn = Turn(self);
        let value = Arc::new(make.await?);
        turn.end(State::Made(Arc::clone(&value)));
        Ok(value)
    }

    /// The value, if it was made.
    pub(super) fn made(&self) -> Option<Arc<T>> {
        match &*self.lock() {
            State::Made(value) => Some(Arc::clone(value)),
            State::Empty | State::Making(_) => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Once<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once")
    }
}

/// The turn of the task that makes the value; gives it back when dropped.
struct Turn<'a, T>(&'a Once<T>);

impl<T> Turn<'_, T> {
    fn end(&self, state: State<T>) {
        let before = std::mem::replace(&mut *self.0.lock(), state);
        if let State::Making(waiting) = before {
            for waker in waiting {
                waker.wake();
            }
        }
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        let is_made = matches!(*self.0.lock(), State::Made(_));
        if !is_made {
            self.end(State::Empty);
        }
    }
}

#[cfg(test)]
mod tests {
    use hutch_model::{Error, ErrorKind};

    use super::*;

    #[test]
    fn a_failed_attempt_is_followed_by_another() {
        let once = Once::new();
        let failing = async { Err::<u8, _>(Error::new(ErrorKind::Network, "read", "no network")) };
        let first = pollster::block_on(once.get(failing));
        assert!(first.is_err(), "the first maker fails");
        let second = pollster::block_on(once.get(async { Ok(7) }));
        assert_eq!(second.ok().as_deref(), Some(&7), "the second succeeds");
        let third = pollster::block_on(once.get(async { Ok(8) }));
        assert_eq!(third.ok().as_deref(), Some(&7), "the value is made once");
    }
}
