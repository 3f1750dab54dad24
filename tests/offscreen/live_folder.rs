//! Following the newest file of a folder in the window.

use std::path::Path;
use std::time::Duration;

use crate::window;
use hutch::window::live::follow;
use hutch::window::offscreen::Offscreen;
use hutch::window::state::State;
use hutch_hdf5::ScalarKind;
use hutch_hdf5::write::{DatasetSpec, Storage, Writer};
use hutch_model::{Value, ViewState};
use hutch_viewers::TimelineAction;

const LIMIT: Duration = Duration::from_mins(1);

/// A stack of four frames whose counts are all `level`.
fn write_stack(path: &Path, level: u16) {
    let counts: Vec<u8> = std::iter::repeat_n(level.to_le_bytes(), 4 * 8 * 8)
        .flatten()
        .collect();
    let mut writer = Writer::new();
    let spec = DatasetSpec {
        shape: vec![4, 8, 8],
        kind: ScalarKind::U16,
        storage: Storage::Data(counts),
    };
    writer.dataset("/data", spec).unwrap();
    let bytes = writer.plan().unwrap().to_bytes().unwrap();
    let part = path.with_extension("part");
    std::fs::write(&part, bytes).unwrap();
    std::fs::rename(part, path).unwrap();
}

/// An EDF image of 64 by 64 pixels whose rows are all the same.
fn edf_ramp(value: impl Fn(u16) -> u16) -> Vec<u8> {
    let header = "{\nByteOrder = LowByteFirst ;\nDataType = UnsignedShort ;\n\
                  Dim_1 = 64 ;\nDim_2 = 64 ;\nSize = 8192 ;\n";
    let mut file = format!("{header:<510}}}\n").into_bytes();
    file.extend((0..64 * 64).flat_map(|index| value(index % 64).to_le_bytes()));
    file
}

/// A row of pixels through the lower part of the image, where no chip lies.
fn drawn(window: &mut Offscreen) -> Vec<[u8; 4]> {
    for _ in 0..10 {
        window.pass();
        std::thread::sleep(Duration::from_millis(20));
    }
    let (width, height, pixels) = window.picture().unwrap();
    let (width, row) = (width as usize, height as usize * 6 / 10);
    let row = &pixels[row * width * 4..(row + 1) * width * 4];
    let mut colours: Vec<[u8; 4]> = row.as_chunks::<4>().0.to_vec();
    colours.dedup();
    colours
}

fn shown(state: &State) -> Option<(String, ViewState)> {
    let slot = state.views.values().next()?;
    let name = slot.view.subject().origin.file_name().to_owned();
    Some((name, slot.view.state()))
}

fn is_shown(state: &State, name: &str) -> bool {
    shown(state).is_some_and(|(shown, _)| shown == name)
}

mod gpu {
    use super::*;

    #[test]
    fn following_keeps_the_display_and_pausing_keeps_the_place() {
        let home = tempfile::tempdir().unwrap();
        let scans = tempfile::tempdir().unwrap();
        write_stack(&scans.path().join("a.h5"), 100);
        let Some(mut window) = window(home.path()) else {
            return;
        };
        follow(&mut window.state, scans.path());
        window
            .settle(LIMIT, |state| is_shown(state, "a.h5"))
            .unwrap();
        let (_, mut state) = shown(&window.state).unwrap();
        assert_eq!(
            state.values.get("frame"),
            Some(&Value::Integer(3)),
            "the newest frame is shown"
        );
        state.set("norm", "log".into());
        state.set("zoom", Value::Float(7.0));
        let slot = window.state.views.values_mut().next().unwrap();
        slot.view.set_state(&state);

        std::thread::sleep(Duration::from_millis(20));
        write_stack(&scans.path().join("b.h5"), 200);
        window
            .settle(LIMIT, |state| is_shown(state, "b.h5"))
            .unwrap();
        let (_, kept) = shown(&window.state).unwrap();
        assert_eq!(kept.text("norm", ""), "log", "the norm is kept");
        assert!(
            (kept.number("zoom", 0.0) - 7.0).abs() < 1e-9,
            "the zoom is kept"
        );
        assert_eq!(window.state.views.len(), 1, "it is the same view");

        let slot = window.state.views.values_mut().next().unwrap();
        slot.view.on_timeline(TimelineAction::Show(1));
        std::thread::sleep(Duration::from_millis(20));
        write_stack(&scans.path().join("c.h5"), 300);
        for _ in 0..60 {
            window.pass();
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(is_shown(&window.state, "b.h5"), "paused: the place is kept");

        let slot = window.state.views.values_mut().next().unwrap();
        slot.view.on_timeline(TimelineAction::Follow(true));
        window
            .settle(LIMIT, |state| is_shown(state, "c.h5"))
            .unwrap();
        assert!(
            is_shown(&window.state, "c.h5"),
            "following again: the newest"
        );
    }

    #[test]
    fn half_an_image_leaves_what_was_drawn() {
        let home = tempfile::tempdir().unwrap();
        let scans = tempfile::tempdir().unwrap();
        std::fs::write(scans.path().join("a.edf"), edf_ramp(|x| x)).unwrap();
        let Some(mut window) = window(home.path()) else {
            return;
        };
        follow(&mut window.state, scans.path());
        window
            .settle(LIMIT, |state| is_shown(state, "a.edf"))
            .unwrap();
        let first = drawn(&mut window);
        assert!(first.len() > 10, "a ramp has many colours: {}", first.len());

        let second = edf_ramp(|x| 63 - x);
        std::thread::sleep(Duration::from_millis(20));
        std::fs::write(scans.path().join("b.edf"), &second[..second.len() / 2]).unwrap();
        window
            .settle(LIMIT, |state| is_shown(state, "b.edf"))
            .unwrap();
        assert!(drawn(&mut window) == first, "half of an image is not drawn");

        std::thread::sleep(Duration::from_millis(20));
        std::fs::write(scans.path().join("b.edf"), &second).unwrap();
        let until = std::time::Instant::now() + LIMIT;
        while drawn(&mut window) == first {
            assert!(std::time::Instant::now() < until, "the whole one is drawn");
        }
    }

    #[test]
    fn half_a_file_leaves_what_was_shown() {
        let home = tempfile::tempdir().unwrap();
        let scans = tempfile::tempdir().unwrap();
        write_stack(&scans.path().join("a.h5"), 100);
        let Some(mut window) = window(home.path()) else {
            return;
        };
        follow(&mut window.state, scans.path());
        window
            .settle(LIMIT, |state| is_shown(state, "a.h5"))
            .unwrap();
        std::thread::sleep(Duration::from_millis(20));
        let whole = std::fs::read(scans.path().join("a.h5")).unwrap();
        std::fs::write(scans.path().join("b.h5"), &whole[..120]).unwrap();
        for _ in 0..40 {
            window.pass();
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(is_shown(&window.state, "a.h5"), "the whole file stays");
        std::fs::write(scans.path().join("b.h5"), &whole).unwrap();
        window
            .settle(LIMIT, |state| is_shown(state, "b.h5"))
            .unwrap();
    }
}
