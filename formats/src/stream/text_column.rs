//! A column of texts that rows share.

use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    Block, BlockState, BoxFuture, Cancel, Dataset, DatasetInfo, ElementType, EncodedPiece,
    EncodedSlab, Error, ErrorKind, FoundRow as Row, Origin, Result, Samples, Slab,
};

use super::rows::Index;

/// Texts of the rows of an index; only those that are asked for are copied.
#[derive(Debug)]
pub(super) struct TextColumn {
    info: DatasetInfo,
    origin: Origin,
    index: Arc<Index>,
    number: fn(&Row) -> u32,
}

impl TextColumn {
    pub(super) fn new(origin: Origin, index: Arc<Index>, number: fn(&Row) -> u32) -> Self {
        let info = DatasetInfo {
            shape: vec![index.rows.len() as u64],
            stored: "text".to_owned(),
            element: ElementType::Text,
            size_bytes: None,
            chunk_shape: None,
            filters: Vec::new(),
            layout: "memory".to_owned(),
            unreadable: None,
        };
        Self {
            info,
            origin,
            index,
            number,
        }
    }
}

impl Dataset for TextColumn {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        Box::pin(async move {
            let piece = EncodedPiece {
                key: 0,
                filter_mask: 0,
                state: BlockState::Present,
                bytes: Bytes::new(),
            };
            Ok(EncodedSlab::of_pieces(slab.clone(), vec![piece]))
        })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let slab = &encoded.slab;
        let outside = || {
            Error::new(
                ErrorKind::Usage,
                format!("read a part of \"{}\"", self.origin),
                "it lies outside",
            )
        };
        if !slab.fits(&self.info.shape) {
            return Err(outside());
        }
        let (start, count, step) = (slab.start[0], slab.count[0], slab.step[0]);
        let texts = (0..count).map(|at| {
            let row = usize::try_from(start + at * step).ok();
            let row = row.and_then(|row| self.index.rows.get(row));
            row.map_or_else(String::new, |row| {
                self.index.text((self.number)(row)).to_owned()
            })
        });
        Ok(Block {
            shape: vec![count],
            samples: Samples::Text(texts.collect()),
            state: BlockState::Present,
        })
    }
}
