//! Following the newest file of a folder: the same view, newer data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutch_connectors::live::{FolderWatch, FolderWatchSettings};
use hutch_model::{LiveEvent, LiveSource};
use hutch_viewers::{Subject, TimelineAction, ViewId};

use super::state::{OpenFile, State};
use crate::address::Place;
use crate::ask::Ask;
use crate::open::{OpenedFile, open_file, subject};
use crate::window::file_tree::FileTree;

/// A folder that is followed.
#[derive(Debug)]
pub struct Live {
    /// The folder.
    pub folder: PathBuf,
    source: Arc<dyn LiveSource>,
    next: Ask<LiveEvent>,
    /// The newest file that was told about and not yet opened.
    newest: Option<PathBuf>,
    opening: Option<Ask<(Arc<OpenedFile>, Subject)>>,
    view: Option<ViewId>,
}

impl Live {
    /// The view that shows the newest file.
    pub const fn view(&self) -> Option<ViewId> {
        self.view
    }
}

/// Starts to follow a folder.
pub fn follow(state: &mut State, folder: &Path) {
    let source: Arc<dyn LiveSource> = Arc::new(FolderWatch::new(
        folder,
        FolderWatchSettings {
            suffixes: endings(),
            ..FolderWatchSettings::default()
        },
    ));
    state.live = Some(Live {
        folder: folder.to_owned(),
        next: ask_next(state, &source),
        source,
        newest: None,
        opening: None,
        view: None,
    });
}

/// Endings of files that are followed.
pub(crate) fn endings() -> Vec<String> {
    hutch_formats::extensions_with_signature()
        .map(|extension| format!(".{extension}"))
        .collect()
}

fn ask_next(state: &State, source: &Arc<dyn LiveSource>) -> Ask<LiveEvent> {
    let source = Arc::clone(source);
    Ask::start(&state.pools, &state.wake, |cancel| async move {
        source.next(&cancel).await
    })
}

/// Takes what the folder told, and shows it unless a person paused.
pub fn poll(state: &mut State) {
    let Some(mut live) = state.live.take() else {
        return;
    };
    match live.next.poll() {
        Some(Ok(LiveEvent::Changed { url, .. })) => {
            live.newest = url::Url::parse(&url)
                .ok()
                .and_then(|url| url.to_file_path().ok())
                .or_else(|| Some(PathBuf::from(url)));
            live.next = ask_next(state, &live.source);
        }
        Some(Ok(LiveEvent::Frame(_))) => live.next = ask_next(state, &live.source),
        // A folder that is away for a moment is no reason to stop.
        Some(Err(error)) => {
            log::debug!("follow \"{}\": {error}", live.folder.display());
            live.next = ask_next(state, &live.source);
        }
        None => {}
    }
    take_opened(state, &mut live);
    if live.opening.is_none()
        && !is_paused(state, &live)
        && let Some(path) = live.newest.take()
    {
        live.opening = Some(open(state, &live, path));
    }
    state.live = Some(live);
}

/// Whether a person stepped back to look at something older.
fn is_paused(state: &State, live: &Live) -> bool {
    live.view
        .and_then(|id| state.views.get(&id))
        .and_then(|slot| slot.view.timeline())
        .is_some_and(|timeline| timeline.following == Some(false))
}

fn open(state: &State, live: &Live, path: PathBuf) -> Ask<(Arc<OpenedFile>, Subject)> {
    let sites = state.sites.clone();
    let inner = live
        .view
        .and_then(|id| state.views.get(&id))
        .map(|slot| slot.view.subject().origin.path.clone());
    Ask::start(&state.pools, &state.wake, |cancel| async move {
        let source = sites.source(&Place::Local(path)).await?;
        let file = open_file(source, &cancel).await?;
        // The next file of a series usually has the same layout.
        let same = subject(&file, inner.as_deref(), &cancel).await;
        let subject = match same {
            Ok(subject) => subject,
            Err(_) => subject(&file, None, &cancel).await?,
        };
        Ok((Arc::new(file), subject))
    })
}

fn take_opened(state: &mut State, live: &mut Live) {
    let Some(answer) = live.opening.as_mut().and_then(Ask::poll) else {
        return;
    };
    live.opening = None;
    let (file, subject) = match answer {
        Ok(opened) => opened,
        // A file in the middle of being written is looked at again when it
        // grows; what was shown stays.
        Err(error) => return log::debug!("open the newest file: {error}"),
    };
    let had_data = live
        .view
        .and_then(|id| state.views.get(&id))
        .is_some_and(|slot| slot.view.subject().data().is_some());
    if had_data && subject.data().is_none() {
        // Its beginning is there and its datasets are not: it is looked at
        // again when it grows.
        return log::debug!("\"{}\" has no data yet", file.origin().url);
    }
    list(state, live, &file);
    let slot = live.view.and_then(|id| state.views.get_mut(&id));
    if let Some(slot) = slot {
        slot.replace_subject(subject);
        slot.view.on_timeline(TimelineAction::Follow(true));
        slot.last_state = slot.state();
    } else {
        state.show_subject(subject, "", None);
        live.view = state.active;
        if let Some(slot) = live.view.and_then(|id| state.views.get_mut(&id)) {
            slot.view.on_timeline(TimelineAction::Follow(true));
        }
    }
}

/// Keeps one entry for the folder in the list of open files.
fn list(state: &mut State, live: &Live, file: &Arc<OpenedFile>) {
    let address = live.folder.display().to_string();
    let tree = FileTree::new(Arc::clone(&file.container), &state.pools, &state.wake);
    let entry = OpenFile {
        address: address.clone(),
        file: Arc::clone(file),
        tree,
        is_open: false,
    };
    match state.files.iter_mut().find(|open| open.address == address) {
        Some(open) => {
            let old = open.file.origin().clone();
            *open = entry;
            // Frames of a file that was replaced are of no use any more.
            if old.validator != file.origin().validator || old.url != file.origin().url {
                state.residency.forget_version(&old);
            }
        }
        None => state.files.push(entry),
    }
}
