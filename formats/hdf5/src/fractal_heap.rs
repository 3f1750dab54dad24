//! Fractal heaps: the links of dense groups, and dense attributes.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use hutch_codecs::{FilterSpec, Scratch};

use crate::blocks::Blocks;
use crate::btree_v2::{self, bytes_for};
use crate::checksum::lookup3;
use crate::cursor::{Cursor, checked};
use crate::error::Error;
use crate::file::{File, Format};
use crate::filters;
use crate::step::{Needs, Parse};

const WHAT: &str = "fractal heap";
const BLOCK: &str = "block of a fractal heap";

/// A heap whose blocks were all found, though not all read.
#[derive(Debug)]
pub(crate) struct FractalHeap {
    header: Header,
    /// Direct blocks by their offset in the heap.
    direct: Vec<Block>,
    /// Objects too large for a block.
    huge: Vec<Huge>,
    /// Blocks whose checksum was compared and whose filters were undone, by address.
    ready: RefCell<HashMap<u64, Bytes>>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    heap_offset: u64,
    address: u64,
    size: u64,
    /// Bytes in the file and filter mask, where blocks are filtered.
    filtered: Option<(u64, u32)>,
}

impl Block {
    fn stored_bytes(&self) -> u64 {
        self.filtered.map_or(self.size, |(size, _)| size)
    }
}

/// An object that has a place of its own.
#[derive(Debug, Clone, Copy, Default)]
struct Huge {
    /// Its identifier; zero where the address serves as one.
    key: u64,
    address: u64,
    stored_bytes: u64,
    /// Filter mask and bytes of the object, where objects are filtered.
    filtered: Option<(u32, u64)>,
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
    /// Direct blocks have a checksum.
    is_checked: bool,
    /// Bytes in the file and filter mask of a root that is a direct block.
    filtered_root: (u64, u32),
    filters: Vec<FilterSpec>,
    /// Bytes before the objects of a direct block, the last four of them the checksum.
    block_prefix: usize,
    /// Bytes of a decoded block or object that are allowed.
    limit: u64,
    format: Format,
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
            ready: RefCell::default(),
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
            needs.gather(blocks.get(block.address, block.stored_bytes(), BLOCK))?;
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
        let bytes = self.block(blocks, block)?;
        let from = usize::try_from(offset - block.heap_offset).unwrap_or(usize::MAX);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if from.checked_add(length).is_none_or(|end| end > bytes.len()) {
            return Err(self.damaged("an object lies outside of its block").into());
        }
        Ok(bytes.slice(from..from + length))
    }

    /// A whole direct block, since its other objects are wanted next.
    fn block(&self, blocks: &Blocks, block: &Block) -> Parse<Bytes> {
        if let Some(ready) = self.ready.borrow().get(&block.address) {
            return Ok(ready.clone());
        }
        let stored = blocks.get(block.address, block.stored_bytes(), BLOCK)?;
        let mask = block.filtered.map(|(_, mask)| mask);
        let bytes = self.header.decoded(stored, mask, block.size)?;
        self.header.check_block(&bytes, block.address)?;
        self.ready.borrow_mut().insert(block.address, bytes.clone());
        Ok(bytes)
    }

    fn huge(&self, blocks: &Blocks, id: &[u8]) -> Parse<Bytes> {
        const OBJECT: &str = "large object of a fractal heap";
        let id = id.get(1..).unwrap_or_default();
        let mut found = self.header.direct_huge(id)?;
        if found.is_none() {
            let key = little_endian(id);
            found = self.huge.iter().find(|huge| huge.key == key).copied();
        }
        let Some(huge) = found else {
            return Err(self.damaged("a large object is not in its index").into());
        };
        let stored = blocks.get(huge.address, huge.stored_bytes, OBJECT)?;
        match huge.filtered {
            Some((mask, size)) => self.header.decoded(stored, Some(mask), size),
            None => Ok(stored),
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
    let filter_length = u64::from(cursor.u16()?);
    let filtered = if filter_length == 0 {
        0
    } else {
        length_size as u64 + 4 + filter_length
    };
    let bytes = blocks.get(address, length as u64 + filtered, WHAT)?;
    let bytes = checked(&bytes, WHAT, address)?;
    let mut cursor = Cursor::new(file.format, &bytes, WHAT, address);
    cursor.skip(9)?;
    let is_checked = cursor.u8()? & 2 != 0;
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
    let (filtered_root, filters) = if filter_length == 0 {
        ((0, 0), Vec::new())
    } else {
        (
            (cursor.length()?, cursor.u32()?),
            filters::parse(&mut cursor)?,
        )
    };
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
        is_checked,
        filtered_root,
        filters,
        block_prefix: 5
            + offset_size
            + usize::from(max_bits).div_ceil(8)
            + if is_checked { 4 } else { 0 },
        limit: file.limits.metadata_bytes,
        format: file.format,
    })
}

fn read_huge(file: &File, blocks: &Blocks, header: &Header) -> Parse<Vec<Huge>> {
    let Some(tree) = header.huge_tree.filter(|_| header.huge_count > 0) else {
        return Ok(Vec::new());
    };
    if header.direct_huge_bytes() < header.id_length {
        // The identifiers hold the addresses themselves.
        return Ok(Vec::new());
    }
    let found = btree_v2::records(file, blocks, tree, file.limits.entry_count)?;
    let mut huge = Vec::new();
    for record in found.records {
        let mut cursor = Cursor::new(file.format, &record, "large object of a fractal heap", tree);
        let mut object = header.huge_place(&mut cursor)?;
        object.key = match found.kind {
            1 | 2 => cursor.length()?,
            _ => return Err(cursor.damaged("is in an index of another kind").into()),
        };
        huge.push(object);
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
    /// Bytes of an identifier of a large object that holds the address itself.
    fn direct_huge_bytes(&self) -> usize {
        let filtered = if self.filters.is_empty() {
            0
        } else {
            4 + self.format.length_bytes()
        };
        1 + self.format.offset_bytes() + self.format.length_bytes() + filtered
    }

    /// Address and length as an identifier or an index has them.
    fn huge_place(&self, cursor: &mut Cursor<'_>) -> Result<Huge, Error> {
        let (address, stored_bytes) = (cursor.some_address()?, cursor.length()?);
        let filtered = if self.filters.is_empty() {
            None
        } else {
            Some((cursor.u32()?, cursor.length()?))
        };
        Ok(Huge {
            key: 0,
            address,
            stored_bytes,
            filtered,
        })
    }

    /// The place that an identifier holds, if it is long enough to hold one.
    fn direct_huge(&self, id: &[u8]) -> Result<Option<Huge>, Error> {
        if self.direct_huge_bytes() > self.id_length {
            return Ok(None);
        }
        let mut cursor = Cursor::new(self.format, id, WHAT, self.address);
        self.huge_place(&mut cursor).map(Some)
    }

    /// Undoes the filters of a block or an object of `size` bytes.
    fn decoded(&self, stored: Bytes, mask: Option<u32>, size: u64) -> Parse<Bytes> {
        let Some(mask) = mask.filter(|_| !self.filters.is_empty()) else {
            return Ok(stored);
        };
        let size = usize::try_from(size.min(self.limit.saturating_add(1))).unwrap_or(usize::MAX);
        if size as u64 > self.limit {
            return Err(Error::limit(BLOCK, self.limit, self.address).into());
        }
        let mut decoded = vec![0; size];
        let scratch = &mut Scratch::default();
        hutch_codecs::decode_into(&self.filters, mask, &stored, 1, &mut decoded, scratch)
            .map_err(Error::from)?;
        Ok(decoded.into())
    }

    /// The checksum lies before the objects, and counts itself as zero.
    fn check_block(&self, bytes: &Bytes, address: u64) -> Result<(), Error> {
        let Some((prefix, objects)) = bytes.split_at_checked(self.block_prefix) else {
            return Err(Error::damaged(format!("{BLOCK}: ends too early"), address));
        };
        if !prefix.starts_with(b"FHDB") {
            let what = format!("{BLOCK}: does not begin with its signature");
            return Err(Error::damaged(what, address));
        }
        if !self.is_checked {
            return Ok(());
        }
        let (front, sum) = prefix.split_at(self.block_prefix - 4);
        let stored = little_endian(sum);
        let mut plain = Vec::with_capacity(bytes.len());
        plain.extend_from_slice(front);
        plain.extend_from_slice(&[0; 4]);
        plain.extend_from_slice(objects);
        if cfg!(fuzzing) || u64::from(lookup3(&plain)) == stored {
            Ok(())
        } else {
            let what = BLOCK.to_owned();
            Err(Error::Checksum { what, address })
        }
    }

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
                filtered: (!self.filters.is_empty()).then_some(self.filtered_root),
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
        let mut length = prefix as u64 + entries * file.format.offset_bytes() as u64 + 4;
        if !self.filters.is_empty() {
            // Entries of direct blocks have a size and a mask too.
            let is_direct = |row: &u32| {
                self.row_size(*row)
                    .is_some_and(|size| size <= self.max_direct)
            };
            let rows = (0..block.rows).filter(is_direct).count() as u64;
            length += rows * self.width * (file.format.length_bytes() as u64 + 4);
        }
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
                let address = cursor.address()?;
                let filtered = if self.filters.is_empty() || size > self.max_direct {
                    None
                } else {
                    Some((cursor.length()?, cursor.u32()?))
                };
                if let Some(address) = address {
                    if size <= self.max_direct {
                        direct.push(Block {
                            heap_offset,
                            address,
                            size,
                            filtered,
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
