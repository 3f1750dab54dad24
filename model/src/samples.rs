//! Decoded samples in their stored type.

use half::f16;

use crate::buffers::zeroed;
use crate::{ElementType, Error, ErrorKind, Result, Value};

/// A flat run of samples in native byte order, in the type that the file stores.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// Unsigned, 8 bit.
    U8(Vec<u8>),
    /// Unsigned, 16 bit.
    U16(Vec<u16>),
    /// Unsigned, 32 bit.
    U32(Vec<u32>),
    /// Unsigned, 64 bit.
    U64(Vec<u64>),
    /// Signed, 8 bit.
    I8(Vec<i8>),
    /// Signed, 16 bit.
    I16(Vec<i16>),
    /// Signed, 32 bit.
    I32(Vec<i32>),
    /// Signed, 64 bit.
    I64(Vec<i64>),
    /// binary16.
    F16(Vec<f16>),
    /// binary32.
    F32(Vec<f32>),
    /// binary64.
    F64(Vec<f64>),
    /// Real and imaginary part, binary32.
    Complex64(Vec<[f32; 2]>),
    /// Real and imaginary part, binary64.
    Complex128(Vec<[f64; 2]>),
    /// Text.
    Text(Vec<String>),
    /// Records, sequences, references.
    Values(Vec<Value>),
}

/// Runs an expression for the vector inside, whatever its type.
macro_rules! for_each_type {
    ($samples:expr, $values:ident => $body:expr, text $text:ident => $text_body:expr) => {
        match $samples {
            Samples::U8($values) => $body,
            Samples::U16($values) => $body,
            Samples::U32($values) => $body,
            Samples::U64($values) => $body,
            Samples::I8($values) => $body,
            Samples::I16($values) => $body,
            Samples::I32($values) => $body,
            Samples::I64($values) => $body,
            Samples::F16($values) => $body,
            Samples::F32($values) => $body,
            Samples::F64($values) => $body,
            Samples::Complex64($values) => $body,
            Samples::Complex128($values) => $body,
            Samples::Text($text) => $text_body,
            Samples::Values($text) => $text_body,
        }
    };
}

impl Samples {
    /// Values of integer samples that mean "no value here".
    ///
    /// Dectris detectors write the largest value into gaps and, one below, into bad
    /// pixels; Pilatus files hold -1 and -2.
    pub const fn sentinels(&self) -> &'static [i128] {
        match self {
            Self::U32(_) => &[u32::MAX as i128, u32::MAX as i128 - 1],
            Self::I32(_) => &[-1, -2],
            _ => &[],
        }
    }

    /// `count` samples of zero (or of no text).
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a type without numbers or text, and
    /// [`ErrorKind::Limit`] when the memory cannot be had.
    pub fn zeroed(element: &ElementType, count: usize) -> Result<Self> {
        fn filled<T: Clone + Default>(count: usize) -> Result<Vec<T>> {
            let mut values = Vec::new();
            values.try_reserve_exact(count).map_err(|error| {
                Error::new(
                    ErrorKind::Limit,
                    format!("hold {count} samples"),
                    error.to_string(),
                )
            })?;
            values.resize(count, T::default());
            Ok(values)
        }
        Ok(match element {
            ElementType::U8 => Self::U8(zeroed(count)?),
            ElementType::U16 => Self::U16(zeroed(count)?),
            ElementType::U32 => Self::U32(zeroed(count)?),
            ElementType::U64 => Self::U64(zeroed(count)?),
            ElementType::I8 => Self::I8(zeroed(count)?),
            ElementType::I16 => Self::I16(zeroed(count)?),
            ElementType::I32 => Self::I32(zeroed(count)?),
            ElementType::I64 => Self::I64(zeroed(count)?),
            ElementType::F16 => Self::F16(zeroed(count)?),
            ElementType::F32 => Self::F32(zeroed(count)?),
            ElementType::F64 => Self::F64(zeroed(count)?),
            ElementType::Complex64 => Self::Complex64(zeroed(count)?),
            ElementType::Complex128 => Self::Complex128(zeroed(count)?),
            ElementType::Text => Self::Text(filled(count)?),
            ElementType::Values(_) => Self::Values(filled(count)?),
            ElementType::Other(name) => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "read samples",
                    format!("no numbers for elements of type {name}"),
                ));
            }
        })
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        for_each_type!(self, values => values.len(), text texts => texts.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their type.
    pub const fn element(&self) -> ElementType {
        match self {
            Self::U8(_) => ElementType::U8,
            Self::U16(_) => ElementType::U16,
            Self::U32(_) => ElementType::U32,
            Self::U64(_) => ElementType::U64,
            Self::I8(_) => ElementType::I8,
            Self::I16(_) => ElementType::I16,
            Self::I32(_) => ElementType::I32,
            Self::I64(_) => ElementType::I64,
            Self::F16(_) => ElementType::F16,
            Self::F32(_) => ElementType::F32,
            Self::F64(_) => ElementType::F64,
            Self::Complex64(_) => ElementType::Complex64,
            Self::Complex128(_) => ElementType::Complex128,
            Self::Text(_) => ElementType::Text,
            Self::Values(_) => ElementType::Values(String::new()),
        }
    }

    /// The bytes in native order; empty for text and values.
    pub fn bytes(&self) -> &[u8] {
        for_each_type!(self, values => bytemuck::cast_slice(values), text _texts => &[])
    }

    /// The bytes in native order, to decode into; empty for text and values.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        for_each_type!(self, values => bytemuck::cast_slice_mut(values), text _texts => &mut [])
    }

    /// Bytes of the memory that numbers are in, in use or not; 0 for others.
    pub(crate) fn capacity_bytes(&self) -> usize {
        fn of<T>(values: &Vec<T>) -> usize {
            values.capacity().saturating_mul(size_of::<T>())
        }
        for_each_type!(self, values => of(values), text _texts => 0)
    }

    /// Makes numbers `count`, new ones zero; does nothing to others.
    pub(crate) fn resize_numbers(&mut self, count: usize) {
        for_each_type!(self, values => values.resize(count, bytemuck::Zeroable::zeroed()), text _texts => ());
    }

    /// Bytes that the samples take in memory.
    pub fn size_bytes(&self) -> usize {
        match self {
            Self::Text(texts) => texts.iter().map(|text| text.len() + 24).sum(),
            Self::Values(values) => values.iter().map(Value::size_bytes).sum(),
            numbers => numbers.bytes().len(),
        }
    }

    /// One sample as binary64: exact for every type but 64-bit integers beyond
    /// 2^53; the magnitude of a complex one; NaN for text and beyond the end.
    pub fn get_f64(&self, index: usize) -> f64 {
        let found = match self {
            Self::U8(values) => values.get(index).map(|&value| f64::from(value)),
            Self::U16(values) => values.get(index).map(|&value| f64::from(value)),
            Self::U32(values) => values.get(index).map(|&value| f64::from(value)),
            Self::U64(values) => values.get(index).map(|&value| value as f64),
            Self::I8(values) => values.get(index).map(|&value| f64::from(value)),
            Self::I16(values) => values.get(index).map(|&value| f64::from(value)),
            Self::I32(values) => values.get(index).map(|&value| f64::from(value)),
            Self::I64(values) => values.get(index).map(|&value| value as f64),
            Self::F16(values) => values.get(index).map(|value| value.to_f64()),
            Self::F32(values) => values.get(index).map(|&value| f64::from(value)),
            Self::F64(values) => values.get(index).copied(),
            Self::Complex64(values) => values
                .get(index)
                .map(|&[real, imaginary]| f64::from(real).hypot(f64::from(imaginary))),
            Self::Complex128(values) => values
                .get(index)
                .map(|&[real, imaginary]| real.hypot(imaginary)),
            Self::Text(_) => None,
            Self::Values(values) => values.get(index).and_then(Value::as_f64),
        };
        found.unwrap_or(f64::NAN)
    }

    /// Makes these `count` samples of a type, of unspecified value, and keeps
    /// the memory where the type is the same.
    ///
    /// # Errors
    /// Those of [`Self::zeroed`].
    pub fn fit(&mut self, element: &ElementType, count: usize) -> Result<()> {
        if self.len() == count && self.element() == *element {
            return Ok(());
        }
        let before = std::mem::replace(self, Self::unspecified(element, count)?);
        before.recycle();
        Ok(())
    }

    /// Every sample as [`Self::get_f64`] gives it.
    pub fn to_f64(&self) -> Vec<f64> {
        (0..self.len()).map(|index| self.get_f64(index)).collect()
    }

    /// Every sample as binary32, for display and for analysis that works in it.
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::U8(values) => values.iter().map(|&value| f32::from(value)).collect(),
            Self::U16(values) => values.iter().map(|&value| f32::from(value)).collect(),
            Self::F32(values) => values.clone(),
            other => (0..other.len())
                .map(|index| {
                    #[expect(clippy::cast_possible_truncation, reason = "binary32 is asked for")]
                    let value = other.get_f64(index) as f32;
                    value
                })
                .collect(),
        }
    }

    /// Adds the samples of another run of the same type behind these.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the types differ.
    pub fn append(&mut self, other: Self) -> Result<()> {
        /// One arm for each type.
        macro_rules! append {
            ($($kind:ident),*) => {
                match (&mut *self, other) {
                    $((Self::$kind(values), Self::$kind(more)) => values.extend(more),)*
                    (these, those) => {
                        return Err(Error::new(
                            ErrorKind::Shape,
                            "put samples together",
                            format!("{} and {} differ", these.element(), those.element()),
                        ));
                    }
                }
            };
        }
        append!(
            U8, U16, U32, U64, I8, I16, I32, I64, F16, F32, F64, Complex64, Complex128, Text,
            Values
        );
        Ok(())
    }

    /// One sample as exact text: every digit of an integer, the shortest text
    /// that reads back the same for a real number.
    pub fn get_text(&self, index: usize) -> String {
        fn shown<T: ToString>(values: &[T], index: usize) -> Option<String> {
            values.get(index).map(ToString::to_string)
        }
        fn complex<T: std::fmt::Display>(pair: Option<&[T; 2]>) -> Option<String> {
            pair.map(|[real, imaginary]| format!("{real}{imaginary:+}i"))
        }
        let found = match self {
            Self::Complex64(values) => complex(values.get(index)),
            Self::Complex128(values) => complex(values.get(index)),
            Self::Text(values) => values.get(index).cloned(),
            numbers => {
                for_each_type!(numbers, values => shown_any(values, index), text texts => shown(texts, index))
            }
        };
        found.unwrap_or_default()
    }
}

/// Text of one element of a numeric vector; complex pairs never come here.
fn shown_any<T: std::fmt::Debug>(values: &[T], index: usize) -> Option<String> {
    values.get(index).map(|value| format!("{value:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_of_a_64_bit_integer_is_shown() {
        let samples = Samples::U64(vec![u64::MAX]);
        assert_eq!(
            samples.get_text(0),
            "18446744073709551615",
            "exact digits expected"
        );
    }

    #[test]
    fn a_float_is_shown_as_the_shortest_text_that_reads_back() {
        assert_eq!(Samples::F32(vec![0.1]).get_text(0), "0.1", "0.1 expected");
        assert_eq!(
            Samples::F64(vec![1e300]).get_text(0),
            "1e300",
            "an exponent expected"
        );
    }

    #[test]
    fn bytes_are_the_samples_in_native_order() {
        let mut samples = Samples::zeroed(&ElementType::U16, 2).unwrap();
        samples
            .bytes_mut()
            .copy_from_slice(bytemuck::cast_slice(&[7u16, 65535]));
        assert_eq!(
            samples,
            Samples::U16(vec![7, 65535]),
            "the two samples expected"
        );
    }
}
