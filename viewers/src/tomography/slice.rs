//! The slice of one row: coarse while the axis moves, then at full resolution.

use std::sync::Arc;
use std::time::Instant;

use hutch_analysis::fbp::Fbp;
use hutch_analysis::preview::Preview;
use hutch_analysis::ramp_filter::{Filter, Padding};
use hutch_model::{Cancel, Error, Result};

use super::settings::Settings;
use super::sinogram::Sinogram;
use crate::prepared::{PreparedFrame, prepare_values};
use crate::{Priority, Resident, Task};

/// Updates that a preview may take until the rate was measured: about 50 ms on two cores.
const UPDATES: u64 = 40_000_000;
/// How long a preview may take once the rate was measured.
const PREVIEW_SECS: f64 = 0.06;

/// What a slice depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SliceKey {
    pub(super) row: u64,
    angle_step: usize,
    filter: Filter,
    padding: Padding,
    is_circle: bool,
    pub(super) axis_px: f64,
}

/// A slice on the screen.
pub(super) struct ShownSlice {
    pub(super) key: SliceKey,
    pub(super) frame: Arc<PreparedFrame>,
    /// Pixels of the detector in one of the picture; 1 at full resolution.
    pub(super) bin: usize,
    /// Whether every sample went into it.
    pub(super) is_full: bool,
    pub(super) secs: f64,
}

/// A filtered sinogram, and what it was made of.
struct Filtered {
    sinogram: Arc<Sinogram>,
    filter: Filter,
    padding: Padding,
    preview: Preview,
}

struct Answer {
    shown: ShownSlice,
    filtered: Option<Arc<Filtered>>,
    updates_per_sec: Option<f64>,
}

/// Keeps the slice that is wanted.
#[derive(Default)]
pub(super) struct SliceWork {
    pub(super) shown: Option<ShownSlice>,
    filtered: Option<Arc<Filtered>>,
    task: Option<(SliceKey, bool, Task<Answer>)>,
    pub(super) failed: Option<Arc<Error>>,
    failed_for: Option<SliceKey>,
    generation: u64,
    /// Back-projection updates in a second, as measured on whole slices.
    pub(super) updates_per_sec: Option<f64>,
}

impl SliceWork {
    /// Whether something better is on its way.
    pub(super) const fn is_busy(&self) -> bool {
        self.task.is_some()
    }

    /// Whether the slice of these settings is here at full resolution.
    pub(super) fn is_full(&self) -> bool {
        self.task.is_none() && self.shown.as_ref().is_some_and(|shown| shown.is_full)
    }

    /// Forgets what was made of older data.
    pub(super) fn reset(&mut self) {
        self.filtered = None;
        self.task = None;
        self.failed_for = None;
        if let Some(shown) = &mut self.shown {
            // No axis is at NaN, so that this is remade.
            shown.key.axis_px = f64::NAN;
        }
    }

    /// Takes what came, starts what is wanted; coarse alone while something is dragged.
    pub(super) fn refresh(
        &mut self,
        resident: &mut dyn Resident,
        sinogram: &Arc<Sinogram>,
        settings: &Settings,
        is_dragging: bool,
    ) {
        let key = SliceKey {
            row: sinogram.row,
            angle_step: sinogram.angle_step,
            filter: settings.filter,
            padding: settings.padding,
            is_circle: settings.is_circle,
            axis_px: settings
                .axis_px
                .unwrap_or((sinogram.width as f64 - 1.0) / 2.0),
        };
        self.poll();
        let stale = matches!(&self.task, Some((made, true, _)) if *made != key);
        if stale {
            // Refining what nobody wants any more; dropping it cancels it.
            self.task = None;
        }
        if self.task.is_some() || self.failed_for == Some(key) {
            return;
        }
        let shown = self.shown.as_ref().filter(|shown| shown.key == key);
        let is_full = match shown {
            None => false,
            Some(shown) if !shown.is_full && !is_dragging => true,
            Some(_) => return,
        };
        self.start(resident, sinogram, key, is_full);
    }

    fn poll(&mut self) {
        let Some((key, answer)) = self
            .task
            .as_mut()
            .and_then(|(key, _, task)| Some((*key, task.poll()?)))
        else {
            return;
        };
        self.task = None;
        match answer {
            Ok(answer) => {
                self.failed = None;
                self.shown = Some(answer.shown);
                self.filtered = answer.filtered.or_else(|| self.filtered.take());
                self.updates_per_sec = answer.updates_per_sec.or(self.updates_per_sec);
            }
            Err(error) => {
                self.failed = Some(Arc::new(error));
                self.failed_for = Some(key);
            }
        }
    }

    fn start(
        &mut self,
        resident: &mut dyn Resident,
        sinogram: &Arc<Sinogram>,
        key: SliceKey,
        is_full: bool,
    ) {
        self.generation += 1;
        let sinogram = Arc::clone(sinogram);
        let filtered = self.filtered.clone().filter(|filtered| {
            Arc::ptr_eq(&filtered.sinogram, &sinogram)
                && filtered.filter == key.filter
                && filtered.padding == key.padding
        });
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive rate; a float cast saturates"
        )]
        let limit = self.updates_per_sec.map_or(UPDATES, |rate| {
            ((rate * PREVIEW_SECS) as u64).max(UPDATES / 4)
        });
        let label = if is_full {
            "refine a slice"
        } else {
            "preview a slice"
        };
        let task = Task::start(
            resident,
            Priority::Visible,
            label,
            self.generation,
            move |cancel| {
                if is_full {
                    full(&sinogram, key, cancel)
                } else {
                    coarse(&sinogram, key, filtered, limit, cancel)
                }
            },
        );
        self.task = Some((key, is_full, task));
    }
}

fn fbp(sinogram: &Sinogram, key: SliceKey) -> Fbp {
    Fbp {
        filter: key.filter,
        padding: key.padding,
        is_circle: key.is_circle,
        ..Fbp::new(sinogram.angles_rad.clone(), key.axis_px)
    }
}

fn full(sinogram: &Sinogram, key: SliceKey, cancel: &Cancel) -> Result<Answer> {
    let fbp = fbp(sinogram, key);
    let started = Instant::now();
    let slice = fbp.slice(sinogram.values(), sinogram.width, cancel)?;
    let secs = started.elapsed().as_secs_f64();
    let updates = fbp.update_count(sinogram.width, 1) as f64;
    Ok(Answer {
        shown: ShownSlice {
            key,
            frame: Arc::new(prepare_values(slice.into_samples(), sinogram.width)?),
            bin: 1,
            is_full: true,
            secs,
        },
        filtered: None,
        updates_per_sec: Some(updates / secs.max(1e-6)),
    })
}

fn coarse(
    sinogram: &Arc<Sinogram>,
    key: SliceKey,
    filtered: Option<Arc<Filtered>>,
    limit: u64,
    cancel: &Cancel,
) -> Result<Answer> {
    let started = Instant::now();
    let filtered = match filtered {
        Some(filtered) => filtered,
        None => Arc::new(Filtered {
            sinogram: Arc::clone(sinogram),
            filter: key.filter,
            padding: key.padding,
            preview: preview_of(sinogram, key, limit, cancel)?,
        }),
    };
    let slice = filtered
        .preview
        .slice(key.axis_px, None, key.is_circle, cancel)?;
    let width = slice.shape().last().copied().unwrap_or(1);
    let is_whole = filtered.preview.bin() == 1 && filtered.preview.angle_step() == 1;
    Ok(Answer {
        shown: ShownSlice {
            key,
            frame: Arc::new(prepare_values(slice.into_samples(), width)?),
            bin: filtered.preview.bin(),
            is_full: is_whole,
            secs: started.elapsed().as_secs_f64(),
        },
        filtered: Some(filtered),
        updates_per_sec: None,
    })
}

fn preview_of(sinogram: &Sinogram, key: SliceKey, limit: u64, cancel: &Cancel) -> Result<Preview> {
    let (width, angles) = (sinogram.width, sinogram.angles_rad.len());
    let bin = Preview::bin_for(width, angles, limit);
    let side = (width / bin) as u64;
    let updates = side * side * angles as u64;
    let angle_step = usize::try_from(updates.div_ceil(limit.max(1))).unwrap_or(1);
    Preview::with_angle_step(
        &fbp(sinogram, key),
        sinogram.values(),
        width,
        [bin, angle_step],
        cancel,
    )
}
