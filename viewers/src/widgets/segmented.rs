//! A row of choices of which one holds.

use egui::{EventFilter, Key, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};

use super::paint::{between, focus_ring, layout_cut, text_at};
use crate::theme::{self, Tokens, size};

/// A segmented control: `linear | log | sqrt | asinh`.
///
/// The name is for screen readers and the tooltip. Arrows move the choice. The response is changed
/// when the value is.
pub fn segmented<T: PartialEq + Copy>(
    ui: &mut Ui,
    name: &str,
    value: &mut T,
    options: &[(T, &str)],
) -> Response {
    let (rect, mut response) =
        ui.allocate_exact_size(theme::full_width(ui, size::CONTROL), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, true, name));
    let tokens = Tokens::of(ui);
    let edge = Stroke::new(1.0, tokens.control_line);
    ui.painter()
        .rect(rect, size::RADIUS, tokens.raised, edge, StrokeKind::Inside);
    let width = rect.width() / options.len().max(1) as f32;
    let before = options.iter().position(|(option, _)| option == value);
    let mut after = before;
    for (index, (option, text)) in options.iter().enumerate() {
        let left = (rect.left() + width * index as f32).round();
        let right = (rect.left() + width * (index + 1) as f32).round();
        let segment = between(rect, left, right);
        let id = response.id.with(index);
        let is_selected = option == value;
        let part = ui
            .interact(segment, id, Sense::click())
            .on_hover_text(format!("{name}: {text}"));
        let is_enabled = ui.is_enabled();
        part.widget_info(|| {
            WidgetInfo::selected(Role::RadioButton, is_enabled, is_selected, *text)
        });
        if part.clicked() {
            after = Some(index);
        }
        if part.has_focus() {
            after = arrow_choice(ui, &part, index, options.len()).or(after);
        }
        paint_segment(ui, segment, text, is_selected, &part);
        if index > 0 && !is_selected && before != Some(index - 1) {
            ui.painter().vline(
                left,
                rect.shrink(6.0).y_range(),
                Stroke::new(1.0, tokens.line),
            );
        }
    }
    if let Some((index, (option, _))) = after.and_then(|index| Some((index, options.get(index)?)))
        && after != before
    {
        *value = *option;
        response.mark_changed();
        let next = response.id.with(index);
        ui.memory_mut(|memory| {
            if memory.focused().is_some() {
                memory.request_focus(next);
            }
        });
    }
    response
}

/// The neighbour that the arrow keys ask for.
fn arrow_choice(ui: &Ui, part: &Response, index: usize, count: usize) -> Option<usize> {
    ui.memory_mut(|memory| {
        let filter = EventFilter {
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        memory.set_focus_lock_filter(part.id, filter);
    });
    let (is_left, is_right) = ui.input(|input| {
        (
            input.key_pressed(Key::ArrowLeft),
            input.key_pressed(Key::ArrowRight),
        )
    });
    match (is_left, is_right) {
        (true, _) => index.checked_sub(1),
        (_, true) => Some(index + 1).filter(|next| *next < count),
        _ => None,
    }
}

fn paint_segment(ui: &Ui, segment: Rect, text: &str, is_selected: bool, part: &Response) {
    let tokens = Tokens::of(ui);
    let inside = segment.shrink(2.0);
    if is_selected {
        ui.painter()
            .rect_filled(inside, size::RADIUS_SMALL, tokens.accent_behind);
    } else if part.hovered() {
        ui.painter()
            .rect_filled(inside, size::RADIUS_SMALL, tokens.hover);
    }
    let (font, color) = if is_selected {
        (theme::secondary_strong(), tokens.accent)
    } else {
        (theme::secondary(), tokens.secondary)
    };
    let galley = layout_cut(ui, text, font, color, segment.width() - 8.0);
    let left = segment.center().x - galley.size().x / 2.0;
    text_at(ui, left, segment, galley);
    focus_ring(ui, part, inside);
}
