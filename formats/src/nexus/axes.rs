//! Which axes a signal has.
//!
//! Source: NeXus `NXdata`, version 3 (`axes`, `AXISNAME_indices`), and the older
//! rules of the manual's data rules (lists with colons, the attribute `axis`).

mod fields;
mod fit;
mod scatter;

use hutch_model::{
    Axis, Cancel, Child, Container, DatasetInfo, Interpretation, Node, NodeKind, Remark, ScaleKind,
    Value,
};

use super::companions;
use super::hints::{Style, label_of, unit_of};
use super::walk::{self, Named};

/// Axes that only their indices mention are looked at up to so many.
const ALTERNATIVE_LIMIT: usize = 64;

/// How the remark about too many axes ends.
const TOO_MANY: &str = " dimensions";

/// A field that may be an axis.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    name: String,
    dimension: usize,
    /// The dimensions that the file says it varies along; empty where it says nothing.
    spans: Vec<usize>,
}

/// Which fields may be axes: those that are named first, then alternatives.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    wanted: Vec<Wanted>,
    problems: Vec<Remark>,
    /// Nothing was named; fields with the attribute `axis` count.
    by_field: bool,
    /// How many axes are named for the one dimension of a line, where that are
    /// more than one: they may be its places in a plane.
    scattered: usize,
}

/// The axes of a signal.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// At most one for each dimension.
    pub(crate) axes: Vec<Axis>,
    pub(crate) alternatives: Vec<Axis>,
    /// Places `[x, y]` of the values of a line.
    pub(crate) scatter: Option<Box<[Axis; 2]>>,
    pub(crate) problems: Vec<Remark>,
}

/// Reads the attributes of the group and the signal: `axes`, `AXISNAME_indices`.
pub(crate) fn plan(
    group: &Node,
    signal: &Node,
    info: &DatasetInfo,
    interpretation: Option<Interpretation>,
) -> Plan {
    let rank = info.shape.len();
    let mut plan = Plan::default();
    let from_group = group.attribute("axes").map(names);
    // NeXus v2 wrote the list on the signal; a bare DXchange dataset does, too.
    let from_signal = signal.attribute("axes").map(names);
    plan.by_field = from_group.is_none() && from_signal.is_none();
    let named = from_group.or(from_signal).unwrap_or_default();
    if named.len() > rank {
        let what = format!("{} axes are named for {rank}{TOO_MANY}", named.len());
        plan.problems.push(Remark::new(&group.path, what));
    }
    let shift = shift(named.len(), rank, interpretation);
    for (position, name) in named.iter().enumerate() {
        if name == "." || name.is_empty() {
            continue;
        }
        let spans = spans_of(group, name, &mut plan.problems);
        let place = position + shift;
        let dimension = match spans.as_slice() {
            [] => place,
            spans if spans.contains(&place) => place,
            [first, ..] => {
                let what = format!(
                    "\"{name}\" stands at place {place} of axes, and its indices say {spans:?}; the indices count"
                );
                plan.problems.push(Remark::new(&group.path, what));
                *first
            }
        };
        plan.add(name, dimension, spans);
    }
    if rank == 1 && plan.wanted.len() > 1 {
        plan.scattered = plan.wanted.len();
    }
    for (name, spans) in alternatives(group, &named, &mut plan.problems) {
        let dimension = spans.first().copied().unwrap_or_default();
        plan.add(&name, dimension, spans);
    }
    plan
}

impl Plan {
    fn add(&mut self, name: &str, dimension: usize, spans: Vec<usize>) {
        self.wanted.push(Wanted {
            name: name.to_owned(),
            dimension,
            spans,
        });
    }
}

/// How far a list that is too short stands to the right: lists of images and
/// spectra name the last axes, those of colour images the ones before the colour.
fn shift(named: usize, rank: usize, interpretation: Option<Interpretation>) -> usize {
    match interpretation {
        Some(Interpretation::Image | Interpretation::Spectrum) => rank.saturating_sub(named),
        Some(kind) if kind.rank() == 3 => rank.saturating_sub(1).saturating_sub(named),
        _ => 0,
    }
}

fn spans_of(group: &Node, name: &str, problems: &mut Vec<Remark>) -> Vec<usize> {
    let Some(value) = group.attribute(&format!("{name}_indices")) else {
        return Vec::new();
    };
    walk::indices(value)
        .filter(|spans| !spans.is_empty())
        .unwrap_or_else(|| {
            let what = format!("the attribute \"{name}_indices\" cannot be understood");
            problems.push(Remark::new(&group.path, what));
            Vec::new()
        })
}

/// Axes that only their indices mention, those first whose names are most like
/// the ones that are named.
fn alternatives(
    group: &Node,
    named: &[String],
    problems: &mut Vec<Remark>,
) -> Vec<(String, Vec<usize>)> {
    let likeness = |name: &str| {
        let shared = |other: &String| {
            let pairs = name.bytes().zip(other.bytes());
            pairs.take_while(|(one, other)| one == other).count()
        };
        named.iter().map(shared).max().unwrap_or(0)
    };
    let mut alternatives: Vec<(String, Vec<usize>)> = Vec::new();
    for attribute in &group.attributes {
        let Some(name) = attribute.name.strip_suffix("_indices") else {
            continue;
        };
        if named.iter().any(|named| named == name) {
            continue;
        }
        let spans = spans_of(group, name, problems);
        if !spans.is_empty() {
            alternatives.push((name.to_owned(), spans));
        }
    }
    alternatives.sort_by_key(|(name, _)| std::cmp::Reverse(likeness(name)));
    alternatives.truncate(ALTERNATIVE_LIMIT);
    alternatives
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

/// Opens the axes of a plan: the first of each dimension that exists and fits
/// is its axis, the others are alternatives.
pub(crate) async fn resolve(
    container: &dyn Container,
    (group, children): (&Node, &[Child]),
    plan: Plan,
    info: &DatasetInfo,
    style: &Style,
    cancel: &Cancel,
) -> Found {
    let mut wanted = if plan.by_field && plan.wanted.is_empty() {
        fields::by_field(container, group, info, cancel).await
    } else {
        plan.wanted
    };
    let names = wanted.iter().map(|wanted| wanted.name.clone()).collect();
    let nodes = walk::named_nodes(container, &group.path, names, cancel).await;
    let mut found = Found {
        problems: plan.problems,
        ..Found::default()
    };
    let places = nodes.get(..plan.scattered).unwrap_or_default();
    let is_scatter = scatter::are_places(places, info);
    if is_scatter {
        scatter::settle(&mut wanted[..plan.scattered], &mut found.problems);
    }
    for (wanted, named) in wanted.into_iter().zip(&nodes) {
        match axis(container, named, &wanted, info, cancel).await {
            Ok(mut axis) => {
                add_companions(
                    container,
                    (group, children),
                    named,
                    &mut axis,
                    &mut found,
                    cancel,
                )
                .await;
                axis.scale = style.axes.get(axis.dimension).copied().flatten();
                let is_free = found.axes.iter().all(|had| had.dimension != axis.dimension);
                if is_free {
                    found.axes.push(axis);
                } else {
                    found.alternatives.push(axis);
                }
            }
            Err(why) => {
                let what = format!("axis \"{}\" left out: {why}", wanted.name);
                found.problems.push(Remark::new(&named.path, what));
            }
        }
    }
    if is_scatter {
        found.scatter = scatter::of(places, &found);
    }
    found
}

/// One axis that a person chose for a dimension.
///
/// # Errors
/// Why it cannot be that, in words.
pub(crate) async fn chosen(
    container: &dyn Container,
    named: &Named,
    dimension: usize,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> Result<Axis, String> {
    let wanted = Wanted {
        name: named.name.clone(),
        dimension,
        spans: Vec::new(),
    };
    axis(container, named, &wanted, info, cancel).await
}

async fn axis(
    container: &dyn Container,
    named: &Named,
    wanted: &Wanted,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> Result<Axis, String> {
    let node = named.node.as_ref().map_err(|error| error.why.clone())?;
    let NodeKind::Dataset(values) = &node.kind else {
        return Err("it is not a dataset".to_owned());
    };
    if let Some(why) = &values.unreadable {
        return Err(why.clone());
    }
    let fitted = fit::fit(node, &values.shape, wanted, &info.shape)?;
    let dataset = container
        .dataset(&named.path, cancel)
        .await
        .map_err(|error| error.why)?;
    Ok(Axis {
        name: named.name.clone(),
        label: label_of(node, &named.name),
        unit: unit_of(node),
        dimension: wanted.dimension,
        spans: fitted.spans,
        kind: fitted.kind,
        values: Some(dataset),
        errors: None,
        scaling: hutch_model::Scaling::IDENTITY,
        skipped: fitted.skipped,
        good: fitted.good,
        scale: None::<ScaleKind>,
    })
}

async fn add_companions(
    container: &dyn Container,
    (group, children): (&Node, &[Child]),
    named: &Named,
    axis: &mut Axis,
    found: &mut Found,
    cancel: &Cancel,
) {
    let Some(node) = named.found() else {
        return;
    };
    let own = companions::of_field(container, group, children, node, false, cancel).await;
    axis.errors = own.errors;
    axis.scaling = own.scaling;
    found.problems.extend(own.problems);
}
