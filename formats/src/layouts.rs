//! Layouts of facilities: what an HDF5 file of a detector or a beamline means
//! beyond its own nodes.
//!
//! A layout adds nodes beside those of the file: one dataset for all data files
//! of an Eiger master, one for the modules of a detector. What the file holds
//! itself stays visible and unchanged. Layouts are recognised by names that are
//! read anyway; other files are opened when somebody looks at their data, and
//! only through [`Neighbours`].

mod added;
mod beside;
mod eiger;
mod exdf;
mod layered;

use std::sync::Arc;

use hutch_model::{BoxFuture, Cancel, Container, ErrorKind, Neighbours, ReadAt, Result, Retry};

use crate::hdf5;

use added::Additions;

/// Looks at an open file; `None` where it is not of this layout.
type LookFn = for<'a> fn(
    &'a Arc<dyn Container>,
    &'a Arc<dyn Neighbours>,
    &'a Cancel,
) -> BoxFuture<'a, Result<Option<Additions>>>;

/// The layouts, in the order in which they are tried: a new one is one file
/// and one line here.
static LAYOUTS: &[LookFn] = &[
    |container, neighbours, cancel| Box::pin(eiger::look(container, neighbours, cancel)),
    |container, neighbours, cancel| Box::pin(exdf::look(container, neighbours, cancel)),
];

/// Opens an HDF5 file with what its layout adds.
///
/// # Errors
/// Those of [`hdf5::open_hdf5`], and of a connection that breaks while the
/// first groups are looked at.
pub async fn open(
    source: Arc<dyn ReadAt>,
    neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = hdf5::open_hdf5(source, Arc::clone(&neighbours), cancel).await?;
    of_container(file, neighbours, cancel).await
}

/// Adds to an open file what its layout means.
///
/// # Errors
/// Those that may pass, as of a connection; a file that cannot be understood
/// stays what it is.
pub async fn of_container(
    file: Arc<dyn Container>,
    neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let additions = look(&file, &neighbours, cancel).await?;
    Ok(Arc::new(layered::Layered::new(file, neighbours, additions)))
}

/// What the first layout that knows the file adds to it.
async fn look(
    file: &Arc<dyn Container>,
    neighbours: &Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Option<Arc<Additions>>> {
    for layout in LAYOUTS {
        match layout(file, neighbours, cancel).await {
            Ok(Some(additions)) => return Ok(Some(Arc::new(additions))),
            Err(error) if error.kind == ErrorKind::Cancelled || error.retry != Retry::Never => {
                return Err(error);
            }
            // What cannot be read has no layout; the tree will say why.
            Ok(None) | Err(_) => {}
        }
    }
    Ok(None)
}
