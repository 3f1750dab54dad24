use std::sync::Arc;

use hutch_model::{AxisKind, Block, BlockState, Scaling};

use super::super::entry::Source;
use super::super::parts::{Places, StoredLine};
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
            entry: 0,
            name: "counts".to_owned(),
            data: block(Samples::U16(vec![13, 23, 33, 43, 53])),
            errors: Some(reals(&[4.0; 5])),
            scaling: Scaling {
                offset: -3.0,
                factor: 0.5,
            },
            places: None,
            mask: None,
            weights: None,
            good: None,
        }],
        ..Parts::default()
    }
}

/// How one curve is drawn.
fn how(logs: [bool; 2]) -> How {
    How {
        logs,
        chosen: Chosen::of(0),
        sight: None,
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
fn what_is_seen_of_a_long_line_has_all_its_points_and_their_errors() {
    let count = 100_000;
    let up: Vec<f64> = (0..count).map(f64::from).collect();
    for is_reversed in [false, true] {
        let mut places = up.clone();
        if is_reversed {
            places.reverse();
        }
        let mut parts = counts();
        parts.lines[0].data = reals(&up);
        parts.lines[0].errors = Some(reals(&vec![2.0; up.len()]));
        parts.lines[0].places = Some(Places {
            values: reals(&places),
            errors: None,
            kind: AxisKind::Points,
            scaling: Scaling {
                offset: 0.0,
                factor: 1.0,
            },
        });
        let mut how = how([false, false]);
        parts.lines[0].scaling = Scaling {
            offset: 0.0,
            factor: 1.0,
        };
        let whole = make(&parts, &how);
        assert!(whole.lines[0].bars.is_empty(), "not of a thinned line");
        how.sight = Some([5000.5, 5100.5]);
        let seen = make(&parts, &how);
        let line = &seen.lines[0];
        assert_eq!(line.points.len(), 102, "a hundred, and one beside each end");
        assert_eq!(line.bars.len(), 102);
        assert_eq!(line.full_count, up.len(), "it is a long line still");
        // A motor that goes to and fro: no part of the line is a part of the axis.
        places[7] = 1e9;
        parts.lines[0].places.as_mut().expect("set above").values = reals(&places);
        assert!(make(&parts, &how).lines[0].points.len() > 1000);
    }
}

#[test]
fn values_are_scaled_and_their_errors_with_them() {
    let drawn = make(&counts(), &how([false, false]));
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
    parts.lines[0].mask = Some(block(Samples::U8(vec![0, 1, 0, 0, 0])));
    parts.lines[0].weights = Some(reals(&[1.0, 1.0, 3.0, 4.0, 5.0]));
    let drawn = make(&parts, &how([false, false]));
    let line = &drawn.lines[0];
    assert_eq!(values(line), [5.0, 5.0, 5.0, 5.0], "each by its weight");
    assert_eq!((line.masked, line.not_finite), (1, 0), "one is masked");
}

#[test]
fn what_is_not_good_is_not_drawn() {
    let mut parts = counts();
    parts.lines[0].good = Some([1, 3]);
    let drawn = make(&parts, &how([false, false]));
    assert_eq!(
        values(&drawn.lines[0]),
        [10.0, 15.0, 20.0],
        "first to last good"
    );
    parts.lines[0].good = Some([4, u64::MAX]);
    let drawn = make(&parts, &how([false, false]));
    assert_eq!(values(&drawn.lines[0]), [25.0], "not beyond the data");
}

#[test]
fn points_of_a_histogram_stand_in_the_middle_of_their_bins() {
    let mut parts = counts();
    parts.lines[0].places = Some(Places {
        values: reals(&[0.0, 2.0, 4.0, 6.0, 8.0, 10.0]),
        errors: None,
        scaling: Scaling {
            offset: 1.0,
            factor: 10.0,
        },
        kind: AxisKind::Edges,
    });
    let drawn = make(&parts, &how([false, false]));
    let places: Vec<f64> = drawn.lines[0].points.iter().map(|point| point[0]).collect();
    assert_eq!(places, [20.0, 40.0, 60.0, 80.0, 100.0], "(edge + 1) * 10");
}

#[test]
fn nothing_but_nan_is_a_curve_without_points() {
    let mut parts = counts();
    parts.lines[0].data = reals(&[f64::NAN; 5]);
    let drawn = make(&parts, &how([false, true]));
    assert!(drawn.lines[0].points.is_empty(), "nothing to draw");
    assert_eq!(drawn.lines[0].not_finite, 5, "and it is said");
}

#[test]
fn an_error_bar_below_zero_ends_at_its_point_on_a_logarithmic_axis() {
    let mut parts = counts();
    parts.lines[0].errors = Some(reals(&[100.0; 5]));
    let drawn = make(&parts, &how([false, true]));
    let [low, high] = drawn.lines[0].bars[0];
    let point = drawn.lines[0].points[0].map(f64::to_bits);
    assert_eq!(low.map(f64::to_bits), point, "at the point");
    assert!(high[1] > low[1], "upwards as it is");
}

/// The counts and a second line, a thousand times as high.
fn two() -> (Parts, How) {
    let mut parts = counts();
    let mut second = counts().lines.remove(0);
    second.entry = 1;
    "high".clone_into(&mut second.name);
    second.data = reals(&[1e4, 3e4, 2e4, 1e4, 1e4]);
    second.errors = None;
    parts.lines.push(second);
    let mut how = how([false, false]);
    how.chosen.add(Source::Line(3));
    (parts, how)
}

#[test]
fn a_curve_of_another_scale_gets_the_right_axis() {
    let (parts, mut how) = two();
    let drawn = make(&parts, &how);
    assert!(
        !drawn.lines[0].is_right && drawn.lines[1].is_right,
        "by itself"
    );
    let [factor, offset] = drawn.right.expect("a right axis");
    let top = drawn.lines[1].points[1][1];
    assert!(
        (15.0..35.0).contains(&top),
        "about as high as the highest of the left, 25: {top}"
    );
    let value = (top - offset) / factor;
    assert!(
        (value - 14_998.5).abs() < 1e-6,
        "the marks say its own value: {value}"
    );
    let mark = (20.0 - offset) / factor;
    let digits = mark / 10f64.powf(mark.abs().log10().floor() - 1.0);
    assert!(
        (digits - digits.round()).abs() < 1e-9,
        "where the left axis is 20 the right one has two digits: {mark}"
    );
    how.chosen.entries[1].side = Side::Left;
    assert_eq!(make(&parts, &how).right, None, "where a person says so");
}

#[test]
fn curves_stand_above_each_other_in_a_waterfall() {
    let (parts, mut how) = two();
    how.chosen.entries[1].side = Side::Left;
    how.chosen.waterfall = 0.5;
    let drawn = make(&parts, &how);
    let [below, above] = [0, 1].map(|line: usize| drawn.lines[line].points[0][1]);
    let span = 14_998.5 - 5.0;
    assert!((below - 5.0).abs() < 1e-9, "the first stays");
    assert!((above - (4_998.5 + span / 2.0)).abs() < 1e-6, "{above}");
}

#[test]
fn operations_follow_each_other_and_a_failed_one_is_told() {
    let (parts, mut how) = two();
    how.chosen.entries[1].steps = vec!["minus counts".parse().unwrap(), "sum".parse().unwrap()];
    how.chosen.entries[1].side = Side::Left;
    let drawn = make(&parts, &how);
    let first = drawn.lines[1].points[0][1];
    assert!(
        (first - (4_998.5 - 5.0)).abs() < 1e-9,
        "less the first value: {first}"
    );
    assert!(
        drawn.lines[1].readouts[0].contains("computed"),
        "it says so"
    );
    how.chosen.entries[1].steps = vec!["over nothing".parse().unwrap()];
    let drawn = make(&parts, &how);
    assert_eq!(
        drawn.problems.len(),
        1,
        "no such curve: {:?}",
        drawn.problems
    );
    assert_eq!(drawn.lines[1].points.len(), 5, "drawn without it");
}

#[test]
fn steps_go_from_edge_to_edge() {
    let mut parts = counts();
    parts.lines[0].places = Some(Places {
        values: reals(&[0.0, 1.0, 3.0, 4.0, 5.0, 9.0]),
        errors: None,
        scaling: Scaling::IDENTITY,
        kind: AxisKind::Edges,
    });
    let mut how = how([false, false]);
    how.chosen.style = Style::Steps;
    let steps = &make(&parts, &how).lines[0].steps;
    let ends: Vec<f64> = steps.iter().map(|corner| corner[0]).collect();
    assert_eq!(ends, [0.0, 1.0, 1.0, 3.0, 3.0, 4.0, 4.0, 5.0, 5.0, 9.0]);
}

#[test]
fn peaks_are_fitted_to_the_selected_curve() {
    let x: Vec<f64> = (0..50).map(f64::from).collect();
    let gauss = |x: &f64| 3.0 + 100.0 * (-((x - 20.0) / 4.0).powi(2)).exp();
    let mut parts = counts();
    parts.lines[0].errors = None;
    parts.lines[0].scaling = Scaling::IDENTITY;
    parts.lines[0].data = reals(&x.iter().map(gauss).collect::<Vec<f64>>());
    let mut how = how([false, false]);
    how.chosen.fit = Some(super::super::entry::FitWish {
        model: hutch_analysis::curve::Model::Gauss,
        peaks: 1,
        range: Some([5.0, 40.0]),
    });
    let drawn = make(&parts, &how);
    let fitted = drawn.fit.expect("it was asked for").expect("it fits");
    assert!((fitted.fit.peaks[0].centre.value - 20.0).abs() < 1e-6);
    assert_eq!(fitted.residuals.len(), 36, "of the points in the range");
    how.chosen.fit = how.chosen.fit.map(|fit| super::super::entry::FitWish {
        range: Some([5.0, 7.0]),
        ..fit
    });
    let few = make(&parts, &how).fit.expect("it was asked for");
    assert!(few.is_err_and(|why| why.contains("points")), "three points");
}

#[test]
fn numbers_that_a_plot_has_no_place_for_break_the_line_and_are_told() {
    let mut parts = counts();
    parts.lines[0].scaling = Scaling::IDENTITY;
    parts.lines[0].data = reals(&[1.0, 1.7e308, -1.7e308, 5e-324, f64::INFINITY, 2.0, 3.0]);
    parts.lines[0].errors = Some(reals(&[0.5, 1.0, 1.0, 1.7e308, 1.0, 0.5, 0.5]));
    let drawn = make(&parts, &how([false, false]));
    let line = &drawn.lines[0];
    assert_eq!(values(line), [1.0, 0.0, 2.0, 3.0], "what has a place");
    let found: Vec<usize> = line.parts().map(<[_]>::len).collect();
    assert_eq!(found, [1, 1, 2], "no line over what is missing");
    let ends = line.bars.iter().flatten().flatten();
    assert!(ends.copied().all(has_place), "{:?}", line.bars);
    assert!(
        drawn.problems[0].1.starts_with("2 points beyond"),
        "{:?}",
        drawn.problems
    );
}

#[test]
fn a_curve_without_a_point_says_so() {
    let mut parts = counts();
    parts.lines[0].data = reals(&[f64::NAN; 4]);
    parts.lines[0].errors = None;
    let drawn = make(&parts, &how([false, false]));
    assert!(
        drawn.problems[0].1.starts_with("none of its points"),
        "{:?}",
        drawn.problems
    );
}
