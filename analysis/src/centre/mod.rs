//! Finding where the rotation axis falls on the detector.

mod image;
mod phase;
mod vo;

use std::f64::consts::PI;

use hutch_model::{Cancel, Error, ErrorKind, Progress, Result};
use serde::{Deserialize, Serialize};

use crate::array::require_shape;
pub use phase::phase_correlation;

/// A way to find the rotation axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The others together: a coarse axis from the sinogram, refined on the
    /// slice itself by [`Method::NegativeSum`].
    #[default]
    Auto,
    /// Correlation of projections that are 180 degrees apart ([`phase_correlation`]).
    PhaseCorrelation,
    /// The double wedge in the transform of the sinogram.
    /// Source: Vo, Drakopoulos, Atwood and Reinhard, Opt. Express 22 (2014) 19078.
    Vo,
    /// The slice with the least negative attenuation: a wrong axis makes arcs
    /// of both signs.
    NegativeSum,
    /// The slice whose histogram has the least entropy.
    /// Source: Donath, Beckmann and Schreyer, J. Opt. Soc. Am. A 23 (2006) 1048.
    Entropy,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 5] = [
        Self::Auto,
        Self::PhaseCorrelation,
        Self::Vo,
        Self::NegativeSum,
        Self::Entropy,
    ];

    /// Its name in recipes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::PhaseCorrelation => "phase-correlation",
            Self::Vo => "vo",
            Self::NegativeSum => "negative-sum",
            Self::Entropy => "entropy",
        }
    }
}

/// Where and how to look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Search {
    /// The method.
    pub method: Method,
    /// About where the axis is; the middle of the detector where nobody knows.
    pub around_px: Option<f64>,
    /// How far from there to look; a quarter of the detector where nobody says.
    pub reach_px: Option<f64>,
}

/// The rotation axis, and how sure the method is.
#[derive(Clone, Debug, PartialEq)]
pub struct Centre {
    /// Where the axis falls on the detector; pixel `i` has its centre at `i`.
    pub centre_px: f64,
    /// From 0 (a guess) to 1 (a valley far deeper than its roughness).
    pub confidence: f64,
    /// The method that gave it.
    pub method: Method,
    /// Candidates and their metric, from left to right; the lower the better.
    pub curve: Vec<(f64, f64)>,
    /// What was odd, in words.
    pub remarks: Vec<String>,
}

/// A sinogram, and where to look in it.
#[derive(Clone, Copy, Debug)]
struct Task<'a> {
    /// `[angle, x]`, finite.
    sinogram: &'a [f32],
    width: usize,
    angles_rad: &'a [f64],
    /// The first and last candidate.
    range: (f64, f64),
}

/// Finds the rotation axis in one sinogram `[angle, x]` of absorbance.
///
/// Samples that are not finite are bridged along x first. `progress` counts
/// candidates.
///
/// # Errors
/// [`ErrorKind::Shape`] when the sinogram does not hold the angles;
/// [`ErrorKind::Unsupported`] when the method needs angles that are not there;
/// [`ErrorKind::Cancelled`].
pub fn find(
    sinogram: &[f32],
    angles_rad: &[f64],
    search: &Search,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Centre> {
    let angle_count = angles_rad.len();
    let width = sinogram.len().checked_div(angle_count).unwrap_or(0);
    let fits = width >= 4 && angle_count >= 2 && sinogram.len() == width * angle_count;
    require_shape(fits, "find the rotation axis", || {
        format!(
            "{} samples of {angle_count} angles are no sinogram",
            sinogram.len()
        )
    })?;
    let mut bridged = sinogram.to_vec();
    for row in bridged.chunks_mut(width) {
        crate::ramp_filter::bridge(row);
    }
    let last = width as f64 - 1.0;
    let around = search.around_px.unwrap_or(last / 2.0);
    let reach = search.reach_px.unwrap_or(width as f64 / 4.0).max(1.0);
    let task = Task {
        sinogram: &bridged,
        width,
        angles_rad,
        range: (
            (around - reach).clamp(0.0, last - 1.0),
            (around + reach).clamp(1.0, last),
        ),
    };
    match search.method {
        Method::Auto => automatic(&task, progress, cancel),
        Method::PhaseCorrelation => phase::find(&task),
        Method::Vo => vo::find(&task, progress, cancel),
        Method::NegativeSum | Method::Entropy => {
            image::find(&task, search.method, progress, cancel)
        }
    }
}

/// Coarse axes from the sinogram; each is refined on the slice, and the one
/// with the best slice wins.
fn automatic(task: &Task<'_>, progress: &Progress, cancel: &Cancel) -> Result<Centre> {
    let mut remarks = Vec::new();
    let mut coarse = vec![vo::find(task, progress, cancel)?];
    match phase::find(task) {
        Ok(found) => coarse.push(found),
        Err(error) if error.kind == ErrorKind::Unsupported => remarks.push(error.why),
        Err(error) => return Err(error),
    }
    let reach = (task.width as f64 / 40.0).max(4.0);
    let mut best: Option<(f64, Centre)> = None;
    for candidate in &coarse {
        let is_known = best
            .as_ref()
            .is_some_and(|(_, known)| (known.centre_px - candidate.centre_px).abs() < reach / 2.0);
        if is_known {
            continue;
        }
        let near = Task {
            range: (candidate.centre_px - reach, candidate.centre_px + reach),
            ..*task
        };
        let found = image::find(&near, Method::NegativeSum, progress, cancel)?;
        let metric = lowest(&found.curve).map_or(f64::INFINITY, |(_, metric)| metric);
        if best.as_ref().is_none_or(|(known, _)| metric < *known) {
            best = Some((metric, found));
        }
    }
    let (_, mut centre) = best.ok_or_else(|| no_candidate("no candidate"))?;
    for other in &coarse {
        if (other.centre_px - centre.centre_px).abs() > 2.0 {
            remarks.push(format!(
                "{} says {:.1} px",
                other.method.name(),
                other.centre_px
            ));
        }
    }
    if remarks.len() >= coarse.len() {
        centre.confidence *= 0.5;
    }
    centre.method = Method::Auto;
    centre.remarks = remarks;
    Ok(centre)
}

fn no_candidate(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unsupported, "find the rotation axis", why)
}

/// The candidate with the lowest metric.
fn lowest(curve: &[(f64, f64)]) -> Option<(f64, f64)> {
    curve
        .iter()
        .copied()
        .filter(|(_, metric)| metric.is_finite())
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

/// The bottom of the parabola through the lowest candidate and its neighbours.
fn refined(curve: &[(f64, f64)]) -> Option<f64> {
    let (place, _) = lowest(curve)?;
    let index = curve.iter().position(|&(other, _)| other >= place)?;
    if index == 0 || index + 1 >= curve.len() {
        return Some(place);
    }
    let [(left, a), (_, b), (right, c)] = [curve[index - 1], curve[index], curve[index + 1]];
    let bend = a - 2.0 * b + c;
    if bend <= 0.0 || !bend.is_finite() {
        return Some(place);
    }
    let shift = (0.5 * (a - c) / bend).clamp(-0.5, 0.5);
    Some(place + shift * (right - left) / 2.0)
}

/// How deep the valley is against the roughness of the curve.
fn confidence(curve: &[(f64, f64)]) -> f64 {
    let mut metrics: Vec<f64> = curve.iter().map(|&(_, metric)| metric).collect();
    let mut bends: Vec<f64> = metrics
        .windows(3)
        .map(|three| (three[0] - 2.0 * three[1] + three[2]).abs())
        .collect();
    let (Some(median), Some(bend)) = (median(&mut metrics), median(&mut bends)) else {
        return 0.0;
    };
    let depth = median - metrics[0];
    if depth > 0.0 {
        depth / (depth + 4.0 * bend)
    } else {
        0.0
    }
}

/// The median; sorts the values.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Joins curves: of candidates that were tried twice the later one stays.
fn joined(coarse: Vec<(f64, f64)>, fine: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let (Some(&(first, _)), Some(&(last, _))) = (fine.first(), fine.last()) else {
        return coarse;
    };
    let mut curve: Vec<(f64, f64)> = coarse
        .into_iter()
        .filter(|&(place, _)| place < first || place > last)
        .chain(fine)
        .collect();
    curve.sort_by(|a, b| a.0.total_cmp(&b.0));
    curve
}

/// Projections within the first half turn: what two of the methods need.
fn half_turn(angles_rad: &[f64]) -> usize {
    let Some(&first) = angles_rad.first() else {
        return 0;
    };
    angles_rad
        .iter()
        .position(|angle| (angle - first).abs() > PI + 1e-3)
        .unwrap_or(angles_rad.len())
}
