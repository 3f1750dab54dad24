//! Smoothing by polynomials of a window of points.
//!
//! Source: Savitzky and Golay, Anal. Chem. 36 (1964) 1627. On an uneven axis the
//! polynomial of each window is that of the points where they lie.

use super::Curve;
use crate::least_squares::solve;

/// The longest window.
pub const WINDOW_MAX: usize = 1001;
/// The highest order.
const ORDER_MAX: usize = 9;
/// Steps that differ by less than this share are even.
const EVEN: f64 = 1e-6;

/// A curve smoothed over a window of an odd number of points; the first and the
/// last half of a window lie on the polynomial of the first and the last window.
/// `None` where the window does not fit.
///
/// A window with a value that is no number gives none.
pub fn smoothed(curve: &Curve, window: usize, order: usize) -> Option<Curve> {
    let count = curve.y.len();
    let fits = window % 2 == 1 && order < window && order <= ORDER_MAX && window <= count;
    if !fits || window > WINDOW_MAX {
        return None;
    }
    let half = window / 2;
    let even = is_even(&curve.x).then(|| kernel(&places(window), half as f64, order));
    let mut made = curve.clone();
    for at in 0..count {
        let first = at.saturating_sub(half).min(count - window);
        let own;
        let weights = match &even {
            Some(Some(kernel)) if at == first + half => kernel,
            _ => {
                own = match &even {
                    Some(_) => kernel(&places(window), (at - first) as f64, order),
                    None => kernel(&curve.x[first..first + window], curve.x[at], order),
                };
                own.as_ref()?
            }
        };
        let values = || weights.iter().zip(first..);
        made.y[at] = values()
            .map(|(weight, point)| weight * curve.y[point])
            .sum();
        if let (Some(made), Some(sigma)) = (&mut made.sigma, &curve.sigma) {
            let squares = values().map(|(weight, point)| (weight * sigma[point]).powi(2));
            made[at] = squares.sum::<f64>().sqrt();
        }
    }
    Some(made)
}

fn places(window: usize) -> Vec<f64> {
    (0..window).map(|at| at as f64).collect()
}

fn is_even(x: &[f64]) -> bool {
    let Some(step) = x
        .first()
        .zip(x.last())
        .map(|(first, last)| (last - first) / x.len().saturating_sub(1).max(1) as f64)
    else {
        return true;
    };
    x.windows(2)
        .all(|pair| (pair[1] - pair[0] - step).abs() <= EVEN * step.abs())
}

/// The weights of values at places whose sum is their polynomial at a place.
fn kernel(places: &[f64], at: f64, order: usize) -> Option<Vec<f64>> {
    // Around the middle and in units of the window, so that powers stay below one.
    let ends = places
        .iter()
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], place| {
            [low.min(*place), high.max(*place)]
        });
    let middle = f64::midpoint(ends[0], ends[1]);
    let half = (ends[1] - ends[0]) / 2.0;
    let half = if half > 0.0 { half } else { 1.0 };
    let power = |place: f64, power: usize| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "an order is below ten"
        )]
        ((place - middle) / half).powi(power as i32)
    };
    let mut rows: Vec<Vec<f64>> = (0..=order)
        .map(|row| {
            let cell = |column: usize| places.iter().map(|place| power(*place, row + column)).sum();
            let right = power(at, row);
            (0..=order)
                .map(cell)
                .chain(std::iter::once(right))
                .collect()
        })
        .collect();
    let solved = solve(&mut rows)?;
    let weight = |place: &f64| {
        let terms = solved.iter().enumerate();
        terms.map(|(at, factor)| factor * power(*place, at)).sum()
    };
    Some(places.iter().map(weight).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_points_of_a_parabola_have_the_weights_of_the_table() {
        let weights = kernel(&places(5), 2.0, 2).expect("it fits");
        let table = [-3.0, 12.0, 17.0, 12.0, -3.0].map(|weight| weight / 35.0);
        for (weight, expected) in weights.iter().zip(table) {
            assert!((weight - expected).abs() < 1e-12, "{weights:?}");
        }
    }

    #[test]
    fn a_polynomial_of_the_order_stays_as_it_is_on_an_uneven_axis() {
        let x: Vec<f64> = (0..20).map(|at| f64::from(at).powf(1.3)).collect();
        let y: Vec<f64> = x.iter().map(|x| 2.0 - 3.0 * x + 0.1 * x * x * x).collect();
        let curve = Curve { x, y, sigma: None };
        let made = smoothed(&curve, 7, 3).expect("it fits");
        for (made, stored) in made.y.iter().zip(&curve.y) {
            assert!(
                (made - stored).abs() < 1e-8 * stored.abs().max(1.0),
                "{made} for {stored}"
            );
        }
    }
}
