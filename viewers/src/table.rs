//! Tables: numbers in rows and columns, exact, read as they come into sight.

use std::any::Any;
use std::sync::Arc;

use hutch_model::{Block, Slab, Value, ViewState};

use crate::icons::Icon;
use crate::theme::{mono, rich, size};
use crate::widgets::{key_value, section_heading};
use crate::{
    Fit, PaneTitle, Priority, Residence, Subject, Timeline, TimelineAction, View, ViewContext,
    ViewKind, numbers,
};

/// The kind.
pub static KIND: TableKind = TableKind;

/// Rows and columns that are read in one piece.
const PIECE: u64 = 128;
/// Width of a column.
const COLUMN: f32 = 96.0;

/// Tables: the two fastest axes as rows and columns.
#[derive(Debug)]
pub struct TableKind;

impl ViewKind for TableKind {
    fn name(&self) -> &'static str {
        "table"
    }

    fn label(&self) -> &'static str {
        "Table"
    }

    fn icon(&self) -> Icon {
        Icon::Table
    }

    fn fits(&self, subject: &Subject) -> Fit {
        match subject.data() {
            Some(data) if data.info().element.is_numeric() && !data.info().shape.is_empty() => {
                Fit::Possible
            }
            _ => Fit::No,
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(TableView {
            subject,
            frame: 0,
            chosen: None,
        })
    }
}

struct TableView {
    subject: Subject,
    frame: u64,
    chosen: Option<([u64; 2], String)>,
}

impl TableView {
    /// Rows and columns of one table.
    fn size(&self) -> [u64; 2] {
        match self.subject.shape() {
            [] => [0, 0],
            [rows] => [*rows, 1],
            [.., rows, columns] => [*rows, *columns],
        }
    }

    /// The slab of the piece that holds a cell, and the cell's place in it.
    fn piece(&self, row: u64, column: u64) -> (Slab, usize) {
        let shape = self.subject.shape();
        let [rows, columns] = self.size();
        let first = [row / PIECE * PIECE, column / PIECE * PIECE];
        let count = [PIECE.min(rows - first[0]), PIECE.min(columns - first[1])];
        let mut slab = if shape.len() > 2 {
            Slab::frame(shape, self.frame)
        } else {
            Slab::whole(shape)
        };
        if let [start] = slab.start.as_mut_slice() {
            *start = first[0];
            slab.count[0] = count[0];
        } else {
            let rank = shape.len();
            slab.start[rank - 2] = first[0];
            slab.start[rank - 1] = first[1];
            slab.count[rank - 2] = count[0];
            slab.count[rank - 1] = count[1];
        }
        let index = (row - first[0]) * count[1] + (column - first[1]);
        (slab, usize::try_from(index).unwrap_or(usize::MAX))
    }

    fn cell(
        &self,
        context: &mut ViewContext<'_>,
        row: u64,
        column: u64,
    ) -> Option<(Arc<Block>, usize)> {
        let data = self.subject.data()?;
        let (slab, index) = self.piece(row, column);
        match context.resident.block(data, &slab, Priority::Visible) {
            Residence::Here(block) => Some((block, index)),
            _ => None,
        }
    }

    fn row_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>, row: u64) {
        let [_, columns] = self.size();
        let tokens = context.tokens;
        let (rect, response) = ui.allocate_exact_size(
            egui::vec2(COLUMN * (columns + 1) as f32, size::ROW),
            egui::Sense::click(),
        );
        let clip = ui.clip_rect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "columns in sight, clamped to those that exist"
        )]
        let in_sight = {
            let first = ((clip.left() - rect.left()) / COLUMN - 1.0).max(0.0) as u64;
            let last = ((clip.right() - rect.left()) / COLUMN).max(0.0) as u64;
            first.min(columns)..last.min(columns)
        };
        let at = |column: f32| egui::pos2(rect.left() + COLUMN * column, rect.center().y);
        ui.painter().text(
            at(0.9),
            egui::Align2::RIGHT_CENTER,
            numbers::count(row),
            mono(),
            tokens.faint,
        );
        for column in in_sight {
            let text = self.cell(context, row, column).map_or_else(
                || "…".to_owned(),
                |(block, index)| block.samples.get_text(index),
            );
            let place = at(column as f32 + 1.9);
            let cell = egui::Rect::from_min_max(
                egui::pos2(place.x - COLUMN, rect.top()),
                egui::pos2(place.x + 4.0, rect.bottom()),
            );
            let is_chosen = self
                .chosen
                .as_ref()
                .is_some_and(|(cell, _)| *cell == [row, column]);
            if is_chosen {
                ui.painter().rect_filled(cell, 2.0, tokens.accent_behind);
            }
            if response.clicked()
                && response
                    .interact_pointer_pos()
                    .is_some_and(|pointer| cell.contains(pointer))
            {
                self.chosen = Some(([row, column], text.clone()));
            }
            let shown = numbers::elide_middle(&text, COLUMN - 8.0, mono(), ui);
            ui.painter().text(
                place,
                egui::Align2::RIGHT_CENTER,
                shown,
                mono(),
                tokens.text,
            );
        }
    }
}

impl View for TableView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("table", 1);
        state.origin = Some(self.subject.origin.clone());
        state.set("frame", Value::Integer(i128::from(self.frame)));
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        let frame = state.values.get("frame").and_then(Value::as_integer);
        if let Some(frame) = frame.and_then(|frame| u64::try_from(frame).ok()) {
            self.on_timeline(TimelineAction::Show(frame));
        }
    }

    fn title(&self) -> PaneTitle {
        let [rows, columns] = self.size();
        PaneTitle {
            name: "Table".to_owned(),
            detail: format!("{} × {}", numbers::count(rows), numbers::count(columns)),
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let [rows, columns] = self.size();
        let tokens = context.tokens;
        egui::ScrollArea::both()
            .auto_shrink([false, false])
            .show_rows(
                ui,
                size::ROW,
                usize::try_from(rows).unwrap_or(usize::MAX) + 1,
                |ui, range| {
                    for line in range {
                        if line > 0 {
                            self.row_ui(ui, context, line as u64 - 1);
                            continue;
                        }
                        let (rect, _) = ui.allocate_exact_size(
                            egui::vec2(COLUMN * (columns + 1) as f32, size::ROW),
                            egui::Sense::hover(),
                        );
                        for column in 0..columns.min(4096) {
                            let x = rect.left() + COLUMN * (column as f32 + 1.9);
                            if ui.clip_rect().x_range().expand(COLUMN).contains(x) {
                                ui.painter().text(
                                    egui::pos2(x, rect.center().y),
                                    egui::Align2::RIGHT_CENTER,
                                    numbers::count(column),
                                    mono(),
                                    tokens.faint,
                                );
                            }
                        }
                    }
                },
            );
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        section_heading(ui, "Cell", "as stored");
        match &self.chosen {
            Some(([row, column], text)) => {
                key_value(ui, "row", &numbers::count(*row));
                key_value(ui, "column", &numbers::count(*column));
                key_value(ui, "value", text);
            }
            None => {
                ui.label(rich(
                    "Click a cell to see its exact value.",
                    crate::theme::secondary(),
                    context.tokens.secondary,
                ));
            }
        }
    }

    fn timeline(&self) -> Option<Timeline> {
        let count = self.subject.data()?.info().frame_count();
        (count > 1).then(|| Timeline {
            count,
            current: self.frame,
            label: String::new(),
            trace: Vec::new(),
            following: None,
        })
    }

    fn on_timeline(&mut self, action: TimelineAction) {
        if let TimelineAction::Show(frame) = action {
            let count = self
                .subject
                .data()
                .map_or(0, |data| data.info().frame_count());
            self.frame = frame.min(count.saturating_sub(1));
        }
    }

    fn replace_subject(&mut self, subject: Subject) {
        self.subject = subject;
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
