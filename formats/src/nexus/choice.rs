//! Which field of a group is its signal.
//!
//! Source: NeXus manual, data rules, "Find the plottable data", versions 3, 2, 1.

use hutch_model::{Cancel, Container, Error, ErrorKind, Node, NodeKind, Remark, Result, Value};

use super::ranking;
use super::walk::{self, Named};
use crate::path;

/// Children in other files that are looked at when a group does not name its signal.
const EXTERNAL_LIMIT: usize = 4;

/// What names the signal of a group, and by which rule.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// Its full path.
    pub(crate) path: String,
    pub(crate) rule: String,
    pub(crate) problems: Vec<Remark>,
}

impl Chosen {
    pub(crate) const fn new(path: String, rule: String) -> Self {
        Self {
            path,
            rule,
            problems: Vec::new(),
        }
    }
}

/// Whether a group presents itself as one to plot.
pub(crate) fn is_plottable(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Group)
        && (node.nx_class() == Some("NXdata") || signal_attribute(node).is_some())
}

fn signal_attribute(node: &Node) -> Option<&str> {
    node.attribute("signal")
        .and_then(|value| value.items().first().and_then(Value::as_text))
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

/// Which dataset is the signal of a group.
///
/// # Errors
/// [`ErrorKind::NotFound`] where nothing is, or where what is named is not there.
pub(crate) async fn choose(
    container: &dyn Container,
    group: &Node,
    cancel: &Cancel,
) -> Result<Chosen> {
    match signal_attribute(group) {
        Some(name) => Ok(by_attribute(group, name)),
        None => without_attribute(container, group, cancel).await,
    }
}

/// The rule of NeXus v3: the attribute `signal` of the group. It should name a
/// child; a path is followed all the same.
fn by_attribute(group: &Node, name: &str) -> Chosen {
    let mut chosen = Chosen::new(
        path::resolve(&group.path, name),
        format!(
            "NeXus v3: attribute signal of \"{}\" names \"{name}\"",
            group.path
        ),
    );
    if name.contains('/') {
        let what = format!("signal is the path \"{name}\", and should be the name of a child");
        chosen.problems.push(Remark::new(&group.path, what));
    }
    chosen
}

/// The older rules, then the looks of the fields.
///
/// # Errors
/// [`ErrorKind::NotFound`] where no field looks like a signal.
pub(crate) async fn without_attribute(
    container: &dyn Container,
    group: &Node,
    cancel: &Cancel,
) -> Result<Chosen> {
    // Files are not opened for links beside a dataset that is here and fits.
    let here = walk::children_of(container, &group.path, 0, cancel).await?;
    if let Some(chosen) = by_field_attribute(group, &here) {
        return Ok(chosen);
    }
    if let Some(child) = ranking::named_like_signal(&here)
        && child.is_dataset()
    {
        return Ok(by_look(group, child));
    }
    let children = walk::children_of(container, &group.path, EXTERNAL_LIMIT, cancel).await?;
    if let Some(chosen) = by_field_attribute(group, &children) {
        return Ok(chosen);
    }
    let Some(child) = ranking::likely_signal(&children) else {
        return Err(no_signal(group, &children));
    };
    if let Err(error) = &child.node {
        return Err(error.duplicate());
    }
    Ok(by_look(group, child))
}

fn by_look(group: &Node, child: &Named) -> Chosen {
    let rule = format!(
        "\"{}\" does not say which of its fields is the signal; \"{}\" looks like it",
        group.path, child.name
    );
    Chosen::new(child.path.clone(), rule)
}

/// The rule of NeXus v1 and v2: a field with the attribute `signal`, 1 for the main one.
fn by_field_attribute(group: &Node, children: &[Named]) -> Option<Chosen> {
    let attribute = |child: &Named| {
        child
            .found()
            .filter(|_| child.is_dataset())
            .and_then(|node| node.attribute("signal").cloned())
    };
    let main = children
        .iter()
        .find(|child| attribute(child).is_some_and(|value| walk::is_one(&value)));
    let any = || children.iter().find(|child| attribute(child).is_some());
    let child = main.or_else(any)?;
    // Version 1 knew no list of axes: each field says which one it is.
    let lists_axes = child
        .found()
        .is_some_and(|node| node.attribute("axes").is_some());
    let is_first_version = !lists_axes
        && group.attribute("axes").is_none()
        && children
            .iter()
            .filter_map(Named::found)
            .any(|node| node.attribute("axis").is_some());
    let version = if is_first_version { 1 } else { 2 };
    let rule = format!(
        "NeXus v{version}: \"{}\" in \"{}\" carries the attribute signal",
        child.name, group.path
    );
    Some(Chosen::new(child.path.clone(), rule))
}

fn no_signal(group: &Node, children: &[Named]) -> Error {
    let absent = children
        .iter()
        .find_map(|child| child.node.as_ref().err().map(|error| (child, error)));
    let why = match absent {
        Some((child, error)) => format!(
            "it names no signal, and \"{}\" cannot be opened: {}",
            child.name, error.why
        ),
        None => "it names no signal, and none of its fields looks like one".to_owned(),
    };
    let tried = format!("find the signal of \"{}\"", group.path);
    Error::new(ErrorKind::NotFound, tried, why)
}
