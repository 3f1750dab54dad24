//! Chunk tables: where each chunk of a dataset lies in the file.

mod columns;
mod element;
mod extensible_array;
mod fixed_array;
mod stored;
mod trees;
mod wanted;

use crate::blocks::Blocks;
use crate::dataset::{ChunkIndex, DatasetInfo};
use crate::error::Error;
use crate::file::File;
use crate::slab::{ChunkGrid, Slab};
use crate::step::Parse;

use columns::Columns;
use element::{Order, Places};
use wanted::Wanted;

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
/// Chunks that nobody wrote are absent; their elements have the fill value. A table of 10^7 chunks
/// takes at most 160 MB, or 120 MB where all chunks up to the last are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkTable {
    grid: ChunkGrid,
    columns: Columns,
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
        self.columns.chunk(self.columns.position(index)?)
    }

    /// The number of chunks that are stored.
    pub fn chunk_count(&self) -> u64 {
        if self.implicit.is_some() {
            self.grid.chunk_count()
        } else {
            self.columns.len() as u64
        }
    }

    /// The stored chunks with their flat indices, in order; empty where chunks need no list.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Chunk)> + '_ {
        let columns = &self.columns;
        (0..columns.len()).filter_map(|at| Some((columns.indices.get(at)?, columns.chunk(at)?)))
    }

    /// Bytes that the table takes in memory.
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.columns.size_bytes()
    }
}

/// Collects the chunks that are wanted.
struct Builder<'a> {
    grid: &'a ChunkGrid,
    wanted: &'a Wanted,
    columns: Columns,
    max: u64,
    max_bytes: u64,
}

impl Builder<'_> {
    fn push(&mut self, index: u64, chunk: Chunk) -> Result<(), Error> {
        if !self.wanted.has(index) {
            return Ok(());
        }
        self.check(chunk)?;
        self.columns.push(index, chunk)?;
        if self.columns.len() as u64 > self.max {
            return Err(Error::limit(
                "the number of chunks",
                self.max,
                chunk.address,
            ));
        }
        Ok(())
    }

    fn check(&self, chunk: Chunk) -> Result<(), Error> {
        // Twice a chunk and a margin: compression never makes more of it than that.
        if chunk.size > self.max_bytes.saturating_mul(2) {
            return Err(Error::limit(
                "a stored chunk",
                self.max_bytes,
                chunk.address,
            ));
        }
        Ok(())
    }
}

/// Reads the chunk index of a dataset.
pub(crate) fn read(file: &File, blocks: &Blocks, info: &DatasetInfo) -> Parse<ChunkTable> {
    read_wanted(file, blocks, info, &Wanted::All)
}

/// Reads the part of the chunk index that a slab needs.
pub(crate) fn read_for(
    file: &File,
    blocks: &Blocks,
    info: &DatasetInfo,
    slab: &Slab,
) -> Parse<ChunkTable> {
    slab.check(info.shape(), 1)?;
    let Some(chunks) = info.chunks() else {
        return read(file, blocks, info);
    };
    let grid = ChunkGrid::new(info.shape(), &chunks.chunk_shape);
    let wanted = Wanted::of(&grid, slab);
    read_wanted(file, blocks, info, &wanted)
}

/// A chunk beyond the end of a truncated file stays in the table, so that the others can be shown.
fn read_wanted(
    file: &File,
    blocks: &Blocks,
    info: &DatasetInfo,
    wanted: &Wanted,
) -> Parse<ChunkTable> {
    let Some(chunks) = info.chunks() else {
        return Ok(ChunkTable {
            grid: ChunkGrid::new(&[], &[]),
            columns: Columns::default(),
            implicit: None,
        });
    };
    let grid = ChunkGrid::new(info.shape(), &chunks.chunk_shape);
    let mut implicit = None;
    let mut builder = Builder {
        grid: &grid,
        wanted,
        columns: Columns::new(chunks.chunk_bytes),
        max: file.limits.chunk_count,
        max_bytes: file.limits.chunk_bytes,
    };
    let order = Order::new(info, chunks);
    let plain = || Order {
        front: 0,
        ..order.clone()
    };
    match (chunks.address, chunks.index) {
        (None, _) => {}
        (Some(address), ChunkIndex::BTree1) => {
            trees::version_1(file, blocks, address, &mut builder)?;
        }
        (Some(address), ChunkIndex::BTree2) => {
            trees::version_2(file, blocks, address, chunks.chunk_bytes, &mut builder)?;
        }
        (Some(address), ChunkIndex::Single { filtered }) => {
            let (size, filter_mask) = filtered.unwrap_or((chunks.chunk_bytes, 0));
            builder.push(
                0,
                Chunk {
                    address,
                    size,
                    filter_mask,
                },
            )?;
        }
        (Some(address), ChunkIndex::Implicit) => {
            implicit = Some(Implicit {
                address,
                chunk_bytes: chunks.chunk_bytes,
                order: plain(),
            });
        }
        (Some(address), ChunkIndex::FixedArray) => {
            let order = plain();
            let places = &mut Places::new(&mut builder, &order);
            fixed_array::read(file, blocks, address, chunks.chunk_bytes, places)?;
        }
        (Some(address), ChunkIndex::ExtensibleArray) => {
            let places = &mut Places::new(&mut builder, &order);
            extensible_array::read(file, blocks, address, chunks.chunk_bytes, places)?;
        }
    }
    let mut columns = builder.columns;
    columns.sort()?;
    Ok(ChunkTable {
        grid,
        columns,
        implicit,
    })
}
