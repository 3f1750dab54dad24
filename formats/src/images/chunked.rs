//! Datasets whose frames lie in pieces: strips, tiles, whole compressed frames.

use std::sync::Arc;

use bytes::Bytes;
use hutch_hdf5::{ChunkGrid, copy_chunk_into_slab, fill_chunk_into_slab};
use hutch_model::{
    Block, BlockState, BoxFuture, ByteRange, Cancel, Dataset, DatasetInfo, EncodedPiece,
    EncodedSlab, Error, ErrorKind, Origin, ReadCost, Result, Samples, Slab,
};

use super::file::ImageFile;
use super::state::worse;

/// Bytes that one decoded slab may take.
const SLAB_LIMIT_BYTES: u64 = 1 << 30;
/// Chunks that one slab may touch.
const CHUNK_LIMIT: u64 = 1 << 21;
/// Stored bytes that one slab may touch.
const STORED_LIMIT_BYTES: u64 = 4 * SLAB_LIMIT_BYTES;
/// Chunks up to this may have shrunk by any ratio.
const BOMB_BYTES: usize = 256 << 20;
/// Real data of that size never shrink so much.
const BOMB_RATIO: usize = 1000;

/// Where the stored bytes of a chunk lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In these ranges, one behind the other.
    Ranges(Vec<ByteRange>),
    /// Nowhere: its samples are zeros.
    Fill,
    /// Nowhere, though they should be, and why.
    Missing(String),
}

/// What a format knows of a dataset whose samples lie in chunks.
///
/// Chunks are numbered as by [`ChunkGrid`], the last axis fastest.
pub(crate) trait Chunks: Send + Sync + std::fmt::Debug {
    /// Shape and type; `chunk_shape` has as many axes as `shape`.
    fn info(&self) -> &DatasetInfo;

    /// Where chunks lie, one answer for each; a format that has read all of its
    /// header answers at once.
    fn locate<'a>(
        &'a self,
        chunks: &'a [u64],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Vec<Place>>>;

    /// Decodes the stored bytes of a chunk, one entry for each of its ranges,
    /// into samples in the byte order of this machine. `out` is the whole
    /// chunk, also where the dataset ends inside it; what lies beyond the end
    /// is ignored.
    ///
    /// # Errors
    /// Why the bytes are damaged.
    fn decode(&self, chunk: u64, stored: &[Bytes], out: &mut [u8]) -> Result<(), String>;
}

/// A dataset over [`Chunks`]: reads only those that a slab touches.
#[derive(Debug)]
pub(crate) struct Chunked<C> {
    chunks: C,
    grid: ChunkGrid,
    file: ImageFile,
    origin: Origin,
}

impl<C: Chunks + 'static> Chunked<C> {
    /// The dataset at a path of a file.
    pub(crate) fn dataset(file: &ImageFile, path: &str, chunks: C) -> Arc<dyn Dataset> {
        let info = chunks.info();
        let chunk_shape = info.chunk_shape.as_ref().unwrap_or(&info.shape);
        Arc::new(Self {
            grid: ChunkGrid::new(&info.shape, chunk_shape),
            origin: file.origin(path),
            file: file.clone(),
            chunks,
        })
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        let tried = format!("read a part of \"{}\"", self.origin);
        Error::new(kind, tried, why)
    }

    fn element_size(&self) -> usize {
        self.info().element.size_bytes().unwrap_or(0)
    }

    /// Checks a slab against the shape and the budgets; gives its elements.
    fn check(&self, slab: &Slab) -> Result<usize> {
        let info = self.chunks.info();
        check_slab(info, slab, |kind, why| self.error(kind, why))
    }

    fn touched(&self, slab: &Slab) -> Result<Vec<u64>> {
        let along = |axis: usize| {
            let (count, step) = (slab.count[axis], slab.step[axis]);
            let span = count.saturating_sub(1).saturating_mul(step);
            count.min((span / self.grid.chunk_shape()[axis].max(1)).saturating_add(2))
        };
        let count =
            (0..slab.count.len()).fold(1u64, |product, axis| product.saturating_mul(along(axis)));
        if count > CHUNK_LIMIT {
            let why = format!("it touches {count} pieces, more than {CHUNK_LIMIT}");
            return Err(self.error(ErrorKind::Limit, why));
        }
        Ok(self.grid.chunks_in(&selection(slab)))
    }

    async fn places(&self, slab: &Slab, cancel: &Cancel) -> Result<Vec<(u64, Place)>> {
        self.check(slab)?;
        let touched = self.touched(slab)?;
        let places = self.chunks.locate(&touched, cancel).await?;
        let size = self.file.size_bytes();
        let mut total = 0u64;
        let mut placed = Vec::with_capacity(touched.len());
        for (chunk, place) in touched.into_iter().zip(places) {
            let mut place = place;
            if let Place::Ranges(ranges) = &place {
                total = ranges
                    .iter()
                    .fold(total, |sum, range| sum.saturating_add(range.len()));
                if let Some(beyond) = ranges.iter().find(|range| range.end > size) {
                    let why = format!(
                        "the file ends at byte {size}, before the samples at {}",
                        beyond.start
                    );
                    place = Place::Missing(why);
                }
            }
            placed.push((chunk, place));
        }
        if total > STORED_LIMIT_BYTES {
            let why = format!("it takes {total} stored bytes, more than {STORED_LIMIT_BYTES}");
            return Err(self.error(ErrorKind::Limit, why));
        }
        Ok(placed)
    }

    async fn fetch_slab(&self, slab: &Slab, cancel: &Cancel) -> Result<EncodedSlab> {
        let placed = self.places(slab, cancel).await?;
        let ranges = all_ranges(&placed);
        let mut read = self.file.read(&ranges, cancel).await?.into_iter();
        let mut pieces = Vec::with_capacity(placed.len());
        let piece = |key, state, bytes| EncodedPiece {
            key,
            filter_mask: 0,
            state,
            bytes,
        };
        for (chunk, place) in placed {
            match place {
                Place::Ranges(ranges) => {
                    for bytes in read.by_ref().take(ranges.len()) {
                        let bytes = bytes.ok_or_else(|| {
                            self.error(ErrorKind::Internal, "no answer came for a range")
                        })?;
                        pieces.push(piece(chunk, BlockState::Present, bytes));
                    }
                }
                Place::Fill => pieces.push(piece(chunk, BlockState::Fill, Bytes::new())),
                Place::Missing(why) => {
                    pieces.push(piece(chunk, BlockState::Missing(why), Bytes::new()));
                }
            }
        }
        Ok(EncodedSlab::of_pieces(slab.clone(), pieces))
    }

    async fn cost_of(&self, slab: &Slab, cancel: &Cancel) -> Result<ReadCost> {
        let placed = self.places(slab, cancel).await?;
        let decoded = slab
            .element_count()?
            .saturating_mul(self.element_size() as u64);
        Ok(ReadCost {
            decoded_bytes: decoded,
            chunks: placed.len() as u64,
            ..self.file.cost(&all_ranges(&placed))
        })
    }

    /// Decodes all pieces into `out`, which holds the slab.
    fn decode_pieces(&self, encoded: &EncodedSlab, out: &mut [u8]) -> Result<BlockState> {
        let slab = &encoded.slab;
        let mut state = BlockState::Present;
        let mut scratch = Vec::new();
        for pieces in encoded.pieces.chunk_by(|one, next| one.key == next.key) {
            let Some(first) = pieces.first() else {
                continue;
            };
            state = worse(state, &first.state);
            if first.state == BlockState::Present {
                self.decode_chunk(first.key, pieces, slab, &mut scratch, out)?;
            } else {
                let element = self.element_size();
                fill_chunk_into_slab(&[], &self.grid, first.key, &selection(slab), element, out)
                    .map_err(|error| self.error(ErrorKind::Internal, error.to_string()))?;
            }
        }
        Ok(state)
    }

    fn decode_chunk(
        &self,
        chunk: u64,
        pieces: &[EncodedPiece],
        slab: &Slab,
        scratch: &mut Vec<u8>,
        out: &mut [u8],
    ) -> Result<()> {
        let element = self.element_size();
        let size = self.chunk_bytes()?;
        let stored: Vec<Bytes> = pieces.iter().map(|piece| piece.bytes.clone()).collect();
        self.check_ratio(&stored, size)?;
        let damaged = |why| self.error(ErrorKind::Unreadable, why);
        let direct = direct_place(&self.grid, chunk, slab)
            .and_then(|from| from.checked_mul(element))
            .and_then(|from| out.get_mut(from..from.checked_add(size)?));
        if let Some(direct) = direct {
            return self.chunks.decode(chunk, &stored, direct).map_err(damaged);
        }
        if scratch.len() != size {
            scratch.try_reserve_exact(size).map_err(|error| {
                self.error(ErrorKind::Limit, "no memory for a piece of it")
                    .with_source(error)
            })?;
            scratch.resize(size, 0);
        }
        self.chunks
            .decode(chunk, &stored, scratch)
            .map_err(damaged)?;
        copy_chunk_into_slab(scratch, &self.grid, chunk, &selection(slab), element, out)
            .map_err(|error| self.error(ErrorKind::Internal, error.to_string()))
    }

    fn chunk_bytes(&self) -> Result<usize> {
        self.grid
            .chunk_shape()
            .iter()
            .try_fold(self.element_size() as u64, |size, &axis| {
                size.checked_mul(axis)
            })
            .filter(|&size| size <= SLAB_LIMIT_BYTES)
            .and_then(|size| usize::try_from(size).ok())
            .ok_or_else(|| self.error(ErrorKind::Limit, "one piece of it takes more than 1 GiB"))
    }

    /// Refuses few bytes that claim to be very many.
    fn check_ratio(&self, stored: &[Bytes], size: usize) -> Result<()> {
        let have: usize = stored.iter().map(Bytes::len).sum();
        if size <= BOMB_BYTES || have.saturating_mul(BOMB_RATIO) >= size {
            return Ok(());
        }
        let why = format!("{have} stored bytes claim to be a piece of {size} bytes");
        Err(self.error(ErrorKind::Limit, why))
    }
}

impl<C: Chunks + 'static> Dataset for Chunked<C> {
    fn info(&self) -> &DatasetInfo {
        self.chunks.info()
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        Box::pin(self.fetch_slab(slab, cancel))
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let mut samples = Samples::U8(Vec::new());
        let state = self.decode_into(encoded, &mut samples)?;
        Ok(Block {
            shape: encoded.slab.count.clone(),
            samples,
            state,
        })
    }

    fn decode_into(&self, encoded: &EncodedSlab, samples: &mut Samples) -> Result<BlockState> {
        let count = self.check(&encoded.slab)?;
        samples.fit(&self.info().element, count)?;
        self.decode_pieces(encoded, samples.bytes_mut())
    }

    fn cost<'a>(&'a self, slab: &'a Slab, cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        Box::pin(self.cost_of(slab, cancel))
    }
}

/// Checks a slab against what is known of a dataset; gives its elements.
pub(super) fn check_slab(
    info: &DatasetInfo,
    slab: &Slab,
    error: impl Fn(ErrorKind, String) -> Error,
) -> Result<usize> {
    if let Some(why) = &info.unreadable {
        return Err(error(ErrorKind::Unsupported, why.clone()));
    }
    if !slab.fits(&info.shape) {
        let why = format!("it does not lie inside the shape {:?}", info.shape);
        return Err(error(ErrorKind::Usage, why));
    }
    let element = info.element.size_bytes().unwrap_or(0) as u64;
    let count = slab.element_count()?;
    count
        .checked_mul(element)
        .filter(|&size| size <= SLAB_LIMIT_BYTES)
        .and_then(|_| usize::try_from(count).ok())
        .ok_or_else(|| {
            let limit = SLAB_LIMIT_BYTES >> 20;
            let why = format!("it takes more than the {limit} MiB that one part may take");
            error(ErrorKind::Limit, why)
        })
}

/// The same selection in the words of the grid.
pub(super) fn selection(slab: &Slab) -> hutch_hdf5::Slab {
    hutch_hdf5::Slab {
        start: slab.start.clone(),
        count: slab.count.clone(),
        step: slab.step.clone(),
    }
}

fn all_ranges(placed: &[(u64, Place)]) -> Vec<ByteRange> {
    placed
        .iter()
        .filter_map(|(_, place)| match place {
            Place::Ranges(ranges) => Some(ranges.iter().copied()),
            Place::Fill | Place::Missing(_) => None,
        })
        .flatten()
        .collect()
}

/// Where a chunk lies in a slab, in elements, if all of it lies there in one run.
fn direct_place(grid: &ChunkGrid, chunk: u64, slab: &Slab) -> Option<usize> {
    let start = grid.start_of(chunk)?;
    let mut place = 0u64;
    // From the slowest axis on: single elements, then one part of an axis, then
    // whole axes.
    let mut is_inside_run = false;
    for (axis, &from) in start.iter().enumerate() {
        let size = *grid.chunk_shape().get(axis)?;
        let (first, count, step) = (slab.start[axis], slab.count[axis], slab.step[axis]);
        let offset = from.checked_sub(first)?;
        if is_inside_run {
            let is_whole = offset == 0 && step == 1 && count == size;
            is_whole.then_some(())?;
        }
        let index = offset / step;
        let is_held = offset % step == 0
            && (size == 1 || step == 1)
            && index.checked_add(size).is_some_and(|end| end <= count);
        is_held.then_some(())?;
        is_inside_run |= size > 1;
        place = place.checked_mul(count)?.checked_add(index)?;
    }
    usize::try_from(place).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_of_whole_rows_is_decoded_in_place() {
        let grid = ChunkGrid::new(&[3, 8, 5], &[1, 2, 5]);
        let slab = Slab::whole(&[3, 8, 5]);
        assert_eq!(direct_place(&grid, 5, &slab), Some(50), "frame 1, row 2");
        let rows = Slab {
            start: vec![1, 2, 0],
            count: vec![2, 4, 5],
            step: vec![1, 1, 1],
        };
        assert_eq!(direct_place(&grid, 5, &rows), Some(0), "its first rows");
        assert_eq!(direct_place(&grid, 4, &rows), None, "it begins before");
        let columns = Slab {
            start: vec![0, 0, 1],
            count: vec![3, 8, 4],
            step: vec![1, 1, 1],
        };
        assert_eq!(direct_place(&grid, 5, &columns), None, "parts of rows");
    }

    #[test]
    fn a_tile_is_decoded_in_place_only_alone() {
        let grid = ChunkGrid::new(&[4, 4], &[2, 2]);
        let slab = Slab::whole(&[4, 4]);
        assert_eq!(direct_place(&grid, 0, &slab), None, "between other tiles");
        let alone = Slab {
            start: vec![2, 2],
            count: vec![2, 2],
            step: vec![1, 1],
        };
        assert_eq!(direct_place(&grid, 3, &alone), Some(0), "the last tile");
    }
}
