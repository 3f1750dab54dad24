//! Calibration: the place of a flat detector from the rings of a known substance.
//!
//! Points on rings, clicked or found by [`ring_points`], are brought to the
//! scattering angles of the lattice spacings by least squares.

mod fit;
mod rings;
mod setting;

use hutch_model::{Error, ErrorKind, Geometry, Result, two_theta};

use crate::least_squares::minimise;

pub use fit::{Calibration, FoundPoint, Task, calibrate, calibrate_by, residuals_px};
pub use rings::{Search, ring_points};
pub use setting::{Parameter, Setting};

const TRIED: &str = "calibrate a detector";

/// A point that lies on a ring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RingPoint {
    /// Its place `[slow, fast]`, where pixel `i` reaches from `i` to `i + 1`.
    pub point_px: [f64; 2],
    /// Lattice spacing of its ring in metres.
    pub spacing_m: f64,
}

/// What a refinement found.
#[derive(Clone, Debug, PartialEq)]
pub struct Refined {
    /// The detector.
    pub setting: Setting,
    /// Root of the mean squared difference of scattering angles, in radians.
    pub residual: f64,
    /// How many points there were.
    pub point_count: usize,
}

/// Refines some parameters of a setting, so that points lie on their rings.
///
/// # Errors
/// [`ErrorKind::Usage`] where there are fewer points than parameters, or a ring
/// is not resolved by the beam.
pub fn refine(start: &Setting, parameters: &[Parameter], points: &[RingPoint]) -> Result<Refined> {
    let refuse = |why: String| Err(fail(ErrorKind::Usage, why));
    if points.len() < parameters.len() || points.is_empty() {
        let (points, parameters) = (points.len(), parameters.len());
        return refuse(format!("{points} points for {parameters} parameters"));
    }
    let residuals = |values: &[f64]| {
        let setting = start.with(parameters, values);
        residuals(&setting, points)
    };
    let first: Vec<f64> = parameters
        .iter()
        .map(|parameter| start.value(*parameter))
        .collect();
    if residuals(&first)
        .iter()
        .any(|residual| !residual.is_finite())
    {
        return refuse("a ring lies beyond what the beam resolves".to_owned());
    }
    let steps: Vec<f64> = parameters
        .iter()
        .map(|parameter| start.step(*parameter))
        .collect();
    let values = minimise(&first, &steps, residuals);
    let setting = start.with(parameters, &values);
    let squares: f64 = residuals(&values)
        .iter()
        .map(|residual| residual * residual)
        .sum();
    Ok(Refined {
        setting,
        residual: (squares / points.len() as f64).sqrt(),
        point_count: points.len(),
    })
}

/// How far the points are from their rings, in radians of the scattering angle.
fn residuals(setting: &Setting, points: &[RingPoint]) -> Vec<f64> {
    let geometry = setting.geometry();
    let of_point = |point: &RingPoint| {
        let wanted = geometry.two_theta_of_d(point.spacing_m).unwrap_or(f64::NAN);
        place(&geometry, point.point_px).map_or(f64::NAN, |found| two_theta(found) - wanted)
    };
    points.iter().map(of_point).collect()
}

fn fail(kind: ErrorKind, why: String) -> Error {
    Error::new(kind, TRIED, why)
}

/// A point of the plane of the detector, beside its pixels as well.
fn place(geometry: &Geometry, point_px: [f64; 2]) -> Option<[f64; 3]> {
    geometry.panels.first().map(|panel| panel.at(point_px))
}
