//! The sinogram of one row: read, corrected, ready to show and to reconstruct.

use std::sync::Arc;

use hutch_model::{Error, Result, Samples, Scan};

use super::reading::{Counts, Fields, Got, ROWS, Wanted};
use crate::prepared::{PreparedFrame, prepare_values};
use crate::{Priority, Resident, Task, Wait};

/// Most bytes that are read of a row without being asked.
const READ_BYTES: u64 = 256 << 20;

/// A sinogram `[angle, x]` of absorbance.
#[derive(Debug)]
pub(super) struct Sinogram {
    pub(super) row: u64,
    pub(super) angle_step: usize,
    pub(super) width: usize,
    pub(super) angles_rad: Vec<f64>,
    /// The values, with what their display needs.
    pub(super) frame: Arc<PreparedFrame>,
    /// What is odd about the samples, in words.
    pub(super) note: Option<String>,
}

impl Sinogram {
    /// The values `[angle, x]`.
    pub(super) fn values(&self) -> &[f32] {
        match &self.frame.samples {
            Samples::F32(values) => values,
            _ => &[],
        }
    }
}

/// Keeps the sinogram of the row that is wanted.
#[derive(Default)]
pub(super) struct SinogramWork {
    pub(super) shown: Option<Arc<Sinogram>>,
    task: Option<Task<Sinogram>>,
    /// The row and step that the task is for.
    asked: Option<(u64, usize)>,
    pub(super) waits: Option<Wait>,
    pub(super) failed: Option<Arc<Error>>,
    failed_for: Option<(u64, usize)>,
    /// Every how many-th projection is read; 0 until it is known.
    angle_step: usize,
}

impl SinogramWork {
    /// Whether the sinogram of this row is on its way.
    pub(super) fn is_busy(&self, row: u64) -> bool {
        self.shown.as_ref().is_none_or(|shown| shown.row != row) && self.failed.is_none()
    }

    /// Every how many-th projection is read.
    pub(super) const fn angle_step(&self) -> usize {
        self.angle_step
    }

    /// Reads all projections, whatever it costs.
    pub(super) const fn read_all(&mut self) {
        self.angle_step = 1;
    }

    /// Starts again for new data.
    pub(super) fn reset(&mut self) {
        let shown = self.shown.take();
        *self = Self::default();
        self.shown = shown;
        self.asked = None;
    }

    /// Takes what came, asks for what is wanted.
    pub(super) fn refresh(&mut self, resident: &mut dyn Resident, scan: &Scan, row: u64) {
        if self.angle_step == 0 {
            self.angle_step = step_within_budget(scan, row);
        }
        let key = (row, self.angle_step);
        if let Some(answer) = self.task.as_mut().and_then(Task::poll) {
            self.task = None;
            match answer {
                Ok(sinogram) => {
                    self.shown = Some(Arc::new(sinogram));
                    self.failed = None;
                }
                Err(error) => {
                    self.failed = Some(Arc::new(error));
                    self.failed_for = self.asked;
                }
            }
        }
        self.waits = None;
        let is_shown = self.shown.is_some() && self.asked == Some(key);
        if self.task.is_some() || is_shown || self.failed_for == Some(key) {
            return;
        }
        self.failed = None;
        match ask(resident, scan, key, Priority::Visible) {
            Ok((counts, fields, angles_rad)) => {
                self.start(resident, scan, key, (counts, fields, angles_rad));
            }
            Err(Got::Waiting(wait)) => self.waits = Some(wait),
            Err(Got::Failed(error)) => self.failed = Some(error),
            Err(Got::Here(_)) => {}
        }
    }

    fn start(
        &mut self,
        resident: &mut dyn Resident,
        scan: &Scan,
        key: (u64, usize),
        (counts, fields, angles_rad): Parts,
    ) {
        self.asked = Some(key);
        let width = usize::try_from(scan.frame_size.1).unwrap_or(usize::MAX);
        self.task = Some(Task::start(
            resident,
            Priority::Visible,
            "make a sinogram",
            key.0,
            move |cancel| {
                let values = corrected(&counts, &fields, cancel)?;
                Ok(Sinogram {
                    row: key.0,
                    angle_step: key.1,
                    width,
                    angles_rad,
                    frame: Arc::new(prepare_values(values, width)?),
                    note: counts.note(),
                })
            },
        ));
    }
}

type Parts = (Counts, Fields, Vec<f64>);

/// The projections that are read with a step, and their angles.
pub(super) fn projections(scan: &Scan, step: usize) -> (Vec<u64>, Vec<f64>) {
    let both = scan.projections.frames.iter().zip(&scan.angles_rad);
    both.step_by(step.max(1))
        .map(|(frame, angle)| (*frame, *angle))
        .unzip()
}

/// Asks for one row of the projections, flats and darks.
fn ask(
    resident: &mut dyn Resident,
    scan: &Scan,
    (row, step): (u64, usize),
    priority: Priority,
) -> Result<Parts, Got> {
    let (frames, angles_rad) = projections(scan, step);
    let rows = (row, 1, 1);
    let wanted = Wanted::new(&scan.projections, &frames, rows)
        .map_err(|error| Got::Failed(Arc::new(error)))?;
    let counts = wanted.ask(resident, priority);
    let fields = Fields::ask(resident, [&scan.flats, &scan.darks], (ROWS, rows), priority);
    match (counts, fields) {
        (Got::Here(counts), Ok(fields)) => Ok((counts, fields, angles_rad)),
        (Got::Here(_), Err(got)) | (got, _) => Err(got),
    }
}

/// Absorbance of rows `[angle, row, x]`; counts as they are without flats.
pub(super) fn corrected(
    counts: &Counts,
    fields: &Fields,
    cancel: &hutch_model::Cancel,
) -> Result<Vec<f32>> {
    let counts = counts.values();
    cancel.check()?;
    match fields.absorbance()? {
        Some(correction) => {
            let mut values = vec![0.0; counts.len()];
            correction.apply(&counts, &mut values, cancel)?;
            Ok(values)
        }
        None => Ok(counts),
    }
}

/// The step between projections that keeps the bytes of one row within the budget.
fn step_within_budget(scan: &Scan, row: u64) -> usize {
    (0..12)
        .map(|power| 1usize << power)
        .find(|step| row_bytes(scan, row, *step) <= READ_BYTES)
        .unwrap_or(1 << 12)
}

/// Bytes that one row of the projections takes to read.
pub(super) fn row_bytes(scan: &Scan, row: u64, step: usize) -> u64 {
    let (frames, _) = projections(scan, step);
    Wanted::new(&scan.projections, &frames, (row, 1, 1)).map_or(0, |wanted| wanted.read_bytes())
}
