//! The tree of a new file while it is being told.

use std::collections::BTreeMap;

use super::chunks::deflated;
use super::spec::{AttributeValue, DatasetSpec, Storage, WriteError};
use crate::datatype::ScalarKind;

/// An object of the file.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) path: String,
    pub(super) links: BTreeMap<String, NewLink>,
    pub(super) attributes: BTreeMap<String, AttributeValue>,
    /// None for a group.
    pub(super) dataset: Option<Dataset>,
    pub(super) link_count: u32,
}

/// A name in a group.
#[derive(Debug)]
pub(super) enum NewLink {
    Hard(usize),
    Soft(String),
    External { file: String, path: String },
}

/// A dataset of the file.
#[derive(Debug)]
pub(super) struct Dataset {
    pub(super) shape: Vec<u64>,
    pub(super) kind: ElementKind,
    pub(super) stored: Stored,
}

/// The type of the elements of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ElementKind {
    Number(ScalarKind),
    /// Strings of so many bytes each.
    FixedText(u32),
    /// Strings of any length.
    Text,
}

impl ElementKind {
    /// Bytes of one element in the file.
    pub(super) fn size(self) -> u64 {
        match self {
            Self::Number(kind) => kind.size() as u64,
            Self::FixedText(size) => size.into(),
            Self::Text => 16,
        }
    }
}

/// A chunk in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlacedChunk {
    pub(super) address: u64,
    pub(super) size: u64,
}

/// How the elements of a dataset are stored.
#[derive(Debug)]
pub(super) enum Stored {
    Contiguous {
        data: Option<Vec<u8>>,
        size: u64,
    },
    Chunked {
        chunk_shape: Vec<u64>,
        chunk_bytes: u64,
        size: u64,
    },
    Deflated {
        chunk_shape: Vec<u64>,
        chunk_bytes: u64,
        level: u32,
        chunks: Vec<Vec<u8>>,
    },
    /// Chunks that come later; none of them is placed before that.
    Compressed {
        chunk_shape: Vec<u64>,
        chunk_bytes: u64,
        level: u32,
        chunks: Vec<Option<PlacedChunk>>,
    },
    /// Strings of any length, which lie in the global heap.
    Texts(Vec<String>),
}

impl Stored {
    /// Bytes in the file, after filters.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Contiguous { size, .. } | Self::Chunked { size, .. } => *size,
            Self::Deflated { chunks, .. } => chunks.iter().map(|chunk| chunk.len() as u64).sum(),
            Self::Compressed { .. } => 0,
            Self::Texts(texts) => texts.len() as u64 * 16,
        }
    }
}

/// A dataset whose parts fit each other.
///
/// # Errors
/// [`WriteError::Shape`] where they do not.
pub(super) fn checked(path: &str, spec: DatasetSpec) -> Result<Dataset, WriteError> {
    let error = |what| WriteError::Shape {
        what,
        path: path.to_owned(),
    };
    let element = spec.kind.size() as u64;
    let bytes_of = |shape: &[u64]| {
        shape
            .iter()
            .try_fold(element, |size, axis| size.checked_mul(*axis))
    };
    let size = bytes_of(&spec.shape).ok_or_else(|| error("the dataset is too large"))?;
    let chunk_bytes_of = |chunk_shape: &[u64]| {
        let fits = chunk_shape.len() == spec.shape.len()
            && !chunk_shape.is_empty()
            && !chunk_shape.contains(&0);
        let bytes = bytes_of(chunk_shape).filter(|bytes| *bytes < 1 << 32);
        bytes
            .filter(|_| fits)
            .ok_or_else(|| error("the shape of the chunks does not fit the dataset"))
    };
    if spec.shape.len() > 32 {
        return Err(error("the dataset has more than 32 axes"));
    }
    let stored = match spec.storage {
        Storage::Contiguous => Stored::Contiguous { data: None, size },
        Storage::Data(data) if data.len() as u64 == size => Stored::Contiguous {
            data: Some(data),
            size,
        },
        Storage::Data(_) => return Err(error("the data do not have the size of the dataset")),
        Storage::Chunked(chunk_shape) => {
            let chunk_bytes = chunk_bytes_of(&chunk_shape)?;
            let counts = spec
                .shape
                .iter()
                .zip(&chunk_shape)
                .map(|(size, chunk)| size.div_ceil(*chunk));
            let size = counts.into_iter().try_fold(chunk_bytes, u64::checked_mul);
            Stored::Chunked {
                chunk_shape,
                chunk_bytes,
                size: size.ok_or_else(|| error("the dataset is too large"))?,
            }
        }
        Storage::Compressed { chunk_shape, level } => {
            let chunk_bytes = chunk_bytes_of(&chunk_shape)?;
            let chunks = no_chunks(&spec.shape, &chunk_shape)
                .ok_or_else(|| error("the dataset has too many chunks"))?;
            Stored::Compressed {
                chunk_shape,
                chunk_bytes,
                level,
                chunks,
            }
        }
        Storage::Deflated {
            chunk_shape,
            level,
            data,
        } => {
            let chunk_bytes = chunk_bytes_of(&chunk_shape)?;
            if data.len() as u64 != size {
                return Err(error("the data do not have the size of the dataset"));
            }
            let chunks = deflated(&spec.shape, &chunk_shape, spec.kind, level, &data)?;
            Stored::Deflated {
                chunk_shape,
                chunk_bytes,
                level,
                chunks,
            }
        }
    };
    Ok(Dataset {
        shape: spec.shape,
        kind: ElementKind::Number(spec.kind),
        stored,
    })
}

/// One place for each chunk that comes later; none where they are too many.
fn no_chunks(shape: &[u64], chunk_shape: &[u64]) -> Option<Vec<Option<PlacedChunk>>> {
    let grid = crate::slab::ChunkGrid::new(shape, chunk_shape);
    let count = usize::try_from(grid.chunk_count()).ok()?;
    let mut chunks = Vec::new();
    chunks.try_reserve_exact(count).ok()?;
    chunks.resize(count, None);
    Some(chunks)
}
