//! Buffers and decoders that are kept from chunk to chunk.

use crate::deflate::Inflater;
use crate::error::CodecError;
use crate::zstd::Unpacker;

/// Buffers that are kept from chunk to chunk; one for each thread.
#[derive(Debug, Default)]
pub struct Scratch {
    /// What goes from one filter to the next.
    pub(crate) stages: [Vec<u8>; 2],
    pub(crate) tools: Tools,
}

/// What single filters keep.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    pub(crate) inflater: Inflater,
    pub(crate) zstd: Unpacker,
    /// Blocks between the filters of a container.
    pub(crate) blocks: [Vec<u8>; 2],
    /// A block of a chunk in a grid, and the first one that others are differences from.
    pub(crate) chunk: Vec<u8>,
    pub(crate) first: Vec<u8>,
    pub(crate) samples: Vec<u32>,
}

/// The first `size` bytes of `buffer`, which grows where it must; their contents are any.
///
/// # Errors
/// [`CodecError::Memory`] when there is none for so many.
pub(crate) fn sized(buffer: &mut Vec<u8>, size: usize) -> Result<&mut [u8], CodecError> {
    if let Some(more) = size.checked_sub(buffer.len()) {
        buffer.try_reserve(more).map_err(CodecError::memory)?;
        buffer.resize(size, 0);
    }
    buffer.get_mut(..size).ok_or(CodecError::Memory)
}
