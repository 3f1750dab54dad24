//! New files beside those that were saved last: small texts, and what integration makes of all frames.

use std::path::{Path, PathBuf};

use hutch_analysis::calibration::Setting;
use hutch_model::{CORRECTED, Error, ErrorKind, Result, Value};
use hutch_viewers::integration::Chosen;

use super::{What, file_name, folder};
use crate::cli::{SaveValues, save_patterns as save_patterns_of};
use crate::reconstruct::output::{PartFile, check_output};
use crate::sites::Sites;
use crate::window::panels::Side;
use crate::window::state::State;

/// Writes a small text into a new file in the folder that was saved to last; a job says where.
pub(in crate::window) fn save_text(state: &mut State, name: &str, text: String) {
    let job = state.jobs.begin(&format!("save {name}"), "this computer");
    let (folder, sites, name) = (folder(state), state.sites.clone(), name.to_owned());
    let wake = std::sync::Arc::clone(&state.wake);
    state.pools.thread("save", move || {
        match crate::pools::contain("save text", || new_file(&sites, &folder, &name, &text)) {
            Ok(path) => job.finish("saved", Some(path.display().to_string())),
            Err(error) => job.fail(error),
        }
        wake();
    });
    state.shows_jobs = true;
    state.panels.show(Side::Inspector);
}

/// Starts the job that integrates all frames of the view that keys go to, into a new file.
pub(in crate::window) fn save_patterns(state: &mut State, chosen: &Chosen) {
    let Some(slot) = state.active.and_then(|id| state.views.get(&id)) else {
        return;
    };
    let subject = slot.view.subject();
    let signal = subject.signal.as_ref();
    let Some((data, geometry)) = signal.and_then(|of| Some((&of.data, of.geometry.clone()?)))
    else {
        return;
    };
    if data.info().layout == CORRECTED {
        let why = "the patterns of a file are those of its frames as they are stored; remove dark and flat first".to_owned();
        return state.tell(why);
    }
    let origin = data.origin().clone();
    let view_state = slot.view.state();
    let is_calibrated =
        matches!(view_state.values.get("calibration"), Some(Value::List(of)) if !of.is_empty());
    let wavelength_m = geometry.wavelength_m.unwrap_or(f64::NAN);
    let poni = Setting::of(&geometry, wavelength_m).filter(|_| is_calibrated);
    let poni = poni.map(|setting| setting.poni(&geometry.source));
    let given = slot.given_address().map(str::to_owned);
    let stem = file_name(slot, What::Whole);
    let stem = stem
        .rsplit_once('.')
        .map_or(stem.as_str(), |(stem, _)| stem);
    let output = free_name(&folder(state), &format!("{stem}_integrated.nxs"));
    let label = format!("integrate {}", origin.file_name());
    let job = state.jobs.begin(&label, "this computer");
    let chosen = chosen.clone();
    let work = SaveValues {
        folders: state.folders.clone(),
        settings: state.settings.clone(),
        pools: state.pools.clone(),
        sites: state.sites.clone(),
        cancel: job.cancel.clone(),
        progress: job.progress.clone(),
        source: format!("{}::{}", origin.url, origin.path),
        order: None,
        fields: [None, None],
        output: output.clone(),
    };
    let wake = std::sync::Arc::clone(&state.wake);
    state.pools.thread("save", move || {
        let done = crate::pools::contain("integrate all frames", || {
            let Some(poni) = poni else {
                return save_patterns_of(&work, given.as_deref(), &chosen);
            };
            // The calibrated detector, for the time of this work.
            let path = new_file(&work.sites, &work.folders.cache, "calibrated.poni", &poni)?;
            let done = save_patterns_of(&work, Some(&path.display().to_string()), &chosen);
            std::fs::remove_file(&path)?;
            done
        });
        match done {
            Ok(()) => job.finish("saved", Some(output.display().to_string())),
            Err(error) => job.fail(error),
        }
        wake();
    });
    state.shows_jobs = true;
    state.panels.show(Side::Inspector);
}

/// A name that is free in a folder; it gets a number where it is taken.
fn free_name(folder: &Path, name: &str) -> PathBuf {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "txt"));
    let numbered = |number| match number {
        0 => folder.join(name),
        _ => folder.join(format!("{stem}_{number}.{ending}")),
    };
    let free = (0..TRIES).map(numbered).find(|path| !path.exists());
    free.unwrap_or_else(|| folder.join(name))
}

/// Writes a file of a name that is free; it gets a number where the name is taken.
fn new_file(sites: &Sites, folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = free_name(folder, name);
    if path.exists() {
        let tried = format!("write \"{}\"", path.display());
        let why = "too many files of this name are there";
        return Err(Error::new(ErrorKind::Disk, tried, why));
    }
    check_output(sites, None, &path)?;
    let mut file = PartFile::create(&path)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.finish()?;
    Ok(path)
}

/// Names that are tried for a new file.
const TRIES: u32 = 100;
