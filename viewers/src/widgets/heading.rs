//! Headings of sections.

use egui::{Align, Layout, Response, Role, Sense, Ui, UiBuilder, WidgetInfo};

use super::paint::{between, layout, layout_heading, text_at, text_before};
use crate::theme::{self, Tokens, size};

/// A heading: upper case and wide at the left, what the section is about at the right.
pub fn section_heading(ui: &mut Ui, title: &str, right: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(theme::full_width(ui, size::ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    if ui.is_rect_visible(rect) {
        let color = Tokens::of(ui).secondary;
        text_at(ui, rect.left(), rect, layout_heading(ui, title, color));
        if !right.is_empty() {
            text_before(ui, rect.right(), rect, layout_heading(ui, right, color));
        }
    }
    response
}

/// A heading with buttons at its right, added from right to left.
pub fn section_heading_with(ui: &mut Ui, title: &str, add_right: impl FnOnce(&mut Ui)) -> Response {
    let response = section_heading(ui, title, "");
    let title_width = layout(ui, title, theme::heading(), Tokens::of(ui).secondary)
        .size()
        .x;
    let rect = response.rect;
    let place = between(rect, rect.left() + title_width, rect.right());
    let mut right = ui.new_child(
        UiBuilder::new()
            .max_rect(place)
            .layout(Layout::right_to_left(Align::Center)),
    );
    add_right(&mut right);
    response
}
