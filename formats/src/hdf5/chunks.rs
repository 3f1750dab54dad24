//! From stored chunks to a slab: filters undone and chunks put in place, in
//! parallel on the pool that calls.

mod side_by_side;

use std::ops::Range;

use bytes::Bytes;
use hutch_hdf5::{ChunkGrid, Slab as Selection, copy_chunk_into_slab, fill_chunk_into_slab};
use hutch_model::{BlockState, EncodedPiece, Error, ErrorKind, Result, Slab};
use rayon::prelude::*;

use super::dataset::{Hdf5Dataset, sample_error, selection};
use super::decode::{mismatch, to_size, worse};
use super::scratch::{fit, with_buffers};

/// Chunks up to this may be of any ratio.
const BOMB_BYTES: usize = 256 << 20;
/// Real data of that size never shrink so much.
const BOMB_RATIO: usize = 1000;
/// Slabs below this are decoded on the calling thread.
const SMALL_BYTES: usize = 128 << 10;
/// The mask of a piece that no filter was applied to.
pub(super) const UNFILTERED: u32 = u32::MAX;

/// The chunks of one slab.
struct Chunks<'a> {
    dataset: &'a Hdf5Dataset,
    grid: ChunkGrid,
    asked: &'a Slab,
    slab: Selection,
    /// Bytes of a decoded chunk.
    size: usize,
    is_cached: bool,
}

/// Rows of the slab that lie one behind another in the result, and the pieces
/// that hold them.
struct Band<'a> {
    pieces: &'a [EncodedPiece],
    slab: Selection,
    out: &'a mut [u8],
}

/// Puts the chunks of a slab into `out`, all of which is written.
pub(super) fn decode(
    dataset: &Hdf5Dataset,
    slab: &Slab,
    pieces: &[EncodedPiece],
    out: &mut [u8],
) -> Result<BlockState> {
    let (Some(grid), Some(layout)) = (dataset.grid(), dataset.stored.chunks()) else {
        return Err(mismatch(dataset));
    };
    let chunks = Chunks {
        dataset,
        is_cached: may_cache(dataset, &grid, slab, layout.chunk_bytes),
        grid,
        asked: slab,
        slab: selection(slab),
        size: to_size(dataset, layout.chunk_bytes)?,
    };
    let threads = rayon::current_num_threads().max(1);
    let is_small = out.len() < SMALL_BYTES || pieces.len() < 2 || threads == 1;
    let bands = chunks.bands(pieces, out)?;
    if is_small {
        return bands
            .into_iter()
            .try_fold(BlockState::Present, |state, mut band| {
                Ok(worse(state, &chunks.fill_band(&mut band)?))
            });
    }
    if bands.len() < threads.min(pieces.len()) {
        return chunks.decode_then_place(pieces, out, threads);
    }
    bands
        .into_par_iter()
        .map(|mut band| chunks.fill_band(&mut band))
        .try_reduce(|| BlockState::Present, |one, other| Ok(worse(one, &other)))
}

/// Whether the chunks of a slab that are used in part are worth keeping: all
/// of them together fit the cache, so that a look at a whole stack does not
/// sweep it.
pub(super) fn may_cache(
    dataset: &Hdf5Dataset,
    grid: &ChunkGrid,
    slab: &Slab,
    chunk_bytes: u64,
) -> bool {
    let touched = (0..grid.counts().len()).fold(1u64, |product, axis| {
        let chunk = grid.chunk_shape()[axis];
        let (start, count, step) = (slab.start[axis], slab.count[axis], slab.step[axis]);
        let last = start.saturating_add(count.saturating_sub(1).saturating_mul(step));
        let along = (last / chunk).saturating_sub(start / chunk) + 1;
        product.saturating_mul(along.min(count))
    });
    touched.saturating_mul(chunk_bytes) <= dataset.file.chunks.budget_bytes()
}

/// Whether a slab uses only a part of a chunk's elements.
pub(super) fn is_partial(grid: &ChunkGrid, start: &[u64], slab: &Slab) -> bool {
    (0..start.len()).any(|axis| {
        let end = start[axis].saturating_add(grid.chunk_shape()[axis]);
        let end = end.min(grid.shape()[axis]);
        let slab_end = slab.start[axis].saturating_add(slab.count[axis]);
        slab.step[axis] != 1 || slab.start[axis] > start[axis] || slab_end < end
    })
}

impl Chunks<'_> {
    fn error(&self, error: hutch_hdf5::Error) -> Error {
        sample_error(self.dataset, error)
    }

    /// Cuts the result into runs along its first axis of more than one index.
    fn bands<'b>(
        &self,
        pieces: &'b [EncodedPiece],
        mut out: &'b mut [u8],
    ) -> Result<Vec<Band<'b>>> {
        let mismatch = || mismatch(self.dataset);
        let axis = self.slab.count.iter().position(|&count| count > 1);
        let axis = axis.unwrap_or(0);
        let rows = *self.slab.count.get(axis).ok_or_else(mismatch)?;
        let row_bytes = out.len() / to_size(self.dataset, rows)?.max(1);
        let coordinate = |piece: &EncodedPiece| {
            let coordinates = self.grid.coordinates(piece.key)?;
            coordinates.get(axis).copied()
        };
        let mut bands = Vec::new();
        let mut done = 0;
        let same = |one: &EncodedPiece, other: &EncodedPiece| coordinate(one) == coordinate(other);
        for pieces in pieces.chunk_by(same) {
            let at = pieces.first().and_then(coordinate).ok_or_else(mismatch)?;
            let band = self.rows_of(axis, at);
            if band.start != done || band.end <= band.start {
                return Err(mismatch());
            }
            done = band.end;
            let bytes = to_size(self.dataset, band.end - band.start)?.saturating_mul(row_bytes);
            let (head, rest) = out.split_at_mut_checked(bytes).ok_or_else(mismatch)?;
            out = rest;
            bands.push(Band {
                pieces,
                slab: self.part(axis, &band),
                out: head,
            });
        }
        if done == rows {
            Ok(bands)
        } else {
            Err(mismatch())
        }
    }

    /// The rows of the slab, counted in the slab, that lie in chunks at this
    /// coordinate.
    fn rows_of(&self, axis: usize, coordinate: u64) -> Range<u64> {
        let (start, step) = (self.slab.start[axis], self.slab.step[axis].max(1));
        let chunk = self.grid.chunk_shape()[axis];
        let from = coordinate.saturating_mul(chunk);
        let first = from.saturating_sub(start).div_ceil(step);
        let end = from.saturating_add(chunk).saturating_sub(start);
        first..end.div_ceil(step).min(self.slab.count[axis])
    }

    /// The slab of some of the rows.
    fn part(&self, axis: usize, rows: &Range<u64>) -> Selection {
        let mut slab = self.slab.clone();
        slab.start[axis] += rows.start * slab.step[axis];
        slab.count[axis] = rows.end - rows.start;
        slab
    }

    fn fill_band(&self, band: &mut Band<'_>) -> Result<BlockState> {
        let mut state = BlockState::Present;
        for piece in band.pieces {
            state = worse(state, &self.place(piece, &band.slab, band.out)?);
        }
        Ok(state)
    }

    /// Decodes one chunk and puts its elements into their places.
    fn place(&self, piece: &EncodedPiece, slab: &Selection, out: &mut [u8]) -> Result<BlockState> {
        if piece.state != BlockState::Present {
            self.fill(piece.key, slab, out)?;
            return Ok(piece.state.clone());
        }
        let start = self.start_of(piece)?;
        if self.is_raw(piece, &start) {
            self.copy(&piece.bytes, piece.key, slab, out)?;
            return Ok(BlockState::Present);
        }
        // Before any memory is taken for it.
        self.check_ratio(piece.bytes.len())?;
        let is_the_chunk = slab.start == start
            && slab.count == self.grid.chunk_shape()
            && slab.step.iter().all(|&step| step == 1)
            && out.len() == self.size;
        let done = if is_the_chunk {
            self.undo(piece, &start, out)
        } else if self.is_kept(&start) {
            self.decoded(piece, &start).and_then(|chunk| {
                self.copy(&chunk, piece.key, slab, out)?;
                self.keep(piece.key, chunk);
                Ok(())
            })
        } else {
            with_buffers(|buffers| {
                let mut chunk = std::mem::take(&mut buffers.chunk);
                let target = fit(&mut chunk, self.size).ok_or_else(|| self.no_memory())?;
                let done = self.undo_with(piece, &start, target, &mut buffers.scratch);
                let done = done.and_then(|()| self.copy(target, piece.key, slab, out));
                buffers.chunk = chunk;
                done
            })
        };
        match done {
            Ok(()) => Ok(BlockState::Present),
            Err(error) => {
                let state = self.torn(error)?;
                self.fill(piece.key, slab, out)?;
                Ok(state)
            }
        }
    }

    /// In a file that is being written, damaged bytes are those of a chunk that
    /// is on its way.
    fn torn(&self, error: Error) -> Result<BlockState> {
        let is_damage = matches!(error.kind, ErrorKind::Unreadable | ErrorKind::Integrity);
        if is_damage && self.dataset.file.is_growing() {
            Ok(BlockState::Torn)
        } else {
            Err(error)
        }
    }

    fn decoded(&self, piece: &EncodedPiece, start: &[u64]) -> Result<Bytes> {
        let mut chunk = Vec::new();
        let target = fit(&mut chunk, self.size).ok_or_else(|| self.no_memory())?;
        self.undo(piece, start, target)?;
        Ok(Bytes::from(chunk))
    }

    /// Whether other slabs may want the rest of a chunk.
    fn is_kept(&self, start: &[u64]) -> bool {
        self.is_cached && is_partial(&self.grid, start, self.asked)
    }

    fn keep(&self, key: u64, chunk: Bytes) {
        let cache = &self.dataset.file.chunks;
        cache.put(self.dataset.address, key, chunk);
    }

    fn start_of(&self, piece: &EncodedPiece) -> Result<Vec<u64>> {
        let start = self.grid.start_of(piece.key);
        start.ok_or_else(|| mismatch(self.dataset))
    }

    /// Whether the bytes of a piece are those of its elements.
    fn is_raw(&self, piece: &EncodedPiece, start: &[u64]) -> bool {
        let filters = self.dataset.stored.filters_of_chunk(start);
        let is_filtered = |index: usize| index >= 32 || piece.filter_mask >> index & 1 == 0;
        piece.bytes.len() == self.size
            && (piece.filter_mask == UNFILTERED || !(0..filters.len()).any(is_filtered))
    }

    fn undo(&self, piece: &EncodedPiece, start: &[u64], target: &mut [u8]) -> Result<()> {
        with_buffers(|buffers| self.undo_with(piece, start, target, &mut buffers.scratch))
    }

    fn undo_with(
        &self,
        piece: &EncodedPiece,
        start: &[u64],
        target: &mut [u8],
        scratch: &mut hutch_hdf5::Scratch,
    ) -> Result<()> {
        hutch_codecs::decode_into(
            self.dataset.stored.filters_of_chunk(start),
            piece.filter_mask,
            &piece.bytes,
            self.dataset.element_size,
            target,
            scratch,
        )
        .map_err(|error| self.error(error.into()))
    }

    fn copy(&self, chunk: &[u8], key: u64, slab: &Selection, out: &mut [u8]) -> Result<()> {
        let size = self.dataset.element_size;
        copy_chunk_into_slab(chunk, &self.grid, key, slab, size, out)
            .map_err(|error| self.error(error))
    }

    fn fill(&self, key: u64, slab: &Selection, out: &mut [u8]) -> Result<()> {
        let (value, size) = (&self.dataset.stored.fill_value, self.dataset.element_size);
        fill_chunk_into_slab(value, &self.grid, key, slab, size, out)
            .map_err(|error| self.error(error))
    }

    /// Refuses few bytes that claim to be very many.
    fn check_ratio(&self, stored: usize) -> Result<()> {
        if self.size <= BOMB_BYTES || stored.saturating_mul(BOMB_RATIO) >= self.size {
            return Ok(());
        }
        let size = self.size;
        let why = format!("{stored} stored bytes claim to be a chunk of {size} bytes");
        Err(Error::new(ErrorKind::Limit, self.dataset.tried(), why))
    }

    fn no_memory(&self) -> Error {
        Error::new(
            ErrorKind::Limit,
            self.dataset.tried(),
            "no memory for a chunk",
        )
    }
}
