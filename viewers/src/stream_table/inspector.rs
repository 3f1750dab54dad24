//! What is known of a run and of the chosen row, in numbers.

use egui::{Rect, Sense, pos2, vec2};
use hutch_model::FoundCounts;

use super::StreamTable;
use super::cells::CellHistogram;
use super::columns::COLUMNS;
use crate::numbers;
use crate::theme::{Tokens, Tone, rich, secondary};
use crate::widgets::{folding_heading, key_value, key_value_tone, section_heading};

/// Height of a histogram.
const HEIGHT: f32 = 32.0;
/// Problems that are listed.
const PROBLEMS: usize = 8;

/// A run in one line.
pub(super) fn summary(counts: FoundCounts) -> String {
    format!(
        "{} images   {} hits{}   {} indexed{}   {} crystals",
        numbers::count(counts.frames),
        numbers::count(counts.hits),
        share(counts.hits, counts.frames, ""),
        numbers::count(counts.indexed),
        share(counts.indexed, counts.hits, " of hits"),
        numbers::count(counts.crystals),
    )
}

fn share(part: u64, whole: u64, of: &str) -> String {
    if whole == 0 {
        return String::new();
    }
    format!(" ({}{of})", numbers::percent(part as f64 / whole as f64))
}

/// What can be typed into the filter.
pub(super) fn filter_help() -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|spec| spec.name).collect();
    format!(
        "Words, of which all must hold:\nhit, miss, indexed, unindexed\npeaks > 40, resolution < 2.5, event ~ //12 (with < <= > >= = != ~)\n\
         any other text is looked for in the names; not turns the next one round\nColumns: {}",
        names.join(", ")
    )
}

impl StreamTable {
    pub(super) fn numbers_ui(&self, ui: &mut egui::Ui, tokens: Tokens) {
        let Some(run) = &self.run else { return };
        let counts = run.counts();
        section_heading(ui, "Run", "");
        key_value(ui, "images", &numbers::count(counts.frames));
        key_value(ui, "hits", &numbers::count(counts.hits));
        if counts.frames > 0 {
            let rate = counts.hits as f64 / counts.frames as f64;
            key_value(ui, "hit rate", &numbers::percent(rate));
        }
        key_value(ui, "indexed", &numbers::count(counts.indexed));
        if counts.hits > 0 {
            let rate = counts.indexed as f64 / counts.hits as f64;
            key_value(ui, "indexed of hits", &numbers::percent(rate));
        }
        key_value(ui, "crystals", &numbers::count(counts.crystals));
        if !self.filter.is_empty() && folding_heading(ui, "Shown", "by the filter", true) {
            key_value(ui, "rows", &numbers::count(self.order.rows.len() as u64));
            key_value(ui, "hits", &numbers::count(self.order.hits));
            key_value(ui, "crystals", &numbers::count(self.order.crystals));
        }
        self.row_numbers_ui(ui);
        let has_cells = !self.order.cells.is_empty();
        if has_cells && folding_heading(ui, "Cells", "of the rows shown", true) {
            for histogram in self.order.cells.iter() {
                histogram_ui(ui, histogram, tokens);
            }
        }
        let problems = self.problems(run.as_ref());
        let count = numbers::count(problems.len() as u64);
        if !problems.is_empty() && folding_heading(ui, "Problems", &count, true) {
            for problem in problems.iter().take(PROBLEMS) {
                ui.label(rich(problem, secondary(), tokens.attention));
            }
        }
        if !folding_heading(ui, "Written by", "", true) {
            return;
        }
        for line in run.header() {
            ui.label(rich(line, secondary(), tokens.secondary));
        }
    }

    fn row_numbers_ui(&self, ui: &mut egui::Ui) {
        let (Some(run), Some(number)) = (&self.run, self.chosen) else {
            return;
        };
        let Some(row) = run.rows().get(number as usize) else {
            return;
        };
        let place = numbers::count(u64::from(number) + 1);
        if !folding_heading(ui, "Row", &place, true) {
            return;
        }
        for spec in COLUMNS {
            let words = spec.words(run.as_ref(), row);
            if words.is_empty() {
                key_value_tone(ui, spec.title, "\u{2013}", Tone::Faint);
            } else {
                key_value(ui, spec.title, &words);
            }
        }
        let bytes = numbers::bytes(u64::from(row.length));
        key_value(
            ui,
            "chunk",
            &format!("{bytes} at {}", numbers::count(row.start)),
        );
    }
}

/// Bars of one parameter, its name and median above them, its ends below.
fn histogram_ui(ui: &mut egui::Ui, histogram: &CellHistogram, tokens: Tokens) {
    let median = format!("median {}", numbers::float(histogram.median, 5));
    key_value(ui, histogram.name, &median);
    let wanted = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    let most = histogram.counts.iter().copied().max().unwrap_or(0).max(1);
    let width = rect.width() / histogram.counts.len().max(1) as f32;
    for (at, count) in histogram
        .counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
    {
        #[expect(clippy::cast_possible_truncation, reason = "points of a bar")]
        let height = (HEIGHT * (*count as f64 / most as f64) as f32).max(1.0);
        let left = rect.left() + at as f32 * width;
        let bar = Rect::from_min_max(
            pos2(left, rect.bottom() - height),
            pos2(left + (width - 1.0).max(1.0), rect.bottom()),
        );
        ui.painter().rect_filled(bar, 0.0, tokens.secondary);
    }
    ui.painter().hline(
        rect.x_range(),
        rect.bottom(),
        egui::Stroke::new(1.0, tokens.line),
    );
    let [low, high] = histogram.domain.map(|end| numbers::float(end, 5));
    let (ends, _) = ui.allocate_exact_size(vec2(rect.width(), 16.0), Sense::hover());
    let small = secondary();
    ui.painter().text(
        ends.left_center(),
        egui::Align2::LEFT_CENTER,
        low,
        small.clone(),
        tokens.faint,
    );
    ui.painter().text(
        ends.right_center(),
        egui::Align2::RIGHT_CENTER,
        high,
        small,
        tokens.faint,
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, histogram.name));
}
