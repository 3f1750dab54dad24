//! Streams in the window: the frame behind a row of their table, in the pane beside.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use hutch_model::{Error, ErrorKind, Origin, Result, Value};
use hutch_viewers::ViewId;
use hutch_viewers::stream_table::StreamTable;

use super::file_tree::FileTree;
use super::state::{OpenFile, Pane, State};
use crate::ask::Ask;
use crate::serial::{FoundFrame, MovedFolder, folder_of, open_row};

/// Moved folders that are kept.
const MOVED: usize = 64;
/// Problems that are told one by one.
const TOLD: usize = 2;

/// A frame on its way.
#[derive(Debug)]
struct Coming {
    table: ViewId,
    row: u32,
    ask: Ask<FoundFrame>,
}

/// Tables of streams and the views that show their frames.
#[derive(Debug, Default)]
pub struct Serial {
    /// The view beside each table.
    frames: BTreeMap<ViewId, ViewId>,
    coming: Option<Coming>,
    /// A dialog for the folder of frames, and the table and row that wait for it.
    dialog: Option<(ViewId, u32, Ask<Option<PathBuf>>)>,
}

impl State {
    /// The table of a stream in a view.
    fn stream_table(&mut self, id: ViewId) -> Option<&mut StreamTable> {
        self.views
            .get_mut(&id)?
            .view
            .as_any_mut()
            .downcast_mut::<StreamTable>()
    }

    /// The table that the active view is or belongs to; the first one otherwise.
    fn nearest_table(&mut self) -> Option<ViewId> {
        let active = self.active;
        let of_frame = self
            .serial
            .frames
            .iter()
            .find(|(_, frame)| Some(**frame) == active);
        let first = active.into_iter().chain(of_frame.map(|(table, _)| *table));
        let ids: Vec<ViewId> = first.chain(self.views.keys().copied()).collect();
        ids.into_iter().find(|id| self.stream_table(*id).is_some())
    }

    /// Goes to the next hit in the order of the table, or to the one before.
    pub fn step_hit(&mut self, is_forward: bool) {
        let Some(table) = self.nearest_table() else {
            return;
        };
        let row = self
            .stream_table(table)
            .and_then(|view| view.step_hit(is_forward));
        if let Some(row) = row {
            self.open_found(table, row);
        }
    }

    /// Shows the frame behind a row of the table of a stream.
    pub fn open_found_of(&mut self, origin: &Origin, row: u32) {
        if let Some(table) = self.table_of(origin) {
            self.open_found(table, row);
        }
    }

    fn table_of(&mut self, origin: &Origin) -> Option<ViewId> {
        let is_of = |state: &Self, id: &ViewId| {
            let slot = state.views.get(id);
            slot.is_some_and(|slot| slot.view.subject().origin.url == origin.url)
        };
        let mut ids: Vec<ViewId> = self.active.into_iter().collect();
        ids.extend(self.views.keys().copied());
        ids.retain(|id| is_of(self, id));
        ids.into_iter().find(|id| self.stream_table(*id).is_some())
    }

    fn open_found(&mut self, table: ViewId, row: u32) {
        let url = self
            .views
            .get(&table)
            .map(|slot| slot.view.subject().origin.url.clone());
        let open: Vec<_> = self
            .files
            .iter()
            .map(|open| Arc::clone(&open.file))
            .collect();
        let stream = open
            .iter()
            .find(|file| Some(&file.origin().url) == url.as_ref());
        let Some(stream) = stream.cloned() else {
            return self.tell("the stream of this table is closed".to_owned());
        };
        let (sites, folders) = (self.sites.clone(), self.settings.moved_folders.clone());
        // A newer wish ends the older one.
        let ask = Ask::start(&self.pools, &self.wake, move |cancel| async move {
            open_row(&sites, &stream, row, (&folders, &open), &cancel).await
        });
        self.serial.coming = Some(Coming { table, row, ask });
        if let Some(view) = self.stream_table(table) {
            view.told(row, None);
        }
    }

    /// Frames that a stream names lie in another folder; `None` opens the dialog of the system.
    pub fn frames_are_in(&mut self, origin: &Origin, row: u32, folder: Option<String>) {
        let Some(table) = self.table_of(origin) else {
            return;
        };
        let Some(folder) = folder else {
            let future = rfd::AsyncFileDialog::new()
                .set_title("Where are the frames of this stream?")
                .pick_folder();
            let ask = Ask::start(&self.pools, &self.wake, |_| async move {
                Ok(future.await.map(|folder| folder.path().to_owned()))
            });
            self.serial.dialog = Some((table, row, ask));
            return;
        };
        let named = self.stream_table(table).and_then(|view| view.file_of(row));
        let Some(named) = named else { return };
        let from = folder_of(&named).to_owned();
        let moved = &mut self.settings.moved_folders;
        moved.retain(|moved| moved.from != from);
        moved.insert(0, MovedFolder { from, to: folder });
        moved.truncate(MOVED);
        super::keys::keep_settings(self);
        self.open_found(table, row);
    }

    /// Takes frames and folders that came.
    pub fn poll_serial(&mut self) {
        let chosen = self.serial.dialog.as_mut().and_then(|(table, row, ask)| {
            let answer = ask.poll()?;
            Some((*table, *row, answer))
        });
        if let Some((table, row, answer)) = chosen {
            self.serial.dialog = None;
            let origin = self
                .views
                .get(&table)
                .map(|slot| slot.view.subject().origin.clone());
            if let (Some(origin), Ok(Some(folder))) = (origin, answer) {
                self.frames_are_in(&origin, row, Some(folder.display().to_string()));
            }
        }
        let answer = self.serial.coming.as_mut().and_then(|of| of.ask.poll());
        if let (Some(answer), Some(coming)) = (answer, self.serial.coming.as_ref()) {
            let (table, row) = (coming.table, coming.row);
            self.serial.coming = None;
            self.take_frame(table, row, answer);
        }
    }

    fn take_frame(&mut self, table: ViewId, row: u32, answer: Result<FoundFrame>) {
        let found = match answer {
            Ok(found) => found,
            Err(error) if error.kind == ErrorKind::Cancelled => return,
            Err(error) => return self.tell_table(table, row, error),
        };
        self.list_quietly(&found);
        let beside = self.serial.frames.get(&table).copied();
        let beside = beside.filter(|id| self.views.contains_key(id));
        let FoundFrame {
            subject,
            image,
            problems,
            ..
        } = found;
        let shown = if let Some(id) = beside {
            self.show_in(id, subject);
            Some(id)
        } else {
            self.show_subject_beside(subject, table);
            self.active.filter(|id| *id != table)
        };
        if let Some(id) = shown {
            self.serial.frames.insert(table, id);
            if let Some(slot) = self.views.get_mut(&id) {
                // Images are counted as they are stored, whatever the view makes of them.
                let mut state = slot.view.state();
                state.set("frame", Value::Integer(image.into()));
                state.set("follow", Value::Bool(false));
                state.values.remove("reduce");
                slot.view.set_state(&state);
                slot.last_state = slot.state();
            }
        }
        // Keys go on in the table.
        self.active = Some(table);
        for problem in problems.into_iter().take(TOLD) {
            log::info!("{problem}");
            if beside.is_none() {
                self.tell(problem);
            }
        }
    }

    fn tell_table(&mut self, table: ViewId, row: u32, error: Error) {
        match self.stream_table(table) {
            Some(view) => view.told(row, Some(Arc::new(error))),
            None => self.tell_error(error, None),
        }
    }

    /// Gives the view of frames other data, unless it shows them already.
    fn show_in(&mut self, id: ViewId, subject: hutch_viewers::Subject) {
        let Some(slot) = self.views.get_mut(&id) else {
            return;
        };
        let is_same = slot.view.subject().origin == subject.origin
            && slot
                .view
                .subject()
                .signal
                .as_ref()
                .is_some_and(|signal| signal.found.is_some());
        if !is_same {
            let mut subject = subject;
            slot.axes = super::axes::chosen_of(&subject);
            slot.apply_fields(&mut subject);
            slot.view.replace_subject(subject);
        }
    }

    fn show_subject_beside(&mut self, subject: hutch_viewers::Subject, table: ViewId) {
        let Some(id) = self.add_view(subject, "image") else {
            return;
        };
        self.place(Pane::View(id), None);
        self.active = Some(id);
        self.place_beside(table);
    }

    /// Lists the file of a frame with the open ones; one that only showed earlier frames goes.
    fn list_quietly(&mut self, found: &FoundFrame) {
        let origin = found.file.origin().clone();
        if self
            .files
            .iter()
            .any(|open| open.file.origin().url == origin.url)
        {
            return;
        }
        let shown: Vec<String> = self
            .views
            .iter()
            .filter(|(id, _)| !self.serial.frames.values().any(|frame| frame == *id))
            .map(|(_, slot)| slot.view.subject().origin.url.clone())
            .collect();
        let earlier: Vec<String> = self
            .serial
            .frames
            .values()
            .filter_map(|id| self.views.get(id))
            .map(|slot| slot.view.subject().origin.url.clone())
            .filter(|url| !shown.contains(url))
            .collect();
        self.files.retain(|open| {
            let is_quiet = !self.recent.contains(&open.address);
            !(is_quiet && earlier.contains(&open.file.origin().url))
        });
        let tree = FileTree::new(Arc::clone(&found.file.container), &self.pools, &self.wake);
        self.files.push(OpenFile {
            address: origin.url,
            file: Arc::clone(&found.file),
            tree,
            is_open: false,
        });
    }
}
