//! What an integration is asked for: unit, bins, ranges, and how pixels are split.

use std::fmt;
use std::str::FromStr;

use hutch_model::{Error, ErrorKind, Result, two_theta};

const TRIED: &str = "choose an integration";

/// The quantity along the radial axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Momentum transfer in 1/nm.
    #[default]
    QPerNm,
    /// Momentum transfer in 1/angstrom.
    QPerAngstrom,
    /// Scattering angle in degrees.
    TwoThetaDeg,
    /// Distance from the beam in millimetres.
    RMm,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 4] = [
        Self::QPerNm,
        Self::QPerAngstrom,
        Self::TwoThetaDeg,
        Self::RMm,
    ];

    /// Its name on the command line, which is pyFAI's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QPerNm => "q_nm^-1",
            Self::QPerAngstrom => "q_A^-1",
            Self::TwoThetaDeg => "2th_deg",
            Self::RMm => "r_mm",
        }
    }

    /// Its symbol, as `NeXus` writes units: `1/nm`, `deg`.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::QPerNm => "1/nm",
            Self::QPerAngstrom => "1/angstrom",
            Self::TwoThetaDeg => "deg",
            Self::RMm => "mm",
        }
    }

    /// The name of the axis: `q`, `two_theta` or `r`.
    pub const fn axis(self) -> &'static str {
        match self {
            Self::QPerNm | Self::QPerAngstrom => "q",
            Self::TwoThetaDeg => "two_theta",
            Self::RMm => "r",
        }
    }

    /// Whether it needs the wavelength.
    pub const fn needs_wavelength(self) -> bool {
        matches!(self, Self::QPerNm | Self::QPerAngstrom)
    }

    /// The value of a point of the laboratory along the axis, for a beam of a wavelength.
    pub fn value(self, point_m: [f64; 3], wavelength_m: f64) -> f64 {
        self.radius(point_m, wavelength_m) * self.scale()
    }

    /// Shown values for one of [`Self::radius`].
    pub(super) const fn scale(self) -> f64 {
        match self {
            Self::QPerNm => 1.0,
            Self::QPerAngstrom => 0.1,
            Self::TwoThetaDeg => 180.0 / std::f64::consts::PI,
            Self::RMm => 1e3,
        }
    }

    /// The radial place of a point of the laboratory in 1/nm, radians or metres.
    ///
    /// Source: Bragg's law; `q = 4 pi sin(theta) / wavelength` with
    /// `sin(theta) = r / sqrt(2 l (l + z))` for a point at `r` from the beam
    /// and `l` from the sample, which loses no digits near the beam.
    pub(super) fn radius(self, point: [f64; 3], wavelength_m: f64) -> f64 {
        let across = point[0].hypot(point[1]);
        match self {
            Self::RMm => across,
            Self::TwoThetaDeg => two_theta(point),
            Self::QPerNm | Self::QPerAngstrom => {
                let length = across.hypot(point[2]);
                let sine = if point[2] >= 0.0 {
                    across / (2.0 * length * (length + point[2])).sqrt()
                } else {
                    ((length - point[2]) / (2.0 * length)).sqrt()
                };
                4e-9 * std::f64::consts::PI * sine / wavelength_m
            }
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Unit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|unit| unit.name() == text);
        named.ok_or_else(|| unknown("unit", text, &Self::ALL.map(Self::name)))
    }
}

/// How a pixel that lies over several bins is shared between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// It belongs to the bin of its centre.
    No,
    /// As the box around it in radius and azimuth.
    #[default]
    BBox,
    /// As the quadrilateral of its corners in radius and azimuth.
    Full,
}

impl Split {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::No, Self::BBox, Self::Full];

    /// Its name on the command line, which is pyFAI's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::BBox => "bbox",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Split {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|split| split.name() == text);
        named.ok_or_else(|| unknown("way to split pixels", text, &Self::ALL.map(Self::name)))
    }
}

fn unknown(what: &str, text: &str, known: &[&str]) -> Error {
    Error::new(
        ErrorKind::Usage,
        TRIED,
        format!("no {what} \"{text}\"; there are {}", known.join(", ")),
    )
}

/// What an integration is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The quantity along the radial axis.
    pub unit: Unit,
    /// Bins along it.
    pub points: usize,
    /// Bins along the azimuth; one pattern over all of it where there is none.
    pub azimuth_points: Option<usize>,
    /// Range of the radial axis in its unit; that of the pixels where there is none.
    pub radial_range: Option<[f64; 2]>,
    /// Range of the azimuth in radians, which may go over the half turn; all
    /// where there is none.
    pub azimuth_range: Option<[f64; 2]>,
    /// How pixels are shared between bins.
    pub split: Split,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            unit: Unit::default(),
            points: 1000,
            azimuth_points: None,
            radial_range: None,
            azimuth_range: None,
            split: Split::default(),
        }
    }
}

impl Choice {
    /// How many bins there are.
    pub(super) fn bin_count(&self) -> usize {
        self.points.saturating_mul(self.azimuth_points.unwrap_or(1))
    }

    /// Refuses what cannot be computed.
    pub(super) fn check(&self, wavelength_m: Option<f64>) -> Result<()> {
        let refuse = |why: String| Err(Error::new(ErrorKind::Usage, TRIED, why));
        if self.points == 0 || self.azimuth_points == Some(0) {
            return refuse("an axis without bins".to_owned());
        }
        if self.bin_count() > BINS_MAX {
            return refuse(format!("{} bins; {BINS_MAX} at most", self.bin_count()));
        }
        let in_degrees = |ends: [f64; 2]| ends.map(|end| (end.to_degrees() * 1e9).round() / 1e9);
        for (what, range, unit) in [
            ("radial", self.radial_range, ""),
            ("azimuth", self.azimuth_range.map(in_degrees), " degrees"),
        ] {
            if let Some([low, high]) = range
                && (!low.is_finite() || !high.is_finite() || low >= high)
            {
                return refuse(format!(
                    "the {what} range {low} to {high}{unit} holds nothing"
                ));
            }
        }
        let knows_wavelength =
            wavelength_m.is_some_and(|length| length.is_finite() && length > 0.0);
        if self.unit.needs_wavelength() && !knows_wavelength {
            return refuse(format!(
                "{} needs a wavelength, which the geometry does not have; 2th_deg and r_mm do not",
                self.unit
            ));
        }
        Ok(())
    }
}

/// More bins than any picture shows.
const BINS_MAX: usize = 1 << 24;
