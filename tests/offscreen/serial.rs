//! A stream of `CrystFEL` in the window: its table, and the frame behind a row.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::window;
use hutch::window::offscreen::Offscreen;
use hutch::window::state::State;
use hutch_model::{ErrorKind, Value};
use hutch_viewers::stream_table::StreamTable;
use hutch_viewers::{Action, Actor, Pointed, TimelineAction, ViewId};

const LIMIT: Duration = Duration::from_mins(1);

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/serial")
}

/// Opens a stream and waits for its table.
fn opened(home: &Path, stream: &Path) -> Option<(Offscreen, ViewId)> {
    let mut window = window(home)?;
    window.state.open_address(&stream.display().to_string(), "");
    window
        .settle(LIMIT, |state| !state.views.is_empty())
        .unwrap();
    let table = *window.state.views.keys().next().unwrap();
    let kind = window.state.views[&table].view.state().kind;
    assert_eq!(kind, "stream", "the table is what people see first");
    Some((window, table))
}

fn ask(state: &mut State, table: ViewId, row: u32) {
    let origin = state.views[&table].view.subject().origin.clone();
    state.carry_out(Actor::Person, Action::OpenFound { origin, row });
}

/// A stream, and beside it the frame of row 4. Frames 0 to 5 have 0, 1, 0, 2, 0, 1 crystals: it is the second crystal of frame 3.
fn with_a_row(home: &Path) -> Option<(Offscreen, ViewId)> {
    let (mut window, table) = opened(home, &data().join("quad.stream"))?;
    ask(&mut window.state, table, 4);
    window
        .settle(LIMIT, |state| state.views.len() == 2)
        .unwrap();
    Some((window, table))
}

fn fault(state: &mut State, table: ViewId) -> Option<(ErrorKind, String)> {
    let view = state.views.get_mut(&table)?.view.as_any_mut();
    let fault = view.downcast_mut::<StreamTable>()?.fault()?;
    Some((fault.kind, fault.why.clone()))
}

fn shown_rows(state: &mut State, table: ViewId) -> usize {
    let slot = state.views.get_mut(&table);
    let view = slot.and_then(|slot| slot.view.as_any_mut().downcast_mut::<StreamTable>());
    view.map_or(0, |view| view.shown_rows())
}

/// The frame that is shown beside the table, its number and the row of the run that it is.
fn beside(state: &State, table: ViewId) -> Option<(String, i128, Option<u32>, usize)> {
    let (_, slot) = state.views.iter().find(|(id, _)| **id != table)?;
    let subject = slot.view.subject();
    let signal = subject.signal.as_ref()?;
    let frame = slot
        .view
        .state()
        .values
        .get("frame")
        .and_then(Value::as_integer)?;
    let found = signal.found.as_ref()?;
    let row = found.rows.get(&u64::try_from(frame).ok()?).copied();
    let panels = signal.geometry.as_ref().map_or(0, |of| of.panels.len());
    Some((subject.origin.file_name().to_owned(), frame, row, panels))
}

mod gpu {
    use super::*;

    #[test]
    fn a_row_of_a_stream_shows_its_frame_with_the_geometry_of_the_stream() {
        let home = tempfile::tempdir().unwrap();
        let Some((mut window, table)) = with_a_row(home.path()) else {
            return;
        };
        assert_eq!(
            beside(&window.state, table),
            Some(("run00.cxi".to_owned(), 3, Some(3), 4)),
            "the first row of the frame, four panels"
        );
        // Row 7 begins the second file.
        ask(&mut window.state, table, 7);
        let is_there =
            |state: &mut State| beside(state, table).is_some_and(|(file, ..)| file == "run01.cxi");
        window.settle(LIMIT, is_there).unwrap();
        assert_eq!(
            beside(&window.state, table).unwrap().1,
            0,
            "its first frame"
        );
        assert_eq!(window.state.views.len(), 2, "in the same pane");
    }

    #[test]
    fn a_pixel_of_assembled_panels_is_told_where_it_lies_in_the_laboratory() {
        let home = tempfile::tempdir().unwrap();
        let Some((mut window, table)) = with_a_row(home.path()) else {
            return;
        };
        let frame = *window.state.views.keys().find(|id| **id != table).unwrap();
        let assembled = window.state.views[&frame].view.state();
        assert_eq!(assembled.values.get("assembled"), Some(&Value::Bool(true)));
        // The stored pixel under many places of the window, and where the geometry has it.
        let mut found = Vec::new();
        for (x, y) in (0..40).flat_map(|x| (0..30).map(move |y| (x, y))) {
            let place = egui::pos2(450.0 + 14.0 * x as f32, 80.0 + 20.0 * y as f32);
            window.send(egui::Event::PointerMoved(place));
            window.pass();
            window.pass();
            if let Some(Pointed::Pixel(pixel)) = window.state.views[&frame].view.pointed() {
                found.push((place, pixel, laboratory(pixel)));
            }
        }
        assert!(found.len() > 60, "{} places", found.len());
        for panel in 0..4 {
            let on_it = found.iter().filter(|(_, [_, y], _)| y / 32 == panel);
            assert!(on_it.count() > 8, "panel {panel} is seen");
        }
        // One scale for all: +x to the right, +y up.
        let (left, right) = (found[0], found[found.len() - 1]);
        let scale = f64::from(right.0.x - left.0.x) / (right.2[0] - left.2[0]);
        assert!(scale > 1.0, "{scale} points for a pixel");
        for (place, pixel, [x, y]) in &found {
            let across = f64::from(place.x - left.0.x) / scale - (x - left.2[0]);
            let down = f64::from(place.y - left.0.y) / scale + (y - left.2[1]);
            assert!(
                across.abs() < 1.3 && down.abs() < 1.3,
                "{pixel:?} under {place:?} is {across}, {down} px beside its place"
            );
        }
    }

    /// Where `make.py` puts the middle of a stored pixel, in pixels from the beam.
    fn laboratory([x, y]: [i64; 2]) -> [f64; 2] {
        const CORNERS: [[f64; 2]; 4] = [[-50.5, 34.0], [2.5, 34.25], [-50.25, -2.0], [2.0, -1.75]];
        let panel = usize::try_from(y / 32).unwrap();
        let turn = 0.002 * (panel as f64 - 1.5);
        let (fs, ss) = (x as f64 + 0.5, (y % 32) as f64 + 0.5);
        let [corner_x, corner_y] = CORNERS[panel];
        [corner_x + fs + turn * ss, corner_y + turn * fs - ss]
    }

    #[test]
    fn the_next_hit_of_a_stream_is_a_key_away() {
        let home = tempfile::tempdir().unwrap();
        let Some((mut window, table)) = opened(home.path(), &data().join("quad.stream")) else {
            return;
        };
        // The order of the rows comes from the pool.
        window
            .settle(LIMIT, |state| shown_rows(state, table) == 14)
            .unwrap();
        let mut shown = Vec::new();
        for is_forward in [true, true, true, false] {
            let before = beside(&window.state, table);
            window.state.step_hit(is_forward);
            window
                .settle(LIMIT, |state| beside(state, table) != before)
                .unwrap();
            shown.push(beside(&window.state, table).unwrap().1);
        }
        assert_eq!(shown, [1, 3, 5, 3], "frames 1, 3 and 5 are hits");
    }

    #[test]
    fn a_stream_whose_frames_are_gone_says_where_it_looked_and_takes_another_folder() {
        let home = tempfile::tempdir().unwrap();
        let stream = home.path().join("alone/quad.stream");
        std::fs::create_dir_all(stream.parent().unwrap()).unwrap();
        std::fs::copy(data().join("quad.stream"), &stream).unwrap();
        let Some((mut window, table)) = opened(home.path(), &stream) else {
            return;
        };
        ask(&mut window.state, table, 1);
        window
            .settle(LIMIT, |state| fault(state, table).is_some())
            .unwrap();
        let found = fault(&mut window.state, table);
        let (kind, why) = found.expect("the table says why");
        assert_eq!(kind, ErrorKind::NotFound);
        assert!(why.contains("alone/run00.cxi"), "{why}");

        let origin = window.state.views[&table].view.subject().origin.clone();
        let folder = Some(data().display().to_string());
        let action = Action::FramesAreIn {
            origin,
            row: 1,
            folder,
        };
        window.state.carry_out(Actor::Person, action);
        window
            .settle(LIMIT, |state| state.views.len() == 2)
            .unwrap();
        assert_eq!(beside(&window.state, table).unwrap().0, "run00.cxi");
        assert_eq!(
            fault(&mut window.state, table),
            None,
            "nothing is wrong now"
        );
        assert_eq!(window.state.settings.moved_folders.len(), 1, "remembered");
    }

    #[test]
    fn a_stream_that_was_cut_off_shows_what_is_there_and_says_so() {
        let home = tempfile::tempdir().unwrap();
        let text = std::fs::read(data().join("quad.stream")).unwrap();
        let stream = home.path().join("cut.stream");
        std::fs::write(&stream, &text[..text.len() - 700]).unwrap();
        let Some((window, table)) = opened(home.path(), &stream) else {
            return;
        };
        let container = window.state.views[&table].view.subject().container.clone();
        let run = container.and_then(|of| of.serial()).unwrap();
        assert_eq!(run.counts().frames, 11, "the last frame is not whole");
        let problems = run.problems();
        assert!(
            problems.iter().any(|of| of.contains("ends inside")),
            "{problems:?}"
        );
    }

    #[test]
    fn a_stream_that_is_followed_shows_each_whole_chunk_as_it_comes() {
        let home = tempfile::tempdir().unwrap();
        let whole = std::fs::read_to_string(data().join("quad.stream")).unwrap();
        let ends: Vec<usize> = whole
            .match_indices("----- End chunk -----\n")
            .map(|(at, text)| at + text.len())
            .collect();
        let path = home.path().join("live.stream");
        // Two chunks, and a part of the third.
        let mut written = ends[1] + 40;
        std::fs::write(&path, &whole[..written]).unwrap();
        let Some((mut window, table)) = opened(home.path(), &path) else {
            return;
        };
        let rows_of = |end: usize| hutch_formats::stream::read_index(&whole.as_bytes()[..end]).rows;
        let shows = |window: &mut Offscreen, rows: usize| {
            let arrived = |state: &mut State| shown_rows(state, table) == rows;
            window.settle(LIMIT, arrived).unwrap();
        };
        shows(&mut window, rows_of(ends[1]).len());
        let slot = window.state.views.get_mut(&table).unwrap();
        slot.view.on_timeline(TimelineAction::Follow(true));
        for end in [ends[2] + 100, ends[3], whole.len()] {
            let mut file = std::fs::File::options().append(true).open(&path).unwrap();
            file.write_all(&whole.as_bytes()[written..end]).unwrap();
            drop(file);
            written = end;
            shows(&mut window, rows_of(end).len());
        }
        let slot = &window.state.views[&table];
        let label = slot.view.timeline().unwrap().label;
        assert!(label.starts_with("newest: run"), "{label}");
        assert!(window.state.notices.is_empty(), "nothing went wrong");
    }
}
