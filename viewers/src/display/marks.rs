//! Pixels that have no place in the colour map, and colours of their own.

use hutch_model::{Value, ViewState};
use hutch_render::{Marks, Rgba};

use crate::theme::PixelColours;

/// Why a pixel has a colour of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Masked by the detector.
    Masked,
    /// Missing at its source.
    Missing,
    /// NaN or infinite.
    NotFinite,
    /// At or above what the detector can count.
    Saturated,
    /// Below the range.
    Below,
    /// Above the range.
    Above,
}

impl MarkKind {
    /// All of them, in the order of a legend.
    pub const ALL: [Self; 6] = [
        Self::Masked,
        Self::Missing,
        Self::NotFinite,
        Self::Saturated,
        Self::Below,
        Self::Above,
    ];

    /// Its name for people and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Masked => "masked",
            Self::Missing => "missing",
            Self::NotFinite => "not-a-number",
            Self::Saturated => "saturated",
            Self::Below => "under-range",
            Self::Above => "over-range",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Masked => "mark masked",
            Self::Missing => "mark missing",
            Self::NotFinite => "mark not-a-number",
            Self::Saturated => "mark saturated",
            Self::Below => "mark under-range",
            Self::Above => "mark over-range",
        }
    }
}

/// Which pixels have a colour of their own; the others take that of the
/// background where they have no value, and of the map where they have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkSwitches(u8);

impl Default for MarkSwitches {
    fn default() -> Self {
        let mut switches = Self(0);
        for kind in [
            MarkKind::Masked,
            MarkKind::Missing,
            MarkKind::NotFinite,
            MarkKind::Saturated,
        ] {
            switches.set(kind, true);
        }
        switches
    }
}

impl MarkSwitches {
    /// Whether a kind has its colour.
    pub const fn has(self, kind: MarkKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Gives a kind its colour, or takes it away.
    pub const fn set(&mut self, kind: MarkKind, is_on: bool) {
        if is_on {
            self.0 |= kind.bit();
        } else {
            self.0 &= !kind.bit();
        }
    }

    /// The colours for the pipelines; `behind` is what lies around the frame.
    pub fn colours(self, colours: PixelColours, behind: Rgba) -> Marks {
        let rgba =
            |kind: MarkKind, colour: egui::Color32| self.has(kind).then(|| colour.to_array());
        Marks {
            masked: rgba(MarkKind::Masked, colours.masked).unwrap_or(behind),
            missing: rgba(MarkKind::Missing, colours.missing).unwrap_or(behind),
            not_finite: rgba(MarkKind::NotFinite, colours.not_finite).unwrap_or(behind),
            saturated: rgba(MarkKind::Saturated, colours.saturated),
            below: rgba(MarkKind::Below, colours.below),
            above: rgba(MarkKind::Above, colours.above),
            outside: behind,
        }
    }

    /// Writes what differs from the usual into a state.
    pub(super) fn write(self, state: &mut ViewState) {
        for kind in MarkKind::ALL {
            if self.has(kind) != Self::default().has(kind) {
                state.set(kind.key(), Value::Bool(self.has(kind)));
            }
        }
    }

    /// Takes the values of a state.
    pub(super) fn read(&mut self, state: &ViewState) {
        for kind in MarkKind::ALL {
            self.set(kind, state.flag(kind.key(), Self::default().has(kind)));
        }
    }
}
