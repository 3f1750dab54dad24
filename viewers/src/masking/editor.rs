//! Painting a mask with the mouse.

use egui::{Color32, PointerButton, Ui};
use hutch_analysis::mask::{Ink, Step};
use hutch_analysis::region::Shape;

use super::Masking;
use crate::canvas::{CanvasAnswer, ScreenMap};
use crate::regions::{Scene, Tool, outline};
use crate::theme::Tokens;
use crate::widgets::{Corner, chip};

/// What a mask is painted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brush {
    /// A round pencil.
    Pencil,
    /// Rectangles.
    Rectangle,
    /// Ellipses.
    Ellipse,
    /// Polygons.
    Polygon,
}

impl Brush {
    /// All of them, with their names.
    pub(super) const ALL: [(Option<Self>, &'static str); 5] = [
        (None, "off"),
        (Some(Self::Pencil), "pencil"),
        (Some(Self::Rectangle), "box"),
        (Some(Self::Ellipse), "ellipse"),
        (Some(Self::Polygon), "polygon"),
    ];

    /// The tool that draws its shape.
    const fn tool(self) -> Option<Tool> {
        match self {
            Self::Pencil => None,
            Self::Rectangle => Some(Tool::Rectangle),
            Self::Ellipse => Some(Tool::Ellipse),
            Self::Polygon => Some(Tool::Polygon),
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::Pencil => "Drag over the pixels",
            Self::Rectangle => "Drag from corner to corner",
            Self::Ellipse => "Drag a box around it",
            Self::Polygon => "Click the corners, then the first one again",
        }
    }
}

/// Where the pencil went since it was pressed, in pixels of the image.
pub(super) type Stroke = Vec<[f64; 2]>;

impl Masking {
    /// Takes what the mouse did on the canvas, and draws what is painted at the moment.
    pub fn ui(&mut self, ui: &Ui, answer: &CanvasAnswer, scene: &Scene) {
        let Some(brush) = self.brush else { return };
        match brush.tool() {
            None => self.pencil_ui(ui, answer),
            Some(tool) => {
                let drawn = self.drawing.pointer_ui(ui, tool, answer, scene);
                self.paint(drawn);
                self.draft_ui(ui, tool, &answer.map, scene);
            }
        }
        let verb = if self.adds { "masks" } else { "unmasks" };
        let text = format!("{}: {verb}; Escape ends", brush.hint());
        chip(ui, answer.map.rect(), Corner::TopLeft, &text);
    }

    /// Adds a shape to the mask, or takes it away.
    pub(super) fn paint(&mut self, drawn: Option<Shape>) {
        if let Some(shape) = drawn {
            self.steps.push(Step::Paint(Ink::Shape(shape), self.adds));
        }
    }

    fn pencil_ui(&mut self, ui: &Ui, answer: &CanvasAnswer) {
        let response = &answer.response;
        let tenth = |at: [f64; 2]| at.map(|part| (part * 10.0).round() / 10.0);
        let here = response
            .interact_pointer_pos()
            .or(response.hover_pos())
            .map(|place| answer.map.image_from_ui(place));
        if response.is_pointer_button_down_on()
            && ui.input(|input| input.pointer.button_down(PointerButton::Primary))
            && let Some(at) = here.map(tenth)
        {
            let stroke = self.stroke.get_or_insert_default();
            // A step of less than half of the pencil adds no pixels worth a point.
            let is_far = stroke.last().is_none_or(|last| {
                (last[0] - at[0]).hypot(last[1] - at[1]) > 0.5 * self.radius_px.max(0.5)
            });
            if is_far {
                stroke.push(at);
            }
        } else if let Some(stroke) = self.stroke.take() {
            let ink = Ink::Stroke(self.radius_px, stroke);
            self.steps.push(Step::Paint(ink, self.adds));
        }
        let painter = ui.painter_at(answer.map.rect());
        let colour = ink_colour(ui, self.adds);
        let radius = |map: &ScreenMap| {
            #[expect(clippy::cast_possible_truncation, reason = "points of a screen")]
            let radius = (self.radius_px.max(0.5) * map.zoom()) as f32;
            radius
        };
        let radius = radius(&answer.map);
        for at in self.stroke.iter().flatten() {
            painter.circle_filled(answer.map.ui_from_image(*at), radius, colour);
        }
        if let Some(at) = here.filter(|_| response.hovered()) {
            let edge = egui::Stroke::new(1.0, Tokens::of(ui).text);
            painter.circle_stroke(answer.map.ui_from_image(at), radius.max(2.0), edge);
        }
    }

    fn draft_ui(&self, ui: &Ui, tool: Tool, map: &ScreenMap, scene: &Scene) {
        let painter = ui.painter_at(map.rect());
        let colour = ink_colour(ui, self.adds).to_opaque();
        let stroke = egui::Stroke::new(1.5, colour);
        let mut lines = self
            .drawing
            .shape(tool, scene)
            .map_or_else(Vec::new, |shape| outline(&shape, scene.size));
        lines.extend(self.drawing.corners().map(<[[f64; 2]]>::to_vec));
        for line in lines {
            let places: Vec<egui::Pos2> = line.iter().map(|at| map.ui_from_image(*at)).collect();
            if let [only] = places.as_slice() {
                painter.circle_filled(*only, 3.0, colour);
            }
            painter.add(egui::Shape::line(places, stroke));
        }
    }
}

/// The colour of what is painted at the moment: that of masked pixels, seen through.
fn ink_colour(ui: &Ui, adds: bool) -> Color32 {
    let tokens = Tokens::of(ui);
    if adds {
        tokens.attention.gamma_multiply(0.6)
    } else {
        tokens.accent.gamma_multiply(0.6)
    }
}
