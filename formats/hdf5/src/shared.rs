//! Messages that many objects share, kept in heaps of the whole file (SOHM).

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::cursor::{Cursor, checked};
use crate::error::Error;
use crate::file::File;
use crate::fractal_heap::FractalHeap;
use crate::header::{self, kind};
use crate::step::Parse;

const WHAT: &str = "table of shared messages";

/// The body of the shared message of `kind` that a heap knows as `id`.
///
/// The indexes of the table serve writers, who look for equal messages; a reader has the
/// identifier and needs only the heap.
///
/// Source: HDF5 File Format Specification, "Shared Object Header Message Table".
pub(crate) fn message(file: &File, blocks: &Blocks, id: &[u8], kind: u16) -> Parse<(Bytes, u64)> {
    let heap = heap_of(file, blocks, kind)?;
    let body = FractalHeap::read(file, blocks, heap)?.object(blocks, id)?;
    Ok((body, heap))
}

/// The heap that holds shared messages of `kind`.
pub(crate) fn heap_of(file: &File, blocks: &Blocks, kind: u16) -> Parse<u64> {
    let lacking = || Error::damaged("the file has no table of shared messages", file.format.base);
    let extension = file.extension.ok_or_else(lacking)?;
    let header = header::read(file, blocks, extension)?;
    let message = header.find(kind::SHARED_TABLE).ok_or_else(lacking)?;
    let mut cursor = Cursor::new(file.format, &message.body, WHAT, message.address);
    cursor.version(0)?;
    let (table, count) = (cursor.some_address()?, cursor.u8()?);
    let entry = 14 + 2 * file.format.offset_bytes() as u64;
    let bytes = blocks.get(table, 8 + entry * u64::from(count), WHAT)?;
    let bytes = checked(&bytes, WHAT, table)?;
    let mut cursor = Cursor::new(file.format, &bytes, WHAT, table);
    cursor.signature(*b"SMTB")?;
    for _ in 0..count {
        cursor.version(0)?;
        cursor.skip(1)?;
        let kinds = cursor.u16()?;
        cursor.skip(10)?;
        cursor.address()?;
        let heap = cursor.address()?;
        if kind < 16
            && kinds & (1 << kind) != 0
            && let Some(heap) = heap
        {
            return Ok(heap);
        }
    }
    Err(Error::damaged(
        format!("{WHAT}: has no heap for messages of kind {kind}"),
        table,
    )
    .into())
}
