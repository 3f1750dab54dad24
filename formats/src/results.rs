//! Writing results: a reconstructed volume as a NeXus file.
//!
//! The layout follows `NXtomoproc`: `/entry/data` is NXdata with the volume,
//! `/entry/reconstruction` is `NXprocess` with the program, the parameters and the
//! whole recipe. All metadata are written first; the volume lies in one piece,
//! so that tasks write their slices in any order, without a lock, and a file
//! whose writer was killed is valid, with zeros where slices are missing.
//!
//! The notes of `NXprocess` are attributes, since they are small texts that every
//! viewer lists.

use hutch_hdf5::ScalarKind;
use hutch_hdf5::write::{AttributeValue, DatasetSpec, Plan, Storage, WriteError, Writer};
use hutch_model::{Error, ErrorKind, Origin, Result, Validator, Value};

const TRIED: &str = "lay out a file of results";
const ENTRY: &str = "/entry";
const DATA_GROUP: &str = "/entry/data";
const PROCESS: &str = "/entry/reconstruction";
const PARAMETERS: &str = "/entry/reconstruction/parameters";

/// Where the bytes of a new file go; given by the caller, since formats do no IO.
pub trait WriteAt: Send + Sync {
    /// Writes all bytes at an offset; bytes that were never written are zeros.
    ///
    /// # Errors
    /// What the disk or the server says.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()>;
}

/// A reconstructed volume and how it came about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VolumeDescription {
    /// Size `[z, y, x]` in voxels.
    pub shape: [u64; 3],
    /// Edge of a voxel, where it is known.
    pub voxel_size_m: Option<f64>,
    /// The row of the projections that slice 0 belongs to.
    pub z_start: u64,
    /// What to write above it.
    pub title: String,
    /// The program that computed it.
    pub program: String,
    /// The version of that program.
    pub version: String,
    /// When, ISO 8601. Tasks that write one file together give the same.
    pub date: String,
    /// The whole recipe.
    pub recipe_toml: String,
    /// The raw data.
    pub source: Option<Origin>,
    /// Parameters worth reading without the recipe, as `rotation_axis_px`.
    pub parameters: Vec<(String, Value)>,
    /// What the values are, as in `attenuation`.
    pub label: String,
    /// The unit of the values, as in `1/m`.
    pub unit: String,
}

/// The bytes of a volume file, and where its slices go.
#[derive(Clone, Debug)]
pub struct VolumePlan {
    plan: Plan,
    shape: [u64; 3],
    offset: u64,
    slice_bytes: u64,
}

impl VolumePlan {
    /// The path of the volume in the file.
    pub const DATA_PATH: &'static str = "/entry/data/data";

    /// Lays out the file. The same description gives the same file.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] for an empty volume, [`ErrorKind::Limit`] for one
    /// that cannot be counted in 64 bits.
    pub fn new(description: &VolumeDescription) -> Result<Self> {
        let [depth, height, width] = description.shape;
        if depth == 0 || height == 0 || width == 0 {
            let why = format!("the volume {:?} is empty", description.shape);
            return Err(Error::new(ErrorKind::Shape, TRIED, why));
        }
        let too_large = || Error::new(ErrorKind::Limit, TRIED, "the volume is too large");
        let slice_bytes = height
            .checked_mul(width)
            .and_then(|count| count.checked_mul(4))
            .ok_or_else(too_large)?;
        slice_bytes.checked_mul(depth).ok_or_else(too_large)?;
        let plan = lay_out(description).map_err(write_error)?;
        let offset = plan
            .datasets
            .iter()
            .find(|dataset| dataset.path == Self::DATA_PATH)
            .map(|dataset| dataset.offset)
            .ok_or_else(|| Error::new(ErrorKind::Internal, TRIED, "the volume has no place"))?;
        Ok(Self {
            plan,
            shape: description.shape,
            offset,
            slice_bytes,
        })
    }

    /// Size of the whole file.
    pub fn size_bytes(&self) -> u64 {
        self.plan.file_size
    }

    /// Size of one slice.
    pub fn slice_bytes(&self) -> u64 {
        self.slice_bytes
    }

    /// Size of the volume `[z, y, x]`.
    pub fn shape(&self) -> [u64; 3] {
        self.shape
    }

    /// Writes everything but the slices. From here on the file is valid and has
    /// its full size; a task that joins later leaves this out.
    ///
    /// # Errors
    /// What the writing says.
    pub fn create(&self, file: &dyn WriteAt) -> Result<()> {
        if let Some(last) = self.plan.file_size.checked_sub(1) {
            file.write_at(last, &[0])?;
        }
        for (offset, bytes) in &self.plan.parts {
            file.write_at(*offset, bytes)?;
        }
        Ok(())
    }

    /// Writes whole slices `[z, y, x]`, the first of which is `first_z`.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the samples are no whole slices or lie outside
    /// of the volume, and what the writing says.
    pub fn write_slices(&self, file: &dyn WriteAt, first_z: u64, samples: &[f32]) -> Result<()> {
        let size = samples.len() as u64 * 4;
        let slices = size / self.slice_bytes;
        let is_inside = first_z
            .checked_add(slices)
            .is_some_and(|end| end <= self.shape[0]);
        if !size.is_multiple_of(self.slice_bytes) || !is_inside {
            let why = format!(
                "{} samples from slice {first_z} on do not fit the volume {:?}",
                samples.len(),
                self.shape
            );
            return Err(Error::new(ErrorKind::Shape, "write slices", why));
        }
        let offset = self.offset + first_z * self.slice_bytes;
        if cfg!(target_endian = "little") {
            return file.write_at(offset, bytemuck::cast_slice(samples));
        }
        let bytes: Vec<u8> = samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        file.write_at(offset, &bytes)
    }
}

fn write_error(error: WriteError) -> Error {
    let kind = match &error {
        WriteError::Shape { .. } => ErrorKind::Shape,
        WriteError::TooLarge(_) => ErrorKind::Limit,
        _ => ErrorKind::Internal,
    };
    Error::new(kind, TRIED, error.to_string()).with_source(error)
}

/// The tree of the file.
fn lay_out(description: &VolumeDescription) -> Result<Plan, WriteError> {
    let mut writer = Writer::new();
    let mut put = |path: &str, texts: &[(&str, &str)]| -> Result<(), WriteError> {
        writer.group(path)?;
        for (name, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
            writer.attribute(path, name, AttributeValue::Text((*text).to_owned()))?;
        }
        Ok(())
    };
    let creator = format!("{} {}", description.program, description.version);
    put(
        "/",
        &[
            ("NX_class", "NXroot"),
            ("default", "entry"),
            ("creator", creator.trim()),
            ("file_time", &description.date),
        ],
    )?;
    put(
        ENTRY,
        &[
            ("NX_class", "NXentry"),
            ("default", "data"),
            ("definition", "NXtomoproc"),
            ("title", &description.title),
        ],
    )?;
    put(
        PROCESS,
        &[
            ("NX_class", "NXprocess"),
            ("program", &description.program),
            ("version", &description.version),
            ("date", &description.date),
            ("recipe", &description.recipe_toml),
        ],
    )?;
    let source = description.source.as_ref();
    put(
        PARAMETERS,
        &[
            ("NX_class", "NXparameters"),
            ("raw_file", source.map_or("", |source| &source.url)),
            ("raw_path", source.map_or("", |source| &source.path)),
            ("raw_version", &source.map_or_else(String::new, version_of)),
        ],
    )?;
    put(
        DATA_GROUP,
        &[
            ("NX_class", "NXdata"),
            ("signal", "data"),
            ("title", &description.title),
        ],
    )?;
    put_parameters(&mut writer, description)?;
    put_volume(&mut writer, description)?;
    writer.plan()
}

fn version_of(origin: &Origin) -> String {
    match &origin.validator {
        Validator::ETag(tag) => tag.clone(),
        Validator::SizeAndTime {
            size_bytes,
            modified_ns,
        } => match modified_ns {
            Some(modified) => format!("{size_bytes} bytes, changed at {modified} ns"),
            None => format!("{size_bytes} bytes"),
        },
        Validator::Fixed => String::new(),
    }
}

fn put_parameters(writer: &mut Writer, description: &VolumeDescription) -> Result<(), WriteError> {
    for (name, value) in &description.parameters {
        let value = match value {
            Value::Integer(number) => match i64::try_from(*number) {
                Ok(number) => AttributeValue::Int(number),
                Err(_) => AttributeValue::Text(number.to_string()),
            },
            Value::Float(number) => AttributeValue::Float(*number),
            Value::Bool(value) => AttributeValue::Int((*value).into()),
            other => AttributeValue::Text(other.to_string()),
        };
        writer.attribute(PARAMETERS, name, value)?;
    }
    Ok(())
}

fn put_volume(writer: &mut Writer, description: &VolumeDescription) -> Result<(), WriteError> {
    let text = |text: &str| AttributeValue::Text(text.to_owned());
    let names = ["z", "y", "x"];
    let axes = names.map(str::to_owned).to_vec();
    writer.attribute(DATA_GROUP, "axes", AttributeValue::Texts(axes))?;
    for ((index, name), size) in (0..).zip(names).zip(description.shape) {
        let path = format!("{DATA_GROUP}/{name}");
        let first = if index == 0 { description.z_start } else { 0 };
        let step = description.voxel_size_m.unwrap_or(1.0);
        let values: Vec<u8> = (0..size)
            .flat_map(|at| ((first + at) as f64 * step).to_le_bytes())
            .collect();
        let spec = DatasetSpec {
            shape: vec![size],
            kind: ScalarKind::F64,
            storage: Storage::Data(values),
        };
        writer.dataset(&path, spec)?;
        let unit = description.voxel_size_m.map_or("px", |_| "m");
        writer.attribute(&path, "units", text(unit))?;
        let name = format!("{name}_indices");
        writer.attribute(DATA_GROUP, &name, AttributeValue::Int(index))?;
    }
    let spec = DatasetSpec {
        shape: description.shape.to_vec(),
        kind: ScalarKind::F32,
        storage: Storage::Contiguous,
    };
    writer.dataset(VolumePlan::DATA_PATH, spec)?;
    for (name, value) in [
        ("long_name", &description.label),
        ("units", &description.unit),
    ] {
        if !value.is_empty() {
            writer.attribute(VolumePlan::DATA_PATH, name, text(value))?;
        }
    }
    writer.attribute(VolumePlan::DATA_PATH, "interpretation", text("image"))
}
