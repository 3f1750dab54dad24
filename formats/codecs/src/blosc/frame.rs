//! The contiguous frame of Blosc2, as its HDF5 filter writes one for each chunk.
//!
//! Source: c-blosc2, `README_CFRAME_FORMAT`; HDF5-Blosc2 and `PyTables`, `blosc2_filter.c`.

use super::grid::Grid;
use super::header::{Header, Special};
use super::{NAME, cut, decode as decode_chunk, decode_block, fill};
use crate::error::CodecError;
use crate::scratch::{Tools, sized};

/// A frame of the filter holds one chunk; no writer is known that makes more than a few.
const CHUNKS_MAX: usize = 1 << 12;

/// What the header of a frame says.
#[derive(Debug)]
struct Frame<'a> {
    bytes: &'a [u8],
    /// Where the chunks begin.
    start: usize,
    /// Where the index of the chunks begins.
    index: usize,
    /// Decoded bytes of all, with the padding of a grid.
    size: usize,
    chunk_size: usize,
    element_size: usize,
    grid: Option<Grid>,
}

/// Decodes a frame, or a bare chunk; returns the bytes written, at most `out.len()`.
pub(crate) fn decode(bytes: &[u8], out: &mut [u8], tools: &mut Tools) -> Result<usize, CodecError> {
    if bytes.get(2..10) != Some(b"b2frame\0") {
        return decode_chunk(bytes, out, tools);
    }
    let frame = Frame::read(bytes)?;
    let size = frame.grid.as_ref().map_or(frame.size, Grid::size);
    let expected = out.len();
    let out = out.get_mut(..size).ok_or(CodecError::Size {
        found: size,
        expected,
    })?;
    let offsets = frame.offsets(tools)?;
    if let Some(grid) = &frame.grid {
        for (index, offset) in offsets.iter().enumerate() {
            frame.scatter(grid, index, *offset, out, tools)?;
        }
        return Ok(size);
    }
    for (offset, place) in offsets.iter().zip(out.chunks_mut(frame.chunk_size)) {
        match frame.chunk(*offset)? {
            Ok(chunk) => {
                if decode_chunk(chunk, place, tools)? != place.len() {
                    return Err(CodecError::damaged(NAME, "a chunk has another size"));
                }
            }
            Err(special) => fill(&[], &frame.special(special, place.len()), place)?,
        }
    }
    Ok(size)
}

impl<'a> Frame<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let long = |at: usize| -> Result<usize, CodecError> {
            let field = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>);
            Ok(usize::try_from(u64::from_be_bytes(*field.ok_or_else(cut)?)).unwrap_or(usize::MAX))
        };
        let short = |at: usize| -> Result<usize, CodecError> {
            let field = bytes.get(at..).and_then(<[u8]>::first_chunk::<4>);
            Ok(u32::from_be_bytes(*field.ok_or_else(cut)?) as usize)
        };
        let start = short(0x0b)?;
        let header = bytes.get(..start).ok_or_else(cut)?;
        let frame = Self {
            bytes,
            start,
            index: start.saturating_add(long(0x27)?),
            size: long(0x1e)?,
            chunk_size: short(0x3a)?,
            element_size: short(0x30)?,
            grid: Grid::find(header, short(0x30)?)?,
        };
        if frame.chunk_size == 0 || frame.element_size == 0 {
            return Err(CodecError::damaged(NAME, "the frame has no fixed chunks"));
        }
        Ok(frame)
    }

    /// Where each chunk begins behind the header, or a special value in the top byte.
    fn offsets(&self, tools: &mut Tools) -> Result<Vec<u64>, CodecError> {
        let count = match &self.grid {
            Some(grid) => grid.chunk_count(),
            None => self.size.div_ceil(self.chunk_size),
        };
        if count > CHUNKS_MAX {
            return Err(CodecError::damaged(NAME, "the frame has too many chunks"));
        }
        let mut index = vec![0; 8 * count];
        let chunk = self.bytes.get(self.index..).ok_or_else(cut)?;
        if count > 0 && decode_chunk(chunk, &mut index, tools)? != index.len() {
            return Err(CodecError::damaged(NAME, "the index has another size"));
        }
        let (offsets, _) = index.as_chunks::<8>();
        Ok(offsets
            .iter()
            .map(|bytes| u64::from_le_bytes(*bytes))
            .collect())
    }

    /// The chunk at `offset`, or the value that it is full of.
    fn chunk(&self, offset: u64) -> Result<Result<&'a [u8], Special>, CodecError> {
        if offset >> 63 == 1 {
            return match offset >> 56 & 7 {
                1 | 4 => Ok(Err(Special::Zero)),
                2 => Ok(Err(Special::Nan)),
                _ => Err(CodecError::damaged(NAME, "its special value is not known")),
            };
        }
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let chunk = self.bytes.get(self.start.saturating_add(offset)..);
        chunk.map(Ok).ok_or_else(cut)
    }

    fn special(&self, special: Special, size: usize) -> Header {
        Header::special(special, self.element_size, size)
    }

    /// Decodes a chunk of a grid block by block, each to its place.
    fn scatter(
        &self,
        grid: &Grid,
        index: usize,
        offset: u64,
        out: &mut [u8],
        tools: &mut Tools,
    ) -> Result<(), CodecError> {
        let size = grid.block_size();
        let mut block = std::mem::take(&mut tools.chunk);
        let mut first = std::mem::take(&mut tools.first);
        let result = (|| {
            let block = sized(&mut block, size)?;
            let first = sized(&mut first, size)?;
            let (chunk, header) = match self.chunk(offset)? {
                Ok(chunk) => (chunk, Header::read(chunk)?),
                Err(special) => (&[][..], self.special(special, grid.padded_chunk_size())),
            };
            let is_plain = header.is_plain;
            if header.size != grid.padded_chunk_size()
                || (!is_plain && header.special == Special::None && header.block != size)
            {
                return Err(CodecError::damaged(NAME, "a chunk does not fit its grid"));
            }
            if header.special != Special::None {
                fill(chunk, &header, block)?;
            }
            for number in 0..grid.blocks_in_chunk() {
                if is_plain {
                    let at = header.length + number * size;
                    block.copy_from_slice(chunk.get(at..at + size).ok_or_else(cut)?);
                } else if header.special == Special::None {
                    let reference = (number > 0).then_some(&*first);
                    decode_block(chunk, &header, number, reference, block, tools)?;
                    if number == 0 && header.has_delta() {
                        first.copy_from_slice(block);
                    }
                }
                grid.place(index, number, block, out);
            }
            Ok(())
        })();
        tools.chunk = block;
        tools.first = first;
        result
    }
}
