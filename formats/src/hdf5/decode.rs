//! From stored bytes to samples: filters undone, chunks put in place, bytes swapped.

use hutch_hdf5::{
    ChunkGrid, Layout, Scratch, copy_chunk_into_slab, fill_chunk_into_slab, fill_slab, to_native,
};
use hutch_model::{
    Block, BlockState, EncodedPiece, EncodedSlab, Error, ErrorKind, Result, Samples, Slab,
};

use super::dataset::{Hdf5Dataset, sample_error, selection};
use super::elements::Elements;
use super::{contiguous, text};

/// Chunks up to this may be of any ratio.
const BOMB_BYTES: usize = 256 << 20;
/// Real data of that size never shrink so much.
const BOMB_RATIO: usize = 1000;

/// Decodes what was fetched for a slab.
pub(super) fn decode(dataset: &Hdf5Dataset, encoded: &EncodedSlab) -> Result<Block> {
    let slab = &encoded.slab;
    let count = to_size(dataset, slab.element_count()?)?;
    let (samples, state) = match &dataset.elements {
        Elements::Text => texts(dataset, encoded, count)?,
        Elements::Numbers(scalar) => {
            let element = &hutch_model::Dataset::info(dataset).element;
            let mut samples = Samples::zeroed(element, count)?;
            let bytes = samples.bytes_mut();
            let state = into_bytes(dataset, slab, &encoded.pieces, bytes)?;
            to_native(*scalar, bytes);
            (samples, state)
        }
        Elements::Other(name) => {
            let why = format!("elements of type {name} cannot be shown yet");
            return Err(Error::new(ErrorKind::Unsupported, dataset.tried(), why));
        }
    };
    Ok(Block {
        shape: slab.count.clone(),
        samples,
        state,
    })
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
        Layout::Chunked(_) => from_chunks(dataset, slab, pieces, out),
        Layout::Virtual(_) | Layout::External(_) => Err(Error::new(
            ErrorKind::Unsupported,
            dataset.tried(),
            "its samples lie in other files",
        )),
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

fn from_chunks(
    dataset: &Hdf5Dataset,
    slab: &Slab,
    pieces: &[EncodedPiece],
    out: &mut [u8],
) -> Result<BlockState> {
    let (Some(grid), Some(chunks)) = (dataset.grid(), dataset.stored.chunks()) else {
        return Err(mismatch(dataset));
    };
    let wanted = selection(slab);
    let mut state = BlockState::Present;
    let mut scratch = Scratch::default();
    let mut chunk = Vec::new();
    let size = to_size(dataset, chunks.chunk_bytes)?;
    for piece in pieces {
        state = worse(state, &piece.state);
        let start = grid.start_of(piece.key).ok_or_else(|| mismatch(dataset))?;
        if piece.state != BlockState::Present {
            fill_chunk_into_slab(
                &dataset.stored.fill_value,
                &grid,
                piece.key,
                &wanted,
                dataset.element_size,
                out,
            )
            .map_err(|error| sample_error(dataset, error))?;
            continue;
        }
        check_ratio(dataset, piece.bytes.len(), size)?;
        let filters = dataset.stored.filters_of_chunk(&start);
        let is_whole = is_the_chunk(&grid, &start, slab) && out.len() == size;
        let mut undo = |target: &mut [u8]| {
            hutch_codecs::decode_into(
                filters,
                piece.filter_mask,
                &piece.bytes,
                dataset.element_size,
                target,
                &mut scratch,
            )
            .map_err(|error| sample_error(dataset, error.into()))
        };
        if is_whole {
            undo(out)?;
            continue;
        }
        if chunk.is_empty() {
            chunk = decoded_chunk(dataset, size)?;
        }
        undo(&mut chunk)?;
        copy_chunk_into_slab(&chunk, &grid, piece.key, &wanted, dataset.element_size, out)
            .map_err(|error| sample_error(dataset, error))?;
    }
    Ok(state)
}

/// Refuses few bytes that claim to be very many.
fn check_ratio(dataset: &Hdf5Dataset, stored: usize, size: usize) -> Result<()> {
    if size <= BOMB_BYTES || stored.saturating_mul(BOMB_RATIO) >= size {
        return Ok(());
    }
    let why = format!("{stored} stored bytes claim to be a chunk of {size} bytes");
    Err(Error::new(ErrorKind::Limit, dataset.tried(), why))
}

/// Whether a slab is exactly one chunk, as a frame often is.
fn is_the_chunk(grid: &ChunkGrid, start: &[u64], slab: &Slab) -> bool {
    slab.start == start
        && slab.count == grid.chunk_shape()
        && slab.step.iter().all(|&step| step == 1)
}

fn decoded_chunk(dataset: &Hdf5Dataset, size: usize) -> Result<Vec<u8>> {
    let mut chunk = Vec::new();
    chunk.try_reserve_exact(size).map_err(|error| {
        Error::new(ErrorKind::Limit, dataset.tried(), "no memory for a chunk").with_source(error)
    })?;
    chunk.resize(size, 0);
    Ok(chunk)
}

/// The worse of two states: torn, missing, fill, present.
fn worse(state: BlockState, other: &BlockState) -> BlockState {
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

fn to_size(dataset: &Hdf5Dataset, size: u64) -> Result<usize> {
    usize::try_from(size).map_err(|error| {
        Error::new(ErrorKind::Limit, dataset.tried(), "it is too large").with_source(error)
    })
}

fn mismatch(dataset: &Hdf5Dataset) -> Error {
    Error::new(
        ErrorKind::Internal,
        dataset.tried(),
        "the fetched bytes do not belong to this part",
    )
}
