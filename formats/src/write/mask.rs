//! Files with the mask of a detector: NeXus, EDF and npy.

use std::fmt::Write as _;

use hutch_hdf5::ScalarKind;
use hutch_hdf5::write::{AttributeValue, DatasetSpec, Storage, WriteError, Writer};
use hutch_model::{ElementType, Error, ErrorKind, Result};

use super::npy_header;

/// The bit of a `pixel_mask` for what people mask. Source: `NXdetector`, `pixel_mask`, bit 8.
const USER_MASK: u32 = 1 << 8;
/// Bytes that the header of an EDF file is a multiple of.
const EDF_BLOCK: usize = 512;

/// A format of a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskFormat {
    /// HDF5 with an `NXdetector`, whose `pixel_mask` has bit 8 set where pixels are masked.
    Nexus,
    /// EDF of bytes, 1 where pixels are masked, as pyFAI reads and writes them.
    Edf,
    /// npy of bytes, 1 where pixels are masked.
    Npy,
}

impl MaskFormat {
    /// The format of the ending of a name.
    pub fn of(name: &str) -> Option<Self> {
        let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
        match ending.as_str() {
            "h5" | "hdf5" | "nxs" => Some(Self::Nexus),
            "edf" => Some(Self::Edf),
            "npy" => Some(Self::Npy),
            _ => None,
        }
    }
}

/// The bytes of a file with a mask `[height, width]`, true where a pixel is masked.
///
/// # Errors
/// [`ErrorKind::Shape`] where mask and size do not fit.
pub fn mask_file(
    mask: &[bool],
    [height, width]: [usize; 2],
    format: MaskFormat,
) -> Result<Vec<u8>> {
    if height.checked_mul(width) != Some(mask.len()) {
        let why = format!("{} pixels are not {width} x {height}", mask.len());
        return Err(Error::new(ErrorKind::Shape, "write a mask", why));
    }
    let size = [height as u64, width as u64];
    let bytes = mask.iter().map(|&masked| u8::from(masked));
    match format {
        MaskFormat::Npy => {
            let mut file = npy_header(&ElementType::U8, &size)?;
            file.extend(bytes);
            Ok(file)
        }
        MaskFormat::Edf => {
            let mut file = edf_header(size);
            file.extend(bytes);
            Ok(file)
        }
        MaskFormat::Nexus => nexus(mask, size).map_err(|error| {
            Error::new(ErrorKind::Internal, "write a mask", error.to_string()).with_source(error)
        }),
    }
}

/// The header of one image of bytes.
///
/// Source: ESRF Data Format, as fabio writes it: keys and values between braces, filled up
/// with blanks to a multiple of 512 bytes.
fn edf_header([height, width]: [u64; 2]) -> Vec<u8> {
    let mut text = "{\n".to_owned();
    let count = height.saturating_mul(width);
    // Writing to a String cannot fail.
    let _written = write!(
        text,
        "HeaderID = EH:000001:000000:000000 ;\nImage = 1 ;\nByteOrder = LowByteFirst ;\nDataType = UnsignedByte ;\nDim_1 = {width} ;\nDim_2 = {height} ;\nSize = {count} ;\nTitle = mask, 1 where pixels are bad ;\n"
    );
    let end = "}\n";
    let length = (text.len() + end.len()).next_multiple_of(EDF_BLOCK);
    let mut header = text.into_bytes();
    header.resize(length - end.len(), b' ');
    header.extend_from_slice(end.as_bytes());
    header
}

fn nexus(mask: &[bool], size: [u64; 2]) -> std::result::Result<Vec<u8>, WriteError> {
    const DETECTOR: &str = "/entry/instrument/detector";
    let mut writer = Writer::new();
    for (path, class) in [
        ("/", "NXroot"),
        ("/entry", "NXentry"),
        ("/entry/instrument", "NXinstrument"),
        (DETECTOR, "NXdetector"),
        ("/entry/mask", "NXdata"),
    ] {
        writer.group(path)?;
        let class = AttributeValue::Text(class.to_owned());
        writer.attribute(path, "NX_class", class)?;
    }
    let mut text = |path: &str, name: &str, value: &str| {
        writer.attribute(path, name, AttributeValue::Text(value.to_owned()))
    };
    text("/", "default", "entry")?;
    text("/entry", "default", "mask")?;
    text("/entry/mask", "signal", "pixel_mask")?;
    let data = mask.iter().flat_map(|&masked| {
        let bits = if masked { USER_MASK } else { 0 };
        bits.to_le_bytes()
    });
    let path = format!("{DETECTOR}/pixel_mask");
    let spec = DatasetSpec {
        shape: size.to_vec(),
        kind: ScalarKind::U32,
        storage: Storage::Deflated {
            chunk_shape: size.to_vec(),
            level: 4,
            data: data.collect(),
        },
    };
    writer.dataset(&path, spec)?;
    writer.hard_link("/entry/mask/pixel_mask", &path)?;
    let plan = writer.plan()?;
    plan.to_bytes().ok_or(WriteError::TooLarge(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_edf_fills_whole_blocks() {
        let file = mask_file(
            &[true, false, true, true, false, false],
            [2, 3],
            MaskFormat::Edf,
        );
        let file = file.expect("a mask");
        let (header, pixels) = file.split_at(EDF_BLOCK);
        assert_eq!(pixels, [1, 0, 1, 1, 0, 0]);
        assert!(header.starts_with(b"{\n") && header.ends_with(b"}\n"));
        let text = String::from_utf8_lossy(header);
        assert!(
            text.contains("Dim_1 = 3 ;") && text.contains("Dim_2 = 2 ;"),
            "{text}"
        );
    }

    #[test]
    fn a_mask_of_another_size_is_refused() {
        let error = mask_file(&[true; 5], [2, 3], MaskFormat::Npy).expect_err("5 are not 6");
        assert_eq!(error.kind, ErrorKind::Shape);
        assert_eq!(MaskFormat::of("a/mask.NXS"), Some(MaskFormat::Nexus));
        assert_eq!(MaskFormat::of("mask.tif"), None);
    }
}
