//! A stream as views know it: its index in memory, and the bytes of its chunks.

use std::ops::Range;
use std::sync::Arc;

use hutch_model::{
    Block, BlockState, BoxFuture, ByteRange, Cancel, Chunk, Dataset, DatasetInfo, ElementType,
    EncodedPiece, EncodedSlab, Error, ErrorKind, FoundCounts, FoundRow, Origin, ReadCost, Result,
    Samples, SerialRun, Slab,
};

use super::chunk::read_chunk;
use super::rows::Index;
use crate::images::file::ImageFile;

/// The index of a stream, and where its chunks are read.
#[derive(Debug)]
pub(super) struct StreamRun {
    index: Arc<Index>,
    bytes: Arc<dyn Dataset>,
}

impl StreamRun {
    pub(super) const fn new(index: Arc<Index>, bytes: Arc<dyn Dataset>) -> Self {
        Self { index, bytes }
    }
}

impl SerialRun for StreamRun {
    fn rows(&self) -> &[FoundRow] {
        &self.index.rows
    }

    fn text(&self, number: u32) -> &str {
        self.index.text(number)
    }

    fn text_count(&self) -> u32 {
        self.index.texts.count()
    }

    fn counts(&self) -> FoundCounts {
        FoundCounts {
            frames: self.index.chunk_count,
            hits: self.index.hit_count,
            indexed: self.index.indexed_count,
            crystals: self.index.crystal_count,
        }
    }

    fn header(&self) -> &[String] {
        &self.index.header
    }

    fn problems(&self) -> Vec<String> {
        self.index.all_problems().map(ToString::to_string).collect()
    }

    fn unfinished(&self) -> Option<String> {
        self.index.unfinished.as_ref().map(ToString::to_string)
    }

    fn bytes(&self) -> Arc<dyn Dataset> {
        Arc::clone(&self.bytes)
    }

    fn geometry(&self) -> Option<Range<u64>> {
        self.index.geometry.clone()
    }

    fn chunk(&self, bytes: &[u8]) -> Chunk {
        read_chunk(bytes)
    }
}

/// The bytes of a file as they are, `[byte]`.
#[derive(Debug)]
pub(super) struct FileBytes {
    file: ImageFile,
    info: DatasetInfo,
    origin: Origin,
}

impl FileBytes {
    pub(super) fn new(file: ImageFile) -> Self {
        let info = DatasetInfo {
            shape: vec![file.size_bytes()],
            element: ElementType::U8,
            stored: "bytes".to_owned(),
            chunk_shape: None,
            filters: Vec::new(),
            layout: "contiguous".to_owned(),
            size_bytes: Some(file.size_bytes()),
            unreadable: None,
        };
        let origin = file.origin("/bytes");
        Self { file, info, origin }
    }

    /// The range of a slab.
    fn range(&self, slab: &Slab) -> Result<ByteRange> {
        let is_run = slab.fits(&self.info.shape) && slab.step == [1];
        match (slab.start.as_slice(), slab.count.as_slice()) {
            ([start], [count]) if is_run => {
                Ok(ByteRange::new(*start, start.saturating_add(*count)))
            }
            _ => Err(Error::new(
                ErrorKind::Usage,
                format!("read a part of \"{}\"", self.origin),
                "it is no run of its bytes",
            )),
        }
    }
}

impl Dataset for FileBytes {
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
            let range = self.range(slab)?;
            let piece = EncodedPiece {
                key: range.start,
                filter_mask: 0,
                state: BlockState::Present,
                bytes: self.file.read_one(range, cancel).await?,
            };
            Ok(EncodedSlab::of_pieces(slab.clone(), vec![piece]))
        })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let range = self.range(&encoded.slab)?;
        let bytes = encoded.pieces.first().map_or(&[][..], |piece| &piece.bytes);
        if bytes.len() as u64 != range.len() {
            let tried = format!("read a part of \"{}\"", self.origin);
            return Err(Error::new(ErrorKind::Integrity, tried, "bytes are missing"));
        }
        Ok(Block {
            shape: encoded.slab.count.clone(),
            samples: Samples::U8(bytes.to_vec()),
            state: BlockState::Present,
        })
    }

    fn cost<'a>(&'a self, slab: &'a Slab, _cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        Box::pin(async move { Ok(self.file.cost(&[self.range(slab)?])) })
    }
}
