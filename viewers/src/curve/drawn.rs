//! Points of curves, made of stored numbers on the pool.

use std::sync::Arc;

use hutch_analysis::curve::{Curve, Summary};
use hutch_model::Samples;

use super::entry::{Chosen, Entry, Side, Style};
use super::fitted::{self, Fitted};
use super::line::Maker;
use super::parts::Parts;
use crate::numbers;
use crate::plot_limits::LARGEST;
use crate::plot_marks::round_up;

/// More points than this are thinned to the extremes of each pixel column.
pub(super) const DRAWN: usize = 4096;
/// Scales that differ by more than this do not share an axis.
const SCALES_APART: f64 = 20.0;

/// Curves, ready to draw.
#[derive(Debug)]
pub(super) struct Drawn {
    /// Those that are there, in the order of the list.
    pub(super) lines: Vec<DrawnLine>,
    /// Names along the axis, for marks at whole numbers.
    pub(super) words: Vec<String>,
    /// What is wrong with which curve.
    pub(super) problems: Vec<(usize, String)>,
    /// The right axis: what is drawn is the value times the first number plus the second.
    pub(super) right: Option<[f64; 2]>,
    /// Peaks of the selected curve, or why there are none.
    pub(super) fit: Option<Result<Fitted, String>>,
}

/// One line, ready to draw.
#[derive(Debug)]
pub(super) struct DrawnLine {
    /// Which of the curves of the view it is.
    pub(super) entry: usize,
    pub(super) name: String,
    /// In the space of the plot: logarithms along logarithmic axes.
    pub(super) points: Vec<[f64; 2]>,
    /// Before which points the line is broken, since numbers are missing there.
    pub(super) breaks: Vec<usize>,
    /// The corners of steps through the points, where steps are drawn.
    pub(super) steps: Vec<[f64; 2]>,
    /// Both ends of each error bar.
    pub(super) bars: Vec<[[f64; 2]; 2]>,
    /// What stands beside each point, in words: its numbers as stored and as plotted.
    pub(super) readouts: Vec<String>,
    /// Which point of the stored line each one is.
    pub(super) indices: Vec<usize>,
    pub(super) is_right: bool,
    /// The numbers as plotted; none where they are too many to keep.
    pub(super) curve: Option<Arc<Curve>>,
    pub(super) summary: Option<Summary>,
    pub(super) full_count: usize,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) mean: f64,
    pub(super) not_finite: usize,
    /// Values at or below zero, which a logarithmic axis has no place for.
    pub(super) below: usize,
    pub(super) masked: usize,
}

impl DrawnLine {
    /// Its points without those that are missing: one part, or more.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[[f64; 2]]> {
        let starts = std::iter::once(0).chain(self.breaks.iter().copied());
        let ends = self.breaks.iter().copied().chain([self.points.len()]);
        let parts = starts
            .zip(ends)
            .filter_map(|(from, to)| self.points.get(from..to));
        parts.filter(|part| !part.is_empty())
    }
}

/// How curves are drawn.
#[derive(Clone, Debug)]
pub(super) struct How {
    /// Whether the horizontal and the vertical axis are logarithmic.
    pub(super) logs: [bool; 2],
    pub(super) chosen: Chosen,
    /// From and to along the horizontal axis, where a part of it is seen.
    pub(super) sight: Option<[f64; 2]>,
}

impl Drawn {
    /// From and to along x and along y of the lines that are shown, in the space of the plot.
    pub(super) fn extent(&self, chosen: &Chosen) -> Option<[[f64; 2]; 2]> {
        let is_visible = |line: &&DrawnLine| {
            let entry = chosen.entries.get(line.entry);
            entry.is_some_and(|entry| entry.is_visible)
        };
        let lines = self.lines.iter().filter(is_visible);
        let bars = |line: &'_ DrawnLine| line.bars.clone().into_iter().flatten();
        let points = lines.flat_map(|line| line.points.iter().copied().chain(bars(line)));
        let mut ends = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
        for point in points {
            for along in [0, 1] {
                ends[along][0] = ends[along][0].min(point[along]);
                ends[along][1] = ends[along][1].max(point[along]);
            }
        }
        (ends[0][0] <= ends[0][1]).then_some(ends)
    }
}

impl How {
    fn entry(&self, at: usize) -> Option<&Entry> {
        self.chosen.entries.get(at)
    }
}

/// A value in the space of the plot; what is too small to be told from zero is zero.
pub(super) fn plotted(value: f64, is_log: bool) -> f64 {
    let place = if is_log { value.log10() } else { value };
    if place.abs() < 1.0 / LARGEST {
        0.0
    } else {
        place
    }
}

/// Whether a plot has a place for a value.
pub(super) fn has_place(place: f64) -> bool {
    place.abs() <= LARGEST
}

/// Puts the points together, thinned to the extremes of each column when they
/// are many.
pub(super) fn make(parts: &Parts, how: &How) -> Drawn {
    let words = match parts.words.as_ref().map(|block| &block.samples) {
        Some(Samples::Text(words)) => words.clone(),
        _ => Vec::new(),
    };
    let mut drawn = Drawn {
        lines: Vec::with_capacity(parts.lines.len()),
        words,
        problems: parts.problems.clone(),
        right: None,
        fit: None,
    };
    let makers: Vec<Maker<'_>> = parts.lines.iter().map(Maker::new).collect();
    for maker in &makers {
        let Some(entry) = how.entry(maker.line.entry) else {
            continue;
        };
        let line = drawn_line(maker, &makers, entry, how, &mut drawn);
        drawn.lines.push(line);
    }
    let selected = how.chosen.selected;
    if let Some(wish) = how.chosen.fit
        && let Some(line) = drawn.lines.iter().find(|line| line.entry == selected)
    {
        let curve = line.curve.as_deref();
        drawn.fit = Some(fitted::make(curve, wish, how.logs));
    }
    arrange(&mut drawn, how);
    drawn
}

/// One line with all that a person asked for, but for its place among the others.
fn drawn_line(
    maker: &Maker<'_>,
    makers: &[Maker<'_>],
    entry: &Entry,
    how: &How,
    drawn: &mut Drawn,
) -> DrawnLine {
    let mut line = maker.counted(entry.factor, entry.offset);
    let made = maker.curve().map(|stored| {
        let (curve, problem) = changed(stored, entry, makers);
        let problem = problem.map(|problem| (maker.line.entry, problem));
        drawn.problems.extend(problem);
        curve
    });
    if made.is_none() && !entry.steps.is_empty() {
        let why = "it has too many points to compute with".to_owned();
        drawn.problems.push((maker.line.entry, why));
    }
    let value = |index: usize| match &made {
        Some(curve) => curve.y.get(index).copied().unwrap_or(f64::NAN),
        None => maker.value(index) * entry.factor + entry.offset,
    };
    let is_changed = !entry.steps.is_empty();
    let seen = maker.in_sight(how.sight.filter(|_| line.full_count > DRAWN));
    let has_bars = seen.len() <= DRAWN;
    let mut too_large = 0;
    for index in thinned(seen, &value) {
        let (x, y) = (maker.place(index), value(index));
        let point = [plotted(x, how.logs[0]), plotted(y, how.logs[1])];
        if !point.iter().all(|part| has_place(*part)) {
            too_large += usize::from(point.iter().all(|part| part.is_finite()));
            // The line is broken where a number is missing, and not where it is thinned.
            if has_bars && line.breaks.last() != Some(&line.points.len()) {
                line.breaks.push(line.points.len());
            }
            continue;
        }
        let sigma = match &made {
            Some(curve) => curve
                .sigma
                .as_ref()
                .and_then(|sigma| sigma.get(index).copied()),
            None => maker.sigma(index).map(|sigma| (sigma * entry.factor).abs()),
        };
        line.points.push(point);
        line.indices.push(maker.stored_index(index));
        let text = maker.readout(index, y, sigma, &drawn.words, is_changed);
        line.readouts.push(text);
        if has_bars {
            let sigmas = [maker.place_sigma(index), sigma];
            bars(&mut line.bars, point, [x, y], sigmas, how.logs);
        }
    }
    if line.points.is_empty() && line.full_count > too_large {
        let text = "none of its points has a number on both axes".to_owned();
        drawn.problems.push((maker.line.entry, text));
    }
    if too_large > 0 {
        let text = format!(
            "{} points beyond 1e150 are not drawn",
            numbers::count(too_large as u64)
        );
        drawn.problems.push((maker.line.entry, text));
    }
    if how.chosen.style == Style::Steps {
        line.steps = maker.steps(&line.points, how.logs[0]);
    }
    if how.logs[1] {
        line.below = (0..line.full_count).filter(|at| value(*at) <= 0.0).count();
    }
    if is_changed && let Some(curve) = &made {
        of_values(&mut line, &curve.y);
    }
    line.summary = made.as_ref().and_then(Summary::of);
    line.curve = made.map(Arc::new);
    line
}

/// A curve after its operations, its factor and its offset; what could not be done, in words.
fn changed(stored: Curve, entry: &Entry, makers: &[Maker<'_>]) -> (Curve, Option<String>) {
    let mut curve = stored;
    let mut problem = None;
    for step in &entry.steps {
        // Others count as they are stored, so that no two curves wait for each other.
        let other = step.other().and_then(|name| {
            let maker = makers.iter().find(|maker| maker.line.name == name)?;
            maker.curve()
        });
        match step.apply(&curve, other.as_ref()) {
            Ok(made) => curve = made,
            Err(error) => {
                problem = Some(error.to_string());
                break;
            }
        }
    }
    curve
        .y
        .iter_mut()
        .for_each(|y| *y = *y * entry.factor + entry.offset);
    for sigma in curve.sigma.iter_mut().flatten() {
        *sigma = (*sigma * entry.factor).abs();
    }
    (curve, problem)
}

/// The numbers of values that were computed.
fn of_values(line: &mut DrawnLine, values: &[f64]) {
    let good = || values.iter().copied().filter(|value| value.is_finite());
    line.min = good().fold(f64::INFINITY, f64::min);
    line.max = good().fold(f64::NEG_INFINITY, f64::max);
    line.mean = good().sum::<f64>() / good().count() as f64;
    line.not_finite = (values.len() - good().count()).saturating_sub(line.masked);
}

/// Adds the error bars of a point, along both axes.
fn bars(
    bars: &mut Vec<[[f64; 2]; 2]>,
    point: [f64; 2],
    values: [f64; 2],
    sigmas: [Option<f64>; 2],
    logs: [bool; 2],
) {
    for along in [1, 0] {
        let Some(sigma) = sigmas[along].filter(|sigma| sigma.is_finite()) else {
            continue;
        };
        let end = |value: f64| {
            // An end that has no logarithm is at the point itself.
            let end = plotted(value, logs[along]);
            let mut place = point;
            place[along] = if has_place(end) { end } else { point[along] };
            place
        };
        bars.push([end(values[along] - sigma), end(values[along] + sigma)]);
    }
}

/// Puts lines onto their axes and above each other.
fn arrange(drawn: &mut Drawn, how: &How) {
    let is_visible = |line: &DrawnLine| how.entry(line.entry).is_some_and(|entry| entry.is_visible);
    let first = drawn
        .lines
        .iter()
        .find(|line| is_visible(line))
        .map(|line| line.entry);
    let scale = |line: &DrawnLine| line.min.abs().max(line.max.abs());
    let first_scale = drawn
        .lines
        .iter()
        .find(|line| Some(line.entry) == first)
        .map_or(f64::NAN, scale);
    for line in &mut drawn.lines {
        let ratio = scale(line) / first_scale;
        let is_apart = ratio.is_finite() && !(1.0 / SCALES_APART..=SCALES_APART).contains(&ratio);
        line.is_right = match how.entry(line.entry).map_or(Side::Left, |entry| entry.side) {
            Side::Left => false,
            Side::Right => true,
            // Decades lie side by side on a logarithmic axis.
            Side::Auto => Some(line.entry) != first && is_apart && !how.logs[1],
        };
    }
    let span = |is_right: bool| {
        let lines = drawn
            .lines
            .iter()
            .filter(|line| is_visible(line) && line.is_right == is_right);
        let values = lines.flat_map(|line| line.points.iter().map(|point| point[1]));
        let ends = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [low.min(value), high.max(value)]
        });
        (ends[0] <= ends[1]).then_some(ends)
    };
    let (left, right) = (span(false), span(true));
    if let Some([low, high]) = right {
        let [left_low, left_high] = left.unwrap_or([low, high]);
        let ends = ([left_low, left_high], [low, high]);
        drawn.right = Some(if how.logs[1] {
            whole_height(ends)
        } else {
            round_height(ends)
        });
    }
    let tall = left.or(right).map_or(0.0, |[low, high]| high - low);
    let mut above = 0.0;
    for line in &mut drawn.lines {
        let is_visible = how.entry(line.entry).is_some_and(|entry| entry.is_visible);
        let [factor, offset] = drawn.right.filter(|_| line.is_right).unwrap_or([1.0, 0.0]);
        let move_point = |point: &mut [f64; 2]| point[1] = point[1] * factor + offset + above;
        line.points.iter_mut().for_each(move_point);
        line.steps.iter_mut().for_each(move_point);
        line.bars.iter_mut().flatten().for_each(move_point);
        if let Some(Ok(fit)) = &mut drawn.fit
            && line.entry == how.chosen.selected
        {
            fit.line.iter_mut().for_each(move_point);
            fit.background.iter_mut().for_each(move_point);
        }
        if is_visible {
            above += how.chosen.waterfall * tall;
        }
    }
}

/// Factor and offset that put the values from one number to another beside those of the left axis, as high as they are.
fn whole_height(([left_low, left_high], [low, high]): ([f64; 2], [f64; 2])) -> [f64; 2] {
    let factor = (left_high - left_low) / (high - low);
    let factor = if factor.is_finite() && factor > 0.0 {
        factor
    } else {
        1.0
    };
    [factor, left_low - low * factor]
}

/// The same, a little lower, so that the marks of the left axis are round numbers of the right one.
fn round_height(ends: ([f64; 2], [f64; 2])) -> [f64; 2] {
    let whole @ [factor, offset] = whole_height(ends);
    let (left, lowest) = (ends.0, ends.1[0]);
    let per_value = 1.0 / round_up(1.0 / factor);
    // Marks with numbers are this far apart, or a part of it.
    let step = 10f64.powf(((left[1] - left[0]) / 2.0).log10().floor());
    let above = offset + lowest * (factor - per_value);
    let round = [per_value, (above / step).round() * step];
    if round.iter().all(|number| number.is_finite()) {
        round
    } else {
        whole
    }
}

/// The numbers of a place and a value, in words.
pub(super) fn number(value: f64) -> String {
    numbers::float(value, 6)
}

/// All indices of a range, or the smallest and largest of each of many columns,
/// in order.
pub(super) fn thinned(range: std::ops::Range<usize>, value: &dyn Fn(usize) -> f64) -> Vec<usize> {
    let count = range.len();
    if count <= DRAWN {
        return range.collect();
    }
    let columns = DRAWN / 2;
    let mut drawn = Vec::with_capacity(DRAWN);
    for column in 0..columns {
        let from = range.start + column * count / columns;
        let to = range.start + (column + 1) * count / columns;
        let finite = || (from..to).filter(|&index| value(index).is_finite());
        let low = finite().min_by(|&one, &other| value(one).total_cmp(&value(other)));
        let high = finite().max_by(|&one, &other| value(one).total_cmp(&value(other)));
        let mut both: Vec<usize> = low.into_iter().chain(high).collect();
        both.sort_unstable();
        both.dedup();
        drawn.extend(both);
    }
    drawn
}

#[cfg(test)]
#[path = "drawn_tests.rs"]
mod tests;
