//! A geometry that a person gives to a view: it stays, and can be taken back.

use hutch::window::fields::FieldKind;
use hutch_model::Value;

use super::*;

pub(super) const GEOM: &str = "photon_energy = 12400\nclen = 0.1\nres = 5000\ncorner_x = -20\ncorner_y = 20\n\
    fs = x\nss = -y\na/min_fs = 0\na/max_fs = 39\na/min_ss = 0\na/max_ss = 29\n\
    bad_rows/panel = a\nbad_rows/min_ss = 3\nbad_rows/max_ss = 4\n";

/// Three frames of 30 x 40 counts.
fn npy(path: &Path) {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let header = "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 30, 40), }";
    bytes.extend(118u16.to_le_bytes());
    bytes.extend(format!("{header:<117}\n").bytes());
    for index in 0..3600u16 {
        bytes.extend((index % 100).to_le_bytes());
    }
    std::fs::write(path, bytes).unwrap();
}

/// Whether the active view knows where its pixels are, and which of them are bad.
fn knows(stage: &mut Stage) -> [bool; 2] {
    let state = stage.state();
    let id = state.active.expect("a view");
    let signal = state.views[&id]
        .view
        .subject()
        .signal
        .as_ref()
        .expect("frames");
    [signal.geometry.is_some(), signal.mask.is_some()]
}

#[test]
fn a_geometry_that_was_given_stays_when_the_file_grows() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let frames = stage.folder.path().join("frames.npy");
    let geom = stage.folder.path().join("detector.geom");
    npy(&frames);
    std::fs::write(&geom, GEOM).unwrap();
    stage.open(&text_of(&frames), "");
    assert_eq!(knows(&mut stage), [false; 2], "the file says nothing");
    let id = stage.state().active.expect("a view");
    let fresh = stage.state().views[&id].view.subject().clone();
    stage.state().open_address(&text_of(&geom), "");
    stage.until("the geometry", |stage| knows(stage) == [true; 2]);
    stage.settle();
    let slot = stage.state().views.get_mut(&id).expect("the view");
    slot.replace_subject(fresh);
    assert_eq!(
        knows(&mut stage),
        [true; 2],
        "newer data of the same detector"
    );
    stage.state().undo();
    assert_eq!(knows(&mut stage), [false; 2], "taken back");
    stage.state().redo();
    stage.until("the geometry again", |stage| knows(stage) == [true; 2]);
}

/// The corrected value of a pixel of the frame that the active view shows; `None` where there is no frame yet.
fn shown(stage: &mut Stage) -> Option<f64> {
    let state = stage.state();
    let id = state.active?;
    Some(state.views[&id].view.frame()?.samples.get_f64(7))
}

#[test]
fn a_dark_and_a_flat_field_stay_when_the_file_grows_and_can_be_taken_back() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let frames = stage.folder.path().join("frames.npy");
    npy(&frames);
    stage.open(&text_of(&frames), "");
    stage.until("a frame", |stage| shown(stage) == Some(7.0));
    let id = stage.state().active.expect("a view");
    let fresh = stage.state().views[&id].view.subject().clone();
    let address = fresh.data().expect("frames").origin().to_string();
    stage.state().use_field(id, FieldKind::Dark, &address);
    // The mean of the three frames: 7, and 1207 and 2407 modulo 100.
    stage.until("the dark field", |stage| shown(stage) == Some(0.0));
    stage.settle();
    let slot = stage.state().views.get_mut(&id).expect("the view");
    slot.replace_subject(fresh);
    stage.until("newer data", |stage| shown(stage) == Some(0.0));
    stage.state().use_field(id, FieldKind::Flat, &address);
    stage.until("no value, as the flat is the dark", |stage| {
        shown(stage).is_some_and(f64::is_nan)
    });
    stage.settle();
    stage.state().undo();
    stage.until("the frames as they are stored", |stage| {
        shown(stage) == Some(7.0)
    });
    let state = stage.state().views[&id].state();
    assert!(
        !state.values.contains_key("dark field"),
        "nothing is left of it"
    );
    stage.state().redo();
    stage.until("both again", |stage| shown(stage).is_some_and(f64::is_nan));
    stage.settle();
    stage.state().undo();
    stage.until("and back once more: what came was no step", |stage| {
        shown(stage) == Some(7.0)
    });
}

/// The same detector as two panels of 15 rows, the lower half of the data above the upper one.
const SWAPPED: &str = "photon_energy = 12400\nclen = 0.1\nres = 5000\ncorner_x = -20\nfs = x\nss = -y\n\
    min_fs = 0\nmax_fs = 39\na/min_ss = 0\na/max_ss = 14\na/corner_y = -2\nb/min_ss = 15\nb/max_ss = 29\n\
    b/corner_y = 17\n";

/// The frames, and a geometry that was given to them.
fn with_geometry(text: &str) -> Stage {
    let mut stage = Stage::without_gpu(With::Nothing);
    let frames = stage.folder.path().join("frames.npy");
    let geom = stage.folder.path().join("detector.geom");
    npy(&frames);
    std::fs::write(&geom, text).unwrap();
    stage.open(&text_of(&frames), "");
    stage.state().open_address(&text_of(&geom), "");
    stage
}

fn is_assembled(stage: &mut Stage) -> Option<bool> {
    match stage.active_state().values.get("assembled") {
        Some(Value::Bool(is_on)) => Some(*is_on),
        _ => None,
    }
}

#[test]
fn panels_that_lie_elsewhere_are_assembled_and_a_key_shows_them_as_stored() {
    let mut stage = with_geometry(SWAPPED);
    stage.until("the geometry", |stage| knows(stage)[0]);
    stage.settle();
    assert_eq!(is_assembled(&mut stage), Some(true), "by itself");
    // What follows within a moment is one step with what was before.
    std::thread::sleep(Duration::from_millis(800));
    stage.press(Modifiers::NONE, Key::A);
    stage.settle();
    assert_eq!(is_assembled(&mut stage), Some(false), "as it is stored");
    stage.state().undo();
    stage.settle();
    assert_eq!(is_assembled(&mut stage), Some(true), "undone");
    stage.state().redo();
    stage.settle();
    assert_eq!(is_assembled(&mut stage), Some(false), "and again");
    let state = stage.active_state();
    stage.press(Modifiers::NONE, Key::A);
    stage.settle();
    let shared = stage.state();
    let id = shared.active.expect("a view");
    let view = &mut shared.views.get_mut(&id).expect("the view").view;
    view.set_state(&state);
    assert_eq!(
        view.state().values.get("assembled"),
        state.values.get("assembled"),
        "a link, a session and a linked view bring it back"
    );
}

#[test]
fn panels_that_lie_as_they_are_stored_are_shown_so() {
    let stored = SWAPPED
        .replace("a/corner_y = -2", "a/corner_y = 17")
        .replace("b/corner_y = 17", "b/corner_y = 2");
    let mut stage = with_geometry(&stored);
    stage.until("the geometry", |stage| knows(stage)[0]);
    stage.settle();
    assert_eq!(
        is_assembled(&mut stage),
        Some(false),
        "nothing would change"
    );
}

#[test]
fn a_geometry_with_faults_is_used_as_far_as_it_goes_and_they_are_told() {
    let text = SWAPPED
        .replace("clen", "colour = blue\nclen")
        .replace("b/corner_y", "b/corner_u");
    let mut stage = with_geometry(&text);
    stage.until("the geometry", |stage| knows(stage)[0]);
    stage.settle();
    let told = stage.notices().join("\n");
    assert!(told.contains("colour") && told.contains("line 2"), "{told}");
    assert!(told.contains("\"b\" has no corner"), "{told}");
    let state = stage.state();
    let id = state.active.expect("a view");
    let signal = state.views[&id].view.subject().signal.clone();
    let panels = signal.and_then(|signal| signal.geometry.clone());
    assert_eq!(
        panels.map(|of| of.panels.len()),
        Some(1),
        "the panel that can be placed"
    );
    assert_eq!(is_assembled(&mut stage), None, "one panel");
    stage.press(Modifiers::NONE, Key::A);
    stage.settle();
    assert_eq!(is_assembled(&mut stage), None, "still the stored frame");
}

#[test]
fn a_file_that_is_no_geometry_is_told_and_the_frames_stay() {
    for text in [
        "",
        "this is no geometry\n",
        "photon_energy = 9000\nclen = 1\n",
        "\u{0}\u{1}\u{2}",
    ] {
        let mut stage = with_geometry(text);
        stage.until("a notice", |stage| !stage.notices().is_empty());
        stage.settle();
        let told = stage.notices().join("\n");
        assert!(told.contains("detector.geom"), "{text:?}: {told}");
        assert_eq!(knows(&mut stage), [false; 2], "{text:?}");
        assert_eq!(stage.active_state().kind, "image", "the frames are shown");
        // A good one can follow.
        let geom = stage.folder.path().join("good.geom");
        std::fs::write(&geom, SWAPPED).unwrap();
        stage.state().open_address(&text_of(&geom), "");
        stage.until("the geometry", |stage| knows(stage)[0]);
    }
}

#[test]
fn a_geometry_that_is_named_beside_its_frames_waits_for_them() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let frames = stage.folder.path().join("frames.npy");
    let geom = stage.folder.path().join("detector.geom");
    npy(&frames);
    std::fs::write(&geom, GEOM).unwrap();
    let state = stage.state();
    state.open_address(&text_of(&frames), "");
    state.open_address(&text_of(&geom), "");
    stage.until("both", |stage| {
        stage.state().active.is_some() && knows(stage) == [true; 2]
    });
    assert_eq!(stage.notices(), Vec::<String>::new(), "nothing to say");
}

#[test]
fn rings_of_a_calibrant_are_found_by_a_command() {
    let Some(mut stage) = Stage::with_gpu(With::Nothing) else {
        return;
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calibrants/agbehenate.h5");
    stage.open(&text_of(&file), "image");
    stage.until("a frame", |stage| shown(stage).is_some());
    let id = stage.state().active.expect("a view");
    let mut choose = |rings: &str| {
        let slot = stage.state().views.get_mut(&id).expect("the view");
        let mut state = slot.view.state();
        state.set("rings", rings.into());
        slot.view.set_state(&state);
        slot.view.on_command(hutch_viewers::ViewCommand::FindRings)
    };
    assert!(!choose("off"), "there are no rings to look for");
    assert!(choose("AgBehenate"), "rings of a calibrant");
    let distance = |stage: &mut Stage| -> Option<f64> {
        stage.active_state().values["calibration"]
            .items()
            .first()?
            .as_f64()
    };
    stage.until("a detector", |stage| distance(stage).is_some());
    stage.settle();
    // Where pyFAI's generator has it: 300 mm, and 4 mm more as the file says.
    let found = distance(&mut stage).expect("a distance");
    assert!((found - 0.3).abs() < 5e-4, "{found} m");
    let signal = stage.state().views[&id].view.subject().signal.clone();
    let geometry = signal
        .and_then(|signal| signal.geometry)
        .expect("where it is");
    let centre = geometry.beam_centre().expect("a beam");
    // As its `getFit2D` says; the file is off by more than a pixel.
    for (found, expected) in centre.iter().zip([86.663, 74.997]) {
        assert!(
            (found - expected).abs() < 0.05,
            "{found} px, not {expected}"
        );
    }
}
