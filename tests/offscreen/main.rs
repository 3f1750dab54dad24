//! The window without a display, over files and servers that change.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its ground is missing"
)]

use std::path::Path;

use hutch::pools::Pools;
use hutch::settings::{Folders, Settings};
use hutch::sites::Sites;
use hutch::window::offscreen::Offscreen;
use hutch::window::state::State;

mod after_sign_in;
mod background;
mod counting;
mod growing_file;
mod growing_map;
mod live_folder;
mod serial;
mod slow_source;
mod tiles;

/// A window with a home of its own and no facility; `None` after a skip.
fn window(home: &Path) -> Option<Offscreen> {
    let folders = Folders::below(home);
    let pools = Pools::start().unwrap();
    let sites = pools.wait(Sites::load(&folders)).unwrap();
    opened(folders, pools, sites)
}

/// The same beside the facility of the demonstration.
fn window_with_demo(home: &Path) -> Option<Offscreen> {
    let folders = Folders::below(home);
    let pools = Pools::start().unwrap();
    let sites = pools.wait(Sites::with_demo(&folders)).unwrap();
    opened(folders, pools, sites)
}

fn opened(folders: Folders, pools: Pools, sites: Sites) -> Option<Offscreen> {
    let state = State::new(folders, Settings::default(), sites, pools).unwrap();
    match Offscreen::new(state, [1000.0, 700.0], 1.0) {
        Ok(window) => Some(window),
        Err(error) => {
            hutch_testservers::skip("lavapipe", &error.to_string());
            None
        }
    }
}
