//! The rotation axis from projections that are 180 degrees apart.

use std::f64::consts::PI;

use hutch_model::Result;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::{Centre, Method, Task, confidence, no_candidate, refined};
use crate::array::require_shape;
use crate::numeric::{floor_to_index, to_i64};

/// The rotation axis from two projections `[y, x]` of absorbance that are 180
/// degrees apart: one is the mirror image of the other about the axis.
///
/// The cross-power spectrum is summed over the rows, whitened, and damped
/// towards Nyquist, so that its peak is smooth enough to be placed between
/// pixels. Two equal or empty projections give the middle with confidence 0.
/// Source: Kuglin and Hines, Proc. IEEE Conf. Cybernetics and Society (1975) 163.
///
/// # Errors
/// [`hutch_model::ErrorKind::Shape`] when the two differ in length or are not
/// whole rows.
pub fn phase_correlation(first: &[f32], opposite: &[f32], width: usize) -> Result<Centre> {
    let last = width as f64 - 1.0;
    correlate(&[(first, opposite)], width, (0.0, last))
}

/// The pairs of rows of a sinogram that are closest to 180 degrees apart.
pub(super) fn find(task: &Task<'_>) -> Result<Centre> {
    let angles = task.angles_rad;
    let apart =
        |i: usize, j: usize| ((angles[j] - angles[i]).abs().rem_euclid(2.0 * PI) - PI).abs();
    let mut pairs: Vec<(f64, usize, usize)> = (0..angles.len())
        .filter_map(|i| {
            (i + 1..angles.len())
                .map(|j| (apart(i, j), i, j))
                .min_by(|a, b| a.0.total_cmp(&b.0))
        })
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    // As good as the best pair, within a tenth of a degree; at most 64 of them.
    let best = pairs.first().map_or(f64::INFINITY, |pair| pair.0);
    if best > 2.5f64.to_radians() {
        return Err(no_candidate("no two projections are 180 degrees apart"));
    }
    pairs.retain(|pair| pair.0 <= best + 0.1f64.to_radians());
    pairs.truncate(64);
    let row = |index: usize| &task.sinogram[index * task.width..(index + 1) * task.width];
    let rows: Vec<(&[f32], &[f32])> = pairs.iter().map(|&(_, i, j)| (row(i), row(j))).collect();
    correlate(&rows, task.width, task.range)
}

fn correlate(pairs: &[(&[f32], &[f32])], width: usize, range: (f64, f64)) -> Result<Centre> {
    let fits = width >= 4
        && pairs.iter().all(|(first, opposite)| {
            first.len() == opposite.len() && first.len().is_multiple_of(width)
        });
    require_shape(fits, "find the rotation axis", || {
        format!("the two projections are not rows of {width} pixels")
    })?;
    let length = (2 * width).next_power_of_two();
    let mut planner = FftPlanner::new();
    let forward = planner.plan_fft_forward(length);
    let mut power = vec![Complex::<f64>::default(); length];
    for (first, opposite) in pairs {
        for (row, mirrored) in first.chunks(width).zip(opposite.chunks(width)) {
            let mut a = windowed(row.iter(), length);
            let mut b = windowed(mirrored.iter().rev(), length);
            forward.process(&mut a);
            forward.process(&mut b);
            for (sum, (a, b)) in power.iter_mut().zip(a.iter().zip(&b)) {
                *sum += a * b.conj();
            }
        }
    }
    for (index, value) in power.iter_mut().enumerate() {
        let frequency = index.min(length - index) as f64 / length as f64;
        let damping = (-(frequency / 0.15).powi(2)).exp();
        *value *= damping / value.norm().max(1e-30);
    }
    planner.plan_fft_inverse(length).process(&mut power);
    // A shift of d puts the axis at (width - 1 + d) / 2.
    let last = to_i64(width) - 1;
    let curve: Vec<(f64, f64)> = (-last..=last)
        .map(|shift| {
            let index = shift.rem_euclid(to_i64(length)) as f64;
            let metric = -power[floor_to_index(index)].re;
            ((last + shift) as f64 / 2.0, metric)
        })
        .filter(|&(place, _)| place >= range.0 && place <= range.1)
        .collect();
    let centre_px = refined(&curve).ok_or_else(|| no_candidate("the range holds no pixel"))?;
    Ok(Centre {
        centre_px,
        confidence: confidence(&curve),
        method: Method::PhaseCorrelation,
        curve,
        remarks: Vec::new(),
    })
}

/// The row about its mean, falling to 0 at both ends so that they do not match
/// each other.
fn windowed<'a>(row: impl ExactSizeIterator<Item = &'a f32>, length: usize) -> Vec<Complex<f64>> {
    let width = row.len();
    let values: Vec<f64> = row.map(|&value| f64::from(value)).collect();
    let mean = values.iter().sum::<f64>() / width as f64;
    let edge = (width as f64 / 16.0).max(1.0);
    let mut padded = vec![Complex::default(); length];
    for (index, (value, sample)) in values.iter().zip(&mut padded).enumerate() {
        let distance = (index.min(width - 1 - index) as f64 + 0.5) / edge;
        let window = if distance < 1.0 {
            0.5 * (1.0 - (PI * distance).cos())
        } else {
            1.0
        };
        *sample = Complex::new((value - mean) * window, 0.0);
    }
    padded
}
