//! One small button for each tool, drawn with the shape that it makes.

use egui::{Color32, Painter, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::{Regions, Tool};
use crate::theme::{Tokens, size};
use crate::widgets::focus_ring;

impl Regions {
    /// The tools, in as many rows as they need.
    pub(super) fn tool_bar_ui(&mut self, ui: &mut Ui) {
        // All in one row where they fit; never smaller than the drawing in them.
        let width = (ui.available_width() / Tool::ALL.len() as f32).floor();
        let width = width.clamp(20.0, 28.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(0.0, 2.0);
            for tool in Tool::ALL {
                if tool_button(ui, tool, width, self.tool == Some(tool)) {
                    self.choose(Some(tool));
                }
            }
        });
    }
}

fn tool_button(ui: &mut Ui, tool: Tool, width: f32, is_on: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::ROW), Sense::click());
    let is_enabled = ui.is_enabled();
    let name = format!("Draw a {}", tool.name());
    response.widget_info(|| WidgetInfo::selected(Role::Button, is_enabled, is_on, name.as_str()));
    if ui.is_rect_visible(rect) {
        let tokens = Tokens::of(ui);
        let (fill, colour) = if is_on {
            (tokens.accent_behind, tokens.accent)
        } else if response.hovered() {
            (tokens.hover, tokens.text)
        } else {
            (Color32::TRANSPARENT, tokens.secondary)
        };
        ui.painter().rect_filled(rect, size::RADIUS_SMALL, fill);
        let square = Rect::from_center_size(rect.center(), vec2(13.0, 13.0));
        glyph(ui.painter(), square, tool, colour);
        focus_ring(ui, &response, rect);
    }
    response.on_hover_text(tool.hint()).clicked()
}

/// A small drawing of a shape.
fn glyph(painter: &Painter, rect: Rect, tool: Tool, colour: Color32) {
    let stroke = Stroke::new(1.4, colour);
    let at = |x: f32, y: f32| rect.lerp_inside(vec2(x, y));
    let line = |points: &[(f32, f32)]| {
        let points: Vec<Pos2> = points.iter().map(|(x, y)| at(*x, *y)).collect();
        painter.add(egui::Shape::line(points, stroke));
    };
    match tool {
        Tool::Point => {
            painter.circle_filled(rect.center(), 2.5, colour);
        }
        Tool::Line => {
            line(&[(0.05, 0.95), (0.95, 0.05)]);
            for end in [at(0.05, 0.95), at(0.95, 0.05)] {
                painter.circle_filled(end, 2.0, colour);
            }
        }
        Tool::Rectangle => {
            let inner = rect.shrink2(vec2(0.0, 1.5));
            painter.rect_stroke(inner, 0.0, stroke, StrokeKind::Middle);
        }
        Tool::Circle => {
            painter.circle_stroke(rect.center(), rect.width() / 2.0, stroke);
        }
        Tool::Ellipse => {
            let radii = vec2(rect.width() / 2.0 + 0.5, rect.height() / 3.2);
            painter.add(egui::epaint::EllipseShape::stroke(
                rect.center(),
                radii,
                stroke,
            ));
        }
        Tool::Polygon => line(&[
            (0.5, 0.0),
            (1.0, 0.4),
            (0.8, 1.0),
            (0.2, 1.0),
            (0.0, 0.4),
            (0.5, 0.0),
        ]),
        Tool::Arc => {
            let along = |radius: f32| {
                (0..=10).map(move |step| {
                    let turn = -std::f32::consts::FRAC_PI_2 * step as f32 / 10.0;
                    (radius * turn.cos(), 1.0 + radius * turn.sin())
                })
            };
            let mut points: Vec<(f32, f32)> = along(0.5).collect();
            points.extend(along(1.0).collect::<Vec<_>>().into_iter().rev());
            points.extend(points.first().copied());
            line(&points);
        }
        Tool::Band => {
            line(&[(-0.05, 0.65), (0.65, -0.05)]);
            line(&[(0.35, 1.05), (1.05, 0.35)]);
        }
        Tool::Cross => {
            line(&[(0.5, 0.0), (0.5, 1.0)]);
            line(&[(0.0, 0.5), (1.0, 0.5)]);
        }
        Tool::Horizontal => {
            line(&[(0.0, 0.25), (1.0, 0.25)]);
            line(&[(0.0, 0.75), (1.0, 0.75)]);
        }
        Tool::Vertical => {
            line(&[(0.25, 0.0), (0.25, 1.0)]);
            line(&[(0.75, 0.0), (0.75, 1.0)]);
        }
    }
}
