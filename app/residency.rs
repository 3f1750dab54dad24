//! What is in memory, what is on its way, and what is wanted next.
//!
//! A view says at every pass what it wants; residency keeps each thing through
//! the states queued, loading, here, failed. Nothing in it waits: bytes come on
//! the threads for sockets, samples are decoded on the interactive pool, and
//! both report through one bounded channel that the window drains.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use hutch_model::{Block, Cancel, Dataset, Error, ErrorKind, Origin, Result, Retry, Slab};
use hutch_viewers::{PreparedFrame, Priority, Residence, Resident, Wait, prepare_frame};

use crate::jobs::Jobs;
use crate::pools::{Pools, contain};

/// Loads that may be under way at once.
const IN_FLIGHT: usize = 8;
/// A failure that may pass is tried again after this, doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// ... up to this.
const LAST_RETRY: Duration = Duration::from_mins(1);

/// What something in memory is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    origin: Origin,
    slab: Slab,
    form: Form,
}

/// What was made of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Block,
    Frame,
}

#[derive(Debug)]
enum State {
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
struct Entry {
    state: State,
    dataset: Arc<dyn Dataset>,
    cancel: Cancel,
    priority: Priority,
    /// The pass in which it was last wanted.
    wanted_in: u64,
    size_bytes: usize,
    tries: u32,
}

/// What a load brought; boxed, since frames carry their statistics.
enum Loaded {
    Block(Block),
    Frame(Box<PreparedFrame>),
}

type Answer = (Key, Result<Loaded>);

/// The chunks in memory, under a budget in bytes.
pub struct Residency {
    entries: HashMap<Key, Entry>,
    pools: Pools,
    jobs: Jobs,
    answers: Receiver<Answer>,
    answer_to: Sender<Answer>,
    wake: Arc<dyn Fn() + Send + Sync>,
    pass: u64,
    used_bytes: usize,
    budget_bytes: usize,
}

impl std::fmt::Debug for Residency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Residency")
            .field("entries", &self.entries.len())
            .field("used_bytes", &self.used_bytes)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Block(_) => "Block",
            Self::Frame(_) => "Frame",
        })
    }
}

impl Residency {
    /// Empty residency; `wake` asks the window for another pass.
    pub fn new(
        pools: Pools,
        jobs: Jobs,
        budget_bytes: usize,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        let (answer_to, answers) = crossbeam_channel::bounded(1024);
        Self {
            entries: HashMap::new(),
            pools,
            jobs,
            answers,
            answer_to,
            wake,
            pass: 0,
            used_bytes: 0,
            budget_bytes,
        }
    }

    /// Bytes in memory, and the budget.
    pub const fn memory(&self) -> (usize, usize) {
        (self.used_bytes, self.budget_bytes)
    }

    /// Whether anything is on its way.
    pub fn is_loading(&self) -> bool {
        self.entries
            .values()
            .any(|entry| matches!(entry.state, State::Loading(_) | State::Queued))
    }

    /// Forgets everything of a file that is no longer open.
    pub fn forget_url(&mut self, url: &str) {
        self.forget(|origin| origin.url == url);
    }

    /// Forgets one version of a file that has a newer one.
    pub fn forget_version(&mut self, old: &Origin) {
        self.forget(|origin| origin.url == old.url && origin.validator == old.validator);
    }

    fn forget(&mut self, is_gone: impl Fn(&Origin) -> bool) {
        let used = &mut self.used_bytes;
        self.entries.retain(|key, entry| {
            let keep = !is_gone(&key.origin);
            if !keep {
                entry.cancel.cancel();
                *used = used.saturating_sub(entry.size_bytes);
            }
            keep
        });
    }

    /// Begins a pass: takes what arrived.
    pub fn begin_pass(&mut self) {
        self.pass += 1;
        // A pass takes a bounded number, so that a burst never delays drawing.
        for _ in 0..256 {
            let Ok((key, result)) = self.answers.try_recv() else {
                break;
            };
            self.take(&key, result);
        }
    }

    /// Ends a pass: drops what nobody wants any more, starts what is wanted
    /// most, and keeps within the budget.
    pub fn end_pass(&mut self) {
        let pass = self.pass;
        self.entries.retain(|_, entry| {
            let unwanted = entry.wanted_in + 1 < pass;
            match entry.state {
                State::Loading(_) | State::Queued if unwanted => {
                    entry.cancel.cancel();
                    false
                }
                _ => true,
            }
        });
        self.start_wanted();
        self.evict();
    }

    fn take(&mut self, key: &Key, result: Result<Loaded>) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        match result {
            Ok(loaded) => {
                let (state, size_bytes) = match loaded {
                    Loaded::Block(block) => {
                        let size = block.samples.size_bytes();
                        (State::Block(Arc::new(block)), size)
                    }
                    Loaded::Frame(frame) => {
                        let size = frame.size_bytes();
                        (State::Frame(Arc::from(frame)), size)
                    }
                };
                entry.state = state;
                entry.size_bytes = size_bytes;
                self.used_bytes += size_bytes;
            }
            Err(error) if error.kind == ErrorKind::Cancelled => {
                self.entries.remove(key);
            }
            Err(error) => {
                let wait = FIRST_RETRY
                    .saturating_mul(1 << entry.tries.min(6))
                    .min(LAST_RETRY);
                let retry_at = match error.retry {
                    Retry::Later => Some(Instant::now() + wait),
                    Retry::Never | Retry::AfterSignIn | Retry::WhenStaged => None,
                };
                log::debug!("{} failed: {error}", key.origin);
                entry.tries += 1;
                entry.state = State::Failed {
                    error: Arc::new(error),
                    retry_at,
                    tries: entry.tries,
                };
            }
        }
    }

    fn start_wanted(&mut self) {
        let loading = self
            .entries
            .values()
            .filter(|entry| matches!(entry.state, State::Loading(_)))
            .count();
        let mut queued: Vec<(Priority, Key)> = self
            .entries
            .iter()
            .filter(|(_, entry)| matches!(entry.state, State::Queued))
            .map(|(key, entry)| (entry.priority, key.clone()))
            .collect();
        queued.sort_by(|one, other| {
            let start = |key: &Key| key.slab.start.clone();
            other
                .0
                .cmp(&one.0)
                .then_with(|| start(&one.1).cmp(&start(&other.1)))
        });
        for (_, key) in queued.into_iter().take(IN_FLIGHT.saturating_sub(loading)) {
            self.start(key);
        }
    }

    fn start(&mut self, key: Key) {
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        entry.state = State::Loading(Instant::now());
        let dataset = Arc::clone(&entry.dataset);
        let cancel = entry.cancel.clone();
        let answer_to = self.answer_to.clone();
        let wake = Arc::clone(&self.wake);
        let pools = self.pools.clone();
        self.pools.spawn(async move {
            let fetched = dataset.fetch(&key.slab, &cancel).await;
            pools.interactive(move || {
                let loaded = contain("decode samples", || {
                    let encoded = fetched?;
                    cancel.check()?;
                    let block = dataset.decode(&encoded)?;
                    cancel.check()?;
                    Ok(match key.form {
                        Form::Block => Loaded::Block(block),
                        Form::Frame => Loaded::Frame(Box::new(prepare_frame(block)?)),
                    })
                });
                // The window is gone when nobody takes the answer.
                drop(answer_to.send((key, loaded)));
                wake();
            });
        });
    }

    /// Drops what was wanted longest ago until the budget holds; what was
    /// wanted in this pass stays.
    fn evict(&mut self) {
        if self.used_bytes <= self.budget_bytes {
            return;
        }
        let mut idle: Vec<(u64, Key)> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.size_bytes > 0 && entry.wanted_in < self.pass)
            .map(|(key, entry)| (entry.wanted_in, key.clone()))
            .collect();
        idle.sort_by_key(|(pass, _)| *pass);
        for (_, key) in idle {
            if self.used_bytes <= self.budget_bytes {
                break;
            }
            if let Some(entry) = self.entries.remove(&key) {
                self.used_bytes = self.used_bytes.saturating_sub(entry.size_bytes);
            }
        }
    }

    fn want(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        slab: &Slab,
        form: Form,
        priority: Priority,
    ) -> &Entry {
        let key = Key {
            origin: dataset.origin().clone(),
            slab: slab.clone(),
            form,
        };
        let pass = self.pass;
        let entry = self.entries.entry(key).or_insert_with(|| Entry {
            state: State::Queued,
            dataset: Arc::clone(dataset),
            cancel: Cancel::new(),
            priority,
            wanted_in: pass,
            size_bytes: 0,
            tries: 0,
        });
        if entry.wanted_in < pass {
            entry.priority = priority;
        }
        entry.priority = entry.priority.max(priority);
        entry.wanted_in = pass;
        if let State::Failed {
            retry_at: Some(when),
            ..
        } = entry.state
            && when <= Instant::now()
        {
            entry.state = State::Queued;
            entry.cancel = Cancel::new();
        }
        entry
    }
}

/// How a state looks to a view.
fn waiting<T>(state: &State) -> Residence<T> {
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

impl Resident for Residency {
    fn block(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        slab: &Slab,
        priority: Priority,
    ) -> Residence<Block> {
        match &self.want(dataset, slab, Form::Block, priority).state {
            State::Block(block) => Residence::Here(Arc::clone(block)),
            other => waiting(other),
        }
    }

    fn frame(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        slab: &Slab,
        priority: Priority,
    ) -> Residence<PreparedFrame> {
        match &self.want(dataset, slab, Form::Frame, priority).state {
            State::Frame(frame) => Residence::Here(Arc::clone(frame)),
            other => waiting(other),
        }
    }

    fn retry(&mut self, origin: &Origin) {
        // A failure that is forgotten is asked for again by the next want.
        self.entries.retain(|key, entry| {
            key.origin.url != origin.url || !matches!(entry.state, State::Failed { .. })
        });
    }

    fn run(
        &mut self,
        priority: Priority,
        label: &str,
        cancel: Cancel,
        work: Box<dyn FnOnce() -> Result<()> + Send>,
    ) {
        let wake = Arc::clone(&self.wake);
        let label = label.to_owned();
        let jobs = self.jobs.clone();
        let visible = priority == Priority::Visible;
        let guarded = move || {
            if !cancel.is_cancelled()
                && let Err(error) = contain(&label, work)
                && error.kind == ErrorKind::Internal
            {
                jobs.report_fault(&label, error);
            }
            wake();
        };
        if visible {
            self.pools.interactive(guarded);
        } else {
            self.pools.batch(guarded);
        }
    }
}
