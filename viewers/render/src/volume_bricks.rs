//! Volumes made ready for the GPU on a worker: scaled to 0..1, shrunk to a budget, with the maximum of each brick.

use crate::display::Range;
use crate::error::Result;
use crate::samples::{SampleSlice, check_length};
use crate::volume_builder::VolumeBuilder;
use half::f16;

/// Edge of a brick in voxels; measured best of 8, 16 and 32 on software rendering.
pub const BRICK_EDGE: usize = 16;

/// Precision of voxels on the GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VoxelDepth {
    /// One byte: 256 steps between both ends of the range.
    #[default]
    Byte,
    /// Two bytes: half precision, for windows much narrower than the range.
    Half,
}

impl VoxelDepth {
    fn size_bytes(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Half => 2,
        }
    }
}

/// Voxels `[z, y, x]` in 0..1.
#[derive(Debug, Clone)]
pub(crate) enum Voxels {
    Byte(Vec<u8>),
    Half(Vec<f16>),
}

/// How a volume is made ready.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolumePlan {
    /// Shape of the volume in the file, `[z, y, x]`.
    pub shape: [usize; 3],
    /// Edges of a voxel `[z, y, x]`; only their ratio matters.
    pub voxel_size: [f64; 3],
    /// Samples that become 0 and 1.
    pub range: Range,
    /// Precision on the GPU.
    pub depth: VoxelDepth,
    /// Most bytes that the voxels may take.
    pub budget_bytes: usize,
    /// Longest edge that the device allows, see [`Gpu::max_volume_edge`](crate::gpu::Gpu::max_volume_edge).
    pub max_edge: usize,
}

impl VolumePlan {
    /// Cubic voxels, one byte each, at most 512 MiB and 2048 voxels along an edge.
    pub fn new(shape: [usize; 3], range: Range) -> Self {
        Self {
            shape,
            voxel_size: [1.0; 3],
            range,
            depth: VoxelDepth::Byte,
            budget_bytes: 512 << 20,
            max_edge: 2048,
        }
    }

    /// How many samples along each axis become one voxel: the smallest that meets budget and device.
    pub fn factor(&self) -> usize {
        let fits = |factor: usize| {
            let shape = shrunk(self.shape, factor);
            let voxel_count = shape.iter().map(|edge| *edge as u128).product::<u128>();
            let is_small =
                voxel_count * self.depth.size_bytes() as u128 <= self.budget_bytes.max(1) as u128;
            is_small && shape.iter().all(|edge| *edge <= self.max_edge.max(1))
        };
        let longest = self.shape.iter().copied().max().unwrap_or(1).max(1);
        (1..=longest)
            .find(|factor| fits(*factor))
            .unwrap_or(longest)
    }
}

pub(crate) fn shrunk(shape: [usize; 3], factor: usize) -> [usize; 3] {
    shape.map(|edge| edge.div_ceil(factor).max(1))
}

/// A volume ready for the GPU.
#[derive(Debug, Clone)]
pub struct VolumeBricks {
    /// Voxels along `[z, y, x]`.
    pub(crate) shape: [usize; 3],
    pub(crate) voxels: Voxels,
    /// Bricks along `[z, y, x]`.
    pub(crate) brick_shape: [usize; 3],
    pub(crate) brick_max: Voxels,
    /// Edges `[x, y, z]` of the whole volume in world: the longest is 1.
    pub(crate) world_size: [f32; 3],
    factor: usize,
}

impl VolumeBricks {
    /// Makes a whole volume `[z, y, x]` ready.
    ///
    /// # Errors
    /// [`RenderError::Shape`](crate::RenderError::Shape) when the samples do not fill the plan's shape.
    pub fn build(plan: VolumePlan, samples: SampleSlice<'_>) -> Result<Self> {
        check_length("volume", &plan.shape, samples.len())?;
        let mut builder = VolumeBuilder::new(plan);
        let slice_length = plan.shape[1] * plan.shape[2];
        for z in 0..plan.shape[0] {
            if let Some(slice) = samples.slice(z * slice_length..(z + 1) * slice_length) {
                builder.add_slice(z, slice)?;
            }
        }
        Ok(builder.finish())
    }

    /// Voxels along `[z, y, x]` on the GPU.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// How many samples along each axis became one voxel.
    pub fn factor(&self) -> usize {
        self.factor
    }

    /// Bytes that it takes in memory and on the GPU.
    pub fn size_bytes(&self) -> usize {
        self.voxels.bytes().len() + self.brick_max.bytes().len()
    }
}

impl Voxels {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Byte(voxels) => voxels,
            Self::Half(voxels) => bytemuck::cast_slice(voxels),
        }
    }

    pub(crate) fn format(&self) -> wgpu::TextureFormat {
        match self {
            Self::Byte(_) => wgpu::TextureFormat::R8Unorm,
            Self::Half(_) => wgpu::TextureFormat::R16Float,
        }
    }

    /// One voxel as the shader sees it.
    pub(crate) fn value(&self, index: usize) -> f32 {
        match self {
            Self::Byte(voxels) => voxels
                .get(index)
                .map_or(0.0, |voxel| f32::from(*voxel) / 255.0),
            Self::Half(voxels) => voxels.get(index).map_or(0.0, |voxel| voxel.to_f32()),
        }
    }
}

pub(crate) fn bricks_of(
    plan: &VolumePlan,
    factor: usize,
    shape: [usize; 3],
    voxels: Voxels,
) -> VolumeBricks {
    let brick_shape = shrunk(shape, BRICK_EDGE);
    let brick_max = match &voxels {
        Voxels::Byte(voxels) => Voxels::Byte(largest_of_bricks(voxels, shape, brick_shape)),
        Voxels::Half(voxels) => {
            // Halves that are not negative are ordered like their bits.
            let bits: &[u16] = bytemuck::cast_slice(voxels);
            let largest = largest_of_bricks(bits, shape, brick_shape);
            Voxels::Half(largest.into_iter().map(f16::from_bits).collect())
        }
    };
    let [depth, height, width] =
        std::array::from_fn(|axis| shape[axis] as f64 * plan.voxel_size[axis].abs());
    let longest = width.max(height).max(depth).max(f64::MIN_POSITIVE);
    let world_size =
        [width, height, depth].map(|edge| crate::uniforms::single(edge / longest).max(1e-6));
    VolumeBricks {
        shape,
        voxels,
        brick_shape,
        brick_max,
        world_size,
        factor,
    }
}

/// The largest voxel of each brick and of the voxels that touch it, which linear sampling can reach.
fn largest_of_bricks<T: Copy + Ord + Default>(
    voxels: &[T],
    shape: [usize; 3],
    bricks: [usize; 3],
) -> Vec<T> {
    let reach = |brick: usize, edge: usize| {
        let start = brick * BRICK_EDGE;
        start.saturating_sub(1)..(start + BRICK_EDGE + 1).min(edge)
    };
    let mut largest = Vec::with_capacity(bricks.iter().product());
    for brick_z in 0..bricks[0] {
        for brick_y in 0..bricks[1] {
            for brick_x in 0..bricks[2] {
                let mut best = T::default();
                for z in reach(brick_z, shape[0]) {
                    for y in reach(brick_y, shape[1]) {
                        let start = (z * shape[1] + y) * shape[2];
                        let columns = reach(brick_x, shape[2]);
                        let row = &voxels[start + columns.start..start + columns.end];
                        best = row.iter().copied().fold(best, T::max);
                    }
                }
                largest.push(best);
            }
        }
    }
    largest
}
