//! A map on the screen: pan, zoom, axes, and the point under the pointer.

use std::sync::{Arc, Weak};

use egui::{Align2, Rect, Sense, Stroke, TextureHandle, Ui, pos2, vec2};
use hutch_analysis::maps::{Look, Target};
use hutch_model::{Value, ViewState};
use hutch_render::{ImageFrame, ImageFromTarget, Marks};

use super::ground::{DrawnMap, Ground, Rgb};
use crate::canvas::{BELOW, LEFT, tick_text, ticks};
use crate::display::Display;
use crate::layers::{ImageCallback, LayerId, size_px};
use crate::prepared::PreparedFrame;
use crate::theme::{Tokens, secondary};
use crate::{Priority, Task, ViewContext};

/// What a map shows: its points and their values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) ground: &'a Arc<Ground>,
    pub(crate) values: &'a Arc<PreparedFrame>,
    /// What to write beside the axes.
    pub(crate) labels: &'a [String; 2],
    pub(crate) look: Look,
    pub(crate) display: &'a Display,
    /// Three maps as colours, instead of the values.
    pub(crate) rgb: Option<&'a Arc<Rgb>>,
}

/// What a pass found.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The point under the pointer.
    pub(crate) point: Option<u32>,
    pub(crate) response: egui::Response,
    pub(crate) map: PlaneMap,
}

/// Between places of the plane and points of the screen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlaneMap {
    pub(crate) rect: Rect,
    centre: [f64; 2],
    /// Points of the screen for each unit.
    scale: [f64; 2],
}

impl PlaneMap {
    /// The place on the screen of a place of the plane.
    #[expect(clippy::cast_possible_truncation, reason = "points of a screen")]
    pub(crate) fn ui_from_plane(&self, place: [f64; 2]) -> egui::Pos2 {
        let across = (place[0] - self.centre[0]) * self.scale[0];
        let up = (place[1] - self.centre[1]) * self.scale[1];
        self.rect.center() + vec2(across as f32, -up as f32)
    }

    /// The place of the plane under a place on the screen.
    pub(crate) fn plane_from_ui(&self, place: egui::Pos2) -> [f64; 2] {
        let step = place - self.rect.center();
        [
            self.centre[0] + f64::from(step.x) / self.scale[0],
            self.centre[1] - f64::from(step.y) / self.scale[1],
        ]
    }

    fn target(&self, size: [u32; 2], scale: f64) -> Target {
        Target {
            top_left: self.plane_from_ui(self.rect.min),
            scale: self.scale.map(|part| part * scale),
            size: size.map(|edge| edge as usize),
        }
    }
}

/// What a picture was made of, told from others without keeping it in memory.
struct Made {
    ground: Weak<Ground>,
    values: Weak<PreparedFrame>,
    rgb: Weak<Rgb>,
    look: Look,
    target: Target,
}

impl Made {
    fn is_of(&self, scene: Scene<'_>, target: &Target) -> bool {
        self.ground.as_ptr() == Arc::as_ptr(scene.ground)
            && self.values.as_ptr() == Arc::as_ptr(scene.values)
            && self.rgb.ptr_eq(&weak(scene.rgb))
            && self.look == scene.look
            && self.target == *target
    }
}

fn weak(rgb: Option<&Arc<Rgb>>) -> Weak<Rgb> {
    rgb.map_or_else(Weak::new, Arc::downgrade)
}

/// A map on the screen.
pub(crate) struct MapPane {
    /// A place in the middle and points of the screen for each unit across;
    /// `None` for all of the map.
    place: Option<([f64; 2], f64)>,
    /// Whether a step along both axes has the same length on the screen.
    pub(crate) is_equal: bool,
    layer: LayerId,
    drawn: Option<(Made, Arc<DrawnMap>)>,
    task: Option<(Made, Task<DrawnMap>)>,
    uploaded: Option<(Arc<DrawnMap>, Arc<ImageFrame>)>,
    /// A picture of colours, and the texture that it is on the GPU.
    texture: Option<(Arc<DrawnMap>, TextureHandle)>,
}

impl Default for MapPane {
    fn default() -> Self {
        Self {
            place: None,
            is_equal: true,
            layer: LayerId::unique(),
            drawn: None,
            task: None,
            uploaded: None,
            texture: None,
        }
    }
}

impl MapPane {
    /// Shows all of it.
    pub(crate) const fn fit(&mut self) {
        self.place = None;
    }

    /// Draws a map into the room that is left. With `can_pan` a drag moves it;
    /// otherwise it is left to the caller.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        context: &mut ViewContext<'_>,
        scene: Scene<'_>,
        can_pan: bool,
    ) -> Answer {
        let whole = ui.available_rect_before_wrap();
        let mut rect = whole;
        rect.max.y -= BELOW;
        rect.min.x += LEFT;
        if !rect.is_positive() {
            rect = whole;
        }
        let response = ui.allocate_rect(whole, Sense::click_and_drag());
        let before = self.map(rect, scene.ground);
        self.handle_input(ui, &response, before, can_pan);
        let map = self.map(rect, scene.ground);
        if ui.is_rect_visible(rect) {
            self.refresh(ui, context, scene, &map);
            self.paint(ui, context, scene, &map);
            for (axis, label) in scene.labels.iter().enumerate() {
                axis_ui(ui, &map, axis, label);
            }
        }
        let place = response
            .hover_pos()
            .filter(|pointer| rect.contains(*pointer))
            .map(|pointer| map.plane_from_ui(pointer));
        let drawn = self.drawn.as_ref().map(|(_, drawn)| drawn);
        let point = place
            .zip(drawn)
            .and_then(|(place, drawn)| drawn.point_at(place));
        Answer {
            point: point.filter(|&point| (point as usize) < scene.ground.len()),
            response,
            map,
        }
    }

    fn map(&self, rect: Rect, ground: &Ground) -> PlaneMap {
        let room = rect.shrink(8.0);
        let [low, high] = ground.bounds();
        let fit = [
            f64::from(room.width().max(1.0)) / (high[0] - low[0]),
            f64::from(room.height().max(1.0)) / (high[1] - low[1]),
        ];
        let ratio = if self.is_equal { 1.0 } else { fit[1] / fit[0] };
        let (centre, zoom) = self.place.unwrap_or_else(|| {
            let middle = [0, 1].map(|axis| f64::midpoint(low[axis], high[axis]));
            (middle, fit[0].min(fit[1] / ratio))
        });
        PlaneMap {
            rect,
            centre,
            scale: [zoom, zoom * ratio],
        }
    }

    fn handle_input(&mut self, ui: &Ui, response: &egui::Response, map: PlaneMap, can_pan: bool) {
        if response.double_clicked() {
            self.place = None;
            return;
        }
        let middle = response.dragged_by(egui::PointerButton::Middle);
        if middle || (can_pan && response.dragged_by(egui::PointerButton::Primary)) {
            let moved = response.drag_delta();
            self.place = Some((map.plane_from_ui(map.rect.center() - moved), map.scale[0]));
        }
        let Some(pointer) = response.hover_pos() else {
            return;
        };
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = f64::from(pinch) * (f64::from(scroll) * 0.004).exp();
        if (factor - 1.0).abs() > 1e-4 {
            let fixed = map.plane_from_ui(pointer);
            let centre = [0, 1].map(|axis| fixed[axis] + (map.centre[axis] - fixed[axis]) / factor);
            self.place = Some((centre, map.scale[0] * factor));
        }
    }

    /// Takes a picture that was made, and asks for one where another is needed.
    fn refresh(
        &mut self,
        ui: &Ui,
        context: &mut ViewContext<'_>,
        scene: Scene<'_>,
        map: &PlaneMap,
    ) {
        if let Some((made, mut task)) = self.task.take() {
            match task.poll() {
                Some(Ok(drawn)) => self.drawn = Some((made, Arc::new(drawn))),
                Some(Err(error)) => log::debug!("draw a map: {error}"),
                None => self.task = Some((made, task)),
            }
        }
        let scale = f64::from(ui.ctx().pixels_per_point());
        let target = map.target(size_px(ui, map.rect), scale);
        let made = self.drawn.as_ref();
        let is_current = made.is_some_and(|(made, _)| made.is_of(scene, &target));
        // A picture that is under way is shown before the next one is begun.
        if is_current || self.task.is_some() {
            return;
        }
        let (ground, values) = (Arc::clone(scene.ground), Arc::clone(scene.values));
        let (look, rgb) = (scene.look, scene.rgb.cloned());
        let task = Task::start(
            context.resident,
            Priority::Visible,
            "draw a map",
            0,
            move |cancel| match rgb {
                Some(rgb) => ground.draw_colours(&rgb, look, target, cancel),
                None => ground.draw(&values, look, target, cancel),
            },
        );
        let made = Made {
            ground: Arc::downgrade(scene.ground),
            values: Arc::downgrade(scene.values),
            rgb: weak(scene.rgb),
            look,
            target,
        };
        self.task = Some((made, task));
    }

    fn paint(&mut self, ui: &Ui, context: &ViewContext<'_>, scene: Scene<'_>, map: &PlaneMap) {
        let (Some(pass), Some((_, drawn))) = (&context.gpu, &self.drawn) else {
            return;
        };
        if let Some(image) = &drawn.colours {
            let is_current = |(shown, _): &(Arc<DrawnMap>, _)| Arc::ptr_eq(shown, drawn);
            let kept = self.texture.take().filter(is_current);
            let (_, texture) = self.texture.insert(kept.unwrap_or_else(|| {
                let image = egui::ImageData::Color(Arc::clone(image));
                let options = egui::TextureOptions::NEAREST;
                (
                    Arc::clone(drawn),
                    ui.ctx().load_texture("map", image, options),
                )
            }));
            let [width, height] = drawn.target.size.map(|edge| edge as f64);
            let corners = [[0.0, 0.0], [width, height]]
                .map(|corner| map.ui_from_plane(drawn.target.place_of(corner)));
            let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let place = Rect::from_two_pos(corners[0], corners[1]);
            let painter = ui.painter().with_clip_rect(map.rect);
            painter.image(texture.id(), place, all, egui::Color32::WHITE);
            return;
        }
        let is_current = self.uploaded.as_ref().is_some_and(|(shown, on_gpu)| {
            Arc::ptr_eq(shown, drawn) && on_gpu.generation() == pass.gpu.generation
        });
        if !is_current {
            match ImageFrame::from_pyramid(pass.gpu, &drawn.pyramid) {
                Ok(on_gpu) => self.uploaded = Some((Arc::clone(drawn), Arc::new(on_gpu))),
                Err(error) => {
                    log::warn!("put a map on the GPU: {error}");
                    return;
                }
            }
        }
        let Some((_, on_gpu)) = &self.uploaded else {
            return;
        };
        let size_px = size_px(ui, map.rect);
        let now = map.target(size_px, f64::from(ui.ctx().pixels_per_point()));
        let place = between(&now, &drawn.target);
        ui.painter().add(egui_wgpu::Callback::new_paint_callback(
            map.rect,
            ImageCallback {
                layer: self.layer,
                source: Arc::clone(on_gpu),
                display: image_display(scene.display, place, &context.tokens, scene.values).into(),
                size_px,
            },
        ));
    }

    /// Writes the place into a state.
    pub(crate) fn write(&self, state: &mut ViewState) {
        state.set("equal", Value::Bool(self.is_equal));
        if let Some((centre, zoom)) = self.place {
            state.set("centre x", Value::Float(centre[0]));
            state.set("centre y", Value::Float(centre[1]));
            state.set("zoom", Value::Float(zoom));
        }
    }

    /// Takes the place of a state.
    pub(crate) fn read(&mut self, state: &ViewState) {
        self.is_equal = state.flag("equal", self.is_equal);
        let zoom = state.number("zoom", 0.0);
        let centre = [state.number("centre x", 0.0), state.number("centre y", 0.0)];
        let is_place = zoom > 0.0 && zoom.is_finite() && centre.iter().all(|part| part.is_finite());
        self.place = is_place.then_some((centre, zoom));
    }
}

/// Where pixels of one picture are in another one, of the same plane.
fn between(now: &Target, drawn: &Target) -> ImageFromTarget {
    let step = [0, 1].map(|axis| drawn.scale[axis] / now.scale[axis]);
    let corner = drawn.pixel_of(now.top_left);
    ImageFromTarget {
        x: [step[0], 0.0],
        y: [0.0, step[1]],
        origin: corner.map(|part| part - 0.5),
    }
}

/// How a picture of a map is shown; where there is no point, what lies behind is seen.
pub(super) fn image_display(
    display: &Display,
    place: ImageFromTarget,
    tokens: &Tokens,
    values: &PreparedFrame,
) -> hutch_render::ImageDisplay {
    let image = display.image(place, tokens, values);
    hutch_render::ImageDisplay {
        marks: Marks {
            missing: image.marks.outside,
            ..image.marks
        },
        ..image
    }
}

/// Draws the axis below (0) or at the left (1) of a map.
fn axis_ui(ui: &Ui, map: &PlaneMap, axis: usize, label: &str) {
    let tokens = Tokens::of(ui);
    let rect = map.rect;
    let low = map.plane_from_ui(rect.left_bottom())[axis];
    let high = map.plane_from_ui(rect.right_top())[axis];
    let (length, pitch) = if axis == 0 {
        (rect.width(), 84.0)
    } else {
        (rect.height(), 40.0)
    };
    let (values, decimals) = ticks([low, high], f64::from((length / pitch).max(1.0)));
    let stroke = Stroke::new(1.0, tokens.control_line);
    let painter = ui.painter();
    for value in values {
        let at = map.ui_from_plane([value; 2]);
        let text = tick_text(value, decimals);
        let (ends, place, align) = if axis == 0 {
            let top = pos2(at.x, rect.bottom());
            (
                [top, top + vec2(0.0, 4.0)],
                top + vec2(0.0, 5.0),
                Align2::CENTER_TOP,
            )
        } else {
            let right = pos2(rect.left(), at.y);
            (
                [right - vec2(4.0, 0.0), right],
                right - vec2(6.0, 0.0),
                Align2::RIGHT_CENTER,
            )
        };
        painter.line_segment(ends, stroke);
        painter.text(place, align, text, secondary(), tokens.secondary);
    }
    if axis == 0 {
        let at = pos2(rect.center().x, rect.bottom() + BELOW - 2.0);
        painter.text(at, Align2::CENTER_BOTTOM, label, secondary(), tokens.text);
        return;
    }
    let galley = painter.layout_no_wrap(label.to_owned(), secondary(), tokens.text);
    let at = pos2(
        rect.left() - LEFT + 2.0,
        rect.center().y + galley.size().x / 2.0,
    );
    let turned = egui::epaint::TextShape::new(at, galley, tokens.text)
        .with_angle(-std::f32::consts::FRAC_PI_2);
    painter.add(turned);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_goes_to_the_screen_and_back_and_y_goes_upwards() {
        let map = PlaneMap {
            rect: Rect::from_min_size(pos2(10.0, 20.0), vec2(400.0, 300.0)),
            centre: [3.0, -1.0],
            scale: [20.0, 5.0],
        };
        let at = map.ui_from_plane([4.0, 1.0]);
        assert!(at.y < map.rect.center().y, "upwards");
        let back = map.plane_from_ui(at);
        assert!(
            (back[0] - 4.0).abs() + (back[1] - 1.0).abs() < 1e-5,
            "{back:?}"
        );
    }

    #[test]
    fn an_older_picture_is_drawn_where_its_places_are_now() {
        let map = PlaneMap {
            rect: Rect::from_min_size(pos2(0.0, 0.0), vec2(40.0, 30.0)),
            centre: [0.0, 0.0],
            scale: [10.0, 10.0],
        };
        let old = map.target([40, 30], 1.0);
        let moved = PlaneMap {
            centre: [1.0, 0.5],
            scale: [20.0, 20.0],
            ..map
        };
        let place = between(&moved.target([40, 30], 1.0), &old);
        // The middle of the screen is the place [1, 0.5], 10 pixels right and 5 up.
        let at = place.apply([20.0, 15.0]);
        assert!((at[0] - 29.5).abs() + (at[1] - 9.5).abs() < 1e-9, "{at:?}");
    }
}
