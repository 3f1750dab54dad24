//! One load: bytes on the threads for sockets, samples on the interactive pool.

use std::sync::Arc;

use crossbeam_channel::Sender;
use hutch_model::{Block, Cancel, Dataset, EncodedSlab, Error, ErrorKind, Result, Slab};
use hutch_render::Uploads;
use hutch_viewers::{Pixels, PreparedFrame};

use super::entry::{Form, Key};
use crate::ask::Wake;
use crate::frames::{FetchedFrame, fetch_frame};
use crate::masks::Masks;
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

/// What is loaded: samples, and what is said of their pixels.
pub(super) struct Load {
    pub(super) dataset: Arc<dyn Dataset>,
    pub(super) slab: Slab,
    pub(super) form: Form,
    pub(super) pixels: Pixels,
    pub(super) masks: Masks,
    /// Where frames are put as they are prepared.
    pub(super) uploads: Option<Arc<Uploads>>,
}

/// What came of a load, and is still encoded.
enum Fetched {
    Block(EncodedSlab),
    Frame(FetchedFrame),
}

/// Starts a load.
pub(super) fn start(pools: &Pools, load: Load, cancel: Cancel, answering: Answering) {
    let interactive = pools.interactive_pool();
    pools.spawn(async move {
        let fetched = contain_future("fetch samples", load.fetch(&cancel)).await;
        interactive.spawn(move || {
            let loaded = contain("decode samples", || load.decode(fetched?, &cancel));
            answering.answer(loaded);
        });
    });
}

impl Load {
    async fn fetch(&self, cancel: &Cancel) -> Result<Fetched> {
        let (dataset, slab) = (self.dataset.as_ref(), &self.slab);
        Ok(match self.form {
            Form::Block => Fetched::Block(dataset.fetch(slab, cancel).await?),
            Form::Frame => {
                Fetched::Frame(fetch_frame(dataset, &self.pixels, slab, &self.masks, cancel).await?)
            }
        })
    }

    fn decode(&self, fetched: Fetched, cancel: &Cancel) -> Result<Loaded> {
        cancel.check()?;
        Ok(match fetched {
            Fetched::Block(encoded) => {
                let block = self.dataset.decode(&encoded)?;
                cancel.check()?;
                Loaded::Block(block)
            }
            Fetched::Frame(frame) => {
                let device = self.uploads.as_deref();
                Loaded::Frame(Box::new(frame.prepare(&self.dataset, device, cancel)?))
            }
        })
    }
}
