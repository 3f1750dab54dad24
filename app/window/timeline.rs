//! The slider of frames below the tiles, and playing.

use std::time::{Duration, Instant};

use hutch_viewers::theme::{Tokens, Tone, rich, secondary, size};
use hutch_viewers::widgets::{FrameSlider, text_button};
use hutch_viewers::{Timeline, TimelineAction, numbers};

use super::state::State;

fn timeline(state: &State) -> Option<Timeline> {
    let slot = state.active.and_then(|id| state.views.get(&id))?;
    slot.view
        .timeline()
        .filter(|timeline| timeline.count > 1 || timeline.following.is_some())
}

/// Whether the view has frames to slide over.
pub fn is_shown(state: &State) -> bool {
    timeline(state).is_some()
}

/// Whether there is more than one frame; one alone can only be followed.
const fn slides(timeline: &Timeline) -> bool {
    timeline.count > 1
}

/// How high its panel is.
pub fn height(state: &State) -> f32 {
    if timeline(state).is_some_and(|timeline| slides(&timeline)) {
        64.0
    } else {
        size::BUTTON
    }
}

/// Draws the slider.
pub fn ui(ui: &mut egui::Ui, state: &mut State) {
    let Some(timeline) = timeline(state) else {
        return;
    };
    let count = usize::try_from(timeline.count).unwrap_or(usize::MAX);
    let mut frame = usize::try_from(timeline.current).unwrap_or(usize::MAX);
    let mut playback = state.playback;
    let right = if timeline.label.is_empty() {
        format!(
            "{} of {}",
            numbers::count(timeline.current + 1),
            numbers::count(timeline.count)
        )
    } else {
        timeline.label.clone()
    };
    let mut follow = None;
    ui.horizontal_centered(|ui| {
        if let Some(following) = timeline.following {
            let (text, tone) = if following {
                ("following", Tone::Good)
            } else {
                ("follow newest", Tone::Secondary)
            };
            if text_button(ui, text, tone).clicked() {
                follow = Some(!following);
            }
        }
        let moved = if slides(&timeline) {
            FrameSlider {
                name: "Frame",
                count,
                trace: &timeline.trace,
                loaded: &[],
                right: &right,
                left_width: 240.0_f32.min(ui.available_width() * 0.25),
                right_width: 200.0_f32.min(ui.available_width() * 0.25),
            }
            .show(ui, &mut frame, &mut playback)
            .changed()
        } else {
            ui.label(rich(&right, secondary(), Tokens::of(ui).secondary));
            false
        };
        let action = match follow {
            Some(follow) => Some(TimelineAction::Follow(follow)),
            None if moved => Some(TimelineAction::Show(frame as u64)),
            None => None,
        };
        if let (Some(action), Some(slot)) =
            (action, state.active.and_then(|id| state.views.get_mut(&id)))
        {
            slot.view.on_timeline(action);
        }
    });
    state.playback = playback;
}

/// Shows the next frame when its time has come.
pub fn play(ui: &egui::Ui, state: &mut State) {
    if !state.playback.playing {
        return;
    }
    let Some(timeline) = timeline(state) else {
        state.playback.playing = false;
        return;
    };
    let step = Duration::from_secs_f32(1.0 / state.playback.fps.clamp(0.1, 120.0));
    let slot = state.active.and_then(|id| state.views.get_mut(&id));
    let Some(slot) = slot else {
        return;
    };
    if slot.view.is_waiting() {
        // A source that is slower than the film is waited for, or nothing of it would ever be seen.
        return;
    }
    if state.played.elapsed() >= step {
        state.played = Instant::now();
        let next = state.playback.follow(timeline.current, timeline.count);
        let Some(next) = next else {
            state.playback.playing = false;
            return;
        };
        slot.view.on_timeline(TimelineAction::Show(next));
    }
    ui.ctx()
        .request_repaint_after(step.saturating_sub(state.played.elapsed()));
}
