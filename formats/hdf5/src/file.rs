//! An open file: where its addresses count from, and every operation on it.

use crate::attribute::Attribute;
use crate::blocks::Blocks;
use crate::chunk_table::{self, ChunkTable};
use crate::dataset::DatasetInfo;
use crate::datatype::Datatype;
use crate::error::Error;
use crate::limits::Limits;
use crate::link::Link;
use crate::object::Object;
use crate::resolve::Resolved;
use crate::slab::Slab;
use crate::step::{Needs, Parse, Step, to_step};
use crate::values::{self, Value};
use crate::{group, object, resolve, superblock, text};

/// How numbers are stored in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    /// What addresses count from: the offset of the superblock.
    pub(crate) base: u64,
    /// Bytes of an address.
    pub(crate) offset_size: u8,
    /// Bytes of a length.
    pub(crate) length_size: u8,
}

impl Format {
    pub(crate) fn offset_bytes(self) -> usize {
        usize::from(self.offset_size)
    }

    pub(crate) fn length_bytes(self) -> usize {
        usize::from(self.length_size)
    }
}

/// For each of several groups its links, or why they cannot be read.
pub type EachLinks = Vec<Result<Vec<Link>, Error>>;

/// What the superblock says of a program that writes to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriterState {
    /// None, or one that leaves no mark.
    Unknown,
    /// One that expects nobody to read meanwhile.
    Exclusive,
    /// One that writes so that others can read meanwhile.
    Swmr,
}

/// An HDF5 file whose superblock was read.
///
/// It holds no bytes: all operations take [`Blocks`] and answer a [`Step`]. Objects are named by
/// their address, which is the offset of their header in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    pub(crate) format: Format,
    pub(crate) root: u64,
    pub(crate) version: u8,
    /// Consistency flags of the superblock.
    pub(crate) flags: u32,
    /// The object header with messages about the whole file.
    pub(crate) extension: Option<u64>,
    pub(crate) limits: Limits,
}

impl File {
    /// Reads the superblock, also behind a user block.
    ///
    /// # Errors
    /// [`Error::NotHdf5`] when there is no superblock; others when it is damaged or of a newer version.
    pub fn open(blocks: &Blocks, limits: Limits) -> Result<Step<Self>, Error> {
        to_step(superblock::open(blocks, limits))
    }

    /// The address of the root group.
    pub fn root(&self) -> u64 {
        self.root
    }

    /// The version of the superblock, 0 to 3.
    pub fn superblock_version(&self) -> u8 {
        self.version
    }

    /// Whether a program had the file open for writing when the superblock was read, or never
    /// closed it.
    ///
    /// Only superblocks of version 3 say so (HDF5 1.10 with `libver=latest`); other files may be
    /// open too.
    pub fn writer(&self) -> WriterState {
        match self.flags {
            flags if self.version < 3 || flags & 1 == 0 => WriterState::Unknown,
            flags if flags & 4 != 0 => WriterState::Swmr,
            _ => WriterState::Exclusive,
        }
    }

    /// The bounds that this file was opened with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Reads one object: what it is, and its attributes.
    ///
    /// # Errors
    /// When the object header is damaged. An attribute that cannot be read is listed, with the
    /// reason as its value.
    pub fn object(&self, blocks: &Blocks, address: u64) -> Result<Step<Object>, Error> {
        to_step(object::read(self, blocks, address))
    }

    /// Reads many objects in the round trips of one; each has its own error.
    ///
    /// # Errors
    /// None of its own.
    pub fn objects(
        &self,
        blocks: &Blocks,
        addresses: &[u64],
    ) -> Result<Step<Vec<Result<Object, Error>>>, Error> {
        to_step(each(
            addresses
                .iter()
                .map(|address| object::read(self, blocks, *address)),
        ))
    }

    /// The links of the group at `address`, in the order of their names as stored.
    ///
    /// # Errors
    /// When the object is no group, or its index is damaged.
    pub fn children(&self, blocks: &Blocks, address: u64) -> Result<Step<Vec<Link>>, Error> {
        to_step(group::children(self, blocks, address))
    }

    /// The links of many groups in the round trips of one; each has its own error.
    ///
    /// # Errors
    /// None of its own.
    pub fn children_of(
        &self,
        blocks: &Blocks,
        addresses: &[u64],
    ) -> Result<Step<EachLinks>, Error> {
        to_step(each(
            addresses
                .iter()
                .map(|address| group::children(self, blocks, *address)),
        ))
    }

    /// Follows `path` from the group at `from` (from the root if it begins with `/`), through hard
    /// and soft links, up to an object or to the border of this file.
    ///
    /// # Errors
    /// [`Error::NotFound`] with the part of the path that does not exist, [`Error::LinkCycle`].
    pub fn resolve(&self, blocks: &Blocks, from: u64, path: &str) -> Result<Step<Resolved>, Error> {
        to_step(resolve::resolve(self, blocks, from, path))
    }

    /// Where the chunks of a dataset lie. A dataset that is not chunked has an empty table.
    ///
    /// # Errors
    /// When the index is damaged or of an unknown kind.
    pub fn chunk_table(
        &self,
        blocks: &Blocks,
        dataset: &DatasetInfo,
    ) -> Result<Step<ChunkTable>, Error> {
        to_step(chunk_table::read(self, blocks, dataset))
    }

    /// Where those chunks lie that hold elements of `slab`; the table has no others.
    ///
    /// Only those parts of the index are read that lead to them: of 10^7 chunks in a tree a frame
    /// needs a few nodes. Where most of a dataset is read, or its index is small, one
    /// [`chunk_table`](Self::chunk_table) costs less.
    ///
    /// # Errors
    /// As `chunk_table`, and [`Error::Selection`] when the slab does not lie inside of the dataset.
    pub fn chunks_for(
        &self,
        blocks: &Blocks,
        dataset: &DatasetInfo,
        slab: &Slab,
    ) -> Result<Step<ChunkTable>, Error> {
        to_step(chunk_table::read_for(self, blocks, dataset, slab))
    }

    /// Decodes stored elements of a string datatype; those of variable length lie elsewhere in the
    /// file, and are fetched in one round trip.
    ///
    /// # Errors
    /// When `datatype` is not a string, or the text is larger than the limit.
    pub fn strings(
        &self,
        blocks: &Blocks,
        datatype: &Datatype,
        elements: &[u8],
    ) -> Result<Step<Vec<String>>, Error> {
        to_step(text::strings(self, blocks, datatype, elements))
    }

    /// Decodes stored elements of any datatype; what lies elsewhere in the file (strings and
    /// sequences of variable length, regions) is fetched together, in one or two round trips for
    /// each level of nesting.
    ///
    /// # Errors
    /// When a value is damaged, or larger than the limits. A member of a record that cannot be
    /// read is [`Value::Unsupported`] beside the others.
    pub fn values(
        &self,
        blocks: &Blocks,
        datatype: &Datatype,
        elements: &[u8],
    ) -> Result<Step<Value>, Error> {
        to_step(values::read(self, blocks, datatype, elements))
    }

    /// The attribute of this name, looked for in all attributes of the object.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub fn attribute(
        &self,
        blocks: &Blocks,
        address: u64,
        name: &str,
    ) -> Result<Step<Option<Attribute>>, Error> {
        to_step(object::read(self, blocks, address).map(|object| {
            object
                .attributes
                .into_iter()
                .find(|attribute| attribute.name == name)
        }))
    }
}

/// Runs siblings side by side: needs are joined, errors stay with the sibling they belong to.
fn each<T>(siblings: impl Iterator<Item = Parse<T>>) -> Parse<Vec<Result<T, Error>>> {
    let mut needs = Needs::default();
    let mut results = Vec::new();
    for sibling in siblings {
        match needs.gather(sibling) {
            Ok(Some(value)) => results.push(Ok(value)),
            Ok(None) => {}
            Err(error) => results.push(Err(error)),
        }
    }
    needs.finish()?;
    Ok(results)
}
