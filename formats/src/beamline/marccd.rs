//! `MarCCD` and Rayonix images: a TIFF with a binary header of 3072 bytes at byte 1024,
//! then the samples, not compressed.
//!
//! Source: the header structure that marresearch publishes with the detectors; fabio
//! reads the same.

use std::sync::Arc;

use hutch_model::{ByteRange, Cancel, Container, ElementType, Neighbours, ReadAt, Result};

use super::fault::{Fault, Parsed};
use super::fields::Fields;
use super::pairs::{Pairs, text};
use super::tree::{describe_fields, describe_header};
use crate::images::container::ImageContainer;
use crate::images::contiguous::{AxisOrder, Contiguous};
use crate::images::file::ImageFile;
use crate::images::sample::{SampleType, describe};

/// Where the header begins in the file, and where the samples do.
const HEADER_START: usize = 1024;
const SAMPLES_START: u64 = 4096;
/// The word that says the byte order of the header.
const LITTLE_ENDIAN: u32 = 1234;

/// Numbers of the header: name, byte in it, what one stands for, unit.
const FIELDS: &[(&str, usize, f64, &str)] = &[
    ("distance", 640, 1e-6, "m"),
    ("beam_center_x", 644, 1e-3, "pixel"),
    ("beam_center_y", 648, 1e-3, "pixel"),
    ("count_time", 656, 1e-3, "s"),
    ("x_pixel_size", 772, 1e-9, "m"),
    ("y_pixel_size", 776, 1e-9, "m"),
    ("incident_wavelength", 908, 1e-15, "m"),
    ("saturation_value", 104, 1.0, "counts"),
];

/// Words of the header that are shown as they are.
const WORDS: &[(&str, usize)] = &[
    ("header_major_version", 20),
    ("header_minor_version", 24),
    ("nfast", 80),
    ("nslow", 84),
    ("depth", 88),
    ("data_type", 100),
    ("saturated_value", 104),
    ("xtal_to_detector", 640),
    ("beam_x", 644),
    ("beam_y", 648),
    ("integration_time", 652),
    ("exposure_time", 656),
    ("start_twotheta", 668),
    ("start_omega", 672),
    ("start_phi", 684),
    ("start_xtal_to_detector", 696),
    ("end_phi", 716),
    ("rotation_axis", 732),
    ("rotation_range", 736),
    ("detector_type", 768),
    ("pixelsize_x", 772),
    ("pixelsize_y", 776),
    ("source_wavelength", 908),
];

/// Texts of the header: name, byte in it, length.
const TEXTS: &[(&str, usize, usize)] = &[
    ("filetitle", 1024, 128),
    ("filepath", 1152, 128),
    ("filename", 1280, 64),
    ("acquire_timestamp", 1344, 32),
    ("header_timestamp", 1376, 32),
    ("save_timestamp", 1408, 32),
    ("file_comments", 1440, 512),
    ("dataset_comments", 2048, 512),
];

/// Whether a file begins as a TIFF that has the header of a `MarCCD`.
pub(crate) fn is_marccd(head: &[u8], _name: &str) -> bool {
    let is_tiff = head.starts_with(b"II*\0") || head.starts_with(b"MM\0*");
    let name = head.get(HEADER_START + 4..HEADER_START + 20);
    is_tiff && name.is_some_and(|name| name.starts_with(b"MMX") || name.starts_with(b"RAYONIX"))
}

/// Opens a `MarCCD` image.
///
/// # Errors
/// [`hutch_model::ErrorKind::Unreadable`] when the header makes no sense.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    let head = file
        .read_one(ByteRange::new(0, SAMPLES_START), cancel)
        .await?;
    let header =
        Header::of(&head).map_err(|fault| fault.tried(format!("open \"{}\"", file.url())))?;
    let mut container = ImageContainer::new(&file, "MarCCD");
    let info = describe(&header.shape, &header.sample, "contiguous");
    let end = info
        .size_bytes
        .and_then(|size| size.checked_add(SAMPLES_START));
    if end.is_none_or(|end| end > file.size_bytes()) {
        let size = file.size_bytes();
        container.add_problem(
            "/data",
            format!("the file ends at byte {size}, inside its image"),
        );
    }
    let order = (SAMPLES_START, AxisOrder::LastFastest);
    let dataset = Contiguous::dataset(&file, "/data", info, header.sample.clone(), order);
    container.add_dataset("/data", dataset);
    describe_fields(&mut container, "/data", &header.fields);
    describe_header(&mut container, &header.pairs);
    container.set_default("/data");
    Ok(Arc::new(container))
}

/// What a header says.
#[derive(Debug)]
struct Header {
    /// `[y, x]`.
    shape: [u64; 2],
    sample: SampleType,
    fields: Fields,
    pairs: Pairs,
}

impl Header {
    fn of(head: &[u8]) -> Parsed<Self> {
        if !is_marccd(head, "") {
            return Err(Fault::unreadable("it has no header of a MarCCD"));
        }
        let words = Words::of(head.get(HEADER_START..).unwrap_or_default())?;
        let (columns, rows) = (words.unsigned(80)?, words.unsigned(84)?);
        let element = match words.unsigned(88)? {
            1 => ElementType::U8,
            2 => ElementType::U16,
            4 => ElementType::U32,
            depth => {
                let why = format!("samples of {depth} bytes are not read");
                return Err(Fault::unsupported(why));
            }
        };
        if columns == 0 || rows == 0 {
            let why = format!("the header says an image of {columns} x {rows} pixels");
            return Err(Fault::unreadable(why));
        }
        // The samples have a byte order of their own.
        let is_big_endian = words.unsigned(32)? != LITTLE_ENDIAN;
        let mut fields = Fields::default();
        for &(name, at, factor, units) in FIELDS {
            let value = f64::from(words.signed(at)?) * factor;
            fields.positive(name, Some(value), units);
        }
        Ok(Self {
            shape: [rows.into(), columns.into()],
            sample: SampleType {
                element,
                is_big_endian,
            },
            fields,
            pairs: words.pairs()?,
        })
    }
}

/// Words of 32 bits in the byte order of the header.
struct Words<'a> {
    bytes: &'a [u8],
    is_little_endian: bool,
}

impl<'a> Words<'a> {
    fn of(bytes: &'a [u8]) -> Parsed<Self> {
        let mut words = Self {
            bytes,
            is_little_endian: true,
        };
        // The order is written in itself: 1234 or 4321.
        words.is_little_endian = words.unsigned(28)? == LITTLE_ENDIAN;
        Ok(words)
    }

    fn unsigned(&self, at: usize) -> Parsed<u32> {
        let word = self.bytes.get(at..).and_then(<[u8]>::first_chunk::<4>);
        let word = word.ok_or_else(|| Fault::unreadable("the file ends inside the header"))?;
        Ok(if self.is_little_endian {
            u32::from_le_bytes(*word)
        } else {
            u32::from_be_bytes(*word)
        })
    }

    fn signed(&self, at: usize) -> Parsed<i32> {
        self.unsigned(at).map(u32::cast_signed)
    }

    fn pairs(&self) -> Parsed<Pairs> {
        let mut pairs = Pairs::default();
        for &(name, at) in WORDS {
            pairs.push(name, self.signed(at)?.to_string());
        }
        for &(name, at, length) in TEXTS {
            let bytes = self.bytes.get(at..at + length).unwrap_or_default();
            let bytes = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
            if !bytes.is_empty() {
                pairs.push(name, text(bytes));
            }
        }
        Ok(pairs)
    }
}
