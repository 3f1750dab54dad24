//! Two views in one place: side by side at a line that is dragged, in turn, or as one number of both.

use std::sync::Arc;

use egui::{Rect, Sense, Ui};
use hutch_formats::arithmetic::{Arithmetic, Operation};
use hutch_model::{Dataset as _, Result, Signal, Value, ViewState};
use hutch_viewers::display::RANGE_MODE;
use hutch_viewers::theme::{Tokens, size};
use hutch_viewers::widgets::segmented;
use hutch_viewers::{Subject, ViewId};

use super::linked::{FRAME, Links, without_frame, without_range};
use super::state::{Pane, State};

/// Seconds that each of two is shown when they are shown in turn.
const TURN_SECS: f64 = 0.5;
/// The kind of view whose frames are images.
const IMAGE: &str = "image";
/// The colour map of differences.
const DIFFERENCE_COLOURS: &str = "vik";
/// How far from the line a drag may begin, in points.
const REACH: f32 = 5.0;

/// How two views share their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One at the left of a line, the other at the right.
    Swipe,
    /// One after the other.
    Blink,
    /// The first minus the second.
    Difference,
    /// The first through the second.
    Ratio,
}

const MODES: [(Mode, &str); 4] = [
    (Mode::Swipe, "swipe"),
    (Mode::Blink, "blink"),
    (Mode::Difference, "A \u{2212} B"),
    (Mode::Ratio, "A \u{f7} B"),
];

/// Two views in one place.
#[derive(Clone, Debug)]
pub struct Compare {
    /// The first.
    pub first: ViewId,
    /// The second.
    pub second: ViewId,
    /// How they share their place.
    pub mode: Mode,
    /// Where the line is, from 0 at the left to 1 at the right.
    pub at: f32,
    /// How their ranges were chosen before; while they are compared they have one.
    pub before: [Option<Value>; 2],
    /// Whether views were linked before; while two are compared they are.
    pub links: Links,
    /// The view of their difference or ratio, once it was asked for.
    pub computed: Option<(Mode, ViewId)>,
    /// Two frames of one stack: the second stays where it is while the first goes through the stack.
    pub is_of_one_stack: bool,
    /// The frame of the second that the computed view was made with, where that is one of the same stack.
    pub computed_with: Option<u64>,
}

impl Compare {
    /// Whether a frame that one view goes to is none for the other.
    pub(super) fn keeps_frames_apart(&self, from: ViewId, to: ViewId) -> bool {
        let computed = self.computed.map(|(_, view)| view);
        let is_ours = |id: ViewId| id == self.first || id == self.second || computed == Some(id);
        self.is_of_one_stack
            && is_ours(from)
            && is_ours(to)
            && (from == self.second || to == self.second)
    }

    /// Where keys and the inspector go: to what is computed while that is shown, and never to it otherwise.
    pub(super) fn active_of(&self, active: Option<ViewId>) -> Option<ViewId> {
        let computed = self.computed.map(|(_, view)| view);
        let shown = self.computed.filter(|(mode, _)| *mode == self.mode);
        let is_ours = active.is_some_and(|id| id == self.first || id == self.second);
        match shown {
            Some((_, view)) if is_ours => Some(view),
            None if active.is_some() && active == computed => Some(self.first),
            _ => active,
        }
    }
}

/// What is drawn at the moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shown {
    /// One view, everywhere.
    One(ViewId),
    /// The first up to a place on the screen, the second from there on.
    Both(f32),
}

/// Puts the view that keys go to and the one before it into one place.
pub fn start(state: &mut State) {
    let Some(first) = state.active else {
        return;
    };
    let others = state.views.iter().filter(|(id, _)| **id != first);
    let is_free = |id: &ViewId| state.comparison_of(*id).is_none();
    let kind = state.views[&first].view.state().kind;
    let second = others
        .filter(|(id, slot)| is_free(id) && slot.view.state().kind == kind)
        .map(|(id, _)| *id)
        .next_back();
    let Some(second) = second.filter(|_| is_free(&first)) else {
        state.tell("open the other one first, in a view of the same kind".to_owned());
        return;
    };
    let (Some(tile), Some(other)) = (
        state.tile_of(&Pane::View(first)),
        state.tile_of(&Pane::View(second)),
    ) else {
        return;
    };
    // What was opened first is the first.
    let (leading, first, second) = (first, first.min(second), first.max(second));
    let is_of_one_stack = are_frames_of_one_stack(state, first, second);
    let before = share_range(state, leading, [first, second], is_of_one_stack);
    state.comparisons.push(Compare {
        first,
        second,
        mode: Mode::Swipe,
        at: 0.5,
        before,
        links: state.links,
        computed: None,
        is_of_one_stack,
        computed_with: None,
    });
    state.tiles.remove_recursively(other);
    let pane = Pane::Compare(first);
    if let Some(egui_tiles::Tile::Pane(content)) = state.tiles.tiles.get_mut(tile) {
        *content = pane;
    }
    state.links = Links::Together;
}

/// Whether two views show different frames of the same data.
fn are_frames_of_one_stack(state: &State, first: ViewId, second: ViewId) -> bool {
    let shown = |id: ViewId| {
        let view = &state.views.get(&id)?.view;
        if view.state().kind != IMAGE {
            return None;
        }
        let origin = view.subject().data()?.origin().clone();
        Some((origin, frame_of(&view.state())?))
    };
    let (one, other) = (shown(first), shown(second));
    one.zip(other)
        .is_some_and(|((one, frame), (other, other_frame))| one == other && frame != other_frame)
}

/// Which frame a view shows.
fn frame_of(state: &ViewState) -> Option<u64> {
    let frame = state.values.get(FRAME)?.as_integer()?;
    u64::try_from(frame).ok()
}

/// Gives both views the place, the range and the colours of one of them, and says how their ranges
/// were chosen before. Each keeps its frame where they are of one stack.
fn share_range(
    state: &mut State,
    leading: ViewId,
    both: [ViewId; 2],
    is_of_one_stack: bool,
) -> [Option<Value>; 2] {
    let mode = |id: ViewId| {
        let slot = state.views.get(&id)?;
        slot.view.state().values.get(RANGE_MODE).cloned()
    };
    let before = both.map(mode);
    if let Some(slot) = state.views.get_mut(&leading) {
        let mut shared = slot.view.state();
        if shared.values.contains_key(RANGE_MODE) {
            // Colours mean the same in both only where their range is the same.
            shared.set(RANGE_MODE, "locked".into());
            slot.view.set_state(&shared);
        }
        let shared = slot.state();
        slot.last_state = shared.clone();
        for id in both.into_iter().filter(|id| *id != leading) {
            let own = state.views.get(&id).map(|slot| slot.view.state());
            let mut wanted = shared.clone();
            if let Some(own) = own.filter(|_| is_of_one_stack) {
                wanted = own;
                wanted.values.extend(without_frame(&shared).values);
            }
            set_quietly(state, id, &wanted);
        }
    }
    before
}

fn set_quietly(state: &mut State, id: ViewId, wanted: &ViewState) {
    if let Some(slot) = state.views.get_mut(&id) {
        slot.view.set_state(wanted);
        slot.last_state = slot.state();
    }
}

impl State {
    /// The comparison that a view is part of.
    pub fn comparison_of(&self, view: ViewId) -> Option<&Compare> {
        self.comparisons.iter().find(|compare| {
            let computed = compare.computed.map(|(_, computed)| computed);
            compare.first == view || compare.second == view || computed == Some(view)
        })
    }

    /// Ends a comparison: its views stand by themselves again.
    pub fn end_comparison(&mut self, first: ViewId) {
        let Some(at) = self
            .comparisons
            .iter()
            .position(|compare| compare.first == first)
        else {
            return;
        };
        let compare = self.comparisons.remove(at);
        self.links = compare.links;
        for (id, before) in [compare.first, compare.second]
            .into_iter()
            .zip(&compare.before)
        {
            let slot = self.views.get(&id).map(|slot| slot.view.state());
            if let (Some(mut wanted), Some(mode)) = (slot, before) {
                wanted.set(RANGE_MODE, mode.clone());
                set_quietly(self, id, &wanted);
            }
        }
        if let Some((_, computed)) = compare.computed {
            self.views.remove(&computed);
            self.history.forget(computed);
        }
        if let Some(tile) = self.tile_of(&Pane::Compare(first))
            && let Some(egui_tiles::Tile::Pane(content)) = self.tiles.tiles.get_mut(tile)
        {
            *content = Pane::View(first);
        }
        if self.views.contains_key(&compare.second) {
            self.place(Pane::View(compare.second), None);
            self.active = Some(compare.second);
            self.place_beside(first);
        }
        self.active = Some(first);
    }
}

/// The view of a mode that computes; it is opened when it is first asked for.
pub(super) fn computed(state: &mut State, first: ViewId, mode: Mode) -> Option<ViewId> {
    let operation = match mode {
        Mode::Difference => Operation::Difference,
        Mode::Ratio => Operation::Ratio,
        Mode::Swipe | Mode::Blink => return None,
    };
    let compare = state.comparisons.iter().find(|one| one.first == first)?;
    let (second, old) = (compare.second, compare.computed);
    let frame = if compare.is_of_one_stack {
        frame_of(&state.views.get(&second)?.view.state())
    } else {
        None
    };
    if let Some((known, view)) = compare.computed
        && known == mode
        && compare.computed_with == frame
    {
        return Some(view);
    }
    let kind = state.views.get(&first)?.view.state();
    let subject = match combined(state, first, (second, frame), operation)? {
        Ok(subject) => subject,
        Err(error) => {
            state.tell_error(error, None);
            set_mode(state, first, Mode::Swipe);
            return None;
        }
    };
    if let Some((_, old)) = old {
        state.views.remove(&old);
        state.history.forget(old);
    }
    let view = state.add_view(subject, &kind.kind)?;
    if let Some(slot) = state.views.get_mut(&view) {
        // Where it is looked at is the same; its range is its own.
        let mut place = slot.view.state();
        place.values.extend(without_range(&kind).values);
        if mode == Mode::Difference && place.values.contains_key(RANGE_MODE) {
            // What is larger in one is red, in the other blue, and what is equal has no colour.
            place.set(RANGE_MODE, "symmetric".into());
            place.set("colour map", DIFFERENCE_COLOURS.into());
            place.set("inverted", Value::Bool(false));
        }
        slot.view.set_state(&place);
        slot.last_state = slot.state();
    }
    let compare = state
        .comparisons
        .iter_mut()
        .find(|one| one.first == first)?;
    compare.computed = Some((mode, view));
    compare.computed_with = frame;
    // Keys and the inspector go on from one computed view to the next.
    if old.is_some_and(|(_, old)| state.active == Some(old)) {
        state.active = Some(view);
    }
    Some(view)
}

fn combined(
    state: &State,
    first: ViewId,
    (second, frame): (ViewId, Option<u64>),
    operation: Operation,
) -> Option<Result<Subject>> {
    let subject = state.views.get(&first)?.view.subject().clone();
    let other = state.views.get(&second)?.view.subject();
    let (one, two) = (Arc::clone(subject.data()?), Arc::clone(other.data()?));
    let data = match frame {
        Some(frame) => Arithmetic::with_frame(one, (two, frame), operation),
        None => Arithmetic::new(one, two, operation),
    };
    Some(data.map(|data| {
        let data = Arc::new(data);
        let words = data.info().stored.clone();
        let mut signal = subject
            .signal
            .clone()
            .unwrap_or_else(|| Signal::bare(Arc::<Arithmetic>::clone(&data), ""));
        signal.data = data;
        signal.errors = None;
        signal.weights = None;
        signal.saturation = None;
        signal.as_stored = None;
        signal.rule = format!("computed: {words}");
        signal.label = format!("{} {} B", signal.label, operation.sign());
        if operation == Operation::Ratio {
            signal.unit.clear();
        }
        Subject {
            signal: Some(signal),
            ..subject
        }
    }))
}

fn set_mode(state: &mut State, first: ViewId, mode: Mode) {
    let compare = state.comparisons.iter_mut().find(|one| one.first == first);
    if let Some(compare) = compare {
        compare.mode = mode;
    }
}

/// Draws the choice of modes and the line; says what of the two is drawn below.
pub(super) fn ui(ui: &mut Ui, compare: &mut Compare) -> Shown {
    ui.horizontal(|ui| {
        ui.add_space(size::PADDING);
        ui.set_max_width(320.0);
        segmented(ui, "How to compare", &mut compare.mode, &MODES);
    });
    let place = ui.available_rect_before_wrap();
    match compare.mode {
        Mode::Swipe => Shown::Both(egui::lerp(place.x_range(), compare.at)),
        Mode::Blink => {
            let time = ui.input(|input| input.time);
            let wait = TURN_SECS - time % TURN_SECS;
            ui.ctx()
                .request_repaint_after(std::time::Duration::from_secs_f64(wait.max(0.01)));
            let is_first = (time / TURN_SECS) % 2.0 < 1.0;
            Shown::One(if is_first {
                compare.first
            } else {
                compare.second
            })
        }
        Mode::Difference | Mode::Ratio => {
            let view = compare.computed.filter(|(mode, _)| *mode == compare.mode);
            Shown::One(view.map_or(compare.first, |(_, view)| view))
        }
    }
}

/// The line between the two, over what they have drawn, and dragged with the pointer.
pub(super) fn line_ui(ui: &Ui, compare: &mut Compare, place: Rect) {
    let at = egui::lerp(place.x_range(), compare.at);
    let handle = Rect::from_x_y_ranges(at - REACH..=at + REACH, place.y_range());
    let id = ui.scope_id().with(("line between", compare.first));
    let response = ui.interact(handle, id, Sense::drag());
    response.widget_info(|| {
        egui::WidgetInfo::slider(true, f64::from(compare.at), "Line between the two views")
    });
    if response.dragged() && place.width() > 0.0 {
        let moved = response.drag_delta().x / place.width();
        compare.at = (compare.at + moved).clamp(0.0, 1.0);
    }
    if response.hovered() || response.dragged() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
    }
    paint_line(ui, place, egui::lerp(place.x_range(), compare.at));
}

fn paint_line(ui: &Ui, place: Rect, at: f32) {
    let tokens = Tokens::of(ui);
    let stroke = egui::Stroke::new(1.5, tokens.accent);
    ui.painter().vline(at, place.y_range(), stroke);
    for (text, align, shift) in [
        ("A", egui::Align2::RIGHT_TOP, -8.0),
        ("B", egui::Align2::LEFT_TOP, 8.0),
    ] {
        let font = hutch_viewers::theme::body();
        let corner = egui::pos2(at + shift, place.top() + 8.0);
        // Behind the letter, so that it is read on any picture.
        let behind = align.anchor_size(corner, egui::vec2(20.0, 20.0));
        ui.painter()
            .rect_filled(behind, size::RADIUS_SMALL, tokens.raised);
        let centre = behind.center();
        let middle = egui::Align2::CENTER_CENTER;
        ui.painter().text(centre, middle, text, font, tokens.accent);
    }
}
