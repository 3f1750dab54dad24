//! Datasets that a person chose to plot together.

use crate::{Value, ViewState};

/// Names under which a choice stands in a [`ViewState`].
const SIGNAL: &str = "plot signal";
const AXES: &str = "plot axes";
const ERRORS: &str = "plot errors";
const MASK: &str = "plot mask";
const WEIGHTS: &str = "plot weights";
const AUXILIARY: &str = "plot auxiliary";

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
    /// What the data are divided by.
    pub weights: String,
    /// Further signals, drawn beside the data.
    pub auxiliary: Vec<String>,
}

impl PlotChoice {
    /// The choice that a state holds.
    pub fn read(state: &ViewState) -> Option<Self> {
        let text = |name: &str| state.text(name, "").to_owned();
        let signal = text(SIGNAL);
        if signal.is_empty() {
            return None;
        }
        let texts = |name: &str| -> Vec<String> {
            let items = state.values.get(name).map(Value::items);
            let texts = items.unwrap_or_default().iter();
            texts
                .map(|text| text.as_text().unwrap_or_default().to_owned())
                .collect()
        };
        Some(Self {
            signal,
            axes: texts(AXES),
            errors: text(ERRORS),
            mask: text(MASK),
            weights: text(WEIGHTS),
            auxiliary: texts(AUXILIARY),
        })
    }

    /// Writes it into a state.
    pub fn write(&self, state: &mut ViewState) {
        state.set(SIGNAL, Value::Text(self.signal.clone()));
        let axes = self.axes.iter().cloned().map(Value::Text).collect();
        state.set(AXES, Value::List(axes));
        state.set(ERRORS, Value::Text(self.errors.clone()));
        state.set(MASK, Value::Text(self.mask.clone()));
        // Most plots have neither, and links are short.
        if !self.weights.is_empty() {
            state.set(WEIGHTS, Value::Text(self.weights.clone()));
        }
        if !self.auxiliary.is_empty() {
            let further = self.auxiliary.iter().cloned().map(Value::Text).collect();
            state.set(AUXILIARY, Value::List(further));
        }
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
            weights: "/b/monitor".to_owned(),
            auxiliary: vec!["/a/other".to_owned()],
        };
        let mut state = ViewState::new("image", 1);
        assert_eq!(PlotChoice::read(&state), None, "nothing was chosen");
        choice.write(&mut state);
        assert_eq!(PlotChoice::read(&state), Some(choice), "the same again");
    }
}
