//! Fetching slabs of contiguous datasets: only the rows that are selected.

use bytes::Bytes;
use hutch_hdf5::{Piece, contiguous_pieces};
use hutch_model::{
    BlockState, ByteRange, Cancel, EncodedPiece, Error, ErrorKind, ReadCost, Result, Slab,
};

use super::chunked::check_stored;
use super::dataset::{Hdf5Dataset, sample_error, selection};
use super::metadata::merge;

/// Runs that one slab may have.
const PIECE_LIMIT: u64 = 1 << 22;

/// The runs of a slab, each with its range counted from `address`.
pub(super) fn pieces(dataset: &Hdf5Dataset, address: u64, slab: &Slab) -> Result<Vec<Piece>> {
    let gap = dataset.file.metadata.gap_bytes();
    let element = dataset.element_size as u64;
    let is_scattered = slab
        .step
        .last()
        .is_some_and(|step| step.saturating_sub(1).saturating_mul(element) > gap);
    let runs = slab
        .count
        .iter()
        .rev()
        .skip(usize::from(!is_scattered))
        .fold(1u64, |product, &count| product.saturating_mul(count));
    let is_whole = slab.count == dataset.stored.shape();
    if runs > PIECE_LIMIT && !is_whole {
        let why = format!("it is scattered over {runs} places, more than {PIECE_LIMIT}");
        return Err(Error::new(ErrorKind::Limit, dataset.tried(), why));
    }
    let found = contiguous_pieces(
        address,
        dataset.stored.shape(),
        &selection(slab),
        dataset.element_size,
    )
    .map_err(|error| sample_error(dataset, error))?;
    if is_scattered {
        Ok(found
            .iter()
            .flat_map(|run| one_by_one(run, element))
            .collect())
    } else {
        Ok(found)
    }
}

/// The elements of a run, each as a run of its own: they lie so far apart that
/// what is between them is not worth reading.
fn one_by_one(run: &Piece, element: u64) -> impl Iterator<Item = Piece> + use<> {
    let (start, out_offset) = (run.range.start, run.out_offset);
    let (count, step) = (run.count, run.step as u64);
    (0..count).map(move |index| {
        // Inside of the run, whose end was checked.
        let from = start + index as u64 * step * element;
        Piece {
            range: from..from + element,
            out_offset: out_offset + index * usize::try_from(element).unwrap_or(0),
            count: 1,
            step: 1,
        }
    })
}

/// What is read for a slab: close runs together, and the first run that lies
/// beyond the end of the file.
fn ranges(
    dataset: &Hdf5Dataset,
    address: u64,
    slab: &Slab,
) -> Result<(Vec<ByteRange>, Option<u64>)> {
    let metadata = &dataset.file.metadata;
    let file_size = metadata.identity().size_bytes;
    let mut missing = None;
    let mut ranges = Vec::new();
    for run in pieces(dataset, address, slab)? {
        if run.range.end <= file_size {
            ranges.push(ByteRange::new(run.range.start, run.range.end));
        } else {
            missing.get_or_insert(run.range.start);
        }
    }
    let ranges = merge(ranges, metadata.gap_bytes());
    let total = ranges
        .iter()
        .fold(0u64, |sum, range| sum.saturating_add(range.len()));
    check_stored(dataset, total)?;
    Ok((ranges, missing))
}

/// Adds what reading a slab takes.
pub(super) fn add_cost(
    dataset: &Hdf5Dataset,
    address: u64,
    slab: &Slab,
    cost: &mut ReadCost,
) -> Result<()> {
    let (ranges, _) = ranges(dataset, address, slab)?;
    cost.requests = ranges.len() as u64;
    cost.stored_bytes = ranges.iter().map(|range| range.len()).sum();
    Ok(())
}

/// Reads the runs of a slab; close ones come as one piece.
pub(super) async fn fetch(
    dataset: &Hdf5Dataset,
    address: u64,
    slab: &Slab,
    cancel: &Cancel,
) -> Result<Vec<EncodedPiece>> {
    let metadata = &dataset.file.metadata;
    let (ranges, missing) = ranges(dataset, address, slab)?;
    let results = metadata
        .samples(&ranges, dataset.stored.size_bytes(), cancel)
        .await?;
    let mut fetched = Vec::with_capacity(ranges.len());
    for (range, bytes) in ranges.iter().zip(results) {
        fetched.push(EncodedPiece {
            key: range.start,
            filter_mask: 0,
            state: BlockState::Present,
            bytes,
        });
    }
    if let Some(start) = missing {
        fetched.push(beyond_the_end(start, metadata.identity().size_bytes));
    }
    Ok(fetched)
}

/// A piece that lies beyond the end of a file that was cut.
pub(super) fn beyond_the_end(key: u64, file_size: u64) -> EncodedPiece {
    let why = format!("the file ends at byte {file_size}, before these samples");
    EncodedPiece {
        key,
        filter_mask: 0,
        state: BlockState::Missing(why),
        bytes: Bytes::new(),
    }
}
