//! Frames of a stack made one: their sum, mean, largest, smallest, or deviation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_model::{Block, BlockState, Cancel, Dataset, Error, Result, Samples, Slab};

use crate::pixels::FramePixels;
use crate::prepared::{PreparedFrame, prepare_frame};
use crate::{Priority, Residence, Resident, Task};

/// What becomes of the samples of one pixel in many frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reduce {
    Sum,
    Mean,
    Max,
    Min,
    Sigma,
}

impl Reduce {
    pub(super) const ALL: [Self; 5] = [Self::Sum, Self::Mean, Self::Max, Self::Min, Self::Sigma];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Max => "max",
            Self::Min => "min",
            Self::Sigma => "sigma",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Which frames become one, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) kind: Reduce,
    /// The first frame.
    pub(super) first: u64,
    /// The last frame.
    pub(super) last: u64,
}

/// Frames that are asked for at once.
const AT_ONCE: u64 = 6;
/// How often a picture of what is done so far is made.
const PICTURE_EVERY: Duration = Duration::from_millis(500);

/// The samples of each pixel so far: Welford 1962, Technometrics 4, 419.
#[derive(Debug, Default)]
struct Sums {
    counts: Vec<u32>,
    /// The sum, mean, largest or smallest.
    values: Vec<f64>,
    /// Sums of squares of what differs from the mean, for deviations.
    squares: Vec<f64>,
}

impl Sums {
    fn add(&mut self, kind: Reduce, frame: &Samples, is_valid: impl Fn(usize) -> bool) {
        if self.counts.is_empty() {
            self.counts = vec![0; frame.len()];
            self.values = vec![0.0; frame.len()];
            if kind == Reduce::Sigma {
                self.squares = vec![0.0; frame.len()];
            }
        }
        let pixels = self.counts.iter_mut().zip(&mut self.values).enumerate();
        for (index, (count, value)) in pixels {
            let sample = frame.get_f64(index);
            if !sample.is_finite() || !is_valid(index) {
                continue;
            }
            *count += 1;
            let is_first = *count == 1;
            match kind {
                Reduce::Sum => *value += sample,
                Reduce::Max if is_first || sample > *value => *value = sample,
                Reduce::Min if is_first || sample < *value => *value = sample,
                Reduce::Max | Reduce::Min => {}
                Reduce::Mean | Reduce::Sigma => {
                    let step = sample - *value;
                    *value += step / f64::from(*count);
                    if let Some(square) = self.squares.get_mut(index) {
                        *square += step * (sample - *value);
                    }
                }
            }
        }
    }

    /// One value for each pixel; NaN where no frame has one.
    fn result(&self, kind: Reduce) -> Vec<f64> {
        let pixels = self.counts.iter().zip(&self.values).enumerate();
        pixels
            .map(|(index, (count, value))| match (count, kind) {
                (0, _) => f64::NAN,
                (count, Reduce::Sigma) => {
                    let square = self.squares.get(index).copied().unwrap_or(0.0);
                    (square / f64::from(*count)).sqrt()
                }
                _ => *value,
            })
            .collect()
    }
}

type Answer = (Sums, Option<PreparedFrame>);

/// Frames of a stack that become one, on the pool, a few at a time.
pub(super) struct Stack {
    choice: Choice,
    next: u64,
    left_out: u64,
    sums: Option<Sums>,
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
            next: choice.first,
            left_out: 0,
            sums: Some(Sums::default()),
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

    /// Frames done, and all of them.
    pub(super) const fn progress(&self) -> (u64, u64) {
        let all = self.choice.last - self.choice.first + 1;
        (self.next - self.choice.first, all)
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
        self.failed.is_some() || (self.next > self.choice.last && self.task.is_none())
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
            Some(Ok((sums, picture))) => {
                self.sums = Some(sums);
                self.task = None;
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
        let is_last = self.next > self.choice.last;
        let is_due = self
            .pictured_at
            .is_none_or(|at| at.elapsed() >= PICTURE_EVERY);
        self.generation += 1;
        let (kind, like) = (self.choice.kind, Arc::clone(like));
        let missing = |block: &&Arc<Block>| matches!(block.state, BlockState::Missing(_));
        self.left_out += blocks.iter().filter(missing).count() as u64;
        self.task = Some(Task::start(
            resident,
            Priority::Background,
            "frames of a stack",
            self.generation,
            move |cancel| add_all(sums, kind, &blocks, (&like, is_last || is_due), cancel),
        ));
    }

    /// The next frames that are here, asking for those behind them; none while
    /// others are worked on.
    fn blocks(&mut self, resident: &mut dyn Resident, data: &Arc<dyn Dataset>) -> Vec<Arc<Block>> {
        let mut here = Vec::new();
        let mut is_unbroken = self.task.is_none();
        let shape = &data.info().shape;
        for frame in self.next..(self.next + AT_ONCE).min(self.choice.last + 1) {
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
    mut sums: Sums,
    kind: Reduce,
    blocks: &[Arc<Block>],
    (like, has_picture): (&PreparedFrame, bool),
    cancel: &Cancel,
) -> Result<Answer> {
    for block in blocks {
        cancel.check()?;
        let is_missing = matches!(block.state, BlockState::Missing(_));
        // A frame of another shape is no frame of this stack.
        if !is_missing && block.samples.len() == like.samples.len() {
            sums.add(kind, &block.samples, |index| {
                like.no_value(index).is_none()
                    && !crate::prepared::is_sentinel(&block.samples, index)
            });
        }
    }
    if !has_picture || sums.counts.is_empty() {
        return Ok((sums, None));
    }
    let [width, height] = like.size.map(u64::from);
    let block = Block {
        shape: vec![height, width],
        samples: Samples::F64(sums.result(kind)),
        state: BlockState::Present,
    };
    // What has a value in no frame is masked, as it is in each of them.
    let mask: Vec<bool> = sums.counts.iter().map(|&count| count == 0).collect();
    let pixels = FramePixels {
        mask: mask.contains(&true).then(|| mask.into()),
        ..FramePixels::default()
    };
    let picture = prepare_frame(block, &pixels)?;
    Ok((sums, Some(picture)))
}

#[cfg(test)]
mod tests;
