//! The plot in front, for files and for the clipboard.

use super::{PlotStrip, StripPlot};
use crate::curve::{PlottedCurve, PlottedCurves, PlottedNumbers};

impl PlotStrip {
    /// The lines of the plot in front, each with what it is of; `None` where there is no plot with values.
    pub fn plotted(&self) -> Option<PlottedCurves> {
        let tab = self.tabs.get(self.front())?;
        let StripPlot {
            x_label,
            y_label,
            curves,
        } = tab.plot.as_ref();
        let lines = curves.iter().filter(|line| !line.is_mark);
        let curves: Vec<PlottedCurve> = lines
            .map(|line| PlottedCurve {
                name: line.name.clone(),
                way: line.way.clone(),
                numbers: PlottedNumbers::Line(line.clone()),
            })
            .collect();
        (!curves.is_empty()).then(|| PlottedCurves {
            title: tab.name.clone(),
            axis: x_label.clone(),
            value: y_label.clone(),
            curves,
        })
    }

    /// Copies the values of the plot in front at the next pass; says whether there is one.
    pub const fn copy(&mut self) -> bool {
        self.wants_copy = !self.is_empty();
        self.wants_copy
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plot_strip::StripCurve;

    #[test]
    fn the_plot_in_front_is_saved_without_its_marks() {
        let mut strip = PlotStrip::default();
        assert!(strip.plotted().is_none() && !strip.copy(), "nothing yet");
        let mut rings = StripCurve::new("LaB6", vec![0.5], vec![1.0]);
        rings.is_mark = true;
        let mut pattern = StripCurve::new("pattern", vec![0.0, 1.0], vec![2.0, 3.0]);
        pattern.way = "all of it".to_owned();
        pattern.errors = Some(vec![0.1, 0.2].into());
        let plot = StripPlot {
            x_label: "q".to_owned(),
            y_label: "intensity".to_owned(),
            curves: vec![pattern, rings],
        };
        strip.put("Pattern", Arc::new(plot));
        let found = strip.plotted().expect("a plot");
        assert_eq!(found.curves.len(), 1, "a mark has no values");
        let of = &found.curves[0];
        assert_eq!(
            (&*found.title, &*found.axis, &*found.value, &*of.way),
            ("Pattern", "q", "intensity", "all of it")
        );
        assert_eq!(of.numbers.y(), [2.0, 3.0]);
        assert_eq!(of.numbers.sigma(), Some(&[0.1, 0.2][..]));
        assert!(strip.copy(), "and it can be copied");
    }
}
