//! A frame on the screen: pan, zoom, and the pixel under the pointer.

mod cells;
mod map;
mod panels;
mod rulers;
mod scale;
mod window;

use std::sync::Arc;

use hutch_model::{Value, ViewState};
use hutch_render::{ImageFrame, ImageFromTarget, Orientation, PanelPlace};

pub use self::map::ScreenMap;
pub(crate) use self::panels::seen_of_panels;
pub(crate) use self::rulers::{BELOW, LEFT, Ruler, is_short, tick_text, ticks};
pub(crate) use self::scale::scale_of;
pub use self::window::Window;

use crate::display::Display;
use crate::layers::{ImageCallback, ImageLook, LayerId, size_px};
use crate::prepared::PreparedFrame;
use crate::{Shortcut, ViewContext};

/// Where a frame is on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// All of it, as large as it fits.
    Fit,
    /// A point of the image in the middle of the screen.
    At {
        /// The point, in pixels of the image `[x, y]`.
        centre_px: [f64; 2],
        /// Points of the screen for each pixel of the image.
        zoom: f64,
    },
}

/// What a pixel looks like on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aspect {
    /// As high as it is wide.
    #[default]
    Square,
    /// So that the frame fills the pane.
    Fill,
}

/// The canvas of one frame at a time.
#[expect(missing_debug_implementations, reason = "objects on the GPU have none")]
pub struct Canvas {
    /// Where the frame is.
    pub place: Place,
    /// How the frame lies.
    pub orientation: Orientation,
    /// What its pixels look like.
    pub aspect: Aspect,
    layer: LayerId,
    /// Where the last pass put it.
    seen: Option<ScreenMap>,
    uploaded: Option<(Arc<PreparedFrame>, Arc<ImageFrame>)>,
}

/// A frame, and which pixels of which image it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    /// The samples.
    pub(crate) frame: &'a Arc<PreparedFrame>,
    /// Which pixels they are.
    pub(crate) window: Window,
    /// Width and height of the image; of panels that lie apart from each other, of their picture.
    pub(crate) image_size: [u32; 2],
    /// The panels, where they are shown as they lie.
    pub(crate) panels: Option<&'a Arc<[PanelPlace]>>,
}

/// What a pass over the canvas found.
#[derive(Debug)]
pub struct CanvasAnswer {
    /// The pixel under the pointer, `[x, y]`.
    pub pixel: Option<[i64; 2]>,
    /// The point under the pointer, in pixels of the image.
    pub point_px: Option<[f64; 2]>,
    /// The response of the whole canvas.
    pub response: egui::Response,
    /// Where points of the image are on the screen.
    pub map: ScreenMap,
}

impl CanvasAnswer {
    /// The place of the canvas on the screen.
    pub const fn map_rect(&self) -> egui::Rect {
        self.map.rect
    }
}

impl Default for Canvas {
    fn default() -> Self {
        Self {
            place: Place::Fit,
            orientation: Orientation::default(),
            aspect: Aspect::Square,
            layer: LayerId::unique(),
            seen: None,
            uploaded: None,
        }
    }
}

impl Canvas {
    /// Draws a frame into the room that is left. With `can_pan` a drag moves
    /// the image and a double click shows all of it; otherwise they are left to the caller.
    pub fn ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &ViewContext<'_>,
        frame: &Arc<PreparedFrame>,
        display: &Display,
        can_pan: bool,
    ) -> CanvasAnswer {
        let shown = Shown {
            frame,
            window: Window::whole(frame.size.map(u64::from)),
            image_size: frame.size,
            panels: None,
        };
        self.window_ui(ui, context, shown, display, can_pan)
    }

    /// Pan, zoom and the pixel under the pointer for an image of `size` pixels that the caller draws.
    pub(crate) fn bare_ui(&mut self, ui: &mut egui::Ui, size: [u32; 2]) -> CanvasAnswer {
        let rect = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(rect, egui::Sense::click_and_drag());
        let before = self.map(rect, size);
        self.handle_input(ui, &response, before, true);
        let map = self.map(rect, size);
        self.seen = Some(map);
        answer(response, map, size)
    }

    /// The same for a frame that holds a part of an image.
    pub(crate) fn window_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &ViewContext<'_>,
        shown: Shown<'_>,
        display: &Display,
        can_pan: bool,
    ) -> CanvasAnswer {
        let rect = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(rect, egui::Sense::click_and_drag());
        let before = self.map(rect, shown.image_size);
        self.handle_input(ui, &response, before, can_pan);
        let map = self.map(rect, shown.image_size);
        self.seen = Some(map);
        if ui.is_rect_visible(rect) {
            self.paint(ui, context, shown, display, &map);
            cells::paint(ui, shown, display, &map);
        }
        answer(response, map, shown.image_size)
    }

    /// Where the last pass put the image.
    pub(crate) const fn map_of_last_pass(&self) -> Option<ScreenMap> {
        self.seen
    }

    /// The pixels `[x, y, width, height]` of a frame that the last pass showed.
    pub fn visible_part(&self, size: [u32; 2]) -> Option<[u32; 4]> {
        self.seen?.visible_part(size)
    }

    fn map(&self, rect: egui::Rect, size: [u32; 2]) -> ScreenMap {
        let seen = self.orientation.across_and_down(size);
        let room = rect.shrink(8.0);
        let across = f64::from(room.width()) / f64::from(seen[0].max(1));
        let down = f64::from(room.height()) / f64::from(seen[1].max(1));
        let stretch = match self.aspect {
            Aspect::Square => 1.0,
            Aspect::Fill => (down / across).clamp(1e-7, 1e7),
        };
        let (centre_px, zoom) = match self.place {
            Place::At { centre_px, zoom } => (centre_px, zoom),
            Place::Fit => (
                size.map(|edge| 0.5 * f64::from(edge) - 0.5),
                across.min(down / stretch).max(1e-7),
            ),
        };
        ScreenMap {
            rect,
            centre_px,
            zoom: [zoom, zoom * stretch],
            orientation: self.orientation,
        }
    }

    fn handle_input(
        &mut self,
        ui: &egui::Ui,
        response: &egui::Response,
        map: ScreenMap,
        can_pan: bool,
    ) {
        if response.double_clicked() && can_pan {
            self.place = Place::Fit;
            return;
        }
        let middle = response.dragged_by(egui::PointerButton::Middle);
        if middle || (can_pan && response.dragged_by(egui::PointerButton::Primary)) {
            let moved = map.step_of_ui(response.drag_delta());
            self.place = Place::At {
                centre_px: [0, 1].map(|axis| map.centre_px[axis] - moved[axis]),
                zoom: map.zoom[0],
            };
        }
        let Some(pointer) = response.hover_pos() else {
            return;
        };
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = f64::from(pinch) * (f64::from(scroll) * 0.004).exp();
        if (factor - 1.0).abs() > 1e-4 {
            self.zoom_at(map, pointer, factor);
        }
    }

    /// Zooms so that the point under the pointer stays there.
    fn zoom_at(&mut self, map: ScreenMap, pointer: egui::Pos2, factor: f64) {
        let zoom = (map.zoom[0] * factor).clamp(1e-7, 512.0);
        let fixed = map.image_from_ui(pointer);
        let after = ScreenMap {
            zoom: [zoom, zoom * map.zoom[1] / map.zoom[0]],
            ..map
        };
        let shift = after.step_of_ui(pointer - map.rect.center());
        self.place = Place::At {
            centre_px: [0, 1].map(|axis| fixed[axis] - shift[axis]),
            zoom,
        };
    }

    fn paint(
        &mut self,
        ui: &egui::Ui,
        context: &ViewContext<'_>,
        shown: Shown<'_>,
        display: &Display,
        map: &ScreenMap,
    ) {
        let frame = shown.frame;
        let Some(pass) = &context.gpu else {
            return;
        };
        let is_current = self.uploaded.as_ref().is_some_and(|(shown, on_gpu)| {
            Arc::ptr_eq(shown, frame) && on_gpu.generation() == pass.gpu.generation
        });
        if !is_current {
            let on_gpu = match frame.uploaded(pass.gpu.generation) {
                Some(on_gpu) => Ok(on_gpu),
                None => ImageFrame::from_pyramid(pass.gpu, &frame.pyramid).map(Arc::new),
            };
            match on_gpu {
                Ok(on_gpu) => self.uploaded = Some((Arc::clone(frame), on_gpu)),
                Err(error) => {
                    log::warn!("put a frame on the GPU: {error}");
                    return;
                }
            }
        }
        let Some((_, on_gpu)) = &self.uploaded else {
            return;
        };
        let size_px = size_px(ui, map.rect);
        let scale = f64::from(ui.ctx().pixels_per_point());
        let zoom = map.zoom.map(|zoom| zoom * scale);
        let place = ImageFromTarget::oriented(size_px, map.centre_px, zoom, map.orientation);
        let place = shown.window.place(place);
        ui.painter().add(egui_wgpu::Callback::new_paint_callback(
            map.rect,
            ImageCallback {
                layer: self.layer,
                source: Arc::clone(on_gpu),
                display: ImageLook {
                    display: display.image(place, &context.tokens, frame),
                    panels: shown.panels.cloned(),
                },
                size_px,
            },
        ));
    }

    /// A key was pressed; says whether it was one of the place.
    pub fn on_shortcut(&mut self, shortcut: Shortcut) -> bool {
        let now = self.orientation;
        self.orientation = match shortcut {
            Shortcut::Fit => {
                self.place = Place::Fit;
                now
            }
            Shortcut::FlipAcross => now.flipped_across(),
            Shortcut::FlipDown => now.flipped_down(),
            Shortcut::TurnRight => now.turned_right(),
            Shortcut::TurnLeft => now.turned_left(),
            Shortcut::Transpose => now.transposed(),
            _ => return false,
        };
        true
    }

    /// Writes the place into a state.
    pub fn write(&self, state: &mut ViewState) {
        if self.orientation != Orientation::default() {
            state.set("orientation", self.orientation.name().as_str().into());
        }
        if self.aspect == Aspect::Fill {
            state.set("aspect", "fill".into());
        }
        if let Place::At { centre_px, zoom } = self.place {
            state.set("centre x", Value::Float(centre_px[0]));
            state.set("centre y", Value::Float(centre_px[1]));
            state.set("zoom", Value::Float(zoom));
        }
    }

    /// Takes the place of a state.
    pub fn read(&mut self, state: &ViewState) {
        self.orientation =
            Orientation::named(state.text("orientation", "as-stored")).unwrap_or_default();
        self.aspect = if state.text("aspect", "square") == "fill" {
            Aspect::Fill
        } else {
            Aspect::Square
        };
        self.place = if state.values.contains_key("zoom") {
            Place::At {
                centre_px: [state.number("centre x", 0.0), state.number("centre y", 0.0)],
                zoom: state.number("zoom", 1.0).clamp(1e-7, 512.0),
            }
        } else {
            Place::Fit
        };
    }
}

/// What a pass found, for an image of `size` pixels.
fn answer(response: egui::Response, map: ScreenMap, size: [u32; 2]) -> CanvasAnswer {
    let point_px = response.hover_pos().map(|place| map.image_from_ui(place));
    let size = size.map(i64::from);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked against the image's size"
    )]
    let pixel = point_px
        .map(|point| point.map(|part| part.round() as i64))
        .filter(|[x, y]| (0..size[0]).contains(x) && (0..size[1]).contains(y));
    CanvasAnswer {
        pixel,
        point_px,
        response,
        map,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> ScreenMap {
        ScreenMap {
            rect: egui::Rect::from_min_size(egui::pos2(100.0, 50.0), egui::vec2(400.0, 300.0)),
            centre_px: [31.5, 31.5],
            zoom: [4.0, 4.0],
            orientation: Orientation::default(),
        }
    }

    #[test]
    fn a_turned_and_stretched_frame_goes_to_the_screen_and_back() {
        for orientation in Orientation::all() {
            let map = ScreenMap {
                zoom: [4.0, 9.0],
                orientation,
                ..map()
            };
            let point = map.image_from_ui(map.ui_from_image([7.25, 40.0]));
            let apart = (point[0] - 7.25).abs() + (point[1] - 40.0).abs();
            assert!(apart < 1e-3, "{orientation:?}: {point:?}");
        }
    }

    #[test]
    fn a_frame_that_is_turned_still_fits() {
        let mut canvas = Canvas::default();
        canvas.orientation = canvas.orientation.turned_right();
        let map = canvas.map(map().rect, [100, 20]);
        let corner = map.ui_from_image([99.5, -0.5]);
        assert!(
            map.rect.contains(corner) && map.rect.contains(map.ui_from_image([-0.5, 19.5])),
            "both corners are seen: {corner:?}"
        );
    }

    #[test]
    fn a_point_goes_to_the_screen_and_back() {
        let point = map().image_from_ui(map().ui_from_image([7.25, 40.0]));
        assert!((point[0] - 7.25).abs() < 1e-3, "x comes back: {point:?}");
        assert!((point[1] - 40.0).abs() < 1e-3, "y comes back: {point:?}");
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let mut canvas = Canvas::default();
        let pointer = egui::pos2(180.0, 220.0);
        let before = map().image_from_ui(pointer);
        canvas.zoom_at(map(), pointer, 2.0);
        let after = canvas.map(map().rect, [64, 64]).image_from_ui(pointer);
        assert!((before[0] - after[0]).abs() < 1e-6, "x stays");
        assert!((before[1] - after[1]).abs() < 1e-6, "y stays");
    }
}
