//! Pictures and values that are saved from a view.

use std::process::Command;

use hutch::window::link::Link;

use super::*;

/// Types a path into the panel and saves.
pub(super) fn save_as(stage: &mut Stage, path: &Path) {
    stage.harness.get_by_label("File").focus();
    stage.harness.step();
    stage
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::A);
    stage.harness.step();
    stage.type_into("File", &text_of(path));
    stage
        .harness
        .get_by_role_and_label(Role::Button, "Save")
        .click();
}

fn tooth() -> Option<Stage> {
    let mut stage = Stage::with_gpu(With::Nothing)?;
    stage.open(&text_of(&tooth_file()), "image");
    Some(stage)
}

/// Prints the files of curves as h5py and numpy read them, beside what numpy computes.
const PEER: &str = r#"
import sys, h5py, numpy as np
with h5py.File(sys.argv[1]) as f:
    group = f["entry"][f["entry"].attrs["default"]]
    x, y = group["x"][()], group["data"][()]
    note = f["entry/process_1/note"]
    print(group.attrs["signal"], group["x"].attrs["long_name"], len(x))
    print("derivative" in note["data"][()].decode(), note["description"][()].decode().startswith("hutch://"))
    with h5py.File(sys.argv[2]) as source:
        th, det = source["1.1/measurement/th"][()], source["1.1/measurement/det"][()]
    print(bool(np.array_equal(x, th)), bool(np.allclose(y, np.gradient(det, th), rtol=1e-12)))
    print(f["entry/curve_2/title"][()].decode()[:6], len(f["entry/curve_2/data"]) == len(x))
"#;

#[test]
fn curves_are_saved_as_they_are_plotted_with_their_fit() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/beamline/bliss.h5");
    stage.open(
        &format!("{}::/1.1/measurement/det", text_of(&file)),
        "curve",
    );
    stage.until("the numbers are there", |stage| {
        stage.says("centre of mass")
    });
    stage.press(Modifiers::NONE, Key::D);
    stage.press(Modifiers::NONE, Key::G);
    stage.until("both are computed", |stage| {
        let state = stage.state();
        let id = state.active.expect("a view");
        let curves = state.views[&id].view.curves();
        curves.is_some_and(|plotted| plotted.curves.len() == 2)
    });
    let folder = stage.folder.path().to_owned();
    for name in ["curves.csv", "curves.h5", "curves.pdf"] {
        let path = folder.join(name);
        stage.press(Modifiers::COMMAND, Key::S);
        stage
            .harness
            .get_by_role_and_label(Role::RadioButton, "curves as plotted")
            .click();
        stage.harness.step();
        save_as(&mut stage, &path);
        if name.ends_with("pdf") {
            stage.until("why not", |stage| stage.says("end the name in .csv"));
        } else {
            stage.until("the file is there", |_| path.exists());
        }
    }
    let text = std::fs::read_to_string(folder.join("curves.csv")).unwrap();
    assert!(
        text.starts_with("# Hutch ") && text.contains("\n# hutch://"),
        "{text}"
    );
    assert!(
        text.contains("derivative") && text.contains("# fit of "),
        "{text}"
    );
    let Some(python) = hutch_testservers::python_with("h5py") else {
        return;
    };
    let mut command = Command::new(python);
    let output = command
        .args(["-c", PEER])
        .arg(folder.join("curves.h5"))
        .arg(&file)
        .output()
        .unwrap();
    let (said, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let lines: Vec<&str> = said.lines().collect();
    assert!(output.status.success(), "{errors}");
    assert!(lines[0].starts_with("data th"), "{said}");
    assert_eq!(
        lines[1..],
        ["True True", "True True", "fit of True"],
        "{errors}"
    );
}

mod gpu {
    use super::*;

    #[test]
    fn a_saved_picture_says_how_to_see_it_again() {
        let Some(mut stage) = tooth() else {
            return;
        };
        let path = stage.folder.path().join("tooth.png");
        stage.press(Modifiers::COMMAND, Key::S);
        save_as(&mut stage, &path);
        stage.until("the picture is there", |_| path.exists());
        let provenance = hutch::picture::provenance_of(&path).unwrap();
        assert!(provenance.source.contains("tooth.h5::"), "{provenance:?}");
        let link = Link::parse(&provenance.link).unwrap();
        assert_eq!(link.state.kind, "image");
        let picture = image::open(&path).unwrap().to_rgba8();
        assert!(picture.width() > 300, "the view, not the window");
        let all = egui::Rect::EVERYTHING;
        assert!(!is_one_colour(&picture, all), "something is drawn");
    }

    #[test]
    fn saved_values_are_those_of_the_frame_that_is_shown() {
        let Some(mut stage) = tooth() else {
            return;
        };
        stage.press(Modifiers::NONE, Key::ArrowRight);
        stage.settle();
        let path = stage.folder.path().join("frame.npy");
        stage.press(Modifiers::COMMAND, Key::S);
        stage.harness.get_by_label("values shown").click();
        stage.harness.step();
        save_as(&mut stage, &path);
        stage.until("the file is there", |_| path.exists());
        let wanted = stage.folder.path().join("wanted.npy");
        let slot = stage.state().views.values().next().unwrap();
        let dataset = slot.view.subject().data().unwrap().origin().to_string();
        let run = Command::new(env!("CARGO_BIN_EXE_hutch"))
            .args(["cat", &format!("{dataset}[1]"), "--npy", "-o"])
            .arg(&wanted)
            .output()
            .unwrap();
        assert!(run.status.success(), "{run:?}");
        assert_eq!(
            std::fs::read(&path).unwrap(),
            std::fs::read(&wanted).unwrap(),
            "the second frame, byte for byte"
        );
        // A file that exists is left alone.
        stage.press(Modifiers::COMMAND, Key::S);
        stage.harness.get_by_label("values shown").click();
        stage.harness.step();
        std::fs::write(&path, b"mine").unwrap();
        save_as(&mut stage, &path);
        stage.until("it is told", |stage| {
            stage.says("the file exists; name another one")
        });
        assert_eq!(std::fs::read(&path).unwrap(), b"mine", "as it was");
    }
}

#[test]
fn a_name_that_cannot_be_made_is_told_while_the_panel_is_open() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/beamline/bliss.h5");
    stage.open(
        &format!("{}::/1.1/measurement/det", text_of(&file)),
        "curve",
    );
    let folder = stage.folder.path().to_owned();
    let taken = folder.join("taken.png");
    std::fs::write(&taken, "mine").unwrap();
    for (path, words) in [
        (taken.clone(), "the file exists; name another one"),
        (folder.join("nowhere/a.png"), "make it first"),
    ] {
        stage.press(Modifiers::COMMAND, Key::S);
        stage.until("the panel", |stage| stage.says("Save"));
        save_as(&mut stage, &path);
        stage.until("why not", |stage| stage.says(words));
        stage.press(Modifiers::NONE, Key::Escape);
    }
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "mine", "kept");
    assert!(!folder.join("nowhere").exists(), "no folder was made");
}
