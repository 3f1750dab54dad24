//! The order of the axes that a person chose for a view: which two are the picture, and which its frames are counted along.

use egui::Ui;
use hutch_formats::transposed::{as_the_file_says, in_order, order_of_file, picture_order};
use hutch_model::{COMPUTED, Signal, Value, ViewState};
use hutch_viewers::widgets::{choice_row, folding_heading};
use hutch_viewers::{Shortcut, Subject, ViewId, numbers};

use super::state::{Slot, State};

/// The name of the order in a state: the axes of the stored dataset, slowest first.
pub(crate) const SHOWN_AXES: &str = "shown axes";

/// Writes an order into a state.
pub(crate) fn write(state: &mut ViewState, order: &[usize]) {
    let axes = order.iter().map(|&axis| Value::Integer(axis as i128));
    state.set(SHOWN_AXES, Value::List(axes.collect()));
}

/// The order that a state names; `None` where it is that of the file.
fn read(state: &ViewState) -> Option<Vec<usize>> {
    let items = state.values.get(SHOWN_AXES)?.items();
    items
        .iter()
        .map(|item| usize::try_from(item.as_integer()?).ok())
        .collect()
}

/// The order of the axes of a subject, where somebody chose another than the file says.
pub(super) fn chosen_of(subject: &Subject) -> Option<Vec<usize>> {
    let signal = subject.signal.as_ref()?;
    let order = signal.order();
    (order != order_of(signal)).then_some(order)
}

/// The order of the axes that the file wants.
fn order_of(signal: &Signal) -> Vec<usize> {
    let rank = signal.data.info().shape.len();
    order_of_file(signal).unwrap_or_else(|| (0..rank).collect())
}

impl Slot {
    /// A signal with its axes as they are stored, in the order that this view shows them.
    pub(super) fn in_its_order(&self, stored: Signal) -> Signal {
        let Some(order) = &self.axes else {
            return as_the_file_says(stored);
        };
        match in_order(&stored, order) {
            Ok(turned) => turned,
            // The file has another dataset there by now.
            Err(error) => {
                log::info!("{error}; shown as the file says");
                as_the_file_says(stored)
            }
        }
    }

    /// Takes the order that a state names, for what is shown next.
    pub(super) fn expect_axes(&mut self, state: Option<&ViewState>) {
        self.axes = state.and_then(read);
    }

    /// Writes the order into a state, where a person chose it.
    pub(super) fn write_axes(&self, state: &mut ViewState) {
        if let Some(order) = &self.axes {
            write(state, order);
        }
    }

    /// Shows what it shows with its axes in another order; `None` is that of the file.
    fn show_axes(&mut self, order: Option<Vec<usize>>) {
        let mut subject = self.stored_subject();
        let Some(signal) = &mut subject.signal else {
            return;
        };
        self.axes = order.filter(|order| *order != order_of(signal));
        *signal = self.in_its_order(signal.stored().clone());
        let frame = signal.first_frame(2);
        self.apply_fields(&mut subject);
        self.view.replace_subject(subject);
        // The frames are others, and so is their size.
        let mut state = self.view.state();
        state.set("frame", Value::Integer(i128::from(frame)));
        self.view.set_state(&state);
        self.view.on_shortcut(Shortcut::Fit);
    }

    /// The axes `[y, x]` of the picture, and how many axes there are, where they can be chosen.
    fn picture_axes(&self) -> Option<([usize; 2], usize)> {
        if self.view.state().kind != "image" {
            return None;
        }
        let signal = self.view.subject().signal.as_ref()?;
        let order = signal.order();
        match order.as_slice() {
            [.., y, x] if order.len() > 2 && signal.data.info().layout != COMPUTED => {
                Some(([*y, *x], order.len()))
            }
            _ => None,
        }
    }
}

impl State {
    /// Shows two axes of a view as its picture `[y, x]`.
    pub fn show_picture_of(&mut self, view: ViewId, picture: [usize; 2]) {
        let Some(slot) = self.views.get_mut(&view) else {
            return;
        };
        let order = slot
            .picture_axes()
            .and_then(|(_, rank)| picture_order(rank, picture));
        if let Some(order) = order {
            slot.show_axes(Some(order));
        }
    }

    /// Shows the next two axes of the view that keys go to as its picture.
    pub(super) fn next_picture_axes(&mut self) {
        let slot = self.active.and_then(|id| Some((id, self.views.get(&id)?)));
        let found = slot.and_then(|(id, slot)| Some((id, slot.picture_axes()?)));
        match found {
            Some((id, (now, rank))) => self.show_picture_of(id, next_of(now, rank)),
            None => self.tell("show an image of three axes or more first".to_owned()),
        }
    }

    /// Follows a state to another order of the axes.
    pub(super) fn follow_axes(&mut self, view: ViewId, state: &ViewState) {
        let wanted = read(state);
        if let Some(slot) = self.views.get_mut(&view)
            && wanted != slot.axes
        {
            slot.show_axes(wanted);
        }
    }
}

/// The pair of axes after another: the last two of all first, the first two last.
fn next_of([y, x]: [usize; 2], rank: usize) -> [usize; 2] {
    let (low, high) = (y.min(x), y.max(x));
    if low > 0 {
        [low - 1, high]
    } else if high > 1 {
        [high - 2, high - 1]
    } else {
        [rank - 2, rank - 1]
    }
}

/// Draws which two axes are the picture; says which ones a person chose.
pub(super) fn ui(ui: &mut Ui, slot: &Slot) -> Option<[usize; 2]> {
    let (now, rank) = slot.picture_axes()?;
    let signal = slot.view.subject().signal.as_ref()?.stored();
    // Frames of a detector are looked at as they are stored.
    let opens = signal.geometry.is_none() || slot.view.subject().data()?.transposed().is_some();
    if !folding_heading(ui, "Axes of the picture", "", opens) {
        return None;
    }
    let shape = &signal.data.info().shape;
    let name = |axis: usize| {
        let named = signal.axis(axis).map(|of| format!(" {}", of.label));
        let count = shape.get(axis).copied().unwrap_or(0);
        format!(
            "{axis}{}  ({})",
            named.unwrap_or_default(),
            numbers::count(count)
        )
    };
    let mut picture = now;
    let all: Vec<(usize, String)> = (0..rank).map(|axis| (axis, name(axis))).collect();
    for (place, label) in [(0, "axis downwards"), (1, "axis across")] {
        choice_row(ui, label, &mut picture[place], &all);
    }
    if picture[0] == picture[1] {
        // The other side takes what this one had.
        let changed = usize::from(picture[0] == now[0]);
        picture[1 - changed] = now[changed];
    }
    (picture != now).then_some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_axes_comes_in_turn() {
        let mut seen = vec![[2, 3]];
        for _ in 0..5 {
            seen.push(next_of(seen[seen.len() - 1], 4));
        }
        assert_eq!(seen, [[2, 3], [1, 3], [0, 3], [1, 2], [0, 2], [0, 1]]);
        assert_eq!(next_of([0, 1], 4), [2, 3], "and the first again");
        assert_eq!(next_of([3, 0], 4), [1, 2], "in whatever order they lie");
    }

    #[test]
    fn an_order_comes_back_from_a_state() {
        let mut state = ViewState::new("image", 1);
        assert_eq!(read(&state), None, "that of the file");
        write(&mut state, &[2, 0, 1]);
        assert_eq!(read(&state), Some(vec![2, 0, 1]));
        state.set(SHOWN_AXES, "2, 0".into());
        assert_eq!(read(&state), None, "no list of axes");
    }
}
