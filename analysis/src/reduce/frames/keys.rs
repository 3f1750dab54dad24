//! Samples as whole numbers of the same order, and the way back.

use std::ops::Range;

use hutch_model::Samples;

use super::Frame;

/// The highest bit, which says the sign of a number.
const SIGN: u64 = 1 << 63;

/// A sample of a type that numbers can be of.
pub(in crate::reduce) trait Sample: Copy {
    /// The number.
    fn real(self) -> f64;
    /// A whole number that is larger where the sample is.
    fn key(self) -> u64;
    /// The sample of a stored value that means "no data", where the type holds it.
    fn no_data(value: i128) -> Option<Self>;
    /// Whether two are the same number.
    fn is(self, other: Self) -> bool;
}

macro_rules! whole {
    ($($kind:ty, $key:expr;)*) => {$(
        impl Sample for $kind {
            fn real(self) -> f64 {
                self as f64
            }
            fn key(self) -> u64 {
                $key(self)
            }
            fn no_data(value: i128) -> Option<Self> {
                Self::try_from(value).ok()
            }
            fn is(self, other: Self) -> bool {
                self == other
            }
        }
    )*};
}

whole! {
    u8, u64::from;
    u16, u64::from;
    u32, u64::from;
    u64, u64::from;
    i8, signed;
    i16, signed;
    i32, signed;
    i64, signed;
}

fn signed(value: impl Into<i64>) -> u64 {
    value.into().cast_unsigned() ^ SIGN
}

impl Sample for f64 {
    fn real(self) -> f64 {
        self
    }

    fn key(self) -> u64 {
        // IEEE 754: without its sign a number is ordered as its bits are. Both zeros are one.
        let bits = (self + 0.0).to_bits();
        if bits & SIGN == 0 { bits | SIGN } else { !bits }
    }

    fn no_data(_: i128) -> Option<Self> {
        None
    }

    fn is(self, other: Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

impl Sample for f32 {
    fn real(self) -> f64 {
        self.into()
    }

    fn key(self) -> u64 {
        // The key of 32 bits, so that fewer passes end the search.
        let bits = (self + 0.0).to_bits();
        let sign = 1 << 31;
        u64::from(if bits & sign == 0 { bits | sign } else { !bits })
    }

    fn no_data(_: i128) -> Option<Self> {
        None
    }

    fn is(self, other: Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

/// What keys were made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum KeyKind {
    #[default]
    Unsigned,
    Signed,
    Single,
    Double,
}

impl KeyKind {
    pub(super) const fn of(samples: &Samples) -> Self {
        match samples {
            Samples::U8(_) | Samples::U16(_) | Samples::U32(_) | Samples::U64(_) => Self::Unsigned,
            Samples::I8(_) | Samples::I16(_) | Samples::I32(_) | Samples::I64(_) => Self::Signed,
            Samples::F32(_) => Self::Single,
            _ => Self::Double,
        }
    }

    /// The number of a key.
    pub(super) fn real(self, key: u64) -> f64 {
        match self {
            Self::Unsigned => key as f64,
            Self::Signed => (key ^ SIGN).cast_signed() as f64,
            Self::Single => {
                let [.., a, b, c, d] = key.to_be_bytes();
                let key = u32::from_be_bytes([a, b, c, d]);
                let sign = 1 << 31;
                f32::from_bits(if key & sign == 0 { !key } else { key ^ sign }).into()
            }
            Self::Double => f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN }),
        }
    }
}

/// In how many bits keys of these samples differ at most.
pub(super) const fn key_bits(samples: &Samples) -> u32 {
    match samples {
        Samples::U8(_) | Samples::I8(_) => u8::BITS,
        Samples::U16(_) | Samples::I16(_) => u16::BITS,
        Samples::U32(_) | Samples::I32(_) | Samples::F32(_) => u32::BITS,
        _ => u64::BITS,
    }
}

/// What is done with each sample that counts.
pub(in crate::reduce) trait Visit {
    fn sample<S: Sample>(&mut self, at: usize, sample: S);
}

/// Visits the samples of a run of pixels that count, `at` counting from the first of the run.
pub(in crate::reduce) fn visit(frame: &Frame<'_>, pixels: Range<usize>, visitor: &mut impl Visit) {
    let Frame {
        samples, options, ..
    } = *frame;
    let mask = options.mask.and_then(|mask| mask.get(pixels.clone()));
    let run = frame.start + pixels.start..frame.start + pixels.end;
    macro_rules! typed {
        ($($kind:ident),*) => {
            match samples {
                $(Samples::$kind(values) => {
                    visit_typed(values.get(run).unwrap_or_default(), mask, options.sentinels, visitor);
                })*
                other => {
                    for (at, index) in run.enumerate() {
                        let sample = other.get_f64(index);
                        if !sample.is_nan() && !mask.is_some_and(|mask| mask[at]) {
                            visitor.sample(at, sample);
                        }
                    }
                }
            }
        };
    }
    typed!(U8, U16, U32, U64, I8, I16, I32, I64, F32, F64);
}

fn visit_typed<S: Sample>(
    values: &[S],
    mask: Option<&[bool]>,
    sentinels: &[i128],
    visitor: &mut impl Visit,
) {
    let no_data: Vec<S> = sentinels
        .iter()
        .filter_map(|&value| S::no_data(value))
        .collect();
    for (at, &sample) in values.iter().enumerate() {
        let is_masked = mask.is_some_and(|mask| mask[at]);
        let is_number = !sample.real().is_nan();
        if is_number && !is_masked && !no_data.iter().any(|none| sample.is(*none)) {
            visitor.sample(at, sample);
        }
    }
}
