//! An NXdata group as a signal: data, errors, mask, weights, scaling, title.

use hutch_model::{
    Cancel, Container, Error, ErrorKind, Node, NodeKind, Remark, Result, Signal, Value,
};

use super::choice::{self, Chosen};
use super::hints::{self, label_of, unit_of};
use super::{auxiliary, axes, companions, detector, walk};
use crate::path;

/// The signal of a group, found by the rules of NXdata, newest first. What the
/// attribute `signal` names may be absent: then the older rules count.
///
/// # Errors
/// [`ErrorKind::NotFound`] where no field can be its signal.
pub(crate) async fn from_group(
    container: &dyn Container,
    group: &Node,
    cancel: &Cancel,
) -> Result<Signal> {
    let chosen = choice::choose(container, group, cancel).await?;
    let error = match with_signal(container, group, chosen, cancel).await {
        Err(error) if error.kind != ErrorKind::Cancelled => error,
        answer => return answer,
    };
    // The error of the rule that should count is the one to tell.
    let Ok(mut chosen) = choice::without_attribute(container, group, cancel).await else {
        return Err(error);
    };
    let what = format!("signal leads nowhere: {}", error.why);
    chosen.problems.push(Remark::new(&group.path, what));
    let other = with_signal(container, group, chosen, cancel).await;
    other.or(Err(error))
}

/// The signal of a group by its rules alone; one whose signal is absent is an error.
///
/// # Errors
/// Those of [`from_group`].
pub(crate) async fn strictly_from_group(
    container: &dyn Container,
    group: &Node,
    cancel: &Cancel,
) -> Result<Signal> {
    let chosen = choice::choose(container, group, cancel).await?;
    with_signal(container, group, chosen, cancel).await
}

/// The signal of a group when the field is known.
///
/// # Errors
/// [`ErrorKind::NotFound`] where it is not a dataset; those of opening it.
pub(crate) async fn with_signal(
    container: &dyn Container,
    group: &Node,
    chosen: Chosen,
    cancel: &Cancel,
) -> Result<Signal> {
    let node = walk::node(container, &chosen.path, cancel).await?;
    let NodeKind::Dataset(info) = &node.kind else {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("find the signal of \"{}\"", group.path),
            format!("\"{}\" is not a dataset", chosen.path),
        ));
    };
    let mut signal = bare(container, &node, &chosen.rule, cancel).await?;
    signal.problems.extend(chosen.problems);
    signal.group.clone_from(&group.path);
    if signal.interpretation.is_none() {
        signal.interpretation = hints::interpretation(group, info);
        signal
            .problems
            .extend(hints::odd_interpretation(group, info));
    }
    let children = container.children(&group.path, cancel).await;
    let children = children.as_deref().unwrap_or_default();
    let around = (group, children);
    let own = companions::of_field(container, group, children, &node, true, cancel).await;
    signal.problems.extend(own.problems);
    signal.errors = own.errors;
    signal.weights = own.weights;
    signal.scaling = own.scaling;
    let detector = detector::of_signal(container, &node, info, cancel).await;
    signal.mask = own.mask;
    detector.describe(&mut signal);
    let (style, problem) = hints::style(group, info.shape.len());
    signal.scale = style.signal;
    signal.problems.extend(problem);
    let plan = axes::plan(group, &node, info, signal.interpretation);
    let found = axes::resolve(container, around, plan, info, &style, cancel).await;
    signal.axes = found.axes;
    signal.alternatives = found.alternatives;
    signal.scatter = found.scatter;
    signal.problems.extend(found.problems);
    let (further, problems) =
        auxiliary::of_group(container, around, &node.path, info, cancel).await;
    signal.auxiliary = further;
    signal.problems.extend(problems);
    let (slice, problems) =
        hints::default_slice(container, group, info, &signal.axes, cancel).await;
    signal.default_slice = slice;
    signal.problems.extend(problems);
    if let Some(title) = title(container, group, cancel).await {
        signal.title = title;
    }
    Ok(signal)
}

/// A dataset alone, with what its own attributes say.
///
/// # Errors
/// Those of opening it.
pub(crate) async fn bare(
    container: &dyn Container,
    node: &Node,
    rule: &str,
    cancel: &Cancel,
) -> Result<Signal> {
    let dataset = container.dataset(&node.path, cancel).await?;
    let mut signal = Signal::bare(dataset, rule);
    signal.label = label_of(node, path::name(&node.path));
    signal.title.clone_from(&node.path);
    signal.unit = unit_of(node);
    if let NodeKind::Dataset(info) = &node.kind {
        signal.interpretation = hints::interpretation(node, info);
        signal
            .problems
            .extend(hints::odd_interpretation(node, info));
        if !info.element.is_numeric() && info.unreadable.is_none() {
            let what = "it does not hold numbers and cannot be drawn";
            signal.problems.push(Remark::new(&node.path, what));
        }
        if info.shape.contains(&0) {
            let what = format!("its shape {:?} holds no value", info.shape);
            signal.problems.push(Remark::new(&node.path, what));
        }
    }
    Ok(signal)
}

/// The title of a group: its own, or that of the entry it lies in.
async fn title(container: &dyn Container, group: &Node, cancel: &Cancel) -> Option<String> {
    let mut here = group.path.clone();
    let mut paths = vec![path::join(&here, "title")];
    while here != "/" {
        here = path::parent(&here);
        paths.push(path::join(&here, "title"));
    }
    let nodes = container.nodes(&paths, cancel).await;
    let own = group.attribute("title").and_then(Value::as_text);
    for (position, (path, node)) in paths.iter().zip(nodes).enumerate() {
        if position == 1
            && let Some(own) = own
        {
            return Some(own.to_owned());
        }
        let is_text = node.is_ok_and(|node| {
            matches!(&node.kind, NodeKind::Dataset(info) if info.element == hutch_model::ElementType::Text)
        });
        if is_text
            && let Some(title) = walk::one_text(container, path, cancel).await
            && !title.is_empty()
        {
            return Some(title);
        }
    }
    own.map(str::to_owned)
}
