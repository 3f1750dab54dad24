//! Keys; none of them fires while a person types.

use std::path::PathBuf;

use egui::{Key, KeyboardShortcut, Modifiers};
use hutch_viewers::{TimelineAction, ViewCommand, ViewId};

use super::capture::Target;
use super::commands::{Active, Choice, Doing, Step, commands, no_use};
use super::file_list::FileList;
use super::state::{Over, Pane, State};
use crate::ask::Ask;
use crate::settings::ThemeChoice;
use crate::window::panels::Side;

/// Sizes of everything; larger ones leave no room for data.
const SCALES: std::ops::RangeInclusive<f32> = 0.75..=3.0;

/// Takes the keys of this pass.
pub fn take(ctx: &egui::Context, state: &mut State) {
    // A text field takes what is typed, control keys included; only the palette comes over it.
    let types = ctx.egui_wants_keyboard_input() || state.palette.is_open;
    if !types && state.over.is_none() {
        give_to_view(ctx, state);
    }
    for entry in commands() {
        if types && entry.doing != Doing::ShowPalette {
            continue;
        }
        // What lies over the window takes all keys but the one that hides it.
        if state.over.is_some() && entry.doing != Doing::ShowKeys {
            continue;
        }
        for keys in entry.keys {
            if ctx.input_mut(|input| consume(input, *keys)) {
                carry_out(ctx, state, entry.doing.clone());
                // Keys are taken when all is laid out; what they changed is to be in this picture, not in the next.
                ctx.request_discard("a key was taken");
            }
        }
    }
    if !types && state.over.is_none() {
        take_numbers(ctx, state);
    }
}

/// Keys that a view takes before the window does, where something is selected in it.
const KEYS_OF_VIEWS: [Key; 12] = [
    Key::ArrowLeft,
    Key::ArrowRight,
    Key::ArrowUp,
    Key::ArrowDown,
    Key::Enter,
    Key::Delete,
    Key::Backspace,
    Key::Escape,
    Key::PageUp,
    Key::PageDown,
    Key::Home,
    Key::End,
];

/// Offers plain keys to the view that keys go to; what it has no use for stays.
fn give_to_view(ctx: &egui::Context, state: &mut State) {
    let Some(slot) = state.active.and_then(|id| state.views.get_mut(&id)) else {
        return;
    };
    let view = &mut slot.view;
    ctx.input_mut(|input| {
        input.events.retain(|event| match event {
            egui::Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } if KEYS_OF_VIEWS.contains(key) && (modifiers.is_none() || modifiers.shift_only()) => {
                !view.on_key(*key, modifiers.shift)
            }
            _ => true,
        });
    });
}

/// Plain keys are taken only without any other key held: Ctrl F is not F.
fn consume(input: &mut egui::InputState, keys: KeyboardShortcut) -> bool {
    if keys.modifiers == Modifiers::NONE && input.modifiers.any() {
        return false;
    }
    input.consume_shortcut(&keys)
}

/// 1 to 9 choose a view.
fn take_numbers(ctx: &egui::Context, state: &mut State) {
    const NUMBERS: [Key; 9] = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::Num7,
        Key::Num8,
        Key::Num9,
    ];
    for (index, key) in NUMBERS.into_iter().enumerate() {
        if ctx.input_mut(|input| consume(input, KeyboardShortcut::new(Modifiers::NONE, key))) {
            choose(state, Choice::Number(index));
        }
    }
}

fn choose(state: &mut State, choice: Choice) {
    let ids: Vec<ViewId> = state.views.keys().copied().collect();
    let at = state
        .active
        .and_then(|active| ids.iter().position(|id| *id == active));
    let index = match (choice, at) {
        (Choice::Number(index), _) => index,
        (Choice::Next, Some(at)) => (at + 1) % ids.len(),
        (Choice::Previous, Some(at)) => (at + ids.len() - 1) % ids.len(),
        (Choice::Next | Choice::Previous, None) => 0,
    };
    if let Some(id) = ids.get(index) {
        activate(state, *id);
    }
}

/// Makes a view the one that keys go to, and shows its tab.
pub fn activate(state: &mut State, id: ViewId) {
    state.active = Some(id);
    if let Some(tile) = state.tile_of(&Pane::View(id)) {
        state.tiles.make_active(|other, _| other == tile);
    }
}

/// What the view that keys go to knows to do; a person is told which command it was where it does not.
fn own(state: &mut State, command: ViewCommand) {
    let Some(slot) = state.active.and_then(|id| state.views.get_mut(&id)) else {
        return;
    };
    let does = match (
        command,
        slot.view.timeline().and_then(|timeline| timeline.following),
    ) {
        (ViewCommand::Follow, Some(follows)) => {
            slot.view.on_timeline(TimelineAction::Follow(!follows));
            true
        }
        _ => slot.view.on_command(command),
    };
    if !does {
        tell_no_use(
            state,
            &Doing::Own(command),
            "what is shown has no use for it",
        );
    }
}

/// Names the command that nothing came of, and why.
fn tell_no_use(state: &mut State, doing: &Doing, why: &str) {
    let name = match doing {
        Doing::Set(key, value) => format!("{key}: {value}"),
        _ => String::new(),
    };
    let entry = commands().find(|entry| entry.doing == *doing);
    let name = entry.map_or(name, |entry| entry.text.to_owned());
    state.tell_refused(format!("\"{name}\" did nothing: {why}"));
}

/// Whether a command is for the view that keys go to and cannot be carried out there; a person is told why.
fn is_refused(state: &mut State, doing: &Doing) -> bool {
    if !matches!(doing, Doing::Own(_) | Doing::View(_) | Doing::Set(..)) {
        return false;
    }
    let slot = state.active.and_then(|id| state.views.get(&id));
    let active = slot.map(|slot| Active::of(slot.view.as_ref()));
    // Keys of views mean nothing before one is open, and nobody expects them to.
    if active.is_none() {
        return true;
    }
    match no_use(doing, active.as_ref()) {
        Some(why) => {
            tell_no_use(state, doing, &why);
            true
        }
        None => false,
    }
}

/// Gives a value of the state of the view that keys go to this text; undo takes it back as any other change.
fn set(state: &mut State, key: &str, value: &str) {
    if let Some(slot) = state.active.and_then(|id| state.views.get_mut(&id)) {
        let mut wanted = slot.view.state();
        wanted.set(key, value.into());
        slot.view.set_state(&wanted);
        // A command is a step of its own, however fast it follows another change.
        slot.changed = None;
    }
}

fn step(state: &mut State, step: Step) {
    let Some(slot) = state.active.and_then(|id| state.views.get_mut(&id)) else {
        return;
    };
    let Some(timeline) = slot.view.timeline() else {
        return;
    };
    let last = timeline.count.saturating_sub(1);
    let target = match step {
        Step::By(steps) => timeline.current.saturating_add_signed(steps).min(last),
        Step::First => 0,
        Step::Last => last,
    };
    slot.view.on_timeline(TimelineAction::Show(target));
}

/// Carries out a command of the palette or of a key.
pub fn carry_out(ctx: &egui::Context, state: &mut State, doing: Doing) {
    if is_refused(state, &doing) {
        return;
    }
    match doing {
        Doing::OpenFile => open_dialog(state),
        Doing::OpenAddress(text) => state.open_address(text.trim(), ""),
        Doing::ShowSite(site) => state.show_site(&site),
        Doing::ShowPalette => state.palette.open(),
        Doing::ShowKeys => {
            let is_shown = state.over == Some(Over::Keys);
            state.over = (!is_shown).then_some(Over::Keys);
        }
        Doing::ToggleTheme => {
            state.settings.theme = match state.settings.theme {
                ThemeChoice::Dark => ThemeChoice::Light,
                ThemeChoice::Light | ThemeChoice::HighContrast => ThemeChoice::Dark,
            };
            settings_changed(ctx, state);
        }
        Doing::Theme(theme) => {
            state.settings.theme = theme;
            settings_changed(ctx, state);
        }
        Doing::ScaleBy(factor) => set_scale(ctx, state, state.settings.scale * factor),
        Doing::Scale(scale) => set_scale(ctx, state, scale),
        Doing::Undo => state.undo(),
        Doing::Redo => state.redo(),
        Doing::CloseView => {
            if let Some(id) = state.active {
                state.close_view(id);
            }
        }
        Doing::SplitView => {
            if let Some(id) = state.active {
                super::tiles::split(state, id);
            }
        }
        Doing::ChooseView(choice) => choose(state, choice),
        Doing::ToggleSources => state.panels.toggle(Side::Sources),
        Doing::ToggleBuilder => super::builder::toggle(state),
        Doing::Scan(by) => super::others::step_scan(state, by),
        Doing::UseAs(kind) => state.use_chosen_as(kind),
        Doing::RemoveFields => state.remove_fields(),
        Doing::NextPictureAxes => state.next_picture_axes(),
        Doing::AddToCurves => super::others::add_chosen(state),
        Doing::ToggleInspector => state.panels.toggle(Side::Inspector),
        Doing::ShowJobs => {
            state.shows_jobs = !state.shows_jobs;
            state.panels.show(Side::Inspector);
        }
        Doing::ViewAs(kind) => {
            if let Some(slot) = state.active.and_then(|id| state.views.get(&id)) {
                let subject = slot.view.subject().clone();
                state.show_subject(subject, kind, None);
            }
        }
        Doing::Compare => compare(state),
        Doing::ToggleLinks => state.links = state.links.other(),
        Doing::ToggleBookmark => super::bookmarks::toggle(state),
        Doing::CopyLink => super::bookmarks::copy_link(ctx, state),
        Doing::CopyPython => super::bookmarks::copy_python(ctx, state),
        Doing::CopyPicture => super::capture::ask(state, Target::Clipboard),
        Doing::Save => super::save::open(state),
        Doing::SavePlot => super::save::open_plot(state),
        Doing::SaveAs(what) => super::save::open_as(state, what),
        Doing::Set(key, value) => set(state, key, value),
        Doing::FindInFiles => super::find::open(state),
        Doing::View(shortcut) => {
            if let Some(slot) = state.active.and_then(|id| state.views.get_mut(&id)) {
                slot.view.on_shortcut(shortcut);
            }
        }
        Doing::Own(command) => own(state, command),
        Doing::Step(frames) => step(state, frames),
        Doing::StepHit(is_forward) => state.step_hit(is_forward),
        Doing::Play => state.playback.playing = !state.playback.playing,
    }
}

/// Begins to compare, or ends it.
fn compare(state: &mut State) {
    let shown = state.active.and_then(|id| state.comparison_of(id));
    match shown.map(|compare| compare.first) {
        Some(first) => state.end_comparison(first),
        None => super::compare::start(state),
    }
}

fn set_scale(ctx: &egui::Context, state: &mut State, scale: f32) {
    state.settings.scale = scale.clamp(*SCALES.start(), *SCALES.end());
    settings_changed(ctx, state);
}

fn settings_changed(ctx: &egui::Context, state: &mut State) {
    super::apply_theme(ctx, state);
    keep_settings(state);
}

/// Writes what was set, beside this thread.
pub(super) fn keep_settings(state: &State) {
    let path = state.folders.config.join("settings.toml");
    let settings = state.settings.clone();
    let keeper = state.keeper.clone();
    let turn = keeper.turn();
    state.pools.spawn(async move {
        if let Err(error) = keeper.save(turn, &settings, &path) {
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
    state.panels.show(Side::Sources);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pools::Pools;
    use crate::settings::{Folders, Settings};
    use crate::sites::Sites;
    use crate::window::offscreen::Offscreen;

    #[test]
    fn what_a_key_changes_is_in_the_first_picture_after_it() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::below(home.path());
        let pools = Pools::start().unwrap();
        let sites = pools.wait(Sites::load(&folders)).unwrap();
        let state = State::new(folders, Settings::default(), sites, pools).unwrap();
        // Without any adapter there is no picture.
        let Ok(mut window) = Offscreen::new(state, [900.0, 600.0], 1.0) else {
            return;
        };
        for _ in 0..6 {
            window.pass();
        }
        let before = window.picture().unwrap().2;
        window.press(Key::B, Modifiers::COMMAND);
        let first = window.picture().unwrap().2;
        window.pass();
        let later = window.picture().unwrap().2;
        assert!(before != first, "the sources are hidden at once");
        assert!(first == later, "and nothing else comes after that");
    }
}
