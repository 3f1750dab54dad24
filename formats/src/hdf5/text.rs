//! Texts between fetching and decoding: each with its length before it.

use bytes::{BufMut as _, Bytes, BytesMut};

/// Packs texts.
pub(super) fn encode(texts: &[String]) -> Bytes {
    let mut packed = BytesMut::new();
    for text in texts {
        packed.put_u64_le(text.len() as u64);
        packed.put_slice(text.as_bytes());
    }
    packed.freeze()
}

/// Unpacks texts; `None` where the bytes were not packed by [`encode`].
pub(super) fn decode(mut packed: &[u8]) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    while !packed.is_empty() {
        let (length, rest) = packed.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (text, rest) = rest.split_at_checked(length)?;
        texts.push(std::str::from_utf8(text).ok()?.to_owned());
        packed = rest;
    }
    Some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_packing() {
        let texts = ["", "θ", "a\nb"].map(str::to_owned);
        let unpacked = decode(&encode(&texts)).unwrap();
        assert_eq!(unpacked, texts, "the same texts");
        assert_eq!(decode(&[1, 2]), None, "a cut length is refused");
    }
}
