//! Which axes a signal has.

use hutch_model::{
    Axis, AxisKind, Cancel, Container, DatasetInfo, Interpretation, Node, NodeKind, Value,
};

use super::nxdata::unit_of;
use super::walk::{self, Named};
use crate::path;

/// Axes of deprecated files are sought among so many fields at most.
const FIELD_LIMIT: usize = 256;

/// Which names are candidates for each dimension of the signal, best first.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    candidates: Vec<Vec<String>>,
    /// The names that the list of axes gives; the others are alternatives.
    named: Vec<String>,
    notes: Vec<String>,
    /// Nothing was named; fields with the attribute `axis` count.
    by_field: bool,
}

/// Reads the attributes of the group and the signal: `axes`, `AXISNAME_indices`.
pub(crate) fn plan(
    group: &Node,
    signal: &Node,
    info: &DatasetInfo,
    interpretation: Option<Interpretation>,
) -> Plan {
    let rank = info.shape.len();
    let mut plan = Plan {
        candidates: vec![Vec::new(); rank],
        ..Plan::default()
    };
    let from_group = group.attribute("axes").map(names);
    // NeXus v2 wrote the list on the signal; a bare DXchange dataset does, too.
    let from_signal = signal.attribute("axes").map(names);
    plan.by_field = from_group.is_none() && from_signal.is_none();
    let named = from_group.or(from_signal).unwrap_or_default();
    if named.len() > rank {
        plan.notes.push(format!(
            "{} axes are named for {rank} dimensions",
            named.len()
        ));
    }
    let is_right_aligned = matches!(
        interpretation,
        Some(Interpretation::Image | Interpretation::Spectrum)
    );
    let shift = if is_right_aligned {
        rank.saturating_sub(named.len())
    } else {
        0
    };
    for (position, name) in named.iter().enumerate() {
        if name == "." || name.is_empty() {
            continue;
        }
        match group.attribute(&format!("{name}_indices")) {
            Some(value) => add_by_indices(&mut plan, name, value),
            None => add(&mut plan, position + shift, name),
        }
    }
    // Axes that only their indices mention are alternatives.
    // The ones whose names are most alike come first.
    let likeness = |name: &str| {
        let shared = |other: &String| {
            let pairs = name.bytes().zip(other.bytes());
            pairs.take_while(|(one, other)| one == other).count()
        };
        named.iter().map(shared).max().unwrap_or(0)
    };
    let mut alternatives: Vec<(&str, &Value)> = group
        .attributes
        .iter()
        .filter_map(|attribute| {
            let name = attribute.name.strip_suffix("_indices")?;
            let is_new = !named.iter().any(|named| named == name);
            is_new.then_some((name, &attribute.value))
        })
        .collect();
    alternatives.sort_by_key(|(name, _)| std::cmp::Reverse(likeness(name)));
    for (name, value) in alternatives {
        add_by_indices(&mut plan, name, value);
    }
    plan.named = named;
    plan
}

fn add(plan: &mut Plan, dimension: usize, name: &str) {
    if let Some(candidates) = plan.candidates.get_mut(dimension) {
        candidates.push(name.to_owned());
    }
}

fn add_by_indices(plan: &mut Plan, name: &str, value: &Value) {
    match walk::indices(value).as_deref() {
        Some([dimension]) => add(plan, *dimension, name),
        Some([]) | None => plan.notes.push(format!(
            "the attribute \"{name}_indices\" cannot be understood"
        )),
        Some(_) => plan
            .notes
            .push(format!("\"{name}\" spans several dimensions, left out")),
    }
}

/// A list of names: an array, or one text with colons or commas, maybe in brackets.
fn names(value: &Value) -> Vec<String> {
    let texts = walk::texts(value);
    let [text] = texts.as_slice() else {
        return texts;
    };
    text.trim_matches(|character| matches!(character, '[' | ']'))
        .split([':', ','])
        .map(|name| name.trim().to_owned())
        .collect()
}

/// Opens the axes of a plan: the first candidate of each dimension that exists and fits.
pub(crate) async fn resolve(
    container: &dyn Container,
    group: &Node,
    plan: &Plan,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> (Vec<Axis>, Vec<String>) {
    let mut notes = plan.notes.clone();
    let fallback;
    let candidates = if plan.by_field {
        fallback = by_field(container, group, info, cancel).await;
        &fallback
    } else {
        &plan.candidates
    };
    let wanted: Vec<(usize, String)> = candidates
        .iter()
        .enumerate()
        .flat_map(|(dimension, names)| names.iter().map(move |name| (dimension, name.clone())))
        .collect();
    let names = wanted.iter().map(|(_, name)| name.clone()).collect();
    let nodes = walk::named_nodes(container, &group.path, names, cancel).await;
    let mut axes: Vec<Axis> = Vec::new();
    for ((dimension, name), named) in wanted.into_iter().zip(nodes) {
        if axes.iter().any(|axis| axis.dimension == dimension) {
            continue;
        }
        match axis(container, &named, dimension, info, cancel).await {
            Ok(axis) => axes.push(axis),
            Err(why) if plan.named.contains(&name) => {
                notes.push(format!("axis \"{name}\" left out: {why}"));
            }
            Err(_) => {}
        }
    }
    add_errors(container, group, &mut axes, cancel).await;
    (axes, notes)
}

async fn axis(
    container: &dyn Container,
    named: &Named,
    dimension: usize,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> Result<Axis, String> {
    let node = named.node.as_ref().map_err(|error| error.why.clone())?;
    let NodeKind::Dataset(values) = &node.kind else {
        return Err("it is not a dataset".to_owned());
    };
    let size = info.shape.get(dimension).copied().unwrap_or(0);
    let kind = match values.shape.as_slice() {
        [count] if *count == size => AxisKind::Points,
        [] if size == 1 => AxisKind::Points,
        [count] if *count == size + 1 => AxisKind::Edges,
        shape => return Err(format!("its shape {shape:?} does not fit {size}")),
    };
    let dataset = container
        .dataset(&named.path, cancel)
        .await
        .map_err(|error| error.why)?;
    let label = node.attribute("long_name").and_then(Value::as_text);
    Ok(Axis {
        name: named.name.clone(),
        label: label.unwrap_or(&named.name).to_owned(),
        unit: unit_of(node),
        dimension,
        kind,
        values: Some(dataset),
        errors: None,
    })
}

async fn add_errors(container: &dyn Container, group: &Node, axes: &mut [Axis], cancel: &Cancel) {
    let Ok(children) = container.children(&group.path, cancel).await else {
        return;
    };
    for axis in axes {
        let name = format!("{}_errors", axis.name);
        if !children.iter().any(|child| child.name == name) {
            continue;
        }
        let path = path::join(&group.path, &name);
        let Ok(errors) = container.dataset(&path, cancel).await else {
            continue;
        };
        let fits = axis
            .values
            .as_ref()
            .is_some_and(|values| values.info().shape == errors.info().shape);
        axis.errors = fits.then_some(errors);
    }
}

/// The rule of NeXus v1: fields with the attribute `axis`, counted from 1, the
/// one with `primary` first. Writers disagree about which dimension 1 is; the
/// sizes decide, and the slowest wins where both fit.
async fn by_field(
    container: &dyn Container,
    group: &Node,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> Vec<Vec<String>> {
    let rank = info.shape.len();
    let mut candidates = vec![Vec::new(); rank];
    let Ok(children) = walk::children_of(container, &group.path, 0, cancel).await else {
        return candidates;
    };
    let mut fields: Vec<(bool, usize, u64, &Named)> = children
        .iter()
        .take(FIELD_LIMIT)
        .filter_map(|named| {
            let node = named.found()?;
            let NodeKind::Dataset(values) = &node.kind else {
                return None;
            };
            let [size] = values.shape.as_slice() else {
                return None;
            };
            let [number] = walk::indices(node.attribute("axis")?)?[..] else {
                return None;
            };
            let is_primary = node.attribute("primary").is_some_and(walk::is_one);
            Some((is_primary, number.checked_sub(1)?, *size, named))
        })
        .collect();
    fields.sort_by_key(|(is_primary, ..)| !is_primary);
    for (_, position, size, named) in fields {
        let fits = |dimension: &usize| {
            info.shape
                .get(*dimension)
                .is_some_and(|&length| size == length || size == length + 1)
        };
        let orders = [Some(position), rank.checked_sub(position + 1)];
        if let Some(dimension) = orders.into_iter().flatten().find(fits) {
            candidates[dimension].push(named.name.clone());
        }
    }
    candidates
}
