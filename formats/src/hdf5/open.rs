//! From an object of a file to a dataset that can be read.

use std::sync::Arc;

use hutch_hdf5::{Layout, ObjectKind};
use hutch_model::{BoxFuture, Cancel, Dataset, Error, ErrorKind, Origin, Result};

use super::dataset::Hdf5Dataset;
use super::errors;
use super::places::Place;
use super::virtual_dataset::{self, Nesting};

/// Opens the dataset at a place, virtual ones with the sources that their shape
/// follows from.
pub(super) fn open_place<'a>(
    place: Place,
    origin: Origin,
    nesting: &'a Nesting,
    cancel: &'a Cancel,
) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
    Box::pin(async move {
        let tried = || format!("open \"{origin}\"");
        let mut objects = place.file.objects(&[place.address], cancel).await?;
        let object = match objects.pop() {
            Some(object) => object.map_err(|error| errors::error(error, tried()))?,
            None => return Err(Error::new(ErrorKind::Internal, tried(), "no answer came")),
        };
        let stored = match object.kind {
            ObjectKind::Dataset(stored) => *stored,
            ObjectKind::Unreadable(error) => return Err(errors::error(error, tried())),
            ObjectKind::Group | ObjectKind::NamedDatatype(_) => {
                return Err(Error::new(ErrorKind::Usage, tried(), "it is not a dataset"));
            }
        };
        let Layout::Virtual(layout) = &stored.layout else {
            let dataset = Hdf5Dataset::new(place.file, place.address, stored, origin);
            return Ok(Arc::new(dataset) as Arc<dyn Dataset>);
        };
        let layout = Arc::clone(layout);
        let dataset =
            virtual_dataset::open(place, &stored, layout, origin, nesting, cancel).await?;
        Ok(Arc::new(dataset) as Arc<dyn Dataset>)
    })
}
