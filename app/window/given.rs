//! A geometry that a person gave to a view: it stays when the file grows, and comes back with the session.

use std::sync::Arc;

use hutch_model::{Dataset, Error, ErrorKind, Geometry, Signal, Value, ViewState};
use hutch_viewers::{Subject, ViewId};

use super::openings::shown;
use super::state::{Slot, State};
use crate::address::Address;
use crate::ask::Ask;
use crate::geometry::{BadParts, Found, Frames, read};

/// The name of the geometry's address in a state.
pub(crate) const GEOMETRY: &str = "geometry file";
/// Problems of a geometry that are told one by one.
const TOLD_PROBLEMS: usize = 3;

/// A geometry that was given to a view.
#[derive(Debug)]
pub struct Given {
    /// Where its file is, without user and password.
    address: String,
    found: Found,
    /// What the file of the data says, for going back.
    own: Own,
}

/// Geometry and mask of a file.
type Own = (Option<Arc<Geometry>>, Option<Arc<dyn Dataset>>);

impl Slot {
    /// Shows newer data, with the geometry that a person gave.
    pub fn replace_subject(&mut self, mut subject: Subject) {
        self.apply_given(&mut subject);
        self.view.replace_subject(subject);
    }

    /// Gives a subject the geometry that a person gave to the view.
    pub(super) fn apply_given(&mut self, subject: &mut Subject) {
        if let Some(signal) = &mut subject.signal {
            // It is of the frames as they are stored.
            let mut stored = signal.stored().clone();
            if let Some(given) = &mut self.given {
                given.own = (stored.geometry.clone(), stored.mask.clone());
                given.found.apply(&mut stored);
            }
            *signal = self.in_its_order(stored);
        }
        self.apply_fields(subject);
    }

    /// What came from an address is no step of its own where a step named it.
    pub(super) fn take_expected(&mut self, role: &'static str, address: &str) {
        if self.expected.remove(&(role, address.to_owned())) {
            self.last_state = self.state();
        }
    }

    /// Writes where the given geometry is into a state.
    pub(super) fn write_given(&self, state: &mut ViewState) {
        if let Some(given) = &self.given {
            state.set(GEOMETRY, Value::Text(given.address.clone()));
        }
    }

    /// The parts that the mask of the given geometry is made of, and the mask that the data have themselves.
    pub(super) fn bad_parts(&self) -> Option<(&BadParts, Option<&Arc<dyn Dataset>>)> {
        let given = self.given.as_ref()?;
        given.found.mask()?;
        Some((&given.found.parts, given.own.1.as_ref()))
    }

    /// Where the given geometry is.
    pub(super) fn given_address(&self) -> Option<&str> {
        self.given.as_ref().map(|given| given.address.as_str())
    }

    /// Takes the geometry back to what the file says.
    fn take_back(&mut self) {
        let Some(given) = self.given.take() else {
            return;
        };
        let mut subject = self.view.subject().clone();
        if let Some(signal) = &mut subject.signal {
            let mut stored = signal.stored().clone();
            (stored.geometry, stored.mask) = given.own;
            let shown = self.in_its_order(stored);
            // The frames may be corrected, and stay so.
            signal.geometry = shown.geometry;
            signal.mask = shown.mask;
            signal.as_stored = shown.as_stored;
        }
        self.view.replace_subject(subject);
    }
}

impl State {
    /// Reads a geometry for a view, and gives what `of` makes of it; [`State::take_geometry`] takes it.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where the view shows no frames, or the address is none.
    pub(super) fn ask_geometry<T: Send + 'static>(
        &self,
        (view, text): (ViewId, &str),
        of: impl FnOnce(Found) -> T + Send + 'static,
    ) -> Result<Ask<T>, Error> {
        let tried = || format!("use the geometry \"{}\"", shown(text));
        let frames = self.views.get(&view).and_then(|slot| {
            let subject = slot.view.subject();
            let data = subject.data()?;
            data.info().frame_size()?;
            let stored = subject.signal.as_ref().map(Signal::stored);
            let data = stored.map_or(data, |stored| &stored.data);
            let mask = stored.and_then(|stored| stored.mask.clone());
            // The mask of the file alone: that of a geometry before is not its own.
            let mask = slot
                .given
                .as_ref()
                .map_or(mask, |given| given.own.1.clone());
            Some((data.info().shape.clone(), subject.container.clone(), mask))
        });
        let Some((shape, container, mask)) = frames else {
            let why = "open the frames that it belongs to first";
            return Err(Error::new(ErrorKind::Usage, tried(), why));
        };
        let address = Address::parse(text, &self.sites.names())?;
        let sites = self.sites.clone();
        Ok(Ask::start(
            &self.pools,
            &self.wake,
            move |cancel| async move {
                let source = sites.source(&address.place).await?;
                let frames = Frames {
                    container: container.as_deref(),
                    shape: &shape,
                };
                let mut found = read(source, frames, &cancel).await?;
                found.unite(mask.as_ref(), &cancel).await?;
                Ok(of(found))
            },
        ))
    }

    /// Gives a view the geometry that was read for it, and tells what is wrong with its file.
    pub(super) fn take_geometry(&mut self, view: ViewId, address: &str, found: Found) {
        let Some(slot) = self.views.get_mut(&view) else {
            return;
        };
        slot.take_back();
        let subject = slot.stored_subject();
        let problems: Vec<String> = found.problems.iter().take(TOLD_PROBLEMS).cloned().collect();
        slot.given = Some(Given {
            address: address.to_owned(),
            found,
            own: (None, None),
        });
        slot.replace_subject(subject);
        slot.take_expected(GEOMETRY, address);
        for problem in problems {
            self.tell(problem);
        }
    }

    /// Follows a state to another geometry, or back to none.
    pub(super) fn follow_geometry(&mut self, view: ViewId, state: &ViewState) {
        let wanted = state.text(GEOMETRY, "").to_owned();
        let Some(slot) = self.views.get_mut(&view) else {
            return;
        };
        let now = slot.given.as_ref().map_or("", |given| &given.address);
        if wanted == now {
            return;
        }
        if wanted.is_empty() {
            slot.take_back();
        } else {
            slot.expected.insert((GEOMETRY, wanted.clone()));
            self.open_geometry(view, &wanted);
        }
    }
}
