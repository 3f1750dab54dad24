//! Further signals of a group.

use hutch_model::{Auxiliary, Cancel, Child, Container, DatasetInfo, Node, NodeKind, Remark};

use super::hints::{label_of, unit_of};
use super::{companions, walk};
use crate::path;

/// Further signals that are opened at most.
const LIMIT: usize = 64;

/// The signals that `auxiliary_signals` names, or those of the same shape with
/// the attribute `signal` 2 and more where the rule of NeXus v2 chose the main one.
pub(super) async fn of_group(
    container: &dyn Container,
    (group, children): (&Node, &[Child]),
    signal: &str,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> (Vec<Auxiliary>, Vec<Remark>) {
    let mut problems = Vec::new();
    let mut found = Vec::new();
    let names = match group.attribute("auxiliary_signals") {
        Some(value) => walk::texts(value),
        None if group.attribute("signal").is_none() => {
            numbered(container, group, signal, info, cancel).await
        }
        None => Vec::new(),
    };
    let mut names: Vec<String> = names
        .into_iter()
        .filter(|name| !name.is_empty() && path::resolve(&group.path, name) != signal)
        .collect();
    names.truncate(LIMIT);
    let nodes = walk::named_nodes(container, &group.path, names, cancel).await;
    for named in nodes {
        match one(
            container,
            (group, children),
            &named,
            info,
            &mut problems,
            cancel,
        )
        .await
        {
            Ok(auxiliary) => found.push(auxiliary),
            Err(why) => {
                let what = format!("auxiliary signal \"{}\" left out: {why}", named.name);
                problems.push(Remark::new(&named.path, what));
            }
        }
    }
    (found, problems)
}

/// The names of fields with `signal` 2, 3, ... of the shape of the main signal.
async fn numbered(
    container: &dyn Container,
    group: &Node,
    signal: &str,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> Vec<String> {
    let Ok(children) = walk::children_of(container, &group.path, 0, cancel).await else {
        return Vec::new();
    };
    let mut numbered: Vec<(usize, String)> = children
        .iter()
        .filter(|child| child.path != signal)
        .filter_map(|child| {
            let node = child.found()?;
            let [number] = walk::indices(node.attribute("signal")?)?[..] else {
                return None;
            };
            let fits = matches!(&node.kind, NodeKind::Dataset(own) if own.shape == info.shape);
            (number > 1 && fits).then(|| (number, child.name.clone()))
        })
        .collect();
    numbered.sort();
    numbered.into_iter().map(|(_, name)| name).collect()
}

async fn one(
    container: &dyn Container,
    (group, children): (&Node, &[Child]),
    named: &walk::Named,
    info: &DatasetInfo,
    problems: &mut Vec<Remark>,
    cancel: &Cancel,
) -> Result<Auxiliary, String> {
    let node = named.node.as_ref().map_err(|error| error.why.clone())?;
    let NodeKind::Dataset(own) = &node.kind else {
        return Err("it is not a dataset".to_owned());
    };
    if own.shape != info.shape {
        return Err(format!(
            "its shape {:?} is not that of the signal, {:?}",
            own.shape, info.shape
        ));
    }
    if !own.element.is_numeric() {
        return Err("it does not hold numbers".to_owned());
    }
    let data = container
        .dataset(&named.path, cancel)
        .await
        .map_err(|error| error.why)?;
    let own = companions::of_field(container, group, children, node, false, cancel).await;
    problems.extend(own.problems);
    Ok(Auxiliary {
        name: named.name.clone(),
        label: label_of(node, &named.name),
        unit: unit_of(node),
        data,
        errors: own.errors,
        scaling: own.scaling,
    })
}
