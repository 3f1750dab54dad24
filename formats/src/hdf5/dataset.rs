//! Samples of an HDF5 dataset, slab by slab.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use hutch_hdf5::{Blocks, ChunkGrid, ChunkTable, DatasetInfo as Stored, Layout, Step};
use hutch_model::{
    Block, BlockState, BoxFuture, Cancel, Dataset, DatasetInfo, ElementType, EncodedPart,
    EncodedPiece, EncodedSlab, Error, ErrorKind, Origin, ReadCost, Result, Samples, Slab,
    SourceFile,
};

use super::elements::{self, Elements};
use super::once::Once;
use super::places::OpenFile;
use super::references::Names;
use super::refresh::while_writing;
use super::{chunked, contiguous, decode, errors, external, ready, straight, text};

/// What a value that is no number takes in memory, about.
const VALUE_BYTES: u64 = 256;

/// Slabs that look up their own chunks before the whole table is asked for.
const FIRST_LOOKUPS: u32 = 2;
/// A table of more chunks than this is not read for the sake of a few of them,
const VAST_TABLE: u64 = 1 << 17;
/// which are less than this share of it.
const VAST_SHARE: u64 = 16;

/// A dataset of an HDF5 file.
#[derive(Debug)]
pub(super) struct Hdf5Dataset {
    pub(super) file: Arc<OpenFile>,
    /// Where its header lies in the file.
    pub(super) address: u64,
    pub(super) stored: Stored,
    /// As the file has it, where elements are arrays that became axes.
    in_file: Option<Stored>,
    pub(super) elements: Elements,
    /// Bytes of one element as stored.
    pub(super) element_size: usize,
    info: DatasetInfo,
    origin: Origin,
    table: Once<ChunkTable>,
    /// Slabs whose chunks were looked up before the table was there.
    lookups: AtomicU32,
}

impl Hdf5Dataset {
    pub(super) fn new(file: Arc<OpenFile>, address: u64, stored: Stored, origin: Origin) -> Self {
        let info = elements::describe(&stored, file.metadata.identity().size_bytes);
        let (stored, in_file) = match elements::with_array_axes(&stored) {
            Some(wider) => (wider, Some(stored)),
            None => (stored, None),
        };
        Self {
            in_file,
            elements: Elements::of(&stored.datatype),
            element_size: usize::try_from(stored.datatype.size).unwrap_or(usize::MAX),
            info,
            origin,
            table: Once::new(),
            lookups: AtomicU32::new(0),
            file,
            address,
            stored,
        }
    }

    /// The bytes of its elements as a dataset.
    fn as_bytes(&self) -> Option<Self> {
        let in_file = self.in_file.as_ref().unwrap_or(&self.stored);
        let stored = elements::with_byte_axis(in_file)?;
        let mut info = elements::describe(&stored, self.file.metadata.identity().size_bytes);
        info.stored = format!("bytes of {}", in_file.datatype.name());
        Some(Self {
            file: Arc::clone(&self.file),
            address: self.address,
            elements: Elements::of(&stored.datatype),
            element_size: 1,
            info,
            // No other dataset of the file has this path.
            origin: self
                .origin
                .at(&format!("{} (stored bytes)", self.origin.path)),
            table: Once::new(),
            lookups: AtomicU32::new(0),
            in_file: Some(in_file.clone()),
            stored,
        })
    }

    /// A fill value of several bytes is put where whole elements are asked for.
    fn check_fill(&self, slab: &Slab) -> Result<()> {
        let fill = self.stored.fill_value.len();
        let is_cut = slab.count.last().zip(self.info.shape.last());
        if fill > self.element_size && is_cut.is_none_or(|(count, size)| count != size) {
            let why = "a part of an element whose fill value is not one byte cannot be read alone";
            return Err(Error::new(ErrorKind::Unsupported, self.tried(), why));
        }
        Ok(())
    }

    pub(super) fn tried(&self) -> String {
        format!("read a part of \"{}\"", self.origin)
    }

    /// Checks a slab against the shape and the budget; gives its stored bytes.
    fn check(&self, slab: &Slab) -> Result<usize> {
        if let Some(why) = &self.info.unreadable {
            return Err(Error::new(
                ErrorKind::Unsupported,
                self.tried(),
                why.clone(),
            ));
        }
        if !slab.fits(&self.info.shape) {
            let why = format!("it does not lie inside the shape {:?}", self.info.shape);
            return Err(Error::new(ErrorKind::Usage, self.tried(), why));
        }
        self.check_fill(slab)?;
        let count = slab.element_count()?;
        // Values that are not numbers take more memory than they do stored.
        let memory = match &self.info.element {
            ElementType::Values(_) => VALUE_BYTES.max(self.element_size as u64),
            _ => self.element_size as u64,
        };
        let size = count
            .checked_mul(memory)
            .filter(|&size| size <= self.file.options().slab_limit_bytes)
            .and_then(|_| usize::try_from(count).ok()?.checked_mul(self.element_size));
        size.ok_or_else(|| {
            let limit = self.file.options().slab_limit_bytes >> 20;
            let why = format!("it takes more than the {limit} MiB that one part may take");
            Error::new(ErrorKind::Limit, self.tried(), why)
        })
    }

    /// Where the chunks lie, read once.
    pub(super) async fn table(&self, cancel: &Cancel) -> Result<Arc<ChunkTable>> {
        self.table
            .get(
                self.file
                    .metadata
                    .run(cancel, "read the chunk table", |blocks| {
                        let stored = self.in_file.as_ref().unwrap_or(&self.stored);
                        self.file.file.chunk_table(blocks, stored)
                    }),
            )
            .await
    }

    /// Where the chunks of a slab lie; whether the whole table is worth reading
    /// beside it.
    ///
    /// The first slab reads only those parts of the index that lead to it, so
    /// that it is here soon; later ones have the table. Of a vast table no more
    /// is read than slabs need, unless one needs much of it.
    pub(super) async fn chunks_of(
        &self,
        slab: &Slab,
        cancel: &Cancel,
    ) -> Result<(Arc<ChunkTable>, bool)> {
        if let Some(table) = self.table.made() {
            return Ok((table, false));
        }
        let selected = selection(slab);
        let is_vast = self.grid().is_some_and(|grid| {
            let count = grid.chunk_count();
            count > VAST_TABLE && (grid.chunks_in(&selected).len() as u64) < count / VAST_SHARE
        });
        let is_early = self.lookups.fetch_add(1, Ordering::Relaxed) < FIRST_LOOKUPS;
        if !is_early && !is_vast {
            return Ok((self.table(cancel).await?, false));
        }
        let metadata = &self.file.metadata;
        let stored = self.in_file.as_ref().unwrap_or(&self.stored);
        // The index knows nothing of axes that the file does not have; they come last, in one chunk.
        let mut known = selected;
        let rank = stored.shape().len();
        for axis in [&mut known.start, &mut known.count, &mut known.step] {
            axis.truncate(rank);
        }
        let part = metadata.run(cancel, "look up chunks", |blocks| {
            self.file.file.chunks_for(blocks, stored, &known)
        });
        Ok((Arc::new(part.await?), !is_vast))
    }

    /// The grid of chunks, which needs no table.
    pub(super) fn grid(&self) -> Option<ChunkGrid> {
        let chunks = self.stored.chunks()?;
        Some(ChunkGrid::new(self.stored.shape(), &chunks.chunk_shape))
    }

    /// The pieces of a slab; adds up the bytes that came for them.
    async fn fetch_pieces(
        &self,
        slab: &Slab,
        read_bytes: &mut u64,
        cancel: &Cancel,
    ) -> Result<Vec<EncodedPiece>> {
        let pieces = match &self.stored.layout {
            Layout::Compact(bytes) => Ok(vec![EncodedPiece {
                key: 0,
                filter_mask: 0,
                state: BlockState::Present,
                bytes: bytes.clone(),
            }]),
            Layout::Contiguous { address: None, .. } => Ok(vec![EncodedPiece {
                key: 0,
                filter_mask: 0,
                state: BlockState::Fill,
                bytes: Bytes::new(),
            }]),
            Layout::Contiguous {
                address: Some(address),
                ..
            } => contiguous::fetch(self, *address, slab, cancel).await,
            Layout::Chunked(_) => return chunked::fetch(self, slab, read_bytes, cancel).await,
            Layout::External(files) => external::fetch(self, files, slab, cancel).await,
            // Those are put together by another kind of dataset.
            Layout::Virtual(_) => Err(decode::mismatch(self)),
        }?;
        *read_bytes += pieces
            .iter()
            .map(|piece| piece.bytes.len() as u64)
            .sum::<u64>();
        Ok(pieces)
    }

    /// What reading a slab takes, from the table of chunks.
    async fn cost_of(&self, slab: &Slab, cancel: &Cancel) -> Result<ReadCost> {
        let size = self.check(slab)?;
        let mut cost = ReadCost {
            decoded_bytes: size as u64,
            ..ReadCost::default()
        };
        if size == 0 {
            return Ok(cost);
        }
        match &self.stored.layout {
            Layout::Contiguous {
                address: Some(address),
                ..
            } => contiguous::add_cost(self, *address, slab, &mut cost)?,
            Layout::Chunked(_) => chunked::add_cost(self, slab, &mut cost, cancel).await?,
            Layout::External(files) => external::add_cost(self, files, slab, &mut cost)?,
            _ => {}
        }
        Ok(cost)
    }

    /// Texts are decoded while fetching, since those of variable length lie
    /// elsewhere in the file.
    async fn fetch_texts(
        &self,
        slab: &Slab,
        size: usize,
        pieces: &[EncodedPiece],
        cancel: &Cancel,
    ) -> Result<EncodedPiece> {
        let mut raw = vec![0; size];
        let state = decode::into_bytes(self, slab, pieces, &mut raw)?;
        let texts = self
            .file
            .metadata
            .run(
                cancel,
                "read texts",
                |blocks: &Blocks| -> Result<Step<_>, _> {
                    self.file.file.strings(blocks, &self.stored.datatype, &raw)
                },
            )
            .await?;
        Ok(EncodedPiece {
            key: 0,
            filter_mask: 0,
            state,
            bytes: text::encode(&texts),
        })
    }

    /// Values are read while fetching, for the same reason.
    async fn fetch_values(
        &self,
        slab: &Slab,
        size: usize,
        pieces: &[EncodedPiece],
        cancel: &Cancel,
    ) -> Result<EncodedPart> {
        let mut raw = vec![0; size];
        let state = decode::into_bytes(self, slab, pieces, &mut raw)?;
        let datatype = &self.stored.datatype;
        let read = |blocks: &Blocks| self.file.file.values(blocks, datatype, &raw);
        let metadata = &self.file.metadata;
        let values = metadata.run(cancel, "read values", read).await?;
        let count = size / self.element_size.max(1);
        let names = Names::of_values([&values], &self.file, cancel).await;
        let samples = ready::samples(values, &self.info.element, count, &names);
        let samples = samples.ok_or_else(|| {
            let why = format!(
                "its elements of {} bytes do not come as {}",
                self.element_size, self.info.element
            );
            Error::new(ErrorKind::Unsupported, self.tried(), why)
        })?;
        Ok(ready::part(self, slab, samples, state))
    }

    async fn fetch_slab(&self, slab: &Slab, cancel: &Cancel) -> Result<EncodedSlab> {
        let size = self.check(slab)?;
        self.file.check_version().await?;
        let mut read_bytes = 0;
        let mut parts = Vec::new();
        let mut pieces = Vec::new();
        if let Some(part) = straight::fetch(self, slab, size, cancel).await? {
            read_bytes = size as u64;
            parts.push(part);
        } else if size > 0 {
            pieces = self.fetch_pieces(slab, &mut read_bytes, cancel).await?;
        }
        if self.elements == Elements::Text {
            pieces = vec![self.fetch_texts(slab, size, &pieces, cancel).await?];
        }
        if let Elements::Values(_) = &self.elements {
            parts.push(self.fetch_values(slab, size, &pieces, cancel).await?);
            pieces.clear();
        }
        self.file.check_version().await?;
        Ok(EncodedSlab {
            slab: slab.clone(),
            pieces,
            parts,
            read_bytes,
        })
    }
}

impl Dataset for Hdf5Dataset {
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
        Box::pin(async move {
            let fetched = self.fetch_slab(slab, cancel).await;
            fetched.map_err(|error| while_writing(&self.file, error))
        })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let mut samples = Samples::zeroed(&self.info.element, 0)?;
        let state = self.decode_into(encoded, &mut samples)?;
        Ok(Block {
            shape: encoded.slab.count.clone(),
            samples,
            state,
        })
    }

    fn decode_into(&self, encoded: &EncodedSlab, samples: &mut Samples) -> Result<BlockState> {
        self.check(&encoded.slab)?;
        decode::decode_into(self, encoded, samples)
    }

    fn sources<'a>(&'a self, _cancel: &'a Cancel) -> BoxFuture<'a, Result<Vec<SourceFile>>> {
        Box::pin(async move {
            match &self.stored.layout {
                Layout::External(files) => external::look_at_files(self, files).await,
                _ => Ok(Vec::new()),
            }
        })
    }

    fn stored_bytes(&self) -> Option<Arc<dyn Dataset>> {
        Some(Arc::new(self.as_bytes()?))
    }

    fn cost<'a>(&'a self, slab: &'a Slab, cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        Box::pin(self.cost_of(slab, cancel))
    }
}

/// The same selection in the words of the reader.
pub(super) fn selection(slab: &Slab) -> hutch_hdf5::Slab {
    hutch_hdf5::Slab {
        start: slab.start.clone(),
        count: slab.count.clone(),
        step: slab.step.clone(),
    }
}

/// An error of the reader about samples.
pub(super) fn sample_error(dataset: &Hdf5Dataset, error: hutch_hdf5::Error) -> Error {
    errors::error(error, dataset.tried())
}
