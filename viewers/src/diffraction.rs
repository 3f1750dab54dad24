//! What a frame of diffraction says beyond its counts: the beam, rings, and where the pixel under the pointer looks.

mod found;
mod panel_map;
mod peaks;

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use egui::{Align2, Shape, Stroke};
use hutch_analysis::calibrants::{CALIBRANTS, Calibrant};
use hutch_model::{Geometry, Signal, Slab, Value, ViewState, azimuth, two_theta};

use crate::Resident;
use crate::canvas::ScreenMap;
use crate::numbers;
use crate::theme::{self, Tokens};
use crate::widgets::{Corner, chip_readout, key_value, section_heading};

/// Points of a whole ring.
const RING_STEPS: usize = 720;
/// Points that a ring has at least.
const FEWEST_STEPS: usize = 180;
/// Rays that are met with panels for the rings of one frame.
const RAY_LIMIT: usize = 400_000;
/// Rings that are drawn of a calibrant.
const RING_LIMIT: usize = 60;
/// Rings of resolution, when nothing is known of the sample.
const PLAIN_RINGS: usize = 4;
/// Height of the readout of the counts, with its gap.
const READOUT: f32 = 28.0;
/// Photons of one metre have this energy, in electronvolts (CODATA 2018).
const HC_EV_M: f64 = 1.239_841_984_332_002_8e-6;

/// Which rings are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Rings {
    /// Some, evenly spaced in the momentum transfer, with their resolution.
    #[default]
    Resolution,
    /// Those of a substance.
    Of(&'static Calibrant),
    /// None.
    Off,
}

impl Rings {
    /// The rings of a name: `off`, `resolution`, or a calibrant.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "off" | "none" => Some(Self::Off),
            "resolution" | "on" => Some(Self::Resolution),
            _ => Calibrant::named(name).map(Self::Of),
        }
    }

    /// Their name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Resolution => "resolution",
            Self::Of(calibrant) => calibrant.name,
            Self::Off => "off",
        }
    }

    /// The names of all.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let calibrants = CALIBRANTS.iter().map(|calibrant| calibrant.name);
        ["off", "resolution"].into_iter().chain(calibrants)
    }

    /// The lattice spacings of the rings in metres, largest first.
    pub fn spacings_m(&self, geometry: &Geometry) -> Vec<f64> {
        let Some(smallest) = smallest_spacing_m(geometry) else {
            return Vec::new();
        };
        match self {
            Self::Off => Vec::new(),
            Self::Of(calibrant) => calibrant.spacings_m(smallest, RING_LIMIT),
            Self::Resolution => (1..=PLAIN_RINGS)
                .map(|ring| rounded(smallest * (PLAIN_RINGS + 1) as f64 / ring as f64))
                .collect(),
        }
    }
}

/// One ring on the stored frame.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnRing {
    /// Its lattice spacing in metres.
    pub spacing_m: f64,
    /// Lines of points `[x, y]`, where pixel `i` has its centre at `i`.
    pub lines: Vec<Vec<[f64; 2]>>,
}

/// The indices in front of a frame that say which panels lie on it, as the module of `[frame, module, y, x]`.
///
/// `shape` is that of the stack, and `frame` counts over all of its slower axes.
pub fn plane_of(geometry: &Geometry, shape: &[u64], frame: u64) -> Vec<u64> {
    let fixed = geometry.panels.iter().map(|panel| panel.plane.len()).max();
    let slower = shape.len().saturating_sub(2);
    let from = slower.saturating_sub(fixed.unwrap_or(0));
    let start = Slab::frame(shape, frame).start;
    start.get(from..slower).unwrap_or_default().to_vec()
}

/// The rings of a geometry as lines on the frame that is a plane of it.
pub fn rings(geometry: &Geometry, plane: &[u64], rings: Rings) -> Vec<DrawnRing> {
    let mut spacings = rings.spacings_m(geometry);
    // Rings of detectors of many panels are drawn with fewer points, and fewer of them.
    let rays = RAY_LIMIT / geometry.panels.len().max(1);
    spacings.truncate((rays / FEWEST_STEPS).max(2));
    let steps = (rays / spacings.len().max(1)).clamp(FEWEST_STEPS, RING_STEPS);
    let drawn = spacings.into_iter().filter_map(|spacing_m| {
        let angle = geometry.two_theta_of_d(spacing_m)?;
        let lines: Vec<Vec<[f64; 2]>> = geometry
            .ring(angle, steps)
            .into_iter()
            .filter(|ring| ring.panel.plane == plane)
            .map(|ring| {
                ring.points
                    .iter()
                    .map(|[y, x]| [x - 0.5, y - 0.5])
                    .collect()
            })
            .collect();
        (!lines.is_empty()).then_some(DrawnRing { spacing_m, lines })
    });
    drawn.collect()
}

/// The smallest lattice spacing that a corner of a panel sees.
fn smallest_spacing_m(geometry: &Geometry) -> Option<f64> {
    let corners = geometry.panels.iter().flat_map(|panel| {
        let [slow, fast] = panel.size.map(|size| size as f64);
        [[0.0, 0.0], [slow, 0.0], [0.0, fast], [slow, fast]].map(|corner| panel.at(corner))
    });
    let widest = corners.map(two_theta).fold(0.0, f64::max);
    let spacing = geometry.wavelength_m? / (2.0 * (0.5 * widest).sin());
    spacing.is_finite().then_some(spacing)
}

/// A length with two digits.
fn rounded(length: f64) -> f64 {
    let scale = 10f64.powi(exponent(length) - 1);
    (length / scale).round() * scale
}

#[expect(clippy::cast_possible_truncation, reason = "an exponent")]
fn exponent(length: f64) -> i32 {
    length.log10().floor() as i32
}

/// Where a pixel looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Direction {
    /// The angle to the beam, in radians.
    pub two_theta: f64,
    /// The angle around the beam, in radians: pyFAI's chi.
    pub azimuth: f64,
    /// The momentum transfer in 1/m, where the wavelength is known.
    pub q_per_m: Option<f64>,
}

impl Direction {
    /// Where a point `[x, y]` of a plane of the detector looks, where pixel `i` has its centre at `i`; `None` beside
    /// all panels.
    pub fn at(geometry: &Geometry, plane: &[u64], point_px: [f64; 2]) -> Option<Self> {
        let point = geometry.point(plane, [point_px[1] + 0.5, point_px[0] + 0.5])?;
        let two_theta = two_theta(point);
        Some(Self {
            two_theta,
            azimuth: azimuth(point),
            q_per_m: geometry.q_per_m(two_theta),
        })
    }

    /// The lattice spacing in metres; infinite in the beam.
    pub fn spacing_m(&self) -> Option<f64> {
        Some(TAU / self.q_per_m?)
    }

    /// Names and values for a readout: q, d, the angles.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if let Some(q) = self.q_per_m {
            pairs.push(("q", format!("{} nm⁻¹", numbers::float(q * 1e-9, 5))));
        }
        if let Some(d) = self.spacing_m().filter(|d| d.is_finite()) {
            pairs.push(("d", format!("{} Å", numbers::float(d * 1e10, 5))));
        }
        let degrees = |angle: f64| format!("{}°", numbers::float(angle * 180.0 / PI, 5));
        pairs.push(("2θ", degrees(self.two_theta)));
        pairs.push(("χ", degrees(self.azimuth)));
        pairs
    }
}

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
    pub fn peaks_ui(&self, ui: &egui::Ui, map: &ScreenMap, signal: Option<&Signal>, frame: u64) {
        if self.found.has_peaks() {
            let geometry = signal.and_then(|signal| signal.geometry.as_deref());
            let shape = signal.map_or(&[][..], |signal| &signal.data.info().shape);
            let plane = geometry.map_or_else(Vec::new, |of| plane_of(of, shape, frame));
            return self.found.ui(ui, map, (geometry, &plane));
        }
        let painter = ui.painter().with_clip_rect(map.rect());
        peaks::draw(&painter, map, Tokens::of(ui), &self.peaks);
    }

    /// Draws beam centre and rings over a frame, and where the pixel under the pointer looks.
    pub fn ui(
        &mut self,
        ui: &egui::Ui,
        map: &ScreenMap,
        (signal, frame): (Option<&Signal>, u64),
        pixel: Option<[i64; 2]>,
    ) {
        let said = signal.and_then(|signal| Some((signal, signal.geometry.as_ref()?)));
        let Some((signal, geometry)) = said else {
            return;
        };
        let plane = plane_of(geometry, &signal.data.info().shape, frame);
        self.refresh(geometry, &plane);
        self.panels.look(&plane, pixel);
        let rect = map.rect();
        let painter = ui.painter().with_clip_rect(rect);
        let tokens = Tokens::of(ui);
        self.draw(&painter, map, tokens);
        if let Some([y, x]) = geometry.beam_centre() {
            let place = map.ui_from_image([x - 0.5, y - 0.5]);
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

    fn draw(&self, painter: &egui::Painter, map: &ScreenMap, tokens: Tokens) {
        let rings = self.kept.as_ref().map(|kept| kept.drawn.as_slice());
        let rings = rings.unwrap_or_default();
        // A dark edge, so that lines are seen on bright frames as well.
        let edge = Stroke::new(2.5, tokens.behind.gamma_multiply(0.5));
        let stroke = Stroke::new(1.0, tokens.accent);
        for ring in rings {
            for line in &ring.lines {
                let points: Vec<egui::Pos2> =
                    line.iter().map(|point| map.ui_from_image(*point)).collect();
                painter.add(Shape::line(points.clone(), edge));
                painter.add(Shape::line(points, stroke));
            }
            let visible = ring
                .lines
                .iter()
                .flatten()
                .map(|point| map.ui_from_image(*point))
                .filter(|place| painter.clip_rect().shrink(20.0).contains(*place))
                .min_by(|one, other| one.y.total_cmp(&other.y));
            if let Some(place) = visible {
                let text = format!("{} Å", numbers::float(ring.spacing_m * 1e10, 4));
                draw_label(painter, place, text, tokens);
            }
        }
    }

    /// What is known of the geometry, and which rings are drawn.
    pub fn inspector_ui(&mut self, ui: &mut egui::Ui, signal: Option<&Signal>) {
        let Some(signal) = signal else { return };
        self.found.inspector_ui(ui);
        let has_peaks = signal.peaks.is_some();
        if signal.geometry.is_none() && signal.exposure_s.is_none() && !has_peaks {
            return;
        }
        ui.add_space(12.0);
        section_heading(ui, "Geometry", "");
        if let Some(geometry) = &signal.geometry {
            geometry_ui(ui, geometry);
            egui::ComboBox::from_label("rings")
                .selected_text(self.rings.name())
                .show_ui(ui, |ui| {
                    for name in Rings::names() {
                        if let Some(rings) = Rings::named(name) {
                            ui.selectable_value(&mut self.rings, rings, name);
                        }
                    }
                });
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

fn geometry_ui(ui: &mut egui::Ui, geometry: &Geometry) {
    if let Some([y, x]) = geometry.beam_centre() {
        let place = format!("{}, {} px", numbers::float(x, 6), numbers::float(y, 6));
        key_value(ui, "beam centre x, y", &place);
    }
    if let Some(distance) = geometry.distance_m() {
        let text = format!("{} mm", numbers::float(distance * 1e3, 6));
        key_value(ui, "distance", &text);
    }
    if let Some(wavelength) = geometry.wavelength_m {
        let text = format!("{} Å", numbers::float(wavelength * 1e10, 6));
        key_value(ui, "wavelength", &text);
        let energy = HC_EV_M / wavelength * 1e-3;
        key_value(ui, "energy", &format!("{} keV", numbers::float(energy, 6)));
    }
    if geometry.panels.len() > 1 {
        key_value(ui, "panels", &numbers::count(geometry.panels.len() as u64));
    }
    key_value(ui, "from", &geometry.source);
}

/// A small cross where the beam goes.
fn cross(painter: &egui::Painter, place: egui::Pos2, tokens: Tokens) {
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

/// The spacing of a ring at its top, on a ground of its own: it is read on any frame.
fn draw_label(painter: &egui::Painter, place: egui::Pos2, text: String, tokens: Tokens) {
    let galley = painter.layout_no_wrap(text, theme::secondary(), tokens.text);
    let rect = Align2::CENTER_CENTER.anchor_size(place, galley.size() + egui::vec2(8.0, 2.0));
    painter.rect_filled(rect, theme::size::RADIUS_SMALL, tokens.raised);
    painter.galley(rect.min + egui::vec2(4.0, 1.0), galley, tokens.text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutch_model::Panel;

    /// Pixels of 0.1 mm at 100 mm, the beam in the corner of pixel [50, 40].
    fn flat() -> Geometry {
        Geometry {
            panels: vec![Panel {
                name: String::new(),
                plane: Vec::new(),
                first: [0, 0],
                size: [100, 80],
                corner_m: [4e-3, 5e-3, 0.1],
                slow_m: [0.0, -1e-4, 0.0],
                fast_m: [-1e-4, 0.0, 0.0],
            }],
            wavelength_m: Some(1e-10),
            source: String::new(),
        }
    }

    #[test]
    fn the_pixel_under_the_pointer_looks_where_its_centre_is() {
        let geometry = flat();
        // The centre of pixel x 69, y 50 is 29.5 px to the right and half a pixel below.
        let direction = Direction::at(&geometry, &[], [69.0, 50.0]).expect("on the panel");
        let radius = 29.5_f64.hypot(0.5) * 1e-4;
        assert!((direction.two_theta - (radius / 0.1).atan()).abs() < 1e-12);
        assert!((direction.azimuth - (-0.5_f64).atan2(29.5)).abs() < 1e-12);
        let expected = 4.0 * PI * (0.5 * direction.two_theta).sin() / 1e-10;
        assert!((direction.q_per_m.expect("a wavelength") - expected).abs() < 1e-3);
        assert_eq!(
            Direction::at(&geometry, &[], [80.0, 50.0]),
            None,
            "beside it"
        );
    }

    #[test]
    fn every_point_of_a_ring_has_its_spacing() {
        let geometry = flat();
        let drawn = rings(&geometry, &[], Rings::named("AgBh").expect("a calibrant"));
        assert!(!drawn.is_empty());
        for ring in &drawn {
            for point in ring.lines.iter().flatten() {
                let inside = [point[0].clamp(-0.5, 79.49), point[1].clamp(-0.5, 99.49)];
                let direction = Direction::at(&geometry, &[], inside).expect("on the panel");
                let spacing = direction.spacing_m().expect("a wavelength");
                assert!((spacing / ring.spacing_m - 1.0).abs() < 1e-3, "{point:?}");
            }
        }
    }

    #[test]
    fn plain_rings_lie_inside_of_the_frame() {
        let geometry = flat();
        assert_eq!(rings(&geometry, &[], Rings::Resolution).len(), PLAIN_RINGS);
        assert_eq!(rings(&geometry, &[], Rings::Off), []);
        let mut unknown = geometry;
        unknown.wavelength_m = None;
        assert_eq!(rings(&unknown, &[], Rings::Resolution), [], "no wavelength");
    }

    #[test]
    fn a_module_of_a_stack_sees_its_own_panels_alone() {
        let mut geometry = flat();
        geometry.panels[0].plane = vec![2];
        // Frame 7 of [5, 4, 100, 80] is module 3, frame 6 is module 2 of the same.
        assert_eq!(plane_of(&geometry, &[5, 4, 100, 80], 7), [3]);
        let plane = plane_of(&geometry, &[5, 4, 100, 80], 6);
        assert_eq!(plane, [2]);
        assert!(Direction::at(&geometry, &plane, [69.0, 50.0]).is_some());
        assert_eq!(Direction::at(&geometry, &[3], [69.0, 50.0]), None);
        assert_eq!(
            rings(&geometry, &plane, Rings::Resolution).len(),
            PLAIN_RINGS
        );
        assert_eq!(rings(&geometry, &[3], Rings::Resolution), []);
        assert!(plane_of(&flat(), &[100, 80], 0).is_empty(), "one plane");
    }

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
}
