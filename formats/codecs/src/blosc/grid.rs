//! The grid of chunks and blocks of an array in more than one dimension.
//!
//! Source: c-blosc2, `README_B2ND_METALAYER`.

use super::NAME;
use crate::error::CodecError;

const RANK_MAX: usize = 8;

/// Shapes in elements, slowest axis first.
#[derive(Debug)]
pub(super) struct Grid {
    element_size: usize,
    shape: Vec<usize>,
    chunk: Vec<usize>,
    block: Vec<usize>,
}

impl Grid {
    /// Finds the grid in the metadata of a frame's `header`.
    pub(super) fn find(header: &[u8], element_size: usize) -> Result<Option<Self>, CodecError> {
        let Some(at) = header.windows(5).position(|name| name == b"\xa4b2nd") else {
            return Ok(None);
        };
        let grid = Self::read(header, at + 5, element_size);
        grid.map(Some)
            .ok_or_else(|| CodecError::damaged(NAME, "the grid is not valid"))
    }

    /// The name is followed by where its content is: a `bin32` of msgpack.
    fn read(header: &[u8], at: usize, element_size: usize) -> Option<Self> {
        let offset = number(header.get(at..)?.strip_prefix(b"\xd2")?.get(..4)?);
        let content = header.get(offset..)?.strip_prefix(b"\xc6")?.get(4..)?;
        let (&[_, _version, rank], mut rest) = content.split_first_chunk::<3>()?;
        let rank = usize::from(rank);
        if rank == 0 || rank > RANK_MAX {
            return None;
        }
        let mut shapes = [(); 3].map(|()| Vec::with_capacity(rank));
        for (axes, width) in shapes.iter_mut().zip([8, 4, 4]) {
            let (array, axis) = rest.split_first()?;
            rest = axis;
            if usize::from(array & 15) != rank {
                return None;
            }
            for _ in 0..rank {
                let (axis, behind) = rest.split_at_checked(1 + width)?;
                axes.push(number(&axis[1..]));
                rest = behind;
            }
        }
        let [shape, chunk, block] = shapes;
        let grid = Self {
            element_size,
            shape,
            chunk,
            block,
        };
        grid.is_valid().then_some(grid)
    }

    /// Blocks lie in chunks, chunks in the array, and all products are numbers.
    fn is_valid(&self) -> bool {
        let axes = self.shape.iter().zip(&self.chunk).zip(&self.block);
        let is_nested = axes
            .clone()
            .all(|((shape, chunk), block)| *block > 0 && block <= chunk && chunk <= shape);
        let mut padded = axes.map(|((shape, chunk), block)| {
            let chunk = chunk.checked_next_multiple_of((*block).max(1))?;
            let count = shape.div_ceil(chunk.max(1)).checked_add(1)?;
            chunk.checked_mul(count)
        });
        let padded = padded.try_fold(self.element_size, |size, axis| size.checked_mul(axis?));
        is_nested && padded.is_some_and(|size| size <= isize::MAX.unsigned_abs())
    }

    /// Bytes of the array.
    pub(super) fn size(&self) -> usize {
        self.shape.iter().product::<usize>() * self.element_size
    }

    pub(super) fn block_size(&self) -> usize {
        self.block.iter().product::<usize>() * self.element_size
    }

    /// Bytes of a chunk of whole blocks.
    pub(super) fn padded_chunk_size(&self) -> usize {
        self.blocks_in_chunk() * self.block_size()
    }

    pub(super) fn chunk_count(&self) -> usize {
        counts(&self.shape, &self.chunk).product()
    }

    pub(super) fn blocks_in_chunk(&self) -> usize {
        counts(&self.chunk, &self.block).product()
    }

    /// Copies block `number` of chunk `index` to its place in the array, without what lies outside.
    pub(super) fn place(&self, index: usize, number: usize, block: &[u8], out: &mut [u8]) {
        let rank = self.shape.len();
        let (mut start, mut count) = ([0; RANK_MAX], [1; RANK_MAX]);
        let (mut index, mut number) = (index, number);
        for axis in (0..rank).rev() {
            let chunks = self.shape[axis].div_ceil(self.chunk[axis]);
            let blocks = self.chunk[axis].div_ceil(self.block[axis]);
            let in_chunk = number % blocks * self.block[axis];
            let origin = index % chunks * self.chunk[axis];
            (index, number) = (index / chunks, number / blocks);
            start[axis] = origin + in_chunk;
            // What lies outside of the chunk or of the array is padding.
            let room =
                (self.chunk[axis] - in_chunk).min(self.shape[axis].saturating_sub(start[axis]));
            count[axis] = self.block[axis].min(room);
        }
        let rows: usize = count[..rank - 1].iter().product();
        let length = count[rank - 1] * self.element_size;
        for row in 0..rows {
            let (mut rest, mut from, mut to) = (row, 0, 0);
            let (mut from_step, mut to_step) = (self.block[rank - 1], self.shape[rank - 1]);
            for axis in (0..rank - 1).rev() {
                let position = rest % count[axis];
                rest /= count[axis];
                from += position * from_step;
                to += (start[axis] + position) * to_step;
                from_step *= self.block[axis];
                to_step *= self.shape[axis];
            }
            let (from, to) = (
                from * self.element_size,
                (to + start[rank - 1]) * self.element_size,
            );
            if let (Some(from), Some(to)) =
                (block.get(from..from + length), out.get_mut(to..to + length))
            {
                to.copy_from_slice(from);
            }
        }
    }
}

fn counts<'a>(whole: &'a [usize], part: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    whole
        .iter()
        .zip(part)
        .map(|(whole, part)| whole.div_ceil(*part))
}

/// A big-endian number; what does not fit is as large as can be.
fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0_usize, |value, byte| {
        value.saturating_mul(256).saturating_add(usize::from(*byte))
    })
}
