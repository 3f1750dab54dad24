//! Attributes: what a group says about itself, when there is nothing to plot.

use std::any::Any;

use hutch_model::ViewState;

use crate::icons::Icon;
use crate::theme::{body, mono, rich, size};
use crate::{Fit, PaneTitle, Subject, View, ViewContext, ViewKind};

/// The kind.
pub static KIND: AttributesKind = AttributesKind;

/// Attributes of any node.
#[derive(Debug)]
pub struct AttributesKind;

impl ViewKind for AttributesKind {
    fn name(&self) -> &'static str {
        "attributes"
    }

    fn label(&self) -> &'static str {
        "Attributes"
    }

    fn icon(&self) -> Icon {
        Icon::Tag
    }

    fn fits(&self, _subject: &Subject) -> Fit {
        Fit::Possible
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(AttributesView { subject })
    }
}

struct AttributesView {
    subject: Subject,
}

impl View for AttributesView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("attributes", 1);
        state.origin = Some(self.subject.origin.clone());
        state
    }

    fn set_state(&mut self, _state: &ViewState) {}

    fn title(&self) -> PaneTitle {
        PaneTitle {
            name: self.subject.node.path.clone(),
            detail: self.subject.node.nx_class().unwrap_or_default().to_owned(),
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let tokens = context.tokens;
        let attributes = &self.subject.node.attributes;
        egui::Frame::new()
            .inner_margin(egui::Margin::same(12))
            .show(ui, |ui| {
                for problem in &self.subject.node.problems {
                    ui.label(rich(problem, body(), tokens.attention));
                }
                if attributes.is_empty() {
                    let text = if self.subject.is_dataset() {
                        "This dataset has no attributes, and no view can show its samples yet."
                    } else {
                        "This group has no attributes. Choose something below it in the tree."
                    };
                    ui.label(rich(text, body(), tokens.secondary));
                    return;
                }
                egui::ScrollArea::vertical()
                    .auto_shrink([false, false])
                    .show_rows(ui, size::ROW, attributes.len(), |ui, range| {
                        egui::Grid::new("attributes")
                            .num_columns(3)
                            .spacing([16.0, 4.0])
                            .show(ui, |ui| {
                                for attribute in attributes.get(range).unwrap_or_default() {
                                    ui.label(rich(&attribute.name, body(), tokens.secondary));
                                    ui.label(rich(
                                        attribute.value.to_string(),
                                        mono(),
                                        tokens.text,
                                    ));
                                    ui.label(rich(&attribute.stored, mono(), tokens.faint));
                                    ui.end_row();
                                }
                            });
                    });
            });
    }

    fn inspector_ui(&mut self, _ui: &mut egui::Ui, _context: &mut ViewContext<'_>) {}

    fn replace_subject(&mut self, subject: Subject) {
        self.subject = subject;
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
