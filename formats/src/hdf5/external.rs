//! Datasets whose samples lie in raw files beside the file.

use bytes::{Bytes, BytesMut};
use hutch_hdf5::{ExternalFile, ExternalPiece, external_pieces, fill_slab};
use hutch_model::{
    BlockState, BoxFuture, ByteRange, Cancel, EncodedPiece, Error, ErrorKind, ReadCost, Result,
    Slab, SourceFile,
};

use super::dataset::{Hdf5Dataset, sample_error, selection};
use super::decode::{mismatch, worse};
use super::metadata::merge;
use crate::join::join_all;

/// The bytes of raw files that make up a slab.
fn pieces(
    dataset: &Hdf5Dataset,
    files: &[ExternalFile],
    slab: &Slab,
) -> Result<Vec<ExternalPiece>> {
    let (shape, size) = (dataset.stored.shape(), dataset.element_size);
    external_pieces(files, shape, &selection(slab), size)
        .map_err(|error| sample_error(dataset, error))
}

/// Reads the runs of a slab from all files that hold some, side by side. The
/// key of a piece is its offset in the result.
pub(super) async fn fetch(
    dataset: &Hdf5Dataset,
    files: &[ExternalFile],
    slab: &Slab,
    cancel: &Cancel,
) -> Result<Vec<EncodedPiece>> {
    let pieces = pieces(dataset, files, slab)?;
    let reads = files.iter().enumerate().map(
        |(index, file)| -> BoxFuture<'_, Result<Vec<EncodedPiece>>> {
            let own: Vec<&ExternalPiece> =
                pieces.iter().filter(|piece| piece.file == index).collect();
            Box::pin(fetch_file(dataset, &file.name, own, cancel))
        },
    );
    let mut fetched = Vec::with_capacity(pieces.len());
    for file in join_all(reads.collect()).await {
        fetched.extend(file?);
    }
    Ok(fetched)
}

async fn fetch_file(
    dataset: &Hdf5Dataset,
    name: &str,
    pieces: Vec<&ExternalPiece>,
    cancel: &Cancel,
) -> Result<Vec<EncodedPiece>> {
    if pieces.is_empty() {
        return Ok(Vec::new());
    }
    let encoded = |piece: &ExternalPiece, state, bytes| EncodedPiece {
        key: piece.out_offset as u64,
        filter_mask: 0,
        state,
        bytes,
    };
    let source = match dataset.file.raw(name).await {
        Ok(source) => source,
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Refused) => {
            let missing =
                |piece| encoded(piece, BlockState::Missing(error.why.clone()), Bytes::new());
            return Ok(pieces.into_iter().map(missing).collect());
        }
        Err(error) => return Err(error),
    };
    let size = source.identity().await?.size_bytes;
    let clipped = |piece: &ExternalPiece| {
        ByteRange::new(piece.range.start.min(size), piece.range.end.min(size))
    };
    let ranges: Vec<ByteRange> = pieces.iter().map(|piece| clipped(piece)).collect();
    let ranges = ranges.into_iter().filter(|range| !range.is_empty());
    let ranges = merge(ranges.collect(), source.cost_hint().gap_bytes);
    let mut runs = Vec::with_capacity(ranges.len());
    for (range, bytes) in ranges.iter().zip(source.read(&ranges, cancel).await) {
        runs.push((range.start, bytes?));
    }
    pieces
        .into_iter()
        .map(|piece| {
            let bytes = cut(&runs, clipped(piece)).ok_or_else(|| mismatch(dataset))?;
            let length = usize::try_from(piece.range.end - piece.range.start).unwrap_or(0);
            Ok(encoded(piece, BlockState::Present, padded(bytes, length)))
        })
        .collect()
}

/// A range of what was read.
fn cut(runs: &[(u64, Bytes)], range: ByteRange) -> Option<Bytes> {
    if range.is_empty() {
        return Some(Bytes::new());
    }
    let at = runs.partition_point(|(start, _)| *start <= range.start);
    let (start, bytes) = runs.get(at.checked_sub(1)?)?;
    let from = usize::try_from(range.start - start).ok()?;
    let to = from.checked_add(usize::try_from(range.len()).ok()?)?;
    (to <= bytes.len()).then(|| bytes.slice(from..to))
}

/// Behind the end of a raw file there are zeros.
fn padded(bytes: Bytes, length: usize) -> Bytes {
    if bytes.len() >= length {
        return bytes;
    }
    let mut whole = BytesMut::from(bytes.as_ref());
    whole.resize(length, 0);
    whole.freeze()
}

/// Adds what reading a slab takes.
pub(super) fn add_cost(
    dataset: &Hdf5Dataset,
    files: &[ExternalFile],
    slab: &Slab,
    cost: &mut ReadCost,
) -> Result<()> {
    let pieces = pieces(dataset, files, slab)?;
    let gap = dataset.file.metadata.gap_bytes();
    for index in 0..files.len() {
        let own = pieces.iter().filter(|piece| piece.file == index);
        let own = own.map(|piece| ByteRange::new(piece.range.start, piece.range.end));
        let ranges = merge(own.collect(), gap);
        cost.requests += ranges.len() as u64;
        cost.stored_bytes += ranges.iter().map(|range| range.len()).sum::<u64>();
    }
    Ok(())
}

/// Puts the runs of a slab into `out`; what no file holds has the fill value.
pub(super) fn decode(
    dataset: &Hdf5Dataset,
    pieces: &[EncodedPiece],
    out: &mut [u8],
) -> Result<BlockState> {
    fill_slab(&dataset.stored.fill_value, out);
    let mut state = BlockState::Present;
    for piece in pieces {
        state = worse(state, &piece.state);
        if piece.state == BlockState::Present {
            let from = usize::try_from(piece.key).unwrap_or(usize::MAX);
            let target = from
                .checked_add(piece.bytes.len())
                .and_then(|to| out.get_mut(from..to));
            target
                .ok_or_else(|| mismatch(dataset))?
                .copy_from_slice(&piece.bytes);
        }
    }
    Ok(state)
}

/// The raw files, each looked for.
pub(super) async fn look_at_files(
    dataset: &Hdf5Dataset,
    files: &[ExternalFile],
) -> Result<Vec<SourceFile>> {
    let mut found: Vec<SourceFile> = Vec::with_capacity(files.len());
    for file in files {
        if found.iter().any(|known| known.file == file.name) {
            continue;
        }
        let opened: Result<_, Error> = dataset.file.raw(&file.name).await;
        found.push(SourceFile {
            file: file.name.clone(),
            missing: opened.err().map(|error| error.why),
        });
    }
    Ok(found)
}
