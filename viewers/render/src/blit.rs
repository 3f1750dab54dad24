//! Off-screen pictures, and their way into the pass of a window.

use crate::gpu::Gpu;
use crate::pipelines::{PICTURE_FORMAT, Pipelines};

/// A texture that a view draws into when something changed, and that is painted each pass.
#[derive(Debug)]
pub struct OffscreenTarget {
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    bind_group: wgpu::BindGroup,
    generation: u64,
}

impl OffscreenTarget {
    /// A picture of `size` pixels `[width, height]`, at least 1 by 1 and at most what the device can hold.
    ///
    /// `is_smooth` scales it linearly when it is painted at another size; otherwise pixels stay crisp.
    pub fn new(gpu: &Gpu, pipelines: &Pipelines, size: [u32; 2], is_smooth: bool) -> Self {
        let [width, height] = clamp_size(gpu, size);
        let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: wgpu::Extent3d {
                width,
                height,
                depth_or_array_layers: 1,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: PICTURE_FORMAT,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT
                | wgpu::TextureUsages::TEXTURE_BINDING
                | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let sampler = if is_smooth {
            &pipelines.linear_sampler
        } else {
            &pipelines.nearest_sampler
        };
        let bind_group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("picture"),
            layout: &pipelines.blit().layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(&view),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::Sampler(sampler),
                },
            ],
        });
        Self {
            texture,
            view,
            bind_group,
            generation: gpu.generation,
        }
    }

    /// True when it can be drawn into for a picture of that size on that device.
    pub fn fits(&self, gpu: &Gpu, size: [u32; 2]) -> bool {
        self.generation == gpu.generation && self.size() == clamp_size(gpu, size)
    }

    /// Pixels `[width, height]`.
    pub fn size(&self) -> [u32; 2] {
        [self.texture.width(), self.texture.height()]
    }

    /// The texture, to be read back.
    pub fn texture(&self) -> &wgpu::Texture {
        &self.texture
    }

    /// Runs `draw` in a pass over the whole picture.
    pub(crate) fn draw(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        draw: impl FnOnce(&mut wgpu::RenderPass<'_>),
    ) {
        draw_into(encoder, (&self.view, None), draw);
    }

    /// Paints the picture over the viewport of a pass whose format the pipelines were made for.
    ///
    /// Nothing is painted when the picture is of a device that was lost.
    pub fn blit(&self, pipelines: &Pipelines, pass: &mut wgpu::RenderPass<'_>) {
        if pipelines.check_generation(self.generation).is_ok() {
            pass.set_pipeline(&pipelines.blit().pipeline);
            pass.set_bind_group(0, &self.bind_group, &[]);
            pass.draw(0..3, 0..1);
        }
    }
}

/// Runs `draw` in a pass over the whole of a texture, with the ranks of what is drawn where there are any.
pub(crate) fn draw_into(
    encoder: &mut wgpu::CommandEncoder,
    (view, ranks): (&wgpu::TextureView, Option<&wgpu::TextureView>),
    draw: impl FnOnce(&mut wgpu::RenderPass<'_>),
) {
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("picture"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations {
                load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                store: wgpu::StoreOp::Store,
            },
        })],
        depth_stencil_attachment: ranks.map(|view| wgpu::RenderPassDepthStencilAttachment {
            view,
            depth_ops: Some(wgpu::Operations {
                load: wgpu::LoadOp::Clear(0.0),
                store: wgpu::StoreOp::Discard,
            }),
            stencil_ops: None,
        }),
        timestamp_writes: None,
        occlusion_query_set: None,
        multiview_mask: None,
    });
    draw(&mut pass);
}

/// A size that the device can hold.
pub(crate) fn clamp_size(gpu: &Gpu, size: [u32; 2]) -> [u32; 2] {
    let limit = gpu.device.limits().max_texture_dimension_2d;
    size.map(|edge| edge.clamp(1, limit))
}
