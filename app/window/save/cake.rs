//! The cake below a frame, into a file as `hutch integrate --two-d` writes one.

use std::path::Path;

use hutch_model::{Error, ErrorKind, Result};

use crate::cli::SaveCake;
use crate::window::bookmarks::provenance;
use crate::window::state::State;

use super::{on_a_thread, show_jobs};

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
    on_a_thread(state, "save a cake", output.to_owned(), move |_| {
        work.write()
    });
    show_jobs(state);
    Ok(())
}
