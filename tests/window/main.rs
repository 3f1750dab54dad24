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
use hutch_viewers::{Priority, Resident as _, Subject, registry};

mod commands;
mod curves;
mod geometry;
mod nexus;
mod python;
mod saving;

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

/// A file with one group of so many names.
#[derive(Debug)]
struct Wide {
    origin: Origin,
    children: Arc<[Child]>,
    asked: AtomicUsize,
}

impl Wide {
    fn new(count: usize) -> Arc<Self> {
        Arc::new(Self {
            origin: Origin {
                url: "memory:wide".to_owned(),
                validator: Validator::Fixed,
                path: String::new(),
            },
            children: (0..count)
                .map(|index| Child {
                    name: format!("scan_{index:07}"),
                    link: Link::Hard,
                })
                .collect(),
            asked: AtomicUsize::new(0),
        })
    }
}

impl Container for Wide {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn format(&self) -> &'static str {
        "memory"
    }

    fn children<'a>(
        &'a self,
        _path: &'a str,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>> {
        Box::pin(async move { Ok(Arc::clone(&self.children)) })
    }

    fn nodes<'a>(
        &'a self,
        paths: &'a [String],
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Node>>> {
        self.asked.fetch_add(paths.len(), Ordering::Relaxed);
        Box::pin(async move {
            let node = |path: &String| Node {
                path: path.clone(),
                kind: NodeKind::Group,
                attributes: Vec::new(),
                problems: Vec::new(),
            };
            paths.iter().map(|path| Ok(node(path))).collect()
        })
    }

    fn dataset<'a>(
        &'a self,
        path: &'a str,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
        let error = Error::new(ErrorKind::Usage, format!("read \"{path}\""), "a group");
        Box::pin(async move { Err(error) })
    }
}

/// A tree alone in a window, with its file.
fn tree_of(count: usize) -> (Harness<'static, FileTree>, Arc<Wide>) {
    let wide = Wide::new(count);
    let pools = Pools::start().unwrap();
    let wake: Wake = Arc::new(|| {});
    let tree = FileTree::new(Arc::clone(&wide) as Arc<dyn Container>, &pools, &wake);
    let mut harness = Harness::builder()
        .with_size([300.0, 600.0])
        .with_step_dt(1.0 / 30.0)
        .with_context_setup(hutch_viewers::fonts::install)
        .build_ui_state(
            move |ui, tree: &mut FileTree| {
                tree.ui(ui, &pools, &wake);
            },
            tree,
        );
    let started = Instant::now();
    while harness.state().row_count() < count {
        harness.step();
        assert!(started.elapsed() < LIMIT, "the names are listed");
    }
    (harness, wide)
}

fn one_pass<S>(harness: &mut Harness<'_, S>) -> Duration {
    let fastest = (0..20).map(|_| {
        let started = Instant::now();
        harness.step();
        started.elapsed()
    });
    fastest.min().unwrap_or_default()
}

#[test]
fn a_group_of_a_million_names_costs_the_rows_in_sight() {
    const COUNT: usize = 1_000_000;
    let (mut harness, wide) = tree_of(COUNT);
    let rows = |harness: &Harness<'_, FileTree>| harness.query_all_by_role(Role::TreeItem).count();
    for _ in 0..30 {
        harness.step();
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(rows(&harness) > 10, "the tree is full: {}", rows(&harness));
    assert!(
        rows(&harness) < 100,
        "only rows in sight: {}",
        rows(&harness)
    );
    harness.get_by_label("scan_0000000");
    harness.hover_at(egui::pos2(100.0, 300.0));
    scroll(&mut harness, -1e9);
    assert!(
        rows(&harness) < 100,
        "only rows in sight: {}",
        rows(&harness)
    );
    harness.get_by_label("scan_0999999");
    let asked = wide.asked.load(Ordering::Relaxed);
    assert!(asked < 5000, "details of {asked} nodes were asked for");
    let (mut small, _) = tree_of(100);
    let (large_pass, small_pass) = (one_pass(&mut harness), one_pass(&mut small));
    assert!(
        large_pass < small_pass * 4 + Duration::from_millis(5),
        "a pass of a million names takes {large_pass:?}, one of a hundred {small_pass:?}"
    );
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
        assert!(stage.says("Try again"), "it can be tried again");
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
