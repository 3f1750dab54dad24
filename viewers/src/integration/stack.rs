//! The patterns of all frames of a stack, on the pool, a few at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_model::{Block, BlockState, Cancel, Dataset, Error, Result, Slab};

use super::work::{Matrix, Wish};
use crate::prepared::PreparedFrame;
use crate::{Priority, Residence, Resident, Task};

/// Frames that are asked for at once.
const AT_ONCE: u64 = 6;
/// How often the picture so far is shown.
const SHOW_EVERY: Duration = Duration::from_millis(500);
/// Bytes of patterns that are kept at most.
const BYTES_MAX: u64 = 1 << 28;

/// Rows of patterns, one for each frame done, and the matrix that made them.
type Answer = (Vec<f64>, Arc<Matrix>, Option<Arc<[f64]>>);

/// A stack while it is integrated.
pub(super) struct Stack {
    pub(super) wish: Wish,
    next: u64,
    count: u64,
    pub(super) left_out: u64,
    rows: Option<Vec<f64>>,
    matrix: Option<Arc<Matrix>>,
    task: Option<Task<Answer>>,
    /// What is shown of it.
    pub(super) shown: Option<Arc<[f64]>>,
    shown_at: Option<Instant>,
    began: Instant,
    ended: bool,
    generation: u64,
    pub(super) failed: Option<Arc<Error>>,
}

impl Stack {
    /// So many frames; `None` where their patterns would take too much memory.
    pub(super) fn new(wish: Wish, count: u64) -> Option<Self> {
        let bytes = count
            .checked_mul(wish.chosen.points as u64)?
            .checked_mul(8)?;
        (bytes <= BYTES_MAX).then(|| Self {
            wish,
            next: 0,
            count,
            left_out: 0,
            rows: Some(Vec::new()),
            matrix: None,
            task: None,
            shown: None,
            shown_at: None,
            began: Instant::now(),
            ended: false,
            generation: 0,
            failed: None,
        })
    }

    /// Frames done, and all of them.
    pub(super) const fn progress(&self) -> (u64, u64) {
        (self.next, self.count)
    }

    pub(super) const fn is_done(&self) -> bool {
        self.failed.is_some() || self.ended || (self.next >= self.count && self.task.is_none())
    }

    /// Ends it; what is done stays.
    pub(super) fn stop(&mut self) {
        self.ended = true;
        self.task = None;
    }

    /// Seconds until it is done, at the pace so far.
    pub(super) fn secs_left(&self) -> Option<f64> {
        let pace = self.began.elapsed().as_secs_f64() / self.next.checked_sub(1)?.max(1) as f64;
        Some(pace * (self.count - self.next) as f64)
    }

    /// The matrix, once the first frames are done.
    pub(super) const fn matrix(&self) -> Option<&Arc<Matrix>> {
        self.matrix.as_ref()
    }

    /// Takes what is ready and goes on; `like` is a frame that knows the mask.
    pub(super) fn step(
        &mut self,
        resident: &mut dyn Resident,
        data: &Arc<dyn Dataset>,
        like: &Arc<PreparedFrame>,
    ) {
        match self.task.as_mut().and_then(Task::poll) {
            Some(Ok((rows, matrix, shown))) => {
                self.rows = Some(rows);
                self.matrix = Some(matrix);
                self.task = None;
                if shown.is_some() {
                    self.shown = shown;
                    self.shown_at = Some(Instant::now());
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
        let Some(rows) = self.rows.take_if(|_| !blocks.is_empty()) else {
            return;
        };
        self.next += blocks.len() as u64;
        let is_missing = |block: &&Arc<Block>| matches!(block.state, BlockState::Missing(_));
        self.left_out += blocks.iter().filter(is_missing).count() as u64;
        let is_due = self.shown_at.is_none_or(|at| at.elapsed() >= SHOW_EVERY);
        let shows = is_due || self.next >= self.count;
        let (wish, kept, like) = (self.wish.clone(), self.matrix.clone(), Arc::clone(like));
        self.generation += 1;
        self.task = Some(Task::start(
            resident,
            Priority::Background,
            "patterns of a stack",
            self.generation,
            move |cancel| add_all(rows, (&wish, kept, &like), &blocks, shows, cancel),
        ));
    }

    /// The next frames that are here, asking for those behind them; none while others are worked on.
    fn blocks(&mut self, resident: &mut dyn Resident, data: &Arc<dyn Dataset>) -> Vec<Arc<Block>> {
        let mut here = Vec::new();
        let mut is_unbroken = self.task.is_none();
        let shape = &data.info().shape;
        for frame in self.next..(self.next + AT_ONCE).min(self.count) {
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

/// Adds the patterns of frames; one whose samples are missing has no values.
fn add_all(
    mut rows: Vec<f64>,
    (wish, kept, like): (&Wish, Option<Arc<Matrix>>, &PreparedFrame),
    blocks: &[Arc<Block>],
    shows: bool,
    cancel: &Cancel,
) -> Result<Answer> {
    let matrix = match kept {
        Some(matrix) => matrix,
        None => Matrix::of(wish, None, like, cancel)?,
    };
    let points = matrix.integrator.table().radius.len();
    for block in blocks {
        cancel.check()?;
        let is_missing = matches!(block.state, BlockState::Missing(_));
        if is_missing || block.samples.len() != matrix.pixel_count() {
            rows.resize(rows.len() + points, f64::NAN);
        } else {
            rows.extend(matrix.samples(&block.samples, cancel)?.intensity());
        }
    }
    let shown = shows.then(|| rows.as_slice().into());
    Ok((rows, matrix, shown))
}
