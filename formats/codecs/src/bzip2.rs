//! Bzip2, by its port to Rust.

use ::bzip2::{Decompress, Status};

use crate::error::CodecError;

const NAME: &str = "bzip2";

/// Decodes one stream into `out`; returns the bytes written.
///
/// # Errors
/// [`CodecError::Damaged`] when the stream is not valid or longer than `out`.
pub fn decode_bzip2(stream: &[u8], out: &mut [u8]) -> Result<usize, CodecError> {
    let mut decoder = Decompress::new(false);
    let damaged = |why| Err(CodecError::damaged(NAME, why));
    loop {
        let (read, written) = (decoder.total_in(), decoder.total_out());
        let position = |total: u64| usize::try_from(total).unwrap_or(usize::MAX);
        let (Some(input), Some(place)) = (
            stream.get(position(read)..),
            out.get_mut(position(written)..),
        ) else {
            return damaged("the data are not valid");
        };
        match decoder.decompress(input, place) {
            Ok(Status::StreamEnd) => return Ok(position(decoder.total_out())),
            Ok(_) if decoder.total_in() == read && decoder.total_out() == written => {
                return damaged("the data are cut off, or longer than the chunk");
            }
            Ok(_) => {}
            Err(_why) => return damaged("the data are not valid"),
        }
    }
}
