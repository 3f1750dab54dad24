//! The text before the samples of a CBF image.
//!
//! Source: International Tables for Crystallography G, chapter 2.3 (CBF), and the
//! Pilatus header specification 1.4 for the comments of miniCBF.

use hutch_model::ElementType;

use crate::beamline::fault::{Fault, Parsed};
use crate::beamline::fields::Fields;
use crate::beamline::pairs::{Pairs, first_number, text};
use crate::images::sample::SampleType;

/// What stands before the MIME header of a binary section.
const SECTION: &[u8] = b"--CIF-BINARY-FORMAT-SECTION--";
/// What stands between the MIME header and the samples.
const START: &[u8] = &[0x0c, 0x1a, 0x04, 0xd5];

/// How the samples are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    ByteOffset,
    Packed,
    PackedV2,
}

/// Shape, type and compression of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// Slowest axis first.
    pub(super) shape: Vec<u64>,
    pub(super) sample: SampleType,
    pub(super) compression: Compression,
}

/// A binary section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) format: Format,
    /// Where the samples begin, from the start of the bytes that were given.
    pub(super) start: usize,
    /// Bytes of the samples as stored, and of the padding behind them.
    pub(super) stored_bytes: Option<u64>,
    pub(super) padding_bytes: u64,
}

/// Finds the next binary section, and the text before it; `None` where these bytes
/// hold no whole header.
///
/// # Errors
/// For headers that contradict themselves and for what is not decoded.
pub(super) fn find(bytes: &[u8]) -> Parsed<Option<(&[u8], Section)>> {
    let Some(at) = position(bytes, SECTION) else {
        return Ok(None);
    };
    let before = bytes.get(..at).unwrap_or_default();
    let rest = bytes.get(at + SECTION.len()..).unwrap_or_default();
    // The closing line of the section before has two more dashes.
    if rest.starts_with(b"--") {
        let skipped = at + SECTION.len() + 2;
        let found = find(bytes.get(skipped..).unwrap_or_default())?;
        return Ok(found.map(|(before, mut section)| {
            section.start += skipped;
            (before, section)
        }));
    }
    let Some(length) = position(rest, START) else {
        return Ok(None);
    };
    let mime = mime_pairs(&text(rest.get(..length).unwrap_or_default()));
    let start = at + SECTION.len() + length + START.len();
    Ok(Some((before, section(&mime, start)?)))
}

/// Where a word begins in these bytes.
fn position(bytes: &[u8], word: &[u8]) -> Option<usize> {
    let first = *word.first()?;
    let mut from = 0;
    loop {
        from += bytes.get(from..)?.iter().position(|&byte| byte == first)?;
        if bytes.get(from..)?.starts_with(word) {
            return Some(from);
        }
        from += 1;
    }
}

/// `Name: value` lines; a line that begins with a blank goes on with the one before.
fn mime_pairs(text: &str) -> Pairs {
    let mut pairs = Pairs::default();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = &mut open {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            if let Some((name, value)) = open.take() {
                pairs.push(name, value);
            }
            open = Some((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    if let Some((name, value)) = open {
        pairs.push(name, value);
    }
    pairs
}

fn section(mime: &Pairs, start: usize) -> Parsed<Section> {
    let encoding = mime.get("Content-Transfer-Encoding").unwrap_or("BINARY");
    if !encoding.eq_ignore_ascii_case("binary") {
        let why = format!("samples written as {encoding:?} text are not read");
        return Err(Fault::unsupported(why));
    }
    let format = Format {
        shape: shape_of(mime)?,
        sample: sample_of(mime)?,
        compression: compression_of(mime)?,
    };
    let stored_bytes = mime.count("X-Binary-Size").filter(|&size| size > 0);
    check_size(&format, stored_bytes)?;
    Ok(Section {
        format,
        start,
        stored_bytes,
        padding_bytes: mime.count("X-Binary-Size-Padding").unwrap_or(0),
    })
}

fn shape_of(mime: &Pairs) -> Parsed<Vec<u64>> {
    let axis = |name: &str| mime.count(&format!("X-Binary-Size-{name}-Dimension"));
    let fastest = axis("Fastest").filter(|&size| size > 0);
    let Some(fastest) = fastest else {
        let why = "the CBF header does not say X-Binary-Size-Fastest-Dimension";
        return Err(Fault::unreadable(why));
    };
    let mut shape = vec![axis("Second").unwrap_or(1).max(1), fastest];
    if let Some(third) = axis("Third").filter(|&size| size > 1) {
        shape.insert(0, third);
    }
    let count = shape
        .iter()
        .try_fold(1u64, |product, &size| product.checked_mul(size))
        .filter(|&count| count < 1 << 48)
        .ok_or_else(|| Fault::unreadable(format!("a CBF image of {shape:?} is too large")))?;
    match mime.count("X-Binary-Number-of-Elements") {
        Some(said) if said != count => Err(Fault::unreadable(format!(
            "the CBF header says {said} elements, but its shape is {shape:?}"
        ))),
        _ => Ok(shape),
    }
}

fn sample_of(mime: &Pairs) -> Parsed<SampleType> {
    let said = mime.get("X-Binary-Element-Type");
    let name = said.unwrap_or("\"signed 32-bit integer\"");
    let element = match name.trim_matches('"').to_ascii_lowercase().as_str() {
        "unsigned 8-bit integer" => ElementType::U8,
        "signed 8-bit integer" => ElementType::I8,
        "unsigned 16-bit integer" => ElementType::U16,
        "signed 16-bit integer" => ElementType::I16,
        "unsigned 32-bit integer" => ElementType::U32,
        "signed 32-bit integer" => ElementType::I32,
        "unsigned 64-bit integer" => ElementType::U64,
        "signed 64-bit integer" => ElementType::I64,
        "signed 32-bit real ieee" | "unsigned 32-bit real ieee" => ElementType::F32,
        "signed 64-bit real ieee" | "unsigned 64-bit real ieee" => ElementType::F64,
        _ => {
            let why = format!("samples of the CBF type {name} are not read");
            return Err(Fault::unsupported(why));
        }
    };
    let order = mime.get("X-Binary-Element-Byte-Order").unwrap_or("");
    Ok(SampleType {
        element,
        is_big_endian: order.eq_ignore_ascii_case("BIG_ENDIAN"),
    })
}

fn compression_of(mime: &Pairs) -> Parsed<Compression> {
    let content = mime.get("Content-Type").unwrap_or("").to_ascii_lowercase();
    let Some((_, name)) = content.split_once("conversions=") else {
        return Ok(Compression::None);
    };
    if name.contains("uncorrelated_sections") || name.contains("flat") {
        let why = format!("the CBF compression {name} is not decoded");
        return Err(Fault::unsupported(why));
    }
    match name
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .trim_matches('"')
    {
        "x-cbf_byte_offset" => Ok(Compression::ByteOffset),
        "x-cbf_packed" => Ok(Compression::Packed),
        "x-cbf_packed_v2" => Ok(Compression::PackedV2),
        "x-cbf_none" => Ok(Compression::None),
        name => Err(Fault::unsupported(format!(
            "the CBF compression {name:?} is not decoded"
        ))),
    }
}

/// Refuses sizes that the samples cannot have.
fn check_size(format: &Format, stored: Option<u64>) -> Parsed<()> {
    let count: u64 = format.shape.iter().product();
    let least = match format.compression {
        Compression::None => count.saturating_mul(format.sample.size_bytes() as u64),
        Compression::ByteOffset => count,
        // A block of up to 128 elements takes 6 bits.
        Compression::Packed | Compression::PackedV2 => count / 171,
    };
    match stored {
        Some(stored) if stored < least => Err(Fault::unreadable(format!(
            "the CBF header says X-Binary-Size = {stored}, but {count} elements take at least {least} bytes"
        ))),
        _ => Ok(()),
    }
}

/// The text of a header as pairs: CIF items of one line, and comments of detectors.
pub(super) fn pairs_of(text: &str) -> Pairs {
    let mut pairs = Pairs::default();
    let blank = |letter: char| letter.is_whitespace() || matches!(letter, ':' | '=');
    for line in text.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix('#').map(str::trim_start) {
            if comment.starts_with(|letter: char| letter.is_ascii_digit()) {
                pairs.push("date", comment);
            } else if let Some((name, value)) = comment.split_once(blank) {
                pairs.push(name, value.trim_start_matches(blank));
            }
        } else if line.starts_with('_')
            && let Some((name, value)) = line.split_once(char::is_whitespace)
        {
            let value = value.trim();
            let unquoted = value
                .strip_prefix(['\'', '"'])
                .and_then(|value| value.strip_suffix(['\'', '"']));
            pairs.push(name, unquoted.unwrap_or(value));
        }
    }
    pairs
}

/// What the header says of the experiment.
pub(super) fn fields_of(pairs: &Pairs) -> Fields {
    let mut fields = Fields::default();
    let number = |name| pairs.number(name);
    let both = |name| {
        let mut numbers = pairs
            .get(name)
            .unwrap_or("")
            .split(|letter: char| letter.is_whitespace() || "(),".contains(letter))
            .filter_map(first_number);
        (numbers.next(), numbers.next())
    };
    let (x, y) = both("Pixel_size");
    fields.positive("x_pixel_size", x, "m");
    fields.positive("y_pixel_size", y, "m");
    let (x, y) = both("Beam_xy");
    fields.finite("beam_center_x", x, "pixel");
    fields.finite("beam_center_y", y, "pixel");
    fields.positive("distance", number("Detector_distance"), "m");
    let wavelength = number("Wavelength").or(number("_diffrn_radiation_wavelength.wavelength"));
    let angstrom = wavelength.map(|wavelength| wavelength * 1e-10);
    fields.positive("incident_wavelength", angstrom, "m");
    fields.positive("count_time", number("Exposure_time"), "s");
    fields.positive(
        "count_time",
        number("_diffrn_scan_frame.integration_time"),
        "s",
    );
    fields.positive("frame_time", number("Exposure_period"), "s");
    fields.positive("saturation_value", number("Count_cutoff"), "counts");
    fields.positive(
        "saturation_value",
        number("_array_intensities.overload"),
        "counts",
    );
    fields.positive("threshold_energy", number("Threshold_setting"), "eV");
    let sensor = pairs.get("Silicon").or(pairs.get("CdTe"));
    let thickness = sensor.and_then(first_number);
    fields.positive("sensor_thickness", thickness, "m");
    fields.finite("rotation_angle", number("Start_angle"), "deg");
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIME: &str = "\r\nContent-Type: application/octet-stream;\r\n     \
        conversions=\"x-CBF_BYTE_OFFSET\"\r\nX-Binary-Size: 12\r\n\
        X-Binary-Element-Type: \"signed 32-bit integer\"\r\n\
        X-Binary-Number-of-Elements: 12\r\nX-Binary-Size-Fastest-Dimension: 4\r\n\
        X-Binary-Size-Second-Dimension: 3\r\n\r\n";

    fn header(mime: &str) -> Vec<u8> {
        let text = format!("# Wavelength 1.5 A\r\n--CIF-BINARY-FORMAT-SECTION--{mime}");
        [text.as_bytes(), START, &[1; 12]].concat()
    }

    #[test]
    fn a_continued_line_belongs_to_its_name() {
        let bytes = header(MIME);
        let (before, section) = find(&bytes).unwrap().unwrap();
        assert_eq!(section.format.shape, [3, 4], "rows, then columns");
        assert_eq!(
            section.format.compression,
            Compression::ByteOffset,
            "named there"
        );
        assert_eq!(&bytes[section.start..], [1; 12], "the samples");
        let wavelength = fields_of(&pairs_of(&text(before))).get("incident_wavelength");
        assert_eq!(wavelength, Some(1.5 * 1e-10), "in metres");
    }

    #[test]
    fn sizes_that_contradict_each_other_are_refused() {
        for (from, to, word) in [
            ("Elements: 12", "Elements: 13", "13 elements"),
            ("Size: 12", "Size: 11", "at least 12"),
            ("Fastest-Dimension: 4", "Fastest-Dimension: 0", "Fastest"),
            (
                "Dimension: 4",
                "Dimension: 9223372036854775807",
                "too large",
            ),
            ("BYTE_OFFSET", "PREDICTOR", "predictor"),
            ("signed 32-bit integer", "signed 1-bit integer", "1-bit"),
        ] {
            let said = find(&header(&MIME.replacen(from, to, 1))).unwrap_err();
            assert!(said.why.contains(word), "{to}: {}", said.why);
        }
    }

    #[test]
    fn a_header_that_is_not_whole_asks_for_more() {
        let bytes = header(MIME);
        for length in 0..bytes.len() - 12 {
            let found = find(&bytes[..length]).unwrap();
            assert!(found.is_none(), "cut at {length}");
        }
    }
}
