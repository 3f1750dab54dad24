//! What a caller says of a new file, and what it gets back.

use hutch_codecs::CodecError;

use crate::datatype::ScalarKind;

/// Why a file cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The path exists already, or a part of it is no group.
    #[error("the path cannot be made: \"{0}\"")]
    Path(String),
    /// The path does not exist.
    #[error("the path does not exist: \"{0}\"")]
    NotFound(String),
    /// Shape, chunks, type and data do not fit each other.
    #[error("{what}: \"{path}\"")]
    Shape {
        /// What does not fit.
        what: &'static str,
        /// The dataset.
        path: String,
    },
    /// An attribute or name of more than 64 KiB.
    #[error("the attribute or name is larger than 64 KiB: \"{0}\"")]
    TooLarge(String),
    /// A chunk that the dataset does not have, or has already.
    #[error("{why}: chunk {index} of \"{path}\"")]
    Chunk {
        /// What is wrong with it.
        why: &'static str,
        /// Which chunk, in row-major order.
        index: u64,
        /// The dataset.
        path: String,
    },
    /// A text with a zero byte, where a string would end.
    #[error("a text holds a zero byte: \"{0}\"")]
    Text(String),
    /// A chunk could not be compressed.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// The value of an attribute that is written.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    /// A string.
    Text(String),
    /// Strings, `[n]`.
    Texts(Vec<String>),
    /// An integer.
    Int(i64),
    /// Integers, `[n]`.
    Ints(Vec<i64>),
    /// A number.
    Float(f64),
    /// Numbers, `[n]`.
    Floats(Vec<f64>),
}

/// A dataset that is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetSpec {
    /// Elements along each axis, slowest first; empty for a scalar.
    pub shape: Vec<u64>,
    /// The type of its elements, little-endian.
    pub kind: ScalarKind,
    /// How its elements are stored.
    pub storage: Storage,
}

/// How the elements of a new dataset are stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Storage {
    /// In one piece that is written later.
    Contiguous,
    /// In one piece with these little-endian bytes.
    Data(Vec<u8>),
    /// In chunks of this shape that are written later, each at its own place.
    Chunked(Vec<u64>),
    /// In chunks of this shape that are compressed and come later, in any order; see
    /// [`Growing`](super::Growing). In a plain [`Plan`] such a dataset has no chunk and reads as zeros.
    Compressed {
        /// Elements of a chunk along each axis.
        chunk_shape: Vec<u64>,
        /// 1 to 9.
        level: u32,
    },
    /// In chunks that are compressed now, from these little-endian bytes.
    Deflated {
        /// Elements of a chunk along each axis.
        chunk_shape: Vec<u64>,
        /// 1 to 9.
        level: u32,
        /// All elements.
        data: Vec<u8>,
    },
}

/// Where a dataset lies in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetLocation {
    /// Its path.
    pub path: String,
    /// Its first byte in the file.
    pub offset: u64,
    /// Its bytes. In chunks, chunk `i` lies at `offset + i * chunk_bytes`, edges in full.
    pub size: u64,
    /// Bytes of a chunk, if it is in chunks.
    pub chunk_bytes: Option<u64>,
}

/// The bytes of a new file, and where data go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The size of the file; make it so long before anything else.
    pub file_size: u64,
    /// Offsets and bytes of the metadata and of all data that were given; the first is the metadata.
    pub parts: Vec<(u64, Vec<u8>)>,
    /// The datasets that are to be written by the caller.
    pub datasets: Vec<DatasetLocation>,
}

impl Plan {
    /// The whole file in memory, with zeros for what is not written yet; none if it does not fit.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.file_size).ok()?];
        for (offset, part) in &self.parts {
            let from = usize::try_from(*offset).ok()?;
            bytes
                .get_mut(from..from + part.len())?
                .copy_from_slice(part);
        }
        Some(bytes)
    }
}

/// How strings of a dataset are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextStorage {
    /// All of the length of the longest, UTF-8, filled up with zero bytes.
    Fixed,
    /// Each of its own length, UTF-8, in the global heap.
    Variable,
}
