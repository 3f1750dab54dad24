//! Finds the rotation axis in the sinogram that is shown.

use std::sync::Arc;

use hutch_analysis::centre::{Centre, Search, find};
use hutch_model::{Error, Progress};

use super::sinogram::Sinogram;
use crate::{Priority, Resident, Task};

/// Looks for the rotation axis, when it is asked to.
#[derive(Default)]
pub(super) struct AxisWork {
    task: Option<Task<Centre>>,
    pub(super) found: Option<Arc<Centre>>,
    pub(super) failed: Option<Arc<Error>>,
    /// Whether it was looked for at least once.
    pub(super) was_asked: bool,
}

impl AxisWork {
    pub(super) const fn is_busy(&self) -> bool {
        self.task.is_some()
    }

    /// Looks for it in a sinogram.
    pub(super) fn start(&mut self, resident: &mut dyn Resident, sinogram: &Arc<Sinogram>) {
        self.was_asked = true;
        self.failed = None;
        let sinogram = Arc::clone(sinogram);
        self.task = Some(Task::start(
            resident,
            Priority::Visible,
            "find the rotation axis",
            0,
            move |cancel| {
                let (values, angles) = (sinogram.values(), &sinogram.angles_rad);
                find(values, angles, &Search::default(), &Progress::new(), cancel)
            },
        ));
    }

    /// Where it was found, once.
    pub(super) fn poll(&mut self) -> Option<f64> {
        let answer = self.task.as_mut()?.poll()?;
        self.task = None;
        match answer {
            Ok(centre) => {
                let place = centre.centre_px;
                self.found = Some(Arc::new(centre));
                place.is_finite().then_some(place)
            }
            Err(error) => {
                self.failed = Some(Arc::new(error));
                None
            }
        }
    }

    /// A person moved the axis while it was looked for: the person is right.
    pub(super) fn cancel(&mut self) {
        self.task = None;
    }
}
