//! Pictures in colours, as the window draws them.

use std::sync::Arc;

use hutch_model::{Cancel, Dataset, Error, ErrorKind, Result, Slab, read_slab};
use hutch_render::{Range, RgbaPicture};
use hutch_viewers::colour_image::{ColourLevels, ColourModel};
use hutch_viewers::image::MOST_PIXELS;

use super::{LONGEST_EDGE, Look, Picture, natural_size};
use crate::pools::Pools;

/// Draws one picture of a dataset whose last axis are the components of its colours.
///
/// # Errors
/// [`ErrorKind::Usage`] for a picture that is not there; [`ErrorKind::Limit`] for one of more than 64 megapixels; those
/// of reading.
pub(super) fn picture(
    pools: &Pools,
    dataset: &Arc<dyn Dataset>,
    (model, slab, frame): (ColourModel, &Slab, u64),
    look: &Look,
    cancel: &Cancel,
) -> Result<Picture> {
    let tried = || format!("draw \"{}\"", dataset.origin());
    let slower = dataset.info().shape.split_last_chunk::<3>();
    let count = slower.map_or(0, |(slower, _)| {
        slower
            .iter()
            .fold(1, |count: u64, &size| count.saturating_mul(size))
    });
    if frame >= count {
        let why = format!("there is no picture {frame}; there are {count}, from 0");
        return Err(Error::new(ErrorKind::Usage, tried(), why));
    }
    let components = slab.count.last().copied().unwrap_or(1).max(1);
    if slab.element_count()? / components > MOST_PIXELS {
        let why = "it has more than 64 megapixels; draw one of its components as a frame";
        return Err(Error::new(ErrorKind::Limit, tried(), why));
    }
    let block = pools.wait(read_slab(dataset.as_ref(), slab, cancel))?;
    let levels = ColourLevels::new(Arc::new(block), model, cancel)?;
    let [width, height] = look
        .size
        .unwrap_or_else(|| natural_size(levels.size(), LONGEST_EDGE));
    Ok(Picture {
        rgba: RgbaPicture {
            width,
            height,
            pixels: levels.resized([width, height]),
        },
        range: Range::new(0.0, levels.white),
        renderer: "CPU".to_owned(),
    })
}
