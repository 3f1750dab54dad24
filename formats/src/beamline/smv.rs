//! SMV images of ADSC and Rigaku detectors: `{ HEADER_BYTES=512; ... }`, then samples.
//!
//! Source: the d*TREK image format 1.1 of Rigaku, and the headers that ADSC writes.

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

/// Bytes in which a header says how long it is.
const HEAD_BYTES: u64 = 4096;
/// Bytes that a header may take.
const HEADER_LIMIT_BYTES: u64 = 1 << 20;

/// Whether a file begins as an SMV header.
pub(crate) fn is_smv(head: &[u8], _name: &str) -> bool {
    let text = String::from_utf8_lossy(head.get(..64).unwrap_or(head));
    text.strip_prefix('{')
        .is_some_and(|body| body.trim_start().starts_with("HEADER_BYTES"))
}

/// Opens an SMV image.
///
/// # Errors
/// [`hutch_model::ErrorKind::Unreadable`] when the header makes no sense.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    let tried = |fault: Fault| fault.tried(format!("open \"{}\"", file.url()));
    let head = file.read_one(ByteRange::new(0, HEAD_BYTES), cancel).await?;
    let length = header_bytes(&head).map_err(tried)?;
    let head = if length > head.len() as u64 {
        file.read_one(ByteRange::new(0, length), cancel).await?
    } else {
        head
    };
    let header = Header::of(&head, length).map_err(tried)?;
    let mut container = ImageContainer::new(&file, "SMV");
    let info = describe(&header.shape, &header.sample, "contiguous");
    let end = info.size_bytes.and_then(|size| size.checked_add(length));
    if end.is_none_or(|end| end > file.size_bytes()) {
        let size = file.size_bytes();
        container.add_problem(
            "/data",
            format!("the file ends at byte {size}, inside its image"),
        );
    }
    let order = (length, AxisOrder::LastFastest);
    let dataset = Contiguous::dataset(&file, "/data", info, header.sample.clone(), order);
    container.add_dataset("/data", dataset);
    describe_fields(&mut container, "/data", &fields_of(&header.pairs));
    describe_header(&mut container, &header.pairs);
    container.set_default("/data");
    Ok(Arc::new(container))
}

/// What a header says of its image.
#[derive(Debug, PartialEq)]
struct Header {
    pairs: Pairs,
    /// Slowest axis first.
    shape: Vec<u64>,
    sample: SampleType,
}

impl Header {
    fn of(bytes: &[u8], length: u64) -> Parsed<Self> {
        let header = usize::try_from(length)
            .ok()
            .and_then(|length| bytes.get(..length))
            .ok_or_else(|| Fault::unreadable("the file ends inside the SMV header"))?;
        let pairs = pairs_of(header);
        if let Some(name) = pairs.get("COMPRESSION")
            && !name.eq_ignore_ascii_case("none")
        {
            let why = format!("the SMV compression {name:?} is not decoded");
            return Err(Fault::unsupported(why));
        }
        Ok(Self {
            shape: shape_of(&pairs)?,
            sample: sample_of(&pairs)?,
            pairs,
        })
    }
}

/// The value of `HEADER_BYTES`, which stands first.
fn header_bytes(head: &[u8]) -> Parsed<u64> {
    let pairs = pairs_of(head.get(..64).unwrap_or(head));
    match pairs.count("HEADER_BYTES") {
        Some(length) if length > HEADER_LIMIT_BYTES => Err(Fault::limit(format!(
            "an SMV header of {length} bytes is longer than 1 MiB"
        ))),
        Some(length) if length > 0 => Ok(length),
        _ => Err(Fault::unreadable(
            "the SMV header does not say HEADER_BYTES",
        )),
    }
}

fn pairs_of(header: &[u8]) -> Pairs {
    let mut pairs = Pairs::default();
    let body = text(header);
    let body = body.strip_prefix('{').unwrap_or(&body);
    for line in body.split('\n').take_while(|line| !line.starts_with('}')) {
        if let Some((name, value)) = line.split_once('=') {
            let value = value.trim().trim_end_matches(';').trim_end();
            pairs.push(name.trim(), value);
        }
    }
    pairs
}

fn shape_of(pairs: &Pairs) -> Parsed<Vec<u64>> {
    let rank = match pairs.get("DIM") {
        None => 2,
        Some(_) => pairs
            .count("DIM")
            .filter(|rank| (1..=3).contains(rank))
            .ok_or_else(|| Fault::unreadable("the SMV header says no DIM of 1 to 3"))?,
    };
    let size = |axis| {
        let name = format!("SIZE{axis}");
        pairs.count(&name).filter(|&size| size > 0).ok_or_else(|| {
            let said = pairs.get(&name).unwrap_or("");
            Fault::unreadable(format!("the SMV header says {name} = {said:?}"))
        })
    };
    let shape: Vec<u64> = (1..=rank).rev().map(size).collect::<Parsed<_>>()?;
    shape
        .iter()
        .try_fold(8u64, |bytes, &size| bytes.checked_mul(size))
        .filter(|&bytes| i64::try_from(bytes).is_ok())
        .ok_or_else(|| Fault::unreadable(format!("an SMV image of {shape:?} is too large")))?;
    Ok(shape)
}

fn sample_of(pairs: &Pairs) -> Parsed<SampleType> {
    let name = pairs.get("Data_type").or(pairs.get("TYPE"));
    let name = name.unwrap_or("unsigned_short");
    let element = match name.to_ascii_lowercase().replace('_', " ").as_str() {
        "signed char" => ElementType::I8,
        "unsigned char" => ElementType::U8,
        "short int" | "signed short" => ElementType::I16,
        "unsigned short" | "unsigned short int" | "mad" => ElementType::U16,
        "long int" | "signed long" | "int" => ElementType::I32,
        "unsigned long" | "unsigned long int" | "unsigned int" => ElementType::U32,
        "float ieee" | "float" => ElementType::F32,
        _ => {
            let why = format!("samples of the SMV type {name:?} are not read");
            return Err(Fault::unsupported(why));
        }
    };
    let order = pairs.get("BYTE_ORDER").unwrap_or("little_endian");
    Ok(SampleType {
        element,
        is_big_endian: order.to_ascii_lowercase().contains("big"),
    })
}

/// What the header says of the experiment: lengths are in millimetres there, the
/// beam too, and its axes are those of the program that wrote it.
fn fields_of(pairs: &Pairs) -> Fields {
    let mut fields = Fields::default();
    let metres = |name| pairs.number(name).map(|millimetres| millimetres * 1e-3);
    fields.positive("x_pixel_size", metres("PIXEL_SIZE"), "m");
    fields.positive("y_pixel_size", metres("PIXEL_SIZE"), "m");
    fields.positive("distance", metres("DISTANCE"), "m");
    fields.finite("beam_center_x", metres("BEAM_CENTER_X"), "m");
    fields.finite("beam_center_y", metres("BEAM_CENTER_Y"), "m");
    let wavelength = pairs.number("WAVELENGTH").or_else(|| {
        // d*TREK writes a count before the wavelength.
        let said = pairs.get("SOURCE_WAVELENGTH")?;
        super::pairs::first_number(said.split_once(char::is_whitespace)?.1)
    });
    let wavelength = wavelength.map(|angstrom| angstrom * 1e-10);
    fields.positive("incident_wavelength", wavelength, "m");
    fields.positive("count_time", pairs.number("TIME"), "s");
    fields.finite("rotation_angle", pairs.number("OSC_START"), "deg");
    let overload = pairs.number("CCD_IMAGE_SATURATION");
    fields.positive(
        "saturation_value",
        overload.or(pairs.number("SATURATED_VALUE")),
        "counts",
    );
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(body: &str) -> Parsed<Header> {
        let mut bytes = format!("{{\nHEADER_BYTES=  512;\n{body}}}\n\x0c\n").into_bytes();
        bytes.resize(512, b' ');
        let length = header_bytes(&bytes)?;
        Header::of(&bytes, length)
    }

    #[test]
    fn size1_is_the_fastest_axis_and_lengths_become_metres() {
        let body = "SIZE1=7;\nSIZE2=5;\nTYPE=unsigned_short;\nBYTE_ORDER=big_endian;\n\
            PIXEL_SIZE=0.055;\nDISTANCE=1590;\nWAVELENGTH=0.5;\n";
        let header = header(body).unwrap();
        assert_eq!(header.shape, [5, 7], "rows, then columns");
        assert!(header.sample.is_big_endian, "as BYTE_ORDER says");
        let fields = fields_of(&header.pairs);
        assert_eq!(fields.get("distance"), Some(1590.0 * 1e-3), "in metres");
        assert_eq!(
            fields.get("incident_wavelength"),
            Some(0.5 * 1e-10),
            "in metres"
        );
    }

    #[test]
    fn sizes_that_make_no_sense_are_refused() {
        for (body, word) in [
            ("SIZE1=7;\n", "SIZE2"),
            ("SIZE1=-7;\nSIZE2=5;\n", "SIZE1"),
            ("SIZE1=9223372036854775807;\nSIZE2=9;\n", "too large"),
            ("DIM=9;\n", "DIM"),
            ("SIZE1=1;\nSIZE2=5;\nTYPE=quaternion;\n", "quaternion"),
        ] {
            let said = header(body).unwrap_err();
            assert!(said.why.contains(word), "{body}: {}", said.why);
        }
    }
}
