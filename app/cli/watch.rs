//! `hutch watch`: the newest file of a folder, as it appears and grows.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use hutch_connectors::live::{FolderWatch, FolderWatchSettings};
use hutch_connectors::registry;
use hutch_model::{Error, ErrorKind, LiveEvent, LiveSource, Result};
use serde_json::{Value as Json, json};

use super::context::Context;
use super::out::{Out, written};
use super::values;
use crate::address::Place;
use crate::window::live::endings;

/// What `hutch watch` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A folder of this computer, or SITE: for the live source of a site.
    url: String,
    /// Only files with this ending; may be given more than once. By default all that Hutch knows by their first bytes.
    #[arg(long, value_name = "ENDING")]
    suffix: Vec<String>,
    /// End after so many lines.
    #[arg(long)]
    count: Option<u64>,
}

/// Runs the command until it is stopped.
///
/// # Errors
/// [`ErrorKind::Cancelled`] after Ctrl-C; [`ErrorKind::Unsupported`] for what
/// cannot be followed; [`ErrorKind::NotFound`] without the folder.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let source = source_of(context, options)?;
    let mut out = Out::new();
    let mut told = 0;
    while options.count.is_none_or(|count| told < count) {
        let event = context.pools.wait(source.next(&context.cancel))?;
        let line = event_json(&event);
        if context.wants_json {
            out.json(&line)?;
        } else {
            out.line(line["url"].as_str().unwrap_or_default())?;
        }
        out.flush().map_err(|error| written(&error))?;
        told += 1;
    }
    out.finish()
}

fn source_of(context: &Context, options: &Options) -> Result<Arc<dyn LiveSource>> {
    let place = context.address(&options.url)?.place;
    let found = match &place {
        Place::Local(folder) => {
            check_folder(folder)?;
            let asked = Some(options.suffix.clone()).filter(|asked| !asked.is_empty());
            let settings = FolderWatchSettings {
                suffixes: asked.unwrap_or_else(endings),
                ..FolderWatchSettings::default()
            };
            Some(Arc::new(FolderWatch::new(folder, settings)) as Arc<dyn LiveSource>)
        }
        Place::Site { site, .. } => match context.sites.profile(site) {
            Some(profile) => registry::live(profile)?,
            None => None,
        },
        Place::Url(_) => None,
    };
    found.ok_or_else(|| {
        Error::new(
            ErrorKind::Unsupported,
            "watch",
            "only folders of this computer and sites with a live source can be followed",
        )
    })
}

/// A folder that is not there would be waited for in silence.
fn check_folder(folder: &Path) -> Result<()> {
    let tried = || format!("watch \"{}\"", folder.display());
    if folder.is_dir() {
        Ok(())
    } else if folder.exists() {
        let why = "this is a file; name the folder that it is in";
        Err(Error::new(ErrorKind::Usage, tried(), why))
    } else {
        let why = "there is no such folder";
        Err(Error::new(ErrorKind::NotFound, tried(), why))
    }
}

fn event_json(event: &LiveEvent) -> Json {
    match event {
        LiveEvent::Changed { url, modified_secs } => json!({
            "schema": "hutch.watch/1",
            "url": url,
            "modified_secs": values::real(*modified_secs),
        }),
        LiveEvent::Frame(frame) => json!({
            "schema": "hutch.watch/1",
            "url": null,
            "frame": frame.number,
            "shape": [frame.shape.0, frame.shape.1],
            "dtype": frame.element.to_string(),
            "lost_before": frame.lost_before,
        }),
    }
}
