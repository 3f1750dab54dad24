//! The Fletcher-32 checksum behind a chunk.

use crate::error::CodecError;

/// The checksum of `bytes`, as HDF5 counts it: over big-endian 16-bit words, an odd last byte high.
///
/// Source: libhdf5, `H5_checksum_fletcher32`.
pub fn fletcher32(bytes: &[u8]) -> u32 {
    let (mut first, mut second) = (0_u32, 0_u32);
    // 360 words are the most that both sums can take without an overflow.
    let (words, tail) = bytes.as_chunks::<2>();
    for block in words.chunks(360) {
        for word in block {
            first += u32::from(u16::from_be_bytes(*word));
            second += first;
        }
        first = fold(first);
        second = fold(second);
    }
    if let [last] = tail {
        first = fold(first + (u32::from(*last) << 8));
        second = fold(second + first);
    }
    fold(second) << 16 | fold(first)
}

fn fold(sum: u32) -> u32 {
    (sum & 0xffff) + (sum >> 16)
}

/// The bytes before the checksum, when it matches. Old writers stored it with swapped bytes in
/// each half, which is accepted as libhdf5 does.
pub(crate) fn verified(bytes: &[u8]) -> Result<&[u8], CodecError> {
    let Some((data, &[a, b, c, d])) = bytes.split_last_chunk::<4>() else {
        return Err(CodecError::damaged("fletcher32", "the checksum is missing"));
    };
    let sum = fletcher32(data);
    if sum == u32::from_le_bytes([a, b, c, d]) || sum == u32::from_le_bytes([b, a, d, c]) {
        Ok(data)
    } else {
        Err(CodecError::Checksum)
    }
}
