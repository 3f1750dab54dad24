//! The largest sample of each cell of a frame, for overviews that keep single bright pixels.

use rayon::prelude::*;

use super::Frame;
use super::frames::{Sample, Visit, visit};

/// The largest sample that counts in each cell of `step` pixels `[x, y]` of a frame with rows of `width` pixels: row
/// after row of cells, NaN where no sample counts. Cells at the end of a row or of the frame may be smaller.
pub fn largest_of_cells(frame: &Frame<'_>, width: usize, step: [usize; 2]) -> Vec<f64> {
    let [across, down] = step.map(|step| step.max(1));
    let width = width.max(1);
    let height = frame.len / width;
    let columns = width.div_ceil(across);
    let mut found = vec![f64::NAN; columns * height.div_ceil(down)];
    let rows = found.par_chunks_mut(columns).enumerate();
    rows.for_each(|(row, cells)| {
        let mut largest = Largest { cells, across };
        for y in row * down..((row + 1) * down).min(height) {
            visit(frame, y * width..(y + 1) * width, &mut largest);
        }
    });
    found
}

struct Largest<'a> {
    cells: &'a mut [f64],
    across: usize,
}

impl Visit for Largest<'_> {
    fn sample<S: Sample>(&mut self, at: usize, sample: S) {
        let cell = &mut self.cells[at / self.across];
        *cell = cell.max(sample.real());
    }
}

#[cfg(test)]
mod tests {
    use hutch_model::Samples;

    use super::*;
    use crate::reduce::Options;

    #[test]
    fn a_cell_is_the_largest_of_its_samples_that_count() {
        let mut samples = vec![1_u32; 7 * 5];
        samples[3 * 7 + 2] = 900;
        samples[6] = u32::MAX;
        samples[0] = 700;
        let mut mask = vec![false; 35];
        mask[0] = true;
        let options = Options {
            mask: Some(&mask),
            sentinels: &[i128::from(u32::MAX)],
            saturation: None,
        };
        let samples = Samples::U32(samples);
        let found = largest_of_cells(&Frame::whole(&samples, options), 7, [3, 2]);
        let mut expected = [1.0; 9];
        expected[3] = 900.0;
        // The sentinel has the cell at the upper right for itself with the pixel below it.
        let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
        assert!(apart.fold(0.0, f64::max) < 1e-12, "{found:?}");
        let none = largest_of_cells(&Frame::whole(&samples, options), 7, [0, 0]);
        assert!(none[0].is_nan() && none[6].is_nan(), "cells of one pixel");
    }
}
