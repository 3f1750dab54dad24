//! The error of this package.

/// Why a chunk could not be decoded or encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The data do not follow the format of the filter.
    #[error("the chunk is damaged: {filter}: {why}")]
    Damaged {
        /// The filter.
        filter: &'static str,
        /// What is wrong.
        why: &'static str,
    },
    /// The checksum of the chunk does not match its bytes.
    #[error("the chunk is damaged: its Fletcher-32 checksum does not match")]
    Checksum,
    /// A filter that is not known here.
    #[error("filter {id} ({name}) is not supported")]
    UnknownFilter {
        /// Its registered number.
        id: u16,
        /// Its registered name, or the one in the file.
        name: String,
    },
    /// The chunk has another size than its shape says.
    #[error("the chunk has {found} bytes where {expected} were expected")]
    Size {
        /// Bytes that decoding gave.
        found: usize,
        /// Bytes of the chunk by its shape.
        expected: usize,
    },
    /// There is no memory for a buffer.
    #[error("no memory for a buffer of the filters")]
    Memory,
}

impl CodecError {
    pub(crate) fn memory(_: std::collections::TryReserveError) -> Self {
        Self::Memory
    }

    pub(crate) fn damaged(filter: &'static str, why: &'static str) -> Self {
        Self::Damaged { filter, why }
    }
}
