//! The inspector of a stack of spectra: ranges, colours, elements, optical density.

use super::SpectraView;
use super::plot::band_colours;
use super::slot::{Region, Slot};
use crate::display::number_row;
use crate::theme::{Tone, rich, secondary};
use crate::widgets::{
    folding_heading, key_value, key_value_tone, progress_bar, section_heading, segmented,
    text_button, text_field,
};
use crate::{ViewContext, numbers};

const NAMES: [&str; 3] = ["red", "green", "blue"];

impl SpectraView {
    pub(super) fn panel_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.progress_ui(ui);
        section_heading(ui, "Map", self.stage());
        let modes = [(false, "one map"), (true, "red green blue")];
        if segmented(ui, "Colours of the map", &mut self.choice.is_rgb, &modes).changed() {
            self.begin_colours();
        }
        if self.choice.is_rgb {
            ui.add_space(4.0);
            let colours = [(0, NAMES[0]), (1, NAMES[1]), (2, NAMES[2])];
            segmented(ui, "A drag sets", &mut self.choice.active, &colours);
        } else {
            self.choice.active = 0;
        }
        ui.add_space(4.0);
        self.band_ui(ui, context);
        if !self.choice.is_density {
            ui.add_space(4.0);
            let backgrounds = [(false, "as counted"), (true, "less background")];
            segmented(ui, "Background", &mut self.choice.is_net, &backgrounds);
        }
        self.spectrum_panel_ui(ui);
        self.elements_ui(ui, context);
        self.density_ui(ui, context);
        if !self.choice.is_rgb {
            ui.add_space(12.0);
            let frame = self.maps[0].map().cloned();
            let stage = self.stage();
            self.display.frame_ui(ui, frame.as_deref(), stage);
        }
    }

    fn progress_ui(&mut self, ui: &mut egui::Ui) {
        let slots = [
            &self.spectrum,
            &self.maps[0],
            &self.maps[1],
            &self.maps[2],
            &self.reference,
        ];
        let left_out: usize = slots.iter().map(|slot| slot.left_out()).sum();
        if left_out > 0 {
            key_value_tone(
                ui,
                "pieces missing, left out",
                &numbers::count(left_out as u64),
                Tone::Attention,
            );
        }
        let Some(share) = slots.iter().find_map(|slot| slot.share()) else {
            return;
        };
        let mut is_stopped = false;
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 64.0).max(40.0);
            progress_bar(ui, "Going through the stack", Some(share), width);
            is_stopped = text_button(ui, "Cancel", Tone::Secondary).clicked();
        });
        if is_stopped {
            let maps = self.maps.iter_mut();
            let all = maps.chain([&mut self.spectrum, &mut self.reference]);
            all.for_each(|slot: &mut Slot| slot.is_stopped = true);
        }
    }

    /// The range that is active, as numbers.
    fn band_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        let active = self.choice.active;
        let last = self.channel_count().saturating_sub(1);
        let mut ends = self.choice.bands[active].map(|channel| channel as f64);
        let [low, high] = ends;
        if self.choice.is_rgb {
            let colour = band_colours(&context.tokens)[active];
            ui.label(rich(NAMES[active], secondary(), colour));
        }
        let first = number_row(ui, "first channel", &mut ends[0], 0.0..=high, "");
        let second = number_row(ui, "last channel", &mut ends[1], low..=last as f64, "");
        if first || second {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to the channels by the fields"
            )]
            let band = ends.map(|end| (end.round() as usize).min(last));
            self.choice.bands[active] = [band[0].min(band[1]), band[1]];
        }
        if self.choice.is_rgb {
            let [low, high] = self.choice.percent[active];
            let percent = &mut self.choice.percent[active];
            number_row(ui, "dark below", &mut percent[0], 0.0..=high - 0.01, " %");
            number_row(
                ui,
                "bright above",
                &mut percent[1],
                low + 0.01..=100.0,
                " %",
            );
        }
    }

    fn spectrum_panel_ui(&mut self, ui: &mut egui::Ui) {
        let places = numbers::counted(self.spectrum.count, "place");
        if !folding_heading(ui, "Spectrum", &places, true) {
            return;
        }
        if !self.choice.is_density {
            segmented(
                ui,
                "Places become",
                &mut self.choice.is_mean,
                &[(false, "sum"), (true, "mean")],
            );
            ui.add_space(4.0);
            let axes = [(false, "linear"), (true, "log")];
            segmented(ui, "Vertical axis", &mut self.choice.is_log, &axes);
        }
        let words = match self.choice.region {
            Region::All => "all places".to_owned(),
            Region::Point(point) => format!("point {}", numbers::count(u64::from(point))),
            Region::Rect(_) => "a rectangle".to_owned(),
        };
        key_value(ui, "of", &words);
        if self.choice.region != Region::All
            && text_button(ui, "Take all places", Tone::Accent).clicked()
        {
            self.choice.region = Region::All;
            self.limits.0[1] = None;
        }
    }

    /// Elements whose lines are drawn, and their lines as ranges.
    fn elements_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        let kind = if self.channels_first {
            "edges"
        } else {
            "lines"
        };
        if !folding_heading(ui, "Elements", kind, true) {
            return;
        }
        text_field(
            ui,
            "Symbols of elements",
            "Fe Cu Zn",
            &mut self.choice.elements,
        );
        let lines = self.element_lines();
        if lines.is_empty() {
            let text = "Name elements to see where their lines are; a line sets the range.";
            ui.label(rich(text, secondary(), context.tokens.secondary));
            return;
        }
        let mut wanted = None;
        ui.horizontal_wrapped(|ui| {
            for (line, place) in lines.iter().take(24) {
                let name = format!("{} {}", line.element, line.name);
                let hint = format!("{} eV", numbers::float(line.energy_ev, 6));
                if text_button(ui, &name, Tone::Accent)
                    .on_hover_text(hint)
                    .clicked()
                {
                    wanted = Some(self.channels().around(line, *place));
                }
            }
        });
        if let Some(band) = wanted {
            self.choice.bands[self.choice.active] = band;
        }
        let is_several = lines
            .iter()
            .any(|(line, _)| line.element != lines[0].0.element);
        if self.choice.is_rgb
            && is_several
            && text_button(ui, "Take them as red, green, blue", Tone::Accent).clicked()
        {
            self.take_elements();
        }
    }

    /// The first line of each of three elements that are named becomes a colour.
    fn take_elements(&mut self) {
        let lines = self.element_lines();
        let is_first = |at: usize| {
            let element = lines[at].0.element;
            lines[..at].iter().all(|(line, _)| line.element != element)
        };
        let first = (0..lines.len()).filter(|at| is_first(*at));
        let bands: Vec<[usize; 2]> = first
            .map(|at| self.channels().around(&lines[at].0, lines[at].1))
            .collect();
        for (own, band) in self.choice.bands.iter_mut().zip(bands) {
            *own = band;
        }
    }

    /// Three colours were switched on: where nobody chose their ranges, elements that are named do.
    pub(super) fn begin_colours(&mut self) {
        let [red, green, blue] = self.choice.bands;
        if self.choice.is_rgb && red == green && green == blue {
            self.take_elements();
        }
    }

    /// Optical density, from places where nothing is in the beam.
    fn density_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        if !self.channels_first {
            return;
        }
        if !folding_heading(ui, "Optical density", "-ln(I / I0)", true) {
            return;
        }
        let has_region = matches!(self.choice.region, Region::Rect(_) | Region::Point(_));
        if has_region && text_button(ui, "Take the region as I0", Tone::Accent).clicked() {
            self.choice.reference = Some(self.choice.region);
            self.choice.region = Region::All;
            self.choice.is_density = true;
            self.limits.0[1] = None;
        }
        if self.choice.reference.is_none() {
            let text = "Drag a rectangle where no sample is, then take it as I0.";
            ui.label(rich(text, secondary(), context.tokens.secondary));
            return;
        }
        let modes = [(false, "intensity"), (true, "density")];
        if segmented(ui, "Values", &mut self.choice.is_density, &modes).changed() {
            self.limits.0[1] = None;
        }
    }
}
