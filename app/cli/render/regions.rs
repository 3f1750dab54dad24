//! Regions in a picture, drawn as the window draws them.

use std::sync::Arc;

use hutch_analysis::region::Region;
use hutch_model::{Dataset, Result, ViewState};
use hutch_render::{ImageFromTarget, RgbaPicture};
use hutch_viewers::regions::{colour_of, outline};

use super::Options;
use super::geometry::{segment, target_of};
use crate::cli::roi::listed;

/// Draws the regions that the options name over a picture of a frame.
///
/// # Errors
/// Those of reading the file that is named.
pub(super) fn add(
    picture: &mut RgbaPicture,
    options: &Options,
    dataset: &Arc<dyn Dataset>,
) -> Result<()> {
    // An overview has fewer pixels than the stored frame, which regions are about.
    let size = dataset.info().frame_size().unwrap_or_default();
    let (Ok(height), Ok(width)) = (u32::try_from(size.0), u32::try_from(size.1)) else {
        return Ok(());
    };
    let target_size = [picture.width, picture.height];
    let orientation = options.look().orientation;
    let place = ImageFromTarget::fit_oriented(target_size, [width, height], orientation);
    for (index, region) in of_options(options)?.iter().enumerate() {
        let [red, green, blue, _] = colour_of(index).to_array();
        for line in outline(&region.shape, [width, height].map(f64::from)) {
            for pair in line.windows(2) {
                let ends = [pair[0], pair[1]].map(|point| target_of(&place, point));
                segment(picture, ends, [red, green, blue, 0xff]);
            }
        }
    }
    Ok(())
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

fn of_options(options: &Options) -> Result<Vec<Region>> {
    let mut regions = options.rois.clone();
    if let Some(path) = &options.regions {
        regions.extend(listed(path)?);
    }
    Ok(regions)
}
