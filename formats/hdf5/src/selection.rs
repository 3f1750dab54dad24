//! Selections: which elements of a dataset a mapping or a region reference means.

use crate::cursor::Cursor;
use crate::error::Error;
use crate::limits::Limits;

/// The most axes that HDF5 allows.
const RANK_MAX: usize = 32;

/// Some elements of a dataset, in the order that they are counted in: that of the dataset (last
/// axis fastest) for all kinds but points, which have their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// No element.
    None,
    /// Every element, however many there are.
    All,
    /// A regular pattern along each axis.
    Regular(Vec<AxisSelection>),
    /// Boxes that lie anywhere and share no element.
    Boxes {
        /// Axes of the dataset.
        rank: usize,
        /// For each box the first element along each axis, then the last along each axis.
        corners: Box<[u64]>,
    },
    /// Single elements.
    Points {
        /// Axes of the dataset.
        rank: usize,
        /// For each point its place along each axis.
        coordinates: Box<[u64]>,
    },
}

/// A regular pattern along one axis: `count` blocks of `block` elements, each `stride` after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxisSelection {
    /// The first element.
    pub start: u64,
    /// From the start of one block to the next; not less than `block`.
    pub stride: u64,
    /// Blocks; none where it is unlimited.
    pub count: Option<u64>,
    /// Elements of a block; none where it is unlimited.
    pub block: Option<u64>,
}

impl Selection {
    /// Axes of the dataset; none where the selection fits any number of them.
    pub fn rank(&self) -> Option<usize> {
        match self {
            Self::None | Self::All => None,
            Self::Regular(axes) => Some(axes.len()),
            Self::Boxes { rank, .. } | Self::Points { rank, .. } => Some(*rank),
        }
    }

    /// The axis along which the selection has no end.
    pub fn unlimited_axis(&self) -> Option<usize> {
        match self {
            Self::Regular(axes) => axes
                .iter()
                .position(|axis| axis.count.is_none() || axis.block.is_none()),
            _ => None,
        }
    }

    /// The first and the last element along `axis`; the last is the largest number where there is
    /// no end. None when nothing is selected, or everything.
    pub(crate) fn bounds(&self, axis: usize) -> Option<(u64, u64)> {
        match self {
            Self::None | Self::All => None,
            Self::Regular(axes) => {
                let axis = axes.get(axis)?;
                let last = match (axis.count, axis.block) {
                    (Some(count), Some(block)) => {
                        let span = count.checked_sub(1)?.checked_mul(axis.stride)?;
                        axis.start
                            .checked_add(span)?
                            .checked_add(block.checked_sub(1)?)?
                    }
                    _ => u64::MAX,
                };
                Some((axis.start, last))
            }
            Self::Boxes { rank, corners } => {
                let boxes = || corners.chunks_exact(2 * rank);
                let first = boxes().filter_map(|corners| corners.get(axis)).min()?;
                let last = boxes()
                    .filter_map(|corners| corners.get(rank + axis))
                    .max()?;
                Some((*first, *last))
            }
            Self::Points { rank, coordinates } => {
                let along = || {
                    coordinates
                        .chunks_exact(*rank)
                        .filter_map(|point| point.get(axis))
                };
                Some((*along().min()?, *along().max()?))
            }
        }
    }

    /// Bytes that it takes in memory, about.
    pub(crate) fn size_bytes(&self) -> u64 {
        let numbers = match self {
            Self::None | Self::All => 0,
            Self::Regular(axes) => 6 * axes.len(),
            Self::Boxes { corners, .. } => corners.len(),
            Self::Points { coordinates, .. } => coordinates.len(),
        };
        8 * numbers as u64
    }
}

/// Reads a serialised selection.
///
/// Source: HDF5 File Format Specification, "Dataspace Selection".
pub(crate) fn parse(cursor: &mut Cursor<'_>, limits: &Limits) -> Result<Selection, Error> {
    let kind = cursor.u32()?;
    let version = cursor.u32()?;
    match (kind, version) {
        (0, 1) => cursor.skip(8).map(|()| Selection::None),
        (3, 1) => cursor.skip(8).map(|()| Selection::All),
        (1, 1) => {
            cursor.skip(8)?;
            points(cursor, 4, limits)
        }
        (1, 2) => {
            let size = number_size(cursor)?;
            points(cursor, size, limits)
        }
        (2, 1) => {
            cursor.skip(8)?;
            let rank = rank(cursor)?;
            boxes(cursor, rank, 4, limits)
        }
        (2, 2) => {
            let flags = cursor.u8()?;
            cursor.skip(4)?;
            let rank = rank(cursor)?;
            hyperslab(cursor, flags, rank, 8, limits)
        }
        (2, 3) => {
            let flags = cursor.u8()?;
            let size = number_size(cursor)?;
            let rank = rank(cursor)?;
            hyperslab(cursor, flags, rank, size, limits)
        }
        (0..=3, _) => Err(cursor.unsupported(&format!("selection version {version}"))),
        _ => Err(cursor.unsupported(&format!("selection type {kind}"))),
    }
}

fn number_size(cursor: &mut Cursor<'_>) -> Result<usize, Error> {
    match cursor.u8()? {
        size @ (2 | 4 | 8) => Ok(usize::from(size)),
        size => Err(cursor.damaged(&format!("a selection has numbers of {size} bytes"))),
    }
}

fn rank(cursor: &mut Cursor<'_>) -> Result<usize, Error> {
    let rank = cursor.u32()? as usize;
    if (1..=RANK_MAX).contains(&rank) {
        Ok(rank)
    } else {
        Err(cursor.damaged(&format!("a selection has {rank} axes")))
    }
}

fn points(cursor: &mut Cursor<'_>, size: usize, limits: &Limits) -> Result<Selection, Error> {
    let rank = rank(cursor)?;
    let count = cursor.uint(size)?;
    let coordinates = numbers(cursor, count, rank, size, limits)?;
    Ok(Selection::Points { rank, coordinates })
}

fn boxes(
    cursor: &mut Cursor<'_>,
    rank: usize,
    size: usize,
    limits: &Limits,
) -> Result<Selection, Error> {
    let count = cursor.uint(size)?;
    let corners = numbers(cursor, count, 2 * rank, size, limits)?;
    let is_possible = corners.chunks_exact(2 * rank).all(|corners| {
        let (first, last) = corners.split_at(rank);
        first
            .iter()
            .zip(last)
            .all(|(first, last)| first <= last && *last < u64::MAX)
    });
    if !is_possible {
        return Err(cursor.damaged("a box of a selection ends before it begins"));
    }
    Ok(match pattern(rank, &corners) {
        Some(axes) => Selection::Regular(axes),
        None => Selection::Boxes { rank, corners },
    })
}

/// The regular pattern that boxes form: older versions store every pattern as a list of boxes.
fn pattern(rank: usize, corners: &[u64]) -> Option<Vec<AxisSelection>> {
    let boxes = || corners.chunks_exact(2 * rank);
    let mut axes = Vec::with_capacity(rank);
    let mut total: usize = 1;
    for axis in 0..rank {
        let size = |corners: &[u64]| corners[rank + axis] - corners[axis];
        let length = size(boxes().next()?);
        if boxes().any(|corners| size(corners) != length) {
            return None;
        }
        let mut starts: Vec<u64> = boxes().map(|corners| corners[axis]).collect();
        starts.sort_unstable();
        starts.dedup();
        let (first, stride) = (
            starts[0],
            starts.get(1).map_or(1, |second| second - starts[0]),
        );
        if starts.windows(2).any(|pair| pair[1] - pair[0] != stride) {
            return None;
        }
        total = total.checked_mul(starts.len())?;
        axes.push(AxisSelection {
            start: first,
            stride,
            count: Some(starts.len() as u64),
            block: Some(length.checked_add(1)?),
        });
    }
    // As many boxes as the pattern has: with none twice, all of its places are taken.
    let mut sorted: Vec<&[u64]> = boxes().collect();
    sorted.sort_unstable();
    let is_apart = sorted.windows(2).all(|pair| pair[0] != pair[1]);
    (total == sorted.len() && is_apart && axes.iter().all(is_possible)).then_some(axes)
}

/// `count` times `each` numbers of `size` bytes; they are there before memory is taken for them.
fn numbers(
    cursor: &mut Cursor<'_>,
    count: u64,
    each: usize,
    size: usize,
    limits: &Limits,
) -> Result<Box<[u64]>, Error> {
    if count > limits.entry_count {
        return Err(cursor.limit_error("the parts of a selection", limits.entry_count));
    }
    let count = usize::try_from(count)
        .unwrap_or(usize::MAX)
        .saturating_mul(each);
    let bytes = cursor.take(count.saturating_mul(size))?;
    let number = |bytes: &[u8]| {
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        bytes.iter().rev().fold(0, fold)
    };
    Ok(bytes.chunks_exact(size).map(number).collect())
}

fn hyperslab(
    cursor: &mut Cursor<'_>,
    flags: u8,
    rank: usize,
    size: usize,
    limits: &Limits,
) -> Result<Selection, Error> {
    if flags & 1 == 0 {
        return boxes(cursor, rank, size, limits);
    }
    let unlimited = u64::MAX >> (64 - 8 * size);
    let mut axes = Vec::with_capacity(rank);
    for _ in 0..rank {
        let (start, stride) = (cursor.uint(size)?, cursor.uint(size)?);
        let (count, block) = (cursor.uint(size)?, cursor.uint(size)?);
        axes.push(AxisSelection {
            start,
            stride: stride.max(1),
            count: (count != unlimited).then_some(count),
            block: (block != unlimited).then_some(block),
        });
    }
    if axes
        .iter()
        .any(|axis| axis.count == Some(0) || axis.block == Some(0))
    {
        return Ok(Selection::None);
    }
    let unlimited_count = axes
        .iter()
        .filter(|axis| axis.count.is_none() || axis.block.is_none())
        .count();
    if unlimited_count > 1 || !axes.iter().all(is_possible) {
        return Err(cursor.damaged("a selection is not a pattern of blocks"));
    }
    Ok(Selection::Regular(axes))
}

/// Blocks do not overlap, and the last element has a number.
fn is_possible(axis: &AxisSelection) -> bool {
    let is_apart = axis.count == Some(1) || axis.block.is_some_and(|block| block <= axis.stride);
    let end = axis.count.unwrap_or(1).checked_mul(axis.stride);
    let end = end.and_then(|span| span.checked_add(axis.block.unwrap_or(1)));
    is_apart && end.and_then(|end| end.checked_add(axis.start)).is_some()
}
