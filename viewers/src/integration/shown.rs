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

/// From the lower edge of the first of some evenly spaced bins to the upper edge of the last, of their centres.
fn edges(of: &[f64]) -> [f64; 2] {
    let [first, last] = ends(of);
    let half = match of.len() {
        0 | 1 => 0.5,
        count => 0.5 * (last - first) / (count - 1) as f64,
    };
    [first - half, last + half]
}

/// A cake as a picture.
pub(super) fn numbers_of(done: &Done, unit: Unit) -> Numbers {
    Numbers {
        values: Arc::clone(&done.intensity),
        columns: done.radius.len(),
        ends: [edges(&done.radius), edges(&done.azimuth_deg)],
        counts_rows: false,
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
        // Frames count from 1, as the slider has them.
        ends: [edges(radius), [0.5, count as f64 + 0.5]],
        counts_rows: true,
        labels: [axis_words(unit).to_owned(), "frame".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::float_cmp, reason = "halves are exact")]
    #[test]
    fn a_picture_reaches_half_a_bin_beyond_the_centres_of_its_first_and_last() {
        assert_eq!(edges(&[1.0, 2.0, 3.0]), [0.5, 3.5]);
        assert_eq!(edges(&[7.0]), [6.5, 7.5]);
    }
}
