//! Decoded chunks that several slabs share, so that each is decoded once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// A dataset, by the address of its header, and a chunk of its grid.
type Key = (u64, u64);

/// Decoded chunks of one version of a file; the least recently used go first.
#[derive(Debug)]
pub(super) struct ChunkCache {
    budget_bytes: u64,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    by_key: HashMap<Key, (Bytes, u64)>,
    by_use: BTreeMap<u64, Key>,
    uses: u64,
    bytes: u64,
}

impl ChunkCache {
    pub(super) fn new(budget_bytes: u64) -> Self {
        Self {
            budget_bytes,
            held: Mutex::default(),
        }
    }

    /// What it may hold.
    pub(super) fn budget_bytes(&self) -> u64 {
        self.budget_bytes
    }

    pub(super) fn get(&self, dataset: u64, chunk: u64) -> Option<Bytes> {
        let mut held = self.lock();
        held.uses += 1;
        let now = held.uses;
        let (bytes, used) = held.by_key.get_mut(&(dataset, chunk))?;
        let bytes = bytes.clone();
        let before = std::mem::replace(used, now);
        held.by_use.remove(&before);
        held.by_use.insert(now, (dataset, chunk));
        Some(bytes)
    }

    pub(super) fn put(&self, dataset: u64, chunk: u64, bytes: Bytes) {
        let size = bytes.len() as u64;
        if size > self.budget_bytes {
            return;
        }
        let mut held = self.lock();
        held.uses += 1;
        let now = held.uses;
        held.bytes += size;
        if let Some((old, used)) = held.by_key.insert((dataset, chunk), (bytes, now)) {
            held.bytes -= old.len() as u64;
            held.by_use.remove(&used);
        }
        held.by_use.insert(now, (dataset, chunk));
        while held.bytes > self.budget_bytes {
            let Some((_, oldest)) = held.by_use.pop_first() else {
                break;
            };
            if let Some((gone, _)) = held.by_key.remove(&oldest) {
                held.bytes -= gone.len() as u64;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_holds_and_the_least_used_goes_first() {
        let cache = ChunkCache::new(30);
        for chunk in 0..3 {
            cache.put(1, chunk, Bytes::from(vec![0; 10]));
        }
        assert!(cache.get(1, 0).is_some(), "chunk 0 is used again");
        cache.put(1, 3, Bytes::from(vec![0; 10]));
        let held: Vec<bool> = (0..4).map(|chunk| cache.get(1, chunk).is_some()).collect();
        assert_eq!(held, [true, false, true, true], "chunk 1 was used least");
        cache.put(2, 0, Bytes::from(vec![0; 31]));
        assert!(cache.get(2, 0).is_none(), "larger than the budget");
    }
}
