//! Pictures of volumes.

use std::sync::Arc;

use hutch_model::{Cancel, Dataset, Error, ErrorKind, Result, Slab, read_slab};
use hutch_render::{AdapterWish, Gpu, VolumeBuilder, VolumeDisplay, VolumePlan, headless};
use hutch_viewers::Pixels;
use hutch_viewers::display::RangeMode;
use hutch_viewers::prepared::sample_slice;

use super::{Look, Picture, failed, read_frame};
use crate::pools::Pools;

/// Samples of a volume that are held at once, in bytes.
const SLICES_BYTES: u64 = 64 << 20;

/// Draws a volume `[z, y, x]`, read a few slices at a time.
///
/// # Errors
/// [`ErrorKind::Gpu`] without an adapter; [`ErrorKind::Shape`] for a dataset
/// that is no volume; those of reading.
pub(crate) fn volume_picture(
    pools: &Pools,
    dataset: &Arc<dyn Dataset>,
    look: &Look,
    cancel: &Cancel,
) -> Result<Picture> {
    let gpu = Gpu::headless(AdapterWish::Fastest).map_err(|error| failed(&error))?;
    let info = dataset.info();
    let shape = match info.shape.as_slice() {
        [z, y, x] if *z > 0 && *y > 0 && *x > 0 => [*z, *y, *x],
        other => {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("draw \"{}\" as a volume", dataset.origin()),
                format!("the shape {other:?} is not [z, y, x]"),
            ));
        }
    };
    let range = if look.display.mode == RangeMode::Locked {
        look.display.range
    } else {
        let middle = read_frame(pools, dataset, &Pixels::default(), shape[0] / 2, cancel)?;
        look.range_of(&middle)?
    };
    let mut plan = VolumePlan::new(
        [as_size(shape[0])?, as_size(shape[1])?, as_size(shape[2])?],
        range,
    );
    plan.max_edge = gpu.max_volume_edge();
    let bricks = {
        let mut builder = VolumeBuilder::new(plan);
        add_slices(&mut builder, pools, dataset.as_ref(), shape, cancel)?;
        builder.finish()
    };
    let mut display = VolumeDisplay::default();
    if let Some(colour_map) = look.colour_map {
        display.colour_map = colour_map;
    }
    let size = look.size.unwrap_or([1024, 768]);
    let rgba = headless::render_volume_to_rgba(&gpu, &bricks, &display, size)
        .map_err(|error| failed(&error))?;
    Ok(Picture {
        rgba,
        range,
        renderer: gpu.adapter_info.name.clone(),
    })
}

fn add_slices(
    builder: &mut VolumeBuilder,
    pools: &Pools,
    dataset: &dyn Dataset,
    [slice_count, height, width]: [u64; 3],
    cancel: &Cancel,
) -> Result<()> {
    let size = dataset
        .info()
        .element
        .size_bytes()
        .map_or(8, |size| size as u64);
    let slice_samples = height * width;
    let at_once = (SLICES_BYTES / (slice_samples * size).max(1)).max(1);
    let mut first = 0;
    while first < slice_count {
        cancel.check()?;
        let count = at_once.min(slice_count - first);
        let slab = Slab {
            start: vec![first, 0, 0],
            count: vec![count, height, width],
            step: vec![1; 3],
        };
        let block = pools.wait(read_slab(dataset, &slab, cancel))?;
        let samples = sample_slice(&block.samples)?;
        let length = as_size(slice_samples)?;
        for index in 0..as_size(count)? {
            let slice = samples.slice(index * length..(index + 1) * length);
            if let Some(slice) = slice {
                builder
                    .add_slice(as_size(first)? + index, slice)
                    .map_err(|error| failed(&error))?;
            }
        }
        first += count;
    }
    Ok(())
}

fn as_size(size: u64) -> Result<usize> {
    usize::try_from(size).map_err(|error| {
        Error::new(
            ErrorKind::Limit,
            "draw a volume",
            "it is too large for this machine",
        )
        .with_source(error)
    })
}
