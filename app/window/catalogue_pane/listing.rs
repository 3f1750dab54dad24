//! One place in a catalogue, with the rows read so far.

use std::sync::Arc;

use hutch_model::{Entry, EntryId, EntryKind, Error, Page, PageToken};
use hutch_viewers::widgets::Sort;

use crate::ask::Ask;

/// One place in the catalogue, with the rows read so far.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) parent: Option<Entry>,
    pub(super) entries: Vec<Entry>,
    pub(super) next: Option<PageToken>,
    pub(super) total: Option<u64>,
    pub(super) page: Option<Ask<Page>>,
    pub(super) problem: Option<Arc<Error>>,
    /// Rows after filter and sort, as indices into `entries`.
    pub(super) shown: Vec<u32>,
    pub(super) is_stale: bool,
    pub(super) selected: Option<EntryId>,
    /// Whether nothing was asked for yet.
    pub(super) is_new: bool,
}

impl Listing {
    pub(super) fn refresh(
        &mut self,
        instrument: &str,
        year: &str,
        words: &str,
        sort: Option<Sort>,
    ) {
        self.is_stale = false;
        let fits = |entry: &Entry| {
            (instrument.is_empty() || entry.instrument == instrument)
                && (year.is_empty() || entry.start.starts_with(year))
                && (words.is_empty()
                    || entry.name.to_lowercase().contains(words)
                    || entry.title.to_lowercase().contains(words))
        };
        let is_top = self.parent.is_none();
        let mut shown: Vec<u32> = self
            .entries
            .iter()
            .zip(0u32..)
            .filter(|(entry, _)| !is_top && words.is_empty() || fits(entry))
            .map(|(_, index)| index)
            .collect();
        if let Some(sort) = sort {
            let entries = &self.entries;
            let kind = self.parent.as_ref().map(|parent| parent.id.kind);
            shown.sort_by(|&one, &other| {
                let order = compare(
                    &entries[one as usize],
                    &entries[other as usize],
                    kind,
                    sort.column,
                );
                if sort.ascending {
                    order
                } else {
                    order.reverse()
                }
            });
        }
        self.shown = shown;
    }
}

fn compare(
    one: &Entry,
    other: &Entry,
    parent: Option<EntryKind>,
    column: usize,
) -> std::cmp::Ordering {
    let is_files = parent == Some(EntryKind::Dataset);
    match (is_files, column) {
        (_, 0) => one.name.cmp(&other.name),
        (true, 1) | (false, 4) => one.size_bytes.cmp(&other.size_bytes),
        (true, 2) | (false, 3) => one.start.cmp(&other.start),
        (false, 1) => one.title.cmp(&other.title),
        (false, 2) => one.instrument.cmp(&other.instrument),
        _ => {
            let state = |entry: &Entry| entry.locality.map(|place| place.to_string());
            state(one).cmp(&state(other))
        }
    }
}
