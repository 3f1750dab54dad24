//! Finding the data that a file means to show.
//!
//! Source: NeXus manual, data rules, "Find the plottable data", versions 3, 2, 1.

use std::collections::{HashSet, VecDeque};

use hutch_model::{Cancel, Container, Error, ErrorKind, Node, NodeKind, Result, Signal, Value};

use super::detector;
use super::nxdata::{self, Chosen};
use super::{ranking, walk};
use crate::path;

/// Groups that are opened at most while seeking one to plot.
const GROUP_LIMIT: usize = 64;
/// Children are looked at in batches of so many.
const BATCH: usize = 64;
/// Children in other files that are looked at.
const EXTERNAL_LIMIT: usize = 8;
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

/// What a file means to show, or why it shows nothing.
#[derive(Debug)]
pub struct DefaultPlot {
    /// The signal, where there is one.
    pub signal: Option<Signal>,
    /// The rule that chose it, or why there is none.
    pub why: String,
    /// What was odd on the way: a default that leads nowhere, data that are absent.
    pub remarks: Vec<String>,
}

/// The data that a file means to show.
///
/// The attribute `default` is followed from the root (NeXus v3), then the first
/// NXdata that can be read (v3, v2, v1), then the dataset that looks most like data.
///
/// # Errors
/// Only when the root cannot be read, or the work was cancelled; everything
/// else is in the remarks.
pub async fn default_plot(container: &dyn Container, cancel: &Cancel) -> Result<DefaultPlot> {
    plot_under(container, "/", cancel).await
}

/// The signal of [`default_plot`].
///
/// # Errors
/// Those of [`default_plot`].
pub async fn default_signal(container: &dyn Container, cancel: &Cancel) -> Result<Option<Signal>> {
    Ok(default_plot(container, cancel).await?.signal)
}

/// The signal at a path: that of an NXdata group, the default of another group,
/// or a dataset with the axes that its group gives it.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is nothing to show, and why.
pub async fn signal_at(container: &dyn Container, path: &str, cancel: &Cancel) -> Result<Signal> {
    let node = walk::node(container, &path::normal(path), cancel).await?;
    match &node.kind {
        NodeKind::Dataset(_) => of_dataset(container, &node, cancel).await,
        NodeKind::Group => {
            let plot = plot_under(container, &node.path, cancel).await?;
            plot.signal.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, format!("show \"{path}\""), plot.why)
            })
        }
        NodeKind::NamedType => Err(Error::new(
            ErrorKind::Usage,
            format!("show \"{path}\""),
            "it is a type without data",
        )),
    }
}

async fn of_dataset(container: &dyn Container, node: &Node, cancel: &Cancel) -> Result<Signal> {
    let parent = path::parent(&node.path);
    let rule = format!("\"{}\" was asked for", node.path);
    if let Some(group) = walk::optional_node(container, &parent, cancel).await
        && belongs(container, &group, node, cancel).await
    {
        let chosen = Chosen {
            name: path::name(&node.path).to_owned(),
            rule,
        };
        return nxdata::with_signal(container, &group, &chosen, cancel).await;
    }
    let mut signal = nxdata::bare(container, node, &rule, cancel).await?;
    if let NodeKind::Dataset(info) = &node.kind {
        let detector = detector::of_signal(container, node, info, cancel).await;
        signal.mask = detector.mask;
        signal.saturation = detector.saturation;
    }
    Ok(signal)
}

/// Whether a group gives a dataset its axes: it is the signal, an auxiliary
/// one, of the same shape as the signal, or names axes by itself.
async fn belongs(container: &dyn Container, group: &Node, node: &Node, cancel: &Cancel) -> bool {
    let name = path::name(&node.path);
    if node.attribute("axes").is_some() {
        return true;
    }
    if !nxdata::is_plottable(group) {
        return false;
    }
    let auxiliary = group.attribute("auxiliary_signals").map(walk::texts);
    if auxiliary.is_some_and(|names| names.iter().any(|auxiliary| auxiliary == name)) {
        return true;
    }
    let Ok(chosen) = nxdata::choose(container, group, cancel).await else {
        return false;
    };
    if chosen.name == name {
        return true;
    }
    let signal = path::join(&group.path, &chosen.name);
    let signal = walk::optional_node(container, &signal, cancel).await;
    match (signal.map(|signal| signal.kind), &node.kind) {
        (Some(NodeKind::Dataset(signal)), NodeKind::Dataset(own)) => {
            own.shape.len() > 1 && signal.shape == own.shape
        }
        _ => false,
    }
}

/// What a search under a group has met so far.
#[derive(Debug, Default)]
struct Search {
    visited: HashSet<String>,
    remarks: Vec<String>,
    opened: usize,
}

/// Where a chain of defaults ended.
enum End {
    Signal(Box<Signal>),
    /// At a group that is not NXdata and names no default itself.
    Group(String),
    Nowhere,
}

async fn plot_under(
    container: &dyn Container,
    start: &str,
    cancel: &Cancel,
) -> Result<DefaultPlot> {
    let mut search = Search::default();
    let root = walk::node(container, start, cancel).await?;
    let mut found = search_groups(container, root, &mut search, cancel).await?;
    if found.is_none() {
        let allow_lists = search.remarks.is_empty();
        if let Some(guess) = ranking::guess(container, start, allow_lists, cancel).await? {
            let node = walk::node(container, &guess.path, cancel).await?;
            let mut signal = of_dataset(container, &node, cancel).await?;
            signal.rule = match search.remarks.first() {
                Some(remark) => format!("{remark}; shown instead: {}", guess.rule),
                None => guess.rule,
            };
            found = Some(signal);
        }
    }
    let why = match &found {
        Some(signal) => signal.rule.clone(),
        None if search.remarks.is_empty() => {
            "it holds no NXdata group and no dataset of numbers".to_owned()
        }
        None => search.remarks.join("; "),
    };
    Ok(DefaultPlot {
        signal: found,
        why,
        remarks: search.remarks,
    })
}

/// The first signal below a group: by the defaults of each group, then in its
/// NXdata groups, then in groups of likely classes, level by level.
async fn search_groups(
    container: &dyn Container,
    start: Node,
    search: &mut Search,
    cancel: &Cancel,
) -> Result<Option<Signal>> {
    let mut queue = VecDeque::from([start]);
    while let Some(group) = queue.pop_front() {
        cancel.check()?;
        search.opened += 1;
        if search.opened > GROUP_LIMIT {
            break;
        }
        let path = group.path.clone();
        match follow_default(container, group, search, cancel).await? {
            End::Signal(signal) => return Ok(Some(*signal)),
            End::Group(end) if end != path => {
                if let Some(signal) =
                    search_children(container, &end, search, &mut queue, cancel).await?
                {
                    return Ok(Some(signal));
                }
            }
            End::Group(_) | End::Nowhere => {}
        }
        if let Some(signal) = search_children(container, &path, search, &mut queue, cancel).await? {
            return Ok(Some(signal));
        }
    }
    Ok(None)
}

/// Follows the attribute `default` from group to group.
async fn follow_default(
    container: &dyn Container,
    start: Node,
    search: &mut Search,
    cancel: &Cancel,
) -> Result<End> {
    let mut here = start;
    let mut trail: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    loop {
        cancel.check()?;
        if !seen.insert(here.path.clone()) {
            search.remarks.push(format!(
                "the defaults go round in a circle at \"{}\"",
                here.path
            ));
            return Ok(End::Nowhere);
        }
        let by_default = match trail.as_slice() {
            [] => String::new(),
            groups => format!(", by default of {}", groups.join(", then ")),
        };
        if let NodeKind::Dataset(_) = here.kind {
            let mut signal = of_dataset(container, &here, cancel).await?;
            signal.rule = format!("the dataset \"{}\"{by_default}", here.path);
            return Ok(End::Signal(Box::new(signal)));
        }
        if nxdata::is_plottable(&here) {
            let signal = try_group(container, &here, search, cancel).await?;
            return Ok(signal.map_or(End::Nowhere, |mut signal| {
                signal.rule.push_str(&by_default);
                End::Signal(Box::new(signal))
            }));
        }
        let Some(default) = here.attribute("default").and_then(Value::as_text) else {
            return Ok(End::Group(here.path));
        };
        let target = path::join(&here.path, default.trim());
        trail.push(format!("\"{}\"", here.path));
        match walk::node(container, &target, cancel).await {
            Ok(next) => here = next,
            Err(error) => {
                search.remarks.push(format!(
                    "the default \"{default}\" of \"{}\" leads nowhere: {}",
                    here.path, error.why
                ));
                return Ok(End::Nowhere);
            }
        }
    }
}

async fn try_group(
    container: &dyn Container,
    group: &Node,
    search: &mut Search,
    cancel: &Cancel,
) -> Result<Option<Signal>> {
    if !search.visited.insert(group.path.clone()) {
        return Ok(None);
    }
    match nxdata::from_group(container, group, cancel).await {
        Ok(signal) => match &signal.data.info().unreadable {
            None => Ok(Some(signal)),
            Some(why) => {
                let path = &signal.data.origin().path;
                let remark = format!("\"{path}\" cannot be shown: {why}");
                search.remarks.push(remark);
                Ok(None)
            }
        },
        Err(error) if error.kind == ErrorKind::Cancelled => Err(error),
        Err(error) => {
            search
                .remarks
                .push(format!("\"{}\" cannot be shown: {}", group.path, error.why));
            Ok(None)
        }
    }
}

/// The first NXdata among the children of a group; likely groups join the queue.
async fn search_children(
    container: &dyn Container,
    group: &str,
    search: &mut Search,
    queue: &mut VecDeque<Node>,
    cancel: &Cancel,
) -> Result<Option<Signal>> {
    // A group that cannot be listed hides only itself.
    let Ok(children) = container.children(group, cancel).await else {
        return Ok(None);
    };
    let names = walk::near(&children, group, EXTERNAL_LIMIT);
    let mut likely: Vec<(usize, Node)> = Vec::new();
    for batch in names.chunks(BATCH) {
        cancel.check()?;
        let named = walk::named_nodes(container, group, batch.to_vec(), cancel).await;
        for node in named.into_iter().filter_map(|named| named.node.ok()) {
            if nxdata::is_plottable(&node) {
                if let Some(signal) = try_group(container, &node, search, cancel).await? {
                    return Ok(Some(signal));
                }
            } else if let Some(rank) = rank_of(&node)
                && search.visited.insert(node.path.clone())
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

fn rank_of(node: &Node) -> Option<usize> {
    if !matches!(node.kind, NodeKind::Group) {
        return None;
    }
    let class = node.nx_class()?;
    CLASSES.iter().position(|known| *known == class)
}
