//! Virtual datasets: the files and datasets that they are put together from.

use crate::blocks::Blocks;
use crate::cursor::{Cursor, to_text};
use crate::error::Error;
use crate::file::File;
use crate::global_heap::{self, HeapId};
use crate::step::Parse;

const WHAT: &str = "virtual dataset";

/// The source files and datasets, as far as they can be understood.
pub(crate) fn sources(
    file: &File,
    blocks: &Blocks,
    heap: Option<u64>,
    index: u32,
) -> Parse<Vec<(String, String)>> {
    let Some(collection) = heap else {
        return Ok(Vec::new());
    };
    let objects = global_heap::objects(file, blocks, std::iter::once(collection))?;
    let id = HeapId { collection, index };
    let bytes = objects.get(&id).ok_or_else(|| crate::text::missing(id))?;
    let mut cursor = Cursor::new(file.format, bytes, WHAT, collection);
    let version = cursor.u8()?;
    let count = cursor.length()?;
    let mut found = Vec::new();
    // Version 1 shares names between entries; its sources are not listed.
    if version != 0 {
        return Ok(found);
    }
    for _ in 0..count {
        let source = (
            to_text(cursor.zero_terminated()?),
            to_text(cursor.zero_terminated()?),
        );
        found.push(source);
        if skip_selection(&mut cursor).is_err() || skip_selection(&mut cursor).is_err() {
            break;
        }
    }
    Ok(found)
}

/// Skips a serialised selection.
///
/// Source: HDF5 File Format Specification, "Dataspace Selection".
fn skip_selection(cursor: &mut Cursor<'_>) -> Result<(), Error> {
    let kind = cursor.u32()?;
    let version = cursor.u32()?;
    match (kind, version) {
        (0 | 3, 1) => cursor.skip(8),
        (2, 1) => {
            cursor.skip(4)?;
            let length = cursor.u32()? as usize;
            cursor.skip(length)
        }
        (2, 2) => {
            cursor.skip(1)?;
            let length = cursor.u32()? as usize;
            cursor.skip(length)
        }
        (2, 3) => {
            let flags = cursor.u8()?;
            let size = usize::from(cursor.u8()?);
            let rank = cursor.u32()? as usize;
            let numbers = if flags & 1 == 0 {
                let blocks = usize::try_from(cursor.uint(size)?).unwrap_or(usize::MAX);
                blocks.saturating_mul(2)
            } else {
                4
            };
            cursor.skip(numbers.saturating_mul(rank).saturating_mul(size))
        }
        _ => Err(cursor.unsupported("this selection")),
    }
}
