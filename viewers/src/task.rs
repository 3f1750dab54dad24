//! Work that a view has under way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hutch_model::{Cancel, Error, ErrorKind, Result};
use parking_lot::Mutex;

use crate::{Priority, Resident};

/// A typed piece of work on the pool; dropping it cancels it.
///
/// The result is taken without waiting: [`Task::poll`] looks, draws what is
/// there, and the pool wakes the window when there is more.
#[derive(Debug)]
pub struct Task<T> {
    slot: Arc<Mutex<Option<Result<T>>>>,
    cancel: Cancel,
    /// Which asking this answers; an older answer is dropped by its owner.
    pub generation: u64,
}

impl<T: Send + 'static> Task<T> {
    /// Sends work to the pool. It should check its [`Cancel`] every 5 ms.
    pub fn start(
        resident: &mut dyn Resident,
        priority: Priority,
        label: &str,
        generation: u64,
        work: impl FnOnce(&Cancel) -> Result<T> + Send + 'static,
    ) -> Self {
        let slot = Arc::new(Mutex::new(None));
        let cancel = Cancel::new();
        let answer = Arc::clone(&slot);
        let flag = cancel.clone();
        let name = label.to_owned();
        resident.run(
            priority,
            label,
            cancel.clone(),
            Box::new(move || {
                // A panic must reach the slot too, or the view waits for ever.
                let result = flag.check().and_then(|()| {
                    catch_unwind(AssertUnwindSafe(|| work(&flag))).unwrap_or_else(|_| {
                        Err(Error::new(ErrorKind::Internal, name, "the work panicked"))
                    })
                });
                let failed = result.as_ref().err().map(Error::duplicate);
                *answer.lock() = Some(result);
                failed.map_or(Ok(()), Err)
            }),
        );
        Self {
            slot,
            cancel,
            generation,
        }
    }

    /// Takes the result when it is there.
    pub fn poll(&mut self) -> Option<Result<T>> {
        // The pool holds this lock only to store the result, so a failed try
        // means "in this very microsecond" and the next pass sees it.
        self.slot.try_lock()?.take()
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
