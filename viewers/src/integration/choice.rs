//! What a person chose to integrate, as plain values of a view's state.

use hutch_analysis::integrate::{Choice, Corrections, Split, Unit};
use hutch_model::{Value, ViewState};

/// What a frame becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    #[default]
    Off,
    /// A pattern over the radius.
    Pattern,
    /// A picture over radius and azimuth.
    Cake,
}

impl Kind {
    /// Every kind, and its name in states and for people.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Off, "off"),
        (Self::Pattern, "pattern"),
        (Self::Cake, "cake"),
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Pattern => "pattern",
            Self::Cake => "cake",
        }
    }
}

/// What is integrated, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// What a frame becomes.
    pub kind: Kind,
    /// The quantity along the radial axis.
    pub unit: Unit,
    /// Bins along it.
    pub points: usize,
    /// Bins along the azimuth of a cake.
    pub azimuth_points: usize,
    /// How pixels are shared between bins.
    pub split: Split,
    /// Range of the radial axis in its unit; that of the pixels where there is none.
    pub range: Option<[f64; 2]>,
    /// Whether counts are divided by the solid angle of pixels.
    pub corrects_solid_angle: bool,
    /// Polarisation of the beam, from -1 to 1; no correction where there is none.
    pub polarization: Option<f64>,
    /// Whether all frames of the stack are integrated.
    pub all_frames: bool,
}

impl Default for Chosen {
    fn default() -> Self {
        Self {
            kind: Kind::Off,
            unit: Unit::QPerNm,
            points: 1000,
            azimuth_points: 180,
            split: Split::BBox,
            range: None,
            corrects_solid_angle: true,
            polarization: None,
            all_frames: false,
        }
    }
}

impl Chosen {
    /// The bins.
    pub const fn choice(&self) -> Choice {
        Choice {
            unit: self.unit,
            points: self.points,
            azimuth_points: match self.kind {
                Kind::Cake => Some(self.azimuth_points),
                Kind::Off | Kind::Pattern => None,
            },
            radial_range: self.range,
            azimuth_range: None,
            split: self.split,
        }
    }

    /// The patterns of all frames, or of the one that is shown; they are shown where nothing was integrated.
    pub const fn toggle_all(&mut self) {
        if matches!(self.kind, Kind::Off) {
            self.kind = Kind::Pattern;
            self.all_frames = true;
        } else {
            self.all_frames = !self.all_frames;
        }
    }

    /// What counts are divided by.
    pub fn corrections(&self) -> Corrections {
        Corrections {
            ignores_solid_angle: !self.corrects_solid_angle,
            polarization: self.polarization,
            ..Corrections::default()
        }
    }

    /// The same as a pattern, of which a stack is made.
    pub(super) fn as_pattern(&self) -> Self {
        Self {
            kind: Kind::Pattern,
            all_frames: false,
            ..self.clone()
        }
    }

    /// Writes it into a state; what is as usual is left out.
    pub fn write(&self, state: &mut ViewState) {
        let usual = Self::default();
        let mut set = |name: &str, is_usual: bool, value: Value| {
            if !is_usual {
                state.set(name, value);
            }
        };
        let text = |text: &str| Value::Text(text.to_owned());
        let whole = |count: usize| Value::Integer(count as i128);
        // Its absence says nothing: other views hand on what they know.
        set(KIND, false, text(self.kind.name()));
        set(UNIT, self.unit == usual.unit, text(self.unit.name()));
        set(POINTS, self.points == usual.points, whole(self.points));
        let around = self.azimuth_points;
        set(AROUND, around == usual.azimuth_points, whole(around));
        set(SPLIT, self.split == usual.split, text(self.split.name()));
        let range = self.range.unwrap_or_default().map(Value::Float).to_vec();
        set(RANGE, self.range.is_none(), Value::List(range));
        let solid = self.corrects_solid_angle;
        set(SOLID_ANGLE, solid, Value::Bool(solid));
        let of_beam = self.polarization.unwrap_or_default();
        let is_none = self.polarization.is_none();
        set(POLARIZATION, is_none, Value::Float(of_beam));
        set(ALL, !self.all_frames, Value::Bool(self.all_frames));
    }

    /// What a state says; `None` where it says nothing of it.
    pub fn of(state: &ViewState) -> Option<Self> {
        state.values.contains_key(KIND).then(|| Self::read(state))
    }

    fn read(state: &ViewState) -> Self {
        let usual = Self::default();
        let count = |name: &str, usual: usize| {
            let value = state.values.get(name).and_then(Value::as_integer);
            let value = value.and_then(|value| usize::try_from(value).ok());
            value.unwrap_or(usual).clamp(1, POINTS_MAX)
        };
        let kind = state.text(KIND, "off");
        let kind = Kind::ALL.into_iter().find(|(_, name)| *name == kind);
        let range = match state.values.get(RANGE) {
            Some(Value::List(ends)) => match ends.as_slice() {
                [low, high] => low
                    .as_f64()
                    .zip(high.as_f64())
                    .map(|(low, high)| [low, high]),
                _ => None,
            },
            _ => None,
        };
        let polarization = state.values.get(POLARIZATION).and_then(Value::as_f64);
        Self {
            kind: kind.map_or(Kind::Off, |(kind, _)| kind),
            unit: state.text(UNIT, "").parse().unwrap_or(usual.unit),
            points: count(POINTS, usual.points),
            azimuth_points: count(AROUND, usual.azimuth_points),
            split: state.text(SPLIT, "").parse().unwrap_or(usual.split),
            range,
            corrects_solid_angle: state.flag(SOLID_ANGLE, true),
            polarization,
            all_frames: state.flag(ALL, false),
        }
    }
}

/// Bins along an axis at most.
pub(super) const POINTS_MAX: usize = 20_000;

const KIND: &str = "integrate";
const UNIT: &str = "integrate unit";
const POINTS: &str = "integrate points";
const AROUND: &str = "integrate azimuth points";
const SPLIT: &str = "integrate split";
const RANGE: &str = "integrate range";
const SOLID_ANGLE: &str = "integrate solid angle";
const POLARIZATION: &str = "integrate polarization";
const ALL: &str = "integrate all frames";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_all_frames_are_shown_where_nothing_was_integrated() {
        let mut chosen = Chosen::default();
        chosen.toggle_all();
        assert!(chosen.kind == Kind::Pattern && chosen.all_frames);
        chosen.toggle_all();
        assert!(chosen.kind == Kind::Pattern && !chosen.all_frames);
        let mut off_for_later = Chosen {
            all_frames: true,
            ..Chosen::default()
        };
        off_for_later.toggle_all();
        assert!(off_for_later.kind == Kind::Pattern && off_for_later.all_frames);
    }

    #[test]
    fn a_choice_is_kept_with_the_view() {
        let chosen = Chosen {
            kind: Kind::Cake,
            unit: Unit::TwoThetaDeg,
            points: 321,
            azimuth_points: 90,
            split: Split::Full,
            range: Some([1.5, 20.0]),
            corrects_solid_angle: false,
            polarization: Some(0.99),
            all_frames: true,
        };
        let mut state = ViewState::new("image", 1);
        chosen.write(&mut state);
        assert_eq!(Chosen::of(&state), Some(chosen));
        assert_eq!(Chosen::of(&ViewState::new("image", 1)), None);
        let mut usual = ViewState::new("image", 1);
        Chosen::default().write(&mut usual);
        assert_eq!(usual.values.len(), 1, "what is usual needs no words");
        assert_eq!(Chosen::of(&usual), Some(Chosen::default()));
    }
}
