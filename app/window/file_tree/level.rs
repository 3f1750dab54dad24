//! One group of the tree that was unfolded: its names and their details.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_model::{Child, Container, Node, Result};

use super::join;
use crate::ask::{Ask, Asked, Wake};
use crate::pools::Pools;

/// Details of this many children are asked for at once.
const BATCH: usize = 64;
/// Details that failed are asked for again when they are seen after this,
/// doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// Children whose details are on their way.
#[derive(Debug)]
struct Batch {
    children: Vec<u32>,
    ask: Ask<Vec<Result<Node>>>,
}

/// What is known of a child.
#[derive(Debug)]
struct Detail {
    node: Arc<Result<Node>>,
    since: Instant,
    /// How often it failed.
    failures: u32,
}

impl Detail {
    fn is_due(&self, now: Instant) -> bool {
        let wait = FIRST_RETRY * (1 << self.failures.saturating_sub(1).min(6));
        self.failures > 0 && now.saturating_duration_since(self.since) >= wait
    }
}

/// One group that was unfolded.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) path: String,
    pub(super) children: Asked<Arc<[Child]>>,
    details: HashMap<u32, Detail>,
    batch: Option<Batch>,
    /// Children in sight whose details are missing.
    wanted: Vec<u32>,
    /// Where children stand that were unfolded once.
    places: HashMap<String, Option<u32>>,
}

impl Level {
    /// A level whose names are on their way.
    pub(super) fn reading(
        path: &str,
        container: &Arc<dyn Container>,
        pools: &Pools,
        wake: &Wake,
    ) -> Self {
        Self {
            path: path.to_owned(),
            children: ask_names(path, container, pools, wake),
            details: HashMap::new(),
            batch: None,
            wanted: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Reads the names again.
    pub(super) fn read(&mut self, container: &Arc<dyn Container>, pools: &Pools, wake: &Wake) {
        *self = Self::reading(&self.path, container, pools, wake);
    }

    /// Takes the answers that came; says whether the names did.
    pub(super) fn poll(&mut self, now: Instant) -> bool {
        if let Some(batch) = &mut self.batch
            && let Some(answer) = batch.ask.poll()
        {
            let children = std::mem::take(&mut batch.children);
            self.batch = None;
            match answer {
                Ok(nodes) => {
                    for (child, node) in children.into_iter().zip(nodes) {
                        self.note(child, Arc::new(node), now);
                    }
                }
                Err(error) => {
                    let error = Arc::new(Err(error));
                    for child in children {
                        self.note(child, Arc::clone(&error), now);
                    }
                }
            }
        }
        self.children.poll()
    }

    fn note(&mut self, child: u32, node: Arc<Result<Node>>, now: Instant) {
        let before = self.details.get(&child).map_or(0, |old| old.failures);
        let failures = if node.is_err() { before + 1 } else { 0 };
        let detail = Detail {
            node,
            since: now,
            failures,
        };
        self.details.insert(child, detail);
    }

    /// Forgets the details that failed.
    pub(super) fn forget_failures(&mut self) {
        self.details.retain(|_, detail| detail.failures == 0);
    }

    pub(super) fn child(&self, place: u32) -> Option<&Child> {
        self.children.here()?.get(place as usize)
    }

    pub(super) fn details(&self, place: u32) -> Option<&Result<Node>> {
        self.details.get(&place).map(|detail| detail.node.as_ref())
    }

    /// Says that a child is in sight.
    pub(super) fn want(&mut self, place: u32, now: Instant) {
        if self
            .details
            .get(&place)
            .is_none_or(|detail| detail.is_due(now))
        {
            self.wanted.push(place);
        }
    }

    /// Asks for the details of what was in sight, a batch at a time.
    pub(super) fn ask_for_wanted(
        &mut self,
        container: &Arc<dyn Container>,
        pools: &Pools,
        wake: &Wake,
    ) {
        let mut asked = std::mem::take(&mut self.wanted);
        asked.truncate(BATCH);
        if self.batch.is_some() || asked.is_empty() {
            return;
        }
        let paths: Vec<String> = asked
            .iter()
            .filter_map(|&place| self.child(place))
            .map(|child| join(&self.path, &child.name))
            .collect();
        let container = Arc::clone(container);
        let ask = Ask::start(pools, wake, move |cancel| async move {
            Ok(container.nodes(&paths, &cancel).await)
        });
        self.batch = Some(Batch {
            children: asked,
            ask,
        });
    }

    #[cfg(test)]
    pub(super) const fn is_asking(&self) -> bool {
        self.batch.is_some()
    }

    /// Where a child stands among the names; looked for once.
    pub(super) fn place_of(&mut self, name: &str) -> Option<u32> {
        if let Some(&place) = self.places.get(name) {
            return place;
        }
        let place = find(self.children.here()?, name).and_then(|at| u32::try_from(at).ok());
        self.places.insert(name.to_owned(), place);
        place
    }
}

fn ask_names(
    path: &str,
    container: &Arc<dyn Container>,
    pools: &Pools,
    wake: &Wake,
) -> Asked<Arc<[Child]>> {
    let container = Arc::clone(container);
    let path = path.to_owned();
    Asked::Waiting(Ask::start(pools, wake, move |cancel| async move {
        container.children(&path, &cancel).await
    }))
}

fn find(children: &[Child], name: &str) -> Option<usize> {
    let compare = |child: &Child| {
        #[cfg(test)]
        super::tests::count_comparison();
        child.name.as_str().cmp(name)
    };
    // Most groups are sorted by name; one in the order of making is not.
    children
        .binary_search_by(compare)
        .ok()
        .or_else(|| children.iter().position(|child| compare(child).is_eq()))
}
