//! Buttons, with their cost in them.

use egui::{Color32, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};

use super::paint::{between, focus_ring, layout, layout_cut, text_at};
use crate::icons::Icon;
use crate::theme::{self, Tokens, Tone, size};

/// The main action of a panel, as wide as the panel, with what it costs: "≈ 2 min, 8 nodes".
pub fn primary_button(ui: &mut Ui, text: &str, cost: &str) -> Response {
    let wide = theme::full_width(ui, size::BUTTON);
    framed(ui, text, cost, wide, true)
}

/// Another action, as wide as the panel, with what it costs.
pub fn quiet_button(ui: &mut Ui, text: &str, cost: &str) -> Response {
    let wide = theme::full_width(ui, size::BUTTON);
    framed(ui, text, cost, wide, false)
}

/// A button as wide as its text.
pub fn button(ui: &mut Ui, text: &str) -> Response {
    let width = layout(ui, text, theme::strong(), Color32::WHITE).size().x;
    framed(
        ui,
        text,
        "",
        vec2((width + 24.0).ceil(), size::CONTROL),
        false,
    )
}

/// A word that can be pressed: "2 transfers", "+ filter".
pub fn text_button(ui: &mut Ui, text: &str, tone: Tone) -> Response {
    let tokens = Tokens::of(ui);
    let galley = layout(ui, text, theme::body(), tokens.tone(tone));
    let wanted = vec2(galley.size().x, size::ROW);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    let is_enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, is_enabled, text));
    if ui.is_rect_visible(rect) {
        let back = rect.expand2(vec2(4.0, 0.0));
        let galley = if response.hovered() {
            ui.painter()
                .rect_filled(back, size::RADIUS_SMALL, tokens.hover);
            let color = if tone == Tone::Secondary {
                tokens.text
            } else {
                tokens.tone(tone)
            };
            layout(ui, text, theme::body(), color)
        } else {
            galley
        };
        text_at(ui, rect.left(), rect, galley);
        focus_ring(ui, &response, back);
    }
    response
}

/// What a person did to a filter.
#[derive(Clone, Debug)]
pub struct FilterChipResponse {
    /// The filter itself.
    pub response: Response,
    /// The cross was pressed, or Delete while the filter had the keyboard.
    pub removed: bool,
}

/// A filter that is on, with a cross that removes it.
pub fn filter_chip(ui: &mut Ui, text: &str) -> FilterChipResponse {
    let tokens = Tokens::of(ui);
    let galley = layout(ui, text, theme::secondary(), tokens.text);
    let wanted = vec2((galley.size().x + 28.0).ceil(), 20.0);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text));
    let cross = between(rect, rect.right() - 20.0, rect.right());
    let close = ui.interact(cross, response.id.with("remove"), Sense::click());
    close.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Remove {text}")));
    let fill = if response.hovered() || close.hovered() {
        tokens.hover
    } else {
        tokens.raised
    };
    let edge = Stroke::new(1.0, tokens.control_line);
    ui.painter()
        .rect(rect, size::RADIUS_SMALL, fill, edge, StrokeKind::Inside);
    text_at(ui, rect.left() + 8.0, rect, galley);
    let color = if close.hovered() {
        tokens.text
    } else {
        tokens.secondary
    };
    Icon::X.paint(ui, cross.shrink2(vec2(4.0, 4.0)), color);
    focus_ring(ui, &response, rect);
    focus_ring(ui, &close, cross);
    let is_deleted = response.has_focus()
        && ui.input(|input| {
            input.key_pressed(egui::Key::Delete) || input.key_pressed(egui::Key::Backspace)
        });
    let removed = close.clicked() || is_deleted;
    close.on_hover_text(format!("Remove {text}"));
    FilterChipResponse { response, removed }
}

/// The keys of a shortcut, outlined: `Ctrl K`.
pub fn key_hint(ui: &mut Ui, keys: &str) -> Response {
    let galley = layout(ui, keys, key_font(), Tokens::of(ui).secondary);
    let wanted = vec2((galley.size().x + 10.0).ceil(), 16.0);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, keys));
    paint_key_hint(ui, rect, keys);
    response
}

/// The width of a key hint.
pub(super) fn key_hint_width(ui: &Ui, keys: &str) -> f32 {
    (layout(ui, keys, key_font(), Color32::WHITE).size().x + 10.0).ceil()
}

pub(super) fn paint_key_hint(ui: &Ui, rect: Rect, keys: &str) {
    let tokens = Tokens::of(ui);
    let edge = Stroke::new(1.0, tokens.control_line);
    ui.painter()
        .rect_stroke(rect, 3.0, edge, StrokeKind::Inside);
    let galley = layout(ui, keys, key_font(), tokens.secondary);
    let left = rect.center().x - galley.size().x / 2.0;
    text_at(ui, left, rect, galley);
}

fn key_font() -> egui::FontId {
    egui::FontId::new(10.5, egui::FontFamily::Monospace)
}

fn framed(ui: &mut Ui, text: &str, cost: &str, wanted: Vec2, is_primary: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    let is_enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo {
        current_text_value: (!cost.is_empty()).then(|| cost.to_owned()),
        ..WidgetInfo::labeled(Role::Button, is_enabled, text)
    });
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let tokens = Tokens::of(ui);
    let is_pressed = response.is_pointer_button_down_on();
    let (fill, edge, ink, cost_ink) = match (is_primary, is_enabled) {
        (true, true) if is_pressed => {
            let fill = mix(tokens.accent, tokens.behind, 0.12);
            (fill, fill, tokens.on_accent, tokens.on_accent)
        }
        (true, true) if response.hovered() => {
            let fill = mix(tokens.accent, tokens.text, 0.12);
            (fill, fill, tokens.on_accent, tokens.on_accent)
        }
        (true, true) => (
            tokens.accent,
            tokens.accent,
            tokens.on_accent,
            tokens.on_accent,
        ),
        (_, false) => (
            tokens.raised,
            tokens.line,
            tokens.secondary,
            tokens.secondary,
        ),
        (false, true) if is_pressed => (
            tokens.accent_behind,
            tokens.accent,
            tokens.text,
            tokens.text,
        ),
        (false, true) if response.hovered() => (
            tokens.hover,
            tokens.control_line,
            tokens.text,
            tokens.secondary,
        ),
        (false, true) => (
            tokens.raised,
            tokens.control_line,
            tokens.text,
            tokens.secondary,
        ),
    };
    let edge = Stroke::new(1.0, edge);
    ui.painter()
        .rect(rect, size::RADIUS, fill, edge, StrokeKind::Inside);
    let is_cut = paint_label(ui, rect, (text, ink), (cost, cost_ink));
    if response.has_focus() {
        // Outside the button: the accent would not be seen on the accent.
        let ring = Stroke::new(2.0, tokens.accent);
        ui.painter()
            .rect_stroke(rect.expand(2.0), size::RADIUS, ring, StrokeKind::Outside);
    }
    if is_cut {
        response.on_hover_text(format!("{text}   {cost}"))
    } else {
        response
    }
}

/// Draws what a button does and what it costs, in its middle; whether the text was cut.
///
/// The cost is never cut: it is said before the job is sent.
fn paint_label(ui: &Ui, rect: Rect, text: (&str, Color32), cost: (&str, Color32)) -> bool {
    let room = rect.width() - 16.0;
    let gap = if cost.0.is_empty() { 0.0 } else { 8.0 };
    let full = layout(ui, text.0, theme::strong(), text.1);
    let mut price = layout(ui, cost.0, theme::body(), cost.1);
    if full.size().x + gap + price.size().x > room {
        price = layout(ui, cost.0, theme::secondary(), cost.1);
    }
    let text_room = room - gap - price.size().x;
    let is_cut = full.size().x > text_room;
    let label = if is_cut {
        layout_cut(ui, text.0, theme::strong(), text.1, text_room)
    } else {
        full
    };
    let width = label.size().x + gap + price.size().x;
    let x = text_at(ui, rect.center().x - width / 2.0, rect, label);
    text_at(ui, x + gap, rect, price);
    is_cut
}

/// A colour between two, `share` of the second.
fn mix(a: Color32, b: Color32, share: f32) -> Color32 {
    a.lerp_to_gamma(b, share)
}
