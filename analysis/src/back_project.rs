//! Back-projection on the CPU: filtered rows to pixels, tile by tile.
//!
//! A tile of 32 x 32 pixels sees at most 48 samples of each filtered row, so
//! positions are counted from the first of them: exact in binary32, and what a
//! tile reads stays in the cache. Rows carry zeros on either side, wide enough
//! that no tile reads beyond them.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::inline_always,
    reason = "indices are bounded by the window of a tile; bodies are compiled once per instruction set"
)]

use hutch_model::{Cancel, Result};
use rayon::prelude::*;

use crate::numeric::to_f32;

/// Pixels along each side of a tile.
pub(crate) const TILE: usize = 32;
/// Samples of one row that a tile may touch: `31 sqrt(2)`, one before, the
/// neighbour of the last, and rounding.
const WINDOW: usize = 48;
/// Zeros on either side of a row.
const MARGIN: usize = 64;
/// Angles that are taken together while a pixel stays in registers.
const BLOCK: usize = 16;
/// Adding this to a small binary32 rounds it to an integer in the low bits.
const ROUND: f32 = 12_582_912.0;

/// Where the pixels of an output lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The first pixel from the rotation axis, in samples: x, y.
    pub first: [f64; 2],
    /// From one pixel to the next, in samples; above 0 and at most 1.
    pub step: f64,
    /// Pixels along x.
    pub width: usize,
    /// Pixels along y.
    pub height: usize,
    /// Pixels farther than this from the axis, in samples, are 0.
    pub radius: f64,
}

impl Grid {
    /// The square of the pixel's distance from the axis.
    pub(crate) fn distance2(&self, column: usize, row: usize) -> f64 {
        let x = self.first[0] + column as f64 * self.step;
        let y = self.first[1] + row as f64 * self.step;
        x * x + y * y
    }

    /// Whether a pixel is computed at all.
    pub(crate) fn is_inside(&self, column: usize, row: usize) -> bool {
        self.distance2(column, row) <= self.radius * self.radius
    }

    /// Whether any pixel of the tile may lie inside the radius.
    fn tile_matters(&self, column: usize, row: usize) -> bool {
        let half = (TILE - 1) as f64 / 2.0 * self.step;
        let x = self.first[0] + column as f64 * self.step + half;
        let y = self.first[1] + row as f64 * self.step + half;
        x.hypot(y) - half * 1.5 <= self.radius
    }
}

impl FilteredRows<One> {
    /// Lets rows rise from 0 over the pixel before their first sample, as they
    /// fall to 0 over the one after their last.
    pub(crate) fn close_left_margin(&mut self) {
        let pitch = self.pitch();
        for row in self.cells.chunks_mut(pitch) {
            row[MARGIN - 1][1] = row[MARGIN][0];
        }
    }
}

/// What one sample of a filtered row holds.
pub(crate) trait Cell: Copy + Default + Send + Sync {
    /// What a pixel accumulates over its slices.
    const SLICES: usize;

    /// Adds a block of angles to the pixels of a tile.
    fn add_block(block: &Block, cells: &[Self], rows: usize, sums: &mut [[f32; 8]]);

    /// The value of one pixel of one slice among the sums of a tile.
    fn pixel(sums: &[[f32; 8]], pixel: usize, slice: usize) -> f32;
}

/// One slice: the sample, and the step to its right neighbour.
pub(crate) type One = [f32; 2];
/// Eight slices side by side, which share index and weight.
pub(crate) type Eight = [f32; 8];

/// Filtered rows `[angle, sample]`, weighted by their angles, with margins.
#[derive(Clone, Debug)]
pub(crate) struct FilteredRows<C> {
    pub(crate) cells: Vec<C>,
    pub(crate) width: usize,
    /// Cosine and sine of each angle.
    pub(crate) directions: Vec<[f64; 2]>,
}

impl<C: Cell> FilteredRows<C> {
    pub(crate) fn zeroed(width: usize, angles_rad: &[f64]) -> Self {
        Self {
            cells: vec![C::default(); angles_rad.len() * (width + 2 * MARGIN)],
            width,
            directions: angles_rad
                .iter()
                .map(|angle| [angle.cos(), angle.sin()])
                .collect(),
        }
    }

    fn pitch(&self) -> usize {
        self.width + 2 * MARGIN
    }

    /// The samples of each row, without the margins, in pairs of rows (the
    /// last pair may have one).
    pub(crate) fn row_pairs(&mut self) -> impl IndexedParallelIterator<Item = [&mut [C]; 2]> {
        let (pitch, width) = (self.pitch(), self.width);
        self.cells.par_chunks_mut(2 * pitch).map(move |pair| {
            let (first, second) = pair.split_at_mut(pitch);
            let second = if second.is_empty() {
                second
            } else {
                &mut second[MARGIN..MARGIN + width]
            };
            [&mut first[MARGIN..MARGIN + width], second]
        })
    }

    /// The pixels of a grid, with the axis at `centre` (in samples), written to
    /// `[slice, y, x]`.
    pub(crate) fn back_project(
        &self,
        grid: &Grid,
        centre: f64,
        slices: &mut [f32],
        cancel: &Cancel,
    ) -> Result<()> {
        let slice_size = grid.width * grid.height;
        if slice_size == 0 {
            return Ok(());
        }
        let band_count = grid.height.div_ceil(TILE);
        let mut bands: Vec<Vec<&mut [f32]>> = (0..band_count).map(|_| Vec::new()).collect();
        for slice in slices.chunks_mut(slice_size) {
            for (band, rows) in bands.iter_mut().zip(slice.chunks_mut(TILE * grid.width)) {
                band.push(rows);
            }
        }
        bands
            .into_par_iter()
            .enumerate()
            .try_for_each(|(index, mut band)| {
                let mut scratch = Scratch::default();
                for column in (0..grid.width).step_by(TILE) {
                    self.tile(
                        grid,
                        centre,
                        [column, index * TILE],
                        (&mut scratch, cancel),
                        &mut band,
                    )?;
                }
                Ok(())
            })
    }

    fn tile(
        &self,
        grid: &Grid,
        centre: f64,
        corner: [usize; 2],
        (scratch, cancel): (&mut Scratch, &Cancel),
        band: &mut [&mut [f32]],
    ) -> Result<()> {
        cancel.check()?;
        let Scratch { blocks, sums } = scratch;
        let [column, row] = corner;
        let rows = TILE.min(grid.height - row);
        let columns = TILE.min(grid.width - column);
        sums.fill([0.0; 8]);
        if grid.tile_matters(column, row) {
            self.blocks(grid, centre, corner, blocks);
            for block in blocks.iter() {
                C::add_block(block, &self.cells, rows, sums);
            }
        }
        for (slice, pixels) in band.iter_mut().enumerate() {
            for y in 0..rows {
                let start = y * grid.width + column;
                for (x, pixel) in pixels[start..start + columns].iter_mut().enumerate() {
                    *pixel = if grid.is_inside(column + x, row + y) {
                        C::pixel(sums, y * TILE + x, slice)
                    } else {
                        0.0
                    };
                }
            }
        }
        Ok(())
    }

    /// The paths of all angles through a tile; those that miss the row are left out.
    fn blocks(&self, grid: &Grid, centre: f64, [column, row]: [usize; 2], blocks: &mut Vec<Block>) {
        blocks.clear();
        let x = grid.first[0] + column as f64 * grid.step;
        let y = grid.first[1] + row as f64 * grid.step;
        let reach = (TILE - 1) as f64 * grid.step;
        let mut lane = BLOCK;
        for (angle, &[cosine, sine]) in self.directions.iter().enumerate() {
            let base = centre + MARGIN as f64 + x * cosine + y * sine;
            let lowest = base + reach * (cosine.min(0.0) + sine.min(0.0));
            let start = lowest.floor() - 1.0;
            let is_in_row =
                start + WINDOW as f64 > MARGIN as f64 && start < (MARGIN + self.width) as f64;
            if !is_in_row {
                continue;
            }
            if lane == BLOCK {
                blocks.push(Block::EMPTY);
                lane = 0;
            }
            if let Some(block) = blocks.last_mut() {
                block.base[lane] = to_f32(base - start);
                block.along_x[lane] = to_f32(cosine * grid.step);
                block.along_y[lane] = to_f32(sine * grid.step);
                block.start[lane] = angle * self.pitch() + start as usize;
            }
            lane += 1;
        }
    }
}

/// What a thread works in.
struct Scratch {
    blocks: Vec<Block>,
    sums: Vec<[f32; 8]>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            sums: vec![[0.0; 8]; TILE * TILE],
        }
    }
}

/// The paths of some angles through a tile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// Where the first pixel falls, in samples from `start`.
    base: [f32; BLOCK],
    along_x: [f32; BLOCK],
    along_y: [f32; BLOCK],
    /// The first cell of the window.
    start: [usize; BLOCK],
}

impl Block {
    /// Lanes that are not used read the zeros of the first margin.
    const EMPTY: Self = Self {
        base: [1.0; BLOCK],
        along_x: [0.0; BLOCK],
        along_y: [0.0; BLOCK],
        start: [0; BLOCK],
    };
}

#[inline(always)]
fn multiply_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Splits positions into an index and a weight in 0..=1, without a conversion
/// that saturates. A position that is an integer may become the index below
/// with weight 1, which is the same point.
#[inline(always)]
fn split<const N: usize>(positions: &[f32; N]) -> ([u32; N], [f32; N]) {
    let mut indices = [0; N];
    let mut weights = [0.0; N];
    for lane in 0..N {
        let rounded = (positions[lane] - 0.5) + ROUND;
        indices[lane] = rounded.to_bits() & 0x3f_ffff;
        weights[lane] = positions[lane] - (rounded - ROUND);
    }
    (indices, weights)
}

impl Cell for Eight {
    const SLICES: usize = 8;

    fn add_block(block: &Block, cells: &[Self], rows: usize, sums: &mut [[f32; 8]]) {
        dispatch::add_eight(block, cells, rows, sums);
    }

    fn pixel(sums: &[[f32; 8]], pixel: usize, slice: usize) -> f32 {
        sums[pixel][slice]
    }
}

#[inline(always)]
fn add_eight<const FMA: bool>(block: &Block, cells: &[Eight], rows: usize, sums: &mut [[f32; 8]]) {
    for (y, pixels) in sums.chunks_exact_mut(TILE).take(rows).enumerate() {
        let mut base = [0.0; BLOCK];
        for (lane, base) in base.iter_mut().enumerate() {
            *base = multiply_add::<FMA>(y as f32, block.along_y[lane], block.base[lane]);
        }
        for (x, pixel) in pixels.iter_mut().enumerate() {
            let mut positions = [0.0; BLOCK];
            for lane in 0..BLOCK {
                positions[lane] = multiply_add::<FMA>(x as f32, block.along_x[lane], base[lane]);
            }
            let (indices, weights) = split(&positions);
            let mut sum = *pixel;
            for lane in 0..BLOCK {
                let at = block.start[lane] + indices[lane] as usize;
                let [left, right] = &cells[at..at + 2] else {
                    continue;
                };
                for slice in 0..8 {
                    sum[slice] += left[slice];
                    sum[slice] =
                        multiply_add::<FMA>(weights[lane], right[slice] - left[slice], sum[slice]);
                }
            }
            *pixel = sum;
        }
    }
}

impl Cell for One {
    const SLICES: usize = 1;

    fn add_block(block: &Block, cells: &[Self], rows: usize, sums: &mut [[f32; 8]]) {
        dispatch::add_one(block, cells, rows, sums);
    }

    fn pixel(sums: &[[f32; 8]], pixel: usize, _slice: usize) -> f32 {
        sums[pixel / 8][pixel % 8]
    }
}

#[inline(always)]
fn add_one<const FMA: bool>(block: &Block, cells: &[One], rows: usize, sums: &mut [[f32; 8]]) {
    const STEPS: [f32; 8] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    for (y, row) in sums.chunks_exact_mut(TILE / 8).take(rows).enumerate() {
        for (group, sum) in row.iter_mut().enumerate() {
            let mut total = *sum;
            for lane in 0..BLOCK {
                let base = multiply_add::<FMA>(y as f32, block.along_y[lane], block.base[lane]);
                let base = multiply_add::<FMA>((group * 8) as f32, block.along_x[lane], base);
                let mut positions = [0.0; 8];
                for pixel in 0..8 {
                    positions[pixel] = multiply_add::<FMA>(STEPS[pixel], block.along_x[lane], base);
                }
                let (indices, weights) = split(&positions);
                let Some(window) = cells[block.start[lane]..].first_chunk::<64>() else {
                    continue;
                };
                let mut value = [0.0; 8];
                let mut slope = [0.0; 8];
                for pixel in 0..8 {
                    // 64 cells are the power of two above a window: no check is left.
                    [value[pixel], slope[pixel]] = window[indices[pixel] as usize & 63];
                }
                for pixel in 0..8 {
                    total[pixel] += multiply_add::<FMA>(weights[pixel], slope[pixel], value[pixel]);
                }
            }
            *sum = total;
        }
    }
}

/// Chooses the instructions that this machine has.
mod dispatch {
    #![expect(
        unsafe_code,
        reason = "a function built for more instructions may run only where they exist, which is checked right before"
    )]

    use super::{Block, Eight, One};

    pub(super) fn add_eight(block: &Block, cells: &[Eight], rows: usize, sums: &mut [[f32; 8]]) {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: both features were just found on this machine.
            unsafe { add_eight_avx2(block, cells, rows, sums) };
            return;
        }
        super::add_eight::<{ cfg!(target_arch = "aarch64") }>(block, cells, rows, sums);
    }

    pub(super) fn add_one(block: &Block, cells: &[One], rows: usize, sums: &mut [[f32; 8]]) {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: both features were just found on this machine.
            unsafe { add_one_avx2(block, cells, rows, sums) };
            return;
        }
        super::add_one::<{ cfg!(target_arch = "aarch64") }>(block, cells, rows, sums);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn add_eight_avx2(block: &Block, cells: &[Eight], rows: usize, sums: &mut [[f32; 8]]) {
        super::add_eight::<true>(block, cells, rows, sums);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn add_one_avx2(block: &Block, cells: &[One], rows: usize, sums: &mut [[f32; 8]]) {
        super::add_one::<true>(block, cells, rows, sums);
    }
}
