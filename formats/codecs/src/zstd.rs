//! Zstandard, by its own library.

use std::fmt;

use ::zstd::bulk::Decompressor;

use crate::error::CodecError;

const NAME: &str = "zstd";

/// A decompressor that is made at its first use and kept from chunk to chunk.
#[derive(Default)]
pub(crate) struct Unpacker(Option<Decompressor<'static>>);

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Unpacker {
    /// Decodes frames into `out`; returns how many bytes they gave.
    ///
    /// All of the output is there, so that the library allocates no window for a frame.
    pub(crate) fn unpack(&mut self, encoded: &[u8], out: &mut [u8]) -> Result<usize, CodecError> {
        let unpacker = match &mut self.0 {
            Some(unpacker) => unpacker,
            empty => {
                let made = Decompressor::new().map_err(|_no_memory| CodecError::Memory)?;
                empty.insert(made)
            }
        };
        unpacker
            .decompress_to_buffer(encoded, out)
            .map_err(|_why| CodecError::damaged(NAME, "the data are not valid, or too long"))
    }
}
