//! The four linked panes.

use std::sync::Arc;

use egui::{Rect, UiBuilder, pos2, vec2};
use hutch_model::Error;

use super::TomographyView;
use super::image_pane::{LineAnswer, Seen, Way};
use super::projection::ProjectionWork;
use super::settings::{Pane, Stage};
use crate::canvas::scale_of;
use crate::theme::{ThemeKind, Tokens, body, rich};
use crate::waiting::waiting_ui;
use crate::widgets::{Corner, PaneTitle, button, chip, chip_readout, scale_bar, segmented};
use crate::{ViewContext, Wait, numbers};

const ROW_TIP: &str = "The row that is reconstructed\nDrag it, or press ↑ and ↓";
const AXIS_TIP: &str = "The rotation axis\nDrag it, or press [ and ] for 0.25 px";

/// Which panes there is room for, and where.
fn arrange(rect: Rect, active: Pane, only: Option<Pane>) -> (Vec<(Pane, Rect)>, bool) {
    let is_wide = rect.width() >= 520.0;
    if let Some(only) = only {
        return (vec![(only, rect)], false);
    }
    if is_wide && rect.height() >= 400.0 {
        // One point between them is the line.
        let x = (rect.left() + rect.width() * 0.525).round();
        let y = rect.center().y.round();
        let part = |left: f32, top: f32, right: f32, bottom: f32| {
            Rect::from_min_max(pos2(left, top), pos2(right, bottom))
        };
        let panes = vec![
            (Pane::Projection, part(rect.left(), rect.top(), x, y)),
            (Pane::Slice, part(x + 1.0, rect.top(), rect.right(), y)),
            (Pane::Sinogram, part(rect.left(), y + 1.0, x, rect.bottom())),
            (
                Pane::Volume,
                part(x + 1.0, y + 1.0, rect.right(), rect.bottom()),
            ),
        ];
        return (panes, false);
    }
    let below = Rect::from_min_max(pos2(rect.left(), rect.top() + 34.0), rect.max);
    if is_wide {
        let x = below.center().x.round();
        let first = if active == Pane::Slice {
            Pane::Projection
        } else {
            active
        };
        let left = Rect::from_min_max(below.min, pos2(x, below.bottom()));
        let right = Rect::from_min_max(pos2(x + 1.0, below.top()), below.max);
        (vec![(first, left), (Pane::Slice, right)], true)
    } else {
        (vec![(active, below)], true)
    }
}

impl TomographyView {
    /// Draws the panes that there is room for.
    pub(super) fn panes_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let tokens = context.tokens;
        ui.painter().rect_filled(rect, 0.0, tokens.line);
        let (panes, has_choice) = arrange(rect, self.settings.active, self.settings.only);
        if has_choice {
            let bar = Rect::from_min_size(rect.min, vec2(rect.width(), 33.0));
            ui.painter().rect_filled(bar, 0.0, tokens.panel);
            let inside = UiBuilder::new().max_rect(bar.shrink2(vec2(8.0, 3.0)));
            let choice = &mut ui.new_child(inside);
            segmented(choice, "Pane", &mut self.settings.active, &Pane::ALL);
        }
        self.is_dragging = false;
        for (pane, rect) in panes {
            let builder = UiBuilder::new().max_rect(rect).id_salt(pane.name());
            let mut child = ui.new_child(builder);
            child.set_clip_rect(rect.intersect(ui.clip_rect()));
            child.spacing_mut().item_spacing.y = 0.0;
            child.painter().rect_filled(rect, 0.0, tokens.behind);
            self.pane_ui(&mut child, context, pane, rect);
        }
    }

    fn pane_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut ViewContext<'_>,
        pane: Pane,
        rect: Rect,
    ) {
        let is_pressed = ui.input(|input| {
            let place = input
                .pointer
                .press_origin()
                .filter(|_| input.pointer.any_pressed());
            place.is_some_and(|place| rect.contains(place))
        });
        if is_pressed && ui.rect_contains_pointer(rect) {
            self.settings.active = pane;
        }
        let (detail, right) = self.title_of(pane);
        let is_active = context.is_active && self.settings.active == pane;
        let title = PaneTitle::new(pane.name())
            .secondary(&detail)
            .right(&right)
            .active(is_active)
            .show(ui);
        if title.double_clicked() {
            self.settings.only = if self.settings.only.is_none() {
                Some(pane)
            } else {
                None
            };
        }
        match pane {
            Pane::Projection => self.projection_ui(ui, context),
            Pane::Slice => self.slice_ui(ui, context),
            Pane::Sinogram => self.sinogram_ui(ui, context),
            Pane::Volume => self.volume_ui(ui, context),
        }
    }

    fn title_of(&self, pane: Pane) -> (String, String) {
        let row = |row: u64| format!("y {}", numbers::count(row));
        match pane {
            Pane::Projection => {
                let number = numbers::count(self.settings.angle + 1);
                let count = numbers::count(self.angle_count());
                let angle = self
                    .angle_deg()
                    .map_or_else(String::new, |angle| format!("   {angle:.2}°"));
                (
                    format!("{number} / {count}{angle}"),
                    self.subject.way.clone(),
                )
            }
            Pane::Sinogram => {
                let work = &self.sinogram;
                let right = if work.is_busy(self.settings.row) {
                    "reading…".to_owned()
                } else if work.angle_step() > 1 {
                    format!("every {}th projection", work.angle_step())
                } else {
                    "linked".to_owned()
                };
                (row(self.settings.row), right)
            }
            Pane::Slice => {
                let shown = self.slice.shown.as_ref();
                let detail = shown.map_or_else(
                    || row(self.settings.row),
                    |shown| format!("{}   axis {:.1} px", row(shown.key.row), shown.key.axis_px),
                );
                let right = if self.slice.is_busy() || self.sinogram.is_busy(self.settings.row) {
                    "refining…".to_owned()
                } else {
                    shown.map_or_else(String::new, |shown| {
                        format!("here, {}", numbers::duration(shown.secs))
                    })
                };
                (detail, right)
            }
            Pane::Volume => {
                let level = self.volume.data().map_or("", |data| data.level.as_str());
                let detail = format!("{}   {level}", self.volume.look.mode_name());
                let right = if self.stack.is_busy() {
                    "refining…"
                } else {
                    "preview"
                };
                (
                    detail,
                    if self.stack.is_allowed {
                        right.to_owned()
                    } else {
                        String::new()
                    },
                )
            }
        }
    }

    fn projection_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        let Some(shown) = &self.projection.shown else {
            let work = &self.projection;
            return empty_ui(ui, work.waits, work.failed.as_ref());
        };
        let (angle, stage) = (shown.angle, shown.stage);
        let (raw, frame) = (Arc::clone(&shown.raw), Arc::clone(&shown.frame));
        let seen = self.panes[0].ui(ui, context, &frame, 1);
        let row = self.settings.row;
        let line = (Way::Across, row as f64);
        let answer = seen.line_ui(ui, ("Row", ROW_TIP), line, on_data());
        self.drag_row(answer);
        self.axis_line(ui, &seen);
        if let (Some(index), Some([x, y])) = (seen.index, seen.pixel) {
            let (x, y) = (numbers::integer(x), numbers::integer(y));
            let counts = raw.samples.get_text(index);
            let value = numbers::float(frame.samples.get_f64(index), 4);
            let mut pairs = vec![("x", x.as_str()), ("y", y.as_str())];
            if stage != Stage::Raw {
                pairs.push((stage.name(), value.as_str()));
            }
            pairs.push(("raw", counts.as_str()));
            chip_readout(ui, seen.rect, Corner::BottomLeft, &pairs);
        }
        self.scale_ui(ui, &seen);
        let wanted = ProjectionWork::stage(&self.scan, self.settings.stage);
        if angle != self.settings.angle {
            let text = waiting_text(self.projection.waits, "loading the projection");
            chip(ui, seen.rect, Corner::TopRight, &text);
        } else if stage != wanted {
            chip(
                ui,
                seen.rect,
                Corner::TopRight,
                "raw counts; reading the flat fields",
            );
        }
    }

    fn slice_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        let Some(shown) = &self.slice.shown else {
            let failed = self.slice.failed.as_ref().or(self.sinogram.failed.as_ref());
            return empty_ui(ui, self.sinogram.waits, failed);
        };
        let (frame, bin) = (Arc::clone(&shown.frame), shown.bin);
        let seen = self.panes[1].ui(ui, context, &frame, bin);
        if let (Some(index), Some([x, y])) = (seen.index, seen.pixel) {
            let per_px = frame.samples.get_f64(index);
            let (value, name) = match self.scan.pixel_size_m {
                Some(size) if size > 0.0 => (per_px / size / 100.0, "1/cm"),
                _ => (per_px, "1/px"),
            };
            let value = format!("{} {name}", numbers::float(value, 3));
            let (x, y) = (numbers::integer(x), numbers::integer(y));
            let pairs = [("x", x.as_str()), ("z", y.as_str()), ("µ", value.as_str())];
            chip_readout(ui, seen.rect, Corner::BottomLeft, &pairs);
        }
        self.scale_ui(ui, &seen);
        if let Some(error) = &self.slice.failed {
            chip(ui, seen.rect, Corner::TopLeft, &error.why);
        }
    }

    fn sinogram_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        let Some(shown) = self.sinogram.shown.clone() else {
            let work = &self.sinogram;
            return empty_ui(ui, work.waits, work.failed.as_ref());
        };
        let seen = self.panes[2].ui(ui, context, &shown.frame, 1);
        self.axis_line(ui, &seen);
        if shown.angle_step > 0 {
            let at = self.settings.angle as f64 / shown.angle_step as f64;
            seen.mark(ui, Way::Across, at, on_data().gamma_multiply(0.45));
        }
        if let (Some(index), Some([x, y])) = (seen.index, seen.pixel) {
            let angle = usize::try_from(y)
                .ok()
                .and_then(|y| shown.angles_rad.get(y));
            let angle =
                angle.map_or_else(String::new, |angle| format!("{:.2}°", angle.to_degrees()));
            let x = numbers::integer(x);
            let value = numbers::float(shown.frame.samples.get_f64(index), 4);
            let stage = if self.scan.flats.frames.is_empty() {
                "raw"
            } else {
                "absorbance"
            };
            let pairs = [("x", x.as_str()), ("angle", &angle), (stage, &value)];
            chip_readout(ui, seen.rect, Corner::BottomLeft, &pairs);
        }
        let note = shown.note.as_deref();
        if let Some(text) = note.or(self
            .sinogram
            .failed
            .as_ref()
            .map(|error| error.why.as_str()))
        {
            chip(ui, seen.rect, Corner::TopLeft, text);
        } else if shown.row != self.settings.row {
            let text = waiting_text(self.sinogram.waits, "reading the row");
            chip(ui, seen.rect, Corner::TopRight, &text);
        }
    }

    fn volume_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        if self.volume.data().is_some() {
            let response = self.volume.ui(ui, context);
            if let Some(data) = self.volume.data() {
                let bytes = numbers::bytes(data.bricks.size_bytes() as u64);
                let text = format!("{bytes} of bricks");
                chip(ui, response.rect, Corner::BottomRight, &text);
            }
        } else if self.stack.is_allowed {
            empty_ui(ui, None, self.stack.failed.as_ref());
        } else if self.scan.frame_size.0 < 2 || self.scan.frame_size.1 < 2 {
            empty_text(ui, "One row makes no volume.");
        } else {
            let text = format!(
                "Preview the volume (reads {})",
                numbers::bytes(self.stack.read_bytes)
            );
            ui.add_space((ui.available_height() * 0.4).max(8.0));
            ui.vertical_centered(|ui| {
                let pressed = button(ui, &text)
                    .on_hover_text("Reads every few rows of the scan, coarse ones first")
                    .clicked();
                self.stack.is_allowed |= pressed;
            });
        }
    }

    fn axis_line(&mut self, ui: &egui::Ui, seen: &Seen) {
        let Some(axis) = self.settings.axis_px else {
            return;
        };
        let texts = ("Rotation axis", AXIS_TIP);
        let accent = Tokens::new(ThemeKind::Dark).accent;
        let answer = seen.line_ui(ui, texts, (Way::Down, axis), accent);
        self.is_dragging |= answer.is_dragging;
        if let Some(place) = answer.moved_to {
            // A quarter of a pixel is as fine as a hand on a screen can mean.
            self.set_axis((place * 4.0).round() / 4.0);
        }
    }

    fn drag_row(&mut self, answer: LineAnswer) {
        self.is_dragging |= answer.is_dragging;
        if let Some(place) = answer.moved_to {
            let last = self.scan.frame_size.0.saturating_sub(1);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at least 0; a float cast saturates"
            )]
            let row = place.round().max(0.0) as u64;
            self.settings.row = row.min(last);
        }
    }

    fn scale_ui(&self, ui: &egui::Ui, seen: &Seen) {
        let scale = self
            .scan
            .pixel_size_m
            .and_then(|size| scale_of(size, seen.zoom()));
        if let Some((text, points)) = scale {
            scale_bar(ui, seen.rect, Corner::BottomRight, &text, points);
        }
    }
}

fn waiting_text(wait: Option<Wait>, otherwise: &str) -> String {
    match wait {
        Some(Wait::Network { .. }) => "no connection; trying again".to_owned(),
        Some(Wait::Tape) => "on tape".to_owned(),
        Some(Wait::SignIn) => "sign in again to go on".to_owned(),
        _ => otherwise.to_owned(),
    }
}

fn empty_ui(ui: &mut egui::Ui, wait: Option<Wait>, failed: Option<&Arc<Error>>) {
    match failed {
        Some(error) => empty_text(ui, &format!("{}: {}", error.kind.title(), error.why)),
        None => waiting_ui(ui, wait.unwrap_or(Wait::Queued)),
    }
}

fn empty_text(ui: &mut egui::Ui, text: &str) {
    let tokens = Tokens::of(ui);
    ui.centered_and_justified(|ui| {
        ui.label(rich(text, body(), tokens.secondary));
    });
}

/// Lines over data, which are dark and bright in any theme.
const fn on_data() -> egui::Color32 {
    egui::Color32::from_rgb(0xdb, 0xe1, 0xe8)
}
