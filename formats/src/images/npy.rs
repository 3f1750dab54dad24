//! Numpy arrays in `.npy` files, of versions 1 to 3.
//!
//! The header is a Python literal; it is read as one and never evaluated.
//! Source: numpy.lib.format.

mod literal;

use std::sync::Arc;

use hutch_model::{
    ByteRange, Cancel, Container, ElementType, Error, ErrorKind, Neighbours, ReadAt, Result,
};

use self::literal::Header;
use super::container::{ImageContainer, attribute};
use super::contiguous::{AxisOrder, Contiguous};
use super::file::ImageFile;
use super::sample::{self, SampleType};

const MAGIC: &[u8] = b"\x93NUMPY";
/// Bytes that hold the header of nearly every array.
const HEAD_BYTES: u64 = 4096;
/// Numpy itself refuses longer ones.
const HEADER_LIMIT_BYTES: u64 = 1 << 20;
const AXIS_LIMIT: usize = 64;

/// Whether a file begins as an array of numpy.
pub(crate) fn is_npy(head: &[u8], _name: &str) -> bool {
    head.starts_with(MAGIC)
}

/// Opens an array.
///
/// # Errors
/// [`ErrorKind::Unreadable`] when the header makes no sense.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    let (text, version, start) = read_header(&file, cancel).await?;
    let header = literal::parse(&text)
        .map_err(|why| file.unreadable(format!("the header of the array cannot be read: {why}")))?;
    if header.shape.len() > AXIS_LIMIT {
        let count = header.shape.len();
        return Err(file.unreadable(format!("it has {count} axes, more than {AXIS_LIMIT}")));
    }
    Ok(Arc::new(container(&file, &header, version, start)))
}

fn container(file: &ImageFile, header: &Header, version: u8, start: u64) -> ImageContainer {
    let order = if header.is_fortran_order && header.shape.len() > 1 {
        AxisOrder::FirstFastest
    } else {
        AxisOrder::LastFastest
    };
    let mut container = ImageContainer::new(file, format!("NumPy array (version {version})"));
    let sample = match sample_type(&header.descr) {
        Ok(sample) => sample,
        Err(why) => {
            let info = sample::describe_unreadable(&header.shape, &header.descr, why);
            container.add_dataset("/data", Contiguous::unreadable(file, "/data", info));
            return container;
        }
    };
    let info = sample::describe(&header.shape, &sample, "contiguous");
    let end = info.size_bytes.and_then(|size| start.checked_add(size));
    if end.is_none_or(|end| end > file.size_bytes()) {
        let problem = format!(
            "the file ends at byte {}, before the end of the array of shape {:?}",
            file.size_bytes(),
            header.shape
        );
        container.add_problem("/data", problem);
    }
    let dataset = Contiguous::dataset(file, "/data", info, sample, (start, order));
    container.add_dataset("/data", dataset);
    container.add_attributes(
        "/data",
        [
            attribute("descr", header.descr.as_str()),
            attribute("fortran_order", header.is_fortran_order),
        ],
    );
    container.set_default("/data");
    container
}

/// The text of the header, the version, and where the samples begin.
async fn read_header(file: &ImageFile, cancel: &Cancel) -> Result<(String, u8, u64)> {
    let head = file.read_one(ByteRange::new(0, HEAD_BYTES), cancel).await?;
    if !is_npy(&head, "") {
        return Err(file.unreadable("it does not begin as an array of NumPy"));
    }
    let cut = || file.unreadable("the file ends inside the header of the array");
    let (Some(&version), Some(length)) = (head.get(6), head.get(8..12)) else {
        return Err(cut());
    };
    let (length, begin) = match (version, length) {
        (1, &[low, high, ..]) => (u64::from(u16::from_le_bytes([low, high])), 10u64),
        (2 | 3, &[a, b, c, d]) => (u64::from(u32::from_le_bytes([a, b, c, d])), 12),
        _ => return Err(file.unreadable(format!("version {version} of the format is not known"))),
    };
    if length > HEADER_LIMIT_BYTES {
        let why = format!("its header of {length} bytes is longer than {HEADER_LIMIT_BYTES}");
        return Err(Error::new(
            ErrorKind::Limit,
            format!("open \"{}\"", file.url()),
            why,
        ));
    }
    let start = begin + length;
    let bytes = if start <= head.len() as u64 {
        head
    } else {
        file.read_one(ByteRange::new(0, start), cancel).await?
    };
    let range =
        usize::try_from(begin).unwrap_or(usize::MAX)..usize::try_from(start).unwrap_or(usize::MAX);
    let header = bytes.get(range).ok_or_else(cut)?;
    Ok((String::from_utf8_lossy(header).into_owned(), version, start))
}

/// The type that a `descr` such as `<f4` means.
fn sample_type(descr: &str) -> Result<SampleType, String> {
    let (order, rest) = match descr.as_bytes().first() {
        Some(b'<' | b'>' | b'|' | b'=') => descr.split_at(1),
        _ => ("=", descr),
    };
    let element = match rest {
        "b1" | "?" | "u1" | "B" => ElementType::U8,
        "i1" | "b" => ElementType::I8,
        "u2" => ElementType::U16,
        "u4" => ElementType::U32,
        "u8" => ElementType::U64,
        "i2" => ElementType::I16,
        "i4" => ElementType::I32,
        "i8" => ElementType::I64,
        "f2" => ElementType::F16,
        "f4" => ElementType::F32,
        "f8" => ElementType::F64,
        "c8" => ElementType::Complex64,
        "c16" => ElementType::Complex128,
        "O" | "O8" | "O4" => {
            return Err("it holds Python objects, which only their program can read".to_owned());
        }
        _ => return Err(format!("elements of type \"{descr}\" cannot be shown yet")),
    };
    Ok(SampleType {
        element,
        is_big_endian: order == ">" || (order == "=" && cfg!(target_endian = "big")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_refused_in_words() {
        let why = sample_type("|O").unwrap_err();
        assert!(why.contains("Python objects"), "got {why}");
    }

    #[test]
    fn the_order_of_bytes_is_told_from_the_first_letter() {
        let sample = sample_type(">i4").unwrap();
        assert_eq!(sample.words(), "big-endian int32", "as numpy names it");
        assert!(!sample_type("<u2").unwrap().is_big_endian, "little");
    }
}
