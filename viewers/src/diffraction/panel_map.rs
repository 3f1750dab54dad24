//! A small map of a detector of many panels: each where it lies, seen along the beam, with what was found on it.

use std::sync::Arc;

use egui::{Color32, Pos2, Rect, Sense, Shape, Stroke, pos2, vec2};
use hutch_model::Geometry;

use super::found::Found;
use crate::assembled::Assembly;
use crate::numbers;
use crate::theme::{Tokens, rich, secondary, size};
use crate::widgets::{folding_heading, key_value};

/// Height of the map at most.
const HEIGHT: f32 = 260.0;
/// Room around the panels.
const MARGIN: f32 = 6.0;
/// Radius of a mark.
const DOT: f32 = 1.2;

/// The map, and what it was made of.
#[derive(Debug, Default)]
pub(super) struct PanelMap {
    kept: Option<(Arc<Geometry>, Option<Assembly>)>,
    /// The image that is looked at, and the pixel `[x, y]` under the pointer.
    plane: Vec<u64>,
    pixel: Option<[i64; 2]>,
}

/// From the picture of all panels to the map.
struct Scale {
    corner: Pos2,
    points_per_px: f32,
}

impl Scale {
    fn ui_from(&self, [row, column]: [f64; 2]) -> Pos2 {
        #[expect(clippy::cast_possible_truncation, reason = "points of a small picture")]
        let [row, column] = [row as f32, column as f32];
        self.corner + self.points_per_px * vec2(column, row)
    }
}

impl PanelMap {
    /// Remembers what is looked at.
    pub(super) fn look(&mut self, plane: &[u64], pixel: Option<[i64; 2]>) {
        plane.clone_into(&mut self.plane);
        self.pixel = pixel;
    }

    /// Draws the map where there is more than one panel, and says what is under the pointer.
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, geometry: &Arc<Geometry>, found: &Found) {
        if geometry.panels.len() < 2 {
            return;
        }
        let is_kept = self
            .kept
            .as_ref()
            .is_some_and(|(kept, _)| Arc::ptr_eq(kept, geometry));
        if !is_kept {
            self.kept = Some((Arc::clone(geometry), Assembly::of(geometry)));
        }
        let Some((_, Some(assembly))) = &self.kept else {
            return;
        };
        let tokens = Tokens::of(ui);
        if !folding_heading(ui, "Panels", "seen along the beam", true) {
            return;
        }
        let [rows, columns] = assembly.size.map(|edge| edge as f32);
        let room = vec2(ui.available_width() - 2.0 * MARGIN, HEIGHT - 2.0 * MARGIN);
        let points_per_px = (room.x / columns).min(room.y / rows).max(1e-6);
        let wanted = vec2(ui.available_width(), rows * points_per_px + 2.0 * MARGIN);
        let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
        let width = columns * points_per_px;
        let scale = Scale {
            corner: pos2(rect.center().x - 0.5 * width, rect.top() + MARGIN),
            points_per_px,
        };
        ui.painter()
            .rect_filled(rect, size::RADIUS_SMALL, tokens.behind);
        self.draw(ui, (assembly, geometry, found), &scale, tokens);
        let text = format!("{} panels", numbers::count(geometry.panels.len() as u64));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &text));
        self.under_pointer_ui(ui, geometry, tokens);
    }

    fn draw(
        &self,
        ui: &egui::Ui,
        (assembly, geometry, found): (&Assembly, &Geometry, &Found),
        scale: &Scale,
        tokens: Tokens,
    ) {
        let painter = ui.painter();
        for of in &assembly.panels {
            let panel = geometry.panels.get(of.panel);
            let is_here = panel.is_some_and(|panel| panel.plane == self.plane);
            let corners = of.corners().map(|corner| scale.ui_from(corner)).to_vec();
            let fill = if is_here {
                tokens.raised
            } else {
                Color32::TRANSPARENT
            };
            let edge = Stroke::new(1.0, tokens.control_line);
            painter.add(Shape::convex_polygon(corners, fill, edge));
        }
        for (place, colour) in found.dots(tokens).filter_map(|(panel, at, colour)| {
            let of = geometry.panels.get(panel)?;
            let within = [0, 1].map(|axis| at[axis] - of.first[axis] as f64);
            let place = scale.ui_from(assembly.panel(panel)?.at(within));
            Some((place, colour))
        }) {
            painter.circle_filled(place, DOT, colour);
        }
        let beam = scale.ui_from(assembly.beam_px);
        for (from, to) in [
            (vec2(-4.0, 0.0), vec2(4.0, 0.0)),
            (vec2(0.0, -4.0), vec2(0.0, 4.0)),
        ] {
            let stroke = Stroke::new(1.0, tokens.accent);
            painter.line_segment([beam + from, beam + to], stroke);
        }
        let under = self.panel_under(geometry);
        if let Some((panel, within)) = under
            && let Some(of) = assembly.panel(panel)
        {
            let corners = of.corners().map(|corner| scale.ui_from(corner)).to_vec();
            painter.add(Shape::closed_line(corners, Stroke::new(1.0, tokens.accent)));
            let place = scale.ui_from(of.at(within));
            let around = Rect::from_center_size(place, vec2(5.0, 5.0));
            painter.rect_filled(around, 0.0, tokens.accent);
        }
    }

    /// The panel of the pixel under the pointer, and the middle of the pixel from its corner, `[slow, fast]`.
    fn panel_under(&self, geometry: &Geometry) -> Option<(usize, [f64; 2])> {
        let [x, y] = self.pixel?;
        let pixel = [u64::try_from(y).ok()?, u64::try_from(x).ok()?];
        let panels = geometry.panels.iter();
        let at = panels
            .into_iter()
            .position(|panel| panel.contains(&self.plane, pixel))?;
        let first = geometry.panels.get(at)?.first;
        let within = [0, 1].map(|axis| pixel[axis].saturating_sub(first[axis]) as f64 + 0.5);
        Some((at, within))
    }

    /// The panel under the pointer, the pixel of it, and where that is in the laboratory.
    fn under_pointer_ui(&self, ui: &mut egui::Ui, geometry: &Geometry, tokens: Tokens) {
        let under = self.panel_under(geometry);
        let Some((panel, within)) =
            under.and_then(|(at, within)| Some((geometry.panels.get(at)?, within)))
        else {
            let text = "Point at a pixel to see its panel.";
            ui.label(rich(text, secondary(), tokens.secondary));
            return;
        };
        let [slow, fast] = within.map(|place| numbers::float(place - 0.5, 9));
        let whole = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
        key_value(ui, "panel", &panel.name);
        key_value(
            ui,
            "fs, ss in it",
            &format!("{}, {}", whole(&fast), whole(&slow)),
        );
        let [x, y, z] = panel
            .at(within)
            .map(|metres| numbers::float(metres * 1e3, 6));
        key_value(ui, "x, y, z", &format!("{x}, {y}, {z} mm"));
    }
}
