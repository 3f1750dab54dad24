//! The panels of a detector where they lie, in the view of frames.
//!
//! Regions, profiles and painted masks are about the stored frame, whose rows are rows of a panel: across the gaps of an
//! assembled picture a line or a box would mean pixels that are not beside each other. Their tools wait until the frame is
//! shown as it is stored; what was painted stays masked.

use std::sync::Arc;

use hutch_model::{Geometry, Slab};

use super::ImageView;
use crate::assembled::{Assembled, PanelPixel};
use crate::canvas::Place;
use crate::diffraction::plane_of;
use crate::theme::{Tokens, Tone, rich, secondary};
use crate::widgets::{Corner, chip, folding_heading, text_button};

/// What is told when a tool is asked for.
const TOOLS: &str = "regions and masks are drawn on the stored frame; A shows it";

impl ImageView {
    /// The picture of panels that is shown, where one is.
    pub(super) fn assembled(&self) -> Option<Arc<Assembled>> {
        self.assembling.now().cloned()
    }

    /// Looks at data and geometry again; another picture is shown whole, unless a session or a link asked for it and for
    /// its place before the geometry was there.
    pub(super) fn look_at_panels(&mut self) {
        if self.assembling.look(&self.subject) {
            let place = self.canvas.place;
            self.show_other();
            if self.assembling.is_chosen() {
                self.canvas.place = place;
            }
        }
        self.keep_to_pictures();
    }

    /// Shows the panels where they lie, or the frame as it is stored.
    pub(super) fn toggle_assembled(&mut self) {
        if self.assembling.toggle() {
            self.show_other();
        }
    }

    /// What is shown is another picture of the same frame.
    pub(super) fn show_other(&mut self) {
        self.canvas.place = Place::Fit;
        self.regions.put_down();
        self.masking.put_down();
        self.pixel = None;
        self.under = None;
        self.keep_to_pictures();
    }

    /// Where many images become one picture, the first of them stands for all, and they are not summed.
    fn keep_to_pictures(&mut self) {
        let count = self.images_of_picture();
        if count > 1 {
            self.frame -= self.frame % count;
            self.stack = None;
        }
    }

    /// How many images become the picture that is shown.
    pub(super) fn images_of_picture(&self) -> u64 {
        self.assembling.now().map_or(1, |of| of.image_count())
    }

    /// What is read for a frame.
    pub(super) fn slab_of(&self, shape: &[u64], frame: u64) -> Slab {
        match self.assembling.now() {
            Some(assembled) => assembled.slab(shape, frame),
            None => Slab::frame(shape, frame),
        }
    }

    /// Where the pixels of the frame that is drawn are.
    pub(super) fn geometry(&self) -> Option<Arc<Geometry>> {
        match self.assembling.now() {
            Some(assembled) => Some(Arc::clone(&assembled.geometry)),
            None => self.subject.signal.as_ref()?.geometry.clone(),
        }
    }

    /// The indices in front of the frame that is drawn that name its panels, by the number of the frame.
    pub(super) fn plane(&self, frame: u64) -> Vec<u64> {
        match (self.assembling.now(), self.geometry()) {
            (None, Some(geometry)) => plane_of(&geometry, self.subject.shape(), frame),
            _ => Vec::new(),
        }
    }

    /// Takes the pixel under the pointer at a point of the canvas; in a gap there is none.
    pub(super) fn point_at(&mut self, assembled: &Assembled, point: Option<[f64; 2]>) {
        self.under = point.and_then(|point| assembled.pixel_at(point));
        self.pixel = self.under.map(|of| of.pixel);
    }

    /// A pixel as views share it: that of the stored image, or of all modules below each other where an image is one.
    pub(super) fn shared_pixel(&self, pixel: [i64; 2]) -> Option<[i64; 2]> {
        match self.modules() {
            Some(modules) if !self.assembling.is_on() => modules.drawn(self.frame, pixel),
            _ => Some(pixel),
        }
    }

    /// The pixel of the frame that is drawn for one that views share; `None` where it is of another module.
    pub(super) fn pixel_of_shared(&self, pixel: [i64; 2]) -> Option<[i64; 2]> {
        match self.modules() {
            Some(modules) if !self.assembling.is_on() => {
                let (plane, within) = modules.stored(pixel)?;
                (plane == self.plane(self.frame)).then_some(within)
            }
            _ => Some(pixel),
        }
    }

    /// The picture of modules that are images, shown or not.
    fn modules(&self) -> Option<&Arc<Assembled>> {
        self.assembling
            .picture()
            .filter(|picture| picture.image_count() > 1)
    }

    /// The name of the panel under the pointer, and the pixel in its stored image.
    pub(super) fn panel_read(&self, pixel: [i64; 2]) -> Option<(String, [i64; 2])> {
        let assembled = self.assembling.now()?;
        let (_, within) = assembled.stored(pixel)?;
        let [x, y] = [u64::try_from(pixel[0]).ok()?, u64::try_from(pixel[1]).ok()?];
        let of = self.under.filter(|under| under.pixel == pixel);
        let panels = &assembled.geometry.panels;
        let panel = match of {
            Some(PanelPixel { panel, .. }) => panels.get(panel),
            None => panels.iter().find(|panel| panel.contains(&[], [y, x])),
        };
        Some((panel.map(|of| of.name.clone()).unwrap_or_default(), within))
    }

    /// Tells that a tool works on the stored frame alone.
    pub(super) fn refuse_tool(&mut self) {
        self.assembling.refuse(TOOLS.to_owned());
    }

    /// What was asked for and is not done, over the frame.
    pub(super) fn refusal_ui(&self, ui: &egui::Ui, rect: egui::Rect) {
        if let Some((why, left)) = self.assembling.refusal() {
            chip(ui, rect, Corner::TopLeft, why);
            ui.ctx().request_repaint_after(left);
        }
    }

    /// In the place of regions and mask, while the frame is not shown as it is stored.
    pub(super) fn no_tools_ui(&mut self, ui: &mut egui::Ui) {
        if !folding_heading(ui, "Regions and mask", "", true) {
            return;
        }
        let text = "They are drawn on the frame as it is stored.";
        ui.label(rich(text, secondary(), Tokens::of(ui).secondary));
        if text_button(ui, "show it as stored", Tone::Accent).clicked() {
            self.toggle_assembled();
        }
    }
}
