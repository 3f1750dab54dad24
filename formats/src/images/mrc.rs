//! MRC and CCP4 maps and stacks of images.
//!
//! Source: MRC2014 (Cheng et al., J. Struct. Biol. 192 (2015) 146), with mode
//! 12 of 2015; mode 101 of `SerialEM` is told but not read.

use std::sync::Arc;

use hutch_model::{
    Attribute, ByteRange, Cancel, Container, ElementType, Neighbours, ReadAt, Result, Value,
};

use super::container::{ImageContainer, attribute};
use super::contiguous::{AxisOrder, Contiguous};
use super::file::ImageFile;
use super::sample::{self, SampleType};

const HEADER_BYTES: usize = 1024;
/// Labels of 80 letters, behind byte 224.
const LABELS: usize = 10;

/// Whether a file has the words of an MRC header at their places.
pub(crate) fn is_mrc(head: &[u8], name: &str) -> bool {
    let is_map = head.get(208..211) == Some(b"MAP");
    // Files from before the year 2000 lack that word.
    let name = name.to_lowercase();
    let is_named = [".mrc", ".mrcs", ".ccp4"]
        .iter()
        .any(|end| name.ends_with(end));
    (is_map || is_named) && Header::parse(head).is_ok()
}

/// Opens a map or a stack.
///
/// # Errors
/// [`hutch_model::ErrorKind::Unreadable`] when the header makes no sense.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    let range = ByteRange::new(0, HEADER_BYTES as u64);
    let bytes = file.read_one(range, cancel).await?;
    let header = Header::parse(&bytes).map_err(|why| file.unreadable(why))?;
    let mut container = ImageContainer::new(&file, "MRC");
    let [columns, rows, sections] = header.size;
    let shape = match sections {
        1 => vec![rows, columns],
        _ => vec![sections, rows, columns],
    };
    let sample = SampleType {
        element: header.element().unwrap_or(ElementType::U8),
        is_big_endian: header.is_big_endian,
    };
    let info = if header.element().is_some() {
        sample::describe(&shape, &sample, "contiguous")
    } else {
        let why = format!("samples of mode {} cannot be shown yet", header.mode);
        sample::describe_unreadable(&shape, &format!("mode {}", header.mode), why)
    };
    let start = HEADER_BYTES as u64 + header.extended_bytes;
    let end = info.size_bytes.and_then(|size| start.checked_add(size));
    if info.unreadable.is_none() && end.is_none_or(|end| end > file.size_bytes()) {
        let size = file.size_bytes();
        let problem = format!("the file ends at byte {size}, before the last of {shape:?} samples");
        container.add_problem("/data", problem);
    }
    let order = (start, AxisOrder::LastFastest);
    let dataset = Contiguous::dataset(&file, "/data", info, sample, order);
    container.add_dataset("/data", dataset);
    container.add_attributes("/data", header.attributes(&bytes));
    container.set_default("/data");
    Ok(Arc::new(container))
}

#[derive(Debug)]
struct Header {
    /// Columns, rows and sections.
    size: [u64; 3],
    mode: i32,
    is_big_endian: bool,
    extended_bytes: u64,
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() < HEADER_BYTES {
            return Err("the file ends inside its header of 1024 bytes".to_owned());
        }
        // The machine stamp is wrong in many files: what makes sense counts.
        let stamped = matches!(bytes.get(212..214), Some([0x11, 0x11]));
        let parsed = [stamped, !stamped]
            .into_iter()
            .find_map(|is_big_endian| Self::in_order(bytes, is_big_endian));
        parsed.ok_or_else(|| "its size or mode makes no sense for MRC".to_owned())
    }

    fn in_order(bytes: &[u8], is_big_endian: bool) -> Option<Self> {
        let word = |index: usize| integer(bytes, index, is_big_endian);
        let size = |index: usize| u64::try_from(word(index)?).ok().filter(|&size| size > 0);
        let mode = word(3)?;
        let is_known = matches!(mode, 0..=4 | 6 | 12 | 101);
        let extended_bytes = u64::try_from(word(23)?).ok()?;
        is_known.then_some(Self {
            size: [size(0)?, size(1)?, size(2)?],
            mode,
            is_big_endian,
            extended_bytes,
        })
    }

    /// The type of a sample; `None` for those that are not read.
    const fn element(&self) -> Option<ElementType> {
        Some(match self.mode {
            0 => ElementType::I8,
            1 => ElementType::I16,
            2 => ElementType::F32,
            4 => ElementType::Complex64,
            6 => ElementType::U16,
            12 => ElementType::F16,
            _ => return None,
        })
    }

    fn attributes(&self, bytes: &[u8]) -> Vec<Attribute> {
        let word = |index| integer(bytes, index, self.is_big_endian).unwrap_or(0);
        let real = |index| f64::from(f32::from_bits(word(index).cast_unsigned()));
        let mut found = vec![attribute("mode", i64::from(self.mode))];
        // The cell is as large as its intervals: their ratio is a voxel.
        for (axis, name) in ["x", "y", "z"].iter().enumerate() {
            let size = real(10 + axis) * 1e-10 / f64::from(word(7 + axis));
            if size.is_finite() && size > 0.0 {
                found.push(attribute(&format!("{name}_pixel_size_m"), size));
            }
        }
        if real(20) > real(19) || word(22) != 0 {
            for (index, name) in [(19, "minimum"), (20, "maximum"), (21, "mean")] {
                found.push(attribute(name, real(index)));
            }
            found.push(attribute("space_group", i64::from(word(22))));
        }
        let count = usize::try_from(word(55)).unwrap_or(0).min(LABELS);
        let labels = (0..count).filter_map(|index| {
            let label = bytes.get(224 + 80 * index..304 + 80 * index)?;
            let label = String::from_utf8_lossy(label);
            let label = label.trim_matches(['\0', ' ']).to_owned();
            (!label.is_empty()).then_some(Value::Text(label))
        });
        let labels: Vec<Value> = labels.collect();
        if !labels.is_empty() {
            found.push(attribute("labels", Value::List(labels)));
        }
        found
    }
}

/// Word `index` of the header.
fn integer(bytes: &[u8], index: usize, is_big_endian: bool) -> Option<i32> {
    let word: [u8; 4] = bytes.get(4 * index..4 * index + 4)?.try_into().ok()?;
    Some(if is_big_endian {
        i32::from_be_bytes(word)
    } else {
        i32::from_le_bytes(word)
    })
}
