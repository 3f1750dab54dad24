//! The switch for an overview that keeps single bright pixels, and how far it is.

use std::sync::Arc;

use super::ImageView;
use super::bright::Bright;
use super::large::Large;
use crate::prepared::PreparedFrame;
use crate::theme::{Tokens, Tone, rich, secondary};
use crate::widgets::{key_value, progress_bar, text_button};
use crate::{Resident, numbers};

impl ImageView {
    /// The overview with the bright pixels so far.
    pub(super) fn bright_picture(&self) -> Option<&Arc<PreparedFrame>> {
        let bright = self.bright.as_ref();
        let current = bright.filter(|bright| bright.frame() == self.frame && self.keeps_bright);
        current.and_then(Bright::picture)
    }

    /// Begins with it where it is wanted, and goes on.
    pub(super) fn step_bright(&mut self, resident: &mut dyn Resident) {
        let finest = self.large.as_ref().and_then(Large::finest);
        let (Some(finest), Some(data)) = (finest, self.subject.data()) else {
            self.bright = None;
            return;
        };
        if !self.keeps_bright {
            self.bright = None;
            return;
        }
        let is_current = |bright: &Bright| bright.frame() == self.frame;
        if !self.bright.as_ref().is_some_and(is_current) {
            let shown = self
                .shown
                .as_ref()
                .filter(|(frame, _)| *frame == self.frame);
            self.bright = shown.and_then(|(frame, plain)| Bright::new(finest, *frame, plain));
        }
        let pixels = self.subject.pixels();
        if let Some(bright) = &mut self.bright {
            bright.step(resident, (data, &pixels));
        }
    }

    /// The switch in the inspector.
    pub(super) fn bright_ui(&mut self, ui: &mut egui::Ui) {
        let bytes = self.subject.data().and_then(|data| {
            let info = data.info();
            let (height, width) = info.frame_size()?;
            let sample = info.element.size_bytes()? as u64;
            height.checked_mul(width)?.checked_mul(sample)
        });
        let bytes = bytes.map_or_else(String::new, |bytes| {
            format!(" of {}", numbers::bytes(bytes))
        });
        ui.checkbox(&mut self.keeps_bright, "keep single bright pixels")
            .on_hover_text(format!(
                "Reads all pixels{bytes} once and shows the largest under each point of the overview"
            ));
        let Some(bright) = self.bright.as_ref() else {
            return;
        };
        if let Some(error) = bright.failed() {
            let tokens = Tokens::of(ui);
            ui.label(rich(error.to_string(), secondary(), tokens.error));
        } else if let Some((share, left)) = bright.progress() {
            let left = left.map(numbers::time_left).unwrap_or_default();
            key_value(ui, "reading all pixels", &left);
            let mut is_stopped = false;
            ui.horizontal(|ui| {
                let width = (ui.available_width() - 64.0).max(40.0);
                progress_bar(ui, "Overview with bright pixels", Some(share), width);
                is_stopped = text_button(ui, "Cancel", Tone::Secondary).clicked();
            });
            self.keeps_bright &= !is_stopped;
        }
    }
}
