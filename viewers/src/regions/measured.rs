//! The statistics of all regions in the frame that is shown.

use hutch_analysis::reduce::Options;
use hutch_analysis::region::{Region, RegionStatistics, Shape, region_statistics};
use hutch_model::Result;

use super::ground::Ground;
use super::latest::{Latest, Same};
use crate::Resident;
use crate::prepared::{PreparedFrame, sentinels};

/// A frame, told from others.
pub(crate) type FrameId = Same<PreparedFrame>;

/// Of each region the pixels that it is measured in, and its shape; none where they are not here.
type Wish = Vec<Option<(FrameId, [u64; 2], Shape)>>;

/// Statistics of regions, made on the pool.
#[derive(Default)]
pub(super) struct Measured {
    latest: Latest<Wish, Vec<Option<RegionStatistics>>>,
}

impl Measured {
    /// Asks for the statistics of regions, each in its own pixels.
    pub(super) fn ask(
        &mut self,
        resident: &mut dyn Resident,
        regions: &[Region],
        grounds: Vec<Option<Ground>>,
    ) {
        let places = grounds.iter().zip(regions);
        let wish: Wish = places
            .map(|(ground, region)| {
                let ground = ground.as_ref()?;
                let frame = FrameId::of(&ground.frame);
                Some((frame, ground.first, region.shape.clone()))
            })
            .collect();
        let shapes: Vec<Shape> = regions.iter().map(|region| region.shape.clone()).collect();
        self.latest
            .ask(resident, &wish, "numbers of regions", move |cancel| {
                let one = |(ground, shape): (Option<Ground>, &Shape)| {
                    cancel.check()?;
                    ground.map(|ground| statistics(&ground, shape)).transpose()
                };
                grounds.into_iter().zip(&shapes).map(one).collect()
            });
    }

    /// The newest statistics of a shape, if its place in the list holds it still.
    pub(super) fn of(&self, index: usize, shape: &Shape) -> Option<&RegionStatistics> {
        let (wish, found) = self.latest.known()?;
        let (.., of) = wish.get(index)?.as_ref()?;
        found.get(index)?.as_ref().filter(|_| of == shape)
    }
}

/// What `hutch roi` writes: masked pixels, sentinels and NaN are left out.
fn statistics(ground: &Ground, shape: &Shape) -> Result<RegionStatistics> {
    let frame = &ground.frame;
    let [width, height] = frame.size.map(|edge| edge as usize);
    let bad = frame.bad();
    let options = Options {
        mask: bad.as_deref(),
        sentinels: sentinels(&frame.samples),
        saturation: None,
    };
    let shape = ground.shape(shape);
    let runs = shape.runs(shape.rows(height), width);
    let found = region_statistics(&frame.samples, width, 0, &runs, &options)?;
    Ok(ground.in_image(found))
}
