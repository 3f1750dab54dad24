//! Integration as a kernel in three bodies.

use std::borrow::Cow;
use std::sync::Arc;

use hutch_model::{Cancel, Result, Samples};

use super::integrator::{Integrator, Rules};
use crate::array::{Array, require_shape};
use crate::kernel::{
    AxisNeed, GpuBuffer, GpuPass, GpuPlan, Kernel, Need, Parameter, Tolerance, exactly,
};
use crate::numeric::{to_f32, to_f32_vec, to_u32};

const TRIED: &str = "integrate frames";
/// Workgroups along an axis, as every device has them.
const GROUPS_MAX: usize = 65_535;

/// Integrates frames over the azimuth.
///
/// Input: frames `[frame, y, x]` in counts; what is not finite does not count.
/// Output: the mean intensity `[frame, radius]`, or `[frame, azimuth, radius]`
/// of a picture; NaN where a bin has no pixel.
/// Source: Kieffer et al., J. Appl. Cryst. 58 (2025) 138.
#[derive(Clone, Debug)]
pub struct Integrate {
    /// The table and the corrections.
    pub integrator: Arc<Integrator>,
}

impl Integrate {
    /// How many frames there are.
    fn frames(&self, inputs: &[&[usize]]) -> Result<usize> {
        let [frames] = exactly(inputs, "frames")?;
        let frame = &self.integrator.table().frame_shape;
        let fits = frames.split_first().is_some_and(|(_, shape)| {
            shape.len() == frame.len()
                && shape
                    .iter()
                    .zip(frame)
                    .all(|(own, other)| *own as u64 == *other)
        });
        require_shape(fits, TRIED, || {
            format!("frames {frames:?} where [frame, ..{frame:?}] is wanted")
        })?;
        Ok(frames.first().copied().unwrap_or(0))
    }

    /// The table by bins: where each begins, its pixels, and their parts.
    fn by_bin(&self) -> (Vec<usize>, Vec<usize>, Vec<f64>) {
        let table = self.integrator.table();
        let mut starts = vec![0; table.bin_count() + 1];
        for bin in &table.bins {
            starts[*bin as usize + 1] += 1;
        }
        for bin in 0..table.bin_count() {
            starts[bin + 1] += starts[bin];
        }
        let mut next = starts.clone();
        let mut pixels = vec![0; table.bins.len()];
        let mut parts = vec![0.0; table.bins.len()];
        for pixel in 0..table.pixel_count() {
            for (bin, part) in table.of_pixel(pixel) {
                pixels[next[bin]] = pixel;
                parts[next[bin]] = part;
                next[bin] += 1;
            }
        }
        (starts, pixels, parts)
    }

    fn shape(&self, frames: usize) -> Vec<usize> {
        let mut shape = vec![frames];
        shape.extend(self.integrator.table().shape());
        shape
    }
}

/// Whole numbers as the words of a buffer.
fn words(numbers: &[usize]) -> GpuBuffer<'static> {
    let bits = numbers.iter().map(|number| f32::from_bits(to_u32(*number)));
    GpuBuffer::Input(Cow::Owned(bits.collect()))
}

impl Kernel for Integrate {
    fn name(&self) -> &'static str {
        "integrate"
    }

    fn parameters(&self) -> Vec<Parameter> {
        let table = self.integrator.table();
        let parameter = |name, value: usize, meaning| Parameter {
            name,
            value: value.to_string(),
            meaning,
        };
        vec![
            parameter("points", table.radius.len(), "bins along the radius"),
            parameter(
                "azimuth_points",
                table.azimuth.len(),
                "bins along the azimuth; 0 for a pattern",
            ),
        ]
    }

    fn axes(&self) -> &'static [AxisNeed] {
        &[
            AxisNeed {
                axis: "frame",
                need: Need::Halo(0),
            },
            AxisNeed {
                axis: "y",
                need: Need::Whole,
            },
            AxisNeed {
                axis: "x",
                need: Need::Whole,
            },
        ]
    }

    fn tolerance(&self) -> Tolerance {
        // The CPU holds parts of pixels in 32 bits, the GPU also counts and
        // products, whose sums are compensated.
        Tolerance {
            cpu: 1e-6,
            gpu: 1e-6,
        }
    }

    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>> {
        Ok(self.shape(self.frames(inputs)?))
    }

    fn memory_bytes(&self, inputs: &[&[usize]]) -> u64 {
        let bins = self.integrator.table().bin_count() * 5 * 8;
        self.integrator.memory_bytes() + (self.frames(inputs).unwrap_or(0) * bins) as u64
    }

    fn reference(&self, inputs: &[&Array]) -> Result<Vec<f64>> {
        let [frames] = exactly(inputs, "frames")?;
        let count = self.frames(&[frames.shape()])?;
        let table = self.integrator.table();
        let (size, bins) = (table.pixel_count(), table.bin_count());
        let mut intensity = Vec::with_capacity(count * bins);
        for frame in frames.samples().chunks(size.max(1)) {
            let (mut signal, mut norm) = (vec![0.0; bins], vec![0.0; bins]);
            for (pixel, value) in frame
                .iter()
                .enumerate()
                .filter(|(_, value)| value.is_finite())
            {
                let corrected = f64::from(*value) - self.integrator.dark(pixel);
                for (bin, part) in table.of_pixel(pixel) {
                    signal[bin] += part * corrected;
                    norm[bin] += part * self.integrator.weights()[pixel];
                }
            }
            let mean =
                |(signal, norm): (f64, f64)| if norm == 0.0 { f64::NAN } else { signal / norm };
            intensity.extend(signal.into_iter().zip(norm).map(mean));
        }
        Ok(intensity)
    }

    fn cpu(&self, inputs: &[&Array], cancel: &Cancel) -> Result<Array> {
        let [frames] = exactly(inputs, "frames")?;
        let count = self.frames(&[frames.shape()])?;
        let samples = Samples::F32(frames.samples().to_vec());
        let sums = self
            .integrator
            .frames(&samples, &Rules::default(), cancel)?;
        let intensity = sums
            .iter()
            .flat_map(|sums| to_f32_vec(&sums.intensity()))
            .collect();
        Array::new(self.shape(count), intensity)
    }

    fn gpu<'a>(&self, inputs: &[&'a Array], step_limit: u64) -> Result<GpuPlan<'a>> {
        let [frames] = exactly(inputs, "frames")?;
        let count = self.frames(&[frames.shape()])?;
        let table = self.integrator.table();
        let (size, bins) = (table.pixel_count(), table.bin_count());
        let (starts, pixels, parts) = self.by_bin();
        let dark = (0..size)
            .map(|pixel| to_f32(self.integrator.dark(pixel)))
            .collect();
        let mut passes = Vec::new();
        for frame in 0..count {
            let mut first = 0;
            while first < bins {
                let limit =
                    starts[first].saturating_add(usize::try_from(step_limit).unwrap_or(usize::MAX));
                let end = starts
                    .partition_point(|start| *start <= limit)
                    .saturating_sub(1);
                let end = end.clamp(first + 1, (first + GROUPS_MAX).min(bins));
                passes.push(GpuPass {
                    name: "integrate",
                    wgsl: include_str!("../../../shaders/compute/integrate.wgsl"),
                    uniforms: vec![
                        to_u32(first),
                        to_u32(end),
                        to_u32(bins),
                        to_u32(size),
                        to_u32(frame),
                        f32::NAN.to_bits(),
                        0,
                        0,
                    ],
                    buffers: vec![0, 1, 2, 3, 4, 5, 6],
                    workgroups: [to_u32(end - first), 1, 1],
                    step_count: (starts[end] - starts[first]) as u64,
                });
                first = end;
            }
        }
        Ok(GpuPlan {
            buffers: vec![
                GpuBuffer::Input(frames.samples().into()),
                words(&starts),
                words(&pixels),
                GpuBuffer::Input(to_f32_vec(&parts).into()),
                GpuBuffer::Input(to_f32_vec(self.integrator.weights()).into()),
                GpuBuffer::Input(Cow::Owned(dark)),
                GpuBuffer::Zeros(count * bins),
            ],
            passes,
            output: 6,
            shape: self.shape(count),
        })
    }
}
