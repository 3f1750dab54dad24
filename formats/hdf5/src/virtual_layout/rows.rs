//! Parts where the two sides of a mapping do not lie alike: both are taken row by row.

use super::list::{List, Run, common};
use super::parts::{Part, check_pieces, one_element, wanted};
use crate::error::Error;
use crate::selection::Selection;
use crate::slab::Slab;

/// Most rows of one selection that are looked at.
const ROW_MAX: usize = 1 << 22;
/// Most rows of boxes, which are held all together.
const BOX_ROW_MAX: usize = 1 << 20;

/// Elements that lie evenly along the last axis.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    start: Vec<u64>,
    step: u64,
    count: u64,
}

/// Rows, one after another in the order of the selection.
pub(super) type Rows = Box<dyn Iterator<Item = Row>>;

/// The rows of a product of lists.
pub(super) fn of_lists(lists: &[List]) -> Rows {
    let Some((last, outer)) = lists.split_last() else {
        let row = Row {
            start: Vec::new(),
            step: 1,
            count: 1,
        };
        return Box::new(std::iter::once(row));
    };
    let (last, outer) = (*last, outer.to_vec());
    if lists.iter().any(|list| list.length == 0) {
        return Box::new(std::iter::empty());
    }
    // Indices in the lists of the row that comes next; none behind the last.
    let mut next = Some(vec![0_u64; lists.len()]);
    Box::new(std::iter::from_fn(move || {
        let mut at = next.take()?;
        let (along, before) = at.split_last_mut()?;
        let mut start = Vec::with_capacity(before.len() + 1);
        for (list, index) in outer.iter().zip(before.iter()) {
            start.push(list.at(*index)?);
        }
        start.push(last.at(*along)?);
        let stop = last.run_end(*along);
        let row = Row {
            start,
            step: last.step(),
            count: stop - *along,
        };
        *along = stop;
        if stop >= last.length {
            *along = 0;
            if !counted_up(before, &outer) {
                return Some(row);
            }
        }
        next = Some(at);
        Some(row)
    }))
}

/// Counts to the next row; false behind the last.
fn counted_up(indices: &mut [u64], lists: &[List]) -> bool {
    for (index, list) in indices.iter_mut().zip(lists).rev() {
        *index += 1;
        if *index < list.length {
            return true;
        }
        *index = 0;
    }
    false
}

/// The rows of a selection that is no pattern; none where it does not have the axes of `shape`.
pub(super) fn of_selection(selection: &Selection, shape: &[u64]) -> Result<Option<Rows>, Error> {
    if selection.rank().is_some_and(|rank| rank != shape.len()) {
        return Ok(None);
    }
    Ok(match selection {
        Selection::None | Selection::All | Selection::Regular(_) => None,
        Selection::Boxes { rank, corners } => Some(of_boxes(*rank, corners)?),
        Selection::Points { rank, coordinates } => {
            let rows: Vec<Row> = coordinates.chunks_exact(*rank).map(point).collect();
            Some(Box::new(rows.into_iter()))
        }
    })
}

fn point(place: &[u64]) -> Row {
    Row {
        start: place.to_vec(),
        step: 1,
        count: 1,
    }
}

/// Boxes are counted row by row through all of them, not one after another.
fn of_boxes(rank: usize, corners: &[u64]) -> Result<Rows, Error> {
    let mut rows: Vec<Row> = Vec::new();
    for corners in corners.chunks_exact(2 * rank) {
        let (first, last) = corners.split_at(rank);
        let lists = first
            .iter()
            .zip(last)
            .map(|(first, last)| List::run(*first, last.saturating_sub(*first).saturating_add(1)));
        for row in of_lists(&lists.collect::<Vec<_>>()) {
            if rows.len() >= BOX_ROW_MAX {
                return Err(Error::limit("the rows of boxes", BOX_ROW_MAX as u64, 0));
            }
            rows.push(row);
        }
    }
    rows.sort_unstable();
    Ok(Box::new(rows.into_iter()))
}

/// Goes along both sides together.
pub(super) fn parts(
    target: &mut Rows,
    source: &mut Rows,
    slab: &Slab,
    source_shape: &[u64],
) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    let (mut left, mut right) = (target.next(), source.next());
    let mut steps = 0;
    while let (Some(row), Some(origin)) = (&mut left, &mut right) {
        steps += 1;
        if steps > ROW_MAX {
            return Err(Error::limit("the rows of a selection", ROW_MAX as u64, 0));
        }
        let count = row.count.min(origin.count);
        parts.extend(part(row, origin, count, slab, source_shape));
        check_pieces(parts.len())?;
        if !advance(row, count) {
            left = target.next();
        }
        if !advance(origin, count) {
            right = source.next();
        }
    }
    Ok(parts)
}

/// Goes `count` elements along a row; false at its end.
fn advance(row: &mut Row, count: u64) -> bool {
    row.count -= count;
    if row.count > 0
        && let Some(at) = row.start.last_mut()
    {
        *at = at.saturating_add(count.saturating_mul(row.step));
    }
    row.count > 0
}

/// The next `count` elements of both rows, as far as they are wanted and there.
fn part(row: &Row, origin: &Row, count: u64, slab: &Slab, source_shape: &[u64]) -> Option<Part> {
    let mut target = one_element(row.start.len());
    let mut source = one_element(origin.start.len());
    source.start.clone_from(&origin.start);
    let inner = source_shape.len().saturating_sub(1);
    let is_inside = |axis: usize| origin.start.get(axis) < source_shape.get(axis);
    if !(0..inner).all(is_inside) {
        return None;
    }
    // As many as the source has along its last axis.
    let mut count = count;
    if let (Some(start), Some(size)) = (origin.start.last(), source_shape.last()) {
        count = count.min(size.saturating_sub(*start).div_ceil(origin.step.max(1)));
    }
    let last = row.start.len().checked_sub(1);
    for (axis, at) in row.start.iter().enumerate() {
        let run = Run {
            start: *at,
            step: if Some(axis) == last { row.step } else { 1 },
            count: if Some(axis) == last { count } else { 1 },
        };
        let shared = common(run, wanted(slab, axis))?;
        let from = if Some(axis) == last {
            source.start.last().copied().unwrap_or(0)
        } else {
            0
        };
        let shared = shared.beside(from, origin.step)?;
        target.start[axis] = shared.target;
        target.step[axis] = shared.target_step;
        target.count[axis] = shared.count;
        if Some(axis) == last
            && let Some(axis) = source.start.len().checked_sub(1)
        {
            source.start[axis] = shared.source;
            source.step[axis] = shared.source_step;
            source.count[axis] = shared.count;
        }
    }
    Some(Part { source, target })
}
