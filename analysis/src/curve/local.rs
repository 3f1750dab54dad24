//! Values between points.

use super::Curve;

/// A curve that can be asked between its points.
pub(super) struct Between {
    sorted: Curve,
}

impl Between {
    pub(super) fn of(curve: &Curve) -> Self {
        Self {
            sorted: curve.sorted(),
        }
    }

    /// The value at a place and its standard deviation, on the straight line
    /// between the points beside it; NaN beyond the ends.
    pub(super) fn at(&self, x: f64) -> (f64, f64) {
        let Curve {
            x: places,
            y,
            sigma,
        } = &self.sorted;
        let sigma_of = |at: usize| sigma.as_ref().map_or(0.0, |sigma| sigma[at]);
        let above = places.partition_point(|place| *place < x);
        if above < places.len() && places[above].to_bits() == x.to_bits() {
            return (y[above], sigma_of(above));
        }
        let (Some(below), true) = (above.checked_sub(1), above < places.len()) else {
            return (f64::NAN, f64::NAN);
        };
        let share = (x - places[below]) / (places[above] - places[below]);
        if !share.is_finite() {
            return (y[above], sigma_of(above));
        }
        let value = y[below] + share * (y[above] - y[below]);
        let sigma = ((1.0 - share) * sigma_of(below)).hypot(share * sigma_of(above));
        (value, sigma)
    }
}
