//! A name and its value in one row.

use egui::{CursorIcon, Response, Role, Sense, Ui, WidgetInfo};

use super::paint::{focus_ring, layout, layout_cut, text_at, text_before};
use crate::numbers;
use crate::theme::{self, Tokens, Tone, size};

/// A name at the left and its value at the right; a click copies the value as plain digits.
pub fn key_value(ui: &mut Ui, name: &str, value: &str) -> Response {
    key_value_tone(ui, name, value, Tone::Text)
}

/// A name and its value, where the value says how it is: amber for 37 saturated pixels.
pub fn key_value_tone(ui: &mut Ui, name: &str, value: &str, tone: Tone) -> Response {
    let (rect, response) = ui.allocate_exact_size(theme::full_width(ui, size::ROW), Sense::click());
    let is_enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(value.to_owned()),
        ..WidgetInfo::labeled(Role::Button, is_enabled, name)
    });
    if response.clicked() {
        ui.ctx().copy_text(numbers::copy_text(value));
    }
    let mut is_cut = false;
    if ui.is_rect_visible(rect) {
        let tokens = Tokens::of(ui);
        if response.hovered() {
            let back = rect.expand2(egui::vec2(size::GRID, 0.0));
            ui.painter()
                .rect_filled(back, size::RADIUS_SMALL, tokens.hover);
        }
        let name_galley = layout_cut(
            ui,
            name,
            theme::body(),
            tokens.secondary,
            rect.width() * 0.6,
        );
        let room = rect.width() - name_galley.size().x - 12.0;
        let shown = numbers::elide_middle(value, room, theme::strong(), ui);
        is_cut = shown != value;
        text_at(ui, rect.left(), rect, name_galley);
        let value_galley = layout(ui, &shown, theme::strong(), tokens.tone(tone));
        text_before(ui, rect.right(), rect, value_galley);
        focus_ring(ui, &response, rect.expand2(egui::vec2(size::GRID, 0.0)));
    }
    let tooltip = if is_cut {
        format!("{value}\nClick to copy")
    } else {
        "Click to copy".to_owned()
    };
    response
        .on_hover_cursor(CursorIcon::Copy)
        .on_hover_text(tooltip)
}
