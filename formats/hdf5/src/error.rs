//! The error of this package.

/// Why an object of an HDF5 file could not be read.
///
/// An error belongs to the one object or attribute that was asked for; others stay readable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file has no HDF5 signature at any place where one may be.
    #[error("this is not an HDF5 file")]
    NotHdf5,
    /// The file ends before a structure that it points to; a copy may be incomplete.
    #[error("the file ends before {what} at byte {address}")]
    Truncated {
        /// The structure that was to be read.
        what: String,
        /// Its offset in the file.
        address: u64,
    },
    /// A structure contradicts the file format or its own checksum.
    #[error("{what} at byte {address}")]
    Damaged {
        /// What is wrong, with the name of the structure.
        what: String,
        /// Its offset in the file.
        address: u64,
    },
    /// A structure that does not match its own checksum: it is damaged, or was read while a writer
    /// changed it.
    #[error("{what}: its checksum does not match (at byte {address})")]
    Checksum {
        /// The structure.
        what: String,
        /// Its offset in the file.
        address: u64,
    },
    /// A valid feature of HDF5 that this reader does not know.
    #[error("{what} cannot be read yet (at byte {address})")]
    Unsupported {
        /// The feature, named.
        what: String,
        /// Where it was found.
        address: u64,
    },
    /// A structure is larger than [`Limits`](crate::Limits) allows.
    #[error("{what} is larger than the limit of {limit} (at byte {address})")]
    Limit {
        /// What was counted.
        what: String,
        /// The limit, in the unit of what was counted.
        limit: u64,
        /// Where it was found.
        address: u64,
    },
    /// A path that does not exist in the file.
    #[error("no such path \"{path}\"")]
    NotFound {
        /// The path as far as it was followed, with the first name that is absent.
        path: String,
    },
    /// Soft links that point to each other.
    #[error("the links of \"{path}\" go round in a circle")]
    LinkCycle {
        /// The path that was asked for.
        path: String,
    },
    /// A selection or a buffer that does not fit the dataset.
    #[error("{0}")]
    Selection(String),
    /// The bytes could not be fetched; only [`drive`](crate::drive) gives this.
    #[error("{0}")]
    Read(String),
    /// A filter failed.
    #[error(transparent)]
    Codec(#[from] hutch_codecs::CodecError),
}

impl Error {
    /// Whether the same may be readable in a moment, when a program writes to the file: after
    /// [`Blocks::reset`](crate::Blocks::reset) with the present size, and bytes that are new.
    ///
    /// Files of SWMR writers have checksums and give [`Error::Checksum`]; others may also look
    /// damaged or cut off while they are written ([`File::writer`](crate::File::writer)).
    pub fn is_maybe_torn(&self) -> bool {
        matches!(
            self,
            Self::Checksum { .. } | Self::Truncated { .. } | Self::Damaged { .. } | Self::NotHdf5
        )
    }

    pub(crate) fn damaged(what: impl Into<String>, address: u64) -> Self {
        Self::Damaged {
            what: what.into(),
            address,
        }
    }

    pub(crate) fn unsupported(what: impl Into<String>, address: u64) -> Self {
        Self::Unsupported {
            what: what.into(),
            address,
        }
    }

    pub(crate) fn limit(what: impl Into<String>, limit: u64, address: u64) -> Self {
        Self::Limit {
            what: what.into(),
            limit,
            address,
        }
    }
}
