//! The cake below a frame, into a file as `hutch integrate --two-d` writes one.

use std::path::Path;
use std::sync::Arc;

use hutch_model::{Error, ErrorKind, Result};

use crate::cli::SaveCake;
use crate::reconstruct::output::check_output;
use crate::window::bookmarks::provenance;
use crate::window::panels::Side;
use crate::window::state::State;

/// Starts the job that writes the cake of the view that keys go to.
///
/// # Errors
/// [`ErrorKind::Usage`] where the view draws none, or the ending of the file tells no format.
pub(super) fn start(state: &mut State, output: &Path) -> Result<()> {
    let slot = state.active.and_then(|id| state.views.get(&id));
    let found = slot.and_then(|slot| Some((slot.view.cake()?, provenance(slot))));
    let Some((cake, said)) = found else {
        let why = "this view shows none, or it is being computed; integrate a frame with I";
        return Err(Error::new(ErrorKind::Usage, "save a cake", why));
    };
    let work = SaveCake::new(&cake, &said, output)?;
    let label = format!("save {}", output.file_name().unwrap_or_default().display());
    let job = state.jobs.begin(&label, "this computer");
    let (sites, wake) = (state.sites.clone(), Arc::clone(&state.wake));
    let output = output.to_owned();
    state.pools.thread("save", move || {
        let write = || {
            check_output(&sites, None, &output)?;
            work.write()
        };
        match crate::pools::contain("save a cake", write) {
            Ok(()) => job.finish("saved", Some(output.display().to_string())),
            Err(error) => job.fail(error),
        }
        wake();
    });
    state.shows_jobs = true;
    state.panels.show(Side::Inspector);
    Ok(())
}
