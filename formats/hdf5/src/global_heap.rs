//! Global heaps: values of variable length.

use std::collections::HashMap;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::cursor::Cursor;
use crate::error::Error;
use crate::file::{File, Format};
use crate::step::{Needs, Parse};

const WHAT: &str = "global heap";

/// Where a value of variable length lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct HeapId {
    pub(crate) collection: u64,
    pub(crate) index: u32,
}

/// One element of variable length as stored in a dataset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VarLength {
    /// Elements of the base type; bytes for strings.
    pub(crate) count: u32,
    /// None for an empty value.
    pub(crate) id: Option<HeapId>,
}

/// Bytes of such an element: length, address, index.
pub(crate) fn element_bytes(file: &File) -> usize {
    8 + file.format.offset_bytes()
}

pub(crate) fn parse_element(file: &File, element: &[u8]) -> Result<VarLength, Error> {
    let mut cursor = Cursor::new(file.format, element, "element of variable length", 0);
    let count = cursor.u32()?;
    let collection = cursor.address()?;
    let index = cursor.u32()?;
    // An address of zero marks a value that was never written.
    let id = collection
        .filter(|address| *address != file.format.base && count > 0)
        .map(|collection| HeapId { collection, index });
    Ok(VarLength { count, id })
}

/// Collections that were read; each is read once.
#[derive(Debug, Default)]
pub(crate) struct Collections {
    loaded: HashMap<u64, Collection>,
}

impl Collections {
    /// Reads the collections at `addresses`, all of them together.
    pub(crate) fn load(
        &mut self,
        file: &File,
        blocks: &Blocks,
        addresses: impl Iterator<Item = u64>,
    ) -> Parse<()> {
        let mut unique: Vec<u64> = addresses
            .filter(|address| !self.loaded.contains_key(address))
            .collect();
        unique.sort_unstable();
        unique.dedup();
        let mut needs = Needs::default();
        for address in unique {
            if let Some(collection) = needs.gather(Collection::read(file, blocks, address))? {
                self.loaded.insert(address, collection);
            }
        }
        needs.finish()
    }

    /// An object of a collection that was loaded.
    pub(crate) fn object(&mut self, id: HeapId) -> Result<Bytes, Error> {
        let found = match self.loaded.get_mut(&id.collection) {
            Some(collection) => collection.object(id.index)?,
            None => None,
        };
        found.ok_or_else(|| {
            let what = format!("global heap: object {} is not in it", id.index);
            Error::damaged(what, id.collection)
        })
    }
}

/// Look-ups that go through all objects of a collection before a list of them pays.
const SCAN_MAX: u32 = 8;

/// Headers of collections and objects take whole words of 8 bytes.
fn prefix_bytes(format: Format) -> usize {
    (8 + format.length_bytes()).next_multiple_of(8)
}

#[derive(Debug)]
struct Collection {
    address: u64,
    format: Format,
    /// The objects one after another, each behind its index, reference count and length.
    objects: Bytes,
    scans: u32,
    /// Where each object lies, once that was worth listing.
    places: HashMap<u32, (usize, usize)>,
}

impl Collection {
    fn read(file: &File, blocks: &Blocks, address: u64) -> Parse<Self> {
        let prefix = prefix_bytes(file.format);
        let bytes = blocks.get_or_ask(address, prefix as u64, 4096, WHAT)?;
        let mut cursor = Cursor::new(file.format, &bytes, WHAT, address);
        cursor.signature(*b"GCOL")?;
        cursor.version(1)?;
        cursor.skip(3)?;
        let size = cursor.length()?;
        if size > file.limits.metadata_bytes {
            return Err(Error::limit(WHAT, file.limits.metadata_bytes, address).into());
        }
        let bytes = blocks.get(address, size.max(prefix as u64), WHAT)?;
        Ok(Self {
            address,
            format: file.format,
            objects: bytes.slice(prefix..),
            scans: 0,
            places: HashMap::new(),
        })
    }

    fn object(&mut self, index: u32) -> Result<Option<Bytes>, Error> {
        if self.scans < SCAN_MAX {
            self.scans += 1;
            let mut found = None;
            self.scan(|at, place| {
                found = (at == index).then_some(place);
                found.is_none()
            })?;
            return Ok(found.map(|(from, to)| self.objects.slice(from..to)));
        }
        if self.places.is_empty() {
            let mut places = HashMap::new();
            self.scan(|at, place| {
                places.insert(at, place);
                true
            })?;
            self.places = places;
        }
        let place = self.places.get(&index);
        Ok(place.map(|(from, to)| self.objects.slice(*from..*to)))
    }

    /// Visits the objects until `visit` says false.
    fn scan(&self, mut visit: impl FnMut(u32, (usize, usize)) -> bool) -> Result<(), Error> {
        let mut cursor = Cursor::new(self.format, &self.objects, WHAT, self.address);
        let prefix = prefix_bytes(self.format);
        while cursor.remaining() >= prefix {
            let index = u32::from(cursor.u16()?);
            cursor.skip(6)?;
            let length = usize::try_from(cursor.length()?).unwrap_or(usize::MAX);
            if index == 0 {
                break;
            }
            cursor.skip(prefix - 8 - self.format.length_bytes())?;
            let from = cursor.position();
            cursor.skip(length)?;
            if !visit(index, (from, from + length)) {
                break;
            }
            let padding = length.wrapping_neg() & 7;
            cursor.skip(padding.min(cursor.remaining()))?;
        }
        Ok(())
    }
}
