//! Volumes, slab by slab: what is larger than memory never has to be in it.
//!
//! The caller reads rows of all projections, hands them over, and writes the
//! slices that come back; nothing is kept between slabs.

use std::ops::Range;

use hutch_model::{Cancel, Error, ErrorKind, Progress, Result, Samples};
use rayon::prelude::*;

use crate::array::{Array, require_shape};
use crate::fbp::Fbp;
use crate::flat_field::{Correction, Count};

const TRIED: &str = "reconstruct a slab";

/// Reconstructs slabs of a scan.
#[derive(Clone, Debug)]
pub struct Slabs {
    /// The reconstruction of each slice.
    pub fbp: Fbp,
    /// The width of the detector, in pixels.
    pub width: usize,
}

impl Slabs {
    /// Slices `[slice, y, x]` in 1/px from the rows `[angle, slice, x]` of all
    /// projections.
    ///
    /// `correction` holds the flat and dark field of the same rows `[slice, x]`;
    /// without one the samples are taken as absorbance already. `progress`
    /// counts finished slices; its total is the caller's.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the samples do not fit, [`ErrorKind::Cancelled`]
    /// within 50 ms, [`ErrorKind::Unsupported`] for samples that are not real
    /// numbers.
    pub fn reconstruct(
        &self,
        rows: &Samples,
        correction: Option<&Correction>,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<Array> {
        let sinograms = self.sinograms(rows, correction, cancel)?;
        let grid = self.fbp.grid(self.width)?;
        let mut slices = Array::zeroed([sinograms.shape()[0], grid.height, grid.width]);
        self.fbp.slices_into(
            sinograms.samples(),
            self.width,
            slices.samples_mut(),
            (progress, cancel),
        )?;
        Ok(slices)
    }

    /// Sinograms `[slice, angle, x]` of absorbance from rows `[angle, slice, x]`.
    ///
    /// # Errors
    /// As [`Self::reconstruct`].
    pub fn sinograms(
        &self,
        rows: &Samples,
        correction: Option<&Correction>,
        cancel: &Cancel,
    ) -> Result<Array> {
        match rows {
            Samples::U8(rows) => self.sinograms_of(rows, correction, cancel),
            Samples::U16(rows) => self.sinograms_of(rows, correction, cancel),
            Samples::I16(rows) => self.sinograms_of(rows, correction, cancel),
            Samples::U32(rows) => self.sinograms_of(rows, correction, cancel),
            Samples::I32(rows) => self.sinograms_of(rows, correction, cancel),
            Samples::F32(rows) => self.sinograms_of(rows, correction, cancel),
            other if other.element().is_numeric() && !other.element().is_complex() => {
                self.sinograms_of(&other.to_f32(), correction, cancel)
            }
            other => Err(Error::new(
                ErrorKind::Unsupported,
                TRIED,
                format!("samples are {}", other.element()),
            )),
        }
    }

    fn sinograms_of<T: Count>(
        &self,
        rows: &[T],
        correction: Option<&Correction>,
        cancel: &Cancel,
    ) -> Result<Array> {
        let (width, angles) = (self.width, self.fbp.angles_rad.len());
        let per_slice = width * angles;
        let fits = per_slice > 0 && rows.len().is_multiple_of(per_slice);
        require_shape(fits, TRIED, || {
            format!(
                "{} samples are not rows of {angles} angles x {width} pixels",
                rows.len()
            )
        })?;
        let slices = rows.len() / per_slice;
        if let Some(correction) = correction {
            require_shape(correction.frame_size() == slices * width, TRIED, || {
                format!(
                    "flat and dark of {} samples for {slices} rows of {width}",
                    correction.frame_size()
                )
            })?;
        }
        let mut sinograms = Array::zeroed([slices, angles, width]);
        sinograms
            .samples_mut()
            .par_chunks_mut(width)
            .enumerate()
            .try_for_each(|(index, output)| {
                cancel.check()?;
                let (slice, angle) = (index / angles, index % angles);
                let start = (angle * slices + slice) * width;
                let row = &rows[start..start + width];
                match correction {
                    Some(correction) => correction.portion(row, output, slice * width),
                    None => {
                        for (sample, value) in output.iter_mut().zip(row) {
                            *sample = value.count();
                        }
                    }
                }
                Ok::<(), Error>(())
            })?;
        Ok(sinograms)
    }

    /// How many slices fit a memory budget: a multiple of 8 where more than 8
    /// do, at least 1. `sample_bytes` is the size of a stored count.
    pub fn height_for(&self, memory_bytes: u64, sample_bytes: usize) -> usize {
        let angles = self.fbp.angles_rad.len();
        let (fixed, each) = memory_of(self.width, angles, sample_bytes);
        let count = memory_bytes.saturating_sub(fixed) / each.max(1);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        match count {
            0 => 1,
            1..8 => count,
            _ => count / 8 * 8,
        }
    }
}

/// Bytes that a slab takes: once, and for each of its slices (counts,
/// sinogram, slice).
pub(crate) fn memory_of(width: usize, angle_count: usize, sample_bytes: usize) -> (u64, u64) {
    let filtered = angle_count as u64 * (width as u64 + 128) * 32;
    let row_samples = width as u64 * angle_count as u64;
    let slice = (width * width) as u64 * 4;
    (filtered, row_samples * (sample_bytes as u64 + 4) + slice)
}

/// The slabs of a range of slices, in order.
pub fn slabs(slices: Range<u64>, height: usize) -> impl Iterator<Item = Range<u64>> {
    let height = height.max(1) as u64;
    let end = slices.end;
    (slices.start..end)
        .step_by(usize::try_from(height).unwrap_or(usize::MAX))
        .map(move |first| first..end.min(first.saturating_add(height)))
}
