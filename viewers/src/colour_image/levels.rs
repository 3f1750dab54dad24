//! Stored colours as pixels of a screen, and the same ever smaller.

use std::sync::Arc;

use egui::{Color32, ColorImage};
use hutch_model::{Block, Cancel, Error, ErrorKind, Interpretation, Result, Samples};

/// How the components of a pixel become a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourModel {
    /// Red, green, blue, and maybe opacity.
    Rgb,
    /// Hue, saturation, lightness, and maybe opacity; a whole turn of the hue is what white is of the others.
    Hsl,
    /// Cyan, magenta, yellow, black.
    Cmyk,
}

impl ColourModel {
    /// That of an interpretation, where it is one of colours.
    pub const fn of(interpretation: Interpretation) -> Option<Self> {
        match interpretation {
            Interpretation::RgbImage => Some(Self::Rgb),
            Interpretation::HslImage => Some(Self::Hsl),
            Interpretation::CmykImage => Some(Self::Cmyk),
            _ => None,
        }
    }

    /// The names of its components.
    pub const fn names(self) -> [&'static str; 4] {
        match self {
            Self::Rgb => ["red", "green", "blue", "opacity"],
            Self::Hsl => ["hue", "saturation", "lightness", "opacity"],
            Self::Cmyk => ["cyan", "magenta", "yellow", "black"],
        }
    }

    /// A colour of components between 0 and 1.
    fn colour(self, parts: [f32; 4]) -> Color32 {
        let [one, two, three, four] = parts.map(|part| part.clamp(0.0, 1.0));
        let (rgb, opacity) = match self {
            Self::Rgb => ([one, two, three], four),
            Self::Hsl => (rgb_of_hsl([one, two, three]), four),
            Self::Cmyk => ([one, two, three].map(|ink| (1.0 - ink) * (1.0 - four)), 1.0),
        };
        let [red, green, blue] = rgb.map(byte_of);
        Color32::from_rgba_unmultiplied(red, green, blue, byte_of(opacity))
    }

    /// The fourth component where three are stored.
    const fn fourth(self) -> f32 {
        match self {
            Self::Rgb | Self::Hsl => 1.0,
            Self::Cmyk => 0.0,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 255"
)]
fn byte_of(part: f32) -> u8 {
    (part * 255.0).round() as u8
}

/// CSS Color Module Level 4, section 7.1.
fn rgb_of_hsl([hue, saturation, lightness]: [f32; 3]) -> [f32; 3] {
    let reach = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|shift| {
        let twelfth = (shift + hue * 12.0) % 12.0;
        lightness - reach * (twelfth - 3.0).min(9.0 - twelfth).clamp(-1.0, 1.0)
    })
}

/// A picture in colours, at its own size and halved again and again.
#[derive(Debug)]
pub struct ColourLevels {
    /// The samples as they are stored, `[y, x, component]`.
    pub block: Arc<Block>,
    /// Components of a pixel.
    pub components: usize,
    /// The stored number that is full brightness.
    pub white: f64,
    /// The picture `[y, x]`, then both edges halved until one is 64 pixels or less.
    pub levels: Vec<Arc<ColorImage>>,
}

/// Levels are not made smaller than this.
const SMALLEST: usize = 64;

impl ColourLevels {
    /// Makes the picture of a block `[.., y, x, component]` of one frame.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the last axis is not one of three or four components; cancelling.
    pub fn new(block: Arc<Block>, model: ColourModel, cancel: &Cancel) -> Result<Self> {
        let wrong = || {
            let why = format!("the shape {:?} is no picture in colours", block.shape);
            Error::new(ErrorKind::Shape, "show colours", why)
        };
        let [.., height, width, components] = *block.shape.as_slice() else {
            return Err(wrong());
        };
        let [height, width, components] =
            [height, width, components].map(|edge| usize::try_from(edge).unwrap_or(usize::MAX));
        let length = width
            .checked_mul(height)
            .and_then(|size| size.checked_mul(components));
        if !(3..=4).contains(&components)
            || length != Some(block.samples.len())
            || length == Some(0)
        {
            return Err(wrong());
        }
        let white = white_of(&block.samples);
        let mut pixels = Vec::with_capacity(width * height);
        for pixel in 0..width * height {
            if pixel % (1 << 16) == 0 {
                cancel.check()?;
            }
            let mut parts = [0.0, 0.0, 0.0, model.fourth()];
            for (part, component) in parts.iter_mut().zip(0..components) {
                let stored = block.samples.get_f64(pixel * components + component);
                #[expect(clippy::cast_possible_truncation, reason = "a share of white")]
                let share = (stored / white) as f32;
                *part = if share.is_finite() { share } else { 0.0 };
            }
            pixels.push(model.colour(parts));
        }
        let mut levels = vec![Arc::new(ColorImage::new([width, height], pixels))];
        while let Some(last) = levels
            .last()
            .filter(|last| last.size.iter().all(|&edge| edge > SMALLEST))
        {
            cancel.check()?;
            let half = halved(last);
            levels.push(Arc::new(half));
        }
        Ok(Self {
            block,
            components,
            white,
            levels,
        })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> [u32; 2] {
        self.levels.first().map_or([0, 0], |level| {
            level
                .size
                .map(|edge| u32::try_from(edge).unwrap_or(u32::MAX))
        })
    }

    /// Bytes `[y, x, rgba]` of a picture of another size, with opacity not multiplied in.
    pub fn resized(&self, [width, height]: [u32; 2]) -> Vec<u8> {
        let (columns, rows) = (width.max(1) as usize, height.max(1) as usize);
        let fits = |level: &&Arc<ColorImage>| level.size[0] >= columns && level.size[1] >= rows;
        let level = self
            .levels
            .iter()
            .rfind(fits)
            .or_else(|| self.levels.first());
        let Some(level) = level else {
            return Vec::new();
        };
        let [from_columns, from_rows] = level.size;
        let mut bytes = Vec::with_capacity(columns * rows * 4);
        for row in 0..rows {
            let from_row = (2 * row + 1) * from_rows / (2 * rows);
            for column in 0..columns {
                let from_column = (2 * column + 1) * from_columns / (2 * columns);
                let pixel = level.pixels.get(from_row * from_columns + from_column);
                bytes.extend(pixel.copied().unwrap_or_default().to_srgba_unmultiplied());
            }
        }
        bytes
    }
}

/// The stored number that is full brightness: the largest of the type for bytes and 16-bit counts; for other numbers
/// 1, 255 or 65535, whichever holds all of them.
fn white_of(samples: &Samples) -> f64 {
    match samples {
        Samples::U8(_) => return 255.0,
        Samples::U16(_) => return 65535.0,
        _ => {}
    }
    let largest = (0..samples.len())
        .map(|index| samples.get_f64(index))
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max);
    let is_real = matches!(samples, Samples::F16(_) | Samples::F32(_) | Samples::F64(_));
    let usual = [1.0, 255.0, 65535.0];
    let first = usize::from(!is_real);
    let found = usual[first..]
        .iter()
        .copied()
        .find(|white| largest <= *white);
    found.unwrap_or(largest)
}

/// Half as wide and high; each pixel is the mean of four, in the bytes of the screen.
fn halved(image: &ColorImage) -> ColorImage {
    let [width, height] = image.size;
    let size = [width.div_ceil(2), height.div_ceil(2)];
    let mut pixels = Vec::with_capacity(size[0] * size[1]);
    for row in 0..size[1] {
        let rows = [2 * row, (2 * row + 1).min(height - 1)];
        for column in 0..size[0] {
            let columns = [2 * column, (2 * column + 1).min(width - 1)];
            let mut sums = [0_u16; 4];
            for from_row in rows {
                for from_column in columns {
                    let parts = image.pixels[from_row * width + from_column].to_array();
                    for (sum, part) in sums.iter_mut().zip(parts) {
                        *sum += u16::from(part);
                    }
                }
            }
            let [red, green, blue, opacity] =
                sums.map(|sum| u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX));
            pixels.push(Color32::from_rgba_premultiplied(red, green, blue, opacity));
        }
    }
    ColorImage::new(size, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutch_model::BlockState;

    fn levels(shape: &[u64], samples: Samples, model: ColourModel) -> Result<ColourLevels> {
        let block = Block {
            shape: shape.to_vec(),
            samples,
            state: BlockState::Present,
        };
        ColourLevels::new(Arc::new(block), model, &Cancel::new())
    }

    fn first(shape: &[u64], samples: Samples, model: ColourModel) -> [u8; 4] {
        levels(shape, samples, model).unwrap().levels[0].pixels[0].to_srgba_unmultiplied()
    }

    #[test]
    fn bytes_are_colours_as_they_are() {
        let found = first(&[1, 1, 3], Samples::U8(vec![200, 100, 7]), ColourModel::Rgb);
        assert_eq!(found, [200, 100, 7, 255]);
    }

    #[test]
    fn counts_of_16_bits_span_their_type() {
        let found = first(
            &[1, 1, 3],
            Samples::U16(vec![65535, 32768, 0]),
            ColourModel::Rgb,
        );
        assert_eq!(found, [255, 128, 0, 255]);
    }

    #[test]
    fn real_numbers_are_shares_or_bytes() {
        let shares = first(
            &[1, 1, 3],
            Samples::F32(vec![1.0, 0.5, 0.0]),
            ColourModel::Rgb,
        );
        assert_eq!(shares, [255, 128, 0, 255]);
        let bytes = first(
            &[1, 1, 3],
            Samples::F64(vec![200.0, 100.0, f64::NAN]),
            ColourModel::Rgb,
        );
        assert_eq!(bytes, [200, 100, 0, 255], "what is no number is dark");
    }

    #[test]
    fn hues_and_inks_become_the_colours_of_the_css_colour_module() {
        // hsl(120 100% 25%) is #008000, hsl(270 60% 70%) is #b285e0, of CSS Color 4.
        let green = first(
            &[1, 1, 3],
            Samples::F64(vec![120.0 / 360.0, 1.0, 0.25]),
            ColourModel::Hsl,
        );
        assert_eq!(green, [0, 128, 0, 255]);
        let violet = first(
            &[1, 1, 3],
            Samples::F64(vec![0.75, 0.6, 0.7]),
            ColourModel::Hsl,
        );
        assert_eq!(violet, [0xb3, 0x85, 0xe0, 255]);
        let ink = first(
            &[1, 1, 4],
            Samples::U8(vec![0, 255, 255, 0]),
            ColourModel::Cmyk,
        );
        assert_eq!(ink, [255, 0, 0, 255], "magenta and yellow are red");
    }

    #[test]
    fn levels_halve_until_they_are_small_and_keep_the_mean() {
        let samples =
            (0..200 * 150).flat_map(|pixel| [if pixel % 2 == 0 { 0 } else { 200 }, 10, 20]);
        let found = levels(
            &[150, 200, 3],
            Samples::U8(samples.collect()),
            ColourModel::Rgb,
        )
        .unwrap();
        let sizes: Vec<[usize; 2]> = found.levels.iter().map(|level| level.size).collect();
        assert_eq!(sizes, [[200, 150], [100, 75], [50, 38]]);
        assert_eq!(found.levels[1].pixels[0].to_array(), [100, 10, 20, 255]);
        assert_eq!(found.resized([50, 38]).len(), 50 * 38 * 4);
        assert_eq!(found.resized([1, 1])[1..], [10, 20, 255]);
    }

    #[test]
    fn what_is_no_picture_is_refused_in_words() {
        for (shape, count) in [
            (&[2, 2][..], 4),
            (&[1, 1, 5], 5),
            (&[0, 4, 3], 0),
            (&[2, 2, 3], 3),
        ] {
            let error = levels(shape, Samples::U8(vec![0; count]), ColourModel::Rgb).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Shape, "{shape:?}");
        }
    }
}
