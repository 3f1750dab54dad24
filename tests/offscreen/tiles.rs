//! Views in tiles: a second file is a tab, a split stands beside.
use std::path::Path;
use std::time::Duration;

use crate::window;
use hutch::window::state::{Pane, State};

const LIMIT: Duration = Duration::from_mins(1);

/// How many views stand in the tree of tiles, and how many are in sight.
fn tiles_of(state: &State) -> (usize, usize) {
    let ids: Vec<_> = state
        .views
        .keys()
        .filter_map(|id| state.tile_of(&Pane::View(*id)))
        .collect();
    let in_sight = state.tiles.active_tiles();
    let seen = ids.iter().filter(|id| in_sight.contains(id)).count();
    (ids.len(), seen)
}

mod gpu {
    use super::*;

    #[test]
    fn a_second_file_is_a_tab_and_a_split_stands_beside() {
        let home = tempfile::tempdir().unwrap();
        let Some(mut window) = window(home.path()) else {
            return;
        };
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let tooth = data.join("tooth.h5");
        let angles = format!(
            "{}::/entry/sample/rotation_angle",
            data.join("tomography/diamond_pin.nxs").display()
        );
        window.state.open_address(&tooth.display().to_string(), "");
        window
            .settle(LIMIT, |state| state.views.len() == 1)
            .unwrap();
        window.state.open_address(&angles, "");
        window
            .settle(LIMIT, |state| state.views.len() == 2)
            .unwrap();
        assert_eq!(tiles_of(&window.state), (2, 1), "two tabs, one in front");

        let left = window.state.active.unwrap();
        let subject = window.state.views[&left].view.subject().clone();
        window.state.show_subject(subject, "curve", None);
        window.state.place_beside(left);
        window
            .settle(LIMIT, |state| state.views.len() == 3)
            .unwrap();
        assert_eq!(tiles_of(&window.state), (3, 2), "the pair is in sight");

        for id in window.state.views.keys().copied().collect::<Vec<_>>() {
            window.state.close_view(id);
            window.pass();
        }
        assert!(
            window.state.tile_of(&Pane::Start).is_some(),
            "without a view there is a pane that says what to do"
        );
    }

    #[test]
    fn a_folder_of_one_series_opens_as_a_stack_and_any_other_is_listed() {
        let home = tempfile::tempdir().unwrap();
        let Some(mut window) = window(home.path()) else {
            return;
        };
        let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/images");
        let series = images.join("series").display().to_string();
        window.state.open_address(&series, "");
        window
            .settle(LIMIT, |state| state.views.len() == 1)
            .unwrap();
        let slot = window.state.views.values().next().unwrap();
        assert_eq!(slot.view.subject().shape()[0], 4, "all four images");

        let all = images.display().to_string();
        window.state.open_address(&all, "");
        window
            .settle(LIMIT, |state| state.file_list.is_some())
            .unwrap();
        assert_eq!(
            window.state.views.len(),
            1,
            "nothing is chosen for a person"
        );
    }
}
