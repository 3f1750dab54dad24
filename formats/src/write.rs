//! Writing stacks of images into files of other formats.
//!
//! A [`Sink`] is one file (or one folder) of a format. It takes bands, which are whole frames or runs
//! of rows of one, in any order and from as many threads as there are; each band is encoded where it
//! is given and written at its own place. The caller gives the file ([`WriteAt`]) or the folder
//! ([`Folder`]), since formats do no IO.

mod cast;
mod curves;
mod mask;
mod nexus;
mod npy;
mod stack;
mod tiff;
mod zarr;

use hutch_model::Result;

pub use crate::results::WriteAt;
pub use cast::{can_cast, cast};
pub use curves::{Author, CurveData, curves_file};
pub use mask::{MaskFormat, mask_file};
pub use nexus::NexusSink;
pub use npy::{NpySink, npy_header};
pub use stack::{Band, Compression, Made, Stack, StackAxis};
pub use tiff::TiffSink;
pub use zarr::{Pyramid, ZarrSink};

/// A folder that gets files by name, with `/` between folders.
pub trait Folder: Send + Sync {
    /// Writes a whole file, and makes the folders above it.
    ///
    /// # Errors
    /// What the disk says.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()>;
}

/// A stack that is being written.
pub trait Sink: Send + Sync {
    /// Rows of a frame that come together; a band begins at a multiple of it.
    fn band_rows(&self) -> u64;

    /// Encodes and writes a band: its samples `[y, x]`, little-endian.
    ///
    /// # Errors
    /// What the disk says; [`hutch_model::ErrorKind::Shape`] for bytes that are not the band.
    fn write(&self, band: Band, bytes: &[u8]) -> Result<()>;

    /// The same for the standard deviations of a band; formats without a place for them leave them out.
    ///
    /// # Errors
    /// As [`Self::write`].
    fn write_errors(&self, band: Band, bytes: &[u8]) -> Result<()> {
        let _ = (band, bytes);
        Ok(())
    }

    /// Writes what is known only when all bands are there.
    ///
    /// # Errors
    /// What the disk says.
    fn finish(self: Box<Self>) -> Result<()>;
}
