//! The rows in sight, and the keys that move among them.

use egui::{Key, Modifiers, Rect, Sense, UiBuilder, pos2, vec2};

use super::StreamTable;
use super::columns::COLUMNS;
use crate::ViewContext;
use crate::icons::Icon;
use crate::theme::{Tokens, Tone, size};
use crate::widgets::{Column, ColumnWidth, empty_state, table_header, table_row};

/// Width of the bar that shows which part of the rows is in sight.
const BAR: f32 = 10.0;
/// Height of its handle at least.
const HANDLE: f32 = 28.0;
/// Space between two columns, as the table draws it.
const GAP: f32 = 12.0;

/// The columns as the table draws them; the first takes what is left.
fn columns() -> Vec<Column<'static>> {
    let mut columns: Vec<Column<'static>> = COLUMNS
        .iter()
        .map(|spec| Column {
            title: spec.title,
            width: ColumnWidth::Points(spec.width),
            align: spec.align(),
            sortable: true,
        })
        .collect();
    if let Some(first) = columns.first_mut() {
        first.width = ColumnWidth::Rest;
    }
    columns
}

/// Width of all columns, with what lies between them.
fn full_width() -> f32 {
    let columns: f32 = COLUMNS.iter().map(|spec| spec.width).sum();
    columns + GAP * COLUMNS.len() as f32 + 2.0 * size::PADDING
}

impl StreamTable {
    pub(super) fn table_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let place = ui.available_rect_before_wrap();
        let (inside, bar) = place.split_left_right_at_x(place.right() - BAR);
        let mut child = ui.new_child(UiBuilder::new().max_rect(inside));
        child.set_clip_rect(inside.intersect(ui.clip_rect()));
        let columns = columns();
        let mut lines = 1;
        egui::ScrollArea::horizontal()
            .id_salt("columns of the stream")
            .auto_shrink([false, false])
            .show(&mut child, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.set_width(full_width().max(ui.available_width()));
                table_header(ui, &columns, &mut self.sort);
                let body = ui.available_rect_before_wrap();
                let in_sight = body.intersect(ui.clip_rect());
                lines = lines_in(in_sight.height());
                self.take_keys(ui, context, lines);
                self.scroll(ui, in_sight, lines);
                self.body_ui(ui, context, (&columns, in_sight.with_min_x(body.left())));
            });
        ui.advance_cursor_after_rect(place);
        let head = bar.with_min_y(bar.top() + size::ROW);
        self.bar_ui(ui, head, lines);
    }

    /// Draws the rows in a place, and takes what is pressed.
    fn body_ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut ViewContext<'_>,
        (columns, body): (&[Column<'_>], Rect),
    ) {
        let Some(run) = self.run.clone() else { return };
        if self.order.rows.is_empty() {
            self.nothing_ui(ui);
            return;
        }
        let (first, shift) = split(self.top);
        let last = first.saturating_add(lines_in(body.height()) + 2);
        let selected = self.selected();
        let mut pressed = None;
        for (line, at) in (first..last.min(self.order.rows.len())).enumerate() {
            let number = self.order.rows.get(at).copied();
            let Some(row) = number.and_then(|number| run.rows().get(number as usize)) else {
                continue;
            };
            let top = body.top() + line as f32 * size::ROW - shift;
            let min = pos2(body.left(), top);
            let rect = Rect::from_min_size(min, vec2(ui.max_rect().width(), size::ROW));
            let mut one = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(("row", number)));
            one.set_clip_rect(body.intersect(ui.clip_rect()));
            let texts: Vec<String> = COLUMNS
                .iter()
                .map(|spec| spec.words(run.as_ref(), row))
                .collect();
            let cells: Vec<(&str, Tone)> = texts
                .iter()
                .map(|text| {
                    (
                        text.as_str(),
                        if row.is_hit {
                            Tone::Text
                        } else {
                            Tone::Secondary
                        },
                    )
                })
                .collect();
            let is_selected = selected.as_ref().is_some_and(|range| range.contains(&at));
            let response = table_row(&mut one, columns, &cells, is_selected);
            if response.clicked() {
                pressed = Some(at);
            }
        }
        if let Some(at) = pressed {
            let extends = ui.input(|input| input.modifiers.shift);
            self.choose(at, extends);
            if !extends {
                self.open_chosen(context.actions);
            }
        }
    }

    fn nothing_ui(&self, ui: &mut egui::Ui) {
        if self.ordering.is_some() {
            return;
        }
        ui.add_space(size::ROW);
        let text = if self.filter.is_empty() {
            "The stream has no whole chunk: no frame was finished when it was written."
        } else {
            "No row fits the filter; take a word away, or clear it."
        };
        // In the middle of what is seen, not of all columns.
        let seen = ui.clip_rect().intersect(ui.max_rect());
        let mut seen = ui.new_child(UiBuilder::new().max_rect(seen));
        empty_state(&mut seen, Icon::Search, text, &[]);
    }

    fn selected(&self) -> Option<std::ops::RangeInclusive<usize>> {
        let cursor = self.cursor?;
        let anchor = self.anchor.unwrap_or(cursor);
        Some(cursor.min(anchor)..=cursor.max(anchor))
    }

    /// Arrows, pages and ends move, arrows with shift select; Ctrl A selects all, Ctrl C copies.
    fn take_keys(&mut self, ui: &egui::Ui, context: &mut ViewContext<'_>, lines: usize) {
        if !context.is_active || ui.ctx().egui_wants_keyboard_input() {
            return;
        }
        let last = self.order.rows.len().saturating_sub(1);
        let here = self.cursor;
        for shift in [false, true] {
            let modifiers = if shift {
                Modifiers::SHIFT
            } else {
                Modifiers::NONE
            };
            let pressed = |key| ui.input_mut(|input| input.count_and_consume_key(modifiers, key));
            let (down, up) = (pressed(Key::ArrowDown), pressed(Key::ArrowUp));
            if down + up > 0 {
                let from = here.map_or(0, |at| at.saturating_add(down));
                self.choose(from.saturating_sub(up).min(last), shift);
            }
        }
        let page = lines.saturating_sub(1).max(1);
        for (key, target) in [
            (Key::PageDown, here.unwrap_or(0).saturating_add(page)),
            (Key::PageUp, here.unwrap_or(0).saturating_sub(page)),
            (Key::Home, 0),
            (Key::End, last),
        ] {
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.choose(target, false);
            }
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A)) {
            self.choose(last, false);
            self.anchor = Some(0);
            self.follows_cursor = false;
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter)) {
            self.open_chosen(context.actions);
        }
        let is_copy = |event: &egui::Event| matches!(event, egui::Event::Copy);
        if ui.input(|input| input.events.iter().any(is_copy)) {
            self.copy(context.resident);
        }
        if std::mem::take(&mut self.follows_cursor)
            && let Some(at) = self.cursor
        {
            self.top = brought_into_sight(self.top, at, lines);
        }
    }

    /// The wheel moves the rows under the pointer.
    fn scroll(&mut self, ui: &egui::Ui, body: Rect, lines: usize) {
        if ui.rect_contains_pointer(body) {
            let wheel = ui.input(|input| input.smooth_scroll_delta().y);
            self.top -= f64::from(wheel / size::ROW);
        }
        let furthest = furthest(self.order.rows.len(), lines);
        self.top = self.top.clamp(0.0, furthest);
        // In another order the newest row may be anywhere.
        self.growth.is_at_end = self.sort.is_none() && self.top > furthest - 1.0;
    }

    /// The bar at the right: which part of all rows is in sight.
    fn bar_ui(&mut self, ui: &mut egui::Ui, place: Rect, lines: usize) {
        let total = self.order.rows.len();
        let furthest = furthest(total, lines);
        if furthest <= 0.0 || place.height() < 2.0 * HANDLE {
            return;
        }
        let tokens = Tokens::of(ui);
        let share = lines as f32 / total as f32;
        let height = (place.height() * share).clamp(HANDLE, place.height());
        let room = place.height() - height;
        let response = ui.interact(
            place,
            ui.scope_id().with("rows in sight"),
            Sense::click_and_drag(),
        );
        if let Some(pointer) = response.interact_pointer_pos() {
            let at = ((pointer.y - place.top() - 0.5 * height) / room).clamp(0.0, 1.0);
            self.top = f64::from(at) * furthest;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a share of the bar")]
        let at = (self.top / furthest) as f32;
        let min = pos2(place.left() + 2.0, place.top() + at * room);
        let handle = Rect::from_min_size(min, vec2(BAR - 4.0, height));
        let colour = if response.hovered() || response.dragged() {
            tokens.secondary
        } else {
            tokens.control_line
        };
        ui.painter().rect_filled(handle, size::RADIUS_SMALL, colour);
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::ScrollBar, true, "Rows in sight")
        });
    }
}

/// Whole rows in a height.
fn lines_in(height: f32) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rows of a screen"
    )]
    let lines = (height / size::ROW).floor().max(1.0) as usize;
    lines
}

/// The furthest that rows can be scrolled.
fn furthest(total: usize, lines: usize) -> f64 {
    total.saturating_sub(lines) as f64
}

/// The first row in sight, and how much of it is scrolled away, in points.
fn split(top: f64) -> (usize, f32) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of rows, at least 0"
    )]
    let (first, rest) = (top.max(0.0) as usize, top.max(0.0).fract() as f32);
    (first, rest * size::ROW)
}

/// Scrolls as little as brings a row into sight.
fn brought_into_sight(top: f64, at: usize, lines: usize) -> f64 {
    let at = at as f64;
    let lowest = at + 1.0 - lines as f64;
    top.min(at).max(lowest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_into_sight_with_as_little_motion_as_possible() {
        assert!(
            (brought_into_sight(10.0, 12, 5) - 10.0).abs() < 1e-12,
            "seen"
        );
        assert!(
            (brought_into_sight(10.0, 3, 5) - 3.0).abs() < 1e-12,
            "above"
        );
        assert!(
            (brought_into_sight(10.0, 20, 5) - 16.0).abs() < 1e-12,
            "below"
        );
    }

    #[test]
    fn the_last_of_ten_million_rows_can_be_reached() {
        let total = 10_000_000;
        let (first, shift) = split(furthest(total, 30));
        assert_eq!(first, total - 30);
        assert!(shift.abs() < 1e-6, "on a whole row: {shift}");
        let (_, shift) = split(furthest(total, 30) - 0.5);
        assert!(
            (shift - 0.5 * size::ROW).abs() < 1e-3,
            "smooth there: {shift}"
        );
    }
}
