//! Addresses on their way to be opened, and what becomes of them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use hutch_analysis::region::Region;
use hutch_formats::corrected::Field;
use hutch_model::{Error, ErrorKind, PlotChoice, Result, ViewState};
use hutch_viewers::{Subject, ViewId};

use super::fields::FieldKind;
use super::file_list::FileList;
use super::file_tree::FileTree;
use super::layout;
use super::link::Link;
use super::state::{OpenFile, State, file_part};
use crate::address::{Address, Place};
use crate::ask::Ask;
use crate::geometry;
use crate::open::{OpenedFile, chosen_or_subject, in_folder, open_file, subject};
use crate::{mask_files, regions};

/// Views of the last session that are opened again.
const RESTORED: usize = 6;

/// An address as it is found again from any folder.
pub(super) fn recent_address(address: &str, sites: &[String]) -> String {
    let local = |path: &std::path::Path| {
        let absolute = std::path::absolute(path).ok()?;
        Some(absolute.to_str()?.to_owned())
    };
    let found = match Address::parse(address, sites).map(|address| address.place) {
        Ok(Place::Local(path)) => local(&path),
        Ok(Place::Url(url)) if url.scheme() == "file" => {
            url.to_file_path().ok().and_then(|path| local(&path))
        }
        _ => None,
    };
    found.unwrap_or_else(|| address.to_owned())
}

/// What an address turned out to be.
#[derive(Debug)]
enum Found {
    /// A file, and what is shown of it first.
    File(Arc<OpenedFile>, Box<Subject>),
    /// A folder of this computer.
    Folder(PathBuf),
    /// Where the pixels are of what a view shows.
    Geometry(ViewId, Box<geometry::Found>),
    /// A step of the mask of a view.
    Mask(ViewId, String),
    /// Regions for a view.
    Regions(ViewId, Vec<Region>),
    /// What the frames of a view are corrected by.
    Field(ViewId, FieldKind, Box<Field>),
}

/// An address on its way to be opened.
#[derive(Debug)]
pub struct Opening {
    /// The address, without user and password.
    pub address: String,
    ask: Ask<Found>,
    /// The kind of view that was asked for.
    kind: String,
    /// When it began.
    pub since: Instant,
    /// The view whose place it takes.
    replaces: Option<ViewId>,
    /// The state that the view had in the last session, or that a link gives it.
    saved: Option<ViewState>,
    asked: Asked,
}

impl Opening {
    /// What was asked for just now, shown in the best way, beside what is there.
    fn new(address: String, ask: Ask<Found>) -> Self {
        Self {
            address,
            ask,
            kind: String::new(),
            since: Instant::now(),
            replaces: None,
            saved: None,
            asked: Asked::Now,
        }
    }
}

/// When a person asked for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Just now.
    Now,
    /// In the last session, of which it is the view of this number.
    Before(usize),
}

impl State {
    /// Opens an address; what it is decides how it is shown.
    pub fn open_address(&mut self, text: &str, kind: &str) {
        if Link::is_link(text) {
            return match Link::parse(text) {
                Ok(link) => self.open_with(
                    &link.address,
                    &link.state.kind,
                    Some(link.state.clone()),
                    Asked::Now,
                ),
                Err(error) => self.tell_error(error, None),
            };
        }
        if hutch_formats::geometry::is_geometry(text) {
            if self.active.is_none() && !self.opening.is_empty() {
                // The frames that it belongs to are on their way.
                return self.waiting_geometry.push(text.to_owned());
            }
            let Some(view) = self.active else {
                let tried = format!("use the geometry \"{}\"", shown(text));
                let why = "open the frames that it belongs to first";
                return self.tell_error(Error::new(ErrorKind::Usage, tried, why), None);
            };
            return self.open_geometry(view, text);
        }
        if let Some(about) = self.wants_mask(text) {
            return self.open_mask(text, about);
        }
        if regions::is_list(text) {
            return self.open_regions(text);
        }
        self.open_with(text, kind, None, Asked::Now);
    }

    /// Takes a file that says where the pixels are of what a view shows.
    pub(super) fn open_geometry(&mut self, view: ViewId, text: &str) {
        let of = move |found| Found::Geometry(view, Box::new(found));
        let ask = match self.ask_geometry((view, text), of) {
            Ok(ask) => ask,
            Err(error) => return self.tell_error(error, None),
        };
        self.opening.push(Opening::new(shown(text), ask));
    }

    /// Takes a dataset as a field of what a view shows.
    pub(super) fn open_field(&mut self, view: ViewId, kind: FieldKind, text: &str) {
        let of = move |field| Found::Field(view, kind, Box::new(field));
        match self.ask_field((view, text), of) {
            Ok(ask) => self.opening.push(Opening::new(shown(text), ask)),
            Err(error) => self.tell_error(error, None),
        }
    }

    /// The active view and the size of its frames, where a name is that of a mask.
    fn wants_mask(&self, text: &str) -> Option<(ViewId, [u64; 2])> {
        let view = self.active.filter(|_| mask_files::is_mask(text))?;
        let view_of = &self.views.get(&view)?.view;
        view_of.frame()?;
        let (height, width) = view_of.subject().data()?.info().frame_size()?;
        Some((view, [height, width]))
    }

    /// Takes a file as a mask of what the active view shows; one of another size is opened.
    fn open_mask(&mut self, text: &str, (view, size): (ViewId, [u64; 2])) {
        let address = match Address::parse(text, &self.sites.names()) {
            Ok(address) => address,
            Err(error) => return self.tell_error(error, None),
        };
        let sites = self.sites.clone();
        let ask = Ask::start(&self.pools, &self.wake, move |cancel| async move {
            let source = sites.source(&address.place).await?;
            let file = open_file(source, &cancel).await?;
            let subject = subject(&file, address.path.as_deref(), &cancel).await?;
            match mask_files::read(&subject, size, &cancel).await? {
                Some(step) => Ok(Found::Mask(view, step)),
                None => Ok(Found::File(Arc::new(file), Box::new(subject))),
            }
        });
        self.opening.push(Opening::new(shown(text), ask));
    }

    /// Adds a mask that was read to what a person painted in a view.
    fn take_mask(&mut self, view: ViewId, step: String) {
        if let Some(slot) = self.views.get_mut(&view) {
            let state = mask_files::added(&slot.view.state(), step);
            slot.view.set_state(&state);
            self.tell_done("the mask was added to the view; Ctrl Z takes it away".to_owned());
        }
    }

    /// Takes a list of regions for what the active view shows.
    fn open_regions(&mut self, text: &str) {
        let Some(view) = self.active else {
            let tried = format!("use the regions \"{}\"", shown(text));
            let why = "open the frames that they belong to first";
            return self.tell_error(Error::new(ErrorKind::Usage, tried, why), None);
        };
        let address = match Address::parse(text, &self.sites.names()) {
            Ok(address) => address,
            Err(error) => return self.tell_error(error, None),
        };
        let sites = self.sites.clone();
        let ask = Ask::start(&self.pools, &self.wake, move |cancel| async move {
            let source = sites.source(&address.place).await?;
            Ok(Found::Regions(view, regions::read(source, &cancel).await?))
        });
        self.opening.push(Opening::new(shown(text), ask));
    }

    /// Adds regions that were read to those of a view.
    fn take_regions(&mut self, view: ViewId, found: &[Region]) {
        if let Some(slot) = self.views.get_mut(&view) {
            let state = regions::added(&slot.view.state(), found);
            slot.view.set_state(&state);
            self.tell_done(format!("{} regions were added to the view", found.len()));
        }
    }

    /// Opens what was open in the last session; what cannot be opened any more
    /// stays in the list of recent files.
    pub fn open_again(&mut self, views: Vec<(String, ViewState)>) {
        for (number, (address, state)) in views.into_iter().take(RESTORED).enumerate() {
            let kind = state.kind.clone();
            self.open_with(&address, &kind, Some(state), Asked::Before(number));
        }
    }

    fn open_with(&mut self, text: &str, kind: &str, saved: Option<ViewState>, asked: Asked) {
        let address = match Address::parse(text, &self.sites.names()) {
            Ok(address) => address,
            Err(error) => return self.tell_error(error, None),
        };
        let sites = self.sites.clone();
        let choice = saved.as_ref().and_then(PlotChoice::read);
        let ask = Ask::start(&self.pools, &self.wake, move |cancel| async move {
            let address = match folder_at(&address.place).await {
                None => address,
                // A folder that holds one data set stands for it; in any other a
                // person looks around.
                Some((path, has_folders)) => match in_folder(&sites, address, &cancel).await {
                    Ok(inside) if !has_folders => inside,
                    _ => return Ok(Found::Folder(path)),
                },
            };
            let source = sites.source(&address.place).await?;
            let file = open_file(source, &cancel).await?;
            let path = address.path.as_deref();
            let subject = chosen_or_subject(&file, path, choice.as_ref(), &cancel).await?;
            Ok(Found::File(Arc::new(file), Box::new(subject)))
        });
        self.opening.push(Opening {
            kind: kind.to_owned(),
            saved,
            asked,
            ..Opening::new(shown(text), ask)
        });
    }

    /// Shows a node of a file that is open.
    pub fn show_node(&mut self, file: &Arc<OpenedFile>, path: Option<String>, kind: &str) {
        let file = Arc::clone(file);
        let address = format!(
            "{}::{}",
            file.origin().url,
            path.as_deref().unwrap_or_default()
        );
        let replaces = self.active.filter(|_| kind.is_empty());
        let ask = Ask::start(&self.pools, &self.wake, move |cancel| async move {
            let subject = subject(&file, path.as_deref(), &cancel).await?;
            Ok(Found::File(file, Box::new(subject)))
        });
        self.opening.push(Opening {
            kind: kind.to_owned(),
            replaces,
            ..Opening::new(address, ask)
        });
    }

    /// Takes what was opened.
    pub fn poll_openings(&mut self) {
        let mut at = 0;
        while at < self.opening.len() {
            let Some(answer) = self.opening[at].ask.poll() else {
                at += 1;
                continue;
            };
            let opening = self.opening.remove(at);
            self.take(&opening, answer);
        }
        let come_back = |opening: &Opening| matches!(opening.asked, Asked::Before(_));
        if !self.returning.here.is_empty() && !self.opening.iter().any(come_back) {
            let returning = std::mem::take(&mut self.returning);
            layout::restore(self, &returning);
        }
        if self.active.is_some() || self.opening.is_empty() {
            for text in std::mem::take(&mut self.waiting_geometry) {
                self.open_address(&text, "");
            }
        }
    }

    fn take(&mut self, opening: &Opening, answer: Result<Found, Error>) {
        match answer {
            Ok(Found::File(file, subject)) => self.take_opened(opening, &file, *subject),
            Ok(Found::Geometry(view, found)) => {
                self.take_geometry(view, &opening.address, *found);
            }
            Ok(Found::Mask(view, step)) => self.take_mask(view, step),
            Ok(Found::Regions(view, found)) => self.take_regions(view, &found),
            Ok(Found::Field(view, kind, field)) => {
                self.take_field((view, kind), Some((&opening.address, *field)));
            }
            Ok(Found::Folder(path)) => self.file_list = Some(FileList::at(path)),
            // Nobody asked for it just now, so it is no news.
            Err(error) if matches!(opening.asked, Asked::Before(_)) => {
                log::info!("open \"{}\" again: {error}", opening.address);
            }
            Err(error) => self.tell_error(error, Some(opening.address.clone())),
        }
    }

    fn take_opened(&mut self, opening: &Opening, file: &Arc<OpenedFile>, subject: Subject) {
        let file = self.list_file(opening, file);
        let path = subject.node.path.clone();
        for open in &mut self.files {
            open.is_open = Arc::ptr_eq(&open.file, &file);
            if open.is_open {
                open.tree.reveal(&path, &self.pools, &self.wake);
            }
        }
        self.show_subject(subject, &opening.kind, opening.replaces);
        if let (Asked::Before(number), Some(view)) = (opening.asked, self.active) {
            self.returning.here.insert(number, view);
        }
        // Which frame there is depends on the order of the axes.
        if let (Some(view), Some(saved)) = (self.active, &opening.saved) {
            self.follow_axes(view, saved);
        }
        let slot = self.active.and_then(|id| self.views.get_mut(&id));
        if let (Some(slot), Some(saved)) = (slot, &opening.saved) {
            slot.view.set_state(saved);
            slot.last_state = slot.state();
        }
        if let (Some(view), Some(saved)) = (self.active, &opening.saved) {
            self.follow_geometry(view, saved);
            self.follow_fields(view, saved);
        }
    }

    /// The entry of a file in the list: the one that is there for this version,
    /// or a new one in place of an older version.
    fn list_file(&mut self, opening: &Opening, file: &Arc<OpenedFile>) -> Arc<OpenedFile> {
        let origin = file.origin();
        let known = self
            .files
            .iter()
            .position(|open| open.file.origin().url == origin.url);
        if let Some(open) = known.and_then(|at| self.files.get(at))
            && open.file.origin().validator == origin.validator
        {
            return Arc::clone(&open.file);
        }
        if let Some(at) = known {
            let old = self.files.remove(at);
            self.residency.forget_version(old.file.origin());
        }
        if let Some(problem) = &file.scan_problem {
            self.tell(problem.clone());
        }
        let tree = FileTree::new(Arc::clone(&file.container), &self.pools, &self.wake);
        let address = file_part(&opening.address).to_owned();
        self.files.push(OpenFile {
            address: address.clone(),
            file: Arc::clone(file),
            tree,
            is_open: true,
        });
        let recent = recent_address(&address, &self.sites.names());
        self.recent.retain(|known| *known != recent);
        self.recent.insert(0, recent);
        self.recent.truncate(12);
        super::session::keep_soon(self);
        Arc::clone(file)
    }

    /// Ends openings of a file that was closed.
    pub fn forget_openings(&mut self, url: &str) {
        self.opening
            .retain(|opening| file_part(&opening.address) != url);
    }

    /// Somebody signed in: what waited for it goes on.
    pub fn go_on_after_sign_in(&mut self) {
        self.residency.signed_in();
        for open in &mut self.files {
            open.tree.retry_failed(&self.pools, &self.wake);
        }
        let is_waiting = |error: &Option<Arc<Error>>| {
            error
                .as_ref()
                .is_some_and(|error| error.kind == ErrorKind::SignIn)
        };
        let (waiting, others) = std::mem::take(&mut self.notices)
            .into_iter()
            .partition(|notice| is_waiting(&notice.error) && notice.address.is_some());
        self.notices = others;
        let waiting: Vec<super::notices::Notice> = waiting;
        for address in waiting.into_iter().filter_map(|notice| notice.address) {
            self.open_address(&address, "");
        }
    }
}

/// Asks the disk on a thread that may hang.
/// The folder of this computer that a place is, and whether it holds others.
async fn folder_at(place: &Place) -> Option<(PathBuf, bool)> {
    let Place::Local(path) = place else {
        return None;
    };
    let path = path.clone();
    let look = move || {
        let entries = path.is_dir().then(|| std::fs::read_dir(&path))?;
        let has_folders = entries.is_ok_and(|entries| {
            let mut kinds = entries.filter_map(|entry| entry.ok()?.file_type().ok());
            kinds.any(|kind| kind.is_dir())
        });
        Some((path, has_folders))
    };
    tokio::task::spawn_blocking(look).await.ok().flatten()
}

/// An address as it may be shown and kept: without user and password.
pub fn shown(address: &str) -> String {
    let (file, inner) = match address.split_once("::") {
        Some((file, inner)) => (file, format!("::{inner}")),
        None => (address, String::new()),
    };
    match url::Url::parse(file) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            format!("{}{inner}", hutch_connectors::http::without_secrets(&url))
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_never_kept() {
        let address = "http://alice:hunter2@host:8765/p.nxs::/entry/data";
        assert_eq!(
            shown(address),
            "http://host:8765/p.nxs::/entry/data",
            "the rest of the address stays"
        );
        assert_eq!(
            shown("/data/a.h5::/x"),
            "/data/a.h5::/x",
            "paths stay as they are"
        );
    }

    #[test]
    fn a_recent_file_is_found_from_any_folder() {
        let here = std::env::current_dir().unwrap();
        let expected = here.join("a.h5").display().to_string();
        assert_eq!(recent_address("a.h5", &[]), expected, "a relative path");
        assert_eq!(recent_address(&expected, &[]), expected, "an absolute one");
        let url = format!("file://{expected}");
        assert_eq!(
            recent_address(&url, &[]),
            expected,
            "the same as an address"
        );
        let far = "https://host/p/a.h5";
        assert_eq!(recent_address(far, &[]), far, "a server");
    }
}
