//! One packed stream of a block.

use super::header::{Codec, Header};
use super::{NAME, blosclz, cut};
use crate::error::CodecError;
use crate::lz4::decode_lz4_block;
use crate::scratch::Tools;

/// Decodes the stream at the front of `rest` into `out`; returns what is behind it.
pub(super) fn decode_stream<'a>(
    header: &Header,
    rest: &'a [u8],
    out: &mut [u8],
    tools: &mut Tools,
) -> Result<&'a [u8], CodecError> {
    let (size, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let size = i32::from_le_bytes(*size);
    if header.is_first_version || size > 0 {
        let size = usize::try_from(size).map_err(|_negative| cut())?;
        let (packed, rest) = rest.split_at_checked(size).ok_or_else(cut)?;
        if size == out.len() {
            out.copy_from_slice(packed);
        } else {
            unpack(header.codec, packed, out, tools)?;
        }
        return Ok(rest);
    }
    if size == 0 {
        out.fill(0);
        return Ok(rest);
    }
    let (token, rest) = rest.split_first().ok_or_else(cut)?;
    match u8::try_from(size.unsigned_abs()) {
        Ok(byte) if token & 1 == 1 => out.fill(byte),
        _ => return Err(CodecError::damaged(NAME, "a run is not valid")),
    }
    Ok(rest)
}

fn unpack(
    codec: Codec,
    packed: &[u8],
    out: &mut [u8],
    tools: &mut Tools,
) -> Result<(), CodecError> {
    let damaged = || CodecError::damaged(NAME, "a stream is not valid");
    let length = match codec {
        Codec::Lz4 => return decode_lz4_block(packed, out),
        Codec::BloscLz => blosclz::decode(packed, out).ok_or_else(damaged)?,
        Codec::Zlib => tools.inflater.inflate(packed, out)?,
        Codec::Zstd => tools.zstd.unpack(packed, out)?,
        Codec::Snappy => {
            // It refuses a length that `out` does not hold, before it decodes.
            let decoded = snap::raw::Decoder::new().decompress(packed, out);
            decoded.map_err(|_why| damaged())?
        }
    };
    if length == out.len() {
        Ok(())
    } else {
        Err(damaged())
    }
}
