//! Following maps and stacks of spectra while h5py writes them.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::window;
use hutch::window::offscreen::Offscreen;
use hutch_model::{Value, ViewState};
use hutch_viewers::{TimelineAction, View};

const LIMIT: Duration = Duration::from_mins(1);

/// Writes a scan of 20 lines, one after the other: six points with their places, and six spectra. `swmr` keeps the
/// file open and grows its datasets; otherwise it is opened for each line.
const WRITER: &str = r#"
import sys, time
import h5py, numpy as np
path, mode = sys.argv[1:]
def add(file, line):
    for name, values in (("x", np.arange(6.0)), ("y", np.full(6, float(line))), ("counts", 10.0 * line + np.arange(6))):
        data = file["entry/scatter/" + name]
        data.resize(6 * (line + 1), 0)
        data[6 * line:] = values
    stack = file["entry/xrf/data"]
    stack.resize(line + 1, 0)
    stack[line] = line + np.arange(96).reshape(6, 16)
    file["entry/xrf/y"].resize(line + 1, 0)
    file["entry/xrf/y"][line] = line
    file.flush()
file = h5py.File(path, "w", libver="latest", locking=False)
for name, signal, axes in (("scatter", "counts", ["x", "y"]), ("xrf", "data", ["y", "x", "energy"])):
    g = file.create_group("entry/" + name)
    g.attrs.update({"NX_class": "NXdata", "signal": signal, "axes": axes})
for name in ("x", "y", "counts"):
    file.create_dataset("entry/scatter/" + name, (0,), "f8", chunks=(64,), maxshape=(None,))
file.create_dataset("entry/xrf/data", (0, 6, 16), "u4", chunks=(1, 6, 16), maxshape=(None, 6, 16))
file.create_dataset("entry/xrf/y", (0,), "f8", chunks=(64,), maxshape=(None,))
file["entry/xrf/x"] = np.arange(6.0)
file["entry/xrf/energy"] = 100.0 + np.arange(16)
file["entry/xrf/energy"].attrs["units"] = "eV"
if mode == "swmr":
    file.swmr_mode = True
for line in range(20):
    if line == 2:
        print("ready", flush=True)
        sys.stdin.readline()
    add(file, line)
    if mode != "swmr":
        file.close()
        file = h5py.File(path, "a", libver="latest", locking=False)
    time.sleep(0.05 if line > 1 else 0)
"#;

/// The process that writes; `None` after a skip.
fn writer(path: &Path, mode: &str) -> Option<Child> {
    let python = hutch_testservers::python_with("h5py")?;
    let mut child = Command::new(python)
        .args(["-c", WRITER])
        .arg(path)
        .arg(mode)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
    Some(child)
}

fn view(window: &mut Offscreen) -> &mut dyn View {
    window
        .state
        .views
        .values_mut()
        .next()
        .unwrap()
        .view
        .as_mut()
}

/// How many points or spectra the title tells of.
fn points(window: &mut Offscreen) -> u64 {
    let detail = view(window).title().detail;
    let count = detail.split_whitespace().next();
    count.and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Opens data of the file, sets some values, and follows it to its end; gives how many points were seen and the state.
fn followed(
    (path, kind, mode): (&str, &str, &str),
    values: &[(&str, Value)],
) -> Option<(Vec<u64>, ViewState)> {
    let home = tempfile::tempdir().unwrap();
    let scans = tempfile::tempdir().unwrap();
    let file = scans.path().join("scan.h5");
    let mut child = writer(&file, mode)?;
    let Some(mut window) = window(home.path()) else {
        child.kill().unwrap();
        return None;
    };
    let address = format!("{}::{path}", file.display());
    window.state.open_address(&address, kind);
    window
        .settle(LIMIT, |state| !state.views.is_empty())
        .unwrap();
    let mut state = view(&mut window).state();
    for (name, value) in values {
        state.set(name, value.clone());
    }
    view(&mut window).set_state(&state);
    view(&mut window).on_timeline(TimelineAction::Follow(true));
    window.settle(LIMIT, |_| true).unwrap();
    assert_eq!(points(&mut window), 12, "two lines at first");
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"go\n").unwrap();
    let mut seen = Vec::new();
    let start = Instant::now();
    while start.elapsed() < LIMIT && seen.last() != Some(&120) {
        window.pass();
        let now = points(&mut window);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait().unwrap();
    let notices: Vec<&str> = window
        .state
        .notices
        .iter()
        .map(|notice| notice.text.as_str())
        .collect();
    assert!(notices.is_empty(), "{notices:?}");
    let after = view(&mut window).state();
    Some((seen, after))
}

fn grows_and_keeps(of: (&str, &str, &str), values: &[(&str, Value)]) {
    let Some((seen, state)) = followed(of, values) else {
        return;
    };
    assert_eq!(seen.last(), Some(&120), "all of it in the end: {seen:?}");
    assert!(seen.is_sorted(), "points never go away: {seen:?}");
    assert!(seen.len() > 4, "it is seen to grow: {seen:?}");
    for (name, value) in values {
        assert_eq!(state.values.get(*name), Some(value), "{name} is kept");
    }
    let follows = state.values.get("follow");
    assert_eq!(follows, Some(&Value::Bool(true)), "it goes on");
}

mod gpu {
    use super::*;

    fn place() -> Vec<(&'static str, Value)> {
        vec![
            ("zoom", Value::Float(31.5)),
            ("centre x", Value::Float(2.0)),
            ("centre y", Value::Float(1.0)),
            ("norm", "log".into()),
        ]
    }

    #[test]
    fn a_map_that_grows_by_swmr_is_followed_where_it_is_looked_at() {
        grows_and_keeps(("/entry/scatter", "map", "swmr"), &place());
    }

    #[test]
    fn a_map_that_is_appended_to_is_followed() {
        grows_and_keeps(("/entry/scatter", "map", "append"), &place());
    }

    #[test]
    fn spectra_that_grow_are_followed_with_their_ranges_and_their_region() {
        let mut values = place();
        values.extend([
            ("red", Value::Text("3-5".to_owned())),
            ("green", Value::Text("7-9".to_owned())),
            ("rgb", Value::Bool(true)),
            ("region", Value::Text("point 7".to_owned())),
        ]);
        grows_and_keeps(("/entry/xrf", "spectra", "swmr"), &values);
    }
}
