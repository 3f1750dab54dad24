//! Small notes over the data: the value under the pointer, a scale bar.

use egui::text::{LayoutJob, TextFormat};
use egui::{Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::paint::{layout, text_at};
use crate::theme::{self, Tokens, size};

/// A corner of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Corner {
    /// Above, at the left.
    TopLeft,
    /// Above, at the right.
    TopRight,
    /// Below, at the left.
    BottomLeft,
    /// Below, at the right.
    BottomRight,
}

/// Space between a chip and the edge of the data.
const INSET: f32 = 8.0;
/// Height of a chip.
const HEIGHT: f32 = 24.0;

/// A note in a corner of `within`; returns where it is.
pub fn chip(ui: &Ui, within: Rect, corner: Corner, text: &str) -> Rect {
    let galley = layout(ui, text, theme::secondary(), Tokens::of(ui).text);
    let rect = place(ui, within, corner, galley.size().x + 16.0, text);
    text_at(ui, rect.left() + 8.0, rect, galley);
    rect
}

/// Names and values in a corner of `within`: `x 1 204   y 811   raw 8 412`.
pub fn chip_readout(ui: &Ui, within: Rect, corner: Corner, pairs: &[(&str, &str)]) -> Rect {
    let tokens = Tokens::of(ui);
    let mut job = LayoutJob::default();
    let mut name_of_all = String::new();
    for (index, (name, value)) in pairs.iter().enumerate() {
        let space = if index == 0 { 0.0 } else { 12.0 };
        let name_format = TextFormat::simple(theme::secondary(), tokens.secondary);
        let value_format = TextFormat::simple(theme::secondary_strong(), tokens.text);
        job.append(name, space, name_format);
        job.append(value, 5.0, value_format);
        name_of_all.push_str(name);
        name_of_all.push(' ');
        name_of_all.push_str(value);
        name_of_all.push(' ');
    }
    let galley = ui.painter().layout_job(job);
    let width = galley.size().x + 16.0;
    let rect = place(ui, within, corner, width, name_of_all.trim_end());
    text_at(ui, rect.left() + 8.0, rect, galley);
    rect
}

/// A length and a bar of that length on the screen.
pub fn scale_bar(ui: &Ui, within: Rect, corner: Corner, text: &str, length_points: f32) -> Rect {
    let tokens = Tokens::of(ui);
    let galley = layout(ui, text, theme::secondary(), tokens.text);
    let width = galley.size().x + length_points + 24.0;
    let rect = place(ui, within, corner, width, text);
    let x = text_at(ui, rect.left() + 8.0, rect, galley) + 8.0;
    let stroke = Stroke::new(1.5, tokens.text);
    let y = rect.center().y;
    ui.painter().hline(x..=x + length_points, y, stroke);
    for end in [x, x + length_points] {
        ui.painter().vline(end, y - 3.0..=y + 3.0, stroke);
    }
    rect
}

fn place(ui: &Ui, within: Rect, corner: Corner, width: f32, name: &str) -> Rect {
    let wanted = vec2(width.ceil(), HEIGHT);
    let inside = within.shrink(INSET);
    let min = match corner {
        Corner::TopLeft => inside.left_top(),
        Corner::TopRight => inside.right_top() - vec2(wanted.x, 0.0),
        Corner::BottomLeft => inside.left_bottom() - vec2(0.0, wanted.y),
        Corner::BottomRight => inside.right_bottom() - wanted,
    };
    let rect = Rect::from_min_size(pos2(min.x.round(), min.y.round()), wanted);
    let id = ui.scope_id().with((
        "chip",
        corner,
        within.min.x.to_bits(),
        within.min.y.to_bits(),
    ));
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, name));
    let tokens = Tokens::of(ui);
    ui.painter().rect(
        rect,
        size::RADIUS_SMALL,
        tokens.raised.gamma_multiply(0.94),
        Stroke::new(1.0, tokens.control_line),
        StrokeKind::Inside,
    );
    rect
}
