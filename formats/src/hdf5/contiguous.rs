//! Fetching slabs of contiguous datasets: only the rows that are selected.

use bytes::Bytes;
use hutch_hdf5::{Piece, contiguous_pieces};
use hutch_model::{BlockState, ByteRange, Cancel, EncodedPiece, Error, ErrorKind, Result, Slab};

use super::dataset::{Hdf5Dataset, sample_error, selection};
use super::metadata::merge;

/// Runs that one slab may have.
const PIECE_LIMIT: u64 = 1 << 22;

/// The runs of a slab, each with its range counted from `address`.
pub(super) fn pieces(dataset: &Hdf5Dataset, address: u64, slab: &Slab) -> Result<Vec<Piece>> {
    let runs = slab
        .count
        .iter()
        .rev()
        .skip(1)
        .fold(1u64, |product, &count| product.saturating_mul(count));
    let is_whole = slab.count == dataset.stored.shape();
    if runs > PIECE_LIMIT && !is_whole {
        let why = format!("it is scattered over {runs} places, more than {PIECE_LIMIT}");
        return Err(Error::new(ErrorKind::Limit, dataset.tried(), why));
    }
    contiguous_pieces(
        address,
        dataset.stored.shape(),
        &selection(slab),
        dataset.element_size,
    )
    .map_err(|error| sample_error(dataset, error))
}

/// Reads the runs of a slab; close ones come as one piece.
pub(super) async fn fetch(
    dataset: &Hdf5Dataset,
    address: u64,
    slab: &Slab,
    cancel: &Cancel,
) -> Result<Vec<EncodedPiece>> {
    let metadata = &dataset.file.metadata;
    let file_size = metadata.identity().size_bytes;
    let runs = pieces(dataset, address, slab)?;
    let mut missing = None;
    let mut ranges = Vec::with_capacity(runs.len());
    for run in &runs {
        if run.range.end <= file_size {
            ranges.push(ByteRange::new(run.range.start, run.range.end));
        } else {
            missing.get_or_insert(run.range.start);
        }
    }
    let ranges = merge(ranges, metadata.gap_bytes());
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
        fetched.push(beyond_the_end(start, file_size));
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
