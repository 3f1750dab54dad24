//! Filtered back-projection of parallel-beam sinograms.

use std::borrow::Cow;

use hutch_model::{Cancel, Error, Progress, Result};
use rayon::prelude::*;

use crate::angles;
use crate::array::{Array, require_shape};
use crate::back_project::{Cell as _, Eight, FilteredRows, Grid, One};
use crate::kernel::{
    AxisNeed, GpuBuffer, GpuPass, GpuPlan, Kernel, Need, Parameter, Tolerance, exactly,
};
use crate::numeric::{to_f32, to_f32_vec, to_u32};
use crate::ramp_filter::{Filter, Padding, RampFilter, bridged};

const TRIED: &str = "reconstruct a slice";

/// A rectangle of the output, in pixels of the whole slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The first column.
    pub x: usize,
    /// The first row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// Filtered back-projection of slices, parallel beam.
///
/// Input: sinograms `[slice, angle, x]`, line integrals (absorbance), one
/// sample per detector pixel. Output: `[slice, y, x]`, `width` x `width` pixels
/// of the size of a detector pixel (or the region), attenuation in 1/px: divide
/// by the pixel size in metres for 1/m. The rotation axis passes through
/// `(width - 1) / 2` in x and in y, wherever it was on the detector; the pixel
/// at `(x, y)` from it is seen at `centre_px + x cos(angle) + y sin(angle)`,
/// `y` downwards.
///
/// Rows are filtered with [`RampFilter`], 0 beyond their ends afterwards, and
/// interpolated linearly. Each projection counts by the angle that it stands
/// for ([`angles::weights`]), so steps may be uneven. Samples that are not
/// finite are bridged along x before filtering.
/// Source: Kak and Slaney, Principles of Computerized Tomographic Imaging
/// (1988), section 3.3.
#[derive(Clone, Debug, PartialEq)]
pub struct Fbp {
    /// The angle of each projection, in any order.
    pub angles_rad: Vec<f64>,
    /// Where the rotation axis falls on the detector; pixel `i` has its centre at `i`.
    pub centre_px: f64,
    /// The window over the ramp.
    pub filter: Filter,
    /// What lies beyond the ends of a row while it is filtered.
    pub padding: Padding,
    /// Which part of the slice is computed; `None` for all of it.
    pub region: Option<Region>,
    /// Whether pixels outside the inscribed circle are 0; most of them were
    /// seen from some directions only.
    pub is_circle: bool,
}

impl Fbp {
    /// The whole slice within its circle, ramp alone, zero padding.
    pub fn new(angles_rad: Vec<f64>, centre_px: f64) -> Self {
        Self {
            angles_rad,
            centre_px,
            filter: Filter::RamLak,
            padding: Padding::Zero,
            region: None,
            is_circle: true,
        }
    }

    /// The pixels of the output for a detector of this width.
    ///
    /// # Errors
    /// [`hutch_model::ErrorKind::Shape`] when the region leaves the slice.
    pub fn grid(&self, width: usize) -> Result<Grid> {
        let region = self.region.unwrap_or(Region {
            x: 0,
            y: 0,
            width,
            height: width,
        });
        let fits =
            |first: usize, length: usize| first.checked_add(length).is_some_and(|end| end <= width);
        require_shape(
            fits(region.x, region.width) && fits(region.y, region.height),
            TRIED,
            || format!("{region:?} leaves a slice of {width} x {width} pixels"),
        )?;
        let middle = (width as f64 - 1.0) / 2.0;
        Ok(Grid {
            first: [region.x as f64 - middle, region.y as f64 - middle],
            step: 1.0,
            width: region.width,
            height: region.height,
            radius: if self.is_circle {
                middle
            } else {
                f64::INFINITY
            },
        })
    }

    /// One slice `[y, x]` from one sinogram `[angle, x]`.
    ///
    /// # Errors
    /// [`hutch_model::ErrorKind::Shape`], [`hutch_model::ErrorKind::Cancelled`].
    pub fn slice(&self, sinogram: &[f32], width: usize, cancel: &Cancel) -> Result<Array> {
        let grid = self.grid(width)?;
        let mut slice = vec![0.0; grid.width * grid.height];
        self.slices_into(sinogram, width, &mut slice, (&Progress::new(), cancel))?;
        Array::new([grid.height, grid.width], slice)
    }

    /// Slices `[slice, y, x]` from sinograms `[slice, angle, x]`, written to
    /// `output`. Eight slices at a time share index and weight. `progress`
    /// counts finished slices.
    ///
    /// # Errors
    /// [`hutch_model::ErrorKind::Shape`], [`hutch_model::ErrorKind::Cancelled`]
    /// (within a few milliseconds; `output` is then partly written).
    pub fn slices_into(
        &self,
        sinograms: &[f32],
        width: usize,
        output: &mut [f32],
        (progress, cancel): (&Progress, &Cancel),
    ) -> Result<()> {
        let grid = self.grid(width)?;
        let count = self.slice_count(sinograms.len(), width)?;
        let (in_size, out_size) = (width * self.angles_rad.len(), grid.width * grid.height);
        require_shape(output.len() == count * out_size, TRIED, || {
            format!(
                "room for {} samples where {} are made",
                output.len(),
                count * out_size
            )
        })?;
        if in_size == 0 || out_size == 0 {
            output.fill(0.0);
            return Ok(());
        }
        let ramp = RampFilter::new(width, self.filter, self.padding);
        let mut first = 0;
        while first < count {
            let taken = if count - first >= 3 {
                (count - first).min(Eight::SLICES)
            } else {
                1
            };
            let rows = &sinograms[first * in_size..(first + taken) * in_size];
            let slices = &mut output[first * out_size..(first + taken) * out_size];
            if taken == 1 {
                let filtered = filter_one(&ramp, rows, width, &self.angles_rad, cancel)?;
                filtered.back_project(&grid, self.centre_px, slices, cancel)?;
            } else {
                let filtered = filter_eight(&ramp, rows, width, &self.angles_rad, cancel)?;
                filtered.back_project(&grid, self.centre_px, slices, cancel)?;
            }
            first += taken;
            progress.add(taken as u64);
        }
        Ok(())
    }

    /// Pixel updates that so many slices take: what a cost estimate counts.
    pub fn update_count(&self, width: usize, slice_count: usize) -> u64 {
        let pixels = self
            .region
            .map_or(width * width, |region| region.width * region.height);
        pixels as u64 * self.angles_rad.len() as u64 * slice_count as u64
    }

    fn slice_count(&self, sample_count: usize, width: usize) -> Result<usize> {
        let size = width * self.angles_rad.len();
        require_shape(
            if size == 0 {
                sample_count == 0
            } else {
                sample_count.is_multiple_of(size)
            },
            TRIED,
            || {
                format!(
                    "{sample_count} samples are not sinograms of {} angles x {width} pixels",
                    self.angles_rad.len()
                )
            },
        )?;
        Ok(sample_count.checked_div(size).unwrap_or(0))
    }

    /// The three lengths of the input, checked.
    fn input_shape(&self, shape: &[usize]) -> Result<[usize; 3]> {
        let [slices, angles, width] = *shape else {
            require_shape(false, TRIED, || {
                format!("sinograms of shape {shape:?} are not [slice, angle, x]")
            })?;
            return Ok([0; 3]);
        };
        require_shape(angles == self.angles_rad.len() && width > 0, TRIED, || {
            format!("{shape:?} does not hold {} angles", self.angles_rad.len())
        })?;
        Ok([slices, angles, width])
    }

    fn gpu_passes(
        &self,
        [slices, angles, width]: [usize; 3],
        grid: &Grid,
        step_limit: u64,
    ) -> Vec<GpuPass> {
        let rows = slices * angles;
        let rows_per_pass = portion(step_limit, (width * width) as u64).min(65_535);
        let mut passes = Vec::new();
        for first in (0..rows).step_by(rows_per_pass) {
            let end = rows.min(first + rows_per_pass);
            passes.push(GpuPass {
                name: "ramp_filter",
                wgsl: include_str!("../../shaders/compute/ramp_filter.wgsl"),
                uniforms: [width, angles, first, end].map(to_u32).to_vec(),
                buffers: vec![0, 1, 2, 3],
                workgroups: [to_u32(width.div_ceil(256)), to_u32(end - first), 1],
                step_count: ((end - first) * width * width) as u64,
            });
        }
        let pixels = grid.width * grid.height * slices;
        let angles_per_pass = portion(step_limit, pixels as u64);
        for first in (0..angles).step_by(angles_per_pass) {
            let end = angles.min(first + angles_per_pass);
            let mut uniforms: Vec<u32> =
                [width, angles, first, end, grid.width, grid.height, slices]
                    .map(to_u32)
                    .to_vec();
            let radius2 = (grid.radius * grid.radius).min(f64::from(f32::MAX));
            uniforms.extend(
                [
                    self.centre_px,
                    grid.first[0],
                    grid.first[1],
                    grid.step,
                    radius2,
                ]
                .map(|value| to_f32(value).to_bits()),
            );
            passes.push(GpuPass {
                name: "back_project",
                wgsl: include_str!("../../shaders/compute/back_project.wgsl"),
                uniforms,
                buffers: vec![3, 4, 5],
                workgroups: [
                    to_u32(grid.width.div_ceil(16)),
                    to_u32(grid.height.div_ceil(16)),
                    to_u32(slices.div_ceil(4)),
                ],
                step_count: ((end - first) * pixels) as u64,
            });
        }
        passes
    }
}

impl Kernel for Fbp {
    fn name(&self) -> &'static str {
        "fbp"
    }

    fn parameters(&self) -> Vec<Parameter> {
        let parameter = |name, value, meaning| Parameter {
            name,
            value,
            meaning,
        };
        vec![
            parameter(
                "angle_count",
                self.angles_rad.len().to_string(),
                "projections",
            ),
            parameter(
                "centre_px",
                self.centre_px.to_string(),
                "rotation axis on the detector",
            ),
            parameter(
                "filter",
                self.filter.name().to_owned(),
                "window over the ramp",
            ),
            parameter(
                "padding",
                format!("{:?}", self.padding),
                "beyond the ends of a row",
            ),
        ]
    }

    fn axes(&self) -> &'static [AxisNeed] {
        &[
            AxisNeed {
                axis: "slice",
                need: Need::Halo(0),
            },
            AxisNeed {
                axis: "angle",
                need: Need::Whole,
            },
            AxisNeed {
                axis: "x",
                need: Need::Whole,
            },
        ]
    }

    fn tolerance(&self) -> Tolerance {
        Tolerance {
            cpu: 1e-5,
            gpu: 1e-4,
        }
    }

    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>> {
        let [input] = exactly(inputs, "sinograms")?;
        let [slices, _, width] = self.input_shape(input)?;
        let grid = self.grid(width)?;
        Ok(vec![slices, grid.height, grid.width])
    }

    fn memory_bytes(&self, inputs: &[&[usize]]) -> u64 {
        let Ok(shape) = self.output_shape(inputs) else {
            return 0;
        };
        let width = inputs[0][2];
        let output: usize = shape.iter().product();
        // Eight slices at a time are filtered into one buffer, with margins.
        ((output + self.angles_rad.len() * (width + 128) * Eight::SLICES) * 4) as u64
    }

    fn reference(&self, inputs: &[&Array]) -> Result<Vec<f64>> {
        let [input] = exactly(inputs, "sinograms")?;
        let [slices, angles, width] = self.input_shape(input.shape())?;
        let grid = self.grid(width)?;
        let ramp = RampFilter::new(width, self.filter, self.padding);
        let weights = angles::weights(&self.angles_rad);
        let mut output = vec![0.0; slices * grid.height * grid.width];
        for (sinogram, slice) in input
            .samples()
            .chunks(width * angles)
            .zip(output.chunks_mut((grid.height * grid.width).max(1)))
        {
            for ((row, &angle), &weight) in
                sinogram.chunks(width).zip(&self.angles_rad).zip(&weights)
            {
                let filtered = ramp.reference(row);
                let (sine, cosine) = angle.sin_cos();
                for (index, pixel) in slice.iter_mut().enumerate() {
                    let (row, column) = (index / grid.width, index % grid.width);
                    if !grid.is_inside(column, row) {
                        continue;
                    }
                    let x = grid.first[0] + column as f64 * grid.step;
                    let y = grid.first[1] + row as f64 * grid.step;
                    let position = self.centre_px + x * cosine + y * sine;
                    *pixel += weight * interpolate(&filtered, position);
                }
            }
        }
        Ok(output)
    }

    fn cpu(&self, inputs: &[&Array], cancel: &Cancel) -> Result<Array> {
        let [input] = exactly(inputs, "sinograms")?;
        let mut output = Array::zeroed(self.output_shape(&[input.shape()])?);
        self.slices_into(
            input.samples(),
            input.shape()[2],
            output.samples_mut(),
            (&Progress::new(), cancel),
        )?;
        Ok(output)
    }

    fn gpu<'a>(&self, inputs: &[&'a Array], step_limit: u64) -> Result<GpuPlan<'a>> {
        let [input] = exactly(inputs, "sinograms")?;
        let lengths = self.input_shape(input.shape())?;
        let [slices, _, width] = lengths;
        let grid = self.grid(width)?;
        let ramp = RampFilter::new(width, self.filter, self.padding);
        let directions: Vec<f64> = self
            .angles_rad
            .iter()
            .flat_map(|angle| [angle.cos(), angle.sin()])
            .collect();
        let weights = to_f32_vec(&angles::weights(&self.angles_rad));
        Ok(GpuPlan {
            buffers: vec![
                GpuBuffer::Input(bridged_rows(input.samples(), width)),
                GpuBuffer::Input(ramp.taps().into()),
                GpuBuffer::Input(weights.into()),
                GpuBuffer::Zeros(input.samples().len()),
                GpuBuffer::Input(to_f32_vec(&directions).into()),
                GpuBuffer::Zeros(slices * grid.height * grid.width),
            ],
            passes: self.gpu_passes(lengths, &grid, step_limit),
            output: 5,
            shape: vec![slices, grid.height, grid.width],
        })
    }
}

/// How many items of this size make a pass; at least one.
fn portion(step_limit: u64, item_steps: u64) -> usize {
    usize::try_from(step_limit / item_steps.max(1))
        .unwrap_or(usize::MAX)
        .max(1)
}

/// The value between samples, 0 beyond the ends.
fn interpolate(row: &[f64], position: f64) -> f64 {
    let below = position.floor();
    let weight = position - below;
    let sample = |at: f64| {
        if at < 0.0 {
            return 0.0;
        }
        row.get(crate::numeric::floor_to_index(at))
            .copied()
            .unwrap_or(0.0)
    };
    sample(below) * (1.0 - weight) + sample(below + 1.0) * weight
}

/// All rows without anything that is not finite; copied only when needed.
fn bridged_rows(samples: &[f32], width: usize) -> Cow<'_, [f32]> {
    if samples.iter().all(|sample| sample.is_finite()) {
        return samples.into();
    }
    samples
        .chunks(width.max(1))
        .flat_map(|row| bridged(row).into_owned())
        .collect()
}

/// Filters one sinogram; two of its rows share one transform.
pub(crate) fn filter_one(
    ramp: &RampFilter,
    sinogram: &[f32],
    width: usize,
    angles_rad: &[f64],
    cancel: &Cancel,
) -> Result<FilteredRows<One>> {
    let weights = to_f32_vec(&angles::weights(angles_rad));
    let mut filtered = FilteredRows::<One>::zeroed(width, angles_rad);
    filtered
        .row_pairs()
        .zip(sinogram.par_chunks(2 * width).zip(weights.par_chunks(2)))
        .try_for_each_init(
            || ramp.buffer(),
            |buffer, (cells, (rows, weights))| {
                cancel.check()?;
                let (first, second) = rows.split_at(width);
                let second = if second.is_empty() { first } else { second };
                let factors = [weights[0], weights.last().copied().unwrap_or(0.0)];
                let pairs = ramp.apply_pair([first, second], factors, buffer);
                let [first_cells, second_cells] = cells;
                write_with_steps(first_cells, pairs.iter().map(|pair| pair.re));
                write_with_steps(second_cells, pairs.iter().map(|pair| pair.im));
                Ok::<(), Error>(())
            },
        )?;
    filtered.close_left_margin();
    Ok(filtered)
}

/// Each sample with the step to its right neighbour; after the last one comes 0.
fn write_with_steps(cells: &mut [One], values: impl Iterator<Item = f32>) {
    for (cell, value) in cells.iter_mut().zip(values) {
        cell[0] = value;
    }
    let mut next = 0.0;
    for cell in cells.iter_mut().rev() {
        cell[1] = next - cell[0];
        next = cell[0];
    }
}

/// Filters up to eight sinograms side by side; two slices share one transform.
fn filter_eight(
    ramp: &RampFilter,
    sinograms: &[f32],
    width: usize,
    angles_rad: &[f64],
    cancel: &Cancel,
) -> Result<FilteredRows<Eight>> {
    let weights = to_f32_vec(&angles::weights(angles_rad));
    let size = width * angles_rad.len();
    let slices: Vec<&[f32]> = sinograms.chunks(size).collect();
    let mut filtered = FilteredRows::<Eight>::zeroed(width, angles_rad);
    filtered.row_pairs().enumerate().try_for_each_init(
        || ramp.buffer(),
        |buffer, (pair_index, pair)| {
            cancel.check()?;
            for (cells, angle) in pair.into_iter().zip(2 * pair_index..) {
                if cells.is_empty() {
                    continue;
                }
                for (slot, slices) in slices.chunks(2).enumerate() {
                    let row = angle * width..(angle + 1) * width;
                    let first = &slices[0][row.clone()];
                    let second = slices.get(1).map_or(first, |slice| &slice[row]);
                    let pairs = ramp.apply_pair([first, second], [weights[angle]; 2], buffer);
                    for (cell, pair) in cells.iter_mut().zip(pairs) {
                        cell[2 * slot] = pair.re;
                        cell[2 * slot + 1] = pair.im;
                    }
                }
            }
            Ok::<(), Error>(())
        },
    )?;
    Ok(filtered)
}
