//! Virtual datasets: the datasets, here or in other files, that they are put together from.
//!
//! Reading a slab takes two steps, since the shape of a source is known only once it is open:
//! [`VirtualLayout::sources_of`] names the sources that a slab needs, and
//! [`VirtualLayout::parts`] says which slab of an open source goes where.

mod extent;
mod index;
mod list;
mod names;
mod parse;
mod parts;
mod rows;

use std::sync::Arc;

use crate::error::Error;
use crate::selection::Selection;
use crate::slab::Slab;

pub use extent::{Extent, KnownShapes};
pub(crate) use parse::read;
pub use parts::Part;

/// A part of a virtual dataset, and the elements of another dataset that it shows.
///
/// The elements of both selections belong together one by one, each in its own order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The file as stored: `.` for the file of the virtual dataset, relative to its folder, or
    /// absolute where it was written. May hold `%b`, see [`Mapping::is_numbered`].
    pub file: Arc<str>,
    /// The path of the dataset in that file; may hold `%b` too.
    pub dataset: Arc<str>,
    /// What is taken from the source.
    pub source: Selection,
    /// Where it goes in the virtual dataset.
    pub target: Selection,
}

impl Mapping {
    /// Whether each block of the target has a source of its own, with its number for `%b` in the
    /// names: the target has no end, the source has one.
    pub fn is_numbered(&self) -> bool {
        self.target.unlimited_axis().is_some() && self.source.unlimited_axis().is_none()
    }

    fn source_at(&self, mapping: usize, block: Option<u64>) -> Source {
        Source {
            file: names::expanded(&self.file, block),
            dataset: names::expanded(&self.dataset, block),
            mapping,
            block,
        }
    }
}

/// A dataset that a virtual dataset shows a part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file, `.` for the file of the virtual dataset; `%b` is replaced.
    pub file: Arc<str>,
    /// The path of the dataset in that file.
    pub dataset: Arc<str>,
    mapping: usize,
    block: Option<u64>,
}

impl Source {
    /// File and dataset, as [`KnownShapes`] has them.
    pub fn key(&self) -> (Arc<str>, Arc<str>) {
        (Arc::clone(&self.file), Arc::clone(&self.dataset))
    }

    /// The mapping that it belongs to, by its place in [`VirtualLayout::mappings`].
    pub fn mapping(&self) -> usize {
        self.mapping
    }
}

/// How a virtual dataset is put together.
///
/// Where mappings overlap, the later one is seen. What none covers has the fill value.
#[derive(Debug, Clone, PartialEq)]
pub struct VirtualLayout {
    mappings: Vec<Mapping>,
    index: index::Index,
}

impl VirtualLayout {
    /// From its mappings, all for a dataset of `rank` axes.
    pub(crate) fn new(mappings: Vec<Mapping>, rank: usize) -> Self {
        let index = index::Index::new(&mappings, rank);
        Self { mappings, index }
    }

    /// All mappings, in the order that they are stored in.
    pub fn mappings(&self) -> &[Mapping] {
        &self.mappings
    }

    /// The sources that hold elements of `slab`, in the order that they are to be put in place.
    ///
    /// `shape` is that of the virtual dataset. A few sources that share nothing with a strided
    /// slab may be among them. Costs no more than a search and the sources that are found.
    ///
    /// # Errors
    /// [`Error::Selection`] when the slab does not lie inside of `shape`, [`Error::Limit`] when
    /// it has more than 2^20 sources.
    pub fn sources_of(&self, shape: &[u64], slab: &Slab) -> Result<Vec<Source>, Error> {
        slab.check(shape, 1)?;
        if slab.count.contains(&0) {
            return Ok(Vec::new());
        }
        let mut sources = Vec::new();
        for mapping in self.index.overlapping(slab) {
            if let Some(entry) = self.mappings.get(mapping) {
                parts::sources_of(entry, mapping, slab, &mut sources)?;
            }
        }
        Ok(sources)
    }

    /// Which slabs of `source`, an open dataset of `source_shape`, go where in the result of
    /// `slab`.
    ///
    /// What lies beyond the end of the source is left out, and keeps the fill value.
    ///
    /// # Errors
    /// [`Error::Selection`] when the slab does not lie inside of `shape`, [`Error::Limit`] when
    /// the part is in more than 2^20 pieces.
    pub fn parts(
        &self,
        source: &Source,
        shape: &[u64],
        slab: &Slab,
        source_shape: &[u64],
    ) -> Result<Vec<Part>, Error> {
        slab.check(shape, 1)?;
        match self.mappings.get(source.mapping) {
            Some(mapping) if !slab.count.contains(&0) => {
                parts::parts(mapping, source.block, shape, slab, source_shape)
            }
            _ => Ok(Vec::new()),
        }
    }
}
