//! Which rows are shown, and in which order: one pass over the index, on the pool.

use std::cmp::Ordering;
use std::sync::Arc;

use hutch_model::{Cancel, Progress, Result, SerialRun};

use super::cells::CellHistogram;
use super::columns::{COLUMNS, Content};
use super::filter::Filter;

/// Rows between two looks at whether anybody still wants the result.
const STRIDE: usize = 16 << 10;

/// What is asked of the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    /// Which are shown.
    pub(super) filter: Filter,
    /// By which column, and whether the least comes first; in the order of the file where there is none.
    pub(super) sort: Option<(usize, bool)>,
}

/// The rows that are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// Their numbers in the index, in the order of the table.
    pub(super) rows: Arc<[u32]>,
    /// Frames among them that are hits, each counted once.
    pub(super) hits: u64,
    /// Crystals among them.
    pub(super) crystals: u64,
    /// How their cells are spread.
    pub(super) cells: Arc<[CellHistogram]>,
}

/// Makes the order.
///
/// # Errors
/// [`hutch_model::ErrorKind::Cancelled`].
pub(super) fn order(
    run: &dyn SerialRun,
    asked: &Asked,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Order> {
    let all = run.rows();
    progress.set_total(2 * all.len() as u64);
    let filter = asked.filter.for_run(run);
    let (mut hits, mut crystals) = (0, 0);
    let mut last_frame = None;
    let mut shown: Vec<u32> = Vec::new();
    for (at, row) in (0u32..).zip(all) {
        if (at as usize).is_multiple_of(STRIDE) {
            cancel.check()?;
            progress.add(STRIDE as u64);
        }
        if asked.filter.is_empty() || filter.holds(row) {
            shown.push(at);
            crystals += u64::from(row.is_crystal());
            hits += u64::from(row.is_hit && last_frame != Some(row.start));
            last_frame = Some(row.start);
        }
    }
    let cells = CellHistogram::all(all, &shown, cancel)?;
    if let Some((column, is_ascending)) = asked.sort {
        sort(run, &mut shown, column, is_ascending, cancel)?;
    }
    progress.add(all.len() as u64);
    Ok(Order {
        rows: shown.into(),
        hits,
        crystals,
        cells: cells.into(),
    })
}

/// Sorts rows by a column; those without a value come last, equal ones stay in the order of the file.
fn sort(
    run: &dyn SerialRun,
    shown: &mut [u32],
    column: usize,
    is_ascending: bool,
    cancel: &Cancel,
) -> Result<()> {
    let all = run.rows();
    let row = |at: &u32| all.get(*at as usize);
    match COLUMNS.get(column).map(|spec| spec.content) {
        Some(Content::Number(of, _)) => {
            let key = |at: &u32| row(at).map_or(f64::NAN, of);
            sort_by(shown, cancel, |one, other| {
                numbers_apart(key(one), key(other), is_ascending)
            })
        }
        Some(Content::Text(of)) => {
            let ranks = ranks(run, cancel)?;
            let key = |at: &u32| {
                let text = row(at).map_or(0, of);
                ranks.get(text as usize).copied().unwrap_or(0)
            };
            sort_by(shown, cancel, |one, other| {
                let (one, other) = (key(one), key(other));
                // Rank 0 is that of no text.
                let apart = (one == 0).cmp(&(other == 0));
                let order = one.cmp(&other);
                apart.then(if is_ascending { order } else { order.reverse() })
            })
        }
        None => Ok(()),
    }
}

fn numbers_apart(one: f64, other: f64, is_ascending: bool) -> Ordering {
    let apart = (!one.is_finite()).cmp(&!other.is_finite());
    let order = one.total_cmp(&other);
    let order = if is_ascending { order } else { order.reverse() };
    apart.then(if one.is_finite() {
        order
    } else {
        Ordering::Equal
    })
}

/// Sorts in pieces, so that a newer question need not wait; the last pass finds the pieces sorted.
fn sort_by<T>(
    items: &mut [T],
    cancel: &Cancel,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Result<()> {
    for piece in items.chunks_mut(STRIDE) {
        cancel.check()?;
        piece.sort_by(&compare);
    }
    cancel.check()?;
    items.sort_by(compare);
    Ok(())
}

/// The place of each text among all, from 1; 0 for the empty one and for `none`.
fn ranks(run: &dyn SerialRun, cancel: &Cancel) -> Result<Vec<u32>> {
    let mut numbers: Vec<u32> = (0..run.text_count()).collect();
    sort_by(&mut numbers, cancel, |one, other| {
        natural(run.text(*one), run.text(*other))
    })?;
    let mut ranks = vec![0; numbers.len()];
    for (rank, number) in (1u32..).zip(&numbers) {
        let is_none = matches!(run.text(*number), "" | "none");
        if let Some(place) = ranks.get_mut(*number as usize) {
            *place = if is_none { 0 } else { rank };
        }
    }
    Ok(ranks)
}

/// Texts as people count: `//9` before `//12`.
pub(super) fn natural(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    loop {
        let (digits, others) = (leading_digits(one), leading_digits(other));
        if digits > 0 && others > 0 {
            let (number, rest) = one.split_at(digits);
            let (number2, rest2) = other.split_at(others);
            let (number, number2) = (without_zeros(number), without_zeros(number2));
            let order = number.len().cmp(&number2.len()).then(number.cmp(number2));
            if order != Ordering::Equal {
                return order;
            }
            (one, other) = (rest, rest2);
            continue;
        }
        match (one.split_first(), other.split_first()) {
            (Some((first, rest)), Some((first2, rest2))) => {
                if first != first2 {
                    return first.cmp(first2);
                }
                (one, other) = (rest, rest2);
            }
            (one, other) => return one.is_some().cmp(&other.is_some()),
        }
    }
}

fn leading_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}
