//! The search for something to plot below a group.

use std::collections::{HashSet, VecDeque};

use hutch_model::{
    Cancel, Container, ErrorKind, Link, Node, NodeKind, Remark, Result, Signal, Value,
};

use super::default_plot::of_dataset;
use super::{choice, nxdata, walk};
use crate::path;

/// Groups that are opened at most while seeking one to plot.
const GROUP_LIMIT: usize = 64;
/// Children are looked at in batches of so many.
const BATCH: usize = 64;
/// Children in other files that are looked at.
const EXTERNAL_LIMIT: usize = 8;
/// Steps that are told at most.
const TOLD: usize = 64;
/// Classes that may hold something to plot, most likely first.
const CLASSES: [&str; 8] = [
    "NXentry",
    "NXsubentry",
    "NXprocess",
    "NXdetector",
    "NXcollection",
    "NXinstrument",
    "NXmonitor",
    "NXsample",
];

/// What a search under a group has met so far.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// The steps, in order.
    pub(super) tried: Vec<Remark>,
    /// What was odd on the way.
    pub(super) problems: Vec<Remark>,
    /// Groups by what [`identity`] says of them.
    visited: HashSet<String>,
    opened: usize,
    is_circle_told: bool,
    /// Whether there are data that the file means to show and that cannot be read at present.
    pub(super) is_absent: bool,
    /// Groups whose signal is not where they say.
    broken: Vec<Node>,
}

/// Where a chain of defaults ended.
enum End {
    Signal(Box<Signal>),
    /// At a group that is not NXdata and names no default itself.
    Group(String),
    Nowhere,
}

impl Search {
    /// The first signal below a group: by the defaults of each group, then in its
    /// NXdata groups, then in groups of likely classes, level by level. A group
    /// whose signal is absent counts only where there is no other.
    ///
    /// # Errors
    /// Only when the work was cancelled.
    pub(super) async fn groups(
        &mut self,
        container: &dyn Container,
        start: Node,
        cancel: &Cancel,
    ) -> Result<Option<Signal>> {
        let found = self.by_rules(container, start, cancel).await?;
        if found.is_some() {
            return Ok(found);
        }
        for group in std::mem::take(&mut self.broken) {
            cancel.check()?;
            if let Ok(signal) = nxdata::from_group(container, &group, cancel).await
                && signal.data.info().unreadable.is_none()
            {
                self.tell(&group.path, "another of its fields is shown");
                return Ok(Some(signal));
            }
        }
        Ok(None)
    }

    async fn by_rules(
        &mut self,
        container: &dyn Container,
        start: Node,
        cancel: &Cancel,
    ) -> Result<Option<Signal>> {
        let mut queue = VecDeque::from([start]);
        while let Some(group) = queue.pop_front() {
            cancel.check()?;
            self.opened += 1;
            if self.opened > GROUP_LIMIT {
                break;
            }
            let path = group.path.clone();
            match self.follow_default(container, group, cancel).await? {
                End::Signal(signal) => return Ok(Some(*signal)),
                End::Group(end) if end != path => {
                    if let Some(signal) = self.children(container, &end, &mut queue, cancel).await?
                    {
                        return Ok(Some(signal));
                    }
                }
                End::Group(_) | End::Nowhere => {}
            }
            if let Some(signal) = self.children(container, &path, &mut queue, cancel).await? {
                return Ok(Some(signal));
            }
        }
        Ok(None)
    }

    /// Follows the attribute `default` from group to group.
    async fn follow_default(
        &mut self,
        container: &dyn Container,
        start: Node,
        cancel: &Cancel,
    ) -> Result<End> {
        let mut here = start;
        let mut trail: Vec<String> = Vec::new();
        let mut seen = HashSet::new();
        loop {
            cancel.check()?;
            if !seen.insert(identity(container, &here.path, cancel).await) {
                // Each group of the circle leads into it again.
                if !std::mem::replace(&mut self.is_circle_told, true) {
                    let what = format!("the defaults go round in a circle at \"{}\"", here.path);
                    self.problems.push(Remark::new(&here.path, what));
                }
                return Ok(End::Nowhere);
            }
            let by_default = match trail.as_slice() {
                [] => String::new(),
                groups => format!(", by default of {}", groups.join(", then ")),
            };
            if let NodeKind::Dataset(_) = here.kind {
                // Only files of groups can do better: an image is all that its file holds.
                if !trail.is_empty() && container.format().starts_with("HDF5") {
                    let what = "a default should lead to a group; it leads to this dataset";
                    self.problems.push(Remark::new(&here.path, what));
                }
                let mut signal = of_dataset(container, &here, cancel).await?;
                signal.rule = format!("the dataset \"{}\"{by_default}", here.path);
                return Ok(End::Signal(Box::new(signal)));
            }
            if choice::is_plottable(&here) {
                let signal = self.try_group(container, &here, cancel).await?;
                return Ok(signal.map_or(End::Nowhere, |mut signal| {
                    signal.rule.push_str(&by_default);
                    End::Signal(Box::new(signal))
                }));
            }
            let Some(default) = here.attribute("default").and_then(Value::as_text) else {
                return Ok(End::Group(here.path));
            };
            self.tell(&here.path, format!("default names \"{default}\""));
            trail.push(format!("\"{}\"", here.path));
            let Some(next) = self.step(container, &here, default, cancel).await else {
                return Ok(End::Nowhere);
            };
            here = next;
        }
    }

    /// One step along a default: relative to its group as the standard says,
    /// absolute, or, as some write it, absolute without the slash.
    async fn step(
        &mut self,
        container: &dyn Container,
        here: &Node,
        default: &str,
        cancel: &Cancel,
    ) -> Option<Node> {
        let target = path::resolve(&here.path, default);
        let error = match walk::node(container, &target, cancel).await {
            Ok(node) => return Some(node),
            Err(error) => error,
        };
        let from_root = path::resolve("/", default);
        if from_root != target
            && let Some(node) = walk::optional_node(container, &from_root, cancel).await
        {
            let what = format!("the default \"{default}\" is counted from the root of the file");
            self.problems.push(Remark::new(&here.path, what));
            return Some(node);
        }
        let what = format!(
            "the default \"{default}\" of \"{}\" leads nowhere: {}",
            here.path, error.why
        );
        self.problems.push(Remark::new(&here.path, what));
        None
    }

    async fn try_group(
        &mut self,
        container: &dyn Container,
        group: &Node,
        cancel: &Cancel,
    ) -> Result<Option<Signal>> {
        let group_is = identity(container, &group.path, cancel).await;
        if !self.visited.insert(group_is) {
            return Ok(None);
        }
        match nxdata::strictly_from_group(container, group, cancel).await {
            Ok(signal) => match &signal.data.info().unreadable {
                None => {
                    self.tell(&group.path, signal.rule.clone());
                    Ok(Some(signal))
                }
                Some(why) => {
                    let path = &signal.data.origin().path;
                    let what = format!("\"{path}\" cannot be shown: {why}");
                    self.problems.push(Remark::new(path, what));
                    self.is_absent = true;
                    Ok(None)
                }
            },
            Err(error) if error.kind == ErrorKind::Cancelled => Err(error),
            Err(error) => {
                let what = format!("\"{}\" cannot be shown: {}", group.path, error.why);
                self.problems.push(Remark::new(&group.path, what));
                let children = container.children(&group.path, cancel).await;
                self.is_absent |= children.is_ok_and(|children| {
                    let mut links = children.iter().map(|child| &child.link);
                    links.any(|link| matches!(link, Link::External { .. }))
                });
                self.broken.push(group.clone());
                Ok(None)
            }
        }
    }

    /// The first NXdata among the children of a group; likely groups join the queue.
    async fn children(
        &mut self,
        container: &dyn Container,
        group: &str,
        queue: &mut VecDeque<Node>,
        cancel: &Cancel,
    ) -> Result<Option<Signal>> {
        // A group that cannot be listed hides only itself.
        let Ok(children) = container.children(group, cancel).await else {
            return Ok(None);
        };
        self.tell(group, "its NXdata groups are looked at");
        let names = walk::near(&children, group, EXTERNAL_LIMIT);
        let mut likely: Vec<(usize, Node)> = Vec::new();
        for batch in names.chunks(BATCH) {
            cancel.check()?;
            let named = walk::named_nodes(container, group, batch.to_vec(), cancel).await;
            for node in named.into_iter().filter_map(|named| named.node.ok()) {
                if choice::is_plottable(&node) {
                    if let Some(signal) = self.try_group(container, &node, cancel).await? {
                        return Ok(Some(signal));
                    }
                } else if let Some(rank) = rank_of(&node)
                    && self
                        .visited
                        .insert(identity(container, &node.path, cancel).await)
                {
                    likely.push((rank, node));
                }
            }
            // A file of thousands of entries is opened at its first ones.
            if likely.iter().any(|(rank, _)| *rank == 0) {
                break;
            }
        }
        likely.sort_by_key(|(rank, _)| *rank);
        queue.extend(likely.into_iter().map(|(_, node)| node));
        Ok(None)
    }

    fn tell(&mut self, path: &str, text: impl Into<String>) {
        if self.tried.len() < TOLD {
            self.tried.push(Remark::new(path, text));
        }
    }
}

/// What tells a group from others, by whatever path one comes to it.
async fn identity(container: &dyn Container, path: &str, cancel: &Cancel) -> String {
    let found = container.identity(path, cancel).await;
    found.unwrap_or_else(|| path.to_owned())
}

fn rank_of(node: &Node) -> Option<usize> {
    if !matches!(node.kind, NodeKind::Group) {
        return None;
    }
    let class = node.nx_class()?;
    CLASSES.iter().position(|known| *known == class)
}
