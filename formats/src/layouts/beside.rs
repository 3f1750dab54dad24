//! Which of the files that belong to one lie beside it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hutch_model::Neighbours;

/// How long a listing of a folder holds while it is only read from.
const LISTING_HOLDS: Duration = Duration::from_secs(5);

/// The names beside a file, listed when somebody asks.
#[derive(Debug)]
pub(super) struct Beside {
    neighbours: Arc<dyn Neighbours>,
    /// The file that they lie beside.
    url: String,
    /// What their names begin with.
    prefix: String,
    listed: Mutex<Option<(Instant, Arc<HashSet<String>>)>>,
}

impl Beside {
    pub(super) fn new(neighbours: Arc<dyn Neighbours>, url: &str, prefix: String) -> Self {
        Self {
            neighbours,
            url: url.to_owned(),
            prefix,
            listed: Mutex::new(None),
        }
    }

    /// The names, from a listing of now or some seconds ago; `None` where the
    /// place cannot be listed.
    pub(super) async fn names(&self) -> Option<Arc<HashSet<String>>> {
        let known = self.lock().clone();
        if let Some((when, names)) = known
            && when.elapsed() < LISTING_HOLDS
        {
            return Some(names);
        }
        let names = self.neighbours.list(&self.prefix, &self.url).await.ok()?;
        let names = Arc::new(names.into_iter().collect::<HashSet<String>>());
        *self.lock() = Some((Instant::now(), Arc::clone(&names)));
        Some(names)
    }

    /// What the last listing said.
    pub(super) fn last(&self) -> Option<Arc<HashSet<String>>> {
        self.lock().as_ref().map(|(_, names)| Arc::clone(names))
    }

    /// Lists anew; whether names came or went since the last listing, or
    /// `None` where there was none.
    pub(super) async fn is_changed(&self) -> Option<bool> {
        let before = self.lock().take().map(|(_, names)| names)?;
        if let Some(names) = self.names().await {
            return Some(names != before);
        }
        *self.lock() = Some((Instant::now(), before));
        Some(false)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Instant, Arc<HashSet<String>>)>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all names begin with.
pub(super) fn common_prefix<'a>(mut names: impl Iterator<Item = &'a str>) -> String {
    let mut prefix = names.next().unwrap_or_default();
    for name in names {
        let same = prefix
            .char_indices()
            .zip(name.chars())
            .take_while(|((_, one), other)| one == other)
            .last()
            .map_or(0, |((at, one), _)| at + one.len_utf8());
        prefix = prefix.get(..same).unwrap_or_default();
    }
    prefix.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_share_what_they_begin_with() {
        let prefix = |names: &[&str]| common_prefix(names.iter().copied());
        assert_eq!(prefix(&["a_data_01.h5", "a_data_02.h5"]), "a_data_0", "two");
        assert_eq!(prefix(&["ä1", "ä2"]), "ä", "whole characters");
        assert_eq!(prefix(&[]), "", "none");
    }
}
