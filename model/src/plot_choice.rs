//! Datasets that a person chose to plot together.

use crate::{Value, ViewState};

/// Names under which a choice stands in a [`ViewState`].
const SIGNAL: &str = "plot signal";
const AXES: &str = "plot axes";
const ERRORS: &str = "plot errors";
const MASK: &str = "plot mask";

/// Datasets of one file that a person chose to plot together, by their paths;
/// empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlotChoice {
    /// The data.
    pub signal: String,
    /// The axis of each dimension, slowest first; the index where it is empty.
    pub axes: Vec<String>,
    /// Standard deviations of the data.
    pub errors: String,
    /// 0 where the data are good.
    pub mask: String,
}

impl PlotChoice {
    /// The choice that a state holds.
    pub fn read(state: &ViewState) -> Option<Self> {
        let text = |name: &str| state.text(name, "").to_owned();
        let signal = text(SIGNAL);
        if signal.is_empty() {
            return None;
        }
        let axes = state.values.get(AXES).map(Value::items).unwrap_or_default();
        Some(Self {
            signal,
            axes: axes
                .iter()
                .map(|axis| axis.as_text().unwrap_or_default().to_owned())
                .collect(),
            errors: text(ERRORS),
            mask: text(MASK),
        })
    }

    /// Writes it into a state.
    pub fn write(&self, state: &mut ViewState) {
        state.set(SIGNAL, Value::Text(self.signal.clone()));
        let axes = self.axes.iter().cloned().map(Value::Text).collect();
        state.set(AXES, Value::List(axes));
        state.set(ERRORS, Value::Text(self.errors.clone()));
        state.set(MASK, Value::Text(self.mask.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_comes_back_from_the_state_that_keeps_it() {
        let choice = PlotChoice {
            signal: "/a/counts".to_owned(),
            axes: vec![String::new(), "/b/x".to_owned()],
            errors: "/a/sigma".to_owned(),
            mask: String::new(),
        };
        let mut state = ViewState::new("image", 1);
        assert_eq!(PlotChoice::read(&state), None, "nothing was chosen");
        choice.write(&mut state);
        assert_eq!(PlotChoice::read(&state), Some(choice), "the same again");
    }
}
