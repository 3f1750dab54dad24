//! Compressing chunks.

use hutch_codecs::FilterSpec;

use super::spec::WriteError;
use crate::datatype::ScalarKind;

/// The filters of compressed chunks.
pub(super) fn filters(element_size: u64, level: u32) -> Vec<FilterSpec> {
    let size = u32::try_from(element_size).unwrap_or(1);
    vec![FilterSpec::shuffle(size), FilterSpec::deflate(level)]
}

/// All chunks of a dataset, each compressed.
pub(super) fn deflated(
    shape: &[u64],
    chunk_shape: &[u64],
    kind: ScalarKind,
    level: u32,
    data: &[u8],
) -> Result<Vec<Vec<u8>>, WriteError> {
    let grid = crate::slab::ChunkGrid::new(shape, chunk_shape);
    let size = kind.size();
    let one = crate::slab::ChunkGrid::new(shape, shape);
    let mut chunks = Vec::new();
    for index in 0..grid.chunk_count() {
        let start = grid.start_of(index).unwrap_or_default();
        let count: Vec<u64> = start
            .iter()
            .zip(chunk_shape)
            .zip(shape)
            .map(|((at, chunk), size)| (*chunk).min(size - at))
            .collect();
        let slab = crate::slab::Slab {
            start,
            count: count.clone(),
            step: vec![1; shape.len()],
        };
        let length = slab.check(shape, size).unwrap_or(0);
        let mut part = vec![0; length];
        let copied = crate::slab::copy_chunk_into_slab(data, &one, 0, &slab, size, &mut part);
        // The part of an edge chunk inside of the dataset goes to its corner.
        let inner = crate::slab::ChunkGrid::new(&count, &count);
        let length = chunk_shape
            .iter()
            .fold(size as u64, |size, axis| size * axis);
        let mut whole = vec![0; usize::try_from(length).unwrap_or(0)];
        let corner = crate::slab::Slab {
            start: vec![0; shape.len()],
            count: chunk_shape.to_vec(),
            step: vec![1; shape.len()],
        };
        let placed = crate::slab::copy_chunk_into_slab(&part, &inner, 0, &corner, size, &mut whole);
        if copied.and(placed).is_err() {
            return Err(WriteError::Shape {
                what: "the data do not fit the chunks",
                path: String::new(),
            });
        }
        chunks.push(hutch_codecs::encode(
            &filters(size as u64, level),
            &whole,
            size,
        )?);
    }
    Ok(chunks)
}
