//! Frames one after the other, as a view shows them, with what lies over them.

use std::path::PathBuf;
use std::sync::Arc;

use hutch_model::{Error, ErrorKind, Result, Value};
use hutch_viewers::diffraction::Rings;

use super::show_jobs;
use crate::cli::{Marks, SaveMovie, save_movie};
use crate::pools::contain;
use crate::regions;
use crate::window::bookmarks;
use crate::window::state::{Slot, State};

/// What a view draws over its frames; where panels are assembled in the view, rings and regions are of stored frames.
fn marks(slot: &Slot) -> Marks {
    let state = slot.view.state();
    let signal = slot.view.subject().signal.as_ref();
    let geometry = signal.and_then(|signal| signal.geometry.clone());
    let rings = state.values.get("rings").and_then(Value::as_text);
    let rings = rings.and_then(Rings::named);
    let rings = rings.filter(|rings| *rings != Rings::Off);
    Marks {
        rings: geometry.zip(rings),
        regions: regions::of_state(&state),
    }
}

/// Starts the job that writes a movie.
///
/// # Errors
/// [`ErrorKind::Usage`] where no stack of frames is shown.
pub(super) fn save(state: &mut State, output: PathBuf) -> Result<()> {
    let nothing = || {
        let why = "this view shows no stack of frames";
        Error::new(ErrorKind::Usage, "save a movie", why)
    };
    let slot = state.active.and_then(|id| state.views.get(&id));
    let slot = slot.filter(|slot| slot.view.state().kind == "image");
    let slot = slot.ok_or_else(nothing)?;
    let subject = slot.view.subject();
    let dataset = subject.data().ok_or_else(nothing)?;
    let label = format!("save {}", output.file_name().unwrap_or_default().display());
    let job = state.jobs.begin(&label, "this computer");
    let work = SaveMovie {
        pools: state.pools.clone(),
        cancel: job.cancel.clone(),
        progress: job.progress.clone(),
        dataset: Arc::clone(dataset),
        pixels: subject.pixels(),
        marks: marks(slot),
        state: slot.view.state(),
        per_second: f64::from(state.playback.fps),
        said: bookmarks::provenance(slot),
        output: output.clone(),
    };
    let wake = Arc::clone(&state.wake);
    state.pools.thread("save", move || {
        match contain("save a movie", || save_movie(&work)) {
            Ok(()) => job.finish(output.display().to_string(), None),
            Err(error) => job.fail(error),
        }
        wake();
    });
    show_jobs(state);
    Ok(())
}
