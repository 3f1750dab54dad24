//! The places and sizes of strips and tiles, read when a frame needs them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hutch_model::{ByteRange, Cancel, Error, ErrorKind, Result};

use super::directory::Format;
use super::page::{List, Page};
use crate::images::file::ImageFile;

/// Strips or tiles that one page may have.
const PIECE_LIMIT: u64 = 1 << 22;
/// Numbers that are kept in memory for one file.
const KEPT_NUMBERS: usize = 4 << 20;

/// Where the pieces of a page lie.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) offsets: Vec<u64>,
    /// Empty where the file does not say them.
    pub(super) counts: Vec<u64>,
}

/// The lists that were read so far, by page.
#[derive(Debug, Default)]
pub(super) struct Lists {
    known: Mutex<HashMap<u64, Arc<Places>>>,
}

impl Lists {
    /// The lists of pages, in one round for those that are not known.
    pub(super) async fn get(
        &self,
        file: &ImageFile,
        format: Format,
        pages: &[(u64, &Page)],
        cancel: &Cancel,
    ) -> Result<HashMap<u64, Arc<Places>>> {
        let mut found = HashMap::new();
        let mut wanted = Vec::new();
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            for &(index, page) in pages {
                match known.get(&index) {
                    Some(places) => {
                        found.insert(index, Arc::clone(places));
                    }
                    None => wanted.push((index, page)),
                }
            }
        }
        let mut ranges = Vec::new();
        for (_, page) in &wanted {
            for list in [page.offsets, page.counts].into_iter().flatten() {
                if list.0.count > PIECE_LIMIT {
                    let why = format!("a page claims to have {} pieces", list.0.count);
                    let tried = format!("read \"{}\"", file.url());
                    return Err(Error::new(ErrorKind::Limit, tried, why));
                }
                if !list.0.is_inline {
                    ranges.push(list.0.range());
                }
            }
        }
        let mut read = file.read(&ranges, cancel).await?.into_iter();
        for (index, page) in wanted {
            let mut numbers = |list: Option<List>| -> Result<Vec<u64>> {
                let Some(List(entry)) = list else {
                    return Ok(Vec::new());
                };
                let size = usize::try_from(entry.value_size()).unwrap_or(1).max(1);
                let split = |bytes: &[u8]| -> Vec<u64> {
                    let values = bytes.chunks_exact(size);
                    values.map(|value| format.number(value)).collect()
                };
                if entry.is_inline {
                    let length = usize::try_from(entry.range().len()).unwrap_or(0);
                    return Ok(split(entry.field.get(..length).unwrap_or_default()));
                }
                // Behind the end of the file there is nothing: the page is missing.
                Ok(read
                    .next()
                    .flatten()
                    .map_or_else(Vec::new, |bytes| split(&bytes)))
            };
            let places = Arc::new(Places {
                offsets: numbers(page.offsets)?,
                counts: numbers(page.counts)?,
            });
            self.keep(index, &places);
            found.insert(index, places);
        }
        Ok(found)
    }

    fn keep(&self, index: u64, places: &Arc<Places>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers: usize = known.values().map(|places| places.offsets.len()).sum();
        if numbers > KEPT_NUMBERS || known.len() > KEPT_NUMBERS / 64 {
            known.clear();
        }
        known.insert(index, Arc::clone(places));
    }
}

/// The range of one piece, where it says it lies and how long it is.
pub(super) fn range(places: &Places, piece: usize) -> Option<ByteRange> {
    let (from, length) = (*places.offsets.get(piece)?, *places.counts.get(piece)?);
    Some(ByteRange::new(from, from.checked_add(length)?))
}
