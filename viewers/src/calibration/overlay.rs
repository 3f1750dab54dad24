//! What a calibration draws over a frame: the points that it found, the rings before, and the clicks of a person.

use egui::{Color32, Shape, Stroke};
use hutch_analysis::calibration::RingPoint;
use hutch_model::Geometry;

use super::{Calibration, RINGS};
use crate::canvas::ScreenMap;
use crate::diffraction::Rings;
use crate::theme::Tokens;

/// Points farther from their ring than this are marked, in pixels.
const FAR_PX: f64 = 1.0;
/// Points of a ring of the guess.
const STEPS: usize = 240;

impl Calibration {
    /// Draws it, and takes the clicks while points are picked.
    pub(crate) fn overlay_ui(
        &mut self,
        ui: &egui::Ui,
        map: &ScreenMap,
        geometry: Option<&Geometry>,
        rings: Rings,
    ) {
        let painter = ui.painter().with_clip_rect(map.rect());
        let tokens = Tokens::of(ui);
        self.pick(ui, map, geometry, rings);
        if let Some(of) = &self.found {
            // The rings of the guess, behind those of the result.
            let before = of.start.geometry();
            let mut spacings: Vec<f64> = of
                .found
                .points
                .iter()
                .map(|found| found.point.spacing_m)
                .collect();
            spacings.dedup_by(|one, other| (*one - *other).abs() < f64::EPSILON * other.abs());
            for angle in spacings.iter().filter_map(|d| before.two_theta_of_d(*d)) {
                for ring in before.ring(angle, STEPS) {
                    let points = ring
                        .points
                        .iter()
                        .map(|[y, x]| map.ui_from_image([x - 0.5, y - 0.5]));
                    let stroke = Stroke::new(1.0, tokens.faint);
                    painter.extend(Shape::dashed_line(
                        &points.collect::<Vec<_>>(),
                        stroke,
                        4.0,
                        4.0,
                    ));
                }
            }
            for found in &of.found.points {
                let is_far = found.residual_px.abs() > FAR_PX;
                let colour = if is_far {
                    tokens.attention
                } else {
                    tokens.good
                };
                dot(&painter, map, found.point, colour, tokens);
            }
        }
        for point in &self.clicked {
            dot(&painter, map, *point, tokens.accent, tokens);
        }
    }

    /// Adds the point that was clicked to the ring that is picked.
    fn pick(&mut self, ui: &egui::Ui, map: &ScreenMap, geometry: Option<&Geometry>, rings: Rings) {
        let (Some(ring), Some(geometry)) = (self.picking, geometry) else {
            return;
        };
        let place = ui.input(|input| {
            let is_click = input.pointer.primary_clicked();
            input.pointer.interact_pos().filter(|_| is_click)
        });
        let is_ours = |place: &egui::Pos2| {
            let layer = ui.ctx().layer_id_at(*place);
            map.rect().contains(*place) && layer == Some(ui.layer_id())
        };
        let Some(place) = place.filter(is_ours) else {
            return;
        };
        let spacings = rings.spacings_m(geometry);
        let spacing = ring.checked_sub(1).and_then(|index| spacings.get(index));
        if let Some(spacing_m) = spacing {
            let [x, y] = map.image_from_ui(place);
            self.clicked.push(RingPoint {
                point_px: [y + 0.5, x + 0.5],
                spacing_m: *spacing_m,
            });
        }
    }

    /// How many rings can be picked.
    pub(super) const fn rings_max() -> usize {
        RINGS
    }
}

fn dot(
    painter: &egui::Painter,
    map: &ScreenMap,
    point: RingPoint,
    colour: Color32,
    tokens: Tokens,
) {
    let [slow, fast] = point.point_px;
    let place = map.ui_from_image([fast - 0.5, slow - 0.5]);
    if painter.clip_rect().contains(place) {
        painter.circle_filled(place, 3.0, tokens.behind);
        painter.circle_filled(place, 2.0, colour);
    }
}
