//! What lies over every frame of a movie: regions, beam centre and rings.

use std::sync::Arc;

use hutch_analysis::region::Region;
use hutch_model::{Dataset, Geometry};
use hutch_render::{ImageFromTarget, Orientation, RgbaPicture};
use hutch_viewers::diffraction::{Rings, plane_of};

use super::{geometry, regions};

/// What is drawn over frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// Where the pixels are, and which rings are drawn.
    pub(crate) rings: Option<(Arc<Geometry>, Rings)>,
    /// Regions, in pixels of a frame.
    pub(crate) regions: Vec<Region>,
}

impl Marks {
    /// Draws them over the picture of a frame, by its number, of a dataset.
    pub(super) fn draw(
        &self,
        picture: &mut RgbaPicture,
        (dataset, frame): (&dyn Dataset, u64),
        orientation: Orientation,
    ) {
        let Some(stored) = stored_size(dataset) else {
            return;
        };
        if let Some((geometry, which)) = &self.rings {
            let size = [picture.width, picture.height];
            let place = ImageFromTarget::fit_oriented(size, stored, orientation);
            let plane = plane_of(geometry, &dataset.info().shape, frame);
            geometry::draw(picture, &place, (geometry, &plane), *which);
        }
        regions::draw(picture, &self.regions, stored, orientation);
    }
}

/// Width and height of a frame as it is stored: an overview has fewer pixels, and marks are about these.
pub(super) fn stored_size(dataset: &dyn Dataset) -> Option<[u32; 2]> {
    let (height, width) = dataset.info().frame_size()?;
    Some([u32::try_from(width).ok()?, u32::try_from(height).ok()?])
}
