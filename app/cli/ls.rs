//! `hutch ls`: folders, files and groups.

mod list;
mod nodes;

use std::sync::Arc;

use hutch_connectors::storage::{FileStorage, WebDav};
use hutch_model::{Link, NodeKind, PageRequest, Result, Storage, StorageEntryKind};
use serde_json::{Map, Value as Json, json};

use super::context::Context;
use crate::address::Place;
use list::List;
use nodes::{node_json, nodes_below};

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
    let mut list = List::new(context.wants_json);
    match folder {
        Some(Folder::Storage(storage, path)) => {
            list.begin(&format!("{}{path}", storage.root().trim_end_matches('/')))?;
            let children = storage_children(context, storage.as_ref(), &path, options.depth)?;
            list.whole(children)?;
        }
        Some(Folder::Catalogue(site)) => {
            list.begin(&format!("{site}:"))?;
            list.whole(entry_children(context, &site)?)?;
        }
        None => {
            let open = context.open(&options.url)?;
            let path = open.address.path.as_deref().unwrap_or("/");
            let container = open.container.as_ref();
            let node = context.node(container, path)?;
            list.begin(&container.origin().at(path).to_string())?;
            if matches!(node.kind, NodeKind::Group) {
                nodes_below(context, container, path, options.depth, &mut list)?;
            } else {
                let name = path.rsplit('/').next().unwrap_or(path);
                list.child(node_json(name, &Link::Hard, &Ok(node)), false)?;
            }
        }
    }
    list.finish()
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
