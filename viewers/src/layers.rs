//! Where the pipelines meet egui: each view draws off-screen when something
//! changed, and egui's pass only copies the result.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use egui_wgpu::{CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};
use hutch_render::{
    Gpu, ImageDisplay, ImageFrame, ImageLayer, PanelPlace, Pipelines, VolumeDisplay, VolumeLayer,
    VolumeTexture,
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
}

/// Puts the pipelines where the callbacks of a window find them.
pub fn install(state: &RenderState, gpu: &Gpu) {
    let pipelines = Pipelines::new(gpu, state.target_format);
    state.renderer.write().callback_resources.insert(Shared {
        gpu: gpu.clone(),
        pipelines,
        pass: 0,
    });
}

/// A picture that is drawn off-screen when something changed.
pub trait Picture: Default + Send + Sync + Sized + 'static {
    /// What is drawn, on the GPU.
    type Source: Send + Sync;
    /// How it is shown.
    type Display: Send + Sync;

    /// Draws it off-screen where that is needed.
    ///
    /// # Errors
    /// Those of the pipelines; a stale source belongs to a device that was lost.
    fn prepare(
        &mut self,
        tools: (&Gpu, &Pipelines, &mut wgpu::CommandEncoder),
        picture: (&Self::Source, &Self::Display, [u32; 2]),
    ) -> hutch_render::Result<bool>;

    /// Copies it into the viewport.
    fn paint(&self, pipelines: &Pipelines, pass: &mut wgpu::RenderPass<'static>);
}

/// How a frame is shown: as it is stored, or its panels where they lie.
#[derive(Clone, Debug)]
pub struct ImageLook {
    /// Place, range and colours.
    pub display: ImageDisplay,
    /// The panels, where they are shown as they lie.
    pub panels: Option<Arc<[PanelPlace]>>,
}

impl From<ImageDisplay> for ImageLook {
    fn from(display: ImageDisplay) -> Self {
        Self {
            display,
            panels: None,
        }
    }
}

impl Picture for ImageLayer {
    type Source = ImageFrame;
    type Display = ImageLook;

    fn prepare(
        &mut self,
        (gpu, pipelines, encoder): (&Gpu, &Pipelines, &mut wgpu::CommandEncoder),
        (frame, look, size): (&ImageFrame, &ImageLook, [u32; 2]),
    ) -> hutch_render::Result<bool> {
        let picture = (frame, &look.display, size);
        self.prepare_panels(gpu, pipelines, encoder, picture, look.panels.as_deref())
    }

    fn paint(&self, pipelines: &Pipelines, pass: &mut wgpu::RenderPass<'static>) {
        Self::paint(self, pipelines, pass);
    }
}

impl Picture for VolumeLayer {
    type Source = VolumeTexture;
    type Display = VolumeDisplay;

    fn prepare(
        &mut self,
        (gpu, pipelines, encoder): (&Gpu, &Pipelines, &mut wgpu::CommandEncoder),
        picture: (&VolumeTexture, &VolumeDisplay, [u32; 2]),
    ) -> hutch_render::Result<bool> {
        Self::prepare(self, gpu, pipelines, encoder, picture)
    }

    fn paint(&self, pipelines: &Pipelines, pass: &mut wgpu::RenderPass<'static>) {
        Self::paint(self, pipelines, pass);
    }
}

/// Layers of one kind with the pass in which each was last drawn.
type Layers<P> = HashMap<LayerId, (u64, P)>;

/// Draws a frame.
pub type ImageCallback = PictureCallback<ImageLayer>;
/// Draws a volume.
pub type VolumeCallback = PictureCallback<VolumeLayer>;

/// Draws a picture in a place of the window.
#[expect(missing_debug_implementations, reason = "objects on the GPU have none")]
pub struct PictureCallback<P: Picture> {
    /// Its layer.
    pub layer: LayerId,
    /// What is drawn, on the GPU.
    pub source: Arc<P::Source>,
    /// How it is shown.
    pub display: P::Display,
    /// Width and height of the place on the screen, in physical pixels.
    pub size_px: [u32; 2],
}

impl<P: Picture> CallbackTrait for PictureCallback<P> {
    fn prepare(
        &self,
        _device: &wgpu::Device,
        _queue: &wgpu::Queue,
        _screen_descriptor: &ScreenDescriptor,
        egui_encoder: &mut wgpu::CommandEncoder,
        callback_resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let mut layers = callback_resources.remove::<Layers<P>>().unwrap_or_default();
        if let Some(shared) = callback_resources.get_mut::<Shared>() {
            shared.pass += 1;
            sweep(&mut layers, shared.pass);
            let (used, layer) = layers.entry(self.layer).or_default();
            *used = shared.pass;
            let tools = (&shared.gpu, &shared.pipelines, egui_encoder);
            let picture = (&*self.source, &self.display, self.size_px);
            if let Err(error) = layer.prepare(tools, picture) {
                log::debug!("draw a picture: {error}");
            }
        }
        callback_resources.insert(layers);
        Vec::new()
    }

    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        render_pass: &mut wgpu::RenderPass<'static>,
        callback_resources: &CallbackResources,
    ) {
        if let (Some(shared), Some(layers)) = (
            callback_resources.get::<Shared>(),
            callback_resources.get::<Layers<P>>(),
        ) && let Some((_, layer)) = layers.get(&self.layer)
        {
            layer.paint(&shared.pipelines, render_pass);
        }
    }
}

/// An area of one colour, where there is a device; see [`hutch_render::fill`].
struct FillCallback {
    colour: [u8; 3],
}

impl CallbackTrait for FillCallback {
    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        render_pass: &mut wgpu::RenderPass<'static>,
        callback_resources: &CallbackResources,
    ) {
        if let Some(shared) = callback_resources.get::<Shared>() {
            shared.pipelines.fill(render_pass, self.colour);
        }
    }
}

/// Fills a large area with an opaque colour, without the work of egui's own shader.
///
/// The layers of the device have to be installed.
pub fn fill(ui: &egui::Ui, rect: egui::Rect, colour: egui::Color32) {
    let [r, g, b, _] = colour.to_array();
    let colour = [r, g, b];
    let filled = egui_wgpu::Callback::new_paint_callback(rect, FillCallback { colour });
    ui.painter().add(filled);
}

/// Layers of views that are closed are dropped after a while.
fn sweep<P>(layers: &mut Layers<P>, pass: u64) {
    if pass.is_multiple_of(256) {
        let oldest = pass.saturating_sub(2048);
        layers.retain(|_, (used, _)| *used >= oldest);
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
