//! Plots of NeXus files: where views begin, what they say of the file, and odd data.

use super::*;

fn address(file: &str, path: &str) -> String {
    let file = format!("tests/data/nexus/{file}.h5");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    format!("{}::{path}", text_of(&file))
}

fn active_path(stage: &mut Stage) -> String {
    let state = stage.state();
    let id = state.active.expect("a view that keys go to");
    state.views[&id].view.subject().node.path.clone()
}

impl Stage {
    fn timeline(&mut self) -> hutch_viewers::Timeline {
        let state = self.state();
        let id = state.active.expect("a view that keys go to");
        state.views[&id].view.timeline().expect("it has frames")
    }
}

#[test]
fn the_inspector_says_why_and_leads_to_what_is_wrong() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("faults", "/entry/axes"), "image");
    assert!(stage.says("Why this plot"), "the section");
    assert!(stage.says("names \"data\""), "the rule");
    assert!(stage.says("SILX_style is not JSON"), "what is wrong");
    stage
        .harness
        .get_by_role_and_label(Role::Link, "/entry/axes/y")
        .click_accesskit();
    stage.until("the axis is shown", |stage| {
        active_path(stage) == "/entry/axes/y"
    });
}

#[test]
fn views_begin_where_the_file_says() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("features", "/entry/choice"), "curve");
    let state = stage.active_state();
    assert_eq!(state.values["line"], Value::Integer(1), "default_slice");
    let place = stage.timeline().label;
    assert_eq!(place, "angle 20.0 deg", "the place along the slow axis");
    stage.open(&address("features", "/entry/stack"), "image");
    let state = stage.active_state();
    assert_eq!(state.values["frame"], Value::Integer(2), "by its name");
    stage.open(&address("features", "/entry/process/curve"), "");
    let state = stage.active_state();
    assert_eq!(state.kind, "curve", "seven counts");
    assert!(
        state.flag("log x", false) && state.flag("log y", false),
        "the scales of silx"
    );
}

#[test]
fn a_curve_says_its_numbers_as_plotted_and_its_further_signals() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("features", "/entry/process/curve"), "curve");
    stage.until("the numbers are there", |stage| stage.says("smallest"));
    assert!(stage.says("counts seen"), "the signal");
    assert!(stage.says("sum of all"), "the further signal");
    assert!(stage.says("masked"), "two of seven points");
}

#[test]
fn odd_data_are_shown_as_far_as_they_go() {
    let mut stage = Stage::without_gpu(With::Nothing);
    for name in [
        "axes",
        "named_nothing",
        "nan",
        "empty",
        "number",
        "deep",
        "words",
    ] {
        stage.open(&address("faults", &format!("/entry/{name}")), "");
        assert_eq!(active_path(&mut stage), format!("/entry/{name}"));
        for kind in ["image", "curve", "table"] {
            stage.open(&address("faults", &format!("/entry/{name}")), kind);
        }
    }
    assert_eq!(stage.notices(), Vec::<String>::new(), "nothing failed");
    stage.open(&address("circle", "/"), "");
    assert!(stage.says("circle"), "said in the inspector");
}
