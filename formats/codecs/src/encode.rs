//! Filters applied to a chunk that is written.

use crate::deflate;
use crate::error::CodecError;
use crate::fletcher32::fletcher32;
use crate::pipeline::FilterSpec;
use crate::registered::id;
use crate::shuffle::shuffle;
use crate::undo::unknown;

/// Applies `filters` to one chunk, first one first: deflate, shuffle and Fletcher-32.
///
/// # Errors
/// [`CodecError::UnknownFilter`] for any other filter.
pub fn encode(
    filters: &[FilterSpec],
    chunk: &[u8],
    element_size: usize,
) -> Result<Vec<u8>, CodecError> {
    let mut bytes = chunk.to_vec();
    for filter in filters {
        let parameter = filter.client_data.first().copied().unwrap_or(0);
        match filter.id {
            id::DEFLATE => bytes = deflate::deflate(&bytes, parameter)?,
            id::SHUFFLE => {
                let size = if parameter == 0 {
                    element_size
                } else {
                    parameter as usize
                };
                let mut shuffled = vec![0; bytes.len()];
                shuffle(&bytes, size, &mut shuffled);
                bytes = shuffled;
            }
            id::FLETCHER32 => {
                let sum = fletcher32(&bytes);
                bytes.extend(sum.to_le_bytes());
            }
            _ => return Err(unknown(filter)),
        }
    }
    Ok(bytes)
}
