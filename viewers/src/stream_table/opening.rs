//! From a row to its frame: what is asked of the program, and what is said where the frame is not found.

use std::sync::Arc;

use hutch_model::Error;

use super::StreamTable;
use crate::theme::{Tokens, body, rich, secondary, size};
use crate::widgets::{button, search_box};
use crate::{Action, ViewContext};

/// Why the frame of a row is not shown.
#[derive(Debug)]
pub(super) struct Fault {
    row: u32,
    error: Arc<Error>,
    /// The folder that a person types.
    folder: String,
}

impl StreamTable {
    /// What became of the frame of a row: on its way, or why it cannot be shown.
    pub fn told(&mut self, row: u32, error: Option<Arc<Error>>) {
        self.fault = error.map(|error| Fault {
            row,
            error,
            folder: String::new(),
        });
    }

    /// Why the frame that was asked for last is not shown.
    pub fn fault(&self) -> Option<&Error> {
        self.fault.as_ref().map(|fault| fault.error.as_ref())
    }

    /// How many rows the filter lets through, as far as that is known.
    pub fn shown_rows(&self) -> usize {
        self.order.rows.len()
    }

    /// The file that a row names, as the stream writes it.
    pub fn file_of(&self, row: u32) -> Option<String> {
        let run = self.run.as_ref()?;
        let row = run.rows().get(row as usize)?;
        Some(run.text(row.filename).to_owned())
    }

    /// Chooses the next hit in the order of the table, or the one before, and says which row it is.
    pub fn step_hit(&mut self, is_forward: bool) -> Option<u32> {
        let run = self.run.clone()?;
        let frame_of = |at: usize| {
            let row = run.rows().get(*self.order.rows.get(at)? as usize)?;
            Some((row.start, row.is_hit))
        };
        let here = self.cursor.and_then(frame_of).map(|(start, _)| start);
        let is_next =
            |at: &usize| frame_of(*at).is_some_and(|(start, is_hit)| is_hit && Some(start) != here);
        let count = self.order.rows.len();
        let at = match (self.cursor, is_forward) {
            (Some(cursor), true) => (cursor + 1..count).find(is_next),
            (Some(cursor), false) => (0..cursor).rev().find(is_next),
            (None, true) => (0..count).find(is_next),
            (None, false) => (0..count).rev().find(is_next),
        }?;
        self.choose(at, false);
        self.chosen
    }

    /// Asks for the frame of the chosen row.
    pub(super) fn open_chosen(&self, actions: &mut Vec<Action>) {
        if let Some(row) = self.chosen {
            actions.push(Action::OpenFound {
                origin: self.subject.origin.clone(),
                row,
            });
        }
    }

    /// Says why a frame is not shown, and takes the folder where frames are now.
    pub(super) fn fault_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let Some(fault) = &mut self.fault else { return };
        let tokens = Tokens::of(ui);
        let mut folder = None;
        let mut is_done = false;
        egui::Frame::new()
            .fill(tokens.raised)
            .inner_margin(egui::Margin::symmetric(12, 8))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = size::GRID;
                let title = format!("{}: {}", fault.error.kind.title(), fault.error.tried);
                ui.label(rich(title, body(), tokens.error));
                let why = rich(&fault.error.why, secondary(), tokens.secondary);
                ui.add(egui::Label::new(why).wrap());
                ui.horizontal(|ui| {
                    let width = 300.0_f32.min(ui.available_width() * 0.5);
                    let hint = "the folder where its frames are now";
                    let field = search_box(
                        ui,
                        "Folder of the frames",
                        hint,
                        "",
                        &mut fault.folder,
                        width,
                    );
                    let is_entered =
                        field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
                    let is_named = !fault.folder.trim().is_empty();
                    if (button(ui, "Look there").clicked() || is_entered) && is_named {
                        folder = Some(Some(fault.folder.trim().to_owned()));
                    }
                    if button(ui, "Choose a folder").clicked() {
                        folder = Some(None);
                    }
                    is_done = button(ui, "Close").clicked();
                });
            });
        if let Some(folder) = folder {
            context.actions.push(Action::FramesAreIn {
                origin: self.subject.origin.clone(),
                row: fault.row,
                folder,
            });
        }
        if is_done {
            self.fault = None;
        }
    }
}
