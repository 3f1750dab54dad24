//! One thing that is in memory, on its way, or failed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_model::{Block, Cancel, Dataset, Error, ErrorKind, Origin, Retry, Slab};
use hutch_viewers::{Pixels, PreparedFrame, Priority, Residence, Wait};

/// A failure that may pass is tried again after this, doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// ... up to this.
const LAST_RETRY: Duration = Duration::from_mins(1);
/// A file on tape is looked for again after this.
const TAPE_POLL: Duration = Duration::from_secs(30);

/// What something in memory is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) origin: Origin,
    /// The order of its axes, where that is not the stored one.
    pub(super) order: Option<Box<[usize]>>,
    pub(super) slab: Slab,
    pub(super) form: Form,
    pub(super) pixels: PixelsKey,
}

/// What is applied to the pixels of a frame: the mask, and the bits of the
/// saturation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct PixelsKey(Option<(Origin, Option<Box<[usize]>>)>, Option<u64>);

/// The order of the axes of a dataset, where that is not the stored one.
pub(crate) fn order_of(dataset: &dyn Dataset) -> Option<Box<[usize]>> {
    dataset.transposed().map(|(_, order)| order.into())
}

impl PixelsKey {
    pub(super) fn of(pixels: &Pixels) -> Self {
        let mask = pixels.mask.as_ref();
        let mask = mask.map(|mask| (mask.origin().clone(), order_of(mask.as_ref())));
        Self(mask, pixels.saturation.map(f64::to_bits))
    }
}

/// What was made of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    Block,
    Frame,
}

#[derive(Debug)]
pub(super) enum State {
    Queued,
    Loading(Instant),
    Block(Arc<Block>),
    Frame(Arc<PreparedFrame>),
    Failed {
        error: Arc<Error>,
        retry_at: Option<Instant>,
        tries: u32,
    },
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) state: State,
    pub(super) dataset: Arc<dyn Dataset>,
    pub(super) pixels: Pixels,
    pub(super) cancel: Cancel,
    pub(super) priority: Priority,
    /// The pass in which it was last wanted.
    pub(super) wanted_in: u64,
    pub(super) size_bytes: usize,
    pub(super) tries: u32,
    /// The load whose answer it takes; 0 before the first.
    pub(super) generation: u64,
}

impl Entry {
    pub(super) fn queued(
        dataset: Arc<dyn Dataset>,
        pixels: Pixels,
        priority: Priority,
        pass: u64,
    ) -> Self {
        Self {
            state: State::Queued,
            dataset,
            pixels,
            cancel: Cancel::new(),
            priority,
            wanted_in: pass,
            size_bytes: 0,
            tries: 0,
            generation: 0,
        }
    }

    pub(super) const fn is_under_way(&self) -> bool {
        matches!(self.state, State::Loading(_) | State::Queued)
    }

    pub(super) const fn is_failed(&self) -> bool {
        matches!(self.state, State::Failed { .. })
    }

    /// Whether it failed because nobody was signed in.
    pub(super) fn waits_for_sign_in(&self) -> bool {
        matches!(&self.state, State::Failed { error, .. } if asks_to_sign_in(error))
    }

    /// Why it is not here.
    pub(super) fn failure(&self) -> Option<Arc<Error>> {
        match &self.state {
            State::Failed { error, .. } => Some(Arc::clone(error)),
            _ => None,
        }
    }

    /// When a failure is tried again, where it is.
    pub(super) const fn retry_at(&self) -> Option<Instant> {
        match self.state {
            State::Failed { retry_at, .. } => retry_at,
            _ => None,
        }
    }

    /// Puts it back in the queue.
    pub(super) fn queue(&mut self) {
        self.state = State::Queued;
        self.cancel = Cancel::new();
    }

    /// Notes a failure, and when the next try is worth it.
    pub(super) fn fail(&mut self, error: Error) {
        let wait = FIRST_RETRY
            .saturating_mul(1 << self.tries.min(6))
            .min(LAST_RETRY);
        let wait = match error.retry {
            Retry::Later => Some(wait),
            Retry::WhenStaged => Some(TAPE_POLL),
            Retry::Never | Retry::AfterSignIn => None,
        };
        self.tries += 1;
        self.state = State::Failed {
            error: Arc::new(error),
            retry_at: wait.map(|wait| Instant::now() + wait),
            tries: self.tries,
        };
    }
}

impl Drop for Entry {
    /// The memory of samples that no view holds serves the next ones.
    fn drop(&mut self) {
        let samples = match std::mem::replace(&mut self.state, State::Queued) {
            State::Block(block) => Arc::into_inner(block).map(|block| block.samples),
            State::Frame(frame) => Arc::into_inner(frame).map(|frame| frame.samples),
            State::Queued | State::Loading(_) | State::Failed { .. } => None,
        };
        if let Some(samples) = samples {
            samples.recycle();
        }
    }
}

/// Whether signing in helps against an error.
pub(super) fn asks_to_sign_in(error: &Error) -> bool {
    error.kind == ErrorKind::SignIn || error.retry == Retry::AfterSignIn
}

/// How a state looks to a view.
pub(super) fn waiting<T>(state: Option<&State>) -> Residence<T> {
    let Some(state) = state else {
        return Residence::Waiting(Wait::Queued);
    };
    match state {
        State::Loading(since) => Residence::Waiting(Wait::Loading {
            since_secs: since.elapsed().as_secs_f64(),
        }),
        State::Failed {
            error,
            retry_at: Some(when),
            tries,
        } if error.kind == ErrorKind::Network && *tries < 4 => Residence::Waiting(Wait::Network {
            retry_secs: when.saturating_duration_since(Instant::now()).as_secs_f64(),
        }),
        State::Failed { error, .. } => match error.kind {
            ErrorKind::OnTape => Residence::Waiting(Wait::Tape),
            ErrorKind::SignIn => Residence::Waiting(Wait::SignIn),
            _ => Residence::Failed(Arc::clone(error)),
        },
        State::Queued | State::Block(_) | State::Frame(_) => Residence::Waiting(Wait::Queued),
    }
}
