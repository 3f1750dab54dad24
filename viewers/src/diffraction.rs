//! What a frame of diffraction says beyond its counts: the beam, rings, and where the pixel under the pointer looks.

mod direction;
mod facts;
mod found;
mod laid;
mod marks;
mod panel_map;
mod peaks;
mod rings;

use std::sync::Arc;

use egui::{Align2, Shape, Stroke};
use hutch_model::{Geometry, Signal, Value, ViewState};

use self::facts::geometry_ui;
use crate::Resident;
use crate::assembled::Assembling;
use crate::numbers;
use crate::theme::{self, Tokens};
use crate::widgets::{Corner, chip_readout, choice_row, folding_heading, key_value};

pub use direction::Direction;
pub use laid::Laid;
pub use marks::{FoundMark, MarkShape, half_width, marks_of_peaks, marks_of_run};
pub use peaks::{peak_places, peak_slabs};
pub use rings::{DrawnRing, Rings, plane_of, rings};

/// Height of the readout of the counts, with its gap.
const READOUT: f32 = 28.0;
/// Rings as they were computed for a plane of a geometry.
#[derive(Clone, Debug)]
struct Kept {
    geometry: Arc<Geometry>,
    plane: Vec<u64>,
    which: Rings,
    drawn: Vec<DrawnRing>,
}

/// The overlay of one view.
#[derive(Debug, Default)]
pub struct Diffraction {
    /// Which rings are drawn.
    pub rings: Rings,
    /// Peaks of the frame, `[x, y]`.
    peaks: Vec<[f64; 2]>,
    /// What a run of serial crystallography found in it.
    found: found::Found,
    /// Where its panels lie.
    panels: panel_map::PanelMap,
    /// Rings as they were computed for a geometry.
    kept: Option<Kept>,
}

impl Diffraction {
    /// Asks for the peaks that the file keeps of a frame.
    pub fn refresh_peaks(
        &mut self,
        signal: Option<&Signal>,
        frame: u64,
        resident: &mut dyn Resident,
    ) {
        let peaks = signal.and_then(|signal| signal.peaks.as_ref());
        self.peaks = peaks.map_or_else(Vec::new, |peaks| peaks::of_frame(peaks, frame, resident));
        let geometry = signal.and_then(|signal| signal.geometry.as_ref());
        let found = signal.and_then(|signal| signal.found.as_ref());
        self.found.refresh(found, (geometry, frame), resident);
    }

    /// Draws the peaks of the frame.
    pub fn peaks_ui(&self, ui: &egui::Ui, laid: Laid<'_>, signal: Option<&Signal>, frame: u64) {
        if self.found.has_peaks() {
            let geometry = signal.and_then(|signal| signal.geometry.as_deref());
            let shape = signal.map_or(&[][..], |signal| &signal.data.info().shape);
            let plane = geometry.map_or_else(Vec::new, |of| plane_of(of, shape, frame));
            return self.found.ui(ui, laid, (geometry, &plane));
        }
        let painter = ui.painter().with_clip_rect(laid.map.rect());
        peaks::draw(&painter, laid, Tokens::over_image(ui), &self.peaks);
    }

    /// Draws beam centre and rings over a frame, and where the pixel under the pointer looks.
    pub fn ui(
        &mut self,
        ui: &egui::Ui,
        laid: Laid<'_>,
        (signal, frame): (Option<&Signal>, u64),
        pixel: Option<[i64; 2]>,
    ) {
        let said = signal.and_then(|signal| Some((signal, signal.geometry.as_ref()?)));
        let Some((signal, geometry)) = said else {
            return;
        };
        let stored = plane_of(geometry, &signal.data.info().shape, frame);
        let (geometry, plane) = if let Some(assembled) = laid.assembled {
            let under = pixel.and_then(|pixel| assembled.stored(pixel));
            let (plane, pixel) = under.unzip();
            self.panels.look(&plane.unwrap_or(stored), pixel);
            (&assembled.geometry, Vec::new())
        } else {
            self.panels.look(&stored, pixel);
            (geometry, stored)
        };
        self.refresh(geometry, &plane);
        let rect = laid.map.rect();
        let painter = ui.painter().with_clip_rect(rect);
        let tokens = Tokens::over_image(ui);
        self.draw(&painter, laid, tokens);
        let beam = match laid.assembled {
            Some(assembled) => Some(assembled.beam()),
            None => geometry.beam_centre().map(|[y, x]| [x - 0.5, y - 0.5]),
        };
        if let Some(beam) = beam {
            let place = laid.map.ui_from_image(beam);
            if rect.contains(place) {
                cross(&painter, place, tokens);
            }
        }
        let direction = pixel.and_then(|pixel| {
            #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
            let point = pixel.map(|part| part as f64);
            Direction::at(geometry, &plane, point)
        });
        if let Some(direction) = direction {
            let pairs = direction.pairs();
            let pairs: Vec<(&str, &str)> = pairs
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            // Above the readout of the counts.
            let above = rect.with_max_y(rect.max.y - READOUT);
            chip_readout(ui, above, Corner::BottomLeft, &pairs);
        }
    }

    /// Computes the rings again where geometry, plane or choice changed.
    fn refresh(&mut self, geometry: &Arc<Geometry>, plane: &[u64]) {
        let is_kept = self.kept.as_ref().is_some_and(|kept| {
            Arc::ptr_eq(&kept.geometry, geometry) && kept.plane == plane && kept.which == self.rings
        });
        if !is_kept {
            self.kept = Some(Kept {
                geometry: Arc::clone(geometry),
                plane: plane.to_vec(),
                which: self.rings,
                drawn: rings(geometry, plane, self.rings),
            });
        }
    }

    fn draw(&self, painter: &egui::Painter, laid: Laid<'_>, tokens: Tokens) {
        let rings = self.kept.as_ref().map(|kept| kept.drawn.as_slice());
        let rings = rings.unwrap_or_default();
        // A dark edge, so that lines are seen on bright frames as well.
        let edge = Stroke::new(2.5, tokens.behind.gamma_multiply(0.5));
        let stroke = Stroke::new(1.0, tokens.accent);
        let mut labels = Labels::default();
        for ring in rings {
            let lines: Vec<Vec<egui::Pos2>> =
                ring.lines.iter().map(|line| laid.line(line)).collect();
            for points in &lines {
                painter.add(Shape::line(points.clone(), edge));
                painter.add(Shape::line(points.clone(), stroke));
            }
            let visible = lines
                .into_iter()
                .flatten()
                .filter(|place| painter.clip_rect().shrink(20.0).contains(*place))
                .min_by(|one, other| one.y.total_cmp(&other.y));
            if let Some(place) = visible {
                let text = format!("{} Å", numbers::float(ring.spacing_m * 1e10, 4));
                labels.draw(painter, place, text, tokens);
            }
        }
    }

    /// What is known of the geometry, and which rings are drawn; says whether the panels were chosen to lie otherwise.
    pub(crate) fn inspector_ui(
        &mut self,
        ui: &mut egui::Ui,
        signal: Option<&Signal>,
        assembling: &mut Assembling,
    ) -> bool {
        let Some(signal) = signal else { return false };
        self.found.inspector_ui(ui);
        let has_peaks = signal.peaks.is_some();
        if signal.geometry.is_none() && signal.exposure_s.is_none() && !has_peaks {
            return false;
        }
        let mut is_other = false;
        if !folding_heading(ui, "Geometry", "", true) {
            return false;
        }
        if let Some(geometry) = &signal.geometry {
            let beam = assembling.now().map(|of| of.beam());
            geometry_ui(ui, geometry, beam);
            let all: Vec<(Rings, &str)> = Rings::names()
                .filter_map(|name| Some((Rings::named(name)?, name)))
                .collect();
            choice_row(ui, "rings", &mut self.rings, &all);
            is_other = assembling.inspector_ui(ui);
            self.panels.ui(ui, geometry, &self.found);
        }
        if let Some(exposure) = signal.exposure_s {
            key_value(
                ui,
                "exposure",
                &format!("{} s", numbers::float(exposure, 5)),
            );
        }
        if has_peaks {
            key_value(ui, "peaks", &numbers::count(self.peaks.len() as u64));
        }
        is_other
    }

    /// Writes which rings are drawn into a state.
    pub fn write(&self, state: &mut ViewState) {
        state.set("rings", Value::Text(self.rings.name().to_owned()));
        self.found.write(state);
    }

    /// Takes the rings of a state.
    pub fn read(&mut self, state: &ViewState) {
        self.found.read(state);
        let name = state.values.get("rings").and_then(Value::as_text);
        if let Some(rings) = name.and_then(Rings::named) {
            self.rings = rings;
        }
    }
}

/// A small cross at a place of a frame.
pub(crate) fn cross(painter: &egui::Painter, place: egui::Pos2, tokens: Tokens) {
    for (stroke, length) in [(3.0, 9.0), (1.0, 8.0)] {
        let colour = if stroke > 2.0 {
            tokens.behind
        } else {
            tokens.accent
        };
        let stroke = Stroke::new(stroke, colour);
        painter.hline(place.x - length..=place.x + length, place.y, stroke);
        painter.vline(place.x, place.y - length..=place.y + length, stroke);
    }
}

/// The spacings of rings at their tops, each on a ground of its own: they are read on any frame.
#[derive(Debug, Default)]
struct Labels {
    /// Where there are some already.
    taken: Vec<egui::Rect>,
}

impl Labels {
    /// Writes a spacing, unless it would lie on another one; rings close together have one of them named.
    fn draw(&mut self, painter: &egui::Painter, place: egui::Pos2, text: String, tokens: Tokens) {
        let galley = painter.layout_no_wrap(text, theme::secondary(), tokens.text);
        let rect = Align2::CENTER_CENTER.anchor_size(place, galley.size() + egui::vec2(8.0, 2.0));
        if !self.take(rect) {
            return;
        }
        painter.rect_filled(rect, theme::size::RADIUS_SMALL, tokens.raised);
        painter.galley(rect.min + egui::vec2(4.0, 1.0), galley, tokens.text);
    }

    /// Takes a place, where nothing is near it; says whether it does.
    fn take(&mut self, rect: egui::Rect) -> bool {
        const GAP: f32 = 2.0;
        let is_free = !self
            .taken
            .iter()
            .any(|other| other.intersects(rect.expand(GAP)));
        if is_free {
            self.taken.push(rect);
        }
        is_free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_of_rings_is_kept_with_the_view() {
        let mut state = ViewState::new("image", 1);
        let chosen = Diffraction {
            rings: Rings::named("corundum").expect("a calibrant"),
            ..Diffraction::default()
        };
        chosen.write(&mut state);
        let mut other = Diffraction::default();
        other.read(&state);
        assert_eq!(other.rings, chosen.rings);
        assert_eq!(Rings::named("cheese"), None);
    }

    #[test]
    fn spacings_of_rings_close_together_do_not_lie_on_each_other() {
        let mut labels = Labels::default();
        let size = egui::vec2(50.0, 14.0);
        let tops: Vec<f32> = (0..60).map(|ring| 400.0 - 5.0 * ring as f32).collect();
        let rects = tops
            .iter()
            .map(|&top| egui::Rect::from_center_size(egui::pos2(200.0, top), size));
        let written: Vec<egui::Rect> = rects.filter(|rect| labels.take(*rect)).collect();
        assert_eq!(
            written.len(),
            15,
            "every fourth of 60: 5 points apart, 16 needed"
        );
        for pair in written.windows(2) {
            assert!(!pair[0].intersects(pair[1]), "{pair:?}");
        }
        let aside = egui::Rect::from_center_size(egui::pos2(300.0, 400.0), size);
        assert!(labels.take(aside), "there is room beside");
    }
}
