//! The frame slider: where you are in a stack, over the trace of the stack.

use std::ops::Range;

use egui::epaint::PathShape;
use egui::{
    Align, CursorIcon, DragValue, Layout, Pos2, Rect, Response, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use super::paint::{Steps, between, describe_handle, handle_steps, layout, text_before};
use super::text_button;
use crate::icons::{Icon, icon_button};
use crate::numbers;
use crate::theme::{self, Tokens, Tone, size};

/// What comes after the last frame that is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtEnd {
    /// The first one again.
    #[default]
    Again,
    /// The one before, and so on to the first one.
    Back,
    /// Nothing.
    Stop,
}

impl AtEnd {
    const ALL: [Self; 3] = [Self::Again, Self::Back, Self::Stop];

    /// Its name in the controls.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Again => "loop",
            Self::Back => "to and fro",
            Self::Stop => "once",
        }
    }

    fn next(self) -> Self {
        let at = Self::ALL.iter().position(|one| *one == self);
        let next = at.map_or(0, |at| at + 1) % Self::ALL.len();
        Self::ALL[next]
    }
}

/// Whether frames are played, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playback {
    /// Frames follow each other by themselves.
    pub playing: bool,
    /// Frames per second.
    pub fps: f32,
    /// What comes after the last one.
    pub at_end: AtEnd,
    /// Whether they run towards the first one.
    pub is_backwards: bool,
}

impl Playback {
    /// The frame that follows one of so many; `None` where playing ends.
    pub fn follow(&mut self, frame: u64, count: u64) -> Option<u64> {
        let last = count.saturating_sub(1);
        self.is_backwards &= self.at_end == AtEnd::Back;
        match self.at_end {
            _ if last == 0 => None,
            AtEnd::Again => Some((frame + 1) % count),
            AtEnd::Stop => (frame < last).then_some(frame + 1),
            AtEnd::Back => {
                if frame >= last {
                    self.is_backwards = true;
                } else if frame == 0 {
                    self.is_backwards = false;
                }
                let step = if self.is_backwards { -1 } else { 1 };
                Some(frame.saturating_add_signed(step).min(last))
            }
        }
    }
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            playing: false,
            fps: 12.0,
            at_end: AtEnd::default(),
            is_backwards: false,
        }
    }
}

/// A slider over the frames of a stack, 64 points high.
#[derive(Clone, Copy, Debug)]
pub struct FrameSlider<'a> {
    /// What is counted, for screen readers: "Frame", "Slice".
    pub name: &'a str,
    /// How many frames.
    pub count: usize,
    /// A value for each frame, or for each of so many equal parts of the stack; NaN is a gap.
    pub trace: &'a [f32],
    /// Frames that are here already.
    pub loaded: &'a [Range<usize>],
    /// What stands at the right: "`rotation_angle` 89.95°".
    pub right: &'a str,
    /// Width of the controls at the left.
    pub left_width: f32,
    /// Width of the text at the right.
    pub right_width: f32,
}

/// Height of the slider.
const HEIGHT: f32 = 64.0;

impl FrameSlider<'_> {
    /// Draws the slider and the controls; the response is changed when a person moved the frame.
    pub fn show(self, ui: &mut Ui, frame: &mut usize, play: &mut Playback) -> Response {
        let (rect, mut response) =
            ui.allocate_exact_size(theme::full_width(ui, HEIGHT), Sense::hover());
        let before = *frame;
        let last = self.count.saturating_sub(1);
        let controls = between(rect, rect.left(), rect.left() + self.left_width);
        self.controls(ui, controls, frame, play);
        let tokens = Tokens::of(ui);
        let text = layout(ui, self.right, theme::body(), tokens.secondary);
        text_before(ui, rect.right(), rect, text);

        let middle = between(
            rect,
            controls.right(),
            (rect.right() - self.right_width).max(controls.right() + 32.0),
        );
        let track = middle.shrink2(vec2(8.0, 0.0));
        let drag = ui.interact(middle, response.id.with("slider"), Sense::click_and_drag());
        drag.widget_info(|| WidgetInfo::slider(true, *frame as f64, self.name));
        let value_text = format!(
            "{} of {}",
            numbers::count(*frame as u64 + 1),
            numbers::count(self.count as u64)
        );
        describe_handle(ui, drag.id, (0.0, last as f64), &value_text);
        if let Some(pointer) = drag.interact_pointer_pos()
            && (drag.dragged() || drag.clicked())
        {
            let share = ((pointer.x - track.left()) / track.width().max(1.0)).clamp(0.0, 1.0);
            *frame = nearest(f64::from(share) * last as f64, last);
        }
        match handle_steps(ui, drag.id) {
            Some(Steps::By(steps)) => *frame = nearest(*frame as f64 + steps, last),
            Some(Steps::Start) => *frame = 0,
            Some(Steps::End) => *frame = last,
            None => {}
        }
        *frame = (*frame).min(last);
        if ui.is_rect_visible(middle) {
            self.paint(ui, track, *frame, &drag);
        }
        // People count from 1; files, links and programs from 0.
        let hint = format!(
            "Frame {} of {}: index {} in the file, in links and for commands",
            numbers::count(*frame as u64 + 1),
            numbers::count(self.count as u64),
            *frame
        );
        drag.on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_text(hint);
        if *frame != before {
            response.mark_changed();
        }
        response
    }

    fn controls(self, ui: &mut Ui, place: Rect, frame: &mut usize, play: &mut Playback) {
        let mut ui = ui.new_child(
            UiBuilder::new()
                .max_rect(place)
                .layout(Layout::left_to_right(Align::Center)),
        );
        let ui = &mut ui;
        ui.spacing_mut().item_spacing.x = 2.0;
        let last = self.count.saturating_sub(1);
        if icon_button(ui, Icon::StepBack, "Step back (Left)").clicked() {
            *frame = frame.saturating_sub(1);
        }
        let (icon, tooltip) = if play.playing {
            (Icon::Pause, "Pause (Space)")
        } else {
            (Icon::Play, "Play (Space)")
        };
        if icon_button(ui, icon, tooltip).clicked() {
            play.playing = !play.playing;
        }
        if icon_button(ui, Icon::StepForward, "Step forward (Right)").clicked() {
            *frame = (*frame + 1).min(last);
        }
        ui.add_space(8.0);
        let tokens = Tokens::of(ui);
        let visuals = &mut ui.visuals_mut().widgets;
        visuals.inactive.weak_bg_fill = egui::Color32::TRANSPARENT;
        visuals.inactive.bg_stroke = Stroke::NONE;
        visuals.inactive.fg_stroke.color = tokens.secondary;
        ui.spacing_mut().button_padding = vec2(4.0, 2.0);
        let speed = DragValue::new(&mut play.fps)
            .range(0.1..=240.0)
            .speed(0.1)
            .custom_formatter(|fps, _| {
                let is_whole = (fps - fps.round()).abs() < 0.05;
                format!("{fps:.*}", usize::from(!is_whole))
            })
            .suffix(" fps");
        ui.add(speed)
            .accessible_name("Frames per second")
            .on_hover_text("Frames per second; drag or type");
        let what = play.at_end.name();
        if text_button(ui, what, Tone::Secondary)
            .on_hover_text(
                "What comes after the last frame: the first one again, the way back, or nothing",
            )
            .clicked()
        {
            play.at_end = play.at_end.next();
        }
    }

    fn paint(self, ui: &Ui, track: Rect, frame: usize, drag: &Response) {
        let tokens = Tokens::of(ui);
        let last = self.count.saturating_sub(1).max(1) as f32;
        let x_of = |index: usize| track.left() + track.width() * (index as f32 / last).min(1.0);
        let curve = Rect::from_min_max(
            pos2(track.left(), track.top() + 12.0),
            pos2(track.right(), track.top() + 36.0),
        );
        let lines = trace_lines(self.trace, curve);
        for line in lines {
            let stroke = Stroke::new(1.0, tokens.secondary);
            ui.painter().add(PathShape::line(line, stroke));
        }
        let rail_y = track.top() + 48.0;
        let rail = Rect::from_x_y_ranges(track.x_range(), rail_y - 1.5..=rail_y + 1.5);
        ui.painter().rect_filled(rail, 1.5, tokens.line);
        for part in self.loaded {
            let here = between(
                rail,
                x_of(part.start),
                x_of(part.end).max(x_of(part.start) + 2.0),
            );
            ui.painter()
                .rect_filled(here, 1.5, tokens.accent.gamma_multiply(0.55));
        }
        let x = x_of(frame);
        let is_held = drag.hovered() || drag.dragged() || drag.has_focus();
        let guide = Stroke::new(
            1.0,
            tokens
                .accent
                .gamma_multiply(if is_held { 0.9 } else { 0.5 }),
        );
        ui.painter().vline(x, curve.top()..=rail_y, guide);
        let handle = pos2(x, rail_y);
        ui.painter()
            .circle_filled(handle, if is_held { 7.0 } else { 6.0 }, tokens.accent);
        if drag.has_focus() {
            let ring = Stroke::new(2.0, tokens.text);
            ui.painter().circle_stroke(handle, 9.0, ring);
        }
        if drag.dragged() {
            let text = layout(
                ui,
                &numbers::count(frame as u64),
                theme::secondary_strong(),
                tokens.text,
            );
            let left = (x - text.size().x / 2.0).clamp(track.left(), track.right());
            let place = pos2(left.round(), track.top() - 2.0);
            let back = Rect::from_min_size(place, text.size()).expand2(vec2(4.0, 0.0));
            ui.painter()
                .rect_filled(back, size::RADIUS_SMALL, tokens.raised);
            ui.painter().galley(place, text, tokens.text);
        }
    }
}

/// The trace as lines between its gaps; at most as many points as the screen has columns.
fn trace_lines(trace: &[f32], curve: Rect) -> Vec<Vec<Pos2>> {
    let finite = || trace.iter().copied().filter(|value| value.is_finite());
    let low = finite().fold(f32::INFINITY, f32::min);
    let high = finite().fold(f32::NEG_INFINITY, f32::max);
    if low > high || trace.len() < 2 {
        return Vec::new();
    }
    let height = (high - low).max(f32::MIN_POSITIVE);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a width on the screen"
    )]
    let step = (trace.len() / (curve.width().max(1.0) as usize).max(1)).max(1);
    let mut lines = vec![Vec::new()];
    for (index, value) in trace.iter().enumerate().step_by(step) {
        if !value.is_finite() {
            lines.push(Vec::new());
            continue;
        }
        let x = curve.left() + curve.width() * index as f32 / (trace.len() - 1) as f32;
        let y = curve.bottom() - curve.height() * (value - low) / height;
        if let Some(line) = lines.last_mut() {
            line.push(pos2(x, y));
        }
    }
    lines.retain(|line| line.len() > 1);
    lines
}

/// The frame nearest to a place in the stack.
fn nearest(place: f64, last: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the stack"
    )]
    let frame = place.round().clamp(0.0, last as f64) as usize;
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_follow_each_other_in_each_of_the_ways() {
        for (at_end, expected) in [
            (AtEnd::Again, vec![1, 2, 0, 1, 2, 0]),
            (AtEnd::Back, vec![1, 2, 1, 0, 1, 2]),
            (AtEnd::Stop, vec![1, 2]),
        ] {
            let mut play = Playback {
                at_end,
                ..Playback::default()
            };
            let mut frame = 0;
            let mut seen = Vec::new();
            while let Some(next) = play.follow(frame, 3).filter(|_| seen.len() < 6) {
                frame = next;
                seen.push(frame);
            }
            assert_eq!(seen, expected, "{at_end:?}");
            assert_eq!(play.follow(0, 1), None, "one frame is no film");
            assert_eq!(play.follow(0, 0), None, "none neither");
        }
    }
}
