//! Frames on the GPU in their stored type.

use crate::error::{RenderError, Result};
use crate::gpu::Gpu;
use crate::pipelines::array_view;
use crate::pyramid::{FramePyramid, Pooling};
use crate::samples::RawFrame;
use crate::uniforms::pool::FrameFacts;
use std::sync::atomic::{AtomicU64, Ordering};

/// Texels in a row of the texture, whatever the width of the frame: every device has rows as long.
const ROW_LENGTH: u32 = 1 << 11;
/// Most rows in a layer. Fewer than a row is long: wgpu's GL backend takes square layers for cube maps.
const MAX_ROW_COUNT: u32 = 1 << 10;

/// Rows that are written at once: wgpu lets nobody else submit while it copies them, the window least of all.
const ROWS_AT_ONCE: u32 = 128;

/// A frame on the GPU: its pyramid as one run of texels, folded into the rows and layers of a texture array.
///
/// So a frame may be wider than the widest texture, and an upload is one copy without padding rows.
#[derive(Debug)]
pub struct ImageFrame {
    pub(crate) facts: FrameFacts,
    pub(crate) samples: wgpu::TextureView,
    pub(crate) mask: Option<wgpu::TextureView>,
    pub(crate) id: u64,
    pub(crate) generation: u64,
}

impl ImageFrame {
    /// Builds the pyramid of a frame (pooled by the largest sample) and uploads it; for workers and tests.
    ///
    /// # Errors
    /// As [`FramePyramid::build`] and [`ImageFrame::from_pyramid`].
    pub fn upload(gpu: &Gpu, frame: &RawFrame<'_>) -> Result<Self> {
        Self::from_pyramid(gpu, &FramePyramid::build(frame, Pooling::Max)?)
    }

    /// Uploads a pyramid that a worker built; the copy is queued and done when the queue is next submitted.
    ///
    /// # Errors
    /// [`RenderError::TooLarge`] when the device has too few layers.
    pub fn from_pyramid(gpu: &Gpu, pyramid: &FramePyramid) -> Result<Self> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let texel_size = pyramid.texels.format().block_copy_size(None).unwrap_or(1);
        let texel_count = pyramid.texels.bytes().len() as u64 / u64::from(texel_size);
        let fold = Fold::of(texel_count);
        let limit = gpu.device.limits().max_texture_array_layers;
        if fold.layer_count > limit {
            let what = "frame in layers of the texture";
            return Err(RenderError::TooLarge {
                what,
                needed: fold.layer_count.into(),
                limit: limit.into(),
            });
        }
        let mask = pyramid.mask.as_deref();
        Ok(Self {
            facts: FrameFacts::of(pyramid, fold.row_count.ilog2() + ROW_LENGTH.ilog2()),
            samples: fold.upload(gpu, pyramid.texels.bytes(), pyramid.texels.format()),
            mask: mask.map(|mask| fold.upload(gpu, mask, wgpu::TextureFormat::R8Uint)),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            generation: gpu.generation,
        })
    }

    /// Pixels `[width, height]`.
    pub fn size(&self) -> [u32; 2] {
        self.facts
            .levels
            .first()
            .map_or([0, 0], |level| [level.width, level.height])
    }

    /// Pixels of the frame.
    pub(crate) fn sample_count(&self) -> usize {
        self.size().map(|edge| edge as usize).iter().product()
    }

    /// The device that it is on; upload it again when the window has another one.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

/// How a run of texels is folded into a texture array.
#[derive(Debug, Clone, Copy)]
struct Fold {
    /// Rows in a layer, a power of two.
    row_count: u32,
    /// At least 2: wgpu's GL backend takes a single layer for a plain 2D texture.
    layer_count: u32,
}

impl Fold {
    fn of(texel_count: u64) -> Self {
        let rows = texel_count.div_ceil(u64::from(ROW_LENGTH));
        let half = u32::try_from(rows.div_ceil(2)).unwrap_or(MAX_ROW_COUNT);
        let row_count = half.min(MAX_ROW_COUNT).next_power_of_two();
        let layer_count = u32::try_from(rows.div_ceil(u64::from(row_count)))
            .unwrap_or(u32::MAX)
            .max(2);
        Self {
            row_count,
            layer_count,
        }
    }

    fn upload(self, gpu: &Gpu, bytes: &[u8], format: wgpu::TextureFormat) -> wgpu::TextureView {
        let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("frame"),
            size: wgpu::Extent3d {
                width: ROW_LENGTH,
                height: self.row_count,
                depth_or_array_layers: self.layer_count,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let row_bytes = ROW_LENGTH * format.block_copy_size(None).unwrap_or(1);
        let layer_bytes = row_bytes as usize * self.row_count as usize;
        for (layer, bytes) in (0_u32..).zip(bytes.chunks(layer_bytes)) {
            let whole_rows = bytes.len() / row_bytes as usize;
            let (rows, rest) = bytes.split_at(whole_rows * row_bytes as usize);
            let row_count = u32::try_from(whole_rows).unwrap_or(0);
            let piece_bytes = (row_bytes * ROWS_AT_ONCE) as usize;
            for (first, piece) in (0_u32..)
                .step_by(ROWS_AT_ONCE as usize)
                .zip(rows.chunks(piece_bytes))
            {
                let row_count = u32::try_from(piece.len()).unwrap_or(0) / row_bytes;
                write_rows(
                    gpu,
                    &texture,
                    piece,
                    [ROW_LENGTH, row_count],
                    [first, layer],
                );
            }
            let rest_texels = u32::try_from(rest.len()).unwrap_or(0) / (row_bytes / ROW_LENGTH);
            write_rows(gpu, &texture, rest, [rest_texels, 1], [row_count, layer]);
        }
        array_view(&texture)
    }
}

/// Queues the copy of `size` texels `[width, height]` to row `place[0]` of layer `place[1]`.
fn write_rows(gpu: &Gpu, texture: &wgpu::Texture, bytes: &[u8], size: [u32; 2], place: [u32; 2]) {
    if bytes.is_empty() {
        return;
    }
    let target = wgpu::TexelCopyTextureInfo {
        origin: wgpu::Origin3d {
            x: 0,
            y: place[0],
            z: place[1],
        },
        ..texture.as_image_copy()
    };
    let row_bytes = u32::try_from(bytes.len())
        .ok()
        .map(|length| length / size[1]);
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: row_bytes,
        rows_per_image: None,
    };
    let extent = wgpu::Extent3d {
        width: size[0],
        height: size[1],
        depth_or_array_layers: 1,
    };
    gpu.queue.write_texture(target, bytes, layout, extent);
}
