//! References: to objects, to regions of datasets, to attributes.

use crate::blocks::Blocks;
use crate::cursor::{Cursor, to_text};
use crate::error::Error;
use crate::file::File;
use crate::global_heap::{Collections, HeapId};
use crate::selection::{self, Selection};
use crate::step::Parse;

const WHAT: &str = "reference";

/// What a reference points to. Objects are named by address, as [`File::object`] takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// Nothing: it was never set.
    Null,
    /// An object of this file.
    Object(u64),
    /// Some elements of a dataset.
    Region {
        /// The dataset.
        object: u64,
        /// The elements.
        selection: Selection,
    },
    /// An attribute of an object.
    Attribute {
        /// The object.
        object: u64,
        /// The name of the attribute.
        name: String,
    },
    /// Something in another file, by the addresses of that file.
    External {
        /// The name of the file as stored.
        file: String,
        /// What is meant in it.
        target: Box<Self>,
    },
}

/// The kinds that a datatype names.
mod kind {
    pub(super) const OBJECT: u8 = 0;
    pub(super) const REGION: u8 = 1;
    pub(super) const OBJECT_2: u8 = 2;
    pub(super) const REGION_2: u8 = 3;
    pub(super) const ATTRIBUTE: u8 = 4;
}

/// Reads references, elements of `size` bytes; heaps are asked for together.
pub(super) fn read(
    file: &File,
    blocks: &Blocks,
    collections: &mut Collections,
    kind: u8,
    (elements, size): (&[u8], usize),
) -> Parse<Vec<Reference>> {
    let mut parsed = Vec::new();
    for element in elements.chunks_exact(size.max(1)) {
        let mut cursor = Cursor::new(file.format, element, WHAT, 0);
        parsed.push(match kind {
            kind::OBJECT => Stored::Done(object(file, &mut cursor)?),
            kind::REGION => match heap_id(file, &mut cursor)? {
                Some(id) => Stored::Region(id),
                None => Stored::Done(Reference::Null),
            },
            kind::OBJECT_2..=kind::ATTRIBUTE => revised(file, &mut cursor)?,
            kind => return Err(cursor.unsupported(&format!("kind {kind}")).into()),
        });
    }
    let ids = parsed.iter().filter_map(Stored::id);
    collections.load(file, blocks, ids.map(|id| id.collection))?;
    let mut found = Vec::with_capacity(parsed.len());
    for stored in parsed {
        found.push(match stored {
            Stored::Done(reference) => reference,
            Stored::Region(id) => {
                let bytes = collections.object(id)?;
                let mut cursor = Cursor::new(file.format, &bytes, WHAT, id.collection);
                let object = cursor.some_address()?;
                let selection = selection::parse(&mut cursor, &file.limits)?;
                Reference::Region { object, selection }
            }
            Stored::Revised {
                id,
                kind,
                is_external,
            } => {
                let bytes = collections.object(id)?;
                let mut cursor = Cursor::new(file.format, &bytes, WHAT, id.collection);
                in_heap(file, &mut cursor, kind, is_external)?
            }
        });
    }
    Ok(found)
}

/// A reference as far as its element says.
enum Stored {
    Done(Reference),
    Region(HeapId),
    Revised {
        id: HeapId,
        kind: u8,
        is_external: bool,
    },
}

impl Stored {
    fn id(&self) -> Option<HeapId> {
        match self {
            Self::Done(_) => None,
            Self::Region(id) | Self::Revised { id, .. } => Some(*id),
        }
    }
}

fn object(file: &File, cursor: &mut Cursor<'_>) -> Result<Reference, Error> {
    // An address of zero was never set.
    let address = cursor
        .address()?
        .filter(|address| *address != file.format.base);
    Ok(address.map_or(Reference::Null, Reference::Object))
}

fn heap_id(file: &File, cursor: &mut Cursor<'_>) -> Result<Option<HeapId>, Error> {
    let collection = cursor
        .address()?
        .filter(|address| *address != file.format.base);
    let index = cursor.u32()?;
    Ok(collection.map(|collection| HeapId { collection, index }))
}

/// The references of HDF5 1.12: those to objects of this file hold the address, others lie in a heap.
///
/// Source: libhdf5, `H5R__encode`, `H5T__ref_disk_read`; compared with files of HDF5 2.0.
fn revised(file: &File, cursor: &mut Cursor<'_>) -> Result<Stored, Error> {
    let (kind, flags) = (cursor.u8()?, cursor.u8()?);
    let is_external = flags & 1 != 0;
    if kind == kind::OBJECT_2 && !is_external {
        return token(cursor)
            .map(|address| Stored::Done(address.map_or(Reference::Null, Reference::Object)));
    }
    if kind == 0 {
        return Ok(Stored::Done(Reference::Null));
    }
    let _size = cursor.u32()?;
    Ok(match heap_id(file, cursor)? {
        Some(id) => Stored::Revised {
            id,
            kind,
            is_external,
        },
        None => Stored::Done(Reference::Null),
    })
}

/// An address behind its number of bytes.
fn token(cursor: &mut Cursor<'_>) -> Result<Option<u64>, Error> {
    match cursor.u8()? {
        0 => Ok(None),
        _ => cursor.address(),
    }
}

fn in_heap(
    file: &File,
    cursor: &mut Cursor<'_>,
    kind: u8,
    is_external: bool,
) -> Result<Reference, Error> {
    let Some(object) = token(cursor)? else {
        return Ok(Reference::Null);
    };
    let elsewhere = if is_external {
        Some(text(cursor)?)
    } else {
        None
    };
    let target = match kind {
        kind::REGION_2 => {
            let _size = cursor.u32()?;
            let _rank = cursor.u32()?;
            let selection = selection::parse(cursor, &file.limits)?;
            Reference::Region { object, selection }
        }
        kind::ATTRIBUTE => Reference::Attribute {
            object,
            name: text(cursor)?,
        },
        _ => Reference::Object(object),
    };
    Ok(match elsewhere {
        Some(file) => Reference::External {
            file,
            target: Box::new(target),
        },
        None => target,
    })
}

fn text(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    let length = usize::from(cursor.u16()?);
    cursor.take(length).map(to_text)
}
