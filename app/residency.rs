//! What is in memory, what is on its way, and what is wanted next.
//!
//! A view says at every pass what it wants; residency keeps each thing through
//! the states queued, loading, here, failed. Nothing in it waits: bytes come on
//! the threads for sockets, samples are decoded on the interactive pool, and
//! both report through one bounded channel that the window drains.

mod device;
mod entry;
mod load;
mod news;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use hutch_model::{Block, Cancel, Dataset, Error, ErrorKind, Origin, Result, Slab};
use hutch_render::Gpu;
use hutch_viewers::{Pixels, PreparedFrame, Priority, Residence, Resident};

use self::device::Device;
pub(crate) use self::entry::order_of;
use self::entry::{Entry, Form, Key, PixelsKey, State, asks_to_sign_in, waiting};
use self::load::{Answer, Answering, Load, Loaded};
use self::news::News;
use crate::ask::Wake;
use crate::jobs::Jobs;
use crate::masks::Masks;
use crate::pools::{Pools, contain};
use crate::settings::CountOn;

/// Loads that may be under way at once.
const IN_FLIGHT: usize = 8;
/// A failure that nobody wanted for so many passes is forgotten.
const FAILURE_PASSES: u64 = 300;
/// Things that may be known at once, however small they are.
const ENTRY_LIMIT: usize = 16_384;

/// The chunks in memory, under a budget in bytes.
pub struct Residency {
    entries: HashMap<Key, Entry>,
    pools: Pools,
    jobs: Jobs,
    answers: Receiver<Answer>,
    answer_to: Sender<Answer>,
    masks: Masks,
    device: Device,
    news: News,
    wake: Wake,
    pass: u64,
    /// Counts loads, so that an answer finds the one that asked.
    generation: u64,
    /// The last load that began before somebody signed in.
    signed_in_after: u64,
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

impl Residency {
    /// Empty residency; `wake` asks the window for another pass.
    pub fn new(pools: Pools, jobs: Jobs, budget_bytes: usize, wake: Wake) -> Self {
        let (answer_to, answers) = crossbeam_channel::bounded(1024);
        Self {
            entries: HashMap::new(),
            pools,
            jobs,
            answers,
            answer_to,
            masks: Masks::default(),
            device: Device::default(),
            news: News::default(),
            wake,
            pass: 0,
            generation: 0,
            signed_in_after: 0,
            used_bytes: 0,
            budget_bytes,
        }
    }

    /// The device that the window draws on: frames are put on it as they are prepared, and counted there where that is
    /// worth it.
    pub fn follow_device(&mut self, gpu: Option<&Gpu>, count_on: CountOn) {
        self.device.follow(gpu, count_on);
    }

    /// Bytes in memory, and the budget.
    pub const fn memory(&self) -> (usize, usize) {
        (self.used_bytes, self.budget_bytes)
    }

    /// Whether anything is on its way.
    pub fn is_loading(&self) -> bool {
        self.entries.values().any(Entry::is_under_way)
    }

    /// Whether anything is computed for a view.
    pub fn is_computing(&self) -> bool {
        self.news.is_computing()
    }

    /// Why something that was to be seen in the last pass is not here; what is read ahead of it is nobody's concern.
    pub fn failure(&self) -> Option<Arc<Error>> {
        let wanted = self.entries.values();
        wanted
            .filter(|entry| entry.wanted_in + 1 >= self.pass)
            .filter(|entry| entry.priority == Priority::Visible)
            .find_map(Entry::failure)
    }

    /// How long until the first failure among what was wanted in the last pass
    /// is tried again; nothing else would wake an idle window for it.
    pub fn next_retry(&self) -> Option<Duration> {
        let first = self
            .entries
            .values()
            .filter(|entry| entry.wanted_in + 1 >= self.pass)
            .filter_map(Entry::retry_at)
            .min()?;
        Some(first.saturating_duration_since(Instant::now()))
    }

    /// Goes on with what waited for somebody to sign in.
    pub fn signed_in(&mut self) {
        self.signed_in_after = self.generation;
        // What is forgotten is asked for again by the next want.
        self.drop_where(|_, entry| entry.waits_for_sign_in());
        (self.wake)();
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
        self.drop_where(|key, _| is_gone(&key.origin));
    }

    fn drop_where(&mut self, mut is_gone: impl FnMut(&Key, &Entry) -> bool) {
        let used = &mut self.used_bytes;
        self.entries.retain(|key, entry| {
            let keep = !is_gone(key, entry);
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
        self.news.begin_pass();
        // A pass takes a bounded number, so that a burst never delays drawing.
        for _ in 0..256 {
            let Ok(answer) = self.answers.try_recv() else {
                break;
            };
            self.take(answer);
        }
    }

    /// Ends a pass: drops what nobody wants any more, starts what is wanted
    /// most, and keeps within the budget. True where a view was given something in this pass that it had not before:
    /// what was drawn ahead of the view, such as its numbers beside it, knows nothing of it yet.
    pub fn end_pass(&mut self) -> bool {
        let pass = self.pass;
        self.drop_where(|_, entry| {
            let unwanted_passes = pass.saturating_sub(entry.wanted_in);
            (entry.is_under_way() && unwanted_passes > 1)
                || (entry.is_failed() && unwanted_passes > FAILURE_PASSES)
        });
        self.start_wanted();
        self.evict();
        self.news.end_pass()
    }

    fn take(&mut self, answer: Answer) {
        let Answer {
            key,
            generation,
            result,
        } = answer;
        // A load that was cancelled says nothing about the one after it.
        let Some(entry) = self
            .entries
            .get_mut(&key)
            .filter(|entry| entry.generation == generation)
        else {
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
                let others = self.used_bytes.saturating_sub(entry.size_bytes);
                self.used_bytes = others.saturating_add(size_bytes);
                entry.state = state;
                if entry.priority == Priority::Visible {
                    self.news.arrived();
                }
                entry.size_bytes = size_bytes;
                entry.tries = 0;
            }
            Err(error) if error.kind == ErrorKind::Cancelled => {
                self.used_bytes = self.used_bytes.saturating_sub(entry.size_bytes);
                self.entries.remove(&key);
            }
            // It began with the session that has ended.
            Err(error) if asks_to_sign_in(&error) && generation <= self.signed_in_after => {
                entry.queue();
            }
            Err(error) => {
                log::debug!("{} failed: {error}", key.origin);
                entry.fail(error);
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
            .filter(|(_, entry)| entry.priority > Priority::Kept)
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
        self.generation += 1;
        entry.generation = self.generation;
        entry.state = State::Loading(Instant::now());
        let load = Load {
            dataset: Arc::clone(&entry.dataset),
            slab: key.slab.clone(),
            form: key.form,
            pixels: entry.pixels.clone(),
            masks: self.masks.clone(),
            uploads: self.device.uploads(),
        };
        let cancel = entry.cancel.clone();
        let answering = Answering::new(
            key,
            self.generation,
            self.answer_to.clone(),
            Arc::clone(&self.wake),
        );
        load::start(&self.pools, load, cancel, answering);
    }

    /// Drops what was wanted longest ago until the budget and the number hold;
    /// what is on its way or was wanted in this pass stays.
    fn evict(&mut self) {
        let is_over_limit = self.entries.len() > ENTRY_LIMIT;
        if self.used_bytes <= self.budget_bytes && !is_over_limit {
            return;
        }
        // Some room is made, so that not every pass sorts.
        let most_entries = if is_over_limit {
            ENTRY_LIMIT - ENTRY_LIMIT / 8
        } else {
            ENTRY_LIMIT
        };
        let mut idle: Vec<(u64, Key)> = self
            .entries
            .iter()
            .filter(|(_, entry)| !entry.is_under_way() && entry.wanted_in < self.pass)
            .map(|(key, entry)| (entry.wanted_in, key.clone()))
            .collect();
        idle.sort_by_key(|(pass, _)| *pass);
        for (_, key) in idle {
            let is_too_many = self.entries.len() > most_entries;
            let is_too_large = self.used_bytes > self.budget_bytes;
            if !is_too_many && !is_too_large {
                break;
            }
            let frees_bytes = self
                .entries
                .get(&key)
                .is_some_and(|entry| entry.size_bytes > 0);
            if (is_too_many || frees_bytes)
                && let Some(entry) = self.entries.remove(&key)
            {
                self.used_bytes = self.used_bytes.saturating_sub(entry.size_bytes);
            }
        }
    }

    fn want(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        pixels: &Pixels,
        (slab, form): (&Slab, Form),
        priority: Priority,
    ) -> Option<&Entry> {
        let key = Key {
            origin: dataset.origin().clone(),
            order: order_of(dataset.as_ref()),
            slab: slab.clone(),
            form,
            pixels: PixelsKey::of(pixels),
        };
        if priority == Priority::Kept && !self.entries.contains_key(&key) {
            return None;
        }
        let pass = self.pass;
        let entry = self
            .entries
            .entry(key)
            .or_insert_with(|| Entry::queued(Arc::clone(dataset), pixels.clone(), priority, pass));
        if entry.wanted_in < pass {
            entry.priority = priority;
        }
        entry.priority = entry.priority.max(priority);
        entry.wanted_in = pass;
        if entry.retry_at().is_some_and(|when| when <= Instant::now()) {
            entry.queue();
        }
        Some(entry)
    }
}

impl Resident for Residency {
    fn block(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        slab: &Slab,
        priority: Priority,
    ) -> Residence<Block> {
        let (pixels, what) = (Pixels::default(), (slab, Form::Block));
        match self
            .want(dataset, &pixels, what, priority)
            .map(|of| &of.state)
        {
            Some(State::Block(block)) => Residence::Here(Arc::clone(block)),
            other => waiting(other),
        }
    }

    fn frame(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        pixels: &Pixels,
        slab: &Slab,
        priority: Priority,
    ) -> Residence<PreparedFrame> {
        let what = (slab, Form::Frame);
        match self
            .want(dataset, pixels, what, priority)
            .map(|of| &of.state)
        {
            Some(State::Frame(frame)) => Residence::Here(Arc::clone(frame)),
            other => waiting(other),
        }
    }

    fn retry(&mut self, origin: &Origin) {
        // A failure that is forgotten is asked for again by the next want.
        self.drop_where(|key, entry| key.origin.url == origin.url && entry.is_failed());
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
        let finished = self.news.begun();
        let guarded = move || {
            if !cancel.is_cancelled()
                && let Err(error) = contain(&label, work)
                && error.kind == ErrorKind::Internal
            {
                jobs.report_fault(&label, error);
            }
            finished.fetch_add(1, Ordering::Release);
            wake();
        };
        if visible {
            self.pools.interactive(guarded);
        } else {
            self.pools.batch(guarded);
        }
    }
}
