//! The window without a display: the same passes, drawn into a picture.
//!
//! It serves the pictures of the guide, the walk of the demonstration and
//! tests; what it draws is what a window would show, callbacks included.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_wgpu::{RenderState, RendererOptions, ScreenDescriptor, WgpuConfiguration, WgpuSetup};
use hutch_model::{Error, ErrorKind, Result};
use hutch_render::Gpu;
use hutch_render::gpu::{DeviceTier, device_descriptor};
use hutch_viewers::{GpuPass, fonts, layers};

use super::background::cleared;
use super::device::{Loss, adopt};
use super::state::State;
use super::{apply_theme, pass_ui};

/// A window that is drawn into a picture.
#[expect(
    missing_debug_implementations,
    reason = "holds trait objects or closures that have no Debug"
)]
pub struct Offscreen {
    /// The state that it shows.
    pub state: State,
    context: egui::Context,
    render: RenderState,
    gpu: Gpu,
    size_points: egui::Vec2,
    pixels_per_point: f32,
    started: Instant,
    events: Vec<egui::Event>,
    output: Option<egui::FullOutput>,
    to_free: Vec<egui::TextureId>,
    /// Why a picture that was asked for could not be given.
    failure: Option<Error>,
}

impl Offscreen {
    /// A window of some size on a state.
    ///
    /// # Errors
    /// [`ErrorKind::Gpu`] when there is neither a GPU nor a software driver; [`ErrorKind::Limit`] for a window that the
    /// device is too small for.
    pub fn new(state: State, size_points: [f32; 2], pixels_per_point: f32) -> Result<Self> {
        let mut setup = egui_wgpu::WgpuSetupCreateNew::without_display_handle();
        setup.device_descriptor = Arc::new(|adapter| device_descriptor(adapter, DeviceTier::Full));
        let setup = WgpuSetup::CreateNew(setup);
        let render = pollster::block_on(async {
            let instance = setup.new_instance().await;
            let configuration = WgpuConfiguration {
                wgpu_setup: setup,
                ..Default::default()
            };
            RenderState::create(&configuration, &instance, None, RendererOptions::default()).await
        })
        .map_err(|error| Error::new(ErrorKind::Gpu, "draw without a window", error.to_string()))?;
        let most = render.device.limits().max_texture_dimension_2d;
        let longest = size_points[0].max(size_points[1]) * pixels_per_point;
        if longest > most as f32 {
            let why = format!("the graphics device draws {most} pixels along an edge at most");
            return Err(Error::new(ErrorKind::Limit, "draw without a window", why));
        }
        let context = egui::Context::default();
        fonts::install(&context);
        *state.waker.lock() = Some(context.clone());
        apply_theme(&context, &state);
        let gpu = adopt(&render, 0, &Loss::default(), &context);
        layers::install(&render, &gpu);
        Ok(Self {
            state,
            context,
            render,
            gpu,
            size_points: size_points.into(),
            pixels_per_point,
            started: Instant::now(),
            events: Vec::new(),
            output: None,
            to_free: Vec::new(),
            failure: None,
        })
    }

    /// Sends an event with the next pass.
    pub fn send(&mut self, event: egui::Event) {
        self.events.push(event);
    }

    /// Presses a key with the next pass.
    pub fn press(&mut self, key: egui::Key, modifiers: egui::Modifiers) {
        for pressed in [true, false] {
            self.send(egui::Event::Key {
                key,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers,
            });
        }
    }

    /// Takes the theme of the settings again, after they changed.
    pub fn restyle(&mut self) {
        apply_theme(&self.context, &self.state);
    }

    /// One pass.
    pub fn pass(&mut self) {
        let mut input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(
                egui::Pos2::ZERO,
                self.size_points,
            )),
            time: Some(self.started.elapsed().as_secs_f64()),
            events: std::mem::take(&mut self.events),
            focused: true,
            ..Default::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&egui::ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(self.pixels_per_point);
        }
        let pass = GpuPass {
            gpu: &self.gpu,
            state: &self.render,
        };
        let state = &mut self.state;
        let output = self
            .context
            .run_ui(input, |ui| pass_ui(ui, state, Some(pass)));
        let asked = asked_pictures(&output);
        self.take_textures(output);
        self.hand_over(asked);
    }

    /// Gives the pass that was made to those who asked for a picture of it.
    fn hand_over(&mut self, asked: Vec<egui::ScreenshotCallback>) {
        if asked.is_empty() {
            return;
        }
        match self.drawn() {
            Ok((width, height, pixels)) => {
                let size = [width, height].map(|edge| edge as usize);
                let picture = egui::ColorImage::from_rgba_unmultiplied(size, &pixels);
                let picture = Arc::new(picture);
                for one in asked {
                    one.complete(Arc::clone(&picture));
                }
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// Why somebody who asked for a picture will not get it.
    pub(super) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    /// What draws.
    pub fn renderer(&self) -> String {
        self.gpu.adapter_info.name.clone()
    }

    /// Hands the textures of a pass over at once, since its shapes may never be
    /// drawn; what the pass frees goes with the one before.
    fn take_textures(&mut self, mut output: egui::FullOutput) {
        let mut textures = std::mem::take(&mut output.textures_delta);
        let mut renderer = self.render.renderer.write();
        let mut set: Vec<_> = textures.set.iter().collect();
        set.sort_by_key(|(id, _)| format!("{id:?}"));
        for (id, deltas) in set {
            for delta in deltas {
                renderer.update_texture(&self.render.device, &self.render.queue, *id, delta);
            }
        }
        for id in &self.to_free {
            renderer.free_texture(id);
        }
        self.to_free = textures.free.iter().copied().collect();
        textures.clear();
        drop(renderer);
        self.output = Some(output);
    }

    /// Passes until nothing is under way and `is_done` says so.
    ///
    /// # Errors
    /// [`ErrorKind::Network`] when that takes longer than `limit`.
    pub fn settle(
        &mut self,
        limit: Duration,
        mut is_done: impl FnMut(&mut State) -> bool,
    ) -> Result<()> {
        let started = Instant::now();
        let mut quiet = 0;
        while quiet < 6 {
            self.pass();
            let is_busy = self.state.residency.is_loading() || !self.state.opening.is_empty();
            quiet = if !is_busy && is_done(&mut self.state) {
                quiet + 1
            } else {
                0
            };
            if started.elapsed() > limit {
                return Err(Error::new(
                    ErrorKind::Network,
                    "wait for the window",
                    format!("it was not ready after {} s", limit.as_secs()),
                ));
            }
            std::thread::sleep(Duration::from_millis(15));
        }
        Ok(())
    }

    /// Draws a pass into a picture: width, height and RGBA bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Gpu`] when the picture cannot be read back.
    pub fn picture(&mut self) -> Result<(u32, u32, Vec<u8>)> {
        self.pass();
        self.drawn()
    }

    /// The last pass as a picture.
    fn drawn(&mut self) -> Result<(u32, u32, Vec<u8>)> {
        let texture = self.draw_last();
        let picture = hutch_render::readback::read_rgba(&self.gpu, &texture)
            .map_err(|error| Error::new(ErrorKind::Gpu, "read a picture", error.to_string()))?;
        Ok((picture.width, picture.height, picture.pixels))
    }

    /// One pass that is drawn, as for a display: nothing waits for the device.
    pub fn paint(&mut self) {
        self.pass();
        drop(self.draw_last());
    }

    /// Hands the last pass to the device.
    fn draw_last(&mut self) -> wgpu::Texture {
        let output = self.output.take().unwrap_or_default();
        let scale = output.pixels_per_point;
        let jobs = self.context.tessellate(output.shapes, scale);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a picture has some thousand pixels"
        )]
        let size =
            [self.size_points.x, self.size_points.y].map(|edge| (edge * scale).round() as u32);
        let screen = ScreenDescriptor {
            size_in_pixels: size,
            pixels_per_point: scale,
        };
        let device = &self.render.device;
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: wgpu::Extent3d {
                width: size[0],
                height: size[1],
                depth_or_array_layers: 1,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: self.render.target_format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut renderer = self.render.renderer.write();
            let commands =
                renderer.update_buffers(device, &self.render.queue, &mut encoder, &jobs, &screen);
            self.render.queue.submit(commands);
            let style = self.context.style_of(self.context.theme());
            let cleared = cleared(style.visuals.panel_fill, self.render.target_format);
            draw(&renderer, &mut encoder, &view, (&jobs, &screen), cleared);
            self.render.queue.submit([encoder.finish()]);
        }
        texture
    }

    /// Draws the last pass into a PNG file.
    ///
    /// # Errors
    /// Those of [`Self::picture`], and of writing the file.
    pub fn save(&mut self, path: &std::path::Path) -> Result<()> {
        let (width, height, pixels) = self.picture()?;
        image::save_buffer(path, &pixels, width, height, image::ColorType::Rgba8).map_err(|error| {
            Error::new(
                ErrorKind::Disk,
                format!("write \"{}\"", path.display()),
                error.to_string(),
            )
        })
    }
}

/// Who asked for a picture in a pass, as a window would give it.
fn asked_pictures(output: &egui::FullOutput) -> Vec<egui::ScreenshotCallback> {
    let viewports = output.viewport_output.values();
    let commands = viewports.flat_map(|viewport| &viewport.commands);
    let asked = commands.filter_map(|command| match command {
        egui::ViewportCommand::Screenshot(asked) => Some(asked.clone()),
        _ => None,
    });
    asked.collect()
}

fn draw(
    renderer: &egui_wgpu::Renderer,
    encoder: &mut wgpu::CommandEncoder,
    view: &wgpu::TextureView,
    (jobs, screen): (&[egui::ClippedPrimitive], &ScreenDescriptor),
    cleared: wgpu::Color,
) {
    let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("picture"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view,
            resolve_target: None,
            ops: wgpu::Operations {
                load: wgpu::LoadOp::Clear(cleared),
                store: wgpu::StoreOp::Store,
            },
            depth_slice: None,
        })],
        ..Default::default()
    });
    renderer.render(&mut pass.forget_lifetime(), jobs, screen);
}
