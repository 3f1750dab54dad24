//! Regions in a picture, drawn as the window draws them.

use hutch_analysis::region::Region;
use hutch_model::{Result, ViewState};
use hutch_render::{ImageFromTarget, Orientation, RgbaPicture};
use hutch_viewers::regions::{colour_of, outline};

use super::Options;
use super::geometry::{segment, target_of};
use crate::cli::roi::listed;

/// Draws regions over a picture of a frame that is stored with `[width, height]` pixels.
pub(super) fn draw(
    picture: &mut RgbaPicture,
    regions: &[Region],
    stored: [u32; 2],
    orientation: Orientation,
) {
    let size = [picture.width, picture.height];
    let place = ImageFromTarget::fit_oriented(size, stored, orientation);
    for (index, region) in regions.iter().enumerate() {
        let [red, green, blue, _] = colour_of(index).to_array();
        for line in outline(&region.shape, stored.map(f64::from)) {
            for pair in line.windows(2) {
                let ends = [pair[0], pair[1]].map(|point| target_of(&place, point));
                segment(picture, ends, [red, green, blue, 0xff]);
            }
        }
    }
}

/// Writes them into the state that a link of the picture opens.
///
/// # Errors
/// Those of reading the file that is named.
pub(super) fn write(options: &Options, state: &mut ViewState) -> Result<()> {
    let regions = of_options(options)?;
    if !regions.is_empty() {
        *state = crate::regions::added(state, &regions);
    }
    Ok(())
}

/// The regions that the options name.
///
/// # Errors
/// Those of reading the file that is named.
pub(super) fn of_options(options: &Options) -> Result<Vec<Region>> {
    let mut regions = options.rois.clone();
    if let Some(path) = &options.regions {
        regions.extend(listed(path)?);
    }
    Ok(regions)
}
