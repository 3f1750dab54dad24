//! Fetching slabs of chunked datasets: only the chunks that they touch.

use bytes::Bytes;
use hutch_hdf5::{ChunkGrid, ChunkTable};
use hutch_model::{
    BlockState, ByteRange, Cancel, EncodedPiece, Error, ErrorKind, ReadCost, Result, Slab,
};

use super::chunks::{UNFILTERED, is_partial, may_cache};
use super::contiguous::beyond_the_end;
use super::dataset::{Hdf5Dataset, selection};
use super::metadata::merge;
use crate::join::beside;

/// Chunks that one slab may touch.
const CHUNK_LIMIT: u64 = 1 << 21;
/// Stored bytes that one slab may touch, for each byte of its budget.
const STORED_FACTOR: u64 = 4;

/// The pieces of a slab in the order of the grid, those from the file still
/// without their bytes.
#[derive(Debug, Default)]
struct Plan {
    pieces: Vec<EncodedPiece>,
    /// The pieces that are read, and where they lie.
    wanted: Vec<(usize, ByteRange)>,
    /// Whether only a part of the chunk table was read for it.
    lacks_table: bool,
}

/// Reads the chunks of a slab, in the order of the grid; adds up the bytes that
/// came for them.
pub(super) async fn fetch(
    dataset: &Hdf5Dataset,
    slab: &Slab,
    read_bytes: &mut u64,
    cancel: &Cancel,
) -> Result<Vec<EncodedPiece>> {
    let mut plan = plan(dataset, slab, cancel).await?;
    let ranges: Vec<ByteRange> = plan.wanted.iter().map(|(_, range)| *range).collect();
    let metadata = &dataset.file.metadata;
    let samples = metadata.samples(&ranges, dataset.stored.size_bytes(), cancel);
    let results = if plan.lacks_table {
        // The rest of the index travels beside the first samples.
        beside(samples, dataset.table(cancel)).await?
    } else {
        samples.await?
    };
    for ((at, range), bytes) in plan.wanted.iter().zip(results) {
        *read_bytes = read_bytes.saturating_add(range.len());
        if let Some(piece) = plan.pieces.get_mut(*at) {
            piece.bytes = bytes;
        }
    }
    Ok(plan.pieces)
}

/// Adds what reading a slab takes.
pub(super) async fn add_cost(
    dataset: &Hdf5Dataset,
    slab: &Slab,
    cost: &mut ReadCost,
    cancel: &Cancel,
) -> Result<()> {
    let plan = plan(dataset, slab, cancel).await?;
    let ranges: Vec<ByteRange> = plan.wanted.iter().map(|(_, range)| *range).collect();
    cost.chunks = ranges.len() as u64;
    cost.stored_bytes = ranges.iter().map(|range| range.len()).sum();
    cost.requests = merge(ranges, dataset.file.metadata.gap_bytes()).len() as u64;
    Ok(())
}

async fn plan(dataset: &Hdf5Dataset, slab: &Slab, cancel: &Cancel) -> Result<Plan> {
    let (Some(grid), Some(layout)) = (dataset.grid(), dataset.stored.chunks()) else {
        return Err(Error::new(
            ErrorKind::Internal,
            dataset.tried(),
            "the dataset has no chunks",
        ));
    };
    check_count(dataset, &grid, slab)?;
    let (table, lacks_table) = dataset.chunks_of(slab, cancel).await?;
    let is_cached = may_cache(dataset, &grid, slab, layout.chunk_bytes);
    let mut plan = Plan {
        lacks_table,
        ..Plan::default()
    };
    for index in grid.chunks_in(&selection(slab)) {
        let kept = if is_cached {
            kept(dataset, &grid, index, slab)
        } else {
            None
        };
        match kept {
            Some(piece) => plan.pieces.push(piece),
            None => plan.add(dataset, &table, index),
        }
    }
    check_size(dataset, &plan.wanted)?;
    Ok(plan)
}

/// A chunk that was decoded for another slab.
fn kept(dataset: &Hdf5Dataset, grid: &ChunkGrid, index: u64, slab: &Slab) -> Option<EncodedPiece> {
    let start = grid.start_of(index)?;
    if !is_partial(grid, &start, slab) {
        return None;
    }
    Some(EncodedPiece {
        key: index,
        filter_mask: UNFILTERED,
        state: BlockState::Present,
        bytes: dataset.file.chunks.get(dataset.address, index)?,
    })
}

impl Plan {
    fn add(&mut self, dataset: &Hdf5Dataset, table: &ChunkTable, index: u64) {
        let file_size = dataset.file.metadata.identity().size_bytes;
        let piece = |filter_mask, state| EncodedPiece {
            key: index,
            filter_mask,
            state,
            bytes: Bytes::new(),
        };
        let Some(chunk) = table.chunk_at(index) else {
            self.pieces.push(piece(0, BlockState::Fill));
            return;
        };
        let end = chunk.address.checked_add(chunk.size);
        let Some(end) = end.filter(|&end| end <= file_size) else {
            self.pieces.push(beyond_the_end(index, file_size));
            return;
        };
        let range = ByteRange::new(chunk.address, end);
        self.wanted.push((self.pieces.len(), range));
        self.pieces
            .push(piece(chunk.filter_mask, BlockState::Present));
    }
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

fn check_size(dataset: &Hdf5Dataset, wanted: &[(usize, ByteRange)]) -> Result<()> {
    let total = wanted
        .iter()
        .fold(0u64, |sum, (_, range)| sum.saturating_add(range.len()));
    check_stored(dataset, total)
}

/// Refuses a slab that takes far more stored bytes than it gives.
pub(super) fn check_stored(dataset: &Hdf5Dataset, total: u64) -> Result<()> {
    let budget = dataset.file.options().slab_limit_bytes;
    let limit = budget.saturating_mul(STORED_FACTOR);
    if total > limit {
        let why = format!("it takes {total} stored bytes, more than {limit}");
        return Err(Error::new(ErrorKind::Limit, dataset.tried(), why));
    }
    Ok(())
}
