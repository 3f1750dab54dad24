//! Where you are, as a path that can be clicked.

use egui::{Color32, Response, Role, Sense, Ui, WidgetInfo, vec2};

use super::paint::{focus_ring, layout, text_at};
use crate::numbers;
use crate::theme::{self, Tokens, size};

/// Space between a part and the stroke after it.
const GAP: f32 = 5.0;

/// A path whose parts can be clicked; the last is where you are. Returns the part that was clicked.
///
/// Where it is too wide, parts after the first give way to an ellipsis.
pub fn breadcrumbs(ui: &mut Ui, parts: &[&str]) -> Option<usize> {
    location_path(ui, parts, "")
}

/// A path to a file and the path inside it: `PETRA III P05 / raw / mg5gd_04.nxs :: entry/data`.
pub fn location_path(ui: &mut Ui, parts: &[&str], inside: &str) -> Option<usize> {
    let tokens = Tokens::of(ui);
    let last = parts.len().saturating_sub(1);
    let width_of = |text: &str| layout(ui, text, theme::strong(), Color32::WHITE).size().x;
    let stroke_width = width_of("/") + 2.0 * GAP;
    let inside_width = if inside.is_empty() {
        0.0
    } else {
        width_of(inside) + width_of("::") + 2.0 * GAP
    };
    let widths: Vec<f32> = parts
        .iter()
        .map(|part| width_of(part) + stroke_width)
        .collect();
    let room = ui.available_width() - inside_width;

    // Drop parts after the first until the rest fits; the last always stays.
    let mut hidden_until = 1;
    let total = |from: usize| -> f32 {
        let start: f32 = widths.first().copied().unwrap_or(0.0);
        let rest: f32 = widths.iter().skip(from.max(1)).sum();
        start + rest + if from > 1 { stroke_width * 2.0 } else { 0.0 }
    };
    while hidden_until < last && total(hidden_until) > room {
        hidden_until += 1;
    }

    let mut clicked = None;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        for (index, part) in parts.iter().enumerate() {
            let is_hidden = index >= 1 && index < hidden_until;
            if is_hidden && index > 1 {
                continue;
            }
            let text = if is_hidden { "…" } else { *part };
            if index > 0 {
                word(ui, "/", tokens.faint);
            }
            let response = crumb(ui, text, part, index == last);
            let response = if is_hidden {
                let hidden = parts.get(1..hidden_until).unwrap_or_default();
                response.on_hover_text(hidden.join(" / "))
            } else {
                response
            };
            if response.clicked() {
                clicked = Some(index);
            }
        }
        if !inside.is_empty() {
            word(ui, "::", tokens.faint);
            let room = ui.available_width();
            let shown = numbers::elide_middle(inside, room, theme::strong(), ui);
            let galley = layout(ui, &shown, theme::strong(), tokens.text);
            let wanted = vec2(galley.size().x, size::ROW);
            let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, inside));
            text_at(ui, rect.left(), rect, galley);
            response.on_hover_text(inside);
        }
    });
    clicked
}

fn crumb(ui: &mut Ui, text: &str, name: &str, is_last: bool) -> Response {
    let tokens = Tokens::of(ui);
    let font = if is_last {
        theme::strong()
    } else {
        theme::body()
    };
    let room = ui.available_width();
    let shown = numbers::elide_middle(text, room, font.clone(), ui);
    let width = layout(ui, &shown, font.clone(), Color32::WHITE).size().x;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::ROW), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, name));
    let back = rect.expand2(vec2(3.0, 0.0));
    let color = if is_last || response.hovered() {
        tokens.text
    } else {
        tokens.secondary
    };
    if response.hovered() {
        ui.painter()
            .rect_filled(back, size::RADIUS_SMALL, tokens.hover);
    }
    text_at(ui, rect.left(), rect, layout(ui, &shown, font, color));
    focus_ring(ui, &response, back);
    response
}

fn word(ui: &mut Ui, text: &str, color: Color32) {
    let galley = layout(ui, text, theme::body(), color);
    let wanted = vec2(galley.size().x, size::ROW);
    let (rect, _) = ui.allocate_exact_size(wanted, Sense::hover());
    text_at(ui, rect.left(), rect, galley);
}
