//! The data files of a master: which there are, and how many frames each has.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hutch_model::{Child, Container, Link, Neighbours, Result};

use super::super::beside::{Beside, common_prefix};
use crate::path;

/// The links of a master, and what was learnt of their files.
#[derive(Debug)]
pub(super) struct Files {
    group: String,
    beside: Beside,
    state: Mutex<State>,
    /// Whether a file was found missing, so that its coming is a change.
    has_missed: AtomicBool,
    /// Whether a file has another length than was assumed.
    is_stale: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    links: Vec<DataLink>,
    /// Frames of the files that were opened, by their place in the list.
    lengths: BTreeMap<usize, u64>,
}

/// A link to one data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DataLink {
    /// The path of the link in the master.
    pub(super) path: String,
    /// The file as the link names it; none for frames in the master itself.
    pub(super) file: Option<String>,
}

impl Files {
    pub(super) fn new(
        container: &Arc<dyn Container>,
        neighbours: &Arc<dyn Neighbours>,
        group: &str,
        links: &[&Child],
    ) -> Self {
        let links = data_links(group, links);
        let names = links.iter().filter_map(|link| link.file.as_deref());
        let prefix = common_prefix(names);
        let url = &container.origin().url;
        Self {
            group: group.to_owned(),
            beside: Beside::new(Arc::clone(neighbours), url, prefix),
            state: Mutex::new(State {
                links,
                lengths: BTreeMap::new(),
            }),
            has_missed: AtomicBool::new(false),
            is_stale: AtomicBool::new(false),
        }
    }

    /// The links, in the order of their numbers.
    pub(super) fn links(&self) -> Vec<DataLink> {
        self.lock().links.clone()
    }

    /// Frames of a file that was opened.
    pub(super) fn length(&self, index: usize) -> Option<u64> {
        self.lock().lengths.get(&index).copied()
    }

    /// Notes how many frames a file has, and whether that was expected.
    pub(super) fn learn(&self, index: usize, length: u64, expected: u64) {
        self.lock().lengths.insert(index, length);
        if length != expected {
            self.is_stale.store(true, Ordering::Relaxed);
        }
    }

    /// Why a file's frames are missing, with how many of the others are.
    pub(super) async fn why_missing(&self, link: &DataLink, why: &str) -> String {
        self.has_missed.store(true, Ordering::Relaxed);
        let name = link.file.as_deref().unwrap_or(&link.path);
        // The place is listed for the words alone; without it they are shorter.
        let _ = self.beside.names().await;
        match self.missing() {
            Some((missing, all)) if missing > 0 => {
                format!("\"{name}\" is not there: {missing} of {all} files missing")
            }
            _ => why.to_owned(),
        }
    }

    /// What is known to be missing.
    pub(super) fn problems(&self) -> Vec<String> {
        match self.missing() {
            Some((missing, all)) if missing > 0 => {
                vec![format!("{missing} of {all} files missing")]
            }
            _ => Vec::new(),
        }
    }

    /// How many of the files are not beside the master, of how many; `None`
    /// where nobody looked.
    fn missing(&self) -> Option<(usize, usize)> {
        let names = self.beside.last()?;
        let state = self.lock();
        let missing = state.links.iter().filter(|link| {
            let file = link
                .file
                .as_deref()
                .map(|file| file.trim_start_matches("./"));
            file.is_some_and(|file| !file.contains('/') && !names.contains(file))
        });
        Some((missing.count(), state.links.len()))
    }

    /// Whether files came, went or have another length than was assumed.
    pub(super) async fn refresh(&self, links: &[&Child]) -> Result<bool> {
        let links = data_links(&self.group, links);
        let mut is_changed = self.is_stale.swap(false, Ordering::Relaxed);
        {
            let mut state = self.lock();
            if state.links != links {
                state.links = links;
                state.lengths.clear();
                is_changed = true;
            }
        }
        if self.has_missed.load(Ordering::Relaxed) {
            is_changed |= self.beside.is_changed().await.unwrap_or(true);
        }
        if is_changed {
            self.has_missed.store(false, Ordering::Relaxed);
        }
        Ok(is_changed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn data_links(group: &str, links: &[&Child]) -> Vec<DataLink> {
    links
        .iter()
        .map(|child| DataLink {
            path: path::join(group, &child.name),
            file: match &child.link {
                Link::External { file, .. } => Some(file.clone()),
                Link::Hard | Link::Soft(_) => None,
            },
        })
        .collect()
}
