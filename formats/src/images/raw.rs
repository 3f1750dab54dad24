//! Raw binaries without a header: their shape is guessed, and said to be.

use std::sync::Arc;

use hutch_model::{ByteRange, Cancel, Container, ElementType, Neighbours, ReadAt, Result};

use super::container::{ImageContainer, attribute};
use super::contiguous::{AxisOrder, Contiguous};
use super::file::ImageFile;
use super::sample::{self, SampleType};
use crate::registry;

/// Height and width of common detectors, `[y, x]`.
const DETECTORS: &[(u64, u64)] = &[
    (2167, 2070),
    (4362, 4148),
    (3262, 3108),
    (1065, 1030),
    (514, 1030),
    (1679, 1475),
    (2527, 2463),
    (619, 487),
    (195, 487),
    (512, 512),
    (256, 256),
    (516, 516),
    (512, 1024),
    (1300, 1340),
    (2160, 2560),
    (1080, 1280),
    (5120, 5120),
];
/// Sides of square images, most likely first.
const SQUARES: &[u64] = &[
    2048, 1024, 4096, 512, 256, 2000, 4000, 1000, 3072, 6144, 128,
];

/// What a raw file probably is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Guess {
    shape: Vec<u64>,
    sample: SampleType,
    /// Bytes before the first sample.
    start: u64,
    /// Why it was guessed, in words.
    rule: String,
}

/// A raw file is known by its name alone.
pub(crate) fn is_raw(_head: &[u8], name: &str) -> bool {
    let name = name.to_lowercase();
    [".raw", ".bin"].iter().any(|end| name.ends_with(end))
}

/// Opens a raw file by a guess.
///
/// # Errors
/// [`hutch_model::ErrorKind::Unreadable`] when neither name nor size tell a shape.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    // A name may lie: what the first bytes say counts more.
    let head = ByteRange::new(0, registry::HEAD_BYTES);
    let head = file.read_one(head, cancel).await?;
    if registry::has_signature(&head, file.name()) {
        return Err(file.unreadable("by its first bytes it is no raw file"));
    }
    let guess = by_name(file.name(), file.size_bytes())
        .or_else(|| by_size(file.size_bytes()))
        .ok_or_else(|| {
            file.unreadable(
                "it has no header, and neither its name nor its size tells its shape; \
                 a name such as scan_640x480x10_16bit.raw does",
            )
        })?;
    let mut container = ImageContainer::new(&file, "raw (guessed)");
    let info = sample::describe(&guess.shape, &guess.sample, "contiguous (guessed)");
    let order = (guess.start, AxisOrder::LastFastest);
    let dataset = Contiguous::dataset(&file, "/data", info, guess.sample, order);
    container.add_dataset("/data", dataset);
    container.add_attributes(
        "/data",
        [
            attribute("is_guess", true),
            attribute("guess", guess.rule.as_str()),
        ],
    );
    container.add_problem("/data", format!("its shape is a guess: {}", guess.rule));
    container.set_default("/data");
    Ok(Arc::new(container))
}

/// From words in the name: `640x480x10` is x by y by frames, as people write it.
fn by_name(name: &str, size_bytes: u64) -> Option<Guess> {
    let words: Vec<String> = name
        .to_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .map(str::to_owned)
        .collect();
    let sizes = words.iter().find_map(|word| {
        let sizes: Option<Vec<u64>> = word
            .split('x')
            .map(|size| size.parse().ok().filter(|&size: &u64| size > 0))
            .collect();
        sizes.filter(|sizes| matches!(sizes.len(), 2 | 3))
    })?;
    let shape: Vec<u64> = sizes.iter().rev().copied().collect();
    let count = shape
        .iter()
        .try_fold(1u64, |product, &size| product.checked_mul(size))?;
    let is_big_endian = words
        .iter()
        .any(|word| matches!(word.as_str(), "be" | "big" | "bigendian" | "msb"));
    let named = words.iter().find_map(|word| type_of_word(word));
    let element = named.or_else(|| type_of_size(size_bytes / count.max(1)))?;
    let size = count.checked_mul(element.size_bytes()? as u64)?;
    let start = size_bytes.checked_sub(size)?;
    let rule = match start {
        0 => format!("by its name it is {shape:?} of {element}"),
        _ => format!("by its name it is {shape:?} of {element} behind {start} bytes"),
    };
    Some(Guess {
        shape,
        sample: SampleType {
            element,
            is_big_endian,
        },
        start,
        rule,
    })
}

fn type_of_word(word: &str) -> Option<ElementType> {
    Some(match word {
        "8bit" | "uint8" | "u8" => ElementType::U8,
        "16bit" | "uint16" | "u16" => ElementType::U16,
        "32bit" | "uint32" | "u32" => ElementType::U32,
        "int8" | "i8" => ElementType::I8,
        "int16" | "i16" => ElementType::I16,
        "int32" | "i32" => ElementType::I32,
        "float" | "float32" | "f32" => ElementType::F32,
        "double" | "float64" | "f64" => ElementType::F64,
        _ => return None,
    })
}

/// The type that samples of a size mostly have.
const fn type_of_size(bytes: u64) -> Option<ElementType> {
    Some(match bytes {
        1 => ElementType::U8,
        2 | 3 => ElementType::U16,
        4..=7 => ElementType::F32,
        8 => ElementType::F64,
        _ => return None,
    })
}

/// From the size: one frame of a common detector, or of a square.
fn by_size(size_bytes: u64) -> Option<Guess> {
    let frames = DETECTORS
        .iter()
        .copied()
        .chain(SQUARES.iter().map(|&side| (side, side)));
    let types = [ElementType::U16, ElementType::F32, ElementType::U8];
    let found = types.iter().find_map(|element| {
        let bytes = element.size_bytes()? as u64;
        let frame = frames
            .clone()
            .find(|(height, width)| height * width * bytes == size_bytes)?;
        Some((element.clone(), frame))
    });
    let (element, (height, width)) = found.or_else(|| {
        // Any square of 16 bits.
        let side = (size_bytes / 2).isqrt();
        let is_square = side >= 16 && side.checked_mul(side)?.checked_mul(2)? == size_bytes;
        is_square.then_some((ElementType::U16, (side, side)))
    })?;
    let rule = format!("{size_bytes} bytes are {height} x {width} samples of {element}");
    Some(Guess {
        shape: vec![height, width],
        sample: SampleType::little(element),
        start: 0,
        rule,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_shape_and_type() {
        let guess = by_name("scan_640x480x10_16bit.raw", 640 * 480 * 20).unwrap();
        assert_eq!(guess.shape, [10, 480, 640], "frames of rows of columns");
        assert_eq!(guess.sample.element, ElementType::U16, "16 bits");
        let behind = by_name("a_64x32_be_u8.bin", 64 * 32 + 100).unwrap();
        assert_eq!(
            (behind.start, behind.shape),
            (100, vec![32, 64]),
            "a header before"
        );
        assert_eq!(by_name("a_64x32_u16.bin", 100), None, "too small for it");
        assert_eq!(by_name("scan_0001.raw", 100), None, "no sizes");
    }

    #[test]
    fn the_size_tells_a_square_or_a_detector() {
        let guess = by_size(2048 * 2048 * 2).unwrap();
        assert_eq!(guess.shape, [2048, 2048], "a square of 16 bits");
        let guess = by_size(195 * 487 * 4).unwrap();
        assert_eq!(guess.shape, [195, 487], "a Pilatus 100K");
        assert_eq!(by_size(1_000_003), None, "nothing");
    }
}
