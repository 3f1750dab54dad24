//! The notes over a frame: the value under the pointer, and what the frame is.

use hutch_model::{BlockState, Scaling};

use super::{Age, ImageView};
use crate::canvas::ScreenMap;
use crate::diffraction::cross;
use crate::theme::Tokens;
use crate::widgets::{Corner, chip, chip_readout};
use crate::{Wait, numbers};

impl ImageView {
    pub(super) fn readout_ui(&self, ui: &egui::Ui, rect: egui::Rect) {
        let Some((window, frame)) = &self.drawn else {
            return;
        };
        let Some(([x, y], index)) = self.pixel_read().and_then(|pixel| {
            let [column, row] = window.sample_of(pixel)?;
            Some((
                window.pixel_of([column, row]),
                frame.sample_index(column, row)?,
            ))
        }) else {
            return;
        };
        let unit = self
            .subject
            .signal
            .as_ref()
            .map_or("", |signal| signal.unit.as_str());
        let value = frame.samples.get_text(index);
        let masked = crate::prepared::sentinels(&frame.samples)
            .iter()
            .any(|sentinel| sentinel.to_string() == value);
        let scaling = self
            .subject
            .signal
            .as_ref()
            .map_or(Scaling::IDENTITY, |signal| signal.scaling);
        let has_value = frame.no_value(index).is_none() && !masked;
        // The unit is that of the scaled number.
        let scaled = (has_value && !scaling.is_identity()).then(|| {
            let number = numbers::float(scaling.apply(frame.samples.get_f64(index)), 6);
            format!("{number} {unit}").trim_end().to_owned()
        });
        let value = if let Some(no_value) = frame.no_value(index) {
            format!("{value} ({})", no_value.words())
        } else if masked {
            format!("{value} (no value)")
        } else if unit.is_empty() || scaled.is_some() {
            value
        } else {
            format!("{value} {unit}")
        };
        let panel = self.panel_read([x, y]);
        let [x, y] = panel.as_ref().map_or([x, y], |(_, pixel)| *pixel);
        let (x, y) = (numbers::integer(x), numbers::integer(y));
        let [along_x, along_y] = self.values_of_axes.clone().unwrap_or_default();
        let with_axis = |pixel: String, along: Option<String>| match along {
            Some(along) => format!("{pixel} ({along})"),
            None => pixel,
        };
        let (x, y) = (with_axis(x, along_x), with_axis(y, along_y));
        // It is of one of the pixels under this point, and nobody knows which.
        let is_largest = !window.is_dense() && self.bright_picture().is_some();
        let name = if is_largest { "largest here" } else { "raw" };
        let mut pairs = vec![("x", x.as_str()), ("y", &y), (name, &value)];
        if let Some((name, _)) = panel.as_ref().filter(|(name, _)| !name.is_empty()) {
            pairs.insert(0, ("panel", name));
        }
        // They belong to the stored number.
        let names = ["\u{b1}", "weight"].into_iter();
        for (name, beside) in names.zip(&self.beside).filter(|(_, text)| !text.is_empty()) {
            pairs.push((name, beside));
        }
        if let Some(scaled) = &scaled {
            pairs.push(("scaled", scaled));
        }
        chip_readout(ui, rect, Corner::BottomLeft, &pairs);
    }

    /// The pixel whose value is told: that under the pointer, here or in a view that this one moves with.
    pub(super) fn pixel_read(&self) -> Option<[i64; 2]> {
        self.pixel.or(self.pointed_at)
    }

    /// Marks the pixel that the pointer is over in another view.
    pub(super) fn pointed_ui(&self, ui: &egui::Ui, map: &ScreenMap) {
        let Some([x, y]) = self.pointed_at.filter(|_| self.pixel.is_none()) else {
            return;
        };
        #[expect(clippy::cast_precision_loss, reason = "pixels of an image")]
        let point = [x as f64, y as f64];
        let Some(point) = self
            .assembled()
            .map_or(Some(point), |of| of.place_of(point))
        else {
            return;
        };
        let centre = map.ui_from_image(point);
        if map.rect().contains(centre) {
            let painter = ui.painter().with_clip_rect(map.rect());
            cross(&painter, centre, Tokens::over_image(ui));
        }
    }

    pub(super) fn state_ui(&self, ui: &egui::Ui, rect: egui::Rect) {
        let Some((number, frame)) = &self.shown else {
            return;
        };
        if let Some((window, _)) = self.drawn.as_ref().filter(|(of, _)| !of.is_dense()) {
            let [across, down] = window.step.map(numbers::count);
            let text = if self.bright_picture().is_some() {
                format!("largest of every {across} × {down} pixels")
            } else {
                format!("every {across} × {down} pixels; zoom in for all")
            };
            chip(ui, rect, Corner::BottomRight, &text);
        }
        match &frame.state {
            BlockState::Present => {}
            BlockState::Fill => {
                chip(ui, rect, Corner::TopLeft, "not written yet: fill value");
            }
            BlockState::Missing(why) => {
                chip(ui, rect, Corner::TopLeft, &format!("missing: {why}"));
            }
            BlockState::Torn => {
                chip(ui, rect, Corner::TopLeft, "changed while it was read");
            }
        }
        if self.age == Age::Held {
            let text = "the newest frame is not whole yet";
            chip(ui, rect, Corner::TopRight, text);
        } else if *number != self.frame || self.age != Age::Current {
            let text = match self.waits {
                Some(Wait::Network { .. }) => "no connection; trying again".to_owned(),
                Some(Wait::Tape) => "the next frame is on tape".to_owned(),
                _ => format!("loading frame {}", numbers::count(self.frame)),
            };
            chip(ui, rect, Corner::TopRight, &text);
        } else if self.follows
            && let Some(changed) = self.changed_at
        {
            let age = numbers::duration(changed.elapsed().as_secs_f64());
            chip(ui, rect, Corner::TopRight, &format!("newest, {age} old"));
            ui.ctx()
                .request_repaint_after(std::time::Duration::from_secs(1));
        }
    }
}
