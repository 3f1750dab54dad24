//! Pictures and values that are saved from a view.

use std::process::Command;

use hutch::window::link::Link;

use super::*;

/// Types a path into the panel and saves.
fn save_as(stage: &mut Stage, path: &Path) {
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
            let jobs = stage.state().jobs.list();
            let last = jobs.last().map(|job| job.phase.clone());
            matches!(last, Some(hutch::jobs::JobPhase::Failed(_)))
        });
        assert_eq!(std::fs::read(&path).unwrap(), b"mine", "as it was");
    }
}
