//! `.poni` files: how pyFAI keeps the geometry of a detector.
//!
//! Source: pyFAI 2026.9, `io/ponifile.py` for the versions, `geometry/core.py` for the rotations,
//! `detectors/_common.py` for the orientation. Axis 1 of pyFAI goes up, axis 3 along the beam, and axis 2
//! is -x of the laboratory, so that the three are right-handed.

use hutch_model::{ErrorKind, Geometry, Panel};
use serde_json::Value as Json;

use super::affine::checked;
use super::detectors::{Grid, Known, known};
use super::{Problem, Problems};
use crate::beamline::fault::{Fault, Parsed};
use crate::beamline::pairs::text;

/// A geometry as pyFAI writes it: lengths in metres, angles in radians.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Poni {
    /// From the sample to the point of normal incidence.
    pub distance_m: f64,
    /// The point of normal incidence from the corner of the detector, along its axes 1 (slow) and 2 (fast).
    pub poni_m: [f64; 2],
    /// Rotations about the axes 1, 2 and 3; the first two are left-handed.
    pub rotation: [f64; 3],
    /// Wavelength of the beam.
    pub wavelength_m: Option<f64>,
    /// The name of the detector, where it has one.
    pub detector: String,
    /// What is wrong with the file, or not taken from it.
    pub problems: Vec<Problem>,
    pixel_m: [Option<f64>; 2],
    shape: Option<[u64; 2]>,
    /// 1 to 4, as EXIF counts the corners where a frame begins, seen from the sample; 3 is usual.
    orientation: u64,
    /// Whether what it says of its detector cannot be read.
    is_config_broken: bool,
}

/// No detector stands as far away, in metres.
const FAR_M: f64 = 1e4;
/// Nothing that is diffracted has longer waves, in metres.
const LONG_WAVE_M: f64 = 1e-3;

impl Poni {
    /// Reads a file of the versions 1, 2, 2.1 and 3.
    ///
    /// # Errors
    /// Why it holds no geometry, in words.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = text(bytes);
        let mut poni = Self {
            orientation: 3,
            ..Self::default()
        };
        let mut problems = Problems::default();
        let mut distance = None;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            let Some((key, value)) = line.split_once(':') else {
                problems.push(index + 1, format!("\"{}\" is no key and value", cut(line)));
                continue;
            };
            let (key, value) = (key.trim().to_lowercase(), value.trim());
            let is_distance = matches!(key.as_str(), "distance" | "dist");
            // Without one of these, nothing that is made of the rest is right.
            if (is_distance || matches!(key.as_str(), "poni1" | "poni2")) && !is_absent(value) {
                let found = number(value).ok_or_else(|| {
                    let (line, value) = (index + 1, cut(value));
                    format!("line {line}: its {key} is no finite number of metres: \"{value}\"")
                })?;
                distance = if is_distance { Some(found) } else { distance };
            }
            if let Err(why) = poni.set(&key, value) {
                problems.push(index + 1, why);
            }
        }
        poni.problems = problems.into_vec();
        poni.distance_m = distance.ok_or("it says no Distance in metres")?;
        Ok(poni)
    }

    /// Takes one line; says what is wrong with it or not taken from it.
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let real =
            || number(value).ok_or_else(|| format!("{key} is no number: \"{}\"", cut(value)));
        let near = |length: f64| {
            if length.abs() <= FAR_M {
                Ok(())
            } else {
                Err(format!("{key} = {length} m is farther than any detector"))
            }
        };
        match key {
            _ if is_absent(value) => {}
            "distance" | "dist" => {
                self.distance_m = real()?;
                near(self.distance_m)?;
                if self.distance_m <= 0.0 {
                    let distance = self.distance_m;
                    return Err(format!(
                        "distance = {distance} m, and a detector stands behind the sample"
                    ));
                }
            }
            "poni1" => {
                self.poni_m[0] = real()?;
                near(self.poni_m[0])?;
            }
            "poni2" => {
                self.poni_m[1] = real()?;
                near(self.poni_m[1])?;
            }
            "rot1" => self.rotation[0] = real()?,
            "rot2" => self.rotation[1] = real()?,
            "rot3" => self.rotation[2] = real()?,
            "pixelsize1" => self.set_pixel(0, Some(real()?))?,
            "pixelsize2" => self.set_pixel(1, Some(real()?))?,
            "wavelength" => {
                let length = real()?;
                self.wavelength_m = Some(length).filter(|length| *length > 0.0);
                if length <= 0.0 {
                    return Err(format!("a wavelength of {length} m is none"));
                }
                if length > LONG_WAVE_M {
                    return Err(format!(
                        "a wavelength of {length} m is no wavelength of X-rays"
                    ));
                }
            }
            "detector" => value.clone_into(&mut self.detector),
            "detector_config" => self.configure(value)?,
            "poni_version" if real()? > 3.0 => {
                return Err(format!("version {value} is newer than those known here"));
            }
            "parallax" if value.eq_ignore_ascii_case("true") => {
                return Err("the parallax in the sensor is not corrected for".to_owned());
            }
            "poni_version" | "parallax" => {}
            "splinefile" => return Err(distorted(value)),
            _ => return Err(format!("the key \"{}\" is not known", cut(key))),
        }
        Ok(())
    }

    fn set_pixel(&mut self, axis: usize, size_m: Option<f64>) -> Result<(), String> {
        self.pixel_m[axis] = size_m;
        match size_m {
            Some(size) if size > 0.0 => Ok(()),
            Some(size) => Err(format!("a pixel that is {size} m wide is none")),
            None => Err("the size of a pixel is no number".to_owned()),
        }
    }

    /// Takes the configuration of a detector, written as JSON.
    fn configure(&mut self, value: &str) -> Result<(), String> {
        self.is_config_broken = true;
        let config: Json = serde_json::from_str(value)
            .map_err(|error| format!("Detector_config is no JSON: {error}"))?;
        let Some(config) = config.as_object() else {
            return Err("Detector_config is no JSON object".to_owned());
        };
        self.is_config_broken = false;
        let mut wrong = Vec::new();
        for (key, value) in config {
            match (key.to_lowercase().as_str(), value) {
                (_, Json::Null) | ("sensor" | "binning" | "shape" | "module_size", _) => {}
                ("pixel1", value) => wrong.extend(self.set_pixel(0, value.as_f64()).err()),
                ("pixel2", value) => wrong.extend(self.set_pixel(1, value.as_f64()).err()),
                ("max_shape", value) => self.shape = pair(value),
                ("orientation", value) => match value.as_u64() {
                    Some(0) => self.orientation = 3,
                    Some(corner @ 1..=4) => self.orientation = corner,
                    _ => wrong.push(format!("orientation {value} is none of 1 to 4")),
                },
                ("splinefile", Json::String(file)) => wrong.push(distorted(file)),
                (key, value) => wrong.push(format!("{key} = {value} is not taken into account")),
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("of the detector, {}", wrong.join("; ")))
        }
    }

    /// The geometry of frames of this size, `[slow, fast]`.
    pub(crate) fn geometry(&self, frame: [u64; 2], source: &str) -> Parsed<Geometry> {
        let pixel_m = self.pixel_m_of(frame)?;
        let rotation = self.rotation_matrix();
        let turned = |along_1: f64, along_2: f64, along_3: f64| {
            let [one, two, three] =
                rotation.map(|row| row[0] * along_1 + row[1] * along_2 + row[2] * along_3);
            [-two, one, three]
        };
        // A frame may begin at any corner; where it does, the other end is the origin.
        let is_turned = [
            matches!(self.orientation, 1 | 2),
            matches!(self.orientation, 1 | 4),
        ];
        let step: [f64; 2] = std::array::from_fn(|axis| {
            if is_turned[axis] {
                -pixel_m[axis]
            } else {
                pixel_m[axis]
            }
        });
        let begin: [f64; 2] = std::array::from_fn(|axis| {
            let length = if is_turned[axis] {
                frame[axis] as f64 * pixel_m[axis]
            } else {
                0.0
            };
            length - self.poni_m[axis]
        });
        let panel = Panel {
            name: String::new(),
            plane: Vec::new(),
            first: [0, 0],
            size: frame,
            corner_m: turned(begin[0], begin[1], self.distance_m),
            slow_m: turned(step[0], 0.0, 0.0),
            fast_m: turned(0.0, step[1], 0.0),
        };
        let too_large = || Fault::unreadable("its numbers are too large");
        Ok(Geometry {
            panels: vec![checked(panel).ok_or_else(too_large)?],
            wavelength_m: self.wavelength_m,
            source: source.to_owned(),
        })
    }

    /// The size of a pixel of frames of this size: binned frames have larger ones.
    fn pixel_m_of(&self, frame: [u64; 2]) -> Parsed<[f64; 2]> {
        let known = known(&self.detector);
        if let Some(Known {
            grid: Grid::Tables, ..
        }) = known
        {
            return Err(unsupported(&self.detector));
        }
        let shape = self.shape.or(known.map(|known| known.shape));
        if let Some(shape) = shape {
            let fits =
                (0..2).all(|axis| frame[axis] > 0 && shape[axis].is_multiple_of(frame[axis]));
            // A binned frame of a detector that is known by name is a whole part of it.
            if shape != frame && (self.shape.is_some() || !fits) {
                let why = format!("its detector has {shape:?} pixels, the frame {frame:?}");
                return Err(Fault {
                    kind: ErrorKind::Shape,
                    why,
                });
            }
        }
        let mut pixel_m = [0.0; 2];
        for (axis, size) in pixel_m.iter_mut().enumerate() {
            let binned = known.map(|known| {
                let binning = known.shape[axis] / frame[axis].max(1);
                known.pixel_m[axis] * binning as f64
            });
            *size = match self.pixel_m[axis].or(binned) {
                Some(size) if size.is_finite() && size > 0.0 => size,
                Some(size) => {
                    return Err(Fault::unreadable(format!("its pixels are {size} m wide")));
                }
                None if self.is_config_broken => {
                    let why = "its Detector_config is no JSON, so that it says no size of a pixel";
                    return Err(Fault::unreadable(why));
                }
                None if self.detector.is_empty() => {
                    return Err(Fault::unreadable("it says no size of a pixel"));
                }
                None => return Err(unsupported(&self.detector)),
            };
        }
        Ok(pixel_m)
    }

    /// Source: pyFAI, `Geometry.rotation_matrix`: about axis 1, then 2, then 3.
    fn rotation_matrix(&self) -> [[f64; 3]; 3] {
        let ([s1, s2, s3], [c1, c2, c3]) =
            (self.rotation.map(f64::sin), self.rotation.map(f64::cos));
        [
            [c2 * c3, s1 * s2 * c3 - c1 * s3, -c1 * s2 * c3 - s1 * s3],
            [c2 * s3, c1 * c3 + s1 * s2 * s3, s1 * c3 - c1 * s2 * s3],
            [s2, -c2 * s1, c1 * c2],
        ]
    }
}

/// Whether pyFAI wrote that there is nothing.
fn is_absent(value: &str) -> bool {
    value.eq_ignore_ascii_case("none") || value.is_empty()
}

fn number(text: &str) -> Option<f64> {
    text.trim()
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

fn pair(value: &Json) -> Option<[u64; 2]> {
    match value.as_array()?.as_slice() {
        [slow, fast] => Some([slow.as_u64()?, fast.as_u64()?]),
        _ => None,
    }
}

/// The begin of a text that may be anything.
fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

fn distorted(file: &str) -> String {
    format!("the distortion in \"{}\" is not corrected for", cut(file))
}

fn unsupported(detector: &str) -> Fault {
    Fault::unsupported(format!(
        "where the pixels of the detector \"{}\" are is known to pyFAI alone",
        cut(detector)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "# Nota: C-Order\nPixelSize1: 1e-4\nPixelSize2: 2e-4\nDistance: 0.1\n\
        Poni1: 0.01\nPoni2: 0.02\nRot1: 0.0\nRot2: 0.0\nRot3: 0.0\nSplineFile: None\nWavelength: 1e-10\n";

    #[test]
    fn an_untilted_detector_lies_across_the_beam() {
        let poni = Poni::parse(OLD.as_bytes()).expect("a geometry");
        assert_eq!(poni.problems, [], "nothing is wrong with it");
        let geometry = poni.geometry([100, 200], "a.poni").expect("a geometry");
        let panel = &geometry.panels[0];
        for (part, expected) in panel.corner_m.iter().zip([0.02, -0.01, 0.1]) {
            assert!((part - expected).abs() < 1e-15, "{:?}", panel.corner_m);
        }
        let centre = geometry.beam_centre().expect("in the beam");
        assert!((centre[0] - 100.0).abs() < 1e-9 && (centre[1] - 100.0).abs() < 1e-9);
        assert_eq!(geometry.wavelength_m, Some(1e-10));
    }

    #[test]
    fn what_is_not_understood_is_said_with_its_line() {
        let text = format!("{OLD}Rot1: sideways\nColour: blue\nPoni_version: 4\nno colon\n");
        let poni = Poni::parse(text.as_bytes()).expect("a geometry");
        let lines: Vec<usize> = poni.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [12, 13, 14, 15], "{:?}", poni.problems);
        assert!(Poni::parse(b"Poni1: 3\n").is_err(), "no distance");
    }

    #[test]
    fn numbers_that_no_detector_has_are_told_and_those_that_are_none_are_refused() {
        let of = |key: &str, value: &str| {
            let lines = OLD.lines().map(|line| match line.split_once(':') {
                Some((found, _)) if found == key => format!("{key}: {value}"),
                _ => line.to_owned(),
            });
            Poni::parse(lines.collect::<Vec<_>>().join("\n").as_bytes())
        };
        for (key, value) in [
            ("Distance", "0"),
            ("Distance", "-0.2"),
            ("Distance", "1e300"),
            ("Poni1", "1e9"),
            ("Wavelength", "0"),
            ("Wavelength", "1.0"),
            ("PixelSize1", "-1e-4"),
        ] {
            let problems = of(key, value).expect("a geometry").problems;
            assert_eq!(problems.len(), 1, "{key} = {value}: {problems:?}");
        }
        for (key, value) in [
            ("Distance", "nan"),
            ("Distance", "twenty"),
            ("Poni1", "inf"),
            ("Poni2", "nan"),
        ] {
            let why = of(key, value).expect_err("no number");
            assert!(why.contains(value), "it says what is there: {why}");
        }
    }

    #[test]
    fn a_configuration_that_is_cut_is_the_reason_for_absent_pixels() {
        let text =
            "Detector: Detector\nDetector_config: {\"pixel1\": 0.000172, \"ori\nDistance: 1\n";
        let poni = Poni::parse(text.as_bytes()).expect("a geometry");
        let fault = poni.geometry([10, 10], "").expect_err("no pixels");
        assert!(fault.why.contains("no JSON"), "{}", fault.why);
    }

    #[test]
    fn a_binned_frame_of_a_known_detector_has_larger_pixels() {
        let text = "Detector: Eiger4M\nDetector_config: {}\nDistance: 1\n";
        let text = text.replace("Eiger4M", "RayonixMx225");
        let poni = Poni::parse(text.as_bytes()).expect("a geometry");
        let geometry = poni
            .geometry([3072, 3072], "a.poni")
            .expect("binned by two");
        assert!((geometry.panels[0].slow_m[1] - 2.0 * 73.242e-6).abs() < 1e-15);
        assert_eq!(
            poni.geometry([3000, 3072], "").map_err(|fault| fault.kind),
            Err(ErrorKind::Shape),
            "no binning gives 3000 rows"
        );
    }

    #[test]
    fn a_detector_that_needs_tables_says_so() {
        let text = "Detector: Pixirad 8\nDetector_config: {}\nDistance: 1\n".replace("d 8", "d-8");
        let poni = Poni::parse(text.as_bytes()).expect("a geometry");
        let fault = poni.geometry([476, 4096], "").expect_err("hexagons");
        assert_eq!(fault.kind, ErrorKind::Unsupported);
        assert!(fault.why.contains("pyFAI"), "{}", fault.why);
    }
}
