//! Pictures of every view, dark and light, made by the program itself.

mod features;

use std::path::Path;
use std::time::Duration;

use hutch_model::{Cancel, Progress, Result, Secret};
use hutch_viewers::{Action, Actor};

use self::features::{FEATURES, Then};
use super::offscreen::Offscreen;
use super::run::{WindowOptions, make_state};
use super::state::{Pane, State};
use crate::settings::ThemeChoice;

/// Size of a picture, in points.
const SIZE: [f32; 2] = [1440.0, 900.0];
/// What a picture may take to be ready.
const LIMIT: Duration = Duration::from_mins(2);

/// Makes all pictures in a folder and returns their names; those of features are made of a folder of samples.
///
/// # Errors
/// Those of the embedded facility, of the views and of the disk.
pub fn make(folder: &Path, samples: Option<&Path>) -> Result<Vec<String>> {
    std::fs::create_dir_all(folder)?;
    let mut made = Vec::new();
    for theme in [ThemeChoice::Dark, ThemeChoice::Light] {
        let suffix = if theme == ThemeChoice::Dark {
            "dark"
        } else {
            "light"
        };
        let mut state = make_state(&WindowOptions {
            demo: true,
            ..WindowOptions::default()
        })?;
        state.settings.theme = theme;
        let mut window = Offscreen::new(state, SIZE, 1.0)?;
        let mut take = |window: &mut Offscreen, name: &str| -> Result<()> {
            let file = format!("{name}-{suffix}.png");
            window.save(&folder.join(&file))?;
            made.push(file);
            Ok(())
        };
        window.settle(LIMIT, |state| {
            state.catalogues.values().all(|pane| !pane.who.is_waiting())
        })?;
        take(&mut window, "sign-in")?;
        sign_in(&mut window)?;
        take(&mut window, "catalogue")?;
        for (name, address, kind) in VIEWS {
            show(&mut window, address, kind)?;
            take(&mut window, name)?;
        }
        let dark = usize::from(theme == ThemeChoice::Dark);
        for (index, feature) in FEATURES.iter().enumerate() {
            if let Some(samples) = samples.filter(|_| index % 2 != dark) {
                show_feature(&mut window, &feature.link(samples), &feature.then)?;
                take(&mut window, feature.name)?;
            }
        }
        let volume = reconstruct_pin(&window.state)?;
        show(&mut window, &volume, "volume")?;
        take(&mut window, "volume")?;
        window.press(egui::Key::K, egui::Modifiers::COMMAND);
        window.settle(LIMIT, |_| true)?;
        take(&mut window, "palette")?;
        window.press(egui::Key::Escape, egui::Modifiers::NONE);
        window.state.open_address("demo:/demo/nothing.h5", "");
        window.settle(LIMIT, |state| !state.notices.is_empty())?;
        take(&mut window, "error")?;
    }
    Ok(made)
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
    let views: Vec<_> = state.views.keys().copied().collect();
    for view in views {
        state.close_view(view);
    }
    state.keep_a_pane();
}

/// Opens a link with nothing beside it.
fn show_feature(window: &mut Offscreen, link: &str, then: &Then) -> Result<()> {
    close_all(&mut window.state);
    window.state.open_address(link, "");
    window.settle(LIMIT, |state| {
        !state.views.is_empty() || !state.notices.is_empty()
    })?;
    let first = window.state.views.values().next();
    let origin = first.map(|slot| slot.view.subject().origin.clone());
    if let (Then::Row(row), Some(origin)) = (then, origin) {
        let action = Action::OpenFound { origin, row: *row };
        window.state.carry_out(Actor::Person, action);
        window.settle(LIMIT, |state| state.views.len() > 1)?;
    }
    finish_work(window)
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
