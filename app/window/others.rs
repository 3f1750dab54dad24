//! Other data that views show beside their own: what a person adds to the curves of a view.

use std::collections::BTreeSet;
use std::sync::Arc;

use hutch_model::{Error, ErrorKind, Origin, Result};
use hutch_viewers::{Fit, Subject, TimelineAction, ViewId, registry};

use super::builder::Dragged;
use super::file_tree::FileTree;
use super::state::{OpenFile, State};
use crate::address::{Address, Place};
use crate::ask::Ask;
use crate::open::{OpenedFile, beside, open_file, subject};

/// Data on their way to a view that wanted them.
#[derive(Debug)]
pub struct Other {
    view: ViewId,
    address: String,
    ask: Ask<Box<Found>>,
    role: Role,
}

/// What was opened, and its file.
#[derive(Debug)]
struct Found {
    subject: Subject,
    file: Arc<OpenedFile>,
    /// What was asked for and is not there, so that this is shown in its place.
    missing: Option<String>,
}

/// What becomes of data that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The view shows them beside its own.
    Beside,
    /// The view shows them instead.
    Instead,
}

/// Opens what views want, and gives them what came.
pub fn poll(state: &mut State) {
    for mut other in std::mem::take(&mut state.others) {
        match other.ask.poll() {
            None => state.others.push(other),
            Some(found) => give(state, &other, found.map(|found| *found)),
        }
    }
    let under_way: BTreeSet<(ViewId, String)> = state
        .others
        .iter()
        .filter(|other| other.role == Role::Beside)
        .map(|other| (other.view, other.address.clone()))
        .collect();
    let wanted: Vec<(ViewId, String)> = state
        .views
        .iter()
        .flat_map(|(id, slot)| slot.view.wanted().into_iter().map(|address| (*id, address)))
        .filter(|wanted| !under_way.contains(wanted))
        .collect();
    for (view, address) in wanted {
        ask(state, view, address, Role::Beside);
    }
}

fn give(state: &mut State, other: &Other, found: Result<Found>) {
    let Some(slot) = state.views.get_mut(&other.view) else {
        return;
    };
    match (other.role, found) {
        (Role::Beside, found) => {
            let subject = found.map(|found| found.subject);
            slot.view.take_other(&other.address, subject);
        }
        (Role::Instead, Ok(found)) => {
            let path = found.subject.origin.path.clone();
            let url = found.subject.origin.url.clone();
            let before = slot.view.subject().origin.url.clone();
            let kind = registry::named(&slot.view.state().kind);
            if kind.is_some_and(|kind| kind.fits(&found.subject) > Fit::No) {
                slot.replace_subject(found.subject);
            } else if let Some(kind) = registry::best(&found.subject, "") {
                // The plot of a scan where frames were shown: another kind of view, and no step back.
                slot.view = kind.open(found.subject);
                state.history.forget(other.view);
            }
            slot.last_state = slot.state();
            if let Some(missing) = found.missing {
                state.tell(format!("there is no \"{missing}\"; \"{path}\" is shown"));
            }
            if url != before {
                list(state, &found.file, &before);
            }
            let open = state
                .files
                .iter_mut()
                .find(|open| open.file.origin().url == url);
            if let Some(open) = open {
                open.tree.reveal(&path, &state.pools, &state.wake);
            }
        }
        (Role::Instead, Err(error)) => state.tell_error(error, None),
    }
}

/// Lists a file that was gone to, in place of the one before where nothing shows that any more.
fn list(state: &mut State, file: &Arc<OpenedFile>, before: &str) {
    let url = file.origin().url.clone();
    let is_shown = |url: &str| {
        state
            .views
            .values()
            .any(|slot| slot.view.subject().origin.url == url)
    };
    if !is_shown(before) {
        state.files.retain(|open| open.file.origin().url != before);
        state.residency.forget_url(before);
    }
    if state.files.iter().any(|open| open.file.origin().url == url) {
        return;
    }
    let tree = FileTree::new(Arc::clone(&file.container), &state.pools, &state.wake);
    state.files.push(OpenFile {
        address: url,
        file: Arc::clone(file),
        tree,
        is_open: true,
    });
}

/// Goes to a point of a scan in the views of its frames, one frame for each point.
pub fn show_point(state: &mut State, scan: &Origin, point: u64) {
    for slot in state.views.values_mut() {
        let subject = slot.view.subject();
        let table = subject
            .signal
            .as_ref()
            .and_then(|signal| signal.scan.clone());
        let Some(table) = table.filter(|table| subject.origin.at(&table.entry) == *scan) else {
            continue;
        };
        let frames = slot.view.timeline().map(|timeline| timeline.count);
        if frames == Some(table.points) {
            slot.view.on_timeline(TimelineAction::Show(point));
        }
    }
}

/// Shows the same of the scan that lies so many further on in the file.
pub fn step_scan(state: &mut State, by: i64) {
    let Some((id, slot)) = state
        .active
        .and_then(|id| Some((id, state.views.get(&id)?)))
    else {
        return;
    };
    let subject = slot.view.subject();
    let scan = subject
        .signal
        .as_ref()
        .and_then(|signal| signal.scan.as_ref());
    let Some(scan) = scan else {
        let why = "what is shown is of no scan of BLISS, SPEC or .fio, whose next one this goes to";
        return state.tell(why.to_owned());
    };
    let Some(next) = scan.beside(by) else {
        if scan.scans.len() < 2 {
            return step_file(state, id, by);
        }
        let which = if by < 0 { "first" } else { "last" };
        return state.tell(format!("this is the {which} scan of the file"));
    };
    let path = &subject.origin.path;
    let rest = path.strip_prefix(&scan.entry).unwrap_or_default();
    // A plot that one scan names may be called otherwise in the next one.
    let rest = if subject.is_dataset() { rest } else { "" };
    let address = subject.origin.at(&format!("{next}{rest}")).to_string();
    state
        .others
        .retain(|other| other.view != id || other.role != Role::Instead);
    ask(state, id, address, Role::Instead);
}

/// Shows the scan of the file that lies so many further on in the folder, where each file holds one.
fn step_file(state: &mut State, id: ViewId, by: i64) {
    let Some(slot) = state.views.get(&id) else {
        return;
    };
    let origin = slot.view.subject().origin.clone();
    let address = match Address::parse(&origin.url, &state.sites.names()) {
        Ok(address) => address,
        Err(error) => return state.tell_error(error, None),
    };
    let (sites, path) = (state.sites.clone(), origin.path.clone());
    let is_dataset = slot.view.subject().is_dataset();
    let ask = Ask::start(&state.pools, &state.wake, move |cancel| async move {
        let next = beside(&sites, &address.place, by, &cancel).await?;
        let next: Place = next.ok_or_else(|| {
            let which = if by < 0 { "first" } else { "last" };
            let why =
                format!("this is the {which} scan that its folder has, or nobody can list it");
            Error::new(ErrorKind::NotFound, "go to another scan", why)
        })?;
        let file = Arc::new(open_file(sites.source(&next).await?, &cancel).await?);
        // Counters have their names in every file, entries their numbers.
        let wanted = subject(&file, Some(&path), &cancel).await;
        let subject = match wanted {
            Ok(subject) if is_dataset => subject,
            _ => subject(&file, None, &cancel).await?,
        };
        Ok(Box::new(Found {
            subject,
            file,
            missing: None,
        }))
    });
    state
        .others
        .retain(|other| other.view != id || other.role != Role::Instead);
    state.others.push(Other {
        view: id,
        address: origin.to_string(),
        ask,
        role: Role::Instead,
    });
}

fn ask(state: &mut State, view: ViewId, text: String, role: Role) {
    let address = match Address::parse(&text, &state.sites.names()) {
        Ok(address) => address,
        Err(error) => {
            if let Some(slot) = state.views.get_mut(&view) {
                slot.view.take_other(&text, Err(error));
            }
            return;
        }
    };
    let url = super::state::file_part(&text);
    let open = state
        .files
        .iter()
        .find(|open| open.file.origin().url == url);
    let known = open.map(|open| Arc::clone(&open.file));
    let sites = state.sites.clone();
    let ask = Ask::start(&state.pools, &state.wake, move |cancel| async move {
        let path = address.path.as_deref();
        let file = match known {
            Some(file) => file,
            None => Arc::new(open_file(sites.source(&address.place).await?, &cancel).await?),
        };
        let found = subject(&file, path, &cancel).await;
        let scan = path.and_then(scan_of).filter(|_| role == Role::Instead);
        let (subject, missing) = match (found, scan) {
            // The next scan was made without this detector or counter.
            (Err(error), Some(scan)) if error.kind == ErrorKind::NotFound => {
                let missing = path.map(str::to_owned);
                (subject(&file, Some(&scan), &cancel).await?, missing)
            }
            (found, _) => (found?, None),
        };
        Ok(Box::new(Found {
            subject,
            file,
            missing,
        }))
    });
    state.others.push(Other {
        view,
        address: text,
        ask,
        role,
    });
}

/// The scan that a path lies in: `/2.1` of `/2.1/measurement/det`; `None` for the scan itself.
fn scan_of(path: &str) -> Option<String> {
    let (scan, _) = path.trim_start_matches('/').split_once('/')?;
    Some(format!("/{scan}"))
}

/// Adds data to the curves that keys go to, to the newest ones otherwise; where there are none,
/// they open as curves.
pub fn add(state: &mut State, origin: Origin) {
    let address = origin.to_string();
    let newest = state.views.keys().rev().copied();
    let mut views: Vec<ViewId> = state.active.into_iter().chain(newest).collect();
    views.retain(|id| state.views.get(id).is_some_and(|slot| slot.view.can_add()));
    match views.first() {
        Some(id) => add_to(state, *id, &address),
        None => state.carry_out(
            hutch_viewers::Actor::Person,
            hutch_viewers::Action::OpenNode {
                origin,
                kind: "curve".to_owned(),
            },
        ),
    }
}

pub(super) fn add_to(state: &mut State, id: ViewId, address: &str) {
    let Some(slot) = state.views.get_mut(&id) else {
        return;
    };
    if slot.view.add(address) {
        super::keys::activate(state, id);
    } else {
        state.tell("it is among the curves already, or there are too many".to_owned());
    }
}

/// Adds the node that is chosen in the tree.
pub fn add_chosen(state: &mut State) {
    let open = state.files.iter().find(|open| open.is_open);
    let chosen = open.and_then(|open| {
        let path = open.tree.selected.as_ref()?;
        Some(open.file.origin().at(path))
    });
    match chosen {
        Some(origin) => add(state, origin),
        None => state.tell("choose something in the tree of a file first".to_owned()),
    }
}

/// Takes what is dragged from the tree onto a view; says where it comes from once it is dropped.
pub fn dropped(ui: &egui::Ui, place: egui::Rect, accent: egui::Color32) -> Option<Origin> {
    if !egui::DragAndDrop::has_payload_of_type::<Dragged>(ui.ctx()) {
        return None;
    }
    let response = ui.interact(place, ui.scope_id().with("drop"), egui::Sense::hover());
    if response.dnd_hover_payload::<Dragged>().is_some() {
        let edge = egui::Stroke::new(2.0, accent);
        let inside = egui::StrokeKind::Inside;
        ui.painter().rect_stroke(place, 4.0, edge, inside);
    }
    let payload = response.dnd_release_payload::<Dragged>()?;
    Some(payload.0.clone())
}
