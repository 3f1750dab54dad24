//! Curves: what a person does with a line of numbers, and peaks in it.
//!
//! A [`Curve`] has places, values and, where they are known, standard
//! deviations. An [`Operation`] makes another curve of it; what it says of errors
//! holds for values that do not depend on each other, so that a second operation
//! on smoothed or summed values takes them for independent. [`fit_peaks`] finds
//! peaks, [`Summary`] says what needs no fit.

mod fit;
mod guess;
mod local;
mod operation;
mod peak;
mod smooth;
mod summary;

pub use fit::{Fit, FittedPeak, Measured, fit_peaks};
pub use operation::Operation;
pub use peak::{Model, Peak};
pub use smooth::{WINDOW_MAX, smoothed};
pub use summary::Summary;

/// Values along an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Places of the points, in any order.
    pub x: Vec<f64>,
    /// As many values; NaN where there is none.
    pub y: Vec<f64>,
    /// As many standard deviations of the values, where they are known.
    pub sigma: Option<Vec<f64>>,
}

impl Curve {
    /// The points whose place lies in a range, both ends included, in the order of the curve.
    #[must_use]
    pub fn between(&self, low: f64, high: f64) -> Self {
        let is_inside = |x: &f64| (low..=high).contains(x);
        let keep = |of: &[f64]| {
            let pairs = of.iter().zip(&self.x);
            pairs
                .filter(|(_, x)| is_inside(x))
                .map(|(value, _)| *value)
                .collect::<Vec<f64>>()
        };
        Self {
            x: keep(&self.x),
            y: keep(&self.y),
            sigma: self.sigma.as_deref().map(keep),
        }
    }

    /// The points with a place and a value, sorted by place.
    #[must_use]
    pub fn sorted(&self) -> Self {
        let mut order: Vec<usize> = (0..self.x.len().min(self.y.len()))
            .filter(|&at| self.x[at].is_finite() && self.y[at].is_finite())
            .collect();
        order.sort_by(|&one, &other| self.x[one].total_cmp(&self.x[other]));
        let take = |of: &[f64]| {
            order
                .iter()
                .map(|&at| of.get(at).copied().unwrap_or(f64::NAN))
                .collect::<Vec<f64>>()
        };
        Self {
            x: take(&self.x),
            y: take(&self.y),
            sigma: self.sigma.as_deref().map(take),
        }
    }
}
