//! `hutch search`: what a catalogue knows.

use std::sync::Arc;

use hutch_model::{Catalogue, Entry, EntryKind, Error, ErrorKind, PageRequest, Result};
use hutch_viewers::numbers;
use serde_json::{Map, Value as Json, json};

use super::context::Context;
use super::out::{Out, note};

/// What `hutch search` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The name of a site profile.
    site: String,
    /// Words.
    query: String,
    /// The most entries that are shown.
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

/// The name for people and the catalogue of a site.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is none.
pub(super) fn catalogue(context: &Context, site: &str) -> Result<(String, Arc<dyn Catalogue>)> {
    context.sites.catalogue(site).ok_or_else(|| {
        let known = context.sites.names();
        let why = if known.iter().any(|name| name == site) {
            "the site has no catalogue".to_owned()
        } else if known.is_empty() {
            "no site has a profile on this computer".to_owned()
        } else {
            format!("no site has this name; known are {}", known.join(", "))
        };
        Error::new(
            ErrorKind::NotFound,
            format!("use the catalogue of \"{site}\""),
            why,
        )
    })
}

/// Runs the command.
///
/// # Errors
/// Those of the catalogue.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let (_, catalogue) = catalogue(context, &options.site)?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut request = PageRequest {
        token: None,
        size: options.limit,
    };
    let mut total = None;
    loop {
        let found = catalogue.search(&options.query, &request, &context.cancel);
        let page = context.pools.wait(found)?;
        total = page.total.or(total);
        entries.extend(page.entries);
        request.token = page.next;
        if request.token.is_none() || entries.len() >= options.limit {
            break;
        }
    }
    let is_more = request.token.is_some() || entries.len() > options.limit;
    entries.truncate(options.limit);
    let mut out = Out::new();
    if context.wants_json {
        let entries: Vec<Json> = entries.iter().map(entry_json).collect();
        out.json(&json!({
            "schema": "hutch.search/1",
            "site": options.site,
            "query": options.query,
            "entries": entries,
            "total": total,
            "more": is_more,
        }))?;
    } else {
        for entry in &entries {
            out.line(entry_line(entry))?;
        }
        // An empty answer never proves that there is nothing.
        if entries.is_empty() {
            note("nothing that you may see matches");
        }
        if is_more {
            note("there is more; see --limit");
        }
    }
    out.finish()
}

const fn kind(entry: &Entry) -> &'static str {
    match entry.id.kind {
        EntryKind::Investigation => "investigation",
        EntryKind::Dataset => "dataset",
        EntryKind::Datafile => "datafile",
        EntryKind::Folder => "folder",
    }
}

fn entry_json(entry: &Entry) -> Json {
    let details: Map<String, Json> = entry
        .details
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    json!({
        "kind": kind(entry),
        "id": entry.id.id,
        "name": entry.name,
        "title": entry.title,
        "visit": entry.visit,
        "instrument": entry.instrument,
        "start": entry.start,
        "end": entry.end,
        "size": entry.size_bytes,
        "files": entry.file_count,
        "state": entry.locality.map(|locality| locality.to_string()),
        "location": entry.location,
        "details": details,
    })
}

fn entry_line(entry: &Entry) -> String {
    let day = entry.start.split('T').next().unwrap_or_default();
    let size = entry.size_bytes.map(numbers::bytes).unwrap_or_default();
    let words = [
        kind(entry),
        &entry.name,
        &entry.instrument,
        day,
        &size,
        &entry.title,
        entry.location.as_deref().unwrap_or_default(),
    ];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join("\t")
}
