//! What the window saves, written as `convert` and `cat` write it.

use std::path::PathBuf;

use hutch_model::{Cancel, Error, ErrorKind, Progress, Result};
use hutch_viewers::integration::Chosen;

use super::context::Context;
use super::{cat, convert, integrate};
use crate::pools::Pools;
use crate::settings::{Folders, Settings};
use crate::sites::Sites;

/// Values to be saved, and what the work stands on.
#[derive(Debug)]
pub(crate) struct SaveValues {
    pub(crate) folders: Folders,
    pub(crate) settings: Settings,
    pub(crate) pools: Pools,
    pub(crate) sites: Sites,
    pub(crate) cancel: Cancel,
    pub(crate) progress: Progress,
    /// `URL::PATH[SLICE]`.
    pub(crate) source: String,
    /// The new file; its ending tells the format.
    pub(crate) output: PathBuf,
}

/// Writes values; on a thread that may wait.
///
/// # Errors
/// Those of `hutch convert`, or of `hutch cat` for CSV; a file that exists is never replaced.
pub(crate) fn save_values(work: &SaveValues) -> Result<()> {
    let context = context_of(work);
    let ending = work.output.extension().unwrap_or_default();
    if !ending.eq_ignore_ascii_case("csv") {
        let options = convert::Options::usual(&work.source, &work.output);
        return convert::write(&context, &options, &work.progress);
    }
    if work.output.exists() {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("write \"{}\"", work.output.display()),
            "the file exists; name another one",
        ));
    }
    cat::run(&context, &cat::Options::lines(&work.source, &work.output))
}

/// Writes the patterns or cakes of all frames, with the geometry of a file where one is named.
///
/// # Errors
/// Those of `hutch integrate`.
pub(crate) fn save_patterns(
    work: &SaveValues,
    geometry: Option<&str>,
    chosen: &Chosen,
) -> Result<()> {
    let options = integrate::Options::chosen(&work.source, geometry, chosen, &work.output);
    integrate::write(&context_of(work), &options, &work.progress)
}

fn context_of(work: &SaveValues) -> Context {
    Context {
        folders: work.folders.clone(),
        settings: work.settings.clone(),
        pools: work.pools.clone(),
        sites: work.sites.clone(),
        cancel: work.cancel.clone(),
        wants_json: false,
    }
}
