//! Putting a plot together: datasets are dragged from the tree, or picked from a
//! list, onto signal, axes, errors, weights, mask and further signals.

mod list;
mod slots;

use std::sync::Arc;

use hutch_model::{Origin, PlotChoice};
use hutch_viewers::theme::{Tokens, Tone, rich, secondary, size};
use hutch_viewers::widgets::{primary_button, search_box, text_button};

use self::list::Candidate;
use self::slots::Place;
use super::state::State;
use crate::ask::Asked;

/// The window, in points.
const WIDTH: f32 = 380.0;
/// Candidates that are drawn at most; typing narrows them.
const SHOWN: usize = 200;

/// A dataset on its way from the tree, held by the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dragged(pub Origin);

/// A plot that is being put together.
#[derive(Debug)]
pub struct Builder {
    /// The file that the datasets are of.
    url: String,
    choice: PlotChoice,
    /// The place that the next pick goes to.
    place: Place,
    filter: String,
    candidates: Asked<Arc<[Candidate]>>,
}

/// Opens the builder on the file of the view that keys go to, or closes it.
pub fn toggle(state: &mut State) {
    if state.builder.take().is_some() {
        return;
    }
    let slot = state.active.and_then(|id| state.views.get(&id));
    let Some(subject) = slot.map(|slot| slot.view.subject()) else {
        return state.tell("open a file first; a plot is put together of its datasets".to_owned());
    };
    let Some(container) = subject.container.clone() else {
        return state.tell("the file of this view has no datasets to choose from".to_owned());
    };
    let choice = subject.choice.clone().unwrap_or_default();
    let url = subject.origin.url.clone();
    let ask = crate::ask::Ask::start(&state.pools, &state.wake, |cancel| {
        list::list(container, cancel)
    });
    state.builder = Some(Builder {
        url,
        choice,
        place: Place::Signal,
        filter: String::new(),
        candidates: Asked::Waiting(ask),
    });
}

/// Draws the builder over the window.
pub fn ui(state: &mut State, context: &egui::Context) {
    let Some(mut builder) = state.builder.take() else {
        return;
    };
    builder.candidates.poll();
    let mut is_open = true;
    let mut plots = false;
    // Beside the tree, which datasets are dragged from.
    let screen = context.content_rect();
    let place = egui::pos2(screen.center().x - WIDTH / 2.0, screen.top() + 96.0);
    egui::Window::new("Build a plot")
        .default_pos(place)
        .id(egui::Id::unique("build a plot"))
        .open(&mut is_open)
        .resizable(false)
        .collapsible(false)
        .show(context, |ui| {
            ui.set_width(WIDTH);
            plots = builder.ui(ui);
        });
    if plots {
        let shown = state.active.filter(|id| {
            state
                .views
                .get(id)
                .is_some_and(|slot| slot.view.subject().origin.url == builder.url)
        });
        match shown {
            Some(view) => state.plot(view, builder.choice.clone()),
            None => state.tell("choose a view of the file that the datasets are of".to_owned()),
        }
    }
    if is_open {
        state.builder = Some(builder);
    }
}

impl Builder {
    fn candidates(&self) -> &[Candidate] {
        match &self.candidates {
            Asked::Here(candidates) => candidates,
            _ => &[],
        }
    }

    /// The shape of the signal, once it is chosen and known.
    fn signal_shape(&self) -> Vec<u64> {
        let signal = self
            .candidates()
            .iter()
            .find(|candidate| candidate.path == self.choice.signal);
        signal.map_or_else(
            || vec![0; self.choice.axes.len()],
            |signal| signal.shape.clone(),
        )
    }

    /// Draws it; whether the plot is to be shown.
    fn ui(&mut self, ui: &mut egui::Ui) -> bool {
        let tokens = Tokens::of(ui);
        let text =
            "Drag datasets from the tree onto a place, or choose a place and pick from the list.";
        ui.label(rich(text, secondary(), tokens.secondary));
        ui.add_space(size::GRID);
        for place in slots::places(&self.choice) {
            self.place_ui(ui, place);
        }
        ui.add_space(size::GRID * 2.0);
        self.list_ui(ui);
        ui.add_space(size::GRID * 2.0);
        let has_signal = !self.choice.signal.is_empty();
        let mut plots = false;
        ui.add_enabled_ui(has_signal, |ui| {
            plots = primary_button(ui, "Plot", "").clicked();
        });
        if has_signal && text_button(ui, "Clear", Tone::Secondary).clicked() {
            self.choice = PlotChoice::default();
            self.place = Place::Signal;
        }
        plots
    }

    /// One place: what lies on it, and a target for what is dragged.
    fn place_ui(&mut self, ui: &mut egui::Ui, place: Place) {
        let tokens = Tokens::of(ui);
        let name = place.name(self.choice.axes.len());
        let path = slots::path(&self.choice, place).to_owned();
        let frame = egui::Frame::new().inner_margin(size::GRID / 2.0);
        let mut is_cleared = false;
        let (_, dropped) = ui.dnd_drop_zone::<Dragged, _>(frame, |ui| {
            ui.horizontal(|ui| {
                ui.set_min_width(ui.available_width());
                let is_chosen = self.place == place;
                if ui.selectable_label(is_chosen, &name).clicked() {
                    self.place = place;
                }
                if path.is_empty() {
                    let nothing = match place {
                        Place::Axis(_) => "index",
                        _ => "none",
                    };
                    ui.label(rich(nothing, secondary(), tokens.faint));
                } else {
                    let label = rich(&path, secondary(), tokens.text);
                    ui.add(egui::Label::new(label).truncate());
                    is_cleared = text_button(ui, "remove", Tone::Secondary)
                        .on_hover_text(format!("Leave the {name} empty"))
                        .clicked();
                }
            });
        });
        if is_cleared {
            let rank = self.choice.axes.len();
            slots::put(&mut self.choice, place, "", rank);
        }
        if let Some(dragged) = dropped
            && dragged.0.url == self.url
        {
            self.pick(place, &dragged.0.path);
        }
    }

    /// The datasets that suit the chosen place.
    fn list_ui(&mut self, ui: &mut egui::Ui) {
        let tokens = Tokens::of(ui);
        let name = self.place.name(self.choice.axes.len());
        let hint = format!("datasets for the {name}");
        let width = ui.available_width();
        search_box(ui, "Find a dataset", &hint, "", &mut self.filter, width);
        match &self.candidates {
            Asked::Waiting(_) => {
                ui.weak("Reading the names …");
            }
            Asked::Failed(error) => {
                ui.label(rich(error.to_string(), secondary(), tokens.attention));
            }
            Asked::Here(_) => {}
        }
        let shape = self.signal_shape();
        let wanted = self.filter.to_lowercase();
        let fitting = self.candidates().iter().filter(|candidate| {
            slots::suits(candidate, self.place, &shape)
                && (self.place == Place::Signal || candidate.path != self.choice.signal)
                && candidate.path.to_lowercase().contains(&wanted)
        });
        // What lies beside the signal is meant most often.
        let group = |path: &str| path.rsplit_once('/').map(|(group, _)| group.to_owned());
        let beside = group(&self.choice.signal);
        let (near, far): (Vec<&Candidate>, Vec<&Candidate>) =
            fitting.partition(|candidate| group(&candidate.path) == beside);
        let fitting = near.into_iter().chain(far);
        let fitting: Vec<Candidate> = fitting.take(SHOWN).cloned().collect();
        let mut picked = None;
        egui::ScrollArea::vertical()
            .max_height(180.0)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for candidate in &fitting {
                    let sizes: Vec<String> = candidate.shape.iter().map(u64::to_string).collect();
                    let text = format!("{}  {}", candidate.path, sizes.join(" × "));
                    let is_there = slots::path(&self.choice, self.place) == candidate.path;
                    if ui.selectable_label(is_there, text.trim()).clicked() {
                        picked = Some(candidate.path.clone());
                    }
                }
            });
        if fitting.is_empty() && matches!(self.candidates, Asked::Here(_)) {
            ui.weak(format!("No dataset suits the {name}."));
        }
        if let Some(path) = picked {
            self.pick(self.place, &path);
        }
    }

    /// Puts a dataset on a place and goes on to the next one.
    fn pick(&mut self, place: Place, path: &str) {
        let known = self
            .candidates()
            .iter()
            .find(|candidate| candidate.path == path);
        let rank = match (place, known) {
            (Place::Signal, Some(signal)) => signal.shape.len(),
            // What is not in the list is known only once the list is there.
            (Place::Signal, None) => return,
            _ => self.choice.axes.len(),
        };
        slots::put(&mut self.choice, place, path, rank);
        self.filter.clear();
        let places = slots::places(&self.choice);
        let at = places.iter().position(|other| *other == place);
        let next = at.and_then(|at| places.get(at + 1)).copied();
        self.place = next.unwrap_or(place);
    }
}
