//! Following a file that is being written: the newest frame that is there,
//! ten times a second.
//!
//! A view whose slider says "following" has one question under way: it looks at
//! its file again and again and answers when the file grew. Between answers
//! nothing is drawn. What is half written is never shown: a frame whose chunk
//! is not in the file yet does not count as newest, and a torn one leaves the
//! last whole one on the display.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_model::{Cancel, Dataset, Error, ErrorKind, PlotChoice, Refreshed, Result, Slab};
use hutch_viewers::{Subject, TimelineAction, ViewId};

use super::state::State;
use crate::address::{Address, Place};
use crate::ask::Ask;
use crate::open::{OpenedFile, chosen_or_subject, open_grown};
use crate::sites::Sites;

/// How often a file is looked at.
const EVERY: Duration = Duration::from_millis(100);
/// How often a file is looked at that is opened again to see whether it grew.
const REOPEN_EVERY: Duration = Duration::from_secs(1);
/// How long a file that cannot be read is left alone.
const AFTER_A_FAULT: Duration = Duration::from_secs(1);

/// How long a file cannot be read until a person is told.
const TELL_AFTER: Duration = Duration::from_secs(10);

/// The files that views follow.
#[derive(Debug, Default)]
pub struct Growing {
    asks: BTreeMap<ViewId, Ask<Grown>>,
    /// Views whose file cannot be read, of which a person was told once.
    told: BTreeSet<ViewId>,
}

/// A file that grew, and its newest frame that is whole.
#[derive(Debug)]
struct Grown {
    subject: Subject,
    newest: Option<u64>,
    /// The file, where it had to be opened again.
    file: Option<OpenedFile>,
}

/// What is looked at again and again.
struct Followed {
    file: OpenedFile,
    /// Where the file is, for formats that cannot tell by themselves that they grew.
    again: Option<(Sites, Place)>,
    path: String,
    choice: Option<PlotChoice>,
}

/// Asks for the views that follow, and takes what their files answered.
pub fn poll(state: &mut State) {
    let mut growing = std::mem::take(&mut state.growing);
    let following: Vec<ViewId> = following(state);
    growing.asks.retain(|id, _| following.contains(id));
    growing.told.retain(|id| following.contains(id));
    for id in following {
        match growing.asks.get_mut(&id).map(Ask::poll) {
            None => {
                if let Some(ask) = ask(state, id) {
                    growing.asks.insert(id, ask);
                }
            }
            Some(None) => {}
            Some(Some(answer)) => {
                growing.asks.remove(&id);
                growing.take(state, id, answer);
            }
        }
    }
    state.growing = growing;
}

impl Growing {
    fn take(&mut self, state: &mut State, id: ViewId, answer: Result<Grown>) {
        match answer {
            Ok(grown) => {
                self.told.remove(&id);
                show(state, id, grown);
            }
            Err(error) if error.kind == ErrorKind::Cancelled => {}
            // It is looked at further, and a person is told once.
            Err(error) => {
                if self.told.insert(id) {
                    state.tell_error(error, None);
                }
            }
        }
    }
}

/// Views that follow a file of their own; the one of a folder is told by the
/// folder.
fn following(state: &State) -> Vec<ViewId> {
    let of_folder = state.live.as_ref().and_then(super::live::Live::view);
    let follows = |slot: &super::state::Slot| {
        slot.view
            .timeline()
            .is_some_and(|timeline| timeline.following == Some(true))
            && slot.view.subject().container.is_some()
    };
    state
        .views
        .iter()
        .filter(|(id, slot)| Some(**id) != of_folder && follows(slot))
        .map(|(id, _)| *id)
        .collect()
}

fn ask(state: &State, id: ViewId) -> Option<Ask<Grown>> {
    let known = state.views.get(&id)?.view.subject();
    let file = OpenedFile {
        container: Arc::clone(known.container.as_ref()?),
        scan: None,
        scan_problem: None,
        default: None,
        why: String::new(),
        unreadable: None,
        remarks: Vec::new(),
        way: known.way.clone(),
    };
    let tells = file.container.format().starts_with("HDF5");
    let address = Address::parse(&known.origin.url, &state.sites.names());
    let place = address.ok().map(|address| address.place).filter(|_| !tells);
    let followed = Followed {
        again: place.map(|place| (state.sites.clone(), place)),
        path: known.origin.path.clone(),
        choice: known.choice.clone(),
        file,
    };
    Some(Ask::start(&state.pools, &state.wake, |cancel| async move {
        wait_for_growth(&followed, &cancel).await
    }))
}

/// Looks at a file until it grew, or until it could not be read for some time.
async fn wait_for_growth(followed: &Followed, cancel: &Cancel) -> Result<Grown> {
    let mut unread_since = None;
    let pause = if followed.again.is_some() {
        REOPEN_EVERY
    } else {
        EVERY
    };
    loop {
        tokio::time::sleep(pause).await;
        cancel.check()?;
        match look(followed, cancel).await {
            Ok(Some(grown)) => return Ok(grown),
            Ok(None) => unread_since = None,
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            // A writer in the middle of its work, a disk that is away: later.
            Err(error) => {
                let since = *unread_since.get_or_insert_with(Instant::now);
                if since.elapsed() > TELL_AFTER {
                    return Err(error);
                }
                tokio::time::sleep(AFTER_A_FAULT).await;
            }
        }
    }
}

async fn look(followed: &Followed, cancel: &Cancel) -> Result<Option<Grown>> {
    let mut reopened = None;
    if followed.file.container.refresh(cancel).await? == Refreshed::Same {
        reopened = opened_again(followed, cancel).await?;
        if reopened.is_none() {
            return Ok(None);
        }
    }
    let file = reopened.as_ref().unwrap_or(&followed.file);
    let (path, choice) = (followed.path.as_str(), followed.choice.as_ref());
    let subject = chosen_or_subject(file, Some(path), choice, cancel).await?;
    let Some(data) = subject.data() else {
        let why = "it has no data at present";
        return Err(Error::new(ErrorKind::NotFound, "follow a file", why));
    };
    let newest = newest_frame(data.as_ref(), cancel).await?;
    Ok(Some(Grown {
        subject,
        newest,
        file: reopened,
    }))
}

/// The file once more, where it has another version now: text that grows line by line.
async fn opened_again(followed: &Followed, cancel: &Cancel) -> Result<Option<OpenedFile>> {
    let Some((sites, place)) = &followed.again else {
        return Ok(None);
    };
    let source = sites.source(place).await?;
    let identity = source.bytes.identity().await?;
    if identity.validator == followed.file.origin().validator {
        return Ok(None);
    }
    let known = followed.file.container.as_ref();
    open_grown(known, source, cancel).await.map(Some)
}

/// The last frame that is in the file; `None` where there is none. Writers
/// often make a dataset in its full length and fill it from the front.
///
/// # Errors
/// Those of reading the chunk table.
pub async fn newest_frame(data: &dyn Dataset, cancel: &Cancel) -> Result<Option<u64>> {
    let shape = data.info().shape.clone();
    let (mut low, mut high) = (0, data.info().frame_count());
    // Frames below `low` are written, those from `high` on are not.
    while low < high {
        let middle = low + (high - low) / 2;
        let cost = data.cost(&Slab::frame(&shape, middle), cancel).await?;
        if cost.stored_bytes > 0 {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low.checked_sub(1))
}

fn show(state: &mut State, id: ViewId, grown: Grown) {
    if let Some(file) = grown.file {
        let url = &file.origin().url;
        let known = state.files.iter_mut();
        // The next scan may be in what was added.
        if let Some(open) = known
            .into_iter()
            .find(|open| open.file.origin().url == *url)
        {
            open.file = Arc::new(file);
        }
    }
    let Some(slot) = state.views.get_mut(&id) else {
        return;
    };
    let old = slot.view.subject().data().map(|data| data.origin().clone());
    let new = grown.subject.data().map(|data| data.origin().clone());
    slot.replace_subject(grown.subject);
    if let Some(newest) = grown.newest {
        slot.view.on_timeline(TimelineAction::Newest(newest));
    }
    slot.last_state = slot.state();
    if let Some(old) = old.filter(|old| Some(old) != new.as_ref()) {
        state.residency.forget_version(&old);
    }
}
