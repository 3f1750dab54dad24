//! What is written, in the words that all formats share.

use hutch_model::{ElementType, Error, ErrorKind, Result};

/// Bytes of a band at most, where a frame is larger.
pub(super) const BAND_BYTES: u64 = 32 << 20;

/// A stack of frames `[.., y, x]` that is written, and what is known of it.
///
/// Of one axis every element is a row; a scalar is one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Size of each axis, slowest first.
    pub shape: Vec<u64>,
    /// The type that is written.
    pub element: ElementType,
    /// One for each axis.
    pub axes: Vec<StackAxis>,
    /// What to write above it.
    pub title: String,
    /// What the values are.
    pub label: String,
    /// The unit of the values.
    pub unit: String,
    /// Where it was read, without secrets.
    pub source: String,
    /// The program and its version.
    pub program: String,
    /// Stored values that mean "no data".
    pub sentinels: Vec<i128>,
    /// Whether the last axis alone belongs together, as of spectra, and not the last two.
    pub is_spectra: bool,
    /// Whether standard deviations are written beside the values, where the format has a place for them.
    pub has_errors: bool,
    /// How the values were made, where formats have a place for it.
    pub made: Option<Made>,
}

/// How values were made, and how to see them again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// What was done, in words.
    pub way: String,
    /// A link that opens the view again.
    pub link: String,
}

/// An axis of a stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackAxis {
    /// Its name; empty where it has none.
    pub name: String,
    /// The unit of its values.
    pub unit: String,
    /// Its values, one for each index or one more (edges); empty where there are none.
    pub values: Vec<f64>,
}

/// Rows of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Which frame, counted over all slow axes in row-major order.
    pub frame: u64,
    /// Its first row.
    pub first_row: u64,
    /// How many rows.
    pub rows: u64,
}

/// How samples are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Deflate of a level from 1 to 12.
    Deflate(u32),
}

impl StackAxis {
    /// The distance of neighbours in metres, where the axis is a length and even within a millionth.
    pub fn step_m(&self) -> Option<f64> {
        let metre = crate::tomo::metres(&self.unit)?;
        let (first, last) = (*self.values.first()?, *self.values.last()?);
        let steps = self
            .values
            .len()
            .checked_sub(1)
            .filter(|&steps| steps > 0)?;
        let step = (last - first) / steps as f64;
        let is_even = self
            .values
            .windows(2)
            .all(|pair| ((pair[1] - pair[0]) - step).abs() <= step.abs() * 1e-6);
        (is_even && step != 0.0 && step.is_finite()).then_some(step.abs() * metre)
    }
}

impl Stack {
    /// Frames over all slow axes.
    pub fn frame_count(&self) -> u64 {
        let slow = self.shape.len().saturating_sub(2);
        self.shape.iter().take(slow).product()
    }

    /// Rows of a frame.
    pub fn height(&self) -> u64 {
        match self.shape.as_slice() {
            [] => 1,
            [only] => *only,
            [.., height, _] => *height,
        }
    }

    /// Samples of a row.
    pub fn width(&self) -> u64 {
        match self.shape.as_slice() {
            [] | [_] => 1,
            [.., width] => *width,
        }
    }

    /// Bytes of a row.
    pub fn row_bytes(&self) -> u64 {
        self.width() * self.element.size_bytes().unwrap_or(1) as u64
    }

    /// Bytes of all samples.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] where they cannot be counted, [`ErrorKind::Usage`] where they are no numbers.
    pub fn size_bytes(&self) -> Result<u64> {
        let Some(size) = self.element.size_bytes() else {
            let why = format!("files of numbers do not hold {}", self.element);
            return Err(Error::new(ErrorKind::Usage, "lay out a file", why));
        };
        let all = self
            .shape
            .iter()
            .try_fold(size as u64, |all, axis| all.checked_mul(*axis));
        all.ok_or_else(|| Error::new(ErrorKind::Limit, "lay out a file", "the stack is too large"))
    }

    /// Rows of a band: all of a frame, or fewer where it is large.
    pub(super) fn usual_band_rows(&self) -> u64 {
        (BAND_BYTES / self.row_bytes().max(1)).clamp(1, self.height().max(1))
    }

    /// Where the samples of a band begin in those of the stack, in bytes.
    pub(super) fn offset(&self, band: Band, bytes: &[u8]) -> Result<u64> {
        let fits = band.frame < self.frame_count()
            && band
                .first_row
                .checked_add(band.rows)
                .is_some_and(|end| end <= self.height())
            && bytes.len() as u64 == band.rows * self.row_bytes();
        if !fits {
            let why = format!(
                "{band:?} with {} bytes is none of {:?}",
                bytes.len(),
                self.shape
            );
            return Err(Error::new(ErrorKind::Shape, "write a band", why));
        }
        Ok((band.frame * self.height() + band.first_row) * self.row_bytes())
    }

    /// The size of a pixel `[y, x]`, where both axes are even lengths.
    pub fn pixel_size_m(&self) -> Option<[f64; 2]> {
        match self.axes.as_slice() {
            [.., y, x] => Some([y.step_m()?, x.step_m()?]),
            _ => None,
        }
    }
}
