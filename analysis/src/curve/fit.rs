//! Peaks on a straight background, fitted by least squares.

use hutch_model::{Error, ErrorKind, Result};

use super::Curve;
use super::guess::{self, Line};
use super::peak::{Model, Peak};
use crate::least_squares::{covariance, minimise};

const TRIED: &str = "fit peaks";
/// More peaks at a time are not told apart by a first guess.
const PEAKS_MAX: usize = 12;
/// More points than this are not fitted; the range is to be made smaller.
const POINTS_MAX: usize = 1 << 20;
/// Changes of parameters that derivatives are taken with, as shares of their scale.
const STEP: f64 = 1e-5;

/// A number and its standard deviation, which is NaN where it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// Its standard deviation.
    pub sigma: f64,
}

/// A peak that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FittedPeak {
    /// Its height above the background.
    pub height: Measured,
    /// Where it is highest.
    pub centre: Measured,
    /// Its full width at half of its height.
    pub fwhm: Measured,
    /// The share of Lorentz; exact where the model has none.
    pub eta: Measured,
    /// The area under it.
    pub area: Measured,
}

/// What a fit found.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The shape of the peaks.
    pub model: Model,
    /// The peaks, by their centres.
    pub peaks: Vec<FittedPeak>,
    /// The first and the last place that were fitted.
    pub range: [f64; 2],
    /// Where the constant of the background is taken: the middle of the range.
    pub reference: f64,
    /// The background at the reference.
    pub constant: Measured,
    /// Its slope.
    pub slope: Measured,
    /// How many points were fitted.
    pub point_count: usize,
    /// Points less parameters.
    pub freedom: usize,
    /// The sum of squared residuals, each in its standard deviation where those are known.
    pub chi_squared: f64,
    /// Whether the curve has standard deviations; without, they are taken to be
    /// alike and of the size of the residuals.
    pub has_errors: bool,
    /// Points whose standard deviation is no positive number; they count with the
    /// smallest one of the others.
    pub repaired: usize,
}

impl Fit {
    /// The background at a place.
    pub fn background(&self, x: f64) -> f64 {
        self.constant.value + self.slope.value * (x - self.reference)
    }

    /// Why the numbers of a peak mean nothing, as what follows "the peak"; `None` where they may be right.
    ///
    /// Least squares end somewhere in any case: a peak that is not in the curve ends as a bump of the noise, or as a
    /// hill that is wider than the range, or far away.
    pub fn doubt(&self, peak: &FittedPeak) -> Option<&'static str> {
        let [first, last] = self.range;
        let reach = last - first;
        let is_lost = |of: Measured, within: f64| !of.sigma.is_finite() || of.sigma > within;
        if !(first..=last).contains(&peak.centre.value) {
            Some("ran out of the fitted range")
        } else if peak.fwhm.value > reach {
            Some("is wider than the fitted range")
        } else if is_lost(peak.centre, reach) || is_lost(peak.height, peak.height.value.abs()) {
            Some("does not stand out of its background")
        } else {
            None
        }
    }

    /// The fitted curve at a place.
    pub fn at(&self, x: f64) -> f64 {
        let peaks = self.peaks.iter().map(|peak| peak.plain().at(x));
        self.background(x) + peaks.sum::<f64>()
    }
}

impl FittedPeak {
    /// Its numbers alone.
    pub const fn plain(&self) -> Peak {
        Peak {
            height: self.height.value,
            centre: self.centre.value,
            fwhm: self.fwhm.value,
            eta: self.eta.value,
        }
    }
}

/// Fits peaks on a straight line to the points of a curve with a place and a value.
///
/// Uncertainties are from the covariance of the parameters, as
/// `scipy.optimize.curve_fit` gives them: absolute where the curve has errors,
/// scaled by the residuals where it has none.
///
/// # Errors
/// [`ErrorKind::Usage`] for no peaks or too many, fewer points than parameters,
/// too many points, or places that are all one.
pub fn fit_peaks(curve: &Curve, model: Model, peak_count: usize) -> Result<Fit> {
    let refuse = |why: String| Err(Error::new(ErrorKind::Usage, TRIED, why));
    if !(1..=PEAKS_MAX).contains(&peak_count) {
        return refuse(format!("one to {PEAKS_MAX} peaks are fitted at a time"));
    }
    let sorted = curve.sorted();
    let parameter_count = 2 + peak_count * model.size();
    let count = sorted.x.len();
    if count <= parameter_count {
        return refuse(format!("{count} points for {parameter_count} parameters"));
    }
    if count > POINTS_MAX {
        return refuse(format!("{count} points are too many; take a smaller range"));
    }
    if sorted.x[0].to_bits() == sorted.x[count - 1].to_bits() {
        return refuse("all points are at one place".to_owned());
    }
    // Around the middle, where a narrow peak far from zero keeps its digits.
    let reference = f64::midpoint(sorted.x[0], sorted.x[count - 1]);
    let mut sorted = sorted;
    sorted.x.iter_mut().for_each(|x| *x -= reference);
    let line = guess::background(&sorted);
    let peaks = guess::peaks(&sorted, line, model, peak_count);
    let (weights, repaired) = weights(&sorted);
    let problem = Problem {
        model,
        reference,
        sorted: &sorted,
        weights,
    };
    let (start, steps) = problem.start(line, &peaks);
    let best = minimise(&start, &steps, |values| problem.residuals(values));
    let mut fit = problem.result(&best, &steps, curve.sigma.is_some());
    fit.repaired = repaired;
    Ok(fit)
}

/// One over the standard deviation of each point, and how many had to be repaired.
fn weights(sorted: &Curve) -> (Vec<f64>, usize) {
    let Some(sigma) = &sorted.sigma else {
        return (vec![1.0; sorted.x.len()], 0);
    };
    let is_good = |sigma: &f64| sigma.is_finite() && *sigma > 0.0;
    let smallest = sigma
        .iter()
        .copied()
        .filter(is_good)
        .fold(f64::INFINITY, f64::min);
    let smallest = if smallest.is_finite() { smallest } else { 1.0 };
    let repaired = sigma.iter().filter(|sigma| !is_good(sigma)).count();
    let weight = |sigma: &f64| 1.0 / if is_good(sigma) { *sigma } else { smallest };
    (sigma.iter().map(weight).collect(), repaired)
}

/// Parameters are the constant, the slope, and those of each peak.
///
/// Places are less the reference.
struct Problem<'a> {
    model: Model,
    reference: f64,
    sorted: &'a Curve,
    weights: Vec<f64>,
}

impl Problem<'_> {
    /// First values of the parameters, and changes of them that matter but little.
    fn start(&self, line: Line, peaks: &[Peak]) -> (Vec<f64>, Vec<f64>) {
        let Curve { x, y, .. } = self.sorted;
        let reach = x[x.len() - 1] - x[0];
        let (low, high) = y
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| {
                (low.min(*y), high.max(*y))
            });
        let tall = if high > low { high - low } else { 1.0 };
        let mut values = vec![line.constant, line.slope];
        let mut steps = vec![STEP * tall, STEP * tall / reach];
        for peak in peaks {
            let own = [peak.height, peak.centre, peak.fwhm, peak.eta];
            let scales = [tall, peak.fwhm, peak.fwhm, 1.0];
            let size = self.model.size();
            values.extend(&own[..size]);
            steps.extend(scales[..size].iter().map(|scale| scale * STEP));
        }
        (values, steps)
    }

    fn peaks<'b>(&'b self, values: &'b [f64]) -> impl Iterator<Item = Peak> + 'b {
        let own = values.get(2..).unwrap_or_default();
        own.chunks(self.model.size())
            .map(|values| Peak::of(self.model, values))
    }

    fn residuals(&self, values: &[f64]) -> Vec<f64> {
        let peaks: Vec<Peak> = self.peaks(values).collect();
        let line = Line {
            reference: 0.0,
            constant: values[0],
            slope: values[1],
        };
        let Curve { x, y, .. } = self.sorted;
        let points = x.iter().zip(y).zip(&self.weights);
        points
            .map(|((x, y), weight)| {
                let peaks: f64 = peaks.iter().map(|peak| peak.at(*x)).sum();
                (line.at(*x) + peaks - y) * weight
            })
            .collect()
    }

    fn result(&self, best: &[f64], steps: &[f64], has_errors: bool) -> Fit {
        let residuals = self.residuals(best);
        let chi_squared: f64 = residuals.iter().map(|residual| residual * residual).sum();
        let freedom = residuals.len() - best.len();
        let scale = if has_errors {
            1.0
        } else {
            chi_squared / freedom as f64
        };
        let found = covariance(best, steps, |values| self.residuals(values));
        let found = found.map(|rows| Covariance { rows, scale });
        let covariance = found.unwrap_or_else(|| Covariance {
            rows: vec![vec![f64::NAN; best.len()]; best.len()],
            scale,
        });
        let size = self.model.size();
        let mut peaks: Vec<FittedPeak> = self
            .peaks(best)
            .enumerate()
            .map(|(index, peak)| fitted(peak, self.model, 2 + index * size, &covariance))
            .map(|mut peak| {
                peak.centre.value += self.reference;
                peak
            })
            .collect();
        peaks.sort_by(|one, other| one.centre.value.total_cmp(&other.centre.value));
        Fit {
            model: self.model,
            peaks,
            range: [0, self.sorted.x.len() - 1].map(|at| self.sorted.x[at] + self.reference),
            reference: self.reference,
            constant: covariance.measured(best[0], 0),
            slope: covariance.measured(best[1], 1),
            point_count: residuals.len(),
            freedom,
            chi_squared,
            has_errors,
            repaired: 0,
        }
    }
}

struct Covariance {
    rows: Vec<Vec<f64>>,
    scale: f64,
}

impl Covariance {
    fn measured(&self, value: f64, at: usize) -> Measured {
        Measured {
            value,
            sigma: (self.rows[at][at] * self.scale).sqrt(),
        }
    }

    /// The standard deviation of what changes so with the parameters from one on.
    fn carried(&self, first: usize, slopes: &[f64]) -> f64 {
        let terms = slopes.iter().enumerate().flat_map(|(row, one)| {
            let cells = slopes.iter().enumerate();
            cells.map(move |(column, other)| one * other * self.rows[first + row][first + column])
        });
        (terms.sum::<f64>() * self.scale).sqrt()
    }
}

/// A peak with its uncertainties; its parameters begin at `first`.
fn fitted(peak: Peak, model: Model, first: usize, covariance: &Covariance) -> FittedPeak {
    // A width counts by its square, so its sign says nothing.
    let sign = peak.fwhm.signum();
    let peak = Peak {
        fwhm: peak.fwhm.abs(),
        ..peak
    };
    let exact = Measured {
        value: peak.eta,
        sigma: 0.0,
    };
    let area = peak.area();
    let of_share = Peak { eta: 1.0, ..peak }.area() - Peak { eta: 0.0, ..peak }.area();
    let slopes = [area / peak.height, 0.0, sign * area / peak.fwhm, of_share];
    FittedPeak {
        height: covariance.measured(peak.height, first),
        centre: covariance.measured(peak.centre, first + 1),
        fwhm: covariance.measured(peak.fwhm, first + 2),
        eta: match model {
            Model::Gauss | Model::Lorentz => exact,
            Model::PseudoVoigt => covariance.measured(peak.eta, first + 3),
        },
        area: Measured {
            value: area,
            sigma: covariance.carried(first, &slopes[..model.size()]),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(peaks: &[Peak], line: impl Fn(f64) -> f64) -> Curve {
        let x: Vec<f64> = (0..200).map(|at| f64::from(at) * 0.05).collect();
        let value = |x: &f64| line(*x) + peaks.iter().map(|peak| peak.at(*x)).sum::<f64>();
        Curve {
            y: x.iter().map(value).collect(),
            x,
            sigma: None,
        }
    }

    #[test]
    fn peaks_without_noise_are_found_as_they_were_made() {
        for model in Model::ALL {
            let eta = match model {
                Model::Gauss => 0.0,
                Model::Lorentz => 1.0,
                Model::PseudoVoigt => 0.4,
            };
            let made = [(100.0, 3.0, 0.6), (40.0, 6.5, 1.1)].map(|(height, centre, fwhm)| Peak {
                height,
                centre,
                fwhm,
                eta,
            });
            let fit = fit_peaks(&sampled(&made, |x| 5.0 - 0.3 * x), model, 2).expect("it fits");
            for (found, made) in fit.peaks.iter().zip(made) {
                let found = found.plain();
                for (found, made) in [
                    (found.height, made.height),
                    (found.centre, made.centre),
                    (found.fwhm, made.fwhm),
                    (found.eta, made.eta),
                ] {
                    assert!((found - made).abs() < 1e-6, "{model:?}: {found} for {made}");
                }
            }
            assert!((fit.slope.value + 0.3).abs() < 1e-6, "{:?}", fit.slope);
        }
    }

    #[test]
    fn a_dip_is_a_peak_downwards() {
        let dip = Peak {
            height: -8.0,
            centre: 4.0,
            fwhm: 1.0,
            eta: 0.0,
        };
        let fit = fit_peaks(&sampled(&[dip], |_| 10.0), Model::Gauss, 1).expect("it fits");
        assert!((fit.peaks[0].height.value + 8.0).abs() < 1e-6, "{fit:?}");
    }

    #[test]
    fn a_peak_that_ran_away_is_doubted_and_a_good_one_is_not() {
        let peak = Peak {
            height: 100.0,
            centre: 3.0,
            fwhm: 0.6,
            eta: 0.0,
        };
        let fit = fit_peaks(&sampled(&[peak], |_| 5.0), Model::Gauss, 1).expect("it fits");
        assert_eq!(fit.doubt(&fit.peaks[0]), None, "a good one");
        let good = fit.peaks[0];
        let with = |change: fn(&mut FittedPeak)| {
            let mut peak = good;
            change(&mut peak);
            fit.doubt(&peak)
        };
        let out = with(|peak| peak.centre.value = 71_906.0);
        assert!(out.is_some_and(|why| why.contains("range")), "{out:?}");
        assert!(with(|peak| peak.fwhm.value = 10.5).is_some(), "a hill");
        assert!(with(|peak| peak.height.sigma = 101.0).is_some(), "noise");
        assert!(with(|peak| peak.centre.sigma = 20.0).is_some(), "anywhere");
        assert!(with(|peak| peak.centre.sigma = f64::NAN).is_some(), "lost");
        assert_eq!(with(|peak| peak.height.value = -100.0), None, "a dip");
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let short = Curve {
            x: vec![0.0, 1.0, 2.0],
            y: vec![1.0, 2.0, 1.0],
            sigma: None,
        };
        assert!(fit_peaks(&short, Model::Gauss, 1).is_err(), "three points");
        let stuck = Curve {
            x: vec![1.0; 30],
            y: vec![1.0; 30],
            sigma: None,
        };
        assert!(fit_peaks(&stuck, Model::Gauss, 1).is_err(), "one place");
        assert!(fit_peaks(&stuck, Model::Gauss, 0).is_err(), "no peaks");
        let nothing = Curve {
            y: vec![f64::NAN; 30],
            ..stuck
        };
        assert!(fit_peaks(&nothing, Model::Gauss, 1).is_err(), "no values");
    }

    #[test]
    fn a_flat_line_with_a_peak_asked_for_does_not_fail() {
        let flat = sampled(&[], |_| 3.0);
        let fit = fit_peaks(&flat, Model::PseudoVoigt, 1).expect("it ends");
        assert!((fit.at(5.0) - 3.0).abs() < 1e-6, "the line is found");
    }
}
