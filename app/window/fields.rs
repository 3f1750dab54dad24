//! The dark field and the flat field that a person gave to a view of frames: they stay when the file grows, and come
//! back with the session.

use std::sync::Arc;

use egui::Ui;
use hutch_formats::corrected::{Corrected, Field};
use hutch_formats::transposed::has_frames_of_file;
use hutch_model::{Cancel, Dataset, Error, ErrorKind, Result, Scaling, Value, ViewState};
use hutch_viewers::theme::{Tokens, Tone, rich, secondary};
use hutch_viewers::widgets::{folding_heading, text_button};
use hutch_viewers::{Subject, ViewId};

use super::builder::Dragged;
use super::state::{Slot, State};
use crate::address::Address;
use crate::ask::Ask;
use crate::open::{open_file, subject};

/// What frames are corrected by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// What the detector shows without a beam.
    Dark,
    /// What it shows without a sample.
    Flat,
}

impl FieldKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Dark, Self::Flat];

    /// Its name for people, which is that of its address in a state.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark field",
            Self::Flat => "flat field",
        }
    }
}

/// The fields of a view.
#[derive(Debug, Default)]
pub struct Fields {
    dark: Option<Given>,
    flat: Option<Given>,
    /// What the frames are without them.
    own: Option<Own>,
    /// Why they do not correct what is shown.
    problem: Option<String>,
}

/// A field, and where it is, without user and password.
#[derive(Debug)]
struct Given {
    address: String,
    field: Field,
}

/// What of a signal means something else once its frames are corrected.
#[derive(Clone, Debug)]
struct Own {
    data: Arc<dyn Dataset>,
    errors: Option<Arc<dyn Dataset>>,
    saturation: Option<f64>,
    scaling: Scaling,
    unit: String,
}

impl Own {
    /// Gives a subject its frames as they are stored.
    fn give_back(self, subject: &mut Subject) {
        match &mut subject.signal {
            Some(signal) => {
                signal.data = self.data;
                signal.errors = self.errors;
                signal.saturation = self.saturation;
                signal.scaling = self.scaling;
                signal.unit = self.unit;
            }
            None => subject.dataset = Some(self.data),
        }
    }
}

impl Fields {
    const fn of(&self, kind: FieldKind) -> Option<&Given> {
        match kind {
            FieldKind::Dark => self.dark.as_ref(),
            FieldKind::Flat => self.flat.as_ref(),
        }
    }

    fn of_mut(&mut self, kind: FieldKind) -> &mut Option<Given> {
        match kind {
            FieldKind::Dark => &mut self.dark,
            FieldKind::Flat => &mut self.flat,
        }
    }

    fn address(&self, kind: FieldKind) -> &str {
        self.of(kind).map_or("", |given| &given.address)
    }

    /// Gives a subject its frames back as they are stored.
    fn take_back(&mut self, subject: &mut Subject) {
        if let Some(own) = self.own.take() {
            own.give_back(subject);
        }
    }

    /// Corrects the frames of a subject, which are as they are stored.
    ///
    /// # Errors
    /// Those of [`Corrected::new`]; the frames stay as they are then.
    fn apply(&mut self, subject: &mut Subject) -> Result<()> {
        let field = |given: &Option<Given>| given.as_ref().map(|given| given.field.clone());
        let (dark, flat) = (field(&self.dark), field(&self.flat));
        let Some(data) = subject.data().cloned() else {
            return Ok(());
        };
        if dark.is_none() && flat.is_none() {
            return Ok(());
        }
        if let Some(signal) = subject.signal.as_ref().filter(|of| !has_frames_of_file(of)) {
            let tried = format!("correct \"{}\"", signal.data.origin());
            let why = "a field is of the frames that the file has, and other axes are shown";
            return Err(Error::new(ErrorKind::Shape, tried, why));
        }
        let has_flat = flat.is_some();
        let corrected: Arc<dyn Dataset> = Arc::new(Corrected::new(Arc::clone(&data), dark, flat)?);
        let mut own = Own {
            data,
            errors: None,
            saturation: None,
            scaling: Scaling::IDENTITY,
            unit: String::new(),
        };
        match &mut subject.signal {
            Some(signal) => {
                // Errors, saturation and scaling are of the stored counts.
                own.errors = signal.errors.take();
                own.saturation = signal.saturation.take();
                own.scaling = std::mem::replace(&mut signal.scaling, Scaling::IDENTITY);
                own.unit.clone_from(&signal.unit);
                if has_flat {
                    signal.unit.clear();
                }
                signal.data = corrected;
            }
            None => subject.dataset = Some(corrected),
        }
        self.own = Some(own);
        Ok(())
    }
}

impl Slot {
    /// Corrects a new subject by the fields that a person gave to the view.
    pub(super) fn apply_fields(&mut self, subject: &mut Subject) {
        self.fields.own = None;
        let applied = self.fields.apply(subject);
        self.fields.problem = applied.err().map(|error| error.why);
    }

    /// What the view shows, with its frames as they are stored.
    pub(super) fn stored_subject(&mut self) -> Subject {
        let mut subject = self.view.subject().clone();
        self.fields.take_back(&mut subject);
        subject
    }

    /// The data that the view shows, as they are stored.
    pub(super) fn stored_data(&self) -> Option<&Arc<dyn Dataset>> {
        let own = self.fields.own.as_ref().map(|own| &own.data);
        own.or_else(|| self.view.subject().data())
    }

    /// What the view shows, with its frames as they are stored, and the dark and the flat field that correct them.
    pub(super) fn stored_and_fields(&self) -> (Subject, [Option<&Field>; 2]) {
        let mut subject = self.view.subject().clone();
        let Some(own) = &self.fields.own else {
            return (subject, [None, None]);
        };
        own.clone().give_back(&mut subject);
        let fields = FieldKind::ALL.map(|kind| Some(&self.fields.of(kind)?.field));
        (subject, fields)
    }

    /// Where the dark and the flat field are that correct what is shown.
    pub(super) fn field_addresses(&self) -> [Option<String>; 2] {
        let is_corrected = self.fields.own.is_some();
        FieldKind::ALL.map(|kind| {
            let given = self.fields.of(kind).filter(|_| is_corrected)?;
            Some(given.address.clone())
        })
    }

    /// Writes where the fields are into a state.
    pub(super) fn write_fields(&self, state: &mut ViewState) {
        for kind in FieldKind::ALL {
            if let Some(given) = self.fields.of(kind) {
                state.set(kind.name(), Value::Text(given.address.clone()));
            }
        }
    }
}

impl State {
    /// Reads a field for a view of frames, and gives what `of` makes of it; [`State::take_field`] takes it.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where the view shows no frames, or the address is none.
    pub(super) fn ask_field<T: Send + 'static>(
        &self,
        (view, text): (ViewId, &str),
        of: impl FnOnce(Field) -> T + Send + 'static,
    ) -> Result<Ask<T>> {
        let frames = self.views.get(&view).and_then(|slot| {
            let info = slot.view.subject().data()?.info();
            slot.view.frame()?;
            Some(info.shape.clone())
        });
        let Some(frames) = frames else {
            let why = "open the frames that are to be corrected first";
            let tried = format!("correct frames by \"{text}\"");
            return Err(Error::new(ErrorKind::Usage, tried, why));
        };
        let address = Address::parse(text, &self.sites.names())?;
        let url = super::state::file_part(text);
        let open = self.files.iter().find(|open| open.file.origin().url == url);
        let known = open.map(|open| Arc::clone(&open.file));
        let sites = self.sites.clone();
        Ok(Ask::start(
            &self.pools,
            &self.wake,
            move |cancel| async move {
                let file = match known {
                    Some(file) => file,
                    None => {
                        Arc::new(open_file(sites.source(&address.place).await?, &cancel).await?)
                    }
                };
                let found = subject(&file, address.path.as_deref(), &cancel).await?;
                let Some(data) = found.data() else {
                    let tried = format!("correct frames by \"{}\"", found.origin);
                    return Err(Error::new(ErrorKind::Usage, tried, "it holds no frames"));
                };
                let mut field = read_aside(Arc::clone(data), frames, cancel).await?;
                file.container.format().clone_into(&mut field.format);
                Ok(of(field))
            },
        ))
    }

    /// Corrects the frames of a view by a field that was read for it, or no longer by one.
    pub(super) fn take_field(
        &mut self,
        (view, kind): (ViewId, FieldKind),
        given: Option<(&str, Field)>,
    ) {
        let Some(slot) = self.views.get_mut(&view) else {
            return;
        };
        let mut subject = slot.stored_subject();
        let address = given.as_ref().map(|(address, _)| (*address).to_owned());
        *slot.fields.of_mut(kind) = given.map(|(address, field)| Given {
            address: address.to_owned(),
            field,
        });
        let applied = slot.fields.apply(&mut subject);
        slot.fields.problem = applied.as_ref().err().map(|error| error.why.clone());
        slot.view.replace_subject(subject);
        if let Some(address) = address {
            slot.take_expected(kind.name(), &address);
        }
        if let Err(error) = applied {
            self.tell_error(error, None);
        }
    }

    /// Follows a state to other fields, or back to none.
    pub(super) fn follow_fields(&mut self, view: ViewId, state: &ViewState) {
        for kind in FieldKind::ALL {
            let wanted = state.text(kind.name(), "").to_owned();
            let Some(slot) = self.views.get_mut(&view) else {
                return;
            };
            if wanted == slot.fields.address(kind) {
                continue;
            }
            if !wanted.is_empty() {
                slot.expected.insert((kind.name(), wanted.clone()));
            }
            self.use_field(view, kind, &wanted);
        }
    }

    /// Corrects the view that keys go to by what is chosen in the tree.
    pub(super) fn use_chosen_as(&mut self, kind: FieldKind) {
        let open = self.files.iter().find(|open| open.is_open);
        let chosen = open.and_then(|open| {
            let path = open.tree.selected.as_ref()?;
            Some(open.file.origin().at(path).to_string())
        });
        match (self.active, chosen) {
            (Some(view), Some(address)) => self.open_field(view, kind, &address),
            _ => self.tell(format!(
                "show frames, and choose their {} in the tree of a file first",
                kind.name()
            )),
        }
    }

    /// Corrects a view by a field, or no longer where the address is empty.
    pub fn use_field(&mut self, view: ViewId, kind: FieldKind, address: &str) {
        if address.is_empty() {
            self.take_field((view, kind), None);
        } else {
            self.open_field(view, kind, address);
        }
    }

    /// Shows the frames of the view that keys go to as they are stored.
    pub(super) fn remove_fields(&mut self) {
        let Some(view) = self.active else {
            return;
        };
        for kind in FieldKind::ALL {
            self.take_field((view, kind), None);
        }
    }
}

/// Reads a field beside the threads for sockets: a mean of many frames is decoded for seconds.
async fn read_aside(data: Arc<dyn Dataset>, frames: Vec<u64>, cancel: Cancel) -> Result<Field> {
    let runtime = tokio::runtime::Handle::current();
    let origin = data.origin().to_string();
    let read = move || runtime.block_on(Field::read(data.as_ref(), &frames, &cancel));
    tokio::task::spawn_blocking(read).await.map_err(|error| {
        let tried = format!("correct frames by \"{origin}\"");
        Error::new(ErrorKind::Internal, tried, error.to_string())
    })?
}

/// Draws the two places in the inspector of frames; says what is dropped onto one of them, or taken away.
pub(super) fn ui(ui: &mut Ui, slot: &Slot) -> Option<(FieldKind, String)> {
    slot.view.frame()?;
    if slot.view.state().kind != "image" {
        return None;
    }
    // Where something is dragged there is a place to drop it.
    let is_dragged = egui::DragAndDrop::has_payload_of_type::<Dragged>(ui.ctx());
    let has_some = FieldKind::ALL
        .iter()
        .any(|kind| slot.fields.of(*kind).is_some());
    let is_in_use = has_some || is_dragged || slot.fields.problem.is_some();
    let right = if has_some { "corrected" } else { "" };
    if !folding_heading(ui, "Dark and flat", right, is_in_use) {
        return None;
    }
    if let Some(problem) = &slot.fields.problem {
        let text = format!("The frames are shown as they are stored: {problem}.");
        ui.label(rich(text, secondary(), Tokens::of(ui).error));
    }
    let mut answer = None;
    for kind in FieldKind::ALL {
        if let Some(address) = place_ui(ui, slot, kind) {
            answer = Some((kind, address));
        }
    }
    answer
}

fn place_ui(ui: &mut Ui, slot: &Slot, kind: FieldKind) -> Option<String> {
    let tokens = Tokens::of(ui);
    let given = slot.fields.of(kind);
    let mut is_removed = false;
    let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(6, 3));
    let (place, dropped) = ui.dnd_drop_zone::<Dragged, _>(frame, |ui| {
        ui.horizontal(|ui| {
            ui.set_min_width(ui.available_width());
            ui.label(rich(kind.name(), secondary(), tokens.secondary));
            match given {
                None => {
                    let hint = "none; drag a dataset here";
                    ui.label(rich(hint, secondary(), tokens.faint));
                }
                Some(given) => {
                    let path = &given.field.origin().path;
                    let name = path.rsplit('/').next().unwrap_or_default();
                    let text = match given.field.frames {
                        1 => name.to_owned(),
                        count => format!("{name}, mean of {count}"),
                    };
                    let right = egui::Layout::right_to_left(egui::Align::Center);
                    ui.with_layout(right, |ui| {
                        is_removed = text_button(ui, "remove", Tone::Secondary)
                            .on_hover_text(format!("Correct by no {}", kind.name()))
                            .clicked();
                        let label = rich(text, secondary(), tokens.text);
                        ui.add(egui::Label::new(label).truncate())
                            .on_hover_text(&given.address);
                    });
                }
            }
        });
    });
    place.response.on_hover_text(
        "With a dark field D and a flat field F, a count I is shown as (I \u{2212} D) / (F \u{2212} D); of a stack the mean of its frames is taken",
    );
    match dropped {
        Some(dragged) => Some(dragged.0.to_string()),
        None => is_removed.then(String::new),
    }
}
