//! The header of a chunk.

use super::{NAME, cut};
use crate::error::CodecError;

const SHUFFLED: u8 = 1;
const PLAIN: u8 = 2;
const BIT_SHUFFLED: u8 = 4;
const DELTA: u8 = 8;
const WHOLE: u8 = 16;
/// Format versions up to this one are Blosc's, later ones those of Blosc2.
const FIRST_VERSION: u8 = 2;

/// How streams are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    BloscLz,
    Lz4,
    Snappy,
    Zlib,
    Zstd,
}

/// A chunk that is one value throughout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    None,
    Zero,
    Nan,
    Value,
}

/// One filter of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Bytes of elements of this size.
    Bytes(usize),
    Bits,
    Delta,
}

/// What the header says.
#[derive(Debug)]
pub(super) struct Header {
    /// Bytes of this header.
    pub(super) length: usize,
    pub(super) is_first_version: bool,
    pub(super) is_plain: bool,
    is_whole: bool,
    pub(super) codec: Codec,
    pub(super) special: Special,
    pub(super) element_size: usize,
    /// Bytes that the chunk decodes to.
    pub(super) size: usize,
    /// Bytes of a block, at most `size`.
    pub(super) block: usize,
    /// Bytes of the chunk.
    pub(super) end: usize,
    /// Filters in the order in which they are undone.
    steps: [Option<Step>; 6],
}

impl Header {
    pub(super) fn read(chunk: &[u8]) -> Result<Self, CodecError> {
        let wrong = |why| Err(CodecError::damaged(NAME, why));
        let start = chunk.first_chunk::<16>().ok_or_else(cut)?;
        let number = |at: usize| {
            u32::from_le_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]]) as usize
        };
        let (version, flags, element_size) = (start[0], start[2], usize::from(start[3]));
        let (size, block, end) = (number(4), number(8), number(12));
        if element_size == 0 || (block == 0 && size > 0) {
            return wrong("sizes of the header are zero");
        }
        let is_extended = flags & SHUFFLED != 0 && flags & BIT_SHUFFLED != 0;
        let mut header = Self {
            length: if is_extended { 32 } else { 16 },
            is_first_version: version <= FIRST_VERSION,
            is_plain: flags & PLAIN != 0,
            is_whole: flags & WHOLE != 0,
            codec: match flags >> 5 {
                0 => Codec::BloscLz,
                1 => Codec::Lz4,
                2 => Codec::Snappy,
                3 => Codec::Zlib,
                4 => Codec::Zstd,
                _ => return wrong("its codec is not known"),
            },
            special: Special::None,
            element_size,
            size,
            block: block.min(size),
            end,
            steps: [None; 6],
        };
        if is_extended {
            let extension = chunk.get(16..).and_then(<[u8]>::first_chunk);
            header.extend(extension.ok_or_else(cut)?)?;
        } else {
            header.steps[0] = match flags & (SHUFFLED | BIT_SHUFFLED) {
                SHUFFLED if element_size > 1 => Some(Step::Bytes(element_size)),
                BIT_SHUFFLED => Some(Step::Bits),
                _ => None,
            };
            header.steps[1] = (flags & DELTA != 0).then_some(Step::Delta);
        }
        Ok(header)
    }

    /// Six filters, six parameters of theirs, and flags.
    fn extend(&mut self, extension: &[u8; 16]) -> Result<(), CodecError> {
        let (filters, parameters) = (&extension[..6], &extension[8..14]);
        let (more, flags) = (extension[14], extension[15]);
        let unsupported = |what| Err(CodecError::damaged(NAME, what));
        if flags & 1 != 0 {
            return unsupported("dictionaries are not supported");
        }
        if flags & 8 != 0 {
            return unsupported("the chunk has only its header");
        }
        if more != 0 {
            return unsupported("blocks of varying length are not supported");
        }
        self.special = match flags >> 4 & 7 {
            0 => Special::None,
            // Values that were never written are shown as zero.
            1 | 4 => Special::Zero,
            2 => Special::Nan,
            3 => Special::Value,
            _ => return unsupported("its special value is not known"),
        };
        if self.special != Special::None {
            self.is_plain = false;
        }
        for (index, (filter, parameter)) in filters.iter().zip(parameters).rev().enumerate() {
            self.steps[index] = match filter {
                // Cut precision cannot be undone.
                0 | 4 => None,
                1 if *parameter == 0 => Some(Step::Bytes(self.element_size)),
                1 => Some(Step::Bytes(usize::from(*parameter))),
                2 => Some(Step::Bits),
                3 => Some(Step::Delta),
                _ => return unsupported("one of its filters is not known"),
            };
        }
        // A difference of bytes that are shuffled before would need the first block in that state.
        let mut active = self.steps.iter().flatten();
        if active.any(|step| *step == Step::Delta) && active.next().is_some() {
            return unsupported("filters before a difference are not supported");
        }
        Ok(())
    }

    /// A chunk without bytes, of `size` bytes of one value.
    pub(super) fn special(special: Special, element_size: usize, size: usize) -> Self {
        Self {
            length: 0,
            is_first_version: false,
            is_plain: false,
            is_whole: true,
            codec: Codec::BloscLz,
            special,
            element_size,
            size,
            block: size,
            end: 0,
            steps: [None; 6],
        }
    }

    pub(super) fn has_delta(&self) -> bool {
        self.steps.contains(&Some(Step::Delta))
    }

    pub(super) fn steps(&self) -> [Option<Step>; 6] {
        self.steps
    }

    /// Into how many streams a block of `size` bytes is split.
    pub(super) fn streams(&self, size: usize) -> usize {
        let is_short = size < self.block;
        let is_split = !self.is_whole && !is_short;
        // Blosc split only blocks of some length, before its header had the flag.
        let is_long = self.element_size <= 16 && size / self.element_size >= 128;
        if is_split && (!self.is_first_version || is_long) {
            self.element_size
        } else {
            1
        }
    }
}
