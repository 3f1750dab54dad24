//! Finding the data that a file means to show.
//!
//! Source: NeXus manual, data rules, "Find the plottable data", versions 3, 2, 1.

use hutch_model::{Cancel, Container, Error, ErrorKind, Node, NodeKind, Remark, Result, Signal};

use super::choice::{self, Chosen};
use super::search::Search;
use super::{detector, nxdata, ranking, walk};
use crate::path;

/// What a file means to show, or why it shows nothing.
#[derive(Debug)]
pub struct DefaultPlot {
    /// The signal, where there is one.
    pub signal: Option<Signal>,
    /// The rule that chose it, or why there is none.
    pub why: String,
    /// What was odd on the way: a default that leads nowhere, data that are absent.
    pub remarks: Vec<String>,
    /// What led to it, step by step.
    pub tried: Vec<Remark>,
    /// What is wrong: on the way, and with the signal itself.
    pub problems: Vec<Remark>,
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

/// The signal that a dataset is, with the axes of its group.
///
/// # Errors
/// Those of opening it.
pub(super) async fn of_dataset(
    container: &dyn Container,
    node: &Node,
    cancel: &Cancel,
) -> Result<Signal> {
    let parent = path::parent(&node.path);
    let rule = format!("\"{}\" was asked for", node.path);
    if let Some(group) = walk::optional_node(container, &parent, cancel).await
        && belongs(container, &group, node, cancel).await
    {
        let chosen = Chosen::new(node.path.clone(), rule);
        return nxdata::with_signal(container, &group, chosen, cancel).await;
    }
    let mut signal = nxdata::bare(container, node, &rule, cancel).await?;
    if let NodeKind::Dataset(info) = &node.kind {
        let detector = detector::of_signal(container, node, info, cancel).await;
        detector.describe(&mut signal);
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
    if !choice::is_plottable(group) {
        return false;
    }
    let auxiliary = group.attribute("auxiliary_signals").map(walk::texts);
    if auxiliary.is_some_and(|names| names.iter().any(|auxiliary| auxiliary == name)) {
        return true;
    }
    let Ok(chosen) = choice::choose(container, group, cancel).await else {
        return false;
    };
    if chosen.path == node.path {
        return true;
    }
    let signal = walk::optional_node(container, &chosen.path, cancel).await;
    match (signal.map(|signal| signal.kind), &node.kind) {
        (Some(NodeKind::Dataset(signal)), NodeKind::Dataset(own)) => {
            own.shape.len() > 1 && signal.shape == own.shape
        }
        _ => false,
    }
}

async fn plot_under(
    container: &dyn Container,
    start: &str,
    cancel: &Cancel,
) -> Result<DefaultPlot> {
    let mut search = Search::default();
    let root = walk::node(container, start, cancel).await?;
    let mut found = search.groups(container, root, cancel).await?;
    if found.is_none() {
        // A list in place of images that are absent, as the angles of a scan, would only mislead.
        let allow_lists = !search.is_absent;
        let (guess, unreadable) = ranking::guess(container, start, allow_lists, cancel).await?;
        if guess.is_none() {
            search.problems.extend(unreadable);
        }
        if let Some(guess) = guess {
            search
                .tried
                .push(Remark::new(&guess.path, guess.rule.clone()));
            let node = walk::node(container, &guess.path, cancel).await?;
            let mut signal = of_dataset(container, &node, cancel).await?;
            signal.rule = match search.problems.first() {
                Some(problem) => format!("{}; shown instead: {}", problem.text, guess.rule),
                None => guess.rule,
            };
            found = Some(signal);
        }
    }
    if found.is_none() && search.problems.is_empty() {
        // A file that was cut off is not an empty one.
        let children = walk::children_of(container, start, 0, cancel).await?;
        let damaged = children.into_iter().filter_map(|child| child.node.err());
        let is_damage = |error: &Error| error.kind == ErrorKind::Unreadable;
        if let Some(error) = damaged.into_iter().find(is_damage) {
            return Err(error);
        }
    }
    let remarks: Vec<String> = search
        .problems
        .iter()
        .map(|problem| problem.text.clone())
        .collect();
    let why = match &found {
        Some(signal) => signal.rule.clone(),
        None if remarks.is_empty() => {
            "it holds no NXdata group and no dataset of numbers".to_owned()
        }
        None => remarks.join("; "),
    };
    let mut plot = DefaultPlot {
        signal: found,
        why,
        remarks,
        tried: search.tried,
        problems: search.problems,
    };
    if let Some(signal) = &mut plot.signal {
        plot.problems.append(&mut signal.problems);
        signal.problems.clone_from(&plot.problems);
        signal.tried.clone_from(&plot.tried);
    }
    Ok(plot)
}
