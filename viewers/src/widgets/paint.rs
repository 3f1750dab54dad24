//! What the widgets share: text on whole pixels, focus rings, steps of handles.

use std::sync::Arc;

use egui::accesskit::Action;
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Color32, EventFilter, FontId, Galley, Id, Key, Pos2, Rect, Response, Stroke, StrokeKind, Ui,
    pos2,
};

use crate::theme::{Tokens, size};

/// A ring of the accent colour around a widget that has the keyboard.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let stroke = Stroke::new(2.0, Tokens::of(ui).accent);
        ui.painter()
            .rect_stroke(rect, size::RADIUS_SMALL, stroke, StrokeKind::Inside);
    }
}

/// Text on one line, as wide as it is.
pub(super) fn layout(ui: &Ui, text: &str, font: FontId, color: Color32) -> Arc<Galley> {
    ui.painter().layout_no_wrap(text.to_owned(), font, color)
}

/// Text on one line, cut at its end so that it fits.
pub(super) fn layout_cut(
    ui: &Ui,
    text: &str,
    font: FontId,
    color: Color32,
    width: f32,
) -> Arc<Galley> {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font, color));
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

/// A heading: upper case and wide. Greek stays as it is, because an upper-case micro is not one.
pub(super) fn layout_heading(ui: &Ui, text: &str, color: Color32) -> Arc<Galley> {
    let is_greek = |c: char| c == 'µ' || ('\u{370}'..='\u{3ff}').contains(&c);
    let mut upper = String::with_capacity(text.len());
    for character in text.chars() {
        if is_greek(character) {
            upper.push(character);
        } else {
            upper.extend(character.to_uppercase());
        }
    }
    let format = TextFormat {
        extra_letter_spacing: 0.7,
        ..TextFormat::simple(crate::theme::heading(), color)
    };
    ui.painter()
        .layout_job(LayoutJob::single_section(upper, format))
}

/// Where a line of text starts so that it stands in the middle of a row, on a whole pixel.
pub(super) fn middle(ui: &Ui, x: f32, rect: Rect, galley: &Galley) -> Pos2 {
    let pixels_per_point = ui.ctx().pixels_per_point();
    let snap = |value: f32| (value * pixels_per_point).round() / pixels_per_point;
    pos2(snap(x), snap(rect.center().y - galley.size().y / 2.0))
}

/// Draws text that starts at `x`, in the middle of a row; returns where it ends.
pub(super) fn text_at(ui: &Ui, x: f32, rect: Rect, galley: Arc<Galley>) -> f32 {
    let place = middle(ui, x, rect, &galley);
    let end = place.x + galley.size().x;
    ui.painter().galley(place, galley, Color32::PLACEHOLDER);
    end
}

/// Draws text that ends at `x`; returns where it starts.
pub(super) fn text_before(ui: &Ui, x: f32, rect: Rect, galley: Arc<Galley>) -> f32 {
    let start = x - galley.size().x;
    text_at(ui, start, rect, galley);
    start
}

/// A part of a row, from `left` to `right`.
pub(super) fn between(rect: Rect, left: f32, right: f32) -> Rect {
    Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()))
}

/// How far the keyboard or a screen reader moves a handle: whole steps, and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Steps {
    /// So many steps, negative to the left.
    By(f64),
    /// To the start.
    Start,
    /// To the end.
    End,
}

/// Reads the steps that a focused handle was asked for in this pass.
///
/// Arrows move by 1, with shift or by page by 10; Home and End go to the ends.
pub(super) fn handle_steps(ui: &Ui, id: Id) -> Option<Steps> {
    let asked = ui.input(|input| {
        input.num_accesskit_action_requests(id, Action::Increment) as f64
            - input.num_accesskit_action_requests(id, Action::Decrement) as f64
    });
    let mut steps = asked;
    if ui.memory(|memory| memory.has_focus(id)) {
        ui.memory_mut(|memory| {
            let filter = EventFilter {
                horizontal_arrows: true,
                ..EventFilter::default()
            };
            memory.set_focus_lock_filter(id, filter);
        });
        let ends = ui.input(|input| (input.key_pressed(Key::Home), input.key_pressed(Key::End)));
        match ends {
            (true, _) => return Some(Steps::Start),
            (_, true) => return Some(Steps::End),
            _ => {}
        }
        steps += ui.input(|input| {
            let step = if input.modifiers.shift { 10.0 } else { 1.0 };
            let count = |key: Key| input.num_presses(key) as f64;
            step * (count(Key::ArrowRight) - count(Key::ArrowLeft))
                + 10.0 * (count(Key::PageUp) - count(Key::PageDown))
        });
    }
    (steps.abs() > 0.0).then_some(Steps::By(steps))
}

/// Tells a screen reader what a handle is worth and that it can be stepped.
pub(super) fn describe_handle(ui: &Ui, id: Id, bounds: (f64, f64), value_text: &str) {
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_min_numeric_value(bounds.0);
        node.set_max_numeric_value(bounds.1);
        node.set_value(value_text);
        node.add_action(Action::Increment);
        node.add_action(Action::Decrement);
    });
}
