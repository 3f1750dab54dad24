//! Points of curves, made of stored numbers on the pool.

use hutch_model::{AxisKind, Samples};

use super::parts::{Parts, StoredLine};
use crate::numbers;

/// More points than this are thinned to the extremes of each pixel column.
const DRAWN: usize = 4096;
/// Error bars are drawn on curves of so many points at most.
const BARS_MAX: usize = 512;

/// Curves, ready to draw.
#[derive(Debug)]
pub(super) struct Drawn {
    /// The signal first, then the further ones.
    pub(super) lines: Vec<DrawnLine>,
    /// Names along the axis, for marks at whole numbers.
    pub(super) words: Vec<String>,
}

/// One line, ready to draw.
#[derive(Debug)]
pub(super) struct DrawnLine {
    pub(super) name: String,
    /// In the space of the plot: logarithms along logarithmic axes.
    pub(super) points: Vec<[f64; 2]>,
    /// Both ends of each error bar.
    pub(super) bars: Vec<[[f64; 2]; 2]>,
    /// What stands beside each point, in words: its numbers as stored and as plotted.
    pub(super) readouts: Vec<String>,
    pub(super) full_count: usize,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) mean: f64,
    pub(super) not_finite: usize,
    pub(super) masked: usize,
}

/// Puts the points together, thinned to the extremes of each column when they
/// are many.
pub(super) fn make(parts: &Parts, logs: [bool; 2]) -> Drawn {
    let words = match parts.words.as_ref().map(|block| &block.samples) {
        Some(Samples::Text(words)) => words.clone(),
        _ => Vec::new(),
    };
    let lines = parts.lines.iter().enumerate();
    Drawn {
        lines: lines
            .map(|(position, line)| {
                let maker = Maker {
                    parts,
                    line,
                    is_first: position == 0,
                    words: &words,
                };
                maker.make(logs)
            })
            .collect(),
        words,
    }
}

struct Maker<'a> {
    parts: &'a Parts,
    line: &'a StoredLine,
    is_first: bool,
    words: &'a [String],
}

impl Maker<'_> {
    /// The weight that a value is divided by: 1 where the file gives none.
    fn weight(&self, index: usize) -> f64 {
        match &self.parts.weights {
            Some(weights) if self.is_first && index < weights.samples.len() => {
                weights.samples.get_f64(index)
            }
            _ => 1.0,
        }
    }

    fn is_masked(&self, index: usize) -> bool {
        let mask = self.parts.mask.as_ref().filter(|_| self.is_first);
        mask.is_some_and(|mask| index < mask.samples.len() && mask.samples.get_f64(index) != 0.0)
    }

    /// The value to plot; NaN where it is masked.
    fn value(&self, index: usize) -> f64 {
        if self.is_masked(index) {
            return f64::NAN;
        }
        self.line
            .scaling
            .apply(self.line.data.samples.get_f64(index))
            / self.weight(index)
    }

    /// The standard deviation of the value to plot.
    fn sigma(&self, index: usize) -> Option<f64> {
        let errors = self.line.errors.as_ref()?;
        let stored = (index < errors.samples.len()).then(|| errors.samples.get_f64(index))?;
        Some((stored * self.line.scaling.factor / self.weight(index)).abs())
    }

    fn place(&self, index: usize) -> f64 {
        let Some(places) = &self.parts.places else {
            return index as f64;
        };
        let at = |index: usize| {
            if index < places.values.samples.len() {
                places.scaling.apply(places.values.samples.get_f64(index))
            } else {
                f64::NAN
            }
        };
        match places.kind {
            AxisKind::Edges => f64::midpoint(at(index), at(index + 1)),
            AxisKind::Points => at(index),
        }
    }

    fn place_sigma(&self, index: usize) -> Option<f64> {
        let places = self.parts.places.as_ref()?;
        let errors = places.errors.as_ref()?;
        let stored = (index < errors.samples.len()).then(|| errors.samples.get_f64(index))?;
        Some((stored * places.scaling.factor).abs())
    }

    /// The indices that the file calls good.
    fn good(&self, count: usize) -> std::ops::Range<usize> {
        let Some([first, last]) = self.parts.good else {
            return 0..count;
        };
        let index = |value: u64| usize::try_from(value).unwrap_or(usize::MAX).min(count);
        index(first)..index(last.saturating_add(1))
    }

    fn make(&self, logs: [bool; 2]) -> DrawnLine {
        let good = self.good(self.line.data.samples.len());
        let mut drawn = self.summed(good.clone());
        let log = |value: f64, is_log: bool| if is_log { value.log10() } else { value };
        let has_bars = good.len() <= BARS_MAX;
        for index in thinned(good, &|index| self.value(index)) {
            let (x, y) = (self.place(index), self.value(index));
            let point = [log(x, logs[0]), log(y, logs[1])];
            if !point.iter().all(|part| part.is_finite()) {
                continue;
            }
            drawn.points.push(point);
            drawn.readouts.push(self.readout(index));
            if !has_bars {
                continue;
            }
            // An end that has no logarithm is at the point itself.
            let end = |value: f64, is_log: bool, otherwise: f64| {
                let end = log(value, is_log);
                if end.is_finite() { end } else { otherwise }
            };
            if let Some(sigma) = self.sigma(index).filter(|sigma| sigma.is_finite()) {
                let ends = [y - sigma, y + sigma].map(|value| end(value, logs[1], point[1]));
                drawn.bars.push(ends.map(|y| [point[0], y]));
            }
            if let Some(sigma) = self.place_sigma(index).filter(|sigma| sigma.is_finite()) {
                let ends = [x - sigma, x + sigma].map(|value| end(value, logs[0], point[0]));
                drawn.bars.push(ends.map(|x| [x, point[1]]));
            }
        }
        drawn
    }

    /// The line without points, with what all its values say together.
    fn summed(&self, good: std::ops::Range<usize>) -> DrawnLine {
        let mut drawn = DrawnLine {
            name: self.line.name.clone(),
            points: Vec::new(),
            bars: Vec::new(),
            readouts: Vec::new(),
            full_count: good.len(),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            mean: 0.0,
            not_finite: 0,
            masked: 0,
        };
        let mut sum = 0.0;
        for index in good {
            let y = self.value(index);
            if y.is_finite() {
                drawn.min = drawn.min.min(y);
                drawn.max = drawn.max.max(y);
                sum += y;
            } else if self.is_masked(index) {
                drawn.masked += 1;
            } else {
                drawn.not_finite += 1;
            }
        }
        let count = drawn.full_count - drawn.not_finite - drawn.masked;
        drawn.mean = sum / count as f64;
        drawn
    }

    /// The numbers of a point, as stored and, where they differ, as plotted.
    fn readout(&self, index: usize) -> String {
        let place = match self.words.get(index) {
            Some(word) => word.clone(),
            None => numbers::float(self.place(index), 6),
        };
        let raw = self.line.data.samples.get_text(index);
        let sigma = self.sigma(index).map_or_else(String::new, |sigma| {
            format!(" ± {}", numbers::float(sigma, 3))
        });
        if self.line.scaling.is_identity() && self.weight(index).to_bits() == 1f64.to_bits() {
            format!("{place}\nraw {raw}{sigma}")
        } else {
            let scaled = numbers::float(self.value(index), 6);
            format!("{place}\nraw {raw}\nscaled {scaled}{sigma}")
        }
    }
}

/// All indices of a range, or the smallest and largest of each of many columns,
/// in order.
fn thinned(range: std::ops::Range<usize>, value: &dyn Fn(usize) -> f64) -> Vec<usize> {
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
mod tests {
    use std::sync::Arc;

    use hutch_model::{Block, BlockState, Scaling};

    use super::super::parts::Places;
    use super::*;

    fn block(samples: Samples) -> Arc<Block> {
        Arc::new(Block {
            shape: vec![samples.len() as u64],
            samples,
            state: BlockState::Present,
        })
    }

    fn reals(values: &[f64]) -> Arc<Block> {
        block(Samples::F64(values.to_vec()))
    }

    /// Five counts, scaled as `(raw - 3) * 0.5`, with errors.
    fn counts() -> Parts {
        Parts {
            lines: vec![StoredLine {
                name: "counts".to_owned(),
                data: block(Samples::U16(vec![13, 23, 33, 43, 53])),
                errors: Some(reals(&[4.0; 5])),
                scaling: Scaling {
                    offset: -3.0,
                    factor: 0.5,
                },
            }],
            ..Parts::default()
        }
    }

    fn values(line: &DrawnLine) -> Vec<f64> {
        line.points.iter().map(|point| point[1]).collect()
    }

    #[test]
    fn thinning_keeps_a_single_spike() {
        let value = |index: usize| if index == 77_777 { 1e6 } else { 0.0 };
        let drawn = thinned(0..1_000_000, &value);
        assert!(drawn.contains(&77_777), "the spike is drawn");
        assert!(drawn.len() <= DRAWN, "at most {DRAWN} points");
        assert!(drawn.is_sorted(), "in order");
    }

    #[test]
    fn values_are_scaled_and_their_errors_with_them() {
        let drawn = make(&counts(), [false, false]);
        let line = &drawn.lines[0];
        assert_eq!(values(line), [5.0, 10.0, 15.0, 20.0, 25.0], "(raw - 3) / 2");
        assert_eq!(line.bars[0], [[0.0, 3.0], [0.0, 7.0]], "4 counts are 2");
        assert_eq!(
            (line.min, line.max, line.mean),
            (5.0, 25.0, 15.0),
            "of what is plotted"
        );
        let readout = &line.readouts[1];
        assert!(
            readout.contains("raw 23") && readout.contains("scaled 10"),
            "{readout}"
        );
    }

    #[test]
    fn masked_points_are_left_out_and_counted_and_weights_divide() {
        let mut parts = counts();
        parts.mask = Some(block(Samples::U8(vec![0, 1, 0, 0, 0])));
        parts.weights = Some(reals(&[1.0, 1.0, 3.0, 4.0, 5.0]));
        let drawn = make(&parts, [false, false]);
        let line = &drawn.lines[0];
        assert_eq!(values(line), [5.0, 5.0, 5.0, 5.0], "each by its weight");
        assert_eq!((line.masked, line.not_finite), (1, 0), "one is masked");
    }

    #[test]
    fn what_is_not_good_is_not_drawn() {
        let mut parts = counts();
        parts.good = Some([1, 3]);
        let drawn = make(&parts, [false, false]);
        assert_eq!(
            values(&drawn.lines[0]),
            [10.0, 15.0, 20.0],
            "first to last good"
        );
        parts.good = Some([4, u64::MAX]);
        let drawn = make(&parts, [false, false]);
        assert_eq!(values(&drawn.lines[0]), [25.0], "not beyond the data");
    }

    #[test]
    fn points_of_a_histogram_stand_in_the_middle_of_their_bins() {
        let mut parts = counts();
        parts.places = Some(Places {
            values: reals(&[0.0, 2.0, 4.0, 6.0, 8.0, 10.0]),
            errors: None,
            scaling: Scaling {
                offset: 1.0,
                factor: 10.0,
            },
            kind: AxisKind::Edges,
        });
        let drawn = make(&parts, [false, false]);
        let places: Vec<f64> = drawn.lines[0].points.iter().map(|point| point[0]).collect();
        assert_eq!(places, [20.0, 40.0, 60.0, 80.0, 100.0], "(edge + 1) * 10");
    }

    #[test]
    fn nothing_but_nan_is_a_curve_without_points() {
        let mut parts = counts();
        parts.lines[0].data = reals(&[f64::NAN; 5]);
        let drawn = make(&parts, [false, true]);
        assert!(drawn.lines[0].points.is_empty(), "nothing to draw");
        assert_eq!(drawn.lines[0].not_finite, 5, "and it is said");
    }

    #[test]
    fn an_error_bar_below_zero_ends_at_its_point_on_a_logarithmic_axis() {
        let mut parts = counts();
        parts.lines[0].errors = Some(reals(&[100.0; 5]));
        let drawn = make(&parts, [false, true]);
        let [low, high] = drawn.lines[0].bars[0];
        let point = drawn.lines[0].points[0].map(f64::to_bits);
        assert_eq!(low.map(f64::to_bits), point, "at the point");
        assert!(high[1] > low[1], "upwards as it is");
    }
}
