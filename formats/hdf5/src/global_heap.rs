//! Global heaps: values of variable length.

use std::collections::HashMap;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::cursor::Cursor;
use crate::error::Error;
use crate::file::File;
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
    loaded: HashMap<u64, HashMap<u32, Bytes>>,
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
            if let Some(objects) = needs.gather(read_collection(file, blocks, address))? {
                self.loaded.insert(address, objects);
            }
        }
        needs.finish()
    }

    /// An object of a collection that was loaded.
    pub(crate) fn object(&self, id: HeapId) -> Result<Bytes, Error> {
        let objects = self.loaded.get(&id.collection);
        objects
            .and_then(|objects| objects.get(&id.index))
            .cloned()
            .ok_or_else(|| {
                let what = format!("global heap: object {} is not in it", id.index);
                Error::damaged(what, id.collection)
            })
    }
}

fn read_collection(file: &File, blocks: &Blocks, address: u64) -> Parse<HashMap<u32, Bytes>> {
    let mut objects = HashMap::new();
    // Headers of collections and objects take whole words of 8 bytes.
    let prefix = (8 + file.format.length_bytes()).next_multiple_of(8);
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
    let mut cursor = Cursor::new(file.format, &bytes, WHAT, address);
    cursor.skip(prefix)?;
    while cursor.remaining() >= prefix {
        let index = u32::from(cursor.u16()?);
        cursor.skip(6)?;
        let length = usize::try_from(cursor.length()?).unwrap_or(usize::MAX);
        if index == 0 {
            break;
        }
        cursor.skip(prefix - 8 - file.format.length_bytes())?;
        let from = cursor.position();
        cursor.skip(length)?;
        objects.insert(index, bytes.slice(from..from + length));
        let padding = length.wrapping_neg() & 7;
        cursor.skip(padding.min(cursor.remaining()))?;
    }
    Ok(objects)
}
