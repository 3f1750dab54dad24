//! Keys and commands; none of them fires while a person types.

use std::path::PathBuf;

use egui::{Key, KeyboardShortcut, Modifiers};
use hutch_viewers::{Shortcut, TimelineAction, ViewId};

use super::file_list::FileList;
use super::palette::Doing;
use super::state::{Pane, State};
use crate::ask::Ask;
use crate::settings::ThemeChoice;

const COMMANDS: [(KeyboardShortcut, Doing); 8] = [
    (
        KeyboardShortcut::new(Modifiers::COMMAND, Key::O),
        Doing::OpenFile,
    ),
    (
        KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z),
        Doing::Redo,
    ),
    (
        KeyboardShortcut::new(Modifiers::COMMAND, Key::W),
        Doing::CloseView,
    ),
    (
        KeyboardShortcut::new(Modifiers::COMMAND, Key::T),
        Doing::ToggleTheme,
    ),
    (
        KeyboardShortcut::new(Modifiers::COMMAND, Key::B),
        Doing::ToggleSources,
    ),
    (
        KeyboardShortcut::new(Modifiers::COMMAND, Key::I),
        Doing::ToggleInspector,
    ),
    (
        KeyboardShortcut::new(Modifiers::COMMAND, Key::J),
        Doing::ShowJobs,
    ),
    (
        KeyboardShortcut::new(Modifiers::COMMAND, Key::Z),
        Doing::Undo,
    ),
];

/// Takes the keys of this pass.
pub fn take(ctx: &egui::Context, state: &mut State) {
    if ctx.input_mut(|input| {
        input.consume_shortcut(&KeyboardShortcut::new(Modifiers::COMMAND, Key::K))
    }) {
        state.palette.open();
    }
    // A text field takes what is typed, control keys included.
    if ctx.egui_wants_keyboard_input() || state.palette.is_open {
        return;
    }
    for (shortcut, doing) in COMMANDS {
        if ctx.input_mut(|input| input.consume_shortcut(&shortcut)) {
            carry_out(ctx, state, doing);
        }
    }
    take_plain(ctx, state);
}

fn take_plain(ctx: &egui::Context, state: &mut State) {
    let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    for (key, index) in [
        (Key::Num1, 0),
        (Key::Num2, 1),
        (Key::Num3, 2),
        (Key::Num4, 3),
        (Key::Num5, 4),
        (Key::Num6, 5),
        (Key::Num7, 6),
        (Key::Num8, 7),
        (Key::Num9, 8),
    ] {
        if pressed(key)
            && let Some(id) = state.views.keys().nth(index).copied()
        {
            activate(state, id);
        }
    }
    if pressed(Key::Space) {
        state.playback.playing = !state.playback.playing;
    }
    let Some(slot) = state.active.and_then(|id| state.views.get_mut(&id)) else {
        return;
    };
    for (key, shortcut) in [
        (Key::F, Shortcut::Fit),
        (Key::L, Shortcut::ToggleLog),
        (Key::Comma, Shortcut::RangeDown),
        (Key::Period, Shortcut::RangeUp),
    ] {
        if pressed(key) {
            slot.view.on_shortcut(shortcut);
        }
    }
    if let Some(timeline) = slot.view.timeline() {
        let last = timeline.count.saturating_sub(1);
        for (key, target) in [
            (Key::ArrowLeft, timeline.current.saturating_sub(1)),
            (Key::ArrowRight, (timeline.current + 1).min(last)),
            (Key::PageUp, timeline.current.saturating_sub(10)),
            (Key::PageDown, (timeline.current + 10).min(last)),
            (Key::Home, 0),
            (Key::End, last),
        ] {
            if pressed(key) {
                slot.view.on_timeline(TimelineAction::Show(target));
            }
        }
    }
}

/// Makes a view the one that keys go to, and shows its tab.
pub fn activate(state: &mut State, id: ViewId) {
    state.active = Some(id);
    if let Some(tile) = state.tile_of(&Pane::View(id)) {
        state.tiles.make_active(|other, _| other == tile);
    }
}

/// Carries out a command of the palette or of a key.
pub fn carry_out(ctx: &egui::Context, state: &mut State, doing: Doing) {
    match doing {
        Doing::OpenFile => open_dialog(state),
        Doing::OpenAddress(text) => state.open_address(text.trim(), ""),
        Doing::ShowSite(site) => state.show_site(&site),
        Doing::ToggleTheme => {
            state.settings.theme = match state.settings.theme {
                ThemeChoice::Dark => ThemeChoice::Light,
                ThemeChoice::Light | ThemeChoice::HighContrast => ThemeChoice::Dark,
            };
            settings_changed(ctx, state);
        }
        Doing::ToggleScale => {
            state.settings.scale = if state.settings.scale > 1.2 { 1.0 } else { 1.5 };
            settings_changed(ctx, state);
        }
        Doing::Undo => state.undo(),
        Doing::Redo => state.redo(),
        Doing::CloseView => {
            if let Some(id) = state.active {
                state.close_view(id);
            }
        }
        Doing::ToggleSources => state.shows_sources = !state.shows_sources,
        Doing::ToggleInspector => state.shows_inspector = !state.shows_inspector,
        Doing::ShowJobs => {
            state.shows_jobs = !state.shows_jobs;
            state.shows_inspector = true;
        }
        Doing::ViewAs(kind) => {
            if let Some(slot) = state.active.and_then(|id| state.views.get(&id)) {
                let subject = slot.view.subject().clone();
                state.show_subject(subject, kind, None);
            }
        }
    }
}

fn settings_changed(ctx: &egui::Context, state: &mut State) {
    super::apply_theme(ctx, state);
    let path = state.folders.config.join("settings.toml");
    let settings = state.settings.clone();
    state.pools.spawn(async move {
        if let Err(error) = settings.save(&path) {
            log::warn!("{error}");
        }
    });
}

/// Opens the file dialog of the system; where there is none, the list in the
/// window opens instead.
pub fn open_dialog(state: &mut State) {
    if state.dialog.is_some() {
        return;
    }
    let future = rfd::AsyncFileDialog::new()
        .set_title("Open a data file")
        .add_filter("HDF5 and NeXus", &["h5", "hdf5", "nxs", "nx", "cxi", "hdf"])
        .add_filter("All files", &["*"])
        .pick_file();
    state.dialog = Some(Ask::start(&state.pools, &state.wake, |_| async move {
        Ok(future.await.map(|file| file.path().to_owned()))
    }));
}

/// Opens the list of files in the window.
pub fn open_file_list(state: &mut State) {
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    state.file_list = Some(FileList::at(home));
    state.shows_sources = true;
}
