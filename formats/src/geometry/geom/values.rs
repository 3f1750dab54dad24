//! Values of `.geom` files: vectors, lengths, the beam.

use std::collections::BTreeMap;

use super::super::beam::{energy_of_wavelength, wavelength_of_energy};
use super::electron_wavelength;

/// A length, written or in a data file.
#[derive(Clone, Debug, PartialEq)]
pub enum Length {
    /// In metres.
    Metres(f64),
    /// A path in the data file, and metres for one of its unit.
    Path(String, f64),
}

impl Length {
    /// Reads `0.1 m`, `100 mm` or a path; numbers are in metres, paths in millimetres where they say nothing.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (value, unit) = words(text);
        let factor = |bare: f64| match unit {
            "" => Ok(bare),
            "m" => Ok(1.0),
            "mm" => Ok(1e-3),
            other => Err(format!("\"{}\" is no unit of length here", cut(other))),
        };
        if value.starts_with('/') {
            return Ok(Self::Path(value.to_owned(), factor(1e-3)?));
        }
        Ok(Self::Metres(number(value)? * factor(1.0)?))
    }

    pub(super) fn path(&self) -> Option<String> {
        match self {
            Self::Path(path, _) => Some(path.clone()),
            Self::Metres(_) => None,
        }
    }

    pub(super) fn metres(&self, numbers: &BTreeMap<String, f64>) -> Result<f64, String> {
        match self {
            Self::Metres(length) => Ok(*length),
            Self::Path(path, factor) => match numbers.get(path) {
                Some(number) => Ok(number * factor),
                None => Err(format!("the data file has no number at \"{}\"", cut(path))),
            },
        }
    }
}

/// What the beam is, and how its wavelength follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Beam {
    kind: BeamKind,
    value: Result<f64, String>,
    factor: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BeamKind {
    Wavelength,
    PhotonEnergy,
    ElectronVoltage,
}

impl Beam {
    pub(super) fn parse(kind: BeamKind, text: &str) -> Result<Self, String> {
        let (value, unit) = words(text);
        let factor = match (kind, unit) {
            (BeamKind::Wavelength, "A") => 1e-10,
            (BeamKind::PhotonEnergy, "" | "eV")
            | (BeamKind::ElectronVoltage, "" | "V")
            | (BeamKind::Wavelength, "" | "m") => 1.0,
            (BeamKind::PhotonEnergy, "keV") | (BeamKind::ElectronVoltage, "kV") => 1e3,
            (BeamKind::PhotonEnergy, "MeV") => 1e6,
            (_, other) => return Err(format!("\"{}\" is no unit of the beam", cut(other))),
        };
        let value = if value.starts_with('/') {
            Err(value.to_owned())
        } else {
            Ok(number(value)?)
        };
        Ok(Self {
            kind,
            value,
            factor,
        })
    }

    pub(super) fn path(&self) -> Option<String> {
        self.value.as_ref().err().cloned()
    }

    pub(super) fn wavelength_m(&self, numbers: &BTreeMap<String, f64>) -> Option<f64> {
        let value = match &self.value {
            Ok(value) => *value,
            Err(path) => *numbers.get(path)?,
        };
        let value = value * self.factor;
        match self.kind {
            BeamKind::Wavelength => energy_of_wavelength(value).map(|_| value),
            BeamKind::PhotonEnergy => wavelength_of_energy(value),
            BeamKind::ElectronVoltage => electron_wavelength(value),
        }
    }
}

/// Reads a vector as `-0.001x +0.9999y -0.0001z`, `x` or `-y`.
pub(super) fn vector(text: &str) -> Result<[f64; 3], String> {
    let wrong = || format!("\"{}\" is no vector of x, y and z", cut(text));
    let mut vector = [0.0; 3];
    let mut part = String::new();
    for letter in text.chars().filter(|letter| !letter.is_whitespace()) {
        let axis = match letter {
            'x' => 0,
            'y' => 1,
            'z' => 2,
            other => {
                part.push(other);
                continue;
            }
        };
        vector[axis] += match part.as_str() {
            "" | "+" => 1.0,
            "-" => -1.0,
            factor => number(factor).map_err(|_why| wrong())?,
        };
        part.clear();
    }
    let is_empty = vector.iter().all(|part| part.abs() == 0.0);
    if part.is_empty() && !is_empty {
        Ok(vector)
    } else {
        Err(wrong())
    }
}

/// A number that is finite.
pub(super) fn number(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| format!("\"{}\" is no number", cut(text)))
}

/// An index of a pixel, which may be written as `511.0`.
pub(super) fn index(text: &str) -> Result<u64, String> {
    let value = number(text)?;
    let is_index = value.fract() == 0.0 && (0.0..1e9).contains(&value);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole and in range"
    )]
    is_index
        .then_some(value as u64)
        .ok_or_else(|| format!("\"{}\" is no index of a pixel", cut(text)))
}

/// Bits as `0x` and hexadecimal digits, or as a number.
pub(super) fn bits(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let read = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    read.ok_or_else(|| format!("\"{}\" are no bits", cut(text)))
}

/// A value and the unit behind it.
fn words(text: &str) -> (&str, &str) {
    let text = text.trim();
    match text.split_once(char::is_whitespace) {
        Some((value, unit)) => (value, unit.trim()),
        None => (text, ""),
    }
}

/// The begin of a text that may be anything.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}
