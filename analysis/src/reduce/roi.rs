//! Sums over a region of many frames.

use hutch_model::{Cancel, Error, ErrorKind, Result, Samples};
use rayon::prelude::*;

use super::{Number, Options};
use crate::array::require_shape;
use crate::fbp::Region;

/// The sum over a region of each frame of a stack `[frame, y, x]`: one value
/// per frame. Masked samples, sentinels and NaN add nothing.
///
/// # Errors
/// [`ErrorKind::Shape`] when the samples or the region do not fit,
/// [`ErrorKind::Unsupported`] for text, [`ErrorKind::Cancelled`].
pub fn roi_sums(
    samples: &Samples,
    [frames, height, width]: [usize; 3],
    region: Region,
    options: &Options<'_>,
    cancel: &Cancel,
) -> Result<Vec<f64>> {
    let fits = samples.len() == frames * height * width
        && region
            .x
            .checked_add(region.width)
            .is_some_and(|end| end <= width)
        && region
            .y
            .checked_add(region.height)
            .is_some_and(|end| end <= height);
    require_shape(fits, "sum a region", || {
        format!(
            "{region:?} of {} samples as {frames} x {height} x {width}",
            samples.len()
        )
    })?;
    if !samples.element().is_numeric() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "sum a region",
            format!("samples are {}", samples.element()),
        ));
    }
    (0..frames)
        .into_par_iter()
        .map(|frame| {
            cancel.check()?;
            let (mut sum, mut compensation) = (0.0f64, 0.0f64);
            for y in region.y..region.y + region.height {
                for x in region.x..region.x + region.width {
                    let pixel = y * width + x;
                    let value = number_at(samples, frame * height * width + pixel);
                    if !options.counts(pixel, value) {
                        continue;
                    }
                    let term = value.to_f64() - compensation;
                    let next = sum + term;
                    compensation = (next - sum) - term;
                    sum = next;
                }
            }
            Ok(sum)
        })
        .collect()
}

fn number_at(samples: &Samples, index: usize) -> Number {
    match samples {
        Samples::U8(values) => Number::Int(values[index].into()),
        Samples::U16(values) => Number::Int(values[index].into()),
        Samples::U32(values) => Number::Int(values[index].into()),
        Samples::U64(values) => Number::Int(values[index].into()),
        Samples::I8(values) => Number::Int(values[index].into()),
        Samples::I16(values) => Number::Int(values[index].into()),
        Samples::I32(values) => Number::Int(values[index].into()),
        Samples::I64(values) => Number::Int(values[index].into()),
        other => Number::Real(other.get_f64(index)),
    }
}
