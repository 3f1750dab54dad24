//! Which rows and columns are in sight, which are chosen, how wide they are.
//!
//! Rows are counted and not measured: a table of 10^7 rows is taller than what
//! the numbers of a screen can tell apart.

use std::collections::BTreeMap;

use egui::{Key, Modifiers, Rect, Sense, Ui, pos2, vec2};

use crate::theme::{Tokens, size};

/// Width of a column at first, in points.
const COLUMN: f32 = 104.0;
const NARROWEST: f32 = 32.0;
const WIDEST: f32 = 1200.0;
/// Width of the bars that scroll.
const BAR: f32 = 10.0;

/// The cells in sight and those that are chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Grid {
    /// The first row and column in sight.
    pub(super) first: [u64; 2],
    /// Where choosing began, and the cell that it reaches to.
    pub(super) chosen: Option<[[u64; 2]; 2]>,
    /// Columns that a person made wider or narrower.
    pub(super) widths: BTreeMap<u64, f32>,
    /// What is left of a turn of the wheel that was less than a cell.
    rest: [f32; 2],
}

/// What a table looks like in a pass.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// Where the cells are.
    pub(super) cells: Rect,
    /// The columns in sight, with their left edges and widths.
    pub(super) columns: Vec<(u64, f32, f32)>,
    /// The rows in sight.
    pub(super) rows: std::ops::Range<u64>,
    /// Whether the chosen cells are to be copied.
    pub(super) copies: bool,
}

impl Grid {
    pub(super) fn width(&self, column: u64) -> f32 {
        self.widths.get(&column).copied().unwrap_or(COLUMN)
    }

    /// The chosen rows and columns, first and last of each.
    pub(super) fn chosen_part(&self) -> Option<[[u64; 2]; 2]> {
        let [one, other] = self.chosen?;
        Some([0, 1].map(|axis| [one[axis].min(other[axis]), one[axis].max(other[axis])]))
    }

    pub(super) fn is_chosen(&self, cell: [u64; 2]) -> bool {
        self.chosen_part().is_some_and(|part| {
            (0..2).all(|axis| (part[axis][0]..=part[axis][1]).contains(&cell[axis]))
        })
    }

    /// Goes to a cell and brings it into sight.
    pub(super) fn go(&mut self, cell: [u64; 2], extends: bool, in_sight: [u64; 2]) {
        let anchor = self.chosen.map_or(cell, |[anchor, _]| anchor);
        self.chosen = Some([if extends { anchor } else { cell }, cell]);
        for axis in 0..2 {
            let last = self.first[axis].saturating_add(in_sight[axis].saturating_sub(1));
            if cell[axis] < self.first[axis] {
                self.first[axis] = cell[axis];
            } else if cell[axis] > last {
                self.first[axis] = cell[axis].saturating_sub(in_sight[axis].saturating_sub(1));
            }
        }
    }

    /// Takes the room that is left: heads above, numbers of rows at the left, bars
    /// at the other edges. `count` are rows and columns.
    pub(super) fn ui(&mut self, ui: &mut Ui, count: [u64; 2], gutter: f32) -> Sight {
        let whole = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(whole, Sense::click_and_drag());
        let mut cells = whole;
        cells.min += vec2(gutter, size::ROW);
        cells.max -= vec2(BAR, BAR);
        if !cells.is_positive() {
            cells = whole;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rows of a screen"
        )]
        let high = (cells.height() / size::ROW).floor().max(1.0) as u64;
        self.wheel(ui, &response);
        self.first = [0, 1].map(|axis| self.first[axis].min(count[axis].saturating_sub(1)));
        self.first[0] = self.first[0].min(count[0].saturating_sub(high));
        let columns = self.columns(cells, count[1]);
        let whole_columns = columns
            .iter()
            .filter(|(_, left, width)| left + width <= cells.right());
        let in_sight = [high, (whole_columns.count() as u64).max(1)];
        self.bars(ui, whole, cells, count, in_sight);
        self.heads(ui, cells, &columns);
        self.pick(ui, &response, cells, &columns, count);
        let copies = self.keys(ui, &response, count, in_sight);
        Sight {
            rows: self.first[0]..self.first[0].saturating_add(high + 1).min(count[0]),
            columns: self.columns(cells, count[1]),
            cells,
            copies,
        }
    }

    fn columns(&self, cells: Rect, count: u64) -> Vec<(u64, f32, f32)> {
        let mut left = cells.left();
        let mut columns = Vec::new();
        for column in self.first[1]..count {
            if left >= cells.right() {
                break;
            }
            let width = self.width(column);
            columns.push((column, left, width));
            left += width;
        }
        columns
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole cells of one turn of the wheel"
    )]
    fn wheel(&mut self, ui: &Ui, response: &egui::Response) {
        if !response.contains_pointer() {
            return;
        }
        let delta = ui.input(egui::InputState::smooth_scroll_delta);
        for (axis, (moved, step)) in [(delta.y, size::ROW), (delta.x, COLUMN)]
            .into_iter()
            .enumerate()
        {
            self.rest[axis] -= moved / step;
            let whole = self.rest[axis].trunc();
            self.rest[axis] -= whole;
            self.first[axis] = if whole < 0.0 {
                self.first[axis].saturating_sub(-whole as u64)
            } else {
                self.first[axis].saturating_add(whole as u64)
            };
        }
    }

    /// The bars: where in the table one is, and to go elsewhere.
    fn bars(&mut self, ui: &Ui, whole: Rect, cells: Rect, count: [u64; 2], in_sight: [u64; 2]) {
        let tokens = Tokens::of(ui);
        for axis in 0..2 {
            if count[axis] <= in_sight[axis] {
                continue;
            }
            let track = if axis == 0 {
                Rect::from_min_max(
                    pos2(cells.right(), cells.top()),
                    pos2(whole.right(), cells.bottom()),
                )
            } else {
                Rect::from_min_max(
                    pos2(cells.left(), cells.bottom()),
                    pos2(cells.right(), whole.bottom()),
                )
            };
            let length = if axis == 0 {
                track.height()
            } else {
                track.width()
            };
            let id = ui.scope_id().with(("bar", axis));
            let response = ui.interact(track, id, Sense::click_and_drag());
            let most = (count[axis] - in_sight[axis]) as f64;
            let handle = (f64::from(length) * in_sight[axis] as f64 / count[axis] as f64).max(24.0);
            let room = (f64::from(length) - handle).max(1.0);
            if let Some(pointer) = response.interact_pointer_pos() {
                let along = if axis == 0 {
                    pointer.y - track.top()
                } else {
                    pointer.x - track.left()
                };
                let share = ((f64::from(along) - 0.5 * handle) / room).clamp(0.0, 1.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a share of the rows"
                )]
                let first = (share * most).round() as u64;
                self.first[axis] = first;
            }
            #[expect(clippy::cast_possible_truncation, reason = "points of a screen")]
            let (at, handle) = (
                (room * (self.first[axis] as f64 / most).min(1.0)) as f32,
                handle as f32,
            );
            let knob = if axis == 0 {
                Rect::from_min_size(track.min + vec2(2.0, at), vec2(BAR - 4.0, handle))
            } else {
                Rect::from_min_size(track.min + vec2(at, 2.0), vec2(handle, BAR - 4.0))
            };
            let colour = if response.hovered() || response.dragged() {
                tokens.secondary
            } else {
                tokens.control_line
            };
            ui.painter().rect_filled(knob, 3.0, colour);
        }
    }

    /// The right edge of a head is dragged to make its column wider.
    fn heads(&mut self, ui: &Ui, cells: Rect, columns: &[(u64, f32, f32)]) {
        for &(column, left, width) in columns {
            let edge = left + width;
            let grip = Rect::from_x_y_ranges(
                edge - 4.0..=edge + 4.0,
                cells.top() - size::ROW..=cells.top(),
            );
            let response = ui.interact(grip, ui.scope_id().with(("head", column)), Sense::drag());
            if response.hovered() || response.dragged() {
                ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
            }
            if response.dragged() {
                let width = (width + response.drag_delta().x).clamp(NARROWEST, WIDEST);
                self.widths.insert(column, width);
            }
        }
    }

    fn pick(
        &mut self,
        ui: &Ui,
        response: &egui::Response,
        cells: Rect,
        columns: &[(u64, f32, f32)],
        count: [u64; 2],
    ) {
        let Some(pointer) = response.interact_pointer_pos() else {
            return;
        };
        let begins = response.clicked() || response.drag_started();
        if !cells.contains(pointer) || !(begins || response.dragged()) || count.contains(&0) {
            return;
        }
        let Some(&(column, ..)) = columns.iter().rfind(|(_, left, _)| *left <= pointer.x) else {
            return;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "inside the cells"
        )]
        let row = self.first[0] + ((pointer.y - cells.top()) / size::ROW).max(0.0) as u64;
        let cell = [row.min(count[0] - 1), column];
        let extends = ui.input(|input| input.modifiers.shift) || !begins;
        let anchor = self
            .chosen
            .filter(|_| extends)
            .map_or(cell, |[anchor, _]| anchor);
        self.chosen = Some([anchor, cell]);
        response.request_focus();
    }

    /// Keys of a table that has the focus; whether the cells are to be copied.
    fn keys(
        &mut self,
        ui: &Ui,
        response: &egui::Response,
        count: [u64; 2],
        in_sight: [u64; 2],
    ) -> bool {
        if !response.has_focus() || count.contains(&0) {
            return false;
        }
        let filter = egui::EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..Default::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let [row, column] = self.chosen.map_or([0, 0], |[_, cell]| cell);
        let page = in_sight[0].max(1);
        let moves = [
            (Key::ArrowUp, [row.saturating_sub(1), column]),
            (Key::ArrowDown, [row.saturating_add(1), column]),
            (Key::ArrowLeft, [row, column.saturating_sub(1)]),
            (Key::ArrowRight, [row, column.saturating_add(1)]),
            (Key::PageUp, [row.saturating_sub(page), column]),
            (Key::PageDown, [row.saturating_add(page), column]),
            (Key::Home, [0, column]),
            (Key::End, [u64::MAX, column]),
        ];
        for (key, cell) in moves {
            for (modifiers, extends) in [(Modifiers::SHIFT, true), (Modifiers::NONE, false)] {
                if ui.input_mut(|input| input.consume_key(modifiers, key)) {
                    let cell = [cell[0].min(count[0] - 1), cell[1].min(count[1] - 1)];
                    self.go(cell, extends, in_sight);
                }
            }
        }
        ui.input(|input| {
            input
                .events
                .iter()
                .any(|event| matches!(event, egui::Event::Copy))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_to_a_cell_brings_it_into_sight_and_no_farther() {
        let mut grid = Grid::default();
        grid.go([9_999_999, 3], false, [20, 5]);
        assert_eq!(grid.first, [9_999_980, 0], "the last row is at the bottom");
        grid.go([9_999_985, 3], true, [20, 5]);
        assert_eq!(grid.first, [9_999_980, 0], "it is in sight already");
        assert_eq!(grid.chosen_part(), Some([[9_999_985, 9_999_999], [3, 3]]));
        assert!(grid.is_chosen([9_999_990, 3]) && !grid.is_chosen([9_999_990, 2]));
    }
}
