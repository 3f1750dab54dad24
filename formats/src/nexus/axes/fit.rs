//! Whether the values of an axis fit the signal, and how.

use hutch_model::{AxisKind, Node, Value};

use super::Wanted;

/// How an axis fits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fitted {
    pub(super) kind: AxisKind,
    pub(super) spans: Vec<usize>,
    pub(super) skipped: u64,
    pub(super) good: Option<[u64; 2]>,
}

/// Judges the shape of the values of an axis against that of the signal.
///
/// # Errors
/// Why it does not fit, in words.
pub(super) fn fit(
    node: &Node,
    values: &[u64],
    wanted: &Wanted,
    signal: &[u64],
) -> Result<Fitted, String> {
    let Some(&size) = signal.get(wanted.dimension) else {
        return Err(format!(
            "it belongs to dimension {}, and there are {}",
            wanted.dimension,
            signal.len()
        ));
    };
    match values {
        [] if size == 1 => Ok(along(wanted.dimension, AxisKind::Points)),
        [count] => line(node, *count, wanted, size),
        _ => grid(values, wanted, signal),
    }
}

/// Points for as many values as indices, edges for one more.
fn along_kind(count: u64, size: u64) -> Option<AxisKind> {
    if count == size {
        Some(AxisKind::Points)
    } else if size > 0 && size.checked_add(1) == Some(count) {
        Some(AxisKind::Edges)
    } else {
        None
    }
}

fn along(dimension: usize, kind: AxisKind) -> Fitted {
    Fitted {
        kind,
        spans: vec![dimension],
        skipped: 0,
        good: None,
    }
}

/// An axis of one dimension: as many values as the signal, or one more, all of
/// them or those between `first_good` and `last_good`.
fn line(node: &Node, count: u64, wanted: &Wanted, size: u64) -> Result<Fitted, String> {
    if wanted.spans.len() > 1 {
        return Err(format!(
            "it has one axis, and its indices name {}",
            wanted.spans.len()
        ));
    }
    let index = |name: &str| {
        let value = node.attribute(name).and_then(Value::as_integer);
        value.and_then(|value| u64::try_from(value).ok())
    };
    let first = index("first_good").unwrap_or(0);
    let last = index("last_good").unwrap_or_else(|| count.saturating_sub(1));
    let is_good = first <= last && last < count;
    if let Some(kind) = along_kind(count, size) {
        let mut fitted = along(wanted.dimension, kind);
        let last_index = match kind {
            AxisKind::Points => last,
            AxisKind::Edges => last.saturating_sub(1),
        };
        let says_less = first > 0 || last + 1 < count;
        fitted.good = (is_good && says_less && first <= last_index).then_some([first, last_index]);
        return Ok(fitted);
    }
    if is_good && let Some(kind) = along_kind(last - first + 1, size) {
        let mut fitted = along(wanted.dimension, kind);
        fitted.skipped = first;
        return Ok(fitted);
    }
    let compared = match count.cmp(&size) {
        std::cmp::Ordering::Less => "shorter",
        _ => "longer",
    };
    Err(format!(
        "its shape [{count}] does not fit {size}: it is {compared} than the data"
    ))
}

/// An axis of several dimensions, as places on a bent grid.
fn grid(values: &[u64], wanted: &Wanted, signal: &[u64]) -> Result<Fitted, String> {
    let refuse = |spans: &[usize]| {
        let sizes: Vec<u64> = spans
            .iter()
            .filter_map(|&span| signal.get(span).copied())
            .collect();
        Err(format!("its shape {values:?} does not fit {sizes:?}"))
    };
    if wanted.spans.is_empty() {
        // Nothing is said of its dimensions; its sizes decide.
        let starts = 0..=signal.len().saturating_sub(values.len());
        let mut fitting = starts
            .map(|start| (start..start + values.len()).collect::<Vec<usize>>())
            .filter(|spans| spans.contains(&wanted.dimension))
            .filter_map(|spans| Some((grid_kind(values, &spans, signal)?, spans)));
        return match fitting.next() {
            Some((kind, spans)) => Ok(Fitted {
                kind,
                spans,
                skipped: 0,
                good: None,
            }),
            None => refuse(&[wanted.dimension]),
        };
    }
    if wanted.spans.len() != values.len() {
        return Err(format!(
            "it has {} axes, and its indices name {}",
            values.len(),
            wanted.spans.len()
        ));
    }
    match grid_kind(values, &wanted.spans, signal) {
        Some(kind) => Ok(Fitted {
            kind,
            spans: wanted.spans.clone(),
            skipped: 0,
            good: None,
        }),
        None => refuse(&wanted.spans),
    }
}

fn grid_kind(values: &[u64], spans: &[usize], signal: &[u64]) -> Option<AxisKind> {
    let sizes: Option<Vec<u64>> = spans
        .iter()
        .map(|&span| signal.get(span).copied())
        .collect();
    let sizes = sizes?;
    let kinds: Option<Vec<AxisKind>> = values
        .iter()
        .zip(&sizes)
        .map(|(&count, &size)| along_kind(count, size))
        .collect();
    match kinds?.as_slice() {
        [first, rest @ ..] if rest.iter().all(|kind| kind == first) => Some(*first),
        _ => None,
    }
}
