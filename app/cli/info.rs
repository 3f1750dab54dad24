//! `hutch info`: everything about a node but its samples.

mod plot;

use hutch_model::{Dataset, DatasetInfo, ErrorKind, Link, NodeKind, Result, Slab};
use hutch_viewers::numbers;
use serde_json::{Map, Value as Json, json};

use super::context::{Context, OpenAddress, no_slice};
use super::out::Out;
use super::values;

/// Files that are missing and named one by one.
const SHOWN_SOURCES: usize = 20;
/// The widest column of names, in characters; longer ones run over.
const NAME_COLUMN: usize = 32;

/// What `hutch info` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A file or a node in it: URL or URL::PATH.
    pub(super) url: String,
}

/// Runs the command.
///
/// # Errors
/// Those of opening and reading; what is missing beside the node is part of the
/// answer.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let open = context.open(&options.url)?;
    no_slice(&open.address, "info tells of whole nodes")?;
    let path = open.address.path.as_deref().unwrap_or("/");
    let node = context.node(open.container.as_ref(), path)?;
    let mut info = Map::new();
    info.insert("schema".to_owned(), json!("hutch.info/1"));
    info.insert("url".to_owned(), json!(open.container.origin().url));
    info.insert("path".to_owned(), json!(path));
    info.insert("format".to_owned(), json!(open.container.format()));
    info.insert("nx_class".to_owned(), json!(node.nx_class()));
    let kind = match &node.kind {
        NodeKind::Group => "group",
        NodeKind::NamedType => "type",
        NodeKind::Dataset(_) => "dataset",
    };
    info.insert("kind".to_owned(), json!(kind));
    let mut missing = node.problems.clone();
    match &node.kind {
        NodeKind::Dataset(dataset) => {
            missing.extend(dataset.unreadable.clone());
            add_dataset(&mut info, dataset);
            if dataset.unreadable.is_none() {
                let dataset = open.container.dataset(path, &context.cancel);
                let dataset = context.pools.wait(dataset)?;
                add_cost(context, dataset.as_ref(), &mut info, &mut missing)?;
                add_sources(context, dataset.as_ref(), &mut info, &mut missing)?;
            }
        }
        NodeKind::Group => {
            let links = links(context, &open, path, &mut missing)?;
            info.insert("links".to_owned(), links);
        }
        NodeKind::NamedType => {}
    }
    let attributes: Map<String, Json> = node
        .attributes
        .iter()
        .map(|attribute| {
            let value = values::value(&attribute.value);
            let described = json!({"value": value, "dtype": attribute.stored});
            (attribute.name.clone(), described)
        })
        .collect();
    info.insert("attributes".to_owned(), Json::Object(attributes));
    if path == "/" {
        plot::add(context, &open, &mut info, &mut missing)?;
    } else if plot::is_plottable(&node) {
        plot::add_at(context, &open, path, &mut info)?;
    }
    info.insert("missing".to_owned(), json!(missing));
    let mut out = Out::new();
    if context.wants_json {
        out.json(&Json::Object(info))?;
    } else {
        print(&mut out, &info)?;
    }
    out.finish()
}

fn add_dataset(info: &mut Map<String, Json>, dataset: &DatasetInfo) {
    info.insert("shape".to_owned(), json!(dataset.shape));
    info.insert("dtype".to_owned(), json!(dataset.element.to_string()));
    info.insert("stored".to_owned(), json!(dataset.stored));
    info.insert("layout".to_owned(), json!(dataset.layout));
    info.insert("chunks".to_owned(), json!(dataset.chunk_shape));
    info.insert("filters".to_owned(), json!(dataset.filters));
    info.insert("size".to_owned(), json!(dataset.size_bytes));
}

/// What one frame costs to read, or the whole of a dataset without frames.
fn add_cost(
    context: &Context,
    dataset: &dyn Dataset,
    info: &mut Map<String, Json>,
    missing: &mut Vec<String>,
) -> Result<()> {
    let shape = &dataset.info().shape;
    if shape.contains(&0) {
        return Ok(());
    }
    let frame = Slab::frame(shape, 0);
    let name = if shape.len() > 2 {
        "frame_cost"
    } else {
        "cost"
    };
    match context.pools.wait(dataset.cost(&frame, &context.cancel)) {
        Ok(cost) => {
            let told = json!({
                "bytes": cost.stored_bytes,
                "requests": cost.requests,
                "decoded_bytes": cost.decoded_bytes,
                "chunks": cost.chunks,
            });
            info.insert(name.to_owned(), told);
        }
        Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
        Err(error) => missing.push(error.to_string()),
    }
    Ok(())
}

/// The other files that the samples lie in, and whether they are there.
fn add_sources(
    context: &Context,
    dataset: &dyn Dataset,
    info: &mut Map<String, Json>,
    missing: &mut Vec<String>,
) -> Result<()> {
    let sources = context.pools.wait(dataset.sources(&context.cancel))?;
    if sources.is_empty() {
        return Ok(());
    }
    let absent = sources.iter().filter(|source| source.missing.is_some());
    let absent_count = absent.clone().count();
    info.insert(
        "sources".to_owned(),
        json!({"count": sources.len(), "missing": absent_count}),
    );
    missing.extend(absent.take(SHOWN_SOURCES).map(|source| {
        let why = source.missing.as_deref().unwrap_or_default();
        if why.contains(&source.file) {
            why.to_owned()
        } else {
            format!("{}: {why}", source.file)
        }
    }));
    if absent_count > SHOWN_SOURCES {
        missing.push(format!("{} more files", absent_count - SHOWN_SOURCES));
    }
    Ok(())
}

/// The links of a group, and whether they lead anywhere.
fn links(
    context: &Context,
    open: &OpenAddress,
    path: &str,
    missing: &mut Vec<String>,
) -> Result<Json> {
    let children = context
        .pools
        .wait(open.container.children(path, &context.cancel))?;
    let linked: Vec<_> = children
        .iter()
        .filter(|child| child.link != Link::Hard)
        .collect();
    let paths: Vec<String> = linked
        .iter()
        .map(|child| format!("{}/{}", path.trim_end_matches('/'), child.name))
        .collect();
    let nodes = context
        .pools
        .wait(open.container.nodes(&paths, &context.cancel));
    let mut links = Vec::new();
    for (child, node) in linked.iter().zip(nodes) {
        let (kind, target) = match &child.link {
            Link::External { file, path } => ("external", format!("{file}::{path}")),
            Link::Soft(target) => ("soft", target.clone()),
            Link::Hard => continue,
        };
        let state = match node {
            Ok(_) => "present".to_owned(),
            Err(error) => {
                missing.push(format!("{} -> {target}: {}", child.name, error.why));
                error.why
            }
        };
        links.push(json!({"name": child.name, "kind": kind, "target": target, "state": state}));
    }
    Ok(Json::Array(links))
}

fn print(out: &mut Out, info: &Map<String, Json>) -> Result<()> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for (name, value) in info {
        match (name.as_str(), value) {
            ("schema", _) | (_, Json::Null) => {}
            ("cost" | "frame_cost", cost) => lines.push((name.clone(), cost_in_words(cost))),
            ("size", size) => {
                let size = size.as_u64().unwrap_or_default();
                lines.push((name.clone(), numbers::bytes(size)));
            }
            (_, Json::Object(inner)) => lines.extend(section(name, inner)),
            (_, Json::Array(items))
                if items
                    .iter()
                    .any(|item| item.is_object() || item.is_string()) =>
            {
                lines.extend(items.iter().map(|item| (name.clone(), words(item))));
            }
            (_, Json::Array(items)) if items.is_empty() && name != "shape" => {}
            _ => lines.push((name.clone(), words(value))),
        }
    }
    let names = lines.iter().map(|(name, _)| name.chars().count());
    let width = names.max().unwrap_or_default().min(NAME_COLUMN);
    for (name, text) in lines {
        out.line(format!("{name:<width$}  {text}"))?;
    }
    Ok(())
}

fn cost_in_words(cost: &Json) -> String {
    let count = |name: &str| cost[name].as_u64().unwrap_or_default();
    let requests = count("requests");
    let plural = if requests == 1 { "" } else { "s" };
    format!(
        "{} in {requests} request{plural}, {} decoded",
        numbers::bytes(count("bytes")),
        numbers::bytes(count("decoded_bytes"))
    )
}

fn section(name: &str, inner: &Map<String, Json>) -> Vec<(String, String)> {
    let line = |(key, value): (&String, &Json)| {
        let text = match &value["value"] {
            Json::Null if value.is_object() => "none".to_owned(),
            Json::Null => words(value),
            attribute => words(attribute),
        };
        let key = if name == "attributes" {
            format!("@{key}")
        } else {
            format!("{name}.{key}")
        };
        (key, text)
    };
    let known = inner.iter().filter(|(_, value)| !value.is_null());
    let lines = |(key, value): (&String, &Json)| match value {
        Json::Array(items) if items.iter().any(Json::is_object) => items
            .iter()
            .map(|item| (format!("{name}.{key}"), plot::words(item)))
            .collect(),
        Json::Array(items) if items.is_empty() && key != "shape" => Vec::new(),
        value => vec![line((key, value))],
    };
    known.flat_map(lines).collect()
}

fn words(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(link) => {
            let text = |name: &str| link.get(name).and_then(Json::as_str).unwrap_or_default();
            format!("{} -> {} ({})", text("name"), text("target"), text("state"))
        }
        other => other.to_string(),
    }
}
