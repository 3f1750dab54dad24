//! Pictures on the disk, which say what they show and how to see it again.

use std::path::Path;

use hutch_model::{Error, ErrorKind, Result};

use crate::reconstruct::output::write_file;

/// What a picture says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// What is shown, in words.
    pub title: String,
    /// The file, the path in it and the part of it.
    pub source: String,
    /// A link that opens the same view; see [`crate::window::link`].
    pub link: String,
}

/// A picture of 8-bit sRGB with straight alpha, row by row from the top.
#[derive(Clone, Debug)]
pub struct Rgba8<'a> {
    /// `[width, height]`.
    pub size: [u32; 2],
    /// Four bytes for each pixel.
    pub bytes: &'a [u8],
}

/// Writes a PNG file, which appears when all of it is there.
///
/// # Errors
/// [`ErrorKind::Disk`] when it cannot be written.
pub fn write_png(picture: &Rgba8<'_>, provenance: &Provenance, path: &Path) -> Result<()> {
    write_file(path, &png_bytes(picture, provenance)?)
}

/// The bytes of a PNG file.
///
/// # Errors
/// [`ErrorKind::Internal`] where they cannot be packed.
pub(crate) fn png_bytes(picture: &Rgba8<'_>, provenance: &Provenance) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    encode(picture, provenance, &mut bytes)
        .map_err(|error| Error::new(ErrorKind::Internal, "pack a picture", error.to_string()))?;
    Ok(bytes)
}

fn encode(
    picture: &Rgba8<'_>,
    provenance: &Provenance,
    bytes: &mut Vec<u8>,
) -> Result<(), png::EncodingError> {
    let [width, height] = picture.size;
    let mut encoder = png::Encoder::new(bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let software = format!("Hutch {}", env!("CARGO_PKG_VERSION"));
    // The keywords that PNG itself names, and one of our own; iTXt holds any language.
    for (keyword, text) in [
        ("Software", &software),
        ("Title", &provenance.title),
        ("Source", &provenance.source),
        ("Hutch link", &provenance.link),
    ] {
        if !text.is_empty() {
            encoder.add_itxt_chunk(keyword.to_owned(), text.clone())?;
        }
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(picture.bytes)?;
    writer.finish()
}

/// What a PNG file says of itself; empty for files that are not Hutch's.
///
/// # Errors
/// [`ErrorKind::Disk`] when it cannot be read, [`ErrorKind::Unreadable`] when it is none.
pub fn provenance_of(path: &Path) -> Result<Provenance> {
    let file = std::io::BufReader::new(std::fs::File::open(path)?);
    let reader = png::Decoder::new(file).read_info().map_err(|error| {
        Error::new(
            ErrorKind::Unreadable,
            format!("read \"{}\"", path.display()),
            error.to_string(),
        )
    })?;
    let text = |keyword: &str| {
        let chunks = &reader.info().utf8_text;
        let chunk = chunks.iter().find(|chunk| chunk.keyword == keyword);
        chunk
            .and_then(|chunk| chunk.get_text().ok())
            .unwrap_or_default()
    };
    Ok(Provenance {
        title: text("Title"),
        source: text("Source"),
        link: text("Hutch link"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_says_what_it_shows_and_keeps_its_pixels() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let bytes: Vec<u8> = (0..24).collect();
        let provenance = Provenance {
            title: "counts · µ-CT".to_owned(),
            source: "/data/a.h5::/entry/data[3]".to_owned(),
            link: "hutch://open?at=%2Fdata%2Fa.h5&view=image".to_owned(),
        };
        let picture = Rgba8 {
            size: [3, 2],
            bytes: &bytes,
        };
        write_png(&picture, &provenance, &path).unwrap();
        assert_eq!(provenance_of(&path).unwrap(), provenance);
        let read = image::open(&path).unwrap().to_rgba8();
        assert_eq!(read.dimensions(), (3, 2));
        assert_eq!(read.into_raw(), bytes, "every byte");
    }
}
