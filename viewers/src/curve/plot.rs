//! Drawing curves, and what a pointer does to them.

use egui::{Color32, CursorIcon, UiBuilder};
use egui_plot::{
    AxisHints, HPlacement, HoverPosition, Line, LineStyle, Plot, PlotBounds, PlotPoints,
    PlotResponse, PlotUi, Points, Span, VLine,
};

use super::colours;
use super::drawn::{Drawn, DrawnLine};
use super::entry::{Chosen, Style};
use super::fitted::Fitted;
use super::legend::legend_ui;
use crate::numbers;
use crate::plot_limits::{self, Plotted, Wheel};
use crate::plot_marks::{axis_text, dense_spacer, spacer, trimmed, wide_spacer};
use crate::theme::Tokens;

/// Every point has a marker up to so many of them.
const MARKED_MAX: usize = 128;
/// So many markers tell apart lines with more points.
const MARKS: usize = 12;
/// Error bars are drawn where so many points of a curve or fewer are seen.
const BARS_MAX: usize = 512;
/// Room for the numbers beside two plots that are to begin at one place: curves and residuals, or two that are compared.
const BESIDE: f32 = 88.0;
/// Height of the residuals of a fit.
const RESIDUALS: f32 = 88.0;

/// What is written around a plot.
pub(super) struct Words<'a> {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) right: String,
    pub(super) names: &'a [String],
}

/// How a pass draws.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    pub(super) tokens: &'a Tokens,
    pub(super) chosen: &'a Chosen,
    pub(super) logs: [bool; 2],
    /// How far the axes reach, where a person chose it.
    pub(super) limits: Plotted,
    /// What the axes reach at least, where nobody chose it: that of a plot that shares their place.
    pub(super) reach: Option<[[f64; 2]; 2]>,
    /// Where the pointer is along x in a plot that moves with this one.
    pub(super) pointed: Option<f64>,
    /// The range that is being dragged, in the space of the plot.
    pub(super) dragged: Option<[f64; 2]>,
}

/// What a person did in a plot.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Done {
    /// A curve to show or to hide.
    pub(super) toggled: Option<usize>,
    /// A range was begun or widened, in the space of the plot.
    pub(super) dragged: Option<[f64; 2]>,
    /// It is done.
    pub(super) is_dropped: bool,
    /// A place that was clicked, in the space of the plot.
    pub(super) clicked: Option<[f64; 2]>,
    /// How far the axes reach from now on, where a person moved them.
    pub(super) moved: Option<Plotted>,
    /// Where the pointer is, in the space of the plot.
    pub(super) pointed: Option<[f64; 2]>,
}

/// Draws the curves, their legend and, below, what a fit leaves.
pub(super) fn ui(ui: &mut egui::Ui, drawn: &Drawn, words: &Words<'_>, pass: Pass<'_>) -> Done {
    let fitted = drawn.fit.as_ref().and_then(|fit| fit.as_ref().ok());
    let below = if fitted.is_some() { RESIDUALS } else { 0.0 };
    let place = ui.available_rect_before_wrap();
    let (upper, lower) = place.split_top_bottom_at_y((place.bottom() - below).max(place.top()));
    let mut done = Done::default();
    let mut top = ui.new_child(UiBuilder::new().id_salt("curves").max_rect(upper));
    let id = top.scope_id().with("plot");
    let answer = curves_ui(&mut top, (drawn, id), words, pass);
    done.moved = plot_limits::moved(&top, id, &answer, pass.limits);
    done.pointed = answer.inner.filter(|_| answer.response.contains_pointer());
    if drawn.lines.len() > 1 || words.names.len() > 1 {
        done.toggled = legend_ui(&mut top, *answer.transform.frame(), words.names, pass);
    }
    pointer(&answer, &mut done, pass);
    if let Some(fitted) = fitted {
        let mut bottom = ui.new_child(UiBuilder::new().id_salt("residuals").max_rect(lower));
        residuals_ui(
            &mut bottom,
            fitted,
            answer.transform.bounds().range_x(),
            pass,
        );
    }
    ui.advance_cursor_after_rect(place);
    done
}

fn pointer(answer: &PlotResponse<Option<[f64; 2]>>, done: &mut Done, pass: Pass<'_>) {
    let response = &answer.response;
    let at = answer.inner;
    if pass.chosen.fit.is_some() {
        if let Some([x, _]) = at.filter(|_| response.drag_started()) {
            done.dragged = Some([x, x]);
        } else if let (Some([x, _]), Some([from, _])) = (at, pass.dragged)
            && response.dragged()
        {
            done.dragged = Some([from, x]);
        }
        done.is_dropped = response.drag_stopped();
    }
    if response.clicked() {
        done.clicked = at;
    }
}

fn curves_ui(
    ui: &mut egui::Ui,
    (drawn, id): (&Drawn, egui::Id),
    words: &Words<'_>,
    pass: Pass<'_>,
) -> PlotResponse<Option<[f64; 2]>> {
    let Pass { tokens, logs, .. } = pass;
    let names = &drawn.words;
    let wheel = Wheel::over(ui, ui.available_rect_before_wrap());
    let is_fitted = matches!(drawn.fit, Some(Ok(_)));
    // Numbers out of sight take no room by themselves, as those of the second of two plots in one place.
    let is_shared = pass.reach.is_some();
    let beside = if is_fitted || is_shared { BESIDE } else { 0.0 };
    let mut plot = Plot::new(id)
        .id(id)
        .show_background(false)
        .grid_color(tokens.line)
        .allow_scroll(false)
        .allow_drag(pass.chosen.fit.is_none())
        .x_axis_label(words.x.clone())
        .x_axis_formatter(move |mark, range| match word_at(names, mark.value) {
            Some(word) => word.to_owned(),
            None => axis_text(mark, range, logs[0]),
        })
        .x_grid_spacer(wide_spacer(logs[0]))
        .y_grid_spacer(spacer(logs[1]))
        .custom_y_axes(y_axes(drawn, words, (logs[1], beside)))
        .label_formatter(|place| match place {
            HoverPosition::NearDataPoint {
                plot_name, index, ..
            } => readout(drawn, plot_name, *index),
            HoverPosition::Elsewhere { .. } => None,
        });
    for [x, y] in pass
        .reach
        .iter()
        .flat_map(|[x, y]| [[x[0], y[0]], [x[1], y[1]]])
    {
        plot = plot.include_x(x).include_y(y);
    }
    let answer = plot.show(ui, |plot| {
        plot_limits::set(plot, pass.limits, wheel);
        let is_alone = drawn.lines.len() < 2;
        for line in &drawn.lines {
            let entry = pass.chosen.entries.get(line.entry);
            if let Some(entry) = entry.filter(|entry| entry.is_visible) {
                line_ui(plot, line, entry.colour, is_alone, pass);
            }
        }
        range_ui(plot, pass);
        if let Some(x) = pass.pointed {
            plot.vline(VLine::new("", x).color(tokens.faint).width(1.0));
        }
        if let Some(Ok(fitted)) = &drawn.fit {
            fit_ui(plot, fitted, drawn.extent(pass.chosen), tokens);
        }
        plot.pointer_coordinate().map(|point| [point.x, point.y])
    });
    let is_empty = drawn.lines.iter().all(|line| line.points.is_empty());
    if is_empty && let Some((_, problem)) = drawn.problems.first() {
        let place = answer.response.rect.center();
        let centre = egui::Align2::CENTER_CENTER;
        let font = crate::theme::body();
        ui.painter()
            .text(place, centre, problem, font, tokens.attention);
    }
    if pass.chosen.fit.is_some() && answer.response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
    }
    answer
}

fn y_axes<'a>(
    drawn: &'a Drawn,
    words: &Words<'_>,
    (is_log, beside): (bool, f32),
) -> Vec<AxisHints<'a>> {
    let left = AxisHints::new_y()
        .label(words.y.clone())
        .min_thickness(beside)
        .formatter(move |mark, range| axis_text(mark, range, is_log));
    let Some([factor, offset]) = drawn.right else {
        return vec![left];
    };
    let right = AxisHints::new_y()
        .label(words.right.clone())
        .placement(HPlacement::Right)
        .formatter(move |mark, _| {
            let value = (mark.value - offset) / factor;
            // A mark of the left axis is no round number here.
            let digits = 4;
            let value = if is_log { 10f64.powf(value) } else { value };
            trimmed(numbers::float(value, digits))
        });
    vec![left, right]
}

/// A band of egui's plot fills what lies between points at one place: readings that were repeated, flanks, steps. Lines
/// are thinned already, so none of them becomes one.
fn line_ui(plot: &mut PlotUi<'_>, line: &DrawnLine, place: usize, is_alone: bool, pass: Pass<'_>) {
    let tokens = pass.tokens;
    let colour = colours::colour(tokens, place);
    for ends in bars_in_sight(line, plot.plot_bounds()) {
        // Without a name a bar is not under the pointer.
        let bar = Line::new("", PlotPoints::from(ends.to_vec()));
        let quiet = if is_alone {
            tokens.faint
        } else {
            colour.gamma_multiply(0.6)
        };
        plot.line(bar.color(quiet).width(1.0).allow_hover(false));
    }
    let points = || PlotPoints::from(line.points.clone());
    let is_marked = line.points.len() <= MARKED_MAX || pass.chosen.style == Style::Points;
    let is_chosen = !is_alone && pass.chosen.selected == line.entry;
    let width = if is_chosen { 2.25 } else { 1.5 };
    let style = colours::line(place);
    match pass.chosen.style {
        Style::Lines => {
            let is_whole = line.breaks.is_empty();
            for part in line.parts() {
                let own = Line::new(&line.name, PlotPoints::from(part.to_vec()));
                let own = own.color(colour).width(width).style(style);
                plot.line(own.allow_band(false).allow_hover(!is_marked && is_whole));
            }
        }
        Style::Steps => {
            let corners = PlotPoints::from(line.steps.clone());
            let own = Line::new(&line.name, corners).color(colour).width(width);
            plot.line(own.style(style).allow_band(false).allow_hover(false));
        }
        Style::Points => {}
    }
    let mark = |points, radius: f32| {
        let marks = Points::new(&line.name, points).color(colour).radius(radius);
        marks.shape(colours::shape(place))
    };
    if is_marked {
        plot.points(mark(points(), if is_alone { 2.5 } else { 3.5 }));
        return;
    }
    if pass.chosen.style == Style::Steps || !line.breaks.is_empty() {
        // Steps have two corners for each point, and parts of a line count from their own first point, so the
        // numbers are at points without a mark.
        plot.points(mark(points(), 0.01).color(Color32::TRANSPARENT));
    }
    if !is_alone {
        let step = (line.points.len() / MARKS).max(1);
        let some = line.points.iter().skip(step / 2).step_by(step).copied();
        plot.points(mark(PlotPoints::from(some.collect::<Vec<_>>()), 4.0).allow_hover(false));
    }
}

/// The error bars of what is seen; none where they would hide the curve.
fn bars_in_sight(line: &DrawnLine, seen: PlotBounds) -> &[[[f64; 2]; 2]] {
    let range = seen.range_x();
    let count = line.points.iter().filter(|[x, _]| range.contains(x));
    if count.count() > BARS_MAX {
        return &[];
    }
    &line.bars
}

/// The range that is fitted.
fn range_ui(plot: &mut PlotUi<'_>, pass: Pass<'_>) {
    let kept = pass.chosen.fit.and_then(|fit| fit.range);
    let kept = kept.map(|ends| ends.map(|end| super::drawn::plotted(end, pass.logs[0])));
    let Some([from, to]) = pass.dragged.or(kept) else {
        return;
    };
    if !(from.is_finite() && to.is_finite()) {
        return;
    }
    let span = Span::new("", from.min(to)..=from.max(to))
        .fill(pass.tokens.accent.gamma_multiply(0.12))
        .border_color(pass.tokens.accent.gamma_multiply(0.7));
    plot.span(span);
}

/// Draws the background and the peaks, as far as they lie near the curves: a fit that ran away would leave no room for
/// them.
fn fit_ui(plot: &mut PlotUi<'_>, fitted: &Fitted, extent: Option<[[f64; 2]; 2]>, tokens: &Tokens) {
    let near = extent.map(|[_, [low, high]]| low - (high - low)..=high + (high - low));
    let is_far = |point: &[f64; 2]| near.as_ref().is_some_and(|near| !near.contains(&point[1]));
    let lines = [
        (
            &fitted.background,
            tokens.secondary,
            1.0,
            LineStyle::dashed_dense(),
        ),
        (&fitted.line, tokens.text, 1.5, LineStyle::Solid),
    ];
    for (points, colour, width, style) in lines {
        for part in points.split(is_far).filter(|part| part.len() > 1) {
            let line = Line::new("", PlotPoints::from(part.to_vec())).allow_band(false);
            plot.line(
                line.color(colour)
                    .width(width)
                    .style(style)
                    .allow_hover(false),
            );
        }
    }
}

fn residuals_ui(
    ui: &mut egui::Ui,
    fitted: &Fitted,
    along: std::ops::RangeInclusive<f64>,
    pass: Pass<'_>,
) {
    let tokens = pass.tokens;
    let is_log = pass.logs[0];
    let plot = Plot::new("residuals")
        .show_background(false)
        .grid_color(tokens.line)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .x_axis_formatter(move |mark, range| axis_text(mark, range, is_log))
        .x_grid_spacer(wide_spacer(is_log))
        .y_axis_label("left")
        .y_axis_min_width(BESIDE)
        .y_axis_formatter(|mark, range| axis_text(mark, range, false))
        .y_grid_spacer(dense_spacer(false))
        .label_formatter(|_| None);
    plot.show(ui, |plot| {
        // Below the curves, point for point.
        plot.set_plot_bounds_x(along);
        let points = PlotPoints::from(fitted.residuals.clone());
        let ends = fitted.residuals.first().zip(fitted.residuals.last());
        if let Some((first, last)) = ends {
            let zero = PlotPoints::from(vec![[first[0], 0.0], [last[0], 0.0]]);
            plot.line(
                Line::new("", zero)
                    .color(tokens.control_line)
                    .allow_hover(false),
            );
        }
        plot.points(Points::new("", points).color(tokens.secondary).radius(1.5));
    });
}

/// The name of a mark at a whole number, where the axis has names.
fn word_at(words: &[String], value: f64) -> Option<&str> {
    if words.is_empty() {
        return None;
    }
    // Between the names there is nothing to write.
    if (value - value.round()).abs() > 1e-6 || value < -0.5 {
        return Some("");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is whole and not negative; what is too large saturates"
    )]
    let index = value.round() as usize;
    Some(words.get(index).map_or("", String::as_str))
}

/// What stands beside the point under the pointer.
fn readout(drawn: &Drawn, name: &str, index: usize) -> Option<String> {
    let line = drawn.lines.iter().find(|line| line.name == name)?;
    let text = line.readouts.get(index)?;
    Some(format!("{name}\n{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_at_whole_numbers_only() {
        let words = ["raw".to_owned(), "flat".to_owned()];
        assert_eq!(word_at(&words, 1.0), Some("flat"), "the second");
        assert_eq!(word_at(&words, 0.5), Some(""), "between them");
        assert_eq!(word_at(&words, 7.0), Some(""), "beyond them");
        assert_eq!(word_at(&words, -1.0), Some(""), "before them");
        assert_eq!(word_at(&[], 1.0), None, "an axis of numbers");
    }
}
