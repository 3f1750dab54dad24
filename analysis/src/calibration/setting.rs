//! A flat detector in the words of pyFAI.

use hutch_model::{Geometry, Panel};

/// Where a flat detector is.
///
/// The parameters are those of pyFAI: the point of normal incidence is where the
/// detector is met at a right angle from the sample, and the detector is turned
/// about its axes 1 (up), 2 (along the rows) and 3 (along the beam). Its axes
/// 1, 2, 3 are y, -x and z of the laboratory.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// From the sample to the point of normal incidence, in metres.
    pub distance_m: f64,
    /// That point, from the corner of the first pixel, `[slow, fast]`.
    pub poni_m: [f64; 2],
    /// Rotations in radians; the first two are left-handed.
    pub rotation: [f64; 3],
    /// Wavelength of the beam.
    pub wavelength_m: f64,
    /// Size of a pixel, `[slow, fast]`.
    pub pixel_m: [f64; 2],
    /// Pixels of a frame, `[slow, fast]`.
    pub shape: [u64; 2],
}

/// A parameter that can be refined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// [`Setting::distance_m`].
    Distance,
    /// The first of [`Setting::poni_m`].
    Poni1,
    /// The second of [`Setting::poni_m`].
    Poni2,
    /// The first of [`Setting::rotation`].
    Rot1,
    /// The second of [`Setting::rotation`].
    Rot2,
    /// The third of [`Setting::rotation`]; rings alone do not tell it.
    Rot3,
    /// [`Setting::wavelength_m`]; not together with the distance, unless rings reach far.
    Wavelength,
}

impl Parameter {
    /// What rings tell while the wavelength is known.
    pub const USUAL: [Self; 5] = [
        Self::Distance,
        Self::Poni1,
        Self::Poni2,
        Self::Rot1,
        Self::Rot2,
    ];
}

impl Setting {
    /// The value of a parameter.
    pub const fn value(&self, parameter: Parameter) -> f64 {
        match parameter {
            Parameter::Distance => self.distance_m,
            Parameter::Poni1 => self.poni_m[0],
            Parameter::Poni2 => self.poni_m[1],
            Parameter::Rot1 => self.rotation[0],
            Parameter::Rot2 => self.rotation[1],
            Parameter::Rot3 => self.rotation[2],
            Parameter::Wavelength => self.wavelength_m,
        }
    }

    /// How much of a parameter moves rings by about a hundredth of a pixel.
    pub(super) fn step(&self, parameter: Parameter) -> f64 {
        let pixel = 0.01 * self.pixel_m[0];
        match parameter {
            Parameter::Distance | Parameter::Poni1 | Parameter::Poni2 => pixel,
            Parameter::Rot1 | Parameter::Rot2 | Parameter::Rot3 => pixel / self.distance_m,
            Parameter::Wavelength => self.wavelength_m * pixel / self.distance_m,
        }
    }

    /// The same with other values of some parameters.
    pub(super) fn with(&self, parameters: &[Parameter], values: &[f64]) -> Self {
        let mut setting = self.clone();
        for (parameter, value) in parameters.iter().zip(values) {
            match parameter {
                Parameter::Distance => setting.distance_m = *value,
                Parameter::Poni1 => setting.poni_m[0] = *value,
                Parameter::Poni2 => setting.poni_m[1] = *value,
                Parameter::Rot1 => setting.rotation[0] = *value,
                Parameter::Rot2 => setting.rotation[1] = *value,
                Parameter::Rot3 => setting.rotation[2] = *value,
                Parameter::Wavelength => setting.wavelength_m = *value,
            }
        }
        setting
    }

    /// The same as panels of the laboratory.
    ///
    /// Source: pyFAI 2026.9, `Geometry.rotation_matrix`.
    pub fn geometry(&self) -> Geometry {
        let [slow, fast] = self.pixel_m;
        Geometry {
            panels: vec![Panel {
                name: String::new(),
                plane: Vec::new(),
                first: [0, 0],
                size: self.shape,
                corner_m: self.turned([-self.poni_m[0], -self.poni_m[1], self.distance_m]),
                slow_m: self.turned([slow, 0.0, 0.0]),
                fast_m: self.turned([0.0, fast, 0.0]),
            }],
            wavelength_m: Some(self.wavelength_m),
            source: "a calibration".to_owned(),
        }
    }

    fn turned(&self, [t1, t2, t3]: [f64; 3]) -> [f64; 3] {
        let [(s1, c1), (s2, c2), (s3, c3)] = self.rotation.map(f64::sin_cos);
        let [t1, t2, t3] = [t1, c1 * t2 + s1 * t3, c1 * t3 - s1 * t2];
        let [t1, t2, t3] = [c2 * t1 - s2 * t3, t2, s2 * t1 + c2 * t3];
        [-(s3 * t1 + c3 * t2), c3 * t1 - s3 * t2, t3]
    }
}
