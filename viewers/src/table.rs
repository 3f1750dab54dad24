//! Tables: numbers, text and records in rows and columns, exact, read as they come into sight.

mod cells;
mod copy;
mod grid;

use std::any::Any;
use std::sync::Arc;

use hutch_model::{Block, ElementType, Slab, Value, ViewState};

use self::cells::Format;
use self::copy::Copying;
use self::grid::{Grid, Sight};
use crate::display::number_row;
use crate::icons::Icon;
use crate::theme::{mono, rich, secondary, size};
use crate::waiting::{failed_ui, nothing_ui};
use crate::widgets::{key_value, section_heading, segmented, text_button};
use crate::{
    Fit, PaneTitle, Priority, Residence, Resident, Subject, Timeline, TimelineAction, View,
    ViewCommand, ViewContext, ViewKind, numbers,
};

/// The kind.
pub static KIND: TableKind = TableKind;

/// Rows and columns that are read in one piece.
const PIECE: u64 = 128;

/// Tables: the two fastest axes as rows and columns, or records with their members.
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
        let Some(data) = subject.data() else {
            return Fit::No;
        };
        let info = data.info();
        match (&info.element, info.shape.len()) {
            (ElementType::Other(_), _) | (_, 0) => Fit::No,
            _ if crate::hex::is_opaque(info) => Fit::Possible,
            (ElementType::Values(_), _) | (ElementType::Text, 2..) => Fit::Primary,
            _ => Fit::Possible,
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(TableView {
            subject,
            frame: 0,
            grid: Grid::default(),
            format: Format::Plain,
            members: Vec::new(),
            copying: None,
            failed: None,
            chosen_text: None,
        })
    }
}

struct TableView {
    subject: Subject,
    frame: u64,
    grid: Grid,
    format: Format,
    /// Names of the members of records.
    members: Vec<String>,
    copying: Option<Copying>,
    failed: Option<Arc<hutch_model::Error>>,
    /// The text of the cell that was chosen last.
    chosen_text: Option<String>,
}

impl TableView {
    /// Rows and columns of the dataset; records are one column there.
    fn stored_size(&self) -> [u64; 2] {
        match self.subject.shape() {
            [] => [0, 0],
            [rows] => [*rows, 1],
            [.., rows, columns] => [*rows, *columns],
        }
    }

    /// Rows and columns of the table.
    fn size(&self) -> [u64; 2] {
        let [rows, columns] = self.stored_size();
        [rows, columns.saturating_mul(self.members_count())]
    }

    fn members_count(&self) -> u64 {
        (self.members.len() as u64).max(1)
    }

    /// The slab of the piece that holds a cell, and the cell's place in it.
    fn piece(&self, row: u64, column: u64) -> (Slab, usize, Option<usize>) {
        let shape = self.subject.shape();
        let [rows, columns] = self.stored_size();
        let member = usize::try_from(column % self.members_count()).ok();
        let column = column / self.members_count();
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
        let member = member.filter(|_| !self.members.is_empty());
        (slab, usize::try_from(index).unwrap_or(usize::MAX), member)
    }

    fn block(&mut self, resident: &mut dyn Resident, slab: &Slab) -> Option<Arc<Block>> {
        let data = self.subject.data()?;
        match resident.block(data, slab, Priority::Visible) {
            Residence::Here(block) => {
                self.failed = None;
                Some(block)
            }
            Residence::Failed(error) => {
                self.failed = Some(error);
                None
            }
            Residence::Waiting(_) => None,
        }
    }

    /// The text of a cell, once it is here.
    fn cell(&mut self, resident: &mut dyn Resident, row: u64, column: u64) -> Option<String> {
        let (slab, index, member) = self.piece(row, column);
        let block = self.block(resident, &slab)?;
        if self.members.is_empty() {
            self.members = cells::members(&block.samples);
        }
        Some(cells::text(&block.samples, index, member, self.format))
    }

    /// What stands above a column.
    fn head(&self, column: u64) -> String {
        let members = self.members_count();
        let of = column / members;
        let Some(member) = usize::try_from(column % members)
            .ok()
            .and_then(|at| self.members.get(at))
        else {
            return numbers::count(of);
        };
        if self.stored_size()[1] > 1 {
            format!("{} {member}", numbers::count(of))
        } else {
            member.clone()
        }
    }

    fn unit(&self) -> String {
        let unit = self
            .subject
            .signal
            .as_ref()
            .map(|signal| signal.unit.clone());
        let own = || {
            self.subject
                .node
                .attribute("units")
                .map(ToString::to_string)
        };
        unit.filter(|unit| !unit.is_empty())
            .or_else(own)
            .unwrap_or_default()
    }

    fn paint(&mut self, ui: &egui::Ui, context: &mut ViewContext<'_>, sight: &Sight) {
        let tokens = context.tokens;
        let whole = ui.max_rect();
        let cells = sight.cells;
        let is_text = self
            .subject
            .data()
            .is_some_and(|data| !data.info().element.is_numeric());
        let heads = egui::Rect::from_min_max(
            egui::pos2(whole.left(), cells.top() - size::ROW),
            egui::pos2(whole.right(), cells.top()),
        );
        ui.painter().rect_filled(heads, 0.0, tokens.raised);
        let unit = self.unit();
        let corner = egui::pos2(whole.left() + 8.0, heads.center().y);
        ui.painter().text(
            corner,
            egui::Align2::LEFT_CENTER,
            unit,
            secondary(),
            tokens.secondary,
        );
        for &(column, left, width) in &sight.columns {
            let inside = cells
                .with_min_x(left.max(cells.left()))
                .with_max_x((left + width).min(cells.right()));
            let painter = ui.painter().with_clip_rect(inside.with_min_y(heads.top()));
            let text = numbers::elide_middle(&self.head(column), width - 12.0, secondary(), ui);
            let at = egui::pos2(left + width - 6.0, heads.center().y);
            painter.text(
                at,
                egui::Align2::RIGHT_CENTER,
                text,
                secondary(),
                tokens.secondary,
            );
            painter.vline(
                left + width,
                heads.y_range(),
                egui::Stroke::new(1.0, tokens.line),
            );
            for row in sight.rows.clone() {
                #[expect(clippy::cast_precision_loss, reason = "rows of a screen")]
                let top = cells.top() + (row - sight.rows.start) as f32 * size::ROW;
                let place =
                    egui::Rect::from_min_size(egui::pos2(left, top), egui::vec2(width, size::ROW));
                if self.grid.is_chosen([row, column]) {
                    painter.rect_filled(place.intersect(cells), 0.0, tokens.accent_behind);
                }
                let text = self.cell(context.resident, row, column);
                let text = text.unwrap_or_else(|| "…".to_owned());
                let painter = painter.with_clip_rect(place.intersect(cells));
                let shown = numbers::elide_middle(&text, width - 12.0, mono(), ui);
                let (at, align) = if is_text {
                    (
                        place.left_center() + egui::vec2(6.0, 0.0),
                        egui::Align2::LEFT_CENTER,
                    )
                } else {
                    (
                        place.right_center() - egui::vec2(6.0, 0.0),
                        egui::Align2::RIGHT_CENTER,
                    )
                };
                painter.text(at, align, shown, mono(), tokens.text);
            }
        }
        for row in sight.rows.clone() {
            #[expect(clippy::cast_precision_loss, reason = "rows of a screen")]
            let middle = cells.top() + ((row - sight.rows.start) as f32 + 0.5) * size::ROW;
            if middle < cells.bottom() {
                let at = egui::pos2(cells.left() - 8.0, middle);
                let text = numbers::count(row);
                ui.painter()
                    .text(at, egui::Align2::RIGHT_CENTER, text, mono(), tokens.faint);
            }
        }
    }

    /// Begins to copy the chosen cells.
    fn copy(&mut self) {
        if let Some(part) = self.grid.chosen_part() {
            self.copying = Some(Copying::new(part));
        }
    }

    /// Collects what is to be copied, and hands it on when all of it is here.
    fn step_copying(&mut self, context: &mut ViewContext<'_>) {
        let Some(mut copying) = self.copying.take() else {
            return;
        };
        while let Some([row, column]) = copying.next_piece(PIECE, self.members_count()) {
            let (slab, ..) = self.piece(row, column);
            match self.block(context.resident, &slab) {
                Some(block) => copying.add(block),
                None if self.failed.is_some() => return,
                None => break,
            }
        }
        let shape = copy::Pieces {
            edge: PIECE,
            size: self.stored_size(),
            members: self.members.len(),
            format: self.format,
        };
        match copying.poll(context.resident, shape) {
            Some(Ok(text)) => context.actions.push(crate::Action::CopyText(text)),
            Some(Err(error)) => self.failed = Some(Arc::new(error)),
            None => self.copying = Some(copying),
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
        state.set("row", Value::Integer(i128::from(self.grid.first[0])));
        state.set("column", Value::Integer(i128::from(self.grid.first[1])));
        state.set("format", self.format.name().into());
        let widths = self.grid.widths.iter();
        let widths: Vec<String> = widths
            .map(|(column, width)| format!("{column}:{width}"))
            .collect();
        if !widths.is_empty() {
            state.set("widths", Value::Text(widths.join(" ")));
        }
        if let Some([[row, column], [last_row, last_column]]) = self.grid.chosen {
            let text = format!("{row} {column} {last_row} {last_column}");
            state.set("chosen", Value::Text(text));
        }
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        let whole = |name: &str| {
            let value = state.values.get(name).and_then(Value::as_integer)?;
            u64::try_from(value).ok()
        };
        if let Some(frame) = whole("frame") {
            self.on_timeline(TimelineAction::Show(frame));
        }
        self.grid.first = [
            whole("row").unwrap_or(self.grid.first[0]),
            whole("column").unwrap_or(self.grid.first[1]),
        ];
        self.format = Format::named(state.text("format", "")).unwrap_or(self.format);
        let widths = state.text("widths", "").split(' ').filter_map(|part| {
            let (column, width) = part.split_once(':')?;
            let width: f32 = width.parse().ok()?;
            Some((column.parse().ok()?, width.clamp(16.0, 2000.0)))
        });
        self.grid.widths = widths.collect();
        let chosen: Vec<u64> = state
            .text("chosen", "")
            .split(' ')
            .filter_map(|part| part.parse().ok())
            .collect();
        let [rows, columns] = self.size();
        let is_inside = |row: u64, column: u64| row < rows && column < columns;
        self.grid.chosen = match *chosen {
            [a, b, c, d] if is_inside(a, b) && is_inside(c, d) => Some([[a, b], [c, d]]),
            _ => None,
        };
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
        if let Some(error) = self.failed.take() {
            self.copying = None;
            let subject = self.subject.clone();
            failed_ui(ui, &error, &subject, context);
            // Somebody may retry: the first cell tells whether it went well.
            if self.size()[0] > 0 {
                let (slab, ..) = self.piece(self.grid.first[0].min(self.size()[0] - 1), 0);
                self.block(context.resident, &slab);
            }
            return;
        }
        if self.size().contains(&0) {
            nothing_ui(ui, "This dataset has no rows yet.", "");
            return;
        }
        // The names of records are known once their first piece is here.
        if self.members.is_empty() {
            self.cell(context.resident, 0, 0);
        }
        #[expect(clippy::cast_precision_loss, reason = "digits of a number")]
        let gutter = numbers::count(self.size()[0]).len() as f32 * 8.0 + 20.0;
        let size = self.size();
        let sight = self.grid.ui(ui, size, gutter.max(56.0));
        self.paint(ui, context, &sight);
        if sight.copies {
            self.copy();
        }
        self.step_copying(context);
        self.chosen_text = match self.grid.chosen {
            Some([_, [row, column]]) if row < size[0] && column < size[1] => {
                self.cell(context.resident, row, column)
            }
            _ => None,
        };
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let [rows, columns] = self.size();
        section_heading(ui, "Table", "as stored");
        segmented(ui, "Numbers are written", &mut self.format, &Format::ALL);
        ui.add_space(4.0);
        if rows > 0 && columns > 0 {
            let at = self.grid.chosen.map_or(self.grid.first, |[_, cell]| cell);
            let [row, column] = at;
            let mut wanted = [row as f64, column as f64];
            let jumps = number_row(ui, "row", &mut wanted[0], 0.0..=(rows - 1) as f64, "")
                | number_row(ui, "column", &mut wanted[1], 0.0..=(columns - 1) as f64, "");
            if jumps {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "clamped to the table by the fields"
                )]
                let cell = wanted.map(|part| part.round() as u64);
                self.grid.chosen = Some([cell, cell]);
                self.grid.first = cell;
            }
        }
        ui.add_space(12.0);
        section_heading(ui, "Cell", "as stored");
        let Some(text) = self.chosen_text.clone() else {
            let text = "Click a cell to see its exact value; drag or hold shift for more.";
            ui.label(rich(text, secondary(), context.tokens.secondary));
            return;
        };
        if let Some([_, [_, column]]) = self.grid.chosen
            && !self.members.is_empty()
        {
            key_value(ui, "member", &self.head(column));
        }
        key_value(ui, "value", &text);
        let unit = self.unit();
        if !unit.is_empty() {
            key_value(ui, "unit", &unit);
        }
        if let Some([[top, bottom], [left, right]]) = self.grid.chosen_part() {
            let (high, wide) = (bottom - top + 1, right - left + 1);
            key_value(
                ui,
                "chosen",
                &format!("{} × {}", numbers::count(high), numbers::count(wide)),
            );
            if self.copying.is_some() {
                key_value(ui, "copying", "reading what is not here yet");
            } else if text_button(ui, "Copy with tabs", crate::theme::Tone::Accent).clicked() {
                self.copy();
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

    fn on_command(&mut self, command: ViewCommand) -> bool {
        match command {
            ViewCommand::Copy => self.copy(),
            ViewCommand::NumberFormat => {
                let at = Format::ALL
                    .iter()
                    .position(|(format, _)| *format == self.format);
                let next = at.map_or(0, |at| (at + 1) % Format::ALL.len());
                self.format = Format::ALL[next].0;
            }
            _ => return false,
        }
        true
    }

    fn replace_subject(&mut self, subject: Subject) {
        self.subject = subject;
        self.copying = None;
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
