//! How samples become colours: plain values, a part of a view's state.

mod controls;
mod maps;
mod marks;

pub(crate) use controls::number_row;
pub(crate) use maps::colour_map_ui;
pub use marks::{MarkKind, MarkSwitches};

use egui::Color32;
use hutch_model::{Value, ViewState};
use hutch_render::{ColourMap, Component, ImageDisplay, ImageFromTarget, Norm, Range};

use crate::Shortcut;
use crate::prepared::{PERCENT, PreparedFrame};
use crate::theme::Tokens;

/// The value of a state that says how a range is chosen.
pub const RANGE_MODE: &str = "range mode";
/// All values of a state that belong to the range of one picture.
pub const RANGE_VALUES: [&str; 4] = [RANGE_MODE, "low", "high", "norm"];

/// Which samples the colours span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeMode {
    /// Smallest to largest of each frame.
    MinMax,
    /// Between two shares of the samples of each frame.
    Percentile,
    /// Mean plus and minus some standard deviations of each frame.
    Sigma,
    /// Between two shares of the samples that are on the screen.
    Visible,
    /// As far below zero as above, to the larger of two shares of the samples: for differences.
    Symmetric,
    /// The same for every frame.
    Locked,
}

impl RangeMode {
    /// All of them, in the order in which a person chooses.
    pub const ALL: [Self; 6] = [
        Self::MinMax,
        Self::Percentile,
        Self::Sigma,
        Self::Visible,
        Self::Symmetric,
        Self::Locked,
    ];

    /// Its name in states and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MinMax => "min-max",
            Self::Percentile => "percentile",
            Self::Sigma => "sigma",
            Self::Visible => "visible",
            Self::Symmetric => "symmetric",
            Self::Locked => "locked",
        }
    }

    /// The mode of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// How samples become colours: plain values, a part of a view's state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Display {
    /// Which samples the colours span.
    pub mode: RangeMode,
    /// The range, of this frame or locked.
    pub range: Range,
    /// The shares of the samples for [`RangeMode::Percentile`], [`RangeMode::Visible`]
    /// and [`RangeMode::Symmetric`], in per cent.
    pub percent: [f64; 2],
    /// Standard deviations on both sides of the mean, for [`RangeMode::Sigma`].
    pub sigmas: f64,
    /// Function within the range.
    pub norm: Norm,
    /// Which colours.
    pub colours: ColourMap,
    /// Runs the colours backwards.
    pub is_inverted: bool,
    /// Which part of complex samples.
    pub component: Component,
    /// Which pixels have a colour of their own.
    pub marks: MarkSwitches,
}

impl Default for Display {
    fn default() -> Self {
        Self {
            mode: RangeMode::Percentile,
            range: Range::new(0.0, 1.0),
            percent: PERCENT,
            sigmas: 3.0,
            norm: Norm::Linear,
            colours: ColourMap::GRAY,
            is_inverted: false,
            component: Component::Magnitude,
            marks: MarkSwitches::default(),
        }
    }
}

impl Display {
    /// How frames of a detector open: with a map whose steps everybody tells apart,
    /// which has neither the black nor the grey of what is masked.
    pub fn of_frames() -> Self {
        Self {
            colours: ColourMap::VIRIDIS,
            ..Self::default()
        }
    }

    /// Takes the range of a new frame where it is known without another pass over
    /// its samples; whether it is.
    pub fn follow(&mut self, frame: &PreparedFrame) -> bool {
        self.range = match self.mode {
            RangeMode::MinMax => frame.min_max,
            RangeMode::Percentile if self.has_usual_percent() => frame.percentile,
            RangeMode::Sigma => frame.moments.sigma_range(self.sigmas),
            RangeMode::Locked => return true,
            RangeMode::Symmetric if self.has_usual_percent() => about_zero(frame.percentile),
            RangeMode::Percentile | RangeMode::Visible | RangeMode::Symmetric => return false,
        };
        true
    }

    /// Takes the range between the shares of the samples, once it is known.
    pub fn take_percentiles(&mut self, range: Range) {
        self.range = if self.mode == RangeMode::Symmetric {
            about_zero(range)
        } else {
            range
        };
    }

    fn has_usual_percent(&self) -> bool {
        let apart = (self.percent[0] - PERCENT[0]).abs() + (self.percent[1] - PERCENT[1]).abs();
        apart < 1e-9
    }

    /// The range as the norm uses it: positive for a logarithm.
    pub fn shown_range(&self) -> Range {
        if self.norm == Norm::Log {
            self.range.for_log()
        } else {
            self.range
        }
    }

    /// What the pipelines need to show a frame.
    pub fn image(
        &self,
        place: ImageFromTarget,
        tokens: &Tokens,
        frame: &PreparedFrame,
    ) -> ImageDisplay {
        let [red, green, blue, alpha] = tokens.behind.to_array();
        ImageDisplay {
            norm: self.norm,
            colour_map: self.colours,
            is_inverted: self.is_inverted,
            component: self.component,
            saturation: frame.saturation,
            marks: self.marks.colours(tokens.marks, [red, green, blue, alpha]),
            ..ImageDisplay::new(place, self.range)
        }
    }

    /// Writes the values into a state.
    pub fn write(&self, state: &mut ViewState) {
        state.set(RANGE_MODE, self.mode.name().into());
        // The range of a frame follows from the frame; only a locked one is
        // something that a person chose.
        if self.mode == RangeMode::Locked {
            state.set("low", Value::Float(self.range.lo));
            state.set("high", Value::Float(self.range.hi));
        }
        state.set("percent low", Value::Float(self.percent[0]));
        state.set("percent high", Value::Float(self.percent[1]));
        state.set("sigmas", Value::Float(self.sigmas));
        state.set("norm", self.norm.name().into());
        if let Some((name, value)) = self.norm.parameter() {
            state.set(name, Value::Float(f64::from(value)));
        }
        state.set("colour map", self.colours.name().into());
        state.set("inverted", Value::Bool(self.is_inverted));
        if self.component != Component::Magnitude {
            state.set("component", self.component.name().into());
        }
        self.marks.write(state);
    }

    /// Takes the values of a state.
    pub fn read(&mut self, state: &ViewState) {
        if let Some(mode) = RangeMode::named(state.text(RANGE_MODE, self.mode.name())) {
            self.mode = mode;
        }
        if self.mode == RangeMode::Locked {
            self.range = Range::new(
                state.number("low", self.range.lo),
                state.number("high", self.range.hi),
            );
        }
        let percent = [
            state.number("percent low", self.percent[0]),
            state.number("percent high", self.percent[1]),
        ];
        if (0.0..percent[1]).contains(&percent[0]) && percent[1] <= 100.0 {
            self.percent = percent;
        }
        let sigmas = state.number("sigmas", self.sigmas);
        if sigmas > 0.0 && sigmas.is_finite() {
            self.sigmas = sigmas;
        }
        if let Some(norm) = Norm::named(state.text("norm", self.norm.name())) {
            self.set_norm(norm);
        }
        if let Some((name, value)) = self.norm.parameter() {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the shader computes in f32"
            )]
            let value = state.number(name, f64::from(value)) as f32;
            self.norm = self.norm.with_parameter(value);
        }
        if let Some(map) = ColourMap::named(state.text("colour map", self.colours.name())) {
            self.colours = map;
        }
        self.is_inverted = state.flag("inverted", self.is_inverted);
        let component = state.text("component", Component::Magnitude.name());
        self.component = Component::named(component).unwrap_or_default();
        self.marks.read(state);
    }

    /// Takes a norm; the parameter of the same norm stays.
    fn set_norm(&mut self, norm: Norm) {
        if norm.name() != self.norm.name() {
            self.norm = norm;
        }
    }

    /// A key was pressed; says whether it was one of the display.
    pub fn on_shortcut(&mut self, shortcut: Shortcut) -> bool {
        let span = self.range.hi - self.range.lo;
        match shortcut {
            Shortcut::ToggleLog => {
                self.norm = if self.norm == Norm::Log {
                    Norm::Linear
                } else {
                    Norm::Log
                };
            }
            Shortcut::RangeDown => self.lock(Range::new(self.range.lo, self.range.hi - 0.1 * span)),
            Shortcut::RangeUp => self.lock(Range::new(self.range.lo, self.range.hi + 0.1 * span)),
            _ => return false,
        }
        true
    }

    fn lock(&mut self, range: Range) {
        self.mode = RangeMode::Locked;
        self.range = range;
    }

    /// The colours from low to high, for a bar.
    fn swatch(&self) -> Vec<Color32> {
        swatch(self.colours, self.is_inverted)
    }
}

/// The range as far below zero as above that holds another one; where all is zero, zero lies in its middle all the same.
fn about_zero(range: Range) -> Range {
    let reach = range.lo.abs().max(range.hi.abs());
    let reach = if reach > 0.0 { reach } else { 1.0 };
    Range::new(-reach, reach)
}

/// A colour map as a row of colours, for a bar.
pub(crate) fn swatch(map: ColourMap, is_inverted: bool) -> Vec<Color32> {
    (0..64u8)
        .map(|step| {
            let at = f32::from(step) / 63.0;
            let at = if is_inverted { 1.0 - at } else { at };
            let [red, green, blue, _] = map.at(at).map(to_byte);
            Color32::from_rgb(red, green, blue)
        })
        .collect()
}

fn to_byte(part: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a byte"
    )]
    let byte = (part.clamp(0.0, 1.0) * 255.0).round() as u8;
    byte
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_chose_comes_back_from_the_state() {
        let mut chosen = Display {
            mode: RangeMode::Visible,
            percent: [0.5, 99.0],
            sigmas: 2.5,
            norm: Norm::Gamma { exponent: 0.75 },
            colours: ColourMap::INFERNO,
            is_inverted: true,
            component: Component::Phase,
            ..Display::default()
        };
        chosen.marks.set(MarkKind::Below, true);
        chosen.marks.set(MarkKind::Saturated, false);
        let mut state = ViewState::new("image", 1);
        chosen.write(&mut state);
        let mut found = Display::default();
        found.read(&state);
        assert_eq!(found, chosen, "every choice comes back");
    }

    #[test]
    fn a_symmetric_range_reaches_as_far_below_zero_as_above() {
        let mut display = Display {
            mode: RangeMode::Symmetric,
            ..Display::default()
        };
        display.take_percentiles(Range::new(-2.0, 7.5));
        assert_eq!(display.range, Range::new(-7.5, 7.5));
        display.take_percentiles(Range::new(3.0, 4.0));
        assert_eq!(
            display.range,
            Range::new(-4.0, 4.0),
            "zero is in the middle"
        );
        display.mode = RangeMode::Percentile;
        display.take_percentiles(Range::new(3.0, 4.0));
        assert_eq!(display.range, Range::new(3.0, 4.0));
    }

    #[test]
    fn a_state_that_makes_no_sense_changes_nothing() {
        let mut state = ViewState::new("image", 1);
        state.set("range mode", "sideways".into());
        state.set("percent low", Value::Float(80.0));
        state.set("percent high", Value::Float(20.0));
        state.set("sigmas", Value::Float(f64::NAN));
        state.set("norm", "gamma".into());
        state.set("exponent", Value::Float(-1.0));
        let mut found = Display::default();
        found.read(&state);
        let expected = Display {
            norm: Norm::Gamma { exponent: 0.5 },
            ..Display::default()
        };
        assert_eq!(found, expected, "only the norm can be taken");
    }
}
