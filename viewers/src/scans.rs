//! Scans in the inspector: what can be drawn against what, and where motors stood.

use egui::{Role, ScrollArea, Sense, WidgetInfo, vec2};
use hutch_model::{ScanColumn, ScanTable, with_unit};

use crate::icons::Icon;
use crate::numbers;
use crate::theme::{Tokens, Tone, body, rich, secondary, size, strong};
use crate::widgets::{folding_heading, key_value, search_box, text_button};

/// Lists with more lines than this can be searched.
const SEARCHED_FROM: usize = 12;
/// Height of a list at most.
const LIST: f32 = 10.0 * size::ROW;

/// What a person chose in the list of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnAction {
    /// Draw a column as a curve, or draw it no more.
    Toggle(String),
    /// Draw everything against a column.
    Along(String),
}

/// What a column is drawn as.
#[derive(Clone, Copy)]
struct Shown {
    is_drawn: bool,
    is_along: bool,
}

/// Draws the counters and motors of a scan.
///
/// `drawn` says which of them are curves, `along` which one curves lie along.
pub(crate) fn columns_ui(
    ui: &mut egui::Ui,
    table: &ScanTable,
    search: &mut String,
    drawn: &dyn Fn(&str) -> bool,
    along: &str,
) -> Option<ColumnAction> {
    let count = numbers::count(table.columns.len() as u64);
    if !folding_heading(ui, "Counters and motors", &count, true) {
        return None;
    }
    if table.columns.len() > SEARCHED_FROM {
        let width = ui.available_width();
        search_box(
            ui,
            "Find a counter or a motor",
            "counter or motor",
            "",
            search,
            width,
        );
        ui.add_space(size::GRID);
    } else {
        search.clear();
    }
    let wanted = search.to_lowercase();
    let found: Vec<&ScanColumn> = table
        .columns
        .iter()
        .filter(|column| column.name.to_lowercase().contains(&wanted))
        .collect();
    if found.is_empty() {
        let text = format!("Nothing in this scan is called \"{search}\".");
        ui.label(rich(text, secondary(), Tokens::of(ui).faint));
    }
    let mut asked = None;
    ScrollArea::vertical()
        .id_salt("counters and motors")
        .max_height(LIST)
        .auto_shrink([false, true])
        .show_rows(ui, size::ROW, found.len(), |ui, rows| {
            for column in found.get(rows).unwrap_or_default() {
                let role = Shown {
                    is_drawn: drawn(&column.name),
                    is_along: column.name == along,
                };
                asked = column_ui(ui, column, role).or_else(|| asked.take());
            }
        });
    asked
}

fn column_ui(ui: &mut egui::Ui, column: &ScanColumn, shown: Shown) -> Option<ColumnAction> {
    let Shown { is_drawn, is_along } = shown;
    let tokens = Tokens::of(ui);
    let wanted = vec2(ui.available_width(), size::ROW);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    let name = &column.name;
    response.widget_info(|| {
        WidgetInfo::selected(Role::CheckBox, true, is_drawn, format!("Draw {name}"))
    });
    if response.hovered() {
        ui.painter()
            .rect_filled(rect, size::RADIUS_SMALL, tokens.hover);
    }
    let mark = egui::Rect::from_min_size(rect.min, vec2(size::ROW, size::ROW));
    if is_drawn {
        Icon::Check.paint(ui, mark.shrink(5.0), tokens.accent);
    }
    let words = with_unit(name, &column.unit);
    let room = rect.width() - size::ROW - 68.0;
    let font = if is_drawn { strong() } else { body() };
    let text = numbers::elide_middle(&words, room, font.clone(), ui);
    let place = egui::pos2(mark.right(), rect.center().y);
    ui.painter()
        .text(place, egui::Align2::LEFT_CENTER, text, font, tokens.text);
    let right = egui::Rect::from_min_max(rect.right_top() - vec2(60.0, 0.0), rect.right_bottom());
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(right).layout(layout));
    let (word, tone) = match (is_along, column.is_motor) {
        (true, _) => ("x axis", Tone::Accent),
        (false, true) => ("motor", Tone::Secondary),
        (false, false) => ("as x", Tone::Faint),
    };
    let along = text_button(&mut child, word, tone);
    let along = along.on_hover_text(format!("Draw everything against {name}"));
    if along.clicked() {
        return Some(ColumnAction::Along(name.clone()));
    }
    let is_clicked = response.clicked();
    response.on_hover_text(words);
    is_clicked.then(|| ColumnAction::Toggle(name.clone()))
}

/// Draws which scan something is of, and where the motors stood that did not move.
pub fn scan_ui(ui: &mut egui::Ui, table: &ScanTable) {
    if !folding_heading(ui, "Scan", table.number(), true) {
        return;
    }
    if !table.command.is_empty() {
        key_value(ui, "command", &table.command);
    }
    key_value(ui, "points", &numbers::count(table.points));
    let moved: Vec<&str> = table
        .columns
        .iter()
        .filter(|column| column.moved.is_some())
        .map(|column| column.name.as_str())
        .collect();
    if !moved.is_empty() {
        key_value(ui, "moved", &moved.join(", "));
    }
    if table.scans.len() > 1 {
        let at = table.scans.iter().position(|scan| *scan == table.entry);
        let of = numbers::count(table.scans.len() as u64);
        let at = at.map_or_else(String::new, |at| numbers::count(at as u64 + 1));
        key_value(ui, "in this file", &format!("{at} of {of}"))
            .on_hover_text("[ and ] go to the scan before and to the next one");
    }
    if table.positions.is_empty() {
        return;
    }
    let title = egui::CollapsingHeader::new("Motors that stood still").id_salt("positions");
    title.show(ui, |ui| {
        ScrollArea::vertical()
            .id_salt("positions")
            .max_height(LIST)
            .auto_shrink([false, true])
            .show_rows(ui, size::ROW, table.positions.len(), |ui, rows| {
                for motor in table.positions.get(rows).unwrap_or_default() {
                    let value = numbers::float(motor.value, 8);
                    key_value(ui, &motor.name, &format!("{value} {}", motor.unit));
                }
            });
    });
}
