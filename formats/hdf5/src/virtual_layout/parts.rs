//! What a slab of a virtual dataset takes from one source.

use super::list::{self, List, Progression, Wanted};
use super::{Mapping, Source, rows};
use crate::error::Error;
use crate::selection::{AxisSelection, Selection};
use crate::slab::Slab;

/// Most sources of one slab.
const COUNT_MAX: usize = 1 << 20;
/// Most pieces of one part; each takes some 340 bytes.
const PIECE_MAX: usize = 1 << 18;

/// Elements of a source, and their places in the result. Both have the same number of elements in
/// the same order, though maybe not the same axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What is read from the source.
    pub source: Slab,
    /// Where it goes, in indices of the result: of an array of the `count` of the slab that was
    /// asked for. [`place_slab`](crate::place_slab) puts it there.
    pub target: Slab,
}

fn too_many_sources() -> Error {
    let what = "the number of sources of a selection";
    Error::limit(what, COUNT_MAX as u64, 0)
}

/// Refuses more pieces than fit in memory.
pub(super) fn check_pieces(count: usize) -> Result<(), Error> {
    if count > PIECE_MAX {
        let what = "the pieces of a part of a virtual dataset";
        return Err(Error::limit(what, PIECE_MAX as u64, 0));
    }
    Ok(())
}

pub(super) fn wanted(slab: &Slab, axis: usize) -> Wanted {
    let number = |numbers: &[u64], other| numbers.get(axis).copied().unwrap_or(other);
    Wanted {
        start: number(&slab.start, 0),
        count: number(&slab.count, 0),
        step: number(&slab.step, 1),
    }
}

/// Adds the sources of `mapping` that hold elements of `slab`.
pub(super) fn sources_of(
    mapping: &Mapping,
    at: usize,
    slab: &Slab,
    sources: &mut Vec<Source>,
) -> Result<(), Error> {
    match &mapping.target {
        Selection::None => {}
        Selection::Regular(axes) => {
            let numbered = mapping
                .target
                .unlimited_axis()
                .filter(|_| mapping.is_numbered());
            let touches = axes
                .iter()
                .enumerate()
                .filter(|(axis, _)| Some(*axis) != numbered)
                .all(|(axis, selected)| List::of(selected).touches(wanted(slab, axis)));
            match numbered {
                _ if !touches => {}
                None => sources.push(mapping.source_at(at, None)),
                Some(axis) => {
                    let wanted = wanted(slab, axis);
                    for block in numbers_of(&axes[axis], wanted) {
                        if sources.len() >= COUNT_MAX {
                            return Err(too_many_sources());
                        }
                        if block_list(&axes[axis], block).is_some_and(|list| list.touches(wanted)) {
                            sources.push(mapping.source_at(at, Some(block)));
                        }
                    }
                }
            }
        }
        Selection::All | Selection::Boxes { .. } | Selection::Points { .. } => {
            sources.push(mapping.source_at(at, None));
        }
    }
    if sources.len() > COUNT_MAX {
        return Err(too_many_sources());
    }
    Ok(())
}

/// The numbers of the blocks between the first and the last element that is wanted.
fn numbers_of(axis: &AxisSelection, wanted: Wanted) -> std::ops::Range<u64> {
    let Some(last) = wanted.last().filter(|last| *last >= axis.start) else {
        return 0..0;
    };
    let from = wanted.start.saturating_sub(axis.start) / axis.stride;
    from..((last - axis.start) / axis.stride).saturating_add(1)
}

/// The places of one block.
pub(super) fn block_list(axis: &AxisSelection, block: u64) -> Option<List> {
    let start = block.checked_mul(axis.stride)?.checked_add(axis.start)?;
    Some(List::run(start, axis.block?))
}

/// The lists of both sides along each axis; nothing for a side that is no regular pattern.
fn lists(
    mapping: &Mapping,
    block: Option<u64>,
    shape: &[u64],
    source_shape: &[u64],
) -> Option<[Option<Vec<List>>; 2]> {
    let mut target = regular(&mapping.target, shape);
    let mut source = regular(&mapping.source, source_shape);
    let has_axes = |lists: &Option<Vec<List>>, shape: &[u64]| {
        lists
            .as_ref()
            .is_none_or(|lists| lists.len() == shape.len())
    };
    if !has_axes(&target, shape) || !has_axes(&source, source_shape) {
        return None;
    }
    let unlimited = mapping.target.unlimited_axis();
    let open = mapping.source.unlimited_axis();
    match (unlimited, open, &mut target, &mut source) {
        (Some(axis), None, Some(target), _) => {
            if let Selection::Regular(axes) = &mapping.target {
                target[axis] = block_list(axes.get(axis)?, block?)?;
            }
        }
        (Some(axis), Some(origin), Some(target), Some(source)) => {
            // As many elements as both have.
            let length = target[axis].clipped(shape[axis]).length;
            let length = length.min(source[origin].clipped(source_shape[origin]).length);
            target[axis].length = length;
            source[origin].length = length;
        }
        (None, Some(origin), _, Some(source)) => {
            source[origin] = source[origin].clipped(source_shape[origin]);
        }
        _ => {}
    }
    Some([target, source])
}

fn regular(selection: &Selection, shape: &[u64]) -> Option<Vec<List>> {
    match selection {
        Selection::All => Some(shape.iter().map(|size| List::run(0, *size)).collect()),
        Selection::Regular(axes) => Some(axes.iter().map(List::of).collect()),
        Selection::None | Selection::Boxes { .. } | Selection::Points { .. } => None,
    }
}

/// The parts of one source.
pub(super) fn parts(
    mapping: &Mapping,
    block: Option<u64>,
    shape: &[u64],
    slab: &Slab,
    source_shape: &[u64],
) -> Result<Vec<Part>, Error> {
    if mapping.target == Selection::None || mapping.source == Selection::None {
        return Ok(Vec::new());
    }
    let Some([target, source]) = lists(mapping, block, shape, source_shape) else {
        return Ok(Vec::new());
    };
    if let (Some(target), Some(source)) = (&target, &source)
        && let Some(pairs) = paired(target, source)
    {
        return along_axes(target, source, &pairs, slab, source_shape);
    }
    let rows_of = |lists: Option<Vec<List>>, selection, shape| match lists {
        Some(lists) => Ok(Some(rows::of_lists(&lists))),
        None => rows::of_selection(selection, shape),
    };
    let target = rows_of(target, &mapping.target, shape)?;
    let source = rows_of(source, &mapping.source, source_shape)?;
    match (target, source) {
        (Some(mut target), Some(mut source)) => {
            rows::parts(&mut target, &mut source, slab, source_shape)
        }
        _ => Ok(Vec::new()),
    }
}

/// The axes of the source that belong to those of the target, where elements in the same order lie
/// alike: axes with more than one element have the same lengths, but for the slowest of them.
fn paired(target: &[List], source: &[List]) -> Option<Vec<(usize, usize)>> {
    let long = |lists: &[List]| -> Vec<usize> {
        (0..lists.len())
            .filter(|axis| lists[*axis].length != 1)
            .collect()
    };
    let (left, right) = (long(target), long(source));
    let is_alike = left.len() == right.len()
        && left
            .iter()
            .zip(&right)
            .skip(1)
            .all(|(left, right)| target[*left].length == source[*right].length);
    is_alike.then(|| left.into_iter().zip(right).collect())
}

/// Both sides are products of lists: so are the parts.
fn along_axes(
    target: &[List],
    source: &[List],
    pairs: &[(usize, usize)],
    slab: &Slab,
    source_shape: &[u64],
) -> Result<Vec<Part>, Error> {
    let mut whole = Part {
        source: one_element(source.len()),
        target: one_element(target.len()),
    };
    // Axes of one element on the side of the source.
    for (axis, list) in source.iter().enumerate() {
        if pairs.iter().any(|(_, paired)| *paired == axis) {
            continue;
        }
        match list
            .at(0)
            .filter(|at| source_shape.get(axis).is_some_and(|size| at < size))
        {
            Some(at) => whole.source.start[axis] = at,
            None => return Ok(Vec::new()),
        }
    }
    let mut parts = vec![whole];
    for (axis, list) in target.iter().enumerate() {
        let origin = pairs
            .iter()
            .find(|(paired, _)| *paired == axis)
            .map(|(_, origin)| *origin);
        let other = match origin {
            Some(origin) => source[origin].clipped(source_shape[origin]),
            None => List::run(0, 1),
        };
        let found = list::pair(list, &other, wanted(slab, axis))?;
        check_pieces(found.len().saturating_mul(parts.len()))?;
        parts = parts
            .iter()
            .flat_map(|part| {
                found
                    .iter()
                    .map(move |run| extended(part, axis, origin, run))
            })
            .collect();
    }
    Ok(parts)
}

pub(super) fn one_element(rank: usize) -> Slab {
    Slab {
        start: vec![0; rank],
        count: vec![1; rank],
        step: vec![1; rank],
    }
}

fn extended(part: &Part, axis: usize, origin: Option<usize>, run: &Progression) -> Part {
    let mut part = part.clone();
    part.target.start[axis] = run.target;
    part.target.step[axis] = run.target_step;
    part.target.count[axis] = run.count;
    if let Some(origin) = origin {
        part.source.start[origin] = run.source;
        part.source.step[origin] = run.source_step;
        part.source.count[origin] = run.count;
    }
    part
}
