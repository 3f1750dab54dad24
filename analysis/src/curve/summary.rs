//! What a curve says without a fit.

use super::Curve;

/// Numbers of a curve as it is, without a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Points with a place and a value.
    pub count: usize,
    /// The smallest value and where it is first.
    pub smallest: [f64; 2],
    /// The largest value and where it is first.
    pub largest: [f64; 2],
    /// The mean of the values.
    pub mean: f64,
    /// The mean place, weighted by the height above the smallest value.
    pub centre_of_mass: f64,
    /// The width around the largest value at the middle of smallest and largest,
    /// on straight lines between points; NaN where a side does not come down to it.
    pub fwhm: f64,
    /// The middle of that width.
    pub fwhm_centre: f64,
    /// The area under it by trapezia.
    pub area: f64,
}

impl Summary {
    /// The numbers of a curve; `None` where it has no value.
    pub fn of(curve: &Curve) -> Option<Self> {
        let Curve { x, y, .. } = curve.sorted();
        let by_value = |one: &&usize, other: &&usize| y[**one].total_cmp(&y[**other]);
        let places: Vec<usize> = (0..y.len()).collect();
        // Of equal values the first one counts.
        let low = *places.iter().min_by(by_value)?;
        let high = *places.iter().rev().max_by(by_value)?;
        let sum: f64 = y.iter().sum();
        let above = || y.iter().map(|value| value - y[low]);
        let moment: f64 = x.iter().zip(above()).map(|(x, above)| x * above).sum();
        let half = f64::midpoint(y[low], y[high]);
        let left = (0..high)
            .rev()
            .find(|&at| y[at] <= half)
            .map(|at| crossing(&x, &y, half, at));
        let right = (high..y.len().saturating_sub(1))
            .find(|&at| y[at + 1] <= half)
            .map(|at| crossing(&x, &y, half, at));
        let ends = left.zip(right).filter(|_| y[high] > y[low]);
        let steps = x.windows(2).zip(y.windows(2));
        Some(Self {
            count: y.len(),
            smallest: [y[low], x[low]],
            largest: [y[high], x[high]],
            mean: sum / y.len() as f64,
            centre_of_mass: moment / above().sum::<f64>(),
            fwhm: ends.map_or(f64::NAN, |(left, right)| right - left),
            fwhm_centre: ends.map_or(f64::NAN, |(left, right)| f64::midpoint(left, right)),
            area: steps
                .map(|(x, y)| (x[1] - x[0]) * f64::midpoint(y[0], y[1]))
                .sum(),
        })
    }
}

/// Where the line from a point to the next one is at a height.
fn crossing(x: &[f64], y: &[f64], height: f64, at: usize) -> f64 {
    let share = (height - y[at]) / (y[at + 1] - y[at]);
    if share.is_finite() {
        x[at] + share * (x[at + 1] - x[at])
    } else {
        x[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triangle_is_half_as_wide_as_its_foot() {
        let curve = Curve {
            x: vec![0.0, 2.0, 4.0, 6.0, 8.0],
            y: vec![1.0, 3.0, 5.0, 3.0, 1.0],
            sigma: None,
        };
        let of = Summary::of(&curve).expect("it has values");
        assert_eq!(of.largest.map(f64::to_bits), [5.0, 4.0].map(f64::to_bits));
        let first_of_two = [1.0, 0.0].map(f64::to_bits);
        assert_eq!(of.smallest.map(f64::to_bits), first_of_two);
        assert!((of.fwhm - 4.0).abs() < 1e-12, "{of:?}");
        assert!((of.fwhm_centre - 4.0).abs() < 1e-12, "{of:?}");
        assert!((of.centre_of_mass - 4.0).abs() < 1e-12, "{of:?}");
        assert!((of.area - 24.0).abs() < 1e-12, "{of:?}");
    }

    #[test]
    fn a_step_has_no_width_and_nothing_has_no_summary() {
        let step = Curve {
            x: vec![0.0, 1.0, 2.0],
            y: vec![0.0, 0.0, 1.0],
            sigma: None,
        };
        assert!(
            Summary::of(&step).expect("values").fwhm.is_nan(),
            "one side"
        );
        assert_eq!(Summary::of(&Curve::default()), None);
        let flat = Curve {
            x: vec![0.0, 1.0],
            y: vec![2.0, 2.0],
            sigma: None,
        };
        assert!(Summary::of(&flat).expect("values").fwhm.is_nan(), "flat");
    }
}
