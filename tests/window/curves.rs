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

/// From and to along an axis of the view that keys go to, where somebody chose it.
fn limits(stage: &mut Stage, along: &str) -> Option<[f64; 2]> {
    let ends = stage.active_state().values.get(along)?.items().to_vec();
    Some([ends.first()?.as_f64()?, ends.get(1)?.as_f64()?])
}

/// Turns the wheel over a place of the window.
fn turn_wheel(stage: &mut Stage, at: egui::Pos2, by: f32) {
    stage.harness.event(egui::Event::PointerMoved(at));
    stage.harness.step();
    stage.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, by),
        modifiers: Modifiers::NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
    });
    // The wheel turns on for some passes.
    for _ in 0..40 {
        stage.harness.step();
    }
}

/// A place in the middle of the first view.
const MIDDLE: egui::Pos2 = egui::pos2(620.0, 400.0);

#[test]
fn what_one_looks_at_of_curves_is_a_step_that_a_link_keeps() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("bliss.h5", "/1.1"), "");
    stage.until("the numbers are there", |stage| {
        stage.says("centre of mass")
    });
    stage.settle();
    assert_eq!(limits(&mut stage, "x limits"), None, "all of it");
    turn_wheel(&mut stage, MIDDLE, 120.0);
    let zoomed = limits(&mut stage, "x limits").expect("the wheel zooms");
    let [from, to] = zoomed;
    assert!(
        0.0 < from && from < to && to < 5.0,
        "th goes from 0 to 5: {zoomed:?}"
    );
    let high = limits(&mut stage, "y limits").expect("along both");

    let id = stage.state().active.unwrap();
    let slot = &stage.state().views[&id];
    let link = hutch::window::link::Link {
        address: slot.view.subject().origin.to_string(),
        state: slot.view.state(),
    };
    let link = link.to_string();
    stage.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(limits(&mut stage, "x limits"), None, "taken back");
    stage.open(&link, "");
    stage.settle();
    assert_eq!(limits(&mut stage, "x limits"), Some(zoomed), "bit for bit");
    assert_eq!(limits(&mut stage, "y limits"), Some(high));
    stage.press(Modifiers::NONE, Key::F);
    assert_eq!(limits(&mut stage, "x limits"), None, "all of it again");

    turn_wheel(&mut stage, MIDDLE, 120.0);
    assert!(limits(&mut stage, "x limits").is_some());
    stage.press(Modifiers::NONE, Key::CloseBracket);
    stage.until("the next scan is shown", |stage| {
        stage.says("loopscan 5 0.5")
    });
    assert_eq!(limits(&mut stage, "x limits"), None, "it has other places");
}

/// A file of three scans: numbers that differ much, other places, and more points.
fn unlike(stage: &Stage) -> String {
    let scan = |(number, from, scale, count): (u32, u32, u32, u32)| {
        let head = format!("#S {number} ascan th 0 1 {count} 1\n#N 2\n#L th  det\n");
        let rows = (0..count).map(|at| format!("{} {}\n", from + at, scale * (at % 7 + 1)));
        head + &rows.collect::<String>() + "\n"
    };
    let scans = [(1, 0, 1, 50), (2, 100, 1000, 50), (3, 0, 1, 60)].map(scan);
    let text = format!("#F unlike.spec\n\n{}", scans.concat());
    let path = stage.folder.path().join("unlike.spec");
    std::fs::write(&path, text).unwrap();
    text_of(&path)
}

#[test]
fn two_curves_in_one_place_have_the_same_axes_and_keep_what_they_draw() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let file = unlike(&stage);
    let mut views = Vec::new();
    for scan in [1, 2] {
        stage.open(&format!("{file}::/{scan}.1/measurement/det"), "curve");
        views.push(stage.state().active.unwrap());
    }
    let state = stage.state();
    state
        .views
        .get_mut(&views[0])
        .unwrap()
        .view
        .add(&format!("{file}::/3.1/measurement/det"));
    stage.settle();
    stage.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::B);
    stage.settle();
    assert_eq!(stage.state().comparisons.len(), 1, "they are compared");
    turn_wheel(&mut stage, egui::pos2(500.0, 400.0), 3.0);
    let shown = |stage: &mut Stage, of: usize, name: &str| {
        stage.state().active = Some(views[of]);
        limits(stage, name).unwrap_or_else(|| panic!("{name} of view {of}"))
    };
    let (one, other) = (
        shown(&mut stage, 0, "x limits"),
        shown(&mut stage, 1, "x limits"),
    );
    assert_eq!(Some(one), Some(other), "one axis");
    assert!(
        one[0] < 2.0 && one[1] > 147.0,
        "it reaches over both: {one:?}"
    );
    let high = shown(&mut stage, 0, "y limits");
    assert_eq!(Some(high), Some(shown(&mut stage, 1, "y limits")));
    assert!(high[0] < 100.0 && high[1] > 6900.0, "{high:?}");
    let drawn = |stage: &mut Stage, of: usize| {
        let state = stage.state().views[&views[of]].view.state();
        state.values["curves"].items().len()
    };
    assert_eq!(
        (drawn(&mut stage, 0), drawn(&mut stage, 1)),
        (2, 1),
        "each draws its own"
    );
}

/// The first two of those scans in one place.
fn compared() -> Stage {
    let mut stage = Stage::without_gpu(With::Nothing);
    let file = unlike(&stage);
    for scan in [1, 2] {
        stage.open(&format!("{file}::/{scan}.1/measurement/det"), "curve");
        stage.settle();
    }
    stage.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::B);
    stage.settle();
    stage
}

#[test]
fn a_place_of_two_curves_in_one_place_is_the_same_in_both() {
    let mut stage = compared();
    let compare = stage.state().comparisons[0].clone();
    let mut pointed = |line: f32, of: ViewId| {
        stage.state().comparisons[0].at = line;
        stage.harness.event(egui::Event::PointerMoved(MIDDLE));
        for _ in 0..6 {
            stage.harness.step();
        }
        match stage.state().views[&of].view.pointed() {
            Some(Pointed::Along(x)) => x,
            other => panic!("{other:?} under the pointer"),
        }
    };
    let (first, second) = (pointed(0.9, compare.first), pointed(0.1, compare.second));
    assert!((first - second).abs() < 1e-3, "{first} and {second}");
}

#[test]
fn a_difference_of_curves_that_lie_at_other_places_is_refused() {
    let mut stage = compared();
    stage
        .harness
        .get_by_label_contains("A \u{2212} B")
        .click_accesskit();
    stage.until("it is refused", |stage| {
        stage
            .notices()
            .iter()
            .any(|text| text.contains("do not lie at the same places"))
    });
}

#[test]
fn two_lines_of_one_stack_are_compared_line_by_line() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tooth.h5");
    let address = format!("{}::/exchange/data", text_of(&file));
    for line in [100, 140] {
        stage.open(&address, "curve");
        let id = stage.state().active.unwrap();
        let view = &mut stage.state().views.get_mut(&id).unwrap().view;
        view.on_timeline(hutch_viewers::TimelineAction::Show(line));
        stage.settle();
    }
    stage.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::B);
    stage.settle();
    let compare = stage.state().comparisons[0].clone();
    assert!(compare.is_of_one_stack, "lines of one stack");
    let line = |stage: &mut Stage, of| {
        let state = stage.state().views[&of].view.state();
        state.values["line"].as_integer().unwrap()
    };
    let shown = (
        line(&mut stage, compare.first),
        line(&mut stage, compare.second),
    );
    assert_eq!(shown, (100, 140), "each keeps its own");
    stage
        .harness
        .get_by_label_contains("A \u{2212} B")
        .click_accesskit();
    stage.until("the difference is there", |stage| {
        let compare = &stage.state().comparisons[0];
        let computed = compare.computed.map(|(_, view)| view);
        computed.is_some_and(|view| stage.state().views[&view].view.curves().is_some())
    });
    let (_, computed) = stage.state().comparisons[0].computed.unwrap();
    let numbers = |stage: &mut Stage, of| {
        let curves = stage.state().views[&of].view.curves().unwrap();
        curves.curves[0].numbers.y().to_vec()
    };
    let made = numbers(&mut stage, computed);
    let (one, other) = (
        numbers(&mut stage, compare.first),
        numbers(&mut stage, compare.second),
    );
    assert!(one != other, "the lines differ");
    for ((made, one), other) in made.iter().zip(&one).zip(&other) {
        assert_eq!(made.to_bits(), (one - other).to_bits());
    }
}

#[test]
fn three_colours_begin_with_the_elements_that_are_named() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let maps = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/maps/maps.h5");
    let address = format!("{}::/entry/xrf", text_of(&maps));
    stage.open(&address, "spectra");
    let bands = |stage: &mut Stage| {
        let state = stage.active_state();
        ["red", "green", "blue"].map(|name| state.text(name, "").to_owned())
    };
    let usual = bands(&mut stage);
    assert_eq!(usual[0], usual[1], "nobody chose yet");
    let mut named = stage.active_state();
    named.set("elements", "Fe Cu".into());
    let id = stage.state().active.unwrap();
    let view = &mut stage.state().views.get_mut(&id).unwrap().view;
    view.set_state(&named);
    stage.settle();
    stage.press(Modifiers::SHIFT, Key::M);
    let chosen = bands(&mut stage);
    assert!(
        chosen[0] != usual[0] && chosen[1] != usual[1] && chosen[0] != chosen[1],
        "each has its line: {chosen:?}"
    );
    assert_eq!(chosen[2], usual[2], "there is no third one");
    stage.press(Modifiers::SHIFT, Key::M);
    stage.press(Modifiers::SHIFT, Key::M);
    assert_eq!(bands(&mut stage), chosen, "what was chosen stays");
}
