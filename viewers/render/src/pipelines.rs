//! All pipelines of one device, each compiled when it is first needed.

use crate::colormap::{ColourMap, LOOKUP_COUNT, lookup_table};
use crate::error::{RenderError, Result};
use crate::gpu::Gpu;
use crate::shaders::{self, Shader};
use crate::texel::SampleClass;
use crate::uniforms::panels::PanelInstance;
use std::sync::OnceLock;

/// Format of every off-screen picture: sRGB bytes, premultiplied alpha, not converted by the hardware.
pub const PICTURE_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// Format of what was pooled under each pixel: `[word, facts]`.
pub(crate) const POOLED_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rg32Uint;

/// Format of the ranks of panels under each pixel.
pub(crate) const RANK_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;

/// The pipelines and small shared textures of one device.
///
/// Make one for each device (after a loss: a new one) and keep it where paint callbacks find it.
#[derive(Debug)]
pub struct Pipelines {
    device: wgpu::Device,
    generation: u64,
    blit_format: wgpu::TextureFormat,
    compiled: [OnceLock<Pipeline>; 12],
    pub(crate) colour_maps: wgpu::TextureView,
    pub(crate) no_mask: wgpu::TextureView,
    pub(crate) linear_sampler: wgpu::Sampler,
    pub(crate) nearest_sampler: wgpu::Sampler,
}

/// A compiled pipeline and the layout of its only bind group.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub layout: wgpu::BindGroupLayout,
    pub pipeline: wgpu::RenderPipeline,
}

impl Pipelines {
    /// Prepares the pipelines of a device; `blit_format` is the format of the pass that pictures are painted in.
    pub fn new(gpu: &Gpu, blit_format: wgpu::TextureFormat) -> Self {
        let sampler = |label, filter| {
            gpu.device.create_sampler(&wgpu::SamplerDescriptor {
                label: Some(label),
                mag_filter: filter,
                min_filter: filter,
                ..Default::default()
            })
        };
        Self {
            device: gpu.device.clone(),
            generation: gpu.generation,
            blit_format,
            compiled: Default::default(),
            colour_maps: colour_map_texture(gpu),
            no_mask: empty_mask(gpu),
            linear_sampler: sampler("linear", wgpu::FilterMode::Linear),
            nearest_sampler: sampler("nearest", wgpu::FilterMode::Nearest),
        }
    }

    /// The device that they belong to, by its generation.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Fails when an object of another device is about to be drawn with these pipelines.
    pub(crate) fn check_generation(&self, have: u64) -> Result<()> {
        if have == self.generation {
            return Ok(());
        }
        Err(RenderError::Stale {
            have,
            want: self.generation,
        })
    }

    pub(crate) fn pool(&self, class: SampleClass) -> &Pipeline {
        let (slot, shader) = match class {
            SampleClass::Uint => (0, Shader::PoolUint),
            SampleClass::Sint => (1, Shader::PoolSint),
            SampleClass::Float => (2, Shader::PoolFloat),
            SampleClass::Complex => (3, Shader::PoolComplex),
        };
        self.compiled[slot]
            .get_or_init(|| self.compile(shader, POOLED_FORMAT, &pool_entries(class)))
    }

    pub(crate) fn panels(&self, class: SampleClass) -> &Pipeline {
        let (slot, shader) = match class {
            SampleClass::Uint => (7, Shader::PanelsUint),
            SampleClass::Sint => (8, Shader::PanelsSint),
            SampleClass::Float => (9, Shader::PanelsFloat),
            SampleClass::Complex => (10, Shader::PanelsComplex),
        };
        self.compiled[slot]
            .get_or_init(|| self.compile(shader, POOLED_FORMAT, &pool_entries(class)))
    }

    pub(crate) fn colour(&self) -> &Pipeline {
        self.compiled[6]
            .get_or_init(|| self.compile(Shader::Colour, PICTURE_FORMAT, &colour_entries()))
    }

    pub(crate) fn volume(&self) -> &Pipeline {
        self.compiled[4]
            .get_or_init(|| self.compile(Shader::Volume, PICTURE_FORMAT, &volume_entries()))
    }

    /// True where the hardware turns linear colours into sRGB as a pass writes them.
    pub(crate) fn turns_linear_into_srgb(&self) -> bool {
        self.blit_format.is_srgb()
    }

    pub(crate) fn filling(&self) -> &Pipeline {
        self.compiled[11].get_or_init(|| self.compile(Shader::Fill, self.blit_format, &[]))
    }

    pub(crate) fn blit(&self) -> &Pipeline {
        let shader = if self.turns_linear_into_srgb() {
            Shader::BlitLinear
        } else {
            Shader::Blit
        };
        self.compiled[5].get_or_init(|| self.compile(shader, self.blit_format, &blit_entries()))
    }

    fn compile(
        &self,
        shader: Shader,
        format: wgpu::TextureFormat,
        entries: &[wgpu::BindGroupLayoutEntry],
    ) -> Pipeline {
        let label = Some(shader.name());
        let module = self
            .device
            .create_shader_module(wgpu::ShaderModuleDescriptor {
                label,
                source: wgpu::ShaderSource::Wgsl(shaders::source(shader).into()),
            });
        let layout = self
            .device
            .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries });
        let pipeline_layout = self
            .device
            .create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label,
                bind_group_layouts: &[Some(&layout)],
                immediate_size: 0,
            });
        let target = wgpu::ColorTargetState {
            format,
            blend: shader.blend(),
            write_mask: wgpu::ColorWrites::ALL,
        };
        let panel_buffers = [Some(PanelInstance::layout())];
        let pipeline = self
            .device
            .create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label,
                layout: Some(&pipeline_layout),
                vertex: wgpu::VertexState {
                    module: &module,
                    entry_point: Some(shader.vertex_entry_point()),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    buffers: if shader.is_of_panels() {
                        &panel_buffers
                    } else {
                        &[]
                    },
                },
                primitive: wgpu::PrimitiveState::default(),
                depth_stencil: shader.is_of_panels().then(rank_state),
                multisample: wgpu::MultisampleState::default(),
                fragment: Some(wgpu::FragmentState {
                    module: &module,
                    entry_point: Some(shader.entry_point()),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    targets: &[Some(target)],
                }),
                multiview_mask: None,
                cache: None,
            });
        Pipeline { layout, pipeline }
    }
}

/// Of several panels under a pixel the one of the highest rank stays, of equal ones the first.
fn rank_state() -> wgpu::DepthStencilState {
    wgpu::DepthStencilState {
        format: RANK_FORMAT,
        depth_write_enabled: Some(true),
        depth_compare: Some(wgpu::CompareFunction::Greater),
        stencil: wgpu::StencilState::default(),
        bias: wgpu::DepthBiasState::default(),
    }
}

fn entry(binding: u32, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty,
        count: None,
    }
}

fn uniform_entry(binding: u32) -> wgpu::BindGroupLayoutEntry {
    let ty = wgpu::BufferBindingType::Uniform;
    entry(
        binding,
        wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: false,
            min_binding_size: None,
        },
    )
}

fn texture_entry(
    binding: u32,
    view_dimension: wgpu::TextureViewDimension,
    sample_type: wgpu::TextureSampleType,
) -> wgpu::BindGroupLayoutEntry {
    entry(
        binding,
        wgpu::BindingType::Texture {
            sample_type,
            view_dimension,
            multisampled: false,
        },
    )
}

const UNFILTERED: wgpu::TextureSampleType = wgpu::TextureSampleType::Float { filterable: false };
const FILTERED: wgpu::TextureSampleType = wgpu::TextureSampleType::Float { filterable: true };

fn pool_entries(class: SampleClass) -> [wgpu::BindGroupLayoutEntry; 3] {
    let sample_type = match class {
        SampleClass::Uint => wgpu::TextureSampleType::Uint,
        SampleClass::Sint => wgpu::TextureSampleType::Sint,
        SampleClass::Float | SampleClass::Complex => UNFILTERED,
    };
    [
        uniform_entry(0),
        texture_entry(1, wgpu::TextureViewDimension::D2Array, sample_type),
        texture_entry(
            2,
            wgpu::TextureViewDimension::D2Array,
            wgpu::TextureSampleType::Uint,
        ),
    ]
}

fn colour_entries() -> [wgpu::BindGroupLayoutEntry; 3] {
    let (flat, pooled) = (
        wgpu::TextureViewDimension::D2,
        wgpu::TextureSampleType::Uint,
    );
    [
        uniform_entry(0),
        texture_entry(1, flat, pooled),
        texture_entry(2, flat, UNFILTERED),
    ]
}

fn volume_entries() -> [wgpu::BindGroupLayoutEntry; 5] {
    [
        uniform_entry(0),
        texture_entry(1, wgpu::TextureViewDimension::D3, FILTERED),
        texture_entry(2, wgpu::TextureViewDimension::D3, UNFILTERED),
        texture_entry(3, wgpu::TextureViewDimension::D2, UNFILTERED),
        entry(
            4,
            wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
        ),
    ]
}

fn blit_entries() -> [wgpu::BindGroupLayoutEntry; 2] {
    [
        texture_entry(0, wgpu::TextureViewDimension::D2, FILTERED),
        entry(
            1,
            wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
        ),
    ]
}

/// All colour maps, `[map, colour]`.
fn colour_map_texture(gpu: &Gpu) -> wgpu::TextureView {
    let size = wgpu::Extent3d {
        width: u32::try_from(LOOKUP_COUNT).unwrap_or(1),
        height: u32::try_from(ColourMap::all().len()).unwrap_or(1),
        depth_or_array_layers: 1,
    };
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("colour maps"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: Some(size.width * 4),
        rows_per_image: None,
    };
    gpu.queue
        .write_texture(texture.as_image_copy(), &lookup_table(), layout, size);
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

/// What is bound where a frame has no mask; the shader does not read it.
pub(crate) fn empty_mask(gpu: &Gpu) -> wgpu::TextureView {
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("no mask"),
        size: wgpu::Extent3d {
            width: 2,
            height: 1,
            depth_or_array_layers: 2,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::R8Uint,
        usage: wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    });
    array_view(&texture)
}

/// A view as `texture_2d_array`.
pub(crate) fn array_view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor {
        dimension: Some(wgpu::TextureViewDimension::D2Array),
        ..Default::default()
    })
}
