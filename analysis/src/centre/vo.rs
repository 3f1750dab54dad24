//! The rotation axis from the double wedge of a sinogram's transform.
//!
//! Source: Vo, Drakopoulos, Atwood and Reinhard, Opt. Express 22 (2014) 19078:
//! the half turn is completed to a full one by its own mirror image about the
//! candidate. The transform of a true sinogram is nearly empty in the wedge
//! `|u| <= |v| / (2 pi r)`; a wrong axis fills it.

use std::f64::consts::PI;

use hutch_model::{Cancel, Error, Progress, Result};
use rayon::prelude::*;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::{Centre, Method, Task, confidence, half_turn, joined, lowest, no_candidate, refined};
use crate::numeric::{floor_to_i64, floor_to_index, to_i64, to_index};

/// The radius of the sample over the width of the detector.
const RATIO: f64 = 0.5;
/// Rows of the transform around its middle that are left out.
const DROP: usize = 20;
/// Columns of the coarse search, and rows of either.
const COARSE_WIDTH: usize = 512;
const ROW_LIMIT: usize = 256;

pub(super) fn find(task: &Task<'_>, progress: &Progress, cancel: &Cancel) -> Result<Centre> {
    let bin = task.width.div_ceil(COARSE_WIDTH).max(1);
    let coarse = Wedge::new(task, bin);
    // Whole bins first: twice the axis is an even number of bins.
    let (from, to) = (
        floor_to_i64(coarse.to_bins(task.range.0)).max(1),
        floor_to_i64(coarse.to_bins(task.range.1)) + 1,
    );
    let places: Vec<i64> = (from..=to).map(|place| 2 * place).collect();
    let rough = coarse.curve(&places, progress, cancel)?;
    let (middle, _) = lowest(&rough).ok_or_else(|| no_candidate("the range holds no pixel"))?;
    // Then half pixels: twice the axis is any whole number, so nothing is interpolated.
    let fine = Wedge::new(task, 1);
    let reach = to_i64(4 * bin);
    let centre = floor_to_i64(2.0 * middle + 0.5);
    let last = 2 * (to_i64(task.width) - 1);
    let places: Vec<i64> = (centre - reach..=centre + reach)
        .filter(|&place| place > 0 && place < last)
        .collect();
    let close = fine.curve(&places, progress, cancel)?;
    let centre_px = refined(&close).unwrap_or(middle);
    let confidence = confidence(&rough);
    // The two curves have other scales; the coarse one is brought to the fine one.
    let scale = match (lowest(&close), lowest(&rough)) {
        (Some((_, a)), Some((_, b))) if b > 0.0 => a / b,
        _ => 1.0,
    };
    let rough = rough
        .into_iter()
        .map(|(place, metric)| (place, metric * scale))
        .collect();
    Ok(Centre {
        centre_px,
        confidence,
        method: Method::Vo,
        curve: joined(rough, close),
        remarks: Vec::new(),
    })
}

/// The half turn, transformed along the angle.
struct Wedge {
    /// `[row of the transform, x]`
    columns: Vec<Complex<f32>>,
    /// Which row of the transform each is.
    rows: Vec<usize>,
    width: usize,
    bin: usize,
    length: usize,
}

impl Wedge {
    fn new(task: &Task<'_>, bin: usize) -> Self {
        let angle_count = half_turn(task.angles_rad);
        let width = task.width / bin;
        let length = 2 * angle_count;
        let mut planner = FftPlanner::new();
        let forward = planner.plan_fft_forward(length);
        let transformed: Vec<Vec<Complex<f32>>> = (0..width)
            .into_par_iter()
            .map(|column| {
                let mut samples = vec![Complex::default(); length];
                for (angle, sample) in samples.iter_mut().take(angle_count).enumerate() {
                    let start = angle * task.width + column * bin;
                    let sum: f32 = task.sinogram[start..start + bin].iter().sum();
                    *sample = Complex::new(sum / bin as f32, 0.0);
                }
                forward.process(&mut samples);
                samples
            })
            .collect();
        let drop = DROP.min(length.div_ceil(20));
        let step = (angle_count.saturating_sub(drop))
            .div_ceil(ROW_LIMIT)
            .max(1);
        let rows: Vec<usize> = (drop + 1..=angle_count).step_by(step).collect();
        let columns = rows
            .iter()
            .flat_map(|&row| transformed.iter().map(move |column| column[row]))
            .collect();
        Self {
            columns,
            rows,
            width,
            bin,
            length,
        }
    }

    fn to_bins(&self, centre_px: f64) -> f64 {
        (centre_px - (self.bin as f64 - 1.0) / 2.0) / self.bin as f64
    }

    /// The metric of candidates, each given as twice its place in bins.
    fn curve(
        &self,
        doubled: &[i64],
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<Vec<(f64, f64)>> {
        let forward = FftPlanner::new().plan_fft_forward(self.width);
        doubled
            .par_iter()
            .map(|&doubled| {
                cancel.check()?;
                let mut line = vec![Complex::default(); self.width];
                let mut scratch = vec![Complex::default(); forward.get_inplace_scratch_len()];
                let (mut sum, mut count) = (0.0, 0u32);
                for (&row, columns) in self.rows.iter().zip(self.columns.chunks(self.width)) {
                    self.complete(row, columns, doubled, &mut line);
                    forward.process_with_scratch(&mut line, &mut scratch);
                    let reach = (row as f64 / (2.0 * PI * RATIO)).ceil();
                    let reach = floor_to_index(reach).min((self.width - 1) / 2);
                    for u in 2..=reach {
                        sum += f64::from(line[u].norm() + line[self.width - u].norm());
                        count += 2;
                    }
                }
                progress.add(1);
                let bin = self.bin as f64;
                let place = doubled as f64 / 2.0 * bin + (bin - 1.0) / 2.0;
                Ok::<_, Error>((place, sum / f64::from(count.max(1))))
            })
            .collect()
    }

    /// One row of the transform along the angle of the full turn: the half
    /// turn, and its mirror image. Where the mirror image has nothing, the half
    /// turn backwards stands in.
    fn complete(
        &self,
        row: usize,
        columns: &[Complex<f32>],
        doubled: i64,
        line: &mut [Complex<f32>],
    ) {
        let sign = if row.is_multiple_of(2) { 1.0 } else { -1.0 };
        let turn = Complex::from_polar(
            1.0,
            crate::numeric::to_f32(2.0 * PI * row as f64 / self.length as f64),
        );
        for (index, (sample, &column)) in line.iter_mut().zip(columns).enumerate() {
            let mirrored = to_index(doubled - to_i64(index)).and_then(|index| columns.get(index));
            *sample = column + mirrored.map_or_else(|| column.conj() * turn, |&other| other * sign);
        }
    }
}
