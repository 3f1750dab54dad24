//! Fractal heaps: the links of dense groups, and dense attributes.

use std::collections::HashSet;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::btree_v2::{self, bytes_for};
use crate::cursor::{Cursor, checked};
use crate::error::Error;
use crate::file::File;
use crate::step::{Needs, Parse, Stop};

const WHAT: &str = "fractal heap";

/// A heap whose blocks were all found, though not all read.
#[derive(Debug)]
pub(crate) struct FractalHeap {
    header: Header,
    /// Direct blocks by their offset in the heap.
    direct: Vec<Block>,
    /// Objects too large for a block: identifier, address, length.
    huge: Vec<(u64, u64, u64)>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    heap_offset: u64,
    address: u64,
    size: u64,
}

#[derive(Debug)]
struct Header {
    address: u64,
    id_length: usize,
    max_object: u64,
    huge_tree: Option<u64>,
    huge_count: u64,
    width: u64,
    start_size: u64,
    max_direct: u64,
    offset_bytes: usize,
    root: Option<u64>,
    root_rows: u32,
}

impl FractalHeap {
    /// Finds the blocks of the heap at `address`; one round trip for each level.
    pub(crate) fn read(file: &File, blocks: &Blocks, address: u64) -> Parse<Self> {
        let header = read_header(file, blocks, address)?;
        let mut needs = Needs::default();
        let huge = needs.gather(read_huge(file, blocks, &header))?;
        let direct = needs.gather(header.direct_blocks(file, blocks))?;
        needs.finish()?;
        let mut direct = direct.unwrap_or_default();
        direct.sort_unstable_by_key(|block| block.heap_offset);
        Ok(Self {
            header,
            direct,
            huge: huge.unwrap_or_default(),
        })
    }

    /// The bytes of the object that `id` names.
    pub(crate) fn object(&self, blocks: &Blocks, id: &[u8]) -> Parse<Bytes> {
        let id = id.get(..self.header.id_length.min(id.len())).unwrap_or(id);
        match id.first().map(|first| first >> 4) {
            Some(0) => self.managed(blocks, id),
            Some(1) => self.huge(blocks, id),
            Some(2) => self.tiny(id),
            _ => Err(self
                .damaged("an object has an unknown kind of identifier")
                .into()),
        }
    }

    /// Asks for all blocks at once.
    pub(crate) fn whole(&self, blocks: &Blocks) -> Parse<()> {
        let mut needs = Needs::default();
        for block in &self.direct {
            needs.gather(blocks.get(block.address, block.size, "block of a fractal heap"))?;
        }
        needs.finish()
    }

    fn managed(&self, blocks: &Blocks, id: &[u8]) -> Parse<Bytes> {
        let length_bytes = bytes_for(self.header.max_direct).min(bytes_for(self.header.max_object));
        let split = 1 + self.header.offset_bytes;
        let (Some(offset), Some(length)) = (id.get(1..split), id.get(split..split + length_bytes))
        else {
            return Err(self.damaged("an identifier is too short").into());
        };
        let (offset, length) = (little_endian(offset), little_endian(length));
        let index = self
            .direct
            .partition_point(|block| block.heap_offset <= offset);
        let block = index
            .checked_sub(1)
            .and_then(|index| self.direct.get(index));
        let Some(block) = block.filter(|block| {
            let inside = offset - block.heap_offset;
            inside < block.size && length <= block.size - inside
        }) else {
            return Err(self.damaged("an object lies outside of all blocks").into());
        };
        let at = block.address.saturating_add(offset - block.heap_offset);
        match blocks.get(at, length, "object of a fractal heap") {
            // The whole block is asked for, since its other objects are wanted next.
            Err(Stop::Need(_)) => blocks
                .get(block.address, block.size, "block of a fractal heap")
                .map(|_| Bytes::new()),
            other => other,
        }
    }

    fn huge(&self, blocks: &Blocks, id: &[u8]) -> Parse<Bytes> {
        let key = little_endian(id.get(1..9.min(id.len())).unwrap_or_default());
        match self.huge.iter().find(|(known, ..)| *known == key) {
            Some((_, address, length)) => {
                blocks.get(*address, *length, "large object of a fractal heap")
            }
            None => Err(self.damaged("a large object is not in its index").into()),
        }
    }

    fn tiny(&self, id: &[u8]) -> Parse<Bytes> {
        let first = usize::from(id.first().copied().unwrap_or(0) & 0x0f);
        let (length, from) = if self.header.id_length <= 18 {
            (first + 1, 1)
        } else {
            (
                (first << 8 | usize::from(id.get(1).copied().unwrap_or(0))) + 1,
                2,
            )
        };
        match id.get(from..from + length) {
            Some(bytes) => Ok(Bytes::copy_from_slice(bytes)),
            None => Err(self.damaged("an identifier is too short").into()),
        }
    }

    fn damaged(&self, why: &str) -> Error {
        Error::damaged(format!("{WHAT}: {why}"), self.header.address)
    }
}

fn read_header(file: &File, blocks: &Blocks, address: u64) -> Parse<Header> {
    let (offset_size, length_size) = (file.format.offset_bytes(), file.format.length_bytes());
    let length = 26 + 3 * offset_size + 12 * length_size;
    let bytes = blocks.get_or_ask(address, length as u64, 4096, WHAT)?;
    let mut cursor = Cursor::new(file.format, &bytes, WHAT, address);
    cursor.signature(*b"FRHP")?;
    cursor.version(0)?;
    let id_length = usize::from(cursor.u16()?);
    let filter_length = cursor.u16()?;
    if filter_length != 0 {
        return Err(cursor.unsupported("filtered blocks").into());
    }
    let bytes = checked(&bytes, WHAT, address)?;
    let mut cursor = Cursor::new(file.format, &bytes, WHAT, address);
    cursor.skip(9)?;
    cursor.skip(1)?;
    let max_object = u64::from(cursor.u32()?);
    cursor.length()?;
    let huge_tree = cursor.address()?;
    cursor.length()?;
    cursor.address()?;
    cursor.skip(5 * length_size)?;
    let huge_count = cursor.length()?;
    cursor.skip(2 * length_size)?;
    let width = u64::from(cursor.u16()?);
    let start_size = cursor.length()?;
    let max_direct = cursor.length()?;
    let max_bits = cursor.u16()?;
    cursor.skip(2)?;
    let root = cursor.address()?;
    let root_rows = u32::from(cursor.u16()?);
    let is_possible = width > 0
        && start_size.is_power_of_two()
        && max_direct.is_power_of_two()
        && start_size <= max_direct
        && max_direct <= file.limits.metadata_bytes
        && max_bits <= 64;
    if !is_possible {
        return Err(cursor.damaged("its blocks have an impossible size").into());
    }
    Ok(Header {
        address,
        id_length,
        max_object,
        huge_tree,
        huge_count,
        width,
        start_size,
        max_direct,
        offset_bytes: usize::from(max_bits).div_ceil(8),
        root,
        root_rows,
    })
}

fn read_huge(file: &File, blocks: &Blocks, header: &Header) -> Parse<Vec<(u64, u64, u64)>> {
    let Some(tree) = header.huge_tree.filter(|_| header.huge_count > 0) else {
        return Ok(Vec::new());
    };
    let found = btree_v2::records(file, blocks, tree, file.limits.entry_count)?;
    if found.kind != 1 {
        return Err(Error::unsupported("filtered large objects in a fractal heap", tree).into());
    }
    let mut huge = Vec::new();
    for record in found.records {
        let mut cursor = Cursor::new(file.format, &record, "large object of a fractal heap", tree);
        let (address, length) = (cursor.some_address()?, cursor.length()?);
        huge.push((cursor.length()?, address, length));
    }
    Ok(huge)
}

/// An indirect block that is yet to be read.
#[derive(Debug, Clone, Copy)]
struct Indirect {
    address: u64,
    heap_offset: u64,
    rows: u32,
}

impl Header {
    /// All direct blocks, level by level.
    fn direct_blocks(&self, file: &File, blocks: &Blocks) -> Parse<Vec<Block>> {
        let Some(root) = self.root else {
            return Ok(Vec::new());
        };
        if self.root_rows == 0 {
            return Ok(vec![Block {
                heap_offset: 0,
                address: root,
                size: self.start_size,
            }]);
        }
        let mut direct = Vec::new();
        let mut seen = HashSet::new();
        let mut level = vec![Indirect {
            address: root,
            heap_offset: 0,
            rows: self.root_rows,
        }];
        while !level.is_empty() {
            let mut needs = Needs::default();
            let mut next = Vec::new();
            for block in level {
                if !seen.insert(block.address) {
                    return Err(Error::damaged(
                        "fractal heap: a block has two parents",
                        block.address,
                    )
                    .into());
                }
                if let Some((blocks_here, below)) =
                    needs.gather(self.read_indirect(file, blocks, block))?
                {
                    direct.extend(blocks_here);
                    next.extend(below);
                }
                if direct.len() as u64 > file.limits.entry_count {
                    return Err(Error::limit(
                        "the number of heap blocks",
                        file.limits.entry_count,
                        self.address,
                    )
                    .into());
                }
            }
            needs.finish()?;
            level = next;
        }
        Ok(direct)
    }

    fn read_indirect(
        &self,
        file: &File,
        blocks: &Blocks,
        block: Indirect,
    ) -> Parse<(Vec<Block>, Vec<Indirect>)> {
        const NODE: &str = "indirect block of a fractal heap";
        let prefix = 5 + file.format.offset_bytes() + self.offset_bytes;
        let entries = u64::from(block.rows) * self.width;
        let length = prefix as u64 + entries * file.format.offset_bytes() as u64 + 4;
        let bytes = checked(
            &blocks.get(block.address, length, NODE)?,
            NODE,
            block.address,
        )?;
        let mut cursor = Cursor::new(file.format, &bytes, NODE, block.address);
        cursor.signature(*b"FHIB")?;
        cursor.version(0)?;
        cursor.skip(file.format.offset_bytes() + self.offset_bytes)?;
        let (mut direct, mut below) = (Vec::new(), Vec::new());
        let mut heap_offset = block.heap_offset;
        for row in 0..block.rows {
            let size = self
                .row_size(row)
                .ok_or_else(|| cursor.damaged("has too many rows"))?;
            for _ in 0..self.width {
                if let Some(address) = cursor.address()? {
                    if size <= self.max_direct {
                        direct.push(Block {
                            heap_offset,
                            address,
                            size,
                        });
                    } else {
                        let rows = self
                            .rows_of(size)
                            .ok_or_else(|| cursor.damaged("has a block that is too small"))?;
                        below.push(Indirect {
                            address,
                            heap_offset,
                            rows,
                        });
                    }
                }
                heap_offset = heap_offset
                    .checked_add(size)
                    .ok_or_else(|| cursor.damaged("has too many rows"))?;
            }
        }
        Ok((direct, below))
    }

    /// The size of the blocks in a row: the first two rows are alike, then each doubles.
    fn row_size(&self, row: u32) -> Option<u64> {
        let shift = row.saturating_sub(1);
        (shift < 64)
            .then(|| self.start_size << shift)
            .filter(|size| size >> shift == self.start_size)
    }

    /// The rows of an indirect block that stands for `size` bytes of the heap.
    fn rows_of(&self, size: u64) -> Option<u32> {
        let first_row = self.start_size.checked_mul(self.width)?;
        let ratio = size / first_row;
        (ratio > 0).then(|| ratio.ilog2() + 1)
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .take(8)
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}
