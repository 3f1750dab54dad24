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
    stage
        .harness
        .get_by_role_and_label(Role::CheckBox, "Draw det")
        .click_accesskit();
    stage.until("it is drawn", |stage| {
        let curves = stage.active_state().values["curves"].clone();
        curves.to_string().contains("column det")
    });
    stage.press(Modifiers::NONE, Key::CloseBracket);
    stage.until("the next scan is shown", |stage| {
        stage.says("loopscan 5 0.5")
    });
    let curves = stage.active_state().values["curves"].clone();
    assert!(
        curves.to_string().contains("column det"),
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
