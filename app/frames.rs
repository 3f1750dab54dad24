//! One frame with what its file says of its pixels, for the window and the
//! command line alike.

use std::sync::Arc;

use hutch_model::{Cancel, Dataset, EncodedSlab, Gaps, Result, Slab};
use hutch_render::Uploads;
use hutch_viewers::{FramePixels, Pixels, PreparedFrame, prepare_frame_on};

use crate::masks::Masks;

/// The encoded samples of a frame, and which of its pixels are masked.
pub(crate) struct FetchedFrame {
    encoded: EncodedSlab,
    pixels: FramePixels,
}

/// Fetches the samples of a frame, and beside them the mask.
///
/// # Errors
/// Those of reading either: without its mask other pixels would count.
pub(crate) async fn fetch_frame(
    dataset: &dyn Dataset,
    pixels: &Pixels,
    slab: &Slab,
    masks: &Masks,
    cancel: &Cancel,
) -> Result<FetchedFrame> {
    let mask = async {
        match &pixels.mask {
            Some(mask) => {
                let shape = &dataset.info().shape;
                masks.get(mask.as_ref(), shape, slab, cancel).await
            }
            None => Ok(None),
        }
    };
    let (encoded, mask) = tokio::join!(dataset.fetch(slab, cancel), mask);
    Ok(FetchedFrame {
        encoded: encoded?,
        pixels: FramePixels {
            mask: mask?,
            gaps: Gaps::None,
            saturation: pixels.saturation,
        },
    })
}

impl FetchedFrame {
    /// Decodes it and makes what its display needs; on a device as well, where there is one.
    ///
    /// # Errors
    /// Those of decoding, and of data that are no image.
    pub(crate) fn prepare(
        mut self,
        dataset: &Arc<dyn Dataset>,
        device: Option<&Uploads>,
        cancel: &Cancel,
    ) -> Result<PreparedFrame> {
        let block = dataset.decode(&self.encoded)?;
        cancel.check()?;
        self.pixels.gaps = Gaps::of(dataset.as_ref(), &self.encoded, &block);
        prepare_frame_on(device, block, &self.pixels)
    }
}
