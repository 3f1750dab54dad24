//! The present shape of a virtual dataset without an end.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::list::List;
use super::{Mapping, Source, VirtualLayout};
use crate::dataspace::Dataspace;
use crate::error::Error;
use crate::selection::Selection;

/// Shapes of sources by file and dataset; none for one that does not exist.
pub type KnownShapes = HashMap<(Arc<str>, Arc<str>), Option<Vec<u64>>>;

/// Most blocks that are sought for one mapping.
const BLOCK_MAX: u64 = 1 << 24;

/// What [`VirtualLayout::extent`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// The shape.
    Known(Vec<u64>),
    /// The shapes of these sources are needed first: find them and ask again.
    Need(Vec<Source>),
}

impl VirtualLayout {
    /// Whether the shape follows from that of the sources, so that the stored one may be old.
    pub fn is_growing(&self) -> bool {
        self.mappings
            .iter()
            .any(|mapping| mapping.target.unlimited_axis().is_some())
    }

    /// The shape of the virtual dataset, from its stored one and the present shapes of its sources.
    ///
    /// As libhdf5 does by default (`H5D_VDS_LAST_AVAILABLE`, no gap): along an axis without an end
    /// the farthest element that any source has decides; of the blocks of a numbered mapping those
    /// count that come before the first one which is absent. Numbered sources are asked for in
    /// growing batches, so that a batch may name sources which do not exist.
    ///
    /// # Errors
    /// [`Error::Limit`] when a mapping has more than 2^24 blocks.
    pub fn extent(&self, stored: &Dataspace, known: &KnownShapes) -> Result<Extent, Error> {
        let shape = stored.shape();
        let mut ends: Vec<Option<u64>> = vec![None; shape.len()];
        let mut needs = Vec::new();
        let mut asked = HashSet::new();
        for (at, mapping) in self.mappings.iter().enumerate() {
            let Some(axis) = mapping.target.unlimited_axis() else {
                continue;
            };
            let end = if mapping.is_numbered() {
                numbered_end(mapping, at, axis, known, &mut needs)?
            } else {
                open_end(mapping, at, axis, known, &mut needs, &mut asked)
            };
            if let (Some(end), Some(place)) = (end, ends.get_mut(axis)) {
                *place = Some(place.unwrap_or(0).max(end));
            }
        }
        if !needs.is_empty() {
            return Ok(Extent::Need(needs));
        }
        let present = shape
            .iter()
            .enumerate()
            .map(|(axis, size)| ends[axis].map_or(*size, |end| end.max(self.smallest(axis))));
        Ok(Extent::Known(present.collect()))
    }

    /// What the mappings that end need of an axis.
    fn smallest(&self, axis: usize) -> u64 {
        self.mappings
            .iter()
            .filter_map(|mapping| mapping.target.bounds(axis))
            .filter(|(_, last)| *last < u64::MAX)
            .map(|(_, last)| last.saturating_add(1))
            .max()
            .unwrap_or(0)
    }
}

/// None where the source is not known yet.
fn shape_of<'a>(source: &Source, known: &'a KnownShapes) -> Option<&'a Option<Vec<u64>>> {
    known.get(&source.key())
}

/// The end of as many elements as the source has.
fn open_end(
    mapping: &Mapping,
    at: usize,
    axis: usize,
    known: &KnownShapes,
    needs: &mut Vec<Source>,
    asked: &mut HashSet<(Arc<str>, Arc<str>)>,
) -> Option<u64> {
    let source = mapping.source_at(at, None);
    let Some(shape) = shape_of(&source, known) else {
        if asked.insert(source.key()) {
            needs.push(source);
        }
        return None;
    };
    let (Selection::Regular(target), Selection::Regular(origin)) =
        (&mapping.target, &mapping.source)
    else {
        return Some(0);
    };
    let along = mapping.source.unlimited_axis()?;
    let size = shape
        .as_ref()
        .and_then(|shape| shape.get(along))
        .copied()
        .unwrap_or(0);
    let length = List::of(origin.get(along)?).clipped(size).length;
    Some(List::of(target.get(axis)?).end_of(length).unwrap_or(0))
}

/// The end of the blocks before the first one that is absent.
fn numbered_end(
    mapping: &Mapping,
    at: usize,
    axis: usize,
    known: &KnownShapes,
    needs: &mut Vec<Source>,
) -> Result<Option<u64>, Error> {
    let Selection::Regular(axes) = &mapping.target else {
        return Ok(None);
    };
    let Some(selected) = axes.get(axis) else {
        return Ok(None);
    };
    if selected.block.is_none() {
        // A block without an end is its only one.
        return Ok(Some(0));
    }
    let end_of = |blocks: u64| match blocks.checked_sub(1) {
        Some(last) => super::parts::block_list(selected, last)
            .and_then(|list| list.end_of(selected.block?))
            .unwrap_or(u64::MAX),
        None => 0,
    };
    let first = mapping.source_at(at, Some(0));
    if first.file == mapping.source_at(at, Some(1)).file
        && first.dataset == mapping.source_at(at, Some(1)).dataset
    {
        // Names without a number would repeat for ever.
        return Ok(Some(0));
    }
    for block in 0..BLOCK_MAX {
        match shape_of(&mapping.source_at(at, Some(block)), known) {
            Some(Some(_)) => {}
            Some(None) => return Ok(Some(end_of(block))),
            None => {
                let batch = (block + 1).next_power_of_two().clamp(4, 256);
                let more = (block..block.saturating_add(batch))
                    .map(|block| mapping.source_at(at, Some(block)));
                needs.extend(more.filter(|source| shape_of(source, known).is_none()));
                return Ok(None);
            }
        }
    }
    Err(Error::limit(
        "the number of blocks of a mapping",
        BLOCK_MAX,
        0,
    ))
}
