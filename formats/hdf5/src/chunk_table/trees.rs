//! Chunks in B-trees.

use super::wanted::{Wanted, chunks_before};
use super::{Builder, Chunk};
use crate::blocks::Blocks;
use crate::btree_v1::{self, Keys};
use crate::btree_v2;
use crate::cursor::Cursor;
use crate::error::Error;
use crate::file::File;
use crate::slab::ChunkGrid;
use crate::step::Parse;

/// The chunks of a tree of version 1. A key has the size, the filter mask and the first element of
/// a chunk, and a zero for the axis of its bytes.
pub(super) fn version_1(
    file: &File,
    blocks: &Blocks,
    address: u64,
    builder: &mut Builder<'_>,
) -> Parse<()> {
    let grid = builder.grid.clone();
    let is_all = matches!(builder.wanted, Wanted::All);
    let keys = Keys::Chunks {
        rank: grid.shape().len(),
    };
    let before = |key: &[u8]| {
        let offsets = key.get(8..).unwrap_or_default().chunks_exact(8);
        let offsets = offsets.zip(grid.chunk_shape());
        chunks_before(&grid, offsets.map(|(offset, size)| number(offset) / size))
    };
    let wanted = |first: &[u8], next: Option<&[u8]>| {
        is_all
            || builder
                .wanted
                .touches(before(first)..next.map_or(u64::MAX, before))
    };
    let max = file.limits.chunk_count;
    let mut columns = std::mem::take(&mut builder.columns);
    btree_v1::visit(
        file,
        blocks,
        (address, keys),
        max,
        wanted,
        |key, child| match entry(&grid, key, child, address)? {
            Some((index, chunk)) if builder.wanted.has(index) => {
                builder.check(chunk)?;
                columns.push(index, chunk)
            }
            _ => Ok(()),
        },
    )?;
    builder.columns = columns;
    Ok(())
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// A chunk and its flat index; nothing for one outside of the present shape.
fn entry(
    grid: &ChunkGrid,
    key: &[u8],
    child: u64,
    address: u64,
) -> Result<Option<(u64, Chunk)>, Error> {
    let size = number(key.get(..4).unwrap_or_default());
    let mask = number(key.get(4..8).unwrap_or_default());
    let mut index = Some(0_u64);
    let offsets = key.get(8..).unwrap_or_default().chunks_exact(8);
    for ((offset, chunk), count) in offsets.zip(grid.chunk_shape()).zip(grid.counts()) {
        let offset = number(offset);
        if !offset.is_multiple_of(*chunk) {
            let what = "chunk B-tree: a chunk lies between the places of chunks";
            return Err(Error::damaged(what, address));
        }
        let at = offset / chunk;
        index = index
            .filter(|_| at < *count)
            .and_then(|index| index.checked_mul(*count)?.checked_add(at));
    }
    Ok(index.map(|index| {
        let chunk = Chunk {
            address: child,
            size,
            filter_mask: u32::try_from(mask).unwrap_or(0),
        };
        (index, chunk)
    }))
}

/// The chunks of a tree of version 2, whose records end with the places of chunks in the grid.
pub(super) fn version_2(
    file: &File,
    blocks: &Blocks,
    address: u64,
    chunk_bytes: u64,
    builder: &mut Builder<'_>,
) -> Parse<()> {
    let grid = builder.grid.clone();
    let is_all = matches!(builder.wanted, Wanted::All);
    let rank = grid.shape().len();
    let before = |record: &[u8]| {
        let coordinates = record.len().saturating_sub(8 * rank);
        let coordinates = record.get(coordinates..).unwrap_or_default();
        chunks_before(&grid, coordinates.chunks_exact(8).map(number))
    };
    let wanted = |last: Option<&[u8]>, next: Option<&[u8]>| {
        is_all
            || builder
                .wanted
                .touches(last.map_or(0, before)..next.map_or(u64::MAX, before))
    };
    let found = btree_v2::records_where(file, blocks, address, file.limits.chunk_count, wanted)?;
    for record in &found.records {
        let mut cursor = Cursor::new(file.format, record, "chunk record", address);
        let chunk_address = cursor.some_address()?;
        let (size, filter_mask) = match found.kind {
            10 => (chunk_bytes, 0),
            11 => {
                let rest = cursor.remaining().saturating_sub(4 + 8 * rank);
                (cursor.uint(rest)?, cursor.u32()?)
            }
            _ => return Err(cursor.damaged("is not of a chunk").into()),
        };
        let coordinates = (0..rank)
            .map(|_| cursor.u64())
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(index) = grid.index(&coordinates) {
            let chunk = Chunk {
                address: chunk_address,
                size,
                filter_mask,
            };
            builder.push(index, chunk)?;
        }
    }
    Ok(())
}
