//! The map of a stack of spectra, and what is chosen in it.

use hutch_analysis::maps::Look;

use super::SpectraView;
use super::growth::Seen;
use super::slot::Region;
use crate::map::Scene;
use crate::waiting::waiting_ui;
use crate::widgets::{Corner, chip, chip_readout};
use crate::{ViewContext, numbers};

impl SpectraView {
    pub(super) fn map_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let (Some(seen), Some(sides)) = (self.seen(), &self.sides) else {
            if let Some(wait) = self.waits {
                waiting_ui(ui, wait);
            }
            return;
        };
        let Seen {
            ground,
            values,
            rgb,
        } = seen;
        let scene = Scene {
            ground: &ground,
            values: &values,
            labels: &sides.labels,
            look: Look::Cells,
            display: &self.display,
            rgb: rgb.as_ref(),
        };
        let answer = self.pane.ui(ui, context, scene, false);
        let rect = answer.map.rect;
        self.pick(&answer);
        let painter = ui.painter().with_clip_rect(rect);
        let outline = |region: Region, colour: egui::Color32| match region {
            Region::All => {}
            Region::Point(point) => {
                if let Some(place) = ground.place(point) {
                    let at = answer.map.ui_from_plane(place);
                    painter.circle_stroke(at, 7.0, egui::Stroke::new(1.5, colour));
                }
            }
            Region::Rect([low, high]) => {
                let corners = [low, high].map(|corner| answer.map.ui_from_plane(corner));
                let shape = egui::Rect::from_two_pos(corners[0], corners[1]);
                let stroke = egui::Stroke::new(1.5, colour);
                painter.rect_stroke(shape, 0.0, stroke, egui::StrokeKind::Outside);
            }
        };
        outline(self.choice.region, context.tokens.accent);
        if let Some(region) = self.choice.reference.filter(|_| self.choice.is_density) {
            outline(region, context.tokens.attention);
        }
        if let Some(point) = answer.point {
            let [x, y] = ground
                .place(point)
                .unwrap_or([f64::NAN; 2])
                .map(|part| numbers::float(part, 6));
            let count = numbers::count(u64::from(point));
            let value = numbers::float(values.samples.get_f64(point as usize), 7);
            let stage = self.stage();
            let pairs = [
                ("point", count.as_str()),
                ("x", &x),
                ("y", &y),
                (stage, &value),
            ];
            chip_readout(ui, rect, Corner::BottomLeft, &pairs);
        }
        chip(ui, rect, Corner::TopLeft, &self.map_words());
    }

    /// What the numbers of the map are.
    pub(super) const fn stage(&self) -> &'static str {
        if self.choice.is_density {
            "density"
        } else if self.choice.is_net {
            "net sum"
        } else {
            "sum"
        }
    }

    /// A click takes a point, a drag a rectangle, both for the spectrum.
    fn pick(&mut self, answer: &crate::map::Answer) {
        let response = &answer.response;
        let primary = egui::PointerButton::Primary;
        let place = response
            .interact_pointer_pos()
            .map(|pointer| answer.map.plane_from_ui(pointer));
        if response.clicked() {
            self.choice.region = answer.point.map_or(Region::All, Region::Point);
        }
        if response.drag_started_by(primary) {
            self.corner = place;
        }
        if let (Some(corner), Some(place)) = (self.corner, place)
            && response.dragged_by(primary)
        {
            self.choice.region = Region::between(corner, place);
        }
        if response.drag_stopped() {
            self.corner = None;
        }
    }

    /// What the map is of, in words.
    fn map_words(&self) -> String {
        let band = self.choice.bands[0];
        let unit = self.channel_axis().map_or("", |axis| axis.unit.as_str());
        let [first, last] = band.map(|channel| numbers::float(self.energy(channel), 6));
        let range = if band[0] == band[1] {
            format!("{first} {unit}")
        } else {
            format!("{first} – {last} {unit}")
        };
        if self.choice.is_rgb {
            "red, green, blue".to_owned()
        } else {
            format!("{} of {}", self.stage(), range.trim_end())
        }
    }
}
