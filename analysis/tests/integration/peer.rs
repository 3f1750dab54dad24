//! Running pyFAI, and what it wrote.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use hutch_analysis::integrate::{Choice, Split, Unit};
use hutch_model::Panel;

/// A detector as pyFAI describes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Geometry {
    pub(crate) name: &'static str,
    /// `[slow, fast]`.
    pub(crate) shape: [u64; 2],
    /// `[slow, fast]`.
    pub(crate) pixel_m: [f64; 2],
    /// dist, poni1, poni2, rot1, rot2, rot3.
    pub(crate) poni: [f64; 6],
    pub(crate) wavelength_m: f64,
}

impl Geometry {
    /// Source: pyFAI's `Geometry.rotation_matrix`; its axes 1, 2, 3 are our y, -x, z.
    pub(crate) fn panels(&self) -> hutch_model::Geometry {
        let [distance, poni1, poni2, rot1, rot2, rot3] = self.poni;
        let turned = |[t1, t2, t3]: [f64; 3]| {
            let (s1, c1) = rot1.sin_cos();
            let [t1, t2, t3] = [t1, c1 * t2 + s1 * t3, -s1 * t2 + c1 * t3];
            let (s2, c2) = rot2.sin_cos();
            let [t1, t2, t3] = [c2 * t1 - s2 * t3, t2, s2 * t1 + c2 * t3];
            let (s3, c3) = rot3.sin_cos();
            let [t1, t2, t3] = [c3 * t1 - s3 * t2, s3 * t1 + c3 * t2, t3];
            [-t2, t1, t3]
        };
        hutch_model::Geometry {
            panels: vec![Panel {
                name: String::new(),
                plane: Vec::new(),
                first: [0, 0],
                size: self.shape,
                corner_m: turned([-poni1, -poni2, distance]),
                slow_m: turned([self.pixel_m[0], 0.0, 0.0]),
                fast_m: turned([0.0, self.pixel_m[1], 0.0]),
            }],
            wavelength_m: Some(self.wavelength_m),
            source: "pyFAI".to_owned(),
        }
    }

    fn json(&self) -> String {
        let [dist, poni1, poni2, rot1, rot2, rot3] = self.poni;
        format!(
            "{{\"name\": \"{}\", \"shape\": {:?}, \"pixel\": {:?}, \"wavelength\": {:e}, \"poni\": {{\"dist\": {dist}, \
             \"poni1\": {poni1}, \"poni2\": {poni2}, \"rot1\": {rot1}, \"rot2\": {rot2}, \"rot3\": {rot3}}}}}",
            self.name, self.shape, self.pixel_m, self.wavelength_m
        )
    }
}

/// One integration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) geometry: Geometry,
    pub(crate) unit: Unit,
    pub(crate) split: Split,
    pub(crate) points: usize,
    pub(crate) azimuth_points: Option<usize>,
    pub(crate) radial_range: Option<[f64; 2]>,
    /// In degrees.
    pub(crate) azimuth_range: Option<[f64; 2]>,
    pub(crate) ignores_solid_angle: bool,
    pub(crate) polarization: Option<f64>,
    pub(crate) has_fields: bool,
    pub(crate) has_errors: bool,
}

impl Case {
    pub(crate) fn new(geometry: Geometry, split: Split) -> Self {
        Self {
            geometry,
            unit: Unit::QPerNm,
            split,
            points: 1000,
            azimuth_points: None,
            radial_range: None,
            azimuth_range: None,
            ignores_solid_angle: false,
            polarization: None,
            has_fields: false,
            has_errors: false,
        }
    }

    pub(crate) fn choice(&self) -> Choice {
        Choice {
            unit: self.unit,
            points: self.points,
            azimuth_points: self.azimuth_points,
            radial_range: self.radial_range,
            azimuth_range: self.azimuth_range.map(|range| range.map(f64::to_radians)),
            split: self.split,
        }
    }

    pub(crate) fn name(&self) -> String {
        format!(
            "{}-{}-{}-{}x{}{}{}",
            self.geometry.name,
            self.unit.axis(),
            self.split,
            self.points,
            self.azimuth_points.unwrap_or(1),
            if self.has_fields { "-corrected" } else { "" },
            if self.azimuth_range.is_some() {
                "-cake"
            } else {
                ""
            },
        )
    }

    fn json(&self) -> String {
        let range = |range: Option<[f64; 2]>| {
            range.map_or_else(|| "null".to_owned(), |range| format!("{range:?}"))
        };
        let polarization = self
            .polarization
            .map_or_else(|| "null".to_owned(), |factor| factor.to_string());
        format!(
            "{{\"name\": \"{}\", \"geometry\": \"{}\", \"unit\": \"{}\", \"split\": \"{}\", \"points\": {}, \
             \"azimuth_points\": {}, \"radial_range\": {}, \"azimuth_range\": {}, \"solid_angle\": {}, \
             \"polarization\": {polarization}, \"fields\": {}, \"errors\": {}}}",
            self.name(),
            self.geometry.name,
            self.unit,
            self.split,
            self.points,
            self.azimuth_points.unwrap_or(0),
            range(self.radial_range),
            range(self.azimuth_range),
            !self.ignores_solid_angle,
            self.has_fields,
            self.has_errors,
        )
    }
}

/// What both integrate.
pub(crate) struct Frame {
    pub(crate) counts: Vec<u32>,
    pub(crate) mask: Vec<bool>,
    pub(crate) flat: Vec<f32>,
    pub(crate) dark: Vec<f32>,
}

/// A folder with the results of pyFAI.
pub(crate) struct Peer(tempfile::TempDir);

impl Peer {
    /// Runs pyFAI; `None` after a skip.
    pub(crate) fn run(geometries: &[Geometry], cases: &[Case]) -> Option<Self> {
        let python = hutch_testservers::python_with("pyFAI")?;
        let folder = tempfile::tempdir().unwrap();
        let mut plan = String::from("{\"geometries\": [");
        let list = |items: Vec<String>| items.join(", ");
        write!(
            plan,
            "{}], \"cases\": [{}]}}",
            list(geometries.iter().map(Geometry::json).collect()),
            list(cases.iter().map(Case::json).collect())
        )
        .unwrap();
        std::fs::write(folder.path().join("cases.json"), plan).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/pyfai.py");
        let output = Command::new(python)
            .arg(script)
            .arg(folder.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "the script of pyFAI ends: {errors}"
        );
        Some(Self(folder))
    }

    /// The frame of a geometry.
    pub(crate) fn frame(&self, of: Geometry) -> Frame {
        let words = |kind: &str| {
            let bytes = self.bytes(of.name, kind);
            bytes.as_chunks::<4>().0.to_vec()
        };
        Frame {
            counts: words("frame").into_iter().map(u32::from_le_bytes).collect(),
            mask: self
                .bytes(of.name, "mask")
                .into_iter()
                .map(|bad| bad != 0)
                .collect(),
            flat: words("flat").into_iter().map(f32::from_le_bytes).collect(),
            dark: words("dark").into_iter().map(f32::from_le_bytes).collect(),
        }
    }

    /// What it wrote for a case.
    pub(crate) fn numbers(&self, case: &str, kind: &str) -> Vec<f64> {
        let bytes = self.bytes(case, kind);
        bytes
            .as_chunks::<8>()
            .0
            .iter()
            .map(|eight| f64::from_le_bytes(*eight))
            .collect()
    }

    fn bytes(&self, name: &str, kind: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(format!("{name}.{kind}"))).unwrap()
    }
}
