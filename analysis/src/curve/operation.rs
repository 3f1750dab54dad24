//! What makes one curve of another, and its text.

use std::fmt;
use std::str::FromStr;

use hutch_model::{Error, ErrorKind, Result};

use super::Curve;
use super::local::Between;
use super::smooth::{WINDOW_MAX, smoothed};

/// What makes one curve of another. As text it is its name and its numbers, as
/// in `smooth 7 2`; where it needs a second curve, the name of that.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Less another curve, interpolated at the places of this one: `minus NAME`.
    Minus(String),
    /// Divided by another curve, interpolated: `over NAME`.
    Over(String),
    /// Divided by a monitor, interpolated, and times the mean of the monitor, so
    /// that counts stay counts: `monitor NAME`.
    Monitor(String),
    /// The slope, on uneven axes too: `derivative`.
    Derivative,
    /// The sum of all values up to each: `sum`.
    Sum,
    /// Divided by the largest value: `maximum`.
    Maximum,
    /// Divided by the area under it, by trapezia: `area`.
    Area,
    /// Divided by its value at a place: `point X`.
    Point(f64),
    /// Savitzky and Golay's filter over a window of so many points, with
    /// polynomials of an order: `smooth WINDOW ORDER`.
    Smooth(usize, usize),
}

impl Operation {
    /// What can be written, for help and errors.
    pub const FORMS: &'static str = "minus NAME; over NAME; monitor NAME; derivative; sum; maximum; area; point X; \
        smooth WINDOW ORDER";

    /// The name of the second curve, where it needs one.
    pub fn other(&self) -> Option<&str> {
        match self {
            Self::Minus(name) | Self::Over(name) | Self::Monitor(name) => Some(name),
            _ => None,
        }
    }

    /// What it does, for people: `minus b (interpolated)`.
    pub fn words(&self) -> String {
        match self {
            Self::Minus(name) => format!("minus {name} (interpolated)"),
            Self::Over(name) => format!("divided by {name} (interpolated)"),
            Self::Monitor(name) => format!("normalised to {name}"),
            Self::Derivative => "derivative".to_owned(),
            Self::Sum => "cumulative sum".to_owned(),
            Self::Maximum => "maximum 1".to_owned(),
            Self::Area => "area 1".to_owned(),
            Self::Point(x) => format!("1 at {x}"),
            Self::Smooth(window, order) => format!("smoothed ({window} points, order {order})"),
        }
    }

    /// The curve that it makes. Standard deviations are carried over to first
    /// order; a largest value, an area and a value at a point count as exact.
    ///
    /// `other` is the second curve, for operations that need one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where the second curve is missing, the window does not
    /// fit, or what is divided by is zero or not there.
    pub fn apply(&self, curve: &Curve, other: Option<&Curve>) -> Result<Curve> {
        let second = || other.ok_or_else(|| refused(self, "the second curve is not there"));
        match self {
            Self::Minus(_) => Ok(combined(curve, second()?, |a, b| {
                (a.0 - b.0, a.1.hypot(b.1))
            })),
            Self::Over(_) => Ok(combined(curve, second()?, ratio)),
            Self::Monitor(_) => {
                let monitor = second()?;
                let made = combined(curve, monitor, ratio);
                let good = monitor.y.iter().filter(|value| value.is_finite());
                let (sum, count) = good.fold((0.0, 0.0), |(sum, count), y| (sum + y, count + 1.0));
                scaled(self, &made, sum / count)
            }
            Self::Derivative => Ok(derivative(curve)),
            Self::Sum => Ok(summed(curve)),
            Self::Maximum => {
                let good = curve.y.iter().copied().filter(|value| value.is_finite());
                scaled(self, curve, 1.0 / good.fold(f64::NEG_INFINITY, f64::max))
            }
            Self::Area => scaled(self, curve, 1.0 / area(curve)),
            Self::Point(x) => scaled(self, curve, 1.0 / Between::of(curve).at(*x).0),
            Self::Smooth(window, order) => smoothed(curve, *window, *order).ok_or_else(|| {
                refused(
                    self,
                    "the window is odd, larger than the order and at most as long as the curve",
                )
            }),
        }
    }
}

fn refused(operation: &Operation, why: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("apply \"{operation}\""), why)
}

/// Each point with what another curve has at its place.
fn combined(
    curve: &Curve,
    other: &Curve,
    of: impl Fn((f64, f64), (f64, f64)) -> (f64, f64),
) -> Curve {
    let between = Between::of(other);
    let has_sigma = curve.sigma.is_some() || other.sigma.is_some();
    let made: Vec<(f64, f64)> = curve
        .x
        .iter()
        .zip(&curve.y)
        .enumerate()
        .map(|(at, (x, y))| {
            let sigma = curve.sigma.as_ref().map_or(0.0, |sigma| sigma[at]);
            of((*y, sigma), between.at(*x))
        })
        .collect();
    Curve {
        x: curve.x.clone(),
        y: made.iter().map(|made| made.0).collect(),
        sigma: has_sigma.then(|| made.iter().map(|made| made.1).collect()),
    }
}

fn ratio((a, sigma_a): (f64, f64), (b, sigma_b): (f64, f64)) -> (f64, f64) {
    if b == 0.0 {
        return (f64::NAN, f64::NAN);
    }
    let value = a / b;
    (value, (sigma_a / b).hypot(value * sigma_b / b))
}

fn scaled(operation: &Operation, curve: &Curve, factor: f64) -> Result<Curve> {
    if !factor.is_finite() || factor == 0.0 {
        return Err(refused(
            operation,
            "what it is divided by is zero, or no number",
        ));
    }
    let by = |of: &[f64], factor: f64| of.iter().map(|value| value * factor).collect();
    Ok(Curve {
        x: curve.x.clone(),
        y: by(&curve.y, factor),
        sigma: curve.sigma.as_ref().map(|sigma| by(sigma, factor.abs())),
    })
}

/// The area under a curve by trapezia, in the order of the points.
fn area(curve: &Curve) -> f64 {
    let steps = curve.x.windows(2).zip(curve.y.windows(2));
    steps
        .map(|(x, y)| (x[1] - x[0]) * f64::midpoint(y[0], y[1]))
        .filter(|area| area.is_finite())
        .sum()
}

/// Running sums; what is no number adds nothing.
fn summed(curve: &Curve) -> Curve {
    let running = |of: &mut dyn Iterator<Item = f64>| {
        let mut sum = 0.0;
        of.map(|value| {
            if value.is_finite() {
                sum += value;
            }
            sum
        })
        .collect::<Vec<f64>>()
    };
    let squares = |sigma: &Vec<f64>| running(&mut sigma.iter().map(|sigma| sigma * sigma));
    Curve {
        x: curve.x.clone(),
        y: running(&mut curve.y.iter().copied()),
        sigma: curve.sigma.as_ref().map(|sigma| {
            let sums = squares(sigma);
            sums.into_iter().map(f64::sqrt).collect()
        }),
    }
}

/// Slopes: of second order inside, of first order at both ends.
///
/// Source: Fornberg, Math. Comp. 51 (1988) 699, for three points; as `numpy.gradient`.
fn derivative(curve: &Curve) -> Curve {
    let count = curve.y.len();
    let mut made = Curve {
        x: curve.x.clone(),
        y: vec![f64::NAN; count],
        sigma: curve.sigma.as_ref().map(|_| vec![f64::NAN; count]),
    };
    if count < 2 {
        return made;
    }
    for at in 0..count {
        let (first, weights) = slope_weights(&curve.x, at);
        let points = || {
            weights
                .iter()
                .zip(first..)
                .filter(|(weight, _)| **weight != 0.0)
        };
        made.y[at] = points()
            .map(|(weight, point)| weight * curve.y[point])
            .sum();
        if let (Some(made), Some(sigma)) = (&mut made.sigma, &curve.sigma) {
            let squares = points().map(|(weight, point)| (weight * sigma[point]).powi(2));
            made[at] = squares.sum::<f64>().sqrt();
        }
    }
    made
}

/// The first of the points that a slope is made of, and their weights.
fn slope_weights(x: &[f64], at: usize) -> (usize, [f64; 3]) {
    let step = |from: usize| x[from + 1] - x[from];
    if at == 0 {
        return (0, [-1.0 / step(0), 1.0 / step(0), 0.0]);
    }
    let below = step(at - 1);
    if at + 1 == x.len() {
        return (at - 1, [-1.0 / below, 1.0 / below, 0.0]);
    }
    let above = step(at);
    let both = below + above;
    let weights = [
        -above / (below * both),
        (above - below) / (below * above),
        below / (above * both),
    ];
    (at - 1, weights)
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minus(name) => write!(f, "minus {name}"),
            Self::Over(name) => write!(f, "over {name}"),
            Self::Monitor(name) => write!(f, "monitor {name}"),
            Self::Derivative => f.write_str("derivative"),
            Self::Sum => f.write_str("sum"),
            Self::Maximum => f.write_str("maximum"),
            Self::Area => f.write_str("area"),
            Self::Point(x) => write!(f, "point {x}"),
            Self::Smooth(window, order) => write!(f, "smooth {window} {order}"),
        }
    }
}

impl FromStr for Operation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            let why = format!("there are {}", Self::FORMS);
            Error::new(
                ErrorKind::Usage,
                format!("read the operation \"{text}\""),
                why,
            )
        };
        let (word, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let rest = rest.trim();
        let name = || {
            (!rest.is_empty())
                .then(|| rest.to_owned())
                .ok_or_else(wrong)
        };
        let made = match word {
            "minus" => Self::Minus(name()?),
            "over" => Self::Over(name()?),
            "monitor" => Self::Monitor(name()?),
            "point" => {
                let x = rest.parse().ok().filter(|x: &f64| x.is_finite());
                Self::Point(x.ok_or_else(wrong)?)
            }
            "smooth" => {
                let numbers = rest.split_once(' ').and_then(|(window, order)| {
                    Some((window.parse().ok()?, order.trim().parse().ok()?))
                });
                let (window, order) = numbers
                    .filter(|(window, _)| *window <= WINDOW_MAX)
                    .ok_or_else(wrong)?;
                Self::Smooth(window, order)
            }
            "derivative" if rest.is_empty() => Self::Derivative,
            "sum" if rest.is_empty() => Self::Sum,
            "maximum" if rest.is_empty() => Self::Maximum,
            "area" if rest.is_empty() => Self::Area,
            _ => return Err(wrong()),
        };
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(x: &[f64], y: &[f64], sigma: Option<&[f64]>) -> Curve {
        Curve {
            x: x.to_vec(),
            y: y.to_vec(),
            sigma: sigma.map(<[f64]>::to_vec),
        }
    }

    #[test]
    fn an_operation_is_read_as_it_is_written() {
        for text in [
            "minus a b",
            "over 12.1 ct",
            "monitor i0",
            "derivative",
            "sum",
            "maximum",
            "area",
            "point -0.5",
            "smooth 7 2",
        ] {
            let read: Operation = text.parse().expect(text);
            assert_eq!(read.to_string(), text);
        }
        for text in [
            "",
            "minus",
            "smooth 7",
            "smooth x y",
            "area 3",
            "point nan",
            "smooth 99999 2",
        ] {
            assert!(text.parse::<Operation>().is_err(), "\"{text}\" is refused");
        }
    }

    #[test]
    fn a_curve_less_itself_is_nothing_and_its_error_grows() {
        let own = curve(&[0.0, 1.0, 3.0], &[5.0, 7.0, 1.0], Some(&[3.0, 3.0, 3.0]));
        let made = Operation::Minus("a".to_owned())
            .apply(&own, Some(&own))
            .expect("it is there");
        assert_eq!(made.y, [0.0; 3]);
        let sigma = made.sigma.expect("of both");
        assert!((sigma[0] - 18f64.sqrt()).abs() < 1e-12, "{sigma:?}");
    }

    #[test]
    fn between_two_points_lies_their_line_and_beyond_them_nothing() {
        let own = curve(&[-1.0, 0.5, 2.0], &[1.0; 3], None);
        let other = curve(&[2.0, 0.0], &[8.0, 4.0], Some(&[2.0, 2.0]));
        let made = Operation::Over("b".to_owned())
            .apply(&own, Some(&other))
            .expect("it is there");
        assert!(made.y[0].is_nan(), "it does not reach there");
        assert_eq!(made.y[1..], [0.2, 0.125], "one of 5 and of 8");
    }

    #[test]
    fn the_slope_of_a_parabola_is_exact_on_an_uneven_axis() {
        let x = [0.0, 1.0, 3.0, 3.5, 7.0];
        let y: Vec<f64> = x.iter().map(|x| x * x).collect();
        let made = derivative(&curve(&x, &y, Some(&[1.0; 5])));
        for (at, x) in x.iter().enumerate().take(4).skip(1) {
            assert!(
                (made.y[at] - 2.0 * x).abs() < 1e-12,
                "at {x}: {}",
                made.y[at]
            );
        }
        let sigma = made.sigma.expect("as the curve has them");
        assert!((sigma[0] - 2f64.sqrt()).abs() < 1e-12, "of two points");
    }

    #[test]
    fn what_cannot_be_divided_by_is_refused() {
        let flat = curve(&[0.0, 1.0], &[0.0, 0.0], None);
        assert!(Operation::Maximum.apply(&flat, None).is_err(), "by zero");
        assert!(Operation::Area.apply(&flat, None).is_err(), "by zero");
        assert!(
            Operation::Point(9.0).apply(&flat, None).is_err(),
            "beyond it"
        );
        assert!(Operation::Minus("a".to_owned()).apply(&flat, None).is_err());
        assert!(
            Operation::Smooth(3, 1).apply(&flat, None).is_err(),
            "too short"
        );
    }
}
