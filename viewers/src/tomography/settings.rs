//! What a person chose for a scan: plain values, the state of the view.

use hutch_analysis::ramp_filter::{Filter, Padding};
use hutch_model::{Scan, Value, ViewState};

/// What a projection shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Counts as they are stored.
    Raw,
    /// Divided by the flat field.
    Transmission,
    /// The minus logarithm of that.
    Absorbance,
}

impl Stage {
    pub(super) const ALL: [(Self, &'static str); 3] = [
        (Self::Raw, "raw"),
        (Self::Transmission, "transmission"),
        (Self::Absorbance, "absorbance"),
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Transmission => "transmission",
            Self::Absorbance => "absorbance",
        }
    }

    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Raw => "raw counts",
            other => other.name(),
        }
    }
}

/// One of the linked panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    Projection,
    Slice,
    Sinogram,
    Volume,
}

impl Pane {
    pub(super) const ALL: [(Self, &'static str); 4] = [
        (Self::Projection, "Projection"),
        (Self::Slice, "Slice"),
        (Self::Sinogram, "Sinogram"),
        (Self::Volume, "Volume"),
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Projection => "Projection",
            Self::Slice => "Slice",
            Self::Sinogram => "Sinogram",
            Self::Volume => "Volume",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, known)| *known == name)
            .map(|(pane, _)| pane)
    }
}

/// What a person chose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settings {
    /// The row of the detector that is reconstructed.
    pub(super) row: u64,
    /// The projection that is shown.
    pub(super) angle: u64,
    /// The rotation axis, once it is known.
    pub(super) axis_px: Option<f64>,
    pub(super) filter: Filter,
    pub(super) padding: Padding,
    pub(super) is_circle: bool,
    pub(super) stage: Stage,
    /// First slice, and one past the last; all of them where it is `None`.
    pub(super) slices: Option<[u64; 2]>,
    /// The pane that was used last.
    pub(super) active: Pane,
    /// The pane that fills the view.
    pub(super) only: Option<Pane>,
}

impl Settings {
    pub(super) fn new(scan: &Scan) -> Self {
        Self {
            row: scan.frame_size.0 / 2,
            angle: 0,
            axis_px: scan.rotation_axis_px.filter(|axis| axis.is_finite()),
            filter: Filter::RamLak,
            padding: Padding::Zero,
            is_circle: true,
            stage: Stage::Absorbance,
            slices: None,
            active: Pane::Projection,
            only: None,
        }
    }

    /// Keeps everything inside the scan.
    pub(super) fn clamp(&mut self, scan: &Scan) {
        let (height, width) = scan.frame_size;
        self.row = self.row.min(height.saturating_sub(1));
        let last = (scan.projections.frames.len() as u64).saturating_sub(1);
        self.angle = self.angle.min(last);
        if let Some(axis) = &mut self.axis_px {
            *axis = axis.clamp(0.0, (width as f64 - 1.0).max(0.0));
        }
        if let Some([first, end]) = &mut self.slices {
            *first = (*first).min(height.saturating_sub(1));
            *end = (*end).clamp(*first + 1, height.max(*first + 1));
        }
    }

    /// Whether the recipe is not the one that the program began with.
    pub(super) fn is_edited(&self, begun: &Self) -> bool {
        self.filter != begun.filter
            || self.padding != begun.padding
            || self.is_circle != begun.is_circle
            || self.slices != begun.slices
            || self.axis_px != begun.axis_px
    }

    pub(super) fn write(&self, state: &mut ViewState) {
        state.set("row", Value::Integer(i128::from(self.row)));
        state.set("projection", Value::Integer(i128::from(self.angle)));
        if let Some(axis) = self.axis_px {
            state.set("rotation axis", Value::Float(axis));
        }
        state.set("filter", self.filter.name().into());
        state.set("padding", padding_name(self.padding).into());
        state.set("circle", Value::Bool(self.is_circle));
        state.set("stage", self.stage.name().into());
        if let Some([first, end]) = self.slices {
            state.set("first slice", Value::Integer(i128::from(first)));
            state.set("end slice", Value::Integer(i128::from(end)));
        }
        state.set("active pane", self.active.name().into());
        state.set("only pane", self.only.map_or("", Pane::name).into());
    }

    pub(super) fn read(&mut self, state: &ViewState) {
        let whole = |name: &str| {
            let value = state.values.get(name).and_then(Value::as_integer);
            value.and_then(|value| u64::try_from(value).ok())
        };
        self.row = whole("row").unwrap_or(self.row);
        self.angle = whole("projection").unwrap_or(self.angle);
        let axis = state.values.get("rotation axis").and_then(Value::as_f64);
        self.axis_px = axis.filter(|axis| axis.is_finite()).or(self.axis_px);
        let filter = state.text("filter", self.filter.name());
        if let Some(filter) = Filter::ALL.into_iter().find(|known| known.name() == filter) {
            self.filter = filter;
        }
        for padding in [Padding::Zero, Padding::Edge] {
            if state.text("padding", "") == padding_name(padding) {
                self.padding = padding;
            }
        }
        self.is_circle = state.flag("circle", self.is_circle);
        for (stage, name) in Stage::ALL {
            if state.text("stage", "") == name {
                self.stage = stage;
            }
        }
        self.slices = whole("first slice")
            .zip(whole("end slice"))
            .map(|(a, b)| [a, b]);
        self.active = Pane::named(state.text("active pane", "")).unwrap_or(self.active);
        self.only = Pane::named(state.text("only pane", ""));
    }
}

pub(super) const fn padding_name(padding: Padding) -> &'static str {
    match padding {
        Padding::Zero => "zero",
        Padding::Edge => "edge",
    }
}

/// Writes a part of the view with names of its own: `slice norm`.
pub(super) fn write_part(state: &mut ViewState, part: &str, write: impl FnOnce(&mut ViewState)) {
    let mut own = ViewState::new(part, 1);
    write(&mut own);
    for (name, value) in own.values {
        state.set(&format!("{part} {name}"), value);
    }
}

/// The values of a part of the view.
pub(super) fn part_of(state: &ViewState, part: &str) -> ViewState {
    let mut own = ViewState::new(part, state.version);
    for (name, value) in &state.values {
        let name = name
            .strip_prefix(part)
            .and_then(|rest| rest.strip_prefix(' '));
        if let Some(name) = name {
            own.set(name, value.clone());
        }
    }
    own
}
