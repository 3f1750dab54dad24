//! How far the axes of a plot reach: as far as what it shows, or as far as a person chose.
//!
//! egui's plot keeps that in its own memory, where no session, link or undo finds it. Here it is part of the state of
//! a view: every pass sets it, and what a pointer moved is read back.

use egui::{Id, Pos2, Rect, Ui, Vec2, vec2};
use egui_plot::{PlotMemory, PlotResponse, PlotUi};
use hutch_model::{Value, ViewState};

/// The limits along x and along y, in the state of a view.
const NAMES: [&str; 2] = ["x limits", "y limits"];
/// Values beyond this have no place in a plot: spans of them, and what is computed of spans, are no numbers any more.
pub(crate) const LARGEST: f64 = 1e150;
/// Limits are at least this share of their distance from zero apart: numbers have sixteen digits.
const NARROWEST: f64 = 1e-11;
/// How much of a step of the wheel is one zoom, as in images.
const WHEEL: f32 = 0.004;

/// From and to along x and along y in the space of a plot; none is as far as what is shown.
pub(crate) type Plotted = [Option<[f64; 2]>; 2];

/// From and to along x and along y, in numbers of the axes; none is as far as what is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Limits(pub(crate) [Option<[f64; 2]>; 2]);

impl Limits {
    /// What a state says.
    pub(crate) fn read(state: &ViewState) -> Self {
        Self(NAMES.map(|name| ends_of(state.values.get(name)?)))
    }

    /// What [`Limits::value`] made.
    pub(crate) fn of_value(value: &Value) -> Self {
        Self([0, 1].map(|along| ends_of(value.items().get(along)?)))
    }

    /// Both in a list.
    pub(crate) fn value(&self) -> Value {
        Value::List(self.0.map(value_of).to_vec())
    }

    /// Writes both into a state, an empty list where there is none, so that linked views lose theirs as well.
    pub(crate) fn write(&self, state: &mut ViewState) {
        for (name, ends) in NAMES.into_iter().zip(self.0) {
            state.set(name, value_of(ends));
        }
    }

    /// The limits in the space of a plot whose axes are logarithmic or not; those that have no logarithm are none.
    pub(crate) fn plotted(&self, logs: [bool; 2]) -> Plotted {
        [0, 1].map(|along| {
            let ends = self.0[along]?.map(|end| if logs[along] { end.log10() } else { end });
            is_wide(ends).then_some(ends)
        })
    }

    /// Limits in the space of a plot, as numbers of the axes.
    pub(crate) fn of(plotted: Plotted, logs: [bool; 2]) -> Self {
        Self([0, 1].map(|along| {
            let ends = plotted[along]?;
            Some(ends.map(|end| if logs[along] { 10f64.powf(end) } else { end }))
        }))
    }
}

fn value_of(ends: Option<[f64; 2]>) -> Value {
    let ends = ends.map(|ends| ends.map(Value::Float).to_vec());
    Value::List(ends.unwrap_or_default())
}

fn ends_of(value: &Value) -> Option<[f64; 2]> {
    let ends = value.items();
    let ends = [ends.first()?.as_f64()?, ends.get(1)?.as_f64()?];
    is_wide(ends).then_some(ends)
}

/// Whether a plot can reach from the first to the second.
fn is_wide([from, to]: [f64; 2]) -> bool {
    let far = from.abs().max(to.abs());
    // Not so where one of them is no number.
    far <= LARGEST && to - from > far * NARROWEST
}

/// The pointer over a plot and its axes, as one pass finds it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wheel {
    at: Option<Pos2>,
    turned: f32,
}

impl Wheel {
    /// What a person turns over a plot in a place; nothing where something else lies above it.
    pub(crate) fn over(ui: &Ui, place: Rect) -> Self {
        let at = ui.input(|input| input.pointer.hover_pos());
        Self {
            at: at.filter(|_| ui.rect_contains_pointer(place)),
            turned: ui.input(|input| input.smooth_scroll_delta().y),
        }
    }

    /// How much that zooms along x and along y: along both in the plot, along one over its axis.
    fn factor(self, frame: Rect) -> Option<(Vec2, Pos2)> {
        let at = self.at.filter(|_| self.turned.abs() > 0.01)?;
        let factor = (self.turned * WHEEL).exp();
        let is_beside = !frame.x_range().contains(at.x);
        let is_below = !frame.y_range().contains(at.y);
        let part = |is_other: bool| if is_other { 1.0 } else { factor };
        (!(is_beside && is_below)).then(|| (vec2(part(is_beside), part(is_below)), at))
    }
}

/// Sets the limits of a pass; the wheel zooms about the pointer.
pub(crate) fn set(plot: &mut PlotUi<'_>, limits: Plotted, wheel: Wheel) {
    plot.set_auto_bounds(limits.map(|ends| ends.is_none()));
    if let Some([from, to]) = limits[0] {
        plot.set_plot_bounds_x(from..=to);
    }
    if let Some([from, to]) = limits[1] {
        plot.set_plot_bounds_y(from..=to);
    }
    let frame = *plot.transform().frame();
    if let Some((factor, at)) = wheel.factor(frame) {
        let centre = plot.plot_from_screen(at);
        plot.zoom_bounds(factor, centre);
    }
}

/// The limits after a pass that had `before`, where a person moved them; a double click shows all again.
pub(crate) fn moved<R>(
    ui: &Ui,
    id: Id,
    answer: &PlotResponse<R>,
    before: Plotted,
) -> Option<Plotted> {
    let memory = PlotMemory::load(ui.ctx(), id)?;
    let bounds = answer.transform.bounds();
    let after = [0, 1].map(|along| [bounds.min()[along], bounds.max()[along]]);
    let old = note(ui, id, after);
    if answer.response.double_clicked() {
        return (before != [None; 2]).then_some([None; 2]);
    }
    let limits = [0, 1].map(|along| match before[along] {
        // What was set comes back as it is.
        Some(ends) if bits(ends) == bits(after[along]) => Some(ends),
        None if memory.auto_bounds[along] || is_near(old?[along], after[along]) => None,
        _ => Some(after[along]),
    });
    let is_possible = limits.into_iter().flatten().all(is_wide);
    (is_possible && limits != before).then_some(limits)
}

/// Notes how far the axes of a plot reach, and says how far they did in the pass before.
fn note(ui: &Ui, id: Id, ends: [[f64; 2]; 2]) -> Option<[[f64; 2]; 2]> {
    let key = Id::unique(("limits", id));
    let old = ui.data_mut(|data| data.get_temp::<[[f64; 2]; 2]>(key));
    if old.map(|old| old.map(bits)) != Some(ends.map(bits)) {
        // The room of the numbers beside an axis is that of the pass before.
        ui.data_mut(|data| data.insert_temp(key, ends));
        ui.ctx().request_repaint();
    }
    old
}

fn bits(ends: [f64; 2]) -> [u64; 2] {
    ends.map(f64::to_bits)
}

/// Whether an axis stayed where it was, but for the rounding of a zoom along the other one.
fn is_near(one: [f64; 2], other: [f64; 2]) -> bool {
    let far = 1e-9 * (one[1] - one[0]).abs();
    (one[0] - other[0]).abs() <= far && (one[1] - other[1]).abs() <= far
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_they_were_written() {
        for limits in [
            Limits::default(),
            Limits([Some([-1.5, 2.0]), None]),
            Limits([Some([1e-9, 2e-9]), Some([-1e5, -1.0])]),
        ] {
            let mut state = ViewState::new("curve", 1);
            limits.write(&mut state);
            assert_eq!(Limits::read(&state), limits);
            assert_eq!(Limits::of_value(&limits.value()), limits);
        }
        assert_eq!(Limits::read(&ViewState::new("curve", 1)), Limits::default());
    }

    #[test]
    fn limits_that_no_plot_has_are_none() {
        for bad in [
            [2.0, 1.0],
            [1.0, 1.0],
            [1.0, f64::NAN],
            [f64::NEG_INFINITY, 0.0],
            [0.0, 1e300],
            [1.0, 1.0 + 1e-15],
        ] {
            let mut state = ViewState::new("curve", 1);
            state.set("x limits", Value::List(bad.map(Value::Float).to_vec()));
            assert_eq!(Limits::read(&state), Limits::default(), "{bad:?}");
        }
        let mut state = ViewState::new("curve", 1);
        state.set("y limits", "far".into());
        assert_eq!(Limits::read(&state), Limits::default());
    }

    #[test]
    fn a_logarithmic_axis_has_no_limits_below_zero() {
        let limits = Limits([Some([-1.0, 100.0]), Some([0.01, 100.0])]);
        assert_eq!(limits.plotted([true, true]), [None, Some([-2.0, 2.0])]);
        assert_eq!(limits.plotted([false, false]), limits.0);
        let back = Limits::of([Some([-2.0, 2.0]), None], [true, false]);
        assert_eq!(back, Limits([Some([0.01, 100.0]), None]));
    }

    #[test]
    fn the_wheel_zooms_along_the_axis_that_it_is_over() {
        let frame = Rect::from_min_max(egui::pos2(40.0, 0.0), egui::pos2(200.0, 100.0));
        let factor = |x: f32, y: f32, turned: f32| {
            let wheel = Wheel {
                at: Some(egui::pos2(x, y)),
                turned,
            };
            wheel.factor(frame).map(|(factor, _)| factor)
        };
        let nearer = 0.4f32.exp();
        assert_eq!(factor(100.0, 50.0, 100.0), Some(Vec2::splat(nearer)));
        assert_eq!(factor(10.0, 50.0, 100.0), Some(vec2(1.0, nearer)), "y");
        assert_eq!(factor(100.0, 110.0, 100.0), Some(vec2(nearer, 1.0)), "x");
        assert_eq!(factor(10.0, 110.0, 100.0), None, "the corner is of neither");
        assert_eq!(factor(100.0, 50.0, 0.0), None);
    }
}
