//! The mouse on the canvas: drawing, taking hold, selecting.

use egui::{CursorIcon, PointerButton, Pos2, Ui};
use hutch_analysis::region::Shape;

use super::handles::{handles, moved, with_handle};
use super::{Regions, Tool, outline};
use crate::canvas::{CanvasAnswer, ScreenMap};

/// How near a handle is taken hold of, in points of the screen.
pub(super) const NEAR_HANDLE: f32 = 8.0;
/// How near a line is.
const NEAR_LINE: f32 = 5.0;

/// The image that regions lie on.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// Width and height, in pixels.
    pub size: [f64; 2],
    /// What arcs are around `[x, y]`: the beam centre, else the middle.
    pub centre: [f64; 2],
}

/// What is held at the moment.
#[derive(Clone, Debug)]
pub(super) struct Grab {
    region: usize,
    part: Part,
    /// The shape before.
    shape: Shape,
    from: [f64; 2],
}

/// A part of a shape that can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Handle(usize),
    Body,
}

impl Regions {
    /// Takes what the mouse did on the canvas in this pass.
    pub(super) fn pointer_ui(&mut self, ui: &Ui, answer: &CanvasAnswer, scene: &Scene) {
        match self.tool {
            Some(tool) => self.draw(ui, tool, answer, scene),
            None => self.hold(ui, answer, scene),
        }
    }

    fn draw(&mut self, ui: &Ui, tool: Tool, answer: &CanvasAnswer, scene: &Scene) {
        self.is_over = false;
        let drawn = self.drawing.pointer_ui(ui, tool, answer, scene);
        self.finish(drawn);
    }

    /// Ends a polygon that is drawn; says whether there was one.
    pub(super) fn close_polygon(&mut self) -> bool {
        let is_under_way = self.drawing.corners().is_some();
        let drawn = self.drawing.close_polygon();
        self.finish(drawn);
        is_under_way
    }

    fn finish(&mut self, drawn: Option<Shape>) {
        if let Some(shape) = drawn {
            self.tool = None;
            self.add(shape);
        }
    }

    fn hold(&mut self, ui: &Ui, answer: &CanvasAnswer, scene: &Scene) {
        let response = &answer.response;
        let over = response
            .hover_pos()
            .and_then(|place| self.hit(place, &answer.map, scene));
        self.is_over = over.is_some();
        let cursor = match self
            .grab
            .as_ref()
            .map(|grab| grab.part)
            .or(over.map(|(_, part)| part))
        {
            Some(Part::Handle(_)) => Some(CursorIcon::Crosshair),
            Some(Part::Body) => Some(CursorIcon::Move),
            None => None,
        };
        if let Some(cursor) = cursor.filter(|_| response.hovered() || self.grab.is_some()) {
            ui.ctx().set_cursor_icon(cursor);
        }
        if response.drag_started_by(PointerButton::Primary) {
            let origin = ui.input(|input| input.pointer.press_origin());
            self.grab = origin.and_then(|place| {
                let (region, part) = self.hit(place, &answer.map, scene)?;
                let shape = self.list.get(region)?.shape.clone();
                let from = answer.map.image_from_ui(place);
                Some(Grab {
                    region,
                    part,
                    shape,
                    from,
                })
            });
            if let Some(grab) = &self.grab {
                self.selected = Some(grab.region);
            }
        }
        if let Some(place) = response.interact_pointer_pos() {
            self.pull(answer.map.image_from_ui(place));
        }
        if response.drag_stopped() || !response.is_pointer_button_down_on() {
            self.grab = None;
        }
        if let Some(place) = response
            .interact_pointer_pos()
            .filter(|_| response.clicked())
        {
            let hit = self
                .hit(place, &answer.map, scene)
                .map(|(region, _)| region);
            self.selected = hit.or_else(|| self.around(answer.map.image_from_ui(place)));
        }
    }

    fn pull(&mut self, to: [f64; 2]) {
        let Some(grab) = &self.grab else { return };
        if let Some(region) = self.list.get_mut(grab.region) {
            region.shape = match grab.part {
                Part::Handle(handle) => with_handle(&grab.shape, handle, to),
                Part::Body => moved(&grab.shape, [to[0] - grab.from[0], to[1] - grab.from[1]]),
            };
        }
    }

    /// What can be held at a place of the screen: handles and the inside of the region that is
    /// selected, and the lines of all.
    fn hit(&self, place: Pos2, map: &ScreenMap, scene: &Scene) -> Option<(usize, Part)> {
        let at = map.image_from_ui(place);
        if let Some((index, region)) = self.selected() {
            let near = handles(&region.shape, scene.size)
                .into_iter()
                .map(|handle| map.ui_from_image(handle).distance(place))
                .enumerate()
                .filter(|(_, distance)| *distance < NEAR_HANDLE)
                .min_by(|(_, one), (_, other)| one.total_cmp(other));
            if let Some((handle, _)) = near {
                return Some((index, Part::Handle(handle)));
            }
            if region.shape.contains(at[0], at[1]) {
                return Some((index, Part::Body));
            }
        }
        let regions = self.list.iter().enumerate().rev();
        let mut near = regions.filter(|(_, region)| {
            let lines = outline(&region.shape, scene.size);
            lines.iter().any(|line| is_near(line, place, map))
        });
        near.next().map(|(index, _)| (index, Part::Body))
    }

    /// The smallest region around a place of the image.
    fn around(&self, [x, y]: [f64; 2]) -> Option<usize> {
        let area = |shape: &Shape| {
            let [x0, y0, x1, y1] = shape.bounds();
            (x1 - x0) * (y1 - y0)
        };
        let around = self.list.iter().enumerate();
        around
            .filter(|(_, region)| region.shape.contains(x, y))
            .min_by(|(_, one), (_, other)| area(&one.shape).total_cmp(&area(&other.shape)))
            .map(|(index, _)| index)
    }
}

/// Whether a place of the screen is near a line of the image.
fn is_near(line: &[[f64; 2]], place: Pos2, map: &ScreenMap) -> bool {
    let pairs = line.iter().zip(line.iter().skip(1));
    pairs
        .map(|(from, to)| [*from, *to].map(|end| map.ui_from_image(end)))
        .any(|[from, to]| {
            let step = to - from;
            let along = (place - from).dot(step) / step.length_sq().max(1e-6);
            (from + step * along.clamp(0.0, 1.0)).distance(place) < NEAR_LINE
        })
}
