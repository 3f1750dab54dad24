//! Runs of serial crystallography: a table of hits and crystals, and the frame behind each row.
//!
//! Only rows in sight are drawn; sorting and filtering run over the index in memory, on the pool.

mod cells;
mod columns;
mod filter;
mod inspector;
mod opening;
mod order;
mod rows;

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use hutch_model::{FoundRow, Progress, SerialRun, Value, ViewState};

use self::columns::{COLUMNS, named};
use self::filter::Filter;
use self::order::{Asked, Order};
use crate::icons::Icon;
use crate::theme::{Tone, body, rich, secondary, size};
use crate::widgets::{Sort, notice, progress_bar, search_box};
use crate::{
    Action, Fit, PaneTitle, Priority, Resident, Subject, Task, Timeline, TimelineAction, View,
    ViewCommand, ViewContext, ViewKind, numbers,
};

/// The kind.
pub static KIND: StreamKind = StreamKind;

/// Room for the number of rows beside the filter.
const COUNT_WIDTH: f32 = 130.0;
/// Seconds after which work that is not done says so.
const PATIENCE_SECS: f64 = 0.15;

/// Runs of serial crystallography.
#[derive(Debug)]
pub struct StreamKind;

impl ViewKind for StreamKind {
    fn name(&self) -> &'static str {
        "stream"
    }

    fn label(&self) -> &'static str {
        "Hits and crystals"
    }

    fn icon(&self) -> Icon {
        Icon::Filter
    }

    fn fits(&self, subject: &Subject) -> Fit {
        if subject.is_dataset() || run_of(subject).is_none() {
            Fit::No
        } else {
            Fit::Primary
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(StreamTable::new(subject))
    }
}

fn run_of(subject: &Subject) -> Option<Arc<dyn SerialRun>> {
    subject.container.as_ref()?.serial()
}

/// An order that is being made.
struct Ordering {
    task: Task<Order>,
    progress: Progress,
    since: Instant,
}

/// The table of a run.
#[expect(
    missing_debug_implementations,
    reason = "a subject holds trait objects"
)]
pub struct StreamTable {
    subject: Subject,
    run: Option<Arc<dyn SerialRun>>,
    /// The filter as it is typed.
    filter: String,
    /// Why it cannot be understood.
    filter_fault: Option<String>,
    sort: Option<Sort>,
    /// What the order on the screen was made for.
    asked: Option<Asked>,
    order: Order,
    ordering: Option<Ordering>,
    generation: u64,
    /// The row that is chosen, by its number in the index.
    chosen: Option<u32>,
    /// Its place in the order, and that of the other end of what is selected.
    cursor: Option<usize>,
    anchor: Option<usize>,
    /// The row at the top of the screen, with its part that is scrolled away.
    top: f64,
    /// Whether the chosen row is to come into sight.
    follows_cursor: bool,
    copying: Option<Task<String>>,
    /// Whether the chosen rows are to be copied in the next pass.
    copies: bool,
    /// Why the frame of a row is not shown.
    fault: Option<opening::Fault>,
    growth: Growth,
}

/// How the table takes what is added to its file.
#[derive(Clone, Copy, Debug, Default)]
struct Growth {
    /// Whether the file is followed.
    follows: bool,
    /// Whether the last row was in sight, and is to stay so.
    is_at_end: bool,
}

impl StreamTable {
    fn new(subject: Subject) -> Self {
        Self {
            run: run_of(&subject),
            subject,
            filter: String::new(),
            filter_fault: None,
            sort: None,
            asked: None,
            order: Order::default(),
            ordering: None,
            generation: 0,
            chosen: None,
            cursor: None,
            anchor: None,
            top: 0.0,
            follows_cursor: false,
            copying: None,
            copies: false,
            fault: None,
            growth: Growth::default(),
        }
    }

    /// Asks for the order again where the question changed, and takes it when it is there.
    fn refresh(&mut self, resident: &mut dyn Resident) {
        let Some(run) = self.run.clone() else { return };
        let filter = match Filter::parse(&self.filter) {
            Ok(filter) => {
                self.filter_fault = None;
                filter
            }
            Err(why) => {
                self.filter_fault = Some(why);
                return;
            }
        };
        let asked = Asked {
            filter,
            sort: self.sort.map(|sort| (sort.column, sort.ascending)),
        };
        if self.asked.as_ref() != Some(&asked) {
            self.asked = Some(asked.clone());
            self.generation += 1;
            let progress = Progress::new();
            let counted = progress.clone();
            let label = "sort and filter the rows of a stream";
            let work = move |cancel: &hutch_model::Cancel| {
                order::order(run.as_ref(), &asked, &counted, cancel)
            };
            let task = Task::start(resident, Priority::Visible, label, self.generation, work);
            self.ordering = Some(Ordering {
                task,
                progress,
                since: Instant::now(),
            });
        }
        let done = self.ordering.as_mut().and_then(|of| of.task.poll());
        match done {
            Some(Ok(order)) => {
                self.ordering = None;
                self.take(order);
            }
            Some(Err(error)) => {
                self.ordering = None;
                log::debug!("{error}");
            }
            None => {}
        }
    }

    fn take(&mut self, order: Order) {
        self.order = order;
        self.cursor = self
            .chosen
            .and_then(|row| self.order.rows.iter().position(|at| *at == row));
        self.anchor = self.cursor;
        self.follows_cursor = self.cursor.is_some() && !self.growth.follows;
        self.top = if self.growth.follows && self.growth.is_at_end {
            f64::INFINITY
        } else {
            self.top.min(self.order.rows.len().saturating_sub(1) as f64)
        };
    }

    /// Chooses the row at a place of the order.
    fn choose(&mut self, at: usize, extends: bool) {
        let at = at.min(self.order.rows.len().saturating_sub(1));
        self.chosen = self.order.rows.get(at).copied();
        self.cursor = self.chosen.map(|_| at);
        if !extends {
            self.anchor = self.cursor;
        }
        self.follows_cursor = true;
    }

    fn copy(&mut self, resident: &mut dyn Resident) {
        let (Some(run), Some(cursor)) = (self.run.clone(), self.cursor) else {
            return;
        };
        let anchor = self.anchor.unwrap_or(cursor);
        let (first, last) = (cursor.min(anchor), cursor.max(anchor));
        let rows: Vec<u32> = self
            .order
            .rows
            .get(first..=last)
            .unwrap_or_default()
            .to_vec();
        let work = move |cancel: &hutch_model::Cancel| copied(run.as_ref(), &rows, cancel);
        let label = "copy rows of a stream";
        self.copying = Some(Task::start(resident, Priority::Visible, label, 0, work));
    }

    fn head_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        let Some(run) = self.run.clone() else { return };
        let tokens = context.tokens;
        let counts = run.counts();
        let words = inspector::summary(counts);
        ui.add_space(size::GRID);
        ui.horizontal(|ui| {
            ui.add_space(size::PADDING);
            ui.label(rich(words, body(), tokens.text));
        });
        ui.add_space(size::GRID);
        ui.horizontal(|ui| {
            ui.add_space(size::PADDING);
            let total = run.rows().len();
            let shown = numbers::count(self.order.rows.len() as u64);
            let text = if self.order.rows.len() == total {
                format!("{shown} rows")
            } else {
                format!("{shown} of {} rows", numbers::count(total as u64))
            };
            let room = ui.available_width() - COUNT_WIDTH - size::PADDING;
            let width = room.clamp(120.0, 480.0);
            let hint = "hit  peaks > 40  resolution < 2.5";
            search_box(ui, "Filter the rows", hint, "", &mut self.filter, width)
                .on_hover_text(inspector::filter_help());
            ui.add_space(size::GRID);
            let late = self.ordering.as_ref();
            let late = late.filter(|of| of.since.elapsed().as_secs_f64() > PATIENCE_SECS);
            if let Some(of) = late {
                let (done, total) = of.progress.get();
                let share = (total > 0).then(|| done as f32 / total as f32);
                progress_bar(ui, "Sorting the rows", share, 90.0);
            } else {
                ui.label(rich(text, secondary(), tokens.secondary));
            }
        });
        self.faults_ui(ui, run.as_ref(), tokens);
        ui.add_space(size::GRID);
    }

    /// What is wrong with the stream; while it is followed its end may well be unfinished.
    fn problems(&self, run: &dyn SerialRun) -> Vec<String> {
        let mut problems = run.problems();
        if self.growth.follows {
            let unfinished = run.unfinished();
            problems.retain(|problem| Some(problem) != unfinished.as_ref());
        }
        problems
    }

    /// Why the filter is not understood, and what is wrong with the stream.
    fn faults_ui(&self, ui: &mut egui::Ui, run: &dyn SerialRun, tokens: crate::theme::Tokens) {
        if let Some(why) = &self.filter_fault {
            ui.horizontal(|ui| {
                ui.add_space(size::PADDING);
                ui.label(rich(why, secondary(), tokens.error));
            });
        }
        let problems = self.problems(run);
        if let Some(first) = problems.first() {
            let more = problems.len() - 1;
            let text = if more > 0 {
                format!("{first} (and {more} more)")
            } else {
                first.clone()
            };
            notice(ui, Tone::Attention, &text, "");
        }
    }
}

/// What the newest row is of.
fn newest_words(run: &dyn SerialRun, row: &FoundRow) -> String {
    let file = run
        .text(row.filename)
        .rsplit('/')
        .next()
        .unwrap_or_default();
    format!("newest: {file} {}", run.text(row.event))
}

/// Whether a run begins with all rows of another, as far as the last one of those tells.
fn begins_with(newer: &dyn SerialRun, older: &dyn SerialRun) -> bool {
    let Some(at) = older.rows().len().checked_sub(1) else {
        return false;
    };
    let place = |run: &dyn SerialRun| {
        run.rows()
            .get(at)
            .map(|row| (row.start, row.length, row.crystal))
    };
    place(newer) == place(older)
}

/// Rows as lines with tabs, the names and units of the columns first.
fn copied(
    run: &dyn SerialRun,
    rows: &[u32],
    cancel: &hutch_model::Cancel,
) -> hutch_model::Result<String> {
    let titles: Vec<&str> = COLUMNS.iter().map(|spec| spec.title).collect();
    let mut text = titles.join("\t");
    for piece in rows.chunks(1024) {
        cancel.check()?;
        for row in piece.iter().filter_map(|at| run.rows().get(*at as usize)) {
            text.push('\n');
            let cells: Vec<String> = COLUMNS.iter().map(|spec| spec.plain(run, row)).collect();
            text.push_str(&cells.join("\t"));
        }
    }
    text.push('\n');
    Ok(text)
}

impl View for StreamTable {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("stream", 1);
        state.origin = Some(self.subject.origin.clone());
        if !self.filter.is_empty() {
            state.set("filter", self.filter.as_str().into());
        }
        if let Some(sort) = self.sort
            && let Some(spec) = COLUMNS.get(sort.column)
        {
            state.set("sort", spec.name.into());
            state.set("descending", Value::Bool(!sort.ascending));
        }
        if let Some(row) = self.chosen {
            state.set("row", Value::Integer(row.into()));
        }
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        state.text("filter", "").clone_into(&mut self.filter);
        self.sort = named(state.text("sort", "")).map(|(column, _)| Sort {
            column,
            ascending: !state.flag("descending", false),
        });
        let row = state.values.get("row").and_then(Value::as_integer);
        self.chosen = row.and_then(|row| u32::try_from(row).ok());
        let order = std::mem::take(&mut self.order);
        self.take(order);
    }

    fn title(&self) -> PaneTitle {
        PaneTitle {
            name: self.subject.origin.file_name().to_owned(),
            detail: "hits and crystals".to_owned(),
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.refresh(context.resident);
        if std::mem::take(&mut self.copies) {
            self.copy(context.resident);
        }
        if let Some(done) = self.copying.as_mut().and_then(Task::poll) {
            self.copying = None;
            if let Ok(text) = done {
                context.actions.push(Action::CopyText(text));
            }
        }
        self.head_ui(ui, context);
        self.fault_ui(ui, context);
        self.table_ui(ui, context);
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.numbers_ui(ui, context.tokens);
    }

    fn on_command(&mut self, command: ViewCommand) -> bool {
        self.copies |= command == ViewCommand::Copy;
        command == ViewCommand::Copy
    }

    fn timeline(&self) -> Option<Timeline> {
        let newest = self.run.as_ref().and_then(|run| run.rows().last());
        Some(Timeline {
            count: 1,
            current: 0,
            label: match (&self.run, newest) {
                (Some(run), Some(row)) => newest_words(run.as_ref(), row),
                _ => String::new(),
            },
            trace: Vec::new(),
            following: Some(self.growth.follows),
        })
    }

    fn on_timeline(&mut self, action: TimelineAction) {
        if let TimelineAction::Follow(follows) = action {
            self.growth.follows = follows;
            // Who follows wants to see what comes, unless rows are in another order.
            self.growth.is_at_end = follows && self.sort.is_none();
            if self.growth.is_at_end {
                self.top = f64::INFINITY;
            }
        }
    }

    fn replace_subject(&mut self, subject: Subject) {
        let old = std::mem::replace(&mut self.run, run_of(&subject));
        self.subject = subject;
        // The new index is sorted anew; until then nothing is shown, unless it goes on where the old one ended.
        self.asked = None;
        let goes_on = old
            .zip(self.run.as_ref())
            .is_some_and(|(old, new)| begins_with(new.as_ref(), old.as_ref()));
        if !goes_on {
            self.order = Order::default();
        }
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

#[cfg(test)]
mod tests;
