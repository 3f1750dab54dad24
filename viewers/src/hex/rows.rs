//! Rows of sixteen bytes: which are in sight, where the cursor is, and how they are drawn.
//!
//! Rows are counted and not measured: a dataset has more of them than the numbers of a screen can tell apart.

use std::ops::Range;

use egui::{Align2, Key, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::theme::{Tokens, mono, secondary, size};

/// Bytes of a row.
pub(super) const ROW_BYTES: u64 = 16;
/// Width of the bar that scrolls.
const BAR: f32 = 10.0;

/// Which bytes are in sight and which are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rows {
    /// The first row in sight.
    pub(super) first: u64,
    /// Where choosing began, and the byte that it reaches to.
    pub(super) chosen: Option<[u64; 2]>,
    /// Rows in sight in the last pass.
    high: u64,
    /// What is left of a turn of the wheel that was less than a row.
    rest: f32,
}

/// What a byte of a row is, once it is here.
pub(super) type Byte = Option<u8>;

impl Rows {
    /// The chosen bytes.
    pub(super) fn range(&self) -> Option<Range<u64>> {
        let [one, other] = self.chosen?;
        Some(one.min(other)..one.max(other).saturating_add(1))
    }

    /// Goes to a byte and brings it into sight.
    pub(super) fn go(&mut self, byte: u64, extends: bool) {
        let anchor = self.chosen.map_or(byte, |[anchor, _]| anchor);
        self.chosen = Some([if extends { anchor } else { byte }, byte]);
        let (row, high) = (byte / ROW_BYTES, self.high.max(1));
        if row < self.first {
            self.first = row;
        } else if row - self.first >= high {
            self.first = row - (high - 1);
        }
    }

    /// Moves the cursor by a key; whether there was a use for it.
    pub(super) fn on_key(&mut self, key: Key, extends: bool, total: u64) -> bool {
        let Some(last) = total.checked_sub(1) else {
            return false;
        };
        let at = self
            .chosen
            .map_or(self.first.saturating_mul(ROW_BYTES), |[_, at]| at);
        let page = self.high.saturating_sub(1).max(1).saturating_mul(ROW_BYTES);
        let to = match key {
            Key::ArrowLeft => at.saturating_sub(1),
            Key::ArrowRight => at.saturating_add(1),
            Key::ArrowUp => at.checked_sub(ROW_BYTES).unwrap_or(at),
            Key::ArrowDown => Some(at.saturating_add(ROW_BYTES))
                .filter(|to| *to <= last)
                .unwrap_or(at),
            Key::PageUp => at.saturating_sub(page),
            Key::PageDown => at.saturating_add(page),
            Key::Home => 0,
            Key::End => last,
            Key::Escape if self.chosen.is_some() => {
                self.chosen = None;
                return true;
            }
            _ => return false,
        };
        self.go(to.min(last), extends);
        true
    }

    /// Draws the rows in sight; `byte` tells what is at an offset.
    pub(super) fn ui(&mut self, ui: &mut Ui, total: u64, mut byte: impl FnMut(u64) -> Byte) {
        let whole = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(whole, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Bytes"));
        let count = total.div_ceil(ROW_BYTES);
        let area = Rect::from_min_max(
            whole.min + vec2(12.0, size::ROW),
            whole.max - vec2(BAR, 4.0),
        );
        if !area.is_positive() {
            return;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rows of a screen"
        )]
        let high = (area.height() / size::ROW).floor().max(1.0) as u64;
        self.high = high;
        self.wheel(ui, &response);
        self.bar(ui, area, whole.right(), count);
        self.first = self.first.min(count.saturating_sub(high));
        let columns = Columns::of(ui, area, total);
        self.pick(ui, &response, &columns, total);
        let tokens = Tokens::of(ui);
        columns.heads(ui, &tokens);
        for row in self.first..self.first.saturating_add(high + 1).min(count) {
            self.row(ui, &columns, &tokens, (row, total), &mut byte);
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole rows of one turn of the wheel"
    )]
    fn wheel(&mut self, ui: &Ui, response: &egui::Response) {
        if !response.contains_pointer() {
            return;
        }
        let delta = ui.input(egui::InputState::smooth_scroll_delta);
        self.rest -= delta.y / size::ROW;
        let whole = self.rest.trunc();
        self.rest -= whole;
        self.first = if whole < 0.0 {
            self.first.saturating_sub(-whole as u64)
        } else {
            self.first.saturating_add(whole as u64)
        };
    }

    /// The bar: where among the bytes one is, and to go elsewhere.
    fn bar(&mut self, ui: &Ui, area: Rect, right: f32, count: u64) {
        let Some(most) = count.checked_sub(self.high).filter(|most| *most > 0) else {
            return;
        };
        let tokens = Tokens::of(ui);
        let track = Rect::from_min_max(pos2(area.right(), area.top()), pos2(right, area.bottom()));
        let response = ui.interact(track, ui.scope_id().with("bar"), Sense::click_and_drag());
        let length = f64::from(track.height());
        let handle = (length * self.high as f64 / count as f64).max(24.0);
        let room = (length - handle).max(1.0);
        if let Some(pointer) = response.interact_pointer_pos() {
            let share =
                ((f64::from(pointer.y - track.top()) - 0.5 * handle) / room).clamp(0.0, 1.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of the rows"
            )]
            let first = (share * most as f64).round() as u64;
            self.first = first.min(most);
        }
        #[expect(clippy::cast_possible_truncation, reason = "points of a screen")]
        let (at, handle) = (
            (room * (self.first as f64 / most as f64).min(1.0)) as f32,
            handle as f32,
        );
        let knob = Rect::from_min_size(track.min + vec2(2.0, at), vec2(BAR - 4.0, handle));
        let colour = if response.hovered() || response.dragged() {
            tokens.secondary
        } else {
            tokens.control_line
        };
        ui.painter().rect_filled(knob, 3.0, colour);
    }

    fn pick(&mut self, ui: &Ui, response: &egui::Response, columns: &Columns, total: u64) {
        let begins = response.clicked() || response.drag_started();
        let Some(pointer) = response
            .interact_pointer_pos()
            .filter(|_| begins || response.dragged())
        else {
            return;
        };
        let Some(last) = total
            .checked_sub(1)
            .filter(|_| columns.area.contains(pointer))
        else {
            return;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "inside the rows"
        )]
        let row = self.first + ((pointer.y - columns.area.top()) / size::ROW).max(0.0) as u64;
        let byte = (row * ROW_BYTES + columns.column_at(pointer.x)).min(last);
        let extends = ui.input(|input| input.modifiers.shift) || !begins;
        let anchor = self
            .chosen
            .filter(|_| extends)
            .map_or(byte, |[anchor, _]| anchor);
        self.chosen = Some([anchor, byte]);
    }

    fn row(
        &self,
        ui: &Ui,
        columns: &Columns,
        tokens: &Tokens,
        (row, total): (u64, u64),
        byte: &mut impl FnMut(u64) -> Byte,
    ) {
        let start = row * ROW_BYTES;
        let held = ROW_BYTES.min(total - start);
        #[expect(clippy::cast_precision_loss, reason = "rows of a screen")]
        let top = columns.area.top() + (row - self.first) as f32 * size::ROW;
        let middle = top + 0.5 * size::ROW;
        let painter = ui
            .painter()
            .with_clip_rect(columns.area.with_max_x(columns.area.right() - 4.0));
        if let Some(chosen) = self.range() {
            for column in 0..held {
                if chosen.contains(&(start + column)) {
                    for place in columns.places(column, top) {
                        painter.rect_filled(place, 0.0, tokens.accent_behind);
                    }
                }
            }
        }
        let (mut hex, mut text) = (String::with_capacity(52), String::with_capacity(16));
        let mut is_here = true;
        for column in 0..held {
            let found = byte(start + column);
            is_here &= found.is_some();
            hex.push_str(&found.map_or_else(
                || "\u{b7}\u{b7} ".to_owned(),
                |value| format!("{value:02x} "),
            ));
            if column == 7 {
                hex.push(' ');
            }
            text.push(found.map_or(' ', shown));
        }
        let colour = if is_here { tokens.text } else { tokens.faint };
        let offset = format!("{start:0width$x}", width = columns.digits);
        let at = |x: f32| pos2(x, middle);
        painter.text(
            at(columns.area.left()),
            Align2::LEFT_CENTER,
            offset,
            mono(),
            tokens.faint,
        );
        painter.text(at(columns.hex), Align2::LEFT_CENTER, hex, mono(), colour);
        painter.text(
            at(columns.text),
            Align2::LEFT_CENTER,
            text,
            mono(),
            tokens.secondary,
        );
    }
}

/// A byte as a character: ASCII that can be seen, a dot for the rest.
pub(super) const fn shown(byte: u8) -> char {
    if byte.is_ascii_graphic() || byte == b' ' {
        byte as char
    } else {
        '.'
    }
}

/// Where offsets, bytes and text stand.
#[derive(Clone, Copy, Debug)]
struct Columns {
    area: Rect,
    /// Width of a character.
    advance: f32,
    /// Digits of an offset.
    digits: usize,
    hex: f32,
    text: f32,
}

impl Columns {
    fn of(ui: &Ui, area: Rect, total: u64) -> Self {
        const SAMPLE: &str = "0123456789abcdef";
        let galley = ui
            .painter()
            .layout_no_wrap(SAMPLE.to_owned(), mono(), egui::Color32::WHITE);
        let advance = galley.size().x / SAMPLE.len() as f32;
        let digits = format!("{:x}", total.saturating_sub(1)).len().max(8);
        let hex = area.left() + advance * (digits as f32 + 2.0);
        Self {
            area,
            advance,
            digits,
            hex,
            // Sixteen bytes of three characters, and one between the halves.
            text: hex + advance * 50.0,
        }
    }

    /// The places of a byte: its digits, its character.
    fn places(&self, column: u64, top: f32) -> [Rect; 2] {
        #[expect(clippy::cast_precision_loss, reason = "0 to 15")]
        let column = column as f32;
        let gap = if column > 7.5 { 1.0 } else { 0.0 };
        let at = |x: f32, wide: f32| Rect::from_min_size(pos2(x, top), vec2(wide, size::ROW));
        [
            at(
                self.hex + self.advance * (3.0 * column + gap - 0.5),
                3.0 * self.advance,
            ),
            at(self.text + self.advance * column, self.advance),
        ]
    }

    /// The column nearest to a place, in the digits or in the text.
    fn column_at(&self, x: f32) -> u64 {
        let along = if x >= self.text - 0.5 * self.advance {
            (x - self.text) / self.advance
        } else {
            let along = (x - self.hex) / self.advance + 0.5;
            (if along > 24.5 { along - 1.0 } else { along }) / 3.0
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 15"
        )]
        let column = along.clamp(0.0, 15.0) as u64;
        column
    }

    fn heads(&self, ui: &Ui, tokens: &Tokens) {
        let y = self.area.top() - 0.5 * size::ROW;
        let painter = ui
            .painter()
            .with_clip_rect(self.area.with_min_y(self.area.top() - size::ROW));
        let digits = " 0  1  2  3  4  5  6  7   8  9  a  b  c  d  e  f";
        for (x, text) in [(self.area.left(), "offset"), (self.text, "text")] {
            painter.text(
                pos2(x, y),
                Align2::LEFT_CENTER,
                text,
                secondary(),
                tokens.secondary,
            );
        }
        painter.text(
            pos2(self.hex, y),
            Align2::LEFT_CENTER,
            digits,
            mono(),
            tokens.faint,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_inside_and_keep_the_cursor_in_sight() {
        let mut rows = Rows {
            high: 10,
            ..Rows::default()
        };
        let total = 1_000_003;
        assert!(rows.on_key(Key::End, false, total));
        assert_eq!(rows.chosen, Some([total - 1; 2]));
        assert_eq!(
            rows.first,
            (total - 1) / 16 - 9,
            "the last row is at the bottom"
        );
        assert!(rows.on_key(Key::ArrowDown, false, total));
        assert_eq!(rows.chosen, Some([total - 1; 2]), "there is no row below");
        rows.on_key(Key::ArrowUp, true, total);
        assert_eq!(
            rows.range(),
            Some(total - 17..total),
            "both ends are chosen"
        );
        rows.on_key(Key::Home, false, total);
        assert_eq!((rows.first, rows.range()), (0, Some(0..1)));
        assert!(!rows.on_key(Key::ArrowDown, false, 0), "nothing to move in");
    }
}
