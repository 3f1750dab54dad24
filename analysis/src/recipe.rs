//! Recipes: what is reconstructed from what, and how, as a TOML file that
//! people edit (docs/recipe.md).

use std::fmt::Display;

use hutch_model::{Cost, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::centre::Method;
use crate::fbp::Fbp;
use crate::flat_field::{FlatField, Stage};
use crate::ramp_filter::{Filter, Padding};
use crate::volume::memory_of;

/// The version of the format that this Hutch writes and reads.
pub const VERSION: i64 = 1;

/// A reconstruction, from source to output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipe {
    /// Where the scan is.
    pub source: Source,
    /// Where the rotation axis is, or how it is found.
    pub rotation_axis: RotationAxis,
    /// From counts to absorbance.
    pub correction: Correction,
    /// From absorbance to slices.
    pub reconstruction: Reconstruction,
    /// Which slices.
    pub slices: Slices,
    /// Only projections between these angles, in degrees, both included.
    pub angles_deg: Option<[f64; 2]>,
    /// Where the slices go.
    pub output: Output,
    /// Keys that this version does not know; they are kept.
    pub unknown: Table,
}

/// Where a scan is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file: a path or a URL.
    pub url: String,
    /// The path in the file; empty where the layout says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// `nxtomo`, `dxchange`, or empty to look at the file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub layout: String,
}

/// Where the rotation axis falls on the detector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RotationAxis {
    /// In pixels; pixel `i` has its centre at `i`.
    Px(f64),
    /// To be found in the middle slice.
    Find(Method),
}

impl Default for RotationAxis {
    fn default() -> Self {
        Self::Find(Method::Auto)
    }
}

/// From counts to absorbance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// Divide by the flat field, without the dark field.
    #[serde(default = "yes")]
    pub flat_field: bool,
    /// Take the minus logarithm.
    #[serde(default = "yes")]
    pub minus_log: bool,
    /// The least transmission that is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_transmission: Option<f64>,
}

impl Default for Correction {
    fn default() -> Self {
        Self {
            flat_field: true,
            minus_log: true,
            min_transmission: None,
        }
    }
}

/// From absorbance to slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconstruction {
    /// The method.
    #[serde(default)]
    pub method: Algorithm,
    /// The window over the ramp.
    #[serde(default)]
    pub filter: Filter,
    /// What lies beyond the ends of a row while it is filtered.
    #[serde(default)]
    pub padding: Padding,
    /// Whether pixels outside the inscribed circle are 0.
    #[serde(default = "yes")]
    pub circle: bool,
}

impl Default for Reconstruction {
    fn default() -> Self {
        Self {
            method: Algorithm::Fbp,
            filter: Filter::RamLak,
            padding: Padding::Zero,
            circle: true,
        }
    }
}

/// A reconstruction method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Filtered back-projection ([`Fbp`]).
    #[default]
    Fbp,
}

/// Which slices (rows of the detector).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slices {
    /// All of them.
    #[default]
    All,
    /// From the first to before the second.
    Range(u64, u64),
}

impl Slices {
    /// The slices of a detector of this height.
    pub fn range(self, height: u64) -> std::ops::Range<u64> {
        match self {
            Self::All => 0..height,
            Self::Range(first, end) => {
                let end = end.min(height);
                first.min(end)..end
            }
        }
    }
}

/// Where slices go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The file; one in the current folder where empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// How a sample is stored.
    #[serde(default)]
    pub dtype: OutputType,
}

/// How a sample of the output is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputType {
    /// binary32.
    #[default]
    Float32,
    /// binary16: half the size, 11 bits.
    Float16,
}

impl OutputType {
    /// Bytes of a sample.
    pub const fn size_bytes(self) -> u64 {
        match self {
            Self::Float32 => 4,
            Self::Float16 => 2,
        }
    }
}

const fn yes() -> bool {
    true
}

/// The sections, and the keys that each one knows.
const KNOWN: &[(&str, &[&str])] = &[
    ("recipe", &[]),
    ("rotation_axis", &[]),
    ("slices", &[]),
    ("angles_deg", &[]),
    ("source", &["url", "path", "layout"]),
    (
        "correction",
        &["flat_field", "minus_log", "min_transmission"],
    ),
    ("reconstruction", &["method", "filter", "padding", "circle"]),
    ("output", &["path", "dtype"]),
];

impl Recipe {
    /// Reads a recipe; the list says which keys were not understood. They are
    /// kept in [`Recipe::unknown`] and written again.
    ///
    /// # Errors
    /// [`ErrorKind::Unreadable`] with the place when this is not TOML or a value
    /// is not what its key takes; [`ErrorKind::Unsupported`] for a newer version.
    pub fn from_toml(text: &str) -> Result<(Self, Vec<String>)> {
        let mut table: Table = text.parse().map_err(unreadable)?;
        let version = table.get("recipe").and_then(Value::as_integer);
        match version {
            Some(VERSION) => {}
            Some(newer) => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "read a recipe",
                    format!("version {newer}, where this Hutch knows {VERSION}"),
                ));
            }
            None => return Err(unreadable("there is no `recipe = 1`")),
        }
        let unknown = take_unknown(&mut table);
        let recipe = Self {
            source: section(&table, "source")?.ok_or_else(|| unreadable("no [source]"))?,
            rotation_axis: read_axis(table.get("rotation_axis"))?,
            correction: section(&table, "correction")?.unwrap_or_default(),
            reconstruction: section(&table, "reconstruction")?.unwrap_or_default(),
            slices: read_slices(table.get("slices"))?,
            angles_deg: section(&table, "angles_deg")?,
            output: section(&table, "output")?.unwrap_or_default(),
            unknown,
        };
        let warnings = names(&recipe.unknown)
            .into_iter()
            .map(|name| format!("unknown key \"{name}\""))
            .collect();
        Ok((recipe, warnings))
    }

    /// Writes a recipe that [`Self::from_toml`] reads back the same.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when a value cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String> {
        let mut table = Table::new();
        table.insert("recipe".to_owned(), VERSION.into());
        let axis = match self.rotation_axis {
            RotationAxis::Px(place) => place.into(),
            RotationAxis::Find(method) => method.name().into(),
        };
        table.insert("rotation_axis".to_owned(), axis);
        let slices = match self.slices {
            Slices::All => "all".into(),
            Slices::Range(first, end) => value(&[first, end])?,
        };
        table.insert("slices".to_owned(), slices);
        if let Some(angles) = self.angles_deg {
            table.insert("angles_deg".to_owned(), value(&angles)?);
        }
        table.insert("source".to_owned(), value(&self.source)?);
        table.insert("correction".to_owned(), value(&self.correction)?);
        table.insert("reconstruction".to_owned(), value(&self.reconstruction)?);
        table.insert("output".to_owned(), value(&self.output)?);
        merge(&mut table, &self.unknown);
        toml::to_string_pretty(&table).map_err(internal)
    }

    /// The correction of counts; `None` where they are absorbance already.
    pub fn flat_field(&self) -> Option<FlatField> {
        self.correction.flat_field.then_some(FlatField {
            stage: if self.correction.minus_log {
                Stage::Absorbance
            } else {
                Stage::Transmission
            },
            min_transmission: self.correction.min_transmission,
        })
    }

    /// The reconstruction of each slice.
    pub fn fbp(&self, angles_rad: Vec<f64>, centre_px: f64) -> Fbp {
        Fbp {
            filter: self.reconstruction.filter,
            padding: self.reconstruction.padding,
            is_circle: self.reconstruction.circle,
            ..Fbp::new(angles_rad, centre_px)
        }
    }

    /// Which projections the range of angles keeps.
    pub fn projections(&self, angles_rad: &[f64]) -> Vec<usize> {
        let is_kept = |angle: f64| {
            // A scan's angles are rounded: a micro-degree belongs to the range.
            self.angles_deg.is_none_or(|[first, last]| {
                let angle = angle.to_degrees();
                angle >= first - 1e-6 && angle <= last + 1e-6
            })
        };
        (0..angles_rad.len())
            .filter(|&index| is_kept(angles_rad[index]))
            .collect()
    }
}

/// The scan that a recipe is for, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanShape {
    /// Projections.
    pub angle_count: usize,
    /// Rows of the detector.
    pub height: usize,
    /// Columns of the detector.
    pub width: usize,
    /// Bytes of a stored count.
    pub sample_bytes: usize,
}

/// What a recipe runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// So many cores.
    Cpu {
        /// Cores that the pool has.
        cores: usize,
    },
    /// One graphics card.
    Gpu,
}

/// What a recipe will cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Back-projection updates: slices x pixels x projections.
    pub update_count: u64,
    /// Time, without reading and writing.
    pub run_secs: f64,
    /// Bytes that are read.
    pub read_bytes: u64,
    /// Bytes that are written.
    pub write_bytes: u64,
    /// Memory for slabs of eight slices.
    pub memory_bytes: u64,
}

impl Estimate {
    /// As a compute service says it.
    pub fn cost(&self, device: Device) -> Cost {
        let place = match device {
            Device::Cpu { cores } => format!("{cores} cores"),
            Device::Gpu => "1 GPU".to_owned(),
        };
        let gib = self.memory_bytes as f64 / (1u64 << 30) as f64;
        Cost {
            run_secs: Some(self.run_secs),
            wait_secs: None,
            write_bytes: self.write_bytes,
            resources: format!("{place}, {gib:.1} GiB of memory"),
        }
    }
}

/// Updates per second and core that are assumed until they were measured.
pub const CPU_UPDATES_PER_SEC: f64 = 2.0e9;
/// Updates per second of a graphics card that are assumed until they were measured.
pub const GPU_UPDATES_PER_SEC: f64 = 5.0e10;

/// What a recipe will cost for a scan; `updates_per_sec` is the measured rate
/// of the whole device, where there is one.
pub fn estimate(
    recipe: &Recipe,
    scan: ScanShape,
    device: Device,
    updates_per_sec: Option<f64>,
) -> Estimate {
    let slices = recipe.slices.range(scan.height as u64);
    let count = slices.end - slices.start;
    let pixels = (scan.width * scan.width) as u64;
    let update_count = pixels * count * scan.angle_count as u64;
    let assumed = match device {
        Device::Cpu { cores } => CPU_UPDATES_PER_SEC * cores.max(1) as f64,
        Device::Gpu => GPU_UPDATES_PER_SEC,
    };
    let rate = updates_per_sec
        .filter(|rate| *rate > 0.0)
        .unwrap_or(assumed);
    let (fixed, each) = memory_of(scan.width, scan.angle_count, scan.sample_bytes);
    Estimate {
        update_count,
        run_secs: update_count as f64 / rate,
        read_bytes: (scan.width * scan.angle_count * scan.sample_bytes) as u64 * count,
        write_bytes: pixels * count * recipe.output.dtype.size_bytes(),
        memory_bytes: fixed + each * count.min(8),
    }
}

fn read_axis(found: Option<&Value>) -> Result<RotationAxis> {
    let Some(found) = found else {
        return Ok(RotationAxis::default());
    };
    if let Some(place) = number(found) {
        return Ok(RotationAxis::Px(place));
    }
    found
        .as_str()
        .and_then(|name| Method::ALL.into_iter().find(|method| method.name() == name))
        .map(RotationAxis::Find)
        .ok_or_else(|| unreadable(format!("rotation_axis is {found}, not pixels or a method")))
}

fn read_slices(found: Option<&Value>) -> Result<Slices> {
    match found {
        None => Ok(Slices::All),
        Some(Value::String(word)) if word == "all" => Ok(Slices::All),
        Some(other) => match other.clone().try_into::<[u64; 2]>() {
            Ok([first, end]) if first < end => Ok(Slices::Range(first, end)),
            _ => Err(unreadable(format!(
                "slices is {other}, not \"all\" or [first, end]"
            ))),
        },
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) if number.is_finite() => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

fn section<T: serde::de::DeserializeOwned>(table: &Table, name: &str) -> Result<Option<T>> {
    table
        .get(name)
        .map(|value| {
            value
                .clone()
                .try_into()
                .map_err(|error| unreadable(format!("[{name}] {error}")))
        })
        .transpose()
}

fn value<T: Serialize + ?Sized>(from: &T) -> Result<Value> {
    Value::try_from(from).map_err(internal)
}

/// Moves keys that nobody knows out of the table.
fn take_unknown(table: &mut Table) -> Table {
    let mut unknown = Table::new();
    let mut known = Table::new();
    for (name, value) in std::mem::take(table) {
        let Some((_, keys)) = KNOWN.iter().find(|(section, _)| *section == name) else {
            unknown.insert(name, value);
            continue;
        };
        match value {
            Value::Table(section) if !keys.is_empty() => {
                let (inside, outside): (Table, Table) = section
                    .into_iter()
                    .partition(|(key, _)| keys.contains(&key.as_str()));
                if !outside.is_empty() {
                    unknown.insert(name.clone(), Value::Table(outside));
                }
                known.insert(name, Value::Table(inside));
            }
            other => {
                known.insert(name, other);
            }
        }
    }
    *table = known;
    unknown
}

/// Puts unknown keys back; known ones win.
fn merge(table: &mut Table, unknown: &Table) {
    for (name, value) in unknown {
        match (table.get_mut(name), value) {
            (Some(Value::Table(section)), Value::Table(outside)) => {
                for (key, value) in outside {
                    section.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            (Some(_), _) => {}
            (None, value) => {
                table.insert(name.clone(), value.clone());
            }
        }
    }
}

/// The names of unknown keys, as in `output.colour`.
fn names(unknown: &Table) -> Vec<String> {
    unknown
        .iter()
        .flat_map(|(name, value)| match value {
            Value::Table(section) if KNOWN.iter().any(|(known, _)| known == name) => {
                section.keys().map(|key| format!("{name}.{key}")).collect()
            }
            _ => vec![name.clone()],
        })
        .collect()
}

fn unreadable(why: impl Display) -> Error {
    Error::new(
        ErrorKind::Unreadable,
        "read a recipe",
        format!("{why}").trim_end(),
    )
}

fn internal(error: toml::ser::Error) -> Error {
    Error::new(ErrorKind::Internal, "write a recipe", error.to_string()).with_source(error)
}
