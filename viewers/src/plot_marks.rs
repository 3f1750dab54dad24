//! Marks along the axes of plots, also of those that are drawn as logarithms.

use std::ops::RangeInclusive;

use egui_plot::{GridInput, GridMark};

use crate::numbers;

/// More decades than these have marks at some of them alone.
const DECADES: f64 = 24.0;
/// In fewer decades than these, marks are as far apart as numbers and not as decades.
const NARROW: f64 = 0.7;

/// The number at a mark of an axis; `value` is its decimal logarithm where the axis is logarithmic.
pub(crate) fn mark_text(value: f64, is_log: bool) -> String {
    let text = numbers::float(if is_log { 10f64.powf(value) } else { value }, 6);
    trimmed(text)
}

/// The number at a mark of an axis that reaches over a range, with as many digits as tell it from the next one.
pub(crate) fn axis_text(mark: GridMark, range: &RangeInclusive<f64>, is_log: bool) -> String {
    if is_log {
        return mark_text(mark.value, true);
    }
    let far = range.start().abs().max(range.end().abs());
    trimmed(numbers::precise(mark.value, far, mark.step_size))
}

/// A number without zeros at the end of its digits.
pub(crate) fn trimmed(text: String) -> String {
    let (digits, power) = match text.split_once('e') {
        Some((digits, power)) => (digits, format!("e{power}")),
        None => (text.as_str(), String::new()),
    };
    if digits.contains('.') {
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        format!("{digits}{power}")
    } else {
        text
    }
}

/// Where the marks of a vertical axis are: at round numbers, whether or not it is logarithmic.
pub(crate) fn spacer(is_log: bool) -> impl Fn(GridInput) -> Vec<GridMark> {
    spaced(is_log, 6.0)
}

/// The same of the vertical axis of a low plot, which has room for few numbers.
pub(crate) fn dense_spacer(is_log: bool) -> impl Fn(GridInput) -> Vec<GridMark> {
    spaced(is_log, 3.0)
}

/// The same of a horizontal axis, whose numbers take more room.
pub(crate) fn wide_spacer(is_log: bool) -> impl Fn(GridInput) -> Vec<GridMark> {
    spaced(is_log, 10.0)
}

/// Marks with numbers are so many of the smallest steps apart that can be seen.
fn spaced(is_log: bool, apart: f64) -> impl Fn(GridInput) -> Vec<GridMark> {
    move |input| {
        if is_log {
            logarithmic(input.bounds)
        } else {
            let (low, high) = input.bounds;
            let far = low.abs().max(high.abs());
            // Numbers of many digits take more room beside each other.
            let digits = numbers::digits(far, input.base_step_size * apart).min(16);
            let more = if apart > 8.0 {
                digits.saturating_sub(8)
            } else {
                0
            };
            even(input.bounds, input.base_step_size * (apart + more as f64))
        }
    }
}

/// The smallest number that is not below another one, of those with a single digit that is 1, 2 or 5.
pub(crate) fn round_up(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(least)
}

/// Marks with numbers at round ones that are at least so far apart, and fine ones between them.
fn even((low, high): (f64, f64), least: f64) -> Vec<GridMark> {
    let coarse = round_up(least);
    let digit = coarse / 10f64.powf(coarse.log10().floor());
    let parts = if (1.5..3.0).contains(&digit) { 4 } else { 5 };
    let fine = coarse / f64::from(parts);
    // A mark at the very end of the axis belongs to it, however it was rounded.
    let (first, last) = ((low / fine - 1e-9).ceil(), (high / fine + 1e-9).floor());
    // A few hundred of them fit onto a screen.
    if !(last - first <= 2000.0 && first.abs() < 9e15 && last.abs() < 9e15) {
        return Vec::new();
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
    let (first, last) = (first as i64, last as i64);
    (first..=last)
        .map(|index| {
            let is_coarse = index % i64::from(parts) == 0;
            GridMark {
                // A product of whole numbers is as round as it can be.
                value: if is_coarse {
                    (index / i64::from(parts)) as f64 * coarse
                } else {
                    index as f64 * fine
                },
                step_size: if is_coarse { coarse } else { fine },
            }
        })
        .collect()
}

fn logarithmic((low, high): (f64, f64)) -> Vec<GridMark> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 || high > 308.0 || low < -308.0 {
        return Vec::new();
    }
    if span < NARROW {
        return round_numbers((low, high));
    }
    let step = (span / DECADES).ceil().max(1.0);
    let mut decade = (low / step).floor() * step;
    let mut marks = Vec::new();
    while decade <= high {
        marks.push(GridMark {
            value: decade,
            step_size: step,
        });
        if span < 6.0 {
            marks.extend((2..10).map(|digit| GridMark {
                value: decade + f64::from(digit).log10(),
                step_size: if digit == 2 || digit == 5 { 0.3 } else { 0.05 },
            }));
        }
        decade += step;
    }
    marks.retain(|mark| (low..=high).contains(&mark.value));
    marks
}

/// Marks at about six round numbers.
fn round_numbers((low, high): (f64, f64)) -> Vec<GridMark> {
    let (from, to) = (10f64.powf(low), 10f64.powf(high));
    let rough = (to - from) / 6.0;
    let step = round_up(rough);
    let first = (from / step).ceil();
    (0..8)
        .map(|index| (first + f64::from(index)) * step)
        .take_while(|number| *number <= to)
        .map(|number| GridMark {
            value: number.log10(),
            step_size: (high - low) / 6.0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bounds: (f64, f64), thick: f64) -> Vec<String> {
        logarithmic(bounds)
            .iter()
            .filter(|mark| mark.step_size >= thick)
            .map(|mark| mark_text(mark.value, true))
            .collect()
    }

    #[test]
    fn numbers_stand_at_round_places() {
        let at = |bounds, least: f64| -> Vec<String> {
            let coarse = round_up(least);
            even(bounds, least)
                .iter()
                .filter(|mark| mark.step_size >= coarse)
                .map(|mark| mark_text(mark.value, false))
                .collect()
        };
        assert_eq!(
            at((-3.0, 312.0), 41.0),
            ["0", "50", "100", "150", "200", "250", "300"]
        );
        assert_eq!(at((0.05, 0.95), 0.15), ["0.2", "0.4", "0.6", "0.8"]);
        let ends = even((-3.0, 312.0), 41.0);
        let inside = ends.iter().all(|mark| (-3.0..=312.0).contains(&mark.value));
        assert!(inside, "no number lies beside the axis: {ends:?}");
        let fine = even((0.0, 10.0), 2.0);
        assert!((fine[1].value - 0.5).abs() < 1e-12, "four parts of two");
        for odd in [(f64::NAN, 1.0), (0.0, f64::INFINITY), (0.0, 1e300)] {
            assert!(even(odd, 1.0).is_empty(), "{odd:?}");
        }
        assert!(even((0.0, 1.0), 0.0).is_empty(), "no room");
    }

    #[test]
    fn decades_are_marked_at_one_two_and_five() {
        let found = texts((0.5, 2.1), 0.2);
        assert_eq!(found, ["5", "10", "20", "50", "100"]);
        assert_eq!(texts((0.5, 2.1), 1.0), ["10", "100"], "and thicker at one");
    }

    #[test]
    fn part_of_a_decade_is_marked_at_round_numbers() {
        let found = texts((2.0, 2.3), 0.0);
        assert_eq!(found, ["100", "120", "140", "160", "180"]);
    }

    #[test]
    fn a_hundred_decades_have_few_marks_and_nonsense_has_none() {
        assert!(logarithmic((-50.0, 50.0)).len() < 30);
        for odd in [
            (f64::NAN, 1.0),
            (2.0, 1.0),
            (0.0, f64::INFINITY),
            (0.0, 400.0),
        ] {
            assert!(logarithmic(odd).is_empty(), "{odd:?}");
        }
    }

    #[test]
    fn zeros_at_the_end_are_left_out() {
        assert_eq!(mark_text(2.5, false), "2.5");
        assert_eq!(mark_text(3.0, true), "1\u{2009}000", "of a logarithm");
        assert_eq!(mark_text(-1.5e8, false), "\u{2212}1.5e8", "of a power");
    }

    #[test]
    fn marks_far_from_zero_differ() {
        let text = |value: f64, step_size: f64| {
            let mark = GridMark { value, step_size };
            axis_text(mark, &(value - 10.0 * step_size..=value), false)
        };
        assert_eq!(
            text(1_700_000_010.0, 10.0),
            "1\u{2009}700\u{2009}000\u{2009}010"
        );
        assert_eq!(
            text(1e9 + 0.25, 0.25),
            "1\u{2009}000\u{2009}000\u{2009}000.25"
        );
        assert_eq!(text(1.000_002, 1e-6), "1.000002");
        assert_eq!(text(2e6, 1e6), "2e6", "few digits need no more");
    }
}
