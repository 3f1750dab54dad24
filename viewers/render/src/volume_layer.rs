//! The picture of a volume in one view.

use crate::blit::OffscreenTarget;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::pipelines::Pipelines;
use crate::volume::{VolumeDisplay, VolumeUniforms};
use crate::volume_texture::VolumeTexture;

/// The picture of a volume: drawn when something changed, painted each pass.
#[derive(Debug, Default)]
pub struct VolumeLayer {
    state: Option<LayerState>,
}

#[derive(Debug)]
struct LayerState {
    target: OffscreenTarget,
    uniform_buffer: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
    shown: (u64, u32),
    drawn: Option<VolumeUniforms>,
}

impl VolumeLayer {
    /// Draws the volume for a view of `size` pixels if anything changed since; true if it did.
    ///
    /// # Errors
    /// [`RenderError::Stale`](crate::error::RenderError::Stale) when the volume or the pipelines are of a device that was lost.
    pub fn prepare(
        &mut self,
        gpu: &Gpu,
        pipelines: &Pipelines,
        encoder: &mut wgpu::CommandEncoder,
        picture: (&VolumeTexture, &VolumeDisplay, [u32; 2]),
    ) -> Result<bool> {
        let (volume, display, size) = picture;
        pipelines.check_generation(volume.generation())?;
        pipelines.check_generation(gpu.generation)?;
        let size = scaled_size(size, display.resolution);
        let uniforms = volume.uniforms(display, size);
        let state = match self.state.take() {
            Some(state) if state.target.fits(gpu, size) => self.state.insert(state),
            _ => self
                .state
                .insert(LayerState::new(gpu, pipelines, volume, size)),
        };
        // More slices since the last picture are a change, too.
        let shown = volume.version();
        if state.shown.0 != shown.0 {
            state.bind_group = volume.bind(gpu, pipelines, &state.uniform_buffer);
        } else if state.shown == shown && state.drawn == Some(uniforms) {
            return Ok(false);
        }
        state.shown = shown;
        gpu.queue
            .write_buffer(&state.uniform_buffer, 0, bytemuck::bytes_of(&uniforms));
        state.target.draw(encoder, |pass| {
            pass.set_pipeline(&pipelines.volume().pipeline);
            pass.set_bind_group(0, &state.bind_group, &[]);
            pass.draw(0..3, 0..1);
        });
        state.drawn = Some(uniforms);
        Ok(true)
    }

    /// Paints the last picture over the viewport of the pass; nothing before the first [`VolumeLayer::prepare`].
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

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at least 1, at most the view"
)]
fn scaled_size(size: [u32; 2], resolution: f32) -> [u32; 2] {
    size.map(|edge| (edge as f32 * resolution.clamp(0.05, 1.0)).round().max(1.0) as u32)
}

impl LayerState {
    fn new(gpu: &Gpu, pipelines: &Pipelines, volume: &VolumeTexture, size: [u32; 2]) -> Self {
        let uniform_buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("volume"),
            size: size_of::<VolumeUniforms>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let bind_group = volume.bind(gpu, pipelines, &uniform_buffer);
        let target = OffscreenTarget::new(gpu, pipelines, size, true);
        Self {
            target,
            uniform_buffer,
            bind_group,
            shown: volume.version(),
            drawn: None,
        }
    }
}
