//! Curves and scans in the window: many of them, what is computed, and the next scan.

use super::*;

fn address(file: &str, path: &str) -> String {
    let file = format!("tests/data/beamline/{file}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    format!("{}::{path}", text_of(&file))
}

#[test]
fn a_scan_opens_as_a_counter_against_its_motor_and_the_next_one_follows() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("bliss.h5", "/1.1"), "");
    assert_eq!(stage.active_state().kind, "curve", "a scan is curves");
    stage.until("the numbers are there", |stage| {
        stage.says("centre of mass")
    });
    assert!(stage.says("Counters and motors"), "the list");
    assert!(stage.says("ascan th 0 5 20 0.5"), "the command");
    assert!(
        stage.says("its first counter that varies"),
        "why it is this one"
    );
    stage
        .harness
        .get_by_role_and_label(Role::CheckBox, "Draw mon")
        .click_accesskit();
    stage.until("it is drawn", |stage| {
        let curves = stage.active_state().values["curves"].clone();
        curves.to_string().contains("column mon")
    });
    stage.press(Modifiers::NONE, Key::CloseBracket);
    stage.until("the next scan is shown", |stage| {
        stage.says("loopscan 5 0.5")
    });
    let curves = stage.active_state().values["curves"].clone();
    assert!(
        curves.to_string().contains("column mon"),
        "the choice stays"
    );
}

#[test]
fn a_curve_of_another_file_stands_beside() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("bliss.h5", "/1.1/measurement/det"), "curve");
    let other = address("scans.spec", "/1.1/measurement/det");
    let state = stage.state();
    let id = state.active.expect("a view that keys go to");
    let view = &mut state.views.get_mut(&id).expect("it is there").view;
    assert!(view.can_add() && view.add(&other), "curves take others");
    stage.until("it is named in the list", |stage| {
        stage.says("det, scans.spec")
    });
    assert_eq!(stage.notices(), Vec::<String>::new(), "nothing failed");
}

/// How many points the view that keys go to has.
fn points(stage: &mut Stage) -> u64 {
    let state = stage.state();
    let id = state.active.expect("a view that keys go to");
    let shape = state.views[&id].view.subject().shape();
    shape.last().copied().unwrap_or(0)
}

/// Copies of one scan under other numbers, in a folder of their own.
fn numbered(stage: &Stage) -> PathBuf {
    let of = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/beamline/scan_00056.fio");
    let text = std::fs::read_to_string(of).unwrap();
    let folder = stage.folder.path().join("scans");
    std::fs::create_dir(&folder).unwrap();
    for number in [56, 57, 60] {
        let text = text.replace("5 0.1", &format!("5 0.{number}"));
        std::fs::write(folder.join(format!("scan_{number:05}.fio")), text).unwrap();
    }
    std::fs::write(folder.join("notes.txt"), "none of them").unwrap();
    folder
}

#[test]
fn brackets_go_from_one_fio_file_to_the_next_of_the_folder() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let folder = numbered(&stage);
    stage.open(&text_of(&folder.join("scan_00056.fio")), "");
    stage.until("its command", |stage| stage.says("0.56"));
    for number in ["0.57", "0.60"] {
        stage.press(Modifiers::NONE, Key::CloseBracket);
        stage.until(number, |stage| stage.says(number));
    }
    assert_eq!(
        stage.state().files.len(),
        1,
        "files that nothing shows are closed"
    );
    stage.press(Modifiers::NONE, Key::CloseBracket);
    stage.until("the end is told", |stage| !stage.notices().is_empty());
    assert!(
        stage.notices()[0].contains("last scan"),
        "{:?}",
        stage.notices()
    );
    stage.press(Modifiers::NONE, Key::OpenBracket);
    stage.until("back again", |stage| stage.says("0.57"));
}

#[test]
fn a_text_scan_that_grows_shows_its_new_points_and_keeps_the_choice() {
    use std::io::Write as _;

    let mut stage = Stage::without_gpu(With::Nothing);
    let file = numbered(&stage).join("scan_00057.fio");
    stage.open(&text_of(&file), "");
    stage.until("six points", |stage| points(stage) == 6);
    stage.press(Modifiers::NONE, Key::L);
    let id = stage.state().active.expect("a view");
    let slot = stage.state().views.get_mut(&id).expect("it");
    slot.view
        .on_timeline(hutch_viewers::TimelineAction::Follow(true));
    let mut text = std::fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .unwrap();
    writeln!(text, " 1.5 2.5 6\n 1.75 4.5 7").unwrap();
    drop(text);
    stage.until("eight points", |stage| points(stage) == 8);
    assert_eq!(
        stage.active_state().values["log y"],
        Value::Bool(true),
        "choices stay"
    );
    assert_eq!(
        stage.active_state().values["follow"],
        Value::Bool(true),
        "and it goes on"
    );
    assert_eq!(stage.notices(), Vec::<String>::new());
}

/// A scan of BLISS to which points are added, both columns at a time.
const GROWING: &str = r#"
import sys, h5py, numpy as np
path, count = sys.argv[1], int(sys.argv[2])
with h5py.File(path, "a", libver="latest", locking=False) as f:
    if count == 5:
        scan = f.create_group("1.1")
        scan.attrs["NX_class"] = "NXentry"
        scan["title"] = "ascan th 0 9 9 0.1"
        m = scan.create_group("measurement")
        m.attrs["NX_class"] = "NXcollection"
        for name in ["th", "det"]:
            m.create_dataset(name, (0,), "f8", maxshape=(None,), chunks=(16,))
    for name in ["th", "det"]:
        data = f["1.1/measurement/" + name]
        data.resize(count, 0)
        data[:] = np.arange(count) ** (1 if name == "th" else 2)
"#;

#[test]
fn a_scan_of_bliss_that_grows_is_followed() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let Some(python) = hutch_testservers::python_with("h5py") else {
        return;
    };
    let file = stage.folder.path().join("growing.h5");
    let write = |count: &str| {
        let mut command = std::process::Command::new(&python);
        let output = command
            .args(["-c", GROWING])
            .arg(&file)
            .arg(count)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    write("5");
    stage.open(&format!("{}::/1.1", text_of(&file)), "");
    stage.until("five points", |stage| points(stage) == 5);
    stage.harness.get_by_label("follow newest").click();
    stage.harness.step();
    write("9");
    stage.until("nine points", |stage| points(stage) == 9);
    assert_eq!(stage.notices(), Vec::<String>::new());
}

#[test]
fn a_file_of_scans_opens_as_its_newest_one() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let whole = address("bliss.h5", "");
    stage.open(whole.trim_end_matches("::"), "");
    assert_eq!(stage.active_state().kind, "curve", "counters, no images");
    stage.until("the newest scan is shown", |stage| {
        stage.says("a2scan tth 0 10 th 0 5 20 0.5")
    });
}

#[test]
fn a_next_scan_without_the_detector_shows_its_own_plot_and_says_so() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("bliss.h5", "/1.1/measurement/eiger"), "image");
    stage.press(Modifiers::NONE, Key::CloseBracket);
    stage.until("the next scan is shown", |stage| {
        stage.active_state().kind == "curve" && stage.says("loopscan 5 0.5")
    });
    let notices = stage.notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(
        notices[0].contains("no \"/2.1/measurement/eiger\""),
        "{notices:?}"
    );
    let errors = stage
        .state()
        .notices
        .iter()
        .any(|line| line.error.is_some());
    assert!(!errors, "it is no error");
}
