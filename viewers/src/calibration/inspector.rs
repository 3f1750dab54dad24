//! The section of the inspector that calibrates a detector.

use std::sync::Arc;

use hutch_analysis::calibrants::Calibrant;
use hutch_analysis::calibration::Setting;
use hutch_model::Geometry;

use super::{Calibration, Found, start_of};
use crate::diffraction::Rings;
use crate::display::number_row;
use crate::prepared::PreparedFrame;
use crate::theme::{Tokens, Tone, rich, secondary};
use crate::widgets::{button, folding_heading, key_value, primary_button, text_button};
use crate::{Action, ViewContext, numbers};

/// Energy times wavelength of photons, in electronvolts and metres (CODATA 2018).
const HC_EV_M: f64 = 1.239_841_984_332_002_8e-6;

impl Calibration {
    /// Draws the section for a frame of a geometry.
    pub(crate) fn inspector_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut ViewContext<'_>,
        (frame, geometry): (&Arc<PreparedFrame>, Option<&Geometry>),
        (rings, name): (&mut Rings, &str),
    ) {
        // Most pictures are of no detector in a beam: one line is enough there.
        if geometry.is_none() && !self.is_begun {
            ui.add_space(12.0);
            let begin = text_button(ui, "Calibrate a detector", Tone::Secondary);
            self.is_begun = begin.clicked();
            return;
        }
        let is_in_use = self.is_in_use() || geometry.is_none();
        if !folding_heading(ui, "Calibrate", "", is_in_use) {
            return;
        }
        let Some(geometry) = geometry else {
            self.begin_ui(ui, frame);
            return;
        };
        let tokens = Tokens::of(ui);
        let say = |ui: &mut egui::Ui, text: &str| {
            ui.label(rich(text, secondary(), tokens.secondary));
        };
        let Some(start) = start_of(geometry) else {
            return say(
                ui,
                "One flat detector is calibrated, in a beam of a known wavelength.",
            );
        };
        let Rings::Of(calibrant) = *rings else {
            return say(ui, "Choose the calibrant as rings, above.");
        };
        ui.checkbox(&mut self.refines_tilt, "tilt of the detector");
        ui.checkbox(&mut self.refines_wavelength, "wavelength");
        number_row(
            ui,
            "look around rings",
            &mut self.reach_px,
            2.0..=200.0,
            " px",
        );
        self.buttons_ui(ui, context, frame, (&start, calibrant));
        self.clicks_ui(ui);
        if let Some(error) = &self.failed {
            ui.label(rich(error.why.clone(), secondary(), tokens.error));
        }
        if let Some(found) = &self.found {
            found_ui(ui, found);
        }
        if let Some(setting) = self.setting.clone() {
            self.result_ui(ui, context, &setting, (calibrant, name));
        }
    }

    /// Whether somebody calibrates, or did.
    fn is_in_use(&self) -> bool {
        self.is_begun
            || self.picking.is_some()
            || self.task.is_some()
            || self.found.is_some()
            || self.failed.is_some()
            || self.setting.is_some()
            || !self.clicked.is_empty()
    }

    /// Asks about where the detector is, where nothing says so.
    fn begin_ui(&mut self, ui: &mut egui::Ui, frame: &PreparedFrame) {
        let tokens = Tokens::of(ui);
        let words = "Nothing says where the pixels are. Drop a .poni, or begin with:";
        ui.label(rich(words, secondary(), tokens.secondary));
        let [distance, pixel, energy] = &mut self.typed;
        number_row(ui, "distance", distance, 0.1..=1e5, " mm");
        number_row(ui, "pixel", pixel, 0.1..=1e4, " µm");
        number_row(ui, "energy", energy, 0.01..=1e4, " keV");
        let [distance, pixel, energy] = self.typed;
        if button(ui, "Begin with these").clicked() {
            let [width, height] = frame.size;
            let pixel_m = [pixel * 1e-6; 2];
            self.setting = Some(Setting {
                distance_m: distance * 1e-3,
                poni_m: [height, width].map(|length| 0.5 * f64::from(length) * pixel_m[0]),
                rotation: [0.0; 3],
                wavelength_m: HC_EV_M / (energy * 1e3),
                pixel_m,
                shape: [height, width].map(u64::from),
                is_turned: [false, false],
            });
        }
    }

    fn buttons_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut ViewContext<'_>,
        frame: &Arc<PreparedFrame>,
        (start, calibrant): (&Setting, &'static Calibrant),
    ) {
        if self.task.is_some() {
            ui.horizontal(|ui| {
                ui.spinner();
                if text_button(ui, "Cancel", Tone::Secondary).clicked() {
                    self.task = None;
                }
            });
            return;
        }
        if primary_button(ui, "Find rings and fit", "").clicked() {
            let of = (start.clone(), calibrant);
            self.begin(context.resident, of, frame, false);
        }
        if !self.clicked.is_empty() && button(ui, "Fit the clicked points").clicked() {
            let of = (start.clone(), calibrant);
            self.begin(context.resident, of, frame, true);
        }
    }

    /// Which ring clicks belong to.
    fn clicks_ui(&mut self, ui: &mut egui::Ui) {
        let mut picks = self.picking.is_some();
        ui.checkbox(&mut picks, "click points on rings");
        if picks {
            let mut ring = self.picking.unwrap_or(1) as f64;
            let most = Self::rings_max() as f64;
            number_row(ui, "ring, from the centre", &mut ring, 1.0..=most, "");
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped by the field"
            )]
            let ring = ring.round().max(1.0) as usize;
            self.picking = Some(ring);
        } else {
            self.picking = None;
        }
        if self.clicked.is_empty() {
            return;
        }
        key_value(ui, "clicked", &numbers::count(self.clicked.len() as u64));
        ui.horizontal(|ui| {
            if text_button(ui, "Take the last away", Tone::Secondary).clicked() {
                self.clicked.pop();
            }
            if text_button(ui, "All", Tone::Secondary).clicked() {
                self.clicked.clear();
            }
        });
    }

    /// The calibrated detector, and what can be done with it.
    fn result_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut ViewContext<'_>,
        setting: &Setting,
        (calibrant, name): (&Calibrant, &str),
    ) {
        let tilt = format!("{}°", numbers::float(setting.tilt().to_degrees(), 4));
        key_value(ui, "tilt", &tilt);
        ui.horizontal(|ui| {
            if button(ui, "Save as .poni").clicked() {
                let comment = format!("{} of {name}, calibrated by Hutch", calibrant.name);
                context.actions.push(Action::SaveText {
                    name: "calibration.poni".to_owned(),
                    text: setting.poni(&comment),
                });
            }
            let back = text_button(ui, "Back to the file's", Tone::Secondary);
            if back
                .on_hover_text("Take the geometry that the file says")
                .clicked()
            {
                self.setting = None;
                self.found = None;
            }
        });
    }
}

fn found_ui(ui: &mut egui::Ui, of: &Found) {
    let found = &of.found;
    key_value(
        ui,
        "points on rings",
        &numbers::count(found.points.len() as u64),
    );
    if found.left_out > 0 {
        key_value(
            ui,
            "far off, left out",
            &numbers::count(found.left_out as u64),
        );
    }
    let pixels = |residual: f64| format!("{} px", numbers::float(residual, 3));
    key_value(ui, "off the rings before", &pixels(found.before_px));
    key_value(ui, "off the rings now", &pixels(found.after_px));
}
