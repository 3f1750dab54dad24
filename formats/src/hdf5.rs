//! HDF5 files as containers, over any source of bytes.
//!
//! The sans-IO reader of `hutch-hdf5` says which bytes it lacks; this module
//! fetches them in large blocks, follows links into other files as far as the
//! neighbours' policy allows, and decodes slabs.

mod attributes;
mod chunk_cache;
mod chunked;
mod chunks;
mod container;
mod contiguous;
mod dataset;
mod decode;
mod elements;
mod errors;
mod external;
mod metadata;
mod neighbours;
mod once;
mod open;
mod places;
mod ready;
mod references;
mod refresh;
mod rows;
mod scratch;
mod straight;
mod text;
mod virtual_dataset;

use std::sync::Arc;

use hutch_model::{Cancel, Container, Neighbours, ReadAt, Result};

/// Budgets of an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes that one decoded slab may take.
    pub slab_limit_bytes: u64,
    /// Bytes of metadata that are kept in memory for one file.
    pub metadata_limit_bytes: u64,
    /// Bytes of decoded chunks that are kept for one file, where slabs share them.
    pub chunk_cache_bytes: u64,
    /// Files that links may lead through, one after another.
    pub link_depth: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            slab_limit_bytes: 1 << 30,
            metadata_limit_bytes: 256 << 20,
            chunk_cache_bytes: 64 << 20,
            link_depth: 8,
        }
    }
}

/// Opens an HDF5 file with the usual budgets.
///
/// # Errors
/// Those of [`open_hdf5_with`].
pub async fn open_hdf5(
    source: Arc<dyn ReadAt>,
    neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    open_hdf5_with(source, neighbours, Options::default(), cancel).await
}

/// Opens an HDF5 file: reads its superblock in one request.
///
/// # Errors
/// [`hutch_model::ErrorKind::Unreadable`] when it is no HDF5 file or damaged,
/// and whatever the source says.
pub async fn open_hdf5_with(
    source: Arc<dyn ReadAt>,
    neighbours: Arc<dyn Neighbours>,
    options: Options,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = container::Hdf5Container::open(source, neighbours, options, cancel).await?;
    Ok(file as Arc<dyn Container>)
}
