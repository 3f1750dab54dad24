//! Slabs: what a view asks of a dataset, and copying chunks into it.

use crate::error::Error;

/// A regular selection: `count` elements along each axis from `start`, each `step` after the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slab {
    /// The first element along each axis.
    pub start: Vec<u64>,
    /// Elements along each axis.
    pub count: Vec<u64>,
    /// The distance of elements along each axis, 1 for all of them; never zero.
    pub step: Vec<u64>,
}

impl Slab {
    /// All of an array.
    pub fn all(shape: &[u64]) -> Self {
        Self {
            start: vec![0; shape.len()],
            count: shape.to_vec(),
            step: vec![1; shape.len()],
        }
    }

    /// The number of elements, if it fits in 64 bits.
    pub fn element_count(&self) -> Option<u64> {
        if self.count.contains(&0) {
            return Some(0);
        }
        self.count
            .iter()
            .try_fold(1_u64, |total, count| total.checked_mul(*count))
    }

    /// Checks that the selection lies inside `shape`, and that it fits in memory with elements of
    /// `element_size` bytes; returns its bytes.
    ///
    /// # Errors
    /// [`Error::Selection`] when it does not.
    #[expect(clippy::needless_range_loop, reason = "four arrays have the same axes")]
    pub fn check(&self, shape: &[u64], element_size: usize) -> Result<usize, Error> {
        let rank = shape.len();
        if self.start.len() != rank || self.count.len() != rank || self.step.len() != rank {
            return Err(Error::Selection(format!(
                "the selection does not have the {rank} axes of the dataset"
            )));
        }
        for axis in 0..rank {
            let (start, count, step) = (self.start[axis], self.count[axis], self.step[axis]);
            let last = count
                .saturating_sub(1)
                .checked_mul(step)
                .and_then(|span| span.checked_add(start));
            let is_inside = step > 0 && (count == 0 || last.is_some_and(|last| last < shape[axis]));
            if !is_inside {
                return Err(Error::Selection(format!(
                    "the selection reaches beyond the dataset on axis {axis}"
                )));
            }
        }
        self.element_count()
            .and_then(|count| usize::try_from(count).ok())
            .and_then(|count| count.checked_mul(element_size))
            .ok_or_else(|| Error::Selection("the selection is larger than the memory".to_owned()))
    }
}

/// The grid of chunks of a dataset; chunks are numbered with the last axis fastest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkGrid {
    shape: Vec<u64>,
    chunk_shape: Vec<u64>,
    counts: Vec<u64>,
}

impl ChunkGrid {
    /// The grid of a dataset of `shape` in chunks of `chunk_shape`; sizes of zero count as one.
    pub fn new(shape: &[u64], chunk_shape: &[u64]) -> Self {
        let chunk_shape: Vec<u64> = chunk_shape.iter().map(|size| (*size).max(1)).collect();
        let counts = shape
            .iter()
            .zip(&chunk_shape)
            .map(|(size, chunk)| size.div_ceil(*chunk))
            .collect();
        Self {
            shape: shape.to_vec(),
            chunk_shape,
            counts,
        }
    }

    /// The shape of the dataset.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Elements of a chunk along each axis.
    pub fn chunk_shape(&self) -> &[u64] {
        &self.chunk_shape
    }

    /// Chunks along each axis.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The number of chunks, written or not; the largest number where it does not fit in 64 bits.
    pub fn chunk_count(&self) -> u64 {
        if self.counts.is_empty() || self.counts.contains(&0) {
            return 0;
        }
        self.counts
            .iter()
            .fold(1, |total, count| total.saturating_mul(*count))
    }

    /// The flat index of the chunk at `coordinates`, if it lies in the grid.
    pub fn index(&self, coordinates: &[u64]) -> Option<u64> {
        if coordinates.len() != self.counts.len() {
            return None;
        }
        coordinates
            .iter()
            .zip(&self.counts)
            .try_fold(0_u64, |index, (at, count)| {
                if at < count {
                    index.checked_mul(*count)?.checked_add(*at)
                } else {
                    None
                }
            })
    }

    /// The coordinates of the chunk with this flat index.
    pub fn coordinates(&self, index: u64) -> Option<Vec<u64>> {
        if index >= self.chunk_count() {
            return None;
        }
        let mut rest = index;
        let mut coordinates = vec![0; self.counts.len()];
        for (at, count) in coordinates.iter_mut().zip(&self.counts).rev() {
            *at = rest % count;
            rest /= count;
        }
        Some(coordinates)
    }

    /// The first element of a chunk along each axis.
    pub fn start_of(&self, index: u64) -> Option<Vec<u64>> {
        let coordinates = self.coordinates(index)?;
        Some(
            coordinates
                .iter()
                .zip(&self.chunk_shape)
                .map(|(at, size)| at.saturating_mul(*size))
                .collect(),
        )
    }

    /// The flat indices of all chunks that hold a selected element, in order.
    pub fn chunks_in(&self, slab: &Slab) -> Vec<u64> {
        let rank = self.counts.len();
        if rank == 0 || slab.start.len() != rank || slab.count.contains(&0) {
            return Vec::new();
        }
        let mut found = vec![0_u64];
        for axis in 0..rank {
            let along = self.along(axis, slab);
            found = found
                .iter()
                .flat_map(|index| {
                    along
                        .iter()
                        .map(|at| index.saturating_mul(self.counts[axis]).saturating_add(*at))
                })
                .collect();
        }
        found
    }

    /// The coordinates along one axis that hold a selected element.
    fn along(&self, axis: usize, slab: &Slab) -> Vec<u64> {
        let size = self.chunk_shape[axis];
        let (start, step, count) = (slab.start[axis], slab.step[axis].max(1), slab.count[axis]);
        let last = start.saturating_add(count.saturating_sub(1).saturating_mul(step)) / size;
        let last = last.min(self.counts[axis].saturating_sub(1));
        if step <= size {
            return (start / size..=last).collect();
        }
        // Steps longer than a chunk: each element has a chunk of its own.
        (0..count)
            .map(|index| start.saturating_add(index.saturating_mul(step)) / size)
            .take_while(|at| *at <= last)
            .collect()
    }
}

/// Where the elements of one chunk go along one axis.
#[derive(Debug, Clone, Copy)]
struct AxisCopy {
    /// The first selected element, counted in the chunk.
    from: usize,
    /// The first place, counted in the slab.
    to: usize,
    count: usize,
    step: usize,
    /// Elements of the chunk and of the slab along the axis.
    chunk_size: usize,
    slab_size: usize,
}

/// Copies the selected elements of a decoded chunk to their places in `out`, which holds the slab.
///
/// # Errors
/// [`Error::Selection`] when `chunk` or `out` is too small, or the chunk is not in the grid.
pub fn copy_chunk_into_slab(
    chunk: &[u8],
    grid: &ChunkGrid,
    index: u64,
    slab: &Slab,
    element_size: usize,
    out: &mut [u8],
) -> Result<(), Error> {
    let Some(axes) = plan(grid, index, slab)? else {
        return Ok(());
    };
    check_sizes(&axes, element_size, Some(chunk.len()), out.len())?;
    copy_axes(&axes, chunk, 0, 0, element_size, out);
    Ok(())
}

/// Puts `fill` (one element, or nothing for zeros) at the places of a chunk that nobody wrote.
///
/// # Errors
/// [`Error::Selection`] when `out` is too small, or the chunk is not in the grid.
pub fn fill_chunk_into_slab(
    fill: &[u8],
    grid: &ChunkGrid,
    index: u64,
    slab: &Slab,
    element_size: usize,
    out: &mut [u8],
) -> Result<(), Error> {
    let Some(axes) = plan(grid, index, slab)? else {
        return Ok(());
    };
    check_sizes(&axes, element_size, None, out.len())?;
    fill_axes(&axes, fill, 0, element_size, out);
    Ok(())
}

/// Puts `fill` (one element, or nothing for zeros) everywhere.
pub fn fill_slab(fill: &[u8], out: &mut [u8]) {
    if fill.is_empty() || fill.iter().all(|byte| *byte == 0) {
        out.fill(0);
    } else {
        for element in out.chunks_mut(fill.len()) {
            element.copy_from_slice(&fill[..element.len()]);
        }
    }
}

#[expect(clippy::needless_range_loop, reason = "six arrays have the same axes")]
fn plan(grid: &ChunkGrid, index: u64, slab: &Slab) -> Result<Option<Vec<AxisCopy>>, Error> {
    let outside = || Error::Selection(format!("chunk {index} does not fit the selection"));
    let start = grid.start_of(index).ok_or_else(outside)?;
    if slab.start.len() != start.len()
        || slab.count.len() != start.len()
        || slab.step.len() != start.len()
    {
        return Err(outside());
    }
    let mut axes = Vec::with_capacity(start.len());
    for axis in 0..start.len() {
        let chunk_start = start[axis];
        let chunk_end = chunk_start
            .saturating_add(grid.chunk_shape[axis])
            .min(grid.shape[axis]);
        let (slab_start, step) = (slab.start[axis], slab.step[axis].max(1));
        let first = chunk_start.saturating_sub(slab_start).div_ceil(step);
        let end = chunk_end
            .saturating_sub(slab_start)
            .div_ceil(step)
            .min(slab.count[axis]);
        if first >= end {
            return Ok(None);
        }
        let from = first
            .checked_mul(step)
            .and_then(|at| at.checked_add(slab_start))
            .ok_or_else(outside)?
            - chunk_start;
        let size = |value: u64| usize::try_from(value).ok().ok_or_else(outside);
        axes.push(AxisCopy {
            from: size(from)?,
            to: size(first)?,
            count: size(end - first)?,
            step: size(step)?,
            chunk_size: size(grid.chunk_shape[axis])?,
            slab_size: size(slab.count[axis])?,
        });
    }
    Ok(Some(axes))
}

fn check_sizes(
    axes: &[AxisCopy],
    element_size: usize,
    chunk: Option<usize>,
    out: usize,
) -> Result<(), Error> {
    let bytes = |size: fn(&AxisCopy) -> usize| {
        axes.iter()
            .try_fold(element_size, |total, axis| total.checked_mul(size(axis)))
    };
    let holds = |size: Option<usize>, have: usize| size.is_some_and(|size| size <= have);
    if element_size == 0 || !holds(bytes(|axis| axis.slab_size), out) {
        return Err(Error::Selection(
            "the buffer is smaller than the selection".to_owned(),
        ));
    }
    if let Some(chunk) = chunk
        && !holds(bytes(|axis| axis.chunk_size), chunk)
    {
        return Err(Error::Selection(
            "the bytes of the chunk are fewer than its shape says".to_owned(),
        ));
    }
    Ok(())
}

/// Copies axis by axis; `from` and `to` count elements, and [`check_sizes`] has seen to the bounds.
fn copy_axes(
    axes: &[AxisCopy],
    chunk: &[u8],
    from: usize,
    to: usize,
    element_size: usize,
    out: &mut [u8],
) {
    let Some((axis, inner)) = axes.split_first() else {
        let (from, to) = (from * element_size, to * element_size);
        out[to..to + element_size].copy_from_slice(&chunk[from..from + element_size]);
        return;
    };
    let from = from * axis.chunk_size + axis.from;
    let to = to * axis.slab_size + axis.to;
    if let Some(run) = whole_run(axis, inner) {
        let scale: usize = inner.iter().map(|axis| axis.chunk_size).product();
        let (from, to, length) = (
            from * scale * element_size,
            to * scale * element_size,
            run * element_size,
        );
        out[to..to + length].copy_from_slice(&chunk[from..from + length]);
        return;
    }
    if inner.is_empty() {
        copy_strided(
            axis,
            &chunk[from * element_size..],
            &mut out[to * element_size..],
            element_size,
        );
        return;
    }
    for index in 0..axis.count {
        copy_axes(
            inner,
            chunk,
            from + index * axis.step,
            to + index,
            element_size,
            out,
        );
    }
}

fn copy_strided(axis: &AxisCopy, chunk: &[u8], out: &mut [u8], element_size: usize) {
    let step = axis.step * element_size;
    for (index, place) in out
        .chunks_exact_mut(element_size)
        .take(axis.count)
        .enumerate()
    {
        place.copy_from_slice(&chunk[index * step..index * step + element_size]);
    }
}

/// The elements of one copy, where chunk and slab lie alike from this axis on.
fn whole_run(axis: &AxisCopy, inner: &[AxisCopy]) -> Option<usize> {
    let is_whole = |axis: &AxisCopy| {
        axis.step == 1 && axis.count == axis.chunk_size && axis.count == axis.slab_size
    };
    if axis.step == 1 && inner.iter().all(is_whole) {
        Some(inner.iter().map(|axis| axis.count).product::<usize>() * axis.count)
    } else {
        None
    }
}

fn fill_axes(axes: &[AxisCopy], fill: &[u8], to: usize, element_size: usize, out: &mut [u8]) {
    let Some((axis, inner)) = axes.split_first() else {
        fill_slab(fill, &mut out[to * element_size..(to + 1) * element_size]);
        return;
    };
    let to = to * axis.slab_size + axis.to;
    if inner.is_empty() {
        fill_slab(
            fill,
            &mut out[to * element_size..(to + axis.count) * element_size],
        );
        return;
    }
    for index in 0..axis.count {
        fill_axes(inner, fill, to + index, element_size, out);
    }
}
