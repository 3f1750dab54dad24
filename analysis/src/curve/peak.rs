//! Shapes of peaks.

use std::f64::consts::{LN_2, PI};

/// The shape of a peak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Model {
    /// `exp(-4 ln2 (x - centre)^2 / fwhm^2)`.
    #[default]
    Gauss,
    /// `1 / (1 + 4 (x - centre)^2 / fwhm^2)`.
    Lorentz,
    /// A share `eta` of a Lorentz and the rest of a Gauss of the same width.
    ///
    /// Source: Wertheim et al., Rev. Sci. Instrum. 45 (1974) 1369.
    PseudoVoigt,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Gauss, Self::Lorentz, Self::PseudoVoigt];

    /// Its name on the command line and in states.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gauss => "gauss",
            Self::Lorentz => "lorentz",
            Self::PseudoVoigt => "pseudo-voigt",
        }
    }

    /// The one of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    /// How many parameters a peak has.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::Gauss | Self::Lorentz => 3,
            Self::PseudoVoigt => 4,
        }
    }
}

/// A peak above its background.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Its height above the background.
    pub height: f64,
    /// Where it is highest.
    pub centre: f64,
    /// Its full width at half of its height.
    pub fwhm: f64,
    /// The share of Lorentz: 0 in a Gauss, 1 in a Lorentz.
    pub eta: f64,
}

impl Peak {
    /// Its value at a place.
    pub fn at(&self, x: f64) -> f64 {
        let square = 4.0 * ((x - self.centre) / self.fwhm).powi(2);
        let gauss = (-LN_2 * square).exp();
        let lorentz = 1.0 / (1.0 + square);
        self.height * (self.eta * lorentz + (1.0 - self.eta) * gauss)
    }

    /// The area under it.
    pub fn area(&self) -> f64 {
        let gauss = (PI / LN_2).sqrt() / 2.0;
        let lorentz = PI / 2.0;
        self.height * self.fwhm.abs() * (self.eta * lorentz + (1.0 - self.eta) * gauss)
    }

    /// The peak of some parameters: height, centre, width and, where the model has it, share.
    pub(super) fn of(model: Model, values: &[f64]) -> Self {
        let value = |at: usize| values.get(at).copied().unwrap_or(f64::NAN);
        Self {
            height: value(0),
            centre: value(1),
            fwhm: value(2),
            eta: match model {
                Model::Gauss => 0.0,
                Model::Lorentz => 1.0,
                Model::PseudoVoigt => value(3),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_half_as_high_half_a_width_aside() {
        for eta in [0.0, 0.3, 1.0] {
            let peak = Peak {
                height: 6.0,
                centre: -1.0,
                fwhm: 0.8,
                eta,
            };
            assert!((peak.at(-1.4) - 3.0).abs() < 1e-12, "eta {eta}");
            assert_eq!(peak.at(-1.0).to_bits(), 6f64.to_bits(), "at its centre");
        }
    }

    #[test]
    fn the_area_is_that_of_the_sum_over_it() {
        let peak = Peak {
            height: 2.0,
            centre: 0.0,
            fwhm: 1.0,
            eta: 0.25,
        };
        let step = 0.01;
        let sum: f64 = (-400_000..=400_000)
            .map(|at| peak.at(f64::from(at) * step))
            .sum();
        assert!((sum * step - peak.area()).abs() < 1e-3, "{}", peak.area());
    }
}
