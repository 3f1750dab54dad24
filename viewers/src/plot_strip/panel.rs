//! The panel of a strip: tabs, buttons, and the plot in front.

use std::sync::Arc;

use egui::{Align, Color32, Layout};
use egui_plot::{HoverPosition, Legend, Line, LineStyle, Plot, PlotPoints, PlotUi, Points, VLine};

use super::points::{Thinned, ThinnedLine, copied, thinned};
use super::{PlotStrip, StripDone, StripEvent, Tab};
use crate::icons::{Icon, icon_button, icon_toggle};
use crate::plot_limits::{self, Limits, Wheel};
use crate::plot_marks::{axis_text, dense_spacer, mark_text, wide_spacer};
use crate::theme::{self, Tokens, Tone, rich, secondary, size};
use crate::widgets::{progress_bar, text_button};
use crate::{Action, Priority, Task, ViewContext, numbers};

/// How high the panel is at first, in points.
const HEIGHT: f32 = 190.0;
/// How wide it is at first beside a picture.
const WIDTH: f32 = 420.0;
/// The least height or width.
const LEAST: f32 = 110.0;
/// Views wider than this, and than twice their height, have it beside the picture.
const WIDE: f32 = 1000.0;
/// Lines of so many points at most show each of them.
const DOTS_MAX: usize = 96;

/// What is to be done with the values of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Copy,
    Save,
}

impl PlotStrip {
    /// Draws the panel and leaves the rest of the room to the picture; nothing where there is no plot.
    pub fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) -> Vec<StripEvent> {
        self.take(context);
        if self.tabs.is_empty() {
            return Vec::new();
        }
        let room = ui.available_size();
        let is_wide = room.x > WIDE && room.x > 2.0 * room.y;
        let id = ui.scope_id().with(("plot strip", is_wide));
        let (panel, first, most) = if is_wide {
            (egui::Panel::right(id), WIDTH, room.x * 0.6)
        } else {
            (egui::Panel::bottom(id), HEIGHT, room.y * 0.6)
        };
        let frame = egui::Frame::new()
            .fill(context.tokens.panel)
            .inner_margin(egui::Margin::symmetric(8, 4));
        let most = most.max(LEAST);
        panel
            .resizable(true)
            .default_size(first.min(most))
            .size_range(LEAST..=most)
            .frame(frame)
            .show(ui, |ui| self.inside_ui(ui, context))
            .inner
    }

    /// Takes what the pool has made, and asks it for what changed.
    fn take(&mut self, context: &mut ViewContext<'_>) {
        match self.copying.as_mut().and_then(Task::poll) {
            Some(Ok(text)) => {
                context.actions.push(Action::CopyText(text));
                self.copying = None;
            }
            Some(Err(_)) => self.copying = None,
            None => {}
        }
        let front = self.front();
        if let Some(tab) = self.tabs.get_mut(front) {
            tab.take(context, &mut self.generation);
        }
    }

    fn inside_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) -> Vec<StripEvent> {
        // As large as the panel, before there is a plot as well.
        ui.set_min_size(ui.available_size());
        let mut events = Vec::new();
        let front = self.front();
        let mut asked = None;
        ui.horizontal(|ui| {
            ui.set_height(size::ROW);
            let mut chosen = None;
            for (index, tab) in self.tabs.iter().enumerate() {
                let tone = if index == front {
                    Tone::Accent
                } else {
                    Tone::Secondary
                };
                ui.spacing_mut().item_spacing.x = 14.0;
                if text_button(ui, &tab.name, tone).clicked() {
                    chosen = Some(tab.name.clone());
                }
            }
            if let Some(tab) = self.tabs.get_mut(front) {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = 4.0;
                    asked = tab.buttons_ui(ui, &mut events);
                });
            }
            if let Some(name) = chosen {
                self.front = name;
            }
        });
        if asked == Some(Asked::Save) {
            context.actions.push(Action::SavePlot);
        }
        let copies = std::mem::take(&mut self.wants_copy) || asked == Some(Asked::Copy);
        if copies && let Some(tab) = self.tabs.get(front) {
            let plot = Arc::clone(&tab.plot);
            self.generation += 1;
            self.copying = Some(Task::start(
                context.resident,
                Priority::Visible,
                "copy the values of a plot",
                self.generation,
                move |cancel| copied(&plot, cancel),
            ));
        }
        if let Some(tab) = self.tabs.get_mut(front) {
            tab.plot_ui(ui, &mut events);
        }
        for event in &events {
            if event.what == StripDone::Closed {
                self.remove(&event.plot);
            }
        }
        events
    }
}

impl Tab {
    fn event(&self, what: StripDone) -> StripEvent {
        StripEvent {
            plot: self.name.clone(),
            what,
        }
    }

    /// Whether points are to be made, and none are on their way.
    pub(super) fn is_behind(&self) -> bool {
        let is_current = self
            .thinned_of
            .as_ref()
            .is_some_and(|(plot, is_log)| Arc::ptr_eq(plot, &self.plot) && *is_log == self.is_log);
        // One at a time: a plot that grows would otherwise cancel itself for ever.
        !is_current && self.task.is_none()
    }

    fn take(&mut self, context: &mut ViewContext<'_>, generation: &mut u64) {
        if let Some(answer) = self.task.as_mut().and_then(Task::poll) {
            self.task = None;
            if let Ok(thinned) = answer {
                self.thinned = Some(Arc::new(thinned));
            }
        }
        if !self.is_behind() {
            return;
        }
        let (plot, is_log) = (Arc::clone(&self.plot), self.is_log);
        self.thinned_of = Some((Arc::clone(&plot), is_log));
        *generation += 1;
        self.task = Some(Task::start(
            context.resident,
            Priority::Visible,
            "thin a plot",
            *generation,
            move |cancel| thinned(&plot, is_log, cancel),
        ));
    }

    /// The buttons at the right, from right to left; says what is to be done with the values.
    fn buttons_ui(&mut self, ui: &mut egui::Ui, events: &mut Vec<StripEvent>) -> Option<Asked> {
        if icon_button(ui, Icon::X, "Close this plot").clicked() {
            events.push(self.event(StripDone::Closed));
        }
        let mut asked = None;
        if icon_button(ui, Icon::Download, "Save its values").clicked() {
            asked = Some(Asked::Save);
        }
        if icon_button(ui, Icon::Copy, "Copy its values for a spreadsheet").clicked() {
            asked = Some(Asked::Copy);
        }
        if icon_toggle(ui, Icon::ChartLine, "Logarithmic y axis", self.is_log).clicked() {
            self.is_log = !self.is_log;
        }
        if icon_button(ui, Icon::Fit, "Show all of the plot").clicked() {
            self.limits = Limits::default();
        }
        if let Some(share) = self.share {
            if text_button(ui, "Stop", Tone::Secondary).clicked() {
                events.push(self.event(StripDone::Stopped));
            }
            ui.add_space(4.0);
            progress_bar(ui, &self.name, Some(share), 72.0);
        }
        if !self.note.is_empty() {
            ui.add_space(4.0);
            let width = ui.available_width() - 8.0;
            if width > 40.0 {
                let text = numbers::elide_middle(&self.note, width, secondary(), ui);
                let label = rich(text, secondary(), Tokens::of(ui).secondary);
                ui.label(label).on_hover_text(&self.note);
            }
        }
        asked
    }

    fn plot_ui(&mut self, ui: &mut egui::Ui, events: &mut Vec<StripEvent>) {
        let tokens = Tokens::of(ui);
        let Some(thinned) = self.thinned.clone() else {
            ui.label(rich("\u{2026}", theme::body(), tokens.faint));
            return;
        };
        let is_log = self.is_log;
        let id = ui.scope_id().with(("plot", &self.name));
        let wheel = Wheel::over(ui, ui.available_rect_before_wrap());
        let logs = [false, is_log];
        let limits = self.limits.plotted(logs);
        let mut plot = Plot::new(id)
            .id(id)
            .allow_scroll(false)
            .show_background(false)
            .grid_color(tokens.line)
            .x_axis_label(self.plot.x_label.as_str())
            .y_axis_label(self.plot.y_label.as_str())
            .x_axis_formatter(|mark, range| axis_text(mark, range, false))
            .y_axis_formatter(move |mark, range| axis_text(mark, range, is_log))
            .x_grid_spacer(wide_spacer(false))
            .y_grid_spacer(dense_spacer(is_log))
            .label_formatter(move |place| match place {
                HoverPosition::NearDataPoint {
                    plot_name,
                    position,
                    ..
                } => {
                    let (x, y) = (mark_text(position.x, false), mark_text(position.y, is_log));
                    Some(format!("{plot_name}\n{x}   {y}"))
                }
                HoverPosition::Elsewhere { .. } => None,
            });
        if thinned.lines.len() > 1 {
            plot = plot.legend(Legend::default());
        }
        let marker = self.marker;
        let answer = plot.show(ui, |plot| {
            plot_limits::set(plot, limits, wheel);
            lines_ui(plot, &thinned, tokens);
            if let Some(x) = marker {
                let line = VLine::new("", x).color(tokens.secondary).width(1.0);
                plot.vline(line.style(LineStyle::dashed_dense()).allow_hover(false));
            }
            plot.pointer_coordinate().map(|place| place.x)
        });
        if let Some(limits) = plot_limits::moved(ui, id, &answer, limits) {
            self.limits = Limits::of(limits, logs);
        }
        if let Some(x) = answer.inner.filter(|_| answer.response.hovered()) {
            let what = if answer.response.clicked() {
                StripDone::Clicked(x)
            } else {
                StripDone::Hovered(x)
            };
            events.push(self.event(what));
        }
    }
}

fn lines_ui<'a>(plot: &mut PlotUi<'a>, thinned: &'a Thinned, tokens: Tokens) {
    let colours = [tokens.accent, tokens.attention, tokens.good, tokens.error];
    for (line, colour) in thinned.lines.iter().zip(colours.iter().cycle()) {
        line_ui(plot, line, line.colour.unwrap_or(*colour), tokens.faint);
    }
}

fn line_ui<'a>(plot: &mut PlotUi<'a>, line: &'a ThinnedLine, colour: Color32, faint: Color32) {
    for ends in &line.bars {
        // Without a name a bar is neither in the legend nor under the pointer.
        let bar = Line::new("", PlotPoints::from(ends.to_vec()));
        plot.line(bar.color(faint).width(1.0).allow_hover(false));
    }
    for piece in &line.pieces {
        let points = || PlotPoints::Borrowed(piece);
        let own = Line::new(&line.name, points()).allow_band(false);
        plot.line(own.color(colour).width(1.5));
        // A piece of one point is no line.
        if line.point_count <= DOTS_MAX || piece.len() == 1 {
            plot.points(Points::new(&line.name, points()).color(colour).radius(2.0));
        }
    }
}
