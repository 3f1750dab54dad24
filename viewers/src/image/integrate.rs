//! The integration of the frame that is shown.

use std::sync::Arc;

use hutch_render::Norm;

use super::ImageView;
use crate::canvas::ScreenMap;
use crate::diffraction::Laid;
use crate::integration::{Kind, Seen};
use crate::prepared::PreparedFrame;
use crate::{ViewCommand, ViewContext};

impl ImageView {
    /// What is done with the geometry of a frame; says whether there is a use for it.
    pub(super) fn geometry_command(&mut self, command: ViewCommand) -> bool {
        let signal = self.subject.signal.as_ref();
        if signal.is_none_or(|signal| signal.geometry.is_none()) {
            return false;
        }
        let chosen = &mut self.integration.chosen;
        match command {
            ViewCommand::Integrate => {
                chosen.kind = match chosen.kind {
                    Kind::Off => Kind::Pattern,
                    Kind::Pattern => Kind::Cake,
                    Kind::Cake => Kind::Off,
                };
            }
            ViewCommand::IntegrateAll => chosen.toggle_all(),
            ViewCommand::Calibrate => self.calibration.toggle_picking(),
            ViewCommand::FindRings => {
                let rings = self.diffraction.rings;
                return !self.assembling.is_on() && self.calibration.find_rings(rings);
            }
            _ => return false,
        }
        true
    }

    /// Draws the plots and pictures of the integration, and asks for what they need.
    pub(super) fn integration_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut ViewContext<'_>,
        frame: &Arc<PreparedFrame>,
    ) {
        let Some(data) = self.subject.data().cloned() else {
            return;
        };
        let geometry = self.geometry();
        let of = (geometry.as_deref(), frame);
        self.calibration.begin_found(context.resident, of);
        let seen = self.seen(&data, geometry.as_ref(), frame);
        let mut integration = std::mem::take(&mut self.integration);
        let plots = (&mut self.strip, self.strip_events.as_slice());
        let chosen = integration.ui(ui, context, &seen, plots);
        self.integration = integration;
        if let Some(frame) = chosen {
            self.follows = false;
            self.show(frame);
        }
    }

    /// Draws the ring that the pointer marks on a plot.
    pub(super) fn integration_overlay_ui(
        &mut self,
        ui: &egui::Ui,
        map: &ScreenMap,
        frame: &Arc<PreparedFrame>,
    ) {
        let Some(data) = self.subject.data().cloned() else {
            return;
        };
        let geometry = self.geometry();
        let assembled = self.assembled();
        let laid = Laid {
            map,
            assembled: assembled.as_deref(),
        };
        let mut integration = std::mem::take(&mut self.integration);
        integration.overlay_ui(ui, laid, &self.seen(&data, geometry.as_ref(), frame));
        self.integration = integration;
        if assembled.is_some() {
            // A calibration finds its points on the stored frame.
            return;
        }
        let rings = self.diffraction.rings;
        self.calibration
            .overlay_ui(ui, map, geometry.as_deref(), rings);
    }

    /// The sections of the inspector: to integrate where a geometry is known, and to calibrate it.
    pub(super) fn integration_inspector_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut ViewContext<'_>,
    ) {
        let signal = self.subject.signal.as_ref();
        let (Some(signal), Some(frame)) = (signal, self.seen_frame()) else {
            return;
        };
        if self.large.is_some() {
            return;
        }
        let geometry = self.geometry();
        let name = signal.data.origin().to_string();
        if geometry.is_some() {
            // A stack of modules is not integrated as one.
            let frames = match self.images_of_picture() {
                1 => self.frame_count(),
                _ => 1,
            };
            self.integration.inspector_ui(ui, frames, context.actions);
        }
        if self.assembling.is_on() {
            return;
        }
        let of = (&frame, geometry.as_deref());
        let rings = (&mut self.diffraction.rings, name.as_str());
        self.calibration.inspector_ui(ui, context, of, rings);
    }

    fn seen<'a>(
        &self,
        data: &'a Arc<dyn hutch_model::Dataset>,
        geometry: Option<&'a Arc<hutch_model::Geometry>>,
        frame: &'a Arc<PreparedFrame>,
    ) -> Seen<'a> {
        let number = self
            .shown
            .as_ref()
            .map_or(self.frame, |(number, _)| *number);
        Seen {
            data,
            geometry: geometry.filter(|_| self.large.is_none()),
            frame: (number, frame),
            pixel: self.pixel,
            rings: self.diffraction.rings,
            source: self.source_words(number),
            colours: (self.display.colours, self.display.norm == Norm::Log),
        }
    }
}
