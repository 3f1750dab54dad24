//! Curves under a picture: named plots as tabs of one panel that a view puts beside its canvas.
//!
//! A view keeps one [`PlotStrip`] and, at any pass, puts plots into it by name:
//!
//! ```ignore
//! // Once for each new set of numbers; the same Arc again costs nothing.
//! self.strip.put("Profile", Arc::new(StripPlot {
//!     x_label: "distance (px)".to_owned(),
//!     y_label: "counts".to_owned(),
//!     curves: vec![StripCurve::new("line 1", x, y)],
//! }));
//! self.strip.mark("Profile", Some(12.5)); // a line at the present x
//! self.strip.note("Profile", "34 of 100 frames", Some(0.34)); // progress, with a way to stop it
//! // Before the canvas, which takes the room that is left:
//! // (the view asks for another pass at its end while the strip `wants_pass`)
//! for event in self.strip.ui(ui, context) {
//!     match event.what { StripDone::Clicked(x) => .., StripDone::Stopped => .., _ => {} }
//! }
//! ```
//!
//! The panel lies below the picture, and beside it where the view is wide; it has no room where
//! there is no plot. Points are thinned and copied on the pool, never on the UI thread; until the
//! new ones are ready the old ones stay. [`PlotStrip::write`] and [`PlotStrip::read`] keep which
//! plot is in front and which have a logarithmic axis.

mod panel;
mod points;
mod saved;

use std::sync::Arc;

use hutch_model::{Value, ViewState};

use self::points::Thinned;
use crate::Task;
use crate::plot_limits::Limits;

/// How far axes reach, in the state of a view.
const LIMITS: &str = "plot limits";

/// One line of a plot.
#[derive(Clone, Debug)]
pub struct StripCurve {
    /// Its name in the legend and in copied values.
    pub name: String,
    /// Where its points are, in the unit of the plot's x axis.
    pub x: Arc<[f64]>,
    /// Their values; NaN is a gap.
    pub y: Arc<[f64]>,
    /// Their standard deviations, where they are known.
    pub errors: Option<Arc<[f64]>>,
    /// Its colour; one of the theme's where it has none.
    pub colour: Option<egui::Color32>,
    /// What its values are of, in words, for files.
    pub way: String,
    /// Whether it only marks places of the axis, and has no values to copy or save.
    pub is_mark: bool,
}

impl StripCurve {
    /// A line without errors, in a colour of the theme.
    pub fn new(name: &str, x: impl Into<Arc<[f64]>>, y: impl Into<Arc<[f64]>>) -> Self {
        Self {
            name: name.to_owned(),
            x: x.into(),
            y: y.into(),
            errors: None,
            colour: None,
            way: String::new(),
            is_mark: false,
        }
    }
}

/// What a tab of the strip shows.
#[derive(Clone, Debug, Default)]
pub struct StripPlot {
    /// The horizontal axis with its unit, as in `q (1/Å)`.
    pub x_label: String,
    /// The vertical axis with its unit.
    pub y_label: String,
    /// The lines.
    pub curves: Vec<StripCurve>,
}

/// What a person did in a strip.
#[derive(Clone, Debug, PartialEq)]
pub struct StripEvent {
    /// The name of the plot.
    pub plot: String,
    /// What it was.
    pub what: StripDone,
}

/// What can be done in a strip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StripDone {
    /// The plot was clicked at this x.
    Clicked(f64),
    /// The pointer is over the plot, at this x.
    Hovered(f64),
    /// What is under way should stop.
    Stopped,
    /// The plot was closed; it is gone from the strip already.
    Closed,
}

/// A plot with its name, and what is drawn of it.
struct Tab {
    name: String,
    plot: Arc<StripPlot>,
    is_log: bool,
    marker: Option<f64>,
    note: String,
    /// How much of it is done, while it is under way.
    share: Option<f32>,
    thinned: Option<Arc<Thinned>>,
    /// Which plot and scale the points are of.
    thinned_of: Option<(Arc<StripPlot>, bool)>,
    task: Option<Task<Thinned>>,
    /// How far its axes reach, where a person chose it.
    limits: Limits,
}

/// Plots beside a picture, one of them in front.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "tasks of the pool have none")]
pub struct PlotStrip {
    tabs: Vec<Tab>,
    /// The name of the plot in front.
    front: String,
    /// Plots of a session that come back one by one, and leave in front what was there.
    expected: Vec<String>,
    /// Plots with a logarithmic y axis that are not here at the moment.
    logs: Vec<String>,
    /// How far the axes of plots reach that are not here at the moment.
    limits: Vec<(String, Limits)>,
    generation: u64,
    /// Whether the values of the plot in front are to be copied.
    wants_copy: bool,
    copying: Option<Task<String>>,
}

impl PlotStrip {
    /// Whether it shows nothing.
    pub const fn is_empty(&self) -> bool {
        self.tabs.is_empty()
    }

    /// Whether a plot of this name is in it.
    pub fn contains(&self, name: &str) -> bool {
        self.tabs.iter().any(|tab| tab.name == name)
    }

    /// Shows a plot under a name, in the place of the one that had it; a new one comes to the front.
    pub fn put(&mut self, name: &str, plot: Arc<StripPlot>) {
        if let Some(tab) = self.tab(name) {
            // Other axes have other places.
            for (along, is_other) in [
                tab.plot.x_label != plot.x_label,
                tab.plot.y_label != plot.y_label,
            ]
            .into_iter()
            .enumerate()
            {
                tab.limits.0[along] = tab.limits.0[along].filter(|_| !is_other);
            }
            tab.plot = plot;
            return;
        }
        let is_log = self.logs.iter().any(|known| known == name);
        let limits = self.limits.iter().find(|(known, _)| known == name);
        let limits = limits.map(|(_, limits)| *limits).unwrap_or_default();
        let expected = self.expected.iter().position(|known| known == name);
        match expected {
            Some(at) => {
                self.expected.remove(at);
            }
            None => name.clone_into(&mut self.front),
        }
        self.tabs.push(Tab {
            name: name.to_owned(),
            plot,
            is_log,
            marker: None,
            note: String::new(),
            share: None,
            thinned: None,
            thinned_of: None,
            task: None,
            limits,
        });
    }

    /// Draws a vertical line at an x of a plot, or none.
    pub fn mark(&mut self, name: &str, x: Option<f64>) {
        if let Some(tab) = self.tab(name) {
            tab.marker = x.filter(|x| x.is_finite());
        }
    }

    /// Says something beside a plot's name; with a share from 0 to 1 it is under way and can be stopped.
    pub fn note(&mut self, name: &str, text: &str, share: Option<f32>) {
        if let Some(tab) = self.tab(name) {
            text.clone_into(&mut tab.note);
            tab.share = share;
        }
    }

    /// Takes a plot away.
    pub fn remove(&mut self, name: &str) {
        self.tabs.retain(|tab| tab.name != name);
        if self.front == name {
            self.front = self
                .tabs
                .last()
                .map_or_else(String::new, |tab| tab.name.clone());
        }
    }

    /// Whether a plot came after the panel was drawn: another pass has to begin its points.
    pub fn wants_pass(&self) -> bool {
        self.tabs.get(self.front()).is_some_and(Tab::is_behind)
    }

    fn tab(&mut self, name: &str) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.name == name)
    }

    /// The plot that is seen.
    fn front(&self) -> usize {
        let found = self.tabs.iter().position(|tab| tab.name == self.front);
        found.unwrap_or(0)
    }

    /// Writes which plot is in front and which are logarithmic into a state.
    pub fn write(&self, state: &mut ViewState) {
        let mut logs = self.logs.clone();
        logs.retain(|name| !self.contains(name));
        let here = self.tabs.iter().filter(|tab| tab.is_log);
        logs.extend(here.map(|tab| tab.name.clone()));
        logs.sort();
        if !logs.is_empty() {
            let names = logs.into_iter().map(Value::Text).collect();
            state.set("plots with log y", Value::List(names));
        }
        if !self.tabs.is_empty() || !self.limits.is_empty() {
            let here = self.tabs.iter().map(|tab| (tab.name.clone(), tab.limits));
            let away = self.limits.iter().filter(|(name, _)| !self.contains(name));
            let all = here.chain(away.cloned());
            let chosen = all.filter(|(_, limits)| *limits != Limits::default());
            let values =
                chosen.map(|(name, limits)| Value::List(vec![Value::Text(name), limits.value()]));
            state.set(LIMITS, Value::List(values.collect()));
        }
        if self.tabs.len() > 1 {
            let names = self.tabs.iter().map(|tab| Value::Text(tab.name.clone()));
            state.set("plots", Value::List(names.collect()));
            state.set("plot in front", Value::Text(self.front.clone()));
        }
    }

    /// Takes what [`PlotStrip::write`] wrote.
    pub fn read(&mut self, state: &ViewState) {
        self.logs = names_of(state, "plots with log y");
        self.limits = state.values.get(LIMITS).map(limits_of).unwrap_or_default();
        self.expected = names_of(state, "plots");
        let tabs = &self.tabs;
        self.expected
            .retain(|name| tabs.iter().all(|tab| tab.name != *name));
        for tab in &mut self.tabs {
            tab.is_log = self.logs.contains(&tab.name);
            let limits = self.limits.iter().find(|(name, _)| *name == tab.name);
            tab.limits = limits.map(|(_, limits)| *limits).unwrap_or_default();
        }
        let front = state.text("plot in front", "");
        if !front.is_empty() {
            front.clone_into(&mut self.front);
        }
    }
}

/// Names of plots, and how far the axes of each reach.
fn limits_of(value: &Value) -> Vec<(String, Limits)> {
    let one = |value: &Value| {
        let name = value.items().first()?.as_text()?.to_owned();
        Some((name, Limits::of_value(value.items().get(1)?)))
    };
    value.items().iter().filter_map(one).collect()
}

fn names_of(state: &ViewState, key: &str) -> Vec<String> {
    match state.values.get(key) {
        Some(Value::List(names)) => names
            .iter()
            .filter_map(|name| Some(name.as_text()?.to_owned()))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Arc<StripPlot> {
        Arc::new(StripPlot {
            curves: vec![StripCurve::new("a", vec![0.0, 1.0], vec![2.0, 3.0])],
            ..StripPlot::default()
        })
    }

    #[test]
    fn a_new_plot_comes_to_the_front_and_an_updated_one_stays_where_it_is() {
        let mut strip = PlotStrip::default();
        strip.put("profile", plot());
        strip.put("stack", plot());
        assert_eq!(strip.front, "stack");
        strip.put("profile", plot());
        assert_eq!(strip.front, "stack", "an update is no reason to look");
        strip.remove("stack");
        assert_eq!(strip.front, "profile", "what is left");
    }

    #[test]
    fn scales_and_the_plot_in_front_are_kept_with_the_view() {
        let mut strip = PlotStrip::default();
        strip.put("profile", plot());
        strip.put("stack", plot());
        strip.tabs[0].is_log = true;
        let limits = Limits([Some([1.5, 2.5]), None]);
        strip.tabs[1].limits = limits;
        strip.front = "profile".to_owned();
        let mut state = ViewState::new("image", 1);
        strip.write(&mut state);
        let mut other = PlotStrip::default();
        other.read(&state);
        other.put("profile", plot());
        other.put("stack", plot());
        assert_eq!(other.front, "profile", "though it did not come last");
        assert!(other.tabs[0].is_log && !other.tabs[1].is_log);
        assert_eq!(other.tabs[0].limits, Limits::default());
        assert_eq!(other.tabs[1].limits, limits);
        let along = |label: &str| {
            Arc::new(StripPlot {
                x_label: label.to_owned(),
                ..StripPlot::default()
            })
        };
        other.put("stack", along("frame"));
        assert_eq!(other.tabs[1].limits, Limits::default(), "another axis");
    }
}
