//! JPEG, baseline and progressive, by zune-jpeg.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::error::CodecError;

const NAME: &str = "jpeg";
/// An image has at most 2^16 pixels in each direction.
const SIDE_MAX: usize = 1 << 16;

/// The shape of a decoded JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JpegShape {
    /// Pixels of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bytes of a pixel: 1 for grey, 3 for red, green, blue.
    pub channels: usize,
}

impl JpegShape {
    /// Bytes of the decoded image, `[y, x, channel]`.
    pub fn size_bytes(&self) -> usize {
        self.width
            .saturating_mul(self.height)
            .saturating_mul(self.channels)
    }
}

/// Reads the shape of a JPEG from its headers.
///
/// # Errors
/// [`CodecError::Damaged`] when the headers are not valid, or the colours are neither grey nor RGB.
pub fn jpeg_shape(file: &[u8]) -> Result<JpegShape, CodecError> {
    opened(file).map(|(_, shape)| shape)
}

/// Decodes a JPEG into `out`, `[y, x, channel]`; returns its shape.
///
/// Nothing is allocated or decoded before the shape is known to fit into `out`.
///
/// # Errors
/// [`CodecError`] when the file is damaged or needs more than `out.len()` bytes.
pub fn decode_jpeg(file: &[u8], out: &mut [u8]) -> Result<JpegShape, CodecError> {
    let (mut decoder, shape) = opened(file)?;
    let (found, expected) = (shape.size_bytes(), out.len());
    let place = out
        .get_mut(..found)
        .ok_or(CodecError::Size { found, expected })?;
    decoder
        .decode_into(place)
        .map_err(|_why| CodecError::damaged(NAME, "the data are not valid"))?;
    Ok(shape)
}

type Decoder<'a> = JpegDecoder<ZCursor<&'a [u8]>>;

fn opened(file: &[u8]) -> Result<(Decoder<'_>, JpegShape), CodecError> {
    let damaged = |why| CodecError::damaged(NAME, why);
    // Strict: a picture that is cut off is an error, not a grey area.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(SIDE_MAX)
        .set_max_height(SIDE_MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder
        .decode_headers()
        .map_err(|_why| damaged("the headers are not valid"))?;
    let colours = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => ColorSpace::Luma,
        Some(ColorSpace::YCbCr | ColorSpace::RGB) => ColorSpace::RGB,
        _ => return Err(damaged("the colours are neither grey nor RGB")),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let (width, height) = decoder
        .dimensions()
        .ok_or_else(|| damaged("the image has no size"))?;
    let shape = JpegShape {
        width,
        height,
        channels: colours.num_components(),
    };
    Ok((decoder, shape))
}
