//! A flat detector in the words of pyFAI.

use hutch_model::{Geometry, Panel};

use crate::calibrants::Calibrant;

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
    /// Whether a frame begins at the other end of the detector along an axis, as those of `NeXus` do along the slow one.
    pub is_turned: [bool; 2],
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
    /// The detector of a geometry of one flat panel that is a frame of its own, in a beam of a wavelength.
    ///
    /// `None` where it has several panels, or pixels that are not right-angled.
    pub fn of(geometry: &Geometry, wavelength_m: f64) -> Option<Self> {
        let [panel] = geometry.panels.as_slice() else {
            return None;
        };
        let known = |point: [f64; 3]| [point[1], -point[0], point[2]];
        let [slow, fast, corner] = [panel.slow_m, panel.fast_m, panel.corner_m].map(known);
        let dot = |one: [f64; 3], other: [f64; 3]| -> f64 {
            one.iter().zip(other).map(|(one, other)| one * other).sum()
        };
        let pixel_m = [slow, fast].map(|step| dot(step, step).sqrt());
        let cross = |one: [f64; 3], other: [f64; 3]| {
            [
                one[1] * other[2] - one[2] * other[1],
                one[2] * other[0] - one[0] * other[2],
                one[0] * other[1] - one[1] * other[0],
            ]
        };
        let [slow, fast] = [
            slow.map(|part| part / pixel_m[0]),
            fast.map(|part| part / pixel_m[1]),
        ];
        // Seen from behind, the frame begins at the other end of its slow axis.
        let is_turned = [dot(cross(slow, fast), corner) < 0.0, false];
        let first = if is_turned[0] {
            slow.map(|part| -part)
        } else {
            slow
        };
        let second = fast;
        let third = cross(first, second);
        let begin = if is_turned[0] {
            panel.size[0] as f64 * pixel_m[0]
        } else {
            0.0
        };
        let setting = Self {
            distance_m: dot(third, corner),
            poni_m: [begin - dot(first, corner), -dot(second, corner)],
            rotation: [
                (-second[2]).atan2(third[2]),
                first[2].atan2(first[0].hypot(first[1])),
                first[1].atan2(first[0]),
            ],
            wavelength_m,
            pixel_m,
            shape: panel.size,
            is_turned,
        };
        let is_plain = panel.plane.is_empty() && panel.first == [0, 0];
        let is_square = dot(slow, fast).abs() < 1e-9;
        (is_plain && is_square && setting.distance_m > 0.0).then_some(setting)
    }

    /// Moves the detector along itself, so that the beam hits it at `[slow, fast]`, in pixels from its corner.
    pub fn move_beam_to(&mut self, centre_px: [f64; 2]) {
        if let Some(now) = self.geometry().beam_centre() {
            for axis in 0..2 {
                let moved = (centre_px[axis] - now[axis]) * self.pixel_m[axis];
                self.poni_m[axis] += if self.is_turned[axis] { -moved } else { moved };
            }
        }
    }

    /// The lattice spacings of a substance whose rings lie on the detector, in metres, largest first.
    pub fn spacings_m(&self, of: &Calibrant, limit: usize) -> Vec<f64> {
        let geometry = self.geometry();
        // Many may lie beside the detector; beyond half a wavelength there are none.
        let all = of.spacings_m(0.5 * self.wavelength_m, limit.saturating_mul(8).min(500));
        let is_seen = |spacing: &f64| {
            let angle = geometry.two_theta_of_d(*spacing);
            angle.is_some_and(|angle| !geometry.ring(angle, 90).is_empty())
        };
        all.into_iter().filter(is_seen).take(limit).collect()
    }

    /// How far the detector leans from a right angle to the beam, in radians.
    pub fn tilt(&self) -> f64 {
        (self.rotation[0].cos() * self.rotation[1].cos())
            .clamp(-1.0, 1.0)
            .acos()
    }

    /// Where a frame begins, 1 to 4, as pyFAI counts the corners of a detector; 3 is usual.
    ///
    /// Source: pyFAI 2026.9, `detectors/orientation.py`.
    pub const fn orientation(&self) -> u8 {
        match self.is_turned {
            [true, true] => 1,
            [true, false] => 2,
            [false, false] => 3,
            [false, true] => 4,
        }
    }

    /// The text of a `.poni` file, with a line that says where it comes from.
    ///
    /// Source: pyFAI 2026.9, `io/ponifile.py`, version 2.1.
    pub fn poni(&self, comment: &str) -> String {
        let comment = comment.replace(['\n', '\r'], " ");
        let [pixel1, pixel2] = self.pixel_m;
        let [height, width] = self.shape;
        let [poni1, poni2] = self.poni_m;
        let [rot1, rot2, rot3] = self.rotation;
        format!(
            "# {comment}\nponi_version: 2.1\nDetector: Detector\nDetector_config: {{\"pixel1\": {pixel1:e}, \
             \"pixel2\": {pixel2:e}, \"max_shape\": [{height}, {width}], \"orientation\": {}}}\n\
             Distance: {}\nPoni1: {poni1}\nPoni2: {poni2}\nRot1: {rot1}\nRot2: {rot2}\nRot3: {rot3}\n\
             Wavelength: {:e}\n",
            self.orientation(),
            self.distance_m,
            self.wavelength_m
        )
    }

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
        let along = |axis: usize| {
            let length = self.shape[axis] as f64 * self.pixel_m[axis];
            let (begin, step) = if self.is_turned[axis] {
                (length, -self.pixel_m[axis])
            } else {
                (0.0, self.pixel_m[axis])
            };
            (begin - self.poni_m[axis], step)
        };
        let [(first, slow), (second, fast)] = [along(0), along(1)];
        Geometry {
            panels: vec![Panel {
                name: String::new(),
                plane: Vec::new(),
                first: [0, 0],
                size: self.shape,
                corner_m: self.turned([first, second, self.distance_m]),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> [Setting; 2] {
        let usual = Setting {
            distance_m: 0.19,
            poni_m: [0.0731, -0.0452],
            rotation: [0.31, -0.22, 0.4],
            wavelength_m: 1.2e-10,
            pixel_m: [172e-6, 75e-6],
            shape: [1043, 981],
            is_turned: [false, false],
        };
        let of_nexus = Setting {
            is_turned: [true, false],
            ..usual.clone()
        };
        [usual, of_nexus]
    }

    #[test]
    fn a_setting_and_its_panel_are_the_same() {
        for setting in settings() {
            let again = Setting::of(&setting.geometry(), 1.2e-10).expect("one panel");
            let close =
                |one: f64, other: f64| assert!((one - other).abs() < 1e-12, "{one}, {other}");
            close(again.distance_m, setting.distance_m);
            for axis in 0..2 {
                close(again.poni_m[axis], setting.poni_m[axis]);
                close(again.pixel_m[axis], setting.pixel_m[axis]);
            }
            for axis in 0..3 {
                close(again.rotation[axis], setting.rotation[axis]);
            }
            assert_eq!(again.shape, setting.shape);
            assert_eq!(again.is_turned, setting.is_turned);
        }
    }

    #[test]
    fn the_beam_is_moved_to_where_it_is_wanted() {
        for mut setting in settings() {
            setting.move_beam_to([500.0, 400.0]);
            let [slow, fast] = setting.geometry().beam_centre().expect("a beam");
            assert!(
                (slow - 500.0).abs() < 1e-6 && (fast - 400.0).abs() < 1e-6,
                "{slow}, {fast}"
            );
        }
    }
}
