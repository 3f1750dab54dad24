//! An NXdata group as a signal: data, errors, mask, weights, scaling, title.

use hutch_model::{
    Cancel, Container, DatasetInfo, Error, ErrorKind, Interpretation, Node, NodeKind, Result,
    Scaling, Signal, Value,
};

use super::walk::{self, Named};
use super::{axes, detector, ranking};
use crate::path;

/// Children in other files that are looked at when a group does not name its signal.
const EXTERNAL_LIMIT: usize = 4;

/// What names the signal of a group, and by which rule.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) name: String,
    pub(crate) rule: String,
}

/// Whether a group presents itself as one to plot.
pub(crate) fn is_plottable(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Group)
        && (node.nx_class() == Some("NXdata") || signal_attribute(node).is_some())
}

fn signal_attribute(node: &Node) -> Option<&str> {
    node.attribute("signal")
        .and_then(Value::as_text)
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

/// The signal of a group, found by the rules of NXdata, newest first.
pub(crate) async fn from_group(
    container: &dyn Container,
    group: &Node,
    cancel: &Cancel,
) -> Result<Signal> {
    let chosen = choose(container, group, cancel).await?;
    with_signal(container, group, &chosen, cancel).await
}

/// Which child is the signal.
pub(crate) async fn choose(
    container: &dyn Container,
    group: &Node,
    cancel: &Cancel,
) -> Result<Chosen> {
    if let Some(name) = signal_attribute(group) {
        return Ok(Chosen {
            name: name.to_owned(),
            rule: format!(
                "NeXus v3: attribute signal of \"{}\" names \"{name}\"",
                group.path
            ),
        });
    }
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
    Chosen {
        name: child.name.clone(),
        rule: format!(
            "\"{}\" does not say which of its fields is the signal; \"{}\" looks like it",
            group.path, child.name
        ),
    }
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
    Some(Chosen {
        name: child.name.clone(),
        rule: format!(
            "NeXus v2: \"{}\" in \"{}\" carries the attribute signal",
            child.name, group.path
        ),
    })
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

/// The signal of a group when the field is known.
pub(crate) async fn with_signal(
    container: &dyn Container,
    group: &Node,
    chosen: &Chosen,
    cancel: &Cancel,
) -> Result<Signal> {
    let signal_path = path::join(&group.path, &chosen.name);
    let node = walk::node(container, &signal_path, cancel).await?;
    let NodeKind::Dataset(info) = &node.kind else {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("find the signal of \"{}\"", group.path),
            format!("\"{signal_path}\" is not a dataset"),
        ));
    };
    let mut signal = bare(container, &node, &chosen.rule, cancel).await?;
    signal.group.clone_from(&group.path);
    if signal.interpretation.is_none() {
        signal.interpretation = interpretation(group, info);
    }
    let companions = Companions::find(container, group, &node, info, cancel).await;
    signal.errors = companions.dataset(container, "errors", cancel).await;
    signal.mask = companions.dataset(container, "mask", cancel).await;
    signal.weights = companions.dataset(container, "weights", cancel).await;
    let detector = detector::of_signal(container, &node, info, cancel).await;
    signal.mask = signal.mask.or(detector.mask);
    signal.saturation = detector.saturation;
    if let Some(offset) = companions.number(container, "offset", cancel).await {
        signal.scaling.offset = offset;
    }
    if let Some(factor) = companions.number(container, "factor", cancel).await {
        signal.scaling.factor = factor;
    }
    let plan = axes::plan(group, &node, info, signal.interpretation);
    let (found, notes) = axes::resolve(container, group, &plan, info, cancel).await;
    signal.axes = found;
    for note in notes {
        signal.rule.push_str("; ");
        signal.rule.push_str(&note);
    }
    if let Some(title) = title(container, group, cancel).await {
        signal.title = title;
    }
    Ok(signal)
}

/// A dataset alone, with what its own attributes say.
pub(crate) async fn bare(
    container: &dyn Container,
    node: &Node,
    rule: &str,
    cancel: &Cancel,
) -> Result<Signal> {
    let dataset = container.dataset(&node.path, cancel).await?;
    let mut signal = Signal::bare(dataset, rule);
    path::name(&node.path).clone_into(&mut signal.label);
    signal.title.clone_from(&node.path);
    if let Some(label) = node.attribute("long_name").and_then(Value::as_text) {
        label.clone_into(&mut signal.label);
    }
    signal.unit = unit_of(node);
    if let NodeKind::Dataset(info) = &node.kind {
        signal.interpretation = interpretation(node, info);
    }
    signal.scaling = Scaling::IDENTITY;
    Ok(signal)
}

/// The unit that a node gives; empty where it gives none.
pub(crate) fn unit_of(node: &Node) -> String {
    node.attribute("units")
        .or_else(|| node.attribute("unit"))
        .and_then(Value::as_text)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn interpretation(node: &Node, info: &DatasetInfo) -> Option<Interpretation> {
    let has_colours = matches!(info.shape.as_slice(), [_, .., 3 | 4]);
    if node.attribute("CLASS").and_then(Value::as_text) == Some("IMAGE") {
        return Some(if has_colours && info.shape.len() > 2 {
            Interpretation::RgbImage
        } else {
            Interpretation::Image
        });
    }
    match node
        .attribute("interpretation")
        .and_then(Value::as_text)?
        .trim()
    {
        "scalar" | "scaler" => Some(Interpretation::Scalar),
        "spectrum" => Some(Interpretation::Spectrum),
        "image" => Some(Interpretation::Image),
        "rgb-image" | "rgba-image" if has_colours => Some(Interpretation::RgbImage),
        _ => None,
    }
}

/// Fields beside the signal that belong to it by their names.
#[derive(Debug, Default)]
struct Companions {
    found: Vec<(&'static str, String)>,
}

impl Companions {
    async fn find(
        container: &dyn Container,
        group: &Node,
        signal: &Node,
        info: &DatasetInfo,
        cancel: &Cancel,
    ) -> Self {
        let name = path::name(&signal.path);
        let mut wanted: Vec<(&'static str, String)> = Vec::new();
        for node in [signal, group] {
            if let Some(errors) = node.attribute("uncertainties").and_then(Value::as_text) {
                wanted.push(("errors", errors.to_owned()));
            }
        }
        // The newest name comes first; the others are deprecated.
        for (role, suffixes) in [
            ("errors", &["_errors", "_error"][..]),
            ("mask", &["_mask"]),
            ("weights", &["_weights"]),
            ("offset", &["_offset"]),
            ("factor", &["_scaling_factor"]),
        ] {
            wanted.extend(
                suffixes
                    .iter()
                    .map(|suffix| (role, format!("{name}{suffix}"))),
            );
        }
        wanted.push(("errors", "errors".to_owned()));
        wanted.push(("offset", "offset".to_owned()));
        wanted.push(("factor", "scaling_factor".to_owned()));
        let Ok(children) = container.children(&group.path, cancel).await else {
            return Self::default();
        };
        wanted.retain(|(_, wanted)| children.iter().any(|child| child.name == *wanted));
        let names = wanted.iter().map(|(_, name)| name.clone()).collect();
        let nodes = walk::named_nodes(container, &group.path, names, cancel).await;
        let mut found: Vec<(&'static str, String)> = Vec::new();
        for ((role, _), named) in wanted.into_iter().zip(nodes) {
            let Some(NodeKind::Dataset(companion)) = named.found().map(|node| &node.kind) else {
                continue;
            };
            let fits = match role {
                "offset" | "factor" => companion.shape.iter().product::<u64>() == 1,
                "mask" => info.shape.ends_with(&companion.shape) && !companion.shape.is_empty(),
                _ => companion.shape == info.shape,
            };
            if fits && companion.element.is_numeric() && !found.iter().any(|(had, _)| *had == role)
            {
                found.push((role, named.path));
            }
        }
        Self { found }
    }

    fn path(&self, role: &str) -> Option<&str> {
        self.found
            .iter()
            .find(|(found, _)| *found == role)
            .map(|(_, path)| path.as_str())
    }

    async fn dataset(
        &self,
        container: &dyn Container,
        role: &str,
        cancel: &Cancel,
    ) -> Option<std::sync::Arc<dyn hutch_model::Dataset>> {
        container.dataset(self.path(role)?, cancel).await.ok()
    }

    async fn number(&self, container: &dyn Container, role: &str, cancel: &Cancel) -> Option<f64> {
        walk::number(container, self.path(role)?, cancel)
            .await
            .ok()
            .flatten()
    }
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
