//! Recipes as jobs of the window: here, or on the cluster of a site.

use std::sync::Arc;

use hutch_analysis::recipe::Recipe;
use hutch_model::{Error, Result};
use hutch_viewers::Place;

use crate::jobs::JobHandle;
use crate::pools::contain;
use crate::reconstruct::{Run, reconstruct};
use crate::remote::{self, Follow};
use crate::window::panels::Side;
use crate::window::state::State;

/// Starts a recipe as a job.
pub fn start(state: &mut State, recipe: &str, place: &Place) {
    let recipe = match Recipe::from_toml(recipe) {
        Ok((recipe, warnings)) => {
            for warning in warnings {
                state.tell(warning);
            }
            recipe
        }
        Err(error) => return state.tell_error(error, None),
    };
    state.shows_jobs = true;
    state.panels.show(Side::Inspector);
    match place {
        Place::Here => start_here(state, recipe),
        Place::Site(site) => start_there(state, recipe, site),
    }
}

fn start_here(state: &State, mut recipe: Recipe) {
    let job = state.jobs.begin("reconstruct", "this computer");
    if recipe.output.path.is_empty() {
        let name = format!("reconstruction-{}.h5", jiff::Timestamp::now().as_second());
        recipe.output.path = state
            .folders
            .state
            .join("results")
            .join(name)
            .display()
            .to_string();
    }
    let sites = state.sites.clone();
    let pools = state.pools.clone();
    let wake = Arc::clone(&state.wake);
    let memory_bytes = (state.settings.memory_bytes() / 2) as u64;
    // Reading waits for sockets, so the run has a thread of its own; only the
    // computing goes to the batch pool.
    state.pools.thread("reconstruct", move || {
        let result = contain("reconstruct", || {
            let run = Run {
                sites: &sites,
                pools: &pools,
                memory_bytes,
                progress: &job.progress,
                cancel: &job.cancel,
                say: &|text| job.remark(text),
            };
            reconstruct(run, &recipe, std::path::Path::new(&recipe.output.path))
        });
        match result {
            Ok(outcome) => {
                let text = format!(
                    "axis {:.2} px, {} slices in {:.1} s",
                    outcome.centre_px, outcome.shape[0], outcome.secs
                );
                job.finish(text, Some(outcome.path.display().to_string()));
            }
            Err(error) => job.fail(error),
        }
        wake();
    });
}

fn start_there(state: &mut State, recipe: Recipe, site: &str) {
    let job = state.jobs.begin("reconstruct", site);
    let sites = state.sites.clone();
    let folders = state.folders.clone();
    let wake = Arc::clone(&state.wake);
    let site = site.to_owned();
    state.pools.spawn(async move {
        match there(&sites, &folders, &recipe, &site, &job, &wake).await {
            Ok(path) => job.finish(format!("came back from {site}"), Some(path)),
            Err(error) => job.fail(error),
        }
        wake();
    });
}

async fn there(
    sites: &crate::sites::Sites,
    folders: &crate::settings::Folders,
    recipe: &Recipe,
    site: &str,
    job: &JobHandle,
    wake: &crate::ask::Wake,
) -> Result<String, Error> {
    job.remark("sending");
    let record = remote::submit(sites, folders, recipe, site).await?;
    let follow = Follow {
        cancel: &job.cancel,
        say: &|text: &str| {
            job.remark(text);
            wake();
        },
    };
    remote::wait(sites, &record, follow).await?;
    job.remark("fetching the result");
    let path = remote::fetch(sites, folders, &record, &job.cancel).await?;
    Ok(path.display().to_string())
}
