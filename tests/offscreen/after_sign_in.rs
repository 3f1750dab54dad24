//! What waits for a sign-in goes on, and no password stays behind.
use std::path::Path;
use std::time::Duration;

use crate::window_with_demo;
use hutch::window::state::State;
use hutch::window::{layout, session};
use hutch_model::{ErrorKind, Secret};

const LIMIT: Duration = Duration::from_mins(1);

mod gpu {
    use super::*;

    #[test]
    fn a_file_that_waited_for_a_sign_in_opens_after_it() {
        let home = tempfile::tempdir().unwrap();
        let Some(mut window) = window_with_demo(home.path()) else {
            return;
        };
        window
            .state
            .open_address("demo:/demo/tomography/tooth.h5", "");
        window
            .settle(LIMIT, |state| !state.notices.is_empty())
            .unwrap();
        let kind = window.state.notices[0]
            .error
            .as_ref()
            .map(|error| error.kind);
        assert_eq!(
            kind,
            Some(ErrorKind::SignIn),
            "the server asks who is there"
        );

        let (_, catalogue) = window.state.sites.catalogue("demo").unwrap();
        let fields = [
            ("username".to_owned(), Secret::new("alice")),
            ("password".to_owned(), Secret::new("secret")),
        ];
        window
            .state
            .pools
            .wait(catalogue.sign_in("db", &fields))
            .unwrap();
        window.state.go_on_after_sign_in();
        window
            .settle(LIMIT, |state| !state.views.is_empty())
            .unwrap();
        assert!(window.state.notices.is_empty(), "the notice is gone");
    }

    #[test]
    fn a_password_in_an_address_is_in_no_file_of_the_session() {
        let home = tempfile::tempdir().unwrap();
        let Some(mut window) = window_with_demo(home.path()) else {
            return;
        };
        let root = window.state.sites.demo().unwrap().dav_url();
        let address = format!(
            "{}demo/tomography/tooth.h5",
            root.replace("http://", "http://alice:secret@")
        );
        window.state.open_address(&address, "");
        window
            .settle(LIMIT, |state| !state.views.is_empty())
            .unwrap();
        session::save(&window.state);
        let folder = &window.state.folders.state;
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                seen += 1;
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                assert!(!text.contains("alice:"), "no login in {}", path.display());
            }
        }
        assert!(seen > 0, "the session was written");
        assert!(
            window
                .state
                .recent
                .iter()
                .all(|recent| !recent.contains('@')),
            "no login among the recent files"
        );
    }

    #[test]
    fn the_views_of_the_last_session_open_again_with_their_states() {
        let home = tempfile::tempdir().unwrap();
        let Some(mut first) = window_with_demo(home.path()) else {
            return;
        };
        let tooth = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tooth.h5");
        let address = format!("{}::/exchange/data", tooth.display());
        first.state.open_address(&address, "image");
        first
            .settle(LIMIT, |state| !state.views.is_empty())
            .unwrap();
        let slot = first.state.views.values_mut().next().unwrap();
        let mut wanted = slot.view.state();
        wanted.set("norm", "log".into());
        wanted.set("frame", hutch_model::Value::Integer(17));
        slot.view.set_state(&wanted);
        session::save(&first.state);
        drop(first);

        let Some(mut second) = window_with_demo(home.path()) else {
            return;
        };
        session::restore(&mut second.state, true);
        second
            .settle(LIMIT, |state| !state.views.is_empty())
            .unwrap();
        let found = second.state.views.values().next().unwrap().view.state();
        assert_eq!(found.kind, "image", "the same kind of view");
        assert_eq!(found.text("norm", ""), "log", "the same norm");
        assert_eq!(
            found.values.get("frame"),
            Some(&hutch_model::Value::Integer(17)),
            "the same frame"
        );
    }

    #[test]
    fn views_of_the_last_session_stand_where_they_stood() {
        let home = tempfile::tempdir().unwrap();
        let Some(mut first) = window_with_demo(home.path()) else {
            return;
        };
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let addresses = [
            "tooth.h5::/exchange/data",
            "calibrants/lab6.h5",
            "calibrants/agbehenate.h5",
        ];
        for (count, address) in (1..).zip(addresses) {
            let address = data.join(address).display().to_string();
            first.state.open_address(&address, "image");
            first
                .settle(LIMIT, |state| state.views.len() == count)
                .unwrap();
        }
        let ids: Vec<_> = first.state.views.keys().copied().collect();
        first.state.active = Some(ids[2]);
        first.state.place_beside(ids[0]);
        first.pass();
        session::save(&first.state);
        let stood = layout::of(&first.state, &ids).unwrap();
        drop(first);

        let Some(mut second) = window_with_demo(home.path()) else {
            return;
        };
        session::restore(&mut second.state, true);
        second
            .settle(LIMIT, |state| {
                state.views.len() == 3 && state.opening.is_empty()
            })
            .unwrap();
        let names = |state: &State| -> Vec<String> {
            let views = state.views.values();
            views
                .map(|slot| slot.view.subject().origin.file_name().to_owned())
                .collect()
        };
        // They may come in any order: by their names they stand as before.
        let order: Vec<_> = ["tooth.h5", "lab6.h5", "agbehenate.h5"]
            .iter()
            .map(|name| {
                let at = names(&second.state).iter().position(|found| found == name);
                *second.state.views.keys().nth(at.unwrap()).unwrap()
            })
            .collect();
        assert_eq!(layout::of(&second.state, &order), Some(stood));
    }
}
