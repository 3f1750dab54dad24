//! One header of an EDF file: `{ name = value ; ... }` before each image.
//!
//! Source: the ESRF data format as SAXS programs and Lima write it; a header ends
//! with `}` at the end of a line, and what follows is the image.

use hutch_model::ElementType;

use crate::beamline::fault::{Fault, Parsed};
use crate::beamline::fields::Fields;
use crate::beamline::pairs::{Pairs, text};
use crate::images::sample::SampleType;

/// Bytes that a header may take.
pub(super) const HEADER_LIMIT_BYTES: usize = 1 << 20;
/// Axes that an image may have.
const RANK_LIMIT: u64 = 8;

/// What the first bytes of a block are.
#[derive(Debug)]
pub(super) enum Found {
    /// A header, and how many bytes it takes.
    Header(Pairs, usize),
    /// The header goes on behind these bytes.
    More,
    /// Nothing but blanks.
    End,
}

/// Looks for a header at the start of these bytes.
///
/// # Errors
/// When something else is there, or when the header takes more than 1 MiB.
pub(super) fn find(bytes: &[u8]) -> Parsed<Found> {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    let Some(start) = bytes.iter().position(|byte| !is_blank(byte)) else {
        return Ok(Found::End);
    };
    if bytes.get(start) != Some(&b'{') {
        return Err(Fault::unreadable("an EDF header begins with \"{\""));
    }
    let body = start + 1;
    let Some((last, end)) = end_of(bytes, body) else {
        if bytes.len() >= HEADER_LIMIT_BYTES {
            let why = "the EDF header does not end within 1 MiB";
            return Err(Fault::unreadable(why));
        }
        return Ok(Found::More);
    };
    let pairs = pairs_of(bytes.get(body..last).unwrap_or_default());
    Ok(Found::Header(pairs, end))
}

/// Where the closing brace is, and the first byte behind its line.
fn end_of(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == b'}')?;
        match bytes.get(at + 1..)? {
            [b'\n', ..] => return Some((at, at + 2)),
            [b'\r', b'\n', ..] => return Some((at, at + 3)),
            _ => at += 1,
        }
    }
}

fn pairs_of(body: &[u8]) -> Pairs {
    let mut pairs = Pairs::default();
    let blank = |letter: char| letter.is_whitespace() || letter == '\0';
    for line in text(body).split(';') {
        if let Some((name, value)) = line.split_once('=') {
            pairs.push(name.trim_matches(blank), value.trim_matches(blank));
        }
    }
    pairs
}

/// How the samples of an image are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Bzip2,
    Zlib,
}

/// Shape, type and packing of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// `Dim_n` to `Dim_1`, slowest first.
    pub(super) shape: Vec<u64>,
    pub(super) sample: SampleType,
    pub(super) packing: Packing,
}

impl Format {
    /// What a header says.
    ///
    /// # Errors
    /// For types and compressions that are not decoded, and for sizes that do not
    /// fit 64 bits.
    pub(super) fn of(pairs: &Pairs) -> Parsed<Self> {
        if pairs.get("EDF_BinaryFileName").is_some() {
            let why = "the samples are in another file, which is not followed";
            return Err(Fault::unsupported(why));
        }
        let format = Self {
            shape: shape_of(pairs)?,
            sample: sample_of(pairs)?,
            packing: packing_of(pairs)?,
        };
        format.size_bytes()?;
        Ok(format)
    }

    /// Bytes that the samples take.
    ///
    /// # Errors
    /// When they do not fit 64 bits.
    pub(super) fn size_bytes(&self) -> Parsed<u64> {
        self.shape
            .iter()
            .try_fold(self.sample.size_bytes() as u64, |size, &axis| {
                size.checked_mul(axis)
            })
            .filter(|&size| i64::try_from(size).is_ok())
            .ok_or_else(|| Fault::unreadable(format!("an image of {:?} is too large", self.shape)))
    }
}

/// Bytes that an image takes in the file, as its header says.
pub(super) fn said_bytes(pairs: &Pairs) -> Option<u64> {
    pairs
        .count("EDF_BinarySize")
        .or_else(|| pairs.count("Size"))
}

/// The values of a general block that stand for those that an image's own header
/// does not have, before those that it has.
pub(super) fn with_general(general: &Pairs, own: Pairs) -> Pairs {
    if general.len() == 0 {
        return own;
    }
    let mut all = Pairs::default();
    for (name, value) in general.iter() {
        let is_own = name.starts_with("EDF_")
            || ["Size", "Image", "HeaderID"]
                .iter()
                .any(|own| name.eq_ignore_ascii_case(own));
        if !is_own {
            all.push(name, value);
        }
    }
    for (name, value) in own.iter() {
        all.push(name, value);
    }
    all
}

fn shape_of(pairs: &Pairs) -> Parsed<Vec<u64>> {
    let mut rank = 0;
    for (name, _) in pairs.iter() {
        let number = name
            .get(..4)
            .filter(|start| start.eq_ignore_ascii_case("dim_"))
            .and_then(|_| name.get(4..)?.parse::<u64>().ok());
        rank = rank.max(number.unwrap_or(0));
    }
    if rank == 0 || rank > RANK_LIMIT {
        return Err(Fault::unreadable(format!(
            "the EDF header has {rank} axes in Dim_1, Dim_2 and so on"
        )));
    }
    (1..=rank)
        .rev()
        .map(|axis| {
            let name = format!("Dim_{axis}");
            match (pairs.get(&name), pairs.count(&name)) {
                (_, Some(size)) if size > 0 => Ok(size),
                (None, _) if axis > 1 => Ok(1),
                (said, _) => Err(Fault::unreadable(format!(
                    "the EDF header says {name} = {:?}",
                    said.unwrap_or("")
                ))),
            }
        })
        .collect()
}

/// The types of the format, in lower case.
fn sample_of(pairs: &Pairs) -> Parsed<SampleType> {
    // Without a type it is that of the first cameras, as fabio takes it.
    let name = pairs.get("DataType").unwrap_or("UnsignedShort");
    let element = match name.to_ascii_lowercase().as_str() {
        "signedbyte" | "signed8" => ElementType::I8,
        "unsignedbyte" | "unsigned8" => ElementType::U8,
        "signedshort" | "signed16" => ElementType::I16,
        "unsignedshort" | "unsigned16" | "unsignedshortinteger" => ElementType::U16,
        "signedinteger" | "signed32" | "signedlong" => ElementType::I32,
        "unsignedinteger" | "unsigned32" | "unsignedlong" => ElementType::U32,
        "signed64" => ElementType::I64,
        "unsigned64" => ElementType::U64,
        "floatvalue" | "float" | "floatieee32" | "float32" => ElementType::F32,
        "double" | "doublevalue" | "floatieee64" | "doubleieee64" => ElementType::F64,
        _ => {
            let why = format!("samples of the EDF type {name:?} are not read");
            return Err(Fault::unsupported(why));
        }
    };
    let order = pairs.get("ByteOrder").unwrap_or("LowByteFirst");
    Ok(SampleType {
        element,
        is_big_endian: order.to_ascii_lowercase().contains("high"),
    })
}

fn packing_of(pairs: &Pairs) -> Parsed<Packing> {
    let name = pairs.get("Compression").unwrap_or("None");
    let upper = name.to_ascii_uppercase();
    match upper.as_str() {
        "" => Ok(Packing::Plain),
        upper if upper.starts_with("NO") => Ok(Packing::Plain),
        upper if upper.contains("GZ") => Ok(Packing::Gzip),
        upper if upper.contains("BZ") => Ok(Packing::Bzip2),
        upper if upper.contains('Z') => Ok(Packing::Zlib),
        _ => Err(Fault::unsupported(format!(
            "the EDF compression {name:?} is not known"
        ))),
    }
}

/// What the header says of the experiment, in the words of the SAXS programs.
pub(super) fn fields_of(pairs: &Pairs) -> Fields {
    let mut fields = Fields::default();
    let number = |name| pairs.number(name);
    fields.positive("x_pixel_size", number("PSize_1"), "m");
    fields.positive("y_pixel_size", number("PSize_2"), "m");
    fields.finite("beam_center_x", number("Center_1"), "pixel");
    fields.finite("beam_center_y", number("Center_2"), "pixel");
    fields.positive("distance", number("SampleDistance"), "m");
    fields.positive("incident_wavelength", number("WaveLength"), "m");
    fields.positive("count_time", number("ExposureTime"), "s");
    fields.positive("count_time", number("acq_expo_time"), "s");
    fields.positive("count_time", number("count_time"), "s");
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(body: &str) -> Parsed<Format> {
        let bytes = format!("{{\n{body}\n}}\n");
        match find(bytes.as_bytes())? {
            Found::Header(pairs, end) => {
                assert_eq!(end, bytes.len(), "all of the header");
                Format::of(&pairs)
            }
            other => panic!("no header: {other:?}"),
        }
    }

    #[test]
    fn dim_1_is_the_fastest_axis() {
        let format = header("DataType = UnsignedShort ;\nDim_1 = 5 ;\nDim_2 = 3 ;").unwrap();
        assert_eq!(format.shape, [3, 5], "rows, then columns");
        assert_eq!(format.size_bytes(), Ok(30), "two bytes a sample");
    }

    #[test]
    fn sizes_that_overflow_are_refused() {
        let body = "DataType = Double ;\nDim_1 = 4294967296 ;\nDim_2 = 4294967296 ;";
        let said = header(body).unwrap_err();
        assert!(said.why.contains("too large"), "got: {}", said.why);
        let said = header("Dim_1 = 0 ; Dim_2 = 4 ;").unwrap_err();
        assert!(said.why.contains("Dim_1"), "got: {}", said.why);
        let said = header("Dim_99999999 = 4 ; Dim_1 = 4 ;").unwrap_err();
        assert!(said.why.contains("axes"), "got: {}", said.why);
    }

    #[test]
    fn a_brace_inside_a_value_does_not_end_the_header() {
        let bytes = b"{\nComment = {a} b} ;\nDim_1 = 2 ;\n}\r\n\x01\x02";
        let Found::Header(pairs, end) = find(bytes).unwrap() else {
            panic!("a header expected");
        };
        assert_eq!(pairs.get("comment"), Some("{a} b}"), "the whole value");
        assert_eq!(&bytes[end..], b"\x01\x02", "the samples follow");
    }

    #[test]
    fn a_header_that_never_ends_is_refused_at_its_limit() {
        let mut bytes = b"{\n".to_vec();
        assert!(matches!(find(&bytes), Ok(Found::More)), "it may go on");
        bytes.resize(HEADER_LIMIT_BYTES, b'x');
        let said = find(&bytes).unwrap_err();
        assert!(said.why.contains("1 MiB"), "got: {}", said.why);
        assert!(
            find(b"  \n\0").is_ok_and(|found| matches!(found, Found::End)),
            "blanks"
        );
    }
}
