//! Where the pixels of a detector are: what files say about it, in the words of [`hutch_model::Geometry`].
//!
//! Data files say it in their own fields (`NXdetector`, headers of images), which `of_signal` reads; two formats do
//! nothing else and lie beside data: `.poni` of pyFAI and `.geom` of `CrystFEL`, which [`GeometryFile`] reads.

pub(crate) mod affine;
pub mod beam;
pub(crate) mod cxi;
pub(crate) mod detectors;
pub(crate) mod flat;
pub mod geom;
pub(crate) mod header;
pub(crate) mod module;
pub(crate) mod nxdetector;
pub mod poni;
pub(crate) mod transformations;

pub(crate) use nxdetector::of_signal;

use std::collections::BTreeMap;

use hutch_model::{Cancel, Container, Error, ErrorKind, Geometry, Result};

/// Bytes that a file of a geometry may take: those of detectors of thousands of panels take one.
pub const FILE_LIMIT_BYTES: u64 = 32 << 20;
/// Bytes by which text is told from what is none.
const HEAD_BYTES: usize = 1024;
/// Problems that are kept; a file that is something else has one in each line.
const PROBLEM_LIMIT: usize = 200;

/// Something wrong in a text file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// What is wrong, in words.
    pub text: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => f.write_str(&self.text),
            line => write!(f, "line {line}: {}", self.text),
        }
    }
}

/// Problems in the order of the file, not more than can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problems {
    found: Vec<Problem>,
    beyond: usize,
}

impl Problems {
    /// Adds one.
    pub(crate) fn push(&mut self, line: usize, text: impl Into<String>) {
        if self.found.len() < PROBLEM_LIMIT {
            self.found.push(Problem {
                line,
                text: text.into(),
            });
        } else {
            self.beyond += 1;
        }
    }

    /// All of them; the last says how many more there are.
    pub(crate) fn into_vec(mut self) -> Vec<Problem> {
        if self.beyond > 0 {
            let text = format!("{} more problems like these", self.beyond);
            self.found.push(Problem { line: 0, text });
        }
        self.found
    }
}

/// A file that holds nothing but a geometry.
#[derive(Clone, Debug, PartialEq)]
pub enum GeometryFile {
    /// `.poni` of pyFAI.
    Poni(poni::Poni),
    /// `.geom` of `CrystFEL`.
    Geom(geom::Geom),
}

impl GeometryFile {
    /// Reads a file whose name ends in `.poni` or `.geom`.
    ///
    /// # Errors
    /// [`ErrorKind::Unreadable`] where it holds no geometry, and why.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self> {
        let is_binary = bytes.iter().take(HEAD_BYTES).any(|byte| *byte == 0);
        let read = if is_binary && is_geometry(name) {
            Err("this is no geometry file: it holds bytes that are no text".to_owned())
        } else if ends_with(name, "poni") {
            poni::Poni::parse(bytes).map(Self::Poni)
        } else if ends_with(name, "geom") {
            geom::Geom::parse(bytes).map(Self::Geom)
        } else {
            Err("files that hold a geometry end in .poni or .geom".to_owned())
        };
        read.map_err(|why| unreadable(name, why))
    }

    /// What is wrong with it, while the rest is shown.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Poni(poni) => &poni.problems,
            Self::Geom(geom) => &geom.problems,
        }
    }

    /// The paths of numbers in the data file that the geometry needs, as a distance or an energy.
    pub fn paths(&self) -> Vec<String> {
        match self {
            Self::Poni(_) => Vec::new(),
            Self::Geom(geom) => geom.paths(),
        }
    }

    /// Reads the numbers of [`Self::paths`] from the data file; of lists the first. What is absent is left out.
    pub async fn numbers(&self, data: &dyn Container, cancel: &Cancel) -> BTreeMap<String, f64> {
        let mut found = BTreeMap::new();
        for path in self.paths() {
            let numbers = crate::nexus::numbers(data, &path, cancel).await;
            if let Some(first) = numbers.ok().and_then(|numbers| numbers.first().copied()) {
                found.insert(path, first);
            }
        }
        found
    }

    /// The geometry of frames of a size `[height, width]`; `name` is told as its source, `numbers` are those that the
    /// data file has at [`Self::paths`].
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] where frames of this size are not of this detector,
    /// [`ErrorKind::Unsupported`] for detectors that are not flat.
    pub fn geometry(
        &self,
        name: &str,
        frame: [u64; 2],
        numbers: &BTreeMap<String, f64>,
    ) -> Result<Geometry> {
        let geometry = match self {
            Self::Poni(poni) => poni.geometry(frame, name),
            Self::Geom(geom) => geom.geometry(numbers, name),
        };
        geometry.map_err(|fault| fault.tried(format!("read the geometry \"{name}\"")))
    }
}

/// Whether the name of a file is that of a geometry.
pub fn is_geometry(name: &str) -> bool {
    ends_with(name, "poni") || ends_with(name, "geom")
}

fn ends_with(name: &str, ending: &str) -> bool {
    let found = name.rsplit_once('.');
    found.is_some_and(|(_, found)| found.eq_ignore_ascii_case(ending))
}

fn unreadable(name: &str, why: String) -> Error {
    let tried = format!("read the geometry \"{name}\"");
    Error::new(ErrorKind::Unreadable, tried, why)
}
