//! The profile of the region that is selected, as a plot under the frame.

use std::sync::Arc;

use hutch_analysis::reduce::Options;
use hutch_analysis::region::{Along, Frame, Profile, Region, Shape};
use hutch_model::{Cancel, Result, Value, ViewState};

use super::ground::Ground;
use super::latest::Latest;
use super::measured::FrameId;
use crate::Resident;
use crate::plot_strip::{PlotStrip, StripCurve, StripPlot};
use crate::prepared::sentinels;

/// The name of the plot.
pub(super) const PLOT: &str = "Profile";

/// Along what a profile is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum What {
    /// There is none.
    #[default]
    Nothing,
    /// Along a line; column by column and row by row for all else.
    Along,
    /// Around the centre of the shape, ring by ring.
    Radius,
    /// Around the centre of the shape, degree by degree.
    Angle,
}

impl What {
    pub(super) const ALL: [(Self, &'static str); 4] = [
        (Self::Nothing, "off"),
        (Self::Along, "x, y"),
        (Self::Radius, "radius"),
        (Self::Angle, "angle"),
    ];

    /// Those that a shape has.
    pub(super) fn of(shape: &Shape) -> &'static [(Self, &'static str)] {
        const LINE: [(What, &str); 2] = [(What::Nothing, "off"), (What::Along, "along")];
        match shape {
            Shape::Line(..) | Shape::Band(_) => &LINE,
            _ if shape.centre().is_some() => &Self::ALL,
            _ => &Self::ALL[..2],
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "off",
            Self::Along => "along",
            Self::Radius => "radius",
            Self::Angle => "angle",
        }
    }
}

/// What the frame says of its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Units {
    /// The unit of the values, or what they are where they have none.
    pub values: String,
    /// Millimetres for each pixel `[x, y]`, where that is known.
    pub pixel_mm: Option<[f64; 2]>,
}

type Wish = (FrameId, [u64; 2], Region, usize, What, [Option<f64>; 2]);

/// The profile of one region, made on the pool.
#[derive(Default)]
pub(super) struct Profiles {
    pub(super) what: What,
    /// Which region was selected last: its profile stays when it is let go.
    pub(super) of: Option<usize>,
    /// Whether distances are millimetres, where they can be.
    pub(super) is_physical: bool,
    latest: Latest<Wish, Arc<StripPlot>>,
}

impl Profiles {
    /// Puts the profile of a region into the strip; takes it away where there is none.
    pub(super) fn step(
        &mut self,
        resident: &mut dyn Resident,
        strip: &mut PlotStrip,
        selected: Option<(usize, &Region, &Ground)>,
        (units, source): (&Units, &str),
    ) {
        let Some((index, region, ground)) = selected.filter(|_| self.what != What::Nothing) else {
            strip.remove(PLOT);
            return;
        };
        let is_known = What::of(&region.shape)
            .iter()
            .any(|(what, _)| *what == self.what);
        let what = if is_known { self.what } else { What::Along };
        let size_mm = units.pixel_mm.filter(|_| self.is_physical);
        let sizes = [size_mm.map(|size| size[0]), size_mm.map(|size| size[1])];
        let frame = FrameId::of(&ground.frame);
        let wish = (frame, ground.first, region.clone(), index, what, sizes);
        let (ground, region) = (ground.clone(), region.clone());
        let (label, source) = (units.values.clone(), source.to_owned());
        let found = self
            .latest
            .ask(resident, &wish, "profile of a region", move |cancel| {
                let colour = super::colour_of(index);
                let place = (what, size_mm);
                let mut plot = plot(&ground, &region, place, (&label, colour), cancel)?;
                for curve in &mut plot.curves {
                    curve.way = format!("{} of {region} in {source}", plot.y_label);
                }
                Ok(Arc::new(plot))
            });
        if let Some((_, plot)) = found {
            strip.put(PLOT, Arc::clone(plot));
        }
        let failure = self.latest.failure(&wish).map(ToString::to_string);
        strip.note(PLOT, failure.as_deref().unwrap_or(&wish.2.name), None);
    }

    pub(super) fn write(&self, state: &mut ViewState) {
        if self.what != What::Nothing {
            state.set("profile", self.what.name().into());
        }
        if self.is_physical {
            state.set("profile in mm", Value::Bool(true));
        }
    }

    pub(super) fn read(&mut self, state: &ViewState) {
        let name = state.text("profile", "off");
        let all = [What::Nothing, What::Along, What::Radius, What::Angle];
        let found = all.into_iter().find(|what| what.name() == name);
        self.what = found.unwrap_or_default();
        self.is_physical = state.flag("profile in mm", false);
    }
}

fn plot(
    ground: &Ground,
    region: &Region,
    (what, size_mm): (What, Option<[f64; 2]>),
    (label, colour): (&str, egui::Color32),
    cancel: &Cancel,
) -> Result<StripPlot> {
    let frame = &ground.frame;
    let [first_x, first_y] = ground.first.map(|first| first as f64);
    let [width, height] = frame.size.map(|edge| edge as usize);
    let bad = frame.bad();
    let options = Options {
        mask: bad.as_deref(),
        sentinels: sentinels(&frame.samples),
        saturation: None,
    };
    let samples = Frame::new(&frame.samples, 0, [height, width], options)?;
    cancel.check()?;
    let unit = if size_mm.is_some() { "mm" } else { "px" };
    let [per_x, per_y] = size_mm.unwrap_or([1.0, 1.0]);
    let shape = ground.shape(&region.shape);
    let (x_label, curves) = match (&shape, what) {
        (Shape::Line(ends, _) | Shape::Band([ends @ .., _]), _) => {
            let profile = along_line(&samples, &shape, *ends);
            let [run, rise] = [ends[2] - ends[0], ends[3] - ends[1]];
            let length = run.hypot(rise).max(f64::MIN_POSITIVE);
            let per_px = (run / length * per_x).hypot(rise / length * per_y);
            let distance = format!("distance ({unit})");
            (
                distance,
                vec![curve("along", &profile, (0.0, per_px), Some(colour))],
            )
        }
        (shape, What::Radius) => {
            let profile = samples.within(shape, Along::Radius);
            let distance = format!("radius ({unit})");
            (
                distance,
                vec![curve("radius", &profile, (0.0, per_x), Some(colour))],
            )
        }
        (shape, What::Angle) => {
            let profile = samples.within(shape, Along::Angle);
            let angle = "angle from x to y (\u{b0})".to_owned();
            (
                angle,
                vec![curve("angle", &profile, (0.0, 1.0), Some(colour))],
            )
        }
        (shape, _) => {
            let [row, column] = row_and_column(shape);
            let x = samples.within(&row, Along::X);
            cancel.check()?;
            let y = samples.within(&column, Along::Y);
            let curves = vec![
                curve("along x", &x, (first_x, per_x), Some(colour)),
                curve("along y", &y, (first_y, per_y), None),
            ];
            (format!("x, y ({unit})"), curves)
        }
    };
    Ok(StripPlot {
        x_label,
        y_label: format!("mean ({label})"),
        curves,
    })
}

/// A line as long as it is, with the width of whole lines; a band from edge to edge.
fn along_line(samples: &Frame<'_>, shape: &Shape, ends: [f64; 4]) -> Profile {
    let [x0, y0, x1, y1] = ends;
    let ends = [[x0, y0], [x1, y1]];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a width of a few pixels; more than a frame has is no more"
    )]
    let lines = |width: f64| width.round().clamp(1.0, 1e4) as usize;
    match shape {
        Shape::Line(_, width) => samples.line(ends, lines(*width)),
        Shape::Band([.., width]) => samples.line_across(ends, lines(*width)),
        _ => samples.line(ends, 1),
    }
}

/// The shapes whose columns and rows are averaged: a point and a cross have one row and one column.
fn row_and_column(shape: &Shape) -> [Shape; 2] {
    match shape {
        Shape::Point([x, y]) | Shape::Cross([x, y]) => {
            let (x, y) = (x.round(), y.round());
            [Shape::Horizontal([y, y]), Shape::Vertical([x, x])]
        }
        other => [other.clone(), other.clone()],
    }
}

/// A profile whose first place is so many pixels from where the axis begins.
fn curve(
    name: &str,
    profile: &Profile,
    (first, per_px): (f64, f64),
    colour: Option<egui::Color32>,
) -> StripCurve {
    let x: Vec<f64> = profile
        .distance
        .iter()
        .map(|at| (at + first) * per_px)
        .collect();
    let mut curve = StripCurve::new(name, x, profile.mean.clone());
    curve.colour = colour;
    curve
}
