//! Where the parts of a file go.

use super::heap::Heap;
use super::node::{Node, Stored};
use super::spec::{DatasetLocation, Plan, WriteError};
use super::{index, message};

/// Bytes of the superblock.
pub(super) const SUPERBLOCK_BYTES: u64 = 48;
/// Data begin at multiples of this, as file systems like it.
const ALIGNMENT: u64 = 4096;

/// Where the parts of one object lie.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) header: u64,
    pub(super) index: u64,
    pub(super) data: u64,
}

/// All metadata but the superblock: the heap, then headers with their indices.
pub(super) struct Metadata {
    heap: Heap,
    pub(super) bytes: Vec<u8>,
    /// The address of the root group.
    pub(super) root: u64,
    /// The places of all nodes.
    pub(super) places: Vec<Place>,
    /// Behind all data, or behind the metadata where the data were placed before.
    pub(super) end: u64,
}

/// Lays out metadata from an address on. Data go behind it, unless they have
/// their places already.
///
/// # Errors
/// [`WriteError::TooLarge`] when the header of an object is too large.
pub(super) fn metadata(
    nodes: &[Node],
    base: u64,
    placed: Option<&[u64]>,
) -> Result<Metadata, WriteError> {
    let heap = Heap::new(nodes, base);
    let mut at = heap.end();
    let mut places = Vec::new();
    let nowhere = vec![Place::default(); nodes.len()];
    for node in nodes {
        // Addresses do not change the size of a header, so a first pass measures it.
        let header = at;
        at += message::header(node, &nowhere, Place::default(), &heap)?.len() as u64;
        let index = at;
        at += index::index(node, Place::default()).len() as u64;
        places.push(Place {
            header,
            index,
            data: 0,
        });
    }
    let metadata_end = at;
    for (number, (node, place)) in nodes.iter().zip(&mut places).enumerate() {
        if let Some(placed) = placed {
            place.data = placed.get(number).copied().unwrap_or_default();
        } else if let Some(dataset) = &node.dataset {
            at = at.next_multiple_of(ALIGNMENT);
            place.data = at;
            at = at.saturating_add(dataset.stored.size());
        }
    }
    let mut bytes = heap.bytes();
    for (node, place) in nodes.iter().zip(&places) {
        bytes.extend(message::header(node, &places, *place, &heap)?);
        bytes.extend(index::index(node, *place));
    }
    debug_assert_eq!(
        base + bytes.len() as u64,
        metadata_end,
        "the two passes agree"
    );
    Ok(Metadata {
        heap,
        bytes,
        root: places.first().map_or(0, |place| place.header),
        places,
        end: at,
    })
}

/// The plan of a file; data that were given leave the nodes.
///
/// # Errors
/// Those of [`metadata`].
pub(super) fn plan(nodes: &mut [Node]) -> Result<(Plan, Vec<u64>), WriteError> {
    let laid_out = metadata(nodes, SUPERBLOCK_BYTES, None)?;
    let mut first = message::superblock(laid_out.end, laid_out.root);
    first.extend(laid_out.bytes);
    let mut plan = Plan {
        file_size: laid_out.end,
        parts: vec![(0, first)],
        datasets: Vec::new(),
    };
    for (node, place) in nodes.iter_mut().zip(&laid_out.places) {
        let (path, offset) = (node.path.clone(), place.data);
        let later = |size, chunk_bytes| {
            plan.datasets.push(DatasetLocation {
                path,
                offset,
                size,
                chunk_bytes,
            });
        };
        match node.dataset.as_mut().map(|dataset| &mut dataset.stored) {
            Some(Stored::Contiguous { data: None, size }) => later(*size, None),
            Some(Stored::Chunked {
                chunk_bytes, size, ..
            }) => later(*size, Some(*chunk_bytes)),
            Some(Stored::Contiguous {
                data: Some(data), ..
            }) => plan.parts.push((offset, std::mem::take(data))),
            Some(Stored::Deflated { chunks, .. }) => plan.parts.push((offset, chunks.concat())),
            // References into the heap, which lies where this plan puts it.
            Some(Stored::Texts(texts)) => {
                let heap = &laid_out.heap;
                plan.parts.push((offset, heap.references(texts)));
            }
            Some(Stored::Compressed { .. }) | None => {}
        }
    }
    let data = laid_out.places.iter().map(|place| place.data).collect();
    Ok((plan, data))
}
