//! Reads a volume slice by slice, every few slices first, and those between later.

use std::sync::Arc;

use hutch_model::{Block, Cancel, Dataset, Error, Result, Slab};
use hutch_render::{Range, SampleSlice, VolumeBuilder, VolumePlan};
use parking_lot::Mutex;

use super::data::{Counts, VolumeData, range_of, unfit};
use crate::{Priority, Residence, Resident, Task, Wait};

/// Most bytes that are read of a volume.
const READ_BYTES: u64 = 1 << 30;
/// Most voxels, one byte each, on the GPU.
const VOXELS: u64 = 512 << 20;
/// Longest edge on the GPU.
const EDGE: u64 = 2048;
/// About how many slices the first, coarse volume has.
const COARSE: u64 = 32;
/// Slices that are wanted at the same time.
const IN_FLIGHT: usize = 8;

/// Which slices are read, in which order, and how they are binned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReadPlan {
    /// Shape of the file's volume `[z, y, x]`.
    pub(super) shape: [u64; 3],
    /// Every how many-th slice is read, and pixels that become one, along y and x.
    pub(super) step: u64,
    /// Slices `(z, span)` of the binned volume, the coarse ones first; a slice
    /// stands for `span` slices until those come.
    pub(super) order: Vec<(usize, usize)>,
    /// How many slices make each level complete.
    pub(super) level_ends: Vec<usize>,
    /// How many levels there are down to full resolution.
    pub(super) level_count: usize,
}

impl ReadPlan {
    /// The plan for the last three axes of a shape.
    pub(super) fn new(shape: &[u64], sample_bytes: u64) -> Option<Self> {
        let [.., z, y, x] = *shape else {
            return None;
        };
        if z == 0 || y == 0 || x == 0 {
            return None;
        }
        let fits = |step: u64| {
            let read = z.div_ceil(step).saturating_mul(y).saturating_mul(x);
            let edges = [z, y, x].map(|edge| edge.div_ceil(step));
            let voxels = edges
                .iter()
                .fold(1u64, |all, edge| all.saturating_mul(*edge));
            read.saturating_mul(sample_bytes.max(1)) <= READ_BYTES
                && voxels <= VOXELS
                && edges.iter().all(|edge| *edge <= EDGE)
        };
        let step = (0..40)
            .map(|power| 1u64 << power)
            .find(|step| fits(*step))?;
        let slices = usize::try_from(z.div_ceil(step)).ok()?;
        let mut stride = 1usize;
        while slices as u64 / stride as u64 > COARSE {
            stride *= 2;
        }
        let mut level_count = 1;
        let mut rest = stride as u64 * step;
        while rest > 1 {
            rest /= 2;
            level_count += 1;
        }
        let mut order: Vec<(usize, usize)> =
            (0..slices).step_by(stride).map(|z| (z, stride)).collect();
        let mut level_ends = vec![order.len()];
        while stride > 1 {
            let between = (stride / 2..slices)
                .step_by(stride)
                .map(|z| (z, stride / 2));
            order.extend(between);
            level_ends.push(order.len());
            stride /= 2;
        }
        Some(Self {
            shape: [z, y, x],
            step,
            order,
            level_ends,
            level_count,
        })
    }

    fn binned(&self) -> [usize; 3] {
        self.shape
            .map(|edge| usize::try_from(edge.div_ceil(self.step)).unwrap_or(usize::MAX))
    }

    /// Bytes that are read in all.
    pub(super) fn read_bytes(&self, sample_bytes: u64) -> u64 {
        self.order.len() as u64 * self.shape[1] * self.shape[2] * sample_bytes
    }
}

/// What one task adds to; only tasks lock it, and there is one at a time.
#[derive(Debug, Default)]
struct Build {
    coarse: Vec<((usize, usize), Vec<f32>)>,
    parts: Option<(Range, VolumeBuilder, Counts)>,
}

/// Reads a volume.
#[derive(Debug)]
pub(super) struct Reader {
    dataset: Arc<dyn Dataset>,
    pub(super) plan: ReadPlan,
    next: usize,
    ready: Vec<((usize, usize), Arc<Block>)>,
    build: Arc<Mutex<Build>>,
    task: Option<Task<Option<VolumeData>>>,
    sent: usize,
    levels_built: usize,
    pub(super) waits: Option<Wait>,
    pub(super) failed: Option<Arc<Error>>,
    /// Slices that could not be read.
    pub(super) missing: usize,
}

impl Reader {
    /// A reader that has read nothing; `None` for what is no volume.
    pub(super) fn new(dataset: Arc<dyn Dataset>) -> Option<Self> {
        let info = dataset.info();
        let plan = ReadPlan::new(&info.shape, info.element.size_bytes()? as u64)?;
        Some(Self {
            plan,
            dataset,
            next: 0,
            ready: Vec::new(),
            build: Arc::default(),
            task: None,
            sent: 0,
            levels_built: 0,
            waits: None,
            failed: None,
            missing: 0,
        })
    }

    /// Part of the slices that are in, 0..1.
    pub(super) fn done(&self) -> f32 {
        self.sent as f32 / self.plan.order.len().max(1) as f32
    }

    /// Whether more is to come.
    pub(super) fn is_busy(&self) -> bool {
        self.task.is_some() || self.sent < self.plan.order.len()
    }

    /// Takes what came, asks for more; a volume when a level is complete.
    pub(super) fn poll(&mut self, resident: &mut dyn Resident) -> Option<Arc<VolumeData>> {
        let mut newest = None;
        if let Some(answer) = self.task.as_mut().and_then(Task::poll) {
            self.task = None;
            match answer {
                Ok(data) => newest = data.map(Arc::new),
                Err(error) => self.failed = Some(Arc::new(error)),
            }
        }
        self.collect(resident);
        self.send(resident);
        newest
    }

    fn slab(&self, z: usize) -> Slab {
        let shape = &self.dataset.info().shape;
        let mut slab = Slab::whole(shape);
        let depth = shape.len().saturating_sub(3);
        for axis in 0..depth {
            slab.count[axis] = 1;
        }
        slab.start[depth] = z as u64 * self.plan.step;
        slab.count[depth] = 1;
        slab
    }

    fn collect(&mut self, resident: &mut dyn Resident) {
        self.waits = None;
        // What is decoded waits in memory until the pool took it.
        while self.ready.len() < 2 * IN_FLIGHT
            && let Some(&place) = self.plan.order.get(self.next)
        {
            let is_first = self.next < self.plan.level_ends.first().copied().unwrap_or(0);
            let priority = if is_first {
                Priority::Visible
            } else {
                Priority::Background
            };
            match resident.block(&self.dataset, &self.slab(place.0), priority) {
                Residence::Here(block) => self.ready.push((place, block)),
                Residence::Waiting(wait) => {
                    self.waits = Some(wait);
                    break;
                }
                Residence::Failed(error) => {
                    self.missing += 1;
                    self.sent += 1;
                    self.failed = Some(error);
                }
            }
            self.next += 1;
        }
        if self.waits.is_some() {
            let ahead = self.plan.order.iter().skip(self.next + 1).take(IN_FLIGHT);
            for (z, _) in ahead {
                resident.block(&self.dataset, &self.slab(*z), Priority::Background);
            }
        }
    }

    fn send(&mut self, resident: &mut dyn Resident) {
        if self.task.is_some() {
            return;
        }
        // A task never crosses the end of a level, so that each level is shown.
        let ends = &self.plan.level_ends;
        let end = ends.iter().find(|end| self.sent < **end).copied();
        let room = end.map_or(0, |end| end - self.sent);
        let slices: Vec<_> = self.ready.drain(..room.min(self.ready.len())).collect();
        self.sent += slices.len();
        let complete = ends.iter().filter(|end| **end <= self.sent).count();
        let is_level = complete > self.levels_built;
        if slices.is_empty() && !is_level {
            return;
        }
        self.levels_built = complete;
        let level = format!("level {} of {}", complete, self.plan.level_count);
        let build = Arc::clone(&self.build);
        let plan = self.plan.clone();
        self.task = Some(Task::start(
            resident,
            Priority::Background,
            "build a volume",
            self.sent as u64,
            move |cancel| {
                let mut build = build.lock();
                for (place, block) in slices {
                    build.add(&plan, place, &block, cancel)?;
                }
                if is_level {
                    build.volume(&plan, level, cancel).map(Some)
                } else {
                    Ok(None)
                }
            },
        ));
    }
}

impl Build {
    fn add(
        &mut self,
        plan: &ReadPlan,
        place: (usize, usize),
        block: &Block,
        cancel: &Cancel,
    ) -> Result<()> {
        let values = binned(plan, &block.samples.to_f32(), cancel)?;
        match &mut self.parts {
            // The range comes from the first level, so that its slices are kept.
            None => self.coarse.push((place, values)),
            Some((_, builder, counts)) => {
                put(builder, plan, place, &values)?;
                counts.add(&values);
            }
        }
        Ok(())
    }

    fn volume(&mut self, plan: &ReadPlan, level: String, cancel: &Cancel) -> Result<VolumeData> {
        if self.parts.is_none() {
            let all: Vec<f32> = self
                .coarse
                .iter()
                .flat_map(|(_, values)| values.iter().step_by(7).copied())
                .collect();
            let range = range_of(&all);
            let mut builder = VolumeBuilder::new(VolumePlan::new(plan.binned(), range));
            let mut counts = Counts::new(range);
            for (place, values) in std::mem::take(&mut self.coarse) {
                cancel.check()?;
                put(&mut builder, plan, place, &values)?;
                counts.add(&values);
            }
            self.parts = Some((range, builder, counts));
        }
        let Some((range, builder, counts)) = &mut self.parts else {
            return Err(Error::new(
                hutch_model::ErrorKind::Internal,
                "show a volume",
                "empty",
            ));
        };
        Ok(VolumeData {
            bricks: builder.snapshot(),
            range: *range,
            bins: counts.bins.clone(),
            level,
        })
    }
}

/// Puts a slice where it belongs and into the gap that it stands for.
fn put(
    builder: &mut VolumeBuilder,
    plan: &ReadPlan,
    (z, span): (usize, usize),
    values: &[f32],
) -> Result<()> {
    for z in z..(z + span).min(plan.binned()[0]) {
        builder
            .add_slice(z, SampleSlice::F32(values))
            .map_err(unfit)?;
    }
    Ok(())
}

/// Means of `step` x `step` pixels; those that are not finite are left out.
fn binned(plan: &ReadPlan, values: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
    let step = usize::try_from(plan.step).unwrap_or(1).max(1);
    if step == 1 {
        return Ok(values.to_vec());
    }
    let [_, height, width] = plan.binned();
    let row_length = usize::try_from(plan.shape[2]).unwrap_or(1).max(1);
    let mut result = Vec::with_capacity(height * width);
    let rows: Vec<&[f32]> = values.chunks_exact(row_length).collect();
    for rows in rows.chunks(step) {
        cancel.check()?;
        for x in 0..width {
            let (mut sum, mut count) = (0.0f32, 0u32);
            for row in rows {
                let end = ((x + 1) * step).min(row.len());
                for value in row[x * step..end].iter().filter(|value| value.is_finite()) {
                    sum += value;
                    count += 1;
                }
            }
            result.push(sum / count as f32);
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slice_is_read_once_and_the_coarse_ones_first() {
        let plan = ReadPlan::new(&[100, 64, 64], 4).unwrap();
        assert_eq!(plan.step, 1, "a small volume is read whole");
        assert_eq!(
            plan.order[..2],
            [(0, 4), (4, 4)],
            "every fourth slice first"
        );
        let mut slices: Vec<usize> = plan.order.iter().map(|(z, _)| *z).collect();
        slices.sort_unstable();
        assert!(slices.into_iter().eq(0..100), "each slice once");
    }

    #[test]
    fn a_huge_volume_is_read_in_steps_within_the_budget() {
        let plan = ReadPlan::new(&[4096, 4096, 4096], 4).unwrap();
        assert!(
            plan.read_bytes(4) <= READ_BYTES,
            "{} bytes",
            plan.read_bytes(4)
        );
        assert!(
            plan.level_count > plan.level_ends.len(),
            "finer levels are left out"
        );
    }
}
