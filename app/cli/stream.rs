//! Reading a part of a dataset piece by piece: some ahead, decoded on all cores,
//! handed on in order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hutch_model::{BlockState, Dataset, EncodedSlab, Error, ErrorKind, Progress, Result, Samples};
use parking_lot::Mutex;

use super::context::Context;
use super::cut::{Cut, Piece};
use crate::pools::{contain, contain_future};

/// Pieces that are on their way at once, at most.
const PIECES_MAX: u64 = 16;
/// So often a person who wants to stop is asked for.
const PATIENCE: Duration = Duration::from_millis(20);

/// A dataset that is read from one end to the other.
#[derive(Clone, Copy)]
pub(super) struct Stream<'a> {
    pub(super) context: &'a Context,
    pub(super) dataset: &'a Arc<dyn Dataset>,
    pub(super) cut: &'a Cut,
    /// Counts pieces.
    pub(super) progress: &'a Progress,
}

/// A piece on its way through the pool.
pub(super) struct Decoded<'a> {
    /// Its samples, which are used again for another piece.
    pub(super) samples: &'a mut Samples,
    /// The worst state of its parts.
    pub(super) state: BlockState,
    /// What was fetched: which of its parts are missing.
    pub(super) encoded: &'a EncodedSlab,
}

/// What was fetched, and what was made of it, each with the number of its piece.
type Fetched = (u64, Result<EncodedSlab>);
type Worked<T> = (u64, Result<T>);

/// What the loop hears next.
enum News<T> {
    Fetched(Fetched),
    Worked(Worked<T>),
    Nothing,
}

impl Stream<'_> {
    /// Calls `work` with every piece on the threads of the pool, and `take` with
    /// what it made of them, in the order of the pieces. Samples are used again
    /// for other pieces.
    ///
    /// # Errors
    /// The first of reading, of `work` and of `take`; [`ErrorKind::Cancelled`].
    pub(super) fn run<T: Send>(
        self,
        work: impl Fn(&Piece, Decoded<'_>) -> Result<T> + Sync,
        mut take: impl FnMut(&Piece, T) -> Result<()>,
    ) -> Result<()> {
        let total = self.cut.piece_count();
        self.progress.set_total(total);
        let ahead = self.pieces_ahead();
        // As long as all that may be under way, so that no sender ever waits.
        let room = usize::try_from(ahead).unwrap_or(1);
        let (fetched_out, fetched) = crossbeam_channel::bounded::<Fetched>(room);
        let (worked_out, worked) = crossbeam_channel::bounded::<Worked<T>>(room);
        let buffers = Mutex::new(Vec::new());
        let pool = self.context.pools.interactive_pool();
        pool.in_place_scope(|scope| {
            let (mut started, mut taken, mut running) = (0, 0, 0);
            let mut waiting = BTreeMap::new();
            let mut failed: Option<Error> = None;
            loop {
                // What is done but not taken counts, so that memory is bounded.
                while failed.is_none() && running < ahead && started < total.min(taken + 2 * ahead)
                {
                    self.fetch(started, fetched_out.clone());
                    started += 1;
                    running += 1;
                }
                if running == 0 {
                    break;
                }
                if let Err(error) = self.context.cancel.check() {
                    failed.get_or_insert(error);
                }
                let outcome = match next(&fetched, &worked) {
                    News::Nothing => continue,
                    News::Fetched((number, Ok(encoded))) if failed.is_none() => {
                        let (out, work, buffers) = (worked_out.clone(), &work, &buffers);
                        scope.spawn(move |_| {
                            let made = contain("work on a piece", || {
                                self.decode(number, &encoded, buffers, work)
                            });
                            // Nobody listens only when this thread is gone as well.
                            drop(out.send((number, made)));
                        });
                        continue;
                    }
                    News::Fetched((_, Ok(_))) => None,
                    News::Fetched((_, Err(error))) | News::Worked((_, Err(error))) => {
                        Some(Err(error))
                    }
                    News::Worked((number, Ok(made))) => Some(Ok((number, made))),
                };
                running -= 1;
                match outcome {
                    Some(Ok((number, made))) => {
                        waiting.insert(number, made);
                    }
                    Some(Err(error)) => {
                        failed.get_or_insert(error);
                    }
                    None => {}
                }
                while let Some(made) = waiting.remove(&taken).filter(|_| failed.is_none()) {
                    if let Err(error) = take(&self.cut.piece(taken), made) {
                        failed = Some(error);
                    }
                    taken += 1;
                    self.progress.add(1);
                }
            }
            failed.map_or(Ok(()), Err)
        })
    }

    /// As many as memory holds: each is there encoded, decoded and as its result.
    fn pieces_ahead(&self) -> u64 {
        let size = self.dataset.info().element.size_bytes().unwrap_or(16) as u64;
        let piece_bytes = self.cut.piece_elements().saturating_mul(size).max(1);
        let memory = self.context.settings.memory_bytes() as u64 / 4;
        (memory / piece_bytes).clamp(2, PIECES_MAX)
    }

    fn fetch(&self, number: u64, out: crossbeam_channel::Sender<Fetched>) {
        let (dataset, cancel) = (Arc::clone(self.dataset), self.context.cancel.clone());
        let slab = self.cut.piece(number).slab;
        self.context.pools.spawn(async move {
            let read = dataset.fetch(&slab, &cancel);
            let fetched = contain_future("read a piece", read).await;
            // Nobody listens only when the command is gone as well.
            drop(out.send((number, fetched)));
        });
    }

    fn decode<T>(
        &self,
        number: u64,
        encoded: &EncodedSlab,
        buffers: &Mutex<Vec<Samples>>,
        work: &impl Fn(&Piece, Decoded<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut samples = buffers.lock().pop().unwrap_or(Samples::U8(Vec::new()));
        let state = self.dataset.decode_into(encoded, &mut samples)?;
        if state == BlockState::Torn {
            return Err(Error::new(
                ErrorKind::Integrity,
                format!("read \"{}\"", self.dataset.origin()),
                "the file changed while it was read",
            ));
        }
        let decoded = Decoded {
            samples: &mut samples,
            state,
            encoded,
        };
        let made = work(&self.cut.piece(number), decoded)?;
        buffers.lock().push(samples);
        Ok(made)
    }
}

fn next<T>(
    fetched: &crossbeam_channel::Receiver<Fetched>,
    worked: &crossbeam_channel::Receiver<Worked<T>>,
) -> News<T> {
    crossbeam_channel::select! {
        recv(worked) -> news => news.map_or(News::Nothing, News::Worked),
        recv(fetched) -> news => news.map_or(News::Nothing, News::Fetched),
        default(PATIENCE) => News::Nothing,
    }
}
