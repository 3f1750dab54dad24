//! The head and the rows of a table.

use egui::{Align, Rangef, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::paint::{between, focus_ring, layout, layout_cut, text_at};
use crate::icons::Icon;
use crate::numbers;
use crate::theme::{self, Tokens, Tone, size};

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ColumnWidth {
    /// So many points.
    Points(f32),
    /// A share of what the others leave.
    Rest,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// What stands in the head.
    pub title: &'a str,
    /// How wide it is.
    pub width: ColumnWidth,
    /// Text at the left ([`Align::Min`]), numbers at the right ([`Align::Max`]).
    pub align: Align,
    /// Whether a press on the head sorts.
    pub sortable: bool,
}

/// How a table is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By which column.
    pub column: usize,
    /// The least first.
    pub ascending: bool,
}

/// Height of a row of a table.
const HEIGHT: f32 = 24.0;
/// Space between two columns.
const GAP: f32 = 12.0;

/// The head of a table; a press sorts by a column, another one turns the order.
pub fn table_header(ui: &mut Ui, columns: &[Column<'_>], sort: &mut Option<Sort>) -> Response {
    let (rect, mut response) =
        ui.allocate_exact_size(theme::full_width(ui, HEIGHT), Sense::hover());
    let tokens = Tokens::of(ui);
    let line = Stroke::new(1.0, tokens.line);
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, line);
    let spans = spans(rect, columns);
    for (index, (column, span)) in columns.iter().zip(spans).enumerate() {
        let place = between(rect, span.min, span.max);
        let order = sort.filter(|sort| sort.column == index);
        let sense = if column.sortable {
            Sense::click()
        } else {
            Sense::hover()
        };
        let cell = ui.interact(place, response.id.with(index), sense);
        cell.widget_info(|| WidgetInfo {
            current_text_value: order.map(|sort| order_word(sort).to_owned()),
            ..WidgetInfo::labeled(Role::ColumnHeader, true, column.title)
        });
        if cell.clicked() {
            let ascending = order.is_none_or(|sort| !sort.ascending);
            *sort = Some(Sort {
                column: index,
                ascending,
            });
            response.mark_changed();
        }
        paint_title(ui, place, *column, order, &cell);
        focus_ring(ui, &cell, place.expand2(vec2(4.0, 0.0)));
        if column.sortable {
            cell.on_hover_text(format!("Sort by {}", column.title.to_lowercase()));
        }
    }
    response
}

/// A row: a text and its tone for each column; long texts are cut in the middle.
pub fn table_row(
    ui: &mut Ui,
    columns: &[Column<'_>],
    cells: &[(&str, Tone)],
    selected: bool,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(theme::full_width(ui, HEIGHT), Sense::click());
    response.widget_info(|| {
        let texts: Vec<_> = cells.iter().map(|(text, _)| *text).collect();
        WidgetInfo::selected(Role::Row, true, selected, texts.join(", "))
    });
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let tokens = Tokens::of(ui);
    if selected {
        ui.painter().rect_filled(rect, 0.0, tokens.accent_behind);
        let bar = between(rect, rect.left(), rect.left() + 2.0);
        ui.painter().rect_filled(bar, 0.0, tokens.accent);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, tokens.hover);
    }
    let mut full = String::new();
    for ((column, span), (text, tone)) in columns.iter().zip(spans(rect, columns)).zip(cells) {
        let place = between(rect, span.min, span.max);
        let shown = numbers::elide_middle(text, place.width(), theme::body(), ui);
        if shown != *text {
            (*text).clone_into(&mut full);
        }
        let tone = match (selected, tone) {
            (true, Tone::Secondary | Tone::Faint) => Tone::Text,
            (_, tone) => *tone,
        };
        let galley = layout(ui, &shown, theme::body(), tokens.tone(tone));
        let left = match column.align {
            Align::Min => place.left(),
            Align::Center => place.center().x - galley.size().x / 2.0,
            Align::Max => place.right() - galley.size().x,
        };
        text_at(ui, left, rect, galley);
    }
    focus_ring(ui, &response, rect);
    if full.is_empty() {
        response
    } else {
        response.on_hover_text(full)
    }
}

fn order_word(sort: Sort) -> &'static str {
    if sort.ascending {
        "ascending"
    } else {
        "descending"
    }
}

fn paint_title(ui: &Ui, place: Rect, column: Column<'_>, order: Option<Sort>, cell: &Response) {
    let tokens = Tokens::of(ui);
    let color = if order.is_some() || (column.sortable && cell.hovered()) {
        tokens.text
    } else {
        tokens.secondary
    };
    let arrow_width = if order.is_some() { 14.0 } else { 0.0 };
    let room = place.width() - arrow_width;
    let galley = layout_cut(ui, column.title, theme::secondary(), color, room);
    let text_width = galley.size().x;
    let left = match column.align {
        Align::Min => place.left(),
        Align::Center => place.center().x - text_width.midpoint(arrow_width),
        Align::Max => place.right() - text_width - arrow_width,
    };
    text_at(ui, left, place, galley);
    if let Some(sort) = order {
        let icon = if sort.ascending {
            Icon::ArrowUp
        } else {
            Icon::ArrowDown
        };
        let min = pos2(left + text_width + 2.0, place.center().y - 6.0);
        icon.paint(
            ui,
            Rect::from_min_size(min, vec2(12.0, 12.0)),
            tokens.accent,
        );
    }
}

/// Where each column stands between the paddings of the row.
fn spans(rect: Rect, columns: &[Column<'_>]) -> Vec<Rangef> {
    let inside = rect.x_range().shrink(size::PADDING);
    let fixed: f32 = columns
        .iter()
        .map(|column| match column.width {
            ColumnWidth::Points(points) => points,
            ColumnWidth::Rest => 0.0,
        })
        .sum();
    let rest_count = columns
        .iter()
        .filter(|column| column.width == ColumnWidth::Rest)
        .count();
    let gaps = GAP * columns.len().saturating_sub(1) as f32;
    let rest = ((inside.span() - fixed - gaps) / rest_count.max(1) as f32).max(40.0);
    let mut left = inside.min;
    columns
        .iter()
        .map(|column| {
            let width = match column.width {
                ColumnWidth::Points(points) => points,
                ColumnWidth::Rest => rest,
            };
            let span = Rangef::new(left.round(), (left + width).round());
            left += width + GAP;
            span
        })
        .collect()
}
