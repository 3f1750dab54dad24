//! The statistics of all regions in the frame that is shown.

use std::sync::Arc;

use hutch_analysis::reduce::Options;
use hutch_analysis::region::{Region, RegionStatistics, Shape, region_statistics};
use hutch_model::{Cancel, Result};

use super::latest::{Latest, Same};
use crate::Resident;
use crate::prepared::{PreparedFrame, sentinels};

/// A frame, told from others.
pub(crate) type FrameId = Same<PreparedFrame>;

type Wish = (FrameId, Vec<Shape>);

/// Statistics of regions, made on the pool.
#[derive(Default)]
pub(super) struct Measured {
    latest: Latest<Wish, Vec<RegionStatistics>>,
}

impl Measured {
    /// Asks for the statistics of regions in a frame.
    pub(super) fn ask(
        &mut self,
        resident: &mut dyn Resident,
        frame: &Arc<PreparedFrame>,
        regions: &[Region],
    ) {
        let shapes: Vec<Shape> = regions.iter().map(|region| region.shape.clone()).collect();
        let wish = (FrameId::of(frame), shapes.clone());
        let frame = Arc::clone(frame);
        self.latest
            .ask(resident, &wish, "numbers of regions", move |cancel| {
                statistics(&frame, &shapes, cancel)
            });
    }

    /// The newest statistics of a shape, if its place in the list holds it still.
    pub(super) fn of(&self, index: usize, shape: &Shape) -> Option<&RegionStatistics> {
        let ((_, shapes), found) = self.latest.known()?;
        found
            .get(index)
            .filter(|_| shapes.get(index) == Some(shape))
    }
}

/// What `hutch roi` writes: masked pixels, sentinels and NaN are left out.
fn statistics(
    frame: &PreparedFrame,
    shapes: &[Shape],
    cancel: &Cancel,
) -> Result<Vec<RegionStatistics>> {
    let [width, height] = frame.size.map(|edge| edge as usize);
    let bad = frame.bad();
    let options = Options {
        mask: bad.as_deref(),
        sentinels: sentinels(&frame.samples),
        saturation: None,
    };
    shapes
        .iter()
        .map(|shape| {
            cancel.check()?;
            let runs = shape.runs(shape.rows(height), width);
            region_statistics(&frame.samples, width, 0, &runs, &options)
        })
        .collect()
}
