//! A volume ready to be drawn, with what its controls need.

use hutch_model::{Cancel, Error, ErrorKind, Result};
use hutch_render::{Range, SampleSlice, VolumeBricks, VolumePlan};

/// Bins of the histogram of a volume.
const BINS: usize = 128;
/// Samples that the range is taken from.
const SAMPLED: usize = 200_000;

/// A volume ready for the GPU, with the range and histogram of its samples.
#[derive(Debug)]
pub struct VolumeData {
    /// What the GPU needs.
    pub bricks: VolumeBricks,
    /// Samples that became 0 and 1.
    pub range: Range,
    /// Counts over the range.
    pub bins: Vec<u64>,
    /// How fine it is, in words: `level 2 of 5`.
    pub level: String,
}

impl VolumeData {
    /// Makes a volume `[z, y, x]` of computed values ready; for the pool.
    ///
    /// `voxel_size` are the edges of a voxel `[z, y, x]`; only their ratio matters.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the values do not fill the shape,
    /// [`ErrorKind::Cancelled`].
    pub fn of_values(
        values: &[f32],
        shape: [usize; 3],
        voxel_size: [f64; 3],
        level: String,
        cancel: &Cancel,
    ) -> Result<Self> {
        let range = range_of(values);
        let mut counts = Counts::new(range);
        counts.add(values);
        cancel.check()?;
        let plan = VolumePlan {
            voxel_size,
            ..VolumePlan::new(shape, range)
        };
        let bricks = VolumeBricks::build(plan, SampleSlice::F32(values)).map_err(unfit)?;
        Ok(Self {
            bricks,
            range,
            bins: counts.bins,
            level,
        })
    }
}

/// The error of a volume that cannot be made.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn unfit(error: hutch_render::RenderError) -> Error {
    Error::new(ErrorKind::Shape, "show a volume", error.to_string())
}

/// A histogram that grows slice by slice.
#[derive(Debug)]
pub(super) struct Counts {
    range: Range,
    pub(super) bins: Vec<u64>,
}

impl Counts {
    pub(super) fn new(range: Range) -> Self {
        Self {
            range,
            bins: vec![0; BINS],
        }
    }

    pub(super) fn add(&mut self, values: &[f32]) {
        let width = (self.range.hi - self.range.lo).max(f64::MIN_POSITIVE);
        for value in values {
            let place = (f64::from(*value) - self.range.lo) / width * BINS as f64;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at least 0, and a float cast saturates"
            )]
            if place >= 0.0
                && let Some(bin) = self.bins.get_mut(place as usize)
            {
                *bin += 1;
            }
        }
    }
}

/// The range that leaves out the rarest samples at both ends.
pub(super) fn range_of(values: &[f32]) -> Range {
    let step = values.len().div_ceil(SAMPLED).max(1);
    let mut sampled: Vec<f32> = values
        .iter()
        .step_by(step)
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    sampled.sort_unstable_by(f32::total_cmp);
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length"
        )]
        let index = (share * sampled.len().saturating_sub(1) as f64).round() as usize;
        sampled.get(index).copied().map_or(0.0, f64::from)
    };
    let (lo, hi) = (at(0.01), at(0.9995));
    Range::new(lo, if hi > lo { hi } else { lo + 1.0 })
}
