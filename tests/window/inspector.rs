//! Sections of the inspector: they fold, by mouse and by keys, and stay as people left them.

use super::*;

/// A diffraction frame.
fn stage_with_frame() -> Stage {
    let mut stage = Stage::without_gpu(With::Nothing);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calibrants/lab6.h5");
    stage.open(&format!("{}::/entry/data/data", text_of(&file)), "image");
    stage.until("the frame", |stage| stage.says("mean ± σ"));
    stage
}

/// Whether a section is told to be open.
fn is_open(stage: &Stage, title: &str) -> bool {
    let role = Role::DisclosureTriangle;
    let node = stage.harness.get_by_role_and_label(role, title);
    node.accesskit_node().data().is_expanded() == Some(true)
}

fn press(stage: &mut Stage, title: &str) {
    let role = Role::DisclosureTriangle;
    stage
        .harness
        .get_by_role_and_label(role, title)
        .click_accesskit();
    stage.harness.step();
    stage.harness.step();
}

#[test]
fn what_people_need_first_is_open_and_tools_open_when_they_are_in_use() {
    let mut stage = stage_with_frame();
    for title in ["Display", "Frame", "Geometry", "Integrate", "Regions"] {
        assert!(is_open(&stage, title), "{title}");
    }
    for title in [
        "Calibrate",
        "Frames as one",
        "Mask",
        "Place",
        "Why this plot",
    ] {
        assert!(!is_open(&stage, title), "{title}");
    }
    let mut state = stage.active_state();
    let steps = vec![Value::Text("add circle 60 60 5".to_owned())];
    state.set("mask", Value::List(steps));
    let shared = stage.state();
    let id = shared.active.expect("a view");
    let slot = shared.views.get_mut(&id).expect("the view");
    slot.view.set_state(&state);
    stage.until("the mask", |stage| stage.says("invert"));
    assert!(is_open(&stage, "Mask"), "something is painted");
    assert_eq!(
        stage.state().settings.folds(),
        hutch_viewers::widgets::Folds::default(),
        "nobody chose anything"
    );
}

#[test]
fn a_section_folds_by_mouse_and_keys_and_stays_so() {
    let mut stage = stage_with_frame();
    let words = "Choose the calibrant as rings, above.";
    assert!(!stage.says(words));
    press(&mut stage, "Calibrate");
    assert!(stage.says(words) && is_open(&stage, "Calibrate"));
    assert!(stage.says("invert the colours"));
    let role = Role::DisclosureTriangle;
    let heading = stage.harness.get_by_role_and_label(role, "Display");
    heading.focus();
    stage.harness.step();
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(!stage.says("invert the colours") && !is_open(&stage, "Display"));

    let path = Folders::below(stage.folder.path())
        .config
        .join("settings.toml");
    let kept = |path: &Path| Settings::load(path).unwrap_or_default();
    let has = |of: &std::collections::BTreeSet<String>, title: &str| of.contains(title);
    stage.until("the settings", |_| {
        let settings = kept(&path);
        has(&settings.open_sections, "Calibrate") && has(&settings.folded_sections, "Display")
    });
    // What is as it is at first needs no line in the settings.
    press(&mut stage, "Calibrate");
    press(&mut stage, "Display");
    stage.until("the settings", |_| {
        let settings = kept(&path);
        settings.open_sections.is_empty() && settings.folded_sections.is_empty()
    });
    assert!(!stage.says(words) && stage.says("invert the colours"));
}
