//! Chunks of Blosc and Blosc2: blocks of shuffled bytes, packed by one of several codecs.
//!
//! Source: c-blosc and c-blosc2, `README_CHUNK_FORMAT`; `blosc2.c`.

mod blosclz;
mod frame;
mod grid;
mod header;
mod stream;

use crate::bitshuffle::unshuffle_bits;
use crate::error::CodecError;
use crate::scratch::{Tools, sized};
use crate::shuffle::unshuffle;
use header::{Header, Special, Step};
use stream::decode_stream;

pub(crate) use frame::decode as decode_blosc2;

const NAME: &str = "blosc";

fn cut() -> CodecError {
    CodecError::damaged(NAME, "the chunk is cut off")
}

/// Decodes one chunk; returns the bytes written, at most `out.len()`.
pub(crate) fn decode(chunk: &[u8], out: &mut [u8], tools: &mut Tools) -> Result<usize, CodecError> {
    let header = Header::read(chunk)?;
    let (found, expected) = (header.size, out.len());
    let out = out
        .get_mut(..found)
        .ok_or(CodecError::Size { found, expected })?;
    if header.is_plain {
        let plain = chunk.get(header.length..).ok_or_else(cut)?;
        out.copy_from_slice(plain.get(..found).ok_or_else(cut)?);
        return Ok(found);
    }
    if header.special != Special::None {
        fill(chunk, &header, out)?;
        return Ok(found);
    }
    let (first, rest) = out.split_at_mut(header.block.min(found));
    if first.is_empty() {
        return Ok(found);
    }
    decode_block(chunk, &header, 0, None, first, tools)?;
    for (index, place) in rest.chunks_mut(header.block).enumerate() {
        decode_block(chunk, &header, index + 1, Some(first), place, tools)?;
    }
    Ok(found)
}

/// Fills `out` with the one value of a special chunk.
fn fill(chunk: &[u8], header: &Header, out: &mut [u8]) -> Result<(), CodecError> {
    let nan4 = f32::NAN.to_le_bytes();
    let nan8 = f64::NAN.to_le_bytes();
    let value = match header.special {
        Special::Nan if header.element_size == 4 => &nan4[..],
        Special::Nan if header.element_size == 8 => &nan8[..],
        Special::Nan => return Err(CodecError::damaged(NAME, "only floats are not numbers")),
        Special::Value => chunk.get(header.length..header.end).ok_or_else(cut)?,
        Special::Zero | Special::None => &[0],
    };
    if value.is_empty() {
        return Err(cut());
    }
    for place in out.chunks_mut(value.len()) {
        place.copy_from_slice(&value[..place.len()]);
    }
    Ok(())
}

/// Decodes block `index` into `place`, which has the size of the block. Blocks that are differences
/// from the `first` one need that.
fn decode_block(
    chunk: &[u8],
    header: &Header,
    index: usize,
    first: Option<&[u8]>,
    place: &mut [u8],
    tools: &mut Tools,
) -> Result<(), CodecError> {
    let steps = header.steps();
    if !steps.iter().any(Option::is_some) {
        return streams(chunk, header, index, place, tools);
    }
    let [mut from, mut to] = std::mem::take(&mut tools.blocks);
    let result = (|| {
        let size = place.len();
        let mut held = sized(&mut from, size)?;
        let mut spare = sized(&mut to, size)?;
        streams(chunk, header, index, held, tools)?;
        for step in steps.into_iter().flatten() {
            if step == Step::Delta {
                undo_delta(held, first, header.element_size);
                continue;
            }
            undo_shuffle(step, header, held, spare);
            std::mem::swap(&mut held, &mut spare);
        }
        place.copy_from_slice(held);
        Ok(())
    })();
    tools.blocks = [from, to];
    result
}

fn undo_shuffle(step: Step, header: &Header, from: &[u8], to: &mut [u8]) {
    match step {
        Step::Bytes(size) => unshuffle(from, size, to),
        Step::Bits | Step::Delta => {
            let elements = from.len() / header.element_size;
            let whole = if header.is_first_version && !elements.is_multiple_of(8) {
                0
            } else {
                elements / 8 * 8 * header.element_size
            };
            unshuffle_bits(&from[..whole], header.element_size, &mut to[..whole]);
            to[whole..].copy_from_slice(&from[whole..]);
        }
    }
}

/// Undoes the difference from the element before (in the first block), or from the first block.
fn undo_delta(block: &mut [u8], first: Option<&[u8]>, element_size: usize) {
    let size = match element_size {
        1 | 2 | 4 | 8 => element_size,
        size if size % 8 == 0 => 8,
        _ => 1,
    };
    let whole = block.len() - block.len() % size;
    match first {
        Some(first) => {
            for (byte, reference) in block[..whole].iter_mut().zip(first) {
                *byte ^= reference;
            }
        }
        None => {
            for index in size..whole {
                block[index] ^= block[index - size];
            }
        }
    }
}

/// The bytes of block `index` before its filters are undone.
fn streams(
    chunk: &[u8],
    header: &Header,
    index: usize,
    place: &mut [u8],
    tools: &mut Tools,
) -> Result<(), CodecError> {
    let start = header.length + 4 * index;
    let offset = chunk.get(start..start + 4).ok_or_else(cut)?;
    let offset = u32::from_le_bytes([offset[0], offset[1], offset[2], offset[3]]) as usize;
    let mut rest = chunk.get(offset..).ok_or_else(cut)?;
    let count = header.streams(place.len());
    let size = place.len() / count;
    if size == 0 || size * count != place.len() {
        return Err(CodecError::damaged(NAME, "a block cannot be split"));
    }
    for part in place.chunks_exact_mut(size) {
        rest = decode_stream(header, rest, part, tools)?;
    }
    Ok(())
}
