//! Every view, over the data of the demonstration and over odd ones.

use super::*;

/// Subjects at the edges of what files hold.
fn odd_subjects() -> Vec<Subject> {
    let text = Samples::Text(vec!["a word\nand another".to_owned()]);
    let container = MemoryContainer::new("odd")
        .group("/group", &[("NX_class", Value::from("NXdata"))])
        .dataset("/scalar", &[], Samples::F64(vec![f64::NAN]), &[])
        .and_then(|file| file.dataset("/empty", &[0], Samples::F32(Vec::new()), &[]))
        .and_then(|file| file.dataset("/no_frames", &[0, 4, 4], Samples::U16(Vec::new()), &[]))
        .and_then(|file| file.dataset("/one", &[1], Samples::U8(vec![7]), &[]))
        .and_then(|file| file.dataset("/pixel", &[1, 1], Samples::I32(vec![-1]), &[]))
        .and_then(|file| file.dataset("/voxel", &[1, 1, 1], Samples::U16(vec![9]), &[]))
        .and_then(|file| {
            let values = vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0];
            file.dataset("/odd_values", &[2, 2], Samples::F32(values), &[])
        })
        .and_then(|file| file.dataset("/many_axes", &[1; 6], Samples::U8(vec![0]), &[]))
        .and_then(|file| {
            let ramp = (0..16_u32.pow(3)).map(|index| (index % 251) as f32);
            file.dataset("/volume", &[16; 3], Samples::F32(ramp.collect()), &[])
        })
        .and_then(|file| file.dataset("/text", &[], text, &[]))
        .expect("a file in memory");
    let container: Arc<dyn Container> = Arc::new(container);
    let file = OpenedFile {
        container: Arc::clone(&container),
        scan: None,
        scan_problem: None,
        default: None,
        why: String::new(),
        unreadable: None,
        remarks: Vec::new(),
        way: "memory".to_owned(),
    };
    let pools = Pools::start().unwrap();
    let paths = [
        "/",
        "/group",
        "/scalar",
        "/empty",
        "/no_frames",
        "/one",
        "/pixel",
        "/voxel",
        "/odd_values",
        "/many_axes",
        "/volume",
        "/text",
    ];
    let cancel = Cancel::new();
    paths
        .iter()
        .map(|path| pools.wait(subject(&file, Some(path), &cancel)).expect(path))
        .collect()
}

/// Tests that draw.
mod gpu {
    use super::*;

    /// A window on the small scan of the demonstration.
    fn scan(kind: &str, path: &str) -> Option<Stage> {
        let mut stage = Stage::with_gpu(With::Nothing)?;
        let address = format!("{}{path}", text_of(&stage.demo.scan));
        stage.open(&address, kind);
        Some(stage)
    }

    const FRAMES: &str = "::/entry/instrument/detector/data";

    #[test]
    fn a_scan_at_the_facility_opens_with_a_slice() {
        let Some(mut stage) = Stage::with_gpu(With::SignedIn) else {
            return;
        };
        stage.open("demo:/demo/tomography/diamond_pin.nxs", "");
        assert_eq!(stage.active_state().kind, "tomography", "the best view");
        // The slice is reconstructed after its bytes are here.
        let started = Instant::now();
        loop {
            stage.settle();
            let place = slice_place(&stage);
            let picture = stage.harness.render().expect("a picture");
            if greys(&picture, place) > 16 {
                break;
            }
            assert!(
                started.elapsed() < LIMIT,
                "the slice is one colour: {} greys in {place:?}",
                greys(&picture, place)
            );
        }
        stage.harness.check_accessibility();
        assert!(stage.notices().is_empty(), "nothing went wrong");
    }

    /// Where the slice is drawn: the pane with that title.
    fn slice_place(stage: &Stage) -> egui::Rect {
        let title = stage
            .harness
            .query_all_by_label_contains("Slice")
            .map(|node| node.rect())
            .find(|rect| rect.left() > 200.0 && rect.top() > 40.0)
            .expect("a pane of the slice");
        egui::Rect::from_min_size(
            egui::pos2(title.left(), title.bottom() + 16.0),
            egui::vec2(240.0, 200.0),
        )
    }

    #[test]
    fn typing_never_triggers_shortcuts() {
        let Some(mut stage) = scan("image", FRAMES) else {
            return;
        };
        let before = stage.active_state();
        stage.press(Modifiers::COMMAND, Key::K);
        assert!(stage.state().palette.is_open, "the palette is open");
        for (key, text) in [
            (Key::F, "f"),
            (Key::L, "l"),
            (Key::Num1, "1"),
            (Key::Space, " "),
            (Key::Period, "."),
        ] {
            stage.harness.key_down(key);
            stage.harness.event(egui::Event::Text(text.to_owned()));
            stage.harness.key_up(key);
            stage.harness.step();
        }
        assert_eq!(stage.active_state(), before, "the view is left alone");
        assert!(!stage.state().playback.playing, "nothing plays");
        stage.press(Modifiers::NONE, Key::Escape);
        assert!(!stage.state().palette.is_open, "the palette is closed");
        stage.press(Modifiers::NONE, Key::L);
        let after = stage.active_state();
        assert_eq!(before.text("norm", ""), "linear", "as it opens");
        assert_eq!(after.text("norm", ""), "log", "L outside a field");
    }

    #[test]
    fn a_change_can_be_taken_back_and_done_again() {
        let Some(mut stage) = scan("image", FRAMES) else {
            return;
        };
        let before = stage.active_state();
        stage.press(Modifiers::NONE, Key::L);
        stage.settle();
        let after = stage.active_state();
        assert_ne!(before, after, "the norm has changed");
        stage.press(Modifiers::COMMAND, Key::Z);
        assert_eq!(stage.active_state(), before, "undo");
        stage.settle();
        stage.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
        assert_eq!(stage.active_state(), after, "redo");
    }

    #[test]
    fn every_view_stands_every_theme_and_a_small_window() {
        let Some(mut stage) = Stage::with_gpu(With::Nothing) else {
            return;
        };
        let file = text_of(&stage.demo.scan);
        let maps = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/maps/maps.h5").to_owned();
        let colours = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/images/tiff_rgb.tif"
        )
        .to_owned();
        let nodes = [
            ("tomography", ""),
            ("image", FRAMES),
            ("curve", "::/entry/sample/rotation_angle"),
            ("table", FRAMES),
            ("hex", FRAMES),
            ("text", "::/entry/sample/name"),
            ("attributes", "::/entry/instrument/detector"),
            ("map", "::/entry/snake"),
            ("spectra", "::/entry/xrf"),
            ("colour", ""),
        ];
        // A volume is drawn in the test of odd data, a stream has tests of its own;
        // frames of a scan are neither.
        assert_eq!(nodes.len() + 2, registry::KINDS.len(), "every other kind");
        for (kind, path) in nodes {
            stage.state().notices.clear();
            let views: Vec<_> = stage.state().views.keys().copied().collect();
            for view in views {
                stage.state().close_view(view);
            }
            // A scan of a volume has no map and no colours.
            let file = match kind {
                "map" | "spectra" => &maps,
                "colour" => &colours,
                _ => &file,
            };
            stage.open(&format!("{file}{path}"), kind);
            assert_eq!(stage.active_state().kind, kind, "{path} as {kind}");
            for theme in [
                ThemeChoice::Dark,
                ThemeChoice::Light,
                ThemeChoice::HighContrast,
            ] {
                for size in [SIZE, [800.0, 600.0], [480.0, 320.0]] {
                    stage.state().settings.theme = theme;
                    let context = stage.harness.ctx.clone();
                    hutch::window::apply_theme(&context, stage.state());
                    stage.harness.set_size(size.into());
                    for _ in 0..4 {
                        stage.harness.step();
                    }
                    stage.harness.check_accessibility();
                    let picture = stage.harness.render().expect("a picture");
                    let all = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
                    assert!(
                        !is_one_colour(&picture, all),
                        "{kind}, {theme:?}, {size:?}: something is seen"
                    );
                }
            }
            stage.harness.set_size(SIZE.into());
        }
    }

    #[test]
    fn every_view_stands_odd_data() {
        let Some(mut stage) = Stage::with_gpu(With::Nothing) else {
            return;
        };
        let mut seen = std::collections::BTreeSet::new();
        for subject in odd_subjects() {
            let kinds = registry::fitting(&subject);
            assert!(!kinds.is_empty(), "{} can be seen", subject.node.path);
            for kind in kinds {
                seen.insert(kind.name());
                let replaces = stage.state().active;
                stage
                    .state()
                    .show_subject(subject.clone(), kind.name(), replaces);
                stage.settle();
                assert_eq!(
                    stage.active_state().kind,
                    kind.name(),
                    "{} as {}",
                    subject.node.path,
                    kind.name()
                );
                stage.press(Modifiers::NONE, Key::L);
                stage.press(Modifiers::NONE, Key::F);
                stage.press(Modifiers::NONE, Key::End);
                stage.press(Modifiers::NONE, Key::Period);
                stage.settle();
                stage.harness.check_accessibility();
                stage.harness.render().expect("a picture");
            }
        }
        assert!(seen.contains("volume"), "a volume is among them: {seen:?}");
    }
}
