//! A small volume of the whole scan: every few rows, binned, in the background.

use std::sync::Arc;

use hutch_analysis::fbp::Fbp;
use hutch_analysis::ramp_filter::{Filter, Padding, bridge};
use hutch_model::{Cancel, Error, Progress, Result, Scan};

use super::reading::{Counts, Fields, Got, ROWS, Rows, Wanted};
use super::settings::Settings;
use super::sinogram::{corrected, projections};
use crate::volume::VolumeData;
use crate::{Priority, Resident, Task};

/// About how many voxels there are along an edge.
const EDGE: u64 = 112;
/// About how many projections are used.
const ANGLES: usize = 200;
/// Rows that are read together.
const BATCH: usize = 8;
/// Bytes that are read without being asked.
const READ_BYTES: u64 = 64 << 20;
/// Distances between the rows of each level.
const STRIDES: [usize; 3] = [4, 2, 1];

/// What a preview volume depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct StackKey {
    axis_px: f64,
    filter: Filter,
    padding: Padding,
    is_circle: bool,
    level: usize,
}

/// Sinograms `[angle, x]` of a batch, with their places in the stack.
type Sinograms = Vec<(usize, Vec<f32>)>;

/// Reads and reconstructs a preview volume.
pub(super) struct StackWork {
    row_step: u64,
    bin: usize,
    angle_step: usize,
    /// Batches of places in the stack, level by level, and the level of each.
    batches: Vec<(usize, Vec<usize>)>,
    next: usize,
    sinograms: Vec<Option<Arc<Vec<f32>>>>,
    read_task: Option<Task<Sinograms>>,
    make_task: Option<(StackKey, Task<VolumeData>)>,
    made: Option<StackKey>,
    /// Bytes that it reads.
    pub(super) read_bytes: u64,
    /// Whether it may read: it is small, or somebody asked for it.
    pub(super) is_allowed: bool,
    pub(super) failed: Option<Arc<Error>>,
}

impl StackWork {
    pub(super) fn new(scan: &Scan) -> Self {
        let (height, width) = scan.frame_size;
        let row_step = height.div_ceil(EDGE).max(1);
        let angle_step = scan.angles_rad.len().div_ceil(ANGLES).max(1);
        let count = usize::try_from(height.div_ceil(row_step)).unwrap_or(0);
        let mut batches = Vec::new();
        for (level, stride) in STRIDES.into_iter().enumerate() {
            let first = if level == 0 { 0 } else { stride };
            let step = if level == 0 { stride } else { 2 * stride };
            let places: Vec<usize> = (first..count).step_by(step).collect();
            batches.extend(places.chunks(BATCH).map(|batch| (level, batch.to_vec())));
        }
        let (frames, _) = projections(scan, angle_step);
        let rows = (0, count as u64, row_step);
        let read_bytes = Wanted::new(&scan.projections, &frames, rows)
            .map_or(u64::MAX, |wanted| wanted.read_bytes());
        Self {
            row_step,
            bin: usize::try_from(width.div_ceil(EDGE)).unwrap_or(1).max(1),
            angle_step,
            batches,
            next: 0,
            sinograms: vec![None; count],
            read_task: None,
            make_task: None,
            made: None,
            read_bytes,
            is_allowed: read_bytes <= READ_BYTES && count > 1 && width > 1,
            failed: None,
        }
    }

    /// Whether a finer volume is to come.
    pub(super) fn is_busy(&self) -> bool {
        self.is_allowed
            && self.failed.is_none()
            && (self.next < self.batches.len() || self.make_task.is_some())
    }

    /// Takes what came, reads on, and reconstructs again after a change.
    pub(super) fn refresh(
        &mut self,
        resident: &mut dyn Resident,
        scan: &Scan,
        settings: &Settings,
    ) -> Option<Arc<VolumeData>> {
        if !self.is_allowed {
            return None;
        }
        let newest = self.poll();
        self.read(resident, scan);
        self.make(resident, scan, settings);
        newest
    }

    fn poll(&mut self) -> Option<Arc<VolumeData>> {
        if let Some(answer) = self.read_task.as_mut().and_then(Task::poll) {
            self.read_task = None;
            match answer {
                Ok(sinograms) => {
                    for (place, values) in sinograms {
                        if let Some(slot) = self.sinograms.get_mut(place) {
                            *slot = Some(Arc::new(values));
                        }
                    }
                    self.next += 1;
                }
                Err(error) => self.failed = Some(Arc::new(error)),
            }
        }
        let (key, answer) = self
            .make_task
            .as_mut()
            .and_then(|(key, task)| Some((*key, task.poll()?)))?;
        self.make_task = None;
        self.made = Some(key);
        match answer {
            Ok(data) => Some(Arc::new(data)),
            Err(error) => {
                self.failed = Some(Arc::new(error));
                None
            }
        }
    }

    fn read(&mut self, resident: &mut dyn Resident, scan: &Scan) {
        if self.read_task.is_some() || self.failed.is_some() {
            return;
        }
        let Some((level, places)) = self.batches.get(self.next).cloned() else {
            return;
        };
        let Some(&first) = places.first() else {
            return;
        };
        let stride = if level == 0 {
            STRIDES[0]
        } else {
            2 * STRIDES[level]
        } as u64;
        let rows = (
            first as u64 * self.row_step,
            places.len() as u64,
            stride * self.row_step,
        );
        match ask(resident, scan, self.angle_step, rows) {
            Ok((counts, fields)) => {
                let width = usize::try_from(scan.frame_size.1).unwrap_or(usize::MAX);
                let bin = self.bin;
                self.read_task = Some(Task::start(
                    resident,
                    Priority::Background,
                    "read rows for the volume",
                    self.next as u64,
                    move |cancel| binned(&counts, &fields, (places, width, bin), cancel),
                ));
            }
            Err(Got::Failed(error)) => self.failed = Some(error),
            Err(_) => {}
        }
    }

    fn make(&mut self, resident: &mut dyn Resident, scan: &Scan, settings: &Settings) {
        let unread = self
            .batches
            .get(self.next)
            .map_or(STRIDES.len(), |(level, _)| *level);
        let Some(level) = unread.checked_sub(1) else {
            return;
        };
        let Some(axis_px) = settings.axis_px else {
            return;
        };
        let key = StackKey {
            axis_px,
            filter: settings.filter,
            padding: settings.padding,
            is_circle: settings.is_circle,
            level,
        };
        if self.made == Some(key)
            || self
                .make_task
                .as_ref()
                .is_some_and(|(made, _)| *made == key)
        {
            return;
        }
        let (_, angles_rad) = projections(scan, self.angle_step);
        let stride = STRIDES[level];
        let sinograms: Vec<Arc<Vec<f32>>> = self
            .sinograms
            .iter()
            .step_by(stride)
            .flatten()
            .cloned()
            .collect();
        let (bin, row_step) = (self.bin, self.row_step);
        let width = usize::try_from(scan.frame_size.1).unwrap_or(0) / bin;
        let task = Task::start(
            resident,
            Priority::Background,
            "reconstruct a preview volume",
            level as u64,
            move |cancel| {
                let bin_width = bin as f64;
                let fbp = Fbp {
                    filter: key.filter,
                    padding: key.padding,
                    is_circle: key.is_circle,
                    ..Fbp::new(angles_rad, (axis_px - (bin_width - 1.0) / 2.0) / bin_width)
                };
                let voxel = [row_step as f64 * stride as f64, bin_width, bin_width];
                let level = format!("level {} of {}", level + 1, STRIDES.len());
                volume(&fbp, &sinograms, (width, voxel, level), cancel)
            },
        );
        // The older one is cancelled: it shows what is wanted no more.
        self.make_task = Some((key, task));
    }
}

fn ask(
    resident: &mut dyn Resident,
    scan: &Scan,
    angle_step: usize,
    rows: Rows,
) -> Result<(Counts, Fields), Got> {
    let (frames, _) = projections(scan, angle_step);
    let wanted = Wanted::new(&scan.projections, &frames, rows)
        .map_err(|error| Got::Failed(Arc::new(error)))?;
    let priority = Priority::Background;
    let counts = wanted.ask(resident, priority);
    let fields = Fields::ask(resident, [&scan.flats, &scan.darks], (ROWS, rows), priority);
    match (counts, fields) {
        (Got::Here(counts), Ok(fields)) => Ok((counts, fields)),
        (Got::Here(_), Err(got)) | (got, _) => Err(got),
    }
}

/// Corrects rows `[angle, row, x]` and averages `bin` pixels along x.
fn binned(
    counts: &Counts,
    fields: &Fields,
    (places, width, bin): (Vec<usize>, usize, usize),
    cancel: &Cancel,
) -> Result<Sinograms> {
    let mut values = corrected(counts, fields, cancel)?;
    let rows = places.len();
    let mut sinograms: Sinograms = places
        .into_iter()
        .map(|place| (place, Vec::new()))
        .collect();
    for (index, row) in values.chunks_exact_mut(width.max(1)).enumerate() {
        if index % 256 == 0 {
            cancel.check()?;
        }
        bridge(row);
        if let Some((_, sinogram)) = sinograms.get_mut(index % rows.max(1)) {
            let means = row
                .chunks_exact(bin)
                .map(|samples| samples.iter().sum::<f32>() / bin as f32);
            sinogram.extend(means);
        }
    }
    Ok(sinograms)
}

fn volume(
    fbp: &Fbp,
    sinograms: &[Arc<Vec<f32>>],
    (width, voxel_size, level): (usize, [f64; 3], String),
    cancel: &Cancel,
) -> Result<VolumeData> {
    // Row 0 is the top of the detector, and z points upwards.
    let rows: Vec<f32> = sinograms
        .iter()
        .rev()
        .flat_map(|row| row.iter().copied())
        .collect();
    let depth = sinograms.len();
    let mut values = vec![0.0; depth * width * width];
    fbp.slices_into(&rows, width, &mut values, (&Progress::new(), cancel))?;
    #[expect(clippy::cast_possible_truncation, reason = "a small factor")]
    let scale = (1.0 / voxel_size[2]) as f32;
    for value in &mut values {
        *value *= scale;
    }
    VolumeData::of_values(&values, [depth, width, width], voxel_size, level, cancel)
}
