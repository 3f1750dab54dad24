//! Errors of the HDF5 reader in the words of the seams.

use hutch_hdf5::{CodecError, Error as Stored};
use hutch_model::{Error, ErrorKind};

/// The error of the reader, with what was tried.
pub(super) fn error(error: Stored, tried: impl Into<String>) -> Error {
    let kind = match &error {
        Stored::Unsupported { .. } | Stored::Codec(CodecError::UnknownFilter { .. }) => {
            ErrorKind::Unsupported
        }
        Stored::Limit { .. } => ErrorKind::Limit,
        Stored::NotFound { .. } | Stored::LinkCycle { .. } => ErrorKind::NotFound,
        Stored::Selection(_) => ErrorKind::Usage,
        Stored::Read(_) => ErrorKind::Network,
        Stored::Codec(CodecError::Checksum) => ErrorKind::Integrity,
        Stored::NotHdf5
        | Stored::Truncated { .. }
        | Stored::Damaged { .. }
        | Stored::Checksum { .. }
        | Stored::Codec(_) => ErrorKind::Unreadable,
    };
    Error::new(kind, tried, error.to_string()).with_source(error)
}
