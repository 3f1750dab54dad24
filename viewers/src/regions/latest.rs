//! The newest answer of the pool to a question that changes.

use std::sync::{Arc, Weak};

use hutch_model::{Cancel, Error, Result};

use crate::{Priority, Resident, Task};

/// A thing of the pool, told from others without keeping it in memory.
pub(crate) struct Same<T>(Weak<T>);

impl<T> Same<T> {
    pub(crate) fn of(thing: &Arc<T>) -> Self {
        Self(Arc::downgrade(thing))
    }
}

impl<T> Clone for Same<T> {
    fn clone(&self) -> Self {
        Self(Weak::clone(&self.0))
    }
}

impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

/// The answer to the newest question that was answered; while one is worked on, others wait,
/// since a person who drags asks at every pass and only the last question matters.
pub(crate) struct Latest<W, T> {
    under_way: Option<(W, Task<T>)>,
    known: Option<(W, Arc<T>)>,
    failed: Option<(W, Arc<Error>)>,
    generation: u64,
}

impl<W, T> Default for Latest<W, T> {
    fn default() -> Self {
        Self {
            under_way: None,
            known: None,
            failed: None,
            generation: 0,
        }
    }
}

impl<W: PartialEq + Clone, T: Send + 'static> Latest<W, T> {
    /// Asks where the question is new, and gives the newest answer that is here, of whichever question.
    pub(crate) fn ask(
        &mut self,
        resident: &mut dyn Resident,
        wish: &W,
        label: &str,
        work: impl FnOnce(&Cancel) -> Result<T> + Send + 'static,
    ) -> Option<&(W, Arc<T>)> {
        if let Some((asked, mut task)) = self.under_way.take() {
            match task.poll() {
                Some(Ok(answer)) => self.known = Some((asked, Arc::new(answer))),
                // A failure is an answer too; asking again would fail again.
                Some(Err(error)) => self.failed = Some((asked, Arc::new(error))),
                None => self.under_way = Some((asked, task)),
            }
        }
        let is_known = self.known.as_ref().is_some_and(|(known, _)| known == wish);
        if !is_known && self.failure(wish).is_none() && self.under_way.is_none() {
            self.generation += 1;
            let task = Task::start(resident, Priority::Visible, label, self.generation, work);
            self.under_way = Some((wish.clone(), task));
        }
        self.known.as_ref()
    }

    /// Why a question has no answer.
    pub(crate) fn failure(&self, wish: &W) -> Option<&Arc<Error>> {
        let failed = self.failed.as_ref().filter(|(failed, _)| failed == wish);
        failed.map(|(_, error)| error)
    }

    /// The newest answer, without asking.
    pub(crate) const fn known(&self) -> Option<&(W, Arc<T>)> {
        self.known.as_ref()
    }
}
