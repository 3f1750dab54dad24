//! How regions look on the frame.

use egui::{Align2, Color32, Painter, Pos2, Shape as Ink, Stroke, Ui};
use hutch_analysis::region::Shape;

use super::handles::handles;
use super::pointer::Scene;
use super::{Regions, colour_of, outline};
use crate::canvas::ScreenMap;
use crate::theme::{self, Tokens};
use crate::widgets::{Corner, chip};

/// Side of a handle on the screen, in points.
const HANDLE: f32 = 7.0;

impl Regions {
    pub(super) fn draw_ui(&self, ui: &Ui, map: &ScreenMap, scene: &Scene) {
        let painter = ui.painter_at(map.rect());
        let tokens = Tokens::over_image(ui);
        for (index, region) in self.list.iter().enumerate() {
            let is_selected = self.selected == Some(index);
            let colour = colour_of(index);
            lines(&painter, &region.shape, (map, scene), colour, is_selected);
            let corner = outline(&region.shape, scene.size)
                .iter()
                .flat_map(|line| places_on(line))
                .map(|point| map.ui_from_image(point))
                .filter(|place| map.rect().shrink(12.0).contains(*place))
                .min_by(|one, other| (one.y + 0.01 * one.x).total_cmp(&(other.y + 0.01 * other.x)));
            if let Some(corner) = corner {
                label(&painter, corner, &region.name, (colour, tokens));
            }
        }
        if let Some((index, region)) = self.selected() {
            for handle in handles(&region.shape, scene.size) {
                let place = map.ui_from_image(handle);
                let square = egui::Rect::from_center_size(place, egui::Vec2::splat(HANDLE));
                painter.rect_filled(square.expand(1.0), 1.5, tokens.behind);
                painter.rect_filled(square, 1.0, colour_of(index));
            }
        }
        self.draft_ui(ui, &painter, map, scene);
    }

    /// What is drawn at the moment, and what to do.
    fn draft_ui(&self, ui: &Ui, painter: &Painter, map: &ScreenMap, scene: &Scene) {
        let Some(tool) = self.tool else { return };
        let colour = colour_of(self.list.len());
        if let Some(shape) = self.drawing.shape(tool, scene) {
            lines(painter, &shape, (map, scene), colour, true);
            chip(ui, map.rect(), Corner::TopLeft, &shape.to_string());
            return;
        }
        if let Some(corners) = self.drawing.corners() {
            let mut places: Vec<Pos2> = corners.iter().map(|at| map.ui_from_image(*at)).collect();
            for place in &places {
                painter.circle_filled(*place, 3.5, colour);
            }
            places.extend(ui.input(|input| input.pointer.hover_pos()));
            stroke(painter, places, colour, true);
        }
        let text = format!("{}; Escape ends", tool.hint());
        chip(ui, map.rect(), Corner::TopLeft, &text);
    }
}

pub(crate) fn lines(
    painter: &Painter,
    shape: &Shape,
    (map, scene): (&ScreenMap, &Scene),
    colour: Color32,
    is_selected: bool,
) {
    for line in outline(shape, scene.size) {
        let places = line.iter().map(|point| map.ui_from_image(*point)).collect();
        stroke(painter, places, colour, is_selected);
    }
}

/// A line with a dark edge, so that it is seen on bright frames as well.
fn stroke(painter: &Painter, places: Vec<Pos2>, colour: Color32, is_selected: bool) {
    let width = if is_selected { 2.0 } else { 1.25 };
    let edge = Stroke::new(width + 1.75, Color32::from_black_alpha(140));
    painter.add(Ink::line(places.clone(), edge));
    painter.add(Ink::line(places, Stroke::new(width, colour)));
}

/// Places on a line: its points, and between them where they are few, since the ends of a line
/// without ends are never seen.
fn places_on(line: &[[f64; 2]]) -> Vec<[f64; 2]> {
    const BETWEEN: u32 = 48;
    match line {
        [from, to] => (0..=BETWEEN)
            .map(|step| {
                let share = f64::from(step) / f64::from(BETWEEN);
                [0, 1].map(|axis| from[axis] + share * (to[axis] - from[axis]))
            })
            .collect(),
        many => many.to_vec(),
    }
}

/// The name of a region, above its highest corner.
fn label(painter: &Painter, corner: Pos2, name: &str, (colour, tokens): (Color32, Tokens)) {
    if name.is_empty() {
        return;
    }
    let short: String = name.chars().take(32).collect();
    let galley = painter.layout_no_wrap(short, theme::secondary(), tokens.text);
    let size = galley.size() + egui::vec2(16.0, 2.0);
    let anchor = corner - egui::vec2(0.0, 4.0);
    let rect = Align2::LEFT_BOTTOM.anchor_size(anchor, size);
    let rect = if rect.top() < painter.clip_rect().top() {
        rect.translate(egui::vec2(6.0, size.y + 8.0))
    } else {
        rect
    };
    painter.rect_filled(rect, theme::size::RADIUS_SMALL, tokens.raised);
    let dot = egui::pos2(rect.left() + 6.0, rect.center().y);
    painter.circle_filled(dot, 3.0, colour);
    painter.galley(rect.min + egui::vec2(12.0, 1.0), galley, tokens.text);
}
