//! One long text: read up to a budget, wrapped, searched.

use std::ops::Range;
use std::sync::Arc;

use egui::{Key, Ui, text::LayoutJob};
use hutch_model::{Block, Dataset, Result, Slab};

use super::lines::{BUDGET, Prepared, find};
use crate::hex::bytes::Bytes;
use crate::icons::{Icon, icon_button};
use crate::theme::{Tokens, body, mono, rich, secondary};
use crate::widgets::search_box;
use crate::{Priority, Residence, Resident, Subject, Task, numbers};

/// Width of the field for words to find.
const SEARCH: f32 = 240.0;

/// A text, and what is looked for in it.
pub(super) struct Document {
    dataset: Arc<dyn Dataset>,
    slab: Slab,
    /// Whether there is more than is read, and how much there is.
    is_cut: bool,
    pub(super) total: Option<u64>,
    pub(super) is_wrapped: bool,
    pub(super) wanted: String,
    block: Option<Arc<Block>>,
    columns: Option<usize>,
    preparing: Option<Task<Prepared>>,
    pub(super) prepared: Option<Arc<Prepared>>,
    searching: Option<Task<Vec<Range<usize>>>>,
    found: Vec<Range<usize>>,
    searched: String,
    at: usize,
    scrolls: bool,
}

impl Document {
    /// The one text of a subject: that of a note, a text without axes, or bytes that are text.
    pub(super) fn of(subject: &Subject) -> Option<Self> {
        let note = subject.note.as_ref().and_then(|note| note.data.as_ref());
        let dataset = note.or(super::plain(subject))?;
        let info = dataset.info();
        let is_one = info.shape.iter().all(|&size| size == 1);
        let bytes = Bytes::of_dataset(dataset);
        let is_text = info.element == hutch_model::ElementType::Text;
        // A text in a fixed number of bytes that is longer than the budget is read as bytes; references to
        // texts of variable length are short.
        let is_long = bytes.as_ref().is_some_and(|bytes| bytes.total > BUDGET);
        let (dataset, slab, total) = if is_text && is_one && !is_long {
            (Arc::clone(dataset), Slab::whole(&info.shape), None)
        } else if is_text && !is_one || !is_text && note.is_none() {
            return None;
        } else {
            let bytes = bytes.filter(|bytes| bytes.total > 0)?;
            let piece = bytes.piece(0, BUDGET)?;
            (bytes.dataset, piece.slab, Some((piece.length, bytes.total)))
        };
        Some(Self {
            dataset,
            slab,
            is_cut: total.is_some_and(|(held, all)| held < all),
            total: total.map(|(_, all)| all),
            is_wrapped: true,
            wanted: String::new(),
            block: None,
            columns: None,
            preparing: None,
            prepared: None,
            searching: None,
            found: Vec::new(),
            searched: String::new(),
            at: 0,
            scrolls: false,
        })
    }

    /// Looks whether the text is here.
    pub(super) fn refresh(&mut self, resident: &mut dyn Resident) -> Option<Residence<Block>> {
        match resident.block(&self.dataset, &self.slab, Priority::Visible) {
            Residence::Here(block) => {
                if !self
                    .block
                    .as_ref()
                    .is_some_and(|held| Arc::ptr_eq(held, &block))
                {
                    self.block = Some(block);
                    self.columns = None;
                }
                None
            }
            other => Some(other),
        }
    }

    /// Whether the text is longer than what is shown.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut || self.prepared.as_ref().is_some_and(|text| text.is_cut)
    }

    fn prepare(&mut self, resident: &mut dyn Resident, columns: usize) -> Result<()> {
        let columns = if self.is_wrapped { columns } else { usize::MAX };
        if let Some(block) = self.block.clone()
            && self.columns != Some(columns)
        {
            self.columns = Some(columns);
            let is_cut = self.is_cut;
            let wrap = self.is_wrapped.then_some(columns);
            self.preparing = Some(Task::start(
                resident,
                Priority::Visible,
                "lay out a text",
                0,
                move |cancel| Prepared::of(&block, is_cut, wrap, cancel),
            ));
        }
        if let Some(done) = self.preparing.as_mut().and_then(Task::poll) {
            self.preparing = None;
            self.prepared = Some(Arc::new(done?));
        }
        if let Some(text) = &self.prepared
            && self.searched != self.wanted
        {
            self.searched.clone_from(&self.wanted);
            let (text, wanted) = (Arc::clone(text), self.wanted.clone());
            self.searching = Some(Task::start(
                resident,
                Priority::Visible,
                "find in a text",
                0,
                move |cancel| find(&text, &wanted, cancel),
            ));
        }
        if let Some(found) = self.searching.as_mut().and_then(Task::poll) {
            self.searching = None;
            (self.found, self.at, self.scrolls) = (found?, 0, true);
        }
        Ok(())
    }

    /// Goes to the next place that was found, or to the one before.
    pub(super) fn step(&mut self, is_forward: bool) {
        let count = self.found.len();
        if count > 0 {
            self.at = (self.at + if is_forward { 1 } else { count - 1 }) % count;
            self.scrolls = true;
        }
    }

    /// Draws the text with what is found in it.
    ///
    /// # Errors
    /// Where the text could not be laid out.
    pub(super) fn ui(&mut self, ui: &mut Ui, resident: &mut dyn Resident) -> Result<()> {
        let tokens = Tokens::of(ui);
        self.bar_ui(ui, &tokens);
        let digit = ui
            .painter()
            .layout_no_wrap("0".to_owned(), mono(), tokens.text)
            .size();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "columns of a screen"
        )]
        let columns = ((ui.available_width() - 24.0) / digit.x.max(1.0)).max(8.0) as usize;
        self.prepare(resident, columns)?;
        let Some(text) = self.prepared.clone() else {
            return Ok(());
        };
        if self.is_cut() {
            let all = self.total.map_or_else(|| "more".to_owned(), numbers::bytes);
            let held = numbers::bytes(text.text.len() as u64);
            let said = format!(
                "Cut: the first {held} of {all} are shown. The view of bytes has all of it."
            );
            ui.label(rich(said, secondary(), tokens.attention));
        }
        if text.lines.is_empty() {
            ui.label(rich("This text is empty.", body(), tokens.secondary));
        }
        ui.spacing_mut().item_spacing.y = 2.0;
        let height = digit.y + ui.spacing().item_spacing.y;
        let mut area = egui::ScrollArea::both().auto_shrink([false, false]);
        if let Some(range) = self.found.get(self.at).filter(|_| self.scrolls) {
            let top = text.line_of(range.start) as f32 * height;
            area = area.vertical_scroll_offset((top - 0.4 * ui.available_height()).max(0.0));
            self.scrolls = false;
        }
        area.show_rows(ui, digit.y, text.lines.len(), |ui, rows| {
            for row in rows {
                let job = self.line(&text, row, &tokens);
                ui.add(egui::Label::new(job).extend());
            }
        });
        Ok(())
    }

    /// A line, with what was found in it marked.
    fn line(&self, text: &Prepared, row: usize, tokens: &Tokens) -> LayoutJob {
        let mut job = LayoutJob::default();
        let whole = text.lines.get(row).cloned().unwrap_or_default();
        let shown = text.line(row);
        let format = |is_found: bool, is_here: bool| egui::TextFormat {
            font_id: mono(),
            color: if is_here { tokens.accent } else { tokens.text },
            background: if is_found {
                tokens.accent_behind
            } else {
                egui::Color32::TRANSPARENT
            },
            ..Default::default()
        };
        let mut from = 0;
        let first = self.found.partition_point(|range| range.end <= whole.start);
        for (index, range) in self.found.iter().enumerate().skip(first) {
            if range.start >= whole.end {
                break;
            }
            let start = range.start.max(whole.start) - whole.start;
            let end = range.end.min(whole.end) - whole.start;
            job.append(
                shown.get(from..start).unwrap_or_default(),
                0.0,
                format(false, false),
            );
            job.append(
                shown.get(start..end).unwrap_or_default(),
                0.0,
                format(true, index == self.at),
            );
            from = end;
        }
        job.append(
            shown.get(from..).unwrap_or_default(),
            0.0,
            format(false, false),
        );
        job
    }

    fn bar_ui(&mut self, ui: &mut Ui, tokens: &Tokens) {
        ui.horizontal(|ui| {
            let field = search_box(
                ui,
                "Find in this text",
                "Find in this text",
                "",
                &mut self.wanted,
                SEARCH,
            );
            if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                let is_back = ui.input(|input| input.modifiers.shift);
                self.step(!is_back);
                field.request_focus();
            }
            if !self.wanted.is_empty() {
                if icon_button(ui, Icon::ChevronLeft, "Place before (Shift Enter)").clicked() {
                    self.step(false);
                }
                if icon_button(ui, Icon::ChevronRight, "Next place (Enter)").clicked() {
                    self.step(true);
                }
                let said = match self.found.len() {
                    _ if self.searching.is_some() => "looking".to_owned(),
                    0 => "not found".to_owned(),
                    count => format!(
                        "{} of {}",
                        numbers::count(self.at as u64 + 1),
                        numbers::count(count as u64)
                    ),
                };
                ui.label(rich(said, secondary(), tokens.secondary));
            }
            ui.checkbox(&mut self.is_wrapped, "wrap lines");
        });
        ui.add_space(4.0);
    }
}
