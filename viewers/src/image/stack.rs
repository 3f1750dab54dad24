//! Frames of a stack made one: their sum, mean, largest, smallest, deviation or median.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_analysis::reduce::{FrameReducer, Reduction};
use hutch_model::{Block, Cancel, Dataset, Error, Result, Slab};

use super::many::{add_frames, frame_of_many, is_missing};
use crate::prepared::PreparedFrame;
use crate::{Priority, Residence, Resident, Task};

/// Which frames become one, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) kind: Reduction,
    /// The first frame.
    pub(super) first: u64,
    /// The last frame.
    pub(super) last: u64,
    /// From one frame to the next, at least 1.
    pub(super) step: u64,
}

impl Choice {
    /// How many frames there are.
    const fn count(self) -> u64 {
        (self.last - self.first) / self.step + 1
    }
}

/// Frames that are asked for at once.
const AT_ONCE: u64 = 6;
/// How often a picture of what is done so far is made.
const PICTURE_EVERY: Duration = Duration::from_millis(500);

/// The frames so far, whether they must all be seen once more, and a picture where one was due.
type Answer = (FrameReducer, bool, Option<PreparedFrame>);

/// Frames of a stack that become one, on the pool, a few at a time.
pub(super) struct Stack {
    choice: Choice,
    /// How many frames were taken in this pass.
    next: u64,
    left_out: u64,
    sums: Option<FrameReducer>,
    /// Passes over all frames that are behind, and how many there will be.
    passes: [u32; 2],
    task: Option<Task<Answer>>,
    picture: Option<Arc<PreparedFrame>>,
    pictured_at: Option<Instant>,
    began: Instant,
    generation: u64,
    failed: Option<Arc<Error>>,
}

impl Stack {
    pub(super) fn new(choice: Choice) -> Self {
        Self {
            choice,
            next: 0,
            left_out: 0,
            sums: Some(FrameReducer::new(choice.kind)),
            passes: FrameReducer::new(choice.kind).passes(),
            task: None,
            picture: None,
            pictured_at: None,
            began: Instant::now(),
            generation: 0,
            failed: None,
        }
    }

    pub(super) const fn choice(&self) -> Choice {
        self.choice
    }

    /// What there is so far.
    pub(super) const fn picture(&self) -> Option<&Arc<PreparedFrame>> {
        self.picture.as_ref()
    }

    /// Frames that were worked on, and how many there will be: each once for each pass over them.
    pub(super) fn progress(&self) -> (u64, u64) {
        let frames = self.choice.count();
        let [behind, all] = self.passes.map(u64::from);
        let done = behind * frames + self.next;
        (done, (all * frames).max(done))
    }

    /// Which pass over the frames it is, and how many there will be; `None` where one is enough.
    pub(super) fn passes(&self) -> Option<[u32; 2]> {
        let [behind, all] = self.passes;
        (all > 1).then(|| [(behind + 1).min(all), all])
    }

    /// Frames that were missing and count for nothing.
    pub(super) const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Why it ended early.
    pub(super) const fn failed(&self) -> Option<&Arc<Error>> {
        self.failed.as_ref()
    }

    pub(super) fn is_done(&self) -> bool {
        self.failed.is_some() || (self.next >= self.choice.count() && self.task.is_none())
    }

    /// Seconds until it is done, at the pace so far.
    pub(super) fn secs_left(&self) -> Option<f64> {
        let (done, all) = self.progress();
        let pace = self.began.elapsed().as_secs_f64() / done.checked_sub(1)?.max(1) as f64;
        Some(pace * (all - done) as f64)
    }

    /// Takes what is ready and goes on; `like` is a frame that knows the mask.
    pub(super) fn step(
        &mut self,
        resident: &mut dyn Resident,
        data: &Arc<dyn Dataset>,
        like: &Arc<PreparedFrame>,
    ) {
        match self.task.as_mut().and_then(Task::poll) {
            Some(Ok((sums, again, picture))) => {
                self.passes = sums.passes();
                self.sums = Some(sums);
                self.task = None;
                if again {
                    self.next = 0;
                }
                if let Some(picture) = picture {
                    self.picture = Some(Arc::new(picture));
                    self.pictured_at = Some(Instant::now());
                }
            }
            Some(Err(error)) => {
                self.task = None;
                self.failed = Some(Arc::new(error));
            }
            None => {}
        }
        if self.is_done() {
            return;
        }
        let blocks = self.blocks(resident, data);
        if blocks.is_empty() {
            return;
        }
        let Some(sums) = self.sums.take() else {
            return;
        };
        self.next += blocks.len() as u64;
        let is_last = self.next >= self.choice.count();
        let is_due = self
            .pictured_at
            .is_none_or(|at| at.elapsed() >= PICTURE_EVERY);
        self.generation += 1;
        let like = Arc::clone(like);
        if self.passes[0] == 0 {
            self.left_out += blocks.iter().filter(|block| is_missing(block)).count() as u64;
        }
        self.task = Some(Task::start(
            resident,
            Priority::Background,
            "frames of a stack",
            self.generation,
            move |cancel| add_all(sums, &blocks, (&like, is_last, is_due), cancel),
        ));
    }

    /// The next frames that are here, asking for those behind them; none while
    /// others are worked on.
    fn blocks(&mut self, resident: &mut dyn Resident, data: &Arc<dyn Dataset>) -> Vec<Arc<Block>> {
        let mut here = Vec::new();
        let mut is_unbroken = self.task.is_none();
        let shape = &data.info().shape;
        for index in self.next..(self.next + AT_ONCE).min(self.choice.count()) {
            let frame = self.choice.first + index * self.choice.step;
            let slab = Slab::frame(shape, frame);
            match resident.block(data, &slab, Priority::Prefetch) {
                Residence::Here(block) if is_unbroken => here.push(block),
                Residence::Failed(error) if is_unbroken => {
                    self.failed = Some(error);
                    break;
                }
                _ => is_unbroken = false,
            }
        }
        here
    }
}

fn add_all(
    mut reducer: FrameReducer,
    blocks: &[Arc<Block>],
    (like, is_last, is_due): (&PreparedFrame, bool, bool),
    cancel: &Cancel,
) -> Result<Answer> {
    cancel.check()?;
    add_frames(&mut reducer, blocks, like)?;
    let again = is_last && reducer.end_pass();
    let is_wanted = is_due || (is_last && !again);
    let picture = if is_wanted && reducer.frame_len().is_some() {
        Some(frame_of_many(&reducer, like)?)
    } else {
        None
    };
    Ok((reducer, again, picture))
}

#[cfg(test)]
mod tests;
