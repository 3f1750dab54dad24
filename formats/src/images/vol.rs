//! Volumes of `PyHST` and nabu: `name.vol` with `name.vol.info` beside it.
//!
//! Source: the files of `PyHST2` at the ESRF; pymicro, `io/vol_utils`.

use std::sync::Arc;

use hutch_model::{
    Attribute, ByteRange, Cancel, Container, ElementType, Error, ErrorKind, Neighbour, Neighbours,
    ReadAt, Result,
};

use super::container::{ImageContainer, attribute};
use super::contiguous::{AxisOrder, Contiguous};
use super::file::ImageFile;
use super::sample::{self, SampleType};

/// Real descriptions are a few hundred bytes.
const INFO_LIMIT_BYTES: u64 = 64 << 10;

/// A volume is known by its name alone: it has no header.
pub(crate) fn is_vol(_head: &[u8], name: &str) -> bool {
    name.to_lowercase().ends_with(".vol")
}

/// A description begins with its title.
pub(crate) fn is_info(head: &[u8], _name: &str) -> bool {
    head.starts_with(b"! PyHST_SLAVE")
}

/// Opens a volume, whose shape the file beside it says.
///
/// # Errors
/// [`ErrorKind::NotFound`] without that file, [`ErrorKind::Unreadable`] when it
/// makes no sense.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    let name = format!("{}.info", file.name());
    let info = open_beside(&file, &*neighbours, &name).await?;
    let text = text(&info, cancel).await?;
    container(&file, &text)
}

/// Opens a description: the volume that it describes.
///
/// # Errors
/// Those of [`open`].
pub(crate) async fn open_info(
    source: Arc<dyn ReadAt>,
    neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let info = ImageFile::of(source).await?;
    let text = text(&info, cancel).await?;
    let Some(name) = info.name().strip_suffix(".info") else {
        return Err(info.unreadable("it describes a volume, but its name does not end in .info"));
    };
    let volume = open_beside(&info, &*neighbours, name).await?;
    container(&volume, &text)
}

async fn text(info: &ImageFile, cancel: &Cancel) -> Result<String> {
    let range = ByteRange::new(0, INFO_LIMIT_BYTES);
    let bytes = info.read_one(range, cancel).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn open_beside(
    file: &ImageFile,
    neighbours: &dyn Neighbours,
    name: &str,
) -> Result<ImageFile> {
    let failed = |kind, why| {
        let tried = format!("open \"{name}\", which belongs to \"{}\"", file.url());
        Error::new(kind, tried, why)
    };
    match neighbours.open(name, file.url()).await? {
        Neighbour::Open(source) => ImageFile::of(source).await,
        Neighbour::Refused(why) => Err(failed(ErrorKind::Refused, why)),
        Neighbour::Absent(_) => Err(failed(
            ErrorKind::NotFound,
            format!("the file \"{name}\", which belongs to it, is absent"),
        )),
        Neighbour::Offline => Err(failed(ErrorKind::OnTape, "it is on tape".to_owned())),
    }
}

fn container(file: &ImageFile, text: &str) -> Result<Arc<dyn Container>> {
    let (shape, sample) = describe(text, file.size_bytes())
        .map_err(|why| file.unreadable(format!("its description makes no sense: {why}")))?;
    let info = sample::describe(&shape, &sample, "contiguous");
    let mut container = ImageContainer::new(file, "volume of PyHST");
    if info.size_bytes != Some(file.size_bytes()) {
        let problem = format!(
            "the file has {} bytes, {shape:?} of {} need {}",
            file.size_bytes(),
            info.element,
            info.size_bytes.unwrap_or(u64::MAX)
        );
        container.add_problem("/data", problem);
    }
    let order = (0, AxisOrder::LastFastest);
    let dataset = Contiguous::dataset(file, "/data", info, sample, order);
    container.add_dataset("/data", dataset);
    container.add_attributes("/data", attributes(text));
    container.set_default("/data");
    Ok(Arc::new(container))
}

/// Lines `KEY = value`; the percentiles are several on one line.
fn entries(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('!'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
        .filter(|(key, _)| !key.is_empty() && key.len() < 64)
}

fn describe(text: &str, size_bytes: u64) -> Result<(Vec<u64>, SampleType), String> {
    let find = |name: &str| {
        entries(text)
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let size = |name: &str| {
        let value = find(name).ok_or_else(|| format!("\"{name}\" is missing"))?;
        let size: u64 = value
            .parse()
            .map_err(|error| format!("\"{name}\" is no number: {error}"))?;
        (size > 0)
            .then_some(size)
            .ok_or_else(|| format!("\"{name}\" is zero"))
    };
    let shape = vec![size("NUM_Z")?, size("NUM_Y")?, size("NUM_X")?];
    let count = shape
        .iter()
        .try_fold(1u64, |product, &size| product.checked_mul(size))
        .ok_or("it has too many samples")?;
    let element = match find("DATA_TYPE").map(str::to_lowercase).as_deref() {
        Some("uint8" | "unsigned char") => ElementType::U8,
        Some("uint16") => ElementType::U16,
        Some("uint32") => ElementType::U32,
        Some("int8") => ElementType::I8,
        Some("int16") => ElementType::I16,
        Some("int32") => ElementType::I32,
        Some("float" | "float32") => ElementType::F32,
        Some("double" | "float64") => ElementType::F64,
        Some(other) => return Err(format!("samples of type \"{other}\" are not known")),
        // Without a type the size of the file tells it; whole ones are real.
        None if count.checked_mul(2) == Some(size_bytes) => ElementType::U16,
        None if count == size_bytes => ElementType::U8,
        None => ElementType::F32,
    };
    let is_big_endian = find("BYTEORDER") == Some("HIGHBYTEFIRST");
    Ok((
        shape,
        SampleType {
            element,
            is_big_endian,
        },
    ))
}

fn attributes(text: &str) -> Vec<Attribute> {
    let mut found = Vec::new();
    for (key, value) in entries(text).take(64) {
        if matches!(key, "NUM_X" | "NUM_Y" | "NUM_Z" | "BYTEORDER") {
            continue;
        }
        match value.parse::<f64>() {
            Ok(number) if number.is_finite() => found.push(attribute(key, number)),
            _ => found.push(attribute(key, value)),
        }
        if key == "voxelSize"
            && let Ok(size_um) = value.parse::<f64>()
        {
            found.push(attribute("voxel_size_m", size_um * 1e-6));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "! PyHST_SLAVE VOLUME INFO FILE\nNUM_X =  4\nNUM_Y =  3\nNUM_Z =  2\nvoxelSize =  0.7\nBYTEORDER = LOWBYTEFIRST\n";

    #[test]
    fn a_volume_is_real_unless_its_size_says_otherwise() {
        let element = |size| describe(TEXT, size).map(|(_, sample)| sample.element);
        assert_eq!(element(96), Ok(ElementType::F32), "4 bytes each");
        assert_eq!(element(24), Ok(ElementType::U8), "1 byte each");
        assert_eq!(element(1), Ok(ElementType::F32), "a file that was cut");
    }

    #[test]
    fn what_is_missing_is_named() {
        let why = describe("NUM_X = 4\nNUM_Y = 0\n", 4).unwrap_err();
        assert!(why.contains("NUM_Z"), "got {why}");
    }

    #[test]
    fn the_voxel_is_told_in_metres() {
        let found = attributes(TEXT);
        let size = found.iter().find(|one| one.name == "voxel_size_m");
        let size = size.and_then(|size| size.value.as_f64()).unwrap();
        assert!((size - 0.7e-6).abs() < 1e-12, "0.7 um");
    }
}
