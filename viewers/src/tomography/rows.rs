//! Rows of the recipe that can be changed in place.

use std::ops::RangeInclusive;

use egui::{Align, Align2, DragValue, Layout, Role, Sense, UiBuilder, WidgetInfo, vec2};

use crate::icons::{Icon, icon_button};
use crate::theme::{Tokens, body, size};

/// A name and a number that can be typed, dragged and stepped.
pub(crate) fn number_row(
    ui: &mut egui::Ui,
    texts: (&str, &str),
    value: &mut f64,
    steps: (f64, RangeInclusive<f64>),
    suffix: &str,
) -> bool {
    number_row_with(ui, texts, value, steps, (suffix, 2))
}

/// The same with so many decimals.
pub(super) fn number_row_with(
    ui: &mut egui::Ui,
    (name, tooltip): (&str, &str),
    value: &mut f64,
    (step, range): (f64, RangeInclusive<f64>),
    (suffix, decimals): (&str, usize),
) -> bool {
    let before = *value;
    let wanted = vec2(ui.available_width(), size::CONTROL + 2.0);
    let (rect, _) = ui.allocate_exact_size(wanted, Sense::hover());
    let tokens = Tokens::of(ui);
    ui.painter().text(
        rect.left_center(),
        Align2::LEFT_CENTER,
        name,
        body(),
        tokens.secondary,
    );
    let inside = UiBuilder::new()
        .max_rect(rect)
        .layout(Layout::right_to_left(Align::Center));
    let mut row = ui.new_child(inside);
    row.spacing_mut().item_spacing.x = 2.0;
    let (lowest, highest) = (*range.start(), *range.end());
    if icon_button(&mut row, Icon::Plus, &format!("Increase {name}")).clicked() {
        *value += step;
    }
    row.spacing_mut().interact_size.x = 84.0;
    let field = DragValue::new(value)
        .speed(step)
        .range(range)
        .max_decimals(decimals.max(2))
        .min_decimals(decimals)
        .suffix(suffix);
    let response = row.add(field).on_hover_text(tooltip);
    response.widget_info(|| WidgetInfo {
        value: Some(before),
        ..WidgetInfo::labeled(Role::SpinButton, true, name)
    });
    if icon_button(&mut row, Icon::Minus, &format!("Decrease {name}")).clicked() {
        *value -= step;
    }
    *value = value.clamp(lowest, highest.max(lowest));
    (*value - before).abs() > 1e-9
}
