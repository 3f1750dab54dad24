//! Two views in one place: side by side at a line that is dragged, in turn, or as one number of both.

use std::sync::Arc;

use egui::{Rect, Sense, Ui};
use hutch_formats::arithmetic::{Arithmetic, Measured, Operation, Part, errors_of};
use hutch_model::{Dataset as _, Error, ErrorKind, Result, Signal, Value, ViewState};
use hutch_viewers::display::RANGE_MODE;
use hutch_viewers::theme::{Tokens, size};
use hutch_viewers::widgets::segmented;
use hutch_viewers::{Subject, ViewId};

use super::linked::{Links, part_of, without_content, without_part, without_range};
use super::state::{Pane, State};

/// Seconds that each of two is shown when they are shown in turn.
const TURN_SECS: f64 = 0.5;
/// Kinds of views that show one part of a stack, and how many axes it has.
const KINDS: [(&str, usize); 2] = [("image", 2), ("curve", 1)];
/// The colour map of differences.
const DIFFERENCE_COLOURS: &str = "vik";
/// Points of curves that are so near, as a share of the whole axis, are at one place.
const SAME_PLACE: f64 = 1e-7;
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
    /// Two frames or lines of one stack: the second stays where it is while the first goes through the stack.
    pub is_of_one_stack: bool,
    /// The part of the second that the computed view was made with, where that is one of the same stack.
    pub computed_with: Option<Part>,
}

impl Compare {
    /// Whether a frame or a line that one view goes to is none for the other.
    pub(super) fn keeps_parts_apart(&self, from: ViewId, to: ViewId) -> bool {
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
    let is_of_one_stack = are_of_one_stack(state, first, second);
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

/// Whether two views show different frames or lines of the same data.
fn are_of_one_stack(state: &State, first: ViewId, second: ViewId) -> bool {
    let shown = |id: ViewId| {
        let view = &state.views.get(&id)?.view;
        let origin = view.subject().data()?.origin().clone();
        Some((origin, shown_part(&view.state())?))
    };
    let (one, other) = (shown(first), shown(second));
    one.zip(other)
        .is_some_and(|((one, part), (other, other_part))| one == other && part != other_part)
}

/// Which frame or line a view shows.
fn shown_part(state: &ViewState) -> Option<Part> {
    let (_, rank) = KINDS.into_iter().find(|(kind, _)| *kind == state.kind)?;
    let index = part_of(state)?;
    Some(Part { rank, index })
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
            let Some(own) = own else { continue };
            // What is not said is as usual, so that nothing of its own place and range is left but what it draws.
            let drops = |state: &ViewState| {
                let rest = without_content(state);
                if is_of_one_stack {
                    without_part(&rest)
                } else {
                    rest
                }
            };
            let mut wanted = drops(&shared);
            let kept = drops(&own);
            let own = own.values.into_iter();
            wanted
                .values
                .extend(own.filter(|(name, _)| !kept.values.contains_key(name)));
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
    let part = if compare.is_of_one_stack {
        shown_part(&state.views.get(&second)?.view.state())
    } else {
        None
    };
    if let Some((known, view)) = compare.computed
        && known == mode
        && compare.computed_with == part
    {
        return Some(view);
    }
    let kind = state.views.get(&first)?.view.state();
    let subject = match combined(state, first, (second, part), operation)? {
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
        place
            .values
            .extend(without_content(&without_range(&kind)).values);
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
    compare.computed_with = part;
    // Keys and the inspector go on from one computed view to the next.
    if old.is_some_and(|(_, old)| state.active == Some(old)) {
        state.active = Some(view);
    }
    Some(view)
}

/// Refuses two curves whose points lie at other places: their values are combined one by one.
fn same_places(state: &State, first: ViewId, second: ViewId) -> Result<()> {
    let curve = |id: ViewId| {
        let plotted = state.views.get(&id)?.view.curves()?;
        Some(plotted.curves.into_iter().next()?.numbers)
    };
    let (Some(one), Some(other)) = (curve(first), curve(second)) else {
        return Ok(());
    };
    let (one, other) = (one.x(), other.x());
    let ends = one.first().zip(one.last());
    let wide = ends.map_or(0.0, |(from, to)| (to - from).abs());
    let is_same = |(one, other): (&f64, &f64)| {
        // Also where both are no number.
        one.to_bits() == other.to_bits() || (one - other).abs() <= wide * SAME_PLACE
    };
    if one.len() == other.len() && one.iter().zip(other).all(is_same) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Shape,
        "compare two curves",
        "their points do not lie at the same places; add one to the curves of the other (Ctrl Shift A), \
         and choose \"Compute\", \"minus\" or \"divided by\", which interpolate",
    ))
}

fn combined(
    state: &State,
    first: ViewId,
    (second, part): (ViewId, Option<Part>),
    operation: Operation,
) -> Option<Result<Subject>> {
    let subject = state.views.get(&first)?.view.subject().clone();
    let other = state.views.get(&second)?.view.subject();
    let (one, two) = (Arc::clone(subject.data()?), Arc::clone(other.data()?));
    let same = same_places(state, first, second);
    let measured = |of: &Subject| {
        Some(Measured {
            values: Arc::clone(of.data()?),
            errors: of.signal.as_ref().and_then(|signal| signal.errors.clone()),
        })
    };
    let both = (measured(&subject)?, measured(other)?);
    let data = same.and_then(|()| {
        let data = match part {
            Some(part) => Arithmetic::with_part(one, (two, part), operation),
            None => Arithmetic::new(one, two, operation),
        };
        Ok((data?, errors_of(&both.0, (&both.1, part), operation)?))
    });
    Some(data.map(|(data, errors)| {
        let data = Arc::new(data);
        let words = data.info().stored.clone();
        let mut signal = subject
            .signal
            .clone()
            .unwrap_or_else(|| Signal::bare(Arc::<Arithmetic>::clone(&data), ""));
        signal.data = data;
        signal.errors = errors;
        signal.auxiliary = Vec::new();
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
    let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 4));
    frame.show(ui, |ui| {
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
