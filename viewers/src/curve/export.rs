//! Curves as they are plotted, to be copied and saved.

use std::fmt::Write as _;
use std::sync::Arc;

use hutch_analysis::curve::Curve;

/// A curve and what was done with it, in words.
#[derive(Clone, Debug)]
pub struct PlottedCurve {
    /// What it is called.
    pub name: String,
    /// Where its numbers are, and what was done with them.
    pub way: String,
    /// Its numbers.
    pub curve: Arc<Curve>,
}

/// The curves of a view, as they are plotted.
#[derive(Clone, Debug, Default)]
pub struct PlottedCurves {
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
        let Curve { x, y, sigma } = of.curve.as_ref();
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
            let sigma = sigma.as_ref().and_then(|sigma| sigma.get(at));
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
            curve,
        };
        let text = csv(&PlottedCurves {
            axis: "energy (keV)".to_owned(),
            curves: vec![written],
        });
        let expected =
            "# a, b: /x.h5::/1.1; derivative\nenergy (keV),\"a, b\",sigma\n0.5,3,0.25\n1,NaN,0.5\n";
        assert_eq!(text, expected);
    }
}
