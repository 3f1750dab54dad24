//! What is in memory, and how a view asks for more.

use std::sync::Arc;

use hutch_model::{Block, Cancel, Dataset, Error, Origin, Result, Slab};

use crate::Pixels;
use crate::prepared::PreparedFrame;

/// How badly something is wanted; recomputed at every pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// It is read to its end where it is under way, and not begun for this.
    Kept,
    /// Nobody waits for it.
    Background,
    /// It will probably be looked at next.
    Prefetch,
    /// Somebody looks at the place where it will appear.
    Visible,
}

/// What waiting is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wait {
    /// It stands in a queue.
    Queued,
    /// Its bytes are on their way.
    Loading {
        /// Seconds since they were asked for.
        since_secs: f64,
    },
    /// It is on tape.
    Tape,
    /// Somebody has to sign in.
    SignIn,
    /// The network is away; it is tried again by itself.
    Network {
        /// Seconds until the next try.
        retry_secs: f64,
    },
}

/// What is known of something wanted.
#[derive(Clone, Debug)]
pub enum Residence<T> {
    /// It is not here yet.
    Waiting(Wait),
    /// It is here.
    Here(Arc<T>),
    /// It cannot be had.
    Failed(Arc<Error>),
}

impl<T> Residence<T> {
    /// The thing itself, where it is here.
    pub const fn here(&self) -> Option<&Arc<T>> {
        match self {
            Self::Here(value) => Some(value),
            _ => None,
        }
    }
}

/// The chunks in memory, seen by a view while it draws. Nothing here waits.
pub trait Resident {
    /// Wants a slab as it is stored.
    fn block(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        slab: &Slab,
        priority: Priority,
    ) -> Residence<Block>;

    /// Wants an image, with what its display needs; what the file says of its
    /// pixels is read and applied.
    fn frame(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        pixels: &Pixels,
        slab: &Slab,
        priority: Priority,
    ) -> Residence<PreparedFrame>;

    /// Forgets a failure, so that the next want tries again.
    fn retry(&mut self, origin: &Origin);

    /// Runs work on the pool; [`crate::Task`] is the typed way to call it. The
    /// result says whether it went well, for the list of jobs.
    fn run(
        &mut self,
        priority: Priority,
        label: &str,
        cancel: Cancel,
        work: Box<dyn FnOnce() -> Result<()> + Send>,
    );
}
