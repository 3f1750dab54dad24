//! The numbers of one line: scaled, divided, masked.

use hutch_analysis::curve::Curve;
use hutch_model::AxisKind;

use super::drawn::{DrawnLine, number, plotted};
use super::parts::StoredLine;
use crate::numbers;

/// Points of which a copy is made to compute with; longer lines are only drawn.
const COPIED_MAX: usize = 1 << 22;

/// One stored line and the part of it that is good.
pub(super) struct Maker<'a> {
    pub(super) line: &'a StoredLine,
    good: std::ops::Range<usize>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(line: &'a StoredLine) -> Self {
        let count = line.data.samples.len();
        let index = |value: u64| usize::try_from(value).unwrap_or(usize::MAX).min(count);
        let good = match line.good {
            Some([first, last]) => index(first)..index(last.saturating_add(1)),
            None => 0..count,
        };
        Self { line, good }
    }

    /// The index in the file of a point of the good part.
    pub(super) fn stored_index(&self, index: usize) -> usize {
        self.good.start.saturating_add(index)
    }

    /// The weight that a value is divided by: 1 where the file gives none.
    fn weight(&self, stored: usize) -> f64 {
        match &self.line.weights {
            Some(weights) if stored < weights.samples.len() => weights.samples.get_f64(stored),
            _ => 1.0,
        }
    }

    fn is_masked(&self, stored: usize) -> bool {
        let mask = self.line.mask.as_ref();
        mask.is_some_and(|mask| stored < mask.samples.len() && mask.samples.get_f64(stored) != 0.0)
    }

    /// The value of a point; NaN where it is masked.
    pub(super) fn value(&self, index: usize) -> f64 {
        let stored = self.stored_index(index);
        if self.is_masked(stored) || stored >= self.line.data.samples.len() {
            return f64::NAN;
        }
        let raw = self.line.data.samples.get_f64(stored);
        self.line.scaling.apply(raw) / self.weight(stored)
    }

    /// The standard deviation of a value.
    pub(super) fn sigma(&self, index: usize) -> Option<f64> {
        let stored = self.stored_index(index);
        let errors = self.line.errors.as_ref()?;
        let sigma = (stored < errors.samples.len()).then(|| errors.samples.get_f64(stored))?;
        Some((sigma * self.line.scaling.factor / self.weight(stored)).abs())
    }

    /// Both edges of a point, where the file gives edges; twice its place otherwise.
    fn edges(&self, index: usize) -> [f64; 2] {
        let stored = self.stored_index(index);
        let Some(places) = &self.line.places else {
            return [stored as f64; 2];
        };
        let at = |stored: usize| {
            if stored < places.values.samples.len() {
                places.scaling.apply(places.values.samples.get_f64(stored))
            } else {
                f64::NAN
            }
        };
        match places.kind {
            AxisKind::Edges => [at(stored), at(stored + 1)],
            AxisKind::Points => [at(stored); 2],
        }
    }

    /// The place of a point: the middle of a bin.
    pub(super) fn place(&self, index: usize) -> f64 {
        let [low, high] = self.edges(index);
        f64::midpoint(low, high)
    }

    pub(super) fn place_sigma(&self, index: usize) -> Option<f64> {
        let places = self.line.places.as_ref()?;
        let errors = places.errors.as_ref()?;
        let stored = self.stored_index(index);
        let sigma = (stored < errors.samples.len()).then(|| errors.samples.get_f64(stored))?;
        Some((sigma * places.scaling.factor).abs())
    }

    /// Which points lie in a part of the axis, with one beside each end; all of them where their places do not rise or
    /// fall throughout.
    pub(super) fn in_sight(&self, sight: Option<[f64; 2]>) -> std::ops::Range<usize> {
        let all = 0..self.good.len();
        let Some([from, to]) = sight.filter(|_| all.len() > 1) else {
            return all;
        };
        let rises = self.place(0) <= self.place(all.end - 1);
        let is_in_order = |at: usize| {
            let (one, next) = (self.place(at), self.place(at + 1));
            if rises { one <= next } else { one >= next }
        };
        if !(0..all.end - 1).all(is_in_order) {
            return all;
        }
        let (near, far) = if rises { (from, to) } else { (to, from) };
        let is_before = |at: usize, end: f64| {
            let place = self.place(at);
            if rises { place < end } else { place > end }
        };
        let first = partition(all.end, |at| is_before(at, near));
        let last = partition(all.end, |at| is_before(at, far));
        first.saturating_sub(1)..(last + 1).min(all.end)
    }

    /// A copy of the line to compute with; none of a very long one.
    pub(super) fn curve(&self) -> Option<Curve> {
        if self.good.len() > COPIED_MAX {
            return None;
        }
        let all = 0..self.good.len();
        let sigma = |index| self.sigma(index).unwrap_or(f64::NAN);
        Some(Curve {
            x: all.clone().map(|index| self.place(index)).collect(),
            y: all.clone().map(|index| self.value(index)).collect(),
            sigma: self.line.errors.as_ref().map(|_| all.map(sigma).collect()),
        })
    }

    /// The line without points, with what all its values say together.
    pub(super) fn counted(&self, factor: f64, offset: f64) -> DrawnLine {
        let mut drawn = DrawnLine {
            entry: self.line.entry,
            name: self.line.name.clone(),
            points: Vec::new(),
            breaks: Vec::new(),
            steps: Vec::new(),
            bars: Vec::new(),
            readouts: Vec::new(),
            indices: Vec::new(),
            is_right: false,
            curve: None,
            summary: None,
            full_count: self.good.len(),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            mean: 0.0,
            not_finite: 0,
            below: 0,
            masked: 0,
        };
        let mut sum = 0.0;
        for index in 0..self.good.len() {
            let y = self.value(index) * factor + offset;
            if y.is_finite() {
                drawn.min = drawn.min.min(y);
                drawn.max = drawn.max.max(y);
                sum += y;
            } else if self.is_masked(self.stored_index(index)) {
                drawn.masked += 1;
            } else {
                drawn.not_finite += 1;
            }
        }
        let count = drawn.full_count - drawn.not_finite - drawn.masked;
        drawn.mean = sum / count as f64;
        drawn
    }

    /// The corners of steps through points: between bins where the file says, and
    /// in the middle between points otherwise.
    pub(super) fn steps(&self, points: &[[f64; 2]], is_log: bool) -> Vec<[f64; 2]> {
        let kind = self.line.places.as_ref().map(|places| places.kind);
        let is_whole = points.len() == self.good.len();
        let mut corners = Vec::with_capacity(points.len() * 2);
        for (index, [x, y]) in points.iter().copied().enumerate() {
            let before = index.checked_sub(1).map(|before| points[before][0]);
            let after = points.get(index + 1).map(|after| after[0]);
            let reach = |other: Option<f64>| other.map(|other| (other - x) / 2.0);
            let (below, above) = (reach(before), reach(after));
            let middles = [
                x + below.or(above.map(|above| -above)).unwrap_or(0.0),
                x + above.or(below.map(|below| -below)).unwrap_or(0.0),
            ];
            let edges = (kind == Some(AxisKind::Edges) && is_whole)
                .then(|| self.edges(index).map(|edge| plotted(edge, is_log)))
                .filter(|edges| edges.iter().all(|edge| edge.is_finite()));
            let [from, to] = edges.unwrap_or(middles);
            corners.extend([[from, y], [to, y]]);
        }
        corners
    }

    /// The numbers of a point, as stored and, where they differ, as plotted.
    pub(super) fn readout(
        &self,
        index: usize,
        plotted: f64,
        sigma: Option<f64>,
        words: &[String],
        is_changed: bool,
    ) -> String {
        let stored = self.stored_index(index);
        let place = match words.get(stored) {
            Some(word) => word.clone(),
            None => number(self.place(index)),
        };
        let raw = self.line.data.samples.get_text(stored);
        let sigma = sigma.map_or_else(String::new, |sigma| {
            format!(" ± {}", numbers::float(sigma, 3))
        });
        if is_changed {
            return format!("{place}\nraw {raw}\ncomputed {}{sigma}", number(plotted));
        }
        let as_stored = self.line.data.samples.get_f64(stored);
        if plotted.to_bits() == as_stored.to_bits() {
            format!("{place}\nraw {raw}{sigma}")
        } else {
            format!("{place}\nraw {raw}\nscaled {}{sigma}", number(plotted))
        }
    }
}

/// How many of so many things in order are before a place.
fn partition(count: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = usize::midpoint(low, high);
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
