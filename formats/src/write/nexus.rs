//! HDF5 files with one NXdata, as a default plot.

use hutch_hdf5::ScalarKind;
use hutch_hdf5::write::{
    AttributeValue, DatasetSpec, Growing, Storage, TextStorage, WriteError, Writer,
};
use hutch_model::{ElementType, Error, ErrorKind, Result};

use super::stack::{Band, Compression, Made, Stack};
use super::{Sink, WriteAt};

const TRIED: &str = "write an HDF5 file";
const DATA_GROUP: &str = "/entry/data";
const DATA_PATH: &str = "/entry/data/data";
/// Standard deviations of the data, as NXdata names them.
const ERRORS_PATH: &str = "/entry/data/data_errors";
/// The level of Deflate that libhdf5 still knows.
const LEVEL_MAX: u32 = 9;

/// An HDF5 file that is being written.
///
/// Compressed, a band is a chunk (shuffle and Deflate); else the samples lie in one piece.
pub struct NexusSink<'a> {
    file: &'a dyn WriteAt,
    stack: Stack,
    band_rows: u64,
    growing: Growing,
    /// Where the samples and their errors lie, if they are not compressed.
    offsets: [Option<u64>; 2],
}

impl<'a> NexusSink<'a> {
    /// The path of the samples in the file.
    pub const DATA_PATH: &'static str = DATA_PATH;

    /// Begins the file: all metadata, and its full size.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for what is no number, [`ErrorKind::Limit`], and those of the file.
    pub fn create(file: &'a dyn WriteAt, stack: Stack, compression: Compression) -> Result<Self> {
        stack.size_bytes()?;
        let band_rows = stack.usual_band_rows();
        // A scalar and an empty dataset have no chunks.
        let can_compress = !stack.shape.is_empty() && !stack.shape.contains(&0);
        let storage = match compression {
            Compression::Deflate(level) if can_compress => Storage::Compressed {
                chunk_shape: chunk_shape(&stack, band_rows),
                level: level.clamp(1, LEVEL_MAX),
            },
            _ => Storage::Contiguous,
        };
        let growing = lay_out(&stack, &storage).map_err(failed)?;
        let plan = growing.plan();
        let offsets = [DATA_PATH, ERRORS_PATH].map(|path| {
            let mut datasets = plan.datasets.iter();
            let dataset = datasets.find(|dataset| dataset.path == path);
            dataset.map(|dataset| dataset.offset)
        });
        if let Some(last) = plan.file_size.checked_sub(1) {
            file.write_at(last, &[0])?;
        }
        for (offset, bytes) in &plan.parts {
            file.write_at(*offset, bytes)?;
        }
        Ok(Self {
            file,
            stack,
            band_rows,
            growing,
            offsets,
        })
    }

    /// Writes a band of one of the datasets.
    fn put(&self, path: &str, offset: Option<u64>, band: Band, bytes: &[u8]) -> Result<()> {
        let start = self.stack.offset(band, bytes)?;
        if let Some(offset) = offset {
            return self.file.write_at(offset + start, bytes);
        }
        let chunks = self.stack.height().div_ceil(self.band_rows);
        let first = band.frame * chunks + band.first_row / self.band_rows;
        let chunk_bytes =
            usize::try_from(self.band_rows * self.stack.row_bytes()).unwrap_or(usize::MAX);
        for (index, rows) in (0..).zip(bytes.chunks(chunk_bytes.max(1))) {
            let encoded = if rows.len() == chunk_bytes {
                self.growing.encode(path, rows)
            } else {
                let mut whole = rows.to_vec();
                whole.resize(chunk_bytes, 0);
                self.growing.encode(path, &whole)
            }
            .map_err(failed)?;
            let size = encoded.len() as u64;
            let at = self
                .growing
                .place(path, first + index, size)
                .map_err(failed)?;
            self.file.write_at(at, &encoded)?;
        }
        Ok(())
    }
}

impl Sink for NexusSink<'_> {
    fn band_rows(&self) -> u64 {
        self.band_rows
    }

    fn write(&self, band: Band, bytes: &[u8]) -> Result<()> {
        self.put(DATA_PATH, self.offsets[0], band, bytes)
    }

    fn write_errors(&self, band: Band, bytes: &[u8]) -> Result<()> {
        if !self.stack.has_errors {
            return Ok(());
        }
        self.put(ERRORS_PATH, self.offsets[1], band, bytes)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        if self.offsets[0].is_some() {
            return Ok(());
        }
        for (offset, bytes) in self.growing.finish().map_err(failed)? {
            self.file.write_at(offset, &bytes)?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for NexusSink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NexusSink")
            .field("stack", &self.stack)
            .finish_non_exhaustive()
    }
}

fn failed(error: WriteError) -> Error {
    let kind = match &error {
        WriteError::Shape { .. } => ErrorKind::Shape,
        WriteError::TooLarge(_) => ErrorKind::Limit,
        _ => ErrorKind::Internal,
    };
    Error::new(kind, TRIED, error.to_string()).with_source(error)
}

/// One band of one frame.
fn chunk_shape(stack: &Stack, band_rows: u64) -> Vec<u64> {
    let mut shape = vec![1; stack.shape.len()];
    match shape.as_mut_slice() {
        [only] => *only = band_rows,
        [.., rows, width] => {
            *rows = band_rows;
            *width = stack.width();
        }
        [] => {}
    }
    shape
}

fn kind_of(element: &ElementType) -> Option<ScalarKind> {
    Some(match element {
        ElementType::U8 => ScalarKind::U8,
        ElementType::U16 => ScalarKind::U16,
        ElementType::U32 => ScalarKind::U32,
        ElementType::U64 => ScalarKind::U64,
        ElementType::I8 => ScalarKind::I8,
        ElementType::I16 => ScalarKind::I16,
        ElementType::I32 => ScalarKind::I32,
        ElementType::I64 => ScalarKind::I64,
        ElementType::F16 => ScalarKind::F16,
        ElementType::F32 => ScalarKind::F32,
        ElementType::F64 => ScalarKind::F64,
        ElementType::Complex64 => ScalarKind::Complex32,
        ElementType::Complex128 => ScalarKind::Complex64,
        ElementType::Text | ElementType::Values(_) | ElementType::Other(_) => return None,
    })
}

fn lay_out(stack: &Stack, storage: &Storage) -> Result<Growing, WriteError> {
    let mut writer = Writer::new();
    let mut put = |path: &str, texts: &[(&str, &str)]| -> Result<(), WriteError> {
        writer.group(path)?;
        for (name, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
            writer.attribute(path, name, AttributeValue::Text((*text).to_owned()))?;
        }
        Ok(())
    };
    put(
        "/",
        &[
            ("NX_class", "NXroot"),
            ("default", "entry"),
            ("creator", &stack.program),
        ],
    )?;
    let entry = [
        ("NX_class", "NXentry"),
        ("default", "data"),
        ("title", &stack.title),
    ];
    put("/entry", &entry)?;
    let source = [("NX_class", "NXnote"), ("file_name", stack.source.as_str())];
    put("/entry/source_data", &source)?;
    put(
        DATA_GROUP,
        &[
            ("NX_class", "NXdata"),
            ("signal", "data"),
            ("title", &stack.title),
        ],
    )?;
    if let Some(made) = &stack.made {
        put_process(&mut writer, stack, made)?;
    }
    put_axes(&mut writer, stack)?;
    let kind = kind_of(&stack.element).ok_or_else(|| WriteError::Shape {
        what: "the samples are no numbers",
        path: DATA_PATH.to_owned(),
    })?;
    let shape = stack.shape.clone();
    let paths = [DATA_PATH, ERRORS_PATH];
    for path in &paths[..if stack.has_errors { 2 } else { 1 }] {
        let spec = DatasetSpec {
            shape: shape.clone(),
            kind,
            storage: storage.clone(),
        };
        writer.dataset(path, spec)?;
    }
    let interpretation = match stack.shape.len() {
        0 | 1 => "",
        _ if stack.is_spectra => "spectrum",
        _ => "image",
    };
    for (name, text) in [
        ("long_name", stack.label.as_str()),
        ("units", &stack.unit),
        ("interpretation", interpretation),
    ] {
        if !text.is_empty() {
            writer.attribute(DATA_PATH, name, AttributeValue::Text(text.to_owned()))?;
        }
    }
    writer.grow()
}

/// How the values were made, as `NXprocess` beside them.
fn put_process(writer: &mut Writer, stack: &Stack, made: &Made) -> Result<(), WriteError> {
    const PROCESS: &str = "/entry/process_1";
    const NOTE: &str = "/entry/process_1/note";
    for (path, class) in [(PROCESS, "NXprocess"), (NOTE, "NXnote")] {
        writer.group(path)?;
        writer.attribute(path, "NX_class", AttributeValue::Text(class.to_owned()))?;
    }
    let (program, version) = stack
        .program
        .split_once(' ')
        .unwrap_or((&stack.program, ""));
    for (group, name, text) in [
        (PROCESS, "program", program.to_lowercase().as_str()),
        (PROCESS, "version", version),
        (NOTE, "type", "text/plain"),
        (NOTE, "description", &made.link),
        (NOTE, "data", &made.way),
    ] {
        let path = format!("{group}/{name}");
        writer.texts(&path, &[], &[text.to_owned()], TextStorage::Fixed)?;
    }
    Ok(())
}

fn put_axes(writer: &mut Writer, stack: &Stack) -> Result<(), WriteError> {
    let names = axis_names(stack);
    writer.attribute(DATA_GROUP, "axes", AttributeValue::Texts(names.clone()))?;
    for ((dimension, axis), name) in (0..).zip(&stack.axes).zip(&names) {
        if name == "." {
            continue;
        }
        let path = format!("{DATA_GROUP}/{name}");
        let data = axis
            .values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let spec = DatasetSpec {
            shape: vec![axis.values.len() as u64],
            kind: ScalarKind::F64,
            storage: Storage::Data(data),
        };
        writer.dataset(&path, spec)?;
        if !axis.unit.is_empty() {
            writer.attribute(&path, "units", AttributeValue::Text(axis.unit.clone()))?;
        }
        writer.attribute(
            DATA_GROUP,
            &format!("{name}_indices"),
            AttributeValue::Int(dimension),
        )?;
    }
    Ok(())
}

/// The names of axes with values, each once; `.` for the others, as NXdata has it.
fn axis_names(stack: &Stack) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for axis in &stack.axes {
        let is_free = !matches!(axis.name.as_str(), "data" | "data_errors")
            && !axis.name.contains('/')
            && !names.contains(&axis.name);
        let has_values = !axis.values.is_empty() && !matches!(axis.name.as_str(), "" | "." | "..");
        names.push(if is_free && has_values {
            axis.name.clone()
        } else {
            ".".to_owned()
        });
    }
    names
}
