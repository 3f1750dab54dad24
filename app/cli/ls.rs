//! `hutch ls`: folders, files and groups.

use std::sync::Arc;

use hutch_connectors::storage::{FileStorage, WebDav};
use hutch_model::{
    Container, Link, Node, NodeKind, PageRequest, Result, Storage, StorageEntryKind,
};
use hutch_viewers::numbers;
use serde_json::{Map, Value as Json, json};

use super::context::Context;
use super::out::Out;
use crate::address::Place;

/// What `hutch ls` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A folder, a file, or a group in a file: URL or URL::PATH.
    pub(super) url: String,
    /// How many levels are listed.
    #[arg(long, default_value_t = 1)]
    depth: u32,
}

/// Runs the command.
///
/// # Errors
/// Those of opening and reading.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let address = context.address(&options.url)?;
    let folder = match &address.path {
        Some(_) => None,
        None => folder_of(context, &address.place)?,
    };
    let (path, children) = match folder {
        Some(Folder::Storage(storage, path)) => {
            let shown = format!("{}{path}", storage.root().trim_end_matches('/'));
            (
                shown,
                storage_children(context, storage.as_ref(), &path, options.depth)?,
            )
        }
        Some(Folder::Catalogue(site)) => (format!("{site}:"), entry_children(context, &site)?),
        None => {
            let open = context.open(&options.url)?;
            let path = open.address.path.as_deref().unwrap_or("/");
            let container = open.container.as_ref();
            let children = node_children(context, container, path, options.depth)?;
            (container.origin().at(path).to_string(), children)
        }
    };
    let mut out = Out::new();
    if context.wants_json {
        out.json(&json!({"schema": "hutch.ls/1", "path": path, "children": children}))?;
    } else {
        print(&mut out, &children, 0)?;
    }
    out.finish()
}

/// What can be listed without opening a file.
enum Folder {
    Storage(Arc<dyn Storage>, String),
    Catalogue(String),
}

fn folder_of(context: &Context, place: &Place) -> Result<Option<Folder>> {
    match place {
        Place::Local(path) => Ok(path
            .is_dir()
            .then(|| Folder::Storage(Arc::new(FileStorage::new(path)), "/".to_owned()))),
        Place::Url(url) => {
            if !url.path().ends_with('/') && hutch_formats::may_open(url.path()) {
                return Ok(None);
            }
            let dav = WebDav::new(&context.client()?, url.as_str())?;
            Ok(Some(Folder::Storage(Arc::new(dav), "/".to_owned())))
        }
        Place::Site { site, path } => site_folder(context, site, path),
    }
}

fn site_folder(context: &Context, site: &str, location: &str) -> Result<Option<Folder>> {
    use hutch_connectors::site::Place as SitePlace;
    let place = context
        .sites
        .profile(site)
        .and_then(|profile| profile.place_of(location));
    if let Some(SitePlace::Mount(path)) = place {
        return folder_of(context, &Place::Local(path));
    }
    let path = match place {
        Some(SitePlace::Storage(path)) => path,
        _ if location.is_empty() => "/".to_owned(),
        _ => location.to_owned(),
    };
    let Some(storage) = context.sites.storage(site) else {
        let has_catalogue = context.sites.catalogue(site).is_some();
        return Ok(has_catalogue.then(|| Folder::Catalogue(site.to_owned())));
    };
    if path == "/" {
        return Ok(Some(Folder::Storage(storage, path)));
    }
    let entry = context.pools.wait(storage.stat(&path, &context.cancel))?;
    Ok((entry.kind == StorageEntryKind::Folder).then(|| Folder::Storage(storage, path)))
}

fn storage_children(
    context: &Context,
    storage: &dyn Storage,
    path: &str,
    depth: u32,
) -> Result<Vec<Json>> {
    let mut entries = context.pools.wait(storage.list(path, &context.cancel))?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
        .iter()
        .map(|entry| {
            let is_folder = entry.kind == StorageEntryKind::Folder;
            let mut child = Map::new();
            child.insert("name".to_owned(), json!(entry.name));
            child.insert(
                "kind".to_owned(),
                json!(if is_folder { "folder" } else { "file" }),
            );
            if let Some(size) = entry.size_bytes.filter(|_| !is_folder) {
                child.insert("size".to_owned(), json!(size));
            }
            child.insert("state".to_owned(), json!(entry.locality.to_string()));
            if is_folder && depth > 1 {
                let below = storage_children(context, storage, &entry.path, depth - 1)?;
                child.insert("children".to_owned(), Json::Array(below));
            }
            Ok(Json::Object(child))
        })
        .collect()
}

fn entry_children(context: &Context, site: &str) -> Result<Vec<Json>> {
    let (_, catalogue) = super::search::catalogue(context, site)?;
    let request = PageRequest::default();
    let page = context
        .pools
        .wait(catalogue.children(None, &request, &context.cancel))?;
    Ok(page
        .entries
        .iter()
        .map(|entry| {
            json!({
                "name": entry.name,
                "kind": "entry",
                "target": entry.location,
                "size": entry.size_bytes,
            })
        })
        .collect())
}

fn node_children(
    context: &Context,
    container: &dyn Container,
    path: &str,
    depth: u32,
) -> Result<Vec<Json>> {
    let node = context.node(container, path)?;
    if !matches!(node.kind, NodeKind::Group) {
        let name = path.rsplit('/').next().unwrap_or(path);
        return Ok(vec![Json::Object(node_json(name, &Link::Hard, &Ok(node)))]);
    }
    let children = context
        .pools
        .wait(container.children(path, &context.cancel))?;
    let paths: Vec<String> = children
        .iter()
        .map(|child| format!("{}/{}", path.trim_end_matches('/'), child.name))
        .collect();
    let nodes = context.pools.wait(container.nodes(&paths, &context.cancel));
    let mut all = Vec::new();
    for ((child, path), node) in children.iter().zip(&paths).zip(&nodes) {
        let mut listed = node_json(&child.name, &child.link, node);
        if depth > 1
            && node
                .as_ref()
                .is_ok_and(|node| matches!(node.kind, NodeKind::Group))
        {
            let below = node_children(context, container, path, depth - 1)?;
            listed.insert("children".to_owned(), Json::Array(below));
        }
        all.push(Json::Object(listed));
    }
    Ok(all)
}

fn node_json(name: &str, link: &Link, node: &Result<Node>) -> Map<String, Json> {
    let mut child = Map::new();
    child.insert("name".to_owned(), json!(name));
    match link {
        Link::Hard => {}
        Link::Soft(target) => {
            child.insert("target".to_owned(), json!(target));
        }
        Link::External { file, path } => {
            child.insert("target".to_owned(), json!(format!("{file}::{path}")));
        }
    }
    let node = match node {
        Ok(node) => node,
        Err(error) => {
            let kind = if *link == Link::Hard {
                "unreadable"
            } else {
                "link"
            };
            child.insert("kind".to_owned(), json!(kind));
            child.insert("state".to_owned(), json!(error.why));
            return child;
        }
    };
    if let Some(class) = node.nx_class() {
        child.insert("nx_class".to_owned(), json!(class));
    }
    let kind = match &node.kind {
        NodeKind::Group => "group",
        NodeKind::NamedType => "type",
        NodeKind::Dataset(info) => {
            child.insert("shape".to_owned(), json!(info.shape));
            child.insert("dtype".to_owned(), json!(info.element.to_string()));
            child.insert("size".to_owned(), json!(info.size_bytes));
            if let Some(why) = &info.unreadable {
                child.insert("state".to_owned(), json!(why));
            }
            "dataset"
        }
    };
    child.insert("kind".to_owned(), json!(kind));
    child
}

/// One line for each child, those below it indented.
fn print(out: &mut Out, children: &[Json], level: usize) -> Result<()> {
    for child in children {
        let text = |name: &str| child[name].as_str().unwrap_or_default();
        let is_open = matches!(text("kind"), "group" | "folder");
        let name = format!(
            "{}{}{}",
            "  ".repeat(level),
            text("name"),
            if is_open { "/" } else { "" }
        );
        let mut words = vec![text("kind").to_owned()];
        words.extend(child["shape"].as_array().map(|shape| {
            let axes: Vec<String> = shape.iter().map(Json::to_string).collect();
            format!("[{}]", axes.join(", "))
        }));
        words.push(text("dtype").to_owned());
        words.push(text("nx_class").to_owned());
        words.extend(child["size"].as_u64().map(numbers::bytes));
        if !text("target").is_empty() {
            words.push(format!("-> {}", text("target")));
        }
        if !matches!(text("state"), "" | "disk") {
            words.push(format!("({})", text("state")));
        }
        words.retain(|word| !word.is_empty());
        out.line(format!("{name:<32} {}", words.join("  ")))?;
        if let Some(below) = child["children"].as_array() {
            print(out, below, level + 1)?;
        }
    }
    Ok(())
}
