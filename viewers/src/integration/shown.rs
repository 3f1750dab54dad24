//! What was integrated, as plots and pictures.

use std::sync::Arc;

use hutch_analysis::integrate::Unit;

use super::Kind;
use super::picture::Numbers;
use super::work::{Done, Matrix, Wish};
use crate::diffraction::Rings;
use crate::plot_strip::{StripCurve, StripPlot};

/// The radial axis in words.
pub(super) const fn axis_words(unit: Unit) -> &'static str {
    match unit {
        Unit::QPerNm => "q (nm⁻¹)",
        Unit::QPerAngstrom => "q (Å⁻¹)",
        Unit::TwoThetaDeg => "2θ (°)",
        Unit::RMm => "r (mm)",
    }
}

/// The pattern with its errors, and the rings of a substance.
pub(super) fn plot(wish: &Wish, done: &Done, rings: Rings) -> StripPlot {
    let mut pattern = StripCurve::new(
        "pattern",
        Arc::clone(&done.radius),
        Arc::clone(&done.intensity),
    );
    pattern.errors = (!done.errors.is_empty()).then(|| Arc::clone(&done.errors));
    pattern.way = way(wish, &done.source);
    let mut curves = vec![pattern];
    if let Rings::Of(calibrant) = rings {
        curves.extend(marks(wish, done, rings, calibrant.name));
    }
    StripPlot {
        x_label: axis_words(wish.chosen.unit).to_owned(),
        y_label: "intensity".to_owned(),
        curves,
    }
}

/// How a pattern or a cake was made, in words.
pub(super) fn way(wish: &Wish, source: &str) -> String {
    let chosen = &wish.chosen;
    let mut words = vec![
        format!("azimuthal integration of {source}"),
        format!("geometry of {}", wish.geometry.source),
        match chosen.kind {
            Kind::Cake => format!("{} × {} bins", chosen.azimuth_points, chosen.points),
            Kind::Pattern | Kind::Off => format!("{} bins", chosen.points),
        },
        format!("pixels split {}", chosen.split),
    ];
    if let Some([low, high]) = chosen.range {
        words.push(format!("from {low} to {high} {}", chosen.unit));
    }
    if chosen.corrects_solid_angle {
        words.push("solid angle corrected".to_owned());
    }
    if let Some(factor) = chosen.polarization {
        words.push(format!("polarisation {factor}"));
    }
    words.push("errors of counts".to_owned());
    words.join("; ")
}

/// Lines where a substance has its rings; none in millimetres on a tilted detector, where no ring has one radius.
fn marks(wish: &Wish, done: &Done, rings: Rings, name: &str) -> Option<StripCurve> {
    let (first, last) = (*done.radius.first()?, *done.radius.last()?);
    let values = || {
        done.intensity
            .iter()
            .copied()
            .filter(|value| value.is_finite() && *value > 0.0)
    };
    let (low, high) = (
        values().fold(f64::INFINITY, f64::min),
        values().fold(0.0, f64::max),
    );
    let degrees = |angle: f64| angle.to_degrees();
    let mut x = Vec::new();
    for spacing in rings.spacings_m(&wish.geometry) {
        let q = std::f64::consts::TAU / spacing;
        let at = match wish.chosen.unit {
            Unit::QPerNm => q * 1e-9,
            Unit::QPerAngstrom => q * 1e-10,
            Unit::TwoThetaDeg => wish
                .geometry
                .two_theta_of_d(spacing)
                .map_or(f64::NAN, degrees),
            Unit::RMm => return None,
        };
        if at >= first && at <= last {
            x.extend([at, at, f64::NAN]);
        }
    }
    let ends = [low, high, f64::NAN];
    let y: Vec<f64> = ends.into_iter().cycle().take(x.len()).collect();
    (!x.is_empty() && high > 0.0).then(|| {
        let mut marks = StripCurve::new(name, x, y);
        marks.is_mark = true;
        marks
    })
}

/// The first and the last of some centres.
pub(super) fn ends(of: &[f64]) -> [f64; 2] {
    [
        of.first().copied().unwrap_or(0.0),
        of.last().copied().unwrap_or(1.0),
    ]
}

/// A cake as a picture.
pub(super) fn numbers_of(done: &Done, unit: Unit) -> Numbers {
    Numbers {
        values: Arc::clone(&done.intensity),
        columns: done.radius.len(),
        ends: [ends(&done.radius), ends(&done.azimuth_deg)],
        labels: [axis_words(unit).to_owned(), "χ (°)".to_owned()],
    }
}

/// The patterns of a stack as a picture.
pub(super) fn rows_of(rows: &Arc<[f64]>, matrix: &Matrix, unit: Unit) -> Numbers {
    let radius = &matrix.integrator.table().radius;
    let count = rows.len() / radius.len().max(1);
    Numbers {
        values: Arc::clone(rows),
        columns: radius.len(),
        ends: [ends(radius), [0.0, count.saturating_sub(1) as f64]],
        labels: [axis_words(unit).to_owned(), "frame".to_owned()],
    }
}
