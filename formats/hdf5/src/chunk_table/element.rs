//! Arrays of chunks: how their elements are stored, and in which order.

use super::wanted::Wanted;
use super::{Builder, Chunk};
use crate::cursor::Cursor;
use crate::dataset::{ChunkLayout, DatasetInfo};
use crate::dataspace::Dataspace;
use crate::error::Error;
use crate::file::File;

/// Takes the chunks of an array by their places in it.
pub(super) struct Places<'a, 'b> {
    builder: &'a mut Builder<'b>,
    order: &'a Order,
    /// The places that are wanted.
    wanted: Wanted,
    /// Places are flat indices too.
    is_plain: bool,
}

impl<'a, 'b> Places<'a, 'b> {
    pub(super) fn new(builder: &'a mut Builder<'b>, order: &'a Order) -> Self {
        let grid = builder.grid;
        let wanted = builder
            .wanted
            .placed(|index| order.place(&grid.coordinates(index)?));
        let is_plain = order.front == 0 && order.counts.get(1..) == grid.counts().get(1..);
        Self {
            builder,
            order,
            wanted,
            is_plain,
        }
    }

    pub(super) fn is_all(&self) -> bool {
        matches!(self.wanted, Wanted::All)
    }

    pub(super) fn touches(&self, places: std::ops::Range<u64>) -> bool {
        self.wanted.touches(places)
    }

    /// Takes the chunk at `place`, if there is one and it is wanted.
    pub(super) fn push(&mut self, place: u64, chunk: Option<Chunk>) -> Result<(), Error> {
        let Some(chunk) = chunk.filter(|_| self.wanted.has(place)) else {
            return Ok(());
        };
        let grid = self.builder.grid;
        let index = if self.is_plain {
            Some(place).filter(|place| *place < grid.chunk_count())
        } else {
            grid.index(&self.order.coordinates(place))
        };
        match index {
            Some(index) => self.builder.push(index, chunk),
            None => Ok(()),
        }
    }
}

/// How an array of chunks is ordered: over the largest grid, maybe with one axis moved to the front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// Chunks along each axis at the largest shape, in the order of the dataset's axes.
    pub(super) counts: Vec<u64>,
    /// The axis that varies slowest.
    pub(super) front: usize,
}

impl Order {
    pub(super) fn new(info: &DatasetInfo, chunks: &ChunkLayout) -> Self {
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
    pub(super) fn place(&self, coordinates: &[u64]) -> Option<u64> {
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
