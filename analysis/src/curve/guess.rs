//! Where a fit of peaks begins.

use super::Curve;
use super::peak::{Model, Peak};

/// The share of the points at each end that the background is read from.
const ENDS: usize = 10;

/// A straight line: its value at a reference and its slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) reference: f64,
    pub(super) constant: f64,
    pub(super) slope: f64,
}

impl Line {
    pub(super) fn at(&self, x: f64) -> f64 {
        self.constant + self.slope * (x - self.reference)
    }
}

/// A line through the mean values at both ends of a sorted curve.
pub(super) fn background(sorted: &Curve) -> Line {
    let count = sorted.y.len();
    let end = (count / ENDS).clamp(1, count);
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    let (left, right) = (&sorted.y[..end], &sorted.y[count - end..]);
    let (from, to) = (mean(&sorted.x[..end]), mean(&sorted.x[count - end..]));
    let (low, high) = (mean(left), mean(right));
    let slope = if to > from {
        (high - low) / (to - from)
    } else {
        0.0
    };
    let reference = 0.0;
    Line {
        reference,
        constant: low + slope * (reference - from),
        slope,
    }
}

/// The highest points of what is left above the background, one after the other,
/// each with the width at half of its height.
pub(super) fn peaks(sorted: &Curve, line: Line, model: Model, count: usize) -> Vec<Peak> {
    let mut rest: Vec<f64> = sorted
        .x
        .iter()
        .zip(&sorted.y)
        .map(|(x, y)| y - line.at(*x))
        .collect();
    let eta = match model {
        Model::Gauss => 0.0,
        Model::Lorentz => 1.0,
        Model::PseudoVoigt => 0.5,
    };
    let mut found = Vec::with_capacity(count);
    for _ in 0..count {
        let top = (0..rest.len()).max_by(|one, other| rest[*one].total_cmp(&rest[*other]));
        let Some(top) = top else { break };
        // A dip is a peak downwards, where nothing stands above the line.
        let bottom = (0..rest.len()).min_by(|one, other| rest[*one].total_cmp(&rest[*other]));
        let at = match bottom {
            Some(bottom) if found.is_empty() && -rest[bottom] > 2.0 * rest[top] => bottom,
            _ => top,
        };
        let peak = Peak {
            height: rest[at],
            centre: sorted.x[at],
            fwhm: width(&sorted.x, &rest, at),
            eta,
        };
        for (rest, x) in rest.iter_mut().zip(&sorted.x) {
            *rest -= peak.at(*x);
        }
        found.push(peak);
    }
    found
}

/// The distance of the points beside one where half of its height is passed.
fn width(x: &[f64], y: &[f64], top: usize) -> f64 {
    let half = y[top] / 2.0;
    let is_inside = |at: &usize| (y[*at] - half) * half.signum() > 0.0;
    let left = (0..top).rev().take_while(is_inside).last().unwrap_or(top);
    let right = (top + 1..x.len())
        .take_while(is_inside)
        .last()
        .unwrap_or(top);
    let step = (x[x.len() - 1] - x[0]) / x.len() as f64;
    (x[right] - x[left]).max(2.0 * step).max(f64::MIN_POSITIVE)
}
