//! Raw samples as they come from a file: borrowed, typed, and what marks them as invalid.

use crate::error::{RenderError, Result};
use half::f16;

/// Borrowed samples in their stored type, `[y, x]` or `[z, y, x]`, x fastest.
#[derive(Debug, Clone, Copy)]
pub enum SampleSlice<'a> {
    /// 8 bit unsigned.
    U8(&'a [u8]),
    /// 8 bit signed.
    I8(&'a [i8]),
    /// 16 bit unsigned.
    U16(&'a [u16]),
    /// 16 bit signed.
    I16(&'a [i16]),
    /// 32 bit unsigned.
    U32(&'a [u32]),
    /// 32 bit signed.
    I32(&'a [i32]),
    /// 64 bit unsigned; reduced to f32 for display only.
    U64(&'a [u64]),
    /// 64 bit signed; reduced to f32 for display only.
    I64(&'a [i64]),
    /// IEEE half precision.
    F16(&'a [f16]),
    /// IEEE single precision.
    F32(&'a [f32]),
    /// IEEE double precision; reduced to f32 for display only.
    F64(&'a [f64]),
    /// Complex as `[re, im]`.
    Complex64(&'a [[f32; 2]]),
}

/// Evaluates `$body` with `$samples` bound to the typed slice of whichever variant it is.
macro_rules! for_each_sample_type {
    ($slice:expr, $samples:ident => $body:expr) => {
        match $slice {
            $crate::samples::SampleSlice::U8($samples) => $body,
            $crate::samples::SampleSlice::I8($samples) => $body,
            $crate::samples::SampleSlice::U16($samples) => $body,
            $crate::samples::SampleSlice::I16($samples) => $body,
            $crate::samples::SampleSlice::U32($samples) => $body,
            $crate::samples::SampleSlice::I32($samples) => $body,
            $crate::samples::SampleSlice::U64($samples) => $body,
            $crate::samples::SampleSlice::I64($samples) => $body,
            $crate::samples::SampleSlice::F16($samples) => $body,
            $crate::samples::SampleSlice::F32($samples) => $body,
            $crate::samples::SampleSlice::F64($samples) => $body,
            $crate::samples::SampleSlice::Complex64($samples) => $body,
        }
    };
}
pub(crate) use for_each_sample_type;

impl SampleSlice<'_> {
    /// Number of samples.
    pub fn len(&self) -> usize {
        for_each_sample_type!(self, samples => samples.len())
    }

    /// True without any sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True for the integer types, whose sentinels and saturation are tested exactly.
    pub fn is_integer(&self) -> bool {
        !matches!(
            self,
            Self::F16(_) | Self::F32(_) | Self::F64(_) | Self::Complex64(_)
        )
    }

    /// The samples of `range`, or nothing where it reaches past the end.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Option<Self> {
        Some(match self {
            Self::U8(samples) => Self::U8(samples.get(range)?),
            Self::I8(samples) => Self::I8(samples.get(range)?),
            Self::U16(samples) => Self::U16(samples.get(range)?),
            Self::I16(samples) => Self::I16(samples.get(range)?),
            Self::U32(samples) => Self::U32(samples.get(range)?),
            Self::I32(samples) => Self::I32(samples.get(range)?),
            Self::U64(samples) => Self::U64(samples.get(range)?),
            Self::I64(samples) => Self::I64(samples.get(range)?),
            Self::F16(samples) => Self::F16(samples.get(range)?),
            Self::F32(samples) => Self::F32(samples.get(range)?),
            Self::F64(samples) => Self::F64(samples.get(range)?),
            Self::Complex64(samples) => Self::Complex64(samples.get(range)?),
        })
    }
}

/// Most sentinel values that a frame can have.
pub const MAX_SENTINEL_COUNT: usize = 4;

/// One detector frame `[y, x]` in its stored type, with what marks samples as invalid.
#[derive(Debug, Clone, Copy)]
pub struct RawFrame<'a> {
    width: usize,
    height: usize,
    samples: SampleSlice<'a>,
    mask: Option<&'a [u8]>,
    sentinels: [Option<i128>; MAX_SENTINEL_COUNT],
    saturation: Option<f64>,
}

impl<'a> RawFrame<'a> {
    /// A frame of `height` rows of `width` pixels.
    ///
    /// # Errors
    /// [`RenderError::Shape`] when the samples do not fill `[height, width]`.
    pub fn new(width: usize, height: usize, samples: SampleSlice<'a>) -> Result<Self> {
        check_length("frame", &[height, width], samples.len())?;
        Ok(Self {
            width,
            height,
            samples,
            mask: None,
            sentinels: [None; MAX_SENTINEL_COUNT],
            saturation: None,
        })
    }

    /// Adds a mask `[y, x]`; nonzero is masked.
    ///
    /// # Errors
    /// [`RenderError::Shape`] when the mask differs in shape from the frame.
    pub fn with_mask(mut self, mask: &'a [u8]) -> Result<Self> {
        check_length("mask", &[self.height, self.width], mask.len())?;
        self.mask = Some(mask);
        Ok(self)
    }

    /// Adds values that mean "no measurement", such as `u32::MAX` (a gap) and `u32::MAX - 1` (a bad pixel).
    ///
    /// They are compared exactly, as integers; the first four count. Values that the sample type
    /// cannot hold are dropped.
    #[must_use]
    pub fn with_sentinels(mut self, sentinels: &[i128]) -> Self {
        for (slot, sentinel) in self.sentinels.iter_mut().zip(sentinels) {
            *slot = Some(*sentinel);
        }
        self
    }

    /// Leaves samples at or above a limit out of ranges, percentiles and histograms; they are drawn all the same.
    #[must_use]
    pub fn with_saturation(mut self, limit: Option<f64>) -> Self {
        self.saturation = limit;
        self
    }

    /// From which value on samples are saturated.
    pub fn saturation(&self) -> Option<f64> {
        self.saturation
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The samples `[y, x]`.
    pub fn samples(&self) -> SampleSlice<'a> {
        self.samples
    }

    /// The mask `[y, x]`, nonzero is masked.
    pub fn mask(&self) -> Option<&'a [u8]> {
        self.mask
    }

    /// The sentinel values.
    pub fn sentinels(&self) -> impl Iterator<Item = i128> + use<> {
        self.sentinels.into_iter().flatten()
    }
}

/// Compares a number of samples with what a shape needs.
pub(crate) fn check_length(what: &'static str, shape: &[usize], found: usize) -> Result<()> {
    let expected = shape
        .iter()
        .try_fold(1_usize, |product, edge| product.checked_mul(*edge));
    if expected == Some(found) {
        return Ok(());
    }
    Err(RenderError::Shape {
        what,
        shape: shape.to_vec(),
        expected: expected.unwrap_or(usize::MAX),
        found,
    })
}
