//! One slice that follows the rotation axis while it is dragged.

use hutch_model::{Cancel, Result};

use crate::array::{Array, require_shape};
use crate::back_project::{FilteredRows, Grid, One};
use crate::fbp::{Fbp, Region, filter_one};
use crate::numeric::to_f32;
use crate::ramp_filter::{RampFilter, bridged};

/// A filtered sinogram that is kept, so that a new axis or region costs the
/// back-projection of its area and nothing else: the filter does not know
/// where the axis is.
///
/// With `bin` above 1, so many detector pixels are averaged first and pixels of
/// the output are as large: the cost falls with its square (its cube, where
/// angles are left out as well).
#[derive(Clone, Debug)]
pub struct Preview {
    filtered: FilteredRows<One>,
    width: usize,
    bin: usize,
    angle_step: usize,
}

impl Preview {
    /// Filters one sinogram `[angle, x]` (line integrals) as `fbp` says; its
    /// centre and region are given to each [`Self::slice`] instead.
    ///
    /// # Errors
    /// [`hutch_model::ErrorKind::Shape`] when the sinogram does not fit the
    /// angles, [`hutch_model::ErrorKind::Cancelled`].
    pub fn new(
        fbp: &Fbp,
        sinogram: &[f32],
        width: usize,
        bin: usize,
        cancel: &Cancel,
    ) -> Result<Self> {
        Self::with_angle_step(fbp, sinogram, width, [bin, 1], cancel)
    }

    /// The same with every `steps[1]`-th projection only; `steps[0]` is the bin.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_angle_step(
        fbp: &Fbp,
        sinogram: &[f32],
        width: usize,
        [bin, angle_step]: [usize; 2],
        cancel: &Cancel,
    ) -> Result<Self> {
        let fits = width > 0 && sinogram.len() == width * fbp.angles_rad.len();
        require_shape(fits, "preview a slice", || {
            format!(
                "{} samples are not {} angles x {width} pixels",
                sinogram.len(),
                fbp.angles_rad.len()
            )
        })?;
        let bin = bin.clamp(1, width);
        let angle_step = angle_step.max(1);
        let angles: Vec<f64> = fbp.angles_rad.iter().step_by(angle_step).copied().collect();
        let binned: Vec<f32> = sinogram
            .chunks(width)
            .step_by(angle_step)
            .flat_map(|row| bin_row(row, bin))
            .collect();
        let binned_width = width / bin;
        let ramp = RampFilter::new(binned_width, fbp.filter, fbp.padding);
        Ok(Self {
            filtered: filter_one(&ramp, &binned, binned_width, &angles, cancel)?,
            width,
            bin,
            angle_step,
        })
    }

    /// The bin that keeps one preview of a whole slice below `update_limit`
    /// updates (4e7 are about 50 ms on two cores); at most 8.
    pub fn bin_for(width: usize, angle_count: usize, update_limit: u64) -> usize {
        (1..8)
            .find(|bin| {
                let side = (width / bin) as u64;
                side * side * angle_count as u64 <= update_limit
            })
            .unwrap_or(8)
    }

    /// The slice, or a region of it (in full pixels), with the axis at `centre_px`.
    ///
    /// Output: `[y, x]` in 1/px of the detector; one pixel for `bin` x `bin`
    /// pixels of the whole slice, those cut at the end left out.
    ///
    /// # Errors
    /// [`hutch_model::ErrorKind::Shape`] when the region leaves the slice,
    /// [`hutch_model::ErrorKind::Cancelled`] within a few milliseconds.
    pub fn slice(
        &self,
        centre_px: f64,
        region: Option<Region>,
        is_circle: bool,
        cancel: &Cancel,
    ) -> Result<Array> {
        let fbp = Fbp {
            region,
            is_circle,
            ..Fbp::new(Vec::new(), centre_px)
        };
        let full = fbp.grid(self.width)?;
        let bin = self.bin as f64;
        // The middle of the first bin, in bins from the axis.
        let first = full.first.map(|first| (first + (bin - 1.0) / 2.0) / bin);
        let grid = Grid {
            first,
            step: 1.0,
            width: full.width / self.bin,
            height: full.height / self.bin,
            radius: full.radius / bin,
        };
        let centre = (centre_px - (bin - 1.0) / 2.0) / bin;
        let mut slice = vec![0.0; grid.width * grid.height];
        self.filtered
            .back_project(&grid, centre, &mut slice, cancel)?;
        if self.bin > 1 {
            let scale = to_f32(1.0 / bin);
            for pixel in &mut slice {
                *pixel *= scale;
            }
        }
        Array::new([grid.height, grid.width], slice)
    }

    /// Detector pixels that are averaged along x.
    pub const fn bin(&self) -> usize {
        self.bin
    }

    /// Every how many-th projection is used.
    pub const fn angle_step(&self) -> usize {
        self.angle_step
    }

    /// The width of the detector, in pixels.
    pub const fn width(&self) -> usize {
        self.width
    }
}

/// Means of `bin` samples; those cut at the end are left out.
fn bin_row(row: &[f32], bin: usize) -> Vec<f32> {
    let row = bridged(row);
    let scale = 1.0 / bin as f32;
    row.chunks_exact(bin)
        .map(|samples| samples.iter().sum::<f32>() * scale)
        .collect()
}
