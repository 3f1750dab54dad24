//! A geometry that a person gives to a view: it stays, and can be taken back.

use hutch::window::fields::FieldKind;

use super::*;

const GEOM: &str = "photon_energy = 12400\nclen = 0.1\nres = 5000\ncorner_x = -20\ncorner_y = 20\n\
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
