//! Following one file in the window while h5py writes it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::window;
use hutch::window::offscreen::Offscreen;
use hutch::window::state::State;
use hutch_model::Value;
use hutch_viewers::TimelineAction;

const LIMIT: Duration = Duration::from_mins(1);
const FRAMES: i128 = 40;

/// Writes 40 frames, twenty each second. `swmr` grows the dataset frame by
/// frame; otherwise it has its full length from the start.
const WRITER: &str = r#"
import sys, time
import h5py, numpy as np
path, mode = sys.argv[1:]
with h5py.File(path, "w", libver="latest") as file:
    swmr = mode == "swmr"
    shape = (1 if swmr else 40, 32, 32)
    data = file.create_dataset("data", shape, "u2", chunks=(1, 32, 32), maxshape=(None, 32, 32))
    data[0] = 1
    if swmr:
        file.swmr_mode = True
    file.flush()
    print("ready", flush=True)
    sys.stdin.readline()
    for frame in range(1, 40):
        if swmr:
            data.resize(frame + 1, 0)
        data[frame] = frame + 1
        file.flush()
        time.sleep(0.05)
"#;

/// The process that writes; `None` after a skip.
fn writer(path: &Path, mode: &str) -> Option<Child> {
    let python = hutch_testservers::python_with("h5py")?;
    let mut child = Command::new(python)
        .args(["-c", WRITER])
        .arg(path)
        .arg(mode)
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
    Some(child)
}

fn frame(state: &State) -> Option<i128> {
    let slot = state.views.values().next()?;
    slot.view.state().values.get("frame")?.as_integer()
}

/// Follows the file until its last frame; gives the frames that were shown.
fn follow(window: &mut Offscreen, child: &mut Child) -> Vec<i128> {
    let slot = window.state.views.values_mut().next().unwrap();
    slot.view.on_timeline(TimelineAction::Follow(true));
    window.pass();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"go\n").unwrap();
    let mut seen = Vec::new();
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        window.pass();
        let shown = frame(&window.state).unwrap();
        if seen.last() != Some(&shown) {
            seen.push(shown);
        }
        if shown == FRAMES - 1 && child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    seen
}

fn follows_to_the_end(mode: &str) {
    let home = tempfile::tempdir().unwrap();
    let scans = tempfile::tempdir().unwrap();
    let path = scans.path().join("scan.h5");
    let Some(mut child) = writer(&path, mode) else {
        return;
    };
    let Some(mut window) = window(home.path()) else {
        child.kill().unwrap();
        return;
    };
    window
        .state
        .open_address(&format!("{}::/data", path.display()), "");
    window
        .settle(LIMIT, |state| frame(state).is_some())
        .unwrap();
    let seen = follow(&mut window, &mut child);
    assert_eq!(seen.last(), Some(&(FRAMES - 1)), "the last frame: {seen:?}");
    let later: Vec<i128> = seen.iter().copied().skip(1).collect();
    assert!(later.is_sorted(), "frames never go back: {seen:?}");
    assert!(
        seen.len() > 5,
        "frames pass while they are written: {seen:?}"
    );
    assert_eq!(
        window
            .state
            .views
            .values()
            .next()
            .unwrap()
            .view
            .state()
            .values
            .get("frame"),
        Some(&Value::Integer(FRAMES - 1)),
        "it stays at the newest"
    );
}

mod gpu {
    use super::*;

    #[test]
    fn a_dataset_that_grows_by_swmr_is_followed_frame_by_frame() {
        follows_to_the_end("swmr");
    }

    #[test]
    fn a_dataset_of_full_length_is_followed_as_it_is_filled() {
        follows_to_the_end("full");
    }
}
