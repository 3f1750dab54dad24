//! Pictures without a window, for `hutch render` and for tests.

use crate::display::ImageDisplay;
use crate::error::{RenderError, Result};
use crate::gpu::Gpu;
use crate::image::ImageFrame;
use crate::image_layer::ImageLayer;
use crate::panels::PanelPlace;
use crate::pipelines::{PICTURE_FORMAT, Pipelines};
use crate::pyramid::FramePyramid;
use crate::readback::{RgbaPicture, read_rgba};
use crate::volume::VolumeDisplay;
use crate::volume_bricks::VolumeBricks;
use crate::volume_layer::VolumeLayer;
use crate::volume_texture::VolumeTexture;

/// Draws a frame into a picture of `size` pixels `[width, height]`.
///
/// # Errors
/// [`RenderError::TooLarge`] when the frame does not fit the device, [`RenderError::ReadBack`] when it was lost.
pub fn render_image_to_rgba(
    gpu: &Gpu,
    pyramid: &FramePyramid,
    display: &ImageDisplay,
    size: [u32; 2],
) -> Result<RgbaPicture> {
    let pipelines = Pipelines::new(gpu, PICTURE_FORMAT);
    let frame = ImageFrame::from_pyramid(gpu, pyramid)?;
    let mut layer = ImageLayer::default();
    let mut encoder = gpu
        .device
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    layer.prepare(gpu, &pipelines, &mut encoder, (&frame, display, size))?;
    gpu.queue.submit([encoder.finish()]);
    read_target(gpu, layer.target())
}

/// Draws the panels of a frame, each at its place, into a picture of `size` pixels `[width, height]`.
///
/// # Errors
/// As [`render_image_to_rgba`].
pub fn render_panels_to_rgba(
    gpu: &Gpu,
    pyramid: &FramePyramid,
    display: &ImageDisplay,
    panels: &[PanelPlace],
    size: [u32; 2],
) -> Result<RgbaPicture> {
    let mut frame = HeadlessFrame::new(gpu, pyramid)?;
    frame.draw_panels(display, Some(panels), size)?;
    frame.picture()
}

/// Draws a volume into a picture of `size` pixels `[width, height]` (times the display's resolution).
///
/// # Errors
/// As [`render_image_to_rgba`].
pub fn render_volume_to_rgba(
    gpu: &Gpu,
    bricks: &VolumeBricks,
    display: &VolumeDisplay,
    size: [u32; 2],
) -> Result<RgbaPicture> {
    let pipelines = Pipelines::new(gpu, PICTURE_FORMAT);
    let volume = VolumeTexture::upload(gpu, bricks)?;
    let mut layer = VolumeLayer::default();
    let mut encoder = gpu
        .device
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    layer.prepare(gpu, &pipelines, &mut encoder, (&volume, display, size))?;
    gpu.queue.submit([encoder.finish()]);
    read_target(gpu, layer.target())
}

/// A frame that stays on the device and is drawn again and again.
#[derive(Debug)]
pub struct HeadlessFrame {
    gpu: Gpu,
    pipelines: Pipelines,
    frame: ImageFrame,
    layer: ImageLayer,
}

impl HeadlessFrame {
    /// Puts a frame on the device.
    ///
    /// # Errors
    /// As [`ImageFrame::from_pyramid`].
    pub fn new(gpu: &Gpu, pyramid: &FramePyramid) -> Result<Self> {
        Ok(Self {
            gpu: gpu.clone(),
            pipelines: Pipelines::new(gpu, PICTURE_FORMAT),
            frame: ImageFrame::from_pyramid(gpu, pyramid)?,
            layer: ImageLayer::default(),
        })
    }

    /// Draws it off-screen and waits until the device is done; the picture stays there.
    ///
    /// # Errors
    /// [`RenderError::ReadBack`] when the device was lost.
    pub fn draw(&mut self, display: &ImageDisplay, size: [u32; 2]) -> Result<()> {
        self.draw_panels(display, None, size)
    }

    /// The same with its panels where they lie in space, where they are given.
    ///
    /// # Errors
    /// As [`HeadlessFrame::draw`].
    pub fn draw_panels(
        &mut self,
        display: &ImageDisplay,
        panels: Option<&[PanelPlace]>,
        size: [u32; 2],
    ) -> Result<()> {
        let (gpu, pipelines) = (&self.gpu, &self.pipelines);
        let mut encoder = gpu
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let picture = (&self.frame, display, size);
        self.layer
            .prepare_panels(gpu, pipelines, &mut encoder, picture, panels)?;
        gpu.queue.submit([encoder.finish()]);
        gpu.device
            .poll(wgpu::PollType::wait_indefinitely())
            .map(|_| ())
            .map_err(|error| RenderError::ReadBack {
                reason: error.to_string(),
            })
    }

    /// The picture that was drawn last.
    ///
    /// # Errors
    /// [`RenderError::ReadBack`] before the first, or when the device was lost.
    pub fn picture(&self) -> Result<RgbaPicture> {
        read_target(&self.gpu, self.layer.target())
    }
}

fn read_target(gpu: &Gpu, target: Option<&crate::blit::OffscreenTarget>) -> Result<RgbaPicture> {
    let target = target.ok_or_else(|| RenderError::ReadBack {
        reason: "nothing was drawn".to_owned(),
    })?;
    read_rgba(gpu, target.texture())
}
