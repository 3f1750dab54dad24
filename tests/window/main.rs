//! The window as a person uses it: typing, pressing and looking, without a
//! display; nodes are found by the names that a screen reader reads.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of a test that fails, fails the test"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hutch::ask::Wake;
use hutch::open::{OpenedFile, subject};
use hutch::pools::Pools;
use hutch::settings::{Folders, Settings, ThemeChoice};
use hutch::sites::Sites;
use hutch::window::Window;
use hutch::window::device::Home;
use hutch::window::file_tree::FileTree;
use hutch::window::state::State;
use hutch_facility::data::{DemoFolder, make_demo_folder};
use hutch_facility::{Fault, FaultKind};
use hutch_formats::memory::MemoryContainer;
use hutch_model::{
    BoxFuture, Cancel, Child, Container, Dataset, Error, ErrorKind, Link, Node, NodeKind, Origin,
    Result, Samples, Secret, Validator, Value, ViewState,
};
use hutch_render::{AdapterWish, Gpu};
use hutch_testservers::skip;
use hutch_viewers::{Pointed, Priority, Resident as _, Subject, ViewId, registry};

mod commands;
mod curves;
mod documents;
mod geometry;
mod inspector;
mod nexus;
mod painted;
mod plots;
mod python;
mod regions;
mod saving;
mod views;
mod wide;

/// What anything may take on a busy machine without a GPU.
const LIMIT: Duration = Duration::from_secs(90);
const SIZE: [f32; 2] = [1280.0, 800.0];

/// A window with all that it stands on.
struct Stage {
    harness: Harness<'static, Window>,
    demo: DemoFolder,
    folder: tempfile::TempDir,
}

/// Which sites a window knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    /// No facility at all.
    Nothing,
    /// The embedded facility, with nobody signed in.
    Demo,
    /// The embedded facility, with somebody signed in.
    SignedIn,
}

fn state(folder: &Path, with: With) -> State {
    let folders = Folders::below(folder);
    let pools = Pools::start().unwrap();
    let sites = match with {
        With::Nothing => pools.wait(Sites::load(&folders)).unwrap(),
        With::Demo | With::SignedIn => pools.wait(Sites::with_demo(&folders)).unwrap(),
    };
    if with == With::SignedIn {
        let (_, catalogue) = sites.catalogue("demo").expect("the catalogue");
        let fields = [
            ("username".to_owned(), Secret::new("alice")),
            ("password".to_owned(), Secret::new("secret")),
        ];
        pools.wait(catalogue.sign_in("db", &fields)).unwrap();
    }
    State::new(folders, Settings::default(), sites, pools).unwrap()
}

impl Stage {
    /// A window that draws, or the record that nothing here can.
    fn with_gpu(with: With) -> Option<Self> {
        if let Err(error) = Gpu::headless(AdapterWish::Software) {
            skip("lavapipe", &error.to_string());
            return None;
        }
        Some(Self::build(with, true))
    }

    /// A window that is laid out and never drawn.
    fn without_gpu(with: With) -> Self {
        Self::build(with, false)
    }

    fn build(with: With, draws: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let demo = make_demo_folder(&folder.path().join("cache")).unwrap();
        let home = Home::with(state(folder.path(), with));
        let builder = Harness::builder().with_size(SIZE).with_step_dt(1.0 / 30.0);
        let builder = if draws { builder.wgpu() } else { builder };
        let harness = builder.build_eframe(|context| Window::new(context, &home));
        Self {
            harness,
            demo,
            folder,
        }
    }

    fn state(&mut self) -> &mut State {
        self.harness.state_mut().state().expect("the window has it")
    }

    /// Passes until something is so.
    fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let started = Instant::now();
        loop {
            self.harness.step();
            if is_so(self) {
                return;
            }
            assert!(
                started.elapsed() < LIMIT,
                "{what}: not within {} s; notices: {:?}",
                LIMIT.as_secs(),
                self.notices()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Passes until nothing is under way any more.
    fn settle(&mut self) {
        let mut quiet = 0;
        self.until("the window is quiet", |stage| {
            let state = stage.state();
            let is_busy = state.residency.is_loading() || !state.opening.is_empty();
            quiet = if is_busy { 0 } else { quiet + 1 };
            quiet > 12
        });
    }

    fn notices(&mut self) -> Vec<String> {
        let state = self.state();
        state
            .notices
            .iter()
            .map(|notice| notice.text.clone())
            .collect()
    }

    fn says(&self, text: &str) -> bool {
        self.harness
            .query_all_by_label_contains(text)
            .next()
            .is_some()
    }

    fn open(&mut self, address: &str, kind: &str) {
        let before = self.state().views.len();
        self.state().open_address(address, kind);
        self.until(address, |stage| stage.state().views.len() > before);
        self.settle();
    }

    fn active_state(&mut self) -> ViewState {
        let state = self.state();
        let id = state.active.expect("a view that keys go to");
        state.views[&id].view.state()
    }

    fn type_into(&mut self, label: &str, text: &str) {
        self.harness.get_by_label(label).focus();
        self.harness.step();
        self.harness.get_by_label(label).type_text(text);
        self.harness.step();
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.step();
        self.harness.step();
    }

    fn sign_in(&mut self, user: &str, password: &str) {
        self.type_into("Username", user);
        self.type_into("Password", password);
        self.harness
            .get_by_role_and_label(Role::Button, "Sign in")
            .click();
        self.harness.step();
    }
}

fn tooth_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tooth.h5")
}

fn text_of(path: &Path) -> String {
    path.display().to_string()
}

fn is_one_colour(picture: &image::RgbaImage, place: egui::Rect) -> bool {
    let inside = |x: u32, y: u32| place.contains(egui::pos2(x as f32, y as f32));
    let mut seen = picture
        .enumerate_pixels()
        .filter(|(x, y, _)| inside(*x, *y))
        .map(|(_, _, pixel)| *pixel);
    let first = seen.next();
    seen.all(|pixel| Some(pixel) == first)
}

/// How many shades of grey a place of a picture has.
fn greys(picture: &image::RgbaImage, place: egui::Rect) -> usize {
    let mut seen: Vec<u8> = picture
        .enumerate_pixels()
        .filter(|(x, y, _)| place.contains(egui::pos2(*x as f32, *y as f32)))
        .filter(|(_, _, pixel)| pixel[0] == pixel[1] && pixel[1] == pixel[2])
        .map(|(_, _, pixel)| pixel[0])
        .collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

#[test]
fn the_first_pane_says_what_to_do() {
    let mut stage = Stage::without_gpu(With::Demo);
    stage.harness.step();
    assert!(stage.says("Open a file, sign in"), "a sentence says it");
    stage.harness.check_accessibility();
    stage
        .harness
        .get_by_label_contains("Try the demo facility")
        .click();
    stage.until("the form", |stage| stage.says("Username"));
}

#[test]
fn a_person_signs_in_and_sees_beamtimes() {
    let mut stage = Stage::without_gpu(With::Demo);
    stage.state().show_site("demo");
    stage.until("the form", |stage| stage.says("Username"));
    stage.harness.check_accessibility();
    stage.sign_in("alice", "secret");
    stage.until("the beamtimes", |stage| {
        stage.says("Dense pin in a cylinder")
    });
    assert!(stage.notices().is_empty(), "nothing went wrong");
    stage.harness.check_accessibility();
}

#[test]
fn a_wrong_password_is_said_beside_the_form() {
    let mut stage = Stage::without_gpu(With::Demo);
    stage.state().show_site("demo");
    stage.until("the form", |stage| stage.says("Username"));
    stage.sign_in("alice", "wrong");
    stage.until("a message", |stage| {
        stage.harness.query_all_by_label_contains("ign-in").count() > 0
            || stage.says("password")
            || stage.says("refused")
    });
    assert!(stage.says("Username"), "the form stays");
    assert!(
        !stage.says("Dense pin in a cylinder"),
        "nobody is signed in"
    );
}

#[test]
fn an_expired_session_asks_to_sign_in_and_goes_on() {
    let mut stage = Stage::without_gpu(With::SignedIn);
    stage.state().show_site("demo");
    stage.until("the beamtimes", |stage| {
        stage.says("Dense pin in a cylinder")
    });
    let sites = stage.state().sites.clone();
    sites.demo().expect("the facility").expire_sessions();
    stage.type_into("Search the catalogue", "diamond");
    stage.press(Modifiers::NONE, Key::Enter);
    stage.until("the form", |stage| stage.says("Username"));
    stage.sign_in("alice", "secret");
    stage.until("rows again", |stage| {
        stage
            .state()
            .catalogues
            .values()
            .all(hutch::window::catalogue_pane::CataloguePane::has_rows)
    });
}

#[test]
fn a_hundred_thousand_files_are_read_as_they_are_scrolled() {
    let mut stage = Stage::without_gpu(With::SignedIn);
    stage.state().show_site("demo");
    for row in ["Serial crystallography of lysozyme", "chip_07"] {
        stage.until(row, |stage| stage.says(row));
        stage
            .harness
            .get_by(|node| {
                node.role() == Role::Row && node.label().is_some_and(|label| label.contains(row))
            })
            .focus();
        stage.harness.step();
        stage.press(Modifiers::NONE, Key::Enter);
    }
    stage.until("files", |stage| stage.says("chip_07_"));
    stage.settle();
    let sites = stage.state().sites.clone();
    let facility = sites.demo().expect("the facility");
    let rows = |stage: &Stage| stage.harness.query_all_by_role(Role::Row).count();
    assert!(rows(&stage) > 10, "the list is full");
    assert!(rows(&stage) < 100, "only rows in sight: {}", rows(&stage));
    let requests = facility.requests().len();
    for _ in 0..20 {
        stage.harness.step();
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(
        facility.requests().len(),
        requests,
        "nothing is read while nobody scrolls"
    );
    let place = stage
        .harness
        .query_all_by_label_contains("chip_07_")
        .filter(|node| node.accesskit_node().role() == Role::Row)
        .nth(4)
        .expect("a row")
        .rect();
    stage.harness.hover_at(place.center());
    for page in 2..=4 {
        scroll(&mut stage.harness, -1e6);
        // Thin spaces stand between thousands.
        let count = format!("{page}\u{2009}000 of 100\u{2009}000");
        stage.until(&count, |stage| stage.says(&count));
        assert!(rows(&stage) < 100, "only rows in sight: {}", rows(&stage));
    }
    assert!(
        facility.requests().len() < requests + 20,
        "not more than was scrolled to"
    );
}

/// Turns the wheel under the pointer.
fn scroll<S>(harness: &mut Harness<'_, S>, points: f32) {
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        source: egui::MouseWheelSource::Wheel,
        delta: egui::vec2(0.0, points),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
    });
    for _ in 0..30 {
        harness.step();
    }
}

#[test]
fn a_panic_in_a_job_is_told_and_the_window_lives() {
    let mut stage = Stage::without_gpu(With::Nothing);
    for priority in [Priority::Visible, Priority::Background] {
        stage.state().residency.run(
            priority,
            "count the beans",
            Cancel::new(),
            Box::new(|| panic!("bean 7 of 5")),
        );
    }
    stage.until("two failed jobs", |stage| {
        let jobs = stage.state().jobs.list();
        jobs.iter().filter(|job| !job.is_running()).count() == 2
    });
    stage.state().shows_jobs = true;
    stage.until("the words of the panic", |stage| {
        stage.says("count the beans") && stage.says("bean 7 of 5")
    });
    stage.harness.check_accessibility();
}

#[test]
fn a_truncated_file_is_told_and_another_opens() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let bytes = std::fs::read(tooth_file()).unwrap();
    for (name, keep) in [("half", bytes.len() / 2), ("head", 20), ("nothing", 0)] {
        let path = stage.folder.path().join(format!("{name}.h5"));
        std::fs::write(&path, &bytes[..keep]).unwrap();
        stage.state().notices.clear();
        stage.state().open_address(&text_of(&path), "");
        stage.until("a notice", |stage| !stage.state().notices.is_empty());
        let notices = stage.notices();
        assert!(
            notices.iter().any(|notice| notice.contains(name)),
            "the notice names the file: {notices:?}"
        );
        // What of a file is there is shown; a file without a beginning has nothing.
        let views = stage.state().views.len();
        assert_eq!(views, usize::from(name == "half"), "views of {name}");
        let views: Vec<_> = stage.state().views.keys().copied().collect();
        for view in views {
            stage.state().close_view(view);
        }
    }
    stage.open(&text_of(&tooth_file()), "");
}

#[test]
fn an_address_that_is_not_there_is_told_and_another_opens() {
    let mut stage = Stage::without_gpu(With::SignedIn);
    let sites = stage.state().sites.clone();
    let root = sites.demo().expect("the facility").dav_url();
    let missing = [
        "demo:/demo/nothing.h5".to_owned(),
        format!("{root}demo/nothing.h5"),
        "http://127.0.0.1:9/nothing.h5".to_owned(),
        "/nowhere/nothing.h5".to_owned(),
    ];
    for address in missing {
        stage.state().notices.clear();
        stage.state().open_address(&address, "");
        stage.until("a notice", |stage| !stage.state().notices.is_empty());
        let notices = stage.notices();
        assert!(
            notices.iter().any(|notice| notice.contains("nothing.h5")),
            "the notice names it: {notices:?}"
        );
        stage.until("it can be tried again", |stage| stage.says("Try again"));
    }
    stage.open("demo:/demo/tomography/tooth.h5", "");
}

#[test]
fn a_server_that_ignores_ranges_does_not_stop_the_window() {
    let mut stage = Stage::without_gpu(With::SignedIn);
    let sites = stage.state().sites.clone();
    let facility = sites.demo().expect("the facility");
    facility.inject(Fault::always("diamond_pin.nxs", FaultKind::IgnoreRange));
    stage
        .state()
        .open_address("demo:/demo/tomography/diamond_pin.nxs", "");
    stage.until("a view or a notice", |stage| {
        let state = stage.state();
        !state.views.is_empty() || !state.notices.is_empty()
    });
    stage.settle();
    stage.open("demo:/demo/tomography/tooth.h5", "");
}
