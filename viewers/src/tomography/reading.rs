//! Asks for rows of many frames with few slabs, and puts together what came.

use std::sync::Arc;

use hutch_analysis::flat_field::{Correction, FlatField, Stage, mean_frame};
use hutch_model::{Block, BlockState, Dataset, Error, ErrorKind, FrameSet, Result, Slab};

use crate::{Priority, Residence, Resident, Wait};

/// More runs than this are read as one slab with gaps.
const RUNS: usize = 64;
/// Flat or dark frames that a projection is corrected with.
pub(super) const FRAMES: usize = 5;
/// Flat or dark rows that a sinogram is corrected with.
pub(super) const ROWS: usize = 20;

/// Rows of the detector: the first, how many, and the distance between them.
pub(super) type Rows = (u64, u64, u64);

/// Some rows of some frames of a dataset.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    dataset: Arc<dyn Dataset>,
    slabs: Vec<Slab>,
    /// Which of the frames that come are meant; all where it is `None`.
    picks: Option<Vec<usize>>,
}

/// What a question gave.
pub(super) enum Got {
    Here(Counts),
    Waiting(Wait),
    Failed(Arc<Error>),
}

/// Blocks that answer a [`Wanted`].
#[derive(Clone, Debug)]
pub(super) struct Counts {
    blocks: Vec<Arc<Block>>,
    picks: Option<Vec<usize>>,
    /// Samples of one frame.
    frame_size: usize,
}

impl Wanted {
    /// Some rows of some frames.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the dataset is no stack `[frame, y, x]`.
    pub(super) fn new(set: &FrameSet, frames: &[u64], rows: Rows) -> Result<Self> {
        let shape = &set.dataset.info().shape;
        let stack: Vec<u64> = match shape.len() {
            2 => [1].iter().chain(shape).copied().collect(),
            3 => shape.clone(),
            _ => return Err(unfit(&set.dataset)),
        };
        let mut runs = runs_of(frames);
        let mut picks = None;
        if runs.len() > RUNS {
            let first = frames.iter().copied().min().unwrap_or(0);
            let last = frames.iter().copied().max().unwrap_or(0);
            runs = vec![(first, last - first + 1, 1)];
            let place = |frame: &u64| usize::try_from(frame - first).unwrap_or(usize::MAX);
            picks = Some(frames.iter().map(place).collect());
        }
        let slabs: Vec<Slab> = runs
            .into_iter()
            .map(|(start, count, step)| {
                let axes = 3 - shape.len();
                Slab {
                    start: vec![start, rows.0, 0][axes..].to_vec(),
                    count: vec![count, rows.1, stack[2]][axes..].to_vec(),
                    step: vec![step, rows.2.max(1), 1][axes..].to_vec(),
                }
            })
            .collect();
        if slabs.iter().any(|slab| !slab.fits(shape)) {
            return Err(unfit(&set.dataset));
        }
        Ok(Self {
            dataset: Arc::clone(&set.dataset),
            slabs,
            picks,
        })
    }

    /// Some evenly spread frames of a set, at most `limit`.
    pub(super) fn spread(set: &FrameSet, limit: usize, rows: Rows) -> Result<Self> {
        let count = set.frames.len();
        let taken = count.min(limit);
        let frames: Vec<u64> = (0..taken)
            .filter_map(|index| set.frames.get(index * count / taken.max(1)).copied())
            .collect();
        Self::new(set, &frames, rows)
    }

    /// Bytes that reading it takes, with the chunks that it touches.
    pub(super) fn read_bytes(&self) -> u64 {
        let info = self.dataset.info();
        let sample = info.element.size_bytes().unwrap_or(1) as u64;
        let along = |slab: &Slab, axis: usize| {
            let chunk = info.chunk_shape.as_ref().and_then(|chunk| chunk.get(axis));
            let chunk = chunk.copied().unwrap_or(1).max(1);
            let (count, step) = (slab.count[axis], slab.step[axis].max(1));
            if step >= chunk {
                count.saturating_mul(chunk)
            } else {
                (count.saturating_mul(step))
                    .div_ceil(chunk)
                    .saturating_mul(chunk)
            }
            .min(info.shape[axis])
        };
        self.slabs
            .iter()
            .map(|slab| {
                (0..info.shape.len())
                    .fold(sample, |all, axis| all.saturating_mul(along(slab, axis)))
            })
            .fold(0, u64::saturating_add)
    }

    /// Asks; everything is wanted at once, so that it is read in one go.
    pub(super) fn ask(&self, resident: &mut dyn Resident, priority: Priority) -> Got {
        let mut blocks = Vec::with_capacity(self.slabs.len());
        let mut waits = None;
        for slab in &self.slabs {
            match resident.block(&self.dataset, slab, priority) {
                Residence::Here(block) => blocks.push(block),
                Residence::Waiting(wait) => waits = waits.or(Some(wait)),
                Residence::Failed(error) => return Got::Failed(error),
            }
        }
        let frame: u64 = self
            .slabs
            .first()
            .map_or(0, |slab| slab.count.iter().rev().take(2).product());
        waits.map_or_else(
            || {
                Got::Here(Counts {
                    blocks,
                    picks: self.picks.clone(),
                    frame_size: usize::try_from(frame).unwrap_or(usize::MAX),
                })
            },
            Got::Waiting,
        )
    }
}

impl Counts {
    /// The samples `[frame, row, x]`; for the pool.
    pub(super) fn values(&self) -> Vec<f32> {
        let all: Vec<f32> = self
            .blocks
            .iter()
            .flat_map(|block| block.samples.to_f32())
            .collect();
        match &self.picks {
            None => all,
            Some(picks) => {
                let frames: Vec<&[f32]> = all.chunks_exact(self.frame_size.max(1)).collect();
                let missing = vec![f32::NAN; self.frame_size];
                picks
                    .iter()
                    .flat_map(|pick| frames.get(*pick).copied().unwrap_or(&missing))
                    .copied()
                    .collect()
            }
        }
    }

    /// Samples of one frame.
    pub(super) const fn frame_size(&self) -> usize {
        self.frame_size
    }

    /// What is odd about the samples, in words.
    pub(super) fn note(&self) -> Option<String> {
        self.blocks.iter().find_map(|block| match &block.state {
            BlockState::Present => None,
            BlockState::Fill => Some("partly not written yet".to_owned()),
            BlockState::Missing(why) => Some(format!("partly missing: {why}")),
            BlockState::Torn => Some("changed while it was read".to_owned()),
        })
    }
}

/// Flat and dark rows, as far as a scan has them.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) flats: Option<Counts>,
    pub(super) darks: Option<Counts>,
}

impl Fields {
    /// Asks for the flat and dark fields of some rows.
    pub(super) fn ask(
        resident: &mut dyn Resident,
        sets: [&FrameSet; 2],
        (limit, rows): (usize, Rows),
        priority: Priority,
    ) -> Result<Self, Got> {
        let mut found = [None, None];
        for (place, set) in found.iter_mut().zip(sets) {
            if set.frames.is_empty() {
                continue;
            }
            let wanted =
                Wanted::spread(set, limit, rows).map_err(|error| Got::Failed(Arc::new(error)))?;
            match wanted.ask(resident, priority) {
                Got::Here(counts) => *place = Some(counts),
                other => return Err(other),
            }
        }
        let [flats, darks] = found;
        Ok(Self { flats, darks })
    }

    /// The means of both; `None` without flats. For the pool.
    pub(super) fn means(&self) -> Result<Option<[Vec<f32>; 2]>> {
        let Some(flats) = &self.flats else {
            return Ok(None);
        };
        let flat = mean_frame(&flats.values(), flats.frame_size())?;
        let dark = match &self.darks {
            Some(darks) => mean_frame(&darks.values(), darks.frame_size())?,
            None => vec![0.0; flat.len()],
        };
        Ok(Some([flat, dark]))
    }

    /// The correction to absorbance; `None` without flats. For the pool.
    pub(super) fn absorbance(&self) -> Result<Option<Correction>> {
        let field = FlatField {
            stage: Stage::Absorbance,
            min_transmission: None,
        };
        let means = self.means()?;
        means
            .map(|[flat, dark]| field.prepare(&flat, &dark))
            .transpose()
    }
}

fn unfit(dataset: &Arc<dyn Dataset>) -> Error {
    Error::new(
        ErrorKind::Shape,
        format!("read frames of \"{}\"", dataset.origin().path),
        format!("the shape {:?} does not hold them", dataset.info().shape),
    )
}

/// Runs `(first, count, step)` of frames, in order.
fn runs_of(frames: &[u64]) -> Vec<(u64, u64, u64)> {
    let mut runs: Vec<(u64, u64, u64)> = Vec::new();
    for &frame in frames {
        if let Some((first, count, step)) = runs.last_mut() {
            let last = *first + (*count - 1) * *step;
            if *count == 1 && frame > last {
                (*count, *step) = (2, frame - last);
                continue;
            }
            if frame > last && frame - last == *step {
                *count += 1;
                continue;
            }
        }
        runs.push((frame, 1, 1));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_become_few_runs() {
        assert_eq!(
            runs_of(&[3, 4, 5, 9, 10]),
            [(3, 3, 1), (9, 2, 1)],
            "two runs"
        );
        assert_eq!(runs_of(&[0, 8, 16]), [(0, 3, 8)], "one run with a step");
        assert_eq!(
            runs_of(&[5, 2]),
            [(5, 1, 1), (2, 1, 1)],
            "backwards is one by one"
        );
        assert!(runs_of(&[]).is_empty(), "nothing");
    }
}
