//! Datasets whose samples lie in one run: raw volumes, numpy arrays.

use std::sync::Arc;

use hutch_hdf5::{Piece, contiguous_pieces};
use hutch_model::{
    Block, BlockState, BoxFuture, ByteRange, Cancel, Dataset, DatasetInfo, EncodedPiece,
    EncodedSlab, Error, ErrorKind, Origin, ReadCost, Result, Samples, Slab,
};

use super::chunked::{check_slab, selection};
use super::file::ImageFile;
use super::sample::SampleType;
use super::state::worse;

/// Runs of bytes that one slab may have.
const PIECE_LIMIT: u64 = 1 << 22;

/// How the axes of the samples follow each other in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AxisOrder {
    /// The last axis runs fastest, as in C.
    LastFastest,
    /// The first axis runs fastest, as in Fortran.
    FirstFastest,
}

/// A dataset in one run of a file.
#[derive(Debug)]
pub(crate) struct Contiguous {
    info: DatasetInfo,
    sample: SampleType,
    order: AxisOrder,
    /// The first byte of the first sample.
    start: u64,
    file: ImageFile,
    origin: Origin,
}

impl Contiguous {
    /// The dataset at a path of a file, whose samples begin at byte `start`.
    pub(crate) fn dataset(
        file: &ImageFile,
        path: &str,
        info: DatasetInfo,
        sample: SampleType,
        (start, order): (u64, AxisOrder),
    ) -> Arc<dyn Dataset> {
        Arc::new(Self {
            origin: file.origin(path),
            file: file.clone(),
            info,
            sample,
            order,
            start,
        })
    }

    /// A dataset of which only the description can be read, which says why.
    pub(crate) fn unreadable(file: &ImageFile, path: &str, info: DatasetInfo) -> Arc<dyn Dataset> {
        let sample = SampleType::little(info.element.clone());
        Self::dataset(file, path, info, sample, (0, AxisOrder::LastFastest))
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        let tried = format!("read a part of \"{}\"", self.origin);
        Error::new(kind, tried, why)
    }

    fn check(&self, slab: &Slab) -> Result<usize> {
        check_slab(&self.info, slab, |kind, why| self.error(kind, why))
    }

    /// The runs of a slab, in the order of the file's own axes.
    fn runs(&self, slab: &Slab) -> Result<Vec<Piece>> {
        let (shape, slab) = match self.order {
            AxisOrder::LastFastest => (self.info.shape.clone(), slab.clone()),
            AxisOrder::FirstFastest => (reversed(&self.info.shape), reversed_slab(slab)),
        };
        let count = slab.count.iter().rev().skip(1);
        let count = count.fold(1u64, |product, &count| product.saturating_mul(count));
        if count > PIECE_LIMIT && slab.count != shape {
            let why = format!("it is scattered over {count} places, more than {PIECE_LIMIT}");
            return Err(self.error(ErrorKind::Limit, why));
        }
        let size = self.sample.size_bytes();
        contiguous_pieces(self.start, &shape, &selection(&slab), size)
            .map_err(|error| self.error(ErrorKind::Internal, error.to_string()))
    }

    async fn fetch_slab(&self, slab: &Slab, cancel: &Cancel) -> Result<EncodedSlab> {
        self.check(slab)?;
        let ranges = ranges(&self.runs(slab)?);
        let size = self.file.size_bytes();
        // A file that was cut still shows what it has.
        let cut = |at: u64| at.min(size);
        let inside: Vec<ByteRange> = ranges
            .iter()
            .map(|range| ByteRange::new(cut(range.start), cut(range.end)))
            .collect();
        let read = self.file.read(&inside, cancel).await?;
        let pieces = ranges.iter().zip(read).map(|(range, bytes)| EncodedPiece {
            key: range.start,
            filter_mask: 0,
            state: if range.end <= size {
                BlockState::Present
            } else {
                let end = range.end;
                let why = format!("the file ends at byte {size}, its samples at byte {end}");
                BlockState::Missing(why)
            },
            bytes: bytes.unwrap_or_default(),
        });
        Ok(EncodedSlab::of_pieces(slab.clone(), pieces.collect()))
    }

    /// Copies the runs of a slab into `out`, in the order of the file's axes.
    fn copy_runs(&self, encoded: &EncodedSlab, out: &mut [u8]) -> Result<BlockState> {
        let mut state = BlockState::Present;
        let runs = self.runs(&encoded.slab)?;
        let mismatch = || self.error(ErrorKind::Internal, "the bytes are of another part");
        if runs.len() != encoded.pieces.len() {
            return Err(mismatch());
        }
        let element = self.sample.size_bytes();
        for (run, piece) in runs.iter().zip(&encoded.pieces) {
            let mut run = run.clone();
            if piece.state != BlockState::Present {
                state = worse(state, &piece.state);
                let whole = (piece.bytes.len() / element.max(1)).div_ceil(run.step.max(1));
                let have = whole.min(run.count);
                let missing = run.out_offset.saturating_add(have.saturating_mul(element))
                    ..run
                        .out_offset
                        .saturating_add(run.count.saturating_mul(element));
                out.get_mut(missing).ok_or_else(mismatch)?.fill(0);
                run.count = have;
            }
            run.copy_into(&piece.bytes, element, out)
                .map_err(|error| self.error(ErrorKind::Internal, error.to_string()))?;
        }
        Ok(state)
    }
}

impl Dataset for Contiguous {
    fn info(&self) -> &DatasetInfo {
        &self.info
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
        samples.fit(&self.info.element, count)?;
        let state = match self.order {
            AxisOrder::LastFastest => self.copy_runs(encoded, samples.bytes_mut())?,
            AxisOrder::FirstFastest => {
                let mut stored = Samples::zeroed(&self.info.element, count)?;
                let state = self.copy_runs(encoded, stored.bytes_mut())?;
                let size = self.sample.size_bytes();
                transpose(
                    stored.bytes(),
                    &encoded.slab.count,
                    size,
                    samples.bytes_mut(),
                );
                state
            }
        };
        self.sample.to_native(samples.bytes_mut());
        Ok(state)
    }

    fn cost<'a>(&'a self, slab: &'a Slab, _cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        Box::pin(async move {
            let count = self.check(slab)?;
            Ok(ReadCost {
                decoded_bytes: (count * self.sample.size_bytes()) as u64,
                ..self.file.cost(&ranges(&self.runs(slab)?))
            })
        })
    }
}

fn ranges(runs: &[Piece]) -> Vec<ByteRange> {
    runs.iter()
        .map(|run| ByteRange::new(run.range.start, run.range.end))
        .collect()
}

fn reversed(sizes: &[u64]) -> Vec<u64> {
    sizes.iter().rev().copied().collect()
}

fn reversed_slab(slab: &Slab) -> Slab {
    Slab {
        start: reversed(&slab.start),
        count: reversed(&slab.count),
        step: reversed(&slab.step),
    }
}

/// Turns samples whose first axis runs fastest into ones whose last does;
/// `shape` is that of the result.
fn transpose(stored: &[u8], shape: &[u64], element_size: usize, out: &mut [u8]) {
    let sizes: Vec<usize> = shape
        .iter()
        .map(|&size| usize::try_from(size).unwrap_or(usize::MAX))
        .collect();
    let mut strides = Vec::with_capacity(sizes.len());
    let mut stride = 1usize;
    for &size in &sizes {
        strides.push(stride);
        stride = stride.saturating_mul(size);
    }
    let mut at = vec![0usize; sizes.len()];
    let mut from = 0usize;
    for place in out.chunks_exact_mut(element_size.max(1)) {
        let first = from.saturating_mul(element_size);
        if let Some(sample) = stored.get(first..first.saturating_add(element_size)) {
            place.copy_from_slice(sample);
        }
        // The next index, the last axis fastest.
        for axis in (0..sizes.len()).rev() {
            at[axis] += 1;
            from += strides[axis];
            if at[axis] < sizes[axis] {
                break;
            }
            from -= strides[axis] * sizes[axis];
            at[axis] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_rows() {
        // The array [[0, 1, 2], [3, 4, 5]] as Fortran writes it.
        let mut out = [0; 6];
        transpose(&[0, 3, 1, 4, 2, 5], &[2, 3], 1, &mut out);
        assert_eq!(out, [0, 1, 2, 3, 4, 5], "row by row");
    }
}
