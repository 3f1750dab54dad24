//! Going once through a part of a stack, piece by piece, for a map or a spectrum.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_analysis::maps::{Part, Stack};
use hutch_model::{Block, BlockState, Cancel, Dataset, Error, Result, Samples, Slab};

use crate::map::row_frame;
use crate::pixels::FramePixels;
use crate::prepared::PreparedFrame;
use crate::{Priority, Residence, Resident, Task};

/// Bytes of samples that one piece has at most, where a row is not larger.
const PIECE_BYTES: u64 = 16 << 20;
/// Pieces that are asked for at once.
const AT_ONCE: usize = 4;
/// How often what is done so far is shown.
const SHOW_EVERY: Duration = Duration::from_millis(400);

/// What is made of the samples of a stack.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Job {
    /// A value for each place: samples times the weights of their channels.
    Map {
        weights: Vec<f64>,
        /// The sum of the same channels before the sample, for `-ln(sum / this)`.
        reference: Option<f64>,
    },
    /// A value for each channel, of the places that are chosen.
    Spectrum {
        chosen: Option<Arc<[bool]>>,
        /// Sums are divided by this.
        divisor: f64,
    },
}

/// What came out, or what there is of it so far.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Map(Arc<PreparedFrame>),
    Spectrum(Arc<Vec<f64>>),
}

type Step = (Vec<f64>, Option<Outcome>);

/// Going once through a part of a stack.
pub(super) struct Sweep {
    stack: Arc<Stack>,
    job: Arc<Job>,
    pieces: Vec<Part>,
    next: usize,
    left_out: usize,
    sums: Option<Vec<f64>>,
    task: Option<Task<Step>>,
    outcome: Option<Outcome>,
    shown_at: Option<Instant>,
    failed: Option<Arc<Error>>,
}

impl Sweep {
    pub(super) fn new(stack: &Arc<Stack>, dataset: &dyn Dataset, part: &Part, job: Job) -> Self {
        Self {
            stack: Arc::clone(stack),
            sums: Some(job.nothing(stack)),
            job: Arc::new(job),
            pieces: pieces(stack, dataset, part),
            next: 0,
            left_out: 0,
            task: None,
            outcome: None,
            shown_at: None,
            failed: None,
        }
    }

    pub(super) const fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    pub(super) const fn failed(&self) -> Option<&Arc<Error>> {
        self.failed.as_ref()
    }

    /// Pieces that are missing at their source.
    pub(super) const fn left_out(&self) -> usize {
        self.left_out
    }

    pub(super) const fn is_done(&self) -> bool {
        self.failed.is_some() || (self.next >= self.pieces.len() && self.task.is_none())
    }

    /// The share that is done, 0 to 1.
    pub(super) fn share(&self) -> f32 {
        self.next as f32 / self.pieces.len().max(1) as f32
    }

    /// Takes what is ready and goes on; whether there is something new to see.
    pub(super) fn step(&mut self, resident: &mut dyn Resident, data: &Arc<dyn Dataset>) -> bool {
        let mut is_new = false;
        match self.task.as_mut().and_then(Task::poll) {
            Some(Ok((sums, outcome))) => {
                self.task = None;
                self.sums = Some(sums);
                if outcome.is_some() {
                    self.outcome = outcome;
                    self.shown_at = Some(Instant::now());
                    is_new = true;
                }
            }
            Some(Err(error)) => {
                self.task = None;
                self.failed = Some(Arc::new(error));
            }
            None => {}
        }
        if self.is_done() || self.task.is_some() {
            return is_new;
        }
        let blocks = self.blocks(resident, data);
        if blocks.is_empty() {
            return is_new;
        }
        let Some(sums) = self.sums.take() else {
            return is_new;
        };
        self.next += blocks.len();
        let is_last = self.next >= self.pieces.len();
        let is_due = self.shown_at.is_none_or(|at| at.elapsed() >= SHOW_EVERY);
        let (stack, job) = (Arc::clone(&self.stack), Arc::clone(&self.job));
        self.task = Some(Task::start(
            resident,
            Priority::Visible,
            "go through a stack of spectra",
            0,
            move |cancel| add(&stack, &job, sums, &blocks, is_last || is_due, cancel),
        ));
        is_new
    }

    /// The next pieces that are here, asking for those behind them.
    fn blocks(
        &mut self,
        resident: &mut dyn Resident,
        data: &Arc<dyn Dataset>,
    ) -> Vec<(Part, Arc<Block>)> {
        let mut here = Vec::new();
        let mut is_unbroken = true;
        for part in self.pieces.iter().skip(self.next).take(AT_ONCE) {
            let slab = self.stack.slab(part);
            match resident.block(data, &slab, Priority::Visible) {
                Residence::Here(block) if is_unbroken => {
                    if matches!(block.state, BlockState::Missing(_)) {
                        self.left_out += 1;
                    }
                    here.push((part.clone(), block));
                }
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

impl Job {
    /// The sums before anything is added.
    fn nothing(&self, stack: &Stack) -> Vec<f64> {
        let length = match self {
            Self::Map { .. } => stack.place_count(),
            Self::Spectrum { .. } => stack.whole().channels.end,
        };
        vec![0.0; usize::try_from(length).unwrap_or(0)]
    }
}

/// A part of a stack, in pieces that are read one by one.
fn pieces(stack: &Stack, dataset: &dyn Dataset, part: &Part) -> Vec<Part> {
    let info = dataset.info();
    let bytes = info.element.size_bytes().unwrap_or(8) as u64;
    stack.pieces(part, bytes, info.chunk_shape.as_deref(), PIECE_BYTES)
}

/// Goes through a part of a stack at once, for whoever may wait; and how many pieces are missing at their source.
///
/// # Errors
/// Those of `read`; when cancelled.
pub(super) fn go_through(
    (stack, dataset, part): (&Stack, &dyn Dataset, &Part),
    job: &Job,
    read: &mut dyn FnMut(&Slab) -> Result<Block>,
    cancel: &Cancel,
) -> Result<(Outcome, usize)> {
    let mut sums = job.nothing(stack);
    let mut left_out = 0;
    for piece in pieces(stack, dataset, part) {
        let block = read(&stack.slab(&piece))?;
        left_out += usize::from(matches!(block.state, BlockState::Missing(_)));
        let blocks = [(piece, Arc::new(block))];
        (sums, _) = add(stack, job, sums, &blocks, false, cancel)?;
    }
    Ok((outcome(job, &sums)?, left_out))
}

fn add(
    stack: &Stack,
    job: &Job,
    mut sums: Vec<f64>,
    blocks: &[(Part, Arc<Block>)],
    shows: bool,
    cancel: &Cancel,
) -> Result<Step> {
    for (part, block) in blocks {
        cancel.check()?;
        if matches!(block.state, BlockState::Missing(_)) {
            continue;
        }
        match job {
            Job::Map { weights, .. } => stack.add_map(part, &block.samples, weights, &mut sums),
            Job::Spectrum { chosen, .. } => {
                stack.add_spectrum(part, &block.samples, chosen.as_deref(), &mut sums);
            }
        }
    }
    let outcome = if shows {
        Some(outcome(job, &sums)?)
    } else {
        None
    };
    Ok((sums, outcome))
}

fn outcome(job: &Job, sums: &[f64]) -> Result<Outcome> {
    Ok(match job {
        Job::Map { reference, .. } => {
            let values = sums.iter().map(|sum| match reference {
                Some(reference) => optical_density(*sum, *reference),
                None => *sum,
            });
            let samples = Samples::F64(values.collect());
            let frame = row_frame(samples, BlockState::Present, &FramePixels::default())?;
            Outcome::Map(Arc::new(frame))
        }
        Job::Spectrum { divisor, .. } => {
            Outcome::Spectrum(Arc::new(sums.iter().map(|sum| sum / divisor).collect()))
        }
    })
}

/// `-ln(I / I0)`; no number where nothing came through.
pub(super) fn optical_density(intensity: f64, reference: f64) -> f64 {
    let share = intensity / reference;
    if share > 0.0 { -share.ln() } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_the_light_is_a_density_of_the_logarithm_of_ten() {
        assert!((optical_density(10.0, 100.0) - 10f64.ln()).abs() < 1e-12);
        assert!(optical_density(0.0, 100.0).is_nan(), "nothing came through");
        assert!(optical_density(5.0, 0.0).is_infinite() || optical_density(5.0, 0.0).is_nan());
    }

    #[test]
    fn a_sweep_adds_what_is_here_and_leaves_out_what_is_missing() {
        let stack = Stack::new(&[2, 3], false, &[0, 0]).unwrap();
        let block = |state: BlockState| {
            Arc::new(Block {
                shape: vec![1, 3],
                samples: Samples::U16(vec![1, 2, 3]),
                state,
            })
        };
        let part = |column: u64| Part {
            columns: column..column + 1,
            ..stack.whole()
        };
        let blocks = [
            (part(0), block(BlockState::Present)),
            (part(1), block(BlockState::Missing("away".to_owned()))),
        ];
        let job = Job::Spectrum {
            chosen: None,
            divisor: 2.0,
        };
        let (sums, found) = add(&stack, &job, vec![0.0; 3], &blocks, true, &Cancel::new()).unwrap();
        assert_eq!(sums, [1.0, 2.0, 3.0], "the first place alone");
        let Some(Outcome::Spectrum(values)) = found else {
            panic!("a spectrum");
        };
        assert_eq!(*values, [0.5, 1.0, 1.5], "half of it each");
    }
}
