//! The picture of a frame in one view, in two steps: samples are pooled under each pixel once for each place, and what
//! was found is coloured whenever range, norm or colour map change.

use crate::blit::{OffscreenTarget, clamp_size, draw_into};
use crate::display::ImageDisplay;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::image::ImageFrame;
use crate::panels::PanelPlace;
use crate::pipelines::{POOLED_FORMAT, Pipelines, RANK_FORMAT};
use crate::uniforms::colour::ColourUniforms;
use crate::uniforms::panels::{PanelInstance, PanelsDrawn};
use crate::uniforms::pool::PoolUniforms;

/// The picture of a frame: drawn when something changed, painted each pass.
#[derive(Debug, Default)]
pub struct ImageLayer {
    state: Option<LayerState>,
}

#[derive(Debug)]
struct LayerState {
    target: OffscreenTarget,
    pool: Pool,
    colour: Colour,
}

impl ImageLayer {
    /// Draws the frame into the picture of `size` pixels if anything changed since; true if it did.
    ///
    /// Changing the display writes one uniform of 160 bytes and visits no sample.
    ///
    /// # Errors
    /// [`RenderError::Stale`](crate::error::RenderError::Stale) when the frame or the pipelines are of a device that was lost.
    pub fn prepare(
        &mut self,
        gpu: &Gpu,
        pipelines: &Pipelines,
        encoder: &mut wgpu::CommandEncoder,
        picture: (&ImageFrame, &ImageDisplay, [u32; 2]),
    ) -> Result<bool> {
        self.prepare_panels(gpu, pipelines, encoder, picture, None)
    }

    /// The same with the panels of the frame where they lie in space, where they are given; the place of the display is
    /// then that of the assembled picture.
    ///
    /// # Errors
    /// Those of [`ImageLayer::prepare`].
    pub fn prepare_panels(
        &mut self,
        gpu: &Gpu,
        pipelines: &Pipelines,
        encoder: &mut wgpu::CommandEncoder,
        (frame, display, size): (&ImageFrame, &ImageDisplay, [u32; 2]),
        panels: Option<&[PanelPlace]>,
    ) -> Result<bool> {
        pipelines.check_generation(frame.generation)?;
        pipelines.check_generation(gpu.generation)?;
        let state = match self.state.take() {
            Some(state) if state.target.fits(gpu, size) => self.state.insert(state),
            _ => self.state.insert(LayerState::new(gpu, pipelines, size)),
        };
        let size = clamp_size(gpu, size);
        let wish = match panels {
            None => Wish::Whole(PoolUniforms::new(&frame.facts, display)),
            Some(panels) => Wish::Panels(PanelsDrawn::new(&frame.facts, display, (panels, size))),
        };
        let is_pooled = state.pool.draw((gpu, pipelines, encoder), frame, wish);
        let uniforms = ColourUniforms::new(&frame.facts, display);
        if !is_pooled && state.colour.drawn == Some(uniforms) {
            return Ok(false);
        }
        state.colour.set(gpu, uniforms);
        let LayerState { target, colour, .. } = state;
        target.draw(encoder, |pass| {
            pass.set_pipeline(&pipelines.colour().pipeline);
            pass.set_bind_group(0, &colour.bind_group, &[]);
            pass.draw(0..3, 0..1);
        });
        Ok(true)
    }

    /// Paints the last picture over the viewport of the pass; nothing before the first [`ImageLayer::prepare`].
    pub fn paint(&self, pipelines: &Pipelines, pass: &mut wgpu::RenderPass<'_>) {
        if let Some(state) = &self.state {
            state.target.blit(pipelines, pass);
        }
    }

    /// The picture, to be read back.
    pub fn target(&self) -> Option<&OffscreenTarget> {
        self.state.as_ref().map(|state| &state.target)
    }
}

impl LayerState {
    fn new(gpu: &Gpu, pipelines: &Pipelines, size: [u32; 2]) -> Self {
        let pool = Pool::new(gpu, size);
        let colour = Colour::new(gpu, pipelines, &pool.pooled);
        Self {
            target: OffscreenTarget::new(gpu, pipelines, size, false),
            pool,
            colour,
        }
    }
}

/// What is pooled: the frame as it is stored, or its panels where they lie.
#[derive(Debug, PartialEq)]
enum Wish {
    Whole(PoolUniforms),
    Panels(PanelsDrawn),
}

impl Wish {
    const fn uniforms(&self) -> &PoolUniforms {
        match self {
            Self::Whole(uniforms) => uniforms,
            Self::Panels(drawn) => &drawn.uniforms,
        }
    }
}

/// What was found under each pixel, and of which frame at which place.
#[derive(Debug)]
struct Pool {
    pooled: wgpu::TextureView,
    size: [u32; 2],
    uniform_buffer: wgpu::Buffer,
    frame: Option<(u64, wgpu::BindGroup)>,
    drawn: Option<Wish>,
    panels: Option<PanelBuffers>,
}

/// What drawing panels needs beside the rest.
#[derive(Debug)]
struct PanelBuffers {
    ranks: wgpu::TextureView,
    instances: wgpu::Buffer,
}

impl Pool {
    fn new(gpu: &Gpu, size: [u32; 2]) -> Self {
        let size = clamp_size(gpu, size);
        let read_later = wgpu::TextureUsages::TEXTURE_BINDING;
        Self {
            pooled: target_view(gpu, "pooled", size, (POOLED_FORMAT, read_later)),
            size,
            panels: None,
            uniform_buffer: uniform_buffer::<PoolUniforms>(gpu),
            frame: None,
            drawn: None,
        }
    }

    /// Pools again where frame or place changed; true if they did.
    fn draw(
        &mut self,
        (gpu, pipelines, encoder): (&Gpu, &Pipelines, &mut wgpu::CommandEncoder),
        frame: &ImageFrame,
        wish: Wish,
    ) -> bool {
        let bind_group = match self.frame.take() {
            Some((id, bind_group)) if id == frame.id => {
                if self.drawn.as_ref() == Some(&wish) {
                    self.frame = Some((id, bind_group));
                    return false;
                }
                bind_group
            }
            _ => self.bind(gpu, pipelines, frame),
        };
        let bytes = bytemuck::bytes_of(wish.uniforms());
        gpu.queue.write_buffer(&self.uniform_buffer, 0, bytes);
        match &wish {
            Wish::Whole(_) => draw_into(encoder, (&self.pooled, None), |pass| {
                pass.set_pipeline(&pipelines.pool(frame.facts.class).pipeline);
                pass.set_bind_group(0, &bind_group, &[]);
                pass.draw(0..3, 0..1);
            }),
            Wish::Panels(drawn) => {
                let pipeline = &pipelines.panels(frame.facts.class).pipeline;
                let count = u32::try_from(drawn.instances.len()).unwrap_or(u32::MAX);
                let size = self.size;
                let kept = self.panels.take();
                let buffers =
                    self.panels
                        .insert(PanelBuffers::new(gpu, size, kept, &drawn.instances));
                let target = (&self.pooled, Some(&buffers.ranks));
                draw_into(encoder, target, |pass| {
                    pass.set_pipeline(pipeline);
                    pass.set_bind_group(0, &bind_group, &[]);
                    pass.set_vertex_buffer(0, buffers.instances.slice(..));
                    pass.draw(0..6, 0..count);
                });
            }
        }
        self.frame = Some((frame.id, bind_group));
        self.drawn = Some(wish);
        true
    }

    fn bind(&self, gpu: &Gpu, pipelines: &Pipelines, frame: &ImageFrame) -> wgpu::BindGroup {
        let mask = frame.mask.as_ref().unwrap_or(&pipelines.no_mask);
        gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("pool"),
            // That of the panels has the same entries, which is one layout to the device.
            layout: &pipelines.pool(frame.facts.class).layout,
            entries: &[
                buffer_entry(0, &self.uniform_buffer),
                view_entry(1, &frame.samples),
                view_entry(2, mask),
            ],
        })
    }
}

impl PanelBuffers {
    /// Writes instances into the buffers that were kept, or into larger ones.
    fn new(gpu: &Gpu, size: [u32; 2], kept: Option<Self>, instances: &[PanelInstance]) -> Self {
        let bytes: &[u8] = bytemuck::cast_slice(instances);
        let needed = (bytes.len() as u64).max(size_of::<PanelInstance>() as u64);
        let mut buffers = kept.unwrap_or_else(|| Self {
            ranks: target_view(
                gpu,
                "ranks",
                size,
                (RANK_FORMAT, wgpu::TextureUsages::empty()),
            ),
            instances: instance_buffer(gpu, needed),
        });
        if buffers.instances.size() < needed {
            buffers.instances = instance_buffer(gpu, needed);
        }
        gpu.queue.write_buffer(&buffers.instances, 0, bytes);
        buffers
    }
}

fn instance_buffer(gpu: &Gpu, size: u64) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("panels"),
        size,
        usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// A texture that is drawn into, of the size of the picture.
fn target_view(
    gpu: &Gpu,
    label: &str,
    [width, height]: [u32; 2],
    (format, usage): (wgpu::TextureFormat, wgpu::TextureUsages),
) -> wgpu::TextureView {
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | usage,
        view_formats: &[],
    });
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

/// How what was found is coloured.
#[derive(Debug)]
struct Colour {
    uniform_buffer: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
    drawn: Option<ColourUniforms>,
}

impl Colour {
    fn new(gpu: &Gpu, pipelines: &Pipelines, pooled: &wgpu::TextureView) -> Self {
        let uniform_buffer = uniform_buffer::<ColourUniforms>(gpu);
        let bind_group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("colour"),
            layout: &pipelines.colour().layout,
            entries: &[
                buffer_entry(0, &uniform_buffer),
                view_entry(1, pooled),
                view_entry(2, &pipelines.colour_maps),
            ],
        });
        Self {
            uniform_buffer,
            bind_group,
            drawn: None,
        }
    }

    fn set(&mut self, gpu: &Gpu, uniforms: ColourUniforms) {
        let bytes = bytemuck::bytes_of(&uniforms);
        gpu.queue.write_buffer(&self.uniform_buffer, 0, bytes);
        self.drawn = Some(uniforms);
    }
}

fn uniform_buffer<T>(gpu: &Gpu) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("image"),
        size: size_of::<T>() as u64,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

fn buffer_entry(binding: u32, buffer: &wgpu::Buffer) -> wgpu::BindGroupEntry<'_> {
    wgpu::BindGroupEntry {
        binding,
        resource: buffer.as_entire_binding(),
    }
}

const fn view_entry(binding: u32, view: &wgpu::TextureView) -> wgpu::BindGroupEntry<'_> {
    wgpu::BindGroupEntry {
        binding,
        resource: wgpu::BindingResource::TextureView(view),
    }
}
