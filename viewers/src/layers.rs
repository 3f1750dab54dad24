//! Where the pipelines meet egui: each view draws off-screen when something
//! changed, and egui's pass only copies the result.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use egui_wgpu::{CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};
use hutch_render::{
    Gpu, ImageDisplay, ImageFrame, ImageLayer, Pipelines, VolumeDisplay, VolumeLayer, VolumeTexture,
};

/// Names a layer; each picture on the screen has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerId(u64);

impl LayerId {
    /// A name that no other layer has.
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

struct Shared {
    gpu: Gpu,
    pipelines: Pipelines,
    pass: u64,
    images: HashMap<LayerId, (u64, ImageLayer)>,
    volumes: HashMap<LayerId, (u64, VolumeLayer)>,
}

impl Shared {
    /// Layers of views that are closed are dropped after a while.
    fn sweep(&mut self) {
        self.pass += 1;
        if self.pass.is_multiple_of(256) {
            let oldest = self.pass.saturating_sub(2048);
            self.images.retain(|_, (used, _)| *used >= oldest);
            self.volumes.retain(|_, (used, _)| *used >= oldest);
        }
    }
}

/// Puts the pipelines where the callbacks of a window find them.
pub fn install(state: &RenderState, gpu: &Gpu) {
    let pipelines = Pipelines::new(gpu, state.target_format);
    state.renderer.write().callback_resources.insert(Shared {
        gpu: gpu.clone(),
        pipelines,
        pass: 0,
        images: HashMap::new(),
        volumes: HashMap::new(),
    });
}

/// Draws a frame.
#[expect(missing_debug_implementations, reason = "objects on the GPU have none")]
pub struct ImageCallback {
    /// Its layer.
    pub layer: LayerId,
    /// The frame on the GPU.
    pub frame: Arc<ImageFrame>,
    /// How it is shown.
    pub display: ImageDisplay,
    /// Width and height of the place on the screen, in physical pixels.
    pub size_px: [u32; 2],
}

impl CallbackTrait for ImageCallback {
    fn prepare(
        &self,
        _device: &wgpu::Device,
        _queue: &wgpu::Queue,
        _screen_descriptor: &ScreenDescriptor,
        egui_encoder: &mut wgpu::CommandEncoder,
        callback_resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(shared) = callback_resources.get_mut::<Shared>() {
            shared.sweep();
            let (used, layer) = shared.images.entry(self.layer).or_default();
            *used = shared.pass;
            let picture = (&*self.frame, &self.display, self.size_px);
            if let Err(error) = layer.prepare(&shared.gpu, &shared.pipelines, egui_encoder, picture)
            {
                log::debug!("draw a frame: {error}");
            }
        }
        Vec::new()
    }

    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        render_pass: &mut wgpu::RenderPass<'static>,
        callback_resources: &CallbackResources,
    ) {
        if let Some(shared) = callback_resources.get::<Shared>()
            && let Some((_, layer)) = shared.images.get(&self.layer)
        {
            layer.paint(&shared.pipelines, render_pass);
        }
    }
}

/// Draws a volume.
#[expect(missing_debug_implementations, reason = "objects on the GPU have none")]
pub struct VolumeCallback {
    /// Its layer.
    pub layer: LayerId,
    /// The volume on the GPU.
    pub volume: Arc<VolumeTexture>,
    /// How it is shown.
    pub display: VolumeDisplay,
    /// Width and height of the place on the screen, in physical pixels.
    pub size_px: [u32; 2],
}

impl CallbackTrait for VolumeCallback {
    fn prepare(
        &self,
        _device: &wgpu::Device,
        _queue: &wgpu::Queue,
        _screen_descriptor: &ScreenDescriptor,
        egui_encoder: &mut wgpu::CommandEncoder,
        callback_resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(shared) = callback_resources.get_mut::<Shared>() {
            shared.sweep();
            let (used, layer) = shared.volumes.entry(self.layer).or_default();
            *used = shared.pass;
            let picture = (&*self.volume, &self.display, self.size_px);
            if let Err(error) = layer.prepare(&shared.gpu, &shared.pipelines, egui_encoder, picture)
            {
                log::debug!("draw a volume: {error}");
            }
        }
        Vec::new()
    }

    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        render_pass: &mut wgpu::RenderPass<'static>,
        callback_resources: &CallbackResources,
    ) {
        if let Some(shared) = callback_resources.get::<Shared>()
            && let Some((_, layer)) = shared.volumes.get(&self.layer)
        {
            layer.paint(&shared.pipelines, render_pass);
        }
    }
}

/// Physical pixels of a rectangle on the screen, at least one each way.
pub fn size_px(ui: &egui::Ui, rect: egui::Rect) -> [u32; 2] {
    let scale = ui.ctx().pixels_per_point();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a screen has fewer pixels than 2^32, and at least one is taken"
    )]
    let edge = |points: f32| (points * scale).round().clamp(1.0, 16384.0) as u32;
    [edge(rect.width()), edge(rect.height())]
}
