//! Deflate in zlib's container, by libdeflate.

use std::fmt;

use libdeflater::{CompressionLvl, Compressor, DecompressionError, Decompressor};

use crate::error::CodecError;

const NAME: &str = "deflate";

/// A decompressor that is kept from chunk to chunk.
pub(crate) struct Inflater(Decompressor);

impl Default for Inflater {
    fn default() -> Self {
        Self(Decompressor::new())
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inflater")
    }
}

impl Inflater {
    /// Writes at most `out.len()` bytes; returns how many.
    pub(crate) fn inflate(&mut self, encoded: &[u8], out: &mut [u8]) -> Result<usize, CodecError> {
        self.0
            .zlib_decompress(encoded, out)
            .map_err(|error| match error {
                DecompressionError::BadData => CodecError::damaged(NAME, "the data are not valid"),
                DecompressionError::InsufficientSpace => {
                    CodecError::damaged(NAME, "the data are longer than the chunk")
                }
            })
    }
}

/// Compresses at `level`, 1 to 9; 0 is the default of 6.
pub(crate) fn deflate(bytes: &[u8], level: u32) -> Result<Vec<u8>, CodecError> {
    let level = i32::try_from(level)
        .ok()
        .filter(|level| (1..=9).contains(level))
        .unwrap_or(6);
    let Ok(level) = CompressionLvl::new(level) else {
        return Err(CodecError::damaged(NAME, "unknown level"));
    };
    let mut compressor = Compressor::new(level);
    let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let Ok(length) = compressor.zlib_compress(bytes, &mut out) else {
        return Err(CodecError::damaged(
            NAME,
            "the data could not be compressed",
        ));
    };
    out.truncate(length);
    Ok(out)
}
