//! How samples become colours, and the controls for it.

use egui::Color32;
use hutch_model::{Value, ViewState};
use hutch_render::{ColourMap, ImageDisplay, ImageFromTarget, Marks, Norm, Range};

use crate::prepared::PreparedFrame;
use crate::theme::Tokens;
use crate::widgets::{self, colour_map_line, section_heading, segmented};
use crate::{Shortcut, numbers};

/// Which samples the colours span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeMode {
    /// Smallest to largest of each frame.
    MinMax,
    /// Without 1 % at the dark and 0.2 % at the bright end of each frame.
    Percentile,
    /// Mean plus and minus three standard deviations of each frame.
    Sigma,
    /// The same for every frame.
    Locked,
}

impl RangeMode {
    const ALL: [(Self, &'static str); 4] = [
        (Self::MinMax, "min–max"),
        (Self::Percentile, "1–99.8 %"),
        (Self::Sigma, "3σ"),
        (Self::Locked, "lock"),
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::MinMax => "min-max",
            Self::Percentile => "percentile",
            Self::Sigma => "sigma",
            Self::Locked => "locked",
        }
    }
}

/// How samples become colours: plain values, a part of a view's state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Display {
    /// Which samples the colours span.
    pub mode: RangeMode,
    /// The range, of this frame or locked.
    pub range: Range,
    /// Function within the range.
    pub norm: Norm,
    /// Which colours.
    pub colours: ColourMap,
    /// Runs the colours backwards.
    pub is_inverted: bool,
}

impl Default for Display {
    fn default() -> Self {
        Self {
            mode: RangeMode::Percentile,
            range: Range::new(0.0, 1.0),
            norm: Norm::Linear,
            colours: ColourMap::GRAY,
            is_inverted: false,
        }
    }
}

impl Display {
    /// Takes the range of a new frame, unless it is locked.
    pub fn follow(&mut self, frame: &PreparedFrame) {
        self.range = match self.mode {
            RangeMode::MinMax => frame.min_max,
            RangeMode::Percentile => frame.percentile,
            RangeMode::Sigma => frame.sigma,
            RangeMode::Locked => return,
        };
    }

    /// The range as the norm uses it: positive for a logarithm.
    pub fn shown_range(&self) -> Range {
        if self.norm == Norm::Log {
            self.range.for_log()
        } else {
            self.range
        }
    }

    /// What the pipelines need.
    pub fn image(&self, place: ImageFromTarget, tokens: &Tokens) -> ImageDisplay {
        let rgba = |colour: Color32| colour.to_array();
        ImageDisplay {
            norm: self.norm,
            colour_map: self.colours,
            is_inverted: self.is_inverted,
            marks: Marks {
                outside: rgba(tokens.behind),
                ..Marks::default()
            },
            ..ImageDisplay::new(place, self.range)
        }
    }

    /// Writes the values into a state.
    pub fn write(&self, state: &mut ViewState) {
        state.set("range mode", self.mode.name().into());
        // The range of a frame follows from the frame; only a locked one is
        // something that a person chose.
        if self.mode == RangeMode::Locked {
            state.set("low", Value::Float(self.range.lo));
            state.set("high", Value::Float(self.range.hi));
        }
        state.set("norm", self.norm.name().into());
        state.set("colour map", self.colours.name().into());
        state.set("inverted", Value::Bool(self.is_inverted));
    }

    /// Takes the values of a state.
    pub fn read(&mut self, state: &ViewState) {
        let mode = state.text("range mode", self.mode.name());
        if let Some((mode, _)) = RangeMode::ALL
            .iter()
            .find(|(known, _)| known.name() == mode)
        {
            self.mode = *mode;
        }
        if self.mode == RangeMode::Locked {
            self.range = Range::new(
                state.number("low", self.range.lo),
                state.number("high", self.range.hi),
            );
        }
        if let Some(norm) = Norm::named(state.text("norm", self.norm.name())) {
            self.norm = norm;
        }
        if let Some(map) = ColourMap::named(state.text("colour map", self.colours.name())) {
            self.colours = map;
        }
        self.is_inverted = state.flag("inverted", self.is_inverted);
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
            Shortcut::Fit => return false,
        }
        true
    }

    fn lock(&mut self, range: Range) {
        self.mode = RangeMode::Locked;
        self.range = range;
    }

    /// Draws the controls; the histogram is that of the frame shown.
    pub fn ui(&mut self, ui: &mut egui::Ui, frame: Option<&PreparedFrame>, stage: &str) {
        section_heading(ui, "Display", stage);
        let colours = self.swatch(self.colours);
        if let Some(frame) = frame {
            self.histogram_ui(ui, frame, &colours);
        }
        self.colours_ui(ui);
        ui.add_space(4.0);
        let mut norm = self.norm.name();
        let norms = [
            ("linear", "linear"),
            ("log", "log"),
            ("sqrt", "sqrt"),
            ("asinh", "asinh"),
        ];
        if segmented(ui, "Norm", &mut norm, &norms).changed()
            && let Some(norm) = Norm::named(norm)
        {
            self.norm = norm;
        }
        ui.add_space(4.0);
        segmented(ui, "Range", &mut self.mode, &RangeMode::ALL);
        if let Some(frame) = frame {
            self.follow(frame);
        }
    }

    fn histogram_ui(&mut self, ui: &mut egui::Ui, frame: &PreparedFrame, colours: &[Color32]) {
        let Some(histogram) = &frame.histogram else {
            return;
        };
        let domain = (frame.min_max.lo, frame.min_max.hi);
        let mut range = (self.range.lo, self.range.hi);
        let widget = widgets::Histogram::new(&histogram.counts, domain, colours);
        if widget.show(ui, &mut range).changed() {
            self.lock(Range::new(range.0, range.1));
        }
    }

    fn colours_ui(&mut self, ui: &mut egui::Ui) {
        let all: Vec<(ColourMap, Vec<Color32>)> = ColourMap::all()
            .map(|map| (map, self.swatch(map)))
            .collect();
        let maps: Vec<widgets::ColourMap<'_>> = all
            .iter()
            .map(|(map, colours)| widgets::ColourMap {
                name: map.name(),
                colours,
            })
            .collect();
        let mut selected = all
            .iter()
            .position(|(map, _)| *map == self.colours)
            .unwrap_or_default();
        let range = self.shown_range();
        let low = numbers::float(range.lo, 4);
        let high = numbers::float(range.hi, 4);
        if colour_map_line(ui, &maps, &mut selected, &low, &high).changed()
            && let Some((map, _)) = all.get(selected)
        {
            self.colours = *map;
        }
    }

    fn swatch(&self, map: ColourMap) -> Vec<Color32> {
        (0..64u8)
            .map(|step| {
                let at = f32::from(step) / 63.0;
                let at = if self.is_inverted { 1.0 - at } else { at };
                let [red, green, blue, _] = map.at(at).map(to_byte);
                Color32::from_rgb(red, green, blue)
            })
            .collect()
    }
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
