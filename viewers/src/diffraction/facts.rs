//! What is known of a geometry, for the inspector.

use hutch_model::Geometry;

use crate::numbers;
use crate::widgets::key_value;

/// Photons of one metre have this energy, in electronvolts (CODATA 2018).
const HC_EV_M: f64 = 1.239_841_984_332_002_8e-6;
/// Beam centre, distance and beam of a geometry, and who says them.
///
/// `beam` is its place `[x, y]` in an assembled picture, where pixel `i` has its centre at `i`.
pub(super) fn geometry_ui(ui: &mut egui::Ui, geometry: &Geometry, beam: Option<[f64; 2]>) {
    let assembled = beam.map(|[x, y]| [y + 0.5, x + 0.5]);
    if let Some([y, x]) = assembled.or_else(|| geometry.beam_centre()) {
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
