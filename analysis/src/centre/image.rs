//! The rotation axis whose slice looks best.

use hutch_model::{Cancel, Progress, Result};

use super::{Centre, Method, Task, confidence, joined, lowest, no_candidate, refined};
use crate::fbp::Fbp;
use crate::numeric::floor_to_index;
use crate::preview::Preview;
use crate::ramp_filter::{Filter, Padding};

/// Pixels along a side of the slices that are compared, coarse and fine.
const COARSE_WIDTH: usize = 256;
const FINE_WIDTH: usize = 512;
/// Projections that are used at most.
const ANGLE_LIMIT: usize = 360;
const HISTOGRAM_BINS: usize = 64;

/// Tries the range in steps of a coarse pixel, then around the best one in
/// steps of half a fine pixel.
pub(super) fn find(
    task: &Task<'_>,
    method: Method,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Centre> {
    let coarse_bin = task.width.div_ceil(COARSE_WIDTH).max(1);
    let coarse = Slices::new(task, coarse_bin, method, cancel)?;
    let rough = coarse.curve(task.range, coarse_bin as f64, progress, cancel)?;
    let (middle, _) = lowest(&rough).ok_or_else(|| no_candidate("the range holds no pixel"))?;
    let fine_bin = task.width.div_ceil(FINE_WIDTH).max(1);
    let fine = Slices::new(task, fine_bin, method, cancel)?;
    let reach = 2.0 * coarse_bin as f64;
    let step = 0.5 * fine_bin as f64;
    let close = fine.curve((middle - reach, middle + reach), step, progress, cancel)?;
    let centre_px = refined(&close).unwrap_or(middle);
    let confidence = confidence(&rough);
    let offset = match (lowest(&close), lowest(&rough)) {
        (Some((_, a)), Some((_, b))) => a - b,
        _ => 0.0,
    };
    let rough = rough
        .into_iter()
        .map(|(place, metric)| (place, metric + offset))
        .collect();
    Ok(Centre {
        centre_px,
        confidence,
        method,
        curve: joined(rough, close),
        remarks: Vec::new(),
    })
}

struct Slices {
    preview: Preview,
    method: Method,
}

impl Slices {
    fn new(task: &Task<'_>, bin: usize, method: Method, cancel: &Cancel) -> Result<Self> {
        let fbp = Fbp {
            // Noise at Nyquist is no sign of a wrong axis.
            filter: Filter::Hann,
            padding: Padding::Edge,
            ..Fbp::new(task.angles_rad.to_vec(), 0.0)
        };
        let angle_step = task.angles_rad.len().div_ceil(ANGLE_LIMIT);
        let preview =
            Preview::with_angle_step(&fbp, task.sinogram, task.width, [bin, angle_step], cancel)?;
        Ok(Self { preview, method })
    }

    fn curve(
        &self,
        (from, to): (f64, f64),
        step: f64,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<Vec<(f64, f64)>> {
        let count = floor_to_index((to - from) / step) + 1;
        let mut limits = None;
        (0..count)
            .map(|index| {
                let place = from + index as f64 * step;
                let slice = self.preview.slice(place, None, true, cancel)?;
                progress.add(1);
                let metric = match self.method {
                    Method::Entropy => entropy(slice.samples(), &mut limits),
                    _ => negative_part(slice.samples()),
                };
                Ok((place, metric))
            })
            .collect()
    }
}

/// How much of a slice is negative, over all of it; 0 for an empty one.
fn negative_part(slice: &[f32]) -> f64 {
    let (mut negative, mut all) = (0.0, 0.0);
    for &value in slice {
        let value = f64::from(value);
        negative += (-value).max(0.0);
        all += value.abs();
    }
    if all > 0.0 { negative / all } else { 0.0 }
}

/// The entropy of the histogram, between limits that the first slice sets for all.
fn entropy(slice: &[f32], limits: &mut Option<(f64, f64)>) -> f64 {
    let (low, high) = *limits.get_or_insert_with(|| {
        let (mut low, mut high) = (0.0f64, 0.0f64);
        for &value in slice {
            low = low.min(f64::from(value));
            high = high.max(f64::from(value));
        }
        (1.5 * low, 1.5 * high)
    });
    let mut histogram = [0u32; HISTOGRAM_BINS];
    let scale = HISTOGRAM_BINS as f64 / (high - low).max(f64::MIN_POSITIVE);
    for &value in slice {
        let bin = floor_to_index((f64::from(value) - low) * scale);
        histogram[bin.min(HISTOGRAM_BINS - 1)] += 1;
    }
    let total = slice.len().max(1) as f64;
    histogram
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| f64::from(count) / total)
        .map(|part| -part * part.ln())
        .sum()
}
