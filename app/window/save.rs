//! Saving what a view shows: its picture, or its values.

mod cake;
mod curves;
mod movie;
mod new_file;

use std::path::{Path, PathBuf};

use hutch_analysis::region::Region;
use hutch_model::{COMPUTED, Error, ErrorKind, Result};
use hutch_viewers::theme::{Tokens, rich, secondary, size};
use hutch_viewers::widgets::{button, primary_button, section_heading, segmented, text_field};

use super::capture::{Target, ask};
use super::state::{Over, Slot, State};
use crate::ask::Ask;
use crate::cli::{SaveValues, save_values};
use crate::reconstruct::output::check_output;
use crate::window::panels::Side;
use crate::{mask_files, python, regions};

pub(super) use new_file::{save_patterns, save_text};

/// What is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The view as it is on the screen.
    Picture,
    /// All frames, one after the other, as the view shows them.
    Movie,
    /// The values of what is shown: stored ones, or corrected by a dark and a flat field.
    Shown,
    /// The same of the whole dataset.
    Whole,
    /// The regions of the view.
    Regions,
    /// The curves of the view as they are plotted, or the plot beside its picture.
    Curves,
    /// The cake below the picture of the view.
    Cake,
    /// The pixels that are masked in the view, by the file or by a person.
    Mask,
}

const WHAT: [(What, &str); 4] = [
    (What::Picture, "picture"),
    (What::Movie, "movie"),
    (What::Shown, "values shown"),
    (What::Whole, "whole dataset"),
];

/// What can be saved of an image beside its values: what people draw on it.
fn drawn(state: &State) -> Vec<(What, &'static str)> {
    let slot = state.active.and_then(|id| state.views.get(&id));
    let Some(slot) = slot.filter(|slot| slot.view.frame().is_some()) else {
        let has_curves = slot.is_some_and(|slot| slot.view.state().kind == "curve");
        return if has_curves {
            vec![(What::Curves, "curves as plotted")]
        } else {
            Vec::new()
        };
    };
    let mut choices = vec![(What::Mask, "mask")];
    if slot.view.curves().is_some() {
        choices.push((What::Curves, "plot beside it"));
    }
    if slot.view.cake().is_some() {
        choices.push((What::Cake, "cake"));
    }
    if !regions::of_state(&slot.view.state()).is_empty() {
        choices.insert(0, (What::Regions, "regions"));
    }
    choices
}

/// The regions of the view that keys go to.
fn regions_of(state: &State) -> Vec<Region> {
    let slot = state.active.and_then(|id| state.views.get(&id));
    slot.map_or_else(Vec::new, |slot| regions::of_state(&slot.view.state()))
}

/// The panel, while it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Save {
    what: What,
    path: String,
    /// Why it cannot be saved so.
    problem: String,
    is_fresh: bool,
}

/// Shows the panel for the view that keys go to.
pub fn open(state: &mut State) {
    open_with(state, What::Picture);
}

/// Shows it for the cake below a picture.
pub fn open_cake(state: &mut State) {
    open_with(state, What::Cake);
}

/// Shows it for the plot beside a picture, for its cake, or for curves as they are plotted.
pub fn open_plot(state: &mut State) {
    let slot = state.active.and_then(|id| state.views.get(&id));
    if slot.is_some_and(|slot| slot.view.curves().is_some()) {
        open_with(state, What::Curves);
    } else if slot.is_some_and(|slot| slot.view.cake().is_some()) {
        open_with(state, What::Cake);
    } else {
        state.tell(
            "this view shows no plot; draw a region and press P, or integrate the frame with I"
                .to_owned(),
        );
    }
}

/// Shows it for one thing that can be saved of the view.
pub fn open_as(state: &mut State, what: What) {
    let is_offered = stack_choices(state)
        .chain(drawn(state))
        .any(|(offered, _)| offered == what);
    let has_view = state.active.is_some_and(|id| state.views.contains_key(&id));
    if is_offered || !has_view {
        return open_with(state, what);
    }
    state.tell(
        match what {
            What::Movie => "a movie is made of a stack of frames, and this is none",
            What::Regions => "there are no regions to save; draw one on the frame first",
            What::Mask => "masks are saved of images, and this is none",
            _ => "this view has nothing of the kind to save",
        }
        .to_owned(),
    );
}

/// What can be saved of any view; a movie only of a stack.
fn stack_choices(state: &State) -> impl Iterator<Item = (What, &'static str)> + use<> {
    let is_stack = state
        .active
        .and_then(|id| state.views.get(&id))
        .filter(|slot| slot.view.state().kind == "image")
        .and_then(|slot| slot.view.timeline())
        .is_some_and(|timeline| timeline.count > 1);
    WHAT.into_iter()
        .filter(move |(what, _)| is_stack || *what != What::Movie)
}

fn open_with(state: &mut State, what: What) {
    let Some(slot) = state.active.and_then(|id| state.views.get(&id)) else {
        state.tell("open a file first; then its view can be saved".to_owned());
        return;
    };
    let path = folder(state).join(file_name(slot, what));
    state.over = Some(Over::Save(Save {
        what,
        path: path.display().to_string(),
        problem: String::new(),
        is_fresh: true,
    }));
}

/// The folder that was saved to last, or the home of this person.
fn folder(state: &State) -> PathBuf {
    state.saved_to.clone().unwrap_or_else(|| {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        home.unwrap_or_else(std::env::temp_dir)
    })
}

/// A name that says what is inside: file, dataset, part.
fn file_name(slot: &Slot, what: What) -> String {
    let origin = &slot.view.subject().origin;
    let stem = Path::new(origin.file_name()).file_stem();
    let stem = stem.map_or_else(|| "view".into(), |stem| stem.to_string_lossy());
    let dataset = origin.path.rsplit('/').next().unwrap_or_default();
    let part = match what {
        What::Whole | What::Movie | What::Regions | What::Mask => String::new(),
        What::Curves => slot.view.curves().map_or_else(String::new, |plot| {
            let name = plot.title.to_lowercase();
            format!("_{name}")
        }),
        What::Cake => format!("{}_cake", part(slot)),
        What::Picture | What::Shown => part(slot),
    };
    let ending = match what {
        What::Picture => "png",
        What::Movie => "gif",
        What::Shown | What::Whole | What::Cake => "h5",
        What::Regions => "regions.json",
        What::Mask => "mask.nxs",
        What::Curves => "csv",
    };
    let name = format!("{stem}_{dataset}{part}");
    let plain: String = name
        .chars()
        .map(|any| {
            if any.is_alphanumeric() || "-_.".contains(any) {
                any
            } else {
                '_'
            }
        })
        .collect();
    format!("{}.{ending}", plain.trim_matches('_'))
}

/// The part that is shown, as in `[3]`; empty where that is all.
fn part(slot: &Slot) -> String {
    let subject = slot.view.subject();
    let shown = slot.view.shown();
    let index = shown.map(|slab| python::index_of(&slab, subject.shape()));
    index.filter(|index| index != "[()]").unwrap_or_default()
}

/// Draws the panel over the window.
pub fn ui(state: &mut State, context: &egui::Context) {
    let Some(Over::Save(mut save)) = state.over.clone() else {
        return;
    };
    take_chosen(state, &mut save);
    let mut is_saved = false;
    let answer = super::over("save", context).show(context, |ui| {
        ui.set_width(440.0_f32.min(ui.ctx().content_rect().width() - 4.0 * size::PADDING));
        is_saved = panel_ui(ui, state, &mut save);
    });
    let closes = answer.should_close();
    if is_saved && state.save_check.is_none() {
        state.save_check = Some(check(state, PathBuf::from(save.path.trim())));
    }
    let checked = state.save_check.as_mut().and_then(Ask::poll);
    if let Some(checked) = checked {
        state.save_check = None;
        match checked.and_then(|()| start(state, &save)) {
            Ok(()) => state.over = None,
            Err(error) => {
                save.problem = error.to_string();
                state.over = Some(Over::Save(save));
            }
        }
    } else if closes {
        state.save_check = None;
        state.over = None;
    } else {
        state.over = Some(Over::Save(save));
    }
}

/// Asks whether a file can be made, so that a person may name another one before the panel is gone.
///
/// The question has [`ErrorKind::Usage`] for an answer where the file is there, or its folder is not.
fn check(state: &State, path: PathBuf) -> Ask<()> {
    Ask::start(&state.pools, &state.wake, |_| async move {
        let refuse = |why: String| {
            let tried = format!("save \"{}\"", path.display());
            Err(Error::new(ErrorKind::Usage, tried, why))
        };
        if tokio::fs::try_exists(&path).await.unwrap_or(false) {
            return refuse("the file exists; name another one".to_owned());
        }
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        match folder {
            Some(folder) if !tokio::fs::try_exists(folder).await.unwrap_or(true) => refuse(
                format!("there is no folder \"{}\"; make it first", folder.display()),
            ),
            _ => Ok(()),
        }
    })
}

/// Says whether it is to be saved.
fn panel_ui(ui: &mut egui::Ui, state: &mut State, save: &mut Save) -> bool {
    let tokens = Tokens::of(ui);
    section_heading(ui, "Save", "");
    let active = state.active.and_then(|id| state.views.get(&id));
    let is_corrected =
        active.is_some_and(|slot| slot.field_addresses().iter().any(Option::is_some));
    let what: Vec<(What, &str)> = stack_choices(state).collect();
    let mut is_changed = segmented(ui, "What is saved", &mut save.what, &what).changed();
    let drawn = drawn(state);
    if !drawn.is_empty() {
        ui.add_space(size::GRID);
        is_changed |= segmented(ui, "What is drawn on it", &mut save.what, &drawn).changed();
    }
    if is_changed {
        save.problem.clear();
        // The name of the file goes with it, and is what a person changes next.
        save.is_fresh = true;
        if let Some(slot) = state.active.and_then(|id| state.views.get(&id)) {
            let name = file_name(slot, save.what);
            save.path = Path::new(&save.path)
                .with_file_name(name)
                .display()
                .to_string();
        }
    }
    ui.add_space(size::GRID * 2.0);
    let hint = match save.what {
        What::Picture => {
            "PNG, or SVG with lines and texts as such; both say what they show and hold a link to this view."
        }
        What::Movie => "GIF of all frames, in the range of the first, at the pace of the slider.",
        What::Shown | What::Whole => {
            "By the ending: .h5 (NXdata), .tif, .npy, .csv, .zarr; every digit as it is stored."
        }
        What::Mask => {
            "By the ending: .nxs or .h5 (NXdetector), .edf, .npy; drop it on a view, or give it to --mask."
        }
        What::Curves => {
            "By the ending: .csv, or .h5 and .nxs (NXdata); with what was done, a fit, and a link to this view."
        }
        What::Cake => {
            "By the ending: .h5 and .nxs (NXdata), .npy, or .csv, as hutch integrate --two-d writes it; with what was done."
        }
        What::Regions => "JSON; drop it on a view, or give it to hutch roi --regions.",
    };
    ui.label(rich(hint, secondary(), tokens.secondary));
    if is_corrected && matches!(save.what, What::Shown | What::Whole) {
        let hint = "Corrected by the dark and flat field of the view, as it is shown.";
        ui.label(rich(hint, secondary(), tokens.secondary));
    }
    ui.add_space(size::GRID * 2.0);
    let field = text_field(ui, "File", "/folder/name", &mut save.path);
    if std::mem::take(&mut save.is_fresh) {
        field.request_focus();
    }
    if !save.problem.is_empty() {
        ui.label(rich(&save.problem, secondary(), tokens.error));
    }
    ui.add_space(size::GRID * 2.0);
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if button(ui, "Choose a folder").clicked() {
        choose_folder(state);
    }
    ui.add_space(size::GRID * 2.0);
    primary_button(ui, "Save", "").clicked() || enter
}

/// Opens the dialog of the system for a folder; where there is none, the field stays.
fn choose_folder(state: &mut State) {
    let future = rfd::AsyncFileDialog::new()
        .set_title("Save into a folder")
        .pick_folder();
    state.folder_dialog = Some(Ask::start(&state.pools, &state.wake, |_| async move {
        Ok(future.await.map(|folder| folder.path().to_owned()))
    }));
}

fn take_chosen(state: &mut State, save: &mut Save) {
    let Some(answer) = state.folder_dialog.as_mut().and_then(Ask::poll) else {
        return;
    };
    state.folder_dialog = None;
    if let (Ok(Some(folder)), Some(name)) = (answer, Path::new(&save.path).file_name()) {
        save.path = folder.join(name).display().to_string();
    }
}

fn start(state: &mut State, save: &Save) -> Result<()> {
    let path = PathBuf::from(save.path.trim());
    let tried = format!("save \"{}\"", path.display());
    let bad = |why: &str| Err(Error::new(ErrorKind::Usage, tried.clone(), why));
    if path.file_name().is_none() || path.parent().is_none_or(|folder| folder == Path::new("")) {
        return bad("name a file with its folder");
    }
    state.saved_to = path.parent().map(Path::to_owned);
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    match save.what {
        What::Picture if !is_picture(&ending) => {
            bad("pictures are written as PNG or SVG; end the name in .png or .svg")
        }
        What::Movie if !ending.eq_ignore_ascii_case("gif") => {
            bad("movies are written as GIF; end the name in .gif")
        }
        What::Movie => movie::save(state, path),
        What::Picture => {
            let may_replace = false;
            ask(state, Target::File { path, may_replace });
            Ok(())
        }
        What::Regions if !regions::is_list(&save.path) => {
            bad("regions are written as JSON; end the name in .json")
        }
        What::Regions => regions_to(state, path),
        What::Mask => mask_to(state, path),
        What::Curves => curves::start(state, path),
        What::Cake => cake::start(state, &path),
        What::Shown | What::Whole => values(state, save.what, path),
    }
}

/// Writes a file on a thread of its own; the list of jobs says how that goes.
fn on_a_thread(
    state: &State,
    tried: &'static str,
    output: PathBuf,
    work: impl FnOnce(&Path) -> Result<()> + Send + 'static,
) {
    let label = format!("save {}", output.file_name().unwrap_or_default().display());
    let job = state.jobs.begin(&label, "this computer");
    let (sites, wake) = (state.sites.clone(), std::sync::Arc::clone(&state.wake));
    state.pools.thread("save", move || {
        let checked = || {
            check_output(&sites, None, &output)?;
            work(&output)
        };
        match crate::pools::contain(tried, checked) {
            Ok(()) => job.finish("saved", Some(output.display().to_string())),
            Err(error) => job.fail(error),
        }
        wake();
    });
}

/// Brings the list of jobs into sight.
fn show_jobs(state: &mut State) {
    state.shows_jobs = true;
    state.panels.show(Side::Inspector);
}

/// Starts the job that writes which pixels are masked in the view.
fn mask_to(state: &mut State, output: PathBuf) -> Result<()> {
    let slot = state.active.and_then(|id| state.views.get(&id));
    let frame = slot
        .and_then(|slot| slot.view.frame())
        .ok_or_else(|| Error::new(ErrorKind::Usage, "save a mask", "this view shows no frame"))?;
    let format = mask_files::format_of(&output)?;
    on_a_thread(state, "save a mask", output, move |output| {
        mask_files::write(&frame, format, output)
    });
    Ok(())
}

/// Starts the job that writes the regions of the view.
fn regions_to(state: &mut State, output: PathBuf) -> Result<()> {
    let found = regions_of(state);
    if found.is_empty() {
        let why = "the view has none";
        return Err(Error::new(ErrorKind::Usage, "save regions", why));
    }
    on_a_thread(state, "save regions", output, move |output| {
        regions::write(&found, output)
    });
    Ok(())
}

fn is_picture(ending: &str) -> bool {
    ["png", "svg"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// Starts the job that writes values.
fn values(state: &mut State, what: What, output: PathBuf) -> Result<()> {
    let nothing = || {
        Error::new(
            ErrorKind::Usage,
            "save values",
            "this view shows no dataset",
        )
    };
    let slot = state.active.and_then(|id| state.views.get(&id));
    let slot = slot.ok_or_else(nothing)?;
    let data = slot.stored_data().ok_or_else(nothing)?;
    if data.info().layout == COMPUTED {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "save values",
            "what is computed of frames (a difference, a ratio) is in no file; save its picture, or the values of one \
             of them",
        ));
    }
    let origin = data.origin().clone();
    let order = data.transposed().map(|(_, order)| order.to_vec());
    let part = match what {
        What::Shown => part(slot),
        _ => String::new(),
    };
    let label = format!("save {}", output.file_name().unwrap_or_default().display());
    let job = state.jobs.begin(&label, "this computer");
    let work = SaveValues {
        folders: state.folders.clone(),
        settings: state.settings.clone(),
        pools: state.pools.clone(),
        sites: state.sites.clone(),
        cancel: job.cancel.clone(),
        progress: job.progress.clone(),
        source: format!("{}::{}{part}", origin.url, origin.path),
        order,
        fields: slot.field_addresses(),
        output: output.clone(),
    };
    let wake = std::sync::Arc::clone(&state.wake);
    state.pools.thread("save", move || {
        match crate::pools::contain("save values", || save_values(&work)) {
            Ok(()) => job.finish("saved", Some(output.display().to_string())),
            Err(error) => job.fail(error),
        }
        wake();
    });
    show_jobs(state);
    Ok(())
}
