//! The list of keys, made from the commands.

use hutch_viewers::theme::{Tokens, body, rich, secondary, size};
use hutch_viewers::widgets::section_heading;

use super::commands::{Entry, Group, commands};
use super::state::{Over, State};

/// Width of a column in points.
const COLUMN: f32 = 300.0;

/// Draws the list over the window while it is shown; Escape or a press beside it hides it.
pub fn ui(state: &mut State, context: &egui::Context) {
    if state.over != Some(Over::Keys) {
        return;
    }
    let answer = super::over("list of keys", context).show(context, |ui| {
        let columns = if ui.ctx().content_rect().width() < 2.4 * COLUMN {
            1
        } else {
            2
        };
        #[expect(clippy::cast_precision_loss, reason = "one or two")]
        ui.set_width(COLUMN * columns as f32 + size::PADDING);
        section_heading(ui, "Keys", "F1");
        let height = ui.ctx().content_rect().height() * 0.75;
        egui::ScrollArea::vertical()
            .max_height(height)
            .min_scrolled_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.x = size::PADDING * 2.0;
                ui.set_max_width(ui.available_width() - size::PADDING);
                ui.columns(columns, |columns| {
                    for (at, group) in Group::ALL.into_iter().enumerate() {
                        // What is opened and drawn at the left, the view and the window at the right.
                        let column = at * columns.len() / Group::ALL.len();
                        group_ui(&mut columns[column], group);
                    }
                });
                ui.add_space(size::PADDING);
            });
    });
    if answer.should_close() {
        state.over = None;
    }
}

fn group_ui(ui: &mut egui::Ui, group: Group) {
    ui.add_space(size::GRID * 2.0);
    section_heading(ui, group.label(), "");
    let entries = commands().filter(|entry| entry.group == group);
    for entry in entries.filter(|entry| !entry.keys.is_empty()) {
        entry_ui(ui, entry);
    }
    if group == Group::View {
        line_ui(ui, "Choose a view", "1 to 9");
    }
}

fn entry_ui(ui: &mut egui::Ui, entry: &Entry) {
    let keys: Vec<String> = entry.keys.iter().map(super::commands::words).collect();
    line_ui(ui, entry.text, &keys.join("  "));
}

fn line_ui(ui: &mut egui::Ui, text: &str, keys: &str) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(size::ROW);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(rich(keys, secondary(), tokens.secondary));
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(rich(text, body(), tokens.text)).truncate());
            });
        });
    });
}
