//! How things are: a dot with a word, a bar with a text.

use egui::{Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint::{between, focus_ring, layout, text_at, text_before};
use super::tree::bleed;
use crate::numbers;
use crate::theme::{self, Tokens, Tone, size};

/// Width of the bar in the status line.
const BAR_WIDTH: f32 = 120.0;
/// Radius of a dot.
const DOT: f32 = 3.5;

/// A dot and its word; the colour never stands alone.
pub fn status_dot(ui: &mut Ui, tone: Tone, word: &str) -> Response {
    let tokens = Tokens::of(ui);
    let galley = layout(ui, word, theme::body(), tokens.text);
    let wanted = vec2(galley.size().x + 16.0, size::ROW);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, word));
    let centre = pos2(rect.left() + 4.0, rect.center().y);
    ui.painter().circle_filled(centre, DOT, tokens.tone(tone));
    text_at(ui, rect.left() + 16.0, rect, galley);
    response
}

/// A source: a dot, its name, and its state in a word at the right.
pub fn source_row(
    ui: &mut Ui,
    name: &str,
    state_word: &str,
    dot: Tone,
    selected: bool,
) -> Response {
    let (rect, place) = ui.allocate_exact_size(theme::full_width(ui, size::ROW), Sense::hover());
    let back = bleed(ui, rect);
    let response = ui.interact(back, place.id.with("row"), Sense::click());
    let is_enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(state_word.to_owned()),
        ..WidgetInfo::selected(Role::TreeItem, is_enabled, selected, name)
    });
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let tokens = Tokens::of(ui);
    if selected {
        ui.painter().rect_filled(back, 0.0, tokens.accent_behind);
        let bar = between(back, back.left(), back.left() + 2.0);
        ui.painter().rect_filled(bar, 0.0, tokens.accent);
    } else if response.hovered() {
        ui.painter().rect_filled(back, 0.0, tokens.hover);
    }
    let centre = pos2(rect.left() + 4.0, rect.center().y);
    ui.painter().circle_filled(centre, DOT, tokens.tone(dot));
    let word_tone = match dot {
        Tone::Attention => tokens.attention,
        Tone::Error => tokens.error,
        _ if selected => tokens.text,
        _ => tokens.secondary,
    };
    let word = layout(ui, state_word, theme::secondary(), word_tone);
    let right = text_before(ui, rect.right(), rect, word) - 8.0;
    let x = rect.left() + 16.0;
    let shown = numbers::elide_middle(name, right - x, theme::body(), ui);
    text_at(ui, x, rect, layout(ui, &shown, theme::body(), tokens.text));
    focus_ring(ui, &response, back);
    if shown == name {
        response
    } else {
        response.on_hover_text(name)
    }
}

/// What is under way: its name, a slim bar, and what is to be said after it.
///
/// Without a fraction the bar is a third full in the middle: under way, no end known.
pub fn progress(ui: &mut Ui, label: &str, fraction: Option<f32>, after: &str) -> Response {
    let tokens = Tokens::of(ui);
    let before = layout(ui, label, theme::secondary(), tokens.secondary);
    let behind = layout(ui, after, theme::secondary(), tokens.secondary);
    let gap = if after.is_empty() { 0.0 } else { 12.0 };
    let width = before.size().x + 12.0 + BAR_WIDTH + gap + behind.size().x;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::ROW), Sense::click());
    describe(ui, &response, label, fraction, after);
    let x = text_at(ui, rect.left(), rect, before) + 12.0;
    paint_bar(ui, between(rect, x, x + BAR_WIDTH), fraction);
    text_at(ui, x + BAR_WIDTH + gap, rect, behind);
    focus_ring(ui, &response, rect);
    response
}

/// A slim bar alone; the label is its accessible name and its tooltip.
pub fn progress_bar(ui: &mut Ui, label: &str, fraction: Option<f32>, width: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 12.0), Sense::hover());
    describe(ui, &response, label, fraction, "");
    paint_bar(ui, rect, fraction);
    response.on_hover_text(label)
}

fn describe(ui: &Ui, response: &Response, label: &str, fraction: Option<f32>, after: &str) {
    let is_enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo {
        value: fraction.map(f64::from),
        current_text_value: (!after.is_empty()).then(|| after.to_owned()),
        ..WidgetInfo::labeled(Role::ProgressIndicator, is_enabled, label)
    });
}

fn paint_bar(ui: &Ui, rect: Rect, fraction: Option<f32>) {
    let tokens = Tokens::of(ui);
    let rail = Rect::from_center_size(rect.center(), vec2(rect.width(), 4.0));
    let rail = Rect::from_min_size(pos2(rail.left().round(), rail.top().round()), rail.size());
    ui.painter().rect_filled(rail, 2.0, tokens.line);
    let done = match fraction {
        Some(fraction) => {
            let end = rail.left() + rail.width() * fraction.clamp(0.0, 1.0);
            between(rail, rail.left(), end)
        }
        None => rail.shrink2(vec2(rail.width() / 3.0, 0.0)),
    };
    ui.painter().rect_filled(done, 2.0, tokens.accent);
}
