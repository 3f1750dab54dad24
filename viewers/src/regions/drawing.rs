//! A shape that is being drawn with the mouse.

use egui::{CursorIcon, PointerButton, Ui};
use hutch_analysis::region::Shape;

use super::handles::rounded;
use super::pointer::{NEAR_HANDLE, Scene};
use super::tool::Tool;
use crate::canvas::CanvasAnswer;

/// What is drawn at the moment, in pixels of the image.
#[derive(Clone, Debug)]
enum Draft {
    /// From a press to the pointer.
    Drag { from: [f64; 2], to: [f64; 2] },
    /// Corners of a polygon.
    Corners(Vec<[f64; 2]>),
}

/// A shape from its first press to its last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drawing {
    draft: Option<Draft>,
}

impl Drawing {
    /// Takes what the mouse did on the canvas in this pass; gives the shape when it is whole.
    pub(crate) fn pointer_ui(
        &mut self,
        ui: &Ui,
        tool: Tool,
        answer: &CanvasAnswer,
        scene: &Scene,
    ) -> Option<Shape> {
        let response = &answer.response;
        if response.hovered() {
            ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        }
        let here = response
            .interact_pointer_pos()
            .or(response.hover_pos())
            .map(|place| answer.map.image_from_ui(place));
        if tool == Tool::Polygon {
            return self.add_corner(answer, here);
        }
        if tool.is_click() {
            let at = here.filter(|_| response.clicked())?;
            return tool.dragged(at, at, scene.centre);
        }
        if response.drag_started_by(PointerButton::Primary) {
            let from = ui.input(|input| input.pointer.press_origin());
            let from = from.map(|place| answer.map.image_from_ui(place)).or(here);
            self.draft = from.map(|from| Draft::Drag { from, to: from });
        }
        if let (Some(Draft::Drag { to, .. }), Some(here)) = (&mut self.draft, here) {
            *to = here;
        }
        if response.drag_stopped_by(PointerButton::Primary)
            && let Some(Draft::Drag { from, to }) = self.draft.take()
        {
            return tool.dragged(from, to, scene.centre);
        }
        None
    }

    fn add_corner(&mut self, answer: &CanvasAnswer, here: Option<[f64; 2]>) -> Option<Shape> {
        if answer.response.double_clicked() {
            return self.close_polygon();
        }
        let at = here.filter(|_| answer.response.clicked())?;
        let Some(Draft::Corners(corners)) = &mut self.draft else {
            self.draft = Some(Draft::Corners(vec![at]));
            return None;
        };
        let first = corners
            .first()
            .map(|first| answer.map.ui_from_image(*first));
        let place = answer.map.ui_from_image(at);
        if first.is_some_and(|first| first.distance(place) < NEAR_HANDLE) {
            return self.close_polygon();
        }
        corners.push(at);
        None
    }

    /// Ends a polygon; what has too few corners is none.
    pub(crate) fn close_polygon(&mut self) -> Option<Shape> {
        match self.draft.take() {
            Some(Draft::Corners(corners)) if corners.len() > 2 => {
                Some(rounded(&Shape::Polygon(corners)))
            }
            _ => None,
        }
    }

    /// Begins anew; says whether something was under way.
    pub(crate) fn clear(&mut self) -> bool {
        self.draft.take().is_some()
    }

    /// The shape as it is at the moment.
    pub(crate) fn shape(&self, tool: Tool, scene: &Scene) -> Option<Shape> {
        match &self.draft {
            Some(Draft::Drag { from, to }) => tool.dragged(*from, *to, scene.centre),
            _ => None,
        }
    }

    /// The corners of a polygon as they are at the moment.
    pub(crate) fn corners(&self) -> Option<&[[f64; 2]]> {
        match &self.draft {
            Some(Draft::Corners(corners)) => Some(corners),
            _ => None,
        }
    }
}
