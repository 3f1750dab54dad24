//! Comparing what Hutch reads from a file with the rows that h5py wrote.

use hutch_model::{BlockState, Cancel, Container, NodeKind, Samples, Slab, read_slab};
use pollster::block_on;
use serde_json::Value as Json;

use super::canonical;
use super::common::crc32;

/// What became of one kind of file.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Objects, attributes and datasets that are equal.
    pub(crate) equal: usize,
    /// What differs, in words.
    pub(crate) differs: Vec<String>,
    /// What Hutch refuses, with its reason.
    pub(crate) unread: Vec<String>,
}

/// Compares all rows of one file.
pub(crate) fn file(name: &str, container: &dyn Container, rows: &Json, outcome: &mut Outcome) {
    let rows = rows.as_object().unwrap();
    for (path, row) in rows {
        let place = format!("{name}{path}");
        let before = outcome.differs.len();
        match row["kind"].as_str() {
            Some("dangling") => dangling(&place, container, path, outcome),
            Some(kind) => object(&place, container, path, kind, row, outcome),
            None => outcome
                .differs
                .push(format!("{place}: a row without a kind")),
        }
        if outcome.differs.len() == before {
            outcome.equal += 1;
        }
    }
}

fn dangling(place: &str, container: &dyn Container, path: &str, outcome: &mut Outcome) {
    let found = block_on(container.nodes(&[path.to_owned()], &Cancel::new()));
    if let Some(Ok(node)) = found.first() {
        outcome.differs.push(format!(
            "{place}: h5py finds nothing, Hutch {:?}",
            node.kind
        ));
    }
}

fn object(
    place: &str,
    container: &dyn Container,
    path: &str,
    kind: &str,
    row: &Json,
    outcome: &mut Outcome,
) {
    let mut nodes = block_on(container.nodes(&[path.to_owned()], &Cancel::new()));
    let node = match nodes.pop() {
        Some(Ok(node)) => node,
        other => return outcome.differs.push(format!("{place}: {other:?}")),
    };
    let found = match node.kind {
        NodeKind::Group => "group",
        NodeKind::Dataset(_) => "dataset",
        NodeKind::NamedType => "type",
    };
    if found != kind {
        return outcome
            .differs
            .push(format!("{place}: a {found}, not a {kind}"));
    }
    attributes(place, &node, row, outcome);
    match kind {
        "dataset" => dataset(place, container, path, row, outcome),
        "group" => names(place, container, path, row, outcome),
        _ => {}
    }
}

fn attributes(place: &str, node: &hutch_model::Node, row: &Json, outcome: &mut Outcome) {
    let Some(expected) = row["attributes"].as_object() else {
        return;
    };
    let names = node.attributes.iter().map(|attribute| &*attribute.name);
    let names: Vec<&str> = names.collect();
    let stored = texts(&row["attribute_names"]);
    in_order(place, "attributes", &names, &stored, outcome);
    for (name, text) in expected {
        let Some(text) = text.as_str() else { continue };
        match node.attribute(name).map(canonical::of_value) {
            Some(found) if same(&found, text) => outcome.equal += 1,
            found => outcome.differs.push(format!(
                "{place}@{name}: {}, not {}",
                short(&found.unwrap_or_default()),
                short(text)
            )),
        }
    }
}

/// A list of one element is the element where h5py gives it bare.
fn same(found: &str, expected: &str) -> bool {
    found == expected
}

fn dataset(place: &str, container: &dyn Container, path: &str, row: &Json, outcome: &mut Outcome) {
    if row["unread"].is_string() || row["shape"].is_null() {
        return;
    }
    let shape: Vec<u64> = numbers(&row["shape"]);
    let inner: Vec<u64> = numbers(&row["inner"]);
    let read = block_on(async {
        let cancel = Cancel::new();
        let dataset = container.dataset(path, &cancel).await?;
        let slab = slab(&row["slab"], &dataset.info().shape);
        let block = read_slab(&*dataset, &slab, &cancel).await?;
        Ok::<_, hutch_model::Error>((dataset.info().shape.clone(), block))
    });
    let (found_shape, block) = match read {
        Ok(read) => read,
        Err(error) => return outcome.unread.push(format!("{place}: {}", error.why)),
    };
    if block.state == BlockState::Torn {
        outcome.differs.push(format!("{place}: torn"));
    }
    let whole: Vec<u64> = shape.iter().chain(&inner).copied().collect();
    if found_shape != shape && found_shape != whole {
        return outcome
            .differs
            .push(format!("{place}: shape {found_shape:?}, not {shape:?}"));
    }
    elements(place, &block.samples, row, outcome);
}

/// The part that h5py read: the whole but for large datasets.
fn slab(row: &Json, shape: &[u64]) -> Slab {
    let mut slab = Slab::whole(shape);
    let (start, count) = (numbers(&row["start"]), numbers(&row["count"]));
    for (axis, (start, count)) in start.into_iter().zip(count).enumerate() {
        slab.start[axis] = start;
        slab.count[axis] = count;
    }
    slab
}

fn elements(place: &str, samples: &Samples, row: &Json, outcome: &mut Outcome) {
    let text = canonical::of_samples(samples);
    // Types of odd widths are read into wider ones than numpy has; then texts are compared.
    let is_same_type = row["type"].as_str() == Some(&samples.element().to_string());
    let is_equal = if let (Some(crc), true) = (row["crc"].as_u64(), is_same_type) {
        u64::from(crc32(samples.bytes())) == crc
    } else {
        row["canon"].as_u64() == Some(u64::from(crc32(text.as_bytes())))
    };
    if is_equal {
        outcome.equal += 1;
    } else {
        outcome.differs.push(format!(
            "{place}: {} ({}), not {} ({})",
            short(&text),
            samples.element(),
            short(row["text"].as_str().unwrap_or("its CRC")),
            row["type"].as_str().unwrap_or("")
        ));
    }
}

/// The names that h5py lists, in its order, and no other.
fn names(place: &str, container: &dyn Container, path: &str, row: &Json, outcome: &mut Outcome) {
    let expected = texts(&row["names"]);
    match block_on(container.children(path, &Cancel::new())) {
        Ok(children) => {
            let found: Vec<&str> = children.iter().map(|child| child.name.as_str()).collect();
            in_order(place, "links", &found, &expected, outcome);
        }
        Err(error) => outcome.differs.push(format!("{place}: {error}")),
    }
}

fn in_order(place: &str, what: &str, found: &[&str], expected: &[&str], outcome: &mut Outcome) {
    if found == expected {
        outcome.equal += 1;
    } else {
        let (found, expected) = (found.join(" "), expected.join(" "));
        let (found, expected) = (short(&found), short(&expected));
        outcome
            .differs
            .push(format!("{place}: the {what} {found}, not {expected}"));
    }
}

fn texts(row: &Json) -> Vec<&str> {
    let items = row.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Json::as_str).collect()
}

fn numbers(row: &Json) -> Vec<u64> {
    row.as_array()
        .map(|items| items.iter().filter_map(Json::as_u64).collect())
        .unwrap_or_default()
}

fn short(text: &str) -> String {
    text.chars().take(120).collect()
}
