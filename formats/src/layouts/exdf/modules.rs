//! The pulses of all modules of a detector, aligned by train and pulse.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The pulses of one train that one module recorded.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    /// The train.
    pub(super) train: u64,
    /// Which file of the detector.
    pub(super) file: u64,
    /// The row of its first pulse there.
    pub(super) first: u64,
    /// The pulses, in the order of the rows.
    pub(super) pulses: Arc<[u64]>,
    /// The memory cell of each.
    pub(super) cells: Arc<[u64]>,
}

/// All pulses of one train.
#[derive(Clone, Debug)]
pub(super) struct Train {
    /// The first index of the joined dataset that belongs to it.
    pub(super) at: u64,
    /// The pulses, as all modules together recorded them.
    pub(super) pulses: Arc<[u64]>,
    /// The memory cell of each.
    pub(super) cells: Arc<[u64]>,
}

/// Rows of one file that lie one behind another in the joined dataset, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// The first index of the joined dataset.
    pub(super) at: u64,
    /// How many.
    pub(super) count: u64,
    /// The file and the row of the first; none where the module has no data.
    pub(super) rows: Option<(u64, u64)>,
}

/// Every train that any module recorded, by its number.
pub(super) fn trains(modules: &[Vec<Recorded>]) -> BTreeMap<u64, Train> {
    let mut trains: BTreeMap<u64, Train> = BTreeMap::new();
    for recorded in modules.iter().flatten() {
        trains
            .entry(recorded.train)
            .and_modify(|train| {
                if train.pulses != recorded.pulses {
                    (train.pulses, train.cells) = union(train, recorded);
                }
            })
            .or_insert_with(|| Train {
                at: 0,
                pulses: Arc::clone(&recorded.pulses),
                cells: Arc::clone(&recorded.cells),
            });
    }
    let mut at = 0u64;
    for train in trains.values_mut() {
        train.at = at;
        at = at.saturating_add(train.pulses.len() as u64);
    }
    trains
}

/// The pulses of both, in order.
fn union(train: &Train, recorded: &Recorded) -> (Arc<[u64]>, Arc<[u64]>) {
    let mut both: BTreeMap<u64, u64> = BTreeMap::new();
    let lists = [
        (&recorded.pulses, &recorded.cells),
        (&train.pulses, &train.cells),
    ];
    for (pulses, cells) in lists {
        both.extend(pulses.iter().copied().zip(cells.iter().copied()));
    }
    let (pulses, cells): (Vec<u64>, Vec<u64>) = both.into_iter().unzip();
    (pulses.into(), cells.into())
}

/// Where the rows of one module lie in the joined dataset, without gaps.
pub(super) fn spans(trains: &BTreeMap<u64, Train>, module: &[Recorded]) -> Vec<Span> {
    let by_train: BTreeMap<u64, &Recorded> =
        // The first file that has a train wins.
        module.iter().rev().map(|recorded| (recorded.train, recorded)).collect();
    let mut spans = Vec::new();
    for (number, train) in trains {
        let count = train.pulses.len() as u64;
        match by_train.get(number) {
            Some(recorded) if recorded.pulses == train.pulses => push(
                &mut spans,
                Span {
                    at: train.at,
                    count,
                    rows: Some((recorded.file, recorded.first)),
                },
            ),
            Some(recorded) => push_pulses(&mut spans, train, recorded),
            None => push(
                &mut spans,
                Span {
                    at: train.at,
                    count,
                    rows: None,
                },
            ),
        }
    }
    spans
}

/// A train of which the module has other pulses than all together.
fn push_pulses(spans: &mut Vec<Span>, train: &Train, recorded: &Recorded) {
    let row_of: BTreeMap<u64, u64> = recorded.pulses.iter().copied().zip(0..).collect();
    for (offset, pulse) in (0..).zip(train.pulses.iter()) {
        let rows = row_of
            .get(pulse)
            .map(|row| (recorded.file, recorded.first.saturating_add(*row)));
        push(
            spans,
            Span {
                at: train.at + offset,
                count: 1,
                rows,
            },
        );
    }
}

/// Adds a span, to the last one where it goes on with it.
fn push(spans: &mut Vec<Span>, span: Span) {
    if let Some(last) = spans.last_mut() {
        let goes_on = match (last.rows, span.rows) {
            (None, None) => true,
            (Some((file, row)), Some(next)) => (file, row.saturating_add(last.count)) == next,
            _ => false,
        };
        if goes_on && last.at.saturating_add(last.count) == span.at {
            last.count += span.count;
            return;
        }
    }
    if span.count > 0 {
        spans.push(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(train: u64, file: u64, first: u64, pulses: &[u64]) -> Recorded {
        Recorded {
            train,
            file,
            first,
            pulses: pulses.into(),
            cells: pulses.into(),
        }
    }

    #[test]
    fn a_module_that_recorded_everything_is_one_span() {
        let modules = [vec![
            recorded(10, 0, 0, &[0, 2]),
            recorded(11, 0, 2, &[0, 2]),
        ]];
        let trains = trains(&modules);
        let expected = Span {
            at: 0,
            count: 4,
            rows: Some((0, 0)),
        };
        assert_eq!(spans(&trains, &modules[0]), [expected], "rows 0 to 3");
    }

    #[test]
    fn trains_and_pulses_that_a_module_missed_are_gaps() {
        let whole = vec![
            recorded(10, 0, 0, &[0, 2, 4]),
            recorded(11, 0, 3, &[0, 2, 4]),
        ];
        let poor = vec![recorded(11, 1, 0, &[0, 4])];
        let modules = [whole, poor];
        let trains = trains(&modules);
        let gap = |at, count| Span {
            at,
            count,
            rows: None,
        };
        let row = |at, row| Span {
            at,
            count: 1,
            rows: Some((1, row)),
        };
        assert_eq!(
            spans(&trains, &modules[1]),
            [gap(0, 3), row(3, 0), gap(4, 1), row(5, 1)],
            "train 10 whole, pulse 2 of train 11"
        );
    }
}
