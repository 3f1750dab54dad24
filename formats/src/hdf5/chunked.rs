//! Fetching slabs of chunked datasets: only the chunks that they touch.

use bytes::Bytes;
use hutch_hdf5::ChunkGrid;
use hutch_model::{BlockState, ByteRange, Cancel, EncodedPiece, Error, ErrorKind, Result, Slab};

use super::contiguous::beyond_the_end;
use super::dataset::{Hdf5Dataset, selection};

/// Chunks that one slab may touch.
const CHUNK_LIMIT: u64 = 1 << 21;
/// Stored bytes that one slab may touch, for each byte of its budget.
const STORED_FACTOR: u64 = 4;

/// Reads the chunks of a slab, in the order of the grid.
pub(super) async fn fetch(
    dataset: &Hdf5Dataset,
    slab: &Slab,
    cancel: &Cancel,
) -> Result<Vec<EncodedPiece>> {
    let Some(grid) = dataset.grid() else {
        return Err(Error::new(
            ErrorKind::Internal,
            dataset.tried(),
            "the dataset has no chunks",
        ));
    };
    check_count(dataset, &grid, slab)?;
    let table = dataset.table(cancel).await?;
    let metadata = &dataset.file.metadata;
    let file_size = metadata.identity().size_bytes;
    let mut pieces = Vec::new();
    let mut ranges = Vec::new();
    let mut wanted = Vec::new();
    for index in grid.chunks_in(&selection(slab)) {
        let Some(chunk) = table.chunk_at(index) else {
            pieces.push(EncodedPiece {
                key: index,
                filter_mask: 0,
                state: BlockState::Fill,
                bytes: Bytes::new(),
            });
            continue;
        };
        let end = chunk.address.checked_add(chunk.size);
        let Some(end) = end.filter(|&end| end <= file_size) else {
            pieces.push(beyond_the_end(index, file_size));
            continue;
        };
        wanted.push(pieces.len());
        ranges.push(ByteRange::new(chunk.address, end));
        pieces.push(EncodedPiece {
            key: index,
            filter_mask: chunk.filter_mask,
            state: BlockState::Present,
            bytes: Bytes::new(),
        });
    }
    check_size(dataset, &ranges)?;
    let results = metadata
        .samples(&ranges, dataset.stored.size_bytes(), cancel)
        .await?;
    for (at, bytes) in wanted.into_iter().zip(results) {
        if let Some(piece) = pieces.get_mut(at) {
            piece.bytes = bytes;
        }
    }
    Ok(pieces)
}

/// Counts the chunks before they are listed.
fn check_count(dataset: &Hdf5Dataset, grid: &ChunkGrid, slab: &Slab) -> Result<()> {
    let along = |axis: usize| {
        let (count, step) = (slab.count[axis], slab.step[axis]);
        let chunk = grid.chunk_shape()[axis].max(1);
        let span = count.saturating_sub(1).saturating_mul(step);
        count.min((span / chunk).saturating_add(2))
    };
    let count = (0..grid.chunk_shape().len().min(slab.count.len()))
        .fold(1u64, |product, axis| product.saturating_mul(along(axis)));
    if count > CHUNK_LIMIT {
        let why = format!("it touches {count} chunks, more than {CHUNK_LIMIT}");
        return Err(Error::new(ErrorKind::Limit, dataset.tried(), why));
    }
    Ok(())
}

fn check_size(dataset: &Hdf5Dataset, ranges: &[ByteRange]) -> Result<()> {
    let limit = dataset
        .file
        .options()
        .slab_limit_bytes
        .saturating_mul(STORED_FACTOR);
    let total = ranges
        .iter()
        .fold(0u64, |sum, range| sum.saturating_add(range.len()));
    if total > limit {
        let why = format!("it takes {total} stored bytes, more than {limit}");
        return Err(Error::new(ErrorKind::Limit, dataset.tried(), why));
    }
    Ok(())
}
