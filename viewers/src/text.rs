//! Text: scalars and short lists, as they are stored.

use std::any::Any;
use std::sync::Arc;

use hutch_model::{Block, ElementType, Slab, ViewState};

use crate::icons::Icon;
use crate::theme::{mono, rich, size};
use crate::waiting::{failed_ui, waiting_ui};
use crate::widgets::{key_value, section_heading};
use crate::{
    Fit, PaneTitle, Priority, Residence, Resident, Subject, View, ViewContext, ViewKind, numbers,
};

/// The kind.
pub static KIND: TextKind = TextKind;

/// No more elements than this are read at once.
const READ: u64 = 4096;

/// Text: scalars, strings, short lists.
#[derive(Debug)]
pub struct TextKind;

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
        let Some(dataset) = &subject.dataset else {
            return Fit::No;
        };
        let info = dataset.info();
        match (&info.element, info.shape.len()) {
            (ElementType::Other(_), _) => Fit::No,
            (ElementType::Text | ElementType::Values(_), 0 | 1) | (_, 0) => Fit::Primary,
            (_, 1) => Fit::Possible,
            _ => Fit::No,
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(TextView {
            subject,
            shown: None,
        })
    }
}

struct TextView {
    subject: Subject,
    shown: Option<Arc<Block>>,
}

impl TextView {
    fn refresh(&mut self, resident: &mut dyn Resident) -> Option<Residence<Block>> {
        let dataset = self.subject.dataset.as_ref()?;
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
}

impl View for TextView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("text", 1);
        state.origin = Some(self.subject.origin.clone());
        state
    }

    fn set_state(&mut self, _state: &ViewState) {}

    fn title(&self) -> PaneTitle {
        PaneTitle {
            name: self.subject.node.path.clone(),
            detail: String::new(),
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

    fn inspector_ui(&mut self, ui: &mut egui::Ui, _context: &mut ViewContext<'_>) {
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

    fn replace_subject(&mut self, subject: Subject) {
        self.subject = subject;
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
