//! One of few values.

use egui::{Align2, Popup, Role, Sense, WidgetInfo, vec2};

use super::focus_ring;
use crate::icons::Icon;
use crate::numbers;
use crate::theme::{Tokens, body, size, strong};

/// A name, and one of few values that a menu offers; says whether it changed.
pub fn choice_row<T: PartialEq + Copy>(
    ui: &mut egui::Ui,
    name: &str,
    value: &mut T,
    options: &[(T, impl AsRef<str>)],
) -> bool {
    let shown = options
        .iter()
        .find(|(option, _)| option == value)
        .map_or("", |(_, text)| text.as_ref());
    let wanted = vec2(ui.available_width(), size::ROW);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(shown.to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, true, name)
    });
    let tokens = Tokens::of(ui);
    let back = rect.expand2(vec2(size::GRID, 0.0));
    if response.hovered() {
        ui.painter()
            .rect_filled(back, size::RADIUS_SMALL, tokens.hover);
    }
    let painter = ui.painter();
    let named = painter.text(
        rect.left_center(),
        Align2::LEFT_CENTER,
        name,
        body(),
        tokens.secondary,
    );
    let chevron = egui::Rect::from_center_size(
        rect.right_center() - vec2(6.0, 0.0),
        egui::Vec2::splat(12.0),
    );
    let end = rect.right_center() - vec2(16.0, 0.0);
    let room = end.x - named.right() - size::GRID;
    let cut = numbers::elide_middle(shown, room, strong(), ui);
    painter.text(end, Align2::RIGHT_CENTER, cut, strong(), tokens.text);
    Icon::ChevronDown.paint(ui, chevron, tokens.secondary);
    focus_ring(ui, &response, back);
    let before = *value;
    Popup::menu(&response)
        .align(egui::RectAlign::BOTTOM_END)
        .show(|ui| {
            ui.set_min_width(120.0);
            for (option, text) in options {
                ui.selectable_value(value, *option, text.as_ref());
            }
        });
    response.on_hover_text(format!("Choose the {name}"));
    *value != before
}
