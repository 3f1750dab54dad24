//! Slices of a volume, as they come, into voxels for the GPU.

use crate::error::{RenderError, Result};
use crate::samples::{SampleSlice, check_length, for_each_sample_type};
use crate::values::RealSample as _;
use crate::volume_bricks::{VolumeBricks, VolumePlan, VoxelDepth, Voxels, bricks_of, shrunk};
use half::f16;
use std::collections::BTreeMap;

/// Takes the slices of a volume in any order, and keeps no more of them than it must.
#[derive(Debug)]
pub struct VolumeBuilder {
    plan: VolumePlan,
    factor: usize,
    shape: [usize; 3],
    voxels: Voxels,
    /// Layers of voxels of which some slices are still to come, by their z.
    open: BTreeMap<usize, OpenLayer>,
}

#[derive(Debug)]
struct OpenLayer {
    sum: Vec<f32>,
    count: Vec<u32>,
    slice_count: usize,
}

impl VolumeBuilder {
    /// An empty volume: voxels are 0 until their slices come.
    pub fn new(plan: VolumePlan) -> Self {
        let factor = plan.factor();
        let shape = shrunk(plan.shape, factor);
        let voxel_count = shape.iter().product();
        let voxels = match plan.depth {
            VoxelDepth::Byte => Voxels::Byte(vec![0; voxel_count]),
            VoxelDepth::Half => Voxels::Half(vec![f16::ZERO; voxel_count]),
        };
        Self {
            plan,
            factor,
            shape,
            voxels,
            open: BTreeMap::new(),
        }
    }

    /// Adds slice `z` of the file, `[y, x]`; NaN and infinities are left out of the means.
    ///
    /// # Errors
    /// [`RenderError::Shape`] when the slice differs in shape from the plan, or z is past its end.
    pub fn add_slice(&mut self, z: usize, samples: SampleSlice<'_>) -> Result<()> {
        let [slice_count, height, width] = self.plan.shape;
        check_length("slice", &[height, width], samples.len())?;
        if z >= slice_count {
            return Err(RenderError::TooLarge {
                what: "index of a slice",
                needed: z as u64,
                limit: slice_count.saturating_sub(1) as u64,
            });
        }
        let (factor, row_length) = (self.factor, self.shape[2]);
        let layer_length = self.shape[1] * row_length;
        let layer = self.open.entry(z / factor).or_insert_with(|| OpenLayer {
            sum: vec![0.0; layer_length],
            count: vec![0; layer_length],
            slice_count: 0,
        });
        for_each_sample_type!(samples, samples => {
            for (y, row) in samples.chunks_exact(width.max(1)).enumerate() {
                let start = (y / factor) * row_length;
                for (x, sample) in row.iter().enumerate() {
                    let value = sample.to_f32();
                    if value.is_finite() {
                        layer.sum[start + x / factor] += value;
                        layer.count[start + x / factor] += 1;
                    }
                }
            }
        });
        layer.slice_count += 1;
        let is_complete = layer.slice_count >= factor.min(slice_count - (z / factor) * factor);
        if is_complete && let Some(layer) = self.open.remove(&(z / factor)) {
            self.close_layer(z / factor, &layer);
        }
        Ok(())
    }

    /// The volume so far, to be shown while more slices come.
    pub fn snapshot(&mut self) -> VolumeBricks {
        let open = std::mem::take(&mut self.open);
        for (z, layer) in &open {
            self.close_layer(*z, layer);
        }
        self.open = open;
        bricks_of(&self.plan, self.factor, self.shape, self.voxels.clone())
    }

    /// The volume.
    pub fn finish(mut self) -> VolumeBricks {
        for (z, layer) in std::mem::take(&mut self.open) {
            self.close_layer(z, &layer);
        }
        bricks_of(&self.plan, self.factor, self.shape, self.voxels)
    }

    fn close_layer(&mut self, z: usize, layer: &OpenLayer) {
        let layer_length = self.shape[1] * self.shape[2];
        let range = z * layer_length..(z + 1) * layer_length;
        let lo = crate::uniforms::single(self.plan.range.lo);
        let scale =
            crate::uniforms::single(1.0 / (self.plan.range.hi - self.plan.range.lo).max(1e-30));
        let places = layer.sum.iter().zip(&layer.count).map(|(sum, count)| {
            if *count == 0 {
                0.0
            } else {
                ((sum / *count as f32 - lo) * scale).clamp(0.0, 1.0)
            }
        });
        match &mut self.voxels {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 255"
            )]
            Voxels::Byte(voxels) => {
                for (voxel, place) in voxels[range].iter_mut().zip(places) {
                    *voxel = (place * 255.0).round() as u8;
                }
            }
            Voxels::Half(voxels) => {
                for (voxel, place) in voxels[range].iter_mut().zip(places) {
                    *voxel = f16::from_f32(place);
                }
            }
        }
    }
}
