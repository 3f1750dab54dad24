//! Points of a plot as they are drawn, made on the pool.

use std::fmt::Write as _;
use std::sync::Arc;

use egui_plot::PlotPoint;
use hutch_model::{Cancel, Result};

use super::{StripCurve, StripPlot};

/// Lines of more points are thinned to the extremes of so many pieces.
const PIECES: usize = 2048;
/// Error bars are drawn on lines of so many points at most.
const BARS_MAX: usize = 512;
/// Points between two looks at whether the work is still wanted.
const CHECK_EVERY: usize = 1 << 16;

/// The lines of a plot, ready to draw.
#[derive(Debug)]
pub(super) struct Thinned {
    pub(super) lines: Vec<ThinnedLine>,
}

/// One line; in the space of the plot, logarithms along a logarithmic axis.
#[derive(Debug)]
pub(super) struct ThinnedLine {
    pub(super) name: String,
    pub(super) colour: Option<egui::Color32>,
    /// Pieces of the line between its gaps.
    pub(super) pieces: Vec<Vec<PlotPoint>>,
    /// Both ends of each error bar.
    pub(super) bars: Vec<[[f64; 2]; 2]>,
    pub(super) point_count: usize,
}

/// Thins the lines of a plot to what a screen can show.
///
/// # Errors
/// [`hutch_model::ErrorKind::Cancelled`] where nobody wants them any more.
pub(super) fn thinned(plot: &StripPlot, is_log: bool, cancel: &Cancel) -> Result<Thinned> {
    let lines = plot.curves.iter().map(|curve| line(curve, is_log, cancel));
    Ok(Thinned {
        lines: lines.collect::<Result<_>>()?,
    })
}

fn line(curve: &StripCurve, is_log: bool, cancel: &Cancel) -> Result<ThinnedLine> {
    let scaled = |y: f64| if is_log { y.log10() } else { y };
    let count = curve.x.len().min(curve.y.len());
    let mut line = ThinnedLine {
        name: curve.name.clone(),
        colour: curve.colour,
        pieces: vec![Vec::new()],
        bars: Vec::new(),
        point_count: count,
    };
    let mut was_gap = false;
    for index in kept(&curve.y, count, cancel)? {
        let (x, y) = (curve.x[index], scaled(curve.y[index]));
        if !(x.is_finite() && y.is_finite()) {
            was_gap = true;
            continue;
        }
        if std::mem::take(&mut was_gap) && line.pieces.last().is_some_and(|of| !of.is_empty()) {
            line.pieces.push(Vec::new());
        }
        if let Some(piece) = line.pieces.last_mut() {
            piece.push(PlotPoint::new(x, y));
        }
        let sigma = curve.errors.as_ref().and_then(|errors| errors.get(index));
        if let Some(sigma) = sigma.filter(|sigma| sigma.is_finite() && count <= BARS_MAX) {
            let ends = [curve.y[index] - sigma, curve.y[index] + sigma].map(scaled);
            // An end that has no logarithm is at the point itself.
            line.bars
                .push(ends.map(|end| [x, if end.is_finite() { end } else { y }]));
        }
    }
    Ok(line)
}

/// The indices of what is drawn: all, or the least, the largest and one gap of each piece.
fn kept(y: &[f64], count: usize, cancel: &Cancel) -> Result<Vec<usize>> {
    if count <= 2 * PIECES {
        return Ok((0..count).collect());
    }
    let mut kept = Vec::with_capacity(3 * PIECES);
    let mut since_check = 0;
    for piece in 0..PIECES {
        let range = piece * count / PIECES..(piece + 1) * count / PIECES;
        since_check += range.len();
        if since_check >= CHECK_EVERY {
            cancel.check()?;
            since_check = 0;
        }
        let mut found = [None; 3];
        for index in range {
            let value = y[index];
            let [least, largest, gap] = &mut found;
            if value.is_nan() {
                gap.get_or_insert(index);
                continue;
            }
            if least.is_none_or(|at: usize| value < y[at]) {
                *least = Some(index);
            }
            if largest.is_none_or(|at: usize| value > y[at]) {
                *largest = Some(index);
            }
        }
        let mut found: Vec<usize> = found.into_iter().flatten().collect();
        found.sort_unstable();
        found.dedup();
        kept.extend(found);
    }
    Ok(kept)
}

/// The values of a plot with tabs between them, as spreadsheets take them: x, then a column
/// for each line and its errors; lines with an x of their own bring it along.
///
/// # Errors
/// [`hutch_model::ErrorKind::Cancelled`] where nobody wants them any more.
pub(super) fn copied(plot: &StripPlot, cancel: &Cancel) -> Result<String> {
    let mut columns: Vec<(String, &Arc<[f64]>)> = Vec::new();
    for curve in plot.curves.iter().filter(|curve| !curve.is_mark) {
        let is_known = columns.iter().any(|(_, known)| {
            Arc::ptr_eq(known, &curve.x) || (known.len() == curve.x.len() && **known == curve.x)
        });
        if !is_known {
            columns.push((plot.x_label.clone(), &curve.x));
        }
        columns.push((curve.name.clone(), &curve.y));
        if let Some(errors) = &curve.errors {
            columns.push((format!("{} error", curve.name), errors));
        }
    }
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut text = names.join("\t");
    text.push('\n');
    let rows = columns
        .iter()
        .map(|(_, of)| of.len())
        .max()
        .unwrap_or_default();
    for row in 0..rows {
        if row % 1024 == 0 {
            cancel.check()?;
        }
        for (index, (_, values)) in columns.iter().enumerate() {
            if index > 0 {
                text.push('\t');
            }
            if let Some(value) = values.get(row) {
                // Writing to a String cannot fail.
                let _written = write!(text, "{value}");
            }
        }
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(x: Vec<f64>, y: Vec<f64>) -> StripPlot {
        StripPlot {
            x_label: "x (px)".to_owned(),
            y_label: String::new(),
            curves: vec![StripCurve::new("a", x, y)],
        }
    }

    #[test]
    fn a_million_points_keep_their_single_spike() {
        let mut y = vec![1.0; 1_000_000];
        y[777_777] = 50.0;
        let x = (0..1_000_000).map(f64::from).collect();
        let thinned = thinned(&plot(x, y), false, &Cancel::new()).expect("not cancelled");
        let points = thinned.lines[0].pieces.concat();
        assert!(points.len() <= 2 * PIECES, "{} points", points.len());
        let spike = points.iter().find(|at| at.y > 1.0).expect("it is kept");
        let off = (spike.x - 777_777.0).abs() + (spike.y - 50.0).abs();
        assert!(off < 1e-9, "where it was: {spike:?}");
    }

    #[test]
    fn a_gap_parts_the_line_and_zero_has_no_logarithm() {
        let all = plot(vec![0.0, 1.0, 2.0, 3.0], vec![1.0, f64::NAN, 0.0, 100.0]);
        let linear = thinned(&all, false, &Cancel::new()).expect("not cancelled");
        let lengths: Vec<usize> = linear.lines[0].pieces.iter().map(Vec::len).collect();
        assert_eq!(lengths, [1, 2]);
        let log = thinned(&all, true, &Cancel::new()).expect("not cancelled");
        let last = log.lines[0].pieces.last().expect("a piece");
        assert_eq!(last.len(), 1);
        assert!((last[0].y - 2.0).abs() < 1e-12, "100 is 10^2");
    }

    #[test]
    fn copied_values_stand_in_columns() {
        let mut all = plot(vec![0.0, 0.5], vec![1.5, 2.0]);
        let mut other = StripCurve::new("b", Arc::clone(&all.curves[0].x), vec![3.0, f64::NAN]);
        other.errors = Some(vec![0.1, 0.2].into());
        all.curves.push(other);
        let mut rings = StripCurve::new("LaB6", vec![0.2, 0.2], vec![0.0, 9.0]);
        rings.is_mark = true;
        all.curves.push(rings);
        let text = copied(&all, &Cancel::new()).expect("not cancelled");
        assert_eq!(
            text,
            "x (px)\ta\tb\tb error\n0\t1.5\t3\t0.1\n0.5\t2\tNaN\t0.2\n"
        );
    }
}
