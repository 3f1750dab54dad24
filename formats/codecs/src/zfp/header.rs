//! The header of zfp: element, shape and mode.

use super::NAME;
use super::stream::Stream;
use crate::error::CodecError;

/// The version of the codec, which has not changed since zfp 0.5.
const CODEC: u64 = 5;
const EXPONENT_MIN: i32 = -1074;
const BITS_MAX: u32 = 16_658;

/// The type of the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    I32,
    I64,
    F32,
    F64,
}

impl Element {
    pub(super) fn size(self) -> usize {
        match self {
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
}

/// What bounds a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    pub(super) bits_min: u32,
    pub(super) bits_max: u32,
    pub(super) precision_max: u32,
    /// Bit planes below this exponent are left out.
    pub(super) exponent_min: i32,
    pub(super) is_reversible: bool,
}

/// The array of a chunk.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) element: Element,
    pub(super) rank: u8,
    /// Elements along each axis, fastest first; 1 for axes that are not there.
    pub(super) shape: [usize; 4],
    pub(super) mode: Mode,
    /// Whether elements have the other byte order than the machine that wrote the header.
    pub(super) is_swapped: bool,
}

impl Field {
    /// Reads the header out of the parameters of the filter.
    pub(super) fn read(words: &[u32]) -> Result<Self, CodecError> {
        let (mut native, mut swapped) = ([0; 24], [0; 24]);
        let places = native.chunks_exact_mut(4).zip(swapped.chunks_exact_mut(4));
        for (word, (native, swapped)) in words.iter().zip(places) {
            native.copy_from_slice(&word.to_le_bytes());
            swapped.copy_from_slice(&word.to_be_bytes());
        }
        let magic = [b'z', b'f', b'p'];
        let is_swapped = !native.starts_with(&magic);
        let bytes = if is_swapped { swapped } else { native };
        if !bytes.starts_with(&magic) {
            return Err(CodecError::damaged(NAME, "the parameters hold no header"));
        }
        let mut stream = Stream::new(&bytes);
        stream.skip(24);
        if stream.bits(8) != CODEC {
            return Err(CodecError::damaged(NAME, "its version is not known"));
        }
        let (element, rank, shape) = array(stream.bits(52));
        let mode = Mode::read(&mut stream)?;
        let field = Self {
            element,
            rank,
            shape,
            mode,
            is_swapped,
        };
        Ok(field)
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.shape
            .iter()
            .fold(self.element.size(), |size, axis| size.saturating_mul(*axis))
    }
}

/// Element, rank and shape out of the 52 bits of metadata.
fn array(meta: u64) -> (Element, u8, [usize; 4]) {
    let element = match meta & 3 {
        0 => Element::I32,
        1 => Element::I64,
        2 => Element::F32,
        _ => Element::F64,
    };
    let (rank, width) = match meta >> 2 & 3 {
        0 => (1, 48),
        1 => (2, 24),
        2 => (3, 16),
        _ => (4, 12),
    };
    let mut rest = meta >> 4;
    let mut shape = [1; 4];
    for axis in shape.iter_mut().take(usize::from(rank)) {
        let count = (rest & ((1 << width) - 1)).saturating_add(1);
        *axis = usize::try_from(count).unwrap_or(usize::MAX);
        rest >>= width;
    }
    (element, rank, shape)
}

impl Mode {
    fn read(stream: &mut Stream<'_>) -> Result<Self, CodecError> {
        let variable = Self {
            bits_min: 1,
            bits_max: BITS_MAX,
            precision_max: 64,
            exponent_min: EXPONENT_MIN,
            is_reversible: false,
        };
        #[expect(clippy::cast_possible_truncation, reason = "at most 15 bits")]
        let mut number = |count| stream.bits(count) as u32;
        let short = number(12);
        let mode = match short {
            0..2048 => Self {
                bits_min: short + 1,
                bits_max: short + 1,
                ..variable
            },
            2048..2176 => Self {
                precision_max: short + 1 - 2048,
                ..variable
            },
            2176 => Self {
                is_reversible: true,
                ..variable
            },
            2177..4095 => Self {
                exponent_min: EXPONENT_MIN + (short - 2177).cast_signed(),
                ..variable
            },
            _ => {
                let (bits_min, bits_max) = (number(15) + 1, number(15) + 1);
                let precision_max = number(7) + 1;
                let exponent_min = number(15).cast_signed() - 16_495;
                Self {
                    bits_min,
                    bits_max,
                    precision_max,
                    exponent_min,
                    is_reversible: exponent_min < EXPONENT_MIN,
                }
            }
        };
        if mode.bits_min > mode.bits_max || mode.precision_max > 64 {
            return Err(CodecError::damaged(NAME, "its mode is not valid"));
        }
        Ok(mode)
    }
}
