//! What a run of serial crystallography found in a frame: peaks as boxes, reflections of each crystal as circles.
//!
//! Places in a stream are distances from the corner of the stored image; a pixel's centre is half a pixel behind.

use std::sync::Arc;

use egui::{Align2, Color32, Rect, Stroke, StrokeKind, vec2};
use hutch_model::{Chunk, Error, FoundFrames, Geometry, Slab, Value, ViewState};

use super::Laid;
use super::marks::{DRAWN, MarkShape, NAMES, half_width, name_of};
use crate::assembled::Assembled;
use crate::canvas::ScreenMap;
use crate::theme::{self, Tokens, Tone, rich, secondary};
use crate::widgets::{Corner, chip_readout, folding_heading, key_value};
use crate::{Priority, Residence, Resident, Task, numbers};

/// Points of the screen for a pixel from which on all reflections in sight are named.
const NAMED_ZOOM: f64 = 10.0;
/// How far from a reflection the pointer still means it, in points.
const REACH: f32 = 10.0;

/// A reflection at its place in the image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// `[x, y]` where pixel `i` has its centre at `i`.
    pub(super) at: [f64; 2],
    /// Which panel of the geometry it lies on.
    panel: Option<u32>,
}

/// A chunk with the places of what it names.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) chunk: Chunk,
    pub(super) peaks: Vec<Mark>,
    /// For each crystal.
    pub(super) reflections: Vec<Vec<Mark>>,
}

impl Placed {
    pub(super) fn new(chunk: Chunk, geometry: Option<&Geometry>) -> Self {
        let mark = |[slow, fast]: [f64; 2], panel: &str| Mark {
            at: [fast - 0.5, slow - 0.5],
            panel: geometry
                .and_then(|of| of.panels.iter().position(|other| other.name == panel))
                .and_then(|at| u32::try_from(at).ok()),
        };
        let peaks = chunk
            .peaks
            .iter()
            .map(|of| mark(of.at_px, &of.panel))
            .collect();
        let reflections = chunk.crystals.iter().map(|crystal| {
            let of_crystal = crystal.reflections.iter();
            of_crystal.map(|of| mark(of.at_px, &of.panel)).collect()
        });
        Self {
            reflections: reflections.collect(),
            peaks,
            chunk,
        }
    }
}

/// What was found in the frame that is shown, and what of it is drawn.
#[derive(Debug)]
pub(super) struct Found {
    shows_peaks: bool,
    shows_reflections: bool,
    shows_names: bool,
    /// The row whose chunk is here or on its way.
    row: Option<u32>,
    parsing: Option<Task<Placed>>,
    placed: Option<Arc<Placed>>,
    failed: Option<Arc<Error>>,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            shows_peaks: true,
            shows_reflections: true,
            shows_names: true,
            row: None,
            parsing: None,
            placed: None,
            failed: None,
        }
    }
}

impl Found {
    /// Asks for the chunk of a frame, and takes it when it is there.
    pub(super) fn refresh(
        &mut self,
        found: Option<&FoundFrames>,
        (geometry, frame): (Option<&Arc<Geometry>>, u64),
        resident: &mut dyn Resident,
    ) {
        let row = found.and_then(|found| found.rows.get(&frame).copied());
        if row != self.row {
            self.row = row;
            self.parsing = None;
            self.placed = None;
            self.failed = None;
        }
        if let Some(done) = self.parsing.as_mut().and_then(Task::poll) {
            self.parsing = None;
            match done {
                Ok(placed) => self.placed = Some(Arc::new(placed)),
                Err(error) => self.failed = Some(Arc::new(error)),
            }
        }
        let is_open = self.placed.is_none() && self.parsing.is_none() && self.failed.is_none();
        let (Some(found), Some(row), true) = (found, row, is_open) else {
            return;
        };
        let Some(of) = found.run.rows().get(row as usize) else {
            return;
        };
        let slab = Slab {
            start: vec![of.start],
            count: vec![u64::from(of.length)],
            step: vec![1],
        };
        match resident.block(&found.run.bytes(), &slab, Priority::Visible) {
            Residence::Here(block) => {
                let (run, geometry) = (Arc::clone(&found.run), geometry.cloned());
                let work = move |_: &hutch_model::Cancel| {
                    let bytes = match &block.samples {
                        hutch_model::Samples::U8(bytes) => bytes.as_slice(),
                        _ => &[],
                    };
                    Ok(Placed::new(run.chunk(bytes), geometry.as_deref()))
                };
                let label = "read a chunk of a stream";
                self.parsing = Some(Task::start(resident, Priority::Visible, label, 0, work));
            }
            Residence::Failed(error) => self.failed = Some(error),
            Residence::Waiting(_) => {}
        }
    }

    /// Whether the frame has peaks from a run, which are drawn instead of those of its own file.
    pub(super) const fn has_peaks(&self) -> bool {
        self.row.is_some()
    }

    /// What is drawn: the panel, the place `[slow, fast]` in the stored image, and the colour.
    pub(super) fn dots(
        &self,
        tokens: Tokens,
    ) -> impl Iterator<Item = (usize, [f64; 2], Color32)> + '_ {
        let placed = self.placed.as_deref();
        let peaks = placed.filter(|_| self.shows_peaks);
        let peaks = peaks.into_iter().flat_map(|placed| &placed.peaks);
        let crystals = placed.filter(|_| self.shows_reflections);
        let crystals = crystals
            .into_iter()
            .flat_map(|placed| placed.reflections.iter().enumerate());
        let reflections = crystals.flat_map(move |(crystal, marks)| {
            let colour = colour_of(tokens, crystal);
            marks.iter().map(move |mark| (mark, colour))
        });
        peaks
            .map(move |mark| (mark, tokens.attention))
            .chain(reflections)
            .take(DRAWN)
            .filter_map(|(mark, colour)| {
                let [x, y] = mark.at;
                Some((mark.panel? as usize, [y + 0.5, x + 0.5], colour))
            })
    }

    /// Draws the marks of the panels that lie on a plane.
    pub(super) fn ui(
        &self,
        ui: &egui::Ui,
        laid: Laid<'_>,
        (geometry, plane): (Option<&Geometry>, &[u64]),
    ) {
        let map = laid.map;
        let Some(placed) = &self.placed else { return };
        let painter = ui.painter().with_clip_rect(map.rect());
        let tokens = Tokens::over_image(ui);
        let place = |mark: &Mark| {
            let place = mark.place((geometry, plane), laid.assembled)?;
            Some(map.ui_from_image(place))
        };
        if self.shows_peaks {
            let half = half_of(map, MarkShape::Box);
            let places = placed.peaks.iter().take(DRAWN).filter_map(place);
            for place in places.filter(|place| map.rect().contains(*place)) {
                let around = Rect::from_center_size(place, vec2(2.0 * half, 2.0 * half));
                let stroke = Stroke::new(1.0, tokens.attention);
                painter.rect_stroke(around, 1.0, stroke, StrokeKind::Middle);
            }
        }
        if self.shows_reflections {
            self.reflections_ui(ui, (map, &painter), tokens, place);
        }
    }

    fn reflections_ui(
        &self,
        ui: &egui::Ui,
        (map, painter): (&ScreenMap, &egui::Painter),
        tokens: Tokens,
        place: impl Fn(&Mark) -> Option<egui::Pos2>,
    ) {
        let Some(placed) = &self.placed else { return };
        let pointer = ui.input(|input| input.pointer.hover_pos());
        let pointer = pointer.filter(|pointer| map.rect().contains(*pointer));
        let is_named = self.shows_names && map.zoom() >= NAMED_ZOOM;
        let radius = half_of(map, MarkShape::Circle);
        let mut nearest: Option<(f32, usize, usize, egui::Pos2)> = None;
        let mut names = 0;
        for (crystal, marks) in placed.reflections.iter().enumerate() {
            let colour = colour_of(tokens, crystal);
            for (at, mark) in marks.iter().take(DRAWN).enumerate() {
                let Some(place) = place(mark).filter(|place| map.rect().contains(*place)) else {
                    continue;
                };
                // A dark edge, so that thin circles are seen on bright frames as well.
                let edge = Stroke::new(2.5, tokens.behind.gamma_multiply(0.5));
                painter.circle_stroke(place, radius, edge);
                painter.circle_stroke(place, radius, Stroke::new(1.0, colour));
                let away = pointer.map_or(f32::INFINITY, |pointer| pointer.distance(place));
                if away < REACH.max(radius) && nearest.is_none_or(|(other, ..)| away < other) {
                    nearest = Some((away, crystal, at, place));
                }
                if is_named && names < NAMES {
                    names += 1;
                    name_ui(painter, place, radius, &self.name(crystal, at), tokens);
                }
            }
        }
        if let Some((_, crystal, at, place)) = nearest {
            if !is_named {
                name_ui(painter, place, radius, &self.name(crystal, at), tokens);
            }
            self.readout_ui(ui, map.rect(), crystal, at);
        }
    }

    /// The indices of a reflection.
    fn name(&self, crystal: usize, at: usize) -> String {
        let chunk = self.placed.as_ref().map(|placed| &placed.chunk);
        let of = chunk.and_then(|chunk| chunk.crystals.get(crystal)?.reflections.get(at));
        of.map_or_else(String::new, name_of)
    }

    /// What the reflection under the pointer came to, above the other readouts.
    fn readout_ui(&self, ui: &egui::Ui, rect: Rect, crystal: usize, at: usize) {
        let Some(placed) = &self.placed else { return };
        let of = placed.chunk.crystals.get(crystal);
        let Some(of) = of.and_then(|of| of.reflections.get(at)) else {
            return;
        };
        let [sum, sigma, peak, background] = of.intensity.map(|number| numbers::float(number, 4));
        let name = self.name(crystal, at);
        let number = numbers::count(crystal as u64 + 1);
        let mut pairs = vec![
            ("hkl", name.as_str()),
            ("I", &sum),
            ("σ", &sigma),
            ("peak", &peak),
            ("background", &background),
        ];
        if placed.chunk.crystals.len() > 1 {
            pairs.push(("crystal", &number));
        }
        if !of.panel.is_empty() {
            pairs.push(("panel", &of.panel));
        }
        let above = rect.with_max_y(rect.max.y - 2.0 * super::READOUT);
        chip_readout(ui, above, Corner::BottomLeft, &pairs);
    }

    /// What was found, and what of it is drawn.
    pub(super) fn inspector_ui(&mut self, ui: &mut egui::Ui) {
        if self.row.is_none() {
            return;
        }
        let tokens = Tokens::of(ui);
        if !folding_heading(ui, "Found", "in this frame", true) {
            return;
        }
        if let Some(error) = &self.failed {
            ui.label(rich(error.to_string(), secondary(), tokens.error));
        }
        let Some(placed) = &self.placed else { return };
        let chunk = &placed.chunk;
        let crystals = chunk.crystals.iter();
        let reflections: usize = crystals.map(|crystal| crystal.reflections.len()).sum();
        for (is_on, text) in [
            (
                &mut self.shows_peaks,
                format!("peaks: {}", numbers::count(chunk.peaks.len() as u64)),
            ),
            (
                &mut self.shows_reflections,
                format!("reflections: {}", numbers::count(reflections as u64)),
            ),
            (&mut self.shows_names, "h k l when zoomed in".to_owned()),
        ] {
            ui.checkbox(is_on, text);
        }
        key_value(ui, "event", &chunk.event);
        key_value(ui, "hit", if chunk.is_hit { "yes" } else { "no" });
        let method = if chunk.indexed_by.is_empty() {
            "not indexed"
        } else {
            &chunk.indexed_by
        };
        key_value(ui, "indexed by", method);
        for (at, crystal) in chunk.crystals.iter().enumerate() {
            let number = numbers::count(at as u64 + 1);
            let name = format!("crystal {number}");
            let cell = crystal.cell.map_or_else(String::new, cell_words);
            let lattice = format!("{} {}", crystal.lattice, crystal.centring);
            key_value(ui, &name, lattice.trim());
            let colour = colour_of(tokens, at);
            ui.label(rich(cell, secondary(), colour));
        }
        if chunk.odd_lines > 0 {
            let text = format!(
                "{} lines could not be read",
                numbers::count(chunk.odd_lines as u64)
            );
            ui.label(rich(text, secondary(), tokens.tone(Tone::Attention)));
        }
    }

    /// Writes what is drawn into a state.
    pub(super) fn write(&self, state: &mut ViewState) {
        for (name, is_on) in [
            ("peaks", self.shows_peaks),
            ("reflections", self.shows_reflections),
            ("hkl", self.shows_names),
        ] {
            if !is_on {
                state.set(name, Value::Bool(false));
            }
        }
    }

    /// Takes what is drawn of a state.
    pub(super) fn read(&mut self, state: &ViewState) {
        self.shows_peaks = state.flag("peaks", true);
        self.shows_reflections = state.flag("reflections", true);
        self.shows_names = state.flag("hkl", true);
    }
}

impl Mark {
    /// Its place `[x, y]` in the picture of the panels, or in the frame of a plane; `None` where it is not in it.
    pub(super) fn place(
        &self,
        (geometry, plane): (Option<&Geometry>, &[u64]),
        assembled: Option<&Assembled>,
    ) -> Option<[f64; 2]> {
        if let Some(assembled) = assembled {
            return on_panels(assembled, geometry, self);
        }
        let panel = self.panel.and_then(|at| geometry?.panels.get(at as usize));
        let is_here = panel.is_none_or(|panel| panel.plane.is_empty() || panel.plane == plane);
        is_here.then_some(self.at)
    }
}

/// The place of a mark in the picture of the panels.
///
/// Its panel is named where the stream says it; places count from the image of that panel.
fn on_panels(assembled: &Assembled, geometry: Option<&Geometry>, mark: &Mark) -> Option<[f64; 2]> {
    let Some(panel) = mark.panel else {
        return assembled.place_of(mark.at);
    };
    let panel = panel as usize;
    let stored = geometry?.panels.get(panel)?.first;
    let drawn = assembled.geometry.panels.get(panel)?.first;
    let [x, y] = mark.at;
    let shift = [0, 1].map(|axis| drawn[axis] as f64 - stored[axis] as f64);
    assembled.place_on(panel, [x + shift[1], y + shift[0]])
}

/// A cell in ångström and degrees.
fn cell_words(cell: [f32; 6]) -> String {
    let [a, b, c, alpha, beta, gamma] = cell;
    let edges = [a, b, c].map(|nm| format!("{:.2}", nm * 10.0));
    let angles = [alpha, beta, gamma].map(|angle| format!("{angle:.1}"));
    format!("{} Å   {}°", edges.join(" "), angles.join(" "))
}

/// Crystals of a frame take turns with four colours.
pub(super) fn colour_of(tokens: Tokens, crystal: usize) -> Color32 {
    match crystal % 4 {
        0 => tokens.accent,
        1 => tokens.error,
        2 => tokens.good,
        _ => tokens.secondary,
    }
}

/// Half the width of a mark on the screen.
fn half_of(map: &ScreenMap, shape: MarkShape) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "points of a screen")]
    let half = half_width(shape, map.zoom()) as f32;
    half
}

fn name_ui(painter: &egui::Painter, place: egui::Pos2, radius: f32, name: &str, tokens: Tokens) {
    let galley = painter.layout_no_wrap(name.to_owned(), secondary(), tokens.text);
    let corner = place + vec2(radius + 2.0, -radius);
    let rect = Align2::LEFT_CENTER.anchor_size(corner, galley.size() + vec2(6.0, 0.0));
    let ground = tokens.raised.gamma_multiply(0.85);
    painter.rect_filled(rect, theme::size::RADIUS_SMALL, ground);
    painter.galley(rect.min + vec2(3.0, 0.0), galley, tokens.text);
}

#[cfg(test)]
mod tests {
    use hutch_model::{Crystal, Panel, Peak, Reflection};

    use super::*;

    #[test]
    fn places_of_a_stream_are_distances_from_the_corner_of_the_image() {
        let panel = |name: &str| Panel {
            name: name.to_owned(),
            plane: Vec::new(),
            first: [0, 0],
            size: [8, 8],
            corner_m: [0.0, 0.0, 0.1],
            slow_m: [0.0, 1e-4, 0.0],
            fast_m: [1e-4, 0.0, 0.0],
        };
        let geometry = Geometry {
            panels: vec![panel("p0"), panel("p1")],
            wavelength_m: None,
            source: String::new(),
        };
        let chunk = Chunk {
            peaks: vec![Peak {
                // The middle of the pixel with fs 3 and ss 7.
                at_px: [7.5, 3.5],
                inverse_d_per_nm: 1.0,
                intensity: 1.0,
                panel: "p1".to_owned(),
            }],
            crystals: vec![Crystal {
                reflections: vec![Reflection {
                    hkl: [1, -2, 3],
                    intensity: [1.0; 4],
                    at_px: [0.0, 0.0],
                    panel: "q".to_owned(),
                }],
                ..Crystal::default()
            }],
            ..Chunk::default()
        };
        let placed = Placed::new(chunk, Some(&geometry));
        assert_eq!(
            placed.peaks,
            [Mark {
                at: [3.0, 7.0],
                panel: Some(1)
            }]
        );
        let corner = Mark {
            at: [-0.5, -0.5],
            panel: None,
        };
        assert_eq!(placed.reflections, [[corner]], "of no panel that is there");
    }

    #[test]
    fn what_is_drawn_is_kept_with_the_view() {
        let mut state = ViewState::new("image", 1);
        let found = Found {
            shows_reflections: false,
            ..Found::default()
        };
        found.write(&mut state);
        let mut other = Found::default();
        other.read(&state);
        assert!(other.shows_peaks && !other.shows_reflections && other.shows_names);
    }
}
