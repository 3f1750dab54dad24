//! Reading the list of mappings from the global heap.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Mapping, VirtualLayout};
use crate::blocks::Blocks;
use crate::cursor::{Cursor, checked, to_text};
use crate::error::Error;
use crate::file::File;
use crate::global_heap::{Collections, HeapId};
use crate::limits::Limits;
use crate::selection;
use crate::step::Parse;

const WHAT: &str = "virtual dataset";

/// Flags of an entry of version 1.
const FILE_IS_SHARED: u8 = 1;
const DATASET_IS_SHARED: u8 = 2;
const IS_THIS_FILE: u8 = 4;

/// Reads the mappings of a dataset of `rank` axes.
///
/// Source: HDF5 File Format Specification, "Virtual Dataset Storage"; version 1, whose names are
/// shared, was compared with files of HDF5 2.0.
pub(crate) fn read(
    file: &File,
    blocks: &Blocks,
    heap: Option<u64>,
    index: u32,
    rank: usize,
) -> Parse<VirtualLayout> {
    let Some(collection) = heap else {
        return Ok(VirtualLayout::new(Vec::new(), rank));
    };
    let id = HeapId { collection, index };
    let mut heap = Collections::default();
    heap.load(file, blocks, std::iter::once(collection))?;
    let bytes = checked(&heap.object(id)?, WHAT, collection)?;
    let mut reader = Reader {
        cursor: Cursor::new(file.format, &bytes, WHAT, collection),
        limits: &file.limits,
        names: HashMap::new(),
        mappings: Vec::new(),
        size_bytes: 0,
    };
    reader.read(rank)?;
    Ok(VirtualLayout::new(reader.mappings, rank))
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    limits: &'a Limits,
    names: HashMap<&'a [u8], Arc<str>>,
    mappings: Vec<Mapping>,
    size_bytes: u64,
}

impl Reader<'_> {
    fn read(&mut self, rank: usize) -> Result<(), Error> {
        let version = self.cursor.u8()?;
        if version > 1 {
            return Err(self.cursor.unsupported(&format!("version {version}")));
        }
        let count = self.cursor.length()?;
        if count > self.limits.entry_count {
            return Err(self
                .cursor
                .limit_error("the number of mappings", self.limits.entry_count));
        }
        for _ in 0..count {
            let flags = if version == 0 { 0 } else { self.cursor.u8()? };
            let mapping = self.mapping(flags)?;
            let fits = mapping.target.rank().is_none_or(|axes| axes == rank);
            if !fits {
                return Err(self.cursor.damaged("a mapping does not have its axes"));
            }
            self.take(mapping)?;
        }
        Ok(())
    }

    fn mapping(&mut self, flags: u8) -> Result<Mapping, Error> {
        let file = if flags & IS_THIS_FILE != 0 {
            self.interned(b".")
        } else if flags & FILE_IS_SHARED != 0 {
            Arc::clone(&self.earlier()?.file)
        } else {
            let name = self.cursor.zero_terminated()?;
            self.interned(name)
        };
        let dataset = if flags & DATASET_IS_SHARED != 0 {
            Arc::clone(&self.earlier()?.dataset)
        } else {
            let name = self.cursor.zero_terminated()?;
            self.interned(name)
        };
        Ok(Mapping {
            file,
            dataset,
            source: selection::parse(&mut self.cursor, self.limits)?,
            target: selection::parse(&mut self.cursor, self.limits)?,
        })
    }

    /// The earlier mapping that has the name which is shared.
    fn earlier(&mut self) -> Result<&Mapping, Error> {
        let index = usize::try_from(self.cursor.length()?).unwrap_or(usize::MAX);
        self.mappings.get(index).ok_or_else(|| {
            self.cursor
                .damaged("a name is shared with a mapping that follows")
        })
    }

    fn take(&mut self, mapping: Mapping) -> Result<(), Error> {
        let selected = mapping.source.size_bytes() + mapping.target.size_bytes();
        self.size_bytes += selected + size_of::<Mapping>() as u64;
        if self.size_bytes > self.limits.metadata_bytes {
            return Err(self
                .cursor
                .limit_error("the list of mappings", self.limits.metadata_bytes));
        }
        self.mappings.push(mapping);
        Ok(())
    }
}

impl<'a> Reader<'a> {
    fn interned(&mut self, name: &'a [u8]) -> Arc<str> {
        let shared = self
            .names
            .entry(name)
            .or_insert_with(|| to_text(name).into());
        Arc::clone(shared)
    }
}
