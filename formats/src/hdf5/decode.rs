//! From stored bytes to samples: runs and chunks put in place, bytes swapped.

use hutch_hdf5::{Layout, Scalar, fill_slab, to_native};
use hutch_model::{
    BlockState, Dataset as _, EncodedPiece, EncodedSlab, Error, ErrorKind, Result, Samples, Slab,
};
use rayon::prelude::*;

use super::dataset::{Hdf5Dataset, sample_error};
use super::elements::Elements;
use super::{chunks, contiguous, external, text};

/// Runs of bytes that one task brings into the order of this machine.
const SWAP_BYTES: usize = 1 << 20;

/// Decodes what was fetched for a slab into samples that are used again.
pub(super) fn decode_into(
    dataset: &Hdf5Dataset,
    encoded: &EncodedSlab,
    samples: &mut Samples,
) -> Result<BlockState> {
    let slab = &encoded.slab;
    let count = to_size(dataset, slab.element_count()?)?;
    match &dataset.elements {
        Elements::Text => {
            let (found, state) = texts(dataset, encoded, count)?;
            *samples = found;
            Ok(state)
        }
        Elements::Numbers(scalar) => {
            let state = if encoded.parts.is_empty() {
                samples.fit(&dataset.info().element, count)?;
                into_bytes(dataset, slab, &encoded.pieces, samples.bytes_mut())?
            } else {
                take_ready(dataset, encoded, samples)?
            };
            swap(*scalar, samples.bytes_mut());
            Ok(state)
        }
        Elements::Values(_) => take_ready(dataset, encoded, samples),
    }
}

/// Samples that were in their place when fetching ended.
fn take_ready(
    dataset: &Hdf5Dataset,
    encoded: &EncodedSlab,
    samples: &mut Samples,
) -> Result<BlockState> {
    let source = match encoded.parts.as_slice() {
        [part] => part.source.as_ref(),
        _ => None,
    };
    let (ready, inner) = source.ok_or_else(|| mismatch(dataset))?;
    ready.decode_into(inner, samples)
}

/// Brings numbers into the order of this machine, large ones in parallel.
fn swap(scalar: Scalar, bytes: &mut [u8]) {
    if bytes.len() < 2 * SWAP_BYTES {
        to_native(scalar, bytes);
    } else {
        bytes
            .par_chunks_mut(SWAP_BYTES)
            .for_each(|run| to_native(scalar, run));
    }
}

fn texts(
    dataset: &Hdf5Dataset,
    encoded: &EncodedSlab,
    count: usize,
) -> Result<(Samples, BlockState)> {
    let piece = encoded.pieces.first();
    let texts = piece
        .and_then(|piece| text::decode(&piece.bytes))
        .filter(|texts| texts.len() == count);
    match (texts, piece) {
        (Some(texts), Some(piece)) => Ok((Samples::Text(texts), piece.state.clone())),
        _ => Err(mismatch(dataset)),
    }
}

/// Puts the stored elements of a slab into `out`, in the order of the slab.
pub(super) fn into_bytes(
    dataset: &Hdf5Dataset,
    slab: &Slab,
    pieces: &[EncodedPiece],
    out: &mut [u8],
) -> Result<BlockState> {
    if out.is_empty() {
        return Ok(BlockState::Present);
    }
    match &dataset.stored.layout {
        Layout::Contiguous { address: None, .. } => {
            fill_slab(&dataset.stored.fill_value, out);
            Ok(BlockState::Fill)
        }
        Layout::Contiguous {
            address: Some(address),
            ..
        } => from_runs(dataset, *address, slab, pieces, out),
        Layout::Compact(_) => from_runs(dataset, 0, slab, pieces, out),
        Layout::Chunked(_) => chunks::decode(dataset, slab, pieces, out),
        Layout::External(_) => external::decode(dataset, pieces, out),
        // Those are put together by another kind of dataset.
        Layout::Virtual(_) => Err(mismatch(dataset)),
    }
}

/// Contiguous and compact datasets: pieces hold one or more runs each.
fn from_runs(
    dataset: &Hdf5Dataset,
    address: u64,
    slab: &Slab,
    pieces: &[EncodedPiece],
    out: &mut [u8],
) -> Result<BlockState> {
    let mut state = BlockState::Present;
    if pieces.iter().any(is_missing) {
        fill_slab(&dataset.stored.fill_value, out);
    }
    for run in contiguous::pieces(dataset, address, slab)? {
        // Pieces are sorted, the missing ones last: the last that begins before
        // a run holds it.
        let after = pieces.partition_point(|piece| {
            piece.state == BlockState::Present && piece.key <= run.range.start
        });
        let holder = after.checked_sub(1).and_then(|at| pieces.get(at));
        let bytes = holder.and_then(|piece| {
            let from = usize::try_from(run.range.start - piece.key).ok()?;
            let length = usize::try_from(run.range.end - run.range.start).ok()?;
            piece.bytes.get(from..from.checked_add(length)?)
        });
        match bytes {
            Some(bytes) => run
                .copy_into(bytes, dataset.element_size, out)
                .map_err(|error| sample_error(dataset, error))?,
            None => match pieces.iter().find(|piece| is_missing(piece)) {
                Some(piece) => state = worse(state, &piece.state),
                None => return Err(mismatch(dataset)),
            },
        }
    }
    Ok(state)
}

fn is_missing(piece: &EncodedPiece) -> bool {
    matches!(piece.state, BlockState::Missing(_))
}

/// The worse of two states: torn, missing, fill, present.
pub(super) fn worse(state: BlockState, other: &BlockState) -> BlockState {
    let rank = |state: &BlockState| match state {
        BlockState::Present => 0,
        BlockState::Fill => 1,
        BlockState::Missing(_) => 2,
        BlockState::Torn => 3,
    };
    if rank(other) > rank(&state) {
        other.clone()
    } else {
        state
    }
}

pub(super) fn to_size(dataset: &Hdf5Dataset, size: u64) -> Result<usize> {
    usize::try_from(size).map_err(|error| {
        Error::new(ErrorKind::Limit, dataset.tried(), "it is too large").with_source(error)
    })
}

pub(super) fn mismatch(dataset: &Hdf5Dataset) -> Error {
    Error::new(
        ErrorKind::Internal,
        dataset.tried(),
        "the fetched bytes do not belong to this part",
    )
}
