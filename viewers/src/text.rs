//! Text: scalars, lists and notes, as they are stored.

mod document;
mod lines;

use std::any::Any;
use std::sync::Arc;

use hutch_model::{Block, Dataset, ElementType, Error, Slab, Value, ViewState};

use self::document::Document;
use crate::icons::Icon;
use crate::theme::{Tone, mono, rich, size};
use crate::waiting::{failed_ui, waiting_ui};
use crate::widgets::{key_value, key_value_tone, section_heading, text_button};
use crate::{
    Action, Fit, PaneTitle, Priority, Residence, Resident, Subject, View, ViewCommand, ViewContext,
    ViewKind, numbers,
};

/// The kind.
pub static KIND: TextKind = TextKind;

/// No more elements than this are read at once.
const READ: u64 = 4096;

/// Text: scalars, strings, short lists.
#[derive(Debug)]
pub struct TextKind;

/// The dataset itself, or that of a plot that is one value.
fn plain(subject: &Subject) -> Option<&Arc<dyn Dataset>> {
    let one_value = || subject.data().filter(|data| data.info().shape.is_empty());
    subject.dataset.as_ref().or_else(one_value)
}

impl ViewKind for TextKind {
    fn name(&self) -> &'static str {
        "text"
    }

    fn label(&self) -> &'static str {
        "Text"
    }

    fn icon(&self) -> Icon {
        Icon::Text
    }

    fn fits(&self, subject: &Subject) -> Fit {
        if let Some(note) = &subject.note {
            return match (&note.data, note.is_text()) {
                (None, _) => Fit::No,
                (Some(_), true) => Fit::Primary,
                (Some(_), false) => Fit::Possible,
            };
        }
        let Some(dataset) = plain(subject) else {
            return Fit::No;
        };
        let info = dataset.info();
        match (&info.element, info.shape.len()) {
            (ElementType::Other(_), _) => Fit::No,
            (_, 0 | 1) if crate::hex::is_opaque(info) => Fit::Possible,
            (ElementType::Text | ElementType::Values(_), 0 | 1) | (_, 0) => Fit::Primary,
            (_, 1) => Fit::Possible,
            _ => Fit::No,
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(TextView {
            document: Document::of(&subject),
            subject,
            shown: None,
            failed: None,
        })
    }
}

struct TextView {
    subject: Subject,
    /// The one text that it is, where it is no list.
    document: Option<Document>,
    shown: Option<Arc<Block>>,
    failed: Option<Error>,
}

impl TextView {
    fn refresh(&mut self, resident: &mut dyn Resident) -> Option<Residence<Block>> {
        if let Some(document) = &mut self.document {
            return document.refresh(resident);
        }
        let note = self
            .subject
            .note
            .as_ref()
            .and_then(|note| note.data.as_ref());
        let dataset = note.or(plain(&self.subject))?;
        let mut slab = Slab::whole(&dataset.info().shape);
        if let Some(count) = slab.count.first_mut() {
            *count = (*count).min(READ);
        }
        match resident.block(dataset, &slab, Priority::Visible) {
            Residence::Here(block) => {
                self.shown = Some(block);
                None
            }
            other => Some(other),
        }
    }

    /// What is said of one text.
    fn document_ui(ui: &mut egui::Ui, document: &Document, actions: &mut Vec<Action>) {
        let Some(text) = &document.prepared else {
            return;
        };
        section_heading(ui, "Text", "as stored");
        key_value(ui, "lines", &numbers::count(text.stored_lines as u64));
        let held = numbers::bytes(text.text.len() as u64);
        if document.is_cut() {
            key_value_tone(ui, "shown", &format!("the first {held}"), Tone::Attention);
        } else {
            key_value(ui, "length", &held);
        }
        if text.is_mended {
            key_value_tone(ui, "encoding", "some bytes are no UTF-8", Tone::Attention);
        }
        if text_button(ui, "Copy the text", Tone::Accent).clicked() {
            actions.push(Action::CopyText(text.text.clone()));
        }
    }
}

impl View for TextView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("text", 1);
        state.origin = Some(self.subject.origin.clone());
        if let Some(document) = &self.document {
            state.set("wrap", Value::Bool(document.is_wrapped));
            if !document.wanted.is_empty() {
                state.set("find", document.wanted.as_str().into());
            }
        }
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        if let Some(document) = &mut self.document {
            document.is_wrapped = state.flag("wrap", true);
            state.text("find", "").clone_into(&mut document.wanted);
        }
    }

    fn title(&self) -> PaneTitle {
        PaneTitle {
            name: self.subject.node.path.clone(),
            detail: self
                .subject
                .note
                .as_ref()
                .map_or_else(String::new, |note| note.description.clone()),
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        match self.refresh(context.resident) {
            Some(Residence::Failed(error)) => {
                let subject = self.subject.clone();
                return failed_ui(ui, &error, &subject, context);
            }
            Some(Residence::Waiting(wait)) if self.shown.is_none() => {
                return waiting_ui(ui, wait);
            }
            _ => {}
        }
        if let Some(error) = &self.failed {
            let subject = self.subject.clone();
            return failed_ui(ui, error, &subject, context);
        }
        if let Some(document) = &mut self.document {
            egui::Frame::new()
                .inner_margin(egui::Margin::same(12))
                .show(ui, |ui| {
                    self.failed = document.ui(ui, context.resident).err();
                });
            return;
        }
        let Some(block) = &self.shown else {
            return;
        };
        let tokens = context.tokens;
        let is_list = !block.shape.is_empty();
        egui::Frame::new()
            .inner_margin(egui::Margin::same(12))
            .show(ui, |ui| {
                egui::ScrollArea::both()
                    .auto_shrink([false, false])
                    .show_rows(ui, size::ROW, block.samples.len(), |ui, range| {
                        for index in range {
                            ui.horizontal(|ui| {
                                if is_list {
                                    ui.label(rich(
                                        numbers::count(index as u64),
                                        mono(),
                                        tokens.faint,
                                    ));
                                }
                                ui.label(rich(block.samples.get_text(index), mono(), tokens.text));
                            });
                        }
                    });
            });
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        if let Some(note) = &self.subject.note {
            crate::note::note_ui(ui, note);
        }
        if let Some(document) = &self.document {
            Self::document_ui(ui, document, context.actions);
            // One short text is a value as well.
            if document
                .prepared
                .as_ref()
                .is_none_or(|text| text.stored_lines > 1)
            {
                return;
            }
            if let Some(unit) = self.subject.node.attribute("units") {
                key_value(ui, "unit", &unit.to_string());
            }
            return;
        }
        let Some(block) = &self.shown else {
            return;
        };
        section_heading(ui, "Value", "as stored");
        if block.samples.len() == 1 {
            key_value(ui, "value", &block.samples.get_text(0));
            if let Some(unit) = self.subject.node.attribute("units") {
                key_value(ui, "unit", &unit.to_string());
            }
        } else {
            key_value(ui, "elements", &numbers::count(block.samples.len() as u64));
        }
    }

    fn on_command(&mut self, command: ViewCommand) -> bool {
        let Some(document) = &mut self.document else {
            return false;
        };
        match command {
            ViewCommand::Wrap => document.is_wrapped = !document.is_wrapped,
            ViewCommand::FindNext => document.step(true),
            ViewCommand::FindBefore => document.step(false),
            _ => return false,
        }
        true
    }

    fn replace_subject(&mut self, subject: Subject) {
        let before = self.document.take();
        self.document = Document::of(&subject);
        if let (Some(now), Some(before)) = (&mut self.document, before) {
            (now.is_wrapped, now.wanted) = (before.is_wrapped, before.wanted);
        }
        (self.subject, self.shown, self.failed) = (subject, None, None);
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
