//! The commands of the window, by their keys.

use hutch::window::panels::Side;

use super::*;

fn tooth() -> Option<Stage> {
    let file = tooth_file();
    let mut stage = Stage::with_gpu(With::Nothing)?;
    stage.open(&text_of(&file), "image");
    Some(stage)
}

mod gpu {
    use super::*;

    #[test]
    fn a_link_opens_the_very_view_that_it_was_copied_from() {
        let Some(mut stage) = tooth() else {
            return;
        };
        stage.press(Modifiers::NONE, Key::ArrowRight);
        stage.press(Modifiers::NONE, Key::L);
        stage.press(Modifiers::COMMAND, Key::D);
        let before = stage.active_state();
        assert_eq!(before.text("norm", ""), "log", "as it was set");
        let kept = stage.state().bookmarks.clone();
        assert_eq!(kept.len(), 1, "one bookmark");
        stage.press(Modifiers::COMMAND, Key::W);
        assert!(stage.state().views.is_empty(), "nothing is shown");
        stage.state().open_address(&kept[0].link, "");
        stage.until("the view is back", |stage| !stage.state().views.is_empty());
        let after = stage.active_state();
        assert_eq!(after.values, before.values, "frame, norm and all");
        // The same key forgets it again.
        stage.press(Modifiers::COMMAND, Key::D);
        assert!(stage.state().bookmarks.is_empty(), "forgotten");
    }

    #[test]
    fn linked_views_move_together_until_they_are_apart() {
        let Some(mut stage) = tooth() else {
            return;
        };
        stage.press(Modifiers::COMMAND, Key::Backslash);
        assert_eq!(stage.state().views.len(), 2, "the same once more");
        stage.press(Modifiers::COMMAND, Key::L);
        stage.press(Modifiers::NONE, Key::ArrowRight);
        stage.settle();
        let frames = |stage: &mut Stage| -> Vec<f64> {
            let views = stage.state().views.values();
            views
                .map(|slot| slot.view.state().number("frame", -1.0))
                .collect()
        };
        assert_eq!(frames(&mut stage), [1.0, 1.0], "both went on");
        stage.press(Modifiers::COMMAND, Key::Z);
        assert_eq!(frames(&mut stage), [0.0, 0.0], "both went back");
        stage.press(Modifiers::COMMAND, Key::L);
        stage.press(Modifiers::NONE, Key::ArrowRight);
        let mut apart = frames(&mut stage);
        apart.sort_by(f64::total_cmp);
        assert_eq!(apart, [0.0, 1.0], "one of them stayed");
    }

    #[test]
    fn the_pixel_under_the_pointer_is_told_in_every_linked_view() {
        let Some(mut stage) = tooth() else {
            return;
        };
        stage.press(Modifiers::COMMAND, Key::Backslash);
        stage.press(Modifiers::COMMAND, Key::L);
        stage.settle();
        let pane = |stage: &mut Stage| {
            let state = stage.state();
            let id = *state.views.keys().next().unwrap();
            let tile = state
                .tile_of(&hutch::window::state::Pane::View(id))
                .unwrap();
            state.tiles.tiles.rect(tile).unwrap()
        };
        let middle = pane(&mut stage).center();
        let readouts = |stage: &mut Stage| {
            stage.settle();
            stage.harness.query_all_by_label_contains(" raw ").count()
        };
        stage.harness.hover_at(middle);
        assert_eq!(readouts(&mut stage), 2, "here, and in the other one");
        stage.press(Modifiers::COMMAND, Key::L);
        assert_eq!(readouts(&mut stage), 1, "apart");
    }

    #[test]
    fn two_views_are_compared_in_one_place() {
        let Some(mut stage) = tooth() else {
            return;
        };
        stage.press(Modifiers::COMMAND, Key::Backslash);
        stage.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::B);
        stage.settle();
        assert!(stage.says("How to compare"), "the choice of modes is there");
        assert!(stage.says("Line between the two views"), "and the line");
        let minus = "A \u{2212} B";
        stage.harness.get_by_label(minus).click();
        stage.until("the difference is there", |stage| {
            stage.state().views.len() == 3 && !stage.state().residency.is_loading()
        });
        let computed = stage.state().views.values().next_back().unwrap();
        let data = computed.view.subject().data().unwrap();
        assert_eq!(data.info().layout, "computed");
        let shown = computed.view.state();
        assert_eq!(shown.text("range mode", ""), "symmetric", "about zero");
        assert_eq!(
            shown.text("colour map", ""),
            "vik",
            "with a colour for each side"
        );
        // The frame goes along with the views that it is made of.
        stage.press(Modifiers::NONE, Key::ArrowRight);
        stage.settle();
        let computed = stage.state().views.values().next_back().unwrap();
        assert!((computed.view.state().number("frame", -1.0) - 1.0).abs() < 1e-9);
        // From the difference to the ratio, keys and the inspector go along.
        stage.harness.get_by_label("A \u{f7} B").click();
        stage.until("the ratio is there", |stage| {
            let active = stage.state().active;
            active.is_some_and(|id| {
                let slot = stage.state().views.get(&id);
                slot.is_some_and(|slot| slot.view.title().name.contains('\u{f7}'))
            })
        });
        stage.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::B);
        assert_eq!(stage.state().views.len(), 2, "both stand by themselves");
        let apart = hutch::window::linked::Links::Apart;
        assert_eq!(stage.state().links, apart, "as they were before");
        let ids: Vec<_> = stage.state().views.keys().copied().collect();
        for id in ids {
            let pane = hutch::window::state::Pane::View(id);
            assert!(stage.state().tile_of(&pane).is_some(), "{id:?} has a tile");
        }
        // Closing one of two that are compared leaves the other.
        stage.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::B);
        stage.press(Modifiers::COMMAND, Key::W);
        assert_eq!(stage.state().views.len(), 1, "one is left");
        assert!(stage.state().comparisons.is_empty(), "nothing is compared");
    }

    #[test]
    fn two_frames_of_one_stack_are_compared_and_the_second_stays() {
        let Some(mut stage) = tooth() else {
            return;
        };
        stage.press(Modifiers::COMMAND, Key::Backslash);
        stage.settle();
        let frames = |stage: &mut Stage| -> Vec<f64> {
            let views = stage.state().views.values();
            views
                .map(|slot| slot.view.state().number("frame", -1.0))
                .collect()
        };
        let ids: Vec<_> = stage.state().views.keys().copied().collect();
        stage.state().active = Some(ids[1]);
        for _ in 0..3 {
            stage.press(Modifiers::NONE, Key::ArrowRight);
        }
        stage.settle();
        assert_eq!(frames(&mut stage), [0.0, 3.0]);
        stage.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::B);
        stage.settle();
        assert_eq!(frames(&mut stage), [0.0, 3.0], "each keeps its own");
        stage.harness.get_by_label("A \u{2212} B").click();
        stage.until("the difference is there", |stage| {
            stage.state().views.len() == 3 && !stage.state().residency.is_loading()
        });
        stage.press(Modifiers::NONE, Key::ArrowRight);
        stage.settle();
        assert_eq!(
            frames(&mut stage),
            [1.0, 3.0, 1.0],
            "the first goes through the stack"
        );
        let computed = stage.state().views.values().next_back().unwrap();
        let path = computed
            .view
            .subject()
            .data()
            .unwrap()
            .origin()
            .path
            .clone();
        assert!(path.ends_with("frame 3"), "{path}");
        stage.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::B);
        stage.settle();
        assert_eq!(frames(&mut stage), [1.0, 3.0], "and both are as they were");
    }

    #[test]
    fn a_name_is_found_in_groups_that_were_never_unfolded() {
        let Some(mut stage) = Stage::with_gpu(With::Nothing) else {
            return;
        };
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tomography");
        stage.open(&text_of(&file.join("diamond_pin.nxs")), "image");
        let is_listed = |stage: &Stage| stage.harness.query_by_label("probe").is_some();
        assert!(!is_listed(&stage), "its group is folded");
        stage.press(Modifiers::COMMAND, Key::F);
        stage.type_into("Find a name", "source probe");
        stage.until("it is found", |stage| is_listed(stage));
        assert!(stage.says("1 of "), "one of all names");
        stage.harness.get_by_label("probe").click();
        stage.until("it is shown", |stage| {
            let views = &stage.state().views;
            views
                .values()
                .any(|slot| slot.view.subject().node.path == "/entry/instrument/source/probe")
        });
    }
}

#[test]
fn the_list_of_keys_names_every_command_with_its_keys() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.press(Modifiers::NONE, Key::F1);
    for entry in hutch::window::commands::commands() {
        if !entry.keys.is_empty() {
            assert!(stage.says(entry.text), "{} is listed", entry.text);
        }
    }
    stage.press(Modifiers::COMMAND, Key::B);
    assert!(
        stage.state().panels.is_shown(Side::Sources),
        "keys go to the list alone"
    );
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(stage.state().over.is_none(), "Escape hides it");
}

#[test]
fn the_size_of_everything_is_set_by_keys_and_kept() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.press(Modifiers::COMMAND, Key::Plus);
    stage.press(Modifiers::COMMAND, Key::Plus);
    let scale = stage.state().settings.scale;
    assert!(
        (scale - 1.21).abs() < 1e-5,
        "twice larger by a tenth: {scale}"
    );
    let path = stage.folder.path().join("config/settings.toml");
    stage.until("it is written", |_| {
        Settings::load(&path).is_ok_and(|settings| (settings.scale - scale).abs() < 1e-6)
    });
    stage.press(Modifiers::COMMAND, Key::Num0);
    assert!(
        (stage.state().settings.scale - 1.0).abs() < 1e-6,
        "usual size"
    );
}

#[test]
fn commands_of_one_kind_of_view_work_by_key_and_are_told_elsewhere() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/beamline/bliss.h5");
    stage.open(
        &format!("{}::/1.1/measurement/det", text_of(&file)),
        "curve",
    );
    stage.press(Modifiers::SHIFT, Key::L);
    stage.press(Modifiers::SHIFT, Key::F);
    let state = stage.active_state();
    assert_eq!(state.values["log x"], Value::Bool(true), "the axis");
    assert_eq!(
        state.values["follow"],
        Value::Bool(true),
        "the file is followed"
    );
    stage.press(Modifiers::NONE, Key::D);
    let curves = stage.active_state().values["curves"].to_string();
    assert!(curves.contains("derivative"), "{curves}");
    stage.press(Modifiers::NONE, Key::D);
    let curves = stage.active_state().values["curves"].to_string();
    assert!(
        !curves.contains("derivative"),
        "the same key takes it back: {curves}"
    );
    assert!(stage.notices().is_empty(), "{:?}", stage.notices());
    stage.press(Modifiers::NONE, Key::I);
    assert!(
        stage.notices()[0].contains("\"Frame: pattern, cake, or neither\" did nothing"),
        "the command is named: {:?}",
        stage.notices()
    );
    assert!(
        stage.notices()[0].contains("for views of the kind \"Image\"; this one is \"Curve\""),
        "and why: {:?}",
        stage.notices()
    );
    stage.press(Modifiers::NONE, Key::I);
    assert_eq!(stage.notices().len(), 1, "the same words stand there once");
    stage.open(
        &format!("{}::/1.1/measurement/det", text_of(&file)),
        "table",
    );
    stage.press(Modifiers::NONE, Key::W);
    assert_eq!(stage.active_state().text("format", ""), "scientific");
    stage.open(&format!("{}::/1.1/measurement/det", text_of(&file)), "hex");
    stage.press(Modifiers::NONE, Key::B);
    assert_eq!(stage.active_state().text("order", ""), "big");
}

/// Types into the palette and takes the first line.
fn choose(stage: &mut Stage, text: &str) {
    stage.press(Modifiers::COMMAND, Key::K);
    stage.harness.event(egui::Event::Text(text.to_owned()));
    stage.harness.step();
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(!stage.state().palette.is_open, "\"{text}\" found something");
}

#[test]
fn what_people_call_a_command_finds_it_and_what_fits_the_view_comes_first() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/beamline/bliss.h5");
    let frames = format!("{}::/1.1/measurement/eiger", text_of(&file));
    stage.open(&frames, "image");
    choose(&mut stage, "log");
    assert_eq!(stage.active_state().text("norm", ""), "log", "of the frame");
    for (typed, key, value) in [
        ("sqrt", "norm", "sqrt"),
        ("percentile", "range mode", "percentile"),
        ("minimum", "range mode", "min-max"),
        ("inferno", "colour map", "inferno"),
        ("color map viridis", "colour map", "viridis"),
    ] {
        choose(&mut stage, typed);
        assert_eq!(stage.active_state().text(key, ""), value, "{typed}");
    }
    assert!(stage.notices().is_empty(), "{:?}", stage.notices());
    stage.press(Modifiers::COMMAND, Key::Z);
    let map = stage.active_state().text("colour map", "").to_owned();
    assert_eq!(map, "inferno", "the last one is taken back");
    choose(&mut stage, "treshold mask above");
    let mask = stage.active_state().values["mask"].to_string();
    assert!(mask.contains("above"), "{mask}");
    for (typed, told) in [
        ("integrate cake", "geometry is known"),
        ("find rings", "geometry of the detector"),
        ("roi line", "draw a region"),
    ] {
        stage.state().notices.clear();
        choose(&mut stage, typed);
        let notices = stage.notices();
        assert!(
            notices.iter().any(|text| text.contains(told)),
            "{typed}: {notices:?}"
        );
    }
    choose(&mut stage, "substract dark");
    stage.until("the frames are their own dark field", |stage| {
        let state = stage.state();
        let slot = state.active.and_then(|id| state.views.get(&id));
        slot.is_some_and(|slot| slot.state().values.keys().any(|key| key.contains("dark")))
    });
    choose(&mut stage, "export csv");
    assert!(stage.says("By the ending: .h5"), "the panel that saves");
}
