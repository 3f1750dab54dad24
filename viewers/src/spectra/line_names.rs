//! Lines of elements over a spectrum, and their names in rows in which none lies on another.

use egui::Align2;
use egui_plot::{PlotPoint, PlotUi, Text, VLine};
use hutch_analysis::maps::lines::ElementLine;

use crate::theme::{Tokens, secondary};

/// Height of a name beside a line, in points.
const ROW: f32 = 15.0;
/// From a line to its name, in points.
const ASIDE: f32 = 3.0;

/// Names beside lines, in a few rows.
#[derive(Debug, Default)]
struct NameRows {
    /// The places from left to right of the names in each row.
    taken: [Vec<[f32; 2]>; 4],
}

impl NameRows {
    /// The first row with room for a name that begins at a place; `None` where there is none.
    fn take(&mut self, left: f32, width: f32) -> Option<usize> {
        const GAP: f32 = 6.0;
        let ends = [left, left + width + GAP];
        let is_free = |row: &Vec<[f32; 2]>| {
            let mut others = row.iter();
            others.all(|other| ends[1] <= other[0] || other[1] <= ends[0])
        };
        let row = self.taken.iter().position(is_free)?;
        self.taken[row].push(ends);
        Some(row)
    }
}

/// A line with its place along the axis, its name, and how wide that is, in points.
pub(super) type NamedLine = (ElementLine, f64, String, f32);

/// Lines with their names.
pub(super) fn line_names(ui: &egui::Ui, lines: Vec<(ElementLine, f64)>) -> Vec<NamedLine> {
    let named = lines.into_iter().map(|(line, place)| {
        let name = format!("{} {}", line.element, line.name);
        let colour = egui::Color32::PLACEHOLDER;
        let galley = ui
            .painter()
            .layout_no_wrap(name.clone(), secondary(), colour);
        (line, place, name, galley.size().x)
    });
    named.collect()
}

/// Draws lines, and names at the height of the largest value and below.
pub(super) fn draw_lines(plot: &mut PlotUi<'_>, lines: Vec<NamedLine>, top: f64, tokens: &Tokens) {
    let mut rows = NameRows::default();
    for (line, place, name, width) in lines {
        let colour = if line.is_edge {
            tokens.faint
        } else {
            tokens.attention
        };
        plot.vline(
            VLine::new("", place)
                .color(colour.gamma_multiply(0.7))
                .width(1.0),
        );
        if !top.is_finite() {
            continue;
        }
        let at = plot.screen_from_plot(PlotPoint::new(place, top));
        // Where there is no room for its name the line is told by the pointer.
        let Some(row) = rows.take(at.x, width) else {
            continue;
        };
        let lower = at + egui::vec2(ASIDE, row as f32 * ROW);
        let text = egui::RichText::new(name).font(secondary()).color(colour);
        let at = plot.plot_from_screen(lower);
        plot.text(Text::new("", at, text).anchor(Align2::LEFT_BOTTOM));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_lines_close_together_have_rows_of_their_own() {
        let mut rows = NameRows::default();
        let found: Vec<Option<usize>> = (0..6)
            .map(|line| rows.take(100.0 + line as f32, 40.0))
            .collect();
        assert_eq!(found, [Some(0), Some(1), Some(2), Some(3), None, None]);
        assert_eq!(rows.take(180.0, 40.0), Some(0), "there is room beside");
        assert_eq!(rows.take(40.0, 40.0), Some(0), "and before");
    }
}
