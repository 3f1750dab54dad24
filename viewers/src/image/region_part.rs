//! Regions on the frame: where they lie, what their numbers are in, which keys are theirs.

use std::sync::Arc;

use super::ImageView;
use crate::canvas::CanvasAnswer;
use crate::prepared::PreparedFrame;
use crate::regions::{Measure, Place, Scene, Units};
use crate::{Shortcut, ViewContext};

impl ImageView {
    /// Draws them over the frame, and asks for their numbers.
    pub(super) fn regions_ui(
        &mut self,
        ui: &egui::Ui,
        context: &mut ViewContext<'_>,
        answer: &CanvasAnswer,
        (number, frame): (u64, &Arc<PreparedFrame>),
    ) {
        let is_assembled = self.assembling.is_on();
        let size = self.image_size(frame).map(f64::from);
        let scene = Scene {
            size,
            centre: self
                .beam_centre()
                .unwrap_or(size.map(|edge| 0.5 * edge - 0.5)),
        };
        if is_assembled {
            // Their tools wait: the canvas shows no stored frame.
        } else if self.masking.takes_pointer() {
            self.regions.show(ui, answer, &scene);
            self.masking.ui(ui, answer, &scene);
        } else {
            self.regions.ui(ui, answer, &scene);
        }
        let (pixels, units) = (self.subject.pixels(), self.units());
        if let (1, Some(data)) = (self.images_of_picture(), self.subject.data()) {
            let place = match &self.large {
                None => Place::Frame(frame),
                Some(large) => Place::Image {
                    data,
                    pixels: &pixels,
                    number,
                    size: large.size(),
                },
            };
            let measure = Measure {
                data,
                place,
                number,
                units: &units,
                source: &self.source_words(number),
            };
            self.regions.measure(context, &mut self.strip, &measure);
        }
        if let Some(frame) = self.regions.on_strip(&self.strip_events) {
            self.follows = false;
            self.stack = None;
            self.show(frame);
        }
    }

    pub(super) fn regions_inspector_ui(&mut self, ui: &mut egui::Ui, stage: &str) {
        if self.assembling.is_on() {
            return self.no_tools_ui(ui);
        }
        let count = self.frame_count();
        let units = self.units();
        if self.regions.inspector_ui(ui, stage, &units, count) {
            self.masking.put_down();
        }
        if self.large.is_none()
            && self
                .masking
                .inspector_ui(ui, (self.frame, self.display.range))
        {
            self.regions.put_down();
        }
    }

    /// Takes a key for the region that is selected; arrows go along the screen.
    pub(super) fn region_key(&mut self, key: egui::Key, is_shift: bool) -> bool {
        if self.assembling.is_on() {
            return false;
        }
        if self.masking.on_key(key) {
            return true;
        }
        let orientation = self.canvas.orientation;
        self.regions
            .on_key(key, is_shift, |step| orientation.step_of_seen(step))
    }

    /// Takes a command for regions or for the mask; only one of them has the mouse.
    pub(super) fn drawing_shortcut(&mut self, shortcut: Shortcut) -> bool {
        match shortcut {
            Shortcut::Region(_) | Shortcut::Mask(_) if self.assembling.is_on() => {
                self.refuse_tool();
            }
            Shortcut::Region(command) => {
                self.masking.put_down();
                self.regions.command(command);
            }
            Shortcut::Mask(command) if self.large.is_none() => {
                self.regions.put_down();
                self.masking
                    .command(command, (self.frame, self.display.range));
            }
            Shortcut::Mask(_) => {
                let why = "images that are never read whole have no mask of a person's own";
                self.assembling.refuse(why.to_owned());
            }
            _ => return false,
        }
        true
    }

    fn beam_centre(&self) -> Option<[f64; 2]> {
        let geometry = self.subject.signal.as_ref()?.geometry.as_ref()?;
        // A geometry counts from the corner of a pixel, regions from its centre.
        let [y, x] = geometry.beam_centre()?;
        Some([x - 0.5, y - 0.5])
    }

    /// What values are, and how large pixels are.
    fn units(&self) -> Units {
        let signal = self.subject.signal.as_ref();
        // Regions hold numbers as they are stored; a unit is that of scaled ones.
        let unit = signal.filter(|signal| signal.scaling.is_identity());
        let unit = unit.map_or("", |signal| signal.unit.as_str());
        let values = if unit.is_empty() {
            self.stage()
        } else {
            unit.to_owned()
        };
        let panel = signal
            .and_then(|signal| signal.geometry.as_ref()?.panels.first())
            .map(|panel| {
                [panel.fast_m, panel.slow_m]
                    .map(|step| step.iter().map(|part| part * part).sum::<f64>().sqrt() * 1e3)
            });
        Units {
            values,
            pixel_mm: panel,
        }
    }
}
