//! Small questions to a container, asked in batches.

use std::sync::Arc;

use hutch_model::{
    Cancel, Child, Container, Error, ErrorKind, Link, Node, NodeKind, Result, Samples, Slab, Value,
    read_slab,
};

use crate::path;

/// Values that are read whole (angles, keys, titles) hold at most so many.
const SMALL_COUNT: u64 = 1 << 22;

/// A root with more links into other files than this is a list of them, as the
/// collections of BLISS are; none is opened unasked.
const COLLECTION_COUNT: usize = 64;

/// Children of one group that are looked at unasked.
const CHILD_LIMIT: usize = 4096;

/// A child of a group with what it turned out to be.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) node: Result<Node>,
}

impl Named {
    /// What it is, where it can be read.
    pub(crate) fn found(&self) -> Option<&Node> {
        self.node.as_ref().ok()
    }

    /// Whether it is a dataset.
    pub(crate) fn is_dataset(&self) -> bool {
        self.found()
            .is_some_and(|node| matches!(node.kind, NodeKind::Dataset(_)))
    }
}

/// One node.
pub(crate) async fn node(container: &dyn Container, path: &str, cancel: &Cancel) -> Result<Node> {
    container
        .nodes(&[path.to_owned()], cancel)
        .await
        .pop()
        .unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::Internal,
                format!("open \"{path}\""),
                "the container gave no answer",
            ))
        })
}

/// One node, or nothing where there is none.
pub(crate) async fn optional_node(
    container: &dyn Container,
    path: &str,
    cancel: &Cancel,
) -> Option<Node> {
    node(container, path, cancel).await.ok()
}

/// The children of a group as nodes, in one round trip or few. Children in
/// other files are left out when there are more than `external_limit` of them,
/// since each may cost opening a file.
pub(crate) async fn children_of(
    container: &dyn Container,
    group: &str,
    external_limit: usize,
    cancel: &Cancel,
) -> Result<Vec<Named>> {
    let children = container.children(group, cancel).await?;
    let names = near(&children, group, external_limit);
    Ok(named_nodes(container, group, names, cancel).await)
}

/// The names of the first children of this file, then of up to `external_limit`
/// in other files; none of those where the file only collects others.
pub(crate) fn near(children: &Arc<[Child]>, group: &str, external_limit: usize) -> Vec<String> {
    let is_external = |child: &&Child| matches!(child.link, Link::External { .. });
    let is_collection =
        group == "/" && children.iter().filter(is_external).count() > COLLECTION_COUNT;
    let external_limit = if is_collection { 0 } else { external_limit };
    let here = children.iter().filter(|child| !is_external(child));
    let elsewhere = children.iter().filter(is_external).take(external_limit);
    here.chain(elsewhere)
        .take(CHILD_LIMIT)
        .map(|child| child.name.clone())
        .collect()
}

/// Nodes by name in a group.
pub(crate) async fn named_nodes(
    container: &dyn Container,
    group: &str,
    names: Vec<String>,
    cancel: &Cancel,
) -> Vec<Named> {
    let paths: Vec<String> = names.iter().map(|name| path::join(group, name)).collect();
    let nodes = container.nodes(&paths, cancel).await;
    names
        .into_iter()
        .zip(paths)
        .zip(nodes)
        .map(|((name, path), node)| Named { name, path, node })
        .collect()
}

/// Whether a node is a group of a NeXus class.
pub(crate) fn is_class(node: &Node, class: &str) -> bool {
    matches!(node.kind, NodeKind::Group) && node.nx_class() == Some(class)
}

/// All samples of a small dataset.
pub(crate) async fn small(
    container: &dyn Container,
    path: &str,
    cancel: &Cancel,
) -> Result<Samples> {
    let dataset = container.dataset(path, cancel).await?;
    let slab = Slab::whole(&dataset.info().shape);
    if slab.element_count()? > SMALL_COUNT {
        return Err(Error::new(
            ErrorKind::Limit,
            format!("read \"{}\"", dataset.origin()),
            format!("{:?} is more than a list of values", dataset.info().shape),
        ));
    }
    Ok(read_slab(&*dataset, &slab, cancel).await?.samples)
}

/// All numbers of a small dataset.
pub(crate) async fn numbers(
    container: &dyn Container,
    path: &str,
    cancel: &Cancel,
) -> Result<Vec<f64>> {
    match small(container, path, cancel).await? {
        Samples::Text(_) | Samples::Values(_) => Err(Error::new(
            ErrorKind::Shape,
            format!("read \"{path}\""),
            "it holds text, not numbers",
        )),
        samples => Ok(samples.to_f64()),
    }
}

/// The one number of a dataset; `None` where it is not one finite number.
pub(crate) async fn number(
    container: &dyn Container,
    path: &str,
    cancel: &Cancel,
) -> Result<Option<f64>> {
    let samples = small(container, path, cancel).await?;
    let value = samples.get_f64(0);
    Ok((samples.len() == 1 && value.is_finite()).then_some(value))
}

/// The one text of a dataset; `None` where there is no such dataset or text.
pub(crate) async fn one_text(
    container: &dyn Container,
    path: &str,
    cancel: &Cancel,
) -> Option<String> {
    match small(container, path, cancel).await.ok()? {
        Samples::Text(texts) if texts.len() == 1 => {
            texts.into_iter().next().map(|text| text.trim().to_owned())
        }
        _ => None,
    }
}

/// The texts of an attribute that is one text or a list of them.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    value
        .items()
        .iter()
        .filter_map(Value::as_text)
        .map(|text| text.trim().to_owned())
        .collect()
}

/// The numbers of an attribute; writers store them as numbers and as text.
pub(crate) fn indices(value: &Value) -> Option<Vec<usize>> {
    value
        .items()
        .iter()
        .map(|item| match item {
            Value::Text(text) => text.trim().parse().ok(),
            other => other
                .as_integer()
                .and_then(|index| usize::try_from(index).ok()),
        })
        .collect()
}

/// Whether an attribute says 1, as a number or as text.
pub(crate) fn is_one(value: &Value) -> bool {
    value.as_integer().map_or_else(
        || value.as_text().map(str::trim) == Some("1"),
        |one| one == 1,
    )
}
