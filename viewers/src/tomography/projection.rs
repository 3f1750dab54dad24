//! One projection, as counts and corrected.

use std::sync::Arc;

use hutch_analysis::flat_field::{FlatField, Stage as Corrected};
use hutch_model::{Cancel, Error, Result, Scan, Slab};

use super::reading::{FRAMES, Fields, Got};
use super::settings::Stage;
use crate::prepared::{PreparedFrame, prepare_values};
use crate::{Pixels, Priority, Residence, Resident, Task, Wait};

/// Projections read ahead on both sides.
const AHEAD: u64 = 2;

/// The mean flat and dark field.
type Means = Option<[Vec<f32>; 2]>;

/// A projection as it was corrected.
pub(super) struct Shown {
    pub(super) angle: u64,
    pub(super) stage: Stage,
    pub(super) raw: Arc<PreparedFrame>,
    /// What is drawn: the counts themselves for [`Stage::Raw`].
    pub(super) frame: Arc<PreparedFrame>,
}

/// Keeps the projection that is wanted.
#[derive(Default)]
pub(super) struct ProjectionWork {
    pub(super) shown: Option<Shown>,
    task: Option<Task<Shown>>,
    means: Option<Arc<Means>>,
    means_task: Option<Task<Means>>,
    pub(super) waits: Option<Wait>,
    pub(super) failed: Option<Arc<Error>>,
    /// Means of the counts seen so far, by projection.
    pub(super) trace: std::collections::BTreeMap<u64, f64>,
}

impl ProjectionWork {
    /// Starts again for new data, with the older picture on the screen.
    pub(super) fn reset(&mut self) {
        let shown = self.shown.take();
        *self = Self::default();
        self.shown = shown.map(|shown| Shown {
            angle: u64::MAX,
            ..shown
        });
    }

    /// The stage that can be shown: counts alone without flats.
    pub(super) fn stage(scan: &Scan, wanted: Stage) -> Stage {
        if scan.flats.frames.is_empty() {
            Stage::Raw
        } else {
            wanted
        }
    }

    /// Takes what came, asks for what is wanted.
    pub(super) fn refresh(
        &mut self,
        resident: &mut dyn Resident,
        scan: &Scan,
        (angle, stage): (u64, Stage),
    ) {
        let stage = Self::stage(scan, stage);
        self.poll();
        let shape = &scan.projections.dataset.info().shape;
        let number = usize::try_from(angle).unwrap_or(usize::MAX);
        let Some(&frame) = scan.projections.frames.get(number) else {
            return;
        };
        self.waits = None;
        let wanted = resident.frame(
            &scan.projections.dataset,
            &Pixels::default(),
            &Slab::frame(shape, frame),
            Priority::Visible,
        );
        let raw = match wanted {
            Residence::Here(raw) => raw,
            Residence::Waiting(wait) => {
                self.waits = Some(wait);
                return;
            }
            Residence::Failed(error) => {
                self.failed = Some(error);
                return;
            }
        };
        self.failed = None;
        if let Some(statistics) = &raw.statistics {
            self.trace.insert(angle, statistics.mean);
        }
        self.correct(resident, scan, (angle, stage), &raw);
        read_ahead(resident, scan, angle);
    }

    fn poll(&mut self) {
        if let Some(answer) = self.means_task.as_mut().and_then(Task::poll) {
            self.means_task = None;
            match answer {
                Ok(means) => self.means = Some(Arc::new(means)),
                Err(error) => {
                    log::warn!("flat and dark fields: {error}");
                    self.means = Some(Arc::new(None));
                }
            }
        }
        if let Some(answer) = self.task.as_mut().and_then(Task::poll) {
            self.task = None;
            match answer {
                Ok(shown) => self.shown = Some(shown),
                Err(error) => self.failed = Some(Arc::new(error)),
            }
        }
    }

    fn correct(
        &mut self,
        resident: &mut dyn Resident,
        scan: &Scan,
        (angle, stage): (u64, Stage),
        raw: &Arc<PreparedFrame>,
    ) {
        let is_shown = self.shown.as_ref().is_some_and(|shown| {
            shown.angle == angle && shown.stage == stage && Arc::ptr_eq(&shown.raw, raw)
        });
        if is_shown || self.task.is_some() {
            return;
        }
        let as_counts = |raw: &Arc<PreparedFrame>| Shown {
            angle,
            stage: Stage::Raw,
            raw: Arc::clone(raw),
            frame: Arc::clone(raw),
        };
        if stage == Stage::Raw {
            self.shown = Some(as_counts(raw));
            return;
        }
        let Some(means) = self.means(resident, scan) else {
            // The counts are shown until the flats are here.
            if self.shown.as_ref().is_none_or(|shown| shown.angle != angle) {
                self.shown = Some(as_counts(raw));
            }
            return;
        };
        if means.is_none() {
            self.shown = Some(Shown {
                stage,
                ..as_counts(raw)
            });
            return;
        }
        let raw = Arc::clone(raw);
        self.task = Some(Task::start(
            resident,
            Priority::Visible,
            "correct a projection",
            angle,
            move |cancel| {
                let frame = corrected(&raw, &means, stage, cancel)?;
                Ok(Shown {
                    angle,
                    stage,
                    raw,
                    frame: Arc::new(frame),
                })
            },
        ));
    }

    /// The mean flat and dark field, or their work is under way.
    fn means(&mut self, resident: &mut dyn Resident, scan: &Scan) -> Option<Arc<Means>> {
        if let Some(means) = &self.means {
            return Some(Arc::clone(means));
        }
        if self.means_task.is_none() {
            let rows = (0, scan.frame_size.0, 1);
            let sets = [&scan.flats, &scan.darks];
            match Fields::ask(resident, sets, (FRAMES, rows), Priority::Visible) {
                Ok(fields) => {
                    self.means_task = Some(Task::start(
                        resident,
                        Priority::Visible,
                        "average flat fields",
                        0,
                        move |_| fields.means(),
                    ));
                }
                Err(Got::Failed(error)) => {
                    log::warn!("flat and dark fields: {error}");
                    self.means = Some(Arc::new(None));
                }
                Err(_) => {}
            }
        }
        None
    }
}

fn corrected(
    raw: &PreparedFrame,
    means: &Means,
    stage: Stage,
    cancel: &Cancel,
) -> Result<PreparedFrame> {
    let [flat, dark] = means
        .as_ref()
        .map_or([&[][..]; 2], |[flat, dark]| [flat, dark]);
    let field = FlatField {
        stage: if stage == Stage::Transmission {
            Corrected::Transmission
        } else {
            Corrected::Absorbance
        },
        min_transmission: None,
    };
    let mut values = vec![0.0; raw.samples.len()];
    field
        .prepare(flat, dark)?
        .apply_samples(&raw.samples, &mut values, cancel)?;
    prepare_values(values, raw.size[0] as usize)
}

fn read_ahead(resident: &mut dyn Resident, scan: &Scan, angle: u64) {
    let shape = &scan.projections.dataset.info().shape;
    for step in 1..=AHEAD {
        for near in [angle.checked_add(step), angle.checked_sub(step)] {
            let frame = near
                .and_then(|near| usize::try_from(near).ok())
                .and_then(|near| scan.projections.frames.get(near));
            if let Some(&frame) = frame {
                let slab = Slab::frame(shape, frame);
                let dataset = &scan.projections.dataset;
                resident.frame(dataset, &Pixels::default(), &slab, Priority::Prefetch);
            }
        }
    }
}
