//! Which function undoes which filter.

use crate::error::CodecError;
use crate::pipeline::FilterSpec;
use crate::registered::id;
use crate::scratch::Tools;
use crate::{bitshuffle, blosc, bzip2, jpeg, lz4, lzf, nbit, scale_offset, shuffle, szip, zfp};

/// Undoes one filter; returns the bytes written, at most `out.len()`.
pub(crate) fn undo(
    filter: &FilterSpec,
    input: &[u8],
    element_size: usize,
    out: &mut [u8],
    tools: &mut Tools,
) -> Result<usize, CodecError> {
    let parameters = filter.client_data.as_slice();
    let parameter = |index: usize| {
        let value = parameters.get(index).map(|value| *value as usize);
        value.filter(|value| *value > 0)
    };
    match filter.id {
        id::DEFLATE => tools.inflater.inflate(input, out),
        id::SHUFFLE => {
            let size = parameter(0).unwrap_or(element_size);
            let out = part(out, input.len())?;
            shuffle::unshuffle(input, size, out);
            Ok(input.len())
        }
        id::SZIP => szip::decode_szip(input, parameters, out, &mut tools.samples),
        id::NBIT => nbit::decode_nbit(input, parameters, out),
        id::SCALE_OFFSET => scale_offset::decode_scale_offset(input, parameters, out),
        id::BZIP2 => bzip2::decode_bzip2(input, out),
        id::LZF => lzf::decode_lzf(input, out),
        id::BLOSC => blosc::decode(input, out, tools),
        id::LZ4 => lz4::decode_lz4_filter(input, out),
        id::BITSHUFFLE => {
            let shape = bitshuffle::Shape {
                element_size: parameter(2).unwrap_or(element_size),
                block_elements: parameter(3),
                packing: parameter(4).unwrap_or(0),
            };
            bitshuffle::decode(input, shape, out, tools)
        }
        id::ZFP => zfp::decode_zfp(input, parameters, out),
        id::ZSTD => tools.zstd.unpack(input, out),
        id::JPEG => jpeg::decode_jpeg(input, out).map(|shape| shape.size_bytes()),
        id::BLOSC2 => blosc::decode_blosc2(input, out, tools),
        _ => Err(unknown(filter)),
    }
}

/// The first `found` bytes of `out`.
pub(crate) fn part(out: &mut [u8], found: usize) -> Result<&mut [u8], CodecError> {
    let expected = out.len();
    out.get_mut(..found)
        .ok_or(CodecError::Size { found, expected })
}

pub(crate) fn unknown(filter: &FilterSpec) -> CodecError {
    CodecError::UnknownFilter {
        id: filter.id,
        name: filter.display_name().to_owned(),
    }
}
