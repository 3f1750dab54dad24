//! The index of compressed chunks: a fixed array, header and block.
//!
//! Source: HDF5 File Format Specification 4.0, III.A.8 and VII.C.

use super::bytes_out::Out;
use super::layout::Place;
use super::node::{Node, Stored};

const UNDEFINED: u64 = u64::MAX;
const HEADER_BYTES: u64 = 28;

/// So many that the array is never cut into pages.
pub(super) fn page_bits(chunk_count: usize) -> u8 {
    (chunk_count.max(1024).next_power_of_two().ilog2() & 0xff) as u8
}

/// How many chunks a compressed dataset has.
pub(super) fn chunk_count(stored: &Stored) -> usize {
    match stored {
        Stored::Deflated { chunks, .. } => chunks.len(),
        Stored::Compressed { chunks, .. } => chunks.len(),
        _ => 0,
    }
}

/// Whether any chunk has its place, so that there is an index.
pub(super) fn has_index(stored: &Stored) -> bool {
    match stored {
        Stored::Deflated { chunks, .. } => !chunks.is_empty(),
        Stored::Compressed { chunks, .. } => chunks.iter().any(Option::is_some),
        _ => false,
    }
}

/// The index of a dataset; empty where it needs none.
pub(super) fn index(node: &Node, place: Place) -> Vec<u8> {
    let Some(stored) = node.dataset.as_ref().map(|dataset| &dataset.stored) else {
        return Vec::new();
    };
    if !has_index(stored) {
        return Vec::new();
    }
    match stored {
        Stored::Deflated {
            chunks,
            chunk_bytes,
            ..
        } => {
            let mut at = place.data;
            let places = chunks.iter().map(|chunk| {
                let size = chunk.len() as u64;
                at += size;
                (at - size, size)
            });
            fixed_array(places, *chunk_bytes, place.index)
        }
        Stored::Compressed {
            chunks,
            chunk_bytes,
            ..
        } => {
            let places = chunks
                .iter()
                .map(|chunk| chunk.map_or((UNDEFINED, 0), |chunk| (chunk.address, chunk.size)));
            fixed_array(places, *chunk_bytes, place.index)
        }
        _ => Vec::new(),
    }
}

/// Addresses and sizes of chunks, at an address.
fn fixed_array(
    chunks: impl ExactSizeIterator<Item = (u64, u64)>,
    chunk_bytes: u64,
    address: u64,
) -> Vec<u8> {
    // As libhdf5 counts: room for chunks that grew when compressed.
    let size_bytes = (1 + (chunk_bytes.ilog2() as usize + 8) / 8).min(8);
    let mut header = Out::default();
    header
        .bytes(b"FAHD")
        .u8(0)
        .u8(1)
        .count8(8 + size_bytes + 4)
        .u8(page_bits(chunks.len()));
    header.u64(chunks.len() as u64).u64(address + HEADER_BYTES);
    let mut block = Out::default();
    block.bytes(b"FADB").u8(0).u8(1).u64(address);
    for (at, size) in chunks {
        block
            .u64(at)
            .bytes(&size.to_le_bytes()[..size_bytes])
            .u32(0);
    }
    let mut bytes = header.into_checked();
    bytes.extend(block.into_checked());
    bytes
}
