//! Curves as they are plotted, to be copied and saved.

use std::fmt::Write as _;
use std::sync::Arc;

use hutch_analysis::curve::Curve;

use crate::plot_strip::StripCurve;

/// A curve and what was done with it, in words.
#[derive(Clone, Debug)]
pub struct PlottedCurve {
    /// What it is called.
    pub name: String,
    /// Where its numbers are, and what was done with them.
    pub way: String,
    /// Its numbers.
    pub numbers: PlottedNumbers,
}

/// The numbers of a curve, shared with what draws them.
#[derive(Clone, Debug)]
pub enum PlottedNumbers {
    /// A curve of a view of curves.
    Curve(Arc<Curve>),
    /// A line of a plot beside a picture.
    Line(StripCurve),
}

impl PlottedNumbers {
    /// Where its points are.
    pub fn x(&self) -> &[f64] {
        match self {
            Self::Curve(curve) => &curve.x,
            Self::Line(line) => &line.x,
        }
    }

    /// As many values.
    pub fn y(&self) -> &[f64] {
        match self {
            Self::Curve(curve) => &curve.y,
            Self::Line(line) => &line.y,
        }
    }

    /// As many standard deviations, where they are known.
    pub fn sigma(&self) -> Option<&[f64]> {
        match self {
            Self::Curve(curve) => curve.sigma.as_deref(),
            Self::Line(line) => line.errors.as_deref(),
        }
    }
}

/// The curves of a view, as they are plotted.
#[derive(Clone, Debug, Default)]
pub struct PlottedCurves {
    /// What the plot is called; empty where it is all that the view shows.
    pub title: String,
    /// What the values are, with their unit; empty where each curve has values of its own.
    pub value: String,
    /// What stands along the axis, with its unit.
    pub axis: String,
    /// Those that are drawn, and the peaks that were fitted.
    pub curves: Vec<PlottedCurve>,
}

/// Lines of values with commas between them, one curve below the other, each
/// with a head that says where it comes from.
pub fn csv(plotted: &PlottedCurves) -> String {
    let mut text = String::new();
    let axis = &plotted.axis;
    for of in &plotted.curves {
        let (x, y, sigma) = (of.numbers.x(), of.numbers.y(), of.numbers.sigma());
        let errors = if sigma.is_some() { ",sigma" } else { "" };
        // Writing to a text cannot fail.
        let _written = writeln!(
            text,
            "# {}: {}\n{},{}{errors}",
            of.name,
            of.way,
            quoted(axis),
            quoted(&of.name)
        );
        for (at, (x, y)) in x.iter().zip(y).enumerate() {
            let sigma = sigma.and_then(|sigma| sigma.get(at));
            let sigma = sigma.map_or_else(String::new, |sigma| format!(",{sigma}"));
            let _written = writeln!(text, "{x},{y}{sigma}");
        }
    }
    text
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_written_with_where_it_comes_from() {
        let curve = Arc::new(Curve {
            x: vec![0.5, 1.0],
            y: vec![3.0, f64::NAN],
            sigma: Some(vec![0.25, 0.5]),
        });
        let written = PlottedCurve {
            name: "a, b".to_owned(),
            way: "/x.h5::/1.1; derivative".to_owned(),
            numbers: PlottedNumbers::Curve(curve),
        };
        let text = csv(&PlottedCurves {
            axis: "energy (keV)".to_owned(),
            curves: vec![written],
            ..PlottedCurves::default()
        });
        let expected =
            "# a, b: /x.h5::/1.1; derivative\nenergy (keV),\"a, b\",sigma\n0.5,3,0.25\n1,NaN,0.5\n";
        assert_eq!(text, expected);
    }
}
