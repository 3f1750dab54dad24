//! Where patterns and pictures go: lines, JSON, or a file.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use hutch_analysis::integrate::{Sums, Unit};
use hutch_formats::write::{Band, Compression, Made, NexusSink, NpySink, Sink, Stack, StackAxis};
use hutch_model::{ElementType, Error, ErrorKind, Result};
use serde_json::{Value as Json, json};

use crate::cli::existing::Content;
use crate::cli::out::{Out, written};
use crate::cli::values;
use crate::reconstruct::output::PartFile;

/// What is known before the first frame.
pub(in crate::cli) struct About {
    pub(in crate::cli) source: String,
    pub(in crate::cli) geometry: String,
    pub(in crate::cli) unit: Unit,
    pub(in crate::cli) radius: Vec<f64>,
    /// Empty for patterns.
    pub(in crate::cli) azimuth_deg: Vec<f64>,
    /// Sizes of the axes in front of a frame.
    pub(in crate::cli) frames: Vec<u64>,
    pub(in crate::cli) has_errors: bool,
    /// How it was made, where somebody looks at it.
    pub(in crate::cli) made: Option<Made>,
}

/// The way out.
pub(in crate::cli) struct Output {
    about: About,
    way: Way,
}

/// Where the frames go, and in which form.
pub(in crate::cli) enum Way {
    Csv(Option<PathBuf>),
    Json,
    Npy(PathBuf),
    Nexus(PathBuf),
}

/// Takes a frame.
type Put<'a> = dyn FnMut(u64, &Sums) -> Result<()> + 'a;

impl Way {
    /// Chooses by the ending of a file.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for an ending that tells no format.
    pub(in crate::cli) fn of(file: Option<&Path>, wants_json: bool) -> Result<Self> {
        let Some(file) = file else {
            return Ok(if wants_json {
                Self::Json
            } else {
                Self::Csv(None)
            });
        };
        let ending = file
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let path = file.to_owned();
        Ok(match ending.as_str() {
            "csv" | "txt" | "dat" => Self::Csv(Some(path)),
            "npy" => Self::Npy(path),
            "h5" | "hdf5" | "nxs" | "nx5" => Self::Nexus(path),
            _ => {
                let tried = format!("write \"{}\"", file.display());
                let why = "its ending tells no format; there are .h5, .nxs, .npy and .csv";
                return Err(Error::new(ErrorKind::Usage, tried, why));
            }
        })
    }

    /// What is written.
    pub(super) const fn content(&self) -> Content {
        match self {
            Self::Csv(_) => Content::Lines,
            Self::Json => Content::Json,
            Self::Npy(_) => Content::Npy,
            Self::Nexus(_) => Content::Hdf5,
        }
    }
}

impl Output {
    pub(in crate::cli) const fn new(about: About, way: Way) -> Self {
        Self { about, way }
    }

    pub(super) const fn way(&self) -> &Way {
        &self.way
    }

    /// Calls `fill` with what takes the frames.
    ///
    /// # Errors
    /// Those of `fill` and of writing; nothing half written stays.
    pub(in crate::cli) fn write(
        &self,
        fill: impl FnOnce(&mut Put<'_>) -> Result<()>,
    ) -> Result<()> {
        match &self.way {
            Way::Csv(None) => self.csv(&mut Out::new(), fill),
            Way::Csv(Some(path)) => {
                let mut file = PartFile::create(path)?;
                self.csv(&mut BufWriter::new(&mut file), fill)?;
                file.finish()
            }
            Way::Json => self.json(fill),
            Way::Npy(path) => {
                let file = PartFile::create(path)?;
                self.sink(Box::new(NpySink::create(&file, self.stack())?), fill)?;
                file.finish()
            }
            Way::Nexus(path) => {
                let file = PartFile::create(path)?;
                let sink = NexusSink::create(&file, self.stack(), Compression::None)?;
                self.sink(Box::new(sink), fill)?;
                file.finish()
            }
        }
    }

    /// How it was made, behind `#`, where that is known, and a line for each bin: `frame,[azimuth,]radius,intensity[,sigma]`.
    fn csv(
        &self,
        out: &mut dyn Write,
        fill: impl FnOnce(&mut Put<'_>) -> Result<()>,
    ) -> Result<()> {
        let about = &self.about;
        let azimuth = if about.azimuth_deg.is_empty() {
            ""
        } else {
            "chi_deg,"
        };
        let sigma = if about.has_errors { ",sigma" } else { "" };
        if let Some(Made { way, link }) = &about.made {
            let version = env!("CARGO_PKG_VERSION");
            let head = format!("# Hutch {version}\n# {}\n# {link}\n# {way}", about.source);
            writeln!(out, "{head}").map_err(|error| written(&error))?;
        }
        writeln!(out, "frame,{azimuth}{},intensity{sigma}", about.unit)
            .map_err(|error| written(&error))?;
        fill(&mut |frame, sums| {
            let sigma = sums.standard_error().unwrap_or_default();
            for (bin, value) in sums.intensity().iter().enumerate() {
                let radius = about.radius[bin % about.radius.len()];
                let azimuth = about.azimuth_deg.get(bin / about.radius.len());
                let azimuth = azimuth.map_or_else(String::new, |angle| format!("{angle},"));
                let sigma = sigma
                    .get(bin)
                    .map_or_else(String::new, |sigma| format!(",{sigma}"));
                let line = format!("{frame},{azimuth}{radius},{value}{sigma}");
                writeln!(out, "{line}").map_err(|error| written(&error))?;
            }
            Ok(())
        })?;
        out.flush().map_err(|error| written(&error))
    }

    /// One object, piece by piece.
    fn json(&self, fill: impl FnOnce(&mut Put<'_>) -> Result<()>) -> Result<()> {
        let about = &self.about;
        let mut out = Out::new();
        let head = json!({
            "schema": "hutch.integrate/1",
            "path": about.source,
            "geometry": about.geometry,
            "unit": about.unit.name(),
            "radius": list(&about.radius),
            "chi_deg": list(&about.azimuth_deg),
        });
        out.text(&format!(
            "{},\"frames\":[",
            head.to_string().trim_end_matches('}')
        ))?;
        let mut comma = "";
        fill(&mut |frame, sums| {
            let mut line = json!({
                "index": frame,
                "intensity": list(&sums.intensity()),
                "count": list(&sums.count),
            });
            if let Some(sigma) = sums.standard_error() {
                line["sigma"] = list(&sigma);
            }
            let text = format!("{comma}{line}");
            comma = ",";
            out.text(&text)
        })?;
        out.line("]}")?;
        out.finish()
    }

    fn sink(
        &self,
        sink: Box<dyn Sink + '_>,
        fill: impl FnOnce(&mut Put<'_>) -> Result<()>,
    ) -> Result<()> {
        let stack = self.stack();
        // Rows that a frame becomes; of one pattern alone every value is a row.
        let rows = match (self.about.frames.is_empty(), self.about.azimuth_deg.len()) {
            (true, 0) => self.about.radius.len() as u64,
            (_, rows) => (rows as u64).max(1),
        };
        let height = stack.height().max(1);
        fill(&mut |frame, sums| {
            let first = frame * rows;
            let band = Band {
                frame: first / height,
                first_row: first % height,
                rows,
            };
            if let Some(sigma) = sums.standard_error() {
                sink.write_errors(band, &bytes_of(&sigma))?;
            }
            sink.write(band, &bytes_of(&sums.intensity()))
        })?;
        sink.finish()
    }

    fn stack(&self) -> Stack {
        let about = &self.about;
        let axis = |name: &str, unit: &str, values: &[f64]| StackAxis {
            name: name.to_owned(),
            unit: unit.to_owned(),
            values: values.to_vec(),
        };
        let mut axes = vec![StackAxis::default(); about.frames.len()];
        let mut shape = about.frames.clone();
        if !about.azimuth_deg.is_empty() {
            axes.push(axis("azimuth", "deg", &about.azimuth_deg));
            shape.push(about.azimuth_deg.len() as u64);
        }
        axes.push(axis(about.unit.axis(), about.unit.symbol(), &about.radius));
        shape.push(about.radius.len() as u64);
        Stack {
            shape,
            element: ElementType::F64,
            axes,
            title: format!("{} with the geometry of {}", about.source, about.geometry),
            label: "intensity".to_owned(),
            unit: String::new(),
            source: about.source.clone(),
            program: format!("Hutch {}", env!("CARGO_PKG_VERSION")),
            sentinels: Vec::new(),
            is_spectra: about.azimuth_deg.is_empty(),
            has_errors: about.has_errors,
            made: about.made.clone(),
        }
    }
}

fn bytes_of(values: &[f64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn list(of: &[f64]) -> Json {
    of.iter().map(|value| values::real(*value)).collect()
}
