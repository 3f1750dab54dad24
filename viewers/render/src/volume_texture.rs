//! Volumes on the GPU.

use crate::error::{RenderError, Result};
use crate::gpu::Gpu;
use crate::pipelines::Pipelines;
use crate::volume::{VolumeDisplay, VolumeUniforms};
use crate::volume_bricks::{VolumeBricks, Voxels};
use std::sync::atomic::{AtomicU64, Ordering};

/// A volume on the GPU.
#[derive(Debug)]
pub struct VolumeTexture {
    voxels: wgpu::Texture,
    brick_max: wgpu::Texture,
    edges: [f32; 3],
    world_size: [f32; 3],
    uploaded_slice_count: u32,
    id: u64,
    generation: u64,
}

impl VolumeTexture {
    /// Makes the textures and uploads the whole volume; 128 MiB take about 0.2 s.
    ///
    /// # Errors
    /// [`RenderError::TooLarge`] when an edge is longer than the device allows.
    pub fn upload(gpu: &Gpu, bricks: &VolumeBricks) -> Result<Self> {
        let mut texture = Self::begin(gpu, bricks)?;
        while !texture.upload_some(gpu, bricks, 32 << 20) {
            // Each submission frees the staging memory of the last, so that it stays small.
            gpu.queue.submit([]);
        }
        Ok(texture)
    }

    /// Makes the textures, still empty; [`VolumeTexture::upload_some`] fills them pass by pass.
    ///
    /// # Errors
    /// As [`VolumeTexture::upload`].
    pub fn begin(gpu: &Gpu, bricks: &VolumeBricks) -> Result<Self> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let limit = gpu.max_volume_edge();
        let longest = bricks.shape.iter().copied().max().unwrap_or(0);
        if longest > limit {
            let what = "volume in voxels along its longest edge";
            return Err(RenderError::TooLarge {
                what,
                needed: longest as u64,
                limit: limit as u64,
            });
        }
        let [depth, height, width] = bricks.shape;
        let brick_max = create_texture(gpu, bricks.brick_shape, &bricks.brick_max);
        write_slices(
            gpu,
            &brick_max,
            &bricks.brick_max,
            0..brick_max.depth_or_array_layers(),
        );
        Ok(Self {
            voxels: create_texture(gpu, bricks.shape, &bricks.voxels),
            brick_max,
            edges: [width as f32, height as f32, depth as f32],
            world_size: bricks.world_size,
            uploaded_slice_count: 0,
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            generation: gpu.generation,
        })
    }

    /// Queues the next slices, about `budget_bytes` of them; true when all are there.
    pub fn upload_some(&mut self, gpu: &Gpu, bricks: &VolumeBricks, budget_bytes: usize) -> bool {
        let slice_count = self.voxels.depth_or_array_layers();
        let slice_bytes = bricks.voxels.bytes().len() / slice_count.max(1) as usize;
        let step = u32::try_from(budget_bytes / slice_bytes.max(1))
            .unwrap_or(u32::MAX)
            .max(1);
        let end = self
            .uploaded_slice_count
            .saturating_add(step)
            .min(slice_count);
        write_slices(
            gpu,
            &self.voxels,
            &bricks.voxels,
            self.uploaded_slice_count..end,
        );
        self.uploaded_slice_count = end;
        end == slice_count
    }

    /// Edges of the volume in world `[x, y, z]`; the longest is 1, its centre the origin. For labels beside it.
    pub fn world_size(&self) -> [f32; 3] {
        self.world_size
    }

    /// The device that it is on.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Which volume, and how much of it: a picture of another pair is out of date.
    pub(crate) fn version(&self) -> (u64, u32) {
        (self.id, self.uploaded_slice_count)
    }

    pub(crate) fn uniforms(&self, display: &VolumeDisplay, size: [u32; 2]) -> VolumeUniforms {
        VolumeUniforms::new(self.edges, self.world_size, display, size)
    }

    pub(crate) fn bind(
        &self,
        gpu: &Gpu,
        pipelines: &Pipelines,
        uniforms: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        let voxels = self
            .voxels
            .create_view(&wgpu::TextureViewDescriptor::default());
        let brick_max = self
            .brick_max
            .create_view(&wgpu::TextureViewDescriptor::default());
        let view = |binding, view| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::TextureView(view),
        };
        gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("volume"),
            layout: &pipelines.volume().layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: uniforms.as_entire_binding(),
                },
                view(1, &voxels),
                view(2, &brick_max),
                view(3, &pipelines.colour_maps),
                wgpu::BindGroupEntry {
                    binding: 4,
                    resource: wgpu::BindingResource::Sampler(&pipelines.linear_sampler),
                },
            ],
        })
    }
}

fn create_texture(gpu: &Gpu, shape: [usize; 3], voxels: &Voxels) -> wgpu::Texture {
    let [depth, height, width] = shape.map(|edge| u32::try_from(edge).unwrap_or(u32::MAX));
    gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("volume"),
        size: wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: depth,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D3,
        format: voxels.format(),
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

fn write_slices(gpu: &Gpu, texture: &wgpu::Texture, voxels: &Voxels, slices: std::ops::Range<u32>) {
    let bytes = voxels.bytes();
    let slice_bytes = bytes.len() / texture.depth_or_array_layers().max(1) as usize;
    let Some(bytes) =
        bytes.get(slices.start as usize * slice_bytes..slices.end as usize * slice_bytes)
    else {
        return;
    };
    if bytes.is_empty() {
        return;
    }
    let row_bytes = u32::try_from(slice_bytes)
        .ok()
        .map(|length| length / texture.height());
    gpu.queue.write_texture(
        wgpu::TexelCopyTextureInfo {
            origin: wgpu::Origin3d {
                x: 0,
                y: 0,
                z: slices.start,
            },
            ..texture.as_image_copy()
        },
        bytes,
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: row_bytes,
            rows_per_image: Some(texture.height()),
        },
        wgpu::Extent3d {
            width: texture.width(),
            height: texture.height(),
            depth_or_array_layers: slices.end - slices.start,
        },
    );
}
