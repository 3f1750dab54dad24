//! The global heap: all strings of any length, of attributes and of datasets.

use super::bytes_out::Out;
use super::node::{Node, Stored};
use super::spec::AttributeValue;

/// Strings in one collection, whose indices have 16 bits.
const COLLECTION_MAX: usize = 60_000;

/// Every string once, in collections at known places.
pub(super) struct Heap {
    texts: Vec<String>,
    /// Where each collection begins, and where the last one ends.
    starts: Vec<u64>,
}

impl Heap {
    /// The heap of a file, from an address on.
    pub(super) fn new(nodes: &[Node], base: u64) -> Self {
        let mut texts = Vec::new();
        for node in nodes {
            for value in node.attributes.values() {
                match value {
                    AttributeValue::Text(text) => texts.push(text.clone()),
                    AttributeValue::Texts(all) => texts.extend(all.iter().cloned()),
                    _ => {}
                }
            }
            if let Some(Stored::Texts(all)) = node.dataset.as_ref().map(|dataset| &dataset.stored) {
                texts.extend(all.iter().cloned());
            }
        }
        texts.sort_unstable();
        texts.dedup();
        texts.retain(|text| !text.is_empty());
        let mut starts = vec![base];
        let mut at = base;
        for collection in texts.chunks(COLLECTION_MAX) {
            at += collection_size(collection);
            starts.push(at);
        }
        Self { texts, starts }
    }

    /// Behind its last byte.
    pub(super) fn end(&self) -> u64 {
        self.starts.last().copied().unwrap_or_default()
    }

    /// Writes the reference to a text: its length, collection and index.
    pub(super) fn put(&self, out: &mut Out, text: &str) {
        match self.place_of(text) {
            Some((collection, index)) => out
                .u32(u32::try_from(text.len()).unwrap_or(0))
                .u64(collection)
                .u32(index),
            None => out.u32(0).u64(0).u32(0),
        };
    }

    /// The references to texts, one after another.
    pub(super) fn references(&self, texts: &[String]) -> Vec<u8> {
        let mut out = Out::default();
        for text in texts {
            self.put(&mut out, text);
        }
        out.into_bytes()
    }

    /// Collection and index of a text; none for an empty one.
    fn place_of(&self, text: &str) -> Option<(u64, u32)> {
        let at = self
            .texts
            .binary_search_by(|known| known.as_str().cmp(text))
            .ok()?;
        let start = *self.starts.get(at / COLLECTION_MAX)?;
        Some((start, u32::try_from(at % COLLECTION_MAX).ok()? + 1))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Out::default();
        for texts in self.texts.chunks(COLLECTION_MAX) {
            let (start, size) = (out.len(), collection_size(texts));
            out.bytes(b"GCOL").u8(1).zeros(3).u64(size);
            for (index, text) in texts.iter().enumerate() {
                out.u16(u16::try_from(index + 1).unwrap_or(0))
                    .u16(1)
                    .zeros(4)
                    .u64(text.len() as u64);
                out.bytes(text.as_bytes())
                    .zeros(text.len().wrapping_neg() & 7);
            }
            // What is left is one free object.
            let left = size - (out.len() - start) as u64;
            out.u16(0)
                .u16(0)
                .zeros(4)
                .u64(left)
                .zeros(usize::try_from(left - 16).unwrap_or(0));
        }
        out.into_bytes()
    }
}

/// Bytes of a collection: at least 4096, with room for the free object.
fn collection_size(texts: &[String]) -> u64 {
    let used: u64 = texts
        .iter()
        .map(|text| 16 + text.len().next_multiple_of(8) as u64)
        .sum();
    (16 + used + 16).max(4096)
}
