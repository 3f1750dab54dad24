//! A volume on the screen: upload in parts, orbit, pan, zoom.

use std::sync::Arc;

use egui::{Key, PointerButton, WidgetInfo};
use hutch_render::{OrbitCamera, VolumeTexture};

use super::data::VolumeData;
use super::look::Look;
use crate::layers::{LayerId, VolumeCallback, size_px};
use crate::theme::secondary;
use crate::{GpuPass, ViewContext};

/// Bytes that go to the GPU in one pass.
const UPLOAD_BYTES: usize = 32 << 20;
/// How long after the wheel stopped the picture becomes sharp.
const SETTLE_SECS: f64 = 0.15;

/// Draws one volume at a time; the older one stays until a newer one is on the GPU.
pub struct VolumePane {
    /// How it is shown.
    pub look: Look,
    layer: LayerId,
    wanted: Option<Arc<VolumeData>>,
    uploading: Option<(Arc<VolumeData>, VolumeTexture)>,
    shown: Option<(Arc<VolumeData>, Arc<VolumeTexture>)>,
    moved_at: f64,
}

impl std::fmt::Debug for VolumePane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VolumePane")
            .field("look", &self.look)
            .finish_non_exhaustive()
    }
}

impl Default for VolumePane {
    fn default() -> Self {
        Self {
            look: Look::default(),
            layer: LayerId::unique(),
            wanted: None,
            uploading: None,
            shown: None,
            moved_at: f64::NEG_INFINITY,
        }
    }
}

impl VolumePane {
    /// Shows another volume as soon as it is on the GPU.
    pub fn show(&mut self, data: Arc<VolumeData>) {
        self.wanted = Some(data);
    }

    /// The newest volume, on the GPU or on its way there.
    pub const fn data(&self) -> Option<&Arc<VolumeData>> {
        self.wanted.as_ref()
    }

    /// Draws it into the room that is left.
    pub fn ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) -> egui::Response {
        let rect = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(rect, egui::Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, "Volume"));
        let is_moving = self.handle_input(ui, &response);
        if let Some(pass) = context.gpu {
            self.upload(ui, pass);
        }
        if let Some((_, texture)) = &self.shown
            && ui.is_rect_visible(rect)
        {
            ui.painter().add(egui_wgpu::Callback::new_paint_callback(
                rect,
                VolumeCallback {
                    layer: self.layer,
                    source: Arc::clone(texture),
                    display: self.look.display(&context.tokens, is_moving),
                    size_px: size_px(ui, rect),
                },
            ));
            self.axes_ui(ui, rect, context, texture.world_size());
        }
        crate::widgets::focus_ring(ui, &response, rect);
        response.on_hover_cursor(egui::CursorIcon::Grab)
    }

    /// Turns, moves and zooms; says whether that goes on.
    fn handle_input(&mut self, ui: &egui::Ui, response: &egui::Response) -> bool {
        let height = response.rect.height().max(1.0);
        let camera = &mut self.look.camera;
        if response.double_clicked() {
            *camera = OrbitCamera::default();
        }
        let moved = response.drag_delta() / height;
        let shift = ui.input(|input| input.modifiers.shift);
        let mut is_moving = false;
        if response.dragged_by(PointerButton::Middle)
            || (shift && response.dragged_by(PointerButton::Primary))
        {
            camera.pan([moved.x, moved.y]);
            is_moving = true;
        } else if response.dragged_by(PointerButton::Primary) {
            camera.orbit([moved.x, moved.y]);
            is_moving = true;
        }
        let now = ui.input(|input| input.time);
        if response.hovered() {
            let (scroll, pinch) =
                ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
            let factor = pinch * (scroll * 0.004).exp();
            if (factor - 1.0).abs() > 1e-4 {
                camera.zoom(factor);
                self.moved_at = now;
            }
        }
        if response.has_focus() {
            let steps = |key: Key| ui.input(|input| input.num_presses(key) as f32);
            camera.orbit([
                0.03 * (steps(Key::ArrowRight) - steps(Key::ArrowLeft)),
                0.03 * (steps(Key::ArrowDown) - steps(Key::ArrowUp)),
            ]);
            camera.zoom(1.1f32.powf(steps(Key::Plus) - steps(Key::Minus)));
        }
        let since = now - self.moved_at;
        if (0.0..SETTLE_SECS).contains(&since) {
            is_moving = true;
            ui.ctx()
                .request_repaint_after(std::time::Duration::from_secs_f64(SETTLE_SECS - since));
        }
        is_moving
    }

    fn upload(&mut self, ui: &egui::Ui, pass: GpuPass<'_>) {
        let Some(wanted) = &self.wanted else {
            return;
        };
        let generation = pass.gpu.generation;
        let is_here = |data: &Arc<VolumeData>, texture: &VolumeTexture| {
            Arc::ptr_eq(data, wanted) && texture.generation() == generation
        };
        if self
            .shown
            .as_ref()
            .is_some_and(|(data, texture)| is_here(data, texture))
        {
            return;
        }
        if !self
            .uploading
            .as_ref()
            .is_some_and(|(data, texture)| is_here(data, texture))
        {
            match VolumeTexture::begin(pass.gpu, &wanted.bricks) {
                Ok(texture) => self.uploading = Some((Arc::clone(wanted), texture)),
                Err(error) => {
                    log::warn!("put a volume on the GPU: {error}");
                    return;
                }
            }
        }
        if let Some((data, mut texture)) = self.uploading.take() {
            if texture.upload_some(pass.gpu, &data.bricks, UPLOAD_BYTES) {
                self.shown = Some((data, Arc::new(texture)));
            } else {
                self.uploading = Some((data, texture));
                ui.ctx().request_repaint();
            }
        }
    }

    /// The names of the axes, at the ends of the edges that leave the origin.
    fn axes_ui(&self, ui: &egui::Ui, rect: egui::Rect, context: &ViewContext<'_>, size: [f32; 3]) {
        let aspect = rect.width() / rect.height().max(1.0);
        for (axis, name) in ["x", "y", "z"].into_iter().enumerate() {
            let mut end = size.map(|edge| -0.5 * edge);
            end[axis] = 0.5 * size[axis] + 0.05;
            if let Some([x, y]) = self.look.camera.project(end, aspect) {
                let place = rect.min + egui::vec2(x * rect.width(), y * rect.height());
                if rect.shrink(6.0).contains(place) {
                    ui.painter().text(
                        place,
                        egui::Align2::CENTER_CENTER,
                        name,
                        secondary(),
                        context.tokens.secondary,
                    );
                }
            }
        }
    }
}
