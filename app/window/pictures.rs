//! Pictures of every view, dark and light, made by the program itself.

mod features;
mod made;

use std::path::Path;
use std::time::Duration;

use hutch_model::{Cancel, Progress, Result, Secret};
use hutch_viewers::widgets::Folds;
use hutch_viewers::{Action, Actor};

use self::features::{FEATURES, Feature, Then};
use super::offscreen::Offscreen;
use super::run::{WindowOptions, make_state};
use super::state::{Pane, State};
use super::{builder, compare};
use crate::settings::ThemeChoice;

/// Size of a picture, in points.
const SIZE: [f32; 2] = [1440.0, 900.0];
/// How far the inspector is scrolled to what a command said there, in points.
const SCROLL: f32 = 360.0;
/// What a picture may take to be ready.
const LIMIT: Duration = Duration::from_mins(2);

/// Makes pictures in a folder and returns their names: those of `only`, or all where it is empty. Those of features
/// are made of a folder of samples.
///
/// # Errors
/// Those of the embedded facility, of the views and of the disk.
pub fn make(folder: &Path, samples: Option<&Path>, only: &[String]) -> Result<Vec<String>> {
    std::fs::create_dir_all(folder)?;
    let mut made = Vec::new();
    for theme in [ThemeChoice::Dark, ThemeChoice::Light] {
        let mut state = make_state(&WindowOptions {
            demo: true,
            ..WindowOptions::default()
        })?;
        state.settings.theme = theme;
        // As everybody finds the inspector.
        state.settings.keep_folds(Folds::default());
        let mut taking = Taking {
            window: Offscreen::new(state, SIZE, 1.0)?,
            folder,
            only,
            is_dark: theme == ThemeChoice::Dark,
            made: Vec::new(),
        };
        taking.facility()?;
        for (name, address, kind) in VIEWS {
            taking.take(name, |window| show(window, address, kind))?;
        }
        for (index, feature) in FEATURES.iter().enumerate() {
            // Dark and light in turn.
            if let Some(samples) = samples.filter(|_| index.is_multiple_of(2) == taking.is_dark) {
                taking.take(feature.name, |window| {
                    show_feature(window, feature, samples)
                })?;
            }
        }
        if let Some(samples) = samples.filter(|_| taking.is_dark) {
            taking.take("corrected", |window| made::corrected(window, samples))?;
        }
        if !taking.is_dark {
            taking.take("overview", made::overview)?;
            made::clear(&taking.window.state)?;
        }
        taking.take("volume", |window| {
            let volume = reconstruct_pin(&window.state)?;
            show(window, &volume, "volume")
        })?;
        taking.take("palette", |window| {
            window.press(egui::Key::K, egui::Modifiers::COMMAND);
            window.settle(LIMIT, |_| true)
        })?;
        taking.take("error", |window| {
            window.press(egui::Key::Escape, egui::Modifiers::NONE);
            window.state.open_address("demo:/demo/nothing.h5", "");
            window.settle(LIMIT, |state| !state.notices.is_empty())
        })?;
        made.extend(taking.made);
    }
    Ok(made)
}

/// Pictures of one theme.
struct Taking<'a> {
    window: Offscreen,
    folder: &'a Path,
    only: &'a [String],
    is_dark: bool,
    made: Vec<String>,
}

impl Taking<'_> {
    /// Takes a picture of what is shown then, where it is wanted.
    fn take(&mut self, name: &str, show: impl FnOnce(&mut Offscreen) -> Result<()>) -> Result<()> {
        if !self.only.is_empty() && !self.only.iter().any(|wanted| wanted == name) {
            return Ok(());
        }
        show(&mut self.window)?;
        let suffix = if self.is_dark { "dark" } else { "light" };
        let file = format!("{name}-{suffix}.png");
        self.window.save(&self.folder.join(&file))?;
        self.made.push(file);
        Ok(())
    }

    /// The sign-in and the catalogue of the embedded facility; views of its files need somebody signed in.
    fn facility(&mut self) -> Result<()> {
        self.window.settle(LIMIT, |state| {
            state.catalogues.values().all(|pane| !pane.who.is_waiting())
        })?;
        self.take("sign-in", |_| Ok(()))?;
        sign_in(&mut self.window)?;
        self.take("catalogue", |_| Ok(()))
    }
}

/// Name, address and kind of each view that is shown.
const VIEWS: [(&str, &str, &str); 7] = [
    (
        "tomography",
        "demo:/demo/tomography/diamond_pin.nxs",
        "tomography",
    ),
    ("tooth", "demo:/demo/tomography/tooth.h5", "tomography"),
    (
        "image",
        "demo:/demo/tomography/diamond_pin.nxs::/entry/instrument/detector/data",
        "image",
    ),
    (
        "curve",
        "demo:/demo/tomography/diamond_pin.nxs::/entry/sample/rotation_angle",
        "curve",
    ),
    (
        "table",
        "demo:/demo/tomography/tooth.h5::/exchange/data",
        "table",
    ),
    (
        "text",
        "demo:/demo/tomography/diamond_pin.nxs::/entry/sample/name",
        "text",
    ),
    (
        "attributes",
        "demo:/demo/tomography/diamond_pin.nxs::/entry/instrument/detector",
        "attributes",
    ),
];

/// Signs in to the embedded facility, as a person would.
///
/// # Errors
/// Those of the catalogue.
pub fn sign_in(window: &mut Offscreen) -> Result<()> {
    let state = &mut window.state;
    if let Some((_, catalogue)) = state.sites.catalogue("demo") {
        let fields = [
            ("username".to_owned(), Secret::new("alice")),
            ("password".to_owned(), Secret::new("secret")),
        ];
        state.pools.wait(catalogue.sign_in("db", &fields))?;
    }
    close_all(state);
    state.catalogues.clear();
    state.show_site("demo");
    window.settle(LIMIT, |state| {
        state
            .catalogues
            .values()
            .all(super::catalogue_pane::CataloguePane::has_rows)
    })
}

/// Reconstructs the small scan of the embedded facility; the file is kept.
fn reconstruct_pin(state: &State) -> Result<String> {
    let output = state.folders.cache.join("pin.h5");
    let recipe = "recipe = 1\n[source]\nurl = \"demo:/demo/tomography/diamond_pin.nxs\"\n";
    let (recipe, _) = hutch_analysis::recipe::Recipe::from_toml(recipe)?;
    let run = crate::reconstruct::Run {
        sites: &state.sites,
        pools: &state.pools,
        memory_bytes: 256 << 20,
        progress: &Progress::new(),
        cancel: &Cancel::new(),
        say: &|_| {},
    };
    crate::reconstruct::reconstruct(run, &recipe, &output)?;
    Ok(output.display().to_string())
}

fn close_all(state: &mut State) {
    let sites: Vec<String> = state.catalogues.keys().cloned().collect();
    for site in sites {
        if let Some(tile) = state.tile_of(&Pane::Catalogue(site)) {
            state.tiles.remove_recursively(tile);
        }
    }
    state.notices.clear();
    state.builder = None;
    let compared: Vec<_> = state.comparisons.iter().map(|of| of.first).collect();
    for first in compared {
        state.end_comparison(first);
    }
    let views: Vec<_> = state.views.keys().copied().collect();
    for view in views {
        state.close_view(view);
    }
    state.keep_a_pane();
}

/// Opens a feature with nothing beside it, and does what a person does then.
fn show_feature(window: &mut Offscreen, feature: &Feature, samples: &Path) -> Result<()> {
    close_all(&mut window.state);
    window.state.open_address(&feature.link(samples), "");
    window.settle(LIMIT, |state| {
        !state.views.is_empty() || !state.notices.is_empty()
    })?;
    finish_work(window)?;
    match &feature.then {
        Then::Nothing => return Ok(()),
        Then::Row(row) => {
            let first = window.state.views.values().next();
            let Some(origin) = first.map(|slot| slot.view.subject().origin.clone()) else {
                return Ok(());
            };
            let action = Action::OpenFound { origin, row: *row };
            window.state.carry_out(Actor::Person, action);
            window.settle(LIMIT, |state| state.views.len() > 1)?;
        }
        Then::Compare(other, mode) => {
            let other = feature.link_of(other, samples);
            window.state.open_address(&other, "");
            window.settle(LIMIT, |state| state.views.len() > 1)?;
            compare::start(&mut window.state);
            for compared in &mut window.state.comparisons {
                compared.mode = *mode;
            }
        }
        Then::Command(command) => {
            let active = window.state.active;
            if let Some(slot) = active.and_then(|id| window.state.views.get_mut(&id)) {
                slot.view.on_command(*command);
            }
            finish_work(window)?;
            scroll_inspector(window);
        }
        Then::Build => builder::toggle(&mut window.state),
    }
    finish_work(window)
}

/// Turns the wheel over the inspector, to what a command said there.
fn scroll_inspector(window: &mut Offscreen) {
    let place = egui::pos2(SIZE[0] - 120.0, 0.7 * SIZE[1]);
    window.send(egui::Event::PointerMoved(place));
    window.pass();
    window.send(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        source: egui::MouseWheelSource::Wheel,
        delta: egui::vec2(0.0, -SCROLL),
        phase: egui::TouchPhase::Move,
        modifiers: egui::Modifiers::NONE,
    });
    for _ in 0..30 {
        window.pass();
        std::thread::sleep(Duration::from_millis(15));
    }
    window.send(egui::Event::PointerGone);
}

/// Work of a view itself, a reconstruction for one, goes on after the bytes are here.
fn finish_work(window: &mut Offscreen) -> Result<()> {
    for _ in 0..80 {
        window.settle(LIMIT, |_| true)?;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn show(window: &mut Offscreen, address: &str, kind: &str) -> Result<()> {
    close_all(&mut window.state);
    window.state.open_address(address, kind);
    window.settle(LIMIT, |state| {
        !state.views.is_empty() || !state.notices.is_empty()
    })?;
    // The first frame of a scan is a dark field; people look at projections.
    for slot in window.state.views.values_mut() {
        if slot
            .view
            .timeline()
            .is_some_and(|timeline| timeline.count > 10)
        {
            slot.view
                .on_timeline(hutch_viewers::TimelineAction::Show(40));
        }
    }
    finish_work(window)
}
