//! Where the frame lies on the screen: its axes, its scale, how it is turned.

use std::sync::Arc;

use super::ImageView;
use crate::canvas::{
    Aspect, BELOW, CanvasAnswer, LEFT, Place, Ruler, ScreenMap, Shown, Window, scale_of,
};
use crate::prepared::PreparedFrame;
use crate::theme::Tone;
use crate::widgets::{Corner, folding_heading, scale_bar, segmented, text_button};
use crate::{Shortcut, ViewContext};

impl ImageView {
    /// Draws the frame, with its axes along the edges where it has any.
    pub(super) fn canvas_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut ViewContext<'_>,
        frame: &Arc<PreparedFrame>,
    ) -> CanvasAnswer {
        let assembled = self.assembled();
        let image_size = assembled
            .as_ref()
            .map_or_else(|| self.image_size(frame), |of| of.size());
        let (window, drawn) = self.drawn_now(frame, context);
        // Axes of the stored frame say nothing of a picture whose panels lie elsewhere.
        let rulers = match assembled {
            None => self.rulers(image_size, context),
            Some(_) => [None, None],
        };
        let is_transposed = self.canvas.orientation.is_transposed;
        let [x, y] = &rulers;
        let (below, left) = if is_transposed { (y, x) } else { (x, y) };
        let whole = ui.available_rect_before_wrap();
        let mut inside = whole;
        if below.is_some() {
            inside.max.y -= BELOW;
        }
        if left.is_some() {
            inside.min.x += LEFT;
        }
        if !inside.is_positive() {
            inside = whole;
        }
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inside));
        let shown = Shown {
            frame: &drawn,
            window,
            image_size,
            panels: assembled.as_ref().map(|of| &of.places),
        };
        let can_pan = !self.regions.takes_pointer() && !self.masking.takes_pointer();
        let answer = self
            .canvas
            .window_ui(&mut child, context, shown, &self.display, can_pan);
        self.drawn = Some((window, drawn));
        ui.advance_cursor_after_rect(whole);
        match &assembled {
            None => self.pixel = answer.pixel,
            Some(assembled) => self.point_at(assembled, answer.point_px),
        }
        for (ruler, across) in [(below, true), (left, false)] {
            if let Some(ruler) = ruler {
                ruler.paint(ui, &answer.map, image_size, across);
            }
        }
        self.values_of_axes = self.pixel_read().map(|pixel| {
            #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
            let place = pixel.map(|part| part as f64);
            [
                x.as_ref().map(|ruler| ruler.words_at(place[0])),
                y.as_ref().map(|ruler| ruler.words_at(place[1])),
            ]
        });
        answer
    }

    /// The finest that there is of what is looked at.
    fn drawn_now(
        &mut self,
        frame: &Arc<PreparedFrame>,
        context: &mut ViewContext<'_>,
    ) -> (Window, Arc<PreparedFrame>) {
        let pixels = self.subject.pixels();
        let (Some(large), Some(data)) = (&mut self.large, self.subject.data()) else {
            let window = Window::whole(frame.size.map(u64::from));
            return (window, Arc::clone(frame));
        };
        let map = self.canvas.map_of_last_pass();
        if let Some(map) = &map {
            let asked = (data, &pixels, self.frame);
            large.look(context.resident, asked, (map, self.keeps_bright));
        }
        large.drawn(self.frame, frame, map.as_ref())
    }

    /// The rulers of the two fastest axes `[x, y]`, where the signal has values for them.
    fn rulers(&mut self, size: [u32; 2], context: &mut ViewContext<'_>) -> [Option<Ruler>; 2] {
        let Some(signal) = &mut self.subject.signal else {
            return [None, None];
        };
        let rank = signal.data.info().shape.len();
        [0, 1].map(|axis| {
            if !self.axis_checks.allows(signal, axis, context.resident) {
                return None;
            }
            let dimension = rank.checked_sub(axis + 1)?;
            Ruler::of(signal.axis(dimension)?, size[axis], context.resident)
        })
    }

    /// A scale bar, where the size of a pixel is known.
    pub(super) fn scale_ui(&self, ui: &egui::Ui, map: &ScreenMap) {
        if let Some(assembled) = self.assembled() {
            let pixel_m = assembled.assembly.pixel_m;
            if let Some((text, points)) = scale_of(pixel_m, map.zoom()) {
                scale_bar(ui, map.rect(), Corner::BottomRight, &text, points);
            }
            return;
        }
        let geometry = self
            .subject
            .signal
            .as_ref()
            .and_then(|of| of.geometry.as_ref());
        let Some(panel) = geometry.and_then(|geometry| geometry.panels.first()) else {
            return;
        };
        let step = if map.orientation().is_transposed {
            panel.slow_m
        } else {
            panel.fast_m
        };
        let size_m = step.iter().map(|part| part * part).sum::<f64>().sqrt();
        if let Some((text, points)) = scale_of(size_m, map.zoom()) {
            scale_bar(ui, map.rect(), Corner::BottomRight, &text, points);
        }
    }

    /// The controls of the place, in the inspector.
    pub(super) fn place_ui(&mut self, ui: &mut egui::Ui) {
        let zoom = match self.canvas.place {
            Place::Fit => "all of it".to_owned(),
            Place::At { zoom, .. } => format!("{} ×", crate::numbers::float(zoom, 3)),
        };
        if !folding_heading(ui, "Place", &zoom, false) {
            return;
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 14.0;
            for (text, hint, shortcut) in [
                (
                    "left\u{2013}right",
                    "Exchange left and right (H)",
                    Shortcut::FlipAcross,
                ),
                (
                    "up\u{2013}down",
                    "Exchange top and bottom (V)",
                    Shortcut::FlipDown,
                ),
                (
                    "turn right",
                    "Turn by a quarter, clockwise (R)",
                    Shortcut::TurnRight,
                ),
                (
                    "turn left",
                    "Turn by a quarter, anticlockwise (Shift R)",
                    Shortcut::TurnLeft,
                ),
                ("transpose", "Exchange the axes (T)", Shortcut::Transpose),
                ("fit", "Show all of it (F)", Shortcut::Fit),
            ] {
                let button = text_button(ui, text, Tone::Accent);
                if button.on_hover_text(hint).clicked() {
                    self.canvas.on_shortcut(shortcut);
                }
            }
        });
        ui.add_space(2.0);
        let aspects = [
            (Aspect::Square, "square pixels"),
            (Aspect::Fill, "fill the pane"),
        ];
        segmented(ui, "Aspect", &mut self.canvas.aspect, &aspects);
    }
}
