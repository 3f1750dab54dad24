//! Peaks of a curve, ready to draw.

use std::sync::Arc;

use hutch_analysis::curve::{Curve, Fit, fit_peaks};

use super::drawn::{plotted, thinned};
use super::entry::FitWish;

/// Points of the line that is drawn.
const SAMPLES: u32 = 600;

/// A fit with what is drawn of it, in the space of the plot.
#[derive(Debug)]
pub(super) struct Fitted {
    pub(super) fit: Fit,
    pub(super) line: Vec<[f64; 2]>,
    pub(super) background: Vec<[f64; 2]>,
    /// The fit at the places of the points.
    pub(super) curve: Arc<Curve>,
    /// Values less the fit, on a linear axis.
    pub(super) residuals: Vec<[f64; 2]>,
}

/// Fits peaks to a curve.
///
/// # Errors
/// Why it cannot be, in words.
pub(super) fn make(
    curve: Option<&Curve>,
    wish: FitWish,
    logs: [bool; 2],
) -> Result<Fitted, String> {
    let curve = curve.ok_or("it has too many points to compute with")?;
    let part = match wish.range {
        Some([low, high]) => curve.between(low, high),
        None => curve.clone(),
    };
    let part = part.sorted();
    let fit = fit_peaks(&part, wish.model, wish.peaks).map_err(|error| error.why)?;
    let ends = part.x.first().zip(part.x.last());
    let (first, last) = ends.ok_or("there are no points in the range")?;
    let ends = [*first, *last].map(|end| plotted(end, logs[0]));
    let sampled = |of: &dyn Fn(f64) -> f64| {
        let at = |index: u32| {
            let x = ends[0] + (ends[1] - ends[0]) * f64::from(index) / f64::from(SAMPLES);
            let place = if logs[0] { 10f64.powf(x) } else { x };
            [x, plotted(of(place), logs[1])]
        };
        (0..=SAMPLES)
            .map(at)
            .filter(|point| point.iter().all(|part| part.is_finite()))
            .collect::<Vec<[f64; 2]>>()
    };
    let left = |index: usize| part.y[index] - fit.at(part.x[index]);
    let residuals = thinned(0..part.x.len(), &left)
        .into_iter()
        .map(|index| [plotted(part.x[index], logs[0]), left(index)])
        .filter(|point| point.iter().all(|part| part.is_finite()));
    Ok(Fitted {
        line: sampled(&|x| fit.at(x)),
        background: sampled(&|x| fit.background(x)),
        residuals: residuals.collect(),
        curve: Arc::new(Curve {
            y: part.x.iter().map(|&x| fit.at(x)).collect(),
            x: part.x.clone(),
            sigma: None,
        }),
        fit,
    })
}
