//! Where a person types.

use egui::{
    CursorIcon, Frame, Id, Margin, Rect, Response, Role, Sense, Stroke, StrokeKind, TextEdit, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use super::buttons::{key_hint_width, paint_key_hint};
use super::paint::{between, focus_ring, layout_cut, text_at};
use crate::icons::{Icon, icon_button};
use crate::theme::{self, Tokens, size};

/// A text field with its label above it.
pub fn text_field(ui: &mut Ui, label: &str, placeholder: &str, text: &mut String) -> Response {
    labelled(ui, label, placeholder, text, false)
}

/// A field whose text is hidden: a password, a token.
pub fn secret_field(ui: &mut Ui, label: &str, placeholder: &str, text: &mut String) -> Response {
    labelled(ui, label, placeholder, text, true)
}

fn labelled(
    ui: &mut Ui,
    label: &str,
    placeholder: &str,
    text: &mut String,
    is_secret: bool,
) -> Response {
    let tokens = Tokens::of(ui);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        let name = ui.label(theme::rich(label, theme::secondary(), tokens.secondary));
        let (rect, _) = ui.allocate_exact_size(theme::full_width(ui, size::BUTTON), Sense::hover());
        let field = ui.next_auto_id().with("field");
        ui.skip_ahead_auto_ids(1);
        paint_field(ui, rect, field);
        let edit = edit(text, placeholder, ui).id(field).password(is_secret);
        type_into(ui, rect.shrink2(vec2(10.0, 0.0)), edit).labelled_by(name.id)
    })
    .inner
}

/// A search box: a magnifier, what can be typed, and the shortcut that comes here.
///
/// With text in it a cross that clears it takes the place of the shortcut; Escape clears too.
pub fn search_box(
    ui: &mut Ui,
    name: &str,
    placeholder: &str,
    shortcut: &str,
    text: &mut String,
    width: f32,
) -> Response {
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::BUTTON), Sense::hover());
    let field = ui.next_auto_id().with("search");
    ui.skip_ahead_auto_ids(1);
    paint_field(ui, rect, field);
    let tokens = Tokens::of(ui);
    let mark = between(rect, rect.left() + 8.0, rect.left() + 24.0);
    Icon::Search.paint(ui, mark, tokens.faint);
    let mut right = rect.right() - 8.0;
    let mut is_cleared = false;
    if text.is_empty() {
        right -= shortcut_at(ui, rect, shortcut);
    } else {
        let place = between(rect, rect.right() - 26.0, rect.right() - 2.0);
        let mut child = ui.new_child(UiBuilder::new().max_rect(place.shrink2(vec2(0.0, 2.0))));
        is_cleared = icon_button(&mut child, Icon::X, "Clear the search").clicked();
        right = place.left() - 4.0;
    }
    let is_focused = ui.memory(|memory| memory.has_focus(field));
    is_cleared |= is_focused && ui.input(|input| input.key_pressed(egui::Key::Escape));
    let had_text = !text.is_empty();
    let edit = edit(text, placeholder, ui).id(field);
    let response = type_into(ui, between(rect, rect.left() + 32.0, right), edit);
    let mut response = response.accessible_name(name);
    if is_cleared && had_text {
        text.clear();
        response.mark_changed();
        response.request_focus();
    }
    response
}

/// A button that looks like the search box and opens the palette.
pub fn search_button(ui: &mut Ui, placeholder: &str, shortcut: &str, width: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::BUTTON), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, placeholder));
    if ui.is_rect_visible(rect) {
        paint_field(ui, rect, Id::NULL);
        let tokens = Tokens::of(ui);
        let mark = between(rect, rect.left() + 8.0, rect.left() + 24.0);
        Icon::Search.paint(ui, mark, tokens.faint);
        let hint = shortcut_at(ui, rect, shortcut);
        let left = rect.left() + 32.0;
        let room = rect.right() - 8.0 - hint - left;
        let color = if response.hovered() {
            tokens.text
        } else {
            tokens.faint
        };
        let galley = layout_cut(ui, placeholder, theme::body(), color, room);
        text_at(ui, left, rect, galley);
        focus_ring(ui, &response, rect);
    }
    response.on_hover_cursor(CursorIcon::Text)
}

/// Draws the shortcut at the right of a field; how much room it takes.
fn shortcut_at(ui: &Ui, rect: Rect, shortcut: &str) -> f32 {
    if shortcut.is_empty() {
        return 0.0;
    }
    let width = key_hint_width(ui, shortcut);
    let top = rect.center().y - 8.0;
    let place = Rect::from_min_size(pos2(rect.right() - 6.0 - width, top), vec2(width, 16.0));
    paint_key_hint(ui, place, shortcut);
    width + 8.0
}

fn paint_field(ui: &Ui, rect: Rect, field: Id) {
    let tokens = Tokens::of(ui);
    let is_focused = ui.memory(|memory| memory.has_focus(field));
    let edge = if is_focused {
        Stroke::new(2.0, tokens.accent)
    } else {
        Stroke::new(1.0, tokens.control_line)
    };
    ui.painter()
        .rect(rect, size::RADIUS, tokens.raised, edge, StrokeKind::Inside);
}

fn edit<'t>(text: &'t mut String, placeholder: &str, ui: &Ui) -> TextEdit<'t> {
    let tokens = Tokens::of(ui);
    TextEdit::singleline(text)
        .hint_text(theme::rich(placeholder, theme::body(), tokens.faint))
        .font(theme::body())
        .text_color(tokens.text)
        .frame(Frame::new())
        .margin(Margin::ZERO)
        .align(egui::Align2::LEFT_CENTER)
}

fn type_into(ui: &mut Ui, place: Rect, edit: TextEdit<'_>) -> Response {
    let edit = edit
        .desired_width(place.width().max(0.0))
        .min_size(vec2(place.width().max(0.0), size::ROW));
    let inside = Rect::from_center_size(place.center(), vec2(place.width(), size::ROW));
    let mut child = ui.new_child(UiBuilder::new().max_rect(inside));
    child.add(edit)
}
