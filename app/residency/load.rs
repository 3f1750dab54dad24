//! One load: bytes on the threads for sockets, samples on the interactive pool.

use std::sync::Arc;

use crossbeam_channel::Sender;
use hutch_model::{Block, Cancel, Dataset, Error, ErrorKind, Result, Slab};
use hutch_viewers::{PreparedFrame, prepare_frame};

use super::entry::{Form, Key};
use crate::ask::Wake;
use crate::pools::{Pools, contain, contain_future};

/// What a load brought; boxed, since frames carry their statistics.
pub(super) enum Loaded {
    Block(Block),
    Frame(Box<PreparedFrame>),
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Block(_) => "Block",
            Self::Frame(_) => "Frame",
        })
    }
}

/// How a load ended.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) key: Key,
    /// Which load it was: one that was cancelled may answer after the next.
    pub(super) generation: u64,
    pub(super) result: Result<Loaded>,
}

/// Sends exactly one answer, whatever becomes of the load.
pub(super) struct Answering {
    /// Taken when the answer is sent.
    load: Option<(Key, u64)>,
    answer_to: Sender<Answer>,
    wake: Wake,
}

impl Answering {
    pub(super) fn new(key: Key, generation: u64, answer_to: Sender<Answer>, wake: Wake) -> Self {
        Self {
            load: Some((key, generation)),
            answer_to,
            wake,
        }
    }

    fn answer(mut self, result: Result<Loaded>) {
        self.send(result);
    }

    fn send(&mut self, result: Result<Loaded>) {
        let Some((key, generation)) = self.load.take() else {
            return;
        };
        let answer = Answer {
            key,
            generation,
            result,
        };
        // The window is gone when nobody takes the answer.
        drop(self.answer_to.send(answer));
        (self.wake)();
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.send(Err(Error::new(
            ErrorKind::Internal,
            "load samples",
            "the work stopped without a word",
        )));
    }
}

/// Starts a load of a slab in a form.
pub(super) fn start(
    pools: &Pools,
    dataset: Arc<dyn Dataset>,
    (slab, form): (Slab, Form),
    cancel: Cancel,
    answering: Answering,
) {
    let interactive = pools.interactive_pool();
    pools.spawn(async move {
        let fetched = contain_future("fetch samples", async {
            dataset.fetch(&slab, &cancel).await
        })
        .await;
        interactive.spawn(move || {
            let loaded = contain("decode samples", || {
                let encoded = fetched?;
                cancel.check()?;
                let block = dataset.decode(&encoded)?;
                cancel.check()?;
                Ok(match form {
                    Form::Block => Loaded::Block(block),
                    Form::Frame => Loaded::Frame(Box::new(prepare_frame(block)?)),
                })
            });
            answering.answer(loaded);
        });
    });
}
