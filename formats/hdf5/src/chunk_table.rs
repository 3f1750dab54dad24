//! Chunk tables: where each chunk of a dataset lies in the file.

mod extensible_array;
mod fixed_array;

use crate::blocks::Blocks;
use crate::btree_v1::{self, Keys};
use crate::btree_v2;
use crate::cursor::Cursor;
use crate::dataset::{ChunkIndex, ChunkLayout, DatasetInfo};
use crate::dataspace::Dataspace;
use crate::error::Error;
use crate::file::File;
use crate::slab::ChunkGrid;
use crate::step::Parse;

/// One chunk as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Its offset in the file.
    pub address: u64,
    /// Its bytes in the file, after filters.
    pub size: u64,
    /// Bit `i` set: filter `i` was left out.
    pub filter_mask: u32,
}

/// The chunks of a dataset that are stored, by their place in the [`ChunkGrid`].
///
/// Chunks that nobody wrote are absent; their elements have the fill value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkTable {
    grid: ChunkGrid,
    /// Sorted by index.
    chunks: Vec<(u64, Chunk)>,
    implicit: Option<Implicit>,
}

/// Chunks one after another, without a list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Implicit {
    address: u64,
    chunk_bytes: u64,
    order: Order,
}

impl ChunkTable {
    /// The grid that the chunks form.
    pub fn grid(&self) -> &ChunkGrid {
        &self.grid
    }

    /// The chunk with this flat index in the grid, if it is stored.
    pub fn chunk_at(&self, index: u64) -> Option<Chunk> {
        if let Some(implicit) = &self.implicit {
            let place = implicit.order.place(&self.grid.coordinates(index)?)?;
            let address = implicit
                .address
                .checked_add(place.checked_mul(implicit.chunk_bytes)?)?;
            return Some(Chunk {
                address,
                size: implicit.chunk_bytes,
                filter_mask: 0,
            });
        }
        // A dataset that was written whole has chunk i at position i.
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some((found, chunk)) = self.chunks.get(at)
            && *found == index
        {
            return Some(*chunk);
        }
        let at = self
            .chunks
            .binary_search_by_key(&index, |(index, _)| *index)
            .ok()?;
        self.chunks.get(at).map(|(_, chunk)| *chunk)
    }

    /// The number of chunks that are stored.
    pub fn chunk_count(&self) -> u64 {
        if self.implicit.is_some() {
            self.grid.chunk_count()
        } else {
            self.chunks.len() as u64
        }
    }

    /// The stored chunks with their flat indices, in order; empty where chunks need no list.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Chunk)> + '_ {
        self.chunks.iter().copied()
    }
}

/// How an array of chunks is ordered: over the largest grid, maybe with one axis moved to the front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// Chunks along each axis at the largest shape, in the order of the dataset's axes.
    counts: Vec<u64>,
    /// The axis that varies slowest.
    front: usize,
}

impl Order {
    fn new(info: &DatasetInfo, chunks: &ChunkLayout) -> Self {
        let Dataspace::Simple { shape, max_shape } = &info.dataspace else {
            return Self {
                counts: Vec::new(),
                front: 0,
            };
        };
        let sizes = max_shape
            .iter()
            .zip(shape)
            .map(|(max, size)| max.unwrap_or(*size));
        let counts = sizes
            .zip(&chunks.chunk_shape)
            .map(|(size, chunk)| size.div_ceil(*chunk))
            .collect();
        let front = max_shape.iter().position(Option::is_none).unwrap_or(0);
        Self { counts, front }
    }

    fn axes(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        std::iter::once(self.front).chain((0..self.counts.len()).filter(|axis| *axis != self.front))
    }

    /// The place in the array of the chunk at `coordinates`.
    fn place(&self, coordinates: &[u64]) -> Option<u64> {
        self.axes().try_fold(0_u64, |place, axis| {
            place
                .checked_mul(*self.counts.get(axis)?)?
                .checked_add(*coordinates.get(axis)?)
        })
    }

    /// The coordinates of the chunk at `place`; the first axis may lie outside of the grid.
    fn coordinates(&self, mut place: u64) -> Vec<u64> {
        let mut coordinates = vec![0; self.counts.len()];
        let axes: Vec<usize> = self.axes().collect();
        for axis in axes.into_iter().skip(1).rev() {
            let count = self.counts[axis].max(1);
            coordinates[axis] = place % count;
            place /= count;
        }
        if let Some(front) = coordinates.get_mut(self.front) {
            *front = place;
        }
        coordinates
    }
}

/// An element of an array of chunks, and what is common to all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElementFormat {
    pub(crate) bytes: usize,
    is_filtered: bool,
    chunk_bytes: u64,
}

impl ElementFormat {
    /// From the "client" and the element size of an array header.
    pub(crate) fn new(
        file: &File,
        cursor: &Cursor<'_>,
        client: u8,
        bytes: u8,
        chunk_bytes: u64,
    ) -> Result<Self, Error> {
        let (bytes, offset) = (usize::from(bytes), file.format.offset_bytes());
        let is_possible = match client {
            0 => bytes == offset,
            1 => bytes > offset + 4 && bytes <= offset + 12,
            _ => false,
        };
        if is_possible {
            Ok(Self {
                bytes,
                is_filtered: client == 1,
                chunk_bytes,
            })
        } else {
            Err(cursor.damaged("its elements have an impossible size"))
        }
    }

    /// The chunk of one element, if it was written.
    pub(crate) fn read(
        &self,
        file: &File,
        cursor: &mut Cursor<'_>,
    ) -> Result<Option<Chunk>, Error> {
        let address = cursor.address()?;
        let (size, filter_mask) = if self.is_filtered {
            (
                cursor.uint(self.bytes - file.format.offset_bytes() - 4)?,
                cursor.u32()?,
            )
        } else {
            (self.chunk_bytes, 0)
        };
        Ok(address.map(|address| Chunk {
            address,
            size,
            filter_mask,
        }))
    }
}

/// Reads the chunk index of a dataset.
pub(crate) fn read(file: &File, blocks: &Blocks, info: &DatasetInfo) -> Parse<ChunkTable> {
    let Some(chunks) = info.chunks() else {
        return Ok(ChunkTable {
            grid: ChunkGrid::new(&[], &[]),
            chunks: Vec::new(),
            implicit: None,
        });
    };
    let grid = ChunkGrid::new(info.shape(), &chunks.chunk_shape);
    let mut table = ChunkTable {
        grid,
        chunks: Vec::new(),
        implicit: None,
    };
    let Some(address) = chunks.address else {
        return Ok(table);
    };
    let order = Order::new(info, chunks);
    match chunks.index {
        ChunkIndex::BTree1 => table.chunks = from_btree_v1(file, blocks, &table.grid, address)?,
        ChunkIndex::Single { filtered } => {
            let (size, filter_mask) = filtered.unwrap_or((chunks.chunk_bytes, 0));
            table.chunks.push((
                0,
                Chunk {
                    address,
                    size,
                    filter_mask,
                },
            ));
        }
        ChunkIndex::Implicit => {
            table.implicit = Some(Implicit {
                address,
                chunk_bytes: chunks.chunk_bytes,
                order: Order { front: 0, ..order },
            });
        }
        ChunkIndex::FixedArray => {
            let order = Order { front: 0, ..order };
            let found = fixed_array::read(file, blocks, address, chunks.chunk_bytes)?;
            table.chunks = placed(found, &order, &table.grid);
        }
        ChunkIndex::ExtensibleArray => {
            let found = extensible_array::read(file, blocks, address, chunks.chunk_bytes)?;
            table.chunks = placed(found, &order, &table.grid);
        }
        ChunkIndex::BTree2 => {
            table.chunks = from_btree_v2(file, blocks, chunks, &table.grid, address)?;
        }
    }
    finish(file, table, address)
}

/// Sorts the chunks and checks their sizes. A chunk beyond the end of a truncated file stays in the
/// table, so that the others can be shown.
fn finish(file: &File, mut table: ChunkTable, address: u64) -> Parse<ChunkTable> {
    if table.chunks.len() as u64 > file.limits.chunk_count {
        return Err(Error::limit("the number of chunks", file.limits.chunk_count, address).into());
    }
    for (_, chunk) in &table.chunks {
        // Twice a chunk and a margin: compression never makes more of it than that.
        if chunk.size > file.limits.chunk_bytes.saturating_mul(2) {
            return Err(
                Error::limit("a stored chunk", file.limits.chunk_bytes, chunk.address).into(),
            );
        }
    }
    if !table.chunks.is_sorted_by_key(|(index, _)| *index) {
        table.chunks.sort_by_key(|(index, _)| *index);
    }
    table.chunks.dedup_by_key(|(index, _)| *index);
    Ok(table)
}

fn placed(found: Vec<(u64, Chunk)>, order: &Order, grid: &ChunkGrid) -> Vec<(u64, Chunk)> {
    found
        .into_iter()
        .filter_map(|(place, chunk)| {
            grid.index(&order.coordinates(place))
                .map(|index| (index, chunk))
        })
        .collect()
}

fn from_btree_v1(
    file: &File,
    blocks: &Blocks,
    grid: &ChunkGrid,
    address: u64,
) -> Parse<Vec<(u64, Chunk)>> {
    const WHAT: &str = "chunk B-tree";
    let rank = grid.shape().len();
    let entries = btree_v1::leaves(
        file,
        blocks,
        address,
        Keys::Chunks { rank },
        file.limits.chunk_count,
    )?;
    let mut chunks = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut cursor = Cursor::new(file.format, &entry.key, WHAT, address);
        let (size, filter_mask) = (u64::from(cursor.u32()?), cursor.u32()?);
        let mut coordinates = Vec::with_capacity(rank);
        for chunk in grid.chunk_shape() {
            let offset = cursor.u64()?;
            if offset % chunk != 0 {
                return Err(cursor
                    .damaged("a chunk lies between the places of chunks")
                    .into());
            }
            coordinates.push(offset / chunk);
        }
        if let Some(index) = grid.index(&coordinates) {
            chunks.push((
                index,
                Chunk {
                    address: entry.child,
                    size,
                    filter_mask,
                },
            ));
        }
    }
    Ok(chunks)
}

fn from_btree_v2(
    file: &File,
    blocks: &Blocks,
    layout: &ChunkLayout,
    grid: &ChunkGrid,
    address: u64,
) -> Parse<Vec<(u64, Chunk)>> {
    let rank = grid.shape().len();
    let found = btree_v2::records(file, blocks, address, file.limits.chunk_count)?;
    let mut chunks = Vec::with_capacity(found.records.len());
    for record in &found.records {
        let mut cursor = Cursor::new(file.format, record, "chunk record", address);
        let chunk_address = cursor.some_address()?;
        let (size, filter_mask) = match found.kind {
            10 => (layout.chunk_bytes, 0),
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
            chunks.push((
                index,
                Chunk {
                    address: chunk_address,
                    size,
                    filter_mask,
                },
            ));
        }
    }
    Ok(chunks)
}
