//! Finding the mappings that a slab touches without looking at all of them.

use super::Mapping;
use crate::slab::Slab;

/// The mappings, sorted along the axis that tells them apart best.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Index {
    axis: usize,
    /// First and last place along the axis, and the mapping; sorted by the first.
    spans: Vec<(u64, u64, usize)>,
    /// The largest last place of this span and all before it.
    reach: Vec<u64>,
}

impl Index {
    pub(super) fn new(mappings: &[Mapping], rank: usize) -> Self {
        let axis = (0..rank)
            .min_by(|left, right| overlap(mappings, *left).total_cmp(&overlap(mappings, *right)))
            .unwrap_or(0);
        let mut spans: Vec<_> = mappings
            .iter()
            .enumerate()
            .map(|(at, mapping)| {
                let (first, last) = mapping.target.bounds(axis).unwrap_or((0, u64::MAX));
                (first, last, at)
            })
            .collect();
        spans.sort_unstable();
        let reach = spans
            .iter()
            .scan(0, |reach, (_, last, _)| {
                *reach = (*last).max(*reach);
                Some(*reach)
            })
            .collect();
        Self { axis, spans, reach }
    }

    /// The mappings whose span the slab touches, in the order that they are stored in.
    pub(super) fn overlapping(&self, slab: &Slab) -> Vec<usize> {
        let (first, last) = match (slab.start.get(self.axis), slab.count.get(self.axis)) {
            (Some(start), Some(count)) => {
                let step = slab.step.get(self.axis).copied().unwrap_or(1);
                (
                    *start,
                    start.saturating_add(count.saturating_sub(1).saturating_mul(step)),
                )
            }
            _ => (0, u64::MAX),
        };
        let from = self.reach.partition_point(|reach| *reach < first);
        let to = self.spans.partition_point(|(start, ..)| *start <= last);
        let mut found: Vec<usize> = self
            .spans
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .filter(|(_, end, _)| *end >= first)
            .map(|(.., mapping)| *mapping)
            .collect();
        found.sort_unstable();
        found
    }
}

/// How many mappings lie over each other along an axis, about.
fn overlap(mappings: &[Mapping], axis: usize) -> f64 {
    let spans = || {
        mappings
            .iter()
            .filter_map(|mapping| mapping.target.bounds(axis))
    };
    let limited = || spans().filter(|(_, last)| *last < u64::MAX);
    let total: f64 = limited()
        .map(|(first, last)| (last - first) as f64 + 1.0)
        .sum();
    let size = limited()
        .map(|(_, last)| last as f64 + 1.0)
        .fold(1.0, f64::max);
    total / size + (spans().count() - limited().count()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::{AxisSelection, Selection};

    fn frame(first: u64, count: u64) -> Mapping {
        let axis = |start, block| AxisSelection {
            start,
            stride: block,
            count: Some(1),
            block: Some(block),
        };
        Mapping {
            file: "f".into(),
            dataset: "d".into(),
            source: Selection::All,
            target: Selection::Regular(vec![axis(first, count), axis(0, 10)]),
        }
    }

    #[test]
    fn a_hundred_thousand_mappings_are_searched_and_not_scanned() {
        let mut mappings: Vec<Mapping> = (0..100_000).map(|at| frame(3 * at, 3)).collect();
        mappings.swap(7, 77_777);
        let index = Index::new(&mappings, 2);
        let slab = Slab {
            start: vec![3 * 77_777 + 2, 4],
            count: vec![2, 1],
            step: vec![1, 1],
        };
        assert_eq!(
            index.overlapping(&slab),
            [7, 77_778],
            "in the order that they are stored in"
        );
        let from = index.reach.partition_point(|reach| *reach < slab.start[0]);
        let to = index
            .spans
            .partition_point(|(start, ..)| *start <= slab.start[0] + 1);
        assert!(to - from <= 2, "{} spans were looked at", to - from);
    }

    #[test]
    fn a_long_mapping_does_not_hide_behind_short_ones() {
        let mappings = [frame(0, 1000), frame(10, 1), frame(500, 1)];
        let index = Index::new(&mappings, 2);
        let slab = Slab {
            start: vec![400, 0],
            count: vec![1, 1],
            step: vec![1, 1],
        };
        assert_eq!(index.overlapping(&slab), [0], "it began long before");
    }
}
