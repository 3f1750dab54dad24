//! Movies: frames one after the other as an animated GIF, which every browser and every logbook shows.

use std::borrow::Cow;
use std::io::BufWriter;
use std::path::Path;

use gif::{AnyExtension, Encoder, EncodingError, Extension, Frame, Repeat};
use hutch_model::{Error, ErrorKind, Result};

use crate::picture::Provenance;
use crate::reconstruct::output::PartFile;

/// Pictures in a second, at most: programs show what is faster at a tenth of that.
const FASTEST: f64 = 50.0;
/// How much the choice of 256 colours may cost, from 1 (slow) to 30.
const PALETTE_SPEED: i32 = 10;

/// A movie that is being written; the file appears when all of it is there.
pub(crate) struct Movie {
    encoder: Encoder<BufWriter<PartFile>>,
    size: [u16; 2],
    /// Hundredths of a second that each picture is seen.
    delay: u16,
    tried: String,
}

impl Movie {
    /// A movie of pictures of `size` pixels `[width, height]`, so many in a second.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for pictures that GIF is too small for, [`ErrorKind::Disk`] where the file cannot be made.
    pub(crate) fn create(
        output: &Path,
        size: [u32; 2],
        per_second: f64,
        said: &Provenance,
    ) -> Result<Self> {
        let tried = format!("write \"{}\"", output.display());
        let [Ok(width), Ok(height)] = size.map(u16::try_from) else {
            let why = "the pictures of a GIF have at most 65535 pixels along an edge";
            return Err(Error::new(ErrorKind::Limit, tried, why));
        };
        let file = BufWriter::new(PartFile::create(output)?);
        let mut encoder =
            Encoder::new(file, width, height, &[]).map_err(|error| failed(&tried, &error))?;
        let software = format!("Hutch {}", env!("CARGO_PKG_VERSION"));
        let said = [&said.title, &said.source, &said.link, &software].map(String::as_str);
        let said = said.join("\n");
        let comment = AnyExtension::from(Extension::Comment);
        encoder
            .set_repeat(Repeat::Infinite)
            .and_then(|()| encoder.write_raw_extension(comment, &[said.as_bytes()]))
            .map_err(|error| failed(&tried, &error))?;
        Ok(Self {
            encoder,
            size: [width, height],
            delay: delay_of(per_second),
            tried,
        })
    }

    /// Adds a picture `[y, x, rgba]`, whose opacity is left out of account.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] for a picture of another size, [`ErrorKind::Disk`] where it cannot be written.
    pub(crate) fn add(&mut self, pixels: &mut [u8]) -> Result<()> {
        let [width, height] = self.size;
        if pixels.len() != usize::from(width) * usize::from(height) * 4 {
            return Err(Error::new(
                ErrorKind::Shape,
                self.tried.clone(),
                "the pictures differ in size",
            ));
        }
        for pixel in pixels.as_chunks_mut::<4>().0 {
            pixel[3] = u8::MAX;
        }
        let mut frame = exact_frame(pixels, self.size)
            .unwrap_or_else(|| Frame::from_rgba_speed(width, height, pixels, PALETTE_SPEED));
        frame.delay = self.delay;
        self.encoder
            .write_frame(&frame)
            .map_err(|error| failed(&self.tried, &error))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`ErrorKind::Disk`] where it cannot be written.
    pub(crate) fn finish(self) -> Result<()> {
        let file = self
            .encoder
            .into_inner()
            .map_err(|error| Error::new(ErrorKind::Disk, self.tried.clone(), error.to_string()))?;
        let file = file
            .into_inner()
            .map_err(|error| Error::new(ErrorKind::Disk, self.tried.clone(), error.to_string()))?;
        file.finish()
    }
}

/// A picture with the very colours that it has, where these are not more than a GIF can name.
fn exact_frame(pixels: &[u8], [width, height]: [u16; 2]) -> Option<Frame<'static>> {
    let mut palette: Vec<[u8; 3]> = Vec::with_capacity(256);
    let mut last = ([0; 3], 0_u8);
    let mut known = std::collections::HashMap::with_capacity(256);
    let mut indices = Vec::with_capacity(pixels.len() / 4);
    for [red, green, blue, _] in pixels.as_chunks::<4>().0 {
        let colour = [*red, *green, *blue];
        if indices.is_empty() || last.0 != colour {
            let index = if let Some(index) = known.get(&colour) {
                *index
            } else {
                let index = u8::try_from(palette.len()).ok()?;
                palette.push(colour);
                known.insert(colour, index);
                index
            };
            last = (colour, index);
        }
        indices.push(last.1);
    }
    Some(Frame {
        width,
        height,
        buffer: Cow::Owned(indices),
        palette: Some(palette.concat()),
        ..Frame::default()
    })
}

/// Hundredths of a second for so many pictures in a second.
fn delay_of(per_second: f64) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 2 and 10000"
    )]
    let delay = (100.0 / per_second.clamp(0.01, FASTEST)).round() as u16;
    delay
}

fn failed(tried: &str, error: &EncodingError) -> Error {
    Error::new(ErrorKind::Disk, tried.to_owned(), error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_movie_has_the_colours_and_the_pace_of_its_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gif");
        let said = Provenance {
            title: "counts".to_owned(),
            source: "/data/a.h5::/entry/data".to_owned(),
            link: String::new(),
        };
        let mut movie = Movie::create(&path, [3, 2], 12.5, &said).unwrap();
        let mut pictures: Vec<Vec<u8>> = (0..4_u8)
            .map(|frame| (0..24).map(|byte| byte * 7 + frame).collect())
            .collect();
        for pixels in &mut pictures {
            movie.add(pixels).unwrap();
        }
        assert!(movie.add(&mut [0; 4]).is_err(), "another size");
        movie.finish().unwrap();

        let bytes = std::fs::read(&path).unwrap();
        let comment = bytes
            .windows(23)
            .any(|part| part == b"/data/a.h5::/entry/data");
        assert!(comment, "it says what it shows");
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(&bytes[..]).unwrap();
        for expected in &pictures {
            let frame = decoder.read_next_frame().unwrap().unwrap();
            assert_eq!(frame.delay, 8, "hundredths of a second");
            assert_eq!(&*frame.buffer, &expected[..], "every colour");
        }
        assert!(decoder.read_next_frame().unwrap().is_none());
    }

    #[test]
    fn a_movie_that_is_given_up_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gif");
        let mut movie = Movie::create(&path, [2, 2], 10.0, &Provenance::default()).unwrap();
        movie.add(&mut [9; 16]).unwrap();
        drop(movie);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
