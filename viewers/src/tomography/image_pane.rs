//! One linked picture with its own place and colours.

use std::sync::Arc;

use egui::{CursorIcon, Pos2, Rect, Sense, Stroke, WidgetInfo, pos2};
use hutch_model::ViewState;

use crate::ViewContext;
use crate::canvas::{Canvas, Place, ScreenMap};
use crate::display::Display;
use crate::prepared::PreparedFrame;

/// How far from a line a press still holds it, in points.
const GRIP: f32 = 5.0;

/// One linked picture.
#[derive(Default)]
pub(super) struct ImagePane {
    pub(super) canvas: Canvas,
    pub(super) display: Display,
}

/// What a pass over a picture found.
pub(super) struct Seen {
    /// The sample under the pointer, as an index into what is drawn.
    pub(super) index: Option<usize>,
    /// The pixel under the pointer, in pixels of the detector.
    pub(super) pixel: Option<[i64; 2]>,
    pub(super) rect: Rect,
    size: [u32; 2],
    map: ScreenMap,
    bin: f64,
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineAnswer {
    /// Where it is dragged to, in pixels of the detector.
    pub(super) moved_to: Option<f64>,
    pub(super) is_dragging: bool,
}

/// Which way a line runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Across,
    Down,
}

impl ImagePane {
    /// Draws a picture of which each pixel stands for `bin` x `bin` pixels of
    /// the detector; the place on the screen is kept in those of the detector.
    pub(super) fn ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &ViewContext<'_>,
        frame: &Arc<PreparedFrame>,
        bin: usize,
    ) -> Seen {
        let bin = bin.max(1) as f64;
        self.display.follow(frame);
        self.canvas.place = scaled(self.canvas.place, 1.0 / bin);
        let answer = self.canvas.ui(ui, context, frame, &self.display, true);
        self.canvas.place = scaled(self.canvas.place, bin);
        let index = answer.pixel.and_then(|[x, y]| frame.sample_index(x, y));
        #[expect(clippy::cast_possible_truncation, reason = "a pixel of a frame")]
        let pixel = answer
            .pixel
            .and(answer.point_px)
            .map(|point| point.map(|part| (part * bin + (bin - 1.0) / 2.0).round() as i64));
        Seen {
            index,
            pixel,
            rect: answer.map_rect(),
            size: frame.size,
            map: answer.map,
            bin,
        }
    }

    pub(super) fn write(&self, state: &mut ViewState) {
        self.display.write(state);
        self.canvas.write(state);
    }

    pub(super) fn read(&mut self, state: &ViewState) {
        self.display.read(state);
        self.canvas.read(state);
    }
}

/// A place in pixels that are `factor` times as many.
fn scaled(place: Place, factor: f64) -> Place {
    match place {
        Place::Fit => Place::Fit,
        Place::At { centre_px, zoom } => Place::At {
            // Pixel 0 of a coarse picture has its centre in the middle of its bin.
            centre_px: centre_px.map(|part| (part + 0.5) * factor - 0.5),
            zoom: zoom / factor,
        },
    }
}

impl Seen {
    /// Points of the screen for each pixel of the detector.
    pub(super) fn zoom(&self) -> f64 {
        self.map.zoom() / self.bin
    }

    fn ui_from_detector(&self, [x, y]: [f64; 2]) -> Pos2 {
        let inside = |part: f64| (part + 0.5) / self.bin - 0.5;
        self.map.ui_from_image([inside(x), inside(y)])
    }

    /// The picture on the screen, as far as it is in the pane.
    pub(super) fn picture(&self) -> Rect {
        let [width, height] = self.size.map(f64::from);
        Rect::from_two_pos(
            self.map.ui_from_image([-0.5, -0.5]),
            self.map.ui_from_image([width - 0.5, height - 0.5]),
        )
        .intersect(self.rect)
    }

    /// A line that can be dragged, at a place in pixels of the detector.
    pub(super) fn line_ui(
        &self,
        ui: &egui::Ui,
        (name, tooltip): (&str, &str),
        (way, at_px): (Way, f64),
        colour: egui::Color32,
    ) -> LineAnswer {
        let picture = self.picture();
        let place = self.ui_from_detector([at_px, at_px]);
        let is_inside = match way {
            Way::Across => picture.y_range().expand(1.0).contains(place.y),
            Way::Down => picture.x_range().expand(1.0).contains(place.x),
        };
        if !is_inside || !picture.is_positive() {
            return LineAnswer::default();
        }
        let (ends, grip, cursor) = match way {
            Way::Across => (
                [
                    pos2(picture.left(), place.y),
                    pos2(picture.right(), place.y),
                ],
                egui::vec2(0.0, GRIP),
                CursorIcon::ResizeVertical,
            ),
            Way::Down => (
                [
                    pos2(place.x, picture.top()),
                    pos2(place.x, picture.bottom()),
                ],
                egui::vec2(GRIP, 0.0),
                CursorIcon::ResizeHorizontal,
            ),
        };
        let hit = Rect::from_two_pos(ends[0], ends[1]).expand2(grip);
        let response = ui.interact(hit, ui.scope_id().with(("line", name)), Sense::drag());
        response.widget_info(|| WidgetInfo::slider(true, at_px, name));
        let is_held = response.hovered() || response.dragged();
        let width = if is_held { 2.0 } else { 1.0 };
        let painter = ui.painter_at(self.rect);
        // A shade below, so that the line is seen on bright samples too.
        let shade = Stroke::new(width + 2.0, egui::Color32::from_black_alpha(70));
        painter.line_segment(ends, shade);
        painter.line_segment(ends, Stroke::new(width, colour));
        let moved_to = response
            .dragged()
            .then(|| response.interact_pointer_pos())
            .flatten()
            .map(|pointer| {
                let [x, y] = self.map.image_from_ui(pointer);
                let part = if way == Way::Across { y } else { x };
                (part + 0.5) * self.bin - 0.5
            });
        let is_dragging = response.dragged();
        response
            .on_hover_and_drag_cursor(cursor)
            .on_hover_text(tooltip);
        LineAnswer {
            moved_to,
            is_dragging,
        }
    }

    /// A line that only marks a place.
    pub(super) fn mark(&self, ui: &egui::Ui, way: Way, at_px: f64, colour: egui::Color32) {
        let picture = self.picture();
        let place = self.ui_from_detector([at_px, at_px]);
        let painter = ui.painter_at(picture);
        let stroke = Stroke::new(1.0, colour);
        match way {
            Way::Across => painter.hline(picture.x_range(), place.y, stroke),
            Way::Down => painter.vline(place.x, picture.y_range(), stroke),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_picture_stays_in_its_place() {
        let place = Place::At {
            centre_px: [10.0, 20.0],
            zoom: 3.0,
        };
        assert_eq!(scaled(scaled(place, 0.25), 4.0), place, "there and back");
    }
}
